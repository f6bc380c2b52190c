#include "request.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    size_t offset;
} variables[] = {
    {"REQUEST_METHOD", offsetof(struct request, method)},
    {"REQUEST_URI", offsetof(struct request, uri)},
    {"SCRIPT_NAME", offsetof(struct request, script_name)},
    {"PATH_INFO", offsetof(struct request, path_info)},
    {"CONTENT_TYPE", offsetof(struct request, content_type)},
    {"CONTENT_LENGTH", offsetof(struct request, content_length)},
    {"DOCUMENT_ROOT", offsetof(struct request, document_root)},
    {"HTTP_CONTENT_ENCODING", offsetof(struct request, content_encoding)},
    {"HTTP_HOST", offsetof(struct request, host)},
    {"SERVER_PORT", offsetof(struct request, server_port)},
    {"HTTP_SEC_FETCH_SITE", offsetof(struct request, fetch_site)},
    {"HTTP_ORIGIN", offsetof(struct request, origin)},
    {"HTTP_ACCEPT", offsetof(struct request, accept)},
    {"HTTP_AUTHORIZATION", offsetof(struct request, authorization)},
    /* Apache names it so after an internal redirect. */
    {"REDIRECT_HTTP_AUTHORIZATION", offsetof(struct request, authorization)},
};

static void set_variable(struct request *request, const char *name, size_t len,
                         const char *value) {
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        if (strncmp(variables[i].name, name, len) != 0 ||
            variables[i].name[len] != '\0')
            continue;
        memcpy((char *)request + variables[i].offset, &value, sizeof(value));
        return;
    }
    if ((strncmp(name, "HTTP_SEC_GPC=", 13) == 0 ||
         strncmp(name, "HTTP_DNT=", 9) == 0) &&
        strcmp(value, "1") == 0)
        request->opted_out = true;
}

void request_set_environment(struct request *request,
                             char *const *environment) {
    static const char *const empty = "";
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        memcpy((char *)request + variables[i].offset, &empty, sizeof(empty));
    for (; *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        if (equals)
            set_variable(request, *environment, (size_t)(equals - *environment),
                         equals + 1);
    }
}

void request_reset(struct request *request) {
    struct strbuf body = request->body;
    strbuf_reset(&body);
    *request = (struct request){.body = body};
}

void request_free(struct request *request) {
    strbuf_free(&request->body);
}

/* The path of REQUEST_URI: an absolute form (RFC 9112, 3.2.2) loses its scheme
 * and host, and empty segments at the front go. */
static const char *uri_path(const char *uri) {
    const char *scheme = strstr(uri, "://");
    if (uri[0] != '/' && scheme) {
        uri = strchr(scheme + 3, '/');
        if (!uri)
            return "/";
    }
    while (uri[0] == '/' && uri[1] == '/')
        uri++;
    return uri;
}

/* The rest of path below the mount; NULL when it does not lie there. */
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
                         size_t *len) {
    const char *path = find_path(request, mount);
    if (!path)
        return NULL;
    bool path_info = path == request->path_info;
    while (*path == '/')
        path++;
    /* PATH_INFO is decoded: a question mark in it begins no query. */
    *len = path_info ? strlen(path) : strcspn(path, "?");
    return path;
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

bool request_has_token(const struct request *request, const char *token) {
    static const char scheme[] = "Bearer ";
    const char *given = request->authorization;
    size_t token_len = strlen(token);
    unsigned difference = 0;
    if (strncasecmp(given, scheme, sizeof(scheme) - 1) != 0)
        return false;
    given += sizeof(scheme) - 1;
    size_t given_len = strlen(given);
    for (size_t i = 0; i < given_len; i++)
        difference |= (unsigned)(unsigned char)given[i] ^
                      (unsigned char)token[token_len ? i % token_len : 0];
    return difference == 0 && given_len == token_len && token_len > 0;
}
