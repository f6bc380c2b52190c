/* record: the browser batch of POST /record as samples. */
#ifndef TALLYMAN_INGEST_RECORD_H
#define TALLYMAN_INGEST_RECORD_H

#include "base/err.h"
#include "metrics/batch.h"

struct limits;

/* Who has sent a push that may have families for programs alone. */
struct record_sender {
    bool trusted;
    const struct string_list *families; /* patterns of those that it may push;
                                           NULL: any */
};

/* Parses text[0..len), peardeck's array of samples or our object
 * {"batch": "<uuidv7>", "metrics": [...]}, into batch (WIRE_FORMATS.md,
 * "POST /record"). Samples stand alone: one that the registry does not permit
 * is left out and counted in batch->rejected. sender: NULL is anybody. Returns
 * -1 when the text as a whole is not understood, with ERR_SYNTAX and its
 * position, ERR_BATCH_ID or ERR_VALUE. */
int ingest_record(const char *text, size_t len, const struct registry *registry,
                  const struct limits *limits,
                  const struct record_sender *sender, struct batch *batch,
                  struct err *err);

#endif
