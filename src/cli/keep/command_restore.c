/* tallyman restore: replaces the content of the database with a backup. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/command/database.h"
#include "cli/command/live.h"
#include "cli/keep/duplicate.h"
#include "cli/keep/progress.h"
#include "sql.h"
#include "store/row_fault.h"
#include "store/schema.h"
#include "store/schema_difference.h"
#include "store/turn.h"

struct restoring {
    const char *path;
    const char *database;
    struct strbuf kept; /* path of the previous content; empty: not kept */
    struct origin origin;
    struct duplicate work; /* the new content of the database */
    struct strbuf repairs; /* a line for each repaired object of the schema */
    struct db *live;
    struct err *err;
};

/* Sets a number that no responder has seen: each drops its cached rows or
 * reloads its configuration before it adds anything. */
static int advance(struct restoring *r, const char *key) {
    struct db_statement *read;
    struct db_statement *write;
    int64_t live;
    if (db_prepare(r->live, sql_meta_get, &read, r->err) != 0 ||
        db_prepare(r->work.db, sql_meta_advance, &write, r->err) != 0)
        return -1;
    db_bind_string(read, ":key", key);
    if (db_number(read, &live, r->err) != 0)
        return -1;
    db_bind_string(write, ":key", key);
    db_bind_integer(write, ":live", live);
    if (db_run(write, r->err) != 0)
        return -1;
    return db_changes(r->work.db) == 1
               ? 0
               : err_set(r->err, ERR_CORRUPT,
                         "%s: the row `%s` of meta is missing", r->path, key);
}

static int keep(struct restoring *r) {
    if (r->kept.len == 0)
        return 0;
    return duplicate_copy(r->live, r->kept.data, false, false, r->err);
}

static void add_repair(struct restoring *r,
                       const struct schema_difference *one) {
    strbuf_printf(&r->repairs, "The %s ", one->type);
    utf8_escape(&r->repairs, one->name, strlen(one->name), false);
    strbuf_printf(&r->repairs, " of %s %s: it was %s\n", r->path,
                  schema_difference_text(one),
                  one->kind == SCHEMA_FOREIGN ? "left out" : "recreated");
}

/* The file is not trusted: before its schema is compared, neither its CHECKs,
 * which the integrity check evaluates, nor its triggers may run. */
static int repair_schema(struct restoring *r) {
    struct schema_differences found;
    struct db *db = r->work.db;
    int64_t version = r->origin.version;
    int result = schema_differences_find(db, version, &found, r->err);
    for (size_t i = 0; result == 0 && i < found.count; i++)
        add_repair(r, &found.list[i]);
    if (result == 0)
        result = schema_differences_repair(db, r->path, &found, r->err);
    schema_differences_free(&found);
    return result == 0
               ? schema_require(db, r->path, version, SCHEMA_NEEDS_ALL, r->err)
               : -1;
}

static int refuse_row(void *context, const struct row_fault *fault) {
    struct restoring *r = context;
    return err_set(r->err, ERR_CORRUPT,
                   "%s: a row of %s cannot be restored: %.50s %.100s %s; "
                   "correct or delete it in a copy with sqlite3",
                   r->path, fault->table, fault->family, fault->labels,
                   fault->what);
}

/* SQLite cannot copy over a database with another page size. */
static int fit_pages(struct restoring *r) {
    struct db *db = r->work.db;
    struct schema_version live;
    struct schema_version work;
    if (schema_read(r->live, &live, r->err) != 0 ||
        schema_read(db, &work, r->err) != 0)
        return -1;
    if (live.page_size == work.page_size)
        return 0;
    /* In WAL mode the page size cannot change. */
    return db_execute(db, sql_duplicate_close, r->err) == 0
               ? db_set_page_size(db, live.page_size, r->err)
               : -1;
}

/* Makes the file a database of this version, next to the live one. */
static int prepare(struct restoring *r) {
    struct db *db = r->work.db;
    if (db_open(r->database, false, DATABASE_PATIENCE_MS, &r->live, r->err) !=
            0 ||
        progress_copy(r->origin.db, db, r->err) != 0 || repair_schema(r) != 0 ||
        duplicate_check(db, r->path, r->err) != 0 || fit_pages(r) != 0 ||
        schema_migrate(db, r->path, r->err) != 0 ||
        row_references_check(db, r->path, r->err) != 0)
        return -1;
    return row_faults_find(db, refuse_row, r, r->err);
}

