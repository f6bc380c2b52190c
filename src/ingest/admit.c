#include "ingest/admit.h"

#include <string.h>

#include "base/utf8.h"
#include "ingest/admit_labels.h"
#include "ingest/admit_values.h"
#include "metrics/histogram.h"

static bool has_births(const struct pushed_family *family) {
    return family && metric_shape(family->type) != SHAPE_VALUE;
}

/* True for a gauge `x_created` if there is a counter, histogram or summary `x`:
 * client_python pushes the creation time of `x` this way. It must never be
 * added up. */
static bool is_birth(const struct pushed *pushed,
                     const struct pushed_family *family) {
    static const char suffix[] = "_created";
    const size_t suffix_len = sizeof(suffix) - 1;
    char total[FAMILY_NAME_MAX + 8];
    if (family->name_len <= suffix_len || family->name_len > FAMILY_NAME_MAX ||
        metric_shape(family->type) != SHAPE_VALUE)
        return false;
    size_t len = family->name_len - suffix_len;
    if (memcmp(family->name + len, suffix, suffix_len) != 0)
        return false;
    memcpy(total, family->name, len);
    memcpy(total + len, "_total", 6);
    return has_births(pushed_find(pushed, family->name, len)) ||
           has_births(pushed_find(pushed, total, len + 6));
}

/* Finds the listed family of the name. OpenMetrics adds a suffix such as
 * _total, so a family that is listed without its type's suffix also matches,
 * unless the push has a family of that name, too. */
static struct family *find_listed(const struct admitting *admitting,
                                  const struct pushed_family *pushed) {
    const struct registry *registry = &admitting->admission->config->registry;
    struct family *family =
        registry_find(registry, pushed->name, pushed->name_len);
    size_t base = metric_base_length(pushed->type, pushed->name);
    const struct pushed_family *other =
        pushed_find(admitting->pushed, pushed->name, base);
    if (!family && base < pushed->name_len && (!other || other->count == 0)) {
        family = registry_find(registry, pushed->name, base);
        if (family && family->type != pushed->type)
            family = NULL;
    }
    return family;
}

static int check_listed_type(struct admitting *admitting,
                             const struct pushed_family *pushed,
                             const struct family *family) {
    if (family->queried)
        return admit_refuse(
            admitting, REJECT_UNKNOWN_FAMILY, pushed->line,
            "%.200s is computed by a query and cannot be pushed", family->name);
    if (family->internal &&
        !(family->any_labels && admitting->admission->totals))
        return admit_refuse(
            admitting, REJECT_UNKNOWN_FAMILY, pushed->line,
            "%.200s is one of Tallyman's own families and cannot be pushed",
            family->name);
    /* Untyped samples take the type of the file. */
    if (metric_type_takes(family->type, pushed->type))
        return 0;
    return admit_refuse(admitting, REJECT_TYPE_MISMATCH, pushed->line,
                        "%.200s: pushed as %s, but its file lists it as %s",
                        family->name, metric_type_name(pushed->type),
                        metric_type_name(family->type));
}

/* Counts a point's observations in the family's buckets, not cumulative; NULL
 * if memory ran out. */
static const uint64_t *count_observed(struct admitting *admitting,
                                      const struct family *family,
                                      const struct pushed_point *point) {
    size_t size = (family->bound_count + 1) * sizeof(uint64_t);
    uint64_t *counts = arena_take(&admitting->batch->arena, size);
    if (!counts)
        return NULL;
    memset(counts, 0, size);
    for (size_t i = 0; i < point->observed_count; i++)
        counts[histogram_bucket(family->bounds, family->bound_count,
                                point->observed[i].value)] +=
            point->observed[i].count;
    return counts;
}

static void set_point(struct sample *sample, const struct pushed_point *point) {
    sample->relative = point->relative;
    sample->observed = point->observed != NULL;
    sample->pusher = point->pusher;
    sample->pusher_len = point->pusher_len;
    sample->epoch = point->epoch;
}

