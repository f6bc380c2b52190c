#include "http/response.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"

static const char *reason_phrase(int status) {
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {304, "Not Modified"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Status";
}

static void drop_pack(struct response *response) {
    if (response->pack)
        pack_free(response->pack);
    free(response->pack);
    response->pack = NULL;
}

void response_set(struct response *response, int status, const char *format,
                  ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    drop_pack(response);
    response->status = status;
    response->content_type = "text/plain; charset=utf-8";
    strbuf_reset(&response->body);
    strbuf_add_string(&response->body, text);
    strbuf_add_char(&response->body, '\n');
}

static void add_line(struct strbuf *out, const char *name, const char *value) {
    strbuf_add_string(out, name);
    strbuf_add(out, ": ", 2);
    strbuf_add_string(out, value);
    strbuf_add(out, "\r\n", 2);
}

void response_add_header(struct response *response, const char *name,
                         const char *value) {
    add_line(&response->headers, name, value);
}

void response_write_head(const struct response *response, struct strbuf *out) {
    char digits[NATURAL_SIZE + 1];
    size_t length =
        response->pack ? response->pack->length : response->body.len;
    strbuf_add_string(out, "Status: ");
    strbuf_add(out, digits, natural_format((uint64_t)response->status, digits));
    strbuf_add_char(out, ' ');
    strbuf_add_string(out, reason_phrase(response->status));
    strbuf_add(out, "\r\n", 2);
    if (response->content_type)
        add_line(out, "Content-Type", response->content_type);
    if (length > 0) {
        digits[natural_format(length, digits)] = '\0';
        add_line(out, "Content-Length", digits);
    }
    strbuf_add_string(out, "X-Content-Type-Options: nosniff\r\n");
    strbuf_add(out, response->headers.data, response->headers.len);
    strbuf_add(out, "\r\n", 2);
    out->failed |= response->headers.failed || response->body.failed;
}

void response_reset(struct response *response) {
    response->status = 0;
    response->content_type = NULL;
    strbuf_reset(&response->headers);
    strbuf_reset(&response->body);
    drop_pack(response);
}

void response_free(struct response *response) {
    strbuf_free(&response->headers);
    strbuf_free(&response->body);
    drop_pack(response);
}
