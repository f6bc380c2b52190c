#include "store_schema.h"

#include <string.h>

#include "histogram.h"
#include "label.h"
#include "number.h"
#include "sql.h"

/* As in sql/migrations/0001_series.sql. */
static const int64_t APPLICATION_ID = 0x54616C79;

struct version {
    int64_t application;
    int64_t number;
    int64_t objects;
    bool wal;
};

static int read_version(struct db *db, struct version *version,
                        struct err *err) {
    struct db_statement *statement;
    size_t len;
    if (db_prepare(db, sql_version, &statement, err) != 0)
        return -1;
    int result = db_step(statement, err);
    if (result == 1) {
        version->application = db_integer(statement, 0);
        version->number = db_integer(statement, 1);
        version->objects = db_integer(statement, 2);
        const char *journal = db_text(statement, 3, &len);
        version->wal = journal && strcmp(journal, "wal") == 0;
    }
    db_reset(statement);
    return result == 1 ? 0 : -1;
}

static int check_version(const struct version *version, const char *path,
                         struct err *err) {
    bool empty = version->objects == 0 && version->number == 0 &&
                 version->application == 0;
    if (!empty && version->application != APPLICATION_ID)
        return err_set(err, ERR_VALUE,
                       "database %s belongs to another program; set "
                       "`database` to a file of its own",
                       path);
    if (version->number < 0 || version->number > SQL_MIGRATIONS)
        return err_set(err, ERR_VALUE,
                       "database %s has schema version %lld, this program "
                       "knows %d; run the newer Tallyman that wrote it",
                       path, (long long)version->number, SQL_MIGRATIONS);
    return 0;
}

static int run_migrations(struct db *db, int64_t from, struct err *err) {
    for (int64_t i = from; i < SQL_MIGRATIONS; i++)
        if (db_execute(db, sql_migrations[i], err) != 0)
            return -1;
    return 0;
}

int schema_migrate(struct db *db, const char *path, struct err *err) {
    struct version version = {0};
    struct err ignored;
    if (read_version(db, &version, err) != 0 ||
        check_version(&version, path, err) != 0 ||
        db_execute(db, sql_open, err) != 0 ||
        read_version(db, &version, err) != 0)
        return -1;
    if (!version.wal)
        return err_set(err, ERR_IO,
                       "database %s cannot be switched to WAL; set "
                       "`database` to a path on a local disk",
                       path);
    if (version.number == SQL_MIGRATIONS)
        return 0;
    if (db_execute(db, sql_begin, err) != 0)
        return -1;
    int result = run_migrations(db, version.number, err);
    if (result == 0)
        result = db_execute(db, sql_commit, err);
    if (result != 0 && db_in_transaction(db))
        (void)db_execute(db, sql_rollback, &ignored);
    return result;
}

struct loader {
    struct db *db;
    struct db_statement *find;
    struct db_statement *insert;
    struct db_statement *update;
    struct db_statement *reset;
    struct db_statement *series_insert;
    struct db_statement *zeroed;
    struct db_statement *advance;
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
        {&loader->reset, sql_series_reset},
        {&loader->series_insert, sql_series_insert},
        {&loader->zeroed, sql_family_zeroed},
        {&loader->advance, sql_generation_advance},
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
    db_finalize(loader->reset);
    db_finalize(loader->series_insert);
    db_finalize(loader->zeroed);
    db_finalize(loader->advance);
}

static void write_bounds(const struct family *family, struct strbuf *out) {
    strbuf_add_char(out, '[');
    for (size_t i = 0; i < family->bound_count; i++) {
        char number[NUMBER_SIZE];
        if (i > 0)
            strbuf_add_char(out, ',');
        strbuf_add(out, number, number_format(family->bounds[i], number));
    }
    strbuf_add_char(out, ']');
}

static int write_family(struct db_statement *statement,
                        const struct family *family,
                        const struct strbuf *bounds, struct err *err) {
    const char *type = metric_type_name(family->type);
    bool histogram = family->type == METRIC_HISTOGRAM;
    db_bind_text(statement, ":type", type, strlen(type));
    db_bind_text(statement, ":help", family->help, strlen(family->help));
    db_bind_text(statement, ":unit", family->unit, strlen(family->unit));
    db_bind_text(statement, ":bounds", histogram ? bounds->data : NULL,
                 bounds->len);
    return db_run(statement, err);
}

/* How the family stands in the database. */
struct stored {
    int64_t id;     /* 0 when it is not there */
    bool same_kind; /* type and bounds are those of the registry */
    bool same_text; /* help and unit as well */
    int64_t zeroed;
};

