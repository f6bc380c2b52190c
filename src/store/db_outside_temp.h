/* db_outside_temp: limits the temporary files in which a query of another
 * database sorts and collects. */
#ifndef TALLYMAN_STORE_DB_OUTSIDE_TEMP_H
#define TALLYMAN_STORE_DB_OUTSIDE_TEMP_H

/* The largest size of one such file, in bytes. SQLite holds little of it in
 * memory. */
enum { OUTSIDE_TEMP_MAX = 64 << 20 };

/* The name of a VFS that is SQLite's default one with temporary files of at
 * most OUTSIDE_TEMP_MAX bytes; beyond that it returns SQLITE_FULL. Locks are
 * those of the default VFS. NULL, which means the default, if it could not be
 * registered. */
const char *outside_temp_vfs(void);

#endif
