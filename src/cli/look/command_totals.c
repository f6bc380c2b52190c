/* tallyman totals: shows the totals, or their history. */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "base/number.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "cli/command/call.h"
#include "cli/command/clock.h"
#include "cli/command/database.h"
#include "cli/command/terminal.h"
#include "cli/look/totals.h"
#include "cli/look/trend.h"
#include "sql.h"
#include "store/family_row.h"

enum { WATCH_SECONDS = 2, WATCH_SECONDS_MAX = 86400 };

struct asked {
    const struct call *call;
    const char *family;   /* NULL for the overview */
    struct strbuf filter; /* a JSON object, without its closing brace */
    double interval;      /* of --watch, in seconds; 0 without */
    bool history;         /* --since: show the trend */
    struct trend trend;
};

/* --- the arguments -------------------------------------------------------- */

/* Whether one of the first `count` options is a --label of the same name, which
 * has len bytes. */
static bool is_label_given(const struct call *call, size_t count,
                           const char *name, size_t len) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(call->options[i].option->name, "label") == 0 &&
            strncmp(call->options[i].value, name, len + 1) == 0)
            return true;
    return false;
}

static int add_label(struct asked *asked, size_t option) {
    const char *argument = asked->call->options[option].value;
    const char *equals = strchr(argument, '=');
    size_t len = equals ? (size_t)(equals - argument) : 0;
    if (!equals || !label_name_valid(argument, len) ||
        !utf8_valid(equals, strlen(equals)))
        return call_misused(asked->call, "--label %s: must be NAME=VALUE",
                            argument);
    if (is_label_given(asked->call, option, argument, len))
        return call_misused(asked->call,
                            "--label %s: repeats the label %.*s, must differ",
                            argument, (int)len, argument);
    strbuf_add_char(&asked->filter, asked->filter.len > 0 ? ',' : '{');
    json_write_string(argument, len, JSON_ESCAPE_CONTROL, &asked->filter);
    strbuf_add_char(&asked->filter, ':');
    json_write_string(equals + 1, strlen(equals + 1), JSON_ESCAPE_CONTROL,
                      &asked->filter);
    return COMMAND_OK;
}

static int set_interval(struct asked *asked) {
    const char *text = call_value(asked->call, "watch");
    if (call_has(asked->call, "watch"))
        asked->interval = WATCH_SECONDS;
    if (text &&
        (number_read(text, strlen(text), false, &asked->interval) !=
             NUMBER_FINE ||
         !(asked->interval >= 0.1 && asked->interval <= WATCH_SECONDS_MAX)))
        return call_misused(asked->call,
                            "--watch %s: must be seconds, 0.1 to %d", text,
                            WATCH_SECONDS_MAX);
    return COMMAND_OK;
}

/* Sets from and last. A duration ends now, and is a number of whole periods. */
static int set_range(struct asked *asked, const char *since,
                     const char *until) {
    struct trend *trend = &asked->trend;
    const int64_t now = (int64_t)time(NULL);
    int64_t length = 0;
    trend->now = now;
    trend->last = now;
    if (until && !calendar_date_parse(until, &trend->last))
        return call_misused(asked->call,
                            "--until %s: must be a date, YYYY-MM-DD", until);
    if (until && trend->last > now)
        return call_misused(asked->call, "--until %s: is in the future", until);
    if (until)
        trend->last += 86400 - 1;
    if (trend->last > now)
        trend->last = now;
    if (calendar_duration_parse(since, &length))
        trend->from = trend->last - length;
    else if (!calendar_date_parse(since, &trend->from))
        return call_misused(asked->call,
                            "--since %s: must be a date, YYYY-MM-DD, or a "
                            "duration such as 30d, of m, h, d, w or y",
                            since);
    if (trend->from > now)
        return call_misused(asked->call, "--since %s: is in the future", since);
    return trend->from <= trend->last
               ? COMMAND_OK
               : call_misused(asked->call, "--since %s: is after --until %s",
                              since, until);
}

/* Hours for up to a day, days for up to three months, else months. */
static enum calendar_unit usual_unit(int64_t length) {
    enum { DAY = 86400 };
    return length <= DAY          ? CALENDAR_HOUR
           : length <= 92LL * DAY ? CALENDAR_DAY
                                  : CALENDAR_MONTH;
}

static int set_unit(struct asked *asked, const char *by, bool duration) {
    struct trend *trend = &asked->trend;
    trend->unit = usual_unit(trend->last - trend->from);
    if (by && !calendar_unit_parse(by, &trend->unit))
        return call_misused(
            asked->call, "--by %s: must be step, hour, day, week or month", by);
    if (!duration)
        return COMMAND_OK;
    /* The current period is the last one. */
    const int64_t begin = calendar_begin(trend->unit, trend->from);
    trend->from = calendar_later(trend->unit, begin, 1);
    if (trend->from > trend->last)
        trend->from = trend->last;
    return COMMAND_OK;
}

