#include "store/removal.h"

#include <stdlib.h>
#include <string.h>

#include "metrics/label.h"
#include "store/connection.h"
#include "store/series_row.h"

/* What becomes of a family's series. */
enum fate { FATE_STAY, FATE_ZERO, FATE_DELETE };

struct doomed_family {
    int64_t id;
    const struct family *listed; /* NULL if no file lists it */
    bool open;
    enum fate fate;
    size_t deleted; /* series */
};

struct doomed_series {
    int64_t id;
    size_t family; /* its index */
};

struct doomed_pusher {
    int64_t family;
    const char *labels;
    const char *pusher;
};

/* One removal under way. The lists are made first, as rows are not changed
 * while they are read. */
struct removing {
    struct store *store;
    struct batch *batch;
    const struct removal *removal;
    int64_t now;
    struct err *err;
    struct arena arena;
    int64_t group; /* its row; 0 if there is none */
    size_t stay;   /* its series that this caller may not remove */
    struct doomed_family *families;
    size_t family_count;
    struct doomed_series *series;
    size_t series_count;
    struct doomed_pusher *pushers;
    size_t pusher_count;
};

static int no_memory(const struct removing *removing) {
    return err_set(removing->err, ERR_MEMORY, "out of memory");
}

/* Room for one more in a list that has room for a power of two. */
static void *grow(void *list, size_t count, size_t size) {
    if (count > 0 && (count & (count - 1)) != 0)
        return list;
    return realloc(list, (count > 0 ? count * 2 : 1) * size);
}

/* Finds the row of the group. */
static int find_group(struct removing *removing) {
    struct db_statement *find = removing->store->sql.group_find;
    const struct removal *removal = removing->removal;
    struct strbuf labels = {0};
    label_set_write_json(removal->labels, removal->count, &labels);
    if (labels.failed)
        return no_memory(removing);
    db_bind_text(find, ":labels", labels.data, labels.len);
    int result = db_number(find, &removing->group, removing->err);
    strbuf_free(&labels);
    return result;
}

static enum fate fate_of(const struct removing *removing, const char *name,
                         const struct family *listed) {
    const struct string_list *patterns = removing->removal->families;
    if (metric_name_reserved(name) || metric_name_of_sessions(name) ||
        (listed && listed->internal) ||
        (patterns && !pattern_list_match(patterns, name, strlen(name))))
        return FATE_STAY;
    return listed && family_closed(listed) ? FATE_ZERO : FATE_DELETE;
}

static int list_family(struct removing *removing,
                       struct db_statement *statement) {
    size_t len;
    const char *name = db_text(statement, 1, &len);
    if (!name)
        return no_memory(removing);
    struct doomed_family *families =
        grow(removing->families, removing->family_count, sizeof(*families));
    if (!families)
        return no_memory(removing);
    const struct family *listed =
        registry_find(removing->store->registry, name, len);
    removing->families = families;
    families[removing->family_count++] =
        (struct doomed_family){.id = db_integer(statement, 0),
                               .listed = listed,
                               .open = db_integer(statement, 2) != 0,
                               .fate = fate_of(removing, name, listed)};
    return 0;
}

static int compare_id(const void *id, const void *family) {
    int64_t a = *(const int64_t *)id;
    int64_t b = ((const struct doomed_family *)family)->id;
    return (a > b) - (a < b);
}

/* NULL when there is none. They are ordered by id. */
static struct doomed_family *find_family(const struct removing *removing,
                                         int64_t id) {
    return removing->family_count == 0
               ? NULL
               : bsearch(&id, removing->families, removing->family_count,
                         sizeof(*removing->families), compare_id);
}

static int list_series(struct removing *removing,
                       struct db_statement *statement) {
    const struct doomed_family *family =
        find_family(removing, db_integer(statement, 1));
    if (!family || family->fate == FATE_STAY) {
        removing->stay++;
        return 0;
    }
    struct doomed_series *series =
        grow(removing->series, removing->series_count, sizeof(*series));
    if (!series)
        return no_memory(removing);
    removing->series = series;
    series[removing->series_count++] = (struct doomed_series){
        db_integer(statement, 0), (size_t)(family - removing->families)};
    return 0;
}

static int list_pusher(struct removing *removing,
                       struct db_statement *statement) {
    size_t labels_len;
    size_t pusher_len;
    int64_t id = db_integer(statement, 0);
    const struct doomed_family *family = find_family(removing, id);
    const char *labels = db_text(statement, 1, &labels_len);
    const char *pusher = db_text(statement, 2, &pusher_len);
    if (!family || family->fate == FATE_STAY)
        return 0;
    struct doomed_pusher *pushers =
        grow(removing->pushers, removing->pusher_count, sizeof(*pushers));
    if (!pushers)
        return no_memory(removing);
    removing->pushers = pushers;
    struct doomed_pusher *row = &pushers[removing->pusher_count++];
    row->family = id;
    row->labels = arena_copy(&removing->arena, labels, labels_len);
    row->pusher = arena_copy(&removing->arena, pusher, pusher_len);
    return row->labels && row->pusher ? 0 : no_memory(removing);
}

typedef int row_visit(struct removing *removing,
                      struct db_statement *statement);

