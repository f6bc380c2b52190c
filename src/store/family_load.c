#include "store/family_load.h"

#include <string.h>

#include "metrics/label.h"
#include "store/connection.h"
#include "store/family_row.h"
#include "store/series_row.h"

struct loader {
    struct store *store;
    const struct statements *sql;
    struct registry *registry;
    int64_t now;
    struct strbuf *notes;
};

static int reset_family(struct loader *loader, const struct family *family,
                        struct err *err) {
    strbuf_printf(loader->notes,
                  "the type or the bounds of %s have changed: it starts "
                  "again at zero\n",
                  family->name);
    db_bind_integer(loader->sql->series_reset, ":family", family->id);
    db_bind_integer(loader->sql->pusher_reset, ":family", family->id);
    if (db_run(loader->sql->series_reset, err) != 0 ||
        db_run(loader->sql->pusher_reset, err) != 0 ||
        meta_add(loader->sql->meta_add, "pushers",
                 -db_changes(loader->store->db), err) != 0)
        return -1;
    return db_run(loader->sql->generation_advance, err);
}

/* An open family is one no longer: it leaves what meta counts of them. */
static int leave_open(struct loader *loader, const struct family *family,
                      struct err *err) {
    int64_t series;
    db_bind_integer(loader->sql->series_count, ":family", family->id);
    if (db_number(loader->sql->series_count, &series, err) != 0)
        return -1;
    return meta_series_gone(loader->sql->meta_add, series, err);
}

/* zeroed: the hash of add_zeros as it stands in the database, 0 for a family
 * without rows. */
static int load_family(struct loader *loader, struct family *family,
                       int64_t *zeroed, struct err *err) {
    struct family_row row;
    if (family_row_find(loader->sql->family_find, family, &row, err) != 0)
        return -1;
    family->id = row.id;
    if (row.id == 0) {
        if (family_row_insert(loader->sql->family_insert, family, err) != 0)
            return -1;
        family->id = db_last_id(loader->store->db);
        return 0;
    }
    *zeroed = row.same_kind ? row.zeroed : 0;
    if (row.open && leave_open(loader, family, err) != 0)
        return -1;
    if ((row.open || !row.same_kind || !row.same_text) &&
        family_row_update(loader->sql->family_update, family, err) != 0)
        return -1;
    return row.same_kind ? 0 : reset_family(loader, family, err);
}

/* FNV-1a over label names and values with their ends, never 0. */
static int64_t hash_labels(const struct family *family) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < family->label_count; i++) {
        const struct label_rule *rule = &family->labels[i];
        for (size_t j = 0; j <= strlen(rule->name); j++)
            hash = (hash ^ (unsigned char)rule->name[j]) * 1099511628211u;
        for (size_t j = 0; j < rule->values.count; j++) {
            const struct value_text *value = &rule->values.values[j];
            for (size_t k = 0; k <= value->len; k++)
                hash = (hash ^ (unsigned char)value->text[k]) * 1099511628211u;
        }
        hash = (hash ^ 0xFF) * 1099511628211u;
    }
    return (int64_t)(hash >> 1 | 1);
}

/* Adds the rows of all combinations, unless that was done for the same
 * labels and values before. */
static int add_zeros(struct loader *loader, const struct family *family,
                     int64_t zeroed, struct err *err) {
    struct label labels[FAMILY_LABELS_MAX];
    struct strbuf json = {0};
    size_t combinations = family_combinations(family);
    int64_t hash = hash_labels(family);
    int result = 0;
    if (zeroed == hash)
        return 0;
    for (size_t i = 0; i < combinations && result == 0; i++) {
        strbuf_reset(&json);
        family_labels(family, i, labels);
        label_set_write_json(labels, family->label_count, &json);
        result = json.failed
                     ? err_set(err, ERR_MEMORY, "out of memory")
                     : series_row_insert(loader->sql->series_insert, family,
                                         json.data, json.len, loader->now, err);
    }
    strbuf_free(&json);
    db_bind_integer(loader->sql->family_zeroed, ":zeroed", hash);
    db_bind_integer(loader->sql->family_zeroed, ":id", family->id);
    return result == 0 ? db_run(loader->sql->family_zeroed, err) : -1;
}

/* Closes one open family that would expose a series name which a listed one
 * has. Returns 1 if it has found one, 0 if not, -1 on error. */
static int close_one(struct loader *loader, struct err *err) {
    double bounds[HISTOGRAM_BOUNDS_MAX];
    const struct family *listed = NULL;
    const char *name;
    struct family family = {.id = 0};
    int result;
    while (!listed && (result = db_step(loader->sql->families_open, err)) == 1)
        if (family_row_read(loader->sql->families_open, bounds, &family) == 0)
            listed = registry_find_claim(loader->registry, &family, &name);
    if (listed)
        strbuf_printf(loader->notes,
                      "%s, which a push has added, collides with the listed "
                      "%s: it is kept, but no longer exposed\n",
                      family.name, listed->name);
    db_reset(loader->sql->families_open);
    if (!listed)
        return result;
    db_bind_integer(loader->sql->family_close, ":id", family.id);
    if (leave_open(loader, &family, err) != 0 ||
        db_run(loader->sql->family_close, err) != 0)
        return -1;
    return 1;
}

static int load_all(struct loader *loader, struct err *err) {
    struct registry *registry = loader->registry;
    int result = 0;
    for (size_t i = 0; i < registry_count(registry) && result == 0; i++) {
        struct family *family = registry->families[i];
        int64_t zeroed = 0;
        result = load_family(loader, family, &zeroed, err);
        if (result == 0 && family_closed(family))
            result = add_zeros(loader, family, zeroed, err);
    }
    if (result == 0)
        do
            result = close_one(loader, err);
        while (result == 1);
    return result;
}

int family_load(struct store *store, struct registry *registry, int64_t now,
                struct strbuf *notes, struct err *err) {
    struct loader loader = {store, &store->sql, registry, now, notes};
    return load_all(&loader, err);
}
