#include "cli/report/show.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/look/calendar.h"

#define NONE "–"
#define SPACE "\u00a0"
#define MINUS "−"

const char *show_format(struct arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = len < 0 ? NULL : arena_take(arena, (size_t)len + 1);
    if (!text)
        return "";
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}

/* --- decimals ------------------------------------------------------------- */

/* Room for the digits of a number before and after the decimal point. */
enum { BEFORE_POINT = 310, BEHIND_POINT = 60 };

struct decimal {
    char digits[BEFORE_POINT + BEHIND_POINT + 8];
    int point; /* the number of digits before it */
};

/* Its exact value, as toFixed() of JavaScript rounds it. */
static void decimal_exact(double size, struct decimal *decimal) {
    char *digits = decimal->digits + 1;
    decimal->digits[0] = '0'; /* room for a carry */
    (void)snprintf(digits, sizeof(decimal->digits) - 1, "%.*f", BEHIND_POINT,
                   size);
    char *point = digits + strcspn(digits, ".");
    decimal->point = (int)(point - decimal->digits);
    memmove(point, point + 1, strlen(point));
}

/* The shortest decimal that reads back equal, as number formats of browsers
 * round it. */
static void decimal_shortest(double size, struct decimal *decimal) {
    char text[NUMBER_SIZE];
    (void)number_format(size, text);
    const char *mark = strchr(text, 'e');
    const char *dot = strchr(text, '.');
    const size_t len = mark ? (size_t)(mark - text) : strlen(text);
    int point = dot ? (int)(dot - text) : (int)len;
    point += mark ? (int)strtol(mark + 1, NULL, 10) : 0;
    decimal->point = 1 + (point > 0 ? point : 1);
    memset(decimal->digits, '0', sizeof(decimal->digits));
    decimal->digits[decimal->point + BEHIND_POINT] = '\0';
    int place = decimal->point - point;
    for (size_t i = 0; i < len; i++)
        if (text[i] != '.' && place < decimal->point + BEHIND_POINT)
            decimal->digits[place++] = text[i];
}

/* Rounds to that many significant digits; halves go up. */
static void decimal_round(struct decimal *decimal, int keep) {
    char *digits = decimal->digits;
    const int len = (int)strlen(digits);
    if (keep < 1 || keep >= len)
        return;
    bool carry = digits[keep] >= '5';
    memset(digits + keep, '0', (size_t)(len - keep));
    for (int i = keep - 1; carry && i >= 0; i--) {
        carry = digits[i] == '9';
        digits[i] = carry ? '0' : (char)(digits[i] + 1);
    }
}

/* With a comma before each three digits, and without trailing zeros in the
 * decimals if possible. */
static const char *decimal_text(struct arena *arena, bool negative,
                                const struct decimal *decimal, int decimals,
                                bool trim, bool group) {
    char text[2 * sizeof(decimal->digits)];
    char *at = text;
    int first = 0;
    while (first < decimal->point - 1 && decimal->digits[first] == '0')
        first++;
    if (negative)
        *at++ = '-';
    for (int i = first; i < decimal->point; i++) {
        *at++ = decimal->digits[i];
        const int behind = decimal->point - 1 - i;
        if (group && behind > 0 && behind % 3 == 0)
            *at++ = ',';
    }
    const char *fraction = decimal->digits + decimal->point;
    while (trim && decimals > 0 && fraction[decimals - 1] == '0')
        decimals--;
    if (decimals > 0)
        *at++ = '.';
    for (int i = 0; i < decimals; i++)
        *at++ = fraction[i];
    *at = '\0';
    return show_format(arena, "%s", text);
}

/* With that many decimals. */
static const char *fixed(struct arena *arena, double value, int decimals,
                         bool trim) {
    struct decimal decimal = {.point = 0};
    decimal_exact(fabs(value), &decimal);
    decimal_round(&decimal, decimal.point + decimals);
    return decimal_text(arena, value < 0, &decimal, decimals, trim, false);
}

static const char *whole(struct arena *arena, double value) {
    struct decimal decimal = {.point = 0};
    decimal_shortest(fabs(value), &decimal);
    decimal_round(&decimal, decimal.point);
    return decimal_text(arena, value < 0, &decimal, 0, false, true);
}

/* Three significant digits. */
static const char *three_digits(struct arena *arena, double value, bool group) {
    enum { DIGITS = 3 };
    struct decimal decimal = {.point = 0};
    decimal_shortest(fabs(value), &decimal);
    const int first = (int)strspn(decimal.digits, "0");
    decimal_round(&decimal, first + DIGITS);
    const int decimals = first + DIGITS - decimal.point;
    return decimal_text(arena, value < 0, &decimal,
                        decimals < 0              ? 0
                        : decimals > BEHIND_POINT ? BEHIND_POINT
                                                  : decimals,
                        true, group);
}

static const char *precise(struct arena *arena, double value) {
    return three_digits(arena, value, true);
}

