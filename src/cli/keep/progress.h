/* progress: a bar on standard error while a file is copied, and the way to stop
 * it. */
#ifndef TALLYMAN_CLI_KEEP_PROGRESS_H
#define TALLYMAN_CLI_KEEP_PROGRESS_H

#include <stdbool.h>
#include <time.h>

struct progress {
    bool terminal; /* somebody sees it */
    bool shown;
    struct timespec begun;
};

/* From now on SIGINT, SIGTERM and SIGHUP stop a copy instead of the program,
 * so that it can clean up. */
void progress_begin(struct progress *progress);

/* A db_progress; context is a struct progress. Shows the bar where standard
 * error is a terminal and the work takes more than half a second. Stops the
 * copy after a signal. */
int progress_step(void *context, int done, int total);

/* Takes the bar away. */
void progress_end(struct progress *progress);

#endif
