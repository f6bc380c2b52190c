/* batch_id: the id of a batch, a UUIDv7 (RFC 9562, section 5.7). */
#ifndef TALLYMAN_METRICS_BATCH_ID_H
#define TALLYMAN_METRICS_BATCH_ID_H

#include <stdint.h>

#include "base/err.h"
#include "metrics/batch.h"

/* Parses text[0..len), 8-4-4-4-12 hexadecimal digits in either case. Returns -1
 * with ERR_BATCH_ID for anything else, also for another UUID version. */
int batch_id_parse(const char *text, size_t len,
                   unsigned char out[BATCH_ID_SIZE], struct err *err);

/* The time in the id, in Unix milliseconds. */
int64_t batch_id_time(const unsigned char id[BATCH_ID_SIZE]);

/* The lowest possible id of a time in Unix milliseconds. */
void batch_id_lowest(int64_t time_ms, unsigned char out[BATCH_ID_SIZE]);

#endif
