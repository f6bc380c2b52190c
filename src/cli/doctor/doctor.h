/* doctor: what may be wrong around the responders. */
#ifndef TALLYMAN_CLI_DOCTOR_DOCTOR_H
#define TALLYMAN_CLI_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/doctor/finding.h"
#include "cli/doctor/probe.h"
#include "config/config.h"

enum { DOCTOR_ROOTS_MAX = 16 };

struct doctor {
    struct findings findings;
    const struct config *config;
    const char *roots[DOCTOR_ROOTS_MAX]; /* --document-root; without one the
                                            usual ones */
    size_t root_count;
    struct probe_trust trust;
    const char *url;         /* of the mount point; NULL without one */
    const char *socket_path; /* of the responders; NULL without one */
    bool readable; /* the tables are ours, as far as doctor_check_database has
                      seen */
};

/* The directory of the database, its file system and free space, the file and
 * those beside it, and the files of tokens and keys. False when there is no
 * database that could be opened. */
bool doctor_check_files(struct doctor *doctor);

/* What is in the database: integrity, schema, WAL, and what is near a limit. */
void doctor_check_database(struct doctor *doctor);

/* Whether this machine's clock can be trusted. */
void doctor_check_clock(struct doctor *doctor);

/* Asks the responders, if it is known where they are. */
void doctor_check_responders(struct doctor *doctor);

#endif
