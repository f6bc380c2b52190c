#include "cli/look/calendar.h"

#include <string.h>

enum { STEP = 300, HOUR = 3600, DAY = 86400, WEEK = 7 * DAY };

/* The first Monday after the epoch, 5 January 1970. */
enum { MONDAY = 4 * DAY };

static const char *const names[] = {[CALENDAR_STEP] = "step",
                                    [CALENDAR_HOUR] = "hour",
                                    [CALENDAR_DAY] = "day",
                                    [CALENDAR_WEEK] = "week",
                                    [CALENDAR_MONTH] = "month"};

enum { UNITS = sizeof(names) / sizeof(names[0]) };

/* Months have no fixed length. */
static const int64_t lengths[UNITS] = {STEP, HOUR, DAY, WEEK, 0};

const char *calendar_name(enum calendar_unit unit) {
    return names[unit];
}

bool calendar_unit_parse(const char *name, enum calendar_unit *unit) {
    for (size_t i = 0; i < UNITS; i++) {
        if (strcmp(name, names[i]) != 0)
            continue;
        *unit = (enum calendar_unit)i;
        return true;
    }
    return false;
}

struct tm calendar_parts(int64_t time) {
    struct tm parts = {.tm_mday = 1};
    const time_t seconds = (time_t)time;
    (void)gmtime_r(&seconds, &parts);
    return parts;
}

static int64_t month_begin(int64_t time, int64_t later) {
    const struct tm parts = calendar_parts(time);
    struct tm first = {.tm_year = parts.tm_year,
                       .tm_mon = parts.tm_mon + (int)later,
                       .tm_mday = 1};
    return (int64_t)timegm(&first);
}

int64_t calendar_begin(enum calendar_unit unit, int64_t time) {
    if (unit == CALENDAR_MONTH)
        return month_begin(time, 0);
    const int64_t first = unit == CALENDAR_WEEK ? MONDAY : 0;
    const int64_t past = (time - first) % lengths[unit];
    return time - (past < 0 ? past + lengths[unit] : past);
}

int64_t calendar_later(enum calendar_unit unit, int64_t begin, int64_t count) {
    return unit == CALENDAR_MONTH ? month_begin(begin, count)
                                  : begin + count * lengths[unit];
}

void calendar_format(enum calendar_unit unit, int64_t begin,
                     char out[CALENDAR_SIZE]) {
    static const char *const formats[UNITS] = {
        "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y-%m-%d", "%Y-%m"};
    const struct tm parts = calendar_parts(begin);
    if (strftime(out, CALENDAR_SIZE, formats[unit], &parts) == 0)
        *out = '\0';
}

const char *calendar_weekday(int64_t time) {
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed",
                                       "Thu", "Fri", "Sat"};
    return days[calendar_parts(time).tm_wday];
}

bool calendar_duration_parse(const char *text, int64_t *seconds) {
    static const char letters[] = "mhdwy";
    static const int64_t units[] = {60, HOUR, DAY, WEEK, 365LL * DAY};
    enum { YEARS_MAX = 100, DIGITS_MAX = 9 };
    const size_t digits = strspn(text, "0123456789");
    int64_t count = 0;
    if (digits == 0 || digits > DIGITS_MAX || text[digits] == '\0' ||
        text[digits + 1] != '\0')
        return false;
    const char *letter = strchr(letters, text[digits]);
    if (!letter)
        return false;
    for (size_t i = 0; i < digits; i++)
        count = count * 10 + (text[i] - '0');
    *seconds = count * units[letter - letters];
    return count > 0 && *seconds <= YEARS_MAX * units[4];
}

static int number_at(const char *text, size_t digits) {
    int number = 0;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

bool calendar_date_parse(const char *text, int64_t *begin) {
    static const char form[] = "0000-00-00";
    char again[CALENDAR_SIZE];
    if (strlen(text) != strlen(form))
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '-' ? text[i] != '-' : text[i] < '0' || text[i] > '9')
            return false;
    struct tm parts = {.tm_year = number_at(text, 4) - 1900,
                       .tm_mon = number_at(text + 5, 2) - 1,
                       .tm_mday = number_at(text + 8, 2)};
    *begin = (int64_t)timegm(&parts);
    /* timegm normalizes a day that does not exist. */
    calendar_format(CALENDAR_DAY, *begin, again);
    return strcmp(again, text) == 0;
}
