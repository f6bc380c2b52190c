/* responder: the event loop of a FastCGI process. */
#ifndef TALLYMAN_PROCESS_RESPONDER_H
#define TALLYMAN_PROCESS_RESPONDER_H

#include "process/service.h"

/* Serves the listening socket, which other processes may share, until a signal
 * of stop.h. Returns the exit status. */
int responder_run(struct service *service, int listen_fd);

#endif
