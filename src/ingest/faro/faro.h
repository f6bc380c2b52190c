/* faro: bodies of the Grafana Faro web SDK. */
#ifndef TALLYMAN_INGEST_FARO_FARO_H
#define TALLYMAN_INGEST_FARO_FARO_H

#include "base/err.h"
#include "ingest/faro/push.h"

/* Reads text[0..len), a body {meta, events, measurements, logs, exceptions,
 * traces} (grafana/faro-web-sdk, packages/core/src/transports/utils.ts), into
 * points. Texts, URLs, sessions and users are not stored; default events of the
 * SDK count only if a file lists them. Returns -1 with a message if the body is
 * not a JSON object or memory ran out. */
int ingest_faro(const char *text, size_t len,
                const struct faro_setting *setting, struct points *points,
                struct err *err);

#endif
