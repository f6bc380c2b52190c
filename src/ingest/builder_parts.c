#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "ingest/builder.h"
#include "metrics/histogram.h"

/* The parts of a histogram or summary so far. A line is 0 if the part is
 * missing or the format has no lines. */
struct builder_parts {
    double *keys;     /* finite bounds, or quantiles, ascending */
    uint64_t *counts; /* of a histogram: cumulative, one per bound, with room
                         for +Inf */
    size_t count;
    size_t room;
    bool counted; /* series->count is set, by the bucket +Inf or by _count */
    unsigned infinite_line;
    unsigned sum_line;
    unsigned count_line;
};

/* A number for a message. */
struct shown {
    char text[NUMBER_SIZE];
};

static struct shown show(double value) {
    struct shown shown = {""};
    (void)number_format(value, shown.text);
    return shown;
}

static struct builder_parts *make(struct arena *arena, size_t room) {
    struct builder_parts *parts = arena_take(arena, sizeof(*parts));
    if (!parts)
        return NULL;
    *parts = (struct builder_parts){.room = room};
    parts->keys = arena_take(arena, room * sizeof(*parts->keys));
    parts->counts = arena_take(arena, (room + 1) * sizeof(*parts->counts));
    return parts->keys && parts->counts ? parts : NULL;
}

/* ROOM_MAX limits the memory of many small series after a large one. */
static struct builder_parts *make_first(struct builder *builder) {
    enum { ROOM_USUAL = 16, ROOM_MAX = 32 };
    struct pushed_entry *entry = builder->entry;
    size_t room = builder->bounds;
    entry->parts = make(&builder->out->arena, room == 0         ? ROOM_USUAL
                                              : room < ROOM_MAX ? room
                                                                : ROOM_MAX);
    builder_current(builder)->line =
        entry->created > 0 ? entry->created : builder->line;
    if (!entry->parts)
        (void)err_no_memory(builder->err);
    return entry->parts;
}

/* The parts of the current series; NULL if memory ran out. */
static inline struct builder_parts *parts_of(struct builder *builder) {
    struct builder_parts *parts = builder->entry->parts;
    return parts ? parts : make_first(builder);
}

static int grow(struct builder *builder, struct builder_parts *parts) {
    struct builder_parts *grown = make(&builder->out->arena, parts->room * 2);
    if (!grown)
        return err_no_memory(builder->err);
    memcpy(grown->keys, parts->keys, parts->count * sizeof(*parts->keys));
    memcpy(grown->counts, parts->counts, parts->count * sizeof(*parts->counts));
    parts->keys = grown->keys;
    parts->counts = grown->counts;
    parts->room = grown->room;
    return 0;
}

/* The number of keys below `key`. */
static size_t find_place(const struct builder_parts *parts, double key) {
    size_t at = parts->count;
    while (at > 0 && parts->keys[at - 1] >= key)
        at--;
    return at;
}

/* Inserts the key at `at`, so that keys ascend. */
static int insert(struct builder *builder, struct builder_parts *parts,
                  const char *what, double key, size_t at,
                  uint64_t cumulative) {
    const size_t after = parts->count - at;
    if (parts->count == HISTOGRAM_BOUNDS_MAX)
        return builder_refuse(
            builder, BUILDER_LABEL, ERR_LIMIT,
            "a series has more than %d %s, must have at most %d",
            HISTOGRAM_BOUNDS_MAX, what, HISTOGRAM_BOUNDS_MAX);
    if (parts->count == parts->room && grow(builder, parts) != 0)
        return -1;
    memmove(parts->keys + at + 1, parts->keys + at,
            after * sizeof(*parts->keys));
    memmove(parts->counts + at + 1, parts->counts + at,
            after * sizeof(*parts->counts));
    parts->counts[at] = cumulative;
    parts->keys[at] = key + 0.0; /* no -0 */
    parts->count++;
    builder->bounds = parts->count;
    return 0;
}

static int refuse_twice(struct builder *builder, const char *what, double key) {
    return builder_refuse(builder, BUILDER_LABEL, ERR_VALUE,
                          "this series repeats the %s %s, must have it once",
                          what, show(key).text);
}

int builder_quantile(struct builder *builder, double quantile) {
    struct builder_parts *parts = parts_of(builder);
    if (!parts)
        return -1;
    size_t at = find_place(parts, quantile);
    if (at < parts->count && parts->keys[at] == quantile)
        return refuse_twice(builder, "quantile", quantile);
    return insert(builder, parts, "quantiles", quantile, at, 0);
}

static int refuse_count(struct builder *builder, double bound, uint64_t count,
                        const char *wanted, uint64_t other) {
    return builder_refuse(builder, BUILDER_VALUE, ERR_VALUE,
                          "the bucket %s has the count %" PRIu64
                          ", must have %s, %" PRIu64,
                          show(bound).text, count, wanted, other);
}

/* Compares the count with those of the buckets below and above. */
static int check_cumulative(struct builder *builder,
                            const struct builder_parts *parts, double bound,
                            size_t at, uint64_t count) {
    uint64_t all = builder_current(builder)->count;
    if (at > 0 && count < parts->counts[at - 1])
        return refuse_count(builder, bound, count,
                            "at least that of the bucket before it",
                            parts->counts[at - 1]);
    if (at < parts->count && count > parts->counts[at])
        return refuse_count(builder, bound, count,
                            "at most that of the bucket after it",
                            parts->counts[at]);
    if (parts->counted && bound == INFINITY && count != all)
        return refuse_count(builder, bound, count, "that of the series", all);
    if (parts->counted && count > all)
        return refuse_count(builder, bound, count, "at most that of the series",
                            all);
    return 0;
}

