#include "store/exemplars.h"

#include "store/connection.h"

static int write_one(struct store *store, int64_t row, size_t bucket,
                     const struct exemplar *exemplar, struct err *err) {
    struct db_statement *set = store->sql.exemplar_set;
    db_bind_integer(set, ":id", row);
    db_bind_integer(set, ":bucket", (int64_t)bucket);
    db_bind_text(set, ":labels", exemplar->labels, exemplar->labels_len);
    db_bind_real(set, ":value", exemplar->value);
    db_bind_real(set, ":time", exemplar->time);
    return db_run(set, err);
}

int exemplars_write(struct store *store, const struct delta *delta,
                    struct err *err) {
    for (size_t i = 0; i <= delta->family->bound_count; i++)
        if (delta->exemplars[i] &&
            write_one(store, delta->row, i, delta->exemplars[i], err) != 0)
            return -1;
    return 0;
}
