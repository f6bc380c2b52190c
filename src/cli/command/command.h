/* command: a subcommand of `tallyman`, one object in a separate file. Parsing,
 * help and shell completion derive from it. */
#ifndef TALLYMAN_CLI_COMMAND_COMMAND_H
#define TALLYMAN_CLI_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit codes. */
enum {
    COMMAND_OK = 0,
    COMMAND_FAILED = 1, /* a failure, or faults were found */
    COMMAND_USAGE = 2   /* wrong usage */
};

struct call;

struct command_option {
    const char *name;  /* without its hyphens */
    char letter;       /* '\0' without one */
    const char *value; /* name of its value in the help: FILE..., DIR... and
                          PATH... are files, [VALUE] is optional; NULL without
                          a value */
    const char *help;  /* may have several lines */
};

struct command {
    const char *name;
    const char *arguments; /* after the name in the usage line; NULL for none.
                              FILE... are files, a|b are words; otherwise an
                              option `names` lists the choices */
    const char *summary;   /* one line, without a full stop */
    const char *help;      /* paragraphs; lines are broken when printed */
    const struct command_option *options; /* ends with a zeroed one; NULL for
                                             none. Common options are added */
    int least;         /* minimum and maximum number of arguments */
    int most;          /* of arguments */
    const char *needs; /* error for a wrong number; NULL: names the first
                          unexpected argument */
    /* Returns an exit code. */
    int (*run)(const struct call *call);
};

/* All commands, in the order of the help: each is an object command_NAME. */
#define COMMANDS(COMMAND)                                                      \
    COMMAND(check)                                                             \
    COMMAND(doctor)                                                            \
    COMMAND(totals)                                                            \
    COMMAND(query)                                                             \
    COMMAND(alert)                                                             \
    COMMAND(report)                                                            \
    COMMAND(backup)                                                            \
    COMMAND(restore)                                                           \
    COMMAND(import)                                                            \
    COMMAND(merge)                                                             \
    COMMAND(prune)                                                             \
    COMMAND(monitoring)                                                        \
    COMMAND(completion)                                                        \
    COMMAND(help)
#define COMMAND_DECLARE(name) extern const struct command command_##name;
COMMANDS(COMMAND_DECLARE)
#undef COMMAND_DECLARE

/* The same as a NULL-terminated list. */
extern const struct command *const commands[];

/* The option at index, common options last; NULL after the end. */
const struct command_option *command_option(const struct command *command,
                                            size_t index);

/* True if a value of that name is a file or a directory. */
bool command_is_file(const char *value);

/* The system's configuration, as `make install` and the package install it. */
extern const char command_system_config[];

/* Prints the text of --help. */
void command_print_help(const struct command *command, FILE *out);

#endif
