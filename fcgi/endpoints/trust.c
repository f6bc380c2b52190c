#include "endpoints/trust.h"

#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "http/cors.h"
#include "http/loopback.h"

/* The longest credentials after `Basic`: a token and a long user name. */
enum { BASIC_MAX = 2048 };

static const char unknown_token[] =
    "the token or password is unknown; it must be a token of "
    "`push_token_file`, or the web server must authenticate the user and pass "
    "on REMOTE_USER and AUTH_TYPE";
static const char from_page[] =
    "a page in a browser needs a token of `push_token_file`, as "
    "Authorization: Bearer or X-API-Key, even on this machine; so does a "
    "program that sends Origin or Sec-Fetch-* headers";
static const char foreign_page[] =
    "a page may use a password, or a login of the web server, only if its "
    "origin is listed by name under `origins` in the configuration";
static const char no_token[] =
    "a push from another machine, or through a proxy, needs a token of "
    "`push_token_file`, as Authorization: Bearer, as the password of Basic, or "
    "as X-API-Key; if it was sent, the web server must pass on the "
    "Authorization header";
static const char not_even_here[] =
    "a push needs a token of `push_token_file`, as Authorization: Bearer, as "
    "the password of Basic, or as X-API-Key, even from this machine while "
    "`trust_loopback` is false";

/* Compares every token, so that the time does not reveal which one matched. */
static const struct push_token *find_token(const struct config *config,
                                           const char *given, size_t len) {
    const struct push_token *found = NULL;
    if (len > PUSH_TOKEN_MAX)
        return NULL;
    for (size_t i = 0; i < config->push_token_count; i++)
        if (request_token_is(given, len, config->push_tokens[i].token))
            found = &config->push_tokens[i];
    return found;
}

/* RFC 7617: the base64 of a user name, a colon and the password. */
static const struct push_token *find_password(const struct config *config,
                                              const char *basic) {
    char text[BASIC_MAX];
    size_t len = strlen(basic);
    if (len > sizeof(text) ||
        !base64_decode(basic, len, BASE64_STANDARD, text, &len))
        return NULL;
    const char *colon = len > 0 ? memchr(text, ':', len) : NULL;
    if (!colon)
        return NULL;
    size_t before = (size_t)(colon + 1 - text);
    return find_token(config, colon + 1, len - before);
}

/* A token in a header that browsers do not add by themselves. */
static const struct push_token *sent_token(const struct request *request,
                                           const struct config *config) {
    const char *bearer = request_credentials(request, "Bearer");
    const struct push_token *token = NULL;
    if (bearer)
        token = find_token(config, bearer, strlen(bearer));
    if (token)
        return token;
    return find_token(config, request->api_key, strlen(request->api_key));
}

/* nginx sets REMOTE_USER to the user name of any `Authorization: Basic`, even
 * without a password check, and Debian's fastcgi_params pass it on. Therefore
 * AUTH_TYPE (RFC 3875, section 4.1.1) is required with such a header. */
bool trust_user(const struct request *request) {
    return *request->remote_user != '\0' &&
           (*request->auth_type != '\0' ||
            strncasecmp(request->authorization, "Basic", 5) != 0);
}

/* A browser adds stored passwords and cookies to requests from a page of any
 * site, and text/plain needs no preflight. `*` does not count as listed
 * here. */
static bool is_foreign_page(const struct request *request,
                            const struct config *config) {
    return (*request->origin != '\0' ||
            strcasecmp(request->fetch_site, "cross-site") == 0) &&
           (strcmp(request->origin, "*") == 0 ||
            !cors_named(config, request->origin));
}

static struct trust no_trust(int status, const char *why) {
    return (struct trust){false, NULL, why, status};
}

static struct trust full_trust(const struct push_token *token) {
    return (struct trust){
        true, token && token->families.count > 0 ? &token->families : NULL,
        NULL, 0};
}

/* Behind a reverse proxy on this machine every client seems to be local. A
 * proxy that adds no header cannot be distinguished from a program: the web
 * server must take the clients' addresses from it (mod_remoteip,
 * set_real_ip_from, mod_extforward). */
static struct trust trust_of_address(const struct request *request,
                                     const struct config *config) {
    if (!loopback_address(request->remote_addr) || request->forwarded)
        return no_trust(401, no_token);
    if (!config->trust_loopback)
        return no_trust(401, not_even_here);
    if (request->page)
        return no_trust(401, from_page);
    return full_trust(NULL);
}

struct trust trust_of(const struct request *request,
                      const struct config *config) {
    const char *basic = request_credentials(request, "Basic");
    const struct push_token *token = sent_token(request, config);
    if (token)
        return full_trust(token);
    if (basic)
        token = find_password(config, basic);
    if (token || trust_user(request))
        return is_foreign_page(request, config) ? no_trust(403, foreign_page)
                                                : full_trust(token);
    if (*request->authorization != '\0' || *request->api_key != '\0')
        return no_trust(401, unknown_token);
    return trust_of_address(request, config);
}

static bool host_listed(const struct config *config, const char *host,
                        size_t len) {
    for (size_t i = 0; i < config->origins.count; i++) {
        size_t listed_len;
        const char *authority = strstr(config->origins.strings[i], "://");
        if (!authority)
            continue;
        const char *listed = loopback_host_of(authority + 3, &listed_len);
        if (listed_len == len && strncasecmp(listed, host, len) == 0)
            return true;
    }
    return false;
}

bool trust_host(const struct request *request, const struct config *config,
                bool believe_proxy) {
    size_t len;
    if (!request->browser || !loopback_address(request->remote_addr) ||
        (believe_proxy && request->forwarded))
        return true;
    const char *host = loopback_host_of(request->host, &len);
    return loopback_host(host, len) || host_listed(config, host, len);
}
