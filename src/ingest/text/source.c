#include "ingest/text/source.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"

/* Keeps the message on one line, whatever part of the input it quotes. */
static void locate(const struct text_source *source, const char *at) {
    struct err *err = source->builder->err;
    utf8_show(err->message, strlen(err->message), err->message,
              sizeof(err->message));
    err_locate(err, source->text, source->len, (size_t)(at - source->text));
}

int text_source_fail(const struct text_source *source, const char *at,
                     enum err_code code, const char *format, ...) {
    char message[sizeof(source->builder->err->message)];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    (void)err_set(source->builder->err, code, "%s", message);
    locate(source, at);
    return -1;
}

void text_source_locate(const struct builder *builder, enum builder_part part) {
    if (part != BUILDER_LINE) {
        locate(builder->context, builder->at[part]);
        return;
    }
    builder->err->line = builder->line;
    builder->err->column = 1;
}

const char *text_source_space(const struct text_source *source, const char *at,
                              const char *previous) {
    const char *next =
        source->format == TEXT_OPENMETRICS && text_source_at(source, at, ' ')
            ? at + 1
            : at;
    next = text_source_skip(source, next);
    if (next > at)
        return next;
    (void)text_source_fail(source, at, ERR_SYNTAX, "expected a space after %s",
                           previous);
    return NULL;
}

struct text_part text_source_token(const struct text_source *source,
                                   const char *at) {
    const char *start = at;
    while (at < source->end && !text_source_blank(*at))
        at++;
    return (struct text_part){start, (size_t)(at - start)};
}

bool text_source_quoted(const struct text_source *source, const char *at) {
    if (!text_source_at(source, at, '"'))
        return false;
    (void)text_source_fail(source, at, ERR_SYNTAX,
                           "names in quotes (version 1.0.0 of the text format) "
                           "are not supported");
    return true;
}

/* Both formats have \\ and \n; label values and OpenMetrics also have \". */
char *text_source_unescape(const struct text_source *source, const char *at,
                           const char *end, bool quotes, size_t *len) {
    char *copy =
        arena_take(&source->builder->out->arena, (size_t)(end - at) + 1);
    char *out = copy;
    if (!copy) {
        (void)err_no_memory(source->builder->err);
        return NULL;
    }
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        out = mempcpy(out, at, (size_t)((escape ? escape : end) - at));
        if (!escape)
            break;
        char c = escape + 1 < end ? escape[1] : '\0';
        if (c == 'n') {
            *out++ = '\n';
        } else if (c == '\\' || (c == '"' && quotes)) {
            *out++ = c;
        } else if (source->format == TEXT_OPENMETRICS && c != '\0') {
            *out++ = '\\';
            *out++ = c;
        } else {
            (void)text_source_fail(source, escape, ERR_SYNTAX,
                                   quotes ? "expected \\\\, \\\" or \\n"
                                          : "expected \\\\ or \\n");
            return NULL;
        }
        at = escape + 2;
    }
    *out = '\0';
    *len = (size_t)(out - copy);
    return copy;
}

int text_source_number(const struct text_source *source, const char *what,
                       struct text_part part, double *out) {
    switch (number_read(part.at, part.len, source->format == TEXT_PROMETHEUS,
                        out)) {
    case NUMBER_FINE:
        return 0;
    case NUMBER_LONG:
        return text_source_fail(source, part.at, ERR_LIMIT,
                                "%s has more than %d bytes", what,
                                NUMBER_TEXT_MAX);
    case NUMBER_LARGE:
        return text_source_fail(source, part.at, ERR_VALUE,
                                "%s \"%.*s\" is beyond what a double can hold",
                                what, TEXT_SHOWN(part));
    case NUMBER_MALFORMED:
        break;
    }
    if (part.len == 0)
        return text_source_fail(source, part.at, ERR_SYNTAX, "expected %s",
                                what);
    return text_source_fail(source, part.at, ERR_SYNTAX,
                            "%s \"%.*s\" is not a number", what,
                            TEXT_SHOWN(part));
}
