/* meta: the numbers that the responders agree on, in the table meta. */
#ifndef TALLYMAN_STORE_META_H
#define TALLYMAN_STORE_META_H

#include <stdint.h>

#include "store/db.h"

struct meta {
    int64_t open_generation; /* grows when an open family comes or goes, and
                                when series go that have open labels or belong
                                to an open family */
    int64_t open_series;
    int64_t pushers;
    int64_t groups;
};

/* Reads how often a family was redefined with statement, generation.sql. */
int meta_read_generation(struct db_statement *statement, int64_t *generation,
                         struct err *err);

/* Reads what stands in the struct with statement, meta_open.sql. */
int meta_read(struct db_statement *statement, struct meta *meta,
              struct err *err);

/* Adds n to the number of that key with statement, meta_add.sql; no n, no
 * statement. */
int meta_add(struct db_statement *statement, const char *key, int64_t n,
             struct err *err);

/* Likewise after series have gone that are of open families, so many, or have
 * open labels: no responder may take those from memory any more. */
int meta_series_gone(struct db_statement *statement, int64_t of_open_families,
                     struct err *err);

#endif
