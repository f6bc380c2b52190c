/* webhook: posts JSON with the program curl. */
#ifndef TALLYMAN_CLI_SEND_WEBHOOK_H
#define TALLYMAN_CLI_SEND_WEBHOOK_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/* Appends the request as a configuration for curl -K, see curl(1). curl reads
 * it from a file, so the URL is not in the list of processes. With body NULL,
 * the body is the standard input of curl. */
void webhook_write(const char *url, const char *body, size_t len,
                   struct strbuf *out);

/* Posts body[0..len) to an http or https URL, without following redirections.
 * Returns 0 for an answer with 2xx, else -1 with err set to a message without
 * the URL's path and query, which may be secret. */
int webhook_send(const char *url, const char *body, size_t len,
                 struct err *err);

#endif
