/* options: the command line of `tallyman monitoring`. */
#ifndef TALLYMAN_CLI_MONITORING_OPTIONS_H
#define TALLYMAN_CLI_MONITORING_OPTIONS_H

#include "base/arena.h"
#include "cli/command/call.h"
#include "cli/monitoring/monitoring.h"

/* Fills monitoring but for its config; strings live as long as call and
 * arena. Returns -1 to go on, else the exit code after a message. */
int monitoring_read(const struct call *call, struct arena *arena,
                    struct monitoring *monitoring);

extern const struct command_option monitoring_options[];

#endif
