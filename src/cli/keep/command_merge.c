/* tallyman merge: adds the totals of other nodes. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command/database.h"
#include "cli/keep/addition.h"
#include "sql.h"
#include "store/commit.h"
#include "store/family_row.h"
#include "store/node.h"
#include "store/row_fault.h"
#include "store/schema.h"
#include "store/turn.h"

/* Another node. */
struct other {
    const char *path;
    struct origin origin;
    struct pushed pushed;
    struct value_set keys; /* of the nodes in its totals, its own first */
    struct arena arena;    /* for groups and pushers */
    struct node_groups groups;
    struct known_pusher *pushers;
    size_t pusher_count;
};

static int add_key(void *context, struct db_statement *row, struct err *err) {
    struct other *other = context;
    size_t len;
    const char *key = db_text(row, 0, &len);
    return key && value_set_add(&other->keys, key, len) != VALUE_NONE
               ? 0
               : err_no_memory(err);
}

static int read_keys(struct other *other, struct err *err) {
    int result =
        db_query(other->origin.db, sql_node_origins, add_key, other, err);
    if (result == 0 && other->keys.count == 0)
        return err_set(err, ERR_CORRUPT,
                       "the row `identity` of meta is missing: whether the "
                       "file was merged before is unknown");
    return result;
}

/* Foreign views and tables would not be read, but a file with them may have
 * been changed in other ways, too. */
static int check_schema(const struct other *other, struct err *err) {
    const struct origin *origin = &other->origin;
    if (origin->version == SQL_VERSION)
        return schema_require(origin->db, other->path, origin->version,
                              SCHEMA_NEEDS_ALL, err) == 0
                   ? row_references_check(origin->db, other->path, err)
                   : -1;
    return err_set(err, ERR_VALUE,
                   "%s: has schema version %lld, must have %d: start a "
                   "responder of this version on it once",
                   other->path, (long long)origin->version, SQL_VERSION);
}

/* Reads everything except the history. */
static int read_all(struct other *other, const struct registry *registry,
                    struct err *err) {
    struct db *db = other->origin.db;
    other->groups.arena = &other->arena;
    if (read_keys(other, err) != 0 ||
        ingest_node_groups(db, &other->groups, err) != 0 ||
        ingest_node(db, registry, &other->groups, &other->pushed, err) != 0)
        return -1;
    return ingest_node_pushers(db, &other->arena, &other->pushers,
                               &other->pusher_count, err);
}

static int read_other(struct other *other, struct live *live) {
    struct err *err = &live->err;
    if (origin_open(&other->origin, other->path, err) != 0)
        return -1;
    int status = check_schema(other, err);
    if (status == 0 && read_all(other, &live->config->registry, err) != 0)
        status = call_failed(live->call, "%s: %s", other->path, err->message);
    return status;
}

/* Reports which of its totals the database already has. */
static int refuse_repeat(const struct other *other, size_t key,
                         int64_t added_at, const struct live *live) {
    char when[32];
    time_t time = (time_t)added_at;
    struct tm utc;
    (void)gmtime_r(&time, &utc);
    (void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &utc);
    if (added_at == 0)
        return call_failed(
            live->call,
            key == 0 ? "%s is %s itself, or a backup of it; "
                       "nothing was added"
                     : "%s already has the totals of %s; nothing was added",
            other->path, live->config->database);
    return call_failed(live->call,
                       key == 0
                           ? "%s, or an earlier or later state of the same "
                             "node, was merged on %s; nothing was added"
                           : "%s has the totals of a node that was merged "
                             "on %s; nothing was added",
                       other->path, when);
}

/* Its own key is the most precise message. */
static int check_repeat(const struct other *other, struct live *live) {
    size_t repeated = other->keys.count;
    int64_t when = 0;
    for (size_t i = 0; i < other->keys.count; i++) {
        int64_t added_at;
        int found = store_find_origin(live->store, other->keys.values[i].text,
                                      &added_at, &live->err);
        if (found < 0)
            return -1;
        if (found == 0 || (repeated < other->keys.count && added_at != 0))
            continue;
        repeated = i;
        when = added_at;
    }
    return repeated < other->keys.count
               ? refuse_repeat(other, repeated, when, live)
               : COMMAND_OK;
}

