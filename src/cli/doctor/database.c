/* The checks of the database. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/command/database.h"
#include "cli/doctor/doctor.h"
#include "cli/look/calendar.h"
#include "sql.h"
#include "store/db.h"
#include "store/row_fault.h"
#include "store/schema.h"
#include "store/schema_difference.h"

/* A warning comes at this share of a limit, in percent. */
enum { NEAR_PERCENT = 90 };
/* The maximum number of findings of a check. */
enum { SHOWN_MAX = 10 };

static const char restore_it[] =
    "stop the responders, keep a copy of the files, and restore the last "
    "backup: tallyman restore";

/* Reports a failed statement. */
static void tell_failure(struct doctor *doctor, const char *check,
                         const struct err *err) {
    const char *remedy = "run doctor as the owner of the file";
    if (err->code == ERR_CORRUPT)
        remedy = restore_it;
    if (err->code == ERR_BUSY)
        remedy = "another process holds a lock: look for an open sqlite3 shell";
    doctor_tell(doctor, check, doctor->database, remedy, "%s", err->message);
}

/* Reports the number of findings that are not shown. */
static void tell_more(struct doctor *doctor, const char *check, size_t count) {
    if (count > SHOWN_MAX)
        doctor_find(doctor, FINDING_WRONG, check, doctor->database, NULL,
                    "and %zu more", count - SHOWN_MAX);
}

/* --- schema and WAL ------------------------------------------------------- */

static void check_wal(struct doctor *doctor, const char *journal) {
    const bool on = strcmp(journal, "wal") == 0;
    doctor_tell(doctor, "WAL", doctor->database,
                on ? NULL
                   : "restart the responders to turn it on; if it does not "
                     "stay on, move the file to a local disk",
                "the journal mode is %s", journal);
}

/* False if the tables are not those of this version. */
static bool check_version(struct doctor *doctor, bool ours, int64_t version) {
    const char *remedy = NULL;
    if (!ours) {
        doctor_tell(doctor, "schema", doctor->database,
                    "set `database` to the path of another file",
                    "belongs to another program");
        return false;
    }
    if (version > SQL_VERSION)
        remedy = "use the tallyman command of the responders' version";
    if (version < SQL_VERSION)
        remedy = "restart the responders to upgrade it";
    if (version < SQL_OLDEST)
        remedy = restore_it;
    doctor_tell(doctor, "schema", doctor->database, remedy,
                "version %" PRId64 "; this tallyman has version %d", version,
                SQL_VERSION);
    return !remedy;
}

static bool check_schema(struct doctor *doctor, struct db *db) {
    struct schema_version version;
    struct err err = {.code = ERR_NONE};
    if (schema_read(db, &version, &err) != 0) {
        tell_failure(doctor, "schema", &err);
        return false;
    }
    if (!check_version(doctor, version.ours, version.number))
        return false;
    check_wal(doctor, version.journal);
    return true;
}

static void tell_difference(struct doctor *doctor,
                            const struct schema_difference *one) {
    doctor_tell(
        doctor, "schema", doctor->database,
        schema_difference_is_grave(one)
            ? restore_it
            : "drop the object, or make a backup and restore it, which omits "
              "the object: responders and upgrades do not expect it",
        "the %s %.200s %s", one->type, one->name, schema_difference_text(one));
}

/* False if a table or view is not ours: then no statement may use it. */
static bool check_differences(struct doctor *doctor, struct db *db) {
    struct schema_differences found;
    struct err err = {.code = ERR_NONE};
    bool safe = schema_differences_find(db, SQL_VERSION, &found, &err) == 0;
    if (!safe) {
        tell_failure(doctor, "schema", &err);
        found.count = 0; /* the list may be incomplete */
    }
    for (size_t i = 0; i < found.count; i++) {
        safe = safe && !schema_difference_is_grave(&found.list[i]);
        if (i < SHOWN_MAX)
            tell_difference(doctor, &found.list[i]);
    }
    tell_more(doctor, "schema", found.count);
    schema_differences_free(&found);
    return safe;
}

/* --- integrity ------------------------------------------------------------ */