int builder_bucket(struct builder *builder, double bound, uint64_t cumulative) {
    struct builder_parts *parts = parts_of(builder);
    if (!parts)
        return -1;
    if (!(bound > -INFINITY)) /* also true for NaN */
        return builder_refuse(builder, BUILDER_LABEL, ERR_VALUE,
                              "the upper bound of a bucket is %s, must be a "
                              "number above -Inf",
                              show(bound).text);
    size_t at = find_place(parts, bound);
    if (bound == INFINITY ? parts->infinite_line > 0
                          : at < parts->count && parts->keys[at] == bound)
        return refuse_twice(builder, "bucket", bound);
    if (check_cumulative(builder, parts, bound, at, cumulative) != 0)
        return -1;
    if (bound < INFINITY)
        return insert(builder, parts, "bounds", bound, at, cumulative);
    parts->infinite_line = builder->line;
    parts->counted = true;
    builder_current(builder)->count = cumulative;
    return 0;
}

static int refuse_second(struct builder *builder, const char *what,
                         unsigned first) {
    return builder_refuse(builder, BUILDER_SERIES, ERR_VALUE,
                          "a second %s of this series, the first is on line %u",
                          what, first);
}

int builder_sum(struct builder *builder, double sum) {
    struct builder_parts *parts = parts_of(builder);
    if (!parts)
        return -1;
    if (parts->sum_line > 0)
        return refuse_second(builder, "_sum", parts->sum_line);
    parts->sum_line = builder->line;
    builder_current(builder)->sum = sum;
    return 0;
}

int builder_count(struct builder *builder, uint64_t count) {
    struct builder_parts *parts = parts_of(builder);
    if (!parts)
        return -1;
    struct pushed_series *series = builder_current(builder);
    size_t last = parts->count;
    if (parts->count_line > 0)
        return refuse_second(builder, "_count", parts->count_line);
    if (parts->counted && count != series->count)
        return builder_refuse(builder, BUILDER_VALUE, ERR_VALUE,
                              "the count of the series is %" PRIu64
                              ", must be that of the bucket +Inf, %" PRIu64,
                              count, series->count);
    if (last > 0 && count < parts->counts[last - 1])
        return builder_refuse(
            builder, BUILDER_VALUE, ERR_VALUE,
            "the count of the series is %" PRIu64
            ", must be at least that of the bucket %s, %" PRIu64,
            count, show(parts->keys[last - 1]).text, parts->counts[last - 1]);
    parts->count_line = builder->line;
    parts->counted = true;
    series->count = count;
    return 0;
}

int builder_observed(struct builder *builder, const struct observed *observed,
                     size_t count) {
    struct pushed_point *point =
        arena_take(&builder->out->arena, sizeof(*point));
    if (!point)
        return err_no_memory(builder->err);
    *point =
        (struct pushed_point){.observed = observed, .observed_count = count};
    builder_current(builder)->point = point;
    return 0;
}

/* The end */

/* Refuses a series at the end of the push, with its first line. */
static int refuse_series(struct builder *builder, struct pushed_entry *entry,
                         unsigned line, const char *type, const char *why) {
    builder->entry = entry;
    builder->line = line;
    return builder_refuse(builder, BUILDER_LINE, ERR_VALUE,
                          "this series of %s\"%.100s\" has %s", type,
                          builder->out->families[entry->family].name, why);
}

/* Converts cumulative counts to counts of each bucket. Equal bounds are shared
 * with the series `like` of the family. */
static int finish_histogram(struct builder *builder, struct pushed_entry *entry,
                            const struct pushed_series *like) {
    struct pushed_series *series = builder_current(builder);
    const struct builder_parts *parts = entry->parts;
    const size_t count = parts->count;
    if (!parts->counted)
        return refuse_series(builder, entry, series->line, "the histogram ",
                             "neither a bucket +Inf nor a _count");
    if (series->point)
        return 0;
    parts->counts[count] = series->count;
    for (size_t i = count; i > 0; i--)
        parts->counts[i] -= parts->counts[i - 1];
    series->bounds = parts->keys;
    if (like && like->bound_count == count &&
        memcmp(like->bounds, parts->keys, count * sizeof(*parts->keys)) == 0)
        series->bounds = like->bounds;
    series->buckets = parts->counts;
    series->bound_count = count;
    return 0;
}

int builder_end(struct builder *builder) {
    const struct pushed_series *like = NULL;
    for (size_t i = 0; i < builder->index.count; i++) {
        struct pushed_entry *entry = &builder->index.entries[i];
        builder->entry = entry;
        const struct pushed_series *series = builder_current(builder);
        if (i > 0 && entry[-1].family != entry->family)
            like = NULL;
        const enum metric_type type =
            builder->out->families[entry->family].type;
        if (metric_shape(type) == SHAPE_BUCKETS && entry->parts) {
            if (finish_histogram(builder, entry, like) != 0)
                return -1;
        } else if (entry->created > 0 && series->line == 0) {
            return refuse_series(builder, entry, entry->created, "",
                                 "only a _created sample");
        }
        if (series->bounds)
            like = series;
    }
    return 0;
}
