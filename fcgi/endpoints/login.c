/* POST /login and /logout: set or remove the browser's cookie for the
 * dashboard. */
#include <string.h>
#include <strings.h>

#include "endpoints/view.h"
#include "endpoints/view_token.h"
#include "http/form.h"

/* Without Path the cookie is sent to URLs in the directory of the login (RFC
 * 6265, section 5.1.4) as the browser sees it, even if a proxy changes the
 * path. */
#define ATTRIBUTES "; HttpOnly; SameSite=Strict"

/* Origin has the browser's scheme even if a proxy terminates TLS. */
static bool is_secure(const struct request *request) {
    return strncasecmp(request->origin, "https://", 8) == 0 ||
           strcasecmp(request->https, "on") == 0;
}

/* Checks for both forms. False once the request is answered. */
static bool may_post(struct exchange *exchange) {
    response_add_header(&exchange->response, "Cache-Control", "no-store");
    return exchange_takes(exchange) && view_own_page(exchange);
}

static bool may_read(struct exchange *exchange) {
    static const char *const types[] = {"application/x-www-form-urlencoded",
                                        NULL};
    const struct request *request = &exchange->request;
    struct response *response = &exchange->response;
    if (!request_media_type_is(request, types))
        response_set(response, 415, "Content-Type must be %s", types[0]);
    else if (request->too_large)
        response_set(response, 413, "the form is too large");
    else if (request_cut_short(request))
        response_set(response, 400,
                     "the body is shorter than its Content-Length");
    else
        return true;
    return false;
}

struct login {
    struct strbuf token;
    bool keep;
};

/* The last field of each name counts. False once the request is answered. The
 * caller frees the token in either case. */
static bool read_login(struct exchange *exchange, struct login *login) {
    const struct strbuf *body = &exchange->request.body;
    const char *text = strbuf_text(body);
    struct form form = {text, text + body->len};
    struct strbuf name = {0};
    struct strbuf value = {0};
    while (form_next(&form, &name, &value)) {
        if (name.failed || value.failed)
            break;
        if (strcmp(name.data, "token") == 0) {
            strbuf_reset(&login->token);
            strbuf_add(&login->token, value.data, value.len);
        } else if (strcmp(name.data, "keep") == 0) {
            login->keep = strcmp(value.data, "1") == 0;
        }
    }
    const bool failed =
        body->failed || name.failed || value.failed || login->token.failed;
    strbuf_free(&name);
    strbuf_free(&value);
    if (failed)
        exchange_no_memory(exchange);
    else if (login->token.len == 0)
        response_set(&exchange->response, 400,
                     "the form has no `token`, must have one");
    else
        return true;
    return false;
}

static void set_cookie(struct exchange *exchange,
                       const struct endpoint_context *context,
                       const struct strbuf *token) {
    struct strbuf line = {0};
    strbuf_add_string(&line, VIEW_COOKIE "=");
    view_cookie_write(token->data, token->len, context->now_ms / 1000, &line);
    strbuf_printf(&line, "; Max-Age=%d" ATTRIBUTES "%s", VIEW_COOKIE_SECONDS,
                  is_secure(&exchange->request) ? "; Secure" : "");
    if (!line.failed)
        response_add_header(&exchange->response, "Set-Cookie", line.data);
    if (line.failed || exchange->response.headers.failed)
        exchange_no_memory(exchange);
    strbuf_free(&line);
}

static void handle_login(struct exchange *exchange,
                         const struct endpoint_context *context) {
    struct login login = {{0}, false};
    if (may_post(exchange) && may_read(exchange) &&
        read_login(exchange, &login) &&
        view_login(exchange, context, login.token.data, login.token.len)) {
        exchange->response.status = 204;
        if (login.keep)
            set_cookie(exchange, context, &login.token);
    }
    strbuf_free(&login.token);
}

static void handle_logout(struct exchange *exchange,
                          const struct endpoint_context *context) {
    struct response *response = &exchange->response;
    (void)context;
    if (!may_post(exchange))
        return;
    response->status = 204;
    response_add_header(response, "Set-Cookie",
                        VIEW_COOKIE "=; Max-Age=0" ATTRIBUTES);
    if (response->headers.failed)
        exchange_no_memory(exchange);
}

const struct endpoint endpoint_login = {.id = ENDPOINT_LOGIN,
                                        .path = "login",
                                        .methods = "POST",
                                        .handle = handle_login};
const struct endpoint endpoint_logout = {.id = ENDPOINT_LOGOUT,
                                         .path = "logout",
                                         .methods = "POST",
                                         .handle = handle_logout};
