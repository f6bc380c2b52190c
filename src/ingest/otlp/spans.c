#include "ingest/otlp/spans.h"

#include <stdbool.h>
#include <string.h>

#include "ingest/otlp/attributes.h"

struct text {
    const char *bytes;
    size_t len;
};

struct walk {
    const struct config *config;
    const char *site;
    const struct family *calls;    /* NULL: not listed */
    const struct family *duration; /* likewise */
    struct points *points;
    struct strbuf name; /* scratch */
    /* The name of the current resource, and its listed labels. */
    struct text service;
    struct label labels[PUSHED_LABELS_MAX];
    size_t label_count;
    /* The current span. */
    const Otlp__Span *span;
    struct text method; /* of its request; empty if missing */
    const char *route;  /* the name of its URL; NULL if it has no URL */
};

static const char other[] = "other";

static struct text text_of(ProtobufCBinaryData data) {
    return (struct text){data.len > 0 ? (const char *)data.data : "", data.len};
}

static bool text_has(struct text text, const char *word) {
    return memmem(text.bytes, text.len, word, strlen(word)) != NULL;
}

/* True for a URL, or a path with a query. */
static bool is_url(struct text text) {
    return text_has(text, "://") ||
           (text.len > 0 && *text.bytes == '/' && text_has(text, "?"));
}

/* The attribute's text; empty if it is missing or not a string. */
static struct text find_text(struct otlp_attributes attributes,
                             const char *key) {
    const Otlp__AnyValue *value = otlp_attribute(attributes, key);
    return value && value->value_case == OTLP__ANY_VALUE__VALUE_STRING_VALUE
               ? text_of(value->string_value)
               : (struct text){"", 0};
}

static struct otlp_attributes attributes_of(const struct walk *walk) {
    return (struct otlp_attributes){walk->span->attributes,
                                    walk->span->n_attributes};
}

/* ---- the request of a span ---- */

static bool is_method(struct text text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)(text.bytes[i] | 0x20);
        if (c < 'a' || c > 'z')
            return false;
    }
    return text.len > 0 && text.len <= 16;
}

static void find_request(struct walk *walk) {
    static const char *const methods[] = {"http.request.method", "http.method"};
    static const char *const urls[] = {"url.full", "http.url", "http.target",
                                       "url.path"};
    walk->method = (struct text){"", 0};
    walk->route = NULL;
    for (size_t i = 0; i < 2 && walk->method.len == 0; i++) {
        struct text method = find_text(attributes_of(walk), methods[i]);
        if (is_method(method))
            walk->method = method;
    }
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct text url = find_text(attributes_of(walk), urls[i]);
        if (url.len == 0)
            continue;
        walk->route =
            routes_find(&walk->config->routes, walk->site, walk->method.bytes,
                        walk->method.len, url.bytes, url.len);
        if (!walk->route)
            walk->route = other;
        return;
    }
}

/* ---- labels ---- */

static bool is_listed(const struct walk *walk, const char *name) {
    return (walk->calls && family_rule(walk->calls, name)) ||
           (walk->duration && family_rule(walk->duration, name));
}

/* Open families get the labels with identity. Refuses a long value before each
 * span copies it. */
static enum point_result offer(struct walk *walk, bool identity,
                               const char *name, struct text value) {
    const long long max = walk->config->limits.label_value_bytes;
    const bool open = identity && !walk->calls && !walk->duration;
    if (!is_listed(walk, name) && !open)
        return POINT_FINE;
    if (value.len > (size_t)max)
        return points_refuse(walk->points, REJECT_LABEL_TOO_LONG, name,
                             "the value of the label %.100s has %zu bytes, "
                             "must have at most limits.label_value_bytes, %lld",
                             name, value.len, max);
    return points_offer(walk->points, identity, name, strlen(name), value.bytes,
                        value.len);
}

static enum point_result offer_string(struct walk *walk, bool identity,
                                      const char *name, const char *value) {
    return offer(walk, identity, name, (struct text){value, strlen(value)});
}

/* The names of the OpenTelemetry collector; unknown numbers are "". */
static const char *kind_of(const Otlp__Span *span) {
    static const char *const kinds[] = {
        "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER",
        "SPAN_KIND_CLIENT",      "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"};
    return span->kind >= 0 && span->kind < 6 ? kinds[span->kind] : "";
}

