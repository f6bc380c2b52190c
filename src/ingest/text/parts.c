#include "ingest/text/parts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "metrics/histogram.h"

/* Beyond it not every whole number is a double. */
static const double COUNT_END = 9007199254740992.0; /* 2^53 */

static int fail_memory(const struct text_line *line) {
    return text_source_fail_memory(&line->source);
}

static struct text_parts *make(struct arena *arena, size_t room) {
    struct text_parts *parts = arena_take(arena, sizeof(*parts));
    if (!parts)
        return NULL;
    *parts = (struct text_parts){.room = room};
    parts->keys = arena_take(arena, parts->room * sizeof(*parts->keys));
    parts->counts =
        arena_take(arena, (parts->room + 1) * sizeof(*parts->counts));
    return parts->keys && parts->counts ? parts : NULL;
}

/* Many small series behind a large one must not have as much memory each. */
struct text_parts *text_parts_new(struct arena *arena, size_t room) {
    enum { ROOM_USUAL = 16, ROOM_MAX = 32 };
    return make(arena, room == 0         ? ROOM_USUAL
                       : room < ROOM_MAX ? room
                                         : ROOM_MAX);
}

static int grow(struct text_parts *parts, const struct text_line *line) {
    struct text_parts *grown =
        make(&line->source.pushed->arena, parts->room * 2);
    if (!grown)
        return fail_memory(line);
    memcpy(grown->keys, parts->keys, parts->count * sizeof(*parts->keys));
    memcpy(grown->counts, parts->counts, parts->count * sizeof(*parts->counts));
    parts->keys = grown->keys;
    parts->counts = grown->counts;
    parts->room = grown->room;
    return 0;
}

/* The sample's value as a whole number. */
static int read_count(const struct text_line *line, const char *what,
                      uint64_t *out) {
    double value = line->value;
    if (!(value >= 0 && value < COUNT_END) || value != floor(value))
        return text_source_fail(&line->source, line->number_text.at, ERR_VALUE,
                                "%s is \"%.*s\", must be a whole number from 0 "
                                "and below 2^53",
                                what, TEXT_SHOWN(line->number_text));
    *out = (uint64_t)value;
    return 0;
}

static int refuse_second(const struct text_line *line, const char *what,
                         unsigned first) {
    return text_source_fail(&line->source, line->name.at, ERR_VALUE,
                            "a second %s of this series, the first is line %u",
                            what, first);
}

/* A le or quantile label. */
struct key {
    struct text_part text;
    const char *at; /* where its name stands */
    double value;
};

static int read_key(const struct text_line *line, const char *name,
                    size_t label, struct key *out) {
    const struct text_labels *set = &line->labels;
    if (label == set->count)
        return text_source_fail(&line->source, line->name.at, ERR_VALUE,
                                "the label %s is missing", name);
    out->at = set->names[label].at;
    out->text = (struct text_part){set->labels[label].value,
                                   set->labels[label].value_len};
    if (number_read(out->text.at, out->text.len,
                    line->source.format == TEXT_PROMETHEUS,
                    &out->value) != NUMBER_FINE ||
        isnan(out->value))
        return text_source_fail(&line->source, out->at, ERR_VALUE,
                                "the label %s is \"%.*s\", must be a number",
                                name, TEXT_SHOWN(out->text));
    return 0;
}

/* Puts the key in its place: its keys ascend, whatever the order of lines. */
static int insert(struct text_parts *parts, const struct text_line *line,
                  const char *what, const struct key *key, size_t at,
                  uint64_t count) {
    const size_t behind = parts->count - at;
    if (parts->count == HISTOGRAM_BOUNDS_MAX)
        return text_source_fail(&line->source, key->at, ERR_LIMIT,
                                "more than %d %s in one series",
                                HISTOGRAM_BOUNDS_MAX, what);
    if (parts->count == parts->room && grow(parts, line) != 0)
        return -1;
    memmove(parts->keys + at + 1, parts->keys + at,
            behind * sizeof(*parts->keys));
    memmove(parts->counts + at + 1, parts->counts + at,
            behind * sizeof(*parts->counts));
    parts->counts[at] = count;
    parts->keys[at] = key->value + 0.0; /* no -0 */
    parts->count++;
    return 0;
}

/* How many keys are below it. */
static size_t find_place(const struct text_parts *parts, double key) {
    size_t at = parts->count;
    while (at > 0 && parts->keys[at - 1] >= key)
        at--;
    return at;
}

static int refuse_repeated(const struct text_line *line, const char *what,
                           const struct key *key) {
    return text_source_fail(&line->source, key->at, ERR_VALUE,
                            "the %s\"%.*s\" is repeated in this series", what,
                            TEXT_SHOWN(key->text));
}

static int add_quantile(struct text_parts *parts, const struct text_line *line,
                        size_t label) {
    struct key key;
    if (read_key(line, "quantile", label, &key) != 0)
        return -1;
    if (key.value < 0 || key.value > 1)
        return text_source_fail(
            &line->source, key.at, ERR_VALUE,
            "the label quantile is \"%.*s\", must be from 0 "
            "to 1",
            TEXT_SHOWN(key.text));
    size_t at = find_place(parts, key.value);
    if (at < parts->count && parts->keys[at] == key.value)
        return refuse_repeated(line, "quantile ", &key);
    return insert(parts, line, "quantiles", &key, at, 0);
}

