/* trend: the growth of a family over time, for a person or as JSON or CSV. */
#ifndef TALLYMAN_CLI_LOOK_TREND_H
#define TALLYMAN_CLI_LOOK_TREND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "cli/look/calendar.h"
#include "cli/look/sheet.h"
#include "metrics/registry.h"
#include "store/reader.h"

/* The maximum number of periods. */
enum { TREND_PERIODS_MAX = 10000 };

struct trend {
    const struct family *family; /* id, name, help, type and bounds */
    const char *filter; /* a JSON object: only series with these labels, and
                           without those whose value is "" */
    enum calendar_unit unit;
    int64_t from; /* in the first period, in Unix seconds */
    int64_t last; /* in the last period */
    int64_t now;  /* a period that ends later has no change */
    bool compare; /* with as many earlier periods */
    enum sheet_format format;
    bool utf8; /* see utf8_escape */
};

/* Appends a row for each period, at the earliest from the start of the history.
 * Growth, or the last value of a gauge, is summed over the series. Compared
 * periods begin whole weeks earlier, so that weekdays match; months begin
 * whole months earlier. Returns -1 with err set, also without history. */
int trend_read(const struct trend *trend, struct reader *reader,
               struct strbuf *out, struct err *err);

#endif
