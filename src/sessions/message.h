/* message: the payload of POST /write as a session message. */
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

/* What one message says. All of it belongs to the arena. */
struct session_message {
    const char *uuid; /* NUL-terminated, 1 to 64 printable ASCII bytes */
    enum session_kind kind;
    bool focused;
    double heartbeat_interval; /* seconds, up to a day; 0: not known */
    double time;  /* whole Unix seconds, finite, however far from now; 0: none
                     was given */
    bool ignored; /* of a dashboard that is not saved yet */
    /* Those of the session families that are not empty, user_login and
     * user_name among them, sorted by name. Values are NUL-terminated, without
     * a NUL inside, and cut at the end of a character. */
    struct label labels[SESSION_LABELS_MAX];
    size_t label_count;
    /* At most SESSION_VARIABLES_MAX, no two of them the same; first the first
     * value of each variable, then the second ones, and so on. */
    const struct session_variable *variables;
    size_t variable_count;
};

/* Reads text[0..len), one message of the panel, nested or flattened
 * (WIRE_FORMATS.md, "POST /write"). Values of labels and variables are cut at
 * label_value_max bytes. The e-mail address is not taken over.
 *
 * A field of the wrong type is one that is not there, and so is an interval
 * that is negative, zero or longer than a day, which would count time that
 * nobody spent. A time is taken over, however wrong, so that the caller can
 * refuse it; its fraction is dropped, which the panel does itself, so that sums
 * of seconds are exact. A number as text is of the wrong type, as for the
 * panel's own server.
 *
 * Returns -1 with ERR_SYNTAX and its position, ERR_VALUE when it is not an
 * object or has no usable uuid, or ERR_MEMORY; then *out is empty. */
int ingest_session(const char *text, size_t len, size_t label_value_max,
                   struct arena *arena, struct session_message *out,
                   struct err *err);

#endif
