/* totals: the totals in the database, as a table or JSON. */
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

/* The totals of one reading, in the order of their keys. A zeroed struct is
 * empty. */
struct growth {
    struct arena arena;
    struct grown *first;
    struct grown *last;
};

/* A zeroed struct with format and utf8 set has read nothing. */
struct totals {
    enum sheet_format format; /* a table or JSON */
    bool utf8;                /* see utf8_escape */
    bool rates;     /* show the growth per second since the last reading;
                       unknown at the first one, after resets, for gauges */
    double seconds; /* since the last reading; 0 at the first one */
    struct growth before;
    struct growth now;
    const struct grown *next; /* of before: the search for a key starts here */
    struct strbuf out;        /* the text of this reading */
};

/* Prepares the next reading; keeps the totals that rates need. */
void totals_again(struct totals *totals, double seconds);

/* Both use short statements, and return -1 with err set. */

/* The overview of all families. */
int totals_read_families(struct totals *totals, struct db *db, struct err *err);

/* The series of a family that have the labels of filter, a JSON object. Returns
 * 1, or 0 for an unknown family. Damaged parts of rows are left out. */
int totals_read_family(struct totals *totals, struct db *db, const char *name,
                       const char *filter, struct err *err);

void totals_free(struct totals *totals);

#endif
