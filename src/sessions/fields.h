/* fields: finds the fields of a session message in a payload. */
#ifndef TALLYMAN_SESSIONS_FIELDS_H
#define TALLYMAN_SESSIONS_FIELDS_H

#include <stddef.h>

#include "base/json.h"

enum session_field {
    SESSION_UUID,
    SESSION_TYPE,
    SESSION_HAS_FOCUS,
    SESSION_HEARTBEAT_INTERVAL,
    SESSION_HOSTNAME,
    SESSION_PORT,
    SESSION_ENV,
    SESSION_DASHBOARD_NAME,
    SESSION_DASHBOARD_UID,
    SESSION_LOGIN,
    SESSION_NAME,
    SESSION_LIGHT_THEME,
    SESSION_ADMIN,
    SESSION_EDITOR,
    SESSION_USER_TIMEZONE,
    SESSION_LOCALE,
    SESSION_TIMEZONE,
    SESSION_TIME,
    SESSION_FIELDS /* how many there are */
};

/* The maximum number of variables that are read from a message, and of selected
 * values of all of them. */
enum { SESSION_VARIABLES_MAX = 100 };

/* A selected value of a variable. */
struct session_choice {
    unsigned position; /* in the variable's list of values */
    unsigned variable; /* index in variable_names */
    const struct json_object *value;
};

/* The fields found, of any type. The document owns everything. */
struct session_fields {
    const struct json_object *values[SESSION_FIELDS]; /* NULL for none */
    const struct json_object *variable_names[SESSION_VARIABLES_MAX];
    /* Sorted by position, then variable. Beyond the limit, the last values of
     * the longest lists are left out, so many values of one variable never
     * displace another variable. */
    struct session_choice choices[SESSION_VARIABLES_MAX];
    size_t choice_count;
};

/* Finds the fields in object, nested as in {"host": {"port": "1"}}, or partly
 * or wholly with dotted keys, as npm's `flat` writes them: {"host.port": "1",
 * "variables.0.values.1": "b"}. The last of several values counts, as in Go's
 * encoding/json; a null has no effect. */
void session_fields_find(const struct json_object *object,
                         struct session_fields *out);

#endif
