#include "config/diagnostics.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json_comments.h"

/* Bytes; far above any real allowlist. */
enum { SOURCE_SIZE_MAX = 16 * 1024 * 1024 };

/* FNV-1a, the same on every machine. */
static uint64_t add_to_hash(uint64_t hash, const struct strbuf *text) {
    if (hash == 0)
        hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < text->len; i++)
        hash = (hash ^ (unsigned char)text->data[i]) * 0x100000001B3u;
    return hash;
}

int source_open(struct source *source, const char *path,
                struct diagnostics *diagnostics) {
    struct err err = {.code = ERR_NONE};
    *source = (struct source){.path = path};
    if (file_read_ended(path, SOURCE_SIZE_MAX, &source->text, &err) != 0) {
        diagnostics->no_memory |= err.code == ERR_MEMORY;
        diagnostics->denied |= err.code == ERR_DENIED;
        diagnose_file(diagnostics, path, "%s", err.message);
        return -1;
    }
    diagnostics->hash = add_to_hash(diagnostics->hash, &source->text);
    json_blank_comments(source->text.data, source->text.len);
    if (json_read_repeats(source->text.data, source->text.len,
                          &source->document, &err) != 0) {
        diagnostics->no_memory |= err.code == ERR_MEMORY;
        diagnose_place(diagnostics, path, err.line, err.column, "%s",
                       err.message);
        return -1;
    }
    return 0;
}

void source_close(struct source *source) {
    json_free(source->document);
    strbuf_free(&source->text);
    *source = (struct source){0};
}

static void write_position(struct strbuf *out, const struct source *source,
                           size_t offset) {
    struct err at = {.code = ERR_NONE};
    err_locate(&at, source->text.data, source->text.len, offset);
    strbuf_printf(out, "%s:%u:%u", source->path, at.line, at.column);
}

/* Writes file:line:column of the value and its key, if any. */
static void write_place(struct strbuf *out, const struct source *source,
                        size_t offset, const char *key) {
    write_position(out, source, offset);
    strbuf_printf(out, ": %s%s", key, *key ? ": " : "");
}

static void write_message(struct strbuf *out, const char *format,
                          va_list args) {
    char message[512];
    (void)vsnprintf(message, sizeof(message), format, args);
    strbuf_printf(out, "%s\n", message);
}

struct lookup {
    const char *key;
    size_t best; /* length of the longest path that leads to `key` */
    size_t offset;
};

/* `path` is `key` or one of its parents. */
static bool leads_to(const char *path, const char *key) {
    size_t len = strlen(path);
    if (len == 0)
        return true;
    return strncmp(path, key, len) == 0 &&
           (key[len] == '\0' || key[len] == '.' || key[len] == '[');
}

static int look_up(void *context, const char *path, size_t offset,
                   bool repeated) {
    struct lookup *lookup = context;
    size_t len = strlen(path);
    if (repeated || !leads_to(path, lookup->key) || len < lookup->best)
        return 0;
    lookup->best = len;
    lookup->offset = offset;
    return 0;
}

static void walk(struct diagnostics *diagnostics, const struct source *source,
                 json_place *place, void *context) {
    struct err err = {.code = ERR_NONE};
    if (json_walk(source->text.data, source->text.len, place, context, &err) !=
        0)
        diagnostics->no_memory = true;
}

static size_t offset_of(struct diagnostics *diagnostics,
                        const struct source *source, const char *key) {
    struct lookup lookup = {.key = key};
    walk(diagnostics, source, look_up, &lookup);
    return lookup.offset;
}

void source_write_place(const struct source *source, const char *key,
                        struct diagnostics *diagnostics, struct strbuf *out) {
    write_position(out, source, offset_of(diagnostics, source, key));
}

void diagnose_list(struct diagnostics *diagnostics, const struct source *source,
                   const char *key, bool warning, const char *format,
                   va_list args) {
    struct strbuf *out = warning ? &diagnostics->warnings : &diagnostics->text;
    write_place(out, source, offset_of(diagnostics, source, key), key);
    write_message(out, format, args);
    diagnostics->count += !warning;
}

void diagnose(struct diagnostics *diagnostics, const struct source *source,
              const char *key, const char *format, ...) {
    va_list args;
    va_start(args, format);
    diagnose_list(diagnostics, source, key, false, format, args);
    va_end(args);
}

void diagnose_place(struct diagnostics *diagnostics, const char *path,
                    size_t line, size_t column, const char *format, ...) {
    va_list args;
    strbuf_printf(&diagnostics->text, "%s:%zu:%zu: ", path, line, column);
    va_start(args, format);
    write_message(&diagnostics->text, format, args);
    va_end(args);
    diagnostics->count++;
}

void diagnose_file(struct diagnostics *diagnostics, const char *path,
                   const char *format, ...) {
    va_list args;
    strbuf_printf(&diagnostics->text, "%s: ", path);
    va_start(args, format);
    write_message(&diagnostics->text, format, args);
    va_end(args);
    diagnostics->count++;
}

struct repeats {
    const struct source *source;
    struct diagnostics *diagnostics;
};

static int report_repeat(void *context, const char *path, size_t offset,
                         bool repeated) {
    struct repeats *repeats = context;
    struct diagnostics *diagnostics = repeats->diagnostics;
    if (!repeated)
        return 0;
    write_place(&diagnostics->text, repeats->source, offset, path);
    strbuf_add_string(&diagnostics->text, "repeated key, must appear once\n");
    diagnostics->count++;
    return 0;
}

void source_check_repeats(const struct source *source,
                          struct diagnostics *diagnostics) {
    struct repeats repeats = {source, diagnostics};
    walk(diagnostics, source, report_repeat, &repeats);
}

void diagnostics_free(struct diagnostics *diagnostics) {
    strbuf_free(&diagnostics->text);
    strbuf_free(&diagnostics->warnings);
    diagnostics->count = 0;
}
