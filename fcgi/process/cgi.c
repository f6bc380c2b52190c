#include "process/cgi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/guide.h"
#include "endpoints/route.h"
#include "endpoints/scrape.h"
#include "process/sql_runner.h"
#include "process/turn.h"

/* The maximum number of bytes to read from a body that is too long. */
static const unsigned long long DISCARD_MAX = 1ULL << 30;

/* The time limit for writing the history after the answer. Some web servers log
 * a program's messages only when it ends. */
static const double HISTORY_SECONDS = 0.1;

/* Reads CONTENT_LENGTH bytes, or to the end without it: a CGI program must not
 * wait for more. Bytes beyond max are read and dropped, since Apache drops the
 * reply of a program that does not read the whole body. */
static void read_body(struct request *request, size_t max) {
    char chunk[8192];
    char *end;
    unsigned long long left = strtoull(request->content_length, &end, 10);
    if (*request->content_length == '\0' || *end != '\0' || left > DISCARD_MAX)
        left = DISCARD_MAX;
    while (left > 0) {
        size_t want = left < sizeof(chunk) ? (size_t)left : sizeof(chunk);
        ssize_t count = read(STDIN_FILENO, chunk, want);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return;
        request_add_body(request, chunk, (size_t)count, max);
        left -= (size_t)count;
    }
}

static int write_pack(const struct pack *pack) {
    struct pack_reading reading = {.at = 0};
    struct strbuf part = {0};
    int result = 0;
    while (result == 0 && pack_read(pack, &reading, &part)) {
        result = file_write(STDOUT_FILENO, part.data, part.len);
        strbuf_reset(&part);
    }
    if (part.failed)
        result = -1;
    strbuf_free(&part);
    return result;
}

static int write_out(const struct response *response) {
    struct strbuf text = {0};
    response_write_head(response, &text);
    strbuf_add(&text, response->body.data, response->body.len);
    int result =
        text.failed ? -1 : file_write(STDOUT_FILENO, text.data, text.len);
    if (result == 0 && response->pack)
        result = write_pack(response->pack);
    strbuf_free(&text);
    return result;
}

/* A scrape or a query. */
static void read_totals(const struct service *service,
                        struct exchange *exchange) {
    struct reader *reader = NULL;
    struct err logged = {.code = ERR_NONE};
    const struct query_run query = {exchange->query, service->config, &reader,
                                    service_seconds, &logged};
    struct scrape scrape = {service->config,   exchange->format,
                            exchange->created, service->reload_successful,
                            &reader,           service_now_ms() / 1000,
                            &logged,           NULL};
    if (exchange->state == EXCHANGE_QUERY)
        query_run(&query, &exchange->response);
    else
        scrape_run(&scrape, &exchange->response);
    reader_close(reader);
}

/* After the answer: writes the history that the push left, as long as that
 * takes little time. A FastCGI responder does this when idle. Standard input
 * stays open: it is the socket to Apache's mod_cgid, which sends SIGTERM to the
 * program as soon as that is closed. */
static void finish(struct service *service) {
    const double end = service_seconds() + HISTORY_SECONDS;
    (void)close(STDOUT_FILENO);
    while (service_history_due(service) && service_seconds() < end)
        service_write_history(service);
}

/* Replaces the descriptor by /dev/null, so that no file opened later gets its
 * number and the output meant for it. */
static void leave_file(int fd) {
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing == fd)
        return;
    if (nothing < 0 || dup2(nothing, fd) < 0)
        (void)close(fd);
    if (nothing >= 0)
        (void)close(nothing);
}

/* Runs a due query by SQL in a child process: a web server may wait for the end
 * of this one, and then kill it. No database may be open across the fork. */
static void run_query(const char *config_path) {
    struct service service;
    struct stat log;
    if (fork() != 0)
        return;
    (void)setsid();
    /* Apache's mod_cgid uses one socket for input and output; mod_cgi waits for
     * the end of the log, which is a pipe. */
    leave_file(STDIN_FILENO);
    leave_file(STDOUT_FILENO);
    if (fstat(STDERR_FILENO, &log) == 0 && S_ISFIFO(log.st_mode))
        leave_file(STDERR_FILENO);
    if (service_open(&service, config_path) == 0)
        sql_runner_run_due(&service);
    service_close(&service);
    _exit(0);
}

int cgi_run(const char *config_path, char *const *environment) {
    struct service service;
    struct exchange exchange = {.state = EXCHANGE_ANSWERED};
    struct exchange *turn[] = {&exchange};
    request_set_environment(&exchange.request, environment);
    if (service_open(&service, config_path) != 0) {
        response_set(&exchange.response, 500,
                     "the configuration is bad, the error log says where" SEE
                         GUIDE_CONFIG);
    } else {
        read_body(&exchange.request,
                  route_body_max(&exchange.request, service.config));
        struct config *entered = config_hold(service.config);
        turn_enter(&service, &exchange);
        if (exchange.state == EXCHANGE_COMMIT)
            turn_commit(&service, turn, 1);
        if (exchange.state != EXCHANGE_ANSWERED)
            turn_check_read(&service, entered, &exchange);
        if (exchange.state != EXCHANGE_ANSWERED)
            read_totals(&service, &exchange);
        config_release(entered);
    }
    int result = write_out(&exchange.response);
    exchange_free(&exchange);
    if (service.config)
        finish(&service);
    const bool has_queries =
        service.config && service.config->sql_queries.count > 0;
    service_close(&service);
    if (has_queries)
        run_query(config_path);
    return result == 0 ? 0 : 1;
}
