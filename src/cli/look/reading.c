#include "cli/look/reading.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/histogram.h"
#include "sql.h"
#include "store/family_row.h"
#include "store/schema.h"

/* An outsider's lock is waited for so long, in milliseconds. */
enum { PATIENCE_MS = 2000 };

static int check_version(struct db *db, const char *path, struct err *err) {
    struct schema_version version;
    if (schema_read(db, &version, err) != 0)
        return -1;
    if (!version.ours)
        return err_set(err, ERR_VALUE,
                       "database %s is not one of Tallyman; see `database` in "
                       "the configuration",
                       path);
    if (version.number != SQL_MIGRATIONS)
        return err_set(err, ERR_VALUE,
                       "database %s has schema version %lld and this program "
                       "knows %d; use the tallyman that was installed with "
                       "the responders, and restart them after an upgrade",
                       path, (long long)version.number, SQL_MIGRATIONS);
    return schema_require(db, path, version.number, SCHEMA_NEEDS_OURS, err);
}

int reading_open(const char *path, struct db **out, struct err *err) {
    if (db_open(path, true, PATIENCE_MS, out, err) != 0)
        return -1;
    if (check_version(*out, path, err) == 0)
        return 0;
    db_close(*out);
    *out = NULL;
    return -1;
}

static int no_memory(struct err *err) {
    return err_set(err, ERR_MEMORY, "out of memory");
}

/* Room for one more of size bytes at *list, which has count. */
static bool grow(struct reading *reading, void **list, size_t count,
                 size_t size) {
    if (count < reading->room)
        return true;
    size_t room = reading->room ? reading->room * 2 : 64;
    void *bigger = realloc(*list, room * size);
    if (!bigger)
        return false;
    *list = bigger;
    reading->room = room;
    return true;
}

static char *copy_column(struct reading *reading,
                         struct db_statement *statement, int column) {
    size_t len;
    const char *text = db_text(statement, column, &len);
    return arena_copy(&reading->arena, text ? text : "", len);
}

static int add_family(struct reading *reading, struct db_statement *row,
                      struct err *err) {
    void *list = reading->families;
    if (!grow(reading, &list, reading->family_count,
              sizeof(*reading->families)))
        return no_memory(err);
    reading->families = list;
    struct family_total *family = &reading->families[reading->family_count++];
    *family = (struct family_total){
        .name = copy_column(reading, row, 0),
        .type = copy_column(reading, row, 1),
        .series = db_integer(row, 2),
        .total = db_is_null(row, 3) ? NAN : db_real(row, 3),
        .updated = copy_column(reading, row, 4),
        .help = copy_column(reading, row, 5),
    };
    return family->name && family->type && family->updated && family->help
               ? 0
               : no_memory(err);
}

int reading_families(struct db *db, struct reading *reading, struct err *err) {
    struct db_statement *statement;
    int result;
    if (db_prepare(db, sql_families_list, &statement, err) != 0)
        return -1;
    while ((result = db_step(statement, err)) == 1)
        if (add_family(reading, statement, err) != 0) {
            result = -1;
            break;
        }
    db_finalize(statement);
    return result;
}

/* A row that somebody has damaged is a family that is not there. */
static int describe(struct db *db, const char *name, struct reading *reading,
                    struct err *err) {
    struct db_statement *statement;
    struct family row;
    struct family *family = &reading->family;
    double *bounds =
        arena_take(&reading->arena, HISTOGRAM_BOUNDS_MAX * sizeof(*bounds));
    if (!bounds)
        return no_memory(err);
    if (db_prepare(db, sql_family_describe, &statement, err) != 0)
        return -1;
    db_bind_text(statement, ":name", name, strlen(name));
    int result = db_step(statement, err);
    if (result == 1 && family_row_read(statement, bounds, &row) == 0) {
        *family = row;
        family->name = copy_column(reading, statement, 1);
        family->help = copy_column(reading, statement, 3);
        family->unit = copy_column(reading, statement, 4);
        reading->found = true;
        if (!family->name || !family->help || !family->unit)
            result = no_memory(err);
    }
    db_finalize(statement);
    return result < 0 ? -1 : 0;
}

/* NULL when the buckets are damaged, or memory ran out. */
static uint64_t *read_buckets(struct reading *reading,
                              struct db_statement *row) {
    size_t len;
    const char *text = db_text(row, 5, &len);
    size_t count = reading->family.bound_count + 1;
    uint64_t *buckets = arena_take(&reading->arena, count * sizeof(*buckets));
    if (!text || !buckets ||
        histogram_read_json(text, len, buckets, count) != 0)
        return NULL;
    return buckets;
}

static int add_series(struct reading *reading, struct db_statement *row,
                      struct err *err) {
    size_t len;
    void *list = reading->series;
    if (!grow(reading, &list, reading->series_count, sizeof(*reading->series)))
        return no_memory(err);
    reading->series = list;
    struct series_total *series = &reading->series[reading->series_count++];
    (void)db_text(row, 1, &len);
    *series = (struct series_total){
        .id = db_integer(row, 0),
        .labels = copy_column(reading, row, 1),
        .labels_len = len,
        .value = db_is_null(row, 2) ? NAN : db_real(row, 2),
        .sum = db_real(row, 3),
        .count = (uint64_t)db_integer(row, 4),
        .updated = copy_column(reading, row, 6),
    };
    if (metric_shape(reading->family.type) == SHAPE_BUCKETS)
        series->buckets = read_buckets(reading, row);
    return series->labels && series->updated ? 0 : no_memory(err);
}

int reading_family(struct db *db, const char *name, const char *filter,
                   struct reading *reading, struct err *err) {
    struct db_statement *statement;
    int result;
    if (describe(db, name, reading, err) != 0)
        return -1;
    if (!reading->found)
        return 0;
    if (db_prepare(db, sql_totals_list, &statement, err) != 0)
        return -1;
    db_bind_integer(statement, ":family", reading->family.id);
    db_bind_integer(statement, ":always",
                    metric_shape(reading->family.type) != SHAPE_VALUE);
    db_bind_text(statement, ":filter", filter, strlen(filter));
    while ((result = db_step(statement, err)) == 1)
        if (add_series(reading, statement, err) != 0) {
            result = -1;
            break;
        }
    db_finalize(statement);
    return result;
}

void reading_free(struct reading *reading) {
    free(reading->families);
    free(reading->series);
    arena_free(&reading->arena);
    *reading = (struct reading){.families = NULL};
}
