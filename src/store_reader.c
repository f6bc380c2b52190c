#include <stdlib.h>

#include "db.h"
#include "sql.h"
#include "store.h"

struct reader {
    struct db *db;
    struct db_statement *begin;
    struct db_statement *end;
    struct db_statement *generation;
    struct db_statement *values;
    struct db_statement *histograms;
};

int reader_open(const char *path, struct reader **out, struct err *err) {
    struct reader *reader = calloc(1, sizeof(*reader));
    *out = NULL;
    if (!reader)
        return err_set(err, ERR_MEMORY, "out of memory");
    if (db_open(path, true, 500, &reader->db, err) != 0 ||
        db_prepare(reader->db, sql_snapshot_begin, &reader->begin, err) != 0 ||
        db_prepare(reader->db, sql_rollback, &reader->end, err) != 0 ||
        db_prepare(reader->db, sql_generation, &reader->generation, err) != 0 ||
        db_prepare(reader->db, sql_values_list, &reader->values, err) != 0 ||
        db_prepare(reader->db, sql_histograms_list, &reader->histograms, err) !=
            0) {
        reader_close(reader);
        return -1;
    }
    *out = reader;
    return 0;
}

void reader_close(struct reader *reader) {
    if (!reader)
        return;
    db_close(reader->db);
    free(reader);
}

int reader_begin(struct reader *reader, struct err *err) {
    return db_run(reader->begin, err);
}

void reader_end(struct reader *reader) {
    struct err ignored;
    if (db_in_transaction(reader->db))
        (void)db_run(reader->end, &ignored);
}

int reader_is_current(struct reader *reader, const struct registry *registry,
                      struct err *err) {
    int result = db_step(reader->generation, err);
    int64_t generation = result == 1 ? db_integer(reader->generation, 0) : 0;
    db_reset(reader->generation);
    if (result < 0)
        return -1;
    return registry->generation == 0 || registry->generation == generation;
}

/* The columns of a row are most of what a scrape costs in the database: those
 * that a type does not have are not read. */
static struct series read_row(struct db_statement *statement, bool histogram) {
    struct series series = {.created_at = db_integer(statement, 1)};
    series.labels = db_text(statement, 0, &series.labels_len);
    if (histogram) {
        series.sum = db_real(statement, 2);
        series.buckets = db_text(statement, 3, &series.buckets_len);
    } else {
        series.value = db_real(statement, 2);
    }
    return series;
}

int reader_series(struct reader *reader, const struct family *family,
                  series_visit *visit, void *context, struct err *err) {
    int result;
    bool histogram = family->type == METRIC_HISTOGRAM;
    struct db_statement *statement =
        histogram ? reader->histograms : reader->values;
    db_bind_integer(statement, ":family", family->id);
    while ((result = db_step(statement, err)) == 1) {
        struct series series = read_row(statement, histogram);
        result = visit(context, &series);
        if (result != 0)
            break;
    }
    db_reset(statement);
    return result;
}

int reader_open_families(struct reader *reader, family_visit *visit,
                         void *context, struct err *err) {
    (void)reader;
    (void)visit;
    (void)context;
    (void)err;
    return 0;
}
