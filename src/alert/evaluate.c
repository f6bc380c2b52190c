#include "alert/evaluate.h"

#include <math.h>
#include <string.h>

#include "alert/moment.h"
#include "base/json_writer.h"
#include "query/evaluate.h"
#include "query/labels.h"

enum { WEEK = 7 * 86400, STEP = HISTORY_STEP_SECONDS };

/* The label sets that reach the minimum of a rule. */
struct enough {
    struct value_set sets;
    bool **points; /* of each set, one per point */
};

/* A rule that is being evaluated. */
struct judging {
    const struct alert_run *run;
    const struct alert_rule *rule;
    struct alert_result *result;
    struct arena *arena; /* of the results */
    struct arena scratch;
    struct grid grid;
    struct enough enough;
    double begun; /* by the clock of the run */
};

/* --- points --------------------------------------------------------------- */

/* The points at which the condition must be true. Growth is measured over whole
 * periods, without the current one. A value at a point in time is the current
 * value. */
static struct grid points_of(const struct alert_rule *rule, int64_t now) {
    const int64_t step =
        alert_rule_compares_weeks(rule) ? HISTORY_HOUR_SECONDS : STEP;
    const bool whole = rule->over > 0 || alert_rule_compares_weeks(rule);
    const int64_t end = whole ? now - now % step : now;
    return (struct grid){.start_ms = (end - rule->for_seconds) * 1000,
                         .step_ms = step * 1000,
                         .count = (size_t)(rule->for_seconds / step) + 1};
}

static bool is_true(const struct alert_rule *rule, double value) {
    switch (rule->comparison) {
    case ALERT_ABOVE:
        return value > rule->limit;
    case ALERT_BELOW:
        return value < rule->limit;
    case ALERT_RISES:
    case ALERT_FALLS:
        break;
    }
    return value >= rule->limit;
}

/* --- metrics -------------------------------------------------------------- */

/* Without this check, a rule about a metric of Tallyman that no database holds,
 * or that does not exist, would never fire and never fail. Pushes may add other
 * metrics. */
static int check_own(const struct query *query, struct err *err) {
    if (!query->unknown || !metric_name_reserved(query->unknown))
        return 0;
    return err_set(err, ERR_VALUE,
                   "the database has no \"%s\": some of Tallyman's own metrics "
                   "are only in a scrape",
                   query->unknown);
}

/* --- limits of the history ------------------------------------------------ */

static int check_begin(const struct judging *judging, const struct query *query,
                       struct err *err) {
    const struct alert_rule *rule = judging->rule;
    const int64_t begin = query->reach.begin;
    const int64_t from = judging->grid.start_ms / 1000 - rule->reach;
    if (rule->reach + rule->for_seconds == 0)
        return 0;
    if (begin == INT64_MIN)
        return err_set(err, ERR_VALUE,
                       "the rule requires the history of the totals, but "
                       "`history` is off in the configuration");
    if (from >= begin)
        return 0;
    judging->result->outcome = ALERT_EARLY;
    return err_set(err, ERR_VALUE,
                   "the history begins %s, and the rule looks back to %s",
                   moment_of(begin).text, moment_of(from).text);
}

/* Refuses a rule if the history has only longer periods: its value would be of
 * another time. */
static int check_periods(const struct judging *judging,
                         const struct query *query, struct err *err) {
    const struct alert_rule *rule = judging->rule;
    const enum history_level rounded = query->warnings.rounded;
    bool wrong = query->warnings.widened;
    if (rule->measure != ALERT_EXPR && rounded != HISTORY_STEP)
        wrong = wrong || (rule->over == 0 && alert_rule_compares_weeks(rule)) ||
                (rule->over > 0 && history_seconds[rounded] * 4 > rule->over);
    return wrong ? err_set(err, ERR_VALUE,
                           "the history has only %s for part of the time of "
                           "the rule: raise `history.step_days`, "
                           "`history.hour_days` or `over`",
                           rounded == HISTORY_DAY ? "whole days"
                                                  : "longer periods")
                 : 0;
}

/* --- minimum of observations ---------------------------------------------- */

static bool *points_of_set(struct judging *judging, const char *labels,
                           size_t len) {
    struct enough *enough = &judging->enough;
    const size_t count = enough->sets.count;
    const uint32_t index = value_set_add(&enough->sets, labels, len);
    if (index == VALUE_NONE)
        return NULL;
    if (index < count)
        return enough->points[index];
    bool **list =
        arena_grow(&judging->scratch, enough->points, count, sizeof(*list));
    if (!list)
        return NULL;
    enough->points = list;
    bool *points = arena_take(&judging->scratch, judging->grid.count);
    list[index] = points;
    if (points)
        memset(points, 0, judging->grid.count);
    return points;
}

/* A value_use: stores the points with enough observations. */
static int take_enough(void *context, const struct query *query,
                       struct value *value, struct err *err) {
    struct judging *judging = context;
    for (size_t i = 0; i < value->vector.count; i++) {
        const struct vector_row *row = &value->vector.rows[i];
        bool *points = points_of_set(judging, row->labels, row->len);
        if (!points)
            return err_no_memory(err);
        for (size_t k = 0; k < query->grid.count; k++)
            points[k] = row->values[k] >= judging->rule->minimum;
    }
    return 0;
}

