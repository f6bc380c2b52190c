#include <stdlib.h>

#include "db.h"
#include "sql.h"
#include "store.h"

struct reader {
    struct db *db;
    struct db_statement *begin;
    struct db_statement *end;
    struct db_statement *generation;
    struct db_statement *series;
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
        db_prepare(reader->db, sql_series_list, &reader->series, err) != 0) {
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

static void read_row(struct db_statement *statement, struct series *series) {
    series->labels = db_text(statement, 0, &series->labels_len);
    series->value = db_real(statement, 1);
    series->sum = db_real(statement, 2);
    series->buckets = db_text(statement, 3, &series->buckets_len);
    series->created_at = db_integer(statement, 4);
}

int reader_series(struct reader *reader, int64_t family_id, series_visit *visit,
                  void *context, struct err *err) {
    int result;
    db_bind_integer(reader->series, ":family", family_id);
    while ((result = db_step(reader->series, err)) == 1) {
        struct series series;
        read_row(reader->series, &series);
        result = visit(context, &series);
        if (result != 0)
            break;
    }
    db_reset(reader->series);
    return result;
}
