#include "store/db_outside.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sql.h"
#include "store/db_outside_row.h"
#include "store/db_outside_temp.h"

/* One run of a query. */
struct outside {
    const struct sql_query *query;
    const char *path;
    double (*seconds)(void);
    double deadline;
    bool late;        /* the run was stopped at its deadline */
    bool selects;     /* the statement is a SELECT */
    char denied[160]; /* why the authorizer refused it */
    sqlite3 *handle;
    sqlite3_stmt *statement;
    struct err *err;
};

/* --- messages ------------------------------------------------------------- */

enum { PATH_SHOWN = 120 };

/* Puts the name of the query in front of the message. */
static int refuse(struct outside *outside, enum err_code code,
                  const char *message) {
    return err_set(outside->err, code, "query %.100s: %s",
                   outside->query->family->name, message);
}

static int refuse_file(struct outside *outside, enum err_code code,
                       const char *message) {
    return err_set(outside->err, code, "query %.80s: database %.*s: %s",
                   outside->query->family->name, PATH_SHOWN, outside->path,
                   message);
}

static int refuse_late(struct outside *outside) {
    char message[160];
    (void)snprintf(
        message, sizeof(message),
        "took longer than `timeout`, %g seconds, and was stopped; add "
        "an index to make it faster, or raise `timeout`",
        outside->query->timeout);
    return refuse(outside, ERR_DEADLINE, message);
}

/* The WAL of another program cannot be opened. */
static int refuse_log(struct outside *outside) {
    const char *slash = strrchr(outside->path, '/');
    int len = slash ? (int)(slash - outside->path) : 1;
    const char *directory = slash ? outside->path : ".";
    return err_set(outside->err, ERR_IO,
                   "query %.60s: database %.80s: is in WAL mode, and its -wal "
                   "and -shm cannot be opened; let the responder's user write "
                   "to the directory %.*s and to "
                   "its -shm (systemd: ReadWritePaths=), or set PRAGMA "
                   "journal_mode = DELETE in the other program",
                   outside->query->family->name, outside->path,
                   len > 80 ? 80 : len, directory);
}

/* The file's header says that the database is in WAL mode. It is read through
 * SQLite: closing a descriptor of our own would release the locks that this
 * process holds on the file. */
static bool has_log(struct outside *outside) {
    enum { VERSIONS = 18, WAL = 2 };
    sqlite3_file *file = NULL;
    unsigned char version = 0;
    return sqlite3_file_control(outside->handle, "main",
                                SQLITE_FCNTL_FILE_POINTER,
                                &file) == SQLITE_OK &&
           file->pMethods &&
           file->pMethods->xRead(file, &version, 1, VERSIONS) == SQLITE_OK &&
           version == WAL;
}

static int fail(struct outside *outside) {
    sqlite3 *handle = outside->handle;
    const int code = sqlite3_errcode(handle);
    char message[200];
    if (outside->late || code == SQLITE_INTERRUPT)
        return refuse_late(outside);
    if (*outside->denied)
        return refuse(outside, ERR_VALUE, outside->denied);
    switch (code) {
    case SQLITE_BUSY:
        (void)snprintf(message, sizeof(message),
                       "is locked by another program, for all of `timeout`, %g "
                       "seconds",
                       outside->query->timeout);
        return refuse_file(outside, ERR_BUSY, message);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
        if (has_log(outside))
            return refuse_log(outside);
        return refuse_file(outside, ERR_IO,
                           code == SQLITE_CANTOPEN
                               ? sqlite3_errmsg(handle)
                               : "a crash has left a journal; the program that "
                                 "owns the database must open it first");
    case SQLITE_IOERR:
        return refuse_file(outside, ERR_IO, sqlite3_errmsg(handle));
    case SQLITE_NOTADB:
        return refuse_file(outside, ERR_CORRUPT,
                           "is not a database of SQLite, or is encrypted");
    case SQLITE_CORRUPT:
        return refuse_file(outside, ERR_CORRUPT, sqlite3_errmsg(handle));
    case SQLITE_TOOBIG:
        return refuse(outside, ERR_LIMIT,
                      "a text or blob is too big; must have at most "
                      "1000000 bytes");
    case SQLITE_FULL:
        return refuse(outside, ERR_LIMIT,
                      "sorts or collects too much; must read fewer rows");
    case SQLITE_NOMEM:
        return err_no_memory(outside->err);
    default:
        (void)snprintf(message, sizeof(message), "%s", sqlite3_errmsg(handle));
        return refuse(outside, ERR_VALUE, message);
    }
}

/* --- what a query may do -------------------------------------------------- */

static bool begins(const char *text, const char *beginning) {
    return sqlite3_strnicmp(text, beginning, (int)strlen(beginning)) == 0;
}

static bool is_one_of(const char *name, const char *const *names) {
    for (size_t i = 0; names[i]; i++)
        if (sqlite3_stricmp(name, names[i]) == 0)
            return true;
    return false;
}

