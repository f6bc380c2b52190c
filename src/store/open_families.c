#include "store/open_families.h"

#include <string.h>

#include "metrics/histogram.h"
#include "store/connection.h"
#include "store/delta.h"
#include "store/family_row.h"
#include "store/meta.h"
#include "store/series_row.h"

/* The maximum number of refused families kept in memory. */
enum { TAKEN_BACK_MAX = 1000 };

/* How often a batch with independent points is checked. */
enum { CHECKS_MAX = 16 };

/* State of a check. */
struct check {
    struct store *store;
    struct batch *batch;
    struct open_families *open;
    struct err *err;
};

bool open_families_in(const struct batch *batch) {
    for (size_t i = 0; i < batch->count; i++)
        if (batch->samples[i].family->open)
            return true;
    return false;
}

void open_families_free(struct store *store) {
    registry_free(&store->open.registry);
    store->open = (struct open_families){.generation = 0};
}

/* Skips a damaged family. */
static int add_family(void *context, struct db_statement *row,
                      struct err *err) {
    struct registry *registry = context;
    double bounds[HISTOGRAM_BOUNDS_MAX];
    struct family family;
    const char *name;
    if (family_row_read(row, bounds, &family) != 0)
        return 0;
    const struct family *copy = registry_copy(registry, &family);
    if (!copy)
        return err_no_memory(err);
    (void)registry_claim(registry, copy, &name);
    return 0;
}

/* Also clears the fold, whose deltas point to the families. */
static int read_anew(struct store *store, struct err *err) {
    fold_free(&store->fold);
    open_families_free(store);
    if (db_each(store->sql.families_open, add_family, &store->open.registry,
                err) != 0)
        return -1;
    store->open.generation = store->meta[META_OPEN_GENERATION];
    return 0;
}

static bool is_current(const struct store *store) {
    const struct open_families *open = &store->open;
    return open->generation != 0 &&
           open->generation == store->meta[META_OPEN_GENERATION] &&
           open->label_sets / 2 <= store->registry->open_series_max &&
           open->taken_back <= TAKEN_BACK_MAX;
}

int open_families_begin(struct store *store, bool in_use, struct err *err) {
    struct open_families *open = &store->open;
    if (in_use && !is_current(store) && read_anew(store, err) != 0)
        return -1;
    open->added = 0;
    open->reopened = 0;
    open->changed = false;
    open->series = store->meta[META_OPEN_SERIES];
    return 0;
}

static int refuse_bounds(struct check *check, const struct family *proposal,
                         const struct family *known) {
    struct strbuf pushed = {0};
    struct strbuf own = {0};
    histogram_show_bounds(proposal->bounds, proposal->bound_count, &pushed);
    histogram_show_bounds(known->bounds, known->bound_count, &own);
    int result = pushed.failed || own.failed
                     ? err_no_memory(check->err)
                     : batch_refuse(check->batch, REJECT_BOUNDS_MISMATCH,
                                    "%.100s: pushed with the bounds %.120s; an "
                                    "earlier push had %.120s",
                                    known->name, pushed.data, own.data);
    strbuf_free(&pushed);
    strbuf_free(&own);
    return result;
}

/* An untyped family takes its earlier type. */
static int check_kind(struct check *check, const struct family *proposal,
                      const struct family *known) {
    if (!metric_type_takes(known->type, proposal->type))
        return batch_refuse(
            check->batch, REJECT_TYPE_MISMATCH,
            "%.200s: pushed as %s, but an earlier push had it as %s",
            known->name, metric_type_name(proposal->type),
            metric_type_name(known->type));
    return family_same_bounds(proposal, known)
               ? 0
               : refuse_bounds(check, proposal, known);
}

static int check_collisions(struct check *check, const struct family *family) {
    const char *name;
    const char *listed = "listed ";
    const struct family *other =
        registry_find_claim(check->store->registry, family, &name);
    if (!other) {
        listed = "";
        other = registry_claim(&check->open->registry, family, &name);
    }
    if (!other)
        return 0;
    return batch_refuse(
        check->batch, REJECT_NAME_COLLISION,
        "%.100s collides with the %s%s %.100s: both would expose %.100s",
        family->name, listed, metric_type_name(other->type), other->name, name);
}

/* A family that was once listed in a file is still in the database. */
static int find_former(struct check *check, struct family *family) {
    struct family_row row;
    int64_t series;
    if (family_row_find(check->store->sql.family_find, family, &row,
                        check->err) != 0)
        return -1;
    family->id = row.id;
    if (row.id == 0)
        return 0;
    if (!row.same_kind)
        return batch_refuse(check->batch, REJECT_TYPE_MISMATCH,
                            "%.200s: pushed as %s, but a file has listed it as "
                            "%s%s before, and its totals are kept; push "
                            "that type, or choose another name",
                            family->name, metric_type_name(family->type),
                            metric_type_name(row.type),
                            row.type == family->type ? " with other bounds"
                                                     : "");
    if (series_row_count(check->store, row.id, &series, check->err) != 0)
        return -1;
    check->open->series += series;
    check->open->reopened += series;
    return 0;
}

static struct family *add_new(struct check *check,
                              const struct family *proposal) {
    size_t max = check->store->registry->open_families_max;
    size_t count = registry_count(&check->open->registry);
    if (count >= max) {
        (void)batch_refuse(
            check->batch, REJECT_FAMILY_LIMIT,
            "%.200s is new, and with %zu families that no file lists "
            "limits.families is reached; list fewer or raise the limit",
            proposal->name, count);
        return NULL;
    }
    struct family *family = registry_copy(&check->open->registry, proposal);
    if (!family) {
        (void)err_no_memory(check->err);
        return NULL;
    }
    return check_collisions(check, family) == 0 &&
                   find_former(check, family) == 0
               ? family
               : NULL;
}

