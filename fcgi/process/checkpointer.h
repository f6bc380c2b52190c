/* checkpointer: runs checkpoints on a side thread, so that pushes need not
 * wait. */
#ifndef TALLYMAN_PROCESS_CHECKPOINTER_H
#define TALLYMAN_PROCESS_CHECKPOINTER_H

#include "store/store.h"

struct checkpointer;

/* NULL when memory ran out. */
struct checkpointer *checkpointer_new(void);

/* After a commit of the store: has the thread run a checkpoint if one is due.
 * The first checkpoint starts the thread; if that fails, commits run
 * checkpoints. Repeated failures are logged once. */
void checkpointer_follow(struct checkpointer *checkpointer,
                         struct store *store);

/* Before the store is closed: closes the thread's connections, at once or after
 * the checkpoint that is running. */
void checkpointer_forget(struct checkpointer *checkpointer);

/* Ends the thread, before the process ends. A thread that a slow disk blocks is
 * left to the end of the process. */
void checkpointer_free(struct checkpointer *checkpointer);

#endif
