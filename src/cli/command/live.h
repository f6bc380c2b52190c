/* live: the configured database, opened for writing while responders use it. */
#ifndef TALLYMAN_CLI_COMMAND_LIVE_H
#define TALLYMAN_CLI_COMMAND_LIVE_H

#include <stdint.h>

#include "cli/command/call.h"
#include "store/store.h"

struct live {
    const struct call *call;
    struct config *config; /* with the families of Grafana sessions */
    struct store *store;   /* NULL before live_open */
    int64_t now;           /* Unix seconds */
    struct err err;
};

/* A step returns COMMAND_OK, COMMAND_FAILED after a message, or -1 with
 * live->err. */

/* Changes from root to the owner of the database (or of its directory) for
 * good, so that no file is created that the responders cannot write. */
int live_become_owner(struct live *live);

/* Opens or creates the database. Call live_become_owner first, and before that
 * open all files that only root may read. */
int live_open(struct live *live);

/* Stores the configuration's families in the database, like a starting
 * responder. */
int live_load(struct live *live);

/* Prints live->err if step is -1, and returns the exit code. */
int live_end(const struct live *live, int step);

typedef int live_step(struct live *live, void *context);

/* Loads the configuration and runs the step. Returns the exit code. */
int live_run(const struct call *call, live_step *step, void *context);

#endif
