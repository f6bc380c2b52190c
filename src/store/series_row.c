#include "store/series_row.h"

#include "store/connection.h"
#include "store/history.h"

/* Runs a statement that sets totals to zero. */
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

static int set_to_zero(struct store *store, const struct family *family,
                       int64_t id, int64_t now, struct err *err) {
    struct db_statement *birth = store->sql.series_zero;
    db_bind_integer(store->sql.exemplars_drop, ":id", id);
    if (db_run(store->sql.exemplars_drop, err) != 0)
        return -1;
    db_bind_integer(birth, ":id", id);
    db_bind_integer(birth, ":now", now);
    if (db_run(birth, err) != 0)
        return -1;
    db_bind_integer(store->sql.total_zero, ":id", id);
    return run_at_zero(store->sql.total_zero, family, now, err) == 0
               ? history_restart(store, id, now, err)
               : -1;
}

int series_row_insert(struct store *store, const struct family *family,
                      const char *labels, size_t labels_len, int64_t now,
                      bool *added, struct err *err) {
    struct db_statement *const both[] = {store->sql.series_insert,
                                         store->sql.total_insert};
    for (int i = 0; i < 2; i++) {
        db_bind_integer(both[i], ":family", family->id);
        db_bind_text(both[i], ":labels", labels, labels_len);
    }
    db_bind_integer(both[0], ":now", now);
    if (db_run(both[0], err) != 0)
        return -1;
    *added = db_changes(store->db) == 1;
    if (run_at_zero(both[1], family, now, err) != 0)
        return -1;
    if (!*added)
        return 0;
    /* Totals without a series are left by a manual change, and belong to no
     * series. */
    int64_t id = db_last_id(store->db);
    return db_changes(store->db) == 0 ? set_to_zero(store, family, id, now, err)
                                      : history_restart(store, id, now, err);
}

int series_row_zero(struct store *store, const struct family *family,
                    int64_t id, int64_t now, struct err *err) {
    return history_settle(store, id, err) == 0
               ? set_to_zero(store, family, id, now, err)
               : -1;
}

int series_rows_zero(struct store *store, const struct family *family,
                     int64_t group, int64_t now, int *count, struct err *err) {
    struct db_statement *const all[] = {store->sql.group_drop_exemplars,
                                        store->sql.group_zero,
                                        store->sql.group_zero_totals};
    const struct history_group of_group = {family->id, group, now};
    for (int i = 0; i < 3; i++) {
        db_bind_integer(all[i], ":group", group);
        db_bind_integer(all[i], ":family", family->id);
    }
    db_bind_integer(all[1], ":now", now);
    if (history_settle_group(store, &of_group, err) != 0 ||
        db_run(all[0], err) != 0 || db_run(all[1], err) != 0)
        return -1;
    *count = db_changes(store->db);
    return run_at_zero(all[2], family, now, err) == 0
               ? history_restart_group(store, &of_group, err)
               : -1;
}

int series_row_count(struct store *store, int64_t family, int64_t *count,
                     struct err *err) {
    db_bind_integer(store->sql.series_count, ":family", family);
    return db_number(store->sql.series_count, count, err);
}
