/* allowlist_family: the members that pushed families and families of queries
 * share in an allowlist file. */
#ifndef TALLYMAN_CONFIG_ALLOWLIST_FAMILY_H
#define TALLYMAN_CONFIG_ALLOWLIST_FAMILY_H

#include "config/allowlist_place.h"
#include "config/sql_query.h"

/* Where a family was listed, for messages. */
struct allowlist_origin {
    const struct family *family;
    const char *path;
    const char *key; /* for example allowedMetrics[0] */
    const struct allowlist_origin *next;
};

/* The families and queries of all files. The caller sets the first four. */
struct allowlist {
    struct registry *registry;
    const struct limits *limits;
    const char *path; /* the configuration file; databases of queries are
                         relative to it */
    bool sessions;    /* enabled: the names of their families are reserved */
    struct sql_query_list queries;          /* in the registry's arena */
    const struct allowlist_origin *origins; /* likewise */
    unsigned long long series;              /* permitted combinations so far */
};

/* Adds the family that object names, with its help, and returns it. If the name
 * is missing or wrong, returns unnamed, which is outside the registry; the
 * caller can still check the other members. */
struct family *allowlist_family_add(const struct allowlist *allowlist,
                                    struct place *place,
                                    const struct json_object *object,
                                    struct family *unnamed);

/* Sets the type. shapes holds the permitted shapes as bits, 1 << SHAPE_TOTAL
 * and so on. */
void allowlist_family_type(struct place *place,
                           const struct json_object *object,
                           struct family *family, unsigned shapes);

/* Sets the unit. The name and the type must be set. */
void allowlist_family_unit(struct place *place,
                           const struct json_object *object,
                           struct family *family);

/* Checks an added family against the other families and the limits. Its name
 * and type must be set; combinations is the number of label sets that it
 * permits. */
void allowlist_family_settle(struct allowlist *allowlist, struct place *place,
                             const struct family *family, size_t combinations);

#endif
