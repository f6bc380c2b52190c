#include "store/db.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/db_functions.h"

struct db {
    sqlite3 *handle;
    char *path;
    struct stat opened; /* of path, when it was opened */
    struct db_statement *statements;
    bool (*expired)(void *context); /* see db_limit */
    void *expired_context;
};

struct db_statement {
    sqlite3_stmt *handle;
    struct db *db;
    struct db_statement *next; /* of the connection */
    int parameter_count;
    const char *parameters[]; /* names last passed to db_bind_*, by index */
};

static enum err_code code_of(int result) {
    /* A row that others refer to was deleted by hand. */
    if (result == SQLITE_CONSTRAINT_FOREIGNKEY)
        return ERR_CORRUPT;
    switch (result & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_FULL:
        return ERR_FULL;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return ERR_READONLY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_CORRUPT;
    case SQLITE_NOMEM:
        return ERR_MEMORY;
    case SQLITE_MISMATCH:
        return ERR_SYNTAX;
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
        return ERR_VALUE;
    case SQLITE_ERROR: /* such as malformed JSON in a row */
        return ERR_CORRUPT;
    default:
        return ERR_IO;
    }
}

static int fail(const char *path, sqlite3 *handle, struct err *err) {
    int number = sqlite3_system_errno(handle);
    /* When SQLite cannot create a file, it finally tries to open it, and
     * reports that it does not exist. */
    if (sqlite3_errcode(handle) == SQLITE_CANTOPEN && number == ENOENT &&
        access(path, F_OK) == 0)
        return err_set(
            err, ERR_IO,
            "database %s: its -wal and -shm cannot be created in its "
            "directory; check the free space and the permissions",
            path);
    if (sqlite3_errcode(handle) == SQLITE_CANTOPEN && number != 0)
        return err_set(err, ERR_IO, "database %s: cannot be opened: %s", path,
                       strerror(number));
    return err_set(err, code_of(sqlite3_extended_errcode(handle)),
                   "database %s: %s", path, sqlite3_errmsg(handle));
}

static int harden(sqlite3 *handle) {
    static const struct {
        int option;
        int value;
    } settings[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    };
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (sqlite3_db_config(handle, settings[i].option, settings[i].value,
                              NULL) != SQLITE_OK)
            return -1;
    (void)sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
    return db_functions_add(handle);
}

/* Turns off SQLite's memory statistics, which are unused: an allocation then
 * takes no lock. This must precede all other use of SQLite. */
static void configure(void) {
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int open_handle(const char *path, int flags, struct db **out,
                       struct err *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct db *db = calloc(1, sizeof(*db));
    *out = NULL;
    (void)pthread_once(&once, configure);
    if (!db || !(db->path = strdup(path))) {
        free(db);
        return err_no_memory(err);
    }
    /* A missing file is reported by the open. */
    (void)stat(path, &db->opened);
    int result =
        sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (result != SQLITE_OK || harden(db->handle) != 0) {
        if (db->handle)
            (void)fail(path, db->handle, err);
        else
            (void)err_no_memory(err);
        db_close(db);
        return -1;
    }
    (void)sqlite3_extended_result_codes(db->handle, 1);
    *out = db;
    return 0;
}

int db_open(const char *path, bool read_only, int busy_ms, struct db **out,
            struct err *err) {
    int flags = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    struct stat there;
    /* SQLite reports a directory as an I/O error, and waits for the writer of a
     * pipe. */
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
        *out = NULL;
        return err_set(err, ERR_IO, "database %s: is not a regular file", path);
    }
    if (open_handle(path, flags, out, err) != 0)
        return -1;
    if (db_is_gone(*out)) {
        db_close(*out);
        *out = NULL;
        return err_set(err, ERR_IO, "database %s: was replaced meanwhile",
                       path);
    }
    (void)sqlite3_busy_timeout((*out)->handle, busy_ms);
    return 0;
}

int db_open_memory(struct db **out, struct err *err) {
    return open_handle(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY,
                       out, err);
}

static bool is_opened(const struct db *db, const char *path) {
    struct stat now;
    return stat(path, &now) == 0 && now.st_ino == db->opened.st_ino &&
           now.st_dev == db->opened.st_dev;
}

/* SQLite's own check does not notice that a symbolic link has a new target. */
bool db_is_gone(const struct db *db) {
    return !is_opened(db, db->path);
}

const char *db_file(const struct db *db) {
    return sqlite3_db_filename(db->handle, "main");
}

bool db_file_is_gone(const struct db *db) {
    return !is_opened(db, db_file(db));
}

static int ask_limit(void *context) {
    const struct db *db = context;
    return db->expired(db->expired_context);
}

