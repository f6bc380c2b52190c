/* record_walk: whether a FastCGI request has arrived in full. */
#ifndef TALLYMAN_PROCESS_RECORD_WALK_H
#define TALLYMAN_PROCESS_RECORD_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

enum record_state {
    RECORDS_INCOMPLETE, /* wait for more */
    RECORDS_COMPLETE,   /* up to `next` */
    RECORDS_BROKEN      /* not a request to a responder */
};

/* A walk over the records of one request; zeroed at its start. */
struct record_walk {
    size_t next; /* where the next record begins */
    uint16_t id; /* of the request, 0 before its BEGIN_REQUEST */
    int stream;  /* the record type that is expected */
    size_t params_len;
};

/* Continues over bytes[0..len), the request so far. A request is complete with
 * its empty STDIN record (FastCGI 1.0, sections 3 and 6.2). Other versions,
 * roles, types and orders of records, and more than 64 KiB of parameters, are
 * broken: libfcgi must not see them, as it would wait for, or accept, other
 * records. */
enum record_state record_walk(struct record_walk *walk,
                              const unsigned char *bytes, size_t len);

/* Appends the parameter stream (FastCGI 1.0, section 5.2) of the request to
 * out; bytes[0..len) are those of record_walk. False while the stream is
 * incomplete. */
bool record_params(const struct record_walk *walk, const unsigned char *bytes,
                   size_t len, struct strbuf *out);

#endif
