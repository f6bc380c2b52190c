/* command: what `tallyman` can be asked to do, one object each in a file of its
 * own. Reading the command line, the help and what shells complete derive from
 * it. */
#ifndef TALLYMAN_CLI_COMMAND_COMMAND_H
#define TALLYMAN_CLI_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit codes. */
enum {
    COMMAND_OK = 0,
    COMMAND_FAILED = 1, /* it could not be done, or something is wrong */
    COMMAND_USAGE = 2   /* asked for in the wrong way */
};

struct call;

struct command_option {
    const char *name;  /* without its hyphens */
    char letter;       /* '\0' without one */
    const char *value; /* what the help calls its value: FILE..., DIR... or
                          PATH... is a file, [VALUE] may be left out; NULL
                          without a value */
    const char *help;  /* may have several lines */
};

struct command {
    const char *name;
    const char *arguments; /* behind the name in the usage line; NULL for none.
                              Beginning with FILE they are files, a|b are the
                              words themselves; else an option `names` lists
                              what they can be */
    const char *summary;   /* one line, without a full stop */
    const char *help;      /* paragraphs; lines are broken when printed */
    const struct command_option *options; /* ends with a zeroed one; NULL for
                                             none. Those that every command has
                                             come on top */
    int least;                            /* how many arguments it must have */
    int most;                             /* and may have */
    const char *needs; /* said of another number; NULL: the first one too many
                          is named */
    /* Returns an exit code. */
    int (*run)(const struct call *call);
};

/* All commands, in the order of the help: each is an object command_NAME. */
#define COMMANDS(COMMAND)                                                      \
    COMMAND(check)                                                             \
    COMMAND(doctor)                                                            \
    COMMAND(totals)                                                            \
    COMMAND(query)                                                             \
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

/* The option at index, those that every command has after its own; NULL behind
 * the last. */
const struct command_option *command_option(const struct command *command,
                                            size_t index);

/* That value is a file or a directory. */
bool command_is_file(const char *value);

/* The configuration of the system: `make install` and the package put it
 * there. */
extern const char command_system_config[];

/* What --help prints. */
void command_print_help(const struct command *command, FILE *out);

#endif
