#include "config/push_token.h"

#include <stdbool.h>
#include <string.h>

struct word {
    const char *bytes;
    size_t len;
};

struct reader {
    const char *path;
    const char *line; /* its first byte */
    size_t line_number;
    const char *next;
    const char *end; /* of the line */
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct push_token *tokens;
    size_t *lines; /* of the tokens */
    size_t count;
};

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* Returns an empty word at the end of the line. */
static struct word take_word(struct reader *reader) {
    while (reader->next < reader->end && is_space(*reader->next))
        reader->next++;
    struct word word = {reader->next, 0};
    while (reader->next < reader->end && !is_space(*reader->next))
        reader->next++;
    word.len = (size_t)(reader->next - word.bytes);
    return word;
}

static size_t column(const struct reader *reader, struct word word) {
    return (size_t)(word.bytes - reader->line) + 1;
}

/* True for characters of a header field (RFC 9110, section 5.5), without
 * spaces. */
static bool is_printable(struct word word) {
    for (size_t i = 0; i < word.len; i++)
        if (word.bytes[i] <= 0x20 || word.bytes[i] >= 0x7F)
            return false;
    return true;
}

static bool check_token(const struct reader *reader, struct word word) {
    if (word.len < PUSH_TOKEN_MIN || word.len > PUSH_TOKEN_MAX) {
        diagnose_place(reader->diagnostics, reader->path, reader->line_number,
                       column(reader, word),
                       "a token has %zu bytes, must have %d to %d; `openssl "
                       "rand -hex 16` makes one",
                       word.len, PUSH_TOKEN_MIN, PUSH_TOKEN_MAX);
        return false;
    }
    if (!is_printable(word)) {
        diagnose_place(reader->diagnostics, reader->path, reader->line_number,
                       column(reader, word),
                       "a token has a character that HTTP headers do not "
                       "permit, must be printable ASCII");
        return false;
    }
    for (size_t i = 0; i < reader->count; i++) {
        const char *other = reader->tokens[i].token;
        if (strlen(other) != word.len ||
            memcmp(other, word.bytes, word.len) != 0)
            continue;
        diagnose_place(reader->diagnostics, reader->path, reader->line_number,
                       column(reader, word),
                       "repeats the token of line %zu, must differ",
                       reader->lines[i]);
        return false;
    }
    return true;
}

/* The message omits the pattern: it could be the rest of a token that contains
 * a space. */
static bool check_pattern(const struct reader *reader, struct word word) {
    if (pattern_valid(word.bytes, word.len))
        return true;
    diagnose_place(reader->diagnostics, reader->path, reader->line_number,
                   column(reader, word),
                   "the pattern cannot match a family name; must consist of "
                   "letters, digits, _ and :, with * for any characters");
    return false;
}

static void out_of_memory(const struct reader *reader) {
    diagnose_file(reader->diagnostics, reader->path, "out of memory");
}

/* Reads the patterns after a token. */
static void read_families(struct reader *reader, struct string_list *families) {
    /* The line cannot hold more words than this. */
    size_t room = (size_t)(reader->end - reader->next) / 2 + 2;
    families->strings =
        arena_take(reader->arena, room * sizeof(families->strings[0]));
    if (!families->strings) {
        out_of_memory(reader);
        return;
    }
    for (struct word word = take_word(reader); word.len > 0;
         word = take_word(reader)) {
        if (!check_pattern(reader, word))
            continue;
        const char *pattern = arena_copy(reader->arena, word.bytes, word.len);
        if (!pattern)
            out_of_memory(reader);
        else
            families->strings[families->count++] = pattern;
    }
    families->strings[families->count] = NULL;
}

static void read_line(struct reader *reader) {
    struct push_token *token = &reader->tokens[reader->count];
    struct word word = take_word(reader);
    *token = (struct push_token){0};
    if (word.len == 0 || *word.bytes == '#')
        return;
    bool good = check_token(reader, word);
    read_families(reader, &token->families);
    token->token = arena_copy(reader->arena, word.bytes, word.len);
    if (!token->token)
        out_of_memory(reader);
    else if (good)
        reader->lines[reader->count++] = reader->line_number;
}

static size_t count_lines(const char *text, size_t len) {
    size_t lines = 1;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines;
}

void push_token_read(const char *path, const char *text, size_t len,
                     struct arena *arena, struct push_token_list *out,
                     struct diagnostics *diagnostics) {
    size_t lines = count_lines(text, len);
    const char *end = text + len;
    struct reader reader = {
        .path = path, .arena = arena, .diagnostics = diagnostics};
    reader.tokens = arena_take(arena, lines * sizeof(reader.tokens[0]));
    reader.lines = arena_take(arena, lines * sizeof(reader.lines[0]));
    if (!reader.tokens || !reader.lines) {
        out_of_memory(&reader);
        return;
    }
    for (reader.line = text; reader.line < end; reader.line = reader.end + 1) {
        const char *newline =
            memchr(reader.line, '\n', (size_t)(end - reader.line));
        reader.end = newline ? newline : end;
        reader.next = reader.line;
        reader.line_number++;
        read_line(&reader);
    }
    *out = (struct push_token_list){reader.tokens, reader.count};
}
