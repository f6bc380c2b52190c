#include "ingest/points.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum point_result points_refuse(struct points *points,
                                enum reject_reason reason, const char *label,
                                const char *format, ...) {
    enum { PLACE_MAX = 120 };
    char why[400];
    char family[PLACE_MAX];
    va_list args;
    utf8_show(points->family, points->family_len, family, sizeof(family));
    int len = points->line > 0 ? snprintf(why, sizeof(why),
                                          "line %u: %s: ", points->line, family)
                               : snprintf(why, sizeof(why), "%s: ", family);
    va_start(args, format);
    (void)vsnprintf(why + len, sizeof(why) - (size_t)len, format, args);
    va_end(args);
    batch_reject(points->batch, reason, 1, points->family, points->family_len,
                 label, why);
    return POINT_REFUSED;
}

static enum point_result refuse_many(struct points *points) {
    return points_refuse(
        points, REJECT_TOO_MANY_SAMPLES, NULL,
        "the push has more points than limits.samples_per_push, %zu; push "
        "fewer or raise the limit",
        points->max);
}

enum point_result points_begin(struct points *points, const char *family,
                               size_t len) {
    points->family = family;
    points->family_len = len;
    points->label_count = 0;
    points->point = (struct pushed_point){0};
    if (points->left == 0)
        return refuse_many(points);
    if (points->left != SIZE_MAX)
        points->left--;
    return POINT_FINE;
}

enum point_result points_values(struct points *points, size_t count) {
    if (count - 1 > points->left)
        return refuse_many(points);
    if (points->left != SIZE_MAX)
        points->left -= count - 1;
    return POINT_FINE;
}

/* Checks the label and sets labels[count]. */
static enum point_result set_label(struct points *points, struct label *labels,
                                   size_t count, const char *name,
                                   size_t name_len, const char *value,
                                   size_t value_len) {
    char shown[100];
    if (count == PUSHED_LABELS_MAX)
        return points_refuse(points, REJECT_INVALID_LABELS, NULL,
                             "it has more than %d labels, must have at most %d",
                             PUSHED_LABELS_MAX, FAMILY_LABELS_MAX);
    if (label_name_fault(name, name_len) != NAME_FINE) {
        utf8_show(name, name_len, shown, sizeof(shown));
        return points_refuse(points, REJECT_INVALID_LABELS, NULL,
                             "\"%s\" is not a label name, must be letters, "
                             "digits and _, not begin with a digit or __, and "
                             "be at most %d bytes long",
                             shown, FAMILY_NAME_MAX);
    }
    const char *kept = pushed_label_name(points->out, name, name_len);
    if (!kept)
        return POINT_NO_MEMORY;
    if (!utf8_valid(value, value_len) || memchr(value, '\0', value_len))
        return points_refuse(points, REJECT_INVALID_LABELS, kept,
                             "the value of the label %.100s is not text, must "
                             "be UTF-8 without NUL",
                             kept);
    if (label_find(labels, count, kept))
        return points_refuse(points, REJECT_INVALID_LABELS, kept,
                             "the label %.100s is repeated, must appear once",
                             kept);
    const char *text = arena_copy(&points->out->arena, value, value_len);
    if (!text)
        return POINT_NO_MEMORY;
    labels[count] = (struct label){kept, text, value_len};
    return POINT_FINE;
}

enum point_result points_label(struct points *points, const char *name,
                               size_t name_len, const char *value,
                               size_t value_len) {
    enum point_result result =
        set_label(points, points->labels, points->label_count, name, name_len,
                  value, value_len);
    points->label_count += result == POINT_FINE;
    return result;
}

enum point_result points_offer(struct points *points, bool identity,
                               const char *name, size_t name_len,
                               const char *value, size_t value_len) {
    enum point_result result =
        set_label(points, points->offered, points->point.offered_count, name,
                  name_len, value, value_len);
    points->point.offered_count += result == POINT_FINE;
    if (identity)
        points->point.identity = points->point.offered_count;
    return result;
}

