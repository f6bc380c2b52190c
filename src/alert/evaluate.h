/* evaluate: computes the values of rules, and the label sets whose conditions
 * are true. */
#ifndef TALLYMAN_ALERT_EVALUATE_H
#define TALLYMAN_ALERT_EVALUATE_H

#include <stdint.h>

#include "alert/alerts.h"
#include "config/config.h"
#include "store/reader.h"

enum {
    ALERT_RULE_SECONDS = 10, /* time limit of a rule */
    ALERT_SETS_MAX = 1000    /* label sets whose condition is true */
};

/* The input of a run. */
struct alert_run {
    const struct alerts *alerts;
    struct config *config; /* whose families get ids */
    struct reader *reader; /* not begun */
    int64_t now;           /* Unix seconds */
    /* Seconds of a monotonic clock, for the deadline of a rule; NULL: no
     * deadline. */
    double (*clock)(void *context);
    void *context;
};

enum alert_outcome {
    ALERT_JUDGED, /* the alerts in the result are current */
    ALERT_EARLY,  /* the history is not long enough yet */
    ALERT_FAILED
};

/* A label set whose condition is true. */
struct alert_found {
    const char *labels; /* JSON object, keys sorted */
    double value;
    bool firing;   /* true for as long as `for`; else pending */
    int64_t since; /* Unix seconds; at most `for` ago */
};

/* A label set with a value whose condition is false. */
struct alert_other {
    const char *labels;
    double value;
};

/* The result of a rule. */
struct alert_result {
    const struct alert_rule *rule;
    enum alert_outcome outcome;
    const char *error; /* why it has no value; NULL if judged */
    double seconds;    /* duration of the evaluation */
    struct alert_found *found;
    size_t count;
    struct alert_other *others;
    size_t other_count;
    double value; /* of a rule without `by`; NaN if none */
};

/* In the order of the rules. A zeroed struct is empty. */
struct alert_results {
    struct alert_result *results;
    size_t count;
    struct arena arena;
};

/* Evaluates all rules and writes nothing: for a run and for --status. The
 * result of a failed rule has its error. Returns -1 with err set if the
 * database cannot be read. The caller frees results with alert_results_free,
 * also after a failure. */
int alert_evaluate(const struct alert_run *run, struct alert_results *results,
                   struct err *err);

void alert_results_free(struct alert_results *results);

#endif
