/* run: evaluates the rules and updates their alerts.
 *
 * A run has two steps. alert_evaluate reads the history. alert_decide compares
 * the results with the active alerts, updates these and adds the notices, in
 * one transaction. Notices are delivered and deleted afterwards, see
 * store/alerts.h: after a crash in between they are delivered again, and none
 * is lost.
 *
 * A notice is for one channel and has the starts and ends of one run that the
 * channel's severities accept. Its message is a compact JSON object; times are
 * RFC 3339 in UTC:
 *
 *   {"status": "firing",        if an alert starts, else "resolved"
 *    "time": "2026-11-30T04:05:00Z",  of the run
 *    "more": 0,                 alerts beyond the limit of 1,000 per notice
 *    "alerts": [
 *      {"status": "firing",     or "resolved"
 *       "name": "SlowPages", "severity": "warning", "text": "...",
 *       "labels": {"page": "/cart"},     {} of a rule without `by`
 *       "measured": "p75 of web_lcp_seconds over 1h",
 *       "value": 4.2,           null if there is no longer one
 *       "unit": "seconds",      "": none; "%" of a comparison
 *       "condition": "> 4",     on the value; ">= 50" of a comparison, whose
 *                               value is the rise or the fall in percent
 *       "summary": "p75 of web_lcp_seconds over 1h: 4.2 seconds (> 4)",
 *       "query": "histogram_quantile(...)",
 *       "since": "...",         when the condition became true
 *       "ended": null,          when it ended
 *       "reason": null}]}       "the condition is no longer true", "there is
 *                               no longer a value" or "the rule is no longer
 *                               in the file"
 */
#ifndef TALLYMAN_ALERT_RUN_H
#define TALLYMAN_ALERT_RUN_H

#include "alert/evaluate.h"
#include "store/store.h"

/* The changes of a run, in numbers. */
struct alert_changes {
    size_t started; /* alerts that begin to fire */
    size_t ended;   /* alerts that cease to fire */
    size_t firing;  /* after the run */
    size_t pending;
    size_t notices; /* added notices */
};

/* Updates the rows of alert_rule and alert to the results and adds the notices,
 * in one transaction; an error changes nothing. Alerts of a rule without a
 * result stay unchanged. The store needs no store_load. */
int alert_decide(const struct alert_run *run,
                 const struct alert_results *results, struct store *store,
                 struct alert_changes *changes, struct err *err);

#endif
