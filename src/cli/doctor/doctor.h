/* doctor: checks of the responders and their surroundings, and the findings. */
#ifndef TALLYMAN_CLI_DOCTOR_DOCTOR_H
#define TALLYMAN_CLI_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "cli/doctor/probe.h"
#include "config/config.h"
#include "config/diagnostics.h"

enum finding {
    FINDING_OK,
    FINDING_NOTE, /* worth knowing, not a fault */
    FINDING_WRONG
};

/* The maximum length of a description in bytes; longer ones are cut. The
 * maximum number of --document-root. */
enum { DOCTOR_WHAT_SIZE = 1000, DOCTOR_ROOTS_MAX = 16 };

/* A zeroed one has no findings. */
struct doctor {
    const struct config *config;
    const char *database;                /* its path */
    const char *roots[DOCTOR_ROOTS_MAX]; /* --document-root; if none,
                                            the usual ones */
    size_t root_count;
    struct probe_trust trust;
    const char *url;         /* of the mount point; NULL without one */
    const char *socket_path; /* of the responders; NULL without one */
    bool there;    /* set by doctor_check_files: the database is a file */
    bool readable; /* set by doctor_check_database: its schema is ours */

    struct strbuf text; /* the findings, as text or JSON objects */
    bool json;
    bool utf8;       /* see utf8_escape */
    unsigned linked; /* bits of the guides that the text already links to */
    size_t count;    /* of all findings */
    size_t wrong;
};

/* Adds a finding. check names the check in one or two words, where is a path
 * or an address, remedy is an instruction or NULL, format the description. */
void doctor_find(struct doctor *doctor, enum finding finding, const char *check,
                 const char *where, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Adds a finding that is WRONG with a remedy, OK without one. */
void doctor_tell(struct doctor *doctor, const char *check, const char *where,
                 const char *remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* A time in the database that is later than this machine's by more seconds was
 * written before the clock was set back. */
enum { DOCTOR_AHEAD_MAX = 5 };

/* Adds a wrong finding for each line of the diagnostics of the file. */
void doctor_tell_errors(struct doctor *doctor, const char *check,
                        const char *path,
                        const struct diagnostics *diagnostics);

/* Prints the findings. Returns -1 without memory. */
int doctor_print(const struct doctor *doctor);

/* Checks the directory of the database, its file system and free space, the
 * file and its accompanying files, the files of tokens and keys, and access to
 * the dashboard. */
void doctor_check_files(struct doctor *doctor);

/* Checks the content of the database: integrity, schema, WAL, limits. */
void doctor_check_database(struct doctor *doctor);

/* Checks that the SQL queries run and have results. */
void doctor_check_queries(struct doctor *doctor);

/* Checks the alerts file, that `tallyman alert` runs as often as its rules
 * need, and that its notices are delivered. */
void doctor_check_alerts(struct doctor *doctor);

/* Checks this machine's clock. */
void doctor_check_clock(struct doctor *doctor);

/* Asks the responders, given a URL or a socket. */
void doctor_check_responders(struct doctor *doctor);

#endif
