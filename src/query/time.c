#include "query/time.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/number.h"

static const int64_t DURATION_MAX = INT64_C(100) * 366 * 86400 * 1000;
/* 9999-12-31T23:59:59.999Z */
static const int64_t POINT_MAX = INT64_C(253402300799999);

static const struct {
    const char *name;
    int64_t ms;
} units[] = {
    {"y", INT64_C(365) * 86400 * 1000},
    {"w", INT64_C(7) * 86400 * 1000},
    {"d", INT64_C(86400) * 1000},
    {"h", INT64_C(3600) * 1000},
    {"ms", 1},
    {"m", INT64_C(60) * 1000},
    {"s", 1000},
};

/* Reads the digits of a number below DURATION_MAX. */
static bool take_digits(const char *text, size_t len, size_t *at,
                        int64_t *number) {
    const size_t begin = *at;
    for (*number = 0; *at < len && text[*at] >= '0' && text[*at] <= '9'; ++*at)
        if ((*number = *number * 10 + (text[*at] - '0')) > DURATION_MAX)
            return false;
    return *at > begin;
}

/* Reads a unit, which must be smaller than the previous one. */
static bool take_unit(const char *text, size_t len, size_t *at, int64_t *unit) {
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        const size_t name_len = strlen(units[i].name);
        if (len - *at < name_len ||
            memcmp(text + *at, units[i].name, name_len) != 0)
            continue;
        if (units[i].ms >= *unit)
            return false;
        *unit = units[i].ms;
        *at += name_len;
        return true;
    }
    return false;
}

int time_duration(const char *text, size_t len, int64_t *ms) {
    int64_t unit = INT64_MAX;
    int64_t sum = 0;
    size_t at = 0;
    while (at < len) {
        int64_t number;
        if (!take_digits(text, len, &at, &number) ||
            !take_unit(text, len, &at, &unit) || number > DURATION_MAX / unit ||
            (sum += number * unit) > DURATION_MAX)
            return -1;
    }
    if (len == 0)
        return -1;
    *ms = sum;
    return 0;
}

static int read_seconds(const char *text, size_t len, int64_t max,
                        int64_t *ms) {
    double seconds;
    if (number_read(text, len, false, &seconds) != NUMBER_FINE ||
        !(seconds >= 0 && seconds * 1000 <= (double)max))
        return -1;
    *ms = (int64_t)llround(seconds * 1000);
    return 0;
}

int time_step(const char *text, size_t len, int64_t *ms) {
    if (time_duration(text, len, ms) != 0 &&
        read_seconds(text, len, DURATION_MAX, ms) != 0)
        return -1;
    return *ms > 0 ? 0 : -1;
}

/* Reads text[at..at+count), which must be digits within len; else -1. */
static int digits_at(const char *text, size_t at, size_t count) {
    int number = 0;
    for (size_t i = at; i < at + count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

/* Reads the rest of the text, which must be Z, +hh:mm or -hh:mm. */
static int read_zone(const char *text, size_t len, int64_t *ms) {
    *ms = 0;
    if (len == 1 && (*text == 'Z' || *text == 'z'))
        return 0;
    if (len != 6 || (*text != '+' && *text != '-') || text[3] != ':')
        return -1;
    int hours = digits_at(text, 1, 2);
    int minutes = digits_at(text, 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return -1;
    *ms = (hours * INT64_C(60) + minutes) * 60000 * (*text == '+' ? 1 : -1);
    return 0;
}

/* Reads .digits and keeps the milliseconds. */
static size_t take_fraction(const char *text, size_t len, int64_t *ms) {
    int64_t unit = 100;
    size_t at = 1;
    *ms = 0;
    if (len == 0 || *text != '.')
        return 0;
    for (; at < len && text[at] >= '0' && text[at] <= '9'; at++) {
        *ms += (text[at] - '0') * unit;
        unit /= 10;
    }
    return at > 1 ? at : 0;
}

static int read_date(const char *text, size_t len, int64_t *ms) {
    static const char form[] = "dddd-dd-ddTdd:dd:dd";
    const size_t form_len = sizeof(form) - 1;
    int64_t fraction;
    int64_t zone;
    if (len < form_len)
        return -1;
    for (size_t i = 0; i < form_len; i++)
        if (form[i] != 'd' && text[i] != form[i] &&
            !(form[i] == 'T' && text[i] == 't'))
            return -1;
    struct tm fields = {.tm_year = digits_at(text, 0, 4) - 1900,
                        .tm_mon = digits_at(text, 5, 2) - 1,
                        .tm_mday = digits_at(text, 8, 2),
                        .tm_hour = digits_at(text, 11, 2),
                        .tm_min = digits_at(text, 14, 2),
                        .tm_sec = digits_at(text, 17, 2)};
    const struct tm wanted = fields;
    if (fields.tm_year < 70 || fields.tm_hour < 0 || fields.tm_min < 0 ||
        fields.tm_sec < 0)
        return -1;
    time_t seconds = timegm(&fields);
    if (fields.tm_mon != wanted.tm_mon || fields.tm_mday != wanted.tm_mday ||
        fields.tm_hour != wanted.tm_hour || fields.tm_min != wanted.tm_min ||
        fields.tm_sec != wanted.tm_sec)
        return -1;
    size_t at = form_len;
    at += take_fraction(text + at, len - at, &fraction);
    if (read_zone(text + at, len - at, &zone) != 0)
        return -1;
    *ms = (int64_t)seconds * 1000 + fraction - zone;
    return *ms >= 0 && *ms <= POINT_MAX ? 0 : -1;
}

int time_point(const char *text, size_t len, int64_t *ms) {
    return read_seconds(text, len, POINT_MAX, ms) == 0
               ? 0
               : read_date(text, len, ms);
}

void time_format(int64_t ms, char out[TIME_SIZE]) {
    struct tm fields = {0};
    if (ms < 0)
        ms = 0;
    if (ms > POINT_MAX)
        ms = POINT_MAX;
    const time_t seconds = (time_t)(ms / 1000);
    (void)gmtime_r(&seconds, &fields);
    const size_t len = strftime(out, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &fields);
    (void)snprintf(out + len, TIME_SIZE - len, ".%03dZ", (int)(ms % 1000));
}
