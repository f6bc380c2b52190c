/* message: reads the payload of POST /write as a session message. */
#ifndef TALLYMAN_SESSIONS_MESSAGE_H
#define TALLYMAN_SESSIONS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "metrics/label.h"
#include "metrics/session.h"

enum { SESSION_UUID_MAX = 64, SESSION_LABELS_MAX = 11 };

/* A selected value of a variable of the dashboard. */
struct session_variable {
    const char *name;  /* NUL-terminated */
    const char *value; /* NUL-terminated, UTF-8, not empty */
    size_t value_len;
};

/* The content of a message. The arena owns everything. */
struct session_message {
    const char *uuid; /* NUL-terminated, 1 to 64 printable ASCII bytes */
    enum session_kind kind;
    bool focused;
    double heartbeat_interval; /* seconds, up to a day; 0: unknown */
    double time;  /* whole Unix seconds, finite, possibly far from now; 0: not
                     given */
    bool ignored; /* the dashboard is not saved yet */
    /* The non-empty labels of the session families, including user_login and
     * user_name, sorted by name. Values are NUL-terminated, without a NUL
     * inside, and cut at a character boundary. */
    struct label labels[SESSION_LABELS_MAX];
    size_t label_count;
    /* At most SESSION_VARIABLES_MAX, all distinct: the first value of each
     * variable, then the second values, and so on. */
    const struct session_variable *variables;
    size_t variable_count;
};

/* Reads text[0..len), one message of the panel, nested or flattened
 * (tallyman.fcgi(8), "POST /write"). Labels' and variables' values are cut to
 * label_value_max bytes. The e-mail address is ignored.
 *
 * A field of the wrong type reads as missing. So does an interval that is zero,
 * negative or longer than a day, because it would count time that no user
 * spent. A time is kept however wrong it is, so that the caller can refuse it.
 * Its fraction is dropped, as in the panel, so that sums of seconds are exact.
 * A number written as a string has the wrong type, as in the panel's own
 * server.
 *
 * Returns -1 with ERR_SYNTAX and its position, ERR_VALUE when it is not an
 * object or has no usable uuid, or ERR_MEMORY; then *out is empty. */
int ingest_session(const char *text, size_t len, size_t label_value_max,
                   struct arena *arena, struct session_message *out,
                   struct err *err);

#endif
