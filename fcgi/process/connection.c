#include "process/connection.h"

#include <errno.h>
#include <fastcgi.h>
#include <fcgiapp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "endpoints/route.h"
#include "http/params.h"

struct connection {
    FCGX_Request request;
    int fd; /* -1 when closed */
    struct record_walk walk;
    struct strbuf spool; /* the incomplete request */
    size_t spool_max;    /* its largest size; 0: not known yet */
    size_t kept;         /* bytes that are kept of a request that is too long */
    size_t dropped;      /* bytes that were dropped of it */
    struct strbuf head;  /* of the response, kept for its memory */
    size_t unasked;      /* bytes sent since the kernel was asked for room */
    size_t unasked_max;
    bool keep;
};

/* The maximum size of a reply without its headers and body, in bytes. */
enum { REPLY_BYTES = 256 };

/* Sizes of a record's header and of its largest content, a multiple of 8. */
enum { RECORD_HEADER = FCGI_HEADER_LEN, RECORD_MAX = 65528 };

/* A writable socket has a third of its send buffer free, and a short reply
 * takes up to five times its length of that. */
enum { UNASKED_SHARE = 16 };

/* The largest request without its body, as records. */
enum { SPOOL_OVERHEAD = 131072, PEEK_SIZE = 131072 };

/* The maximum number of bytes to drop from a request that is too long: in one
 * call, since other clients wait, and in all, before the connection is
 * closed. */
enum { DROP_MAX = 131072, DROPPED_MAX = 256 << 20 };

int connection_library_init(void) {
    /* libfcgi would wait up to 2 s for the peer to close first when it closes a
     * connection after an error, even one in the parameters. */
    if (setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1) != 0)
        return -1;
    return FCGX_Init();
}

struct connection *connection_new(void) {
    struct connection *connection = calloc(1, sizeof(*connection));
    if (!connection)
        return NULL;
    connection->fd = -1;
    /* -1: libfcgi must not accept connections. */
    if (FCGX_InitRequest(&connection->request, -1, 0) == 0)
        return connection;
    free(connection);
    return NULL;
}

static void forget_input(struct connection *connection) {
    connection->walk = (struct record_walk){0};
    strbuf_free(&connection->spool);
    connection->spool_max = 0;
    connection->kept = 0;
    connection->dropped = 0;
}

void connection_open(struct connection *connection, int fd) {
    int buffer = 0;
    socklen_t len = sizeof(buffer);
    (void)getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, &len);
    connection->fd = fd;
    connection->unasked = 0;
    connection->unasked_max = (size_t)buffer / UNASKED_SHARE;
    forget_input(connection);
}

/* The largest body of the spooled request; 0 while its parameters are
 * incomplete. */
static size_t spooled_body_max(const struct connection *connection,
                               const struct config *config) {
    const struct strbuf *spool = &connection->spool;
    struct strbuf params = {0};
    struct arena arena = {0};
    struct request request = {0};
    size_t max = 0;
    if (record_params(&connection->walk, (const unsigned char *)spool->data,
                      spool->len, &params)) {
        char **environment =
            params_read((const unsigned char *)params.data, params.len, &arena);
        max = (size_t)config->limits.body_bytes;
        if (environment) {
            request_set_environment(&request, environment);
            max = route_body_max(&request, config);
        }
    }
    arena_free(&arena);
    strbuf_free(&params);
    return max;
}

/* Whether the spooled request may have len bytes. Checks the sender's trust
 * only above the limit for all. */
static bool spool_fits(struct connection *connection,
                       const struct config *config, size_t len) {
    if (len <= (size_t)config->limits.body_bytes + SPOOL_OVERHEAD)
        return true;
    if (connection->spool_max == 0) {
        size_t max = spooled_body_max(connection, config);
        connection->spool_max = max > 0 ? max + SPOOL_OVERHEAD : 0;
    }
    return len <= connection->spool_max;
}

/* Drops the records of a request beyond its limit, but not the empty one that
 * will end it: libfcgi gets a shorter body. */