static int set_trend(struct asked *asked) {
    static const char *const need[] = {"by", "compare", "csv", "until"};
    const struct call *call = asked->call;
    const char *since = call_value(call, "since");
    int64_t length;
    for (size_t i = 0; !since && i < sizeof(need) / sizeof(need[0]); i++)
        if (call_has(call, need[i]))
            return call_misused(call, "--%s needs --since", need[i]);
    if (!since)
        return COMMAND_OK;
    if (!asked->family)
        return call_misused(call, "--since needs the name of a family");
    if (asked->interval > 0)
        return call_misused(call, "--since and --watch cannot be combined");
    if (call_has(call, "json") && call_has(call, "csv"))
        return call_misused(call, "--json and --csv cannot be combined");
    asked->history = true;
    asked->trend.compare = call_has(call, "compare");
    const int status = set_range(asked, since, call_value(call, "until"));
    return status == COMMAND_OK
               ? set_unit(asked, call_value(call, "by"),
                          calendar_duration_parse(since, &length))
               : status;
}

static int read_options(struct asked *asked) {
    const struct call *call = asked->call;
    int status = set_interval(asked);
    if (call->argument_count > 0)
        asked->family = call->arguments[0];
    for (size_t i = 0; status == COMMAND_OK && i < call->option_count; i++)
        if (strcmp(call->options[i].option->name, "label") == 0)
            status = add_label(asked, i);
    if (status == COMMAND_OK && !asked->family && asked->filter.len > 0)
        return call_misused(call, "--label needs the name of a family");
    strbuf_add_string(&asked->filter, asked->filter.len > 0 ? "}" : "{}");
    return status == COMMAND_OK ? set_trend(asked) : status;
}

/* --- one reading ---------------------------------------------------------- */

static int print_name(void *context, struct db_statement *row,
                      struct err *err) {
    size_t len;
    const char *name = db_text(row, 0, &len);
    (void)context;
    (void)err;
    (void)puts(name ? name : "");
    return 0;
}

static int offer_name(void *context, struct db_statement *row,
                      struct err *err) {
    size_t len;
    const char *name = db_text(row, 0, &len);
    (void)err;
    suggest_name(context, name ? name : "");
    return 0;
}

static int unknown_family(const char *name, struct db *db, struct err *err) {
    struct suggestions list = {.asked = name};
    char meant[400];
    if (db_query(db, sql_families_list, offer_name, &list, err) != 0)
        return -1;
    suggest_format(&list, "; tallyman totals lists them", meant, sizeof(meant));
    return err_set(err, ERR_VALUE, "unknown family %.100s%.250s", name, meant);
}

static int read_totals(const struct asked *asked, struct db *db,
                       struct totals *totals, struct err *err) {
    if (!asked->family && call_has(asked->call, "names"))
        return db_query(db, sql_families_list, print_name, NULL, err);
    if (!asked->family)
        return totals_read_families(totals, db, err);
    int found =
        totals_read_family(totals, db, asked->family, asked->filter.data, err);
    if (found == 0)
        return unknown_family(asked->family, db, err);
    return found == 1 ? 0 : -1;
}

/* Opens the file for each reading: in between no lock is held, and a restored
 * file is noticed. */
static int take_reading(const struct asked *asked, const char *database,
                        struct totals *totals) {
    struct db *db = NULL;
    struct err err = {.code = ERR_NONE};
    int status = COMMAND_OK;
    if (database_open(database, &db, &err) != 0 ||
        read_totals(asked, db, totals, &err) != 0)
        status = call_failed(asked->call, "%s", err.message);
    db_close(db);
    return status;
}

static void print_reading(const struct totals *totals) {
    if (totals->out.len > 0)
        (void)fwrite(totals->out.data, 1, totals->out.len, stdout);
}

/* --- the trend ----------------------------------------------------------- */

/* A family with a damaged row counts as missing. */
static int read_trend(const struct asked *asked, struct db *db,
                      struct reader *reader, struct strbuf *out,
                      struct err *err) {
    struct db_statement *row;
    double bounds[HISTOGRAM_BOUNDS_MAX];
    struct family family;
    if (db_prepare(db, sql_family_describe, &row, err) != 0)
        return -1;
    db_bind_string(row, ":name", asked->family);
    int result = db_step(row, err);
    if (result == 1 && family_row_read(row, bounds, &family) == 0) {
        struct trend trend = asked->trend;
        trend.family = &family;
        trend.filter = asked->filter.data;
        result = trend_read(&trend, reader, out, err);
    } else if (result >= 0) {
        result = unknown_family(asked->family, db, err);
    }
    db_finalize(row);
    return result;
}

