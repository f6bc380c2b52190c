#include "trust.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base64.h"

/* The most of what follows `Basic`: a token and a long user name. */
enum { BASIC_MAX = 2048 };

static const char unknown_token[] =
    "the token or password is unknown; it must be a token of "
    "`push_token_file`, or the web server's own authentication must pass "
    "REMOTE_USER and AUTH_TYPE on";
static const char from_page[] =
    "pages need a token of `push_token_file` to push here, as Authorization: "
    "Bearer or X-API-Key, or their origin listed under `origins`";
static const char no_token[] =
    "a push from elsewhere, or through a proxy, wants a token of "
    "`push_token_file`, as Authorization: Bearer, as the password of Basic, or "
    "as X-API-Key; if it was sent, the web server must pass Authorization on";

/* What follows the scheme in Authorization; NULL when it is another one. */
static const char *credentials(const struct request *request,
                               const char *scheme) {
    const char *text = request->authorization;
    size_t len = strlen(scheme);
    if (strncasecmp(text, scheme, len) != 0 || text[len] != ' ')
        return NULL;
    return text + len + strspn(text + len, " ");
}

/* All tokens are looked at, so that the time it takes does not tell which one
 * it was. */
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

static const struct push_token *given_token(const struct request *request,
                                            const struct config *config) {
    const char *bearer = credentials(request, "Bearer");
    const char *basic = credentials(request, "Basic");
    const struct push_token *token = NULL;
    if (bearer)
        token = find_token(config, bearer, strlen(bearer));
    else if (basic)
        token = find_password(config, basic);
    if (token)
        return token;
    return find_token(config, request->api_key, strlen(request->api_key));
}

/* nginx sets REMOTE_USER to the user name of any `Authorization: Basic`, also
 * where it has checked no password, and Debian's fastcgi_params pass it on.
 * With such a header the web server must also say that it has checked it, as
 * RFC 3875, section 4.1.1 has it and Apache and lighttpd do. */
static bool server_knows_user(const struct request *request) {
    return *request->remote_user != '\0' &&
           (*request->auth_type != '\0' ||
            strncasecmp(request->authorization, "Basic", 5) != 0);
}

static bool is_loopback(const char *address) {
    struct in_addr v4;
    struct in6_addr v6;
    /* nginx says so where it listens on a unix socket. */
    if (strcmp(address, "unix:") == 0)
        return true;
    if (inet_pton(AF_INET, address, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, address, &v6) != 1)
        return false;
    return IN6_IS_ADDR_LOOPBACK(&v6) ||
           (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

/* Listed by name: `*` is not meant for this. */
static bool origin_listed(const struct config *config, const char *origin) {
    for (size_t i = 0; i < config->origins.count; i++)
        if (strcasecmp(config->origins.strings[i], origin) == 0)
            return true;
    return false;
}

/* A page in a browser on this machine is not a program on it: any site can
 * make its name lead to 127.0.0.1 and so be of the same origin. */
static bool is_stranger_page(const struct request *request,
                             const struct config *config) {
    return *request->origin != '\0' && !origin_listed(config, request->origin);
}

struct trust trust_of(const struct request *request,
                      const struct config *config) {
    const struct push_token *token = given_token(request, config);
    if (token)
        return (struct trust){
            true, token->families.count > 0 ? &token->families : NULL, NULL};
    if (server_knows_user(request))
        return (struct trust){true, NULL, NULL};
    if (*request->authorization != '\0' || *request->api_key != '\0')
        return (struct trust){false, NULL, unknown_token};
    /* Behind a reverse proxy on this machine everybody seems to be local. A
     * proxy that leaves no header behind cannot be told from a program: there
     * the web server must learn the clients' addresses from it (mod_remoteip,
     * set_real_ip_from, mod_extforward). */
    if (!is_loopback(request->remote_addr) || request->forwarded)
        return (struct trust){false, NULL, no_token};
    if (is_stranger_page(request, config))
        return (struct trust){false, NULL, from_page};
    return (struct trust){true, NULL, NULL};
}

size_t trust_body_max(const struct request *request,
                      const struct config *config) {
    static const char place[] = "metrics";
    const size_t place_len = sizeof(place) - 1;
    size_t len;
    bool encoded;
    const char *path = request_path(request, config->mount, &len, &encoded);
    bool pushes = path && len >= place_len &&
                  memcmp(path, place, place_len) == 0 &&
                  (len == place_len || path[place_len] == '/');
    return (size_t)(pushes && trust_of(request, config).trusted
                        ? config->limits.trusted_body_bytes
                        : config->limits.body_bytes);
}
