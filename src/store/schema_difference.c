#include "store/schema_difference.h"

#include <string.h>

#include "sql.h"

/* A fresh database has a few dozen. */
enum { OBJECTS_MAX = 200 };

/* What the file is compared with. */
struct fresh {
    const struct sql_object *objects;
    size_t count;
    bool found[OBJECTS_MAX];
};

/* A text with a NUL in it is none of ours, and is not cut. */
static bool same(struct db_statement *row, int column, const char *want) {
    size_t len;
    const char *text = db_text(row, column, &len);
    return text && want && strlen(want) == len && memcmp(text, want, len) == 0;
}

static const char *copy(struct db_statement *row, int column,
                        struct arena *arena) {
    size_t len;
    const char *text = db_text(row, column, &len);
    return text ? arena_copy(arena, text, len) : NULL;
}

static int run_migrations(struct db *db, int64_t version, struct err *err) {
    for (int64_t i = 0; i < version; i++)
        if (db_execute(db, sql_migrations[i], err) != 0)
            return -1;
    return 0;
}

static int read_objects(struct db_statement *row, struct arena *arena,
                        struct fresh *fresh, struct err *err) {
    int result;
    struct sql_object *list = arena_take(arena, OBJECTS_MAX * sizeof(*list));
    if (!list)
        return err_no_memory(err);
    while ((result = db_step(row, err)) == 1 && fresh->count < OBJECTS_MAX)
        list[fresh->count++] =
            (struct sql_object){copy(row, 0, arena), copy(row, 1, arena),
                                copy(row, 2, arena), copy(row, 3, arena)};
    fresh->objects = list;
    if (result == 0 && arena->failed)
        result = err_no_memory(err);
    return result;
}

/* Another SQLite than that of the build may keep the text of a table that it
 * renames otherwise. */
static int make_fresh(int64_t version, struct arena *arena, struct fresh *fresh,
                      struct err *err) {
    struct db *db;
    struct db_statement *row;
    *fresh = (struct fresh){.count = 0};
    if (db_open_memory(&db, err) != 0)
        return -1;
    int result = run_migrations(db, version, err);
    if (result == 0)
        result = db_prepare(db, sql_schema_objects, &row, err);
    if (result == 0)
        result = read_objects(row, arena, fresh, err);
    db_close(db);
    return result;
}

static void take_known(int64_t version, struct fresh *fresh) {
    *fresh = (struct fresh){.objects = sql_schemas[version]};
    while (fresh->count < OBJECTS_MAX && fresh->objects[fresh->count].type)
        fresh->count++;
}

static int add(struct schema_differences *out, struct schema_difference one,
               struct err *err) {
    if (out->count == SCHEMA_DIFFERENCES_MAX)
        return err_set(err, ERR_LIMIT,
                       "the schema has more than %d tables, views, indexes and "
                       "triggers that are not Tallyman's",
                       SCHEMA_DIFFERENCES_MAX);
    if (!one.type || !one.name)
        return err_no_memory(err);
    out->list[out->count++] = one;
    return 0;
}

/* Its index, or their number. */
static size_t find(const struct fresh *fresh, struct db_statement *row) {
    size_t i = 0;
    while (i < fresh->count && !(same(row, 0, fresh->objects[i].type) &&
                                 same(row, 1, fresh->objects[i].name)))
        i++;
    return i;
}

/* What ANALYZE leaves is as good as ours: SQLite reads it with care. */
static bool is_statistics(struct db_statement *row) {
    return same(row, 0, "table") && same(row, 1, "sqlite_stat1") &&
           same(row, 3, "CREATE TABLE sqlite_stat1(tbl,idx,stat)");
}

static int compare_row(struct db_statement *row, struct fresh *fresh,
                       struct schema_differences *out, struct err *err) {
    size_t at = find(fresh, row);
    if (at == fresh->count && is_statistics(row))
        return 0;
    if (at == fresh->count)
        return add(out,
                   (struct schema_difference){SCHEMA_FOREIGN,
                                              copy(row, 0, &out->arena),
                                              copy(row, 1, &out->arena), NULL},
                   err);
    const struct sql_object *object = &fresh->objects[at];
    fresh->found[at] = true;
    if (same(row, 2, object->table) && same(row, 3, object->sql))
        return 0;
    return add(out,
               (struct schema_difference){SCHEMA_ALTERED, object->type,
                                          object->name, object->sql},
               err);
}

