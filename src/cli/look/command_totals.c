/* tallyman totals: what was counted so far. */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <poll.h>
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
#include "cli/command/suggest.h"
#include "cli/command/terminal.h"
#include "cli/look/totals.h"

enum { WATCH_SECONDS = 2, WATCH_SECONDS_MAX = 86400 };

struct asked {
    const struct call *call;
    const char *family;   /* NULL for the overview */
    struct strbuf filter; /* a JSON object, without its closing brace */
    bool json;
    bool names;      /* of families only: what completion asks for */
    double interval; /* of --watch, in seconds; 0 without */
};

static volatile sig_atomic_t stopped;

static void stop(int signal) {
    (void)signal;
    stopped = 1;
}

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
    asked->json = call_has(call, "json");
    asked->names = call_has(call, "names");
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

/* --- one reading ------------------------------------------------------------
 */

static int unknown_family(const struct asked *asked, struct db *db,
                          struct err *err) {
    struct reading all = {.families = NULL};
    struct near_names near = {.count = 0};
    char meant[400];
    if (reading_families(db, &all, err) != 0) {
        reading_free(&all);
        return -1;
    }
    for (size_t i = 0; i < all.family_count; i++)
        near_offer(&near, asked->family, all.families[i].name);
    near_format(&near, meant, sizeof(meant));
    (void)err_set(err, ERR_VALUE, "there is no family %.100s%.250s",
                  asked->family,
                  near.count > 0 ? meant : "; tallyman totals lists them");
    reading_free(&all);
    return -1;
}

/* The file is opened for each reading: nobody waits for us in between, and a
 * restored one is seen. */
static int take_reading(const struct asked *asked, const char *database,
                        struct reading *reading, struct err *err) {
    struct db *db;
    if (reading_open(database, &db, err) != 0)
        return -1;
    int result = asked->family
                     ? reading_family(db, asked->family, asked->filter.data,
                                      reading, err)
                     : reading_families(db, reading, err);
    if (result == 0 && asked->family && !reading->found)
        result = unknown_family(asked, db, err);
    db_close(db);
    return result;
}

static int print_names(const struct reading *reading) {
    for (size_t i = 0; i < reading->family_count; i++)
        (void)puts(reading->families[i].name);
    return 0;
}

static int print_reading(const struct asked *asked,
                         const struct reading *reading,
                         const struct totals_style *style) {
    if (asked->names && !asked->family)
        return print_names(reading);
    if (asked->json)
        return asked->family ? totals_json_family(reading, style, stdout)
                             : totals_json_families(reading, style, stdout);
    return asked->family ? totals_print_family(reading, style, stdout)
                         : totals_print_families(reading, style, stdout);
}

static int show_once(const struct asked *asked, const char *database) {
    struct reading reading = {.families = NULL};
    struct totals_style style = {.utf8 = terminal_utf8()};
    struct err err = {.code = ERR_NONE};
    int status = COMMAND_OK;
    if (take_reading(asked, database, &reading, &err) != 0)
        status = call_failed(asked->call, "%s", err.message);
    else if (print_reading(asked, &reading, &style) != 0)
        status = call_failed(asked->call, "out of memory");
    reading_free(&reading);
    return status;
}

/* --- one after the other
 * ------------------------------------------------------ */

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
    if (asked->json)
        return;
    if (localtime_r(&now, &parts))
        (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
    if (isatty(STDOUT_FILENO))
        (void)printf("\033[H\033[2J%s, every %g s\n\n", text, asked->interval);
    else
        (void)printf("%s%s\n", first ? "" : "\n", text);
}

/* The signals come while it waits, and only then. */
static void wait_for(double seconds, const sigset_t *unblocked) {
    struct timespec time = {.tv_sec = (time_t)seconds};
    time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
    if (!stopped)
        (void)ppoll(NULL, 0, &time, unblocked);
}

static void catch_signals(sigset_t *unblocked) {
    const struct sigaction action = {.sa_handler = stop};
    sigset_t both;
    (void)sigemptyset(&both);
    (void)sigaddset(&both, SIGINT);
    (void)sigaddset(&both, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &both, unblocked);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static int watch_totals(const struct asked *asked, const char *database) {
    struct reading readings[2] = {{.families = NULL}, {.families = NULL}};
    struct totals_style style = {.utf8 = terminal_utf8(), .rates = true};
    struct err err = {.code = ERR_NONE};
    int status = COMMAND_OK;
    double last = 0;
    sigset_t unblocked;
    catch_signals(&unblocked);
    for (size_t turn = 0; !stopped && status == COMMAND_OK; turn++) {
        struct reading *reading = &readings[turn % 2];
        reading_free(reading);
        double now = seconds_now();
        style.before = turn > 0 ? &readings[(turn + 1) % 2] : NULL;
        style.seconds = now - last;
        last = now;
        if (take_reading(asked, database, reading, &err) != 0) {
            status = call_failed(asked->call, "%s", err.message);
            break;
        }
        print_time(asked, turn == 0);
        if (print_reading(asked, reading, &style) != 0)
            status = call_failed(asked->call, "out of memory");
        if (fflush(stdout) != 0)
            status = call_failed(asked->call, "standard output: %s",
                                 strerror(errno));
        wait_for(asked->interval, &unblocked);
    }
    reading_free(&readings[0]);
    reading_free(&readings[1]);
    return status;
}

static int run(const struct call *call) {
    struct asked asked = {.call = call};
    (void)setlocale(LC_CTYPE, "");
    int status = read_options(&asked);
    if (status == COMMAND_OK) {
        struct config *config = call_config(call, false);
        if (!config)
            status = COMMAND_FAILED;
        else if (asked.filter.failed)
            status = call_failed(call, "out of memory");
        else
            status = asked.interval > 0 ? watch_totals(&asked, config->database)
                                        : show_once(&asked, config->database);
        config_release(config);
    }
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
