#include "store/prune.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "sql.h"
#include "store/connection.h"
#include "store/family_row.h"
#include "store/groups.h"
#include "store/turn.h"

/* Rows that go in one transaction: some milliseconds. */
enum { STEP = 500 };

static int no_memory(struct err *err) {
    return err_set(err, ERR_MEMORY, "out of memory");
}

/* Room for one more. */
static bool grow(void **list, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return true;
    size_t more = *room > 0 ? *room * 2 : 16;
    void *bigger = realloc(*list, more * size);
    if (!bigger)
        return false;
    *list = bigger;
    *room = more;
    return true;
}

static bool has_open_label(const struct family *family) {
    for (size_t i = 0; i < family->label_count; i++)
        if (family->labels[i].max_values > 0)
            return true;
    return false;
}

/* One more family of which something may go. */
static int add_candidate(struct prune_list *list, struct prune_family family,
                         struct err *err) {
    void *families = list->families;
    if (!grow(&families, list->count, &list->room, sizeof(*list->families)))
        return no_memory(err);
    list->families = families;
    list->families[list->count++] = family;
    return 0;
}

/* Nothing goes of Tallyman's own families. */
static int add_family(struct prune_list *list, struct db_statement *row,
                      const struct config *config, struct err *err) {
    size_t len;
    const char *name = db_text(row, 1, &len);
    const char *copy = name ? arena_copy(&list->arena, name, len) : NULL;
    struct prune_family family = {.id = db_integer(row, 0),
                                  .name = copy,
                                  .open = db_integer(row, 2) != 0,
                                  .all = (size_t)db_integer(row, 3)};
    if (!copy)
        return no_memory(err);
    family.listed = registry_find(&config->registry, copy, len);
    if (metric_name_reserved(copy) ||
        (family.listed && family.listed->internal))
        return 0;
    family.reason = PRUNE_UNPERMITTED;
    if (family.listed && add_candidate(list, family, err) != 0)
        return -1;
    family.reason = family.listed || (family.open && config->open_families)
                        ? PRUNE_IDLE
                        : PRUNE_UNLISTED;
    return !family.listed || has_open_label(family.listed)
               ? add_candidate(list, family, err)
               : 0;
}

static bool permits(const struct label_rule *rule,
                    const struct json_object *value) {
    size_t len;
    if (!value || json_kind(value) != JSON_STRING)
        return false;
    const char *text = json_string(value, &len);
    return rule->max_values > 0 ||
           value_set_find(&rule->values, text, len) != VALUE_NONE;
}

static int count_member(void *context, const char *key,
                        const struct json_object *value) {
    size_t *count = context;
    (void)key;
    (void)value;
    (*count)++;
    return 0;
}

/* A push could still add to a series with these labels, a JSON object. */
static int is_permitted(const struct family *family, const char *labels,
                        size_t len, bool *permitted, struct err *err) {
    struct json_object *object;
    size_t count = 0;
    *permitted = false;
    if (json_read(labels, len, &object, err) != 0)
        return err->code == ERR_MEMORY ? -1 : 0; /* somebody has damaged it */
    if (json_kind(object) == JSON_OBJECT) {
        (void)json_members(object, count_member, &count);
        *permitted = count == family->label_count;
        for (size_t i = 0; *permitted && i < family->label_count; i++)
            *permitted = permits(&family->labels[i],
                                 json_get(object, family->labels[i].name));
    }
    json_free(object);
    return 0;
}

static int64_t horizon_of(const struct prune_list *list,
                          const struct prune_family *family) {
    return family->reason == PRUNE_IDLE ? list->horizon : INT64_MAX;
}

/* Whether the series of the row is to go for the family's reason. */
static int is_wanted(const struct prune_family *family,
                     struct db_statement *row, bool *wanted, struct err *err) {
    size_t len;
    const char *labels = db_text(row, 1, &len);
    bool permitted;
    *wanted = true;
    if (!family->listed)
        return 0;
    if (!labels)
        return no_memory(err);
    if (is_permitted(family->listed, labels, len, &permitted, err) != 0)
        return -1;
    *wanted = permitted == (family->reason == PRUNE_IDLE);
    return 0;
}