/* Returns NULL if memory ran out. */
static struct sample *add_sample(struct admitting *admitting,
                                 struct family *family,
                                 const struct pushed_series *series) {
    const struct pushed_point *point = series->point;
    struct sample *sample = batch_add(admitting->batch);
    if (!sample)
        return NULL;
    sample->family = family;
    sample->value = series->value;
    if (metric_shape(family->type) == SHAPE_TOTAL)
        sample->value += 0.0; /* no -0 */
    sample->sum = series->sum;
    sample->count = series->count;
    sample->at = series->at;
    sample->history = series->history;
    sample->buckets = series->buckets;
    sample->group = series->group ? series->group : admitting->group;
    sample->exemplars = series->exemplars;
    sample->exemplar_count = series->exemplar_count;
    if (point)
        set_point(sample, point);
    if (point && point->observed &&
        metric_shape(family->type) == SHAPE_BUCKETS &&
        !(sample->buckets = count_observed(admitting, family, point)))
        return NULL;
    return sample;
}

static int add_series(struct admitting *admitting,
                      const struct pushed_family *pushed, struct family *family,
                      const struct pushed_series *series, bool compare) {
    struct label_list list;
    if (admit_values(admitting, pushed, series, family) != 0 ||
        admit_join_labels(admitting, pushed, series, &list) != 0 ||
        admit_offered_labels(admitting, family, series, &list) != 0 ||
        (compare && admit_unrepeated(admitting, pushed, series, &list) != 0))
        return -1;
    struct sample *sample = add_sample(admitting, family, series);
    if (!sample)
        return err_no_memory(admitting->err);
    return family->open ? admit_open_labels(admitting, &list, sample)
                        : admit_listed_labels(admitting, series, &list, sample);
}

/* True if a label of the path is also a label of a series. Labels of the path
 * can then make two series equal. */
static bool path_replaces(const struct admission *admission,
                          const struct pushed_family *family) {
    for (size_t i = 0; i < family->count; i++)
        for (size_t j = 0; j < family->series[i].label_count; j++)
            for (size_t k = 0; k < admission->path_count; k++)
                if (strcmp(family->series[i].labels[j].name,
                           admission->path[k].name) == 0)
                    return true;
    return false;
}

/* Removes a refused series and counts it. Returns 0 to continue with the next
 * series, -1 if the push is refused. */
static int pass_over(struct admitting *admitting,
                     const struct pushed_family *pushed, size_t count,
                     size_t samples) {
    struct batch *batch = admitting->batch;
    if (!admitting->admission->alone || !batch->refused)
        return -1;
    batch->refused = false;
    batch->count = samples;
    if (admitting->family)
        pushed = admitting->family;
    batch_reject(batch, batch->refusal, count, pushed->name, pushed->name_len,
                 admitting->label, admitting->err->message);
    admitting->err->code = ERR_NONE;
    admitting->label = NULL;
    admitting->family = NULL;
    return 0;
}

/* Untrusted callers may push to listed families that are not restricted to
 * programs. */
static int check_anybody(struct admitting *admitting,
                         const struct pushed_family *pushed,
                         const struct family *family) {
    if (!admitting->admission->anybody)
        return 0;
    if (!family || family->open)
        return admit_refuse(admitting, REJECT_UNKNOWN_FAMILY, pushed->line,
                            "%.200s is not in the allowlist; list it in a "
                            "file of `metrics`",
                            pushed->name);
    if (family->from_programs)
        return admit_refuse(
            admitting, REJECT_PROGRAMS_ONLY, pushed->line,
            "%.200s accepts pushes from programs only (\"from\"); push with a "
            "token of `push_token_file`",
            family->name);
    return 0;
}

/* Checks that the token may push the family. */
static int check_token(struct admitting *admitting,
                       const struct pushed_family *pushed, const char *name) {
    if (pattern_list_permits(admitting->admission->families, name,
                             strlen(name)))
        return 0;
    return admit_refuse(admitting, REJECT_FORBIDDEN, pushed->line,
                        "%.200s is not among the families that this token "
                        "may push",
                        name);
}

static int add_one(struct admitting *admitting,
                   const struct pushed_family *pushed, struct family *family,
                   const struct pushed_series *series, bool compare) {
    const char *where =
        family->open ? "another series of the push has" : "its file lists";
    if (metric_shape(family->type) == SHAPE_BUCKETS &&
        admit_bounds(admitting, pushed->name, series, family->bounds,
                     family->bound_count, where) != 0)
        return -1;
    return add_series(admitting, pushed, family, series, compare);
}

