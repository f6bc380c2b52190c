/* totals: what the database has at one moment, for a person or as JSON. */
#ifndef TALLYMAN_CLI_LOOK_TOTALS_H
#define TALLYMAN_CLI_LOOK_TOTALS_H

#include <stdbool.h>

#include "base/arena.h"
#include "cli/look/sheet.h"
#include "store/db.h"

/* A total that only grows. */
struct grown {
    const char *key; /* of a family or of labels */
    double value;
    struct grown *next;
};

/* Those of one reading, in the order of their keys. A zeroed struct is empty.
 */
struct growth {
    struct arena arena;
    struct grown *first;
    struct grown *last;
};

/* A zeroed struct with format and utf8 set has read nothing. */
struct totals {
    enum sheet_format format; /* a table or JSON */
    bool utf8;                /* see utf8_escape */
    bool rates;     /* per second, since the reading before: not known at the
                       first, after a reset, and for gauges */
    double seconds; /* since then; 0 at the first */
    struct growth before;
    struct growth now;
    const struct grown *next; /* of before: there the next key is looked for */
    struct strbuf out;        /* what was read */
};

/* Forgets what was read but what rates need. */
void totals_again(struct totals *totals, double seconds);

/* Each reads with short statements. Returns -1 with err. */

/* The overview of all families. */
int totals_read_families(struct totals *totals, struct db *db, struct err *err);

/* The series of one that have the labels of filter, a JSON object. Returns 1,
 * or 0 when there is no such family. A row that somebody has damaged is shown
 * without what is damaged. */
int totals_read_family(struct totals *totals, struct db *db, const char *name,
                       const char *filter, struct err *err);

void totals_free(struct totals *totals);

#endif
