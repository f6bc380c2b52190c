#include "store/node.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "metrics/histogram.h"
#include "metrics/label.h"
#include "sql.h"
#include "store/family_row.h"

/* State of a read. */
struct node {
    const struct registry *registry;
    struct pushed *out;
    struct db_statement *series;
    struct db_statement *history;
    struct pushed_family *family;
    const struct node_groups *groups;
    const double *bounds; /* of the family */
    size_t bound_count;
    bool listed; /* in the registry */
    struct err *err;
};

static int no_memory(struct node *node) {
    return err_no_memory(node->err);
}

static int damaged(struct node *node, const char *labels) {
    return err_set(node->err, ERR_CORRUPT,
                   "%.100s: the row of the series %.200s is damaged",
                   node->family->name, labels ? labels : "without labels");
}

static int without_totals(struct node *node) {
    size_t len;
    const char *labels = db_text(node->series, 0, &len);
    return err_set(node->err, ERR_CORRUPT,
                   "%.100s: the series %.200s has no totals: its row in the "
                   "table total is missing",
                   node->family->name, labels ? labels : "without labels");
}

struct labels {
    struct node *node;
    struct label list[PUSHED_LABELS_MAX];
    size_t count;
};

/* Non-zero when it is not a label, or memory ran out. */
static int add_label(void *context, const char *key,
                     const struct json_object *value) {
    struct labels *labels = context;
    struct pushed *out = labels->node->out;
    size_t len;
    if (json_kind(value) != JSON_STRING || labels->count == PUSHED_LABELS_MAX ||
        label_name_fault(key, strlen(key)) != NAME_FINE)
        return -1;
    const char *text = json_string(value, &len);
    struct label *label = &labels->list[labels->count++];
    label->name = pushed_label_name(out, key, strlen(key));
    label->value = arena_copy(&out->arena, text, len);
    label->value_len = len;
    return label->name && label->value && !memchr(text, '\0', len) ? 0 : -1;
}

/* Sets the labels of the series from canonical JSON. */
static int read_labels(struct node *node, const char *json, size_t len,
                       struct pushed_series *series) {
    struct labels labels = {.node = node};
    struct json_object *document = NULL;
    struct err ignored;
    bool fine = json && json_read(json, len, &document, &ignored) == 0 &&
                json_kind(document) == JSON_OBJECT &&
                json_members(document, add_label, &labels) == 0;
    json_free(document);
    if (!fine)
        return damaged(node, json);
    struct label *list =
        arena_take(&node->out->arena, labels.count * sizeof(*list) + 1);
    if (!list)
        return no_memory(node);
    if (labels.count > 0)
        memcpy(list, labels.list, labels.count * sizeof(*list));
    series->labels = list;
    series->label_count = labels.count;
    return 0;
}

static int read_buckets(struct node *node, struct pushed_series *series) {
    size_t len;
    size_t labels_len;
    const char *json = db_text(node->series, 4, &len);
    size_t count = node->bound_count + 1;
    uint64_t *buckets = arena_take(&node->out->arena, count * sizeof(*buckets));
    if (!buckets)
        return no_memory(node);
    if (!json || histogram_read_json(json, len, buckets, count) != 0)
        return damaged(node, db_text(node->series, 0, &labels_len));
    series->bounds = node->bounds;
    series->bound_count = node->bound_count;
    series->buckets = buckets;
    return 0;
}

static int compare_id(const void *id, const void *group) {
    int64_t a = *(const int64_t *)id;
    int64_t b = ((const struct batch_group *)group)->id;
    return (a > b) - (a < b);
}

/* The group of that row, or NULL. Groups are ordered by row. */
static const struct batch_group *find_group(const struct node_groups *groups,
                                            int64_t id) {
    return groups->count == 0 ? NULL
                              : bsearch(&id, groups->groups, groups->count,
                                        sizeof(*groups->groups), compare_id);
}

/* Sets *nothing if the row has the same meaning as a missing row. A counter has
 * no count of observations; a histogram or summary has no value. Totals that
 * were set to zero may have grown before. */
static int find_nothing(const struct node *node, bool *nothing,
                        struct err *err) {
    int64_t grown = 0;
    const bool unset = metric_shape(node->family->type) == SHAPE_VALUE;
    *nothing = db_integer(node->series, 3) == 0 &&
               (unset || (node->listed && db_real(node->series, 1) <= 0));
    if (unset || !*nothing)
        return 0;
    db_bind_integer(node->history, ":id", db_integer(node->series, 7));
    int result = db_number(node->history, &grown, err);
    *nothing = grown == 0;
    return result;
}

static int read_series(void *context, struct db_statement *row,
                       struct err *err) {
    struct node *node = context;
    bool nothing;
    size_t len;
    if (db_is_null(row, 5))
        return without_totals(node);
    if (find_nothing(node, &nothing, err) != 0)
        return -1;
    if (nothing)
        return 0;
    struct pushed_series *series = pushed_add(node->out, node->family);
    if (!series)
        return err_no_memory(err);
    series->value = db_is_null(row, 1) ? NAN : db_real(row, 1);
    series->sum = db_real(row, 2);
    series->count = (uint64_t)db_integer(row, 3);
    series->at = db_integer(row, 5);
    series->history = db_integer(row, 7);
    series->group = find_group(node->groups, db_integer(row, 6));
    const char *labels = db_text(row, 0, &len);
    if (read_labels(node, labels, len, series) != 0)
        return -1;
    return metric_shape(node->family->type) == SHAPE_BUCKETS
               ? read_buckets(node, series)
               : 0;
}

