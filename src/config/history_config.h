/* history_config: the settings of the history of the totals. */
#ifndef TALLYMAN_CONFIG_HISTORY_CONFIG_H
#define TALLYMAN_CONFIG_HISTORY_CONFIG_H

#include <stdbool.h>

struct history_config {
    bool enabled;
    long long step_days; /* retention of the five-minute steps */
    long long hour_days;
    long long day_days;
    long long max_bytes;
};

#endif