/* Reports every row except `ok`. */
static int tell_damage(void *context, struct db_statement *row,
                       struct err *err) {
    struct doctor *doctor = context;
    size_t len;
    const char *text = db_text(row, 0, &len);
    (void)err;
    if (!text || strcmp(text, "ok") != 0)
        doctor_tell(doctor, "integrity", doctor->database, restore_it, "%s",
                    text ? text : "");
    return 0;
}

static void check_integrity(struct doctor *doctor, struct db *db) {
    struct err err = {.code = ERR_NONE};
    const size_t wrong = doctor->wrong;
    if (db_query(db, sql_quick_check, tell_damage, doctor, &err) != 0)
        tell_failure(doctor, "integrity", &err);
    else if (doctor->wrong == wrong)
        doctor_tell(doctor, "integrity", doctor->database, NULL, "sound");
}

struct lost {
    size_t count;
    char table[100]; /* of the first */
};

static int count_lost(void *context, struct db_statement *row,
                      struct err *err) {
    struct lost *lost = context;
    size_t len;
    const char *table = db_text(row, 0, &len);
    (void)err;
    if (lost->count++ == 0)
        (void)snprintf(lost->table, sizeof(lost->table), "%s",
                       table ? table : "");
    return 0;
}

static void check_references(struct doctor *doctor, struct db *db) {
    struct lost lost = {.count = 0};
    struct err err = {.code = ERR_NONE};
    if (db_query(db, sql_foreign_key_check, count_lost, &lost, &err) != 0)
        tell_failure(doctor, "references", &err);
    else if (lost.count == 0)
        doctor_tell(doctor, "references", doctor->database, NULL, "sound");
    else
        doctor_tell(doctor, "references", doctor->database, restore_it,
                    "%zu rows refer to missing rows, the first in table %s",
                    lost.count, lost.table);
}

/* --- rows ----------------------------------------------------------------- */

struct rows {
    struct doctor *doctor;
    size_t count;
};

static int tell_fault(void *context, const struct row_fault *fault) {
    struct rows *rows = context;
    if (rows->count++ < SHOWN_MAX)
        doctor_tell(rows->doctor, "rows", rows->doctor->database,
                    "correct or delete the row with sqlite3, or restore the "
                    "last backup; scrapes omit damaged labels and buckets, and "
                    "series without totals",
                    "%s %.100s %.200s: %s", fault->table, fault->family,
                    fault->labels, fault->what);
    return 0;
}

static void check_row_faults(struct doctor *doctor, struct db *db) {
    struct rows rows = {.doctor = doctor};
    struct err err = {.code = ERR_NONE};
    if (row_faults_find(db, tell_fault, &rows, &err) != 0)
        tell_failure(doctor, "rows", &err);
    else if (rows.count == 0)
        doctor_tell(doctor, "rows", doctor->database, NULL,
                    "names, labels, buckets and totals are sound");
    tell_more(doctor, "rows", rows.count);
}

/* --- limits --------------------------------------------------------------- */

static void check_limit(struct doctor *doctor, const char *limit,
                        const char *of, int64_t used, uint64_t max) {
    const bool near = (double)used * 100 >= (double)max * NEAR_PERCENT;
    if (max > 0 || used > 0)
        doctor_tell(
            doctor, "limit", limit,
            near ? "raise the limit, or find the families that grow: tallyman "
                   "query series_by_family"
                 : NULL,
            "%" PRId64 " %s of %" PRIu64, used, of, max);
}

static int tell_limits(void *context, struct db_statement *row,
                       struct err *err) {
    struct doctor *doctor = context;
    const struct config *config = doctor->config;
    const struct registry *registry = &config->registry;
    /* In the order of columns in limits_used.sql. */
    const struct {
        const char *limit;
        const char *of;
        uint64_t max;
        bool applies;
    } limits[] = {
        {"limits.families", "families that no file lists",
         registry->open_families_max, config->open_families},
        {"limits.series", "series of families that no file lists",
         registry->open_series_max, config->open_families},
        {"limits.series", "running totals by process", registry->pushers_max,
         true},
        {"sessions.max_series", "label sets of sessions",
         (uint64_t)config->sessions.max_series, config->sessions.enabled},
    };
    (void)err;
    for (int i = 0; i < (int)(sizeof(limits) / sizeof(limits[0])); i++)
        if (limits[i].applies)
            check_limit(doctor, limits[i].limit, limits[i].of,
                        db_integer(row, i), limits[i].max);
    return 0;
}

