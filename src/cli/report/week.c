#include "cli/report/week.h"

#include "cli/look/calendar.h"
#include "cli/report/show.h"

static struct week week_that_ends(int64_t until) {
    return (struct week){until - WEEK_SECONDS, until};
}

struct week week_before(int64_t now) {
    return week_that_ends(calendar_begin(CALENDAR_WEEK, now));
}

struct week week_until(int64_t time) {
    return week_before(time + WEEK_DAY_SECONDS);
}

/* --- names, as the dashboard has them ------------------------------------- */

static const char *month_of(const struct tm *parts) {
    static const char *const months[] = {"Jan",  "Feb", "Mar", "Apr",
                                         "May",  "Jun", "Jul", "Aug",
                                         "Sept", "Oct", "Nov", "Dec"};
    return months[parts->tm_mon];
}

const char *week_date(struct arena *arena, int64_t time) {
    const struct tm day = calendar_parts(time);
    return show_format(arena, "%d %s %d", day.tm_mday, month_of(&day),
                       day.tm_year + 1900);
}

const char *week_moment(struct arena *arena, int64_t time) {
    const struct tm parts = calendar_parts(time);
    return show_format(arena, "%s, %02d:%02d UTC", week_date(arena, time),
                       parts.tm_hour, parts.tm_min);
}

const char *week_day(struct arena *arena, int64_t time) {
    const struct tm day = calendar_parts(time);
    return show_format(arena, "%s %d %s", calendar_weekday(time), day.tm_mday,
                       month_of(&day));
}

const char *week_name(struct arena *arena, int64_t from) {
    const int64_t last = from + WEEK_SECONDS - WEEK_DAY_SECONDS;
    const struct tm first = calendar_parts(from);
    return first.tm_year == calendar_parts(last).tm_year
               ? show_format(arena, "%d %s – %s", first.tm_mday,
                             month_of(&first), week_date(arena, last))
               : show_format(arena, "%s – %s", week_date(arena, from),
                             week_date(arena, last));
}
