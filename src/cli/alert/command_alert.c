/* tallyman alert: evaluates the rules. It runs from cron or a timer, so it
 * prints nothing without errors. */
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alert/run.h"
#include "base/guide.h"
#include "base/side_lock.h"
#include "cli/alert/deliver.h"
#include "cli/alert/notice.h"
#include "cli/alert/outbox.h"
#include "cli/alert/rules_table.h"
#include "cli/command/call_alerts.h"
#include "cli/command/clock.h"
#include "cli/command/live.h"
#include "cli/command/terminal.h"

struct alerting {
    const struct call *call;
    struct live *live;
    struct alerts alerts;
    struct sender sender;
    struct strbuf command;
    struct reader *reader;
    struct alert_results results;
};

/* The clock of a run. */
static double seconds(void *context) {
    (void)context;
    return clock_seconds();
}

/* --- the alerts file ------------------------------------------------------ */

static int load_alerts(struct alerting *run) {
    const struct config *config = run->live->config;
    if (call_alerts(run->call, config, false, &run->alerts) != 0)
        return COMMAND_FAILED;
    return run->alerts.exists
               ? COMMAND_OK
               : call_failed(run->call,
                             "%s does not exist: it lists the rules and the "
                             "channels to notify" SEE GUIDE_ALERTS,
                             config->alerts);
}

/* The command that shows the state of the rules, for another working directory.
 */
static void name_command(struct alerting *run) {
    char path[PATH_MAX];
    const char *config = call_config_path(run->call);
    strbuf_add_string(&run->command, "tallyman alert --status");
    if (strcmp(config, command_system_config) != 0)
        strbuf_printf(&run->command, " -c %s",
                      realpath(config, path) ? path : config);
    run->sender.command = run->command.data;
}

/* --- a trial -------------------------------------------------------------- */

static int try_channel(struct alerting *run,
                       const struct alert_channel *channel) {
    struct strbuf message = {0};
    struct err err;
    int status = COMMAND_OK;
    notice_trial(channel->severities ? channel->severities[0] : "warning",
                 run->live->now, &message);
    if (message.failed)
        status = call_failed(run->call, "out of memory");
    else if (deliver(&run->sender, channel, message.data, NULL, &err) != 0)
        status = call_failed(run->call, "%s: not delivered: %s", channel->name,
                             err.message);
    else
        (void)printf("%s: accepted\n", channel->name);
    strbuf_free(&message);
    return status;
}

/* A failure does not keep the other channels from their trial. */
static int try_channels(struct alerting *run) {
    int status = COMMAND_OK;
    if (run->alerts.channel_count == 0)
        return call_failed(run->call,
                           "`notify` of %s lists no channel" SEE GUIDE_ALERTS,
                           run->live->config->alerts);
    for (size_t i = 0; i < run->alerts.channel_count; i++)
        if (try_channel(run, &run->alerts.channels[i]) != COMMAND_OK)
            status = COMMAND_FAILED;
    return status;
}

/* --- evaluating ----------------------------------------------------------- */

static struct alert_run run_of(const struct alerting *run) {
    return (struct alert_run){.alerts = &run->alerts,
                              .config = run->live->config,
                              .reader = run->reader,
                              .now = run->live->now,
                              .clock = seconds};
}

static int evaluate(struct alerting *run) {
    struct live *live = run->live;
    if (reader_open(live->config->database, &run->reader, &live->err) != 0)
        return -1;
    const struct alert_run one = run_of(run);
    return alert_evaluate(&one, &run->results, &live->err);
}

/* Between reader_begin and reader_end. */
static int print(struct alerting *run, bool json) {
    struct strbuf out = {0};
    struct err *err = &run->live->err;
    int result = rules_table_write(&run->results, run->reader, json,
                                   terminal_utf8(), &out, err);
    if (result == 0)
        (void)fwrite(out.data, 1, out.len, stdout);
    if (result == 0 && !json)
        result = outbox_print(&run->sender, run->reader, err);
    strbuf_free(&out);
    return result;
}

