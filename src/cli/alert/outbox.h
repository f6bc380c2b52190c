/* outbox: the undelivered notices in the database. */
#ifndef TALLYMAN_CLI_ALERT_OUTBOX_H
#define TALLYMAN_CLI_ALERT_OUTBOX_H

#include "cli/alert/deliver.h"
#include "cli/command/call.h"
#include "store/reader.h"
#include "store/store.h"

/* An older notice is dropped when it fails again. */
enum { OUTBOX_DAYS = 3 };

/* A notice that still fails after this time no longer holds up later ones. */
enum { OUTBOX_SKIP_SECONDS = 3600 };

/* Delivers the notices of each channel in order. After a failure, the other
 * notices of that channel wait for the next run; after three if the notices may
 * be skipped. Prints failures. Returns an exit code. */
int outbox_deliver(const struct call *call, const struct sender *sender,
                   struct reader *reader, struct store *store);

/* Prints a line for each channel with notices, with the error of its last try.
 * Call it between reader_begin and reader_end. */
int outbox_print(const struct sender *sender, struct reader *reader,
                 struct err *err);

#endif
