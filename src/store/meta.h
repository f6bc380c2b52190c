/* meta: the numbers that the responders agree on, in the table meta. */
#ifndef TALLYMAN_STORE_META_H
#define TALLYMAN_STORE_META_H

#include "store/connection.h"

/* Reads how often a family was redefined with statement, generation.sql. */
int meta_read_generation(struct db_statement *statement, int64_t *generation,
                         struct err *err);

/* Reads the numbers of all keys with statement, meta_open.sql. */
int meta_read(struct db_statement *statement, int64_t meta[META_KEYS],
              struct err *err);

/* Adds n to the number of that key, in the database and in store->meta. */
int meta_add(struct store *store, enum meta_key key, int64_t n,
             struct err *err);

/* Removes rows that were not used since horizon, in Unix seconds, with
 * statement, and their number, which is then *pruned, from that of the key. */
int meta_prune(struct store *store, struct db_statement *statement,
               enum meta_key key, int64_t horizon, int *pruned,
               struct err *err);

/* As meta_add, after series have gone that are of open families, so many, or
 * have open labels: no responder may take those from memory any more. */
int meta_series_gone(struct store *store, int64_t of_open_families,
                     struct err *err);

#endif
