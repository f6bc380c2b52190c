/* deliver: sends a notice to a channel. */
#ifndef TALLYMAN_CLI_ALERT_DELIVER_H
#define TALLYMAN_CLI_ALERT_DELIVER_H

#include <stdint.h>

#include "alert/alerts.h"
#include "base/err.h"

enum { DELIVER_HOST_SIZE = 256 };

struct sender {
    const struct alerts *alerts;
    char host[DELIVER_HOST_SIZE]; /* the name of this machine */
    const char *command;          /* shows the state of the rules */
    int64_t now;                  /* Unix seconds */
};

/* Sets host. */
void sender_name_host(struct sender *sender);

/* Sends a message, see alert/run.h, to a channel. A retry has the same id, of
 * letters, digits, "." and "-". Returns 0 if the channel accepted it. */
int deliver(const struct sender *sender, const struct alert_channel *channel,
            const char *message, const char *id, struct err *err);

#endif
