#include "store/prune.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/list.h"
#include "sql.h"
#include "store/connection.h"
#include "store/family_row.h"
#include "store/groups.h"
#include "store/meta.h"
#include "store/pushers.h"
#include "store/series_row.h"
#include "store/turn.h"

/* Rows per transaction; it takes some milliseconds. */
enum { STEP = 500 };

/* State while the list is built. */
struct listing {
    struct prune_list *list;
    const struct config *config;
};

/* Adds a family with something to prune. */
static int add_candidate(struct prune_list *list,
                         const struct prune_family *family,
                         enum prune_reason reason, struct err *err) {
    struct prune_family *families =
        list_grow(list->families, list->count, sizeof(*families));
    if (!families)
        return err_no_memory(err);
    list->families = families;
    families[list->count] = *family;
    families[list->count++].reason = reason;
    return 0;
}

static const struct sql_query *find_query(const struct config *config,
                                          const struct family *family) {
    const struct sql_query_list *list = &config->sql_queries;
    for (size_t i = 0; i < list->count; i++)
        if (list->queries[i].family == family)
            return &list->queries[i];
    return NULL;
}

/* Tallyman's own families are never pruned, except those of queries. */
static int add_family(void *context, struct db_statement *row,
                      struct err *err) {
    const struct listing *listing = context;
    const struct config *config = listing->config;
    struct prune_list *list = listing->list;
    size_t len;
    const char *name = db_text(row, 1, &len);
    const char *copy = name ? arena_copy(&list->arena, name, len) : NULL;
    if (!copy)
        return err_no_memory(err);
    struct prune_family family = {
        .id = db_integer(row, 0),
        .name = copy,
        .open = db_integer(row, 2) != 0,
        .listed = registry_find(&config->registry, copy, len),
        .all = (size_t)db_integer(row, 3)};
    family.query = find_query(config, family.listed);
    if (metric_name_reserved(copy) ||
        (family.listed && family.listed->internal && !family.query))
        return 0;
    if (!family.listed)
        return add_candidate(
            list, &family,
            family.open && config->open_families ? PRUNE_IDLE : PRUNE_UNLISTED,
            err);
    if (add_candidate(list, &family, PRUNE_UNPERMITTED, err) != 0)
        return -1;
    return family_closed(family.listed)
               ? 0
               : add_candidate(list, &family, PRUNE_IDLE, err);
}

static bool permits(const struct label_rule *rule,
                    const struct json_object *value) {
    size_t len;
    if (!value || json_kind(value) != JSON_STRING)
        return false;
    const char *text = json_string(value, &len);
    return label_rule_permits(rule, text, len);
}

static int count_member(void *context, const char *key,
                        const struct json_object *value) {
    size_t *count = context;
    (void)key;
    (void)value;
    (*count)++;
    return 0;
}

/* Whether the object has exactly `count` labels, all listed by the family and
 * with permitted values. */
