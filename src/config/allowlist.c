#include "config/allowlist.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/allowlist_label.h"
#include "metrics/histogram.h"

static const struct allowlist_origin *
find_origin(const struct allowlist *allowlist, const struct family *family) {
    /* What is listed has an origin, unless there was no memory for it. */
    static const struct allowlist_origin unknown = {.path = "a file"};
    const struct allowlist_origin *it = allowlist->origins;
    while (it && it->family != family)
        it = it->next;
    return it ? it : &unknown;
}

static struct family *read_name(const struct allowlist *allowlist,
                                struct place *place,
                                const struct json_object *object) {
    size_t len;
    const char *name =
        place_get_text(place, object, "name", "the name of the family", &len);
    if (!name)
        return NULL;
    if (metric_name_fault(name, len) != NAME_FINE ||
        strcmp(name, "_total") == 0 || metric_name_reserved(name)) {
        place_report(
            place, "name",
            metric_name_reserved(name)
                ? "\"%.250s\" is reserved for Tallyman itself, must be "
                  "another name"
                : "\"%.250s\" is not a metric name, must be letters, "
                  "digits, _ and :, not begin with a digit or __, and be "
                  "at most 200 bytes long",
            name);
        return NULL;
    }
    if (allowlist->sessions && metric_name_of_sessions(name)) {
        place_report(place, "name",
                     "\"%.250s\" is reserved for Grafana sessions, must be "
                     "another name, or `sessions.enabled` false",
                     name);
        return NULL;
    }
    const struct family *known = registry_find(allowlist->registry, name, len);
    if (known) {
        const struct allowlist_origin *origin = find_origin(allowlist, known);
        place_report(
            place, "name",
            "\"%s\" is listed twice, first as allowedMetrics[%zu] in %s; "
            "must be listed once",
            name, origin->index, origin->path);
        return NULL;
    }
    return registry_add(allowlist->registry, name, len);
}

static void read_unit(struct place *place, const struct json_object *object,
                      struct family *family) {
    size_t len;
    const char *unit = place_get_text(place, object, "unit", NULL, &len);
    if (!unit)
        return;
    size_t name_len = metric_base_length(family->type, family->name);
    if (!label_name_valid(unit, len) || name_len <= len + 1 ||
        memcmp(family->name + name_len - len, unit, len) != 0 ||
        family->name[name_len - len - 1] != '_')
        place_report(place, "unit",
                     "is \"%.100s\", which OpenMetrics permits only if the "
                     "family's name ends in _%.100s%s",
                     unit, unit, metric_types[family->type].suffix);
    else
        family->unit = place_copy_text(place, unit, len);
}

enum { TYPES_SIZE = METRIC_TYPES * 32 };

/* Those that a file may list, for a message. */
static void show_types(char out[TYPES_SIZE]) {
    size_t len = 0;
    int left = 0;
    for (size_t i = 0; i < METRIC_TYPES; i++)
        left += metric_types[i].listed;
    for (size_t i = 0; i < METRIC_TYPES; i++)
        if (metric_types[i].listed) {
            const char *behind = --left > 1 ? ", " : left == 1 ? " or " : "";
            len += (size_t)snprintf(out + len, TYPES_SIZE - len, "\"%s\"%s",
                                    metric_types[i].name, behind);
        }
}

