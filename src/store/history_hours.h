/* history_hours: the hours of a day as an array, in history_hour. */
#ifndef TALLYMAN_STORE_HISTORY_HOURS_H
#define TALLYMAN_STORE_HISTORY_HOURS_H

#include "base/strbuf.h"
#include "base/value_set.h"
#include "metrics/registry.h"

enum { HOURS_A_DAY = 24 };

/* The elements of history_hour.hours. */
struct hours {
    struct value_text values[HOURS_A_DAY];
    size_t count;
};

/* Sets out to the elements of text[0..len). -1 when it is not an array of at
 * most 24. */
int hours_split(const char *text, size_t len, struct hours *out);

/* Appends the array with that element at hour. Missing elements before it
 * become hours without a change. */
void hours_write(const struct hours *hours, const struct family *family,
                 size_t hour, const struct value_text *value,
                 struct strbuf *out);

#endif
