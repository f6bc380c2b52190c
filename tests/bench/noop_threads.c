/*
 * A FastCGI responder that does nothing, in the classic libfcgi manner: 32
 * threads, each in its own FCGX_Accept_r loop, connections kept alive when
 * the web server requests it. The second reference of `make bench`.
 *
 * The listening socket is fd 0; any number of processes may share it.
 */
#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { LISTEN_FD = 0, THREADS = 32 };

static void *serve(void *unused) {
    FCGX_Request request;
    char body[8192];

    (void)unused;
    if (FCGX_InitRequest(&request, LISTEN_FD, 0) != 0)
        return NULL;
    while (FCGX_Accept_r(&request) == 0) {
        while (FCGX_GetStr(body, sizeof body, request.in) > 0)
            ;
        FCGX_PutS("Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nOK\n",
                  request.out);
        FCGX_Finish_r(&request);
    }
    return NULL;
}

static void end(int unused) {
    (void)unused;
    _exit(0);
}

int main(void) {
    pthread_t threads[THREADS];

    /* With handlers set, libfcgi does not install its own. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, end);
    if (FCGX_Init() != 0)
        return 1;
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, serve, NULL) != 0) {
            perror("noop_threads: cannot start a thread");
            return 1;
        }
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
