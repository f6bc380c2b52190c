/* checkpointer: a side thread, on which checkpoints hold up no push. */
#ifndef TALLYMAN_PROCESS_CHECKPOINTER_H
#define TALLYMAN_PROCESS_CHECKPOINTER_H

#include "store/store.h"

struct checkpointer;

/* NULL when memory ran out. */
struct checkpointer *checkpointer_new(void);

/* After a commit of the store: has the thread run a checkpoint if one is due.
 * It is started with the first; where it cannot be, commits run them. Failures
 * are logged once. */
void checkpointer_follow(struct checkpointer *checkpointer,
                         struct store *store);

/* Before the store is closed: the connections of the thread are closed, too, at
 * once or after the checkpoint that is under way. */
void checkpointer_forget(struct checkpointer *checkpointer);

/* Ends the thread. Before the program ends: a thread that a slow disk keeps is
 * left to that. */
void checkpointer_free(struct checkpointer *checkpointer);

#endif
