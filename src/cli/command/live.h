/* live: the configured database, opened to be changed while responders use it.
 */
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

/* A step returns COMMAND_OK, COMMAND_FAILED when it has printed why, or -1 with
 * live->err. */

/* Opens or creates the database. Root becomes its owner for good, so that no
 * file is made that the responders cannot write: open before what only root
 * may read. */
int live_open(struct live *live);

/* Makes the configuration's families those of the database, as a responder does
 * when it starts. */
int live_load(struct live *live);

/* Prints what a step has not, and returns the exit code. */
int live_end(const struct live *live, int step);

typedef int live_step(struct live *live, void *context);

/* Loads the configuration and takes the step. Returns the exit code. */
int live_run(const struct call *call, live_step *step, void *context);

#endif