/* Removes the points that had too few observations a week ago. */
static int take_enough_of_week(void *context, const struct query *query,
                               struct value *value, struct err *err) {
    struct judging *judging = context;
    struct judging week = {.rule = judging->rule, .grid = judging->grid};
    int result = take_enough(&week, query, value, err);
    for (size_t i = 0; i < judging->enough.sets.count && result == 0; i++) {
        const struct value_text *set = &judging->enough.sets.values[i];
        const uint32_t found =
            value_set_find(&week.enough.sets, set->text, set->len);
        const bool *points = week.enough.points && found != VALUE_NONE
                                 ? week.enough.points[found]
                                 : NULL;
        for (size_t k = 0; k < judging->grid.count; k++)
            judging->enough.points[i][k] =
                judging->enough.points[i][k] && points && points[k];
    }
    value_set_free(&week.enough.sets);
    arena_free(&week.scratch);
    return result;
}

static bool has_enough(const struct judging *judging,
                       const struct vector_row *row, size_t point) {
    if (!judging->rule->count_query)
        return true;
    const uint32_t found =
        value_set_find(&judging->enough.sets, row->labels, row->len);
    return found != VALUE_NONE && judging->enough.points[found][point];
}

/* --- the condition -------------------------------------------------------- */

/* Growth of a missing series is 0 in a rule without `by`. */
static double value_at(const struct judging *judging,
                       const struct vector_row *row, size_t point) {
    const struct alert_rule *rule = judging->rule;
    const double value = row->values ? row->values[point] : query_absent();
    const bool growth =
        !rule->grouped && !alert_rule_compares_weeks(rule) &&
        (rule->measure == ALERT_INCREASE || rule->measure == ALERT_RATE);
    return growth && query_is_absent(value) ? 0 : value;
}

/* A quotient by 0 is not a value. */
static bool is_true_at(const struct judging *judging,
                       const struct vector_row *row, size_t point) {
    const double value = value_at(judging, row, point);
    return isfinite(value) && is_true(judging->rule, value) &&
           has_enough(judging, row, point);
}

static const char *write_labels(struct judging *judging,
                                const struct vector_row *row) {
    struct strbuf bare = {0};
    struct strbuf scratch = {0};
    struct strbuf text = {0};
    struct json_writer json = {.out = &text, .layout = JSON_COMPACT};
    labels_without(row->labels, row->len, "__name__", &bare);
    labels_write(&json, NULL, strbuf_text(&bare), bare.len, &scratch);
    const char *labels = bare.failed || scratch.failed || text.failed
                             ? NULL
                             : arena_copy(judging->arena, text.data, text.len);
    strbuf_free(&bare);
    strbuf_free(&scratch);
    strbuf_free(&text);
    return labels;
}

static int add_other(struct judging *judging, const struct vector_row *row,
                     double value, struct err *err) {
    struct alert_result *result = judging->result;
    const struct alert_other other = {write_labels(judging, row), value};
    if (!other.labels)
        return err_no_memory(err);
    result->others[result->other_count++] = other;
    return 0;
}

/* Adds a label set whose condition is true at the points from `from` on. */
static int add_found(struct judging *judging, const struct vector_row *row,
                     double value, size_t from, struct err *err) {
    struct alert_result *result = judging->result;
    const int64_t since_ms =
        judging->grid.start_ms + (int64_t)from * judging->grid.step_ms;
    const struct alert_found found = {.labels = write_labels(judging, row),
                                      .value = value,
                                      .firing = from == 0,
                                      .since = since_ms / 1000};
    if (result->count == ALERT_SETS_MAX)
        return err_set(err, ERR_LIMIT,
                       "the condition is true for more than %d label sets: use "
                       "fewer labels in `by`, or more in `labels`",
                       ALERT_SETS_MAX);
    if (!found.labels)
        return err_no_memory(err);
    result->found[result->count++] = found;
    return 0;
}

static int judge_row(struct judging *judging, const struct vector_row *row,
                     struct err *err) {
    size_t from = judging->grid.count - 1;
    const double value = value_at(judging, row, from);
    if (!isfinite(value))
        return 0;
    if (!judging->rule->grouped)
        judging->result->value = value;
    if (!is_true_at(judging, row, from))
        return add_other(judging, row, value, err);
    while (from > 0 && is_true_at(judging, row, from - 1))
        from--;
    return add_found(judging, row, value, from, err);
}

static int take_room(struct judging *judging, size_t rows, struct err *err) {
    struct alert_result *result = judging->result;
    const size_t room = rows < ALERT_SETS_MAX ? rows : ALERT_SETS_MAX;
    result->found =
        arena_take(judging->arena, (room + 1) * sizeof(*result->found));
    result->others =
        arena_take(judging->arena, (rows + 1) * sizeof(*result->others));
    return result->found && result->others ? 0 : err_no_memory(err);
}