/* `1.23M` */
static const char *compact(struct arena *arena, double value) {
    static const char *const units[] = {"", "K", "M", "B", "T"};
    size_t unit = 0;
    const char *text = three_digits(arena, value, false);
    while (unit + 1 < sizeof(units) / sizeof(units[0]) &&
           strspn(text + (*text == '-'), "0123456789") > 3) {
        value /= 1000;
        unit++;
        text = three_digits(arena, value, false);
    }
    return show_format(arena, "%s%s", text, units[unit]);
}

/* --- numbers as text ------------------------------------------------------ */

enum { MILLION = 1000000 };

const char *show_count(struct arena *arena, double value) {
    const double size = fabs(value);
    return !isfinite(value)                         ? NONE
           : size >= MILLION                        ? compact(arena, value)
           : size >= 100 || size - trunc(size) <= 0 ? whole(arena, value)
                                                    : precise(arena, value);
}

const char *show_number(struct arena *arena, double value) {
    const double size = fabs(value);
    return !isfinite(value)  ? NONE
           : size >= MILLION ? compact(arena, value)
           : size >= 1000    ? whole(arena, value)
                             : precise(arena, value);
}

const char *show_seconds(struct arena *arena, double value) {
    enum { MINUTE = 60, HOUR = 3600 };
    const double size = fabs(value);
    return !isfinite(value) ? NONE
           : size <= 0      ? "0" SPACE "s"
           : size < 0.001   ? show_format(arena, "%s" SPACE "µs",
                                          precise(arena, value * 1e6))
           : size < 1       ? show_format(arena, "%s" SPACE "ms",
                                          precise(arena, value * 1e3))
           : size < 2 * MINUTE
               ? show_format(arena, "%s" SPACE "s", precise(arena, value))
           : size < 2 * HOUR ? show_format(arena, "%s" SPACE "min",
                                           precise(arena, value / MINUTE))
                             : show_format(arena, "%s" SPACE "h",
                                           precise(arena, value / HOUR));
}

const char *show_bytes(struct arena *arena, double value) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    size_t unit = 0;
    if (!isfinite(value))
        return NONE;
    for (; unit + 1 < sizeof(units) / sizeof(units[0]) && fabs(value) >= 1024;
         unit++)
        value /= 1024;
    return show_format(arena, "%s" SPACE "%s", precise(arena, value),
                       units[unit]);
}

const char *show_ratio(struct arena *arena, double value) {
    return isfinite(value) ? fixed(arena, value, value < 1 ? 3 : 2, true)
                           : NONE;
}

const char *show_percent(struct arena *arena, double value) {
    if (!isfinite(value))
        return NONE;
    return show_format(arena, "%s" SPACE "%%",
                       value > 0 && value < 0.0995
                           ? fixed(arena, value * 100, 1, false)
                           : whole(arena, value * 100));
}

static const char *show_time(struct arena *arena, double value) {
    char day[CALENDAR_SIZE];
    if (!isfinite(value) || fabs(value) >= NUMBER_EXACT / 1e4)
        return NONE;
    const int64_t time = (int64_t)floor(value);
    const struct tm parts = calendar_parts(time);
    calendar_format(CALENDAR_DAY, time, day);
    return show_format(arena, "%s %02d:%02d:%02d UTC", day, parts.tm_hour,
                       parts.tm_min, parts.tm_sec);
}

static bool ends_with(const char *text, size_t len, const char *end) {
    const size_t end_len = strlen(end);
    return len >= end_len && memcmp(text + len - end_len, end, end_len) == 0;
}

show *show_of(const char *family) {
    static const struct {
        const char *end;
        show *show;
    } ends[] = {{"_timestamp_seconds", show_time},
                {"_seconds", show_seconds},
                {"_time", show_seconds},
                {"_bytes", show_bytes},
                {"_ratio", show_ratio}};
    size_t len = strlen(family);
    if (ends_with(family, len, "_total"))
        len -= strlen("_total");
    else if (ends_with(family, len, "_sum"))
        len -= strlen("_sum");
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (ends_with(family, len, ends[i].end))
            return ends[i].show;
    return show_number;
}

const char *show_change(struct arena *arena, double now, double before) {
    static const char nothing[] = "0" SPACE "%";
    if (!isfinite(now) || !isfinite(before))
        return "";
    if (before >= 0 && before <= 0)
        return now >= 0 && now <= 0 ? nothing : "new";
    const double change = (now - before) / fabs(before);
    const double size = fabs(change) * 100;
    const char *digits =
        size < 9.95 ? fixed(arena, floor(size * 10 + 0.5) / 10, 1, true)
                    : whole(arena, size);
    if (strcmp(digits, "0") == 0)
        return nothing;
    return show_format(arena, "%s%s" SPACE "%%", change > 0 ? "+" : MINUS,
                       digits);
}

int show_direction(const char *change) {
    return *change == '+'                                   ? 1
           : strncmp(change, MINUS, sizeof(MINUS) - 1) == 0 ? -1
                                                            : 0;
}
