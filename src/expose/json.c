#include "expose/json.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/number.h"
#include "base/utf8.h"
#include "metrics/histogram.h"
#include "metrics/label.h"

void exposition_json_begin(struct exposition_json *exposition,
                           struct strbuf *out) {
    struct json_writer *json = &exposition->json;
    *exposition =
        (struct exposition_json){.json = {.out = out, .layout = JSON_COMPACT}};
    json_writer_open(json, NULL, '{');
    json_writer_string(json, "status", "success");
    json_writer_open(json, "data", '[');
}

/* Writes Unix seconds in the form of RFC 3339, whose years have four digits. */
static void write_time(struct json_writer *json, double seconds) {
    const double last = 253402300799; /* 9999-12-31T23:59:59Z */
    struct tm fields = {0};
    const time_t time = (time_t)fmin(fmax(seconds, 0), last);
    char text[40] = "";
    (void)gmtime_r(&time, &fields);
    (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &fields);
    json_writer_string(json, "time_stamp", text);
}

/* Numbers and counts are strings in this API. */
static void write_real(struct json_writer *json, const char *key,
                       double value) {
    char number[NUMBER_SIZE];
    json_writer_text(json, key, number, number_format(value, number));
}

static void write_count(struct json_writer *json, const char *key,
                        uint64_t count) {
    char digits[NATURAL_SIZE];
    json_writer_text(json, key, digits, natural_format(count, digits));
}

static void end_family(struct exposition_json *exposition) {
    if (!exposition->in_family)
        return;
    json_writer_close(&exposition->json, ']');
    if (exposition->updated_at > 0)
        write_time(&exposition->json, (double)exposition->updated_at);
    json_writer_close(&exposition->json, '}');
    exposition->in_family = false;
}

static void end_group(struct exposition_json *exposition) {
    end_family(exposition);
    if (exposition->in_group)
        json_writer_close(&exposition->json, '}');
    exposition->in_group = false;
}

/* Begins the object of a group, up to its families. */
static void begin_group(struct exposition_json *exposition, const char *labels,
                        size_t len, bool successful) {
    struct json_writer *json = &exposition->json;
    json_writer_open(json, NULL, '{');
    json_writer_raw(json, "labels", labels, len);
    json_writer_boolean(json, "last_push_successful", successful);
    exposition->in_group = true;
}

/* Writes a family of one series whose value is a time. */
static void write_push_time(struct json_writer *json,
                            const struct push_group *group, const char *name,
                            const char *help, double seconds) {
    json_writer_open(json, name, '{');
    json_writer_string(json, "type", "GAUGE");
    json_writer_string(json, "help", help);
    json_writer_open(json, "metrics", '[');
    json_writer_open(json, NULL, '{');
    json_writer_raw(json, "labels", group->labels, group->labels_len);
    write_real(json, "value", seconds);
    json_writer_close(json, '}');
    json_writer_close(json, ']');
    write_time(json, fmax(group->pushed_at, group->failed_at));
    json_writer_close(json, '}');
}

/* Labels in the stored form are JSON already. */
static bool is_label_set(struct exposition_json *exposition, const char *labels,
                         size_t len) {
    struct strbuf *scratch = &exposition->scratch;
    strbuf_reset(scratch);
    bool valid =
        labels && label_json_write_exposition(labels, len, scratch) == 0;
    if (scratch->failed)
        exposition->json.out->failed = true;
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
    write_push_time(&exposition->json, group, METRIC_PUSH_FAILURE_TIME,
                    PUSH_FAILURE_TIME_HELP, group->failed_at);
    write_push_time(&exposition->json, group, METRIC_PUSH_TIME, PUSH_TIME_HELP,
                    group->pushed_at);
    return 0;
}

/* The object of the group has a member of that name already. */
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

/* In capitals, as the Pushgateway writes it. */
static void write_type(struct json_writer *json, enum metric_type type) {
    char name[16];
    size_t len = 0;
    for (const char *at = metric_types[type].text; *at; at++)
        name[len++] = (char)(*at - 'a' + 'A');
    json_writer_text(json, "type", name, len);
}

/* Begins the family before its first series, and the group before the very
 * first. */
static void write_start(struct exposition_json *exposition) {
    struct json_writer *json = &exposition->json;
    const struct family *family = exposition->family;
    const size_t help_len = strlen(family->help);
    if (exposition->in_family)
        return;
    if (!exposition->in_group)
        begin_group(exposition, "{}", 2, true);
    json_writer_open(json, family->name, '{');
    write_type(json, family->type);
    if (help_len > 0 && utf8_valid(family->help, help_len))
        json_writer_text(json, "help", family->help, help_len);
    json_writer_open(json, "metrics", '[');
    exposition->in_family = true;
}

static void write_totals(struct json_writer *json, uint64_t count, double sum) {
    write_count(json, "count", count);
    write_real(json, "sum", sum);
}

/* The counts are plain; the output is cumulative. */
static void write_histogram(struct json_writer *json,
                            const struct family *family, const uint64_t *counts,
                            double sum) {
    uint64_t cumulative = 0;
    json_writer_open(json, "buckets", '{');
    for (size_t i = 0; i <= family->bound_count; i++) {
        char bound[NUMBER_SIZE];
        (void)number_format(family_bound(family, i), bound);
        cumulative += counts[i];
        write_count(json, bound, cumulative);
    }
    json_writer_close(json, '}');
    write_totals(json, cumulative, sum);
}

int exposition_json_series(struct exposition_json *exposition,
                           const struct series *series) {
    uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
    struct json_writer *json = &exposition->json;
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
    json_writer_open(json, NULL, '{');
    json_writer_raw(json, "labels", series->labels, series->labels_len);
    switch (shape) {
    case SHAPE_TOTAL:
    case SHAPE_VALUE:
        write_real(json, "value", series->value);
        break;
    case SHAPE_BUCKETS:
        write_histogram(json, family, counts, series->sum);
        break;
    case SHAPE_OBSERVATIONS:
        json_writer_open(json, "quantiles", '{');
        json_writer_close(json, '}');
        write_totals(json, series->count, series->sum);
        break;
    }
    json_writer_close(json, '}');
    return 0;
}

void exposition_json_end(struct exposition_json *exposition) {
    end_group(exposition);
    json_writer_close(&exposition->json, ']');
    json_writer_close(&exposition->json, '}');
}

void exposition_json_free(struct exposition_json *exposition) {
    strbuf_free(&exposition->scratch);
}
