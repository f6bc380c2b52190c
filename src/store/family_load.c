#include "store/family_load.h"

#include <string.h>

#include "metrics/label.h"
#include "store/connection.h"
#include "store/family_row.h"
#include "store/meta.h"
#include "store/pushers.h"
#include "store/series_row.h"

static int reset_family(struct store *store, const struct family *family,
                        struct strbuf *notes, struct err *err) {
    strbuf_printf(notes,
                  "the type or the bounds of %s have changed: the family "
                  "starts again at zero\n",
                  family->name);
    db_bind_integer(store->sql.series_reset, ":family", family->id);
    if (db_run(store->sql.series_reset, err) != 0 ||
        pushers_forget(store, family->id, err) != 0)
        return -1;
    return db_run(store->sql.generation_advance, err);
}

/* The family is no longer open: it leaves the counts in meta. */
static int leave_open(struct store *store, int64_t family, struct err *err) {
    int64_t series;
    return series_row_count(store, family, &series, err) == 0
               ? meta_series_gone(store, series, err)
               : -1;
}

/* zeroed: the stored hash of add_zeros; 0 for a family without rows. */
static int load_family(struct store *store, struct family *family,
                       int64_t *zeroed, struct strbuf *notes, struct err *err) {
    struct family_row row;
    if (family_row_find(store->sql.family_find, family, &row, err) != 0)
        return -1;
    family->id = row.id;
    if (row.id == 0)
        return family_row_write(store, family, err);
    *zeroed = row.same_kind ? row.zeroed : 0;
    if (row.open && leave_open(store, family->id, err) != 0)
        return -1;
    if ((row.open || !row.same_kind || !row.same_text) &&
        family_row_write(store, family, err) != 0)
        return -1;
    return row.same_kind ? 0 : reset_family(store, family, notes, err);
}

/* FNV-1a over label names and values with their terminators, never 0. */
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

/* Adds the rows of all combinations, unless that was done before for the same
 * labels and values. */
static int add_zeros(struct store *store, const struct family *family,
                     int64_t zeroed, int64_t now, struct err *err) {
    struct label labels[FAMILY_LABELS_MAX];
    struct strbuf json = {0};
    size_t combinations = family_combinations(family);
    int64_t hash = hash_labels(family);
    int result = 0;
    bool added;
    if (zeroed == hash)
        return 0;
    for (size_t i = 0; i < combinations && result == 0; i++) {
        strbuf_reset(&json);
        family_labels(family, i, labels);
        label_set_write_json(labels, family->label_count, &json);
        result = json.failed ? err_no_memory(err)
                             : series_row_insert(store, family, json.data,
                                                 json.len, now, &added, err);
    }
    strbuf_free(&json);
    return result == 0 ? family_row_set_zeroed(store, family->id, hash, err)
                       : -1;
}

/* Closes an open family that would expose a series name of a listed family.
 * Returns 1 if there was such a family, 0 if not, -1 on error. */
static int close_one(struct store *store, const struct registry *registry,
                     struct strbuf *notes, struct err *err) {
    struct db_statement *row = store->sql.families_open;
    struct db_statement *close = store->sql.family_close;
    double bounds[HISTOGRAM_BOUNDS_MAX];
    const struct family *listed = NULL;
    const char *name;
    struct family family = {.id = 0};
    int result;
    while (!listed && (result = db_step(row, err)) == 1)
        if (family_row_read(row, bounds, &family) == 0)
            listed = registry_find_claim(registry, &family, &name);
    if (listed)
        strbuf_printf(notes,
                      "%s, which a push has added, collides with the listed "
                      "%s: it is kept, but no longer exposed\n",
                      family.name, listed->name);
    db_reset(row);
    if (!listed)
        return result;
    db_bind_integer(close, ":id", family.id);
    return leave_open(store, family.id, err) == 0 && db_run(close, err) == 0
               ? 1
               : -1;
}

int family_load(struct store *store, struct registry *registry, int64_t now,
                struct strbuf *notes, struct err *err) {
    int result = 0;
    for (size_t i = 0; i < registry_count(registry) && result == 0; i++) {
        struct family *family = registry->families[i];
        int64_t zeroed = 0;
        result = load_family(store, family, &zeroed, notes, err);
        if (result == 0 && family_closed(family))
            result = add_zeros(store, family, zeroed, now, err);
    }
    if (result == 0)
        do
            result = close_one(store, registry, notes, err);
        while (result == 1);
    return result;
}
