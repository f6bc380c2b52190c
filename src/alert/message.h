/* message: writes the alerts that start or end in a run for a channel. */
#ifndef TALLYMAN_ALERT_MESSAGE_H
#define TALLYMAN_ALERT_MESSAGE_H

#include <stdint.h>

#include "alert/alerts.h"
#include "base/strbuf.h"

/* Upper bound of the alerts in a message. */
enum { ALERT_MESSAGE_MAX = 1000 };

/* An alert that starts or ends. */
struct alert_event {
    const char *name; /* this and the next texts are the rule's */
    const char *severity;
    const char *text;
    const char *measured;
    const char *unit;
    const char *condition;
    const char *query;
    const char *labels; /* JSON object */
    double value;       /* NaN: none */
    int64_t since;      /* Unix seconds */
    const char *reason; /* why the alert ends; NULL: it starts */
};

/* Appends the message about the events that the channel accepts, see
 * alert/run.h; nothing without such events. Returns their number. Sets
 * out->failed if memory ran out. */
size_t alert_message_write(const struct alert_event *events, size_t count,
                           const struct alert_channel *channel, int64_t now,
                           struct strbuf *out);

#endif