/* Copies labels[0..count); NULL if memory ran out. */
static const struct label *
keep_labels(struct arena *arena, const struct label *labels, size_t count) {
    struct label *kept = arena_take(arena, (count + 1) * sizeof(*kept));
    if (kept)
        memcpy(kept, labels, count * sizeof(*kept));
    return kept;
}

/* Returns the point's offered labels, which many points may share. */
static const struct label *keep_offered(const struct points *points) {
    return points->point.offered
               ? points->point.offered
               : keep_labels(&points->out->arena, points->offered,
                             points->point.offered_count);
}

static const struct pushed_point *keep_point(struct points *points) {
    struct arena *arena = &points->out->arena;
    struct pushed_point *point = arena_take(arena, sizeof(*point));
    points->point.offered = keep_offered(points);
    if (!point || !points->point.offered)
        return NULL;
    *point = points->point;
    return point;
}

static bool describe(struct points *points, struct pushed_family *family,
                     enum metric_type type, const char *help,
                     const char *unit) {
    struct arena *arena = &points->out->arena;
    const char *empty = "";
    family->type = type;
    family->line = points->line;
    family->help = utf8_valid(help, strlen(help))
                       ? arena_copy(arena, help, strlen(help))
                       : empty;
    family->unit = utf8_valid(unit, strlen(unit))
                       ? arena_copy(arena, unit, strlen(unit))
                       : empty;
    return family->help && family->unit;
}

enum point_result points_also(struct points *points, const char *family,
                              enum metric_type type,
                              const struct observed *observed, size_t count,
                              struct pushed_series **series) {
    struct arena *arena = &points->out->arena;
    struct pushed_family *also = arena_take(arena, sizeof(*also));
    struct pushed_point *point = arena_take(arena, sizeof(*point));
    struct pushed_series *added = arena_take(arena, sizeof(*added));
    const struct label *labels =
        keep_labels(arena, points->labels, points->label_count);
    const struct label *offered = keep_offered(points);
    if (!also || !point || !added || !labels || !offered)
        return POINT_NO_MEMORY;
    *point = points->point;
    point->offered = offered;
    point->observed = observed;
    point->observed_count = count;
    *added = (struct pushed_series){.labels = labels,
                                    .label_count = points->label_count,
                                    .line = points->line,
                                    .point = point};
    *also = (struct pushed_family){.name = family,
                                   .name_len = strlen(family),
                                   .help = "",
                                   .unit = "",
                                   .type = type,
                                   .line = points->line,
                                   .series = added,
                                   .count = 1};
    points->point.also = also;
    *series = added;
    return POINT_FINE;
}

enum point_result points_add(struct points *points, enum metric_type type,
                             const char *help, const char *unit,
                             struct pushed_series **series) {
    struct pushed *out = points->out;
    /* Checks the length first: many points may share a name of megabytes. */
    if (points->family_len > FAMILY_NAME_MAX ||
        metric_name_fault(points->family, points->family_len) != NAME_FINE)
        return points_refuse(points, REJECT_INVALID_SAMPLE, NULL,
                             "is not a metric name, must be letters, digits, _ "
                             "and :, not begin with a digit or __, and be at "
                             "most %d bytes long",
                             FAMILY_NAME_MAX);
    struct pushed_family *family =
        pushed_family(out, points->family, points->family_len);
    if (!family)
        return POINT_NO_MEMORY;
    if (family->count == 0 && !describe(points, family, type, help, unit))
        return POINT_NO_MEMORY;
    if (family->type != type)
        return points_refuse(points, REJECT_TYPE_MISMATCH, NULL,
                             "pushed as %s and, earlier in the same push, as "
                             "%s; a name must have one type",
                             metric_type_name(type),
                             metric_type_name(family->type));
    struct pushed_series *added = pushed_add(out, family);
    if (!added)
        return POINT_NO_MEMORY;
    added->labels =
        keep_labels(&out->arena, points->labels, points->label_count);
    added->label_count = points->label_count;
    added->line = points->line;
    added->point = keep_point(points);
    *series = added;
    return added->labels && added->point ? POINT_FINE : POINT_NO_MEMORY;
}