static void drop_excess(struct connection *connection,
                        const struct config *config) {
    struct strbuf *spool = &connection->spool;
    size_t next = connection->walk.next;
    if (spool_fits(connection, config, next))
        return;
    if (connection->kept == 0)
        connection->kept = next;
    memmove(spool->data + connection->kept, spool->data + next,
            spool->len - next);
    spool->len -= next - connection->kept;
    connection->dropped += next - connection->kept;
    connection->walk.next = connection->kept;
}

/* Reads an incomplete request from the socket: in many small pieces it could
 * fill the socket's buffer and never complete. DROP_MAX stops a peer that sends
 * without end as fast as it is read. */
static enum connection_input spool_input(struct connection *connection,
                                         const struct config *config) {
    struct strbuf *spool = &connection->spool;
    enum record_state state = RECORDS_INCOMPLETE;
    size_t dropped = connection->dropped;
    while (state == RECORDS_INCOMPLETE && connection->dropped < DROPPED_MAX) {
        if (connection->dropped - dropped >= DROP_MAX)
            return CONNECTION_MORE;
        if (!strbuf_reserve(spool, 16384))
            return CONNECTION_CLOSED;
        ssize_t count = recv(connection->fd, spool->data + spool->len,
                             spool->size - spool->len - 1, MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return CONNECTION_WAITING;
        if (count <= 0)
            return CONNECTION_CLOSED;
        spool->len += (size_t)count;
        state = record_walk(&connection->walk, (unsigned char *)spool->data,
                            spool->len);
        if (state == RECORDS_INCOMPLETE)
            drop_excess(connection, config);
    }
    return state == RECORDS_COMPLETE && connection->walk.next == spool->len
               ? CONNECTION_COMPLETE
               : CONNECTION_CLOSED;
}

/* Leaves a complete request on the socket for libfcgi to read. */
static enum connection_input peek_input(struct connection *connection,
                                        const struct config *config) {
    static unsigned char bytes[PEEK_SIZE];
    struct record_walk walk = {0};
    ssize_t count =
        recv(connection->fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return CONNECTION_WAITING;
    if (count <= 0)
        return CONNECTION_CLOSED;
    switch (record_walk(&walk, bytes, (size_t)count)) {
    case RECORDS_BROKEN:
        return CONNECTION_CLOSED;
    case RECORDS_COMPLETE:
        /* Web servers do not pipeline requests, and libfcgi would lose the
         * second one. */
        return walk.next == (size_t)count ? CONNECTION_COMPLETE
                                          : CONNECTION_CLOSED;
    case RECORDS_INCOMPLETE:
        break;
    }
    return spool_input(connection, config);
}

enum connection_input connection_take_input(struct connection *connection,
                                            const struct config *config) {
    enum connection_input input = connection->spool.len > 0
                                      ? spool_input(connection, config)
                                      : peek_input(connection, config);
    if (input == CONNECTION_CLOSED)
        connection_close(connection);
    return input;
}

size_t connection_held(const struct connection *connection) {
    return connection->spool.len;
}

/* libfcgi reads from descriptors only. */
static int spool_descriptor(const struct strbuf *spool) {
    int fd = memfd_create("tallyman-request", MFD_CLOEXEC);
    if (fd < 0)
        return -1;
    if (write(fd, spool->data, spool->len) == (ssize_t)spool->len &&
        lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static void read_body(struct connection *connection, size_t body_max,
                      struct request *request) {
    char chunk[8192];
    int count;
    while ((count = FCGX_GetStr(chunk, sizeof(chunk), connection->request.in)) >
           0)
        request_add_body(request, chunk, (size_t)count, body_max);
    if (connection->dropped > 0)
        request->too_large = true;
}

int connection_begin(struct connection *connection, const struct config *config,
                     struct request *request) {
    FCGX_Request *fcgi = &connection->request;
    bool spooled = connection->spool.len > 0;
    int source =
        spooled ? spool_descriptor(&connection->spool) : connection->fd;
    fcgi->ipcFd = source;
    fcgi->keepConnection = 1;
    if (source < 0 || FCGX_Accept_r(fcgi) != 0) {
        /* libfcgi has closed the source. */
        if (!spooled)
            connection->fd = -1;
        connection_close(connection);
        return -1;
    }
    connection->keep = fcgi->keepConnection != 0;
    fcgi->keepConnection = 1; /* we close it, without waiting */
    request_set_environment(request, fcgi->envp);
    read_body(connection, route_body_max(request, config), request);
    if (spooled) {
        (void)close(source);
        fcgi->ipcFd = connection->fd;
    }
    return 0;
}

/* Sends text[0..len), which has room for a header before it, as STDOUT records
 * (FastCGI 1.0, section 3.3). libfcgi would copy it, and make eight times as
 * many records. */
static int write_records(const FCGX_Request *fcgi, char *text, size_t len) {
    for (size_t size; len > 0; text += size, len -= size) {
        size = len < RECORD_MAX ? len : RECORD_MAX;
        const char header[RECORD_HEADER] = {FCGI_VERSION_1,
                                            FCGI_STDOUT,
                                            (char)(fcgi->requestId >> 8),
                                            (char)fcgi->requestId,
                                            (char)(size >> 8),
                                            (char)size};
        memcpy(text - RECORD_HEADER, header, RECORD_HEADER);
        if (file_write(fcgi->ipcFd, text - RECORD_HEADER,
                       RECORD_HEADER + size) != 0)
            return -1;
    }
    return 0;
}

static void send_pack(struct connection *connection, const struct pack *pack) {
    static const char header[RECORD_HEADER];
    struct pack_reading reading = {.at = 0};
    struct strbuf part = {0};
    int result = FCGX_FFlush(connection->request.out);
    strbuf_add(&part, header, RECORD_HEADER);
    while (result == 0 && pack_read(pack, &reading, &part)) {
        result = write_records(&connection->request, part.data + RECORD_HEADER,
                               part.len - RECORD_HEADER);
        part.len = RECORD_HEADER;
    }
    if (result != 0 || part.failed)
        connection_abort(connection);
    strbuf_free(&part);
}

void connection_respond(struct connection *connection,
                        const struct response *response) {
    struct strbuf *head = &connection->head;
    strbuf_reset(head);
    response_write_head(response, head);
    if (head->failed)
        connection_abort(connection);
    (void)FCGX_PutStr(head->data, (int)head->len, connection->request.out);
    (void)FCGX_PutStr(response->body.data, (int)response->body.len,
                      connection->request.out);
    if (response->pack)
        send_pack(connection, response->pack);
    /* Sends all of it here, up to the end of the request: the side thread of a
     * scrape may wait for the peer, the loop may not. */
    (void)FCGX_FClose(connection->request.err);
    (void)FCGX_FClose(connection->request.out);
}

bool connection_finish(struct connection *connection) {
    FCGX_Finish_r(&connection->request);
    if (connection->request.ipcFd < 0)
        connection->fd = -1; /* libfcgi has closed it after an error */
    connection->request.ipcFd = -1;
    if (connection->fd < 0 || !connection->keep) {
        connection_close(connection);
        return false;
    }
    forget_input(connection);
    return true;
}

bool connection_writable(struct connection *connection,
                         const struct response *response) {
    struct pollfd poll_fd = {.fd = connection->fd, .events = POLLOUT};
    size_t len = REPLY_BYTES + response->headers.len + response->body.len;
    connection->unasked += len;
    if (connection->unasked <= connection->unasked_max)
        return true;
    connection->unasked = len;
    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLOUT) != 0;
}

void connection_abort(struct connection *connection) {
    (void)shutdown(connection->fd, SHUT_RDWR);
}

void connection_close(struct connection *connection) {
    if (connection->fd >= 0)
        (void)close(connection->fd);
    connection->fd = -1;
    forget_input(connection);
}

void connection_free(struct connection *connection) {
    connection->request.ipcFd = -1;
    FCGX_Free(&connection->request, 0);
    connection_close(connection);
    strbuf_free(&connection->head);
    free(connection);
}
