/* tallyman check: is the configuration as it should be? */
#include <stdio.h>

#include "base/filesystem.h"
#include "cli/command/call.h"

static int run(const struct call *call) {
    struct err err = {.code = ERR_NONE};
    struct config *config = call_config(call, true);
    if (!config)
        return COMMAND_FAILED;
    int status = filesystem_check(config->database, &err) == 0
                     ? COMMAND_OK
                     : call_failed(call, "%s", err.message);
    if (status == COMMAND_OK)
        (void)printf("%s: ok, %zu families\n", call_config_path(call),
                     registry_count(&config->registry));
    config_release(config);
    return status;
}

const struct command command_check = {
    .name = "check",
    .summary = "Check the configuration and its allowlist files",
    .help = "Prints every error of every file, with file, line and column, and "
            "warns of times of pushes that anybody may set. Exits with 0 when "
            "there is no error, else with 1.",
    .run = run};
