#include "metrics/registry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool grow_families(struct registry *registry) {
    if (registry->names.count < registry->room)
        return true;
    size_t room = registry->room ? registry->room * 2 : 16;
    struct family **families =
        realloc(registry->families, room * sizeof(struct family *));
    if (!families)
        return false;
    registry->families = families;
    registry->room = room;
    return true;
}

struct family *registry_add(struct registry *registry, const char *name,
                            size_t len) {
    struct family *family = arena_take(&registry->arena, sizeof(*family));
    uint32_t index = VALUE_NONE;
    if (family && grow_families(registry))
        index = value_set_add(&registry->names, name, len);
    if (index == VALUE_NONE) {
        registry->failed = true;
        return NULL;
    }
    *family = (struct family){
        .name = registry->names.values[index].text, .help = "", .unit = ""};
    registry->families[index] = family;
    return family;
}

struct family *registry_copy(struct registry *registry,
                             const struct family *family) {
    struct arena *arena = &registry->arena;
    size_t size = family->bound_count * sizeof(*family->bounds);
    struct family *copy =
        registry_add(registry, family->name, strlen(family->name));
    if (!copy)
        return NULL;
    const char *name = copy->name;
    *copy = (struct family){
        .id = family->id,
        .name = name,
        .help = arena_copy(arena, family->help, strlen(family->help)),
        .unit = arena_copy(arena, family->unit, strlen(family->unit)),
        .type = family->type,
        .exemplars = family->exemplars,
        .open = true,
        .any_labels = true,
        .bounds = arena_take(arena, size + 1),
        .bound_count = family->bound_count};
    if (!copy->help || !copy->unit || !copy->bounds)
        return NULL;
    if (size > 0)
        memcpy(copy->bounds, family->bounds, size);
    return copy;
}

struct family *registry_find(const struct registry *registry, const char *name,
                             size_t len) {
    uint32_t index = value_set_find(&registry->names, name, len);
    return index == VALUE_NONE ? NULL : registry->families[index];
}

size_t registry_count(const struct registry *registry) {
    return registry->names.count;
}

static void free_sets(struct family *family) {
    for (size_t i = 0; i < family->label_count; i++)
        value_set_free(&family->labels[i].values);
    value_set_free(&family->label_sets);
}

void registry_truncate(struct registry *registry, size_t families,
                       size_t claims) {
    for (size_t i = families; i < registry_count(registry); i++)
        free_sets(registry->families[i]);
    value_set_truncate(&registry->names, families);
    value_set_truncate(&registry->claims, claims);
}

void registry_free(struct registry *registry) {
    registry_truncate(registry, 0, 0);
    free(registry->families);
    free(registry->claimants);
    value_set_free(&registry->claims);
    value_set_free(&registry->names);
    arena_free(&registry->arena);
    *registry = (struct registry){0};
}

static bool grow_claims(struct registry *registry) {
    if (registry->claims.count < registry->claim_room)
        return true;
    size_t room = registry->claim_room ? registry->claim_room * 2 : 64;
    const struct family **claimants =
        realloc(registry->claimants, room * sizeof(struct family *));
    if (!claimants)
        return false;
    registry->claimants = claimants;
    registry->claim_room = room;
    return true;
}

size_t family_claim(const struct family *family, size_t index,
                    char name[FAMILY_CLAIM_SIZE]) {
    static const char *const suffixes[][5] = {
        [SHAPE_TOTAL] = {NULL},
        [SHAPE_VALUE] = {NULL},
        [SHAPE_OBSERVATIONS] = {"_sum", "_count", "_created", NULL},
        [SHAPE_BUCKETS] = {"_bucket", "_sum", "_count", "_created", NULL},
    };
    const char *suffix = "";
    for (size_t i = 0; i < index; i++)
        if (!(suffix = suffixes[metric_shape(family->type)][i]))
            return 0;
    (void)snprintf(name, FAMILY_CLAIM_SIZE, "%s%s", family->name, suffix);
    return strlen(name);
}

/* The family that owns the series name name[0..len): `family` if it was
 * free. */
static const struct family *claim(struct registry *registry,
                                  const struct family *family, const char *text,
                                  size_t len, const char **name) {
    size_t before = registry->claims.count;
    uint32_t index = VALUE_NONE;
    if (grow_claims(registry))
        index = value_set_add(&registry->claims, text, len);
    registry->failed = registry->failed || index == VALUE_NONE;
    if (index == VALUE_NONE)
        return family;
    if (registry->claims.count > before)
        registry->claimants[index] = family;
    *name = registry->claims.values[index].text;
    return registry->claimants[index];
}