static const char *status_of(const Otlp__Span *span) {
    static const char *const codes[] = {"STATUS_CODE_UNSET", "STATUS_CODE_OK",
                                        "STATUS_CODE_ERROR"};
    const int32_t code = span->status ? span->status->code : 0;
    return code >= 0 && code < 3 ? codes[code] : "";
}

/* A name with a URL is replaced by method and route. */
static struct text name_of(struct walk *walk) {
    struct text name = text_of(walk->span->name);
    struct strbuf *made = &walk->name;
    if (!text_has(name, "://") && !text_has(name, "?"))
        return name;
    if (!walk->route || walk->route == other)
        return (struct text){other, strlen(other)};
    strbuf_reset(made);
    for (size_t i = 0; i < walk->method.len; i++)
        strbuf_add_char(made, (char)(walk->method.bytes[i] & ~0x20));
    strbuf_add_string(made, walk->method.len > 0 ? " " : "");
    strbuf_add_string(made, walk->route);
    return made->failed ? (struct text){"", 0}
                        : (struct text){made->data, made->len};
}

/* True for names that attributes cannot set: labels of the span, and URLs. */
static bool is_taken(const char *name) {
    static const char *const taken[] = {
        "service_name", "span_name",    "span_kind", "status_code",
        "route",        "url_full",     "url_path",  "url_query",
        "url_original", "url_fragment", "http_url",  "http_target"};
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (strcmp(name, taken[i]) == 0)
            return true;
    return false;
}

/* Empties a value that is a URL. */
static struct label without_url(struct label label) {
    if (is_url((struct text){label.value, label.value_len}))
        label.value_len = 0;
    return label;
}

/* Converts the attributes of a resource or span to labels, in chunks. */
static enum point_result read_labels(
    struct walk *walk, struct otlp_attributes attributes,
    enum point_result (*take)(struct walk *walk, const struct label *label)) {
    enum point_result result = POINT_FINE;
    for (size_t at = 0; at < attributes.count; at += PUSHED_LABELS_MAX) {
        struct otlp_attributes part = {attributes.items + at,
                                       attributes.count - at};
        struct otlp_labels labels;
        if (part.count > PUSHED_LABELS_MAX)
            part.count = PUSHED_LABELS_MAX;
        if (otlp_labels_read(part, "", &walk->points->out->arena, &labels) != 0)
            return POINT_NO_MEMORY;
        for (size_t i = 0; i < labels.count && result == POINT_FINE; i++) {
            const struct label label = without_url(labels.labels[i]);
            if (!is_taken(label.name))
                result = take(walk, &label);
        }
    }
    return result;
}

static enum point_result keep_label(struct walk *walk,
                                    const struct label *label) {
    if (is_listed(walk, label->name) && walk->label_count < PUSHED_LABELS_MAX)
        walk->labels[walk->label_count++] = *label;
    return POINT_FINE;
}

/* Offers a label; the first value of a name is kept. */
static enum point_result offer_label(struct walk *walk,
                                     const struct label *label) {
    const struct points *points = walk->points;
    if (label_find(points->offered, points->point.offered_count, label->name))
        return POINT_FINE;
    return offer(walk, false, label->name,
                 (struct text){label->value, label->value_len});
}

/* Offers the labels of the span, then those of the resource. */
static enum point_result offer_labels(struct walk *walk) {
    const Otlp__Span *span = walk->span;
    find_request(walk);
    enum point_result result = offer(walk, true, "service_name", walk->service);
    if (result == POINT_FINE)
        result = offer(walk, true, "span_name", name_of(walk));
    if (result == POINT_FINE)
        result = offer_string(walk, true, "span_kind", kind_of(span));
    if (result == POINT_FINE)
        result = offer_string(walk, true, "status_code", status_of(span));
    if (result == POINT_FINE && walk->route)
        result = offer_string(walk, false, "route", walk->route);
    if (result == POINT_FINE)
        result = read_labels(walk, attributes_of(walk), offer_label);
    for (size_t i = 0; i < walk->label_count && result == POINT_FINE; i++)
        result = offer_label(walk, &walk->labels[i]);
    return walk->name.failed ? POINT_NO_MEMORY : result;
}

/* ---- spans ---- */

