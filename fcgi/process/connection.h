/* connection: one FastCGI connection. The only file that uses libfcgi. */
#ifndef TALLYMAN_PROCESS_CONNECTION_H
#define TALLYMAN_PROCESS_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "http/request.h"
#include "http/response.h"
#include "process/record_walk.h"

struct connection;

enum connection_input {
    CONNECTION_WAITING,  /* the request is incomplete */
    CONNECTION_MORE,     /* incomplete, too long, and more may have arrived */
    CONNECTION_COMPLETE, /* connection_begin will not block */
    CONNECTION_CLOSED    /* by the peer, or by us for a bad request */
};

/* Call once, after any fork. */
int connection_library_init(void);

/* A connection that can be opened repeatedly; NULL when memory ran out. */
struct connection *connection_new(void);

/* Starts with an accepted, blocking socket, which it will close. */
void connection_open(struct connection *connection, int fd);

/* Reads without blocking. One call drops only a limited part of a request that
 * is too long, so that other clients get their turn. A request in pieces is
 * kept up to route_body_max once its parameters are complete, and up to
 * limits.body_bytes before. */
enum connection_input connection_take_input(struct connection *connection,
                                            const struct config *config);

/* The bytes kept of an incomplete request. */
size_t connection_held(const struct connection *connection);

/* Fills request with a complete one, whose strings are valid until
 * connection_finish. A body beyond route_body_max is truncated and marked.
 * Returns -1 with the connection closed. */
int connection_begin(struct connection *connection, const struct config *config,
                     struct request *request);

/* Sends the response; may block until the peer reads. */
void connection_respond(struct connection *connection,
                        const struct response *response);

/* Ends the request without blocking. True if the connection is kept for the
 * next one; else it is closed. */
bool connection_finish(struct connection *connection);

/* Whether a short reply can be sent without blocking. Asks the kernel only
 * after some amount of replies. */
bool connection_writable(struct connection *connection,
                         const struct response *response);

/* Makes a send fail that blocks on another thread. */
void connection_abort(struct connection *connection);

void connection_close(struct connection *connection);

/* Also closes it. */
void connection_free(struct connection *connection);

#endif
