/* The database of doctor.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/doctor/doctor.h"
#include "sql.h"
#include "store/db.h"
#include "store/row_fault.h"
#include "store/schema.h"
#include "store/schema_difference.h"

/* From here on it is near its limit, in percent. */
enum { NEAR_PERCENT = 90, PATIENCE_MS = 2000 };
/* Of things of one kind so many are shown one by one. */
enum { SHOWN_MAX = 10 };

static const char restore_it[] =
    "stop the responders, keep a copy of the files, and restore the last "
    "backup: tallyman restore";

/* What went wrong with a statement. */
static void add_failure(struct doctor *doctor, const char *check,
                        const struct err *err) {
    const char *remedy = "ask again as the owner of the file";
    if (err->code == ERR_CORRUPT)
        remedy = restore_it;
    if (err->code == ERR_BUSY)
        remedy = "somebody holds a lock: look for an open sqlite3 shell";
    finding_add(&doctor->findings,
                (struct finding){FINDING_WRONG, check, doctor->config->database,
                                 remedy},
                "%s", err->message);
}

/* --- schema and WAL ---------------------------------------------------------
 */

static void check_wal(struct doctor *doctor, const char *journal) {
    struct finding finding = {FINDING_OK, "WAL", doctor->config->database,
                              NULL};
    if (strcmp(journal, "wal") != 0) {
        finding.status = FINDING_WRONG;
        finding.remedy = "restart the responders, which turn it on; if it "
                         "does not stay on, move the file to a local disk";
    }
    finding_add(&doctor->findings, finding, "the journal mode is %s", journal);
}

/* False when it is not known what is in the tables. */
static bool check_version(struct doctor *doctor, bool ours, int64_t version) {
    struct finding finding = {FINDING_WRONG, "schema", doctor->config->database,
                              NULL};
    if (!ours) {
        finding.remedy = "set `database` to the path of another file";
        finding_add(&doctor->findings, finding,
                    "is a database of another program");
        return false;
    }
    if (version > SQL_MIGRATIONS)
        finding.remedy = "use the tallyman that belongs to the responders";
    else if (version < SQL_MIGRATIONS)
        finding.remedy = "restart the responders, which bring it up to date";
    else
        finding.status = FINDING_OK;
    finding_add(&doctor->findings, finding, "version %" PRId64 ", this is %d",
                version, SQL_MIGRATIONS);
    return version == SQL_MIGRATIONS;
}

static bool check_schema(struct doctor *doctor, struct db *db) {
    struct schema_version version;
    struct err err = {.code = ERR_NONE};
    if (schema_read(db, &version, &err) != 0) {
        add_failure(doctor, "schema", &err);
        return false;
    }
    if (!check_version(doctor, version.ours, version.number))
        return false;
    check_wal(doctor, version.journal);
    return true;
}

static void add_difference(struct doctor *doctor,
                           const struct schema_difference *one) {
    finding_add(&doctor->findings,
                (struct finding){
                    FINDING_WRONG, "schema", doctor->config->database,
                    schema_difference_is_grave(one)
                        ? restore_it
                        : "make a backup and restore it, which mends that; if "
                          "you have made it yourself, drop it: responders and "
                          "upgrades do not know it"},
                "the %s %.200s %s", one->type, one->name,
                schema_difference_text(one));
}

/* Statements run on the tables, and the views, only if they are ours. False
 * when they are not. */
static bool check_differences(struct doctor *doctor, struct db *db) {
    struct schema_differences found;
    struct err err = {.code = ERR_NONE};
    bool safe = true;
    int result = schema_differences_find(db, SQL_MIGRATIONS, &found, &err);
    if (result != 0)
        add_failure(doctor, "schema", &err);
    for (size_t i = 0; result == 0 && i < found.count; i++) {
        safe = safe && !schema_difference_is_grave(&found.list[i]);
        if (i < SHOWN_MAX)
            add_difference(doctor, &found.list[i]);
    }
    if (result == 0 && found.count > SHOWN_MAX)
        finding_add(&doctor->findings,
                    (struct finding){FINDING_WRONG, "schema",
                                     doctor->config->database, NULL},
                    "and %zu more", found.count - SHOWN_MAX);
    schema_differences_free(&found);
    return result == 0 && safe;
}

/* --- integrity
 * ----------------------------------------------------------------- */

/* A finding for each row of the check but `ok`. */
static void check_integrity(struct doctor *doctor, struct db *db) {
    struct db_statement *statement = NULL;
    struct err err = {.code = ERR_NONE};
    size_t len;
    bool sound = true;
    int result = db_prepare(db, sql_quick_check, &statement, &err);
    struct finding finding = {FINDING_WRONG, "integrity",
                              doctor->config->database, restore_it};
    while (result == 0 && (result = db_step(statement, &err)) == 1) {
        const char *text = db_text(statement, 0, &len);
        result = 0;
        if (text && strcmp(text, "ok") == 0)
            continue;
        sound = false;
        finding_add(&doctor->findings, finding, "%s", text ? text : "");
    }
    if (result < 0)
        add_failure(doctor, "integrity", &err);
    else if (sound) {
        finding.status = FINDING_OK;
        finding.remedy = NULL;
        finding_add(&doctor->findings, finding, "sound");
    }
    db_finalize(statement);
}

