/* tallyman check: checks the configuration. */
#include <stdio.h>

#include "base/filesystem.h"
#include "cli/command/call_alerts.h"
#include "cli/command/check_queries.h"
#include "sessions/families.h"

/* Prints the number of rules in the alerts file, if it exists. */
static int check_alerts(const struct call *call, struct config *config) {
    struct alerts alerts = {.rule_count = 0};
    int status = COMMAND_OK;
    if (session_families_register(config) != 0)
        status = call_failed(call, "out of memory");
    else if (call_alerts(call, config, true, &alerts) != 0)
        status = COMMAND_FAILED;
    else if (alerts.exists)
        (void)printf("%s: ok, %zu alerts\n", config->alerts, alerts.rule_count);
    alerts_free(&alerts);
    return status;
}

static int run(const struct call *call) {
    struct err err = {.code = ERR_NONE};
    struct config *config = call_config(call, true);
    if (!config)
        return COMMAND_FAILED;
    int status = filesystem_check(config->database, &err) == 0
                     ? COMMAND_OK
                     : call_failed(call, "%s", err.message);
    if (status == COMMAND_OK) {
        (void)printf("%s: ok, %zu families\n", call_config_path(call),
                     registry_count(&config->registry));
        status = check_alerts(call, config);
    }
    if (status == COMMAND_OK && call_has(call, "queries"))
        status = check_queries(config);
    config_release(config);
    return status;
}

static const struct command_option options[] = {
    {"queries", '\0', NULL,
     "run each query of the allowlist files\nonce, and print its rows or its "
     "error"},
    {.name = NULL}};

const struct command command_check = {
    .name = "check",
    .arguments = "[--queries]",
    .summary = "Check the configuration, its allowlist files and alerts",
    .help =
        "Prints every error of every file, with file, line and column, and "
        "warns of push times that anyone may set, and of likely mistakes in "
        "the alerts file. Exits with 0 without errors, otherwise with 1.",
    .options = options,
    .run = run};
