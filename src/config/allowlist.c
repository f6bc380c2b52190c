#include "config/allowlist.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/allowlist_label.h"
#include "config/allowlist_query.h"
#include "metrics/histogram.h"

static void read_rule(struct place *place, const struct json_object *object,
                      struct family *family) {
    size_t len;
    const char *rule = place_get_text(place, object, "gauge", NULL, &len);
    if (!rule)
        return;
    if (metric_shape(family->type) != SHAPE_VALUE)
        place_report(place, "gauge",
                     "only gauges can have it, must be left out");
    else if (!gauge_rule_parse(rule, len, &family->gauge))
        place_report(place, "gauge",
                     "is \"%.100s\", must be \"last\", \"max\", \"min\" or "
                     "\"sum\"",
                     rule);
}

static void read_from(struct place *place, const struct json_object *object,
                      struct family *family) {
    size_t len;
    const char *text = place_get_text(place, object, "from", NULL, &len);
    if (!text)
        return;
    family->from_programs = strcmp(text, "programs") == 0;
    if (!family->from_programs && strcmp(text, "anybody") != 0)
        place_report(place, "from",
                     "is \"%.100s\", must be \"anybody\" or \"programs\"",
                     text);
    place->registry->from_programs |= family->from_programs;
}

/* Sets *out if the gauge has this bound. */
static void read_end(struct place *place, const struct json_object *object,
                     struct family *family, const char *key, double *out) {
    const struct json_object *value = json_get(object, key);
    enum json_kind kind = json_kind(value);
    if (!value)
        return;
    if (metric_shape(family->type) != SHAPE_VALUE) {
        place_report(place, key, "only gauges can have it, must be left out");
    } else if (kind != JSON_INTEGER && kind != JSON_NUMBER) {
        place_report(place, key, "is %s, must be a number",
                     json_kind_name(kind));
    } else if (!isfinite(json_number(value))) {
        place_report(place, key, "is infinite, must be a finite number");
    } else {
        *out = json_number(value);
        family->ranged = true;
    }
}

static void read_range(struct place *place, const struct json_object *object,
                       struct family *family) {
    family->min = -INFINITY;
    family->max = INFINITY;
    read_end(place, object, family, "min", &family->min);
    read_end(place, object, family, "max", &family->max);
    if (family->min > family->max)
        place_report(place, "min", "is %g, must be at most `max`, %g",
                     family->min, family->max);
}

/* A forged time hides a group that stopped pushing, or reports one that did
 * not. */
static void warn_of_times(struct place *place, const struct family *family) {
    if (!family->from_programs && metric_name_of_groups(family->name))
        place_warn(place, "name",
                   "anybody can push \"%s\", even without a token; restrict it "
                   "to programs with \"from\": \"programs\"",
                   family->name);
}

static void read_temporality(struct place *place,
                             const struct json_object *object,
                             struct family *family) {
    size_t len;
    const char *text = place_get_text(place, object, "temporality", NULL, &len);
    if (!text)
        return;
    family->cumulative = strcmp(text, "cumulative") == 0;
    if (metric_shape(family->type) == SHAPE_VALUE)
        place_report(place, "temporality",
                     "only counters, histograms and summaries can have it, "
                     "must be left out");
    else if (!family->cumulative && strcmp(text, "delta") != 0)
        place_report(place, "temporality",
                     "is \"%.100s\", must be \"delta\" or \"cumulative\"",
                     text);
}

static void read_exemplars(struct place *place,
                           const struct json_object *object,
                           struct family *family) {
    const struct json_object *value =
        place_get(place, object, "exemplars", JSON_BOOLEAN, NULL);
    enum metric_shape shape = metric_shape(family->type);
    if (!value)
        return;
    family->exemplars = json_boolean(value);
    if (shape != SHAPE_TOTAL && shape != SHAPE_BUCKETS)
        place_report(
            place, "exemplars",
            "only counters and histograms can have them, must be left out");
}

