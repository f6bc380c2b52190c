/* db_functions: what statements of ours call that SQLite does not have. */
#ifndef TALLYMAN_STORE_DB_FUNCTIONS_H
#define TALLYMAN_STORE_DB_FUNCTIONS_H

struct sqlite3;

/* Returns -1 when memory ran out.
 *
 * buckets_add(a, b): the sum of two arrays of counts of equal length, as a JSON
 * array. Each is one, too, or a blob, an array of uint64_t; counts are at most
 * HISTOGRAM_COUNT_MAX. Of others an error, ERR_SYNTAX. */
int db_functions_add(struct sqlite3 *handle);

#endif
