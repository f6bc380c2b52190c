/* The JSON of totals.h. */
#include <math.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/number.h"
#include "cli/look/totals.h"

static void add_number(struct json_writer *json, const char *key,
                       double value) {
    char text[NUMBER_SIZE];
    size_t len = number_format(value, text);
    if (isfinite(value))
        json_writer_raw(json, key, text, len);
    else
        json_writer_text(json, key, text, len);
}

static void add_known(struct json_writer *json, const char *key, double value) {
    if (isnan(value))
        json_writer_string(json, key, NULL);
    else
        add_number(json, key, value);
}

static struct json_writer begin(struct strbuf *text) {
    struct json_writer json = {
        .out = text, .layout = JSON_ROWS, .escape = JSON_ESCAPE_ALL};
    json_writer_open(&json, NULL, '[');
    return json;
}

static int finish(struct json_writer *json, FILE *out) {
    struct strbuf *text = json->out;
    json_writer_close(json, ']');
    int result = text->failed ? -1 : 0;
    if (result == 0)
        (void)fwrite(text->data, 1, text->len, out);
    strbuf_free(text);
    return result;
}

int totals_json_families(const struct reading *reading,
                         const struct totals_style *style, FILE *out) {
    struct strbuf text = {0};
    struct json_writer json = begin(&text);
    for (size_t i = 0; i < reading->family_count; i++) {
        const struct family_total *family = &reading->families[i];
        json_writer_open(&json, NULL, '{');
        json_writer_string(&json, "family", family->name);
        json_writer_string(&json, "type", family->type);
        json_writer_number(&json, "series", (double)family->series);
        add_known(&json, "total", family->total);
        if (style->rates)
            add_known(&json, "per_second", totals_family_rate(family, style));
        json_writer_string(&json, "updated", family->updated);
        json_writer_string(&json, "help", family->help);
        json_writer_close(&json, '}');
    }
    return finish(&json, out);
}

static int add_label(void *context, const char *key,
                     const struct json_object *value) {
    size_t len = 0;
    const char *text =
        json_kind(value) == JSON_STRING ? json_string(value, &len) : "";
    json_writer_text(context, key, text, len);
    return 0;
}

static void add_labels(struct json_writer *json,
                       const struct series_total *series) {
    struct json_object *labels = NULL;
    struct err ignored;
    json_writer_open(json, "labels", '{');
    if (json_read(series->labels, series->labels_len, &labels, &ignored) == 0 &&
        json_kind(labels) == JSON_OBJECT)
        (void)json_members(labels, add_label, json);
    json_free(labels);
    json_writer_close(json, '}');
}

static void add_buckets(struct json_writer *json, const struct family *family,
                        const struct series_total *series) {
    if (!series->buckets) {
        json_writer_string(json, "buckets", NULL);
        return;
    }
    json_writer_open(json, "buckets", '[');
    for (size_t i = 0; i <= family->bound_count; i++) {
        json_writer_open(json, NULL, '{');
        add_number(json, "le",
                   i < family->bound_count ? family->bounds[i] : INFINITY);
        json_writer_natural(json, "count", series->buckets[i]);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
}

static void add_observations(struct json_writer *json,
                             const struct reading *reading,
                             const struct series_total *series) {
    json_writer_natural(json, "count", series->count);
    add_number(json, "sum", series->sum);
    add_known(json, "mean", totals_mean(series));
    if (metric_shape(reading->family.type) != SHAPE_BUCKETS)
        return;
    for (size_t i = 0; i < TOTALS_QUANTILES; i++)
        add_known(json, totals_quantile_names[i],
                  totals_quantile(reading, series, i));
    add_buckets(json, &reading->family, series);
}

static void add_series(struct json_writer *json, const struct reading *reading,
                       const struct series_total *series,
                       const struct totals_style *style) {
    json_writer_open(json, NULL, '{');
    json_writer_string(json, "family", reading->family.name);
    json_writer_string(json, "type", metric_type_name(reading->family.type));
    add_labels(json, series);
    switch (metric_shape(reading->family.type)) {
    case SHAPE_TOTAL:
        add_number(json, "total", series->value);
        break;
    case SHAPE_VALUE:
        add_number(json, "value", series->value);
        break;
    case SHAPE_OBSERVATIONS:
    case SHAPE_BUCKETS:
        add_observations(json, reading, series);
        break;
    }
    if (style->rates)
        add_known(json, "per_second",
                  totals_series_rate(reading, series, style));
    json_writer_string(json, "updated", series->updated);
    json_writer_close(json, '}');
}

int totals_json_family(const struct reading *reading,
                       const struct totals_style *style, FILE *out) {
    struct strbuf text = {0};
    struct json_writer json = begin(&text);
    for (size_t i = 0; i < reading->series_count; i++)
        add_series(&json, reading, &reading->series[i], style);
    return finish(&json, out);
}