static void read_bounds(struct place *place, const struct json_object *object,
                        struct family *family) {
    if (metric_shape(family->type) != SHAPE_BUCKETS) {
        if (json_get(object, "buckets"))
            place_report(place, "buckets",
                         "only histograms can have them, must be left out");
        return;
    }
    const struct json_object *array =
        place_get(place, object, "buckets", JSON_ARRAY,
                  "the upper bounds of the histogram's buckets");
    if (!array)
        return;
    size_t count = json_length(array);
    if (count == 0 || count > HISTOGRAM_BOUNDS_MAX) {
        place_report(place, "buckets", "has %zu bounds, must have 1 to %d",
                     count, HISTOGRAM_BOUNDS_MAX);
        return;
    }
    family->bounds =
        arena_take(&place->registry->arena, count * sizeof(double));
    for (size_t i = 0; family->bounds && i < count; i++) {
        char name[32];
        const struct json_object *bound = json_at(array, i);
        enum json_kind kind = json_kind(bound);
        bool number = kind == JSON_INTEGER || kind == JSON_NUMBER;
        double value = number ? json_number(bound) : 0;
        (void)snprintf(name, sizeof(name), "buckets[%zu]", i);
        if (!number || !isfinite(value))
            place_report(place, name, "is %s, must be a finite number",
                         number ? "infinite" : json_kind_name(kind));
        else if (i > 0 && value <= family->bounds[i - 1])
            place_report(place, name,
                         "must be greater than the bound before it");
        family->bounds[i] = value;
    }
    family->bound_count = count;
}

static void read_family(struct allowlist *allowlist, struct place *place,
                        const struct json_object *object) {
    static const char *const keys[] = {
        "name",    "help",      "type",        "labels", "unit",
        "buckets", "gauge",     "temporality", "from",   "min",
        "max",     "exemplars", NULL};
    struct family unnamed;
    if (!place_check_object(place, object, keys))
        return;
    struct family *family =
        allowlist_family_add(allowlist, place, object, &unnamed);
    allowlist_family_type(place, object, family, ~0U);
    read_rule(place, object, family);
    read_temporality(place, object, family);
    read_from(place, object, family);
    read_range(place, object, family);
    read_exemplars(place, object, family);
    read_bounds(place, object, family);
    allowlist_labels_read(place, object, family);
    if (family == &unnamed) {
        for (size_t i = 0; i < family->label_count; i++)
            value_set_free(&family->labels[i].values);
        return;
    }
    allowlist_family_unit(place, object, family);
    warn_of_times(place, family);
    allowlist_family_settle(allowlist, place, family,
                            family_combinations(family));
}

/* A top-level array of an allowlist file. */
struct list {
    const char *name;
    const char *what; /* the elements, for messages */
    void (*read)(struct allowlist *allowlist, struct place *place,
                 const struct json_object *object);
};

static void read_list(struct allowlist *allowlist, struct place *place,
                      const struct json_object *document,
                      const struct list *list) {
    const struct json_object *array = json_get(document, list->name);
    if (json_kind(array) != JSON_ARRAY) {
        place_report(place, list->name, "%s%s, must be an array of %s",
                     array ? "is " : "",
                     array ? json_kind_name(json_kind(array)) : "missing",
                     list->what);
        return;
    }
    for (size_t i = 0; i < json_length(array); i++) {
        (void)snprintf(place->key, sizeof(place->key), "%s[%zu]", list->name,
                       i);
        list->read(allowlist, place, json_at(array, i));
    }
    place->key[0] = '\0';
}

static void read_document(struct allowlist *allowlist, struct place *place) {
    static const char *const keys[] = {"allowedMetrics", "queries", NULL};
    static const struct list families = {"allowedMetrics", "families",
                                         read_family};
    static const struct list queries = {"queries", "queries",
                                        allowlist_query_read};
    const struct json_object *document = place->source->document;
    if (json_kind(document) != JSON_OBJECT) {
        place_report(place, "", "is %s, must be an object with allowedMetrics",
                     json_kind_name(json_kind(document)));
        return;
    }
    place_check_keys(place, document, keys);
    const bool has_queries = json_get(document, "queries") != NULL;
    if (!has_queries || json_get(document, "allowedMetrics"))
        read_list(allowlist, place, document, &families);
    if (has_queries)
        read_list(allowlist, place, document, &queries);
}

void allowlist_load(struct allowlist *allowlist, const char *path,
                    struct diagnostics *diagnostics) {
    struct source source;
    if (source_open(&source, path, diagnostics) == 0) {
        struct place place = {allowlist->registry, allowlist->limits, &source,
                              diagnostics, ""};
        read_document(allowlist, &place);
        source_check_repeats(&source, diagnostics);
    }
    source_close(&source);
}