static int show_trend(struct asked *asked) {
    struct strbuf out = {0};
    struct db *db = NULL;
    struct reader *reader = NULL;
    struct err err = {.code = ERR_NONE};
    struct config *config = call_config(asked->call, false);
    int status = COMMAND_OK;
    if (!config)
        return COMMAND_FAILED;
    asked->trend.utf8 = terminal_utf8();
    asked->trend.format = call_has(asked->call, "json")  ? SHEET_JSON
                          : call_has(asked->call, "csv") ? SHEET_CSV
                                                         : SHEET_TABLE;
    if (database_open(config->database, &db, &err) != 0 ||
        database_read(db, &reader, &err) != 0 ||
        read_trend(asked, db, reader, &out, &err) != 0)
        status = call_failed(asked->call, "%s", err.message);
    else
        (void)fwrite(out.data, 1, out.len, stdout);
    reader_close(reader);
    db_close(db);
    strbuf_free(&out);
    config_release(config);
    return status;
}

/* --- repeated readings ---------------------------------------------------- */

/* Clears a terminal; elsewhere each reading follows the one before. */
static void print_time(const struct asked *asked, bool first) {
    char text[32] = "";
    struct tm parts;
    time_t now = time(NULL);
    if (call_has(asked->call, "json"))
        return;
    if (localtime_r(&now, &parts))
        (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
    if (isatty(STDOUT_FILENO))
        (void)printf("\033[H\033[2J%s, every %g s\n\n", text, asked->interval);
    else
        (void)printf("%s%s\n", first ? "" : "\n", text);
}

/* The signals that end --watch; wait_for takes them. */
static sigset_t block_signals(void) {
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    return signals;
}

/* False when a signal came first. */
static bool wait_for(double seconds, const sigset_t *signals) {
    struct timespec time = {.tv_sec = (time_t)seconds};
    time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
    return sigtimedwait(signals, NULL, &time) < 0;
}

static int watch_totals(const struct asked *asked, const char *database,
                        struct totals *totals) {
    const sigset_t signals = block_signals();
    double last = 0;
    bool first = true;
    totals->rates = true;
    do {
        const double now = clock_seconds();
        totals_again(totals, first ? 0 : now - last);
        last = now;
        if (take_reading(asked, database, totals) != COMMAND_OK)
            return COMMAND_FAILED;
        print_time(asked, first);
        print_reading(totals);
        if (fflush(stdout) != 0)
            return call_failed(asked->call, "standard output: %s",
                               strerror(errno));
        first = false;
    } while (wait_for(asked->interval, &signals));
    return COMMAND_OK;
}

static int show(const struct asked *asked) {
    struct totals totals = {
        .format = call_has(asked->call, "json") ? SHEET_JSON : SHEET_TABLE,
        .utf8 = terminal_utf8()};
    struct config *config = call_config(asked->call, false);
    int status = COMMAND_FAILED;
    if (config && asked->interval > 0) {
        status = watch_totals(asked, config->database, &totals);
    } else if (config) {
        status = take_reading(asked, config->database, &totals);
        if (status == COMMAND_OK)
            print_reading(&totals);
    }
    totals_free(&totals);
    config_release(config);
    return status;
}

static int run(const struct call *call) {
    struct asked asked = {.call = call};
    (void)setlocale(LC_CTYPE, "");
    int status = read_options(&asked);
    if (status == COMMAND_OK)
        status = asked.filter.failed ? call_failed(call, "out of memory")
                 : asked.history     ? show_trend(&asked)
                                     : show(&asked);
    strbuf_free(&asked.filter);
    return status;
}

const struct command command_totals = {
    .name = "totals",
    .arguments = "[FAMILY] [OPTION...]",
    .summary = "Show the current totals",
    .help =
        "Without FAMILY, prints a line for each family. Counters show their "
        "totals, gauges their values, summaries count and mean, histograms "
        "also quantiles and a bar for each bucket. With --since, prints a "
        "line for each period: the growth of FAMILY, or the last value of "
        "a gauge, summed over its series. Times are in UTC.",
    .options =
        (const struct command_option[]){
            {"label", 'l', "NAME=VALUE",
             "only series with this label; may be repeated, and\n"
             "an empty value selects series without it"},
            {"since", 's', "TIME",
             "show the history since TIME: a duration such as 30d (m, h, d, "
             "w, y), or a date, YYYY-MM-DD"},
            {"until", 0, "DATE", "the last day to show, instead of today"},
            {"by", 'b', "PERIOD",
             "group by step (5 minutes), hour, day, week (from Monday) or "
             "month; the default depends on the time shown"},
            {"compare", 0, NULL,
             "compare with as many earlier periods, on the same weekdays"},
            {"json", 'j', NULL, "print an array of objects"},
            {"csv", 0, NULL,
             "with --since, print comma-separated values below a line of "
             "names"},
            {"watch", 'w', "[SECONDS]",
             "read again every 2 or SECONDS seconds, and show rates per "
             "second, until interrupted"},
            {"names", 0, NULL, "print only the names of the families"},
            {0}},
    .most = 1,
    .run = run};