/* A value_use: finds the label sets whose condition is true. */
static int take_values(void *context, const struct query *query,
                       struct value *value, struct err *err) {
    static const struct vector_row nothing = {.labels = ""};
    struct judging *judging = context;
    struct vector *vector = &value->vector;
    if (check_own(query, err) != 0 || check_begin(judging, query, err) != 0 ||
        check_periods(judging, query, err) != 0)
        return -1;
    if (take_room(judging, vector->count, err) != 0)
        return -1;
    vector_sort(vector);
    if (vector->count == 0)
        return judge_row(judging, &nothing, err);
    for (size_t i = 0; i < vector->count; i++)
        if (judge_row(judging, &vector->rows[i], err) != 0)
            return -1;
    return 0;
}

/* --- a rule --------------------------------------------------------------- */

static double elapsed(const struct judging *judging) {
    const struct alert_run *run = judging->run;
    return run->clock ? run->clock(run->context) - judging->begun : 0;
}

static bool is_late(void *context) {
    return elapsed(context) > ALERT_RULE_SECONDS;
}

static int run_query(struct judging *judging, const char *text, int64_t offset,
                     value_use *use, struct err *err) {
    const struct query_source source = {.config = judging->run->config,
                                        .reader = judging->run->reader,
                                        .now_ms = judging->run->now * 1000,
                                        .expired = is_late,
                                        .context = judging};
    struct grid grid = judging->grid;
    grid.start_ms -= offset * 1000;
    return evaluate_text(&source, text, strlen(text), &grid, use, judging, err);
}

/* Both weeks of a quotient need enough observations. A count needs them only in
 * the larger week: a fall to nothing, or a rise from little, is what matters.
 */
static int find_enough(struct judging *judging, struct err *err) {
    const struct alert_rule *rule = judging->rule;
    const char *text = rule->count_query;
    const bool count =
        rule->measure == ALERT_INCREASE || rule->measure == ALERT_RATE;
    if (count && rule->comparison == ALERT_FALLS)
        return run_query(judging, text, WEEK, take_enough, err);
    if (run_query(judging, text, 0, take_enough, err) != 0)
        return -1;
    return alert_rule_compares_weeks(rule) && !count
               ? run_query(judging, text, WEEK, take_enough_of_week, err)
               : 0;
}

static int judge_all(struct judging *judging, struct err *err) {
    const struct alert_rule *rule = judging->rule;
    if (rule->count_query && find_enough(judging, err) != 0)
        return -1;
    return run_query(judging, rule->query, 0, take_values, err);
}

/* Uses a snapshot per rule: the database's log can be reset in between. */
static int judge_snapshot(struct judging *judging, struct err *err) {
    struct reader *reader = judging->run->reader;
    reader_limit(reader, is_late, judging);
    int result = reader_begin(reader, err);
    if (result == 0) {
        result = judge_all(judging, err);
        reader_end(reader);
    }
    reader_limit(reader, NULL, NULL);
    if (result != 0 && is_late(judging))
        return err_set(err, ERR_DEADLINE,
                       "the rule takes longer than %d s: shorten `over` or "
                       "`for`, or use fewer labels",
                       ALERT_RULE_SECONDS);
    return result;
}

static void judge(const struct alert_run *run, const struct alert_rule *rule,
                  struct alert_result *result, struct arena *arena) {
    struct err err = {.code = ERR_NONE};
    struct judging judging = {.run = run,
                              .rule = rule,
                              .result = result,
                              .arena = arena,
                              .grid = points_of(rule, run->now)};
    *result = (struct alert_result){
        .rule = rule, .outcome = ALERT_JUDGED, .value = NAN};
    judging.begun = elapsed(&judging);
    if (judge_snapshot(&judging, &err) != 0) {
        if (result->outcome == ALERT_JUDGED)
            result->outcome = ALERT_FAILED;
        result->error = arena_copy(arena, err.message, strlen(err.message));
        result->count = result->other_count = 0;
        result->value = NAN;
    }
    result->seconds = elapsed(&judging);
    value_set_free(&judging.enough.sets);
    arena_free(&judging.scratch);
}

static int find_families(const struct alert_run *run, struct err *err) {
    if (reader_begin(run->reader, err) != 0)
        return -1;
    int result = reader_find_families(run->reader, &run->config->registry, err);
    reader_end(run->reader);
    return result;
}

int alert_evaluate(const struct alert_run *run, struct alert_results *results,
                   struct err *err) {
    const struct alerts *alerts = run->alerts;
    *results = (struct alert_results){.count = 0};
    if (find_families(run, err) != 0)
        return -1;
    results->results = arena_take(
        &results->arena, (alerts->rule_count + 1) * sizeof(*results->results));
    for (size_t i = 0; results->results && i < alerts->rule_count; i++) {
        judge(run, &alerts->rules[i], &results->results[i], &results->arena);
        results->count++;
    }
    return results->arena.failed ? err_no_memory(err) : 0;
}

void alert_results_free(struct alert_results *results) {
    arena_free(&results->arena);
    *results = (struct alert_results){.count = 0};
}
