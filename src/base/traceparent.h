/* traceparent: the W3C Trace Context header, which names the trace of a
 * request. */
#ifndef TALLYMAN_BASE_TRACEPARENT_H
#define TALLYMAN_BASE_TRACEPARENT_H

#include <stdbool.h>

enum { TRACE_ID_LENGTH = 32, SPAN_ID_LENGTH = 16 };

/* The ids are lower-case hexadecimal digits. */
struct traceparent {
    char trace_id[TRACE_ID_LENGTH + 1];
    char span_id[SPAN_ID_LENGTH + 1];
    bool sampled; /* the sender may have recorded the trace */
};

/* Reads 00-TRACE_ID-SPAN_ID-FLAGS (W3C Trace Context, "Traceparent Header"):
 * 32, 16 and 2 lower-case hexadecimal digits. False for anything else: another
 * version, an id of zeros, or "" for no header. */
bool traceparent_read(const char *header, struct traceparent *out);

#endif
