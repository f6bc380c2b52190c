/* moment: a time in the form of messages. */
#ifndef TALLYMAN_ALERT_MOMENT_H
#define TALLYMAN_ALERT_MOMENT_H

#include <stdint.h>

/* A time of RFC 3339 in UTC, such as 2026-11-30T04:05:00Z. */
struct moment {
    char text[32];
};
struct moment moment_of(int64_t seconds);

#endif
