/* statsd: lines as statsd clients send them. */
#ifndef TALLYMAN_INGEST_STATSD_H
#define TALLYMAN_INGEST_STATSD_H

#include <stddef.h>

#include "base/err.h"
#include "ingest/points.h"
#include "metrics/registry.h"

/* Adds a point for each line of text[0..len),
 * `name:value|type|@rate|#tag:value` with the extensions of DogStatsD
 * (docs.datadoghq.com, "Datagram format"): c counts, g sets a gauge or, with a
 * sign, changes it, ms, h and d are observations. Values behind each other,
 * name:1:2:3|ms, are one point. Lines end with LF or CRLF, and blank ones are
 * passed over.
 *
 * A character that a name cannot have becomes _, as statsd_exporter has it. A
 * counter is NAME_total where that is listed, else NAME; a timer is in seconds
 * where NAME_seconds is listed, or NAME ends with that, else in milliseconds.
 *
 * Nothing of the points needs text. Returns -1 with ERR_SYNTAX when there are
 * lines and none was understood, or with ERR_MEMORY. */
int ingest_statsd(const char *text, size_t len, const struct registry *registry,
                  struct points *points, struct err *err);

#endif
