/* registry: the allowlist of metric families. */
#ifndef TALLYMAN_METRICS_REGISTRY_H
#define TALLYMAN_METRICS_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/value_set.h"
#include "metrics/label.h"
#include "metrics/metric.h"
#include "metrics/type.h"

/* One label of a family. A closed label has its permitted values. An open label
 * has max_values > 0. Its first value, index 0, is `other`, followed by the
 * values seen so far; after max_values of them, new values are counted as
 * `other`. */
struct label_rule {
    const char *name;
    struct value_set values;
    size_t max_values;
    size_t settled; /* how many of the values are committed */
};

/* The maximum number of labels of a family. */
enum { FAMILY_LABELS_MAX = 32 };

struct family {
    int64_t id; /* row in the database; set by store_load */
    const char *name;
    const char *help;
    const char *unit; /* "" for none */
    enum metric_type type;
    enum gauge_rule gauge;
    bool internal;   /* the responder's own, never pushed */
    bool queried;    /* internal, any_labels: its values come from an SQL query,
                        see config/sql_query.h */
    bool cumulative; /* programs push cumulative totals, not increments */
    bool from_programs; /* only trusted pushes are accepted */
    bool ranged;        /* gauge: a value outside of min..max is refused */
    double min;
    double max;
    bool exemplars;  /* counter, histogram: pushed exemplars are kept */
    bool open;       /* added by a push, not listed in a file */
    bool any_labels; /* labels have no rules, any pushed set is in label_sets;
                        true of every open family */
    struct label_rule *labels; /* sorted by name */
    size_t label_count;
    double *bounds; /* ascending, without +Inf; histograms only */
    size_t bound_count;
    struct value_set label_sets; /* any_labels: label sets as canonical JSON; an
                                    index is a combination */
};

/* The rule of a label; NULL when the family does not list it. */
const struct label_rule *family_rule(const struct family *family,
                                     const char *name);

struct session_rules;

/* A zeroed struct is an empty registry. Everything except the value sets is in
 * its arena and lives until registry_free. */
struct registry {
    struct arena arena;
    struct value_set names; /* names of families, with the same indexes */
    struct family **families;
    size_t room;
    struct value_set claims; /* series names, see registry_claim */
    const struct family **claimants;
    size_t claim_room;
    bool failed;        /* an allocation for a name or a value has failed */
    bool from_programs; /* some family has from_programs set */
    const struct session_rules *session_rules; /* NULL: sessions are not
                                                  counted */
    int64_t generation; /* of the stored families, 0 before store_load */
    /* Limits of what pushes may add; 0 without open_families. */
    size_t open_families_max;
    size_t open_series_max;
    size_t pushers_max; /* series of cumulative families, counted per pusher */
    size_t groups_max;  /* groups of pushes, by the labels of their paths */
};

/* The index of `other` among the values of an open label. */
enum { OPEN_OTHER = 0 };

/* Adds an empty family, whose name must be new; the caller fills in the rest.
 * NULL when memory ran out. */
struct family *registry_add(struct registry *registry, const char *name,
                            size_t len);

/* Adds a copy of an open family, whose name must be new. NULL when memory ran
 * out. */
struct family *registry_copy(struct registry *registry,
                             const struct family *family);

/* The family of that name, or NULL. */
struct family *registry_find(const struct registry *registry, const char *name,
                             size_t len);

size_t registry_count(const struct registry *registry);

void registry_free(struct registry *registry);

/* Room for any result of family_claim. */
enum { FAMILY_CLAIM_SIZE = FAMILY_NAME_MAX + 16 };

/* Writes the series name number `index` that the family uses in either
 * exposition format, NUL-terminated, and returns its length; 0 after the last
 * one. The names that only OpenMetrics gives a counter are not claimed, see
 * family_base_length. */
size_t family_claim(const struct family *family, size_t index,
                    char name[FAMILY_CLAIM_SIZE]);

/* Claims every series name that the family uses in either exposition format.
 * Returns NULL, or the family that already has one of them, with that name in
 * *name. Earlier claims stay. */
const struct family *registry_claim(struct registry *registry,
                                    const struct family *family,
                                    const char **name);

/* The family that registry_claim would return; claims nothing. */
const struct family *registry_find_claim(const struct registry *registry,
                                         const struct family *family,
                                         const char **name);

/* The length of the family's name in OpenMetrics 1.0 ("Counter"), where a
 * counter has no _total. A counter keeps its full name, with the type unknown,
 * when the short name or its _created is claimed, or could be the _created of
 * another counter. */
size_t family_base_length(const struct family *family,
                          const struct value_set *claims);

/* Removes the families and claims added last, down to these numbers. The
 * registry keeps their memory. */
void registry_truncate(struct registry *registry, size_t families,
                       size_t claims);

/* The number of permitted label combinations, counting `other` of open labels;
 * SIZE_MAX when it exceeds every limit. */
size_t family_combinations(const struct family *family);

/* The upper bound of a bucket: +Inf for the last one. */
double family_bound(const struct family *family, size_t bucket);

/* Whether the families have the same bounds. */
bool family_same_bounds(const struct family *family,
                        const struct family *other);

/* A histogram with a bound below 0: its sum may decrease. OpenMetrics then has
 * neither _sum nor _count. */
bool family_sum_falls(const struct family *family);

/* The new value of a gauge, limited to its range and to METRIC_VALUE_MAX. */
double family_clamp(const struct family *family, double value);

/* All labels are closed, so all combinations are known in advance. False for
 * any_labels. */
bool family_closed(const struct family *family);

/* Whether the label may have the value. A label without listed values permits
 * any. */
bool label_rule_permits(const struct label_rule *rule, const char *value,
                        size_t len);

/* The number of the label's permitted values, including `other`. */
size_t label_rule_size(const struct label_rule *rule);

/* The combination of values[0..label_count), below family_combinations. */
uint64_t family_combination(const struct family *family,
                            const uint32_t *values);

/* The label set of a combination, as sorted pairs that live as long as the
 * family. out has room for label_count labels. */
void family_labels(const struct family *family, uint64_t combination,
                   struct label *out);

#endif
