/* options: the command line of `tallyman monitoring`. */
#ifndef TALLYMAN_CLI_MONITORING_OPTIONS_H
#define TALLYMAN_CLI_MONITORING_OPTIONS_H

#include "base/arena.h"
#include "cli/command/command.h"
#include "cli/monitoring/monitoring.h"

/* Fills monitoring but for its config; strings live as long as argv and
 * arena. Returns -1 to go on, else the exit code after a message. */
int monitoring_options(const struct command *command, int argc, char **argv,
                       const char **config_path, struct arena *arena,
                       struct monitoring *monitoring);

/* The lines of the help. */
extern const char monitoring_options_help[];

#endif
