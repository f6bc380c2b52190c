#include "http/request.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The maximum memory for bodies, in bytes, that an exchange keeps between
 * requests. */
enum { BODY_KEPT = 262144 };

struct variable {
    const char *name;
    size_t len;
    size_t offset;
};

#define VARIABLE(name, member)                                                 \
    { name, sizeof(name) - 1, offsetof(struct request, member) }
static const struct variable variables[] = {
    VARIABLE("REQUEST_METHOD", method),
    VARIABLE("REQUEST_URI", uri),
    VARIABLE("QUERY_STRING", query_string),
    VARIABLE("SCRIPT_NAME", script_name),
    VARIABLE("PATH_INFO", path_info),
    VARIABLE("CONTENT_TYPE", content_type),
    VARIABLE("CONTENT_LENGTH", content_length),
    VARIABLE("DOCUMENT_ROOT", document_root),
    VARIABLE("SERVER_PORT", server_port),
    VARIABLE("HTTPS", https),
    VARIABLE("REMOTE_ADDR", remote_addr),
    VARIABLE("REMOTE_USER", remote_user),
    VARIABLE("AUTH_TYPE", auth_type),
    /* Apache's name after an internal redirect. */
    VARIABLE("REDIRECT_HTTP_AUTHORIZATION", authorization),
};

/* Request headers, without the prefix HTTP_. */
static const struct variable headers[] = {
    VARIABLE("CONTENT_ENCODING", content_encoding),
    VARIABLE("HOST", host),
    VARIABLE("ORIGIN", origin),
    VARIABLE("SEC_FETCH_SITE", fetch_site),
    VARIABLE("ACCEPT", accept),
    VARIABLE("ACCEPT_ENCODING", accept_encoding),
    VARIABLE("IF_NONE_MATCH", if_none_match),
    VARIABLE("COOKIE", cookie),
    VARIABLE("X_API_KEY", api_key),
    VARIABLE("IDEMPOTENCY_KEY", idempotency_key),
    VARIABLE("TRACEPARENT", traceparent),
    VARIABLE("AUTHORIZATION", authorization),
};
#undef VARIABLE

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* wanted is not empty. Most names differ in length or at the end. */
static bool name_is(const char *name, size_t len, const char *wanted,
                    size_t wanted_len) {
    return len == wanted_len && name[len - 1] == wanted[len - 1] &&
           memcmp(name, wanted, len) == 0;
}

static bool begins(const char *name, size_t len, const char *prefix) {
    size_t prefix_len = strlen(prefix);
    return len >= prefix_len && memcmp(name, prefix, prefix_len) == 0;
}

static bool ends(const char *name, size_t len, const char *suffix) {
    size_t suffix_len = strlen(suffix);
    return len >= suffix_len &&
           memcmp(name + len - suffix_len, suffix, suffix_len) == 0;
}

/* Whether proxies add this header, without its HTTP_. Most of those with an
 * address end in -IP (X-Real-IP, True-Client-IP, CF-Connecting-IP and more). */
static bool is_forwarding(const char *name, size_t len) {
#define NAME(name)                                                             \
    { name, sizeof(name) - 1 }
    static const struct {
        const char *name;
        size_t len;
    } names[] = {NAME("FORWARDED"),
                 NAME("FORWARDED_FOR"),
                 NAME("X_ORIGINAL_FORWARDED_FOR"),
                 NAME("VIA"),
                 NAME("CDN_LOOP"),
                 NAME("CF_CONNECTING_IPV6"),
                 NAME("CLOUDFRONT_VIEWER_ADDRESS"),
                 NAME("X_AZURE_CLIENTIP"),
                 NAME("X_ENVOY_EXTERNAL_ADDRESS")};
#undef NAME
    for (size_t i = 0; i < COUNT(names); i++)
        if (name_is(name, len, names[i].name, names[i].len))
            return true;
    return begins(name, len, "X_FORWARDED_") || ends(name, len, "_IP");
}

/* Whether browsers, but not programs, send this header, without its HTTP_. Over
 * plain HTTP browsers send Sec-Fetch-* only to localhost, and no Origin with a
 * GET to the page's own site. */
static bool is_browser(const char *name, size_t len, const char *value) {
    return (name_is(name, len, "USER_AGENT", 10) &&
            strncasecmp(value, "Mozilla/", 8) == 0) ||
           name_is(name, len, "ACCEPT_LANGUAGE", 15) ||
           name_is(name, len, "REFERER", 7) ||
           name_is(name, len, "UPGRADE_INSECURE_REQUESTS", 25) ||
           begins(name, len, "SEC_");
}

/* Sets flags by the presence of a header, without its HTTP_. An empty Origin or
 * Sec-Fetch-* means that the web server removed it. */
static void note_header(struct request *request, const char *name, size_t len,
                        const char *value) {
    if ((name_is(name, len, "SEC_GPC", 7) || name_is(name, len, "DNT", 3)) &&
        strcmp(value, "1") == 0)
        request->opted_out = true;
    if (is_forwarding(name, len))
        request->forwarded = true;
    if (*value != '\0' &&
        (name_is(name, len, "ORIGIN", 6) || begins(name, len, "SEC_FETCH_")))
        request->page = true;
    if (request->page || is_browser(name, len, value))
        request->browser = true;
}

