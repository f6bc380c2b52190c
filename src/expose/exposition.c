#include "expose/exposition.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "expose/protobuf.h"
#include "metrics/histogram.h"

const char *exposition_content_type(enum exposition_format format) {
    static const char *const types[] = {
        [EXPOSITION_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
        [EXPOSITION_OPENMETRICS] =
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        [EXPOSITION_PROTOBUF] =
            "application/vnd.google.protobuf; "
            "proto=io.prometheus.client.MetricFamily; encoding=delimited",
        [EXPOSITION_JSON] = "application/json",
    };
    _Static_assert(sizeof(types) / sizeof(types[0]) == EXPOSITION_JSON + 1,
                   "one type for each format");
    return types[format];
}

/* In HELP text both formats escape the backslash and the line feed; OpenMetrics
 * also escapes the quote. */
static void write_help(struct exposition *exposition, const char *help) {
    struct strbuf *out = &exposition->text;
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

/* The length of the family's name. In OpenMetrics it is that of the series
 * without a counter's _total. */
static size_t name_length(const struct exposition *exposition,
                          const struct family *family) {
    return exposition->format == EXPOSITION_OPENMETRICS ? exposition->base_len
                                                        : strlen(family->name);
}

/* A counter that keeps its full name in OpenMetrics. */
static bool keeps_name(const struct exposition *exposition,
                       const struct family *family) {
    return family->name[exposition->base_len] == '\0';
}

static void write_meta(struct exposition *exposition,
                       const struct family *family, const char *keyword) {
    struct strbuf *out = &exposition->text;
    strbuf_add_string(out, keyword);
    strbuf_add(out, family->name, name_length(exposition, family));
    strbuf_add_char(out, ' ');
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

/* The name of an OpenMetrics 1.0 family ends with its unit. Prometheus expects
 * the same in protobuf, before a counter's _total. A pushed unit that does not
 * match is left out. */
static bool unit_fits(const struct family *family, size_t name_len) {
    const size_t unit_len = strlen(family->unit);
    return unit_len > 0 && name_len > unit_len &&
           family->name[name_len - unit_len - 1] == '_' &&
           memcmp(family->name + name_len - unit_len, family->unit, unit_len) ==
               0;
}

/* Writes an upper bound. OpenMetrics wants canonical numbers as labels, with a
 * point or an exponent (1.0, "Numbers in label values"). */
static void write_bound(const struct exposition *exposition, double bound,
                        struct strbuf *out) {
    char number[NUMBER_SIZE];
    size_t len = number_format(bound, number);
    strbuf_add(out, number, len);
    if (exposition->format == EXPOSITION_OPENMETRICS && isfinite(bound) &&
        !memchr(number, '.', len) && !memchr(number, 'e', len))
        strbuf_add_string(out, ".0");
}

static void add_buckets(struct exposition *exposition,
                        const struct family *family) {
    struct strbuf *label = &exposition->text;
    for (size_t i = 0; i <= family->bound_count; i++) {
        strbuf_reset(label);
        strbuf_add_string(label, "le=\"");
        write_bound(exposition, family_bound(family, i), label);
        strbuf_add_char(label, '"');
        if (label->failed)
            exposition->out->parts.failed = true;
        else
            pack_add_line(exposition->out, family->name, strlen(family->name),
                          "_bucket", label->data);
    }
}

/* Whether the output has the birth of series; OpenMetrics only where the scrape
 * asks for it. */
static bool has_births(const struct exposition *exposition,
                       const struct family *family) {
    if (metric_shape(family->type) == SHAPE_VALUE)
        return false;
    return exposition->format == EXPOSITION_PROTOBUF ||
           (exposition->format == EXPOSITION_OPENMETRICS &&
            exposition->created &&
            (metric_shape(family->type) != SHAPE_TOTAL ||
             !keeps_name(exposition, family)));
}

/* Adds the lines of each series, in the order of pack_values. */
static void add_lines(struct exposition *exposition,
                      const struct family *family) {
    struct pack *out = exposition->out;
    const size_t len = strlen(family->name);
    pack_begin_lines(out);
    switch (metric_shape(family->type)) {
    case SHAPE_TOTAL:
    case SHAPE_VALUE:
        pack_add_line(out, family->name, len, "", "");
        break;
    case SHAPE_BUCKETS:
        add_buckets(exposition, family);
        /* fall through */
    case SHAPE_OBSERVATIONS:
        pack_add_line(out, family->name, len, "_sum", "");
        pack_add_line(out, family->name, len, "_count", "");
        break;
    }
    if (exposition->births)
        pack_add_line(out, family->name, exposition->base_len, "_created", "");
}

/* A pushed label with the name that the format itself uses would repeat it, and
 * Prometheus rejects the whole scrape. A file cannot list such a label. In JSON
 * a quote, the name, a quote and a colon occur only at a key, because quotes in
 * strings are escaped. */
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

static void write_text_family(struct exposition *exposition,
                              const struct family *family, const char *help) {
    struct strbuf *text = &exposition->text;
    if (*help) {
        write_meta(exposition, family, "# HELP ");
        write_help(exposition, help);
        strbuf_add_char(text, '\n');
    }
    write_meta(exposition, family, "# TYPE ");
    strbuf_add_string(text, type_name(exposition, family));
    strbuf_add_char(text, '\n');
    if (exposition->format == EXPOSITION_OPENMETRICS &&
        unit_fits(family, name_length(exposition, family))) {
        write_meta(exposition, family, "# UNIT ");
        strbuf_add_string(text, family->unit);
        strbuf_add_char(text, '\n');
    }
}

/* Appends the scratch text. */
static void add_text(struct exposition *exposition) {
    if (exposition->text.failed)
        exposition->out->parts.failed = true;
    pack_add_text(exposition->out, exposition->text.data, exposition->text.len);
}

void exposition_family(struct exposition *exposition,
                       const struct family *family, size_t base_len) {
    /* Prometheus rejects a whole scrape for text that is not UTF-8. */
    const bool valid = utf8_valid(family->help, strlen(family->help));
    const char *help = valid ? family->help : "";
    strbuf_reset(&exposition->text);
    exposition->base_len = base_len;
    exposition->births = has_births(exposition, family);
    prepare_clash(exposition, family);
    if (exposition->format == EXPOSITION_PROTOBUF) {
        const size_t len = metric_base_length(family->type, family->name);
        pack_begin_message(exposition->out);
        protobuf_write_family(family, help,
                              unit_fits(family, len) ? family->unit : "",
                              &exposition->text);
        add_text(exposition);
    } else {
        write_text_family(exposition, family, help);
        add_text(exposition);
        add_lines(exposition, family);
    }
}

/* NULL when the buckets are not in the stored form. */
static char *pack_histogram(const struct exposition *exposition,
                            const struct family *family,
                            const struct series *series, char *at) {
    uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
    uint64_t cumulative = 0;
    if (!series->buckets ||
        histogram_read_json(series->buckets, series->buckets_len, counts,
                            family->bound_count + 1) != 0)
        return NULL;
    for (size_t i = 0; i <= family->bound_count; i++) {
        cumulative += counts[i];
        at = pack_natural(at, cumulative);
    }
    /* OpenMetrics 1.0, "Histogram": with negative bounds no sum, because it
     * could decrease, and no count without a sum. */
    if (exposition->format == EXPOSITION_OPENMETRICS &&
        (series->sum < 0 || family_sum_falls(family)))
        return pack_none(pack_none(at));
    at = pack_real(at, series->sum);
    return pack_natural(at, cumulative);
}

static char *pack_summary(const struct exposition *exposition,
                          const struct series *series, char *at) {
    /* OpenMetrics 1.0, "Summary": a sum must not be negative. */
    if (exposition->format == EXPOSITION_TEXT || series->sum >= 0)
        at = pack_real(at, series->sum);
    else
        at = pack_none(at);
    return pack_natural(at, series->count);
}

/* Packs the numbers of the lines that add_lines has added. */
static char *pack_values(const struct exposition *exposition,
                         const struct family *family,
                         const struct series *series, char *at) {
    switch (metric_shape(family->type)) {
    case SHAPE_TOTAL:
    case SHAPE_VALUE:
        at = pack_real(at, series->value);
        break;
    case SHAPE_BUCKETS:
        at = pack_histogram(exposition, family, series, at);
        break;
    case SHAPE_OBSERVATIONS:
        at = pack_summary(exposition, series, at);
        break;
    }
    if (!at || !exposition->births)
        return at;
    return series->created_at > 0
               ? pack_natural(at, (uint64_t)series->created_at)
               : pack_none(at);
}

/* ` # {labels} value time` after buckets, or after a counter's _total. */
static void add_tails(struct exposition *exposition,
                      const struct family *family) {
    const struct exemplars *exemplars = &exposition->exemplars;
    struct strbuf *text = &exposition->text;
    char number[NUMBER_SIZE];
    if (metric_shape(family->type) == SHAPE_TOTAL &&
        keeps_name(exposition, family))
        return;
    for (size_t i = 0; i < exemplars->line_count; i++) {
        const struct shown_exemplar *shown = exemplars_of(exemplars, i);
        strbuf_reset(text);
        if (shown) {
            strbuf_add_string(text, " # {");
            strbuf_add(text, exemplars->text.data + shown->labels,
                       shown->labels_len);
            strbuf_add_string(text, "} ");
            strbuf_add(text, number, number_format(shown->value, number));
        }
        if (shown && shown->time > 0) {
            strbuf_add_char(text, ' ');
            strbuf_add(text, number, number_format(shown->time, number));
        }
        if (text->failed)
            exposition->out->parts.failed = true;
        pack_add_tail(exposition->out, text->data, text->len);
    }
}

static int add_text_series(struct exposition *exposition,
                           const struct family *family,
                           const struct series *series) {
    char numbers[PACK_NUMBERS_MAX];
    const struct strbuf *labels = &exposition->labels.text;
    char *end = pack_values(exposition, family, series, numbers);
    if (!end)
        return -1;
    if (exposition->format == EXPOSITION_OPENMETRICS)
        add_tails(exposition, family);
    pack_add_series(exposition->out, labels->data, labels->len, numbers,
                    (size_t)(end - numbers));
    return 0;
}

static int add_message(struct exposition *exposition,
                       const struct family *family,
                       const struct series *series) {
    const struct strbuf *labels = &exposition->labels.text;
    strbuf_reset(&exposition->text);
    int result = protobuf_write_series(family, series, labels->data,
                                       labels->len, &exposition->exemplars,
                                       &exposition->arena, &exposition->text);
    if (result == 0)
        add_text(exposition);
    return result;
}

int exposition_series(struct exposition *exposition,
                      const struct family *family,
                      const struct series *series) {
    struct label_memo *labels = &exposition->labels;
    if (!series->labels || labels_clash(exposition, series))
        return -1;
    int result = label_memo_read(labels, series->labels, series->labels_len);
    if (labels->json.failed || labels->text.failed) {
        exposition->out->parts.failed = true; /* the row itself may be valid */
        return 0;
    }
    if (result != 0)
        return -1;
    if (exposition->format != EXPOSITION_TEXT)
        exemplars_read(&exposition->exemplars, family, series);
    if (exposition->exemplars.text.failed)
        exposition->out->parts.failed = true;
    return exposition->format == EXPOSITION_PROTOBUF
               ? add_message(exposition, family, series)
               : add_text_series(exposition, family, series);
}

void exposition_family_end(struct exposition *exposition) {
    if (exposition->format == EXPOSITION_PROTOBUF)
        pack_end_message(exposition->out);
}

void exposition_end(struct exposition *exposition) {
    static const char mark[] = "# EOF\n";
    if (exposition->format == EXPOSITION_OPENMETRICS)
        pack_add_text(exposition->out, mark, strlen(mark));
}

void exposition_free(struct exposition *exposition) {
    strbuf_free(&exposition->text);
    label_memo_free(&exposition->labels);
    exemplars_free(&exposition->exemplars);
    arena_free(&exposition->arena);
}