static void check_limits(struct doctor *doctor, struct db *db) {
    struct err err = {.code = ERR_NONE};
    if (db_query(db, sql_limits_used, tell_limits, doctor, &err) != 0)
        tell_failure(doctor, "limit", &err);
}

static void check_label(struct doctor *doctor, struct db_statement *count,
                        const struct family *family,
                        const struct label_rule *label) {
    struct err err = {.code = ERR_NONE};
    char where[2 * FAMILY_NAME_MAX + 16];
    int64_t used;
    db_bind_string(count, ":family", family->name);
    db_bind_string(count, ":label", label->name);
    (void)snprintf(where, sizeof(where), "%s{%s}", family->name, label->name);
    if (db_number(count, &used, &err) == 0 &&
        used >= (int64_t)label->max_values)
        doctor_find(doctor, FINDING_NOTE, "label values", where,
                    "raise maxValues, or push fewer different values: tallyman "
                    "query label_values",
                    "has reached its %zu values; new values count as other",
                    label->max_values);
}

static void check_labels(struct doctor *doctor, struct db *db) {
    const struct registry *registry = &doctor->config->registry;
    struct db_statement *count;
    struct err err = {.code = ERR_NONE};
    if (db_prepare(db, sql_label_values_count, &count, &err) != 0) {
        tell_failure(doctor, "label values", &err);
        return;
    }
    for (size_t i = 0; i < registry_count(registry); i++) {
        const struct family *family = registry->families[i];
        for (size_t j = 0; j < family->label_count; j++)
            if (family->labels[j].max_values > 0)
                check_label(doctor, count, family, &family->labels[j]);
    }
    db_finalize(count);
}

/* --- history -------------------------------------------------------------- */

static void tell_size(struct doctor *doctor, int64_t since, int64_t bytes,
                      int64_t due) {
    const long long max = doctor->config->history.max_bytes;
    const bool near = (double)bytes * 100 >= (double)max * NEAR_PERCENT;
    const double mebibyte = 1 << 20;
    char when[32];
    const struct tm utc = calendar_parts(since);
    (void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &utc);
    doctor_tell(doctor, "history", doctor->database,
                near ? "raise history.max_bytes, or keep less: beyond it the "
                       "oldest five-minute values are deleted, then the oldest "
                       "hours, then the oldest days"
                     : NULL,
                "since %s, about %.1f of %.1f MiB; %" PRId64
                " totals not yet written",
                when, (double)bytes / mebibyte, (double)max / mebibyte, due);
}

static int tell_history(void *context, struct db_statement *row,
                        struct err *err) {
    struct doctor *doctor = context;
    const int64_t since = db_integer(row, 0);
    (void)err;
    if (since != 0)
        tell_size(doctor, since, db_integer(row, 1), db_integer(row, 2));
    else
        doctor_tell(doctor, "history", doctor->database, NULL, "%s",
                    doctor->config->history.enabled
                        ? "starts with the first responder"
                        : "off: history.enabled is false");
    return 0;
}

static void check_history(struct doctor *doctor, struct db *db) {
    struct err err = {.code = ERR_NONE};
    if (db_query(db, sql_history_state, tell_history, doctor, &err) != 0)
        tell_failure(doctor, "history", &err);
}

void doctor_check_database(struct doctor *doctor) {
    static void (*const checks[])(struct doctor *, struct db *) = {
        check_integrity, check_references, check_row_faults,
        check_limits,    check_labels,     check_history};
    struct db *db = NULL;
    struct err err = {.code = ERR_NONE};
    if (!doctor->there)
        return;
    if (db_open(doctor->database, true, DATABASE_PATIENCE_MS, &db, &err) != 0) {
        tell_failure(doctor, "database", &err);
        return;
    }
    doctor->readable =
        check_schema(doctor, db) && check_differences(doctor, db);
    for (size_t i = 0;
         doctor->readable && i < sizeof(checks) / sizeof(checks[0]); i++)
        checks[i](doctor, db);
    db_close(db);
}
