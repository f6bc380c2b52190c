/* live: the configured database, opened to be changed while responders use it.
 */
#ifndef TALLYMAN_CLI_COMMAND_LIVE_H
#define TALLYMAN_CLI_COMMAND_LIVE_H

#include <stdint.h>

#include "cli/command/call.h"
#include "store/store.h"

struct live {
    const struct call *call;
    struct config *config;
    struct store *store;
    int64_t now; /* Unix seconds */
};

/* All functions that return int print what is wrong and return COMMAND_FAILED,
 * or COMMAND_OK. */

/* Loads the configuration, with the families of Grafana sessions. The caller
 * gives live to live_close in any case. */
int live_configure(struct live *live, const struct call *call);

/* Opens or creates the database. Root becomes its owner for good, so that no
 * file is made that the responders cannot write: open before what only root
 * may read. */
int live_open(struct live *live);

/* Makes the configuration's families those of the database, as a responder does
 * when it starts. */
int live_load(struct live *live);

void live_close(struct live *live);

#endif
