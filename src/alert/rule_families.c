#include "alert/rule_families.h"

#include <string.h>

#include "alert/words.h"
#include "base/suggest.h"
#include "query/metrics.h"
#include "query/parser.h"

/* --- families ------------------------------------------------------------- */

static const struct sql_query *query_of(const struct config *config,
                                        const struct family *family) {
    for (size_t i = 0; family && i < config->sql_queries.count; i++)
        if (config->sql_queries.queries[i].family == family)
            return &config->sql_queries.queries[i];
    return NULL;
}

static const char *meant(const struct config *config, const char *name,
                         const char *without, char *out, size_t size) {
    struct suggestions list = {.asked = name};
    for (size_t i = 0; i < registry_count(&config->registry); i++)
        suggest_name(&list, config->registry.families[i]->name);
    suggest_format(&list, without, out, size);
    return out;
}

/* True for Tallyman's own families, which the configuration does not list.
 * Those of Grafana sessions are unlisted before session_families_register. */
static bool is_own(const struct config *config, const char *name) {
    return config->registry.session_rules ? metric_name_reserved(name)
                                          : config_name_reserved(config, name);
}

/* Reports an unlisted family, unless it may be one of Tallyman's own or pushes
 * may add it. */
static void check_unlisted(struct place *place, const struct config *config,
                           const char *key, const char *name) {
    char list[400];
    if (metric_name_fault(name, strlen(name)) != NAME_FINE)
        place_report(
            place, key,
            "\"%s\" is not a family name, must have only letters, digits, _ "
            "and :, not begin with a digit or __, and have at most %d bytes",
            alert_show(name, strlen(name)).text, FAMILY_NAME_MAX);
    else if (config->open_families)
        place_warn(place, key,
                   "no file lists \"%s\": the rule has no value until a push "
                   "adds it%s",
                   name, meant(config, name, "", list, sizeof(list)));
    else if (!is_own(config, name))
        place_report(place, key,
                     "no file lists \"%s\", must be the name of a family%s",
                     name, meant(config, name, "", list, sizeof(list)));
}

/* The types that the measure accepts; NULL: the family has one of them. */
static const char *wanted_type(enum alert_measure measure,
                               const struct family *family) {
    const enum metric_shape shape = metric_shape(family->type);
    switch (measure) {
    case ALERT_INCREASE:
    case ALERT_RATE:
    case ALERT_RATIO:
        return shape == SHAPE_VALUE ? "a counter or a histogram" : NULL;
    case ALERT_P75:
    case ALERT_P95:
        return shape == SHAPE_BUCKETS ? NULL : "a histogram";
    case ALERT_VALUE:
        return shape == SHAPE_VALUE ? NULL : "a gauge";
    case ALERT_EXPR:
        break;
    }
    return NULL;
}

void rule_family_add(struct place *place, const struct config *config,
                     const char *key, const char *name,
                     struct rule_parts *parts) {
    const struct family *family =
        registry_find(&config->registry, name, strlen(name));
    const char *wanted =
        family ? wanted_type(parts->rule->measure, family) : NULL;
    const size_t before = place->diagnostics->count;
    if (!family)
        check_unlisted(place, config, key, name);
    if (wanted)
        place_report(place, key, "\"%s\" is a %s, must be %s", name,
                     metric_type_name(family->type), wanted);
    if (place->diagnostics->count == before)
        parts->families[parts->family_count++] =
            (struct rule_family){name, family, query_of(config, family)};
}

/* --- families of a query -------------------------------------------------- */

struct reading {
    struct place *place;
    const struct config *config;
    struct rule_parts *parts;
    int64_t range_ms; /* the longest */
    int64_t reach_ms; /* the longest, with the offset */
    size_t selectors;
};

/* True if the name is that of the family, or of one of its parts. */
static bool is_metric_of(const struct family *family, const char *metric) {
    char name[METRIC_NAME_SIZE];
    enum metric_part part;
    for (size_t i = 0; metrics_name(family, i, name, &part); i++)
        if (strcmp(name, metric) == 0)
            return true;
    return false;
}

/* The length of the name without the suffix of a part. */
static size_t base_length(const char *metric) {
    static const char *const suffixes[] = {"_bucket", "_sum", "_count"};
    const size_t len = strlen(metric);
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        const size_t suffix = strlen(suffixes[i]);
        if (len > suffix && strcmp(metric + len - suffix, suffixes[i]) == 0)
            return len - suffix;
    }
    return len;
}

static void remember(const struct reading *reading, const char *name,
                     const struct family *family) {
    struct rule_parts *parts = reading->parts;
    for (size_t i = 0; i < parts->family_count; i++)
        if (strcmp(parts->families[i].name, name) == 0)
            return;
    if (parts->family_count == RULE_FAMILIES_MAX)
        place_report(reading->place, "expr",
                     "has more than %d families, must be split",
                     RULE_FAMILIES_MAX);
    else
        parts->families[parts->family_count++] = (struct rule_family){
            name, family, query_of(reading->config, family)};
}

