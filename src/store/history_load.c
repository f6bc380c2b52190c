#include "store/history_load.h"

#include "sql.h"
#include "store/connection.h"
#include "store/history_write.h"

static int set_since(struct store *store, int64_t since, struct err *err) {
    struct db_statement *set = store->sql.meta_set;
    db_bind_string(set, ":key", "history_since");
    db_bind_integer(set, ":value", since);
    return db_run(set, err) == 0 ? db_run(store->sql.generation_advance, err)
                                 : -1;
}

static int run_since(struct store *store, const char *sql, int64_t since,
                     struct err *err) {
    struct db_statement *statement;
    if (db_prepare(store->db, sql, &statement, err) != 0)
        return -1;
    db_bind_integer(statement, ":since", since);
    int result = db_run(statement, err);
    db_finalize(statement);
    return result;
}

/* First writes the copies that are left from the end of an earlier history. */
static int begin(struct store *store, int64_t now, struct err *err) {
    return history_write_all(store, INT64_MIN, INT64_MAX, err) == 0 &&
                   db_execute(store->db, sql_history_marks_forget, err) == 0 &&
                   run_since(store, sql_history_marks_begin, now, err) == 0
               ? set_since(store, now, err)
               : -1;
}

/* Copies must be written while the birth of older series is still known. */
static int end(struct store *store, int64_t since, struct err *err) {
    return history_write_all(store, INT64_MIN, INT64_MAX, err) == 0 &&
                   run_since(store, sql_history_copy_all, since, err) == 0
               ? set_since(store, 0, err)
               : -1;
}

int history_load(struct store *store, int64_t now, struct err *err) {
    bool wanted = store->history.config.enabled;
    int64_t since;
    if (db_number(store->sql.history_since, &since, err) != 0)
        return -1;
    store->history.since = since;
    if (wanted == (since != 0))
        return 0;
    if ((wanted ? begin(store, now, err) : end(store, since, err)) != 0)
        return -1;
    store->history.since = wanted ? now : 0;
    return 0;
}
