/* record: reads the browser batch of POST /record. */
#ifndef TALLYMAN_INGEST_RECORD_H
#define TALLYMAN_INGEST_RECORD_H

#include "base/err.h"
#include "metrics/batch.h"

struct limits;

/* The rights of the sender, for families that are restricted to programs. */
struct record_sender {
    bool trusted;
    /* Patterns of the families that it may push; NULL: any. */
    const struct string_list *families;
};

/* Parses text[0..len), peardeck's array of samples or our object {"batch":
 * "<uuidv7>", "metrics": [...]}, into batch. A sample that the registry does
 * not permit is left out and counted in batch->rejected. A NULL sender is
 * untrusted. Returns -1 if the whole text is refused, with ERR_SYNTAX and its
 * position, ERR_BATCH_ID or ERR_VALUE. */
int ingest_record(const char *text, size_t len, const struct registry *registry,
                  const struct limits *limits,
                  const struct record_sender *sender, struct batch *batch,
                  struct err *err);

#endif