static int visit_rows(struct removing *removing, struct db_statement *statement,
                      row_visit *visit) {
    int result;
    while ((result = db_step(statement, removing->err)) == 1)
        if ((result = visit(removing, statement)) != 0)
            break;
    db_reset(statement);
    return result;
}

static int list_all(struct removing *removing) {
    const struct statements *sql = &removing->store->sql;
    if (visit_rows(removing, sql->removal_families, list_family) != 0)
        return -1;
    db_bind_integer(sql->removal_series, ":group", removing->group);
    if (visit_rows(removing, sql->removal_series, list_series) != 0)
        return -1;
    db_bind_integer(sql->removal_pushers, ":group", removing->group);
    return visit_rows(removing, sql->removal_pushers, list_pusher);
}

static int remove_series(struct removing *removing) {
    const struct statements *sql = &removing->store->sql;
    for (size_t i = 0; i < removing->series_count; i++) {
        int64_t id = removing->series[i].id;
        struct doomed_family *family =
            &removing->families[removing->series[i].family];
        if (family->fate == FATE_ZERO) {
            if (series_row_zero(sql->series_zero, family->listed, id,
                                removing->now, removing->err) != 0)
                return -1;
            removing->batch->zeroed++;
            continue;
        }
        db_bind_integer(sql->series_delete, ":id", id);
        if (db_run(sql->series_delete, removing->err) != 0)
            return -1;
        family->deleted++;
        removing->batch->removed++;
    }
    return 0;
}

static int forget_pushers(struct removing *removing, size_t count) {
    struct store *store = removing->store;
    store->meta.pushers -= (int64_t)count;
    return meta_add(store->sql.meta_add, "pushers", -(int64_t)count,
                    removing->err);
}

static int remove_pushers(struct removing *removing) {
    const struct statements *sql = &removing->store->sql;
    for (size_t i = 0; i < removing->pusher_count; i++) {
        const struct doomed_pusher *row = &removing->pushers[i];
        db_bind_integer(sql->pusher_delete, ":family", row->family);
        db_bind_text(sql->pusher_delete, ":labels", row->labels,
                     strlen(row->labels));
        db_bind_text(sql->pusher_delete, ":pusher", row->pusher,
                     strlen(row->pusher));
        if (db_run(sql->pusher_delete, removing->err) != 0)
            return -1;
    }
    return forget_pushers(removing, removing->pusher_count);
}

/* The family has lost series. If it is listed later on, its zeros must be made
 * anew; an open one goes with its last series. */
static int remove_family(struct removing *removing,
                         const struct doomed_family *family) {
    const struct statements *sql = &removing->store->sql;
    db_bind_integer(sql->family_zeroed, ":zeroed", 0);
    db_bind_integer(sql->family_zeroed, ":id", family->id);
    if (db_run(sql->family_zeroed, removing->err) != 0)
        return -1;
    if (!family->open)
        return 0;
    /* From when it was listed. */
    db_bind_integer(sql->pusher_reset, ":family", family->id);
    if (db_run(sql->pusher_reset, removing->err) != 0 ||
        forget_pushers(removing, (size_t)db_changes(removing->store->db)) != 0)
        return -1;
    db_bind_integer(sql->family_delete, ":id", family->id);
    return db_run(sql->family_delete, removing->err);
}

static int remove_families(struct removing *removing) {
    int64_t series = 0;
    size_t changed = 0;
    struct store *store = removing->store;
    for (size_t i = 0; i < removing->family_count; i++) {
        const struct doomed_family *family = &removing->families[i];
        if (family->deleted == 0)
            continue;
        if (remove_family(removing, family) != 0)
            return -1;
        changed++;
        series += family->open ? (int64_t)family->deleted : 0;
    }
    if (changed == 0)
        return 0;
    store->meta.open_series -= series;
    store->meta.open_generation++;
    return meta_series_gone(store->sql.meta_add, series, removing->err);
}

/* Those that started again at zero are in no group then. */
static int remove_group(struct removing *removing) {
    struct store *store = removing->store;
    struct db_statement *leave = store->sql.group_leave;
    struct db_statement *delete = store->sql.group_delete;
    if (removing->stay > 0)
        return 0;
    db_bind_integer(leave, ":group", removing->group);
    db_bind_integer(delete, ":id", removing->group);
    if (db_run(leave, removing->err) != 0 || db_run(delete, removing->err) != 0)
        return -1;
    store->meta.groups--;
    return meta_add(store->sql.meta_add, "groups", -1, removing->err);
}

static int remove_all(struct removing *removing) {
    if (find_group(removing) != 0)
        return -1;
    if (removing->group == 0)
        return 0;
    if (list_all(removing) != 0 || remove_series(removing) != 0 ||
        remove_pushers(removing) != 0 || remove_group(removing) != 0)
        return -1;
    return remove_families(removing);
}

int removal_apply(struct store *store, struct batch *batch, int64_t now,
                  struct err *err) {
    struct removing removing = {.store = store,
                                .batch = batch,
                                .removal = batch->removal,
                                .now = now,
                                .err = err};
    batch->removed = 0;
    batch->zeroed = 0;
    int result = remove_all(&removing);
    free(removing.families);
    free(removing.series);
    free(removing.pushers);
    arena_free(&removing.arena);
    return result;
}
