/* push_token: who may push through the trusted endpoints, and what. */
#ifndef TALLYMAN_CONFIG_PUSH_TOKEN_H
#define TALLYMAN_CONFIG_PUSH_TOKEN_H

#include <stddef.h>

#include "base/arena.h"
#include "base/pattern.h"
#include "config/diagnostics.h"

/* Shorter ones can be guessed; longer ones need not be compared. In bytes. */
enum { PUSH_TOKEN_MIN = 16, PUSH_TOKEN_MAX = 256 };

struct push_token {
    const char *token;
    struct string_list families; /* patterns of those that it may push; empty:
                                    any */
};

struct push_token_list {
    const struct push_token *tokens;
    size_t count;
};

/* Reads the token file text[0..len). Each line is empty, a comment that begins
 * with #, or a token and the patterns of its families, with white space between
 * them. out is allocated from the arena. Every error goes to diagnostics, at
 * its place in the file `path`; no message holds anything of a token. */
void push_token_read(const char *path, const char *text, size_t len,
                     struct arena *arena, struct push_token_list *out,
                     struct diagnostics *diagnostics);

#endif
