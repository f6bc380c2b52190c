/* text_fixture: parses an exposition and writes the result as text. */
#ifndef TALLYMAN_TESTS_TEXT_FIXTURE_H
#define TALLYMAN_TESTS_TEXT_FIXTURE_H

#include <inttypes.h>

#include "base/number.h"
#include "base/strbuf.h"
#include "check.h"
#include "guard.h"
#include "ingest/text/text.h"

static inline void dump_number(double value, struct strbuf *out) {
    char number[NUMBER_SIZE];
    (void)number_format(value, number);
    strbuf_add_string(out, number);
}

/* Writes a text on one line. */
static inline void dump_text(const char *text, size_t len, struct strbuf *out) {
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\n' || text[i] == '\r')
            strbuf_add_string(out, text[i] == '\n' ? "\\n" : "\\r");
        else
            strbuf_add_char(out, text[i]);
}

static inline void dump_series(const struct pushed_family *family,
                               const struct pushed_series *series,
                               struct strbuf *out) {
    strbuf_add_string(out, " {");
    for (size_t i = 0; i < series->label_count; i++) {
        const struct label *label = &series->labels[i];
        strbuf_printf(out, "%s%s=", i > 0 ? "," : "", label->name);
        dump_text(label->value, label->value_len, out);
    }
    strbuf_add_string(out, "} ");
    if (family->type == METRIC_HISTOGRAM || family->type == METRIC_SUMMARY) {
        strbuf_add_string(out, "sum ");
        dump_number(series->sum, out);
        strbuf_printf(out, " count %" PRIu64, series->count);
    } else {
        dump_number(series->value, out);
    }
    for (size_t i = 0; series->buckets && i <= series->bound_count; i++) {
        strbuf_add_char(out, ' ');
        dump_number(i < series->bound_count ? series->bounds[i] : 1 / 0.0, out);
        strbuf_printf(out, ":%" PRIu64, series->buckets[i]);
    }
    for (size_t i = 0; i < series->exemplar_count; i++) {
        const struct exemplar *exemplar = &series->exemplars[i];
        strbuf_printf(out, " # %.*s ", (int)exemplar->labels_len,
                      exemplar->labels);
        dump_number(exemplar->value, out);
        strbuf_add_char(out, ' ');
        dump_number(exemplar->time, out);
    }
    strbuf_printf(out, " @%u\n", series->line);
}

/* Writes a line per family and series, with its content and position. */
static inline void dump_pushed(const struct pushed *pushed,
                               struct strbuf *out) {
    for (size_t i = 0; i < pushed_count(pushed); i++) {
        const struct pushed_family *family = &pushed->families[i];
        strbuf_printf(out, "%s %s",
                      family->unsupported ? "unsupported"
                                          : metric_type_name(family->type),
                      family->name);
        if (family->help[0]) {
            strbuf_add_string(out, " (");
            dump_text(family->help, strlen(family->help), out);
            strbuf_add_char(out, ')');
        }
        if (family->unit[0])
            strbuf_printf(out, " in %s", family->unit);
        strbuf_printf(out, " @%u\n", family->line);
        for (size_t k = 0; k < family->count; k++)
            dump_series(family, &family->series[k], out);
    }
}

/* Appends the content of text[0..len), or "syntax 1:5: message". */
static inline void dump_exposition(const char *text, size_t len,
                                   enum text_format format,
                                   struct strbuf *out) {
    static const char *const codes[] = {[ERR_MEMORY] = "memory",
                                        [ERR_SYNTAX] = "syntax",
                                        [ERR_VALUE] = "value",
                                        [ERR_LIMIT] = "limit"};
    struct pushed pushed = {0};
    struct err err = {.code = ERR_NONE};
    /* At the end of readable memory. */
    if (ingest_text(guard_place(text, len), len, format, &pushed, &err) == 0)
        dump_pushed(&pushed, out);
    else
        strbuf_printf(out, "%s %u:%u: %s", codes[err.code], err.line,
                      err.column, err.message);
    pushed_free(&pushed);
}

/* A text, and its output of dump_exposition. */
struct text_case {
    const char *name;
    const char *text;
    size_t len;
    const char *want;
};

static inline void check_cases(const struct text_case *cases, size_t count,
                               enum text_format format) {
    for (size_t i = 0; i < count; i++) {
        struct strbuf out = {0};
        dump_exposition(cases[i].text, cases[i].len, format, &out);
        check_text(cases[i].name, out.data ? out.data : "", cases[i].want);
        strbuf_free(&out);
    }
}

#endif