void db_limit(struct db *db, bool (*expired)(void *context), void *context) {
    enum { OPERATIONS = 20000 }; /* of SQLite, about a millisecond */
    db->expired = expired;
    db->expired_context = context;
    sqlite3_progress_handler(db->handle, expired ? OPERATIONS : 0,
                             expired ? ask_limit : NULL, db);
}

void db_set_busy(struct db *db, int busy_ms) {
    (void)sqlite3_busy_timeout(db->handle, busy_ms);
}

struct sqlite3 *db_handle(const struct db *db) {
    return db->handle;
}

static void free_statement(struct db_statement *statement) {
    (void)sqlite3_finalize(statement->handle);
    free(statement);
}

void db_close(struct db *db) {
    struct db_statement *statement;
    if (!db)
        return;
    while ((statement = db->statements)) {
        db->statements = statement->next;
        free_statement(statement);
    }
    (void)sqlite3_close(db->handle);
    free(db->path);
    free(db);
}

int db_execute(struct db *db, const char *sql, struct err *err) {
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return fail(db->path, db->handle, err);
    return 0;
}

int db_set_page_size(struct db *db, int64_t bytes, struct err *err) {
    char pragma[64];
    (void)snprintf(pragma, sizeof(pragma), "PRAGMA page_size = %" PRId64,
                   bytes);
    if (db_execute(db, pragma, err) != 0)
        return -1;
    /* VACUUM attaches a temporary database. */
    (void)sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 1);
    int result = db_execute(db, "VACUUM", err);
    (void)sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
    return result;
}

int db_drop(struct db *db, const char *type, const char *name,
            struct err *err) {
    static const struct {
        const char *type;
        const char *format;
    } drops[] = {{"table", "DROP TABLE IF EXISTS main.\"%w\""},
                 {"view", "DROP VIEW IF EXISTS main.\"%w\""},
                 {"index", "DROP INDEX IF EXISTS main.\"%w\""},
                 {"trigger", "DROP TRIGGER IF EXISTS main.\"%w\""}};
    for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++) {
        if (strcmp(type, drops[i].type) != 0)
            continue;
        char *sql = sqlite3_mprintf(drops[i].format, name);
        if (!sql)
            return err_no_memory(err);
        int result = db_execute(db, sql, err);
        sqlite3_free(sql);
        return result;
    }
    return err_set(err, ERR_CORRUPT, "database %s: a schema has no %.100s",
                   db->path, type);
}

int db_prepare(struct db *db, const char *sql, struct db_statement **out,
               struct err *err) {
    sqlite3_stmt *handle = NULL;
    *out = NULL;
    if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
                           &handle, NULL) != SQLITE_OK) {
        (void)fail(db->path, db->handle, err);
        return -1;
    }
    int count = sqlite3_bind_parameter_count(handle);
    struct db_statement *statement =
        calloc(1, sizeof(*statement) +
                      (size_t)count * sizeof(statement->parameters[0]));
    if (!statement) {
        (void)sqlite3_finalize(handle);
        (void)err_no_memory(err);
        return -1;
    }
    statement->handle = handle;
    statement->db = db;
    statement->next = db->statements;
    statement->parameter_count = count;
    db->statements = *out = statement;
    return 0;
}

void db_finalize(struct db_statement *statement) {
    if (!statement)
        return;
    struct db_statement **at = &statement->db->statements;
    while (*at != statement)
        at = &(*at)->next;
    *at = statement->next;
    free_statement(statement);
}

/* A caller passes the same literal each time, so its address identifies the
 * parameter. An unknown name gives index 0, which SQLite refuses to bind: the
 * first test shows the mistake. */
static int index_of(struct db_statement *statement, const char *name) {
    for (int i = 0; i < statement->parameter_count; i++)
        if (statement->parameters[i] == name)
            return i + 1;
    int index = sqlite3_bind_parameter_index(statement->handle, name);
    if (index > 0)
        statement->parameters[index - 1] = name;
    return index;
}

void db_bind_integer(struct db_statement *statement, const char *name,
                     int64_t value) {
    (void)sqlite3_bind_int64(statement->handle, index_of(statement, name),
                             value);
}

void db_bind_real(struct db_statement *statement, const char *name,
                  double value) {
    (void)sqlite3_bind_double(statement->handle, index_of(statement, name),
                              value);
}

void db_bind_text(struct db_statement *statement, const char *name,
                  const char *text, size_t len) {
    (void)sqlite3_bind_text(statement->handle, index_of(statement, name), text,
                            (int)len, SQLITE_STATIC);
}

void db_bind_string(struct db_statement *statement, const char *name,
                    const char *string) {
    db_bind_text(statement, name, string, string ? strlen(string) : 0);
}

void db_bind_value(struct db_statement *statement, const char *name,
                   const struct value_text *value) {
    db_bind_text(statement, name, value->text, value->len);
}

void db_bind_blob(struct db_statement *statement, const char *name,
                  const void *bytes, size_t len) {
    (void)sqlite3_bind_blob(statement->handle, index_of(statement, name), bytes,
                            (int)len, SQLITE_STATIC);
}

