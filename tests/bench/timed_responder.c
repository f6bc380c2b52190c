/*
 * Linked into a copy of tallyman.fcgi with lock_time.c: at its end, the
 * responder prints to stderr how long its turns held the lock. Otherwise the
 * program is the same.
 */

#include <stdio.h>

#include "lock_time.h"

static __attribute__((destructor)) void tell(void) {
    struct strbuf line = {0};
    lock_time_report(&line);
    if (!line.failed)
        (void)fprintf(stderr, "lock time\t%s\n", line.data);
    strbuf_free(&line);
}
