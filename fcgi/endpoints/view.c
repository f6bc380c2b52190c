#include "endpoints/view.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/guide.h"
#include "endpoints/guesses.h"
#include "endpoints/trust.h"
#include "endpoints/view_token.h"
#include "http/cors.h"
#include "http/loopback.h"

static const char token_needed[] =
    "the dashboard needs the token of `scrape_token_file` or one of "
    "`view_token_file`, in its form or as Authorization: Bearer; if it was "
    "sent, the web server must pass on the Authorization header";
static const char wrong_token[] =
    "the token is unknown; it must be that of `scrape_token_file` or one of "
    "`view_token_file`";
static const char no_token[] =
    "no token is configured, so only this machine may see the dashboard: set "
    "`view_token_file` in the configuration, or change `view`";
static const char not_even_here[] =
    "no token is configured, and `trust_loopback` is false: set "
    "`view_token_file` in the configuration, or change `view`";
static const char no_user[] =
    "`view` is \"server\": the web server must authenticate the user and "
    "pass on REMOTE_USER and AUTH_TYPE";
static const char no_login[] =
    "there is no login, since `view` in the configuration is not \"token\"";
static const char foreign_page[] =
    "a page of another origin needs a token as Authorization: Bearer";

static bool refuse(struct exchange *exchange, int status, const char *why) {
    response_set(&exchange->response, status, "%s" SEE GUIDE_DASHBOARD, why);
    if (status == 401)
        response_add_header(&exchange->response, "WWW-Authenticate",
                            "Bearer realm=\"tallyman\"");
    return false;
}

static bool refuse_host(struct exchange *exchange) {
    response_set(&exchange->response, 403, TRUST_HOST, exchange->request.host);
    return false;
}

static bool refuse_wait(struct exchange *exchange, int seconds) {
    char text[20];
    (void)snprintf(text, sizeof(text), "%d", seconds);
    response_set(&exchange->response, 429,
                 "too many wrong tokens came from this address; try again in "
                 "%s s",
                 text);
    response_add_header(&exchange->response, "Retry-After", text);
    return false;
}

bool view_own_page(struct exchange *exchange) {
    const struct request *request = &exchange->request;
    const bool foreign =
        (*request->origin != '\0' && !cors_same_site(request)) ||
        strcasecmp(request->fetch_site, "cross-site") == 0 ||
        strcasecmp(request->fetch_site, "same-site") == 0;
    return !foreign || refuse(exchange, 403, foreign_page);
}

/* Without a configured token the rules for pushes apply, but the dashboard's
 * own page is permitted, too. */
static bool check_address(struct exchange *exchange,
                          const struct config *config) {
    const struct request *request = &exchange->request;
    if (!config->trust_loopback)
        return refuse(exchange, 403, not_even_here);
    if (!loopback_address(request->remote_addr) || request->forwarded)
        return refuse(exchange, 403, no_token);
    return view_own_page(exchange) &&
           (trust_host(request, config, false) || refuse_host(exchange));
}

static bool check_user(struct exchange *exchange) {
    if (!trust_user(&exchange->request))
        return refuse(exchange, 403, no_user);
    return view_own_page(exchange);
}

/* A page that uses another name for this machine could forge proxy headers; the
 * families it would see are public anyway. */
static bool check_public(struct exchange *exchange,
                         const struct config *config) {
    return trust_host(&exchange->request, config, true) ||
           refuse_host(exchange);
}

/* view_token_find or view_cookie_check. */
typedef bool finds(const struct config *config, const char *given, size_t len,
                   const struct string_list **families);

/* *wait: seconds until the secret may be compared; unchanged if it was. */
static bool check_secret(const struct exchange *exchange,
                         const struct endpoint_context *context, finds *find,
                         const char *given, size_t len,
                         const struct string_list **families, int *wait) {
    const struct config *config = context->config;
    const struct guess guess = {config->database,
                                view_token_first(config),
                                exchange->request.remote_addr,
                                given,
                                len,
                                context->now_ms};
    const int seconds = guess_wait(&guess);
    if (seconds > 0) {
        *wait = seconds;
        return false;
    }
    const bool right = find(config, given, len, families);
    guess_note(&guess, right);
    return right;
}

static bool check_token(struct exchange *exchange,
                        const struct endpoint_context *context,
                        const struct string_list **families) {
    const struct request *request = &exchange->request;
    const char *bearer = request_credentials(request, "Bearer");
    size_t len = 0;
    int wait = 0;
    if (bearer && check_secret(exchange, context, view_token_find, bearer,
                               strlen(bearer), families, &wait))
        return true;
    const char *cookie = view_cookie_find(request->cookie, &len);
    if (cookie && view_cookie_lives(cookie, len, context->now_ms / 1000)) {
        if (!view_own_page(exchange))
            return false;
        if (check_secret(exchange, context, view_cookie_check, cookie, len,
                         families, &wait))
            return true;
    }
    return wait > 0 ? refuse_wait(exchange, wait)
                    : refuse(exchange, 401, token_needed);
}

bool exchange_may_view(struct exchange *exchange,
                       const struct endpoint_context *context,
                       const struct string_list **families) {
    const struct config *config = context->config;
    *families = NULL;
    response_add_header(&exchange->response, "Cache-Control", "no-store");
    response_add_header(&exchange->response, "Cross-Origin-Resource-Policy",
                        "same-origin");
    if (exchange->response.headers.failed) {
        exchange_no_memory(exchange);
        return false;
    }
    if (!exchange_takes(exchange))
        return false;
    switch ((enum view)config->view) {
    case VIEW_SERVER:
        return check_user(exchange);
    case VIEW_PUBLIC:
        *families = &config->view_families;
        return check_public(exchange, config);
    case VIEW_TOKEN:
        break;
    }
    return view_token_first(config) ? check_token(exchange, context, families)
                                    : check_address(exchange, config);
}

bool view_login(struct exchange *exchange,
                const struct endpoint_context *context, const char *given,
                size_t len) {
    const struct config *config = context->config;
    const struct string_list *families;
    int wait = 0;
    if (config->view != VIEW_TOKEN)
        return refuse(exchange, 403, no_login);
    if (!view_token_first(config))
        return refuse(exchange, 403, no_token);
    if (check_secret(exchange, context, view_token_find, given, len, &families,
                     &wait))
        return true;
    return wait > 0 ? refuse_wait(exchange, wait)
                    : refuse(exchange, 401, wrong_token);
}
