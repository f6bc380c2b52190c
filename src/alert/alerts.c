#include "alert/alerts.h"

#include <string.h>

/* Seconds. A value at a point in time is evaluated once an hour. */
enum { EVERY_MINIMUM = 600, EVERY_WITHOUT_TIME = 3600 };

bool alert_rule_compares_weeks(const struct alert_rule *rule) {
    return rule->comparison == ALERT_RISES || rule->comparison == ALERT_FALLS;
}

long long alert_rule_every(const struct alert_rule *rule) {
    if (rule->over == 0)
        return EVERY_WITHOUT_TIME;
    return rule->over > EVERY_MINIMUM ? rule->over : EVERY_MINIMUM;
}

bool alert_channel_takes(const struct alert_channel *channel,
                         const char *severity) {
    for (size_t i = 0; channel->severities && i < channel->severity_count; i++)
        if (strcmp(channel->severities[i], severity) == 0)
            return true;
    return !channel->severities;
}

void alerts_free(struct alerts *alerts) {
    arena_free(&alerts->arena);
    *alerts = (struct alerts){.rule_count = 0};
}