static int add_series(struct prune_family *family, int64_t id,
                      struct err *err) {
    void *series = family->series;
    if (!grow(&series, family->count, &family->room, sizeof(*family->series)))
        return no_memory(err);
    family->series = series;
    family->series[family->count++] = id;
    return 0;
}

static int read_series(const struct prune_list *list,
                       struct prune_family *family,
                       struct db_statement *statement, struct err *err) {
    int result;
    db_bind_integer(statement, ":family", family->id);
    db_bind_integer(statement, ":horizon", horizon_of(list, family));
    while ((result = db_step(statement, err)) == 1) {
        bool wanted;
        result = is_wanted(family, statement, &wanted, err);
        if (result == 0 && wanted)
            result = add_series(family, db_integer(statement, 0), err);
        if (result != 0)
            break;
    }
    db_reset(statement);
    return result;
}

/* Leaves out the families of which nothing goes. */
static void drop_empty(struct prune_list *list) {
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct prune_family *family = &list->families[i];
        if (family->count == 0 && family->reason != PRUNE_UNLISTED)
            free(family->series);
        else
            list->families[kept++] = *family;
    }
    list->count = kept;
}

static int read_families(struct prune_list *list, struct db *db,
                         const struct config *config, struct err *err) {
    struct db_statement *families;
    struct db_statement *series;
    int result;
    if (db_prepare(db, sql_prune_families, &families, err) != 0 ||
        db_prepare(db, sql_prune_series, &series, err) != 0)
        return -1;
    while ((result = db_step(families, err)) == 1)
        if (add_family(list, families, config, err) != 0) {
            result = -1;
            break;
        }
    for (size_t i = 0; i < list->count && result == 0; i++)
        result = read_series(list, &list->families[i], series, err);
    drop_empty(list);
    return result;
}

int prune_list_read(struct prune_list *list, struct db *db,
                    const struct config *config, struct err *err) {
    struct db_statement *pushers;
    if (read_families(list, db, config, err) != 0 ||
        db_prepare(db, sql_prune_pushers, &pushers, err) != 0)
        return -1;
    db_bind_integer(pushers, ":horizon", list->horizon);
    return db_number(pushers, &list->pushers, err);
}

void prune_list_free(struct prune_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->families[i].series);
    free(list->families);
    arena_free(&list->arena);
    *list = (struct prune_list){.horizon = 0};
}

/* The family is as it was when the list was made: no push has added it since,
 * and no file lists it that did not. */
static int is_same(struct store *store, const struct prune_family *family,
                   bool *same, struct err *err) {
    const struct family wanted = {.name = family->name, .help = "", .unit = ""};
    struct family_row row;
    if (family_row_find(store->sql.family_find, &wanted, &row, err) != 0)
        return -1;
    *same = row.id == family->id && row.open == family->open;
    return 0;
}

static int delete_rows(struct store *store, const struct prune_list *list,
                       struct prune_family *family, int64_t *deleted,
                       struct err *err) {
    struct db_statement *statement;
    int result = 0;
    if (db_prepare(store->db, sql_series_delete_idle, &statement, err) != 0)
        return -1;
    for (size_t i = 0; i < STEP && family->count > 0 && result == 0; i++) {
        db_bind_integer(statement, ":id", family->series[--family->count]);
        db_bind_integer(statement, ":family", family->id);
        db_bind_integer(statement, ":horizon", horizon_of(list, family));
        result = db_run(statement, err);
        *deleted += result == 0 ? db_changes(store->db) : 0;
    }
    db_finalize(statement);
    return result;
}

