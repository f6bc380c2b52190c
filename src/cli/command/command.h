/* command: what `tallyman` can be asked to do, one object each in a file of its
 * own. */
#ifndef TALLYMAN_CLI_COMMAND_COMMAND_H
#define TALLYMAN_CLI_COMMAND_COMMAND_H

#include <getopt.h>
#include <stdbool.h>

#include "config/config.h"

/* Exit codes. */
enum {
    COMMAND_OK = 0,
    COMMAND_FAILED = 1, /* it could not be done, or something is wrong */
    COMMAND_USAGE = 2   /* asked for in the wrong way */
};

struct command {
    const char *name;
    const char *arguments; /* behind the name in the usage line, "" for none */
    const char *summary;   /* one line, without a full stop */
    const char *help;      /* further lines: options, exit codes; each ends with
                              a line feed */
    /* argv[0] is the command's name. Returns an exit code. */
    int (*run)(const struct command *command, int argc, char **argv);
};

extern const struct command command_check;
extern const struct command command_monitoring;
extern const struct command command_backup;
extern const struct command command_doctor;
extern const struct command command_completion;
extern const struct command command_totals;
extern const struct command command_query;
extern const struct command command_restore;
extern const struct command command_import;
extern const struct command command_merge;
extern const struct command command_prune;

/* The NULL-terminated list of all commands, in the order of the help. */
extern const struct command *const commands[];

/* The options that every command has; a command puts them into its own table
 * of getopt_long's and gives what they return to command_option. */
#define COMMAND_OPTIONS                                                        \
    {"config", required_argument, NULL, 'c'}, {                                \
        "help", no_argument, NULL, 'h'                                         \
    }
#define COMMAND_LETTERS "c:h"

/* Handles an option that all commands have, or an unknown one: `c` sets
 * *config_path, anything else ends the command. Returns -1 to go on, else the
 * exit code. */
int command_option(const struct command *command, int option,
                   const char **config_path);

/* Prints what is wrong with the arguments and how they are; returns
 * COMMAND_USAGE. */
int command_misused(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints `tallyman NAME: message` to standard error; returns COMMAND_FAILED. */
int command_failed(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The configuration: of path, else of TALLYMAN_CONFIG, else tallyman.json in
 * the working directory, else that of the system. Every error in it is printed;
 * then NULL. The caller gives it to config_release. */
struct config *command_config(const struct command *command, const char *path);

/* The same; every warning about it is printed as well. */
struct config *command_config_check(const struct command *command,
                                    const char *path);

/* The path that command_config would take. */
const char *command_config_path(const char *path);

#endif
