/* connection: one FastCGI connection. The only file that knows libfcgi. */
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
    CONNECTION_WAITING,  /* the request is not there in full yet */
    CONNECTION_MORE,     /* nor is it, and there may be more that is too much */
    CONNECTION_COMPLETE, /* connection_begin will not block */
    CONNECTION_CLOSED    /* by the peer or for what it sent; now unusable */
};

/* To be called once, after any fork. */
int connection_library_init(void);

/* A connection that can be opened again and again; NULL when memory ran
 * out. */
struct connection *connection_new(void);

/* Starts with an accepted, blocking socket, which it will close. */
void connection_open(struct connection *connection, int fd);

/* Looks at what has come, without blocking, and takes no more of what is too
 * much in one go than leaves others their turn. Of a request that comes in
 * pieces is kept what route_body_max permits, once its parameters are there,
 * and no more than limits.body_bytes before. */
enum connection_input connection_take_input(struct connection *connection,
                                            const struct config *config);

/* How much is kept of a request that is not all there. */
size_t connection_held(const struct connection *connection);

/* Hands a complete request over: its strings are valid until
 * connection_finish. A body beyond route_body_max is cut and marked. Returns -1
 * with the connection closed. */
int connection_begin(struct connection *connection, const struct config *config,
                     struct request *request);

/* Sends the response, waiting for the peer where it has to. */
void connection_respond(struct connection *connection,
                        const struct response *response);

/* Ends the request, without waiting. True when the connection is kept for the
 * next one; otherwise it is closed. */
bool connection_finish(struct connection *connection);

/* The peer has room for a short reply: sending it will not block. The kernel is
 * asked only now and then. */
bool connection_writable(struct connection *connection,
                         const struct response *response);

/* Makes a send that blocks on another thread fail. */
void connection_abort(struct connection *connection);

void connection_close(struct connection *connection);

/* Closes it as well. */
void connection_free(struct connection *connection);

#endif