int store_prune_series(struct store *store, const struct prune_list *list,
                       struct prune_family *family, struct err *err) {
    bool same = false;
    int64_t deleted = 0;
    if (family->count == 0)
        return 0;
    if (turn_begin(store, err) != 0)
        return -1;
    int result = is_same(store, family, &same, err);
    if (result == 0 && same)
        result = delete_rows(store, list, family, &deleted, err);
    if (result == 0 && deleted > 0)
        result = meta_series_gone(store->sql.meta_add,
                                  family->open ? deleted : 0, err);
    if (turn_end(store, result, err) != 0)
        return -1;
    family->deleted += (size_t)deleted;
    if (!same)
        family->count = 0;
    return 1;
}

int store_prune_pushers(struct store *store, const struct prune_list *list,
                        size_t *deleted, struct err *err) {
    struct db_statement *prune = store->sql.pusher_prune;
    int count = 0;
    if (turn_begin(store, err) != 0)
        return -1;
    db_bind_integer(prune, ":horizon", list->horizon);
    int result = db_run(prune, err);
    if (result == 0) {
        count = db_changes(store->db);
        result = meta_add(store->sql.meta_add, "pushers", -count, err);
    }
    if (turn_end(store, result, err) != 0)
        return -1;
    *deleted += (size_t)count;
    return count > 0;
}

int store_prune_groups(struct store *store, const struct prune_list *list,
                       struct err *err) {
    int count = 0;
    if (turn_begin(store, err) != 0)
        return -1;
    int result = groups_prune(store, list->horizon, &count, err);
    if (turn_end(store, result, err) != 0)
        return -1;
    return count > 0;
}

/* The row of the family, with what it has of pushers. */
static int delete_family(struct store *store, const struct prune_family *family,
                         struct err *err) {
    const struct statements *sql = &store->sql;
    db_bind_integer(sql->pusher_reset, ":family", family->id);
    if (db_run(sql->pusher_reset, err) != 0 ||
        meta_add(sql->meta_add, "pushers", -db_changes(store->db), err) != 0)
        return -1;
    db_bind_integer(sql->family_delete, ":id", family->id);
    if (db_run(sql->family_delete, err) != 0)
        return -1;
    return family->open ? meta_add(sql->meta_add, "open_generation", 1, err)
                        : 0;
}

/* One that has series again has lost some all the same: if it is listed later
 * on its zeros are made anew. */
static int finish_family(struct store *store, const struct prune_family *family,
                         size_t *deleted, struct err *err) {
    const struct statements *sql = &store->sql;
    bool same;
    int64_t series;
    db_bind_integer(sql->series_count, ":family", family->id);
    if (is_same(store, family, &same, err) != 0 ||
        db_number(sql->series_count, &series, err) != 0)
        return -1;
    if (!same || (family->reason == PRUNE_IDLE && !family->open))
        return 0;
    if (series == 0 && !family->listed) {
        (*deleted)++;
        return delete_family(store, family, err);
    }
    db_bind_integer(sql->family_zeroed, ":zeroed", 0);
    db_bind_integer(sql->family_zeroed, ":id", family->id);
    return db_run(sql->family_zeroed, err);
}

/* A responder remembers families that are listed, and their labels' values. */
static bool remembered(const struct prune_list *list) {
    for (size_t i = 0; i < list->count; i++)
        if (!list->families[i].open)
            return true;
    return false;
}

int store_prune_families(struct store *store, const struct prune_list *list,
                         size_t *deleted, struct err *err) {
    int result = 0;
    size_t count = 0;
    if (list->count == 0)
        return 0;
    if (turn_begin(store, err) != 0)
        return -1;
    for (size_t i = 0; i < list->count && result == 0; i++)
        result = finish_family(store, &list->families[i], &count, err);
    if (result == 0 && remembered(list))
        result = db_execute(store->db, sql_generation_advance, err);
    if (turn_end(store, result, err) != 0)
        return -1;
    *deleted += count;
    return 0;
}
