#include "store/pushers.h"

#include <math.h>
#include <string.h>

#include "metrics/histogram.h"
#include "metrics/label.h"
#include "store/connection.h"
#include "store/delta.h"
#include "store/meta.h"

/* Seconds after which an unseen process may be forgotten. */
enum { UNSEEN_MAX = 86400 };

bool pushers_in(const struct batch *batch) {
    for (size_t i = 0; i < batch->count; i++)
        if (batch->samples[i].pusher)
            return true;
    return false;
}

static struct value_text labels_of_series(struct store *store,
                                          const struct sample *sample) {
    return series_labels(store, sample->family, sample_combination(sample));
}

/* The labels as pushed: each value has totals of its own, even if its series is
 * `other`, now or later. */
static struct value_text pushed_labels(struct store *store,
                                       const struct sample *sample) {
    struct label labels[FAMILY_LABELS_MAX];
    const struct family *family = sample->family;
    struct strbuf *json = &store->pushed_labels;
    if (!sample->texts)
        return labels_of_series(store, sample);
    for (size_t i = 0; i < family->label_count; i++) {
        const struct label_rule *rule = &family->labels[i];
        labels[i] = sample->texts[i];
        if (!labels[i].value) {
            const struct value_text *known =
                &rule->values.values[sample->values[i]];
            labels[i].value = known->text;
            labels[i].value_len = known->len;
        }
        labels[i].name = rule->name;
    }
    strbuf_reset(json);
    label_set_write_json(labels, family->label_count, json);
    return (struct value_text){json->failed ? NULL : json->data, json->len};
}

static int bind_key(struct store *store, struct db_statement *statement,
                    const struct sample *sample, struct err *err) {
    struct value_text labels = pushed_labels(store, sample);
    if (!labels.text)
        return err_no_memory(err);
    db_bind_integer(statement, ":family", sample->family->id);
    db_bind_text(statement, ":labels", labels.text, labels.len);
    db_bind_text(statement, ":pusher", sample->pusher, sample->pusher_len);
    return 0;
}

/* Binds the labels of the sample's series, if they differ from the pushed
 * ones. */
static int bind_series(struct store *store, struct db_statement *statement,
                       const struct sample *sample, struct err *err) {
    const struct strbuf *pushed = &store->pushed_labels;
    if (!sample->texts)
        return 0;
    struct value_text labels = labels_of_series(store, sample);
    if (!labels.text)
        return err_no_memory(err);
    if (labels.len != pushed->len ||
        memcmp(labels.text, pushed->data, labels.len) != 0)
        db_bind_text(statement, ":series", labels.text, labels.len);
    return 0;
}

/* Whether the process has not pushed the series before. If it has, the row
 * counts as seen now, so it is not deleted to make room. */
static int is_new(struct store *store, const struct sample *sample, int64_t now,
                  bool *new, struct err *err) {
    struct db_statement *touch = store->sql.pusher_touch;
    if (bind_key(store, touch, sample, err) != 0)
        return -1;
    db_bind_integer(touch, ":now", now);
    if (db_run(touch, err) != 0)
        return -1;
    *new = db_changes(store->db) == 0;
    return 0;
}

static int count_new(struct store *store, struct batch *batch, int64_t now,
                     int64_t *count, struct err *err) {
    *count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct sample *sample = &batch->samples[i];
        sample->unfit = false;
        if (sample->pusher &&
            is_new(store, sample, now, &sample->unfit, err) != 0)
            return -1;
        *count += sample->unfit;
    }
    return 0;
}

int pushers_forget(struct store *store, int64_t family, struct err *err) {
    db_bind_integer(store->sql.pusher_reset, ":family", family);
    if (db_run(store->sql.pusher_reset, err) != 0)
        return -1;
    return meta_add(store, META_PUSHERS, -db_changes(store->db), err);
}

int pushers_prune(struct store *store, int64_t horizon, int *pruned,
                  struct err *err) {
    return meta_prune(store, store->sql.pusher_prune, META_PUSHERS, horizon,
                      pruned, err);
}

