#include "cgi.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "accept.h"
#include "scrape.h"
#include "turn.h"

/* Reads to the end, or CONTENT_LENGTH bytes: a CGI program may not wait for
 * more. */
static void read_body(struct request *request, size_t max) {
    char chunk[8192];
    char *end;
    unsigned long long length = strtoull(request->content_length, &end, 10);
    unsigned long long left =
        *request->content_length && *end == '\0' ? length : max + 1;
    while (left > 0 && request->body.len <= max) {
        size_t want = left < sizeof(chunk) ? (size_t)left : sizeof(chunk);
        ssize_t count = read(STDIN_FILENO, chunk, want);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return;
        strbuf_add(&request->body, chunk, (size_t)count);
        left -= (unsigned long long)count;
    }
    request->too_large = request->body.len > max;
}

static int write_out(const struct response *response) {
    struct strbuf text = {0};
    size_t done = 0;
    response_write_head(response, &text);
    strbuf_add(&text, response->body.data, response->body.len);
    while (!text.failed && done < text.len) {
        ssize_t count = write(STDOUT_FILENO, text.data + done, text.len - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        done += (size_t)count;
    }
    int result = !text.failed && done == text.len ? 0 : -1;
    strbuf_free(&text);
    return result;
}

static void scrape(const struct service *service, struct exchange *exchange) {
    struct reader *reader = NULL;
    struct scrape scrape = {service->config,
                            accept_exposition(exchange->request.accept),
                            service->reload_successful, &reader};
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
        read_body(&exchange.request, (size_t)service.config->limits.body_bytes);
        turn_run(&service, turn, 1);
        if (exchange.state == EXCHANGE_SCRAPE)
            scrape(&service, &exchange);
    }
    int result = write_out(&exchange.response);
    exchange_free(&exchange);
    service_close(&service);
    return result == 0 ? 0 : 1;
}
