/* session: a message about a user's session with a Grafana dashboard, ready to
 * be counted. */
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
    SESSIONS_BEGUN,     /* counter: sessions */
    SESSIONS_DURATION,  /* counter: seconds */
    SESSIONS_FOCUSED,   /* counter: seconds with the focus */
    SESSIONS_LENGTHS,   /* histogram: seconds, one observation per session */
    SESSIONS_VARIABLES, /* counter: sessions by the value of a variable */
    SESSION_FAMILIES    /* how many there are */
};

/* The rules of all sessions. The families belong to the registry that was
 * loaded into the store. */
struct session_rules {
    struct family *families[SESSION_FAMILIES];
    double timeout;       /* seconds; 0: from the heartbeat interval */
    int64_t keep_seconds; /* after the last message */
    size_t max_series;    /* label sets per family; further ones are counted in
                             the label set `rest` */
    struct string_list forbidden_labels; /* labels to be removed from stored
                                            totals */
    bool hashed_logins;         /* also remove a user_login that is not a
                                   hash */
    size_t max_variable_values; /* per variable; further ones count as
                                   `other` */
};

/* The maximum number of variable values in one message. */
enum { SESSION_VALUES_MAX = 100 };

/* A selected value of a dashboard variable, with the label sets of
 * SESSIONS_VARIABLES that it may be counted in. */
struct session_value {
    struct value_text variable;
    struct value_text value;
    struct value_text labels;
    struct value_text other; /* with the value `other`: the variable has too
                                many values */
    struct value_text rest;  /* also with the dashboard `other`: the family has
                                too many label sets */
};

/* One message. Label sets are canonical JSON; the batch owns everything. */
struct session_push {
    const struct session_rules *rules;
    const char *uuid; /* NUL-terminated, 1 to 64 bytes of ASCII */
    enum session_kind kind;
    bool focused;
    double heartbeat_interval;   /* seconds; 0: unknown */
    double time;                 /* Unix seconds */
    struct value_text labels;    /* for all families but the last two */
    struct value_text dashboard; /* for SESSIONS_LENGTHS */
    struct value_text rest;      /* all labels `other`: the family has too many
                                    label sets */
    struct value_text rest_dashboard;
    const struct session_value *variables; /* for SESSIONS_VARIABLES */
    size_t variable_count;                 /* at most SESSION_VALUES_MAX */
};

#endif
