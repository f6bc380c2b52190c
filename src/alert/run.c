#include "alert/run.h"

#include <math.h>
#include <string.h>

#include "alert/message.h"
#include "store/alerts.h"

/* A stored rule with its alerts. */
struct stored {
    struct alert_rule_row rule;
    struct alert_row *alerts;
    size_t count;
    double judged_at; /* time of the last run; 0: it had no result */
    bool kept;        /* the rule is in the file */
};

/* The state of a change. */
struct deciding {
    const struct alert_run *run;
    const struct alert_results *results;
    struct alert_changes *changes;
    struct store *store;
    struct value_set names; /* of the stored rules */
    struct stored *stored;  /* in the order of names */
    struct arena arena;
    struct alert_event *events;
    size_t event_count;
};

/* --- stored rules --------------------------------------------------------- */

static const char *copy(struct deciding *deciding, const char *text) {
    return arena_copy(&deciding->arena, text, strlen(text));
}

static int keep_rule(void *context, const struct alert_rule_row *row) {
    struct deciding *deciding = context;
    const size_t count = deciding->names.count;
    deciding->stored = arena_grow(&deciding->arena, deciding->stored, count,
                                  sizeof(*deciding->stored));
    if (!deciding->stored || value_set_add(&deciding->names, row->name,
                                           strlen(row->name)) == VALUE_NONE)
        return -1;
    deciding->stored[count] =
        (struct stored){.rule = {.name = copy(deciding, row->name),
                                 .query = copy(deciding, row->query),
                                 .condition = copy(deciding, row->condition),
                                 .measured = copy(deciding, row->measured),
                                 .unit = copy(deciding, row->unit),
                                 .severity = copy(deciding, row->severity),
                                 .text = copy(deciding, row->text)},
                        .judged_at = row->error ? 0 : row->evaluated_at};
    return deciding->arena.failed ? -1 : 0;
}

struct keeping {
    struct deciding *deciding;
    struct stored *stored;
};

static int keep_alert(void *context, const struct alert_row *row) {
    const struct keeping *keeping = context;
    struct stored *stored = keeping->stored;
    struct alert_row *alerts =
        arena_grow(&keeping->deciding->arena, stored->alerts, stored->count,
                   sizeof(*alerts));
    if (!alerts)
        return -1;
    stored->alerts = alerts;
    alerts[stored->count] = *row;
    alerts[stored->count].labels =
        arena_copy(&keeping->deciding->arena, row->labels, row->labels_len);
    return alerts[stored->count++].labels ? 0 : -1;
}

static int read_stored(struct deciding *deciding, struct reader *reader,
                       struct err *err) {
    (void)err_no_memory(err); /* the visits do not set err */
    if (alert_reader_rules(reader, keep_rule, deciding, err) != 0)
        return -1;
    for (size_t i = 0; i < deciding->names.count; i++) {
        struct keeping keeping = {deciding, &deciding->stored[i]};
        if (alert_reader_alerts(reader, keeping.stored->rule.name, keep_alert,
                                &keeping, err) != 0)
            return -1;
    }
    return 0;
}

/* --- starts and ends ------------------------------------------------------ */

static int add_event(struct deciding *deciding, const struct alert_event *event,
                     struct err *err) {
    if (event->reason)
        deciding->changes->ended++;
    else
        deciding->changes->started++;
    deciding->events =
        arena_grow(&deciding->arena, deciding->events, deciding->event_count,
                   sizeof(*deciding->events));
    if (!deciding->events)
        return err_no_memory(err);
    deciding->events[deciding->event_count++] = *event;
    return 0;
}

static struct alert_rule_row row_of(const struct alert_result *result,
                                    double now) {
    const struct alert_rule *rule = result->rule;
    return (struct alert_rule_row){.name = rule->name,
                                   .query = rule->query,
                                   .condition = rule->condition,
                                   .measured = rule->measured,
                                   .unit = rule->unit,
                                   .families = rule->families,
                                   .every_seconds = alert_rule_every(rule),
                                   .for_seconds = rule->for_seconds,
                                   .severity = rule->severity,
                                   .text = rule->text,
                                   .evaluated_at = now,
                                   .seconds = result->seconds,
                                   .error = result->error,
                                   .early = result->outcome == ALERT_EARLY};
}