/* A row for each row that points nowhere, those of a table together. */
static void check_references(struct doctor *doctor, struct db *db) {
    struct db_statement *statement = NULL;
    struct err err = {.code = ERR_NONE};
    size_t len;
    size_t count = 0;
    char table[100] = "";
    struct finding finding = {FINDING_OK, "references",
                              doctor->config->database, NULL};
    int result = db_prepare(db, sql_foreign_key_check, &statement, &err);
    while (result == 0 && (result = db_step(statement, &err)) == 1) {
        const char *name = db_text(statement, 0, &len);
        if (count++ == 0)
            (void)snprintf(table, sizeof(table), "%s", name ? name : "");
        result = 0;
    }
    db_finalize(statement);
    if (result < 0) {
        add_failure(doctor, "references", &err);
        return;
    }
    if (count > 0) {
        finding.status = FINDING_WRONG;
        finding.remedy = restore_it;
        finding_add(&doctor->findings, finding,
                    "%zu rows point nowhere, the first in the table %s", count,
                    table);
    } else {
        finding_add(&doctor->findings, finding, "sound");
    }
}

/* --- rows
 * ------------------------------------------------------------------------ */

struct rows {
    struct doctor *doctor;
    size_t count;
};

static int add_fault(void *context, const struct row_fault *fault) {
    struct rows *rows = context;
    if (rows->count++ < SHOWN_MAX)
        finding_add(
            &rows->doctor->findings,
            (struct finding){
                FINDING_WRONG, "rows", rows->doctor->config->database,
                "mend or delete the row with sqlite3, or restore the last "
                "backup; scrapes leave out damaged labels and buckets"},
            "%s %.100s %.200s: %s", fault->table, fault->family, fault->labels,
            fault->what);
    return 0;
}

static void check_row_faults(struct doctor *doctor, struct db *db) {
    struct rows rows = {.doctor = doctor};
    struct err err = {.code = ERR_NONE};
    struct finding finding = {FINDING_OK, "rows", doctor->config->database,
                              NULL};
    if (row_faults_find(db, add_fault, &rows, &err) != 0)
        add_failure(doctor, "rows", &err);
    else if (rows.count == 0)
        finding_add(&doctor->findings, finding,
                    "names, labels, buckets and totals are sound");
    finding.status = FINDING_WRONG;
    if (rows.count > SHOWN_MAX)
        finding_add(&doctor->findings, finding, "and %zu more",
                    rows.count - SHOWN_MAX);
}

/* --- limits
 * ---------------------------------------------------------------------- */

static void check_limit(struct doctor *doctor, const char *limit,
                        const char *of, int64_t used, uint64_t max) {
    bool near = (double)used * 100 >= (double)max * NEAR_PERCENT;
    struct finding finding = {FINDING_OK, "limit", limit, NULL};
    if (max == 0 && used == 0)
        return;
    if (near) {
        finding.status = FINDING_WRONG;
        finding.remedy = "raise it, or find what pushes so many: tallyman "
                         "query series_by_family";
    }
    finding_add(&doctor->findings, finding, "%" PRId64 " %s of %" PRIu64, used,
                of, max);
}

static void check_limits(struct doctor *doctor, struct db *db) {
    const struct config *config = doctor->config;
    const struct registry *registry = &config->registry;
    struct db_statement *statement = NULL;
    struct err err = {.code = ERR_NONE};
    if (db_prepare(db, sql_limits_used, &statement, &err) != 0 ||
        db_step(statement, &err) != 1) {
        add_failure(doctor, "limit", &err);
    } else {
        if (config->open_families) {
            check_limit(doctor, "limits.families",
                        "families that no file lists", db_integer(statement, 0),
                        registry->open_families_max);
            check_limit(doctor, "limits.series",
                        "series of families that no file lists",
                        db_integer(statement, 1), registry->open_series_max);
        }
        check_limit(doctor, "limits.series", "running totals by process",
                    db_integer(statement, 2), registry->pushers_max);
        if (config->sessions.enabled)
            check_limit(doctor, "sessions.max_series", "label sets of sessions",
                        db_integer(statement, 3),
                        (uint64_t)config->sessions.max_series);
    }
    db_finalize(statement);
}

static void check_label(struct doctor *doctor, struct db_statement *count,
                        const struct family *family,
                        const struct label_rule *label) {
    struct err err = {.code = ERR_NONE};
    char where[2 * FAMILY_NAME_MAX + 16];
    db_bind_text(count, ":family", family->name, strlen(family->name));
    db_bind_text(count, ":label", label->name, strlen(label->name));
    int64_t used = db_step(count, &err) == 1 ? db_integer(count, 0) : 0;
    db_reset(count);
    (void)snprintf(where, sizeof(where), "%s{%s}", family->name, label->name);
    if (used >= (int64_t)label->max_values)
        finding_add(&doctor->findings,
                    (struct finding){FINDING_NOTE, "label values", where,
                                     "raise maxValues, or push fewer different "
                                     "values: tallyman query label_values"},
                    "has all of its %zu values, further ones count as other",
                    label->max_values);
}

static void check_labels(struct doctor *doctor, struct db *db) {
    const struct registry *registry = &doctor->config->registry;
    struct db_statement *count;
    struct err err = {.code = ERR_NONE};
    if (db_prepare(db, sql_label_values_count, &count, &err) != 0) {
        add_failure(doctor, "label values", &err);
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

void doctor_check_database(struct doctor *doctor) {
    struct db *db = NULL;
    struct err err = {.code = ERR_NONE};
    if (db_open(doctor->config->database, true, PATIENCE_MS, &db, &err) != 0) {
        add_failure(doctor, "database", &err);
        return;
    }
    doctor->readable =
        check_schema(doctor, db) && check_differences(doctor, db);
    if (doctor->readable) {
        check_integrity(doctor, db);
        check_references(doctor, db);
        check_row_faults(doctor, db);
        check_limits(doctor, db);
        check_labels(doctor, db);
    }
    db_close(db);
}
