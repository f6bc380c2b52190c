#include "allowlist.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "histogram.h"
#include "utf8.h"

enum { NAME_MAX_BYTES = 200, OPEN_VALUES_MAX = 1000000 };

/* One file, and the place in it that is being read. */
struct reader {
    struct allowlist *allowlist;
    const struct source *source;
    struct diagnostics *diagnostics;
    char key[256];
};

/* The key of a member of the current place. */
struct member {
    char key[320];
};

static struct member member_of(const struct reader *reader, const char *name) {
    struct member member;
    (void)snprintf(member.key, sizeof(member.key), "%s%s%s", reader->key,
                   *reader->key ? "." : "", name);
    return member;
}

static void report(struct reader *reader, const char *name, const char *format,
                   ...) __attribute__((format(printf, 3, 4)));

static void report(struct reader *reader, const char *name, const char *format,
                   ...) {
    char message[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    diagnose(reader->diagnostics, reader->source,
             *name ? member_of(reader, name).key : reader->key, "%s", message);
}

static const struct json_value *get(struct reader *reader,
                                    const struct json_value *object,
                                    const char *name, enum json_kind kind,
                                    const char *missing) {
    const struct json_value *value = json_get(object, name);
    if (!value) {
        if (missing)
            report(reader, name, "missing, must be %s", missing);
        return NULL;
    }
    if (json_kind(value) != kind) {
        bool whole = kind == JSON_INTEGER;
        bool fraction = whole && json_kind(value) == JSON_NUMBER;
        report(reader, name, "is %s, must be %s",
               fraction ? "a fraction" : json_kind_name(json_kind(value)),
               whole ? "a whole number" : json_kind_name(kind));
        return NULL;
    }
    return value;
}

static char *copy_text(struct reader *reader, const char *text, size_t len) {
    return arena_copy(&reader->allowlist->registry->arena, text, len);
}

/* The string of a member, or NULL after a report. missing is NULL when it
 * may be left out. */
static const char *get_text(struct reader *reader,
                            const struct json_value *object, const char *name,
                            const char *missing, size_t *len) {
    const struct json_value *value =
        get(reader, object, name, JSON_STRING, missing);
    if (!value)
        return NULL;
    const char *text = json_string(value, len);
    if (strlen(text) == *len)
        return text;
    report(reader, name, "has a NUL character, must be plain text");
    return NULL;
}

struct known_keys {
    struct reader *reader;
    const char *const *keys; /* NULL-terminated */
};

static int check_key(void *context, const char *key,
                     const struct json_value *value) {
    const struct known_keys *known = context;
    struct strbuf list = {0};
    (void)value;
    for (size_t i = 0; known->keys[i]; i++) {
        if (strcmp(known->keys[i], key) == 0) {
            strbuf_free(&list);
            return 0;
        }
        strbuf_printf(&list, "%s%s", i > 0 ? ", " : "", known->keys[i]);
    }
    report(known->reader, key, "unknown key, must be one of %s", list.data);
    strbuf_free(&list);
    return 0;
}

static void check_keys(struct reader *reader, const struct json_value *object,
                       const char *const *keys) {
    struct known_keys known = {reader, keys};
    (void)json_members(object, check_key, &known);
}

/* Names that the responder gives its own families, or that their series have
 * in one of the formats. */
static bool name_reserved(const char *name) {
    static const char counter[] = "metrics_aggregator_record";
    const size_t len = sizeof(counter) - 1;
    return strncmp(name, "tallyman_", 9) == 0 ||
           (strncmp(name, counter, len) == 0 &&
            (name[len] == '\0' || name[len] == '_'));
}

static struct family *read_name(struct reader *reader,
                                const struct json_value *object) {
    size_t len;
    struct allowlist *allowlist = reader->allowlist;
    const char *name =
        get_text(reader, object, "name", "the name of the family", &len);
    if (!name)
        return NULL;
    if (!metric_name_valid(name, len) || len > NAME_MAX_BYTES ||
        strncmp(name, "__", 2) == 0 || strcmp(name, "_total") == 0 ||
        name_reserved(name)) {
        report(reader, "name",
               name_reserved(name)
                   ? "\"%.250s\" is reserved for Tallyman itself, must be "
                     "another name"
                   : "\"%.250s\" is not a metric name, must be letters, "
                     "digits, _ and :, not begin with a digit or __, and be "
                     "at most 200 bytes long",
               name);
        return NULL;
    }
    const struct family *known = registry_find(allowlist->registry, name, len);
    if (known) {
        uint32_t index = value_set_find(&allowlist->registry->names, name, len);
        report(reader, "name",
               "\"%s\" is listed twice, first as allowedMetrics[%zu] in %s; "
               "must be listed once",
               name, allowlist->origins[index].index,
               allowlist->origins[index].path);
        return NULL;
    }
    return registry_add(allowlist->registry, name, len);
}

static void read_unit(struct reader *reader, const struct json_value *object,
                      struct family *family) {
    size_t len;
    const char *unit = get_text(reader, object, "unit", NULL, &len);
    if (!unit)
        return;
    size_t name_len = family->type == METRIC_COUNTER
                          ? counter_base_length(family->name)
                          : strlen(family->name);
    if (!label_name_valid(unit, len) || name_len <= len + 1 ||
        memcmp(family->name + name_len - len, unit, len) != 0 ||
        family->name[name_len - len - 1] != '_')
        report(reader, "unit",
               "is \"%.100s\", which OpenMetrics permits only if the "
               "family's name ends in _%.100s%s",
               unit, unit, family->type == METRIC_COUNTER ? "_total" : "");
    else
        family->unit = copy_text(reader, unit, len);
}

static void read_type(struct reader *reader, const struct json_value *object,
                      struct family *family) {
    size_t len;
    const char *type =
        get_text(reader, object, "type",
                 "\"counter\", \"gauge\" or \"histogram\"", &len);
    if (type && !metric_type_parse(type, len, &family->type))
        report(reader, "type",
               "is \"%.100s\", must be \"counter\", \"gauge\" or "
               "\"histogram\"",
               type);
    const char *rule = get_text(reader, object, "gauge", NULL, &len);
    if (!rule)
        return;
    if (family->type != METRIC_GAUGE)
        report(reader, "gauge", "only a gauge has it, must be left out");
    else if (!gauge_rule_parse(rule, len, &family->gauge))
        report(reader, "gauge",
               "is \"%.100s\", must be \"last\", \"max\", \"min\" or "
               "\"sum\"",
               rule);
}

static void read_bounds(struct reader *reader, const struct json_value *object,
                        struct family *family) {
    if (family->type != METRIC_HISTOGRAM) {
        if (json_get(object, "buckets"))
            report(reader, "buckets",
                   "only a histogram has them, must be left out");
        return;
    }
    const struct json_value *array =
        get(reader, object, "buckets", JSON_ARRAY,
            "the upper bounds of the histogram's buckets");
    if (!array)
        return;
    size_t count = json_length(array);
    if (count == 0 || count > HISTOGRAM_BOUNDS_MAX) {
        report(reader, "buckets", "has %zu bounds, must have 1 to %d", count,
               HISTOGRAM_BOUNDS_MAX);
        return;
    }
    family->bounds =
        arena_take(&reader->allowlist->registry->arena, count * sizeof(double));
    for (size_t i = 0; family->bounds && i < count; i++) {
        char name[32];
        const struct json_value *bound = json_at(array, i);
        enum json_kind kind = json_kind(bound);
        bool number = kind == JSON_INTEGER || kind == JSON_NUMBER;
        double value = number ? json_number(bound) : 0;
        (void)snprintf(name, sizeof(name), "buckets[%zu]", i);
        if (!number || !isfinite(value))
            report(reader, name, "is %s, must be a finite number",
                   number ? "infinite" : json_kind_name(kind));
        else if (i > 0 && value <= family->bounds[i - 1])
            report(reader, name,
                   "is not above the bound before it, bounds must ascend");
        family->bounds[i] = value;
    }
    family->bound_count = count;
}

static void add_value(struct reader *reader, struct label_rule *rule,
                      size_t index, const struct json_value *value) {
    char name[40];
    size_t len = 0;
    long long max = reader->allowlist->limits->label_value_bytes;
    (void)snprintf(name, sizeof(name), "allowedValues[%zu]", index);
    const char *text =
        json_kind(value) == JSON_STRING ? json_string(value, &len) : NULL;
    if (!text)
        report(reader, name, "is %s, must be a string",
               json_kind_name(json_kind(value)));
    else if (strlen(text) != len)
        report(reader, name, "has a NUL character, must be plain text");
    else if (len > (size_t)max)
        report(reader, name,
               "has %zu bytes, must have at most limits.label_value_bytes, "
               "%lld",
               len, max);
    else if (value_set_find(&rule->values, text, len) != VALUE_NONE)
        report(reader, name, "\"%.100s\" is repeated, must stand once", text);
    else
        (void)value_set_add(&rule->values, text, len);
}

static void read_values(struct reader *reader, const struct json_value *object,
                        struct label_rule *rule) {
    const struct json_value *list =
        get(reader, object, "allowedValues", JSON_ARRAY, NULL);
    const struct json_value *max =
        get(reader, object, "maxValues", JSON_INTEGER, NULL);
    if (!json_get(object, "allowedValues") == !json_get(object, "maxValues"))
        report(reader, "",
               "must have either allowedValues, an array of strings, or "
               "maxValues, a number");
    for (size_t i = 0; list && i < json_length(list); i++)
        add_value(reader, rule, i, json_at(list, i));
    if (list && json_length(list) == 0)
        report(reader, "allowedValues",
               "is empty, must have at least one value");
    if (!max)
        return;
    long long count = json_integer(max);
    if (count < 1 || count > OPEN_VALUES_MAX)
        report(reader, "maxValues", "is %lld, must be between 1 and %d", count,
               OPEN_VALUES_MAX);
    else if (value_set_add(&rule->values, "other", 5) == OPEN_OTHER)
        rule->max_values = (size_t)count;
}

static const char *read_label_name(struct reader *reader,
                                   const struct json_value *object) {
    size_t len;
    const char *name =
        get_text(reader, object, "name", "the name of the label", &len);
    if (!name)
        return NULL;
    if (!label_name_valid(name, len) || len > NAME_MAX_BYTES ||
        strncmp(name, "__", 2) == 0)
        report(reader, "name",
               "\"%.250s\" is not a label name, must be letters, digits and "
               "_, not begin with a digit or __, and be at most 200 bytes "
               "long",
               name);
    else if (strcmp(name, "le") == 0)
        report(reader, "name",
               "\"le\" is reserved for the buckets of histograms, must be "
               "another name");
    return copy_text(reader, name, len);
}

static int compare_rules(const void *a, const void *b) {
    const struct label_rule *left = a;
    const struct label_rule *right = b;
    return strcmp(left->name, right->name);
}

static void read_label(struct reader *reader, const struct json_value *object,
                       struct family *family) {
    static const char *const keys[] = {"name", "allowedValues", "maxValues",
                                       NULL};
    if (json_kind(object) != JSON_OBJECT) {
        report(reader, "", "is %s, must be an object",
               json_kind_name(json_kind(object)));
        return;
    }
    check_keys(reader, object, keys);
    struct label_rule *rule = &family->labels[family->label_count];
    *rule = (struct label_rule){.name = read_label_name(reader, object)};
    for (size_t i = 0; rule->name && i < family->label_count; i++)
        if (strcmp(family->labels[i].name, rule->name) == 0)
            report(reader, "name", "\"%s\" is listed twice, must stand once",
                   rule->name);
    read_values(reader, object, rule);
    if (rule->name)
        family->label_count++;
    else
        value_set_free(&rule->values);
}

static void read_labels(struct reader *reader, const struct json_value *object,
                        struct family *family) {
    const struct json_value *array =
        get(reader, object, "labels", JSON_ARRAY, NULL);
    size_t count = array ? json_length(array) : 0;
    if (count > FAMILY_LABELS_MAX) {
        report(reader, "labels", "has %zu labels, must have at most %d", count,
               FAMILY_LABELS_MAX);
        return;
    }
    family->labels = arena_take(&reader->allowlist->registry->arena,
                                (count + 1) * sizeof(*family->labels));
    for (size_t i = 0; family->labels && i < count; i++) {
        struct reader inner = *reader;
        (void)snprintf(inner.key, sizeof(inner.key), "%.200s.labels[%zu]",
                       reader->key, i);
        read_label(&inner, json_at(array, i), family);
    }
    if (family->label_count > 1)
        qsort(family->labels, family->label_count, sizeof(*family->labels),
              compare_rules);
}

static void check_collisions(struct reader *reader,
                             const struct family *family) {
    const char *name;
    struct registry *registry = reader->allowlist->registry;
    const struct family *other = registry_claim(registry, family, &name);
    if (!other)
        return;
    const struct allowlist_origin *origin =
        &reader->allowlist->origins[value_set_find(
            &registry->names, other->name, strlen(other->name))];
    report(reader, "name",
           "\"%s\" collides with the %s \"%s\" (allowedMetrics[%zu] in %s): "
           "both would expose %s; must be renamed",
           family->name, metric_type_name(other->type), other->name,
           origin->index, origin->path, name);
}

static void check_limits(struct reader *reader, const struct family *family) {
    struct allowlist *allowlist = reader->allowlist;
    const struct limits *limits = allowlist->limits;
    unsigned long long limit = (unsigned long long)limits->series;
    size_t combinations = family_combinations(family);
    bool within = allowlist->series <= limit;
    if (combinations == SIZE_MAX)
        allowlist->series = limit + 1;
    else
        allowlist->series += combinations;
    if (within && allowlist->series > limit)
        report(reader, "labels",
               "the permitted label combinations up to here are more than "
               "limits.series, %lld; list fewer values or raise it",
               limits->series);
    if (registry_count(allowlist->registry) == (size_t)limits->families + 1)
        report(reader, "",
               "there are more families than limits.families, %lld; list "
               "fewer or raise it",
               limits->families);
}

static int remember_origin(struct allowlist *allowlist, const char *path,
                           size_t index) {
    struct allowlist_origin *origins = realloc(
        allowlist->origins, (allowlist->origin_count + 1) * sizeof(*origins));
    if (!origins)
        return -1;
    allowlist->origins = origins;
    char *copy = strdup(path);
    if (!copy)
        return -1;
    origins[allowlist->origin_count].path = copy;
    origins[allowlist->origin_count].index = index;
    allowlist->origin_count++;
    return 0;
}

static void read_family(struct reader *reader, size_t index,
                        const struct json_value *object) {
    static const char *const keys[] = {"name", "help",    "type",  "labels",
                                       "unit", "buckets", "gauge", NULL};
    size_t len;
    if (json_kind(object) != JSON_OBJECT) {
        report(reader, "", "is %s, must be an object",
               json_kind_name(json_kind(object)));
        return;
    }
    check_keys(reader, object, keys);
    const char *help = get_text(reader, object, "help",
                                "a sentence that explains the family", &len);
    if (help)
        help = copy_text(reader, help, len);
    struct family *family = read_name(reader, object);
    struct family unnamed = {.name = "", .help = ""};
    bool named = family != NULL;
    if (!named)
        family = &unnamed;
    if (help)
        family->help = help;
    read_type(reader, object, family);
    read_bounds(reader, object, family);
    read_labels(reader, object, family);
    if (!named) {
        for (size_t i = 0; i < family->label_count; i++)
            value_set_free(&family->labels[i].values);
        return;
    }
    read_unit(reader, object, family);
    if (remember_origin(reader->allowlist, reader->source->path, index) != 0)
        report(reader, "", "out of memory");
    check_collisions(reader, family);
    check_limits(reader, family);
}

static void read_document(struct reader *reader) {
    static const char *const keys[] = {"allowedMetrics", NULL};
    const struct json_value *document = reader->source->document;
    if (json_kind(document) != JSON_OBJECT) {
        diagnose(reader->diagnostics, reader->source, "",
                 "is %s, must be an object with allowedMetrics",
                 json_kind_name(json_kind(document)));
        return;
    }
    struct known_keys known = {reader, keys};
    (void)json_members(document, check_key, &known);
    const struct json_value *list = json_get(document, "allowedMetrics");
    if (json_kind(list) != JSON_ARRAY) {
        diagnose(reader->diagnostics, reader->source, "allowedMetrics",
                 list ? "is %s, must be an array of families"
                      : "missing, must be an array of families",
                 json_kind_name(json_kind(list)));
        return;
    }
    for (size_t i = 0; i < json_length(list); i++) {
        (void)snprintf(reader->key, sizeof(reader->key), "allowedMetrics[%zu]",
                       i);
        read_family(reader, i, json_at(list, i));
    }
}

void allowlist_load(struct allowlist *allowlist, const char *path,
                    struct diagnostics *diagnostics) {
    struct source source;
    if (source_open(&source, path, diagnostics) == 0) {
        struct reader reader = {allowlist, &source, diagnostics, ""};
        read_document(&reader);
        source_check_repeats(&source, diagnostics);
    }
    source_close(&source);
}

void allowlist_free(struct allowlist *allowlist) {
    for (size_t i = 0; i < allowlist->origin_count; i++)
        free(allowlist->origins[i].path);
    free(allowlist->origins);
    allowlist->origins = NULL;
    allowlist->origin_count = 0;
}