static int show(struct alerting *run) {
    if (evaluate(run) != 0 || reader_begin(run->reader, &run->live->err) != 0)
        return -1;
    int result = print(run, call_has(run->call, "json"));
    reader_end(run->reader);
    for (size_t i = 0; result == 0 && i < run->results.count; i++)
        if (run->results.results[i].outcome == ALERT_FAILED)
            return COMMAND_FAILED;
    return result;
}

/* --- a run ---------------------------------------------------------------- */

static int print_failures(const struct alerting *run) {
    int status = COMMAND_OK;
    for (size_t i = 0; i < run->results.count; i++) {
        const struct alert_result *result = &run->results.results[i];
        if (result->outcome == ALERT_FAILED)
            status = call_failed(run->call, "rule %s has no result: %s",
                                 result->rule->name, result->error);
    }
    return status;
}

static int decide_and_deliver(struct alerting *run) {
    struct live *live = run->live;
    struct alert_changes changes;
    if (evaluate(run) != 0)
        return -1;
    const struct alert_run one = run_of(run);
    if (alert_decide(&one, &run->results, live->store, &changes, &live->err) !=
        0)
        return -1;
    int status = print_failures(run);
    int delivered =
        outbox_deliver(run->call, &run->sender, run->reader, live->store);
    return status == COMMAND_OK ? delivered : status;
}

/* Runs exclude each other by a lock, which ends with the process. */
static int run_alone(struct alerting *run) {
    struct live *live = run->live;
    struct strbuf path = {0};
    int status = -1;
    strbuf_printf(&path, "%s-alert", live->config->database);
    int lock = path.failed ? err_no_memory(&live->err)
                           : side_lock_open(path.data, &live->err);
    if (lock >= 0 && !side_lock_try(lock)) {
        (void)fputs("tallyman alert: another run is still active; this "
                    "one does nothing\n",
                    stderr);
        status = COMMAND_OK;
    } else if (lock >= 0) {
        status = live_open(live) != 0 ? -1 : decide_and_deliver(run);
    }
    if (lock >= 0)
        (void)close(lock);
    strbuf_free(&path);
    return status;
}

static int run_on(struct live *live, void *context) {
    struct alerting *run = context;
    run->live = live;
    run->sender.now = live->now;
    if (live_become_owner(live) != 0)
        return -1;
    int status = load_alerts(run);
    if (status != COMMAND_OK)
        return status;
    if (call_has(run->call, "test"))
        return try_channels(run);
    if (access(live->config->database, F_OK) != 0)
        return call_failed(run->call,
                           "database %s does not exist yet: the first "
                           "responder creates it",
                           live->config->database);
    return call_has(run->call, "status") ? show(run) : run_alone(run);
}

static int run(const struct call *call) {
    struct alerting run = {.call = call};
    bool status = call_has(call, "status");
    if (status && call_has(call, "test"))
        return call_misused(call, "--status and --test cannot be combined");
    if (call_has(call, "json") && !status)
        return call_misused(call, "--json needs --status");
    (void)setlocale(LC_CTYPE, "");
    sender_name_host(&run.sender);
    run.sender.alerts = &run.alerts;
    name_command(&run);
    int result = run.command.failed ? call_failed(call, "out of memory")
                                    : live_run(call, run_on, &run);
    alert_results_free(&run.results);
    reader_close(run.reader);
    alerts_free(&run.alerts);
    strbuf_free(&run.command);
    return result;
}

const struct command command_alert = {
    .name = "alert",
    .arguments = "[--test] [--status [--json]]",
    .summary = "Evaluate the alert rules and notify of changes",
    .help = "Evaluates the rules of the alerts file (`alerts` in the "
            "configuration) over the history. Notifies by mail, webhook or "
            "command, once when an alert starts and once when it ends. Run it "
            "every five minutes from cron or a timer. It prints nothing while "
            "all is well. Later runs retry failed deliveries, for 3 days. "
            "Exits with 1 if a rule or a delivery failed.",
    .options =
        (const struct command_option[]){
            {"test", 0, NULL,
             "send a trial notification to each channel of\n"
             "`notify`, and print whether it was accepted"},
            {"status", 0, NULL,
             "show the current state of the rules; nothing is\n"
             "changed or sent"},
            {"json", 'j', NULL, "with --status, print JSON"},
            {0}},
    .run = run};
