#include "store/family_load.h"

#include <string.h>

#include "metrics/label.h"
#include "sql.h"
#include "store/family_row.h"
#include "store/meta.h"
#include "store/series_row.h"

struct loader {
    struct db *db;
    struct db_statement *find;
    struct db_statement *insert;
    struct db_statement *update;
    struct db_statement *close;
    struct db_statement *open;
    struct db_statement *count;
    struct db_statement *reset;
    struct db_statement *pusher_reset;
    struct db_statement *series_insert;
    struct db_statement *zeroed;
    struct db_statement *advance;
    struct db_statement *add;
    int64_t now;
    struct strbuf *notes;
};

static int prepare_loader(struct loader *loader, struct err *err) {
    const struct {
        struct db_statement **statement;
        const char *text;
    } list[] = {
        {&loader->find, sql_family_find},
        {&loader->insert, sql_family_insert},
        {&loader->update, sql_family_update},
        {&loader->close, sql_family_close},
        {&loader->open, sql_families_open},
        {&loader->count, sql_series_count},
        {&loader->reset, sql_series_reset},
        {&loader->pusher_reset, sql_pusher_reset},
        {&loader->series_insert, sql_series_insert},
        {&loader->zeroed, sql_family_zeroed},
        {&loader->advance, sql_generation_advance},
        {&loader->add, sql_meta_add},
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (db_prepare(loader->db, list[i].text, list[i].statement, err) != 0)
            return -1;
    return 0;
}

static void finish_loader(struct loader *loader) {
    db_finalize(loader->find);
    db_finalize(loader->insert);
    db_finalize(loader->update);
    db_finalize(loader->close);
    db_finalize(loader->open);
    db_finalize(loader->count);
    db_finalize(loader->reset);
    db_finalize(loader->pusher_reset);
    db_finalize(loader->series_insert);
    db_finalize(loader->zeroed);
    db_finalize(loader->advance);
    db_finalize(loader->add);
}

static int reset_family(struct loader *loader, const struct family *family,
                        struct err *err) {
    strbuf_printf(loader->notes,
                  "the type or the bounds of %s have changed: it starts "
                  "again at zero\n",
                  family->name);
    db_bind_integer(loader->reset, ":family", family->id);
    db_bind_integer(loader->pusher_reset, ":family", family->id);
    if (db_run(loader->reset, err) != 0 ||
        db_run(loader->pusher_reset, err) != 0 ||
        meta_add(loader->add, "pushers", -db_changes(loader->db), err) != 0)
        return -1;
    return db_run(loader->advance, err);
}

/* An open family is one no longer: it leaves what meta counts of them. */
static int leave_open(struct loader *loader, const struct family *family,
                      struct err *err) {
    db_bind_integer(loader->count, ":family", family->id);
    int result = db_step(loader->count, err);
    int64_t series = result == 1 ? db_integer(loader->count, 0) : 0;
    db_reset(loader->count);
    if (result < 0 || meta_add(loader->add, "open_series", -series, err) != 0)
        return -1;
    return meta_add(loader->add, "open_generation", 1, err);
}

/* zeroed: the hash of add_zeros as it stands in the database, 0 for a family
 * without rows. */
static int load_family(struct loader *loader, struct family *family,
                       int64_t *zeroed, struct err *err) {
    struct family_row row;
    if (family_row_find(loader->find, family, &row, err) != 0)
        return -1;
    family->id = row.id;
    if (row.id == 0) {
        if (family_row_insert(loader->insert, family, err) != 0)
            return -1;
        family->id = db_last_id(loader->db);
        return 0;
    }
    *zeroed = row.same_kind ? row.zeroed : 0;
    if (row.open && leave_open(loader, family, err) != 0)
        return -1;
    if ((row.open || !row.same_kind || !row.same_text) &&
        family_row_update(loader->update, family, err) != 0)
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
                     : series_row_insert(loader->series_insert, family,
                                         json.data, json.len, loader->now, err);
    }
    strbuf_free(&json);
    db_bind_integer(loader->zeroed, ":zeroed", hash);
    db_bind_integer(loader->zeroed, ":id", family->id);
    return result == 0 ? db_run(loader->zeroed, err) : -1;
}

/* Closes one open family that would expose a series name which a listed one
 * has. Returns 1 if it has found one, 0 if not, -1 on error. */
static int close_one(struct loader *loader, const struct registry *registry,
                     struct err *err) {
    double bounds[HISTOGRAM_BOUNDS_MAX];
    const struct family *listed = NULL;
    const char *name;
    struct family family = {.id = 0};
    int result;
    while (!listed && (result = db_step(loader->open, err)) == 1)
        if (family_row_read(loader->open, bounds, &family) == 0)
            listed = registry_find_claim(registry, &family, &name);
    if (listed)
        strbuf_printf(loader->notes,
                      "%s, which a push has added, collides with the listed "
                      "%s: it is kept, but no longer exposed\n",
                      family.name, listed->name);
    db_reset(loader->open);
    if (!listed)
        return result;
    db_bind_integer(loader->close, ":id", family.id);
    if (leave_open(loader, &family, err) != 0 ||
        db_run(loader->close, err) != 0)
        return -1;
    return 1;
}

static int load_all(struct loader *loader, struct registry *registry,
                    struct err *err) {
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
            result = close_one(loader, registry, err);
        while (result == 1);
    return result;
}

int family_load(struct db *db, struct registry *registry, int64_t now,
                struct strbuf *notes, struct err *err) {
    struct loader loader = {.db = db, .now = now, .notes = notes};
    int result = prepare_loader(&loader, err);
    if (result == 0)
        result = load_all(&loader, registry, err);
    finish_loader(&loader);
    return result;
}
