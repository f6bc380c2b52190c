#include "store/removal.h"

#include <string.h>

#include "metrics/label.h"
#include "store/connection.h"
#include "store/family_row.h"
#include "store/meta.h"
#include "store/pushers.h"
#include "store/series_row.h"

/* The fate of a family's series. */
enum fate { FATE_STAY, FATE_ZERO, FATE_DELETE };

/* A family with series in the removed group. */
struct doomed {
    struct doomed *next;
    int64_t id;
    const struct family *listed; /* NULL if no file lists it */
    bool open;
    enum fate fate;
};

/* State of a removal. */
struct removing {
    struct store *store;
    struct batch *batch;
    int64_t now;
    struct arena arena;
    int64_t group; /* its row; 0: no such group */
    /* Collected first, because rows must not change while they are read. */
    struct doomed *families;
    bool lost; /* some family has lost series */
    bool stay; /* this caller may not remove all of its series */
};

static int find_group(struct removing *removing, struct err *err) {
    struct db_statement *find = removing->store->sql.group_find;
    const struct removal *removal = removing->batch->removal;
    struct strbuf labels = {0};
    label_set_write_json(removal->labels, removal->count, &labels);
    db_bind_text(find, ":labels", labels.data, labels.len);
    int result = labels.failed ? err_no_memory(err)
                               : db_number(find, &removing->group, err);
    strbuf_free(&labels);
    return result;
}

static enum fate fate_of(const struct removing *removing, const char *name,
                         const struct family *listed) {
    const struct string_list *patterns = removing->batch->removal->families;
    if (metric_name_reserved(name) || metric_name_of_sessions(name) ||
        (listed && listed->internal) ||
        !pattern_list_permits(patterns, name, strlen(name)))
        return FATE_STAY;
    return listed && family_closed(listed) ? FATE_ZERO : FATE_DELETE;
}

static int list_family(void *context, struct db_statement *row,
                       struct err *err) {
    struct removing *removing = context;
    size_t len;
    const char *name = db_text(row, 1, &len);
    struct doomed *family = arena_take(&removing->arena, sizeof(*family));
    if (!name || !family)
        return err_no_memory(err);
    const struct family *listed =
        registry_find(removing->store->registry, name, len);
    *family = (struct doomed){.next = removing->families,
                              .id = db_integer(row, 0),
                              .listed = listed,
                              .open = db_integer(row, 2) != 0,
                              .fate = fate_of(removing, name, listed)};
    removing->families = family;
    removing->stay = removing->stay || family->fate == FATE_STAY;
    return 0;
}

/* Runs a statement on the family's rows in the group; *changes is the number of
 * rows changed. */
static int run(const struct removing *removing, struct db_statement *statement,
               const struct doomed *family, int64_t *changes, struct err *err) {
    db_bind_integer(statement, ":family", family->id);
    db_bind_integer(statement, ":group", removing->group);
    int result = db_run(statement, err);
    *changes = db_changes(removing->store->db);
    return result;
}

/* Updates a family that has lost series. If a file lists it later, its zero
 * rows must be inserted again. An open family is deleted with its last
 * series. */
static int remove_family(const struct removing *removing,
                         const struct doomed *family, int64_t series,
                         struct err *err) {
    struct store *store = removing->store;
    const struct statements *sql = &store->sql;
    int64_t left;
    if (family_row_set_zeroed(store, family->id, 0, err) != 0)
        return -1;
    if (!family->open)
        return 0;
    if (meta_add(store, META_OPEN_SERIES, -series, err) != 0 ||
        series_row_count(store, family->id, &left, err) != 0)
        return -1;
    if (left > 0)
        return 0;
    /* Pushers of series deleted earlier, or from when a file listed the
     * family. */
    if (pushers_forget(store, family->id, err) != 0)
        return -1;
    db_bind_integer(sql->family_delete, ":id", family->id);
    return db_run(sql->family_delete, err);
}

static int remove_series(struct removing *removing, const struct doomed *family,
                         struct err *err) {
    struct store *store = removing->store;
    const struct statements *sql = &store->sql;
    int64_t pushers;
    int64_t series;
    if (family->fate == FATE_STAY)
        return 0;
    if (run(removing, sql->group_forget_pushers, family, &pushers, err) != 0 ||
        meta_add(store, META_PUSHERS, -pushers, err) != 0)
        return -1;
    if (family->fate == FATE_ZERO) {
        int zeroed;
        if (series_rows_zero(store, family->listed, removing->group,
                             removing->now, &zeroed, err) != 0)
            return -1;
        removing->batch->zeroed += (size_t)zeroed;
        return 0;
    }
    if (run(removing, sql->group_drop, family, &series, err) != 0)
        return -1;
    removing->batch->removed += (size_t)series;
    removing->lost = true;
    return remove_family(removing, family, series, err);
}

/* Series that were set to zero leave the group. */
static int remove_group(const struct removing *removing, struct err *err) {
    struct db_statement *leave = removing->store->sql.group_leave;
    struct db_statement *delete = removing->store->sql.group_delete;
    if (removing->stay)
        return 0;
    db_bind_integer(leave, ":group", removing->group);
    db_bind_integer(delete, ":id", removing->group);
    if (db_run(leave, err) != 0 || db_run(delete, err) != 0)
        return -1;
    return meta_add(removing->store, META_GROUPS, -1, err);
}

static int remove_all(struct removing *removing, struct err *err) {
    struct db_statement *families = removing->store->sql.group_families;
    if (find_group(removing, err) != 0)
        return -1;
    if (removing->group == 0)
        return 0;
    db_bind_integer(families, ":group", removing->group);
    if (db_each(families, list_family, removing, err) != 0)
        return -1;
    for (struct doomed *family = removing->families; family;
         family = family->next)
        if (remove_series(removing, family, err) != 0)
            return -1;
    if (removing->lost &&
        meta_add(removing->store, META_OPEN_GENERATION, 1, err) != 0)
        return -1;
    return remove_group(removing, err);
}

int removal_apply(struct store *store, struct batch *batch, int64_t now,
                  struct err *err) {
    struct removing removing = {.store = store, .batch = batch, .now = now};
    batch->removed = 0;
    batch->zeroed = 0;
    int result = remove_all(&removing, err);
    arena_free(&removing.arena);
    return result;
}
