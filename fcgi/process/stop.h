/* stop: the signals that end the responder. */
#ifndef TALLYMAN_PROCESS_STOP_H
#define TALLYMAN_PROCESS_STOP_H

#include <signal.h>
#include <stdbool.h>

/* Makes SIGTERM, SIGUSR1 and SIGINT request a stop, and ignores SIGPIPE. The
 * signals are delivered only during a wait with the mask *waiting. */
void stop_on_signals(sigset_t *waiting);

/* Whether one of these signals has arrived. */
bool stop_requested(void);

#endif
