/* reply: responses of OTLP, in both encodings. */
#ifndef TALLYMAN_INGEST_OTLP_REPLY_H
#define TALLYMAN_INGEST_OTLP_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "ingest/otlp/message.h"

/* Appends an ExportMetricsServiceResponse or ExportTraceServiceResponse.
 * partialSuccess is left out if nothing was rejected and the message is empty;
 * key is the JSON name of its number. message[0..len) is truncated at malformed
 * UTF-8. */
void otlp_write_response(enum otlp_encoding encoding, const char *key,
                         uint64_t rejected, const char *message, size_t len,
                         struct strbuf *out);

/* Appends a google.rpc.Status; code is one of google.rpc.Code. */
void otlp_write_status(enum otlp_encoding encoding, int code,
                       const char *message, size_t len, struct strbuf *out);

#endif