/* +Inf and _count say the same. */
static int check_total(const struct text_parts *parts,
                       const struct text_line *line,
                       const struct pushed_series *series) {
    if (parts->infinite_line == 0 || parts->count_line == 0 ||
        parts->infinite == series->count)
        return 0;
    return text_source_fail(&line->source, line->number_text.at, ERR_VALUE,
                            "the bucket +Inf is %" PRIu64
                            " (line %u) and _count "
                            "is %" PRIu64 " (line %u), must be the same",
                            parts->infinite, parts->infinite_line,
                            series->count, parts->count_line);
}

/* The counts of the buckets below and above it. */
static int check_cumulative(const struct text_parts *parts,
                            const struct text_line *line, const struct key *le,
                            size_t at, uint64_t count) {
    const char *how = NULL;
    if (at > 0 && count < parts->counts[at - 1])
        how = "less than the one before it";
    else if ((at < parts->count && count > parts->counts[at]) ||
             (!isinf(le->value) && parts->infinite_line > 0 &&
              count > parts->infinite))
        how = "more than the one behind it";
    if (!how)
        return 0;
    return text_source_fail(&line->source, line->number_text.at, ERR_VALUE,
                            "the bucket le=\"%.*s\" counts %s, must be "
                            "cumulative",
                            TEXT_SHOWN(le->text), how);
}

static int add_bucket(struct text_parts *parts, const struct text_line *line,
                      size_t label, const struct pushed_series *series) {
    struct key le;
    uint64_t count;
    if (read_key(line, "le", label, &le) != 0 ||
        read_count(line, "the count of a bucket", &count) != 0)
        return -1;
    if (le.value == -INFINITY)
        return text_source_fail(&line->source, le.at, ERR_VALUE,
                                "the label le must not be -Inf");
    size_t at = find_place(parts, le.value);
    if (isinf(le.value) ? parts->infinite_line > 0
                        : at < parts->count && parts->keys[at] == le.value)
        return refuse_repeated(line, "bucket le=", &le);
    if (check_cumulative(parts, line, &le, at, count) != 0)
        return -1;
    if (!isinf(le.value))
        return insert(parts, line, "bounds", &le, at, count);
    parts->infinite = count;
    parts->infinite_line = line->number;
    return check_total(parts, line, series);
}

static int add_sum(struct text_parts *parts, const struct text_line *line,
                   struct pushed_series *series) {
    if (parts->sum_line > 0)
        return refuse_second(line, "_sum", parts->sum_line);
    parts->sum_line = line->number;
    if (!isfinite(line->value))
        return text_source_fail(&line->source, line->number_text.at, ERR_VALUE,
                                "the sum is \"%.*s\", must be finite",
                                TEXT_SHOWN(line->number_text));
    series->sum = line->value;
    return 0;
}

static int add_count(struct text_parts *parts, const struct text_line *line,
                     struct pushed_series *series) {
    if (parts->count_line > 0)
        return refuse_second(line, "_count", parts->count_line);
    parts->count_line = line->number;
    if (read_count(line, "the count", &series->count) != 0)
        return -1;
    return check_total(parts, line, series);
}

int text_parts_add(struct text_parts *parts, const struct text_line *line,
                   enum text_role role, size_t key,
                   struct pushed_series *series) {
    switch (role) {
    case ROLE_BUCKET:
        return add_bucket(parts, line, key, series);
    case ROLE_QUANTILE:
        return add_quantile(parts, line, key);
    case ROLE_SUM:
        return add_sum(parts, line, series);
    case ROLE_COUNT:
        return add_count(parts, line, series);
    case ROLE_NONE:
    case ROLE_VALUE:
    case ROLE_CREATED:
    case ROLE_SKIPPED:
        break;
    }
    return 0;
}

/* Found when all lines are read: the series' first line is to blame. */
static int fail_series(const struct text_line *line,
                       const struct pushed_family *family,
                       const struct pushed_series *series, const char *why) {
    (void)err_set(line->source.err, ERR_VALUE,
                  "this series of the histogram \"%.100s\" %s", family->name,
                  why);
    line->source.err->line = series->line;
    line->source.err->column = 1;
    return -1;
}

int text_parts_finish(struct text_parts *parts, const struct text_line *line,
                      const struct pushed_family *family,
                      struct pushed_series *series,
                      const struct pushed_series *like) {
    uint64_t *counts = parts->counts;
    size_t count = parts->count;
    if (parts->infinite_line == 0 && parts->count_line == 0)
        return fail_series(line, family, series,
                           "has neither a bucket +Inf nor a _count");
    if (parts->infinite_line > 0)
        series->count = parts->infinite;
    if (count > 0 && counts[count - 1] > series->count)
        return fail_series(line, family, series,
                           "counts more in its buckets than _count says");
    counts[count] = series->count;
    for (size_t i = count; i > 0; i--)
        counts[i] -= counts[i - 1];
    series->bounds = parts->keys;
    if (like && like->bound_count == count &&
        memcmp(like->bounds, parts->keys, count * sizeof(*parts->keys)) == 0)
        series->bounds = like->bounds;
    series->buckets = counts;
    series->bound_count = count;
    return 0;
}