int db_step(struct db_statement *statement, struct err *err) {
    int result = sqlite3_step(statement->handle);
    if (result == SQLITE_ROW)
        return 1;
    if (result == SQLITE_DONE)
        return 0;
    return fail(sqlite3_db_filename(statement->db->handle, "main"),
                statement->db->handle, err);
}

/* Reading a value costs SQLite less than reading a column. It is safe because
 * no other thread uses the connection. */
static sqlite3_value *value_of(struct db_statement *statement, int column) {
    return sqlite3_column_value(statement->handle, column);
}

bool db_is_null(struct db_statement *statement, int column) {
    return sqlite3_value_type(value_of(statement, column)) == SQLITE_NULL;
}

int64_t db_integer(struct db_statement *statement, int column) {
    return sqlite3_value_int64(value_of(statement, column));
}

double db_real(struct db_statement *statement, int column) {
    return sqlite3_value_double(value_of(statement, column));
}

const char *db_text(struct db_statement *statement, int column, size_t *len) {
    sqlite3_value *value = value_of(statement, column);
    const char *text = (const char *)sqlite3_value_text(value);
    *len = text ? (size_t)sqlite3_value_bytes(value) : 0;
    return text;
}

const char *db_string(struct db_statement *statement, int column) {
    size_t len;
    const char *text = db_text(statement, column, &len);
    return text ? text : "";
}

int db_columns(struct db_statement *statement) {
    return sqlite3_column_count(statement->handle);
}

const char *db_column_name(struct db_statement *statement, int column) {
    const char *name = sqlite3_column_name(statement->handle, column);
    return name ? name : "";
}

bool db_is_number(struct db_statement *statement, int column) {
    int type = sqlite3_column_type(statement->handle, column);
    return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

void db_reset(struct db_statement *statement) {
    (void)sqlite3_reset(statement->handle);
    (void)sqlite3_clear_bindings(statement->handle);
}

int db_run(struct db_statement *statement, struct err *err) {
    int result;
    do
        result = db_step(statement, err);
    while (result == 1);
    db_reset(statement);
    return result;
}

int db_number(struct db_statement *statement, int64_t *number,
              struct err *err) {
    int result = db_step(statement, err);
    *number = result == 1 ? db_integer(statement, 0) : 0;
    db_reset(statement);
    return result < 0 ? -1 : 0;
}

int db_each(struct db_statement *statement, db_visit *visit, void *context,
            struct err *err) {
    int result;
    while ((result = db_step(statement, err)) == 1)
        if ((result = visit(context, statement, err)) != 0)
            break;
    db_reset(statement);
    return result;
}

int db_query(struct db *db, const char *sql, db_visit *visit, void *context,
             struct err *err) {
    struct db_statement *statement;
    if (db_prepare(db, sql, &statement, err) != 0)
        return -1;
    int result = db_each(statement, visit, context, err);
    db_finalize(statement);
    return result;
}

int db_query_number(struct db *db, const char *sql, int64_t *number,
                    struct err *err) {
    struct db_statement *statement;
    if (db_prepare(db, sql, &statement, err) != 0)
        return -1;
    int result = db_number(statement, number, err);
    db_finalize(statement);
    return result;
}

int db_changes(const struct db *db) {
    return sqlite3_changes(db->handle);
}

int64_t db_last_id(const struct db *db) {
    return sqlite3_last_insert_rowid(db->handle);
}

bool db_in_transaction(const struct db *db) {
    return sqlite3_get_autocommit(db->handle) == 0;
}

static int copy_steps(sqlite3_backup *backup, db_progress *progress,
                      void *context) {
    enum { PAGES = 1024 };
    int result;
    while ((result = sqlite3_backup_step(backup, PAGES)) == SQLITE_OK) {
        int total = sqlite3_backup_pagecount(backup);
        int done = total - sqlite3_backup_remaining(backup);
        if (progress && progress(context, done, total) != 0)
            return SQLITE_INTERRUPT;
    }
    return result;
}

int db_copy(struct db *from, struct db *to, db_progress *progress,
            void *context, struct err *err) {
    sqlite3_backup *backup =
        sqlite3_backup_init(to->handle, "main", from->handle, "main");
    if (!backup)
        return fail(to->path, to->handle, err);
    int result = copy_steps(backup, progress, context);
    int finished = sqlite3_backup_finish(backup);
    if (result == SQLITE_DONE && finished == SQLITE_OK)
        return 0;
    if (result == SQLITE_INTERRUPT)
        return err_set(err, ERR_BUSY, "stopped");
    if (result == SQLITE_DONE)
        result = finished;
    return err_set(err, code_of(result), "database %s, from %s: %s", to->path,
                   from->path, sqlite3_errstr(result));
}
