/* side_thread: threads that run in addition to the event loop. */
#ifndef TALLYMAN_PROCESS_SIDE_THREAD_H
#define TALLYMAN_PROCESS_SIDE_THREAD_H

#include <pthread.h>
#include <time.h>

/* Starts a thread with all signals blocked: the loop needs SIGTERM to stop and
 * SIGALRM to end its wait for the side lock. Returns 0 or an error number. */
int side_thread_start(pthread_t *thread, void *(*run)(void *argument),
                      void *argument);

/* Lowers the priority of the calling thread: pushes go first. */
void side_thread_yield(void);

/* The time until which the process waits for threads to end, by CLOCK_REALTIME:
 * mod_fcgid kills 3 seconds after SIGTERM, of which two may have passed. */
struct timespec side_thread_deadline(void);

#endif
