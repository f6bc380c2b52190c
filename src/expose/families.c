#include "expose/families.h"

#include <stdlib.h>
#include <string.h>

struct walk {
    const struct config *config;
    const struct family **fixed; /* sorted; listed and own families */
    size_t count;
    size_t next;            /* index in fixed */
    struct value_set taken; /* series names of the open families shown so far */
    exposed_visit *visit;
    void *context;
    struct err *err;
};

static int compare_families(const void *a, const void *b) {
    const struct family *const *left = a;
    const struct family *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

static int sort_fixed(struct walk *walk, const struct family *const *own,
                      size_t own_count) {
    const struct registry *registry = &walk->config->registry;
    const size_t listed = registry_count(registry);
    walk->fixed = malloc((own_count + listed + 1) * sizeof(struct family *));
    if (!walk->fixed)
        return err_no_memory(walk->err);
    walk->count = own_count + listed;
    for (size_t i = 0; i < own_count; i++)
        walk->fixed[i] = own[i];
    for (size_t i = 0; i < listed; i++)
        walk->fixed[own_count + i] = registry->families[i];
    qsort(walk->fixed, walk->count, sizeof(struct family *), compare_families);
    return 0;
}

/* The names that a counter yields to in OpenMetrics sort before its own. */
static int show(struct walk *walk, const struct family *family) {
    size_t base = family_base_length(family, &walk->config->registry.claims);
    size_t open_base = family_base_length(family, &walk->taken);
    return walk->visit(walk->context, family,
                       base > open_base ? base : open_base);
}

/* Visits fixed families with names before the given one; NULL: all that
 * remain. */
static int visit_fixed(struct walk *walk, const char *name) {
    while (walk->next < walk->count &&
           (!name || strcmp(walk->fixed[walk->next]->name, name) < 0)) {
        int result = show(walk, walk->fixed[walk->next++]);
        if (result != 0)
            return result;
    }
    return 0;
}

/* An open family was checked when it was pushed, but the files may have
 * changed. */
static bool is_shown(const struct walk *walk, const struct family *family) {
    const struct config *config = walk->config;
    char name[FAMILY_CLAIM_SIZE];
    const char *clash;
    size_t len = strlen(family->name);
    if (config_name_reserved(config, family->name) ||
        metric_name_of_groups(family->name) ||
        pattern_list_match(&config->drop_families, family->name, len) ||
        registry_find_claim(&config->registry, family, &clash))
        return false;
    for (size_t i = 0; (len = family_claim(family, i, name)) > 0; i++)
        if (value_set_find(&walk->taken, name, len) != VALUE_NONE)
            return false;
    return true;
}

static int take_names(struct walk *walk, const struct family *family) {
    char name[FAMILY_CLAIM_SIZE];
    size_t len;
    for (size_t i = 0; (len = family_claim(family, i, name)) > 0; i++)
        if (value_set_add(&walk->taken, name, len) == VALUE_NONE)
            return err_no_memory(walk->err);
    return 0;
}

static int visit_open(void *context, const struct family *family) {
    struct walk *walk = context;
    if (!is_shown(walk, family))
        return 0;
    int result = visit_fixed(walk, family->name);
    if (result == 0)
        result = show(walk, family);
    return result == 0 ? take_names(walk, family) : result;
}

int exposed_families(const struct config *config, struct reader *reader,
                     const struct family *const *own, size_t count,
                     exposed_visit *visit, void *context, struct err *err) {
    struct walk walk = {
        .config = config, .visit = visit, .context = context, .err = err};
    int result = sort_fixed(&walk, own, count);
    if (result == 0 && config->open_families)
        result = reader_open_families(reader, visit_open, &walk, err);
    if (result == 0)
        result = visit_fixed(&walk, NULL);
    free(walk.fixed);
    value_set_free(&walk.taken);
    return result;
}
