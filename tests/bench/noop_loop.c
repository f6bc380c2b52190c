/*
 * A FastCGI responder that does nothing: the ceiling for `make bench`.
 *
 * It works like tallyman.fcgi: one thread, connections kept alive and
 * edge-triggered, a request passed to libfcgi only once it has arrived in full.
 * It reads the whole body and replies 200 `OK`. Its rate is the maximum that
 * this machine, web server and load generator permit any responder.
 *
 * The listening socket is fd 0; any number of processes may share it.
 */

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LISTEN_FD = 0,
    NO_LISTEN_FD = -1, /* libfcgi must never accept a connection */
    EVENTS = 64,
    PEEK_BYTES = 256 * 1024,
    RECORD_HEADER = 8, /* FastCGI specification, section 3.3 */
    RECORD_STDIN = 5
};

enum arrival { PARTIAL, WHOLE, GONE };

static enum arrival peek(int fd) {
    static unsigned char seen[PEEK_BYTES];
    ssize_t got = recv(fd, seen, sizeof seen, MSG_PEEK | MSG_DONTWAIT);

    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? PARTIAL : GONE;
    if (got == 0)
        return GONE;
    for (size_t at = 0, end = (size_t)got; at + RECORD_HEADER <= end;) {
        size_t content = (size_t)seen[at + 4] << 8 | seen[at + 5];
        size_t padding = seen[at + 6];

        if (seen[at + 1] == RECORD_STDIN && content == 0)
            return at + RECORD_HEADER + padding <= end ? WHOLE : PARTIAL;
        at += RECORD_HEADER + content + padding;
    }
    return PARTIAL;
}

static void answer(FCGX_Request *request) {
    char body[8192];

    while (FCGX_GetStr(body, sizeof body, request->in) > 0)
        ;
    FCGX_PutS("Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nOK\n",
              request->out);
    FCGX_Finish_r(request);
}

static void drop(FCGX_Request *request) {
    if (request->ipcFd >= 0)
        close(request->ipcFd);
    free(request);
}

/* Edge-triggered: continues until the socket holds no whole request. */
static void serve(FCGX_Request *request) {
    enum arrival arrival = PARTIAL;

    while (request->ipcFd >= 0 && (arrival = peek(request->ipcFd)) == WHOLE) {
        request->keepConnection = 1;
        if (FCGX_Accept_r(request) != 0)
            break;
        answer(request);
    }
    if (request->ipcFd < 0 || arrival != PARTIAL)
        drop(request);
}

/* One connection per wake-up, so that processes on one socket share the
 * load. */
static void take_connection(int epoll_fd) {
    int fd = accept4(LISTEN_FD, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;

    FCGX_Request *request = calloc(1, sizeof *request);
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
                                .data.ptr = request};

    if (request == NULL || FCGX_InitRequest(request, NO_LISTEN_FD, 0) != 0) {
        free(request);
        close(fd);
        return;
    }
    request->ipcFd = fd;
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        drop(request);
}

static void end(int unused) {
    (void)unused;
    _exit(0);
}

int main(void) {
    struct epoll_event listening = {.events = EPOLLIN | EPOLLEXCLUSIVE,
                                    .data.ptr = NULL};
    struct epoll_event events[EVENTS];
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

    /* With handlers set, libfcgi does not install its own. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, end);
    if (FCGX_Init() != 0 || epoll_fd < 0 ||
        fcntl(LISTEN_FD, F_SETFL, O_NONBLOCK) != 0 ||
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, LISTEN_FD, &listening) != 0) {
        perror("noop_loop: fd 0 must be a listening socket");
        return 1;
    }
    for (;;) {
        int ready = epoll_wait(epoll_fd, events, EVENTS, -1);

        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr == NULL)
                take_connection(epoll_fd);
            else
                serve(events[i].data.ptr);
        }
    }
}
