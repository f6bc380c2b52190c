#include "expose/json.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/number.h"
#include "base/utf8.h"
#include "metrics/histogram.h"
#include "metrics/label.h"

void exposition_json_begin(struct exposition_json *exposition) {
    strbuf_add_string(exposition->out, "{\"status\":\"success\",\"data\":[");
}

/* Unix seconds as RFC 3339 has them, whose years have four digits. */
static void write_time(double seconds, struct strbuf *out) {
    const double last = 253402300799; /* 9999-12-31T23:59:59Z */
    struct tm fields = {0};
    const time_t time = (time_t)fmin(fmax(seconds, 0), last);
    char text[40] = "";
    (void)gmtime_r(&time, &fields);
    (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &fields);
    strbuf_printf(out, "\"time_stamp\":\"%s\"", text);
}

static void end_family(struct exposition_json *exposition) {
    struct strbuf *out = exposition->out;
    if (!exposition->in_family)
        return;
    strbuf_add_char(out, ']');
    if (exposition->updated_at > 0) {
        strbuf_add_char(out, ',');
        write_time((double)exposition->updated_at, out);
    }
    strbuf_add_char(out, '}');
    exposition->in_family = false;
}

static void end_group(struct exposition_json *exposition) {
    end_family(exposition);
    if (exposition->in_group)
        strbuf_add_char(exposition->out, '}');
    exposition->in_group = false;
}

/* The object of a group up to its families. */
static void begin_group(struct exposition_json *exposition, const char *labels,
                        size_t len, bool successful) {
    struct strbuf *out = exposition->out;
    if (exposition->after_group)
        strbuf_add_char(out, ',');
    strbuf_add_string(out, "{\"labels\":");
    strbuf_add(out, labels, len);
    strbuf_printf(out, ",\"last_push_successful\":%s",
                  successful ? "true" : "false");
    exposition->after_group = true;
    exposition->in_group = true;
}

/* A family of one series, whose value is a time. */
static void write_push_time(struct strbuf *out, const struct push_group *group,
                            const char *name, const char *help,
                            double seconds) {
    double last = fmax(group->pushed_at, group->failed_at);
    char number[NUMBER_SIZE];
    strbuf_printf(out, ",\"%s\":{\"type\":\"GAUGE\",\"help\":\"%s\",", name,
                  help);
    strbuf_add_string(out, "\"metrics\":[{\"labels\":");
    strbuf_add(out, group->labels, group->labels_len);
    strbuf_add_string(out, ",\"value\":\"");
    strbuf_add(out, number, number_format(seconds, number));
    strbuf_add_string(out, "\"}],");
    write_time(last, out);
    strbuf_add_char(out, '}');
}

/* The labels are JSON already, if they are what the store has written. */
static bool is_label_set(struct exposition_json *exposition, const char *labels,
                         size_t len) {
    struct strbuf *scratch = &exposition->scratch;
    strbuf_reset(scratch);
    bool valid =
        labels && label_json_write_exposition(labels, len, scratch) == 0;
    if (scratch->failed)
        exposition->out->failed = true;
    return valid;
}

int exposition_json_group(struct exposition_json *exposition,
                          const struct push_group *group) {
    end_group(exposition);
    exposition->family = NULL;
    exposition->group = group != NULL;
    if (!group)
        return 0;
    if (!is_label_set(exposition, group->labels, group->labels_len))
        return -1;
    begin_group(exposition, group->labels, group->labels_len,
                group->failed_at <= 0 || group->pushed_at > group->failed_at);
    write_push_time(exposition->out, group, METRIC_PUSH_FAILURE_TIME,
                    PUSH_FAILURE_TIME_HELP, group->failed_at);
    write_push_time(exposition->out, group, METRIC_PUSH_TIME, PUSH_TIME_HELP,
                    group->pushed_at);
    return 0;
}

/* The place of a family's name in the object of its group. */
static bool is_taken(const struct exposition_json *exposition,
                     const char *name) {
    return strcmp(name, "labels") == 0 ||
           strcmp(name, "last_push_successful") == 0 ||
           (exposition->group && (strcmp(name, METRIC_PUSH_TIME) == 0 ||
                                  strcmp(name, METRIC_PUSH_FAILURE_TIME) == 0));
}

void exposition_json_family(struct exposition_json *exposition,
                            const struct family *family) {
    end_family(exposition);
    exposition->updated_at = 0;
    exposition->family = is_taken(exposition, family->name) ? NULL : family;
}

