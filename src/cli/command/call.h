/* call: a command line, parsed by its command's table. */
#ifndef TALLYMAN_CLI_COMMAND_CALL_H
#define TALLYMAN_CLI_COMMAND_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/command/command.h"
#include "config/config.h"

struct call_option {
    const struct command_option *option;
    char *value; /* NULL without one */
};

struct call {
    const struct command *command;
    struct call_option *options; /* in the order of the command line */
    size_t option_count;
    char **arguments; /* not options; their number is checked */
    int argument_count;
};

/* Parses the command line, where argv[0] is the command's name, and runs the
 * command. Prints usage errors. Returns the exit code. */
int call_command(const struct command *command, int argc, char **argv);

/* True if the option was given. */
bool call_has(const struct call *call, const char *name);

/* Its last value, a part of argv; NULL without one. */
char *call_value(const struct call *call, const char *name);

/* Prints a usage error and where the usage is; returns COMMAND_USAGE. */
int call_misused(const struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints `tallyman NAME: message` to standard error; returns COMMAND_FAILED. */
int call_failed(const struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Loads the configuration of --config, else of TALLYMAN_CONFIG, else
 * tallyman.json in the working directory, else that of the system. Prints every
 * error, and with warn every warning. NULL after an error. The caller releases
 * it with config_release. */
struct config *call_config(const struct call *call, bool warn);

/* Prints the errors of `what`, such as `the configuration`, with a link to a
 * section of guide.h, and with warn the warnings. */
void call_report(const struct call *call, const char *what, const char *guide,
                 const struct diagnostics *diagnostics, bool warn);

/* The path that call_config loads. */
const char *call_config_path(const struct call *call);

#endif
