/* session: a message about somebody's session with a Grafana dashboard, as it
 * is to be counted. */
#ifndef TALLYMAN_METRICS_SESSION_H
#define TALLYMAN_METRICS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pattern.h"
#include "base/value_set.h"

enum session_kind { SESSION_START, SESSION_HEARTBEAT, SESSION_END };

struct family;

enum { SESSION_FAMILIES = 5 };

/* What holds for all sessions. The families belong to the registry that was
 * loaded into the store; their label sets are what was pushed. */
struct session_rules {
    union {
        struct {
            struct family *sessions;  /* counter: one a session */
            struct family *duration;  /* counter: seconds */
            struct family *focused;   /* counter: seconds with the focus */
            struct family *lengths;   /* histogram: seconds of each session */
            struct family *variables; /* counter: sessions by the value of a
                                         variable */
        };
        struct family *families[SESSION_FAMILIES]; /* all of them */
    };
    double timeout;       /* seconds; 0: by the heartbeat interval */
    int64_t keep_seconds; /* after the last message */
    size_t max_series;    /* label sets of `sessions`, and of each of the
                             others; what is beyond is counted in the rest
                             set */
    struct string_list forbidden_labels; /* none of them stays in the totals
                                            that there are */
    bool hashed_logins;         /* nor does a user_login that is no hash */
    size_t max_variable_values; /* of each variable; others count as `other` */
};

/* The most values of variables in one message. */
enum { SESSION_VALUES_MAX = 100 };

/* A selected value of a variable of the dashboard, and the label sets of
 * session_rules.variables that it can be counted in. */
struct session_value {
    struct value_text variable;
    struct value_text value;
    struct value_text labels;
    struct value_text other; /* the same with the value `other`: where the
                                variable has too many */
    struct value_text rest;  /* likewise, of dashboards `other`: where there is
                                no more room */
};

/* One message. Label sets are canonical JSON; everything belongs to the batch.
 */
struct session_push {
    const struct session_rules *rules;
    const char *uuid; /* NUL-terminated, 1 to 64 bytes of ASCII */
    enum session_kind kind;
    bool focused;
    double heartbeat_interval;   /* seconds; 0: not known */
    double time;                 /* Unix seconds */
    struct value_text labels;    /* of sessions, duration and focused */
    struct value_text dashboard; /* of lengths */
    struct value_text rest;      /* labels where there is no more room: all of
                                    them `other` */
    struct value_text rest_dashboard;
    const struct session_value *variables;
    size_t variable_count; /* at most SESSION_VALUES_MAX */
};

#endif