/* Adds the second series of a point. If it is refused, so is the first. */
static int add_also(struct admitting *admitting,
                    const struct pushed_family *also) {
    struct batch *batch = admitting->batch;
    struct family *family = find_listed(admitting, also);
    admitting->family = also;
    if (!family || family->open)
        return admit_refuse(admitting, REJECT_UNKNOWN_FAMILY, also->line,
                            "%.200s is not in the allowlist; list it in a "
                            "file of `metrics`",
                            also->name);
    if (check_anybody(admitting, also, family) != 0 ||
        check_token(admitting, also, family->name) != 0 ||
        check_listed_type(admitting, also, family) != 0 ||
        add_one(admitting, also, family, also->series, false) != 0)
        return -1;
    batch->samples[batch->count - 1].beside = true;
    admitting->family = NULL;
    return 0;
}

static int add_all(struct admitting *admitting,
                   const struct pushed_family *pushed, struct family *family) {
    bool compare =
        pushed->count > 1 && path_replaces(admitting->admission, pushed);
    if (compare)
        value_set_truncate(&admitting->met, 0);
    for (size_t i = 0; i < pushed->count; i++) {
        const struct pushed_series *series = &pushed->series[i];
        size_t before = admitting->batch->count;
        int result = add_one(admitting, pushed, family, series, compare);
        if (result == 0 && series->point && series->point->also)
            result = add_also(admitting, series->point->also);
        if (result != 0 && pass_over(admitting, pushed, 1, before) != 0)
            return -1;
    }
    return 0;
}

/* The number of bytes of HELP that are kept, in whole characters. */
static size_t help_length(const char *help) {
    enum { HELP_MAX = 1000 };
    size_t len = strlen(help);
    return len <= HELP_MAX ? len : utf8_prefix(help, HELP_MAX);
}

/* Returns an open family, for the store to add unless it is known; NULL if
 * memory ran out. */
static struct family *propose(struct admitting *admitting,
                              const struct pushed_family *pushed) {
    struct arena *arena = &admitting->batch->arena;
    struct family *family = arena_take(arena, sizeof(*family));
    if (!family)
        return NULL;
    *family = (struct family){
        .name = arena_copy(arena, pushed->name, pushed->name_len),
        .help = arena_copy(arena, pushed->help, help_length(pushed->help)),
        .unit = strlen(pushed->unit) <= FAMILY_NAME_MAX ? pushed->unit : "",
        .type = pushed->type,
        .open = true,
        .any_labels = true};
    if (metric_shape(pushed->type) == SHAPE_BUCKETS && pushed->count > 0) {
        size_t size = pushed->series[0].bound_count * sizeof(double);
        family->bound_count = pushed->series[0].bound_count;
        family->bounds = arena_take(arena, size + 1);
        if (family->bounds && size > 0)
            memcpy(family->bounds, pushed->series[0].bounds, size);
    }
    return family->name && family->help &&
                   (family->bounds || family->bound_count == 0)
               ? family
               : NULL;
}

static int add_open(struct admitting *admitting,
                    const struct pushed_family *pushed) {
    if (metric_name_reserved(pushed->name))
        return admit_refuse(
            admitting, REJECT_NAME_COLLISION, pushed->line,
            "%.200s is reserved for Tallyman, must have another name",
            pushed->name);
    if (config_name_reserved(admitting->admission->config, pushed->name))
        return admit_refuse(admitting, REJECT_NAME_COLLISION, pushed->line,
                            "%.200s is reserved for Grafana sessions, must "
                            "have another name unless `sessions.enabled` is "
                            "false",
                            pushed->name);
    if (!admitting->admission->config->open_families)
        return admit_refuse(admitting, REJECT_UNKNOWN_FAMILY, pushed->line,
                            "%.200s is not in the allowlist; list it in a "
                            "file of `metrics` or set `open_families` to true",
                            pushed->name);
    struct family *family = propose(admitting, pushed);
    return family ? add_all(admitting, pushed, family)
                  : err_no_memory(admitting->err);
}

