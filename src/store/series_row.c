#include "store/series_row.h"

#include "store/connection.h"

/* Binds the buckets of a new series, and runs the statement. */
static int run_at_zero(struct db_statement *statement,
                       const struct family *family, int64_t now,
                       struct err *err) {
    struct strbuf buckets = {0};
    if (metric_shape(family->type) == SHAPE_BUCKETS) {
        strbuf_add_string(&buckets, "[0");
        for (size_t i = 0; i < family->bound_count; i++)
            strbuf_add_string(&buckets, ",0");
        strbuf_add_char(&buckets, ']');
    }
    db_bind_text(statement, ":buckets", buckets.data, buckets.len);
    db_bind_integer(statement, ":now", now);
    int result = buckets.failed ? err_no_memory(err) : db_run(statement, err);
    strbuf_free(&buckets);
    return result;
}

int series_row_insert(struct db_statement *statement,
                      const struct family *family, const char *labels,
                      size_t labels_len, int64_t now, struct err *err) {
    db_bind_integer(statement, ":family", family->id);
    db_bind_text(statement, ":labels", labels, labels_len);
    return run_at_zero(statement, family, now, err);
}

int series_row_zero(struct db_statement *statement, const struct family *family,
                    int64_t id, int64_t now, struct err *err) {
    db_bind_integer(statement, ":id", id);
    return run_at_zero(statement, family, now, err);
}

int series_rows_zero(struct db_statement *statement,
                     const struct family *family, int64_t group, int64_t now,
                     struct err *err) {
    db_bind_integer(statement, ":group", group);
    db_bind_integer(statement, ":family", family->id);
    return run_at_zero(statement, family, now, err);
}

int series_row_count(struct store *store, int64_t family, int64_t *count,
                     struct err *err) {
    db_bind_integer(store->sql.series_count, ":family", family);
    return db_number(store->sql.series_count, count, err);
}