/* Deletes unseen rows until there is room for count, or none is left. */
static int make_room(struct store *store, int64_t count, int64_t max,
                     int64_t now, struct err *err) {
    int pruned = 1;
    while (store->meta[META_PUSHERS] + count > max && pruned > 0)
        if (pushers_prune(store, now - UNSEEN_MAX, &pruned, err) != 0)
            return -1;
    return 0;
}

int pushers_admit(struct store *store, struct batch *batch, int64_t now,
                  struct err *err) {
    /* Half of the room is reserved for trusted programs. */
    int64_t max =
        (int64_t)store->registry->pushers_max / (batch->anybody ? 2 : 1);
    int64_t count = (int64_t)batch->count;
    if (store->meta[META_PUSHERS] + count <= max)
        return 0;
    if (count_new(store, batch, now, &count, err) != 0 ||
        make_room(store, count, max, now, err) != 0)
        return -1;
    if (count == 0 || store->meta[META_PUSHERS] + count <= max)
        return 0;
    (void)batch_refuse(
        batch, REJECT_SERIES_LIMIT,
        "the push would raise the series of cumulative families, counted by "
        "process, to "
        "%lld, must be at most %slimits.series, %lld; push fewer or raise the "
        "limit",
        (long long)store->meta[META_PUSHERS] + (long long)count,
        batch->anybody ? "half of " : "", (long long)max);
    if (batch->alone)
        batch_leave_out(batch);
    return 0;
}

/* The last totals of a process. */
struct last {
    bool found;
    int64_t epoch;
    double value;
    double sum;
    uint64_t count;
    uint64_t buckets[HISTOGRAM_BOUNDS_MAX + 1];
};

/* Ignores a damaged row. */
static bool read_last(struct db_statement *statement,
                      const struct family *family, struct last *last) {
    size_t len;
    const char *buckets = db_text(statement, 3, &len);
    last->value = db_real(statement, 0);
    last->sum = db_real(statement, 1);
    last->count = (uint64_t)db_integer(statement, 2);
    last->epoch = db_integer(statement, 4);
    if (!isfinite(last->value) || !isfinite(last->sum))
        return false;
    return metric_shape(family->type) != SHAPE_BUCKETS ||
           (buckets && histogram_read_json(buckets, len, last->buckets,
                                           family->bound_count + 1) == 0);
}

static int find_last(struct store *store, const struct sample *sample,
                     struct last *last, struct err *err) {
    struct db_statement *find = store->sql.pusher_find;
    last->found = false;
    if (bind_key(store, find, sample, err) != 0)
        return -1;
    int result = db_step(find, err);
    bool there = result == 1;
    if (there)
        last->found = read_last(find, sample->family, last);
    db_reset(find);
    if (result < 0)
        return -1;
    return there ? 0 : meta_add(store, META_PUSHERS, 1, err);
}

/* epoch: of the sample, or the known one of its totals. */
static int set_last(struct store *store, const struct sample *sample,
                    int64_t epoch, int64_t now, struct err *err) {
    struct db_statement *set = store->sql.pusher_set;
    strbuf_reset(&store->buckets);
    if (sample->buckets)
        histogram_write_json(sample->buckets, sample->family->bound_count + 1,
                             &store->buckets);
    if (store->buckets.failed)
        return err_no_memory(err);
    if (bind_key(store, set, sample, err) != 0 ||
        bind_series(store, set, sample, err) != 0)
        return -1;
    db_bind_real(set, ":value", sample->value);
    db_bind_real(set, ":sum", sample->sum);
    db_bind_integer(set, ":count", (int64_t)sample->count);
    db_bind_text(set, ":buckets", sample->buckets ? store->buckets.data : NULL,
                 store->buckets.len);
    db_bind_integer(set, ":epoch", epoch);
    db_bind_integer(set, ":now", now);
    return db_run(set, err);
}

/* Whether a bucket has decreased. Where counts may move to higher buckets, the
 * cumulative counts are compared. */
static bool bucket_has_fallen(const struct sample *sample,
                              const struct last *last) {
    uint64_t before = 0;
    uint64_t now = 0;
    for (size_t i = sample->family->bound_count + 1; i-- > 0;) {
        before = (sample->observed ? before : 0) + last->buckets[i];
        now = (sample->observed ? now : 0) + sample->buckets[i];
        if (now < before)
            return true;
    }
    return false;
}

