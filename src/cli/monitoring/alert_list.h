/* alert_list: the alerts, with what their runbooks say. */
#ifndef TALLYMAN_CLI_MONITORING_ALERT_LIST_H
#define TALLYMAN_CLI_MONITORING_ALERT_LIST_H

#include <stddef.h>

#include "cli/monitoring/monitoring.h"

enum alert_team {
    TEAM_OPERATIONS, /* who looks after the machines */
    TEAM_SERVICE     /* the service that the series is of, else
                        MONITORING_TEAM */
};

/* The team of what belongs to no service. */
#define MONITORING_TEAM "application"

/* In expr stand LIMIT_SERIES, LIMIT_FAMILIES and WAL_BYTES for limits of the
 * configuration, and SCRAPE_SECONDS for what a scrape may take; in the
 * description of a burn rate LONG_WINDOW. */
struct alert {
    const char *name; /* also of its runbook */
    const char *severity;
    enum alert_team team;
    const char *wait; /* how long it has to be true */
    const char *expr; /* its lines; NULL: a burn rate, of ratio */
    const char *summary;
    const char *description;
    /* Paragraphs of the runbook: what it means, where to look, what to do. */
    const char *meaning;
    const char *look;
    const char *remedy;
    unsigned exporter;     /* written only with this one; 0: always */
    const char *ratio;     /* such as error_ratio */
    const char *objective; /* a number or a recorded series */
};

/* Two windows, the long one for weight and the short one so that it ends soon,
 * and how many times faster than its budget lasts it is used up
 * (sre.google/workbook, "Alerting on SLOs"). */
struct burn {
    const char *factor;
    const char *long_window;
    const char *short_window;
    const char *wait;
    const char *severity;
};

extern const struct alert alert_list[];
extern const size_t alert_count;

extern const struct burn burn_list[];
extern const size_t burn_count;

/* Whether the alert is part of the set-up. */
bool alert_wanted(const struct alert *alert,
                  const struct monitoring *monitoring);

#endif
