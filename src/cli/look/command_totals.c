/* tallyman totals: what was counted so far. */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "base/number.h"
#include "base/utf8.h"
#include "cli/command/call.h"
#include "cli/command/database.h"
#include "cli/command/suggest.h"
#include "cli/command/terminal.h"
#include "cli/look/totals.h"
#include "sql.h"

enum { WATCH_SECONDS = 2, WATCH_SECONDS_MAX = 86400 };

struct asked {
    const struct call *call;
    const char *family;   /* NULL for the overview */
    struct strbuf filter; /* a JSON object, without its closing brace */
    double interval;      /* of --watch, in seconds; 0 without */
};

/* --- the arguments -------------------------------------------------------- */

static int add_label(struct asked *asked, const char *argument) {
    const char *equals = strchr(argument, '=');
    size_t len = equals ? (size_t)(equals - argument) : 0;
    if (!equals || !label_name_valid(argument, len) ||
        !utf8_valid(equals, strlen(equals)))
        return call_misused(asked->call, "--label %s: must be NAME=VALUE",
                            argument);
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

static int read_options(struct asked *asked) {
    const struct call *call = asked->call;
    int status = set_interval(asked);
    if (call->argument_count > 0)
        asked->family = call->arguments[0];
    for (size_t i = 0; status == COMMAND_OK && i < call->option_count; i++)
        if (strcmp(call->options[i].option->name, "label") == 0)
            status = add_label(asked, call->options[i].value);
    if (status == COMMAND_OK && !asked->family && asked->filter.len > 0)
        return call_misused(call, "--label needs the name of a family");
    strbuf_add_string(&asked->filter, asked->filter.len > 0 ? "}" : "{}");
    return status;
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
    return err_set(err, ERR_VALUE, "there is no family %.100s%.250s", name,
                   meant);
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

/* The file is opened for each reading: nobody waits for us in between, and a
 * restored one is seen. */
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

/* --- one after the other -------------------------------------------------- */

static double seconds_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A terminal is cleared, anything else gets one reading below the other. */
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

/* What ends it, which comes while it waits, and only then. */
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
        const double now = seconds_now();
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
                                     : show(&asked);
    strbuf_free(&asked.filter);
    return status;
}

const struct command command_totals = {
    .name = "totals",
    .arguments = "[FAMILY] [OPTION...]",
    .summary = "Show what was counted so far",
    .help = "Without FAMILY one line for each family. Counters show their "
            "totals, gauges their values, summaries count and mean, histograms "
            "also quantiles and a bar for each bucket.",
    .options =
        (const struct command_option[]){
            {"label", 'l', "NAME=VALUE",
             "only series with this label; may be repeated, and\n"
             "an empty value asks for series without it"},
            {"json", 'j', NULL, "print an array of objects"},
            {"watch", 'w', "[SECONDS]",
             "read again every 2 seconds, or so many, and show rates per "
             "second, until it is interrupted"},
            {"names", 0, NULL, "print the names of the families only"},
            {0}},
    .most = 1,
    .run = run};
