/* db: a hardened SQLite connection. Only the db files of this room include
 * sqlite3.h. */
#ifndef TALLYMAN_STORE_DB_H
#define TALLYMAN_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/value_set.h"

struct db;
struct db_statement;

/* Opens an existing file. Defensive mode, no double-quoted strings, no trust in
 * the schema (sqlite.org/security.html). Waits busy_ms for another program's
 * lock. The caller gives *out to db_close. Errors name the file. */
int db_open(const char *path, bool read_only, int busy_ms, struct db **out,
            struct err *err);

/* Opens an empty in-memory database. */
int db_open_memory(struct db **out, struct err *err);

/* The path no longer names the file that was opened: it was deleted, moved or
 * replaced. Costs one stat. */
bool db_is_gone(const struct db *db);

/* The path of the file with symbolic links resolved; the other files of the
 * database are in the same directory. Valid until db_close. */
const char *db_file(const struct db *db);

/* Another file, or none, has the path of db_file. False when only a symbolic
 * link has a new target; db_is_gone is then true. */
bool db_file_is_gone(const struct db *db);

/* Sets how long to wait for other programs' locks. */
void db_set_busy(struct db *db, int busy_ms);

/* From now on a statement fails soon after expired returns true; it is called
 * regularly while the statement runs. NULL: no limit. */
void db_limit(struct db *db, bool (*expired)(void *context), void *context);

/* For db_log. */
struct sqlite3 *db_handle(const struct db *db);

/* Also finalizes all statements of the connection. */
void db_close(struct db *db);

/* Runs all statements of sql and ignores their rows. */
int db_execute(struct db *db, const char *sql, struct err *err);

/* Rewrites the file with pages of that many bytes. It must not have a WAL. */
int db_set_page_size(struct db *db, int64_t bytes, struct err *err);

/* Drops the "table", "view", "index" or "trigger" of that name, which may be
 * any text. An object that was already dropped with its table is not an
 * error. */
int db_drop(struct db *db, const char *type, const char *name, struct err *err);

/* Prepares the first statement of sql for repeated use. It lives until
 * db_close. */
int db_prepare(struct db *db, const char *sql, struct db_statement **out,
               struct err *err);

/* Finalizes a statement before db_close does; NULL is allowed. */
void db_finalize(struct db_statement *statement);

/* Bind the parameter `:name`, a string literal. Text and blobs are not copied:
 * they must live until db_reset. A NULL text and NaN are bound as NULL. */
void db_bind_integer(struct db_statement *statement, const char *name,
                     int64_t value);
void db_bind_real(struct db_statement *statement, const char *name,
                  double value);
void db_bind_text(struct db_statement *statement, const char *name,
                  const char *text, size_t len);
void db_bind_string(struct db_statement *statement, const char *name,
                    const char *string);
void db_bind_value(struct db_statement *statement, const char *name,
                   const struct value_text *value);
void db_bind_blob(struct db_statement *statement, const char *name,
                  const void *bytes, size_t len);

/* 1 when there is a row, 0 at the end, -1 on error. */
int db_step(struct db_statement *statement, struct err *err);

/* Columns of the current row, from 0. Text is NUL-terminated and valid until
 * the next step; NULL reads as 0 or no text. */
bool db_is_null(struct db_statement *statement, int column);
int64_t db_integer(struct db_statement *statement, int column);
double db_real(struct db_statement *statement, int column);
const char *db_text(struct db_statement *statement, int column, size_t *len);
/* The same, "" for NULL. */
const char *db_string(struct db_statement *statement, int column);

/* The number and names of a statement's columns; a name is valid until
 * db_finalize. */
int db_columns(struct db_statement *statement);
const char *db_column_name(struct db_statement *statement, int column);

/* The column of the current row is an integer or a real. */
bool db_is_number(struct db_statement *statement, int column);

/* Ends the run of the statement and clears its bindings. */
void db_reset(struct db_statement *statement);

/* Runs the statement to completion and resets it. */
int db_run(struct db_statement *statement, struct err *err);

/* Runs a statement, reads the number in its first row (0 without a row), and
 * resets it. */
int db_number(struct db_statement *statement, int64_t *number, struct err *err);

/* Called for a row. Non-zero ends the run of the statement. */
typedef int db_visit(void *context, struct db_statement *row, struct err *err);

/* Runs the statement, visits its rows, and resets it. Returns the value of the
 * last visit, or -1 with err. */
int db_each(struct db_statement *statement, db_visit *visit, void *context,
            struct err *err);

/* The same for a statement that is used once and has no parameters. */
int db_query(struct db *db, const char *sql, db_visit *visit, void *context,
             struct err *err);
int db_query_number(struct db *db, const char *sql, int64_t *number,
                    struct err *err);

/* Rows that the last insert, update or delete changed. */
int db_changes(const struct db *db);

int64_t db_last_id(const struct db *db);

bool db_in_transaction(const struct db *db);

/* Called after each step of a copy, with pages done and in total. Non-zero
 * stops the copy. */
typedef int db_progress(void *context, int done, int total);

/* Replaces the content of `to` by that of `from`, in one transaction. Within a
 * read transaction `from` is a snapshot; otherwise the copy restarts whenever
 * another connection writes. Users of `to` see either the old or the new
 * content. progress may be NULL. On failure `to` keeps its content; ERR_BUSY
 * also when progress has stopped the copy. */
int db_copy(struct db *from, struct db *to, db_progress *progress,
            void *context, struct err *err);

#endif
