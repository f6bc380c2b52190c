/* reading: what the database has at one moment, in memory. */
#ifndef TALLYMAN_CLI_LOOK_READING_H
#define TALLYMAN_CLI_LOOK_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "metrics/registry.h"
#include "store/db.h"

/* A family in the overview. */
struct family_total {
    const char *name;
    const char *type;
    int64_t series;
    double total; /* of counters and observations; NaN for the other types */
    const char *updated; /* UTC, as SQLite writes it; "" without series */
    const char *help;
};

struct series_total {
    int64_t id;
    const char *labels; /* a JSON object */
    size_t labels_len;
    double value; /* counter, gauge, untyped; NaN is not a number */
    double sum;   /* histogram, summary */
    uint64_t count;
    uint64_t *buckets;   /* histogram, one more than the family has bounds; NULL
                            when somebody has damaged the row */
    const char *updated; /* UTC */
};

/* Everything in it lives until reading_free. A zeroed struct is empty. */
struct reading {
    struct arena arena;
    struct family_total *families; /* ordered by name */
    size_t family_count;
    struct family family;        /* name, help, unit, type and bounds */
    bool found;                  /* the family is there */
    struct series_total *series; /* ordered by labels */
    size_t series_count;
    size_t room; /* of families or series */
};

/* Opens the database for reading; refuses another program's file, and another
 * version's, with ERR_VALUE. The caller gives *out to db_close. */
int reading_open(const char *path, struct db **out, struct err *err);

/* Reads the overview of all families, or the series of one that have the
 * labels of filter, a JSON object; each is one short statement. */
int reading_families(struct db *db, struct reading *reading, struct err *err);
int reading_family(struct db *db, const char *name, const char *filter,
                   struct reading *reading, struct err *err);

void reading_free(struct reading *reading);

#endif
