/* week: the seven days of a report, from Monday to Sunday, UTC. */
#ifndef TALLYMAN_CLI_REPORT_WEEK_H
#define TALLYMAN_CLI_REPORT_WEEK_H

#include <stdint.h>

#include "base/arena.h"

enum { WEEK_DAYS = 7, WEEK_DAY_SECONDS = 86400, WEEK_SECONDS = 7 * 86400 };

/* In Unix seconds. */
struct week {
    int64_t from;
    int64_t until; /* the first second after it */
};

/* The last week that ends on or before the day of `time`. */
struct week week_until(int64_t time);

/* The last complete week. */
struct week week_before(int64_t now);

/* Texts are in the arena, and "" when memory ran out. */

/* `16 Nov – 22 Nov 2026` */
const char *week_name(struct arena *arena, int64_t from);

/* `Mon 16 Nov` */
const char *week_day(struct arena *arena, int64_t time);

/* `22 Nov 2026` */
const char *week_date(struct arena *arena, int64_t time);

/* `22 Nov 2026, 13:05 UTC` */
const char *week_moment(struct arena *arena, int64_t time);

#endif
