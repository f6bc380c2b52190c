#include "ingest/faro/requests.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

/* Current and older names of OpenTelemetry (semantic conventions for HTTP 1.23
 * and 1.20). */
static const char *const method_keys[] = {"http.request.method", "http.method",
                                          NULL};
static const char *const url_keys[] = {"url.full", "http.url", NULL};
static const char *const status_keys[] = {"http.response.status_code",
                                          "http.status_code", NULL};
static const char distribution_key[] = "telemetry.distro.name";
static const char distribution[] = "faro-web-sdk";
static const char traced[] = "faro.tracing.";

/* SPAN_KIND_CLIENT of opentelemetry/proto/trace/v1/trace.proto. */
enum { KIND_CLIENT = 3 };

struct text {
    const char *data; /* NULL if missing */
    size_t len;
};

struct request {
    struct text method;
    struct text url;
    double status;  /* 0: no response */
    double seconds; /* NaN: unknown */
};

/* Looks up an attribute by its key. */
typedef const struct json_object *find_value(const struct json_object *from,
                                             const char *key);

static const struct json_object *find_first(find_value *find,
                                            const struct json_object *from,
                                            const char *const *keys) {
    const struct json_object *value = NULL;
    for (; *keys && !value; keys++)
        value = find(from, *keys);
    return value;
}

static struct text text_of(const struct json_object *value) {
    struct text text = {NULL, 0};
    return faro_text(value, &text.data, &text.len) ? text
                                                   : (struct text){NULL, 0};
}

/* Reads a number, which may be in a string. Returns `without` if there is none.
 */
static double number_of(const struct json_object *value, double without) {
    struct text text = text_of(value);
    double number;
    if (!text.data)
        return faro_number(value, &number) ? number : without;
    return number_read(text.data, text.len, false, &number) == NUMBER_FINE &&
                   isfinite(number)
               ? number
               : without;
}

/* Unix nanoseconds, beyond the precision of a double; 0 if missing. */
static uint64_t time_of(const struct json_object *value) {
    struct text text = text_of(value);
    uint64_t time = 0;
    if (json_kind(value) == JSON_INTEGER && json_integer(value) > 0)
        return (uint64_t)json_integer(value);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c < '0' || c > '9' || time > (UINT64_MAX - 9) / 10)
            return 0;
        time = time * 10 + (uint64_t)(c - '0');
    }
    return time;
}

/* NaN if a time is missing or a clock was set back. */
static double seconds_between(uint64_t start, uint64_t end) {
    return start > 0 && end >= start ? (double)(end - start) / 1e9 : NAN;
}

static const char *method_label(struct text method) {
    static const char *const known[] = {"GET",    "POST", "PUT",    "PATCH",
                                        "DELETE", "HEAD", "OPTIONS"};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (method.data && strlen(known[i]) == method.len &&
            strncasecmp(known[i], method.data, method.len) == 0)
            return known[i];
    return "other";
}

/* The status is also 0 if the page may not read the response. */
static const char *status_label(double status) {
    static const char *const classes[] = {"error", "1xx", "2xx",
                                          "3xx",   "4xx", "5xx"};
    return classes[status >= 100 && status < 600 ? (int)(status / 100) : 0];
}

static size_t path_length(const char *text, size_t len) {
    size_t at = 0;
    while (at < len && text[at] != '?' && text[at] != '#')
        at++;
    return at;
}

/* True if a URL's host is that of the push. A web server may have removed the
 * port from the latter. */
static bool is_host(const char *text, size_t len, const char *host) {
    const size_t host_len = strlen(host);
    return host_len == 0 ||
           (len >= host_len && strncasecmp(text, host, host_len) == 0 &&
            (len == host_len || text[host_len] == ':'));
}

/* True for a push to this endpoint. */
static bool is_own(const struct faro_setting *setting, struct text url) {
    const char *end = url.data + path_length(url.data, url.len);
    const size_t own = path_length(setting->uri, strlen(setting->uri));
    const char *host = memmem(url.data, url.len, "://", 3);
    const char *path = url.data;
    if (host && host < end) {
        host += 3;
        path = host < end ? memchr(host, '/', (size_t)(end - host)) : NULL;
        if (!path || !is_host(host, (size_t)(path - host), setting->host))
            return false;
    }
    return own > 0 && (size_t)(end - path) == own &&
           memcmp(path, setting->uri, own) == 0;
}

static struct label label_of(const char *name, const char *value) {
    return (struct label){name, value, strlen(value)};
}

