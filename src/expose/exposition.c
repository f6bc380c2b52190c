#include "expose/exposition.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "metrics/histogram.h"

const char *exposition_content_type(enum exposition_format format) {
    static const char *const types[] = {
        [EXPOSITION_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
        [EXPOSITION_OPENMETRICS] =
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        [EXPOSITION_JSON] = "application/json",
    };
    _Static_assert(sizeof(types) / sizeof(types[0]) == EXPOSITION_JSON + 1,
                   "one type for each format");
    return types[format];
}

/* HELP text: both formats escape the backslash and the line feed, OpenMetrics
 * the quote as well. */
static void write_help(const struct exposition *exposition, const char *help) {
    struct strbuf *out = exposition->out;
    for (; *help; help++) {
        if (*help == '\n')
            strbuf_add_string(out, "\\n");
        else if (*help == '\\' ||
                 (*help == '"' && exposition->format == EXPOSITION_OPENMETRICS))
            strbuf_printf(out, "\\%c", *help);
        else
            strbuf_add_char(out, *help);
    }
}

/* The length of the family's name, which is not that of its series where
 * OpenMetrics leaves out a counter's _total. */
static size_t name_length(const struct exposition *exposition,
                          const struct family *family) {
    return exposition->format == EXPOSITION_OPENMETRICS ? exposition->base_len
                                                        : strlen(family->name);
}

/* OpenMetrics has it under its own name, without _total. */
static bool keeps_name(const struct exposition *exposition,
                       const struct family *family) {
    return family->name[exposition->base_len] == '\0';
}

static void write_meta(const struct exposition *exposition,
                       const struct family *family, const char *keyword) {
    strbuf_add_string(exposition->out, keyword);
    strbuf_add(exposition->out, family->name, name_length(exposition, family));
    strbuf_add_char(exposition->out, ' ');
}

static const char *type_name(const struct exposition *exposition,
                             const struct family *family) {
    const struct metric_traits *type = &metric_types[family->type];
    if (exposition->format != EXPOSITION_OPENMETRICS)
        return type->text;
    return *type->suffix && keeps_name(exposition, family)
               ? metric_types[METRIC_UNTYPED].openmetrics
               : type->openmetrics;
}

/* In OpenMetrics 1.0 the name of a family ends with its unit. What a program
 * has pushed need not keep to that; such a unit is left out. */
static bool unit_fits(const struct exposition *exposition,
                      const struct family *family) {
    const size_t name_len = name_length(exposition, family);
    const size_t unit_len = strlen(family->unit);
    return unit_len > 0 && name_len > unit_len &&
           family->name[name_len - unit_len - 1] == '_' &&
           memcmp(family->name + name_len - unit_len, family->unit, unit_len) ==
               0;
}

/* An upper bound; OpenMetrics wants canonical numbers as labels, with a point
 * or an exponent (1.0, "Numbers in label values"). */
static void write_bound(const struct exposition *exposition, double bound,
                        struct strbuf *out) {
    char number[NUMBER_SIZE];
    size_t len = number_format(bound, number);
    strbuf_add(out, number, len);
    if (exposition->format == EXPOSITION_OPENMETRICS && isfinite(bound) &&
        !memchr(number, '.', len) && !memchr(number, 'e', len))
        strbuf_add_string(out, ".0");
}

/* What follows the labels on the lines of each bucket. */
static void prepare_tails(struct exposition *exposition,
                          const struct family *family) {
    struct strbuf *tails = &exposition->tails;
    strbuf_reset(tails);
    for (size_t i = 0; i <= family->bound_count; i++) {
        strbuf_add_string(tails, "le=\"");
        write_bound(exposition,
                    i < family->bound_count ? family->bounds[i] : INFINITY,
                    tails);
        strbuf_add_string(tails, "\"} ");
        exposition->tail_ends[i] = tails->len;
    }
}

/* A label of what a push has brought would be read as that of the format: a
 * scrape fails as a whole for one that stands twice. A file cannot list it. A
 * key is the only place where JSON text can have a quote, the name, a quote and
 * a colon: within a string there is a backslash before each quote. */
static void prepare_clash(struct exposition *exposition,
                          const struct family *family) {
    const char *label = metric_types[family->type].part_label;
    exposition->clash_len = 0;
    if (family->open && label)
        exposition->clash_len = (size_t)snprintf(
            exposition->clash, sizeof(exposition->clash), "\"%s\":", label);
}

static bool labels_clash(const struct exposition *exposition,
                         const struct series *series) {
    return exposition->clash_len > 0 &&
           memmem(series->labels, series->labels_len, exposition->clash,
                  exposition->clash_len);
}

void exposition_family(struct exposition *exposition,
                       const struct family *family, size_t base_len) {
    struct strbuf *out = exposition->out;
    exposition->base_len = base_len;
    /* A whole scrape fails for a text that is not UTF-8. */
    if (*family->help && utf8_valid(family->help, strlen(family->help))) {
        write_meta(exposition, family, "# HELP ");
        write_help(exposition, family->help);
        strbuf_add_char(out, '\n');
    }
    write_meta(exposition, family, "# TYPE ");
    strbuf_add_string(out, type_name(exposition, family));
    strbuf_add_char(out, '\n');
    if (exposition->format == EXPOSITION_OPENMETRICS &&
        unit_fits(exposition, family)) {
        write_meta(exposition, family, "# UNIT ");
        strbuf_add_string(out, family->unit);
        strbuf_add_char(out, '\n');
    }
    prepare_clash(exposition, family);
    if (metric_shape(family->type) == SHAPE_BUCKETS)
        prepare_tails(exposition, family);
}

/* `name{labels} number`, the name with its suffix, the number with its line
 * feed. */
static void write_line(const struct exposition *exposition, const char *name,
                       size_t name_len, const char *suffix, const char *number,
                       size_t number_len) {
    struct strbuf *out = exposition->out;
    const struct strbuf *labels = &exposition->labels;
    const size_t suffix_len = strlen(suffix);
    if (!strbuf_reserve(out,
                        name_len + suffix_len + labels->len + number_len + 4))
        return;
    char *at = out->data + out->len;
    at = mempcpy(at, name, name_len);
    at = mempcpy(at, suffix, suffix_len);
    if (labels->len > 0) {
        *at++ = '{';
        at = mempcpy(at, labels->data, labels->len);
        *at++ = '}';
    }
    *at++ = ' ';
    at = mempcpy(at, number, number_len);
    *at++ = '\n';
    *at = '\0';
    out->len = (size_t)(at - out->data);
}

static void write_real(const struct exposition *exposition,
                       const struct family *family, const char *suffix,
                       double value) {
    char number[NUMBER_SIZE];
    write_line(exposition, family->name, strlen(family->name), suffix, number,
               number_format(value, number));
}

static void write_natural(const struct exposition *exposition,
                          const struct family *family, const char *suffix,
                          uint64_t value) {
    char digits[NATURAL_SIZE];
    write_line(exposition, family->name, strlen(family->name), suffix, digits,
               natural_format(value, digits));
}

/* Most lines of a scrape are these: room for all buckets of the series is made
 * once, and each line is two copies and a number. Returns the total count. */
static uint64_t write_buckets(struct exposition *exposition,
                              const struct family *family,
                              const uint64_t *counts) {
    struct strbuf *out = exposition->out;
    struct strbuf *prefix = &exposition->prefix;
    const struct strbuf *labels = &exposition->labels;
    const size_t buckets = family->bound_count + 1;
    uint64_t cumulative = 0;
    strbuf_reset(prefix);
    strbuf_add_string(prefix, family->name);
    strbuf_add_string(prefix, "_bucket{");
    strbuf_add(prefix, labels->data, labels->len);
    if (labels->len > 0)
        strbuf_add_char(prefix, ',');
    if (prefix->failed || exposition->tails.failed ||
        !strbuf_reserve(out, (prefix->len + NATURAL_SIZE + 1) * buckets +
                                 exposition->tails.len)) {
        out->failed = true;
        return 0;
    }
    char *at = out->data + out->len;
    size_t tail = 0;
    for (size_t i = 0; i < buckets; i++) {
        size_t tail_len = exposition->tail_ends[i] - tail;
        at = mempcpy(at, prefix->data, prefix->len);
        at = mempcpy(at, exposition->tails.data + tail, tail_len);
        tail = exposition->tail_ends[i];
        cumulative += counts[i];
        at += natural_format(cumulative, at);
        *at++ = '\n';
    }
    *at = '\0';
    out->len = (size_t)(at - out->data);
    return cumulative;
}

static int write_histogram(struct exposition *exposition,
                           const struct family *family,
                           const struct series *series) {
    uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
    if (!series->buckets ||
        histogram_read_json(series->buckets, series->buckets_len, counts,
                            family->bound_count + 1) != 0)
        return -1;
    uint64_t count = write_buckets(exposition, family, counts);
    /* OpenMetrics 1.0, "Histogram": no sum beside negative bounds, as it may
     * fall, and no count without a sum. */
    if (exposition->format == EXPOSITION_OPENMETRICS &&
        (series->sum < 0 || family_sum_falls(family)))
        return 0;
    write_real(exposition, family, "_sum", series->sum);
    write_natural(exposition, family, "_count", count);
    return 0;
}

static void write_summary(const struct exposition *exposition,
                          const struct family *family,
                          const struct series *series) {
    /* OpenMetrics 1.0, "Summary": a sum must not be negative. */
    if (exposition->format == EXPOSITION_TEXT || series->sum >= 0)
        write_real(exposition, family, "_sum", series->sum);
    write_natural(exposition, family, "_count", series->count);
}

/* When the series began, where the scrape asks for it. */
static void write_birth(const struct exposition *exposition,
                        const struct family *family,
                        const struct series *series) {
    char digits[NATURAL_SIZE];
    if (exposition->format == EXPOSITION_OPENMETRICS && exposition->created &&
        series->created_at > 0)
        write_line(exposition, family->name, exposition->base_len, "_created",
                   digits,
                   natural_format((uint64_t)series->created_at, digits));
}

static int write_values(struct exposition *exposition,
                        const struct family *family,
                        const struct series *series) {
    switch (metric_shape(family->type)) {
    case SHAPE_TOTAL:
        write_real(exposition, family, "", series->value);
        if (!keeps_name(exposition, family))
            write_birth(exposition, family, series);
        return 0;
    case SHAPE_VALUE:
        write_real(exposition, family, "", series->value);
        return 0;
    case SHAPE_BUCKETS:
        if (write_histogram(exposition, family, series) != 0)
            return -1;
        break;
    case SHAPE_OBSERVATIONS:
        write_summary(exposition, family, series);
        break;
    }
    write_birth(exposition, family, series);
    return 0;
}

int exposition_series(struct exposition *exposition,
                      const struct family *family,
                      const struct series *series) {
    strbuf_reset(&exposition->labels);
    if (!series->labels || labels_clash(exposition, series))
        return -1;
    int result = label_json_write_exposition(series->labels, series->labels_len,
                                             &exposition->labels);
    if (exposition->labels.failed) { /* the row itself may be good */
        exposition->out->failed = true;
        return 0;
    }
    return result == 0 ? write_values(exposition, family, series) : -1;
}

void exposition_end(struct exposition *exposition) {
    if (exposition->format == EXPOSITION_OPENMETRICS)
        strbuf_add_string(exposition->out, "# EOF\n");
}

void exposition_free(struct exposition *exposition) {
    strbuf_free(&exposition->labels);
    strbuf_free(&exposition->prefix);
    strbuf_free(&exposition->tails);
}
