/*
 * Linked into a copy of tallyman.fcgi with lock_time.c, it has the responder
 * say on stderr, when it ends, how long its turns held the lock. Otherwise it
 * is the same program.
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