/* Whether a total has decreased. The sum of a histogram may, and members that
 * the type does not have are zero. */
static bool has_fallen(const struct sample *sample, const struct last *last) {
    return sample->value < last->value || sample->count < last->count ||
           (!sample->buckets && sample->sum < last->sum) ||
           (sample->buckets && bucket_has_fallen(sample, last));
}

/* How a sample relates to the last totals of its process. */
enum standing {
    STANDING_NEW, /* everything counts: the process has started or restarted */
    STANDING_LATER,
    STANDING_EARLIER /* a late or repeated message: nothing counts */
};

/* Within one epoch totals never decrease. Where an epoch is unknown, a decrease
 * is a restart. */
static enum standing standing_of(const struct sample *sample,
                                 const struct last *last) {
    if (!last->found)
        return STANDING_NEW;
    if (sample->epoch <= 0 || last->epoch <= 0)
        return has_fallen(sample, last) ? STANDING_NEW : STANDING_LATER;
    if (sample->epoch != last->epoch)
        return sample->epoch > last->epoch ? STANDING_NEW : STANDING_EARLIER;
    return has_fallen(sample, last) ? STANDING_EARLIER : STANDING_LATER;
}

/* Sets last->buckets to the growth of the sample's buckets. A count that has
 * moved to a higher bucket was counted in the lower one. */
static void subtract(struct sample *sample, struct last *last) {
    sample->value -= last->value;
    sample->sum -= last->sum;
    sample->count -= last->count;
    if (!sample->buckets)
        return;
    uint64_t moved = 0;
    for (size_t i = 0; i <= sample->family->bound_count; i++) {
        uint64_t before = last->buckets[i] + moved;
        uint64_t now = sample->buckets[i];
        moved = before > now ? before - now : 0;
        last->buckets[i] = now > before ? now - before : 0;
    }
    sample->buckets = last->buckets;
}

int pushers_fold(struct store *store, const struct sample *sample, int64_t now,
                 struct err *err) {
    struct last last = {.found = false};
    struct sample growth = *sample;
    if (find_last(store, sample, &last, err) != 0)
        return -1;
    enum standing standing = standing_of(sample, &last);
    if (standing == STANDING_EARLIER)
        return 0;
    int64_t epoch = sample->epoch > 0            ? sample->epoch
                    : standing == STANDING_LATER ? last.epoch
                                                 : 0;
    if (set_last(store, sample, epoch, now, err) != 0)
        return -1;
    if (standing == STANDING_LATER)
        subtract(&growth, &last);
    if (fold_add(&store->fold, &growth) != 0)
        return err_no_memory(err);
    return 0;
}

/* The family must be listed or open. Otherwise there are no totals to
 * continue. */
static int take(struct store *store, const struct known_pusher *known,
                struct err *err) {
    struct db_statement *take = store->sql.pusher_take;
    int64_t family;
    db_bind_string(store->sql.family_find, ":name", known->family);
    if (db_number(store->sql.family_find, &family, err) != 0)
        return -1;
    if (family == 0)
        return 0;
    db_bind_integer(take, ":family", family);
    db_bind_string(take, ":labels", known->labels);
    db_bind_string(take, ":pusher", known->pusher);
    db_bind_string(take, ":series", known->series);
    db_bind_real(take, ":value", known->value);
    db_bind_real(take, ":sum", known->sum);
    db_bind_integer(take, ":count", (int64_t)known->count);
    db_bind_string(take, ":buckets", known->buckets);
    db_bind_integer(take, ":epoch", known->epoch);
    db_bind_integer(take, ":seen_at", known->seen_at);
    return db_run(take, err) != 0
               ? -1
               : meta_add(store, META_PUSHERS, db_changes(store->db), err);
}

int pushers_take(struct store *store, const struct batch *batch,
                 struct err *err) {
    int64_t max = (int64_t)store->registry->pushers_max;
    for (size_t i = 0;
         i < batch->pusher_count && store->meta[META_PUSHERS] < max; i++)
        if (take(store, &batch->pushers[i], err) != 0)
            return -1;
    return 0;
}
