/* call: one command line, read by the table of its command. */
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
    char **arguments; /* that are no options; so many as the command permits */
    int argument_count;
};

/* Reads the command line, argv[0] being the command's name, and runs the
 * command. What is asked for in the wrong way is printed. Returns the exit
 * code. */
int call_command(const struct command *command, int argc, char **argv);

/* The option of the command was given. */
bool call_has(const struct call *call, const char *name);

/* Its last value, a part of argv; NULL without one. */
char *call_value(const struct call *call, const char *name);

/* Prints what is wrong with the arguments and how they are; returns
 * COMMAND_USAGE. */
int call_misused(const struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints `tallyman NAME: message` to standard error; returns COMMAND_FAILED. */
int call_failed(const struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The configuration: of --config, else of TALLYMAN_CONFIG, else tallyman.json
 * in the working directory, else that of the system. Every error in it is
 * printed, and with warn every warning about it. NULL after an error. The
 * caller gives it to config_release. */
struct config *call_config(const struct call *call, bool warn);

/* The path that call_config takes. */
const char *call_config_path(const struct call *call);

#endif