static void set_string(struct request *request, const struct variable *variable,
                       const char *value) {
    /* Copies the pointer, not the string. */
    /* NOLINTNEXTLINE(bugprone-sizeof-expression) */
    memcpy((char *)request + variable->offset, &value, sizeof(value));
}

static void set_variable(struct request *request, const char *name, size_t len,
                         const char *value) {
    const struct variable *table = variables;
    size_t count = COUNT(variables);
    if (begins(name, len, "HTTP_")) {
        name += 5;
        len -= 5;
        note_header(request, name, len, value);
        table = headers;
        count = COUNT(headers);
    }
    for (size_t i = 0; i < count; i++) {
        if (!name_is(name, len, table[i].name, table[i].len))
            continue;
        set_string(request, &table[i], value);
        return;
    }
}

void request_set_environment(struct request *request,
                             char *const *environment) {
    for (size_t i = 0; i < COUNT(variables); i++)
        set_string(request, &variables[i], "");
    for (size_t i = 0; i < COUNT(headers); i++)
        set_string(request, &headers[i], "");
    for (; *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        if (equals)
            set_variable(request, *environment, (size_t)(equals - *environment),
                         equals + 1);
    }
}

void request_add_body(struct request *request, const char *bytes, size_t len,
                      size_t max) {
    size_t room = max - request->body.len;
    request->too_large = request->too_large || len > room;
    strbuf_add(&request->body, bytes, len < room ? len : room);
}

void request_reset(struct request *request) {
    struct strbuf body = request->body;
    if (body.size > BODY_KEPT)
        strbuf_free(&body);
    strbuf_reset(&body);
    *request = (struct request){.body = body};
}

void request_free(struct request *request) {
    strbuf_free(&request->body);
}

/* The path of REQUEST_URI, without the scheme and host of an absolute form (RFC
 * 9112, 3.2.2) and without leading empty segments. A :// in the query is not a
 * scheme: `?a://b/metrics` must not get around the web server's rules. */
static const char *uri_path(const char *uri) {
    size_t scheme_len = strcspn(uri, ":/?");
    if (scheme_len > 0 && strncmp(uri + scheme_len, "://", 3) == 0) {
        uri += scheme_len + 3;
        uri += strcspn(uri, "/?");
        if (*uri != '/')
            return "/";
    }
    while (uri[0] == '/' && uri[1] == '/')
        uri++;
    return uri;
}

/* The rest of path below the mount; NULL if it is not below. */
static const char *below(const char *path, const char *mount) {
    size_t len = strlen(mount);
    while (len > 0 && mount[len - 1] == '/')
        len--;
    if (strncmp(path, mount, len) != 0)
        return NULL;
    path += len;
    return len == 0 || *path == '/' || *path == '?' || *path == '\0' ? path
                                                                     : NULL;
}

static const char *find_path(const struct request *request, const char *mount) {
    const char *path = uri_path(request->uri);
    if (mount)
        return below(path, mount);
    if (*path == '\0')
        return request->path_info;
    if (*request->script_name == '\0')
        return path;
    const char *rest = below(path, request->script_name);
    if (rest)
        return *rest == '/' ? rest : path;
    return *request->path_info ? request->path_info : path;
}

const char *request_path(const struct request *request, const char *mount,
                         size_t *len, bool *encoded) {
    const char *path = find_path(request, mount);
    if (!path)
        return NULL;
    *encoded = path != request->path_info;
    while (*path == '/')
        path++;
    /* PATH_INFO is decoded: a question mark in it begins no query. */
    *len = *encoded ? strcspn(path, "?") : strlen(path);
    return path;
}

const char *request_last_segment(const struct request *request, size_t *len) {
    const char *path = uri_path(request->uri);
    const char *end = path + strcspn(path, "?");
    const char *begin = end;
    while (begin > path && begin[-1] != '/')
        begin--;
    *len = (size_t)(end - begin);
    return begin;
}

const char *request_query(const struct request *request) {
    if (*request->uri == '\0')
        return request->query_string;
    const char *mark = strchr(request->uri, '?');
    return mark ? mark + 1 : "";
}

bool request_cut_short(const struct request *request) {
    char *end;
    unsigned long long length = strtoull(request->content_length, &end, 10);
    return *request->content_length != '\0' && *end == '\0' &&
           !request->too_large && request->body.len < length;
}

bool request_media_type_is(const struct request *request,
                           const char *const *types) {
    size_t len = strcspn(request->content_type, "; \t");
    for (; *types; types++)
        if (strlen(*types) == len &&
            strncasecmp(*types, request->content_type, len) == 0)
            return true;
    return false;
}

bool request_token_is(const char *given, size_t len, const char *token) {
    size_t token_len = strlen(token);
    unsigned difference = 0;
    for (size_t i = 0; i < len; i++)
        difference |= (unsigned)(unsigned char)given[i] ^
                      (unsigned char)token[token_len ? i % token_len : 0];
    return difference == 0 && len == token_len && token_len > 0;
}

const char *request_credentials(const struct request *request,
                                const char *scheme) {
    const char *text = request->authorization;
    size_t len = strlen(scheme);
    if (strncasecmp(text, scheme, len) != 0 || text[len] != ' ')
        return NULL;
    return text + len + strspn(text + len, " ");
}

bool request_has_token(const struct request *request, const char *token) {
    const char *given = request_credentials(request, "Bearer");
    return given && request_token_is(given, strlen(given), token);
}
