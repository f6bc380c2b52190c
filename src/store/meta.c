#include "store/meta.h"

#include <string.h>

int meta_read_generation(struct db_statement *statement, int64_t *generation,
                         struct err *err) {
    int result = db_step(statement, err);
    if (result == 1)
        *generation = db_integer(statement, 0);
    else if (result == 0)
        result = err_set(err, ERR_CORRUPT,
                         "database: the row `generation` of meta is gone");
    db_reset(statement);
    return result == 1 ? 0 : -1;
}

int meta_read(struct db_statement *statement, struct meta *meta,
              struct err *err) {
    int result = db_step(statement, err);
    if (result == 1)
        *meta = (struct meta){.open_generation = db_integer(statement, 0),
                              .open_series = db_integer(statement, 1),
                              .pushers = db_integer(statement, 2),
                              .groups = db_integer(statement, 3)};
    db_reset(statement);
    return result < 0 ? -1 : 0;
}

int meta_add(struct db_statement *statement, const char *key, int64_t n,
             struct err *err) {
    if (n == 0)
        return 0;
    db_bind_text(statement, ":key", key, strlen(key));
    db_bind_integer(statement, ":n", n);
    return db_run(statement, err);
}

int meta_series_gone(struct db_statement *statement, int64_t of_open_families,
                     struct err *err) {
    return meta_add(statement, "open_series", -of_open_families, err) != 0
               ? -1
               : meta_add(statement, "open_generation", 1, err);
}