static bool column_is(struct db_statement *statement, int column,
                      const char *want) {
    size_t len;
    const char *text = db_text(statement, column, &len);
    return text && want ? strcmp(text, want) == 0 : text == want;
}

static int find_family(struct loader *loader, const struct family *family,
                       const struct strbuf *bounds, struct stored *stored,
                       struct err *err) {
    bool histogram = family->type == METRIC_HISTOGRAM;
    db_bind_text(loader->find, ":name", family->name, strlen(family->name));
    int result = db_step(loader->find, err);
    if (result == 1) {
        stored->id = db_integer(loader->find, 0);
        stored->same_kind =
            column_is(loader->find, 1, metric_type_name(family->type)) &&
            column_is(loader->find, 4, histogram ? bounds->data : NULL);
        stored->same_text = column_is(loader->find, 2, family->help) &&
                            column_is(loader->find, 3, family->unit);
        stored->zeroed = db_integer(loader->find, 5);
    }
    db_reset(loader->find);
    return result < 0 ? -1 : 0;
}

static int reset_family(struct loader *loader, const struct family *family,
                        struct err *err) {
    strbuf_printf(loader->notes,
                  "the type or the bounds of %s have changed: it starts "
                  "again at zero\n",
                  family->name);
    db_bind_integer(loader->reset, ":family", family->id);
    if (db_run(loader->reset, err) != 0)
        return -1;
    return db_run(loader->advance, err);
}

/* zeroed: the hash of add_zeros as it stands in the database, 0 for a family
 * without rows. */
static int load_family(struct loader *loader, struct family *family,
                       int64_t *zeroed, struct err *err) {
    struct stored stored = {0};
    struct strbuf bounds = {0};
    int result = -1;
    write_bounds(family, &bounds);
    if (bounds.failed) {
        (void)err_set(err, ERR_MEMORY, "out of memory");
        goto out;
    }
    if (find_family(loader, family, &bounds, &stored, err) != 0)
        goto out;
    family->id = stored.id;
    if (stored.id == 0) {
        db_bind_text(loader->insert, ":name", family->name,
                     strlen(family->name));
        if (write_family(loader->insert, family, &bounds, err) != 0)
            goto out;
        family->id = db_last_id(loader->db);
    } else if (!stored.same_kind || !stored.same_text) {
        db_bind_integer(loader->update, ":id", family->id);
        if (write_family(loader->update, family, &bounds, err) != 0)
            goto out;
    }
    if (stored.id != 0 && !stored.same_kind &&
        reset_family(loader, family, err) != 0)
        goto out;
    *zeroed = stored.same_kind ? stored.zeroed : 0;
    result = 0;
out:
    strbuf_free(&bounds);
    return result;
}

int schema_insert_series(struct db_statement *statement,
                         const struct family *family,
                         const struct strbuf *labels, int64_t now,
                         struct err *err) {
    struct strbuf buckets = {0};
    if (family->type == METRIC_HISTOGRAM) {
        strbuf_add_string(&buckets, "[0");
        for (size_t i = 0; i < family->bound_count; i++)
            strbuf_add_string(&buckets, ",0");
        strbuf_add_char(&buckets, ']');
    }
    db_bind_integer(statement, ":family", family->id);
    db_bind_text(statement, ":labels", labels->data, labels->len);
    db_bind_text(statement, ":buckets", buckets.data, buckets.len);
    db_bind_integer(statement, ":now", now);
    int result = buckets.failed || labels->failed
                     ? err_set(err, ERR_MEMORY, "out of memory")
                     : db_run(statement, err);
    strbuf_free(&buckets);
    return result;
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
        result = schema_insert_series(loader->series_insert, family, &json,
                                      loader->now, err);
    }
    strbuf_free(&json);
    db_bind_integer(loader->zeroed, ":zeroed", hash);
    db_bind_integer(loader->zeroed, ":id", family->id);
    return result == 0 ? db_run(loader->zeroed, err) : -1;
}

int schema_load(struct db *db, struct registry *registry, int64_t now,
                struct strbuf *notes, struct err *err) {
    struct loader loader = {.db = db, .now = now, .notes = notes};
    int result = prepare_loader(&loader, err);
    for (size_t i = 0; i < registry_count(registry) && result == 0; i++) {
        struct family *family = registry->families[i];
        int64_t zeroed = 0;
        result = load_family(&loader, family, &zeroed, err);
        if (result == 0 && family_closed(family))
            result = add_zeros(&loader, family, zeroed, err);
    }
    finish_loader(&loader);
    return result;
}