const struct family *registry_claim(struct registry *registry,
                                    const struct family *family,
                                    const char **name) {
    char text[FAMILY_CLAIM_SIZE];
    size_t len;
    for (size_t i = 0; (len = family_claim(family, i, text)) > 0; i++) {
        const struct family *owner = claim(registry, family, text, len, name);
        if (owner != family)
            return owner;
    }
    return NULL;
}

const struct family *registry_find_claim(const struct registry *registry,
                                         const struct family *family,
                                         const char **name) {
    char text[FAMILY_CLAIM_SIZE];
    size_t len;
    for (size_t i = 0; (len = family_claim(family, i, text)) > 0; i++) {
        uint32_t index = value_set_find(&registry->claims, text, len);
        if (index == VALUE_NONE || registry->claimants[index] == family)
            continue;
        *name = registry->claims.values[index].text;
        return registry->claimants[index];
    }
    return NULL;
}

const struct label_rule *family_rule(const struct family *family,
                                     const char *name) {
    for (size_t i = 0; i < family->label_count; i++)
        if (strcmp(family->labels[i].name, name) == 0)
            return &family->labels[i];
    return NULL;
}

size_t family_base_length(const struct family *family,
                          const struct value_set *claims) {
    static const char birth[] = "_created";
    const size_t birth_len = sizeof(birth) - 1;
    char name[FAMILY_CLAIM_SIZE];
    const size_t len = strlen(family->name);
    const size_t base = metric_base_length(family->type, family->name);
    if (base == len || base > FAMILY_NAME_MAX)
        return len;
    memcpy(name, family->name, base);
    memcpy(name + base, birth, birth_len);
    bool is_birth = base > birth_len &&
                    memcmp(name + base - birth_len, birth, birth_len) == 0;
    return is_birth || value_set_find(claims, name, base) != VALUE_NONE ||
                   value_set_find(claims, name, base + birth_len) != VALUE_NONE
               ? len
               : base;
}

bool label_rule_permits(const struct label_rule *rule, const char *value,
                        size_t len) {
    return rule->max_values > 0 ||
           value_set_find(&rule->values, value, len) != VALUE_NONE;
}

size_t label_rule_size(const struct label_rule *rule) {
    return rule->max_values > 0 ? rule->max_values + 1 : rule->values.count;
}

size_t family_combinations(const struct family *family) {
    size_t product = 1;
    for (size_t i = 0; i < family->label_count; i++) {
        size_t size = label_rule_size(&family->labels[i]);
        if (size > 0 && product > UINT32_MAX / size)
            return SIZE_MAX;
        product *= size;
    }
    return product;
}

double family_bound(const struct family *family, size_t bucket) {
    return bucket < family->bound_count ? family->bounds[bucket] : INFINITY;
}

bool family_same_bounds(const struct family *family,
                        const struct family *other) {
    if (family->bound_count != other->bound_count)
        return false;
    for (size_t i = 0; i < family->bound_count; i++)
        if (family->bounds[i] < other->bounds[i] ||
            family->bounds[i] > other->bounds[i])
            return false;
    return true;
}

bool family_sum_falls(const struct family *family) {
    return family->bound_count > 0 && family->bounds[0] < 0;
}

double family_clamp(const struct family *family, double value) {
    value = metric_value_clamp(value);
    return !family->ranged       ? value
           : value > family->max ? family->max
           : value < family->min ? family->min
                                 : value;
}

bool family_closed(const struct family *family) {
    for (size_t i = 0; i < family->label_count; i++)
        if (family->labels[i].max_values > 0)
            return false;
    return !family->any_labels;
}

uint64_t family_combination(const struct family *family,
                            const uint32_t *values) {
    uint64_t combination = 0;
    for (size_t i = 0; i < family->label_count; i++)
        combination =
            combination * label_rule_size(&family->labels[i]) + values[i];
    return combination;
}

void family_labels(const struct family *family, uint64_t combination,
                   struct label *out) {
    for (size_t i = family->label_count; i-- > 0;) {
        const struct label_rule *rule = &family->labels[i];
        size_t size = label_rule_size(rule);
        const struct value_text *value =
            &rule->values.values[combination % size];
        combination /= size;
        out[i] = (struct label){rule->name, value->text, value->len};
    }
}
