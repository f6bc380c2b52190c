#include "store/groups.h"

#include "store/connection.h"
#include "store/meta.h"
#include "store/open_labels.h"

enum {
    UNSEEN_MAX = 86400, /* seconds after which a group without series may be
                           removed */
    PRUNE_PAUSE = 60    /* seconds between searches for such groups */
};

static void bind_labels(struct db_statement *statement,
                        const struct batch_group *group) {
    db_bind_text(statement, ":labels", group->labels, group->labels_len);
}

static int count_new(struct store *store, const struct batch *batch,
                     int64_t *count, struct err *err) {
    int64_t id;
    *count = 0;
    for (size_t i = 0; i < batch->group_count; i++) {
        bind_labels(store->sql.group_find, &batch->groups[i]);
        if (db_number(store->sql.group_find, &id, err) != 0)
            return -1;
        *count += id == 0;
    }
    return 0;
}

int groups_prune(struct store *store, int64_t horizon, int *pruned,
                 struct err *err) {
    return meta_prune(store, store->sql.group_prune, META_GROUPS, horizon,
                      pruned, err);
}

/* Removes unused groups until there is room for count, or none is left. */
static int make_room(struct store *store, int64_t count, int64_t now,
                     struct err *err) {
    int64_t max = (int64_t)store->registry->groups_max;
    int pruned = 1;
    if (now - store->groups_pruned_at < PRUNE_PAUSE &&
        now >= store->groups_pruned_at)
        return 0;
    while (store->meta[META_GROUPS] + count > max && pruned > 0)
        if (groups_prune(store, now - UNSEEN_MAX, &pruned, err) != 0)
            return -1;
    if (pruned == 0)
        store->groups_pruned_at = now;
    return 0;
}

int groups_admit(struct store *store, struct batch *batch, int64_t now,
                 struct err *err) {
    int64_t max = (int64_t)store->registry->groups_max;
    int64_t count = (int64_t)batch->group_count;
    if (count == 0 || store->meta[META_GROUPS] + count <= max)
        return 0;
    if (count_new(store, batch, &count, err) != 0 ||
        make_room(store, count, now, err) != 0)
        return -1;
    if (count == 0 || store->meta[META_GROUPS] + count <= max)
        return 0;
    (void)batch_refuse(
        batch, REJECT_SERIES_LIMIT,
        "the push would raise the number of groups, by the labels of their "
        "paths, to %lld, "
        "must be at most limits.series, %lld; delete groups or raise the limit",
        (long long)store->meta[META_GROUPS] + (long long)count, (long long)max);
    return 0;
}

static void bind_group(struct db_statement *statement,
                       const struct batch_group *group) {
    bind_labels(statement, group);
    db_bind_real(statement, ":pushed_at", group->pushed_at);
    db_bind_real(statement, ":failed_at", group->failed_at);
}

static int take(struct store *store, struct batch_group *group, bool totals,
                struct err *err) {
    const struct statements *sql = &store->sql;
    struct db_statement *update = totals ? sql->group_merge : sql->group_touch;
    bind_group(update, group);
    if (db_number(update, &group->id, err) != 0)
        return -1;
    if (group->id != 0)
        return 0;
    bind_group(sql->group_insert, group);
    if (db_run(sql->group_insert, err) != 0)
        return -1;
    group->id = db_last_id(store->db);
    return meta_add(store, META_GROUPS, 1, err);
}

int groups_take(struct store *store, struct batch *batch, struct err *err) {
    for (size_t i = 0; i < batch->group_count; i++)
        if (take(store, &batch->groups[i], batch->totals, err) != 0)
            return -1;
    return 0;
}

int groups_fail(struct store *store, struct batch *batch, struct err *err) {
    struct sample *sample = batch->on_refusal;
    int64_t max = (int64_t)store->registry->groups_max;
    if (batch->group_count != 1 || batch->totals)
        return 0;
    struct batch_group *group = &batch->groups[0];
    if (group->pushed_at <= 0 && group->failed_at <= 0)
        return 0;
    /* An earlier attempt of this turn may have set it. */
    if (group->pushed_at > 0)
        group->failed_at = group->pushed_at;
    group->pushed_at = 0;
    if (store->meta[META_GROUPS] >= max) {
        int64_t count;
        if (count_new(store, batch, &count, err) != 0)
            return -1;
        if (count > 0)
            return 0;
    }
    if (take(store, group, false, err) != 0)
        return -1;
    if (sample && (open_labels_resolve(store, sample, err) != 0))
        return -1;
    return sample && fold_add(&store->fold, sample) != 0 ? err_no_memory(err)
                                                         : 0;
}