/* The store's family for a proposal. */
static struct family *find_family(struct check *check,
                                  const struct family *proposal) {
    struct family *known = registry_find(&check->open->registry, proposal->name,
                                         strlen(proposal->name));
    if (!known)
        return add_new(check, proposal);
    return check_kind(check, proposal, known) == 0 ? known : NULL;
}

/* Untyped values were not checked against a counter's range before. */
static int check_value(struct check *check, const struct family *family,
                       const struct sample *sample) {
    enum reject_reason reason;
    struct err why;
    return batch_value_fits(family, sample->value, sample->relative, &reason,
                            &why)
               ? 0
               : batch_refuse(check->batch, reason, "%.200s: %s", family->name,
                              why.message);
}

/* Finds the number of the sample's label set, and whether the series is new. A
 * label set that occurs twice in the batch counts twice. */
static int check_series(struct check *check, struct family *family,
                        struct sample *sample) {
    struct value_set *sets = &family->label_sets;
    size_t before = sets->count;
    uint32_t index =
        value_set_add(sets, sample->label_set, sample->label_set_len);
    if (index == VALUE_NONE)
        return err_no_memory(check->err);
    check->open->label_sets += sets->count - before;
    if (!sample->proposal)
        sample->proposal = sample->family;
    sample->family = family;
    sample->values[0] = index;
    sample->unfit = sets->count > before;
    if (family->id == 0) {
        check->open->series += sample->unfit;
        return 0;
    }
    struct fold_series *series = fold_find(&check->store->fold, family, index);
    if (!series)
        return err_no_memory(check->err);
    if (series->row == 0 && series->pending == 0 &&
        series_find(check->store, family, sample->label_set,
                    sample->label_set_len, &series->row, check->err) != 0)
        return -1;
    sample->unfit = series->row == 0 && series->pending == 0;
    check->open->series += sample->unfit;
    return 0;
}

/* Marks as unfit all samples of the family, and of every other family that has
 * no room either. */
static void mark_family(struct check *check, const char *name) {
    struct batch *batch = check->batch;
    bool full = batch->refusal == REJECT_FAMILY_LIMIT;
    for (size_t i = 0; i < batch->count; i++) {
        struct sample *sample = &batch->samples[i];
        const char *own = sample->family->name;
        sample->unfit = sample->family->open &&
                        (strcmp(own, name) == 0 ||
                         (full && !registry_find(&check->open->registry, own,
                                                 strlen(own))));
    }
}

static int check_samples(struct check *check) {
    const struct family *proposal = NULL;
    struct family *family = NULL;
    for (size_t i = 0; i < check->batch->count; i++) {
        struct sample *sample = &check->batch->samples[i];
        if (!sample->family->open)
            continue;
        if (sample->family != proposal)
            family = find_family(check, sample->family);
        proposal = sample->family;
        if (!family || check_value(check, family, sample) != 0) {
            mark_family(check, proposal->name);
            return -1;
        }
        if (check_series(check, family, sample) != 0)
            return -1;
    }
    return 0;
}

/* Enforces the series limit. before: the number of series before the batch. */
static int check_limit(struct check *check, int64_t before) {
    int64_t series = check->open->series;
    int64_t max = (int64_t)check->store->registry->open_series_max;
    if (series <= max || series == before)
        return 0;
    return batch_refuse(
        check->batch, REJECT_SERIES_LIMIT,
        "the push would raise the series of families that no file lists to "
        "%lld, "
        "limits.series leaves %lld for them; push fewer label sets or raise "
        "the limit",
        (long long)series, (long long)max);
}

static int admit_all(struct store *store, struct batch *batch,
                     struct open_mark *mark, struct err *err) {
    struct open_families *open = &store->open;
    struct check check = {store, batch, open, err};
    *mark = (struct open_mark){registry_count(&open->registry),
                               open->registry.claims.count, open->series,
                               open->reopened};
    if (check_samples(&check) == 0 && check_limit(&check, mark->series) == 0)
        return 0;
    return batch->refused ? 0 : -1;
}

int open_families_admit(struct store *store, struct batch *batch,
                        struct open_mark *mark, struct err *err) {
    for (int checks = 1;; checks++) {
        if (admit_all(store, batch, mark, err) != 0)
            return -1;
        if (!batch->refused || !batch->alone || checks == CHECKS_MAX)
            return 0;
        open_families_take_back(store, mark);
        if (batch_unresolve(batch) != 0)
            return err_no_memory(err);
        batch_leave_out(batch);
    }
}

void open_families_take_back(struct store *store,
                             const struct open_mark *mark) {
    struct open_families *open = &store->open;
    for (size_t i = mark->families; i < registry_count(&open->registry); i++) {
        open->label_sets -= open->registry.families[i]->label_sets.count;
        open->taken_back++;
    }
    registry_truncate(&open->registry, mark->families, mark->claims);
    open->series = mark->series;
    open->reopened = mark->reopened;
}

int open_families_keep(struct store *store, const struct open_mark *mark,
                       struct err *err) {
    struct open_families *open = &store->open;
    for (size_t i = mark->families; i < registry_count(&open->registry); i++) {
        if (family_row_write(store, open->registry.families[i], err) != 0)
            return -1;
        open->changed = true;
    }
    open->added += open->reopened;
    open->reopened = 0;
    return 0;
}

int open_families_finish(struct store *store, struct err *err) {
    struct open_families *open = &store->open;
    if (meta_add(store, META_OPEN_SERIES, open->added, err) != 0)
        return -1;
    if (!open->changed)
        return 0;
    open->generation++;
    return meta_add(store, META_OPEN_GENERATION, 1, err);
}
