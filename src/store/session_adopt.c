#include "store/session_adopt.h"

#include "sql.h"
#include "store/connection.h"
#include "store/session_merge.h"

static bool adds_to(const struct batch *batch, const struct family *family) {
    for (size_t i = 0; i < batch->count; i++)
        if (batch->samples[i].family == family)
            return true;
    return false;
}

/* One more than the limit is the set of the rest. */
static int check_room(struct store *store, const struct session_rules *rules,
                      const struct family *family, struct err *err) {
    int64_t series;
    db_bind_integer(store->sql.series_count, ":family", family->id);
    if (db_number(store->sql.series_count, &series, err) != 0)
        return -1;
    if (series <= (int64_t)rules->max_series + 1)
        return 0;
    return err_set(err, ERR_VALUE,
                   "%s would have %lld label sets, `sessions.max_series` is "
                   "%zu: raise it, or drop labels of sessions on both nodes",
                   family->name, (long long)series, rules->max_series);
}

static int adopt_label_sets(struct store *store,
                            const struct session_rules *rules,
                            struct err *err) {
    struct db_statement *adopt;
    if (db_prepare(store->db, sql_session_label_sets_adopt, &adopt, err) != 0)
        return -1;
    db_bind_integer(adopt, ":family", rules->sessions->id);
    int result = db_run(adopt, err);
    db_finalize(adopt);
    return result;
}

int sessions_adopt(struct store *store, const struct batch *batch,
                   struct err *err) {
    const struct session_rules *rules = store->registry->session_rules;
    if (!rules)
        return 0;
    const struct family *const families[] = {rules->sessions, rules->duration,
                                             rules->focused, rules->lengths,
                                             rules->variables};
    if (sessions_merge(store, rules, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        if (adds_to(batch, families[i]) &&
            check_room(store, rules, families[i], err) != 0)
            return -1;
    return adopt_label_sets(store, rules, err);
}
