/* alert_fixture: runs rules on the database of a side, at any time. */
#ifndef TALLYMAN_TESTS_ALERT_FIXTURE_H
#define TALLYMAN_TESTS_ALERT_FIXTURE_H

#include <math.h>

#include "alert/file.h"
#include "alert/run.h"
#include "check.h"
#include "store/alerts.h"
#include "store_fixture.h"

/* A midnight. */
enum { MIDNIGHT = 1700006400, HOUR = 3600, DAYS = 86400 };

static const struct history_config alert_history = {.enabled = true,
                                                    .step_days = 2,
                                                    .hour_days = 400,
                                                    .day_days = 3650,
                                                    .max_bytes = 1 << 30};

/* The state of the command: its configuration and its alerts file. */
struct watcher {
    struct config config;
    struct alerts alerts;
    struct alert_results results; /* of the last run */
    struct alert_changes changes;
    double clock; /* seconds; each reading adds clock_step */
    double clock_step;
};

static inline double watcher_clock(void *context) {
    struct watcher *watcher = context;
    return watcher->clock += watcher->clock_step;
}

/* Replaces the file; text has ' for ". */
static inline void watcher_set(struct watcher *watcher, const char *text) {
    struct strbuf quoted = {0};
    struct diagnostics diagnostics = {.count = 0};
    quote(text, &quoted);
    scratch_write("alerts.json", quoted.data);
    alerts_free(&watcher->alerts);
    if (alerts_load(&watcher->alerts, scratch_path("alerts.json"),
                    &watcher->config, &diagnostics) != 0)
        fail_msg("%s", diagnostics.text.data);
    diagnostics_free(&diagnostics);
    strbuf_free(&quoted);
}

static inline void watcher_open(struct watcher *watcher, const char *families,
                                const char *text) {
    *watcher = (struct watcher){
        .config = {.open_families = true, .limits = fixture_limits}};
    fill_registry(&watcher->config.registry, families);
    watcher_set(watcher, text);
}

static inline void watcher_close(struct watcher *watcher) {
    alert_results_free(&watcher->results);
    alerts_free(&watcher->alerts);
    registry_free(&watcher->config.registry);
}

static inline void watcher_evaluate(struct watcher *watcher, int64_t now) {
    struct err err = {.code = ERR_NONE};
    struct alert_run run = {.alerts = &watcher->alerts,
                            .config = &watcher->config,
                            .now = now,
                            .clock = watcher_clock,
                            .context = watcher};
    alert_results_free(&watcher->results);
    if (reader_open(scratch_path("t.db"), &run.reader, &err) != 0 ||
        alert_evaluate(&run, &watcher->results, &err) != 0)
        fail_msg("%s", err.message);
    reader_close(run.reader);
}

static inline int watcher_decide(struct watcher *watcher, struct store *store,
                                 int64_t now, struct err *err) {
    const struct alert_run run = {
        .alerts = &watcher->alerts, .config = &watcher->config, .now = now};
    return alert_decide(&run, &watcher->results, store, &watcher->changes, err);
}

static inline void watcher_run(struct watcher *watcher, struct store *store,
                               int64_t now) {
    struct err err = {.code = ERR_NONE};
    watcher_evaluate(watcher, now);
    if (watcher_decide(watcher, store, now, &err) != 0)
        fail_msg("%s", err.message);
}

/* Writes a line per result. */
static inline void watcher_show(const struct watcher *watcher,
                                struct strbuf *out) {
    static const char *const outcomes[] = {[ALERT_JUDGED] = "judged",
                                           [ALERT_EARLY] = "early",
                                           [ALERT_FAILED] = "failed"};
    for (size_t i = 0; i < watcher->results.count; i++) {
        const struct alert_result *result = &watcher->results.results[i];
        strbuf_printf(out, "%s %s", result->rule->name,
                      outcomes[result->outcome]);
        if (result->error)
            strbuf_printf(out, ": %s", result->error);
        else if (!result->rule->grouped)
            strbuf_printf(out, " %g", result->value);
        for (size_t k = 0; k < result->count; k++) {
            const struct alert_found *found = &result->found[k];
            strbuf_printf(out, ", %s %s %g since %lld",
                          found->firing ? "fires" : "is pending", found->labels,
                          found->value, (long long)(found->since - MIDNIGHT));
        }
        for (size_t k = 0; k < result->other_count && result->rule->grouped;
             k++)
            strbuf_printf(out, ", not %s %g", result->others[k].labels,
                          result->others[k].value);
        strbuf_add_char(out, '\n');
    }
}

static inline void watcher_expect(struct watcher *watcher, const char *name,
                                  int64_t now, const char *want) {
    struct strbuf out = {0};
    watcher_evaluate(watcher, now);
    watcher_show(watcher, &out);
    check_text(name, out.data ? out.data : "", want);
    strbuf_free(&out);
}

/* Query of the notices, in order: seconds since MIDNIGHT, alert, labels, value,
 * start. */
#define NOTICED                                                                \
    "SELECT made_at - 1700006400, each.value ->> 'status', "                   \
    "each.value ->> 'name', each.value ->> 'labels', "                         \
    "round(each.value ->> 'value', 4), each.value ->> 'since', "               \
    "each.value ->> 'reason' FROM alert_notice, "                              \
    "json_each(message, '$.alerts') AS each ORDER BY alert_notice.id, "        \
    "each.key"

/* Query of the active alerts: firing, start in seconds since MIDNIGHT. */
#define ACTIVE                                                                 \
    "SELECT rule, labels, firing, since - 1700006400, value FROM alert "       \
    "ORDER BY rule, labels"

#endif
