/* tallyman restore: a backup takes the place of the totals. */
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
    struct strbuf kept; /* the path of what was there before; empty: nothing */
    struct origin origin;
    struct duplicate work; /* what will be the content of the database */
    struct strbuf mended;  /* the lines that say what was not taken over */
    struct db *live;
    struct err *err;
};

/* A number that no responder has seen: each forgets what it knows of rows, or
 * loads its configuration anew, before it adds anything. */
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
                         "%s: the row `%s` of meta is gone", r->path, key);
}

static int keep(struct restoring *r) {
    if (r->kept.len == 0)
        return 0;
    return duplicate_copy(r->live, r->kept.data, false, false, r->err);
}

static void tell_mended(struct restoring *r,
                        const struct schema_difference *one) {
    strbuf_printf(&r->mended, "The %s ", one->type);
    utf8_escape(&r->mended, one->name, strlen(one->name), false);
    strbuf_printf(&r->mended, " of %s %s: it was %s\n", r->path,
                  schema_difference_text(one),
                  one->kind == SCHEMA_FOREIGN ? "left out" : "made anew");
}

/* A file can hold anything. Nothing of its own runs before it is compared:
 * neither its CHECKs, which the check for damage evaluates, nor its triggers.
 */
static int mend_schema(struct restoring *r) {
    struct schema_differences found;
    struct db *db = r->work.db;
    int64_t version = r->origin.version;
    int result = schema_differences_find(db, version, &found, r->err);
    for (size_t i = 0; result == 0 && i < found.count; i++)
        tell_mended(r, &found.list[i]);
    if (result == 0)
        result = schema_differences_mend(db, r->path, &found, r->err);
    schema_differences_free(&found);
    return result == 0
               ? schema_require(db, r->path, version, SCHEMA_NEEDS_ALL, r->err)
               : -1;
}

static int refuse_row(void *context, const struct row_fault *fault) {
    struct restoring *r = context;
    return err_set(
        r->err, ERR_CORRUPT,
        "%s: a row of %s cannot be taken over: %.50s %.100s %s; mend "
        "or delete it in a copy with sqlite3",
        r->path, fault->table, fault->family, fault->labels, fault->what);
}

/* SQLite copies no file over one whose pages have another size. */
static int fit_pages(struct restoring *r) {
    struct db *db = r->work.db;
    struct schema_version live;
    struct schema_version work;
    if (schema_read(r->live, &live, r->err) != 0 ||
        schema_read(db, &work, r->err) != 0)
        return -1;
    if (live.page_size == work.page_size)
        return 0;
    /* With a WAL pages keep their size. */
    return db_execute(db, sql_duplicate_close, r->err) == 0
               ? db_set_page_size(db, live.page_size, r->err)
               : -1;
}

/* The file as a database of this version, beside the one that it will be. */
static int prepare(struct restoring *r) {
    struct db *db = r->work.db;
    if (db_open(r->database, false, DATABASE_PATIENCE_MS, &r->live, r->err) !=
            0 ||
        progress_copy(r->origin.db, db, r->err) != 0 || mend_schema(r) != 0 ||
        duplicate_check(db, r->path, r->err) != 0 || fit_pages(r) != 0 ||
        schema_migrate(db, r->path, r->err) != 0 ||
        row_references_check(db, r->path, r->err) != 0)
        return -1;
    return row_faults_find(db, refuse_row, r, r->err);
}

/* The caller holds the side lock. The content is replaced in one transaction of
 * SQLite: responders go on with the file that they have open. */
static int replace(struct restoring *r) {
    if (db_is_gone(r->live))
        return err_set(r->err, ERR_IO,
                       "database %s was deleted, moved or replaced meanwhile",
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
        (void)fputs("If the database is damaged so that it cannot be opened: "
                    "stop the responders, move\nit away together with its -wal "
                    "and -shm, and restore again.\n",
                    stderr);
        return status;
    }
    if (restore_into(r, live->store) != 0)
        return -1;
    (void)printf("%s: restored from %s\n%s", r->database, r->path,
                 r->mended.data ? r->mended.data : "");
    if (r->kept.len > 0)
        (void)printf("What it had before is in %s\n", r->kept.data);
    return COMMAND_OK;
}

static int check(struct restoring *r, const struct call *call) {
    bool keeps = !call_has(call, "no-keep");
    if (access(r->database, F_OK) != 0)
        return COMMAND_OK;
    if (duplicate_is_of(r->path, r->database))
        return call_failed(call, "%s is the database itself", r->path);
    if (!call_has(call, "force"))
        return call_failed(call,
                           "%s is there already: --force puts %s in its "
                           "place%s",
                           r->database, r->path,
                           keeps ? ", and keeps what it has beside it" : "");
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
    strbuf_free(&r.mended);
    return status;
}

static int run(const struct call *call) {
    return live_run(call, restore_file, NULL);
}

const struct command command_restore = {
    .name = "restore",
    .arguments = "FILE [--force] [--no-keep]",
    .summary = "Put a backup in the place of the totals",
    .help = "Responders may be running: they go on with what the file has, and "
            "pushes wait meanwhile. A push that was counted since the backup "
            "is counted again when it is repeated. What the database had "
            "before is written beside it, as DATABASE.TIME.",
    .options =
        (const struct command_option[]){
            {"force", 'f', NULL, "replace a database that is there"},
            {"no-keep", 0, NULL, "do not keep what it had"},
            {0}},
    .least = 1,
    .most = 1,
    .needs = "must have one argument, the FILE that a backup has written",
    .run = run};