static enum point_result add_request(struct faro_push *push,
                                     const struct request *request) {
    const struct faro_setting *setting = push->setting;
    if (!request->url.data || is_own(setting, request->url))
        return POINT_FINE;
    const char *route =
        routes_find(setting->routes, push->site, request->method.data,
                    request->method.len, request->url.data, request->url.len);
    if (!route)
        return POINT_FINE;
    const struct label own[] = {
        label_of("route", route),
        label_of("method", method_label(request->method)),
        label_of("status", status_label(request->status))};
    const struct faro_labels labels = {own, sizeof(own) / sizeof(own[0]), NULL};
    enum point_result result =
        faro_count(push, "web_requests_total", &labels, 1);
    if (result == POINT_NO_MEMORY || !(request->seconds >= 0))
        return result;
    return faro_count(push, "web_request_seconds", &labels, request->seconds);
}

bool faro_is_traced(const char *name, size_t len) {
    const size_t prefix = sizeof(traced) - 1;
    return len > prefix && memcmp(name, traced, prefix) == 0;
}

static void read_request(find_value *find, const struct json_object *from,
                         struct request *request) {
    request->method = text_of(find_first(find, from, method_keys));
    request->url = text_of(find_first(find, from, url_keys));
    request->status = number_of(find_first(find, from, status_keys), 0);
}

enum point_result faro_add_event(struct faro_push *push,
                                 const struct json_object *attributes) {
    struct request request;
    if (push->setting->spans)
        return POINT_FINE;
    read_request(json_get, attributes, &request);
    request.seconds = number_of(json_get(attributes, "duration_ns"), NAN) / 1e9;
    return add_request(push, &request);
}

/* Finds the value of an attribute of a span or resource, inside the object that
 * names its type. */
static const struct json_object *find_any_value(const struct json_object *list,
                                                const char *key) {
    static const char *const types[] = {"stringValue", "intValue",
                                        "doubleValue", NULL};
    size_t count = json_kind(list) == JSON_ARRAY ? json_length(list) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct json_object *attribute = json_at(list, i);
        struct text name = text_of(json_get(attribute, "key"));
        if (name.data && name.len == strlen(key) &&
            memcmp(name.data, key, name.len) == 0)
            return find_first(json_get, json_get(attribute, "value"), types);
    }
    return NULL;
}

/* Selects the spans whose requests count. */
struct spans {
    struct faro_push *push;
    bool all; /* also spans of Faro's tracing, which sends events, too */
};

static enum point_result add_span(const struct spans *spans,
                                  const struct json_object *span) {
    struct request request;
    const struct json_object *kind = json_get(span, "kind");
    if (json_kind(kind) != JSON_INTEGER || json_integer(kind) != KIND_CLIENT)
        return POINT_FINE;
    read_request(find_any_value, json_get(span, "attributes"), &request);
    request.seconds =
        seconds_between(time_of(json_get(span, "startTimeUnixNano")),
                        time_of(json_get(span, "endTimeUnixNano")));
    return add_request(spans->push, &request);
}

typedef enum point_result add_part(const struct spans *spans,
                                   const struct json_object *part);

/* Adds each element of the member if that is an array. */
static enum point_result add_each(const struct spans *spans,
                                  const struct json_object *object,
                                  const char *key, add_part *add) {
    const struct json_object *list = json_get(object, key);
    size_t count = json_kind(list) == JSON_ARRAY ? json_length(list) : 0;
    for (size_t i = 0; i < count; i++)
        if (add(spans, json_at(list, i)) == POINT_NO_MEMORY)
            return POINT_NO_MEMORY;
    return POINT_FINE;
}

static enum point_result add_scope(const struct spans *spans,
                                   const struct json_object *scope) {
    return add_each(spans, scope, "spans", add_span);
}

static enum point_result add_resource(const struct spans *spans,
                                      const struct json_object *resource) {
    const struct json_object *attributes =
        json_get(json_get(resource, "resource"), "attributes");
    struct text name = text_of(find_any_value(attributes, distribution_key));
    bool own = name.data && name.len == strlen(distribution) &&
               memcmp(name.data, distribution, name.len) == 0;
    return own && !spans->all
               ? POINT_FINE
               : add_each(spans, resource, "scopeSpans", add_scope);
}

enum point_result faro_add_spans(struct faro_push *push,
                                 const struct json_object *traces,
                                 bool events) {
    const struct spans spans = {push, push->setting->spans};
    return events && !spans.all
               ? POINT_FINE
               : add_each(&spans, traces, "resourceSpans", add_resource);
}