static int add_missing(const struct fresh *fresh,
                       struct schema_differences *out, struct err *err) {
    for (size_t i = 0; i < fresh->count; i++) {
        const struct sql_object *object = &fresh->objects[i];
        if (!fresh->found[i] &&
            add(out,
                (struct schema_difference){SCHEMA_MISSING, object->type,
                                           object->name, object->sql},
                err) != 0)
            return -1;
    }
    return 0;
}

static int compare(struct db *db, struct fresh *fresh,
                   struct schema_differences *out, struct err *err) {
    struct db_statement *row;
    int result;
    out->count = 0;
    if (db_prepare(db, sql_schema_objects, &row, err) != 0)
        return -1;
    while ((result = db_step(row, err)) == 1)
        if (compare_row(row, fresh, out, err) != 0) {
            result = -1;
            break;
        }
    db_finalize(row);
    return result != 0 ? -1 : add_missing(fresh, out, err);
}

int schema_differences_find(struct db *db, int64_t version,
                            struct schema_differences *out, struct err *err) {
    struct fresh fresh;
    *out = (struct schema_differences){.count = 0};
    out->list =
        arena_take(&out->arena, SCHEMA_DIFFERENCES_MAX * sizeof(*out->list));
    if (!out->list)
        return err_no_memory(err);
    take_known(version, &fresh);
    if (compare(db, &fresh, out, err) != 0)
        return -1;
    if (out->count == 0)
        return 0;
    return make_fresh(version, &out->arena, &fresh, err) != 0
               ? -1
               : compare(db, &fresh, out, err);
}

void schema_differences_free(struct schema_differences *differences) {
    arena_free(&differences->arena);
    *differences = (struct schema_differences){.count = 0};
}

bool schema_difference_is_grave(const struct schema_difference *difference) {
    return difference->kind != SCHEMA_FOREIGN &&
           (strcmp(difference->type, "table") == 0 || *difference->sql == '\0');
}

const char *schema_difference_text(const struct schema_difference *difference) {
    switch (difference->kind) {
    case SCHEMA_FOREIGN:
        return "is not Tallyman's";
    case SCHEMA_MISSING:
        return "is missing";
    case SCHEMA_ALTERED:
        break;
    }
    return "is not as Tallyman makes it";
}

int schema_difference_refuse(const struct schema_difference *difference,
                             const char *path, struct err *err) {
    return err_set(err, ERR_VALUE, "%s: the %s %.100s %s; %s", path,
                   difference->type, difference->name,
                   schema_difference_text(difference),
                   schema_difference_is_grave(difference)
                       ? "somebody has changed the file: use another backup"
                       : "drop it with sqlite3");
}

static int mend(struct db *db, const struct schema_difference *one,
                struct err *err) {
    if (one->kind != SCHEMA_MISSING &&
        db_drop(db, one->type, one->name, err) != 0)
        return -1;
    return one->kind == SCHEMA_FOREIGN ? 0 : db_execute(db, one->sql, err);
}

/* A foreign thing may have the name of one that is made. */
int schema_differences_mend(struct db *db, const char *path,
                            const struct schema_differences *differences,
                            struct err *err) {
    for (size_t i = 0; i < differences->count; i++)
        if (schema_difference_is_grave(&differences->list[i]))
            return schema_difference_refuse(&differences->list[i], path, err);
    for (size_t i = 0; i < differences->count; i++)
        if (differences->list[i].kind != SCHEMA_MISSING &&
            mend(db, &differences->list[i], err) != 0)
            return -1;
    for (size_t i = 0; i < differences->count; i++)
        if (differences->list[i].kind == SCHEMA_MISSING &&
            mend(db, &differences->list[i], err) != 0)
            return -1;
    return 0;
}
