/* tallyman check: is the configuration as it should be? */
#include <stdio.h>

#include "base/filesystem.h"
#include "cli/command/command.h"

static int run(const struct command *command, int argc, char **argv) {
    static const struct option options[] = {COMMAND_OPTIONS,
                                            {NULL, 0, NULL, 0}};
    const char *path = NULL;
    struct err err = {.code = ERR_NONE};
    int option;
    while ((option = getopt_long(argc, argv, COMMAND_LETTERS, options, NULL)) !=
           -1) {
        int status = command_option(command, option, &path);
        if (status >= 0)
            return status;
    }
    if (optind < argc)
        return command_misused(command, "unexpected argument %s", argv[optind]);
    struct config *config = command_config_check(command, path);
    if (!config)
        return COMMAND_FAILED;
    int status = filesystem_check(config->database, &err) == 0
                     ? COMMAND_OK
                     : command_failed(command, "%s", err.message);
    if (status == COMMAND_OK)
        (void)printf("%s: ok, %zu families\n", command_config_path(path),
                     registry_count(&config->registry));
    config_release(config);
    return status;
}

const struct command command_check = {
    "check", "", "Check the configuration and its allowlist files",
    "Prints every error of every file, with file, line and column, and warns "
    "of\n"
    "times of pushes that anybody may set. Exits with 0 when there is no "
    "error,\n"
    "else with 1.\n\n",
    run};
