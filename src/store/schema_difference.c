#include "store/schema_difference.h"

#include <assert.h>
#include <string.h>

#include "sql.h"

/* A fresh database has a few dozen. */
enum { OBJECTS_MAX = 200 };

/* A comparison of the file with a fresh database. */
struct comparison {
    const struct sql_object *objects; /* of the fresh one */
    size_t count;
    bool found[OBJECTS_MAX]; /* exists in the file */
    struct schema_differences *out;
};

/* A text with a NUL differs from all of ours, and is not cut at it. */
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

static int add(struct schema_differences *out, enum schema_difference_kind kind,
               const char *type, const char *name, const char *sql,
               struct err *err) {
    if (out->count == SCHEMA_DIFFERENCES_MAX)
        return err_set(err, ERR_LIMIT,
                       "the schema has more than %d tables, views, indexes and "
                       "triggers that are not Tallyman's",
                       SCHEMA_DIFFERENCES_MAX);
    if (!type || !name)
        return err_no_memory(err);
    out->list[out->count++] = (struct schema_difference){kind, type, name, sql};
    return 0;
}

/* The tables that ANALYZE makes are harmless: SQLite validates their
 * content. */
static bool is_statistics(struct db_statement *row) {
    return same(row, 0, "table") && same(row, 1, "sqlite_stat1") &&
           same(row, 3, "CREATE TABLE sqlite_stat1(tbl,idx,stat)");
}

static int compare_row(void *context, struct db_statement *row,
                       struct err *err) {
    struct comparison *with = context;
    struct schema_differences *out = with->out;
    size_t at = 0;
    while (at < with->count && !(same(row, 0, with->objects[at].type) &&
                                 same(row, 1, with->objects[at].name)))
        at++;
    if (at == with->count)
        return is_statistics(row)
                   ? 0
                   : add(out, SCHEMA_FOREIGN, copy(row, 0, &out->arena),
                         copy(row, 1, &out->arena), NULL, err);
    const struct sql_object *object = &with->objects[at];
    with->found[at] = true;
    if (same(row, 2, object->table) && same(row, 3, object->sql))
        return 0;
    return add(out, SCHEMA_ALTERED, object->type, object->name, object->sql,
               err);
}

static int compare(struct db *db, const struct sql_object *objects,
                   size_t count, struct schema_differences *out,
                   struct err *err) {
    assert(count <= OBJECTS_MAX);
    struct comparison with = {.objects = objects, .count = count, .out = out};
    out->count = 0;
    if (db_query(db, sql_schema_objects, compare_row, &with, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (!with.found[i] && add(out, SCHEMA_MISSING, objects[i].type,
                                  objects[i].name, objects[i].sql, err) != 0)
            return -1;
    return 0;
}

int schema_differences_find(struct db *db, int64_t version,
                            struct schema_differences *out, struct err *err) {
    const struct sql_object *known = sql_schemas[version - SQL_OLDEST];
    size_t count = 0;
    *out = (struct schema_differences){.count = 0};
    out->list =
        arena_take(&out->arena, SCHEMA_DIFFERENCES_MAX * sizeof(*out->list));
    if (!out->list)
        return err_no_memory(err);
    while (known[count].type)
        count++;
    return compare(db, known, count, out, err);
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
    return "differs from Tallyman's schema";
}

int schema_difference_refuse(const struct schema_difference *difference,
                             const char *path, struct err *err) {
    return err_set(err, ERR_VALUE, "%s: the %s %.100s %s; %s", path,
                   difference->type, difference->name,
                   schema_difference_text(difference),
                   schema_difference_is_grave(difference)
                       ? "the file was altered: use another backup"
                       : "drop it with sqlite3");
}

static int repair(struct db *db, const struct schema_difference *one,
                  struct err *err) {
    if (one->kind != SCHEMA_MISSING &&
        db_drop(db, one->type, one->name, err) != 0)
        return -1;
    return one->kind == SCHEMA_FOREIGN ? 0 : db_execute(db, one->sql, err);
}

/* A foreign object may have the name of an object that is to be created. */
int schema_differences_repair(struct db *db, const char *path,
                              const struct schema_differences *differences,
                              struct err *err) {
    for (size_t i = 0; i < differences->count; i++)
        if (schema_difference_is_grave(&differences->list[i]))
            return schema_difference_refuse(&differences->list[i], path, err);
    for (int missing = 0; missing < 2; missing++)
        for (size_t i = 0; i < differences->count; i++)
            if ((differences->list[i].kind == SCHEMA_MISSING) == missing &&
                repair(db, &differences->list[i], err) != 0)
                return -1;
    return 0;
}
