/* alerts: the rules and the notification channels of the alerts file. */
#ifndef TALLYMAN_ALERT_ALERTS_H
#define TALLYMAN_ALERT_ALERTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* The comparison of a rule's value. For the last two, the value is the
 * difference in percent from the same time last week, see rule_text.h. */
enum alert_comparison {
    ALERT_ABOVE, /* value > limit */
    ALERT_BELOW, /* value < limit */
    ALERT_RISES, /* value >= limit */
    ALERT_FALLS  /* value >= limit */
};

enum alert_measure {
    ALERT_INCREASE,
    ALERT_RATE,
    ALERT_RATIO,
    ALERT_P75,
    ALERT_P95,
    ALERT_VALUE,
    ALERT_EXPR
};

struct alert_rule {
    const char *name; /* letters, digits, _ and -; unique */
    enum alert_measure measure;
    const char *query;       /* PromQL, built from the rule */
    const char *count_query; /* of the observations that `minimum` limits; NULL:
                                no minimum */
    double minimum;          /* with fewer, the condition is false; 0: none */
    enum alert_comparison comparison;
    double limit;
    long long over;  /* seconds that a value covers; 0: a point in time */
    long long reach; /* seconds of history before a time that its value needs */
    long long for_seconds; /* how long the condition must be true to fire */
    bool grouped;          /* an alert for each label set of `by` */
    const char *severity;  /* such as "warning" */
    const char *text;      /* of the notification */
    const char *condition; /* on the value of the query, such as `> 4` */
    const char *measured;  /* such as `p75 of web_lcp_seconds over 1h` */
    const char *unit;      /* of the value: "seconds", "%"; "": none */
    const char *families;  /* that the query reads, as a JSON array */
};

/* True if the value is a difference from last week. */
bool alert_rule_compares_weeks(const struct alert_rule *rule);

/* The longest time between evaluations that is not a fault, in seconds. From
 * ten minutes on it is `over`: with a longer time, some observations would be
 * in no value. */
long long alert_rule_every(const struct alert_rule *rule);

enum alert_channel_kind { ALERT_MAIL, ALERT_WEBHOOK, ALERT_COMMAND };
enum alert_webhook_format { ALERT_WEBHOOK_JSON, ALERT_WEBHOOK_SLACK };

/* A notification channel. */
struct alert_channel {
    const char *key;  /* identifies the channel across runs, independent of its
                         position in the file; of a webhook's URL, it has only
                         scheme, host and a hash */
    const char *name; /* for messages, such as `mail to me@example.org`,
                         `webhook https://hooks.example.org` or `command
                         /usr/local/bin/page` */
    enum alert_channel_kind kind;
    const char *const *severities; /* NULL: all */
    size_t severity_count;
    const char *const *values; /* mail: addresses; webhook: its URL; command:
                                  program and arguments; NULL-terminated */
    size_t value_count;
    enum alert_webhook_format format;
    const char *from; /* mail: sender; NULL: default */
};

/* A zeroed struct has no rules and no channels. */
struct alerts {
    struct alert_rule *rules; /* in the order of the file */
    size_t rule_count;
    struct alert_channel *channels;
    size_t channel_count;
    const char *sendmail;  /* path; NULL: the usual paths */
    const char *dashboard; /* URL of the dashboard, http or https, for messages;
                              NULL: none */
    bool exists;           /* the file exists */
    struct arena arena;
};

void alerts_free(struct alerts *alerts);

/* True if the channel accepts alerts of that severity. */
bool alert_channel_takes(const struct alert_channel *channel,
                         const char *severity);

#endif
