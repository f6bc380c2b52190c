/* push_token: the tokens of a file, with the families that each may push, or
 * may see in the dashboard. */
#ifndef TALLYMAN_CONFIG_PUSH_TOKEN_H
#define TALLYMAN_CONFIG_PUSH_TOKEN_H

#include <stddef.h>

#include "base/arena.h"
#include "base/pattern.h"
#include "config/diagnostics.h"

/* Bytes. Shorter tokens could be guessed; longer ones are not compared. */
enum { PUSH_TOKEN_MIN = 16, PUSH_TOKEN_MAX = 256 };

struct push_token {
    const char *token;
    struct string_list families; /* patterns; empty: any */
};

struct push_token_list {
    const struct push_token *tokens;
    size_t count;
};

/* Reads the token file text[0..len). A line is empty, a comment that begins
 * with #, or a token and the patterns of its families, separated by white
 * space. out is allocated from the arena. Every error goes to diagnostics, with
 * its position in the file `path`; no message shows part of a token. */
void push_token_read(const char *path, const char *text, size_t len,
                     struct arena *arena, struct push_token_list *out,
                     struct diagnostics *diagnostics);

#endif