static bool has_labels(const struct prune_family *family,
                       const struct json_object *object, size_t count) {
    const struct sql_query *query = family->query;
    const struct family *listed = family->listed;
    if (count != (query ? query->label_count : listed->label_count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (query ? !json_get(object, query->labels[i])
                  : !permits(&listed->labels[i],
                             json_get(object, listed->labels[i].name)))
            return false;
    return true;
}

/* Whether a push, or a result, could still have these labels, a JSON object. */
static int is_permitted(const struct prune_family *family, const char *labels,
                        size_t len, bool *permitted, struct err *err) {
    struct json_object *object;
    size_t count = 0;
    *permitted = false;
    if (json_read(labels, len, &object, err) != 0)
        return err->code == ERR_MEMORY ? -1 : 0; /* the row is damaged */
    if (json_kind(object) == JSON_OBJECT) {
        (void)json_members(object, count_member, &count);
        *permitted = has_labels(family, object, count);
    }
    json_free(object);
    return 0;
}

static int64_t horizon_of(const struct prune_list *list,
                          const struct prune_family *family) {
    return family->reason == PRUNE_IDLE ? list->horizon : INT64_MAX;
}

/* Whether the family's reason applies to a series with these labels. */
static int is_wanted(const struct prune_family *family, const char *labels,
                     size_t len, bool *wanted, struct err *err) {
    bool permitted;
    *wanted = true;
    if (!family->listed)
        return 0;
    if (!labels)
        return err_no_memory(err);
    if (is_permitted(family, labels, len, &permitted, err) != 0)
        return -1;
    *wanted = permitted == (family->reason == PRUNE_IDLE);
    return 0;
}

static int add_series(void *context, struct db_statement *row,
                      struct err *err) {
    struct prune_family *family = context;
    size_t len;
    const char *labels = db_text(row, 1, &len);
    bool wanted;
    if (is_wanted(family, labels, len, &wanted, err) != 0)
        return -1;
    if (!wanted)
        return 0;
    int64_t *series = list_grow(family->series, family->count, sizeof(*series));
    if (!series)
        return err_no_memory(err);
    family->series = series;
    series[family->count++] = db_integer(row, 0);
    return 0;
}

static int read_series(struct prune_list *list, struct db *db,
                       struct err *err) {
    struct db_statement *series;
    int result = 0;
    if (db_prepare(db, sql_prune_series, &series, err) != 0)
        return -1;
    for (size_t i = 0; i < list->count && result == 0; i++) {
        struct prune_family *family = &list->families[i];
        db_bind_integer(series, ":family", family->id);
        db_bind_integer(series, ":horizon", horizon_of(list, family));
        result = db_each(series, add_series, family, err);
    }
    db_finalize(series);
    return result;
}

static int count_pushers(struct prune_list *list, struct db *db,
                         struct err *err) {
    struct db_statement *pushers;
    if (db_prepare(db, sql_prune_pushers, &pushers, err) != 0)
        return -1;
    db_bind_integer(pushers, ":horizon", list->horizon);
    int result = db_number(pushers, &list->pushers, err);
    db_finalize(pushers);
    return result;
}

/* Removes families without anything to prune from the list. */
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

int prune_list_read(struct prune_list *list, struct db *db,
                    const struct config *config, struct err *err) {
    struct listing listing = {list, config};
    if (db_query(db, sql_prune_families, add_family, &listing, err) != 0 ||
        read_series(list, db, err) != 0)
        return -1;
    drop_empty(list);
    return count_pushers(list, db, err);
}

void prune_list_free(struct prune_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->families[i].series);
    free(list->families);
    arena_free(&list->arena);
    *list = (struct prune_list){.horizon = 0};
}

/* The family is unchanged since the list was made: no push has added it again,
 * and no file has begun to list it. */
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
    struct db_statement *delete = store->sql.series_delete_idle;
    for (size_t i = 0; i < STEP && family->count > 0; i++) {
        db_bind_integer(delete, ":id", family->series[--family->count]);
        db_bind_integer(delete, ":family", family->id);
        db_bind_integer(delete, ":horizon", horizon_of(list, family));
        if (db_run(delete, err) != 0)
            return -1;
        *deleted += db_changes(store->db);
    }
    return 0;
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
        result = meta_series_gone(store, family->open ? deleted : 0, err);
    if (turn_end(store, result, err) != 0)
        return -1;
    family->deleted += (size_t)deleted;
    if (!same)
        family->count = 0;
    return 1;
}

typedef int some_prune(struct store *store, int64_t horizon, int *pruned,
                       struct err *err);

static int prune_some(struct store *store, const struct prune_list *list,
                      some_prune *prune, int *pruned, struct err *err) {
    if (turn_begin(store, err) != 0)
        return -1;
    int result = prune(store, list->horizon, pruned, err);
    if (turn_end(store, result, err) != 0)
        return -1;
    return *pruned > 0;
}

int store_prune_pushers(struct store *store, const struct prune_list *list,
                        size_t *deleted, struct err *err) {
    int pruned;
    int result = prune_some(store, list, pushers_prune, &pruned, err);
    *deleted += result == 1 ? (size_t)pruned : 0;
    return result;
}

int store_prune_groups(struct store *store, const struct prune_list *list,
                       struct err *err) {
    int pruned;
    return prune_some(store, list, groups_prune, &pruned, err);
}

/* Deletes the family's row and its pushers. */
static int delete_family(struct store *store, const struct prune_family *family,
                         struct err *err) {
    if (pushers_forget(store, family->id, err) != 0)
        return -1;
    db_bind_integer(store->sql.family_delete, ":id", family->id);
    if (db_run(store->sql.family_delete, err) != 0)
        return -1;
    return family->open ? meta_add(store, META_OPEN_GENERATION, 1, err) : 0;
}

/* A family that has new series has still lost some: if a file lists it later,
 * its zero rows must be inserted again. */
static int finish_family(struct store *store, const struct prune_family *family,
                         size_t *deleted, struct err *err) {
    bool same;
    int64_t series;
    if (is_same(store, family, &same, err) != 0 ||
        series_row_count(store, family->id, &series, err) != 0)
        return -1;
    if (!same || (family->reason == PRUNE_IDLE && !family->open))
        return 0;
    if (series == 0 && !family->listed) {
        (*deleted)++;
        return delete_family(store, family, err);
    }
    return family_row_set_zeroed(store, family->id, 0, err);
}

int store_prune_families(struct store *store, const struct prune_list *list,
                         size_t *deleted, struct err *err) {
    int result = 0;
    size_t count = 0;
    bool remembered = false;
    if (list->count == 0)
        return 0;
    if (turn_begin(store, err) != 0)
        return -1;
    for (size_t i = 0; i < list->count && result == 0; i++) {
        result = finish_family(store, &list->families[i], &count, err);
        /* Responders cache listed families and the values of their labels. */
        remembered = remembered || !list->families[i].open;
    }
    if (result == 0 && remembered)
        result = db_run(store->sql.generation_advance, err);
    if (turn_end(store, result, err) != 0)
        return -1;
    *deleted += count;
    return 0;
}
