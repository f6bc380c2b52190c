#include "exposition.h"

#include <math.h>
#include <string.h>

#include "histogram.h"
#include "number.h"

const char *exposition_content_type(enum exposition_format format) {
    static const char *const types[] = {
        [EXPOSITION_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
        [EXPOSITION_OPENMETRICS] =
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
    };
    _Static_assert(sizeof(types) / sizeof(types[0]) ==
                       EXPOSITION_OPENMETRICS + 1,
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

/* The length of the family's name: OpenMetrics leaves out a counter's
 * _total. */
static size_t name_length(const struct exposition *exposition,
                          const struct family *family) {
    return exposition->format == EXPOSITION_OPENMETRICS &&
                   family->type == METRIC_COUNTER
               ? counter_base_length(family->name)
               : strlen(family->name);
}

static void write_meta(const struct exposition *exposition,
                       const struct family *family, const char *keyword) {
    strbuf_add_string(exposition->out, keyword);
    strbuf_add(exposition->out, family->name, name_length(exposition, family));
    strbuf_add_char(exposition->out, ' ');
}

void exposition_family(struct exposition *exposition,
                       const struct family *family) {
    struct strbuf *out = exposition->out;
    write_meta(exposition, family, "# HELP ");
    write_help(exposition, family->help);
    strbuf_add_char(out, '\n');
    write_meta(exposition, family, "# TYPE ");
    strbuf_add_string(out, metric_type_name(family->type));
    strbuf_add_char(out, '\n');
    if (exposition->format == EXPOSITION_OPENMETRICS && *family->unit) {
        write_meta(exposition, family, "# UNIT ");
        strbuf_add_string(out, family->unit);
        strbuf_add_char(out, '\n');
    }
}

/* `name{labels} `, with le for a bucket. */
static void write_name(const struct exposition *exposition,
                       const struct family *family, const char *suffix,
                       const char *le) {
    struct strbuf *out = exposition->out;
    const struct strbuf *labels = &exposition->scratch;
    strbuf_add(out, family->name, name_length(exposition, family));
    strbuf_add_string(out, suffix);
    if (labels->len > 0 || le) {
        strbuf_add_char(out, '{');
        strbuf_add(out, labels->data, labels->len);
        if (le) {
            strbuf_add_string(out, labels->len > 0 ? ",le=\"" : "le=\"");
            strbuf_add_string(out, le);
            strbuf_add_char(out, '"');
        }
        strbuf_add_char(out, '}');
    }
    strbuf_add_char(out, ' ');
}

static void write_real(struct strbuf *out, double value) {
    char number[NUMBER_SIZE];
    strbuf_add(out, number, number_format(value, number));
    strbuf_add_char(out, '\n');
}

static void write_natural(struct strbuf *out, uint64_t value) {
    char digits[NATURAL_SIZE];
    strbuf_add(out, digits, natural_format(value, digits));
    strbuf_add_char(out, '\n');
}

/* An upper bound; OpenMetrics wants canonical numbers as labels, with a point
 * or an exponent (1.0, "Numbers in label values"). */
static void format_bound(const struct exposition *exposition, double bound,
                         char out[NUMBER_SIZE + 2]) {
    size_t len = number_format(bound, out);
    if (exposition->format == EXPOSITION_OPENMETRICS && isfinite(bound) &&
        !memchr(out, '.', len) && !memchr(out, 'e', len))
        memcpy(out + len, ".0", 3);
}

static int write_histogram(const struct exposition *exposition,
                           const struct family *family,
                           const struct series *series) {
    enum { BUCKETS_MAX = 1024 };
    uint64_t counts[BUCKETS_MAX];
    uint64_t cumulative = 0;
    size_t buckets = family->bound_count + 1;
    if (buckets > BUCKETS_MAX || !series->buckets)
        return -1;
    memset(counts, 0, buckets * sizeof(counts[0]));
    if (histogram_add_json(series->buckets, series->buckets_len, counts,
                           buckets) != 0)
        return -1;
    for (size_t i = 0; i < buckets; i++) {
        char le[NUMBER_SIZE + 2];
        format_bound(exposition,
                     i < family->bound_count ? family->bounds[i] : INFINITY,
                     le);
        cumulative += counts[i];
        write_name(exposition, family, "_bucket", le);
        write_natural(exposition->out, cumulative);
    }
    write_name(exposition, family, "_sum", NULL);
    write_real(exposition->out, series->sum);
    write_name(exposition, family, "_count", NULL);
    write_natural(exposition->out, cumulative);
    return 0;
}

int exposition_series(struct exposition *exposition,
                      const struct family *family,
                      const struct series *series) {
    bool open = exposition->format == EXPOSITION_OPENMETRICS;
    strbuf_reset(&exposition->scratch);
    if (!series->labels ||
        label_json_write_exposition(series->labels, series->labels_len,
                                    &exposition->scratch) != 0)
        return -1;
    if (family->type == METRIC_HISTOGRAM) {
        if (write_histogram(exposition, family, series) != 0)
            return -1;
    } else {
        bool counter = family->type == METRIC_COUNTER;
        write_name(exposition, family, counter && open ? "_total" : "", NULL);
        write_real(exposition->out, series->value);
    }
    if (open && family->type != METRIC_GAUGE && series->created_at > 0) {
        write_name(exposition, family, "_created", NULL);
        write_natural(exposition->out, (uint64_t)series->created_at);
    }
    return 0;
}

void exposition_end(struct exposition *exposition) {
    if (exposition->format == EXPOSITION_OPENMETRICS)
        strbuf_add_string(exposition->out, "# EOF\n");
    strbuf_free(&exposition->scratch);
}
