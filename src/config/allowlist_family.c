#include "config/allowlist_family.h"

#include <stdio.h>
#include <string.h>

static const struct allowlist_origin *
find_origin(const struct allowlist *allowlist, const struct family *family) {
    /* Listed families have an origin, unless memory ran out. */
    static const struct allowlist_origin unknown = {.path = "a file",
                                                    .key = "a family"};
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
                ? "\"%.250s\" is reserved for Tallyman, must be another name"
                : "\"%.250s\" is not a metric name, must be letters, digits, _ "
                  "and :, not begin with a digit or __, and be at most 200 "
                  "bytes long",
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
            "\"%s\" is listed twice, first as %s in %s; must be listed once",
            name, origin->key, origin->path);
        return NULL;
    }
    return registry_add(allowlist->registry, name, len);
}

struct family *allowlist_family_add(const struct allowlist *allowlist,
                                    struct place *place,
                                    const struct json_object *object,
                                    struct family *unnamed) {
    size_t len;
    const char *help = place_get_text(
        place, object, "help", "a sentence that describes the family", &len);
    if (help)
        help = place_copy_text(place, help, len);
    struct family *family = read_name(allowlist, place, object);
    if (!family) {
        *unnamed = (struct family){.name = "", .help = ""};
        family = unnamed;
    }
    if (help)
        family->help = help;
    return family;
}

void allowlist_family_unit(struct place *place,
                           const struct json_object *object,
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

static bool permits(unsigned shapes, enum metric_type type) {
    return metric_types[type].listed &&
           (shapes & 1U << (unsigned)metric_shape(type)) != 0;
}

/* Lists the permitted types, for a message. */
static void show_types(unsigned shapes, char out[TYPES_SIZE]) {
    size_t len = 0;
    int left = 0;
    for (size_t i = 0; i < METRIC_TYPES; i++)
        left += permits(shapes, (enum metric_type)i);
    for (size_t i = 0; i < METRIC_TYPES; i++)
        if (permits(shapes, (enum metric_type)i)) {
            const char *separator = --left > 1 ? ", " : left == 1 ? " or " : "";
            len += (size_t)snprintf(out + len, TYPES_SIZE - len, "\"%s\"%s",
                                    metric_types[i].name, separator);
        }
}

void allowlist_family_type(struct place *place,
                           const struct json_object *object,
                           struct family *family, unsigned shapes) {
    char types[TYPES_SIZE];
    size_t len;
    show_types(shapes, types);
    const char *type = place_get_text(place, object, "type", types, &len);
    if (type && (!metric_type_parse(type, len, &family->type) ||
                 !permits(shapes, family->type)))
        place_report(place, "type", "is \"%.100s\", must be %s", type, types);
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
        "\"%s\" collides with the %s \"%s\" (%s in %s): both would expose %s; "
        "must be renamed",
        family->name, metric_type_name(other->type), other->name, origin->key,
        origin->path, name);
}

static void check_limits(struct allowlist *allowlist, struct place *place,
                         const struct family *family, size_t combinations) {
    const struct limits *limits = allowlist->limits;
    unsigned long long limit = (unsigned long long)limits->series;
    bool within = allowlist->series <= limit;
    if (combinations == SIZE_MAX)
        allowlist->series = limit + 1;
    else
        allowlist->series += combinations;
    if (within && allowlist->series > limit)
        place_report(
            place, "labels",
            "the families up to this one permit more label sets%s than "
            "limits.series, %lld; list fewer values or raise the limit",
            family->any_labels ? " (1000 for a query with labels)" : "",
            limits->series);
    if (registry_count(allowlist->registry) == (size_t)limits->families + 1)
        place_report(place, "",
                     "there are more families than limits.families, %lld; list "
                     "fewer or raise the limit",
                     limits->families);
}

static void remember_origin(struct allowlist *allowlist, struct place *place,
                            const struct family *family) {
    const char *path = place->source->path;
    struct allowlist_origin *origin =
        arena_take(&allowlist->registry->arena, sizeof(*origin));
    const char *copy = place_copy_text(place, path, strlen(path));
    const char *key = place_copy_text(place, place->key, strlen(place->key));
    if (!origin || !copy || !key)
        return;
    *origin = (struct allowlist_origin){family, copy, key, allowlist->origins};
    allowlist->origins = origin;
}

void allowlist_family_settle(struct allowlist *allowlist, struct place *place,
                             const struct family *family, size_t combinations) {
    remember_origin(allowlist, place, family);
    check_collisions(allowlist, place, family);
    check_limits(allowlist, place, family, combinations);
}
