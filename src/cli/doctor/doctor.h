/* doctor: what may be wrong around the responders, and what was found. */
#ifndef TALLYMAN_CLI_DOCTOR_DOCTOR_H
#define TALLYMAN_CLI_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "cli/doctor/probe.h"
#include "config/config.h"

enum finding {
    FINDING_OK,
    FINDING_NOTE, /* worth knowing, and nothing wrong */
    FINDING_WRONG
};

/* The longest description that is kept, in bytes; the most --document-root. */
enum { DOCTOR_WHAT_SIZE = 1000, DOCTOR_ROOTS_MAX = 16 };

/* Zeroed, it has found nothing and looks at nothing. */
struct doctor {
    const struct config *config;
    const char *database;                /* its path */
    const char *roots[DOCTOR_ROOTS_MAX]; /* --document-root; without one the
                                            usual ones */
    size_t root_count;
    struct probe_trust trust;
    const char *url;         /* of the mount point; NULL without one */
    const char *socket_path; /* of the responders; NULL without one */
    bool there;    /* a database that can be opened, for doctor_check_files */
    bool readable; /* its tables are ours, for doctor_check_database */

    struct strbuf text; /* the findings, as text or JSON objects */
    bool json;
    bool utf8;    /* see utf8_escape */
    size_t count; /* of all findings */
    size_t wrong;
};

/* Adds a finding. check is one or two words of ours, where a path or an
 * address, remedy what to do, or NULL; the format says what was found. */
void doctor_find(struct doctor *doctor, enum finding finding, const char *check,
                 const char *where, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* The same for what is wrong if there is a remedy, and else fine. */
void doctor_tell(struct doctor *doctor, const char *check, const char *where,
                 const char *remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Prints the findings. Returns -1 when memory ran out. */
int doctor_print(const struct doctor *doctor);

/* The directory of the database, its file system and free space, the file and
 * those beside it, and the files of tokens and keys. */
void doctor_check_files(struct doctor *doctor);

/* What is in the database: integrity, schema, WAL, and what is near a limit. */
void doctor_check_database(struct doctor *doctor);

/* Whether this machine's clock can be trusted. */
void doctor_check_clock(struct doctor *doctor);

/* Asks the responders, if it is known where they are. */
void doctor_check_responders(struct doctor *doctor);

#endif
