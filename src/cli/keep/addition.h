/* addition: totals of another source, added to the live database as a whole. */
#ifndef TALLYMAN_CLI_KEEP_ADDITION_H
#define TALLYMAN_CLI_KEEP_ADDITION_H

#include "cli/command/live.h"
#include "ingest/admit.h"
#include "metrics/pushed.h"

struct addition {
    const char *name; /* of the file, for messages */
    const struct pushed *pushed;
    const struct label *path; /* as of struct admission */
    size_t path_count;
    const char *const *origins; /* keys, see struct batch */
    size_t origin_count;
    const struct known_pusher *pushers; /* likewise */
    size_t pusher_count;
    struct db *history;         /* likewise */
    struct batch_group *groups; /* of the series; or none */
    size_t group_count;
};

/* Adds everything or nothing and prints the number of series; verb is for that
 * message. Listed families are limited by their file, others by open_families.
 * A step, see live.h. Releases the lock if the caller holds it. */
int addition_commit(const struct addition *addition, const char *verb,
                    struct live *live);

#endif
