/* GET / and the files of the dashboard's page. They have no metrics, so any
 * client may get them. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/gzip.h"
#include "endpoints/exchange.h"
#include "endpoints/page_file.h"
#include "http/accept.h"
#include "http/media.h"

enum { TAG_SIZE = 64 };

static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'";

static const struct page_file *find_file(const char *path, size_t len) {
    for (const struct page_file *file = page_files; file->path; file++)
        if (strlen(file->path) == len && memcmp(file->path, path, len) == 0)
            return file;
    return NULL;
}

static bool has_file(const char *path, size_t len) {
    return find_file(path, len) != NULL;
}

static const struct page_file *asked_file(const struct request *request,
                                          const struct config *config) {
    size_t len = 0;
    bool encoded;
    const char *path = request_path(request, config->mount, &len, &encoded);
    return find_file(path, len);
}

/* The page loads its files relative to its directory: redirects the mount to
 * its URL with a trailing slash. The redirect is relative, since a proxy may
 * change the path before it. */
static bool add_slash(struct exchange *exchange) {
    struct strbuf to = {0};
    size_t len;
    const char *name = request_last_segment(&exchange->request, &len);
    const char *query = request_query(&exchange->request);
    if (len == 0)
        return false;
    strbuf_printf(&to, "./%.*s/%s%s", (int)len, name, *query ? "?" : "", query);
    if (to.failed) {
        exchange_no_memory(exchange);
    } else {
        response_set(&exchange->response, 308, "the page is at %.500s",
                     to.data);
        response_add_header(&exchange->response, "Location", to.data);
    }
    strbuf_free(&to);
    return true;
}

/* Whether If-None-Match (RFC 9110, 13.1.2), a list or *, has the tag. A web
 * server that compresses makes tags weak. */
static bool is_known(const char *tags, const char *tag) {
    struct media element;
    while (media_next(&tags, &element)) {
        if (element.len > 2 && memcmp(element.text, "W/", 2) == 0) {
            element.text += 2;
            element.len -= 2;
        }
        if ((element.len == 1 && *element.text == '*') ||
            (element.len == strlen(tag) &&
             memcmp(element.text, tag, element.len) == 0))
            return true;
    }
    return false;
}

/* no-cache: browsers revalidate each time and see a new version at once. */
static void add_headers(struct response *response, const char *tag) {
    response_add_header(response, "ETag", tag);
    response_add_header(response, "Cache-Control", "no-cache");
    response_add_header(response, "Vary", "Accept-Encoding");
    response_add_header(response, "Content-Security-Policy", policy);
    response_add_header(response, "Cross-Origin-Resource-Policy",
                        "same-origin");
    response_add_header(response, "Referrer-Policy", "no-referrer");
    response_add_header(response, "X-Frame-Options", "DENY");
}

static void add_body(struct exchange *exchange, const struct page_file *file,
                     bool packed) {
    struct response *response = &exchange->response;
    struct err err = {.code = ERR_NONE};
    const char *bytes = (const char *)file->gzip;
    response->status = 200;
    response->content_type = file->type;
    if (packed) {
        response_add_header(response, "Content-Encoding", "gzip");
        strbuf_add(&response->body, bytes, file->gzip_len);
    } else if (gzip_inflate(bytes, file->gzip_len, file->len, &response->body,
                            &err) != 0) {
        response->body.failed = true;
    }
    if (response->body.failed)
        exchange_no_memory(exchange);
}

static void handle(struct exchange *exchange,
                   const struct endpoint_context *context) {
    const struct request *request = &exchange->request;
    char tag[TAG_SIZE];
    if (!exchange_takes(exchange))
        return;
    const struct page_file *file = asked_file(request, context->config);
    assert(file); /* has_file routed the request here */
    const bool packed = accept_gzip(request->accept_encoding);
    if (*file->path == '\0' && add_slash(exchange))
        return;
    (void)snprintf(tag, sizeof(tag), "\"%s%s\"", file->tag,
                   packed ? "-gzip" : "");
    add_headers(&exchange->response, tag);
    if (exchange->response.headers.failed)
        exchange_no_memory(exchange);
    else if (is_known(request->if_none_match, tag))
        exchange->response.status = 304;
    else
        add_body(exchange, file, packed);
}

const struct endpoint endpoint_page = {.id = ENDPOINT_PAGE,
                                       .path = "",
                                       .methods = "GET, HEAD",
                                       .has = has_file,
                                       .handle = handle};