static struct alert_event event_of(const struct alert_rule_row *rule) {
    return (struct alert_event){.name = rule->name,
                                .severity = rule->severity,
                                .text = rule->text,
                                .measured = rule->measured,
                                .unit = rule->unit,
                                .condition = rule->condition,
                                .query = rule->query,
                                .value = NAN};
}

/* Deletes an active alert; a firing one becomes an event. */
static int end_alert(struct deciding *deciding, struct alert_event event,
                     const struct alert_row *row, const char *reason,
                     struct err *err) {
    if (store_alert_delete(deciding->store, event.name, row, err) != 0)
        return -1;
    if (!row->firing)
        return 0;
    event.labels = row->labels;
    event.since = (int64_t)row->since;
    event.reason = reason;
    return add_event(deciding, &event, err);
}

/* The start of the condition. A run sees no further back than `for`, so the
 * stored start of earlier runs is kept. */
static double since_of(const struct stored *stored,
                       const struct alert_found *found,
                       const struct alert_row *before) {
    const double since = (double)found->since;
    if (!before)
        return since;
    if (!before->firing && !(since <= stored->judged_at))
        return since;
    return before->since < since ? before->since : since;
}

/* A firing alert fires until its condition is false, even if `for` changes. */
static int set_alert(struct deciding *deciding, struct alert_event event,
                     const struct alert_found *found,
                     const struct stored *stored,
                     const struct alert_row *before, struct err *err) {
    const bool fired = before && before->firing;
    const struct alert_row row = {.labels = found->labels,
                                  .labels_len = strlen(found->labels),
                                  .firing = fired || found->firing,
                                  .since = since_of(stored, found, before),
                                  .value = found->value};
    deciding->changes->firing += row.firing;
    deciding->changes->pending += !row.firing;
    if (store_alert_set(deciding->store, event.name, &row, err) != 0)
        return -1;
    if (fired || !row.firing)
        return 0;
    event.labels = found->labels;
    event.value = found->value;
    event.since = (int64_t)row.since;
    return add_event(deciding, &event, err);
}

/* --- a rule --------------------------------------------------------------- */

static const struct alert_row *find_row(const struct stored *stored,
                                        const struct value_set *sets,
                                        const char *labels) {
    const uint32_t found = value_set_find(sets, labels, strlen(labels));
    return found == VALUE_NONE ? NULL : &stored->alerts[found];
}

static bool is_found(const struct value_set *found,
                     const struct alert_row *row) {
    return value_set_find(found, row->labels, row->labels_len) != VALUE_NONE;
}

/* Ends the alerts whose condition is no longer true. */
static int end_others(struct deciding *deciding, struct alert_event event,
                      const struct alert_result *result,
                      const struct stored *stored,
                      const struct value_set *found, struct err *err) {
    struct value_set others = {.count = 0};
    int done = 0;
    for (size_t i = 0; i < result->other_count && stored->count > 0; i++)
        if (value_set_add(&others, result->others[i].labels,
                          strlen(result->others[i].labels)) == VALUE_NONE)
            done = err_no_memory(err);
    for (size_t i = 0; i < stored->count && done == 0; i++) {
        const struct alert_row *row = &stored->alerts[i];
        if (is_found(found, row))
            continue;
        const uint32_t other =
            value_set_find(&others, row->labels, row->labels_len);
        event.value = other != VALUE_NONE ? result->others[other].value : NAN;
        done = end_alert(deciding, event, row,
                         other != VALUE_NONE ? "the condition is no longer true"
                                             : "there is no longer a value",
                         err);
    }
    value_set_free(&others);
    return done;
}

