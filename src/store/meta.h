/* meta: the numbers in the table meta, shared by all responders. */
#ifndef TALLYMAN_STORE_META_H
#define TALLYMAN_STORE_META_H

#include "store/connection.h"

/* Reads the number of family redefinitions with statement, generation.sql. */
int meta_read_generation(struct db_statement *statement, int64_t *generation,
                         struct err *err);

/* Reads the numbers of all keys with statement, meta_open.sql. */
int meta_read(struct db_statement *statement, int64_t meta[META_KEYS],
              struct err *err);

/* Adds n to the key's number in the database and in store->meta. */
int meta_add(struct store *store, enum meta_key key, int64_t n,
             struct err *err);

/* Removes rows unused since horizon, in Unix seconds, with statement. Subtracts
 * their number, *pruned, from the key's. */
int meta_prune(struct store *store, struct db_statement *statement,
               enum meta_key key, int64_t horizon, int *pruned,
               struct err *err);

/* Like meta_add, after series of open families (of_open_families of them) or
 * series with open labels were removed. Makes all responders drop such series
 * from memory. */
int meta_series_gone(struct store *store, int64_t of_open_families,
                     struct err *err);

#endif
