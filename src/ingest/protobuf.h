/* protobuf: delimited io.prometheus.client.MetricFamily messages. */
#ifndef TALLYMAN_INGEST_PROTOBUF_H
#define TALLYMAN_INGEST_PROTOBUF_H

#include <stddef.h>

#include "base/err.h"
#include "metrics/pushed.h"

/* Appends the families of bytes[0..len) to out. Each message follows its
 * length, a varint; the Go and Java clients push them with the type
 * application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;
 * encoding=delimited. An empty body is valid. A family without a type is a
 * counter, as in the Go client (the default of a proto2 enum is its first
 * value).
 *
 * Labels with an empty value are left out. out does not point into bytes.
 * Returns -1 with out filled in part: ERR_SYNTAX for a malformed message, with
 * the offset of its first byte; ERR_VALUE for content that a push must not
 * have, with the series; ERR_LIMIT or ERR_MEMORY. */
int ingest_protobuf(const char *bytes, size_t len, struct pushed *out,
                    struct err *err);

#endif