/* The verb of a statement that does more than read, such as `inserts into`;
 * NULL for a read. Full-text search reads data_version on its own. */
static const char *deny(int action, const char *name) {
    /* The last four bound only the size of their result. */
    static const char *const functions[] = {"load_extension",
                                            "fts3_tokenizer",
                                            "json_group_array",
                                            "json_group_object",
                                            "jsonb_group_array",
                                            "jsonb_group_object",
                                            NULL};
    static const char *const pragmas[] = {"data_version", NULL};
    const bool is_schema = begins(name, "sqlite_");
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return NULL;
    case SQLITE_READ:
        return begins(name, "pragma_") ? "reads" : NULL;
    case SQLITE_FUNCTION:
        return is_one_of(name, functions) ? "calls" : NULL;
    case SQLITE_PRAGMA:
        return is_one_of(name, pragmas) ? NULL : "is PRAGMA";
    case SQLITE_INSERT:
        return is_schema ? "changes the schema in" : "inserts into";
    case SQLITE_UPDATE: /* SQLite asks for it, on the schema, for virtual
                           tables */
        return is_schema ? NULL : "updates";
    case SQLITE_DELETE:
        return is_schema ? "changes the schema in" : "deletes from";
    case SQLITE_ATTACH:
        return "attaches";
    default:
        return "is not a query but changes";
    }
}

static int authorize(void *context, int action, const char *one,
                     const char *two, const char *schema, const char *view) {
    struct outside *outside = context;
    const char *name = action == SQLITE_FUNCTION ? two : one;
    const char *denied = deny(action, name ? name : "");
    (void)schema;
    (void)view;
    outside->selects = outside->selects || action == SQLITE_SELECT;
    if (!denied)
        return SQLITE_OK;
    if (!*outside->denied)
        (void)snprintf(outside->denied, sizeof(outside->denied),
                       "%s %.60s; must be one SELECT statement, which only "
                       "reads",
                       denied, name ? name : "it");
    return SQLITE_DENY;
}

static int ask_deadline(void *context) {
    struct outside *outside = context;
    outside->late = outside->seconds() >= outside->deadline;
    return outside->late;
}

/* Called while another program has a lock. */
static int wait_for_lock(void *context, int tries) {
    enum { WAIT_MS = 10 };
    const struct outside *outside = context;
    (void)tries;
    if (outside->seconds() >= outside->deadline)
        return 0;
    (void)sqlite3_sleep(WAIT_MS);
    return 1;
}

