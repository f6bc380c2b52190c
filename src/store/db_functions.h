/* db_functions: SQL functions that our statements add to SQLite. */
#ifndef TALLYMAN_STORE_DB_FUNCTIONS_H
#define TALLYMAN_STORE_DB_FUNCTIONS_H

struct sqlite3;

/* Returns -1 when memory ran out.
 *
 * buckets_add(a, b): the element-wise sum of two arrays of equal length, as a
 * JSON array. Each argument is a JSON array, or a blob of uint64_t; counts are
 * at most HISTOGRAM_COUNT_MAX. Other arguments are an error, ERR_SYNTAX. */
int db_functions_add(struct sqlite3 *handle);

#endif
