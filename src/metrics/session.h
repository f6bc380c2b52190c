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

/* The metric families of sessions. */
enum session_family {
    SESSIONS_BEGUN,     /* counter: one a session */
    SESSIONS_DURATION,  /* counter: seconds */
    SESSIONS_FOCUSED,   /* counter: seconds, of them with the focus */
    SESSIONS_LENGTHS,   /* histogram: seconds, one for each session */
    SESSIONS_VARIABLES, /* counter: sessions by the value of a variable */
    SESSION_FAMILIES    /* how many there are */
};

/* What holds for all sessions. The families belong to the registry that was
 * loaded into the store; their label sets are what was pushed. */
struct session_rules {
    struct family *families[SESSION_FAMILIES];
    double timeout;       /* seconds; 0: by the heartbeat interval */
    int64_t keep_seconds; /* after the last message */
    size_t max_series;    /* label sets of each family; what is beyond is
                             counted in the rest set */
    struct string_list forbidden_labels; /* none of them stays in the totals
                                            that there are */
    bool hashed_logins;         /* nor does a user_login that is no hash */
    size_t max_variable_values; /* of each variable; others count as `other` */
};

/* The most values of variables in one message. */
enum { SESSION_VALUES_MAX = 100 };

/* A selected value of a variable of the dashboard, and the label sets of
 * SESSIONS_VARIABLES that it can be counted in. */
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
    struct value_text labels;    /* of all but the two below */
    struct value_text dashboard; /* of SESSIONS_LENGTHS */
    struct value_text rest;      /* labels where there is no more room: all of
                                    them `other` */
    struct value_text rest_dashboard;
    const struct session_value *variables; /* of SESSIONS_VARIABLES */
    size_t variable_count;                 /* at most SESSION_VALUES_MAX */
};

#endif