/* The caller holds the side lock. Replaces the content in one transaction of
 * SQLite; responders keep the file open. */
static int replace(struct restoring *r) {
    if (db_is_gone(r->live))
        return err_set(
            r->err, ERR_IO,
            "database %s was deleted, moved or replaced in the meantime",
            r->database);
    if (keep(r) != 0 || advance(r, "generation") != 0 ||
        advance(r, "open_generation") != 0 ||
        db_execute(r->live, sql_synchronous_full, r->err) != 0)
        return -1;
    return db_copy(r->work.db, r->live, NULL, NULL, r->err);
}

static int restore_into(struct restoring *r, struct store *store) {
    char *name = NULL;
    int result = -1;
    if (asprintf(&name, "%s.restore", r->database) < 0)
        return err_no_memory(r->err);
    if (duplicate_begin(&r->work, name, r->err) == 0) {
        result = prepare(r);
        if (result == 0)
            result = store_lock(store, r->err);
        if (result == 0)
            result = replace(r);
        db_close(r->live);
        duplicate_abandon(&r->work);
    }
    free(name);
    return result;
}

static int name_kept(struct restoring *r) {
    char when[32];
    time_t now = time(NULL);
    struct tm utc;
    (void)gmtime_r(&now, &utc);
    (void)strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &utc);
    strbuf_printf(&r->kept, "%s.%s", r->database, when);
    return r->kept.failed ? err_no_memory(r->err) : 0;
}

static int restore(struct restoring *r, struct live *live) {
    int status = live_end(live, live_open(live));
    if (status != COMMAND_OK) {
        (void)fputs(
            "If the database is too damaged to open: stop the responders, move "
            "it away\ntogether with its -wal and -shm, and restore again.\n",
            stderr);
        return status;
    }
    if (restore_into(r, live->store) != 0)
        return -1;
    (void)printf("%s: restored from %s\n%s", r->database, r->path,
                 strbuf_text(&r->repairs));
    if (r->kept.len > 0)
        (void)printf("The previous content is in %s\n", r->kept.data);
    return COMMAND_OK;
}

static int check(struct restoring *r, const struct call *call) {
    bool keeps = !call_has(call, "no-keep");
    if (access(r->database, F_OK) != 0)
        return COMMAND_OK;
    if (duplicate_is_of(r->path, r->database))
        return call_failed(call, "%s is the database itself", r->path);
    if (!call_has(call, "force"))
        return call_failed(
            call, "%s already exists: --force replaces its content with %s%s",
            r->database, r->path,
            keeps ? " and keeps the previous content in the same directory"
                  : "");
    return keeps ? name_kept(r) : COMMAND_OK;
}

static int restore_file(struct live *live, void *context) {
    struct restoring r = {.path = live->call->arguments[0],
                          .database = live->config->database,
                          .err = &live->err};
    (void)context;
    if (origin_open(&r.origin, r.path, r.err) != 0)
        return -1;
    int status = check(&r, live->call);
    if (status == COMMAND_OK)
        status = restore(&r, live);
    origin_close(&r.origin);
    strbuf_free(&r.kept);
    strbuf_free(&r.repairs);
    return status;
}

static int run(const struct call *call) {
    return live_run(call, restore_file, NULL);
}

const struct command command_restore = {
    .name = "restore",
    .arguments = "FILE [--force] [--no-keep]",
    .summary = "Replace the database with a backup",
    .help = "Responders may be running: pushes wait, then continue with the "
            "restored totals. A push that was counted since the backup is "
            "counted again if it is repeated. The previous content is kept in "
            "the same directory, as DATABASE.TIME.",
    .options =
        (const struct command_option[]){
            {"force", 'f', NULL, "replace an existing database"},
            {"no-keep", 0, NULL, "do not keep the previous content"},
            {0}},
    .least = 1,
    .most = 1,
    .needs = "must have one argument, the FILE of a backup",
    .run = run};
