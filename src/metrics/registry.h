/* registry: the metric families that may be pushed, the allowlist. */
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

/* One label of a family. A closed label has its permitted values. An open one
 * has max_values > 0 and starts with the value `other`, at index 0, into which
 * everything beyond max_values further values is folded; what else was seen so
 * far stands behind it. */
struct label_rule {
    const char *name;
    struct value_set values;
    size_t max_values;
    size_t settled; /* how many of the values are known to be committed */
};

/* The most labels a family can have. */
enum { FAMILY_LABELS_MAX = 32 };

struct family {
    int64_t id; /* in the database; set by store_load */
    const char *name;
    const char *help;
    const char *unit; /* "" without one */
    enum metric_type type;
    enum gauge_rule gauge;
    bool internal;      /* the responder's own: nobody may push it */
    bool cumulative;    /* programs push running totals of it, not increments */
    bool from_programs; /* only trusted pushes may have it */
    bool ranged;        /* gauge: a value outside of min..max is refused */
    double min;
    double max;
    bool exemplars;  /* counter, histogram: those that are pushed are kept */
    bool open;       /* no file lists it, a push has added it */
    bool any_labels; /* no rules for its labels, they are what was pushed, in
                        label_sets: so in all open families */
    struct label_rule *labels; /* sorted by name */
    size_t label_count;
    double *bounds; /* ascending, without +Inf; histograms only */
    size_t bound_count;
    struct value_set label_sets; /* any_labels: label sets as canonical JSON;
                                    the index of one is its combination */
};

/* The rule of a label; NULL when the family lists none of that name. */
const struct label_rule *family_rule(const struct family *family,
                                     const char *name);

struct session_rules;

/* A zeroed struct is an empty registry. Everything in it is allocated from
 * its arena (but the value sets) and lives until registry_free. */
struct registry {
    struct arena arena;
    struct value_set names; /* the index of a name is that of its family */
    struct family **families;
    size_t room;
    struct value_set claims; /* series names, see registry_claim */
    const struct family **claimants;
    size_t claim_room;
    bool failed;        /* memory ran out once, for a name or a value */
    bool from_programs; /* a family has it */
    const struct session_rules *session_rules; /* NULL: no sessions */
    int64_t generation; /* of the stored families, 0 before store_load */
    /* What pushes may add beyond the listed families; 0 without open_families.
     */
    size_t open_families_max;
    size_t open_series_max;
    size_t pushers_max; /* series of cumulative families, by pusher */
    size_t groups_max;  /* of pushes, by the labels of their paths */
};

/* The index of `other` among the values of an open label. */
enum { OPEN_OTHER = 0 };

/* Adds an empty family; its name must not be there yet. NULL when memory ran
 * out. The caller fills in the rest. */
struct family *registry_add(struct registry *registry, const char *name,
                            size_t len);

/* Adds a copy of a family that no file lists; its name must not be there yet.
 * NULL when memory ran out. */
struct family *registry_copy(struct registry *registry,
                             const struct family *family);

/* NULL when no family has that name. */
struct family *registry_find(const struct registry *registry, const char *name,
                             size_t len);

size_t registry_count(const struct registry *registry);

void registry_free(struct registry *registry);

/* Room for any name that family_claim writes. */
enum { FAMILY_CLAIM_SIZE = FAMILY_NAME_MAX + 16 };

/* Writes one of the series names that the family takes in either exposition
 * format, NUL-terminated, and returns its length; 0 when there are no more than
 * index. What OpenMetrics alone adds to a counter gives way to others, see
 * family_base_length. */
size_t family_claim(const struct family *family, size_t index,
                    char name[FAMILY_CLAIM_SIZE]);

/* Claims every series name that the family takes in either exposition format.
 * Returns NULL, or the family that has one of them already, with that name in
 * *name; what was claimed before it stays claimed. */
const struct family *registry_claim(struct registry *registry,
                                    const struct family *family,
                                    const char **name);

/* Whose series name the family would take: as registry_claim, but claims
 * nothing. */
const struct family *registry_find_claim(const struct registry *registry,
                                         const struct family *family,
                                         const char **name);

/* The length of the name that the family has in OpenMetrics 1.0 ("Counter"): a
 * counter is named without its _total there, unless that name, or the one of
 * its births (_created), is among the claims or could be another counter's
 * births. Then it keeps its name, as one of type unknown. */
size_t family_base_length(const struct family *family,
                          const struct value_set *claims);

/* Takes away what was added last, down to so many families and so many of
 * claims.count. Their memory goes with the registry. */
void registry_truncate(struct registry *registry, size_t families,
                       size_t claims);

/* The number of permitted label combinations (open labels with `other`);
 * SIZE_MAX when it is above any limit. */
size_t family_combinations(const struct family *family);

/* A histogram of what may be below 0, by its bounds: its sum may fall.
 * OpenMetrics has neither its _sum nor its _count. */
bool family_sum_falls(const struct family *family);

/* The value of a gauge after something was added to it: it stays within its
 * range, and within METRIC_VALUE_MAX. */
double family_clamp(const struct family *family, double value);

/* All labels are closed: each combination is known when the family is. Not so
 * where labels are what was pushed. */
bool family_closed(const struct family *family);

/* The label may have the value: any, unless its values are listed. */
bool label_rule_permits(const struct label_rule *rule, const char *value,
                        size_t len);

/* The label's number of permitted values, with `other`. */
size_t label_rule_size(const struct label_rule *rule);

/* The combination that values[0..label_count) select, a number below
 * family_combinations. */
uint64_t family_combination(const struct family *family,
                            const uint32_t *values);

/* The label set of a combination, as sorted pairs that live as long as the
 * family. out has room for label_count labels. */
void family_labels(const struct family *family, uint64_t combination,
                   struct label *out);

#endif