static int add_family(struct admitting *admitting,
                      const struct pushed_family *pushed) {
    const struct admission *admission = admitting->admission;
    struct family *family = find_listed(admitting, pushed);
    if (pushed->count == 0)
        return 0;
    if (pushed->unsupported) {
        admitting->batch->rejected[REJECT_UNSUPPORTED_TYPE] += pushed->count;
        return 0;
    }
    if (check_anybody(admitting, pushed, family) != 0)
        return -1;
    bool dropped =
        !family && pattern_list_match(&admission->config->drop_families,
                                      pushed->name, pushed->name_len);
    if (dropped && admission->alone)
        return admit_refuse(admitting, REJECT_DROPPED_FAMILY, pushed->line,
                            "%.200s matches `drop_families`; list it in a file "
                            "of `metrics` to accept it",
                            pushed->name);
    if (dropped || is_birth(admitting->pushed, pushed) ||
        (!family && metric_name_of_groups(pushed->name))) {
        admitting->batch->rejected[REJECT_DROPPED_FAMILY] += pushed->count;
        return 0;
    }
    const char *name = family ? family->name : pushed->name;
    if (check_token(admitting, pushed, name) != 0)
        return -1;
    if (!family)
        return add_open(admitting, pushed);
    if (check_listed_type(admitting, pushed, family) != 0)
        return -1;
    return add_all(admitting, pushed, family);
}

/* Sets the gauge of the push time to now if it is listed, not in the push, and
 * its file permits the labels. */
static int add_time(struct admitting *admitting, const char *name) {
    const struct admission *admission = admitting->admission;
    struct pushed_series series = {.value = admission->now};
    struct pushed_family pushed = {.name = name,
                                   .name_len = strlen(name),
                                   .help = "",
                                   .unit = "",
                                   .type = METRIC_GAUGE,
                                   .series = &series,
                                   .count = 1};
    if (!registry_find(&admission->config->registry, name, pushed.name_len) ||
        pushed_find(admitting->pushed, name, pushed.name_len))
        return 0;
    size_t before = admitting->batch->count;
    struct admitting attempt = *admitting;
    struct admission wins = *admission;
    wins.path_wins = true;
    attempt.admission = &wins;
    int result = add_family(&attempt, &pushed);
    admitting->json = attempt.json;
    admitting->met = attempt.met;
    if (result == 0 || !admitting->batch->refused)
        return result;
    admitting->batch->refused = false;
    admitting->batch->count = before;
    return 0;
}

/* Keeps the sample of the failure time aside, in case the store refuses the
 * push. */
static int set_on_refusal(struct admitting *admitting) {
    struct batch *batch = admitting->batch;
    size_t before = batch->count;
    int result = add_time(admitting, METRIC_PUSH_FAILURE_TIME);
    if (result != 0 || batch->count == before)
        return result;
    batch->on_refusal = arena_take(&batch->arena, sizeof(*batch->on_refusal));
    if (!batch->on_refusal)
        return err_no_memory(admitting->err);
    *batch->on_refusal = batch->samples[--batch->count];
    return 0;
}

static int add_times(struct admitting *admitting) {
    const struct admission *admission = admitting->admission;
    if (!admitting->group || admission->now <= 0)
        return 0;
    if (admission->failed)
        return add_time(admitting, METRIC_PUSH_FAILURE_TIME);
    return add_time(admitting, METRIC_PUSH_TIME) != 0
               ? -1
               : set_on_refusal(admitting);
}

/* A caller that may not push the gauge cannot set the time. */
static double time_of_group(const struct admission *admission) {
    return pattern_list_permits(admission->families, METRIC_PUSH_TIME,
                                sizeof(METRIC_PUSH_TIME) - 1)
               ? admission->now
               : 0;
}

static int set_group(struct admitting *admitting) {
    const struct admission *admission = admitting->admission;
    if (admission->path_count == 0)
        return 0;
    if (batch_set_group(admitting->batch, admission->path,
                        admission->path_count, time_of_group(admission),
                        admission->failed) != 0)
        return err_no_memory(admitting->err);
    admitting->group = admitting->batch->groups;
    return 0;
}

int admit(const struct pushed *pushed, const struct admission *admission,
          struct batch *batch, struct err *err) {
    struct admitting admitting = {
        .pushed = pushed, .admission = admission, .batch = batch, .err = err};
    int result = set_group(&admitting);
    batch->alone = admission->alone;
    batch->anybody = admission->anybody;
    for (size_t i = 0; i < pushed_count(pushed) && result == 0; i++) {
        const struct pushed_family *family = &pushed->families[i];
        result = add_family(&admitting, family);
        if (result != 0)
            result = pass_over(&admitting, family, family->count, batch->count);
        if (result != 0 && batch->refused)
            batch_name_refusal(batch, batch->refusal, family->name,
                               family->name_len, admitting.label);
    }
    if (result == 0)
        result = add_times(&admitting);
    strbuf_free(&admitting.json);
    value_set_free(&admitting.met);
    return result;
}