static int check_kind(const struct other *other,
                      const struct pushed_family *pushed,
                      struct db_statement *find, struct live *live) {
    double bounds[HISTOGRAM_BOUNDS_MAX];
    const struct pushed_series *series = pushed->series;
    struct family_row row;
    struct family family = {.name = pushed->name,
                            .help = pushed->help,
                            .unit = pushed->unit,
                            .type = pushed->type,
                            .bounds = bounds,
                            .bound_count = series->bound_count};
    if (series->bound_count > 0)
        memcpy(bounds, series->bounds, series->bound_count * sizeof(*bounds));
    if (family_row_find(find, &family, &row, &live->err) != 0)
        return -1;
    if (row.id == 0 || row.same_kind)
        return COMMAND_OK;
    return call_failed(
        live->call, "%s: %s is a %s in it%s but a %s in %s; nothing was added",
        other->path, pushed->name, metric_type_name(pushed->type),
        row.type == pushed->type ? " with other bounds," : ",",
        metric_type_name(row.type), live->config->database);
}

static int check_kinds(const struct other *other, struct live *live) {
    struct origin own;
    struct db_statement *find;
    if (origin_open(&own, live->config->database, &live->err) != 0)
        return -1;
    int status = db_prepare(own.db, sql_family_find, &find, &live->err);
    for (size_t i = 0; status == COMMAND_OK && i < pushed_count(&other->pushed);
         i++)
        if (other->pushed.families[i].count > 0)
            status = check_kind(other, &other->pushed.families[i], find, live);
    origin_close(&own);
    return status;
}

/* The lock is held from the checks to the commit. */
static int add(const struct other *other, struct live *live) {
    struct arena arena = {.blocks = NULL};
    const char **keys =
        arena_take(&arena, other->keys.count * sizeof(*keys) + 1);
    for (size_t i = 0; keys && i < other->keys.count; i++)
        keys[i] = other->keys.values[i].text;
    const struct addition addition = {.name = other->path,
                                      .pushed = &other->pushed,
                                      .origins = keys,
                                      .origin_count = other->keys.count,
                                      .pushers = other->pushers,
                                      .pusher_count = other->pusher_count,
                                      .history = other->origin.db,
                                      .groups = other->groups.groups,
                                      .group_count = other->groups.count};
    int status =
        keys ? store_lock(live->store, &live->err) : err_no_memory(&live->err);
    if (status == COMMAND_OK)
        status = check_repeat(other, live);
    if (status == COMMAND_OK)
        status = check_kinds(other, live);
    if (status == COMMAND_OK)
        status = addition_commit(&addition, "merged", live);
    arena_free(&arena);
    return status;
}

static int merge(struct live *live, void *context) {
    struct other *others = context;
    const int count = live->call->argument_count;
    int status = COMMAND_OK;
    for (int i = 0; i < count && status == COMMAND_OK; i++) {
        others[i].path = live->call->arguments[i];
        status = read_other(&others[i], live);
    }
    if (status == COMMAND_OK)
        status = live_open(live);
    if (status != COMMAND_OK)
        return status;
    /* A node with labels that are not permitted here makes all responders, and
     * this command, reload. */
    for (int i = 0; i < count; i++) {
        int added = live_load(live);
        if (added == COMMAND_OK)
            added = add(&others[i], live);
        if (live_end(live, added) != COMMAND_OK)
            status = COMMAND_FAILED;
    }
    return status;
}

static int run(const struct call *call) {
    size_t count = (size_t)call->argument_count;
    struct other *others = calloc(count, sizeof(*others));
    if (!others)
        return call_failed(call, "out of memory");
    int status = live_run(call, merge, others);
    for (size_t i = 0; i < count; i++) {
        origin_close(&others[i].origin);
        pushed_free(&others[i].pushed);
        value_set_free(&others[i].keys);
        arena_free(&others[i].arena);
    }
    free(others);
    return status;
}

const struct command command_merge = {
    .name = "merge",
    .arguments = "OTHER.db...",
    .summary = "Add the totals of other nodes",
    .help =
        "Each file is added as a whole or not at all, and each node once: "
        "merge a node after it has stopped counting. Counters, histograms "
        "and summaries are added; gauges follow the rule of their family, "
        "and with `last` the newer value is kept. A family must have the same "
        "type and bounds in both, and fit the allowlist, `open_families` and "
        "the limits of this configuration. Processes that push running totals "
        "continue from the last totals at the other node.\n\n"
        "Open sessions, ids of batches and keys of pushes are not merged: a "
        "push that the other node has counted is counted again if it is "
        "repeated here. Exemplars and the responders' own metrics are not "
        "merged either. Prometheus sees an increase.",
    .least = 1,
    .most = INT_MAX,
    .needs = "must have the database of another node as its argument",
    .run = run};
