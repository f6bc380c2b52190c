#include "process/cgi.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "endpoints/route.h"
#include "endpoints/scrape.h"
#include "process/turn.h"

/* A body that is far too long is not even read to its end. */
static const unsigned long long DISCARD_MAX = 1ULL << 30;

/* Reads to the end, or CONTENT_LENGTH bytes: a CGI program may not wait for
 * more. What is beyond max is read and forgotten, as Apache drops the reply of
 * a program that leaves some of the body. */
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

static void scrape(const struct service *service, struct exchange *exchange) {
    struct reader *reader = NULL;
    struct err told = {.code = ERR_NONE};
    struct scrape scrape = {service->config,
                            exchange->format,
                            exchange->created,
                            service->reload_successful,
                            &reader,
                            service_now_ms() / 1000,
                            &told,
                            NULL};
    scrape_run(&scrape, &exchange->response);
    reader_close(reader);
}

int cgi_run(const char *config_path, char *const *environment) {
    struct service service;
    struct exchange exchange = {.state = EXCHANGE_ANSWERED};
    struct exchange *turn[] = {&exchange};
    request_set_environment(&exchange.request, environment);
    if (service_open(&service, config_path) != 0) {
        response_set(&exchange.response, 500,
                     "the configuration is bad, the error log says where");
    } else {
        read_body(&exchange.request,
                  route_body_max(&exchange.request, service.config));
        turn_enter(&service, &exchange);
        if (exchange.state == EXCHANGE_COMMIT)
            turn_commit(&service, turn, 1);
        if (exchange.state == EXCHANGE_SCRAPE)
            turn_check_scrape(&service, &exchange);
        if (exchange.state == EXCHANGE_SCRAPE)
            scrape(&service, &exchange);
    }
    int result = write_out(&exchange.response);
    exchange_free(&exchange);
    service_close(&service);
    return result == 0 ? 0 : 1;
}
