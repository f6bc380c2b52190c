/* fields: where in a payload the fields of a session message stand. */
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

/* Of a dashboard, this many variables are looked at, and of all of their
 * selected values this many are kept. */
enum { SESSION_VARIABLES_MAX = 100 };

/* A selected value of a variable. */
struct session_choice {
    unsigned position; /* among the variable's values */
    unsigned variable; /* index in variable_names */
    const struct json_object *value;
};

/* What was found, of any type; all of it belongs to the document. */
struct session_fields {
    const struct json_object *values[SESSION_FIELDS]; /* NULL without one */
    const struct json_object *variable_names[SESSION_VARIABLES_MAX];
    /* Sorted by position, then variable: where there are too many, those that
     * are left out are the last ones of the longest lists, and no variable is
     * lost to another's many values. */
    struct session_choice choices[SESSION_VARIABLES_MAX];
    size_t choice_count;
};

/* Looks through object for the fields, nested as in {"host": {"port": "1"}},
 * or in part or as a whole with dotted keys, as npm's `flat` writes them:
 * {"host.port": "1", "variables.0.values.1": "b"}. Where a field stands more
 * than once the last one counts, as with Go's encoding/json; null stands for
 * nothing. */
void session_fields_find(const struct json_object *object,
                         struct session_fields *out);

#endif