/* An unlisted metric may be a part of a family that pushes add: views must
 * permit both names. */
static void add_unlisted(const struct reading *reading, const char *metric) {
    const size_t base = base_length(metric);
    check_unlisted(reading->place, reading->config, "expr", metric);
    remember(reading, metric, NULL);
    if (metric[base] == '\0')
        return;
    const char *name =
        arena_copy(&reading->place->registry->arena, metric, base);
    if (name)
        remember(reading, name, NULL);
}

static void add_metric(struct reading *reading,
                       const struct expression *expression) {
    const struct registry *registry = &reading->config->registry;
    const struct selector *selector = &expression->selector;
    const char *metric = selector->metric;
    const struct family *family =
        registry_find(registry, metric, strlen(metric));
    if (family && metric_observes(family->type))
        place_report(reading->place, "expr",
                     "\"%s\" is a %s, must be one of its parts, such as "
                     "%s_count",
                     metric, metric_type_name(family->type), metric);
    if (!family)
        family = registry_find(registry, metric, base_length(metric));
    if (expression->kind == EXPRESSION_GROWTH && family &&
        metric_shape(family->type) == SHAPE_VALUE)
        place_report(reading->place, "expr",
                     "\"%s\" is a %s and has no %s, must be a counter or a "
                     "part of a histogram",
                     metric, metric_type_name(family->type),
                     expression->per_second ? "rate" : "increase");
    if (selector->range_ms > reading->range_ms)
        reading->range_ms = selector->range_ms;
    if (selector->range_ms + selector->offset_ms > reading->reach_ms)
        reading->reach_ms = selector->range_ms + selector->offset_ms;
    reading->selectors++;
    if (family &&
        (is_metric_of(family, metric) ||
         (metric_observes(family->type) && strcmp(family->name, metric) == 0)))
        remember(reading, family->name, family);
    else
        add_unlisted(reading, metric);
}

/* The parser bounds the depth. NOLINTNEXTLINE(misc-no-recursion) */
static void walk(struct reading *reading, const struct expression *expression) {
    if (!expression)
        return;
    if (expression->kind == EXPRESSION_SELECTOR ||
        expression->kind == EXPRESSION_GROWTH)
        add_metric(reading, expression);
    walk(reading, expression->left);
    walk(reading, expression->right);
}

void rule_families_of_query(struct place *place, const struct config *config,
                            struct rule_parts *parts) {
    struct reading reading = {.place = place, .config = config, .parts = parts};
    struct err err = {.code = ERR_NONE};
    struct arena *arena = &place->registry->arena;
    const struct expression *query =
        parser_query(parts->expr, strlen(parts->expr), arena, &err);
    if (!query) {
        place_report(place, "expr", "is not a valid query: byte %u: %s",
                     err.column > 0 ? err.column : 1, err.message);
        return;
    }
    walk(&reading, query);
    if (reading.selectors == 0)
        place_report(place, "expr", "is constant, must name a metric");
    parts->rule->over = (reading.range_ms + 999) / 1000;
    parts->rule->reach = (reading.reach_ms + 999) / 1000;
}

/* --- labels --------------------------------------------------------------- */

static void list_labels(const struct rule_family *named, struct strbuf *out) {
    const struct sql_query *query = named->query;
    const struct family *family = named->family;
    const size_t count = query ? query->label_count : family->label_count;
    for (size_t i = 0; i < count; i++)
        strbuf_printf(out, "%s%s", i > 0 ? ", " : "",
                      query ? query->labels[i] : family->labels[i].name);
}

static void report_label(struct place *place, const char *key,
                         const struct rule_family *named) {
    struct strbuf list = {0};
    list_labels(named, &list);
    if (list.len > 0)
        place_report(place, key, "\"%s\" has no such label, must be one of %s",
                     named->name, list.data);
    else
        place_report(place, key, "\"%s\" has no labels, must be left out",
                     named->name);
    strbuf_free(&list);
}

static void check_value(struct place *place, const char *key,
                        const struct family *family,
                        const struct label *label) {
    const struct label_rule *rule =
        family ? family_rule(family, label->name) : NULL;
    if (rule && !label_rule_permits(rule, label->value, label->value_len))
        place_report(
            place, key, "is \"%s\", must be one of the allowedValues of \"%s\"",
            alert_show(label->value, label->value_len).text, family->name);
}

void rule_label_check(struct place *place, const char *key, const char *name,
                      const struct label *value,
                      const struct rule_parts *parts) {
    size_t having = 0;
    for (size_t i = 0; i < parts->family_count; i++)
        having += rule_family_has_label(&parts->families[i], name);
    /* A matcher may apply to only one family of a ratio. */
    const bool enough = value && having > 0;
    for (size_t i = 0; i < parts->family_count; i++) {
        const struct rule_family *named = &parts->families[i];
        if (!rule_family_has_label(named, name)) {
            if (!enough) {
                report_label(place, key, named);
                return;
            }
        } else if (value) {
            check_value(place, key, named->family, value);
        }
    }
}
