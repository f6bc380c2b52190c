/* The JSON of totals.h. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "cli/command/escape.h"
#include "cli/look/totals.h"

/* A member and its value; the first one of an object has no comma. */
static void add_key(struct strbuf *out, const char *key) {
    strbuf_printf(out, "%s\"%s\":",
                  out->len > 0 && out->data[out->len - 1] == '{' ? "" : ",",
                  key);
}

static void add_string(struct strbuf *out, const char *key, const char *text) {
    add_key(out, key);
    visible_add_json(out, text, strlen(text));
}

static void add_value(struct strbuf *out, double value) {
    char text[NUMBER_SIZE];
    (void)number_format(value, text);
    strbuf_printf(out, isfinite(value) ? "%s" : "\"%s\"", text);
}

static void add_number(struct strbuf *out, const char *key, double value) {
    add_key(out, key);
    add_value(out, value);
}

static void add_known(struct strbuf *out, const char *key, double value) {
    add_key(out, key);
    if (isnan(value))
        strbuf_add_string(out, "null");
    else
        add_value(out, value);
}

static int finish(struct strbuf *text, FILE *out) {
    strbuf_add_string(text, "]\n");
    int result = text->failed ? -1 : 0;
    if (result == 0)
        (void)fwrite(text->data, 1, text->len, out);
    strbuf_free(text);
    return result;
}

int totals_json_families(const struct reading *reading,
                         const struct totals_style *style, FILE *out) {
    struct strbuf text = {0};
    strbuf_add_char(&text, '[');
    for (size_t i = 0; i < reading->family_count; i++) {
        const struct family_total *family = &reading->families[i];
        strbuf_add_string(&text, i > 0 ? ",\n{" : "{");
        add_string(&text, "family", family->name);
        add_string(&text, "type", family->type);
        add_number(&text, "series", (double)family->series);
        add_known(&text, "total", family->total);
        if (style->rates)
            add_known(&text, "per_second", totals_family_rate(family, style));
        add_string(&text, "updated", family->updated);
        add_string(&text, "help", family->help);
        strbuf_add_char(&text, '}');
    }
    return finish(&text, out);
}

static int add_label(void *context, const char *key,
                     const struct json_object *value) {
    struct strbuf *out = context;
    size_t len = 0;
    const char *text =
        json_kind(value) == JSON_STRING ? json_string(value, &len) : "";
    if (out->data[out->len - 1] != '{')
        strbuf_add_char(out, ',');
    visible_add_json(out, key, strlen(key));
    strbuf_add_char(out, ':');
    visible_add_json(out, text, len);
    return 0;
}

static void add_labels(struct strbuf *out, const struct series_total *series) {
    struct json_object *labels = NULL;
    struct err ignored;
    add_key(out, "labels");
    strbuf_add_char(out, '{');
    if (json_read(series->labels, series->labels_len, &labels, &ignored) == 0 &&
        json_kind(labels) == JSON_OBJECT && !out->failed)
        (void)json_members(labels, add_label, out);
    json_free(labels);
    strbuf_add_char(out, '}');
}

static void add_buckets(struct strbuf *out, const struct family *family,
                        const struct series_total *series) {
    add_key(out, "buckets");
    if (!series->buckets) {
        strbuf_add_string(out, "null");
        return;
    }
    strbuf_add_char(out, '[');
    for (size_t i = 0; i <= family->bound_count; i++) {
        strbuf_add_string(out, i > 0 ? ",{" : "{");
        add_number(out, "le",
                   i < family->bound_count ? family->bounds[i] : INFINITY);
        add_key(out, "count");
        strbuf_printf(out, "%" PRIu64 "}", series->buckets[i]);
    }
    strbuf_add_char(out, ']');
}

static void add_observations(struct strbuf *out, const struct reading *reading,
                             const struct series_total *series) {
    add_key(out, "count");
    strbuf_printf(out, "%" PRIu64, series->count);
    add_number(out, "sum", series->sum);
    add_known(out, "mean", totals_mean(series));
    if (metric_shape(reading->family.type) != SHAPE_BUCKETS)
        return;
    for (size_t i = 0; i < TOTALS_QUANTILES; i++)
        add_known(out, totals_quantile_names[i],
                  totals_quantile(reading, series, i));
    add_buckets(out, &reading->family, series);
}

static void add_series(struct strbuf *out, const struct reading *reading,
                       const struct series_total *series,
                       const struct totals_style *style) {
    strbuf_add_char(out, '{');
    add_string(out, "family", reading->family.name);
    add_string(out, "type", metric_type_name(reading->family.type));
    add_labels(out, series);
    switch (metric_shape(reading->family.type)) {
    case SHAPE_TOTAL:
        add_number(out, "total", series->value);
        break;
    case SHAPE_VALUE:
        add_number(out, "value", series->value);
        break;
    case SHAPE_OBSERVATIONS:
    case SHAPE_BUCKETS:
        add_observations(out, reading, series);
        break;
    }
    if (style->rates)
        add_known(out, "per_second",
                  totals_series_rate(reading, series, style));
    add_string(out, "updated", series->updated);
    strbuf_add_char(out, '}');
}

int totals_json_family(const struct reading *reading,
                       const struct totals_style *style, FILE *out) {
    struct strbuf text = {0};
    strbuf_add_char(&text, '[');
    for (size_t i = 0; i < reading->series_count; i++) {
        if (i > 0)
            strbuf_add_string(&text, ",\n");
        add_series(&text, reading, &reading->series[i], style);
    }
    return finish(&text, out);
}