/* Adds the family to the push, without series. */
static int add_family(struct node *node, const struct family *row) {
    struct arena *arena = &node->out->arena;
    size_t size = row->bound_count * sizeof(*row->bounds);
    double *bounds = arena_take(arena, size + 1);
    node->family = pushed_family(node->out, row->name, strlen(row->name));
    if (!node->family || !bounds)
        return no_memory(node);
    if (size > 0)
        memcpy(bounds, row->bounds, size);
    node->bounds = bounds;
    node->bound_count = row->bound_count;
    node->listed =
        registry_find(node->registry, row->name, strlen(row->name)) != NULL;
    node->family->type = row->type;
    node->family->help = arena_copy(arena, row->help, strlen(row->help));
    node->family->unit = arena_copy(arena, row->unit, strlen(row->unit));
    return node->family->help && node->family->unit ? 0 : no_memory(node);
}

/* A query on this node supplies the family's values. */
static bool is_queried(const struct registry *registry, const char *name) {
    const struct family *family = registry_find(registry, name, strlen(name));
    return family && family->queried;
}

static int read_family(void *context, struct db_statement *row,
                       struct err *err) {
    struct node *node = context;
    double bounds[HISTOGRAM_BOUNDS_MAX];
    struct family family;
    size_t len;
    const char *name = db_text(row, 1, &len);
    if (family_row_read(row, bounds, &family) != 0)
        return err_set(err, ERR_CORRUPT,
                       "the row of the family %.200s is damaged",
                       name ? name : "without a name");
    if (metric_name_reserved(family.name) ||
        is_queried(node->registry, family.name))
        return 0;
    db_bind_integer(node->series, ":family", family.id);
    return add_family(node, &family) != 0
               ? -1
               : db_each(node->series, read_series, node, err);
}

int ingest_node(struct db *db, const struct registry *registry,
                const struct node_groups *groups, struct pushed *out,
                struct err *err) {
    struct node node = {
        .registry = registry, .groups = groups, .out = out, .err = err};
    int result = -1;
    if (db_prepare(db, sql_node_series, &node.series, err) == 0 &&
        db_prepare(db, sql_node_history, &node.history, err) == 0)
        result = db_query(db, sql_node_families, read_family, &node, err);
    db_finalize(node.series);
    db_finalize(node.history);
    return result;
}

/* Only labels in the form that the store writes are accepted. */
static bool labels_fine(const char *labels, size_t len) {
    struct strbuf shown = {0};
    bool fine = labels && label_json_write_exposition(labels, len, &shown) == 0;
    strbuf_free(&shown);
    return fine;
}

/* Skips damaged rows. */
static int add_group(void *context, struct db_statement *row, struct err *err) {
    struct node_groups *groups = context;
    size_t len;
    const char *labels = db_text(row, 1, &len);
    if (len <= 2 || !labels_fine(labels, len))
        return 0;
    struct batch_group *list =
        arena_grow(groups->arena, groups->groups, groups->count, sizeof(*list));
    const char *copy = arena_copy(groups->arena, labels, len);
    if (!list || !copy)
        return err_no_memory(err);
    groups->groups = list;
    list[groups->count++] = (struct batch_group){.labels = copy,
                                                 .labels_len = len,
                                                 .pushed_at = db_real(row, 2),
                                                 .failed_at = db_real(row, 3),
                                                 .id = db_integer(row, 0)};
    return 0;
}

int ingest_node_groups(struct db *db, struct node_groups *groups,
                       struct err *err) {
    return db_query(db, sql_node_groups, add_group, groups, err);
}

struct pusher_list {
    struct arena *arena;
    struct known_pusher *pushers;
    size_t count;
};

static const char *copy_column(struct db_statement *row, int column,
                               struct arena *arena) {
    size_t len;
    const char *text = db_text(row, column, &len);
    return text ? arena_copy(arena, text, len) : NULL;
}

/* Skips damaged rows. */
static int add_pusher(void *context, struct db_statement *row,
                      struct err *err) {
    struct pusher_list *list = context;
    struct arena *arena = list->arena;
    size_t len;
    const char *name = db_text(row, 0, &len);
    if (!name || metric_name_reserved(name))
        return 0;
    for (int column = 1; column <= 3; column++) {
        const char *labels = db_text(row, column, &len);
        bool optional = column == 3; /* the labels of the series */
        if (!(optional && !labels) && !labels_fine(labels, len))
            return 0;
    }
    struct known_pusher *pushers =
        arena_grow(arena, list->pushers, list->count, sizeof(*pushers));
    if (!pushers)
        return err_no_memory(err);
    list->pushers = pushers;
    pushers[list->count++] = (struct known_pusher){
        .family = copy_column(row, 0, arena),
        .labels = copy_column(row, 1, arena),
        .pusher = copy_column(row, 2, arena),
        .series = copy_column(row, 3, arena),
        .value = db_real(row, 4),
        .sum = db_real(row, 5),
        .count = (uint64_t)db_integer(row, 6),
        .buckets = copy_column(row, 7, arena),
        .epoch = db_integer(row, 8),
        .seen_at = db_integer(row, 9),
    };
    return arena->failed ? err_no_memory(err) : 0;
}

int ingest_node_pushers(struct db *db, struct arena *arena,
                        struct known_pusher **pushers, size_t *count,
                        struct err *err) {
    struct pusher_list list = {.arena = arena};
    int result = db_query(db, sql_node_pushers, add_pusher, &list, err);
    *pushers = list.pushers;
    *count = list.count;
    return result;
}
