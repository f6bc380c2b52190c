/* response: the answer of an endpoint. */
#ifndef TALLYMAN_HTTP_RESPONSE_H
#define TALLYMAN_HTTP_RESPONSE_H

#include "base/strbuf.h"
#include "expose/pack.h"

/* A zeroed struct is an empty response. */
struct response {
    int status;
    const char *content_type; /* NULL without a body */
    struct strbuf headers;    /* further lines, each with CRLF */
    struct strbuf body;
    struct pack *pack; /* on the heap; replaces the body unless NULL */
};

/* Replaces the body by one line of plain text and adds the line feed. Keeps the
 * headers. */
void response_set(struct response *response, int status, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));

void response_add_header(struct response *response, const char *name,
                         const char *value);

/* Appends the header of the response, up to the body, in the form of CGI
 * (RFC 3875, section 6). Sets out->failed also if headers or body are
 * incomplete: such a response may look complete. */
void response_write_head(const struct response *response, struct strbuf *out);

/* Empties the response and keeps its memory. */
void response_reset(struct response *response);

void response_free(struct response *response);

#endif