static int take_result(struct deciding *deciding, struct alert_event event,
                       const struct alert_result *result,
                       const struct stored *stored, struct err *err) {
    struct value_set found = {.count = 0};
    struct value_set sets = {.count = 0};
    int done = 0;
    for (size_t i = 0; i < stored->count; i++)
        if (value_set_add(&sets, stored->alerts[i].labels,
                          stored->alerts[i].labels_len) == VALUE_NONE)
            done = err_no_memory(err);
    for (size_t i = 0; i < result->count && done == 0; i++)
        if (value_set_add(&found, result->found[i].labels,
                          strlen(result->found[i].labels)) == VALUE_NONE)
            done = err_no_memory(err);
    if (done == 0)
        done = end_others(deciding, event, result, stored, &found, err);
    for (size_t i = 0; i < result->count && done == 0; i++)
        done = set_alert(deciding, event, &result->found[i], stored,
                         find_row(stored, &sets, result->found[i].labels), err);
    value_set_free(&found);
    value_set_free(&sets);
    return done;
}

/* Counts the alerts of a rule without a result, which do not change. */
static void count_stored(struct deciding *deciding,
                         const struct stored *stored) {
    for (size_t i = 0; i < stored->count; i++) {
        deciding->changes->firing += stored->alerts[i].firing;
        deciding->changes->pending += !stored->alerts[i].firing;
    }
}

static int decide_rule(struct deciding *deciding, size_t index,
                       struct err *err) {
    struct stored nothing = {.count = 0};
    const struct alert_result *result = &deciding->results->results[index];
    const struct alert_rule_row rule =
        row_of(result, (double)deciding->run->now);
    const uint32_t found =
        value_set_find(&deciding->names, rule.name, strlen(rule.name));
    struct stored *stored =
        found == VALUE_NONE ? &nothing : &deciding->stored[found];
    stored->kept = true;
    if (store_alert_rule_set(deciding->store, (int64_t)index, &rule, err) != 0)
        return -1;
    if (result->outcome == ALERT_JUDGED)
        return take_result(deciding, event_of(&rule), result, stored, err);
    count_stored(deciding, stored);
    return 0;
}

static int end_rule(struct deciding *deciding, const struct stored *stored,
                    struct err *err) {
    const struct alert_rule_row *rule = &stored->rule;
    const struct alert_event event = event_of(rule);
    for (size_t i = 0; i < stored->count; i++)
        if (end_alert(deciding, event, &stored->alerts[i],
                      "the rule is no longer in the file", err) != 0)
            return -1;
    return store_alert_rule_delete(deciding->store, rule->name, err);
}

/* --- all of it ------------------------------------------------------------ */

static int add_notices(struct deciding *deciding, struct err *err) {
    const struct alerts *alerts = deciding->run->alerts;
    const int64_t now = deciding->run->now;
    struct strbuf message = {0};
    int result = 0;
    for (size_t i = 0; i < alerts->channel_count && result == 0; i++) {
        const struct alert_channel *channel = &alerts->channels[i];
        strbuf_reset(&message);
        if (alert_message_write(deciding->events, deciding->event_count,
                                channel, now, &message) == 0)
            continue;
        result = message.failed
                     ? err_no_memory(err)
                     : store_alert_notice_add(deciding->store, channel->key,
                                              message.data, (double)now, err);
        deciding->changes->notices++;
    }
    strbuf_free(&message);
    return result;
}

static int change(void *context, struct store *store, struct reader *reader,
                  struct err *err) {
    struct deciding *deciding = context;
    deciding->store = store;
    if (read_stored(deciding, reader, err) != 0)
        return -1;
    for (size_t i = 0; i < deciding->results->count; i++)
        if (decide_rule(deciding, i, err) != 0)
            return -1;
    for (size_t i = 0; i < deciding->names.count; i++)
        if (!deciding->stored[i].kept &&
            end_rule(deciding, &deciding->stored[i], err) != 0)
            return -1;
    return add_notices(deciding, err);
}

int alert_decide(const struct alert_run *run,
                 const struct alert_results *results, struct store *store,
                 struct alert_changes *changes, struct err *err) {
    struct deciding deciding = {
        .run = run, .results = results, .changes = changes};
    *changes = (struct alert_changes){.started = 0};
    int result = store_alerts_change(store, change, &deciding, err);
    value_set_free(&deciding.names);
    arena_free(&deciding.arena);
    return result;
}
