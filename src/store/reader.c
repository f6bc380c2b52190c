#include "store/reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/histogram.h"
#include "metrics/metric.h"
#include "store/family_row.h"
#include "store/reading.h"

static int prepare_all(struct reader *reader, struct err *err) {
    struct reader_statements *sql = &reader->sql;
    const struct {
        struct db_statement **statement;
        const char *text;
    } list[] = {
#define ROW(name) {&sql->name, sql_##name},
        READER_STATEMENTS(ROW)
#undef ROW
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (db_prepare(reader->db, list[i].text, list[i].statement, err) != 0)
            return -1;
    return 0;
}

int reader_open(const char *path, struct reader **out, struct err *err) {
    struct reader *reader = calloc(1, sizeof(*reader));
    *out = NULL;
    if (!reader)
        return err_no_memory(err);
    if (db_open(path, true, 500, &reader->db, err) != 0 ||
        prepare_all(reader, err) != 0) {
        reader_close(reader);
        return -1;
    }
    *out = reader;
    return 0;
}

int reader_share(struct db *db, struct reader **out, struct err *err) {
    struct reader *reader = calloc(1, sizeof(*reader));
    *out = NULL;
    if (!reader)
        return err_no_memory(err);
    reader->db = db;
    reader->shared = true;
    if (prepare_all(reader, err) != 0) {
        reader_close(reader);
        return -1;
    }
    *out = reader;
    return 0;
}

static void finalize_all(struct reader *reader) {
    const struct reader_statements *sql = &reader->sql;
#define FINALIZE(name) db_finalize(sql->name);
    READER_STATEMENTS(FINALIZE)
#undef FINALIZE
}

void reader_close(struct reader *reader) {
    if (!reader)
        return;
    if (reader->shared)
        finalize_all(reader);
    else
        db_close(reader->db);
    free(reader);
}

void reader_limit(struct reader *reader, bool (*expired)(void *context),
                  void *context) {
    db_limit(reader->db, expired, context);
}

int reader_begin(struct reader *reader, struct err *err) {
    if (db_is_gone(reader->db))
        return err_set(err, ERR_IO,
                       "the database was deleted, moved or replaced");
    return db_run(reader->sql.snapshot_begin, err);
}

void reader_end(struct reader *reader) {
    struct err ignored;
    if (db_in_transaction(reader->db))
        (void)db_run(reader->sql.rollback, &ignored);
}

int reader_is_current(struct reader *reader, const struct registry *registry,
                      struct err *err) {
    int64_t generation;
    if (db_number(reader->sql.generation, &generation, err) != 0)
        return -1;
    return registry->generation == 0 || registry->generation == generation;
}

/* A db_visit for families_all.sql; context is the registry. */
static int find_family(void *context, struct db_statement *row,
                       struct err *err) {
    double bounds[HISTOGRAM_BOUNDS_MAX];
    struct registry *registry = context;
    struct family stored;
    if (family_row_read(row, bounds, &stored) != 0)
        return 0;
    struct family *family =
        registry_find(registry, stored.name, strlen(stored.name));
    if (family && family->type == stored.type &&
        family_same_bounds(family, &stored))
        family->id = stored.id;
    if (family || !metric_name_reserved(stored.name))
        return 0;
    family = registry_copy(registry, &stored);
    if (!family)
        return err_no_memory(err);
    family->open = false;
    family->internal = true;
    return 0;
}

int reader_find_families(struct reader *reader, struct registry *registry,
                         struct err *err) {
    for (size_t i = 0; i < registry_count(registry); i++)
        registry->families[i]->id = 0;
    return db_query(reader->db, sql_families_all, find_family, registry, err);
}

/* NaN for a gauge that was never set. */
static double read_value(struct db_statement *statement, int column,
                         enum metric_shape shape) {
    double value = db_real(statement, column);
    return shape == SHAPE_VALUE && !(value < 0 || value > 0) &&
                   db_is_null(statement, column)
               ? NAN
               : value;
}

/* Skips columns that the shape does not have: reading columns is most of a
 * scrape's cost in the database. */
static struct series read_row(struct db_statement *statement,
                              enum metric_shape shape) {
    struct series series = {.labels = NULL};
    series.labels = db_text(statement, 0, &series.labels_len);
    switch (shape) {
    case SHAPE_BUCKETS:
        series.sum = db_real(statement, 1);
        series.buckets = db_text(statement, 2, &series.buckets_len);
        break;
    case SHAPE_OBSERVATIONS:
        series.sum = db_real(statement, 1);
        series.count = (uint64_t)db_integer(statement, 2);
        break;
    case SHAPE_TOTAL:
    case SHAPE_VALUE:
        series.value = read_value(statement, 1, shape);
        break;
    }
    return series;
}

static struct series read_born_row(struct db_statement *statement,
                                   enum metric_shape shape) {
    struct series series = {.created_at = db_integer(statement, 1),
                            .value = read_value(statement, 2, shape),
                            .sum = db_real(statement, 3),
                            .count = (uint64_t)db_integer(statement, 4)};
    series.labels = db_text(statement, 0, &series.labels_len);
    series.buckets = db_text(statement, 5, &series.buckets_len);
    return series;
}

int reader_series(struct reader *reader, const struct family *family,
                  unsigned parts, series_visit *visit, void *context,
                  struct err *err) {
    int result = 0;
    const bool births = parts & SERIES_BIRTHS;
    const enum metric_shape shape = metric_shape(family->type);
    struct db_statement *const lists[] = {
        [SHAPE_TOTAL] = reader->sql.values_list,
        [SHAPE_VALUE] = reader->sql.values_list,
        [SHAPE_OBSERVATIONS] = reader->sql.summaries_list,
        [SHAPE_BUCKETS] = reader->sql.histograms_list,
    };
    struct db_statement *statement =
        births ? reader->sql.births_list : lists[shape];
    db_bind_integer(statement, ":family", family->id);
    if ((parts & SERIES_EXEMPLARS) && family->exemplars)
        result = exemplar_rows_begin(&reader->exemplars,
                                     reader->sql.exemplars_list, family, err);
    while (result == 0 && (result = db_step(statement, err)) == 1) {
        struct series series = births ? read_born_row(statement, shape)
                                      : read_row(statement, shape);
        result = reader->exemplars.rows
                     ? exemplar_rows_take(&reader->exemplars, &series, err)
                     : 0;
        if (result == 0)
            result = visit(context, &series);
    }
    exemplar_rows_end(&reader->exemplars);
    db_reset(statement);
    return result;
}

int reader_open_families(struct reader *reader, family_visit *visit,
                         void *context, struct err *err) {
    int result;
    while ((result = db_step(reader->sql.families_exposed, err)) == 1) {
        double bounds[HISTOGRAM_BOUNDS_MAX];
        struct family family;
        if (family_row_read(reader->sql.families_exposed, bounds, &family) != 0)
            continue;
        result = visit(context, &family);
        if (result != 0)
            break;
    }
    db_reset(reader->sql.families_exposed);
    return result;
}

int reader_groups(struct reader *reader, group_visit *visit, void *context,
                  struct err *err) {
    int result;
    struct db_statement *row = reader->sql.groups_list;
    while ((result = db_step(row, err)) == 1) {
        struct push_group group = {.id = db_integer(row, 0),
                                   .pushed_at = db_real(row, 2),
                                   .failed_at = db_real(row, 3)};
        group.labels = db_text(row, 1, &group.labels_len);
        if (!group.labels)
            continue;
        result = visit(context, &group);
        if (result != 0)
            break;
    }
    db_reset(row);
    return result;
}

int reader_group_series(struct reader *reader, int64_t group,
                        group_series_visit *visit, void *context,
                        struct err *err) {
    int result;
    struct db_statement *row = reader->sql.group_series;
    if (group != 0)
        db_bind_integer(row, ":group", group);
    while ((result = db_step(row, err)) == 1) {
        struct series series = {.value =
                                    db_is_null(row, 2) ? NAN : db_real(row, 2),
                                .sum = db_real(row, 3),
                                .count = (uint64_t)db_integer(row, 4),
                                .created_at = db_integer(row, 6),
                                .updated_at = db_integer(row, 7)};
        series.labels = db_text(row, 1, &series.labels_len);
        series.buckets = db_text(row, 5, &series.buckets_len);
        result = visit(context, db_integer(row, 0), &series);
        if (result != 0)
            break;
    }
    db_reset(row);
    return result;
}

int reader_sessions(struct reader *reader, int64_t now, active_visit *visit,
                    void *context, struct err *err) {
    int result;
    db_bind_integer(reader->sql.sessions_active, ":now", now);
    while ((result = db_step(reader->sql.sessions_active, err)) == 1) {
        size_t len;
        const char *labels = db_text(reader->sql.sessions_active, 0, &len);
        if (!labels)
            continue;
        result = visit(context, labels, len,
                       (uint64_t)db_integer(reader->sql.sessions_active, 1));
        if (result != 0)
            break;
    }
    db_reset(reader->sql.sessions_active);
    return result;
}