/* In capitals, as the Pushgateway spells it. */
static void write_type(enum metric_type type, struct strbuf *out) {
    for (const char *at = metric_types[type].text; *at; at++)
        strbuf_add_char(out, (char)(*at - 'a' + 'A'));
}

/* What stands before a series: the family when it is its first, the object
 * when it is the first of all. */
static void write_start(struct exposition_json *exposition) {
    struct strbuf *out = exposition->out;
    const struct family *family = exposition->family;
    const size_t help_len = strlen(family->help);
    if (exposition->in_family) {
        strbuf_add_char(out, ',');
        return;
    }
    if (!exposition->in_group)
        begin_group(exposition, "{}", 2, true);
    strbuf_printf(out, ",\"%s\":{\"type\":\"", family->name);
    write_type(family->type, out);
    strbuf_add_char(out, '"');
    if (help_len > 0 && utf8_valid(family->help, help_len)) {
        strbuf_add_string(out, ",\"help\":");
        json_write_string(family->help, help_len, out);
    }
    strbuf_add_string(out, ",\"metrics\":[");
    exposition->in_family = true;
}

static void write_real(struct strbuf *out, const char *key, double value) {
    char number[NUMBER_SIZE];
    strbuf_printf(out, ",\"%s\":\"", key);
    strbuf_add(out, number, number_format(value, number));
    strbuf_add_char(out, '"');
}

/* `"key":"3"`, the key a number as well. */
static void write_bucket(struct strbuf *out, double bound, uint64_t count) {
    char number[NUMBER_SIZE];
    char digits[NATURAL_SIZE];
    strbuf_add_char(out, '"');
    strbuf_add(out, number, number_format(bound, number));
    strbuf_add_string(out, "\":\"");
    strbuf_add(out, digits, natural_format(count, digits));
    strbuf_add_char(out, '"');
}

static void write_totals(struct strbuf *out, uint64_t count, double sum) {
    char digits[NATURAL_SIZE];
    strbuf_add_string(out, ",\"count\":\"");
    strbuf_add(out, digits, natural_format(count, digits));
    strbuf_add_char(out, '"');
    write_real(out, "sum", sum);
}

/* The counts are plain, what is written is cumulative. */
static void write_histogram(struct strbuf *out, const struct family *family,
                            const uint64_t *counts, double sum) {
    uint64_t cumulative = 0;
    strbuf_add_string(out, ",\"buckets\":{");
    for (size_t i = 0; i <= family->bound_count; i++) {
        cumulative += counts[i];
        if (i > 0)
            strbuf_add_char(out, ',');
        write_bucket(out,
                     i < family->bound_count ? family->bounds[i] : INFINITY,
                     cumulative);
    }
    strbuf_add_char(out, '}');
    write_totals(out, cumulative, sum);
}

int exposition_json_series(struct exposition_json *exposition,
                           const struct series *series) {
    uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
    struct strbuf *out = exposition->out;
    const struct family *family = exposition->family;
    if (!family)
        return 0;
    const enum metric_shape shape = metric_shape(family->type);
    if (!is_label_set(exposition, series->labels, series->labels_len) ||
        (shape == SHAPE_BUCKETS &&
         (!series->buckets ||
          histogram_read_json(series->buckets, series->buckets_len, counts,
                              family->bound_count + 1) != 0)))
        return -1;
    write_start(exposition);
    if (series->updated_at > exposition->updated_at)
        exposition->updated_at = series->updated_at;
    strbuf_add_string(out, "{\"labels\":");
    strbuf_add(out, series->labels, series->labels_len);
    switch (shape) {
    case SHAPE_TOTAL:
    case SHAPE_VALUE:
        write_real(out, "value", series->value);
        break;
    case SHAPE_BUCKETS:
        write_histogram(out, family, counts, series->sum);
        break;
    case SHAPE_OBSERVATIONS:
        strbuf_add_string(out, ",\"quantiles\":{}");
        write_totals(out, series->count, series->sum);
        break;
    }
    strbuf_add_char(out, '}');
    return 0;
}

void exposition_json_end(struct exposition_json *exposition) {
    end_group(exposition);
    strbuf_add_string(exposition->out, "]}");
}

void exposition_json_free(struct exposition_json *exposition) {
    strbuf_free(&exposition->scratch);
}
