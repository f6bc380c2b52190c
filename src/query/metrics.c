#include "query/metrics.h"

#include <stdio.h>
#include <string.h>

#include "expose/families.h"

bool metrics_name(const struct family *family, size_t index,
                  char name[METRIC_NAME_SIZE], enum metric_part *part) {
    static const struct {
        const char *suffix;
        enum metric_part part;
    } suffixes[] = {
        {"_bucket", PART_BUCKET}, {"_count", PART_COUNT}, {"_sum", PART_SUM}};
    const size_t count = sizeof(suffixes) / sizeof(suffixes[0]);
    const size_t first = metric_shape(family->type) == SHAPE_BUCKETS ? 0 : 1;
    const char *suffix = "";
    *part = PART_VALUE;
    if (metric_observes(family->type)) {
        if (index + first >= count)
            return false;
        suffix = suffixes[index + first].suffix;
        *part = suffixes[index + first].part;
    } else if (index > 0) {
        return false;
    }
    (void)snprintf(name, METRIC_NAME_SIZE, "%s%s", family->name, suffix);
    return true;
}

struct families_walk {
    const struct query_source *source;
    metric_family_visit *visit;
    void *context;
};

static int visit_family(void *context, const struct family *family,
                        size_t base_len) {
    const struct families_walk *walk = context;
    (void)base_len;
    return pattern_list_permits(walk->source->families, family->name,
                                strlen(family->name))
               ? walk->visit(walk->context, family)
               : 0;
}

int metrics_families(const struct query_source *source,
                     metric_family_visit *visit, void *context,
                     struct err *err) {
    struct families_walk walk = {source, visit, context};
    return exposed_families(source->config, source->reader, NULL, 0,
                            visit_family, &walk, err);
}

struct search {
    struct query *query;
    const char *name;
    struct metric *metric;
    struct err *err;
};

/* Copies an open family, which is valid only during the visit. */
static const struct family *keep(struct registry *copies,
                                 const struct family *family) {
    const struct family *kept =
        registry_find(copies, family->name, strlen(family->name));
    return kept ? kept : registry_copy(copies, family);
}

static int compare(void *context, const struct family *family) {
    const struct search *search = context;
    char name[METRIC_NAME_SIZE];
    enum metric_part part;
    const size_t len = strlen(family->name);
    if (strncmp(search->name, family->name, len) != 0)
        return 0;
    if (metric_observes(family->type) && search->name[len] == '\0')
        search->query->warnings.parts_only = true;
    for (size_t i = 0; metrics_name(family, i, name, &part); i++) {
        if (strcmp(search->name, name) != 0)
            continue;
        search->metric->part = part;
        search->metric->family =
            family->open ? keep(&search->query->copies, family) : family;
        return search->metric->family ? 1 : err_no_memory(search->err);
    }
    return 0;
}

int metrics_find(struct query *query, const char *name, struct metric *metric,
                 struct err *err) {
    struct search search = {query, name, metric, err};
    *metric = (struct metric){.family = NULL};
    if (metrics_families(query->source, compare, &search, err) < 0)
        return -1;
    if (!metric->family)
        query->unknown = name;
    return 0;
}
