/* statsd: lines of the statsd protocol. */
#ifndef TALLYMAN_INGEST_STATSD_H
#define TALLYMAN_INGEST_STATSD_H

#include <stddef.h>

#include "base/err.h"
#include "ingest/points.h"
#include "metrics/registry.h"

/* Adds a point for each line of text[0..len),
 * `name:value|type|@rate|#tag:value`, with the extensions of DogStatsD
 * (docs.datadoghq.com, "Datagram format"). c adds to a counter; g sets a gauge
 * or, with a sign, adds to it; ms, h and d are observations. A line with
 * several values, name:1:2:3|ms, is one point. Lines end with LF or CRLF; empty
 * lines are skipped.
 *
 * Invalid characters of a name become _, as in statsd_exporter. A counter is
 * NAME_total if that is listed, else NAME. A timer is in seconds if
 * NAME_seconds is listed or NAME ends with _seconds, else in milliseconds.
 *
 * The points do not point into text. Returns -1 with ERR_SYNTAX if there are
 * lines and all are malformed, or with ERR_MEMORY. */
int ingest_statsd(const char *text, size_t len, const struct registry *registry,
                  struct points *points, struct err *err);

#endif