static void read_type(struct place *place, const struct json_object *object,
                      struct family *family) {
    char types[TYPES_SIZE];
    size_t len;
    show_types(types);
    const char *type = place_get_text(place, object, "type", types, &len);
    if (type && (!metric_type_parse(type, len, &family->type) ||
                 !metric_types[family->type].listed))
        place_report(place, "type", "is \"%.100s\", must be %s", type, types);
    const char *rule = place_get_text(place, object, "gauge", NULL, &len);
    if (!rule)
        return;
    if (metric_shape(family->type) != SHAPE_VALUE)
        place_report(place, "gauge", "only a gauge has it, must be left out");
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

/* Sets *out and the family's range if the gauge has that end of it. */
static void read_end(struct place *place, const struct json_object *object,
                     struct family *family, const char *key, double *out) {
    const struct json_object *value = json_get(object, key);
    enum json_kind kind = json_kind(value);
    if (!value)
        return;
    if (metric_shape(family->type) != SHAPE_VALUE) {
        place_report(place, key, "only a gauge has it, must be left out");
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

/* Everybody would seem to have pushed just now, or not for years. */
static void warn_of_times(struct place *place, const struct family *family) {
    if (!family->from_programs && metric_name_of_groups(family->name))
        place_warn(place, "name",
                   "anybody can set \"%s\", also from outside; let programs "
                   "alone push it: \"from\": \"programs\"",
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
                     "only a counter, a histogram or a summary has it, must "
                     "be left out");
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
        place_report(place, "exemplars",
                     "only a counter or a histogram has them, must be left "
                     "out");
}

static void read_bounds(struct place *place, const struct json_object *object,
                        struct family *family) {
    if (metric_shape(family->type) != SHAPE_BUCKETS) {
        if (json_get(object, "buckets"))
            place_report(place, "buckets",
                         "only a histogram has them, must be left out");
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
            place_report(
                place, name,
                "is not above the bound before it, bounds must ascend");
        family->bounds[i] = value;
    }
    family->bound_count = count;
}

static void check_collisions(const struct allowlist *allowlist,
                             struct place *place, const struct family *family) {
    const char *name;
    const struct family *other =
        registry_claim(allowlist->registry, family, &name);
    if (!other)
        return;
    const struct allowlist_origin *origin = find_origin(allowlist, other);
    place_report(
        place, "name",
        "\"%s\" collides with the %s \"%s\" (allowedMetrics[%zu] in %s): "
        "both would expose %s; must be renamed",
        family->name, metric_type_name(other->type), other->name, origin->index,
        origin->path, name);
}

static void check_limits(struct allowlist *allowlist, struct place *place,
                         const struct family *family) {
    const struct limits *limits = allowlist->limits;
    unsigned long long limit = (unsigned long long)limits->series;
    size_t combinations = family_combinations(family);
    bool within = allowlist->series <= limit;
    if (combinations == SIZE_MAX)
        allowlist->series = limit + 1;
    else
        allowlist->series += combinations;
    if (within && allowlist->series > limit)
        place_report(
            place, "labels",
            "the permitted label combinations up to here are more than "
            "limits.series, %lld; list fewer values or raise it",
            limits->series);
    if (registry_count(allowlist->registry) == (size_t)limits->families + 1)
        place_report(place, "",
                     "there are more families than limits.families, %lld; list "
                     "fewer or raise it",
                     limits->families);
}

static void remember_origin(struct allowlist *allowlist, struct place *place,
                            const struct family *family, size_t index) {
    const char *path = place->source->path;
    struct allowlist_origin *origin =
        arena_take(&allowlist->registry->arena, sizeof(*origin));
    char *copy = place_copy_text(place, path, strlen(path));
    if (!origin || !copy)
        return;
    *origin =
        (struct allowlist_origin){family, copy, index, allowlist->origins};
    allowlist->origins = origin;
}

static void read_family(struct allowlist *allowlist, struct place *place,
                        size_t index, const struct json_object *object) {
    static const char *const keys[] = {
        "name",    "help",      "type",        "labels", "unit",
        "buckets", "gauge",     "temporality", "from",   "min",
        "max",     "exemplars", NULL};
    size_t len;
    if (json_kind(object) != JSON_OBJECT) {
        place_report(place, "", "is %s, must be an object",
                     json_kind_name(json_kind(object)));
        return;
    }
    place_check_keys(place, object, keys);
    const char *help = place_get_text(
        place, object, "help", "a sentence that explains the family", &len);
    if (help)
        help = place_copy_text(place, help, len);
    struct family *family = read_name(allowlist, place, object);
    struct family unnamed = {.name = "", .help = ""};
    bool named = family != NULL;
    if (!named)
        family = &unnamed;
    if (help)
        family->help = help;
    read_type(place, object, family);
    read_temporality(place, object, family);
    read_from(place, object, family);
    read_range(place, object, family);
    read_exemplars(place, object, family);
    read_bounds(place, object, family);
    allowlist_labels_read(place, object, family);
    if (!named) {
        for (size_t i = 0; i < family->label_count; i++)
            value_set_free(&family->labels[i].values);
        return;
    }
    read_unit(place, object, family);
    warn_of_times(place, family);
    remember_origin(allowlist, place, family, index);
    check_collisions(allowlist, place, family);
    check_limits(allowlist, place, family);
}

static void read_document(struct allowlist *allowlist, struct place *place) {
    static const char *const keys[] = {"allowedMetrics", NULL};
    const struct json_object *document = place->source->document;
    if (json_kind(document) != JSON_OBJECT) {
        diagnose(place->diagnostics, place->source, "",
                 "is %s, must be an object with allowedMetrics",
                 json_kind_name(json_kind(document)));
        return;
    }
    place_check_keys(place, document, keys);
    const struct json_object *list = json_get(document, "allowedMetrics");
    if (json_kind(list) != JSON_ARRAY) {
        diagnose(place->diagnostics, place->source, "allowedMetrics",
                 list ? "is %s, must be an array of families"
                      : "missing, must be an array of families",
                 json_kind_name(json_kind(list)));
        return;
    }
    for (size_t i = 0; i < json_length(list); i++) {
        (void)snprintf(place->key, sizeof(place->key), "allowedMetrics[%zu]",
                       i);
        read_family(allowlist, place, i, json_at(list, i));
    }
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
