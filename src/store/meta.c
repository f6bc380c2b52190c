#include "store/meta.h"

#include "store/connection.h"

int meta_read_generation(struct db_statement *statement, int64_t *generation,
                         struct err *err) {
    if (db_number(statement, generation, err) != 0)
        return -1;
    return *generation != 0
               ? 0
               : err_set(err, ERR_CORRUPT,
                         "database: the row `generation` of meta is missing");
}

int meta_read(struct db_statement *statement, int64_t meta[META_KEYS],
              struct err *err) {
    int result = db_step(statement, err);
    for (int key = 0; result == 1 && key < META_KEYS; key++)
        meta[key] = db_integer(statement, key);
    db_reset(statement);
    return result < 0 ? -1 : 0;
}

int meta_add(struct store *store, enum meta_key key, int64_t n,
             struct err *err) {
    static const char *const names[META_KEYS] = {
        [META_OPEN_GENERATION] = "open_generation",
        [META_OPEN_SERIES] = "open_series",
        [META_PUSHERS] = "pushers",
        [META_GROUPS] = "groups",
    };
    struct db_statement *add = store->sql.meta_add;
    if (n == 0)
        return 0;
    store->meta[key] += n;
    db_bind_string(add, ":key", names[key]);
    db_bind_integer(add, ":n", n);
    return db_run(add, err);
}

int meta_prune(struct store *store, struct db_statement *statement,
               enum meta_key key, int64_t horizon, int *pruned,
               struct err *err) {
    db_bind_integer(statement, ":horizon", horizon);
    if (db_run(statement, err) != 0)
        return -1;
    *pruned = db_changes(store->db);
    return meta_add(store, key, -*pruned, err);
}

int meta_series_gone(struct store *store, int64_t of_open_families,
                     struct err *err) {
    return meta_add(store, META_OPEN_SERIES, -of_open_families, err) != 0
               ? -1
               : meta_add(store, META_OPEN_GENERATION, 1, err);
}
