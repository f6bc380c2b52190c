/* notice: the text of a notification of alerts that started or ended. */
#ifndef TALLYMAN_CLI_ALERT_NOTICE_H
#define TALLYMAN_CLI_ALERT_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"

struct notice {
    struct json_object *message; /* see alert/run.h */
    const char *host;            /* the name of this machine */
    const char *dashboard;       /* its URL; NULL without one */
    const char *command;         /* shows the state of the rules */
};

/* An alert of a notice. The message owns its texts; missing ones are "". */
struct notice_alert {
    bool firing; /* false: resolved */
    const char *name;
    const char *severity;
    const char *text;
    const char *summary;
    const char *unit;
    const char *condition;
    const char *query;
    const char *since;
    const char *ended;
    const char *reason;
    double value;                     /* NaN without one */
    const struct json_object *labels; /* NULL without them */
};

/* Reads a message into notice->message, which the caller frees with json_free.
 */
int notice_read(struct notice *notice, const char *message, struct err *err);

size_t notice_count(const struct notice *notice);

/* The number of alerts that did not fit into the message. */
long long notice_more(const struct notice *notice);

struct notice_alert notice_alert(const struct notice *notice, size_t index);

/* `FIRING: SlowPages (page=/cart), shop.example`: the subject of a mail. */
void notice_subject(const struct notice *notice, struct strbuf *out);

/* Lines that describe an alert, each after indent; untrusted text is escaped.
 */
void notice_lines(const struct notice_alert *alert, const char *indent,
                  struct strbuf *out);

/* The text of a mail. */
void notice_text(const struct notice *notice, struct strbuf *out);

/* Appends a message in the form of alert_decide, with a trial alert. */
void notice_trial(const char *severity, int64_t now, struct strbuf *out);

#endif
