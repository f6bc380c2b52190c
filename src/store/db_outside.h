/* db_outside: runs a query on another program's SQLite file. */
#ifndef TALLYMAN_STORE_DB_OUTSIDE_H
#define TALLYMAN_STORE_DB_OUTSIDE_H

#include "base/err.h"
#include "config/sql_query.h"
#include "store/sql_rows.h"

/* Runs the query once on a separate read-only connection, for at most
 * query->timeout seconds. own is the path of Tallyman's database, for a query
 * without a database; label_max is limits.label_value_bytes; seconds() reads a
 * monotonic clock. Any thread may call it: it shares no state. Returns -1 with
 * err, whose message names the query and the reason; rows is then empty. The
 * caller gives the arena of rows to arena_free in either case. */
int db_outside_run(const struct sql_query *query, const char *own,
                   long long label_max, double (*seconds)(void),
                   struct sql_rows *rows, struct err *err);

#endif
