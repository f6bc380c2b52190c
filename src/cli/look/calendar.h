/* calendar: periods of time, in UTC. */
#ifndef TALLYMAN_CLI_LOOK_CALENDAR_H
#define TALLYMAN_CLI_LOOK_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* A step is five minutes; weeks begin on Monday. */
enum calendar_unit {
    CALENDAR_STEP,
    CALENDAR_HOUR,
    CALENDAR_DAY,
    CALENDAR_WEEK,
    CALENDAR_MONTH
};

/* The name of the unit: `step`, `hour`... */
const char *calendar_name(enum calendar_unit unit);

/* False when no unit has that name. */
bool calendar_unit_parse(const char *name, enum calendar_unit *unit);

/* The start of the period that contains time, in Unix seconds. */
int64_t calendar_begin(enum calendar_unit unit, int64_t time);

/* The start of the period `count` periods after the one that starts at begin.
 */
int64_t calendar_later(enum calendar_unit unit, int64_t begin, int64_t count);

/* Room for any calendar_format result with its NUL. */
enum { CALENDAR_SIZE = 32 };

/* Writes the start of a period: `2026-03-31`; steps and hours add the time of
 * day, months omit the day. */
void calendar_format(enum calendar_unit unit, int64_t begin,
                     char out[CALENDAR_SIZE]);

/* The date and the time of day of Unix seconds, in UTC. */
struct tm calendar_parts(int64_t time);

/* `Mon`, `Tue`... */
const char *calendar_weekday(int64_t time);

/* Reads a duration such as 30d or 12h into *seconds; units are m, h, d, w and
 * y (365 days). False for other text and for more than 100 years. */
bool calendar_duration_parse(const char *text, int64_t *seconds);

/* Reads a date, 2026-03-31. False when there is no such day. */
bool calendar_date_parse(const char *text, int64_t *begin);

#endif