static enum point_result observe(struct walk *walk, double *seconds) {
    const uint64_t start = walk->span->start_time_unix_nano;
    const uint64_t end = walk->span->end_time_unix_nano;
    struct points *points = walk->points;
    if (start == 0 || end == 0)
        return points_refuse(points, REJECT_INVALID_VALUE, NULL,
                             "the span has no %s, must have both times",
                             start == 0 ? "startTimeUnixNano"
                                        : "endTimeUnixNano");
    if (end < start)
        return points_refuse(
            points, REJECT_NEGATIVE_VALUE, NULL,
            "the span ends %g seconds before its start, must end after it",
            (double)(start - end) / 1e9);
    *seconds = (double)(end - start) / 1e9;
    if (*seconds > SPAN_SECONDS_MAX)
        return points_refuse(points, REJECT_INVALID_VALUE, NULL,
                             "the span takes %g seconds, must take at most %d",
                             *seconds, SPAN_SECONDS_MAX);
    struct observed *observed =
        arena_take(&points->out->arena, sizeof(*observed));
    if (!observed)
        return POINT_NO_MEMORY;
    *observed = (struct observed){*seconds, 1};
    points->point.observed = observed;
    points->point.observed_count = 1;
    return POINT_FINE;
}

static enum point_result add_calls(struct walk *walk) {
    struct pushed_series *calls;
    enum point_result result =
        points_also(walk->points, SPANS_CALLS, METRIC_COUNTER, NULL, 0, &calls);
    if (result == POINT_FINE)
        calls->value = 1;
    return result;
}

static enum point_result add_span(struct walk *walk) {
    const bool timed = walk->duration != NULL;
    const char *family = timed ? SPANS_DURATION : SPANS_CALLS;
    struct points *points = walk->points;
    struct pushed_series *series;
    double seconds = 0;
    enum point_result result = points_begin(points, family, strlen(family));
    points->point.temporality = TEMPORALITY_DELTA;
    if (result == POINT_FINE)
        result = offer_labels(walk);
    if (result == POINT_FINE && timed)
        result = observe(walk, &seconds);
    if (result == POINT_FINE && timed && walk->calls)
        result = add_calls(walk);
    if (result == POINT_FINE)
        result = points_add(points, timed ? METRIC_HISTOGRAM : METRIC_COUNTER,
                            "Spans that have ended.", "", &series);
    if (result != POINT_FINE)
        return result;
    series->value = 1;
    series->count = 1;
    series->sum = seconds;
    return result;
}

/* Returns NULL if no file lists the family. */
static const struct family *find_listed(const struct config *config,
                                        const char *name) {
    const struct family *family =
        registry_find(&config->registry, name, strlen(name));
    return family && !family->open ? family : NULL;
}

static enum point_result enter_resource(struct walk *walk,
                                        const Otlp__Resource *resource) {
    struct otlp_attributes attributes = {NULL, 0};
    if (resource)
        attributes = (struct otlp_attributes){resource->attributes,
                                              resource->n_attributes};
    walk->label_count = 0;
    walk->service = find_text(attributes, "service.name");
    if (is_url(walk->service))
        walk->service.len = 0;
    return read_labels(walk, attributes, keep_label);
}

static enum point_result add_spans(struct walk *walk,
                                   const Otlp__ResourceSpans *group) {
    enum point_result result = enter_resource(walk, group->resource);
    for (size_t i = 0; i < group->n_scope_spans; i++) {
        const Otlp__ScopeSpans *scope = group->scope_spans[i];
        for (size_t k = 0; k < scope->n_spans && result != POINT_NO_MEMORY;
             k++) {
            walk->span = scope->spans[k];
            result = add_span(walk);
        }
    }
    return result == POINT_NO_MEMORY ? result : POINT_FINE;
}

int spans_read(const char *bytes, size_t len, enum otlp_encoding encoding,
               const struct config *config, const char *site,
               struct points *points, struct err *err) {
    const Otlp__ExportTraceServiceRequest *request =
        (const Otlp__ExportTraceServiceRequest *)otlp_read(
            &otlp__export_trace_service_request__descriptor, bytes, len,
            encoding, &points->out->arena, err);
    struct walk walk = {.config = config,
                        .site = site,
                        .calls = find_listed(config, SPANS_CALLS),
                        .duration = find_listed(config, SPANS_DURATION),
                        .points = points};
    enum point_result result = POINT_FINE;
    if (!request)
        return -1;
    for (size_t i = 0; i < request->n_resource_spans && result == POINT_FINE;
         i++)
        result = add_spans(&walk, request->resource_spans[i]);
    strbuf_free(&walk.name);
    return result == POINT_FINE ? 0 : err_no_memory(err);
}
