/* show: numbers as the dashboard shows them. */
#ifndef TALLYMAN_CLI_REPORT_SHOW_H
#define TALLYMAN_CLI_REPORT_SHOW_H

#include "base/arena.h"

/* The text of a number; an en dash for NaN. All texts are in the arena, and ""
 * when memory ran out; the space before a unit is U+00A0. */
typedef const char *show(struct arena *arena, double value);

/* `1,234`, `1.23M`; fractions below 100 have three digits. */
show show_count;

/* `0.0123`, `12.3`, `1,234`, `1.23M` */
show show_number;

/* `200 ms`, `2.92 s`, `3.5 min` */
show show_seconds;

/* `1.5 KiB` */
show show_bytes;

/* `0.041` */
show show_ratio;

/* A fraction as `8.0 %`, `31 %` */
show show_percent;

/* The format for the values of a family, by the suffix of its name. */
show *show_of(const char *family);

/* The change from before to now: `+4.7 %`, with U+2212 for a decrease, `new`
 * after 0, and "" if before is NaN. */
const char *show_change(struct arena *arena, double now, double before);

/* The sign of a change: 1, -1 or 0. */
int show_direction(const char *change);

const char *show_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
