/* protobuf: delimited io.prometheus.client.MetricFamily messages. */
#ifndef TALLYMAN_INGEST_PROTOBUF_H
#define TALLYMAN_INGEST_PROTOBUF_H

#include <stddef.h>

#include "base/err.h"
#include "metrics/pushed.h"

/* Appends the families of bytes[0..len) to out: messages, each behind its
 * length as a varint, as the Go and Java clients push them with the type
 * application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;
 * encoding=delimited. No bytes are no families. A family without a type is a
 * counter, as for the Go client (proto2 gives the first of an enum).
 *
 * Labels with an empty value are left out. Nothing of out points into bytes.
 * Returns -1 with out filled in part: ERR_SYNTAX where it is no such message,
 * with the offset of its first byte; ERR_VALUE where it says what a push must
 * not say, naming the series; ERR_LIMIT or ERR_MEMORY. */
int ingest_protobuf(const char *bytes, size_t len, struct pushed *out,
                    struct err *err);

#endif