static int harden(struct outside *outside) {
    /* SQLite 3.40 considers JSON functions unsafe in an untrusted schema,
     * where other programs have them in generated columns and indexes. This
     * handle has only SQLite's own functions, of which a schema never may call
     * those with side effects. */
    static const int options[][2] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1},
        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    };
    static const int limits[][2] = {
        {SQLITE_LIMIT_LENGTH, 1000000},
        {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
        {SQLITE_LIMIT_ATTACHED, 0},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
    };
    /* SQLite operations between checks of the deadline; each may produce a
     * megabyte. */
    enum { OPERATIONS = 100, COLUMNS = 100 };
    sqlite3 *handle = outside->handle;
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (sqlite3_db_config(handle, options[i][0], options[i][1], NULL) !=
            SQLITE_OK)
            return fail(outside);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        (void)sqlite3_limit(handle, limits[i][0], limits[i][1]);
    (void)sqlite3_busy_handler(handle, wait_for_lock, outside);
    sqlite3_progress_handler(handle, OPERATIONS, ask_deadline, outside);
    /* Runs before the authorizer is set, which forbids these pragmas. */
    if (sqlite3_exec(handle, sql_outside_open, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_set_authorizer(handle, authorize, outside) != SQLITE_OK)
        return fail(outside);
    /* Each column of a row may be as large as the limit. A pragma has read the
     * schema already, so tables with more columns stay readable. */
    (void)sqlite3_limit(handle, SQLITE_LIMIT_COLUMN, COLUMNS);
    return 0;
}

/* --- opening -------------------------------------------------------------- */

/* Whether the other program could write to a -shm that this process creates.
 * The -shm gets the mode of the database, this process's user, and the group of
 * a setgid directory, else of this process. */
static bool leaves_it_open(const struct stat *there, const char *path) {
    char directory[PATH_MAX];
    struct stat place;
    gid_t group = getegid();
    const char *slash = strrchr(path, '/');
    if (geteuid() == 0 || there->st_uid == geteuid() ||
        (there->st_mode & S_IWOTH) != 0)
        return true;
    (void)snprintf(directory, sizeof(directory), "%.*s",
                   slash ? (int)(slash - path) + 1 : 0, path);
    if (stat(directory, &place) == 0 && (place.st_mode & S_ISGID) != 0)
        group = place.st_gid;
    return (there->st_mode & S_IWGRP) != 0 && there->st_gid == group;
}

/* If the other program has no -shm open, this process would create one. */
static int check_log(struct outside *outside, const struct stat *there) {
    char shm[PATH_MAX];
    const char *path = sqlite3_db_filename(outside->handle, "main");
    int len = snprintf(shm, sizeof(shm), "%s-shm", path);
    if (leaves_it_open(there, path) || !has_log(outside) ||
        len >= (int)sizeof(shm) || access(shm, F_OK) == 0)
        return 0;
    return err_set(
        outside->err, ERR_IO,
        "query %.60s: database %.80s: is in WAL mode and not open, and its "
        "owner could not write to a -shm of this user; let its file "
        "and directory belong to a group of both users (chmod g+rw and chmod "
        "g+rwxs), or set PRAGMA journal_mode = DELETE in the other program",
        outside->query->family->name, path);
}

static int open_file(struct outside *outside) {
    char path[PATH_MAX];
    struct stat there;
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    /* SQLite gives some relative names a special meaning. */
    int len = snprintf(path, sizeof(path), "%s%s",
                       *outside->path == '/' ? "" : "./", outside->path);
    if (stat(outside->path, &there) != 0 || len >= (int)sizeof(path))
        return refuse_file(outside, ERR_IO,
                           len >= (int)sizeof(path) ? "its path is too long"
                           : errno == ENOENT        ? "there is no such file"
                                                    : strerror(errno));
    if (!S_ISREG(there.st_mode))
        return refuse_file(outside, ERR_IO, "is not a regular file");
    if (sqlite3_open_v2(path, &outside->handle, flags, outside_temp_vfs()) !=
        SQLITE_OK) {
        int number = sqlite3_system_errno(outside->handle);
        return !outside->handle
                   ? err_no_memory(outside->err)
                   : refuse_file(outside, ERR_IO,
                                 number != 0 ? strerror(number)
                                             : sqlite3_errmsg(outside->handle));
    }
    return check_log(outside, &there) == 0 ? harden(outside) : -1;
}

/* --- running -------------------------------------------------------------- */

/* Only white space, comments and semicolons follow the statement. */
static int check_end(struct outside *outside, const char *tail) {
    while (*tail) {
        sqlite3_stmt *second = NULL;
        int result =
            sqlite3_prepare_v2(outside->handle, tail, -1, &second, &tail);
        (void)sqlite3_finalize(second);
        if (result != SQLITE_OK || second)
            return refuse(outside, ERR_VALUE,
                          "has a second statement after the first; must be "
                          "one SELECT statement");
    }
    return 0;
}

static int prepare(struct outside *outside) {
    const char *tail;
    if (sqlite3_prepare_v2(outside->handle, outside->query->sql, -1,
                           &outside->statement, &tail) != SQLITE_OK)
        return fail(outside);
    if (!outside->statement)
        return refuse(outside, ERR_VALUE,
                      "has no statement; must be a SELECT statement");
    if (!outside->selects || !sqlite3_stmt_readonly(outside->statement) ||
        sqlite3_stmt_isexplain(outside->statement))
        return refuse(
            outside, ERR_VALUE,
            "is not a query; must be one SELECT statement, which only "
            "reads");
    if (sqlite3_bind_parameter_count(outside->statement) > 0)
        return refuse(outside, ERR_VALUE,
                      "has parameters, such as ? or :name; replace them by "
                      "values");
    return check_end(outside, tail);
}

static int read_rows(struct outside *outside, long long label_max,
                     struct sql_rows *rows) {
    struct err err = {.code = ERR_NONE};
    struct outside_reading reading = {.query = outside->query,
                                      .statement = outside->statement,
                                      .label_max = label_max,
                                      .rows = rows};
    int step = SQLITE_DONE;
    int result = outside_columns_find(&reading, &err);
    while (result == 0 &&
           (step = sqlite3_step(outside->statement)) == SQLITE_ROW)
        result = outside_row_add(&reading, &err);
    value_set_free(&reading.seen);
    if (result != 0)
        return err.code == ERR_MEMORY ? err_no_memory(outside->err)
                                      : refuse(outside, err.code, err.message);
    if (step != SQLITE_DONE)
        return fail(outside);
    /* A single SQLite operation, such as instr(), cannot be interrupted. */
    return ask_deadline(outside) ? refuse_late(outside) : 0;
}

int db_outside_run(const struct sql_query *query, const char *own,
                   long long label_max, double (*seconds)(void),
                   struct sql_rows *rows, struct err *err) {
    struct outside outside = {.query = query,
                              .path = query->database ? query->database : own,
                              .seconds = seconds,
                              .deadline = seconds() + query->timeout,
                              .err = err};
    *rows = (struct sql_rows){.rows = NULL};
    int result = open_file(&outside) == 0 && prepare(&outside) == 0
                     ? read_rows(&outside, label_max, rows)
                     : -1;
    (void)sqlite3_finalize(outside.statement);
    (void)sqlite3_close(outside.handle);
    if (result != 0)
        rows->count = 0;
    return result;
}
