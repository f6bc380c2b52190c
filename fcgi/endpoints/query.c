/* /api/v1/query and related endpoints of Prometheus's HTTP API: access and
 * parameters. query_call.c makes the answers. */
#include <stdlib.h>
#include <string.h>

#include "endpoints/exchange.h"
#include "endpoints/view.h"
#include "http/form.h"
#include "metrics/metric.h"
#include "query/answer.h"
#include "query/parser.h"
#include "query/time.h"

/* Form fields; NULL where missing. */
struct fields {
    const char *query;
    size_t query_len;
    const char *time;
    const char *start;
    const char *end;
    const char *step;
    const char *limit;
    const char *metric;
    const char *type;
    const char *exclude_alerts;
};

/* Grafana chooses its requests by this version of Prometheus, which has the
 * endpoints here. */
#define API_VERSION "2.42.0"

static bool refuse(struct exchange *exchange, const char *why) {
    response_set(&exchange->response, 400, "%s", why);
    return false;
}

static bool out_of_memory(struct exchange *exchange) {
    exchange_no_memory(exchange);
    return false;
}

static bool take_selector(struct exchange *exchange, const char *text,
                          size_t len) {
    struct query_call *call = exchange->query;
    struct err err = {.code = ERR_NONE};
    if (call->catalog.selector_count == QUERY_SELECTORS_MAX)
        return refuse(exchange, "there are more than 64 parameters `match[]`");
    const struct selector *selector =
        parser_selector(text, len, &call->arena, &err);
    if (!selector && err.code == ERR_MEMORY)
        return out_of_memory(exchange);
    if (!selector && err.line == 0)
        return refuse(exchange, err.message);
    if (!selector) {
        response_set(&exchange->response, 400,
                     "invalid parameter \"match[]\": %u:%u: parse error: %s",
                     err.line, err.column, err.message);
        return false;
    }
    call->selectors[call->catalog.selector_count++] = selector;
    return true;
}

static bool take_rule_name(struct exchange *exchange, const char *name) {
    struct query_call *call = exchange->query;
    if (call->rules.name_count == QUERY_SELECTORS_MAX)
        return refuse(exchange,
                      "there are more than 64 parameters `rule_name[]`");
    call->rule_names[call->rules.name_count++] = name;
    return true;
}

/* The first field of a name counts; unknown ones are ignored. */
static bool take_field(struct exchange *exchange, struct fields *fields,
                       const struct strbuf *name, const struct strbuf *value) {
    const struct {
        const char *name;
        const char **value;
    } known[] = {{"query", &fields->query},
                 {"time", &fields->time},
                 {"start", &fields->start},
                 {"end", &fields->end},
                 {"step", &fields->step},
                 {"limit", &fields->limit},
                 {"metric", &fields->metric},
                 {"type", &fields->type},
                 {"exclude_alerts", &fields->exclude_alerts}};
    const char *copy =
        name->failed || value->failed
            ? NULL
            : arena_copy(&exchange->query->arena, value->data, value->len);
    if (!copy)
        return out_of_memory(exchange);
    if (strlen(copy) != value->len)
        return refuse(exchange, "a parameter has a NUL character");
    if (strcmp(name->data, "match[]") == 0)
        return take_selector(exchange, copy, value->len);
    if (strcmp(name->data, "rule_name[]") == 0)
        return take_rule_name(exchange, copy);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(name->data, known[i].name) == 0 && !*known[i].value) {
            *known[i].value = copy;
            if (i == 0)
                fields->query_len = value->len;
        }
    return true;
}

static bool take_form(struct exchange *exchange, struct fields *fields,
                      const char *text, size_t len) {
    struct form form = {text, text + len};
    struct strbuf name = {0};
    struct strbuf value = {0};
    bool taken = true;
    while (taken && form_next(&form, &name, &value))
        taken = take_field(exchange, fields, &name, &value);
    strbuf_free(&name);
    strbuf_free(&value);
    return taken;
}

/* Fields of the form take precedence over those of the URL. */
static bool read_fields(struct exchange *exchange, struct fields *fields) {
    static const char *const types[] = {"application/x-www-form-urlencoded",
                                        NULL};
    const struct request *request = &exchange->request;
    const char *query = request_query(request);
    *fields = (struct fields){.query = NULL};
    if (strcmp(request->method, "POST") == 0) {
        if (request->too_large) {
            response_set(&exchange->response, 413,
                         "the form is longer than `limits.body_bytes`");
            return false;
        }
        if (!request_media_type_is(request, types) ||
            *request->content_encoding != '\0') {
            response_set(&exchange->response, 415,
                         "the Content-Type must be %s, without a "
                         "Content-Encoding",
                         types[0]);
            return false;
        }
        if (request_cut_short(request))
            return refuse(exchange, "the form ends before its Content-Length");
        if (!take_form(exchange, fields, strbuf_text(&request->body),
                       request->body.len))
            return false;
    }
    return take_form(exchange, fields, query, strcspn(query, "#"));
}

static bool read_time(struct exchange *exchange, const char *name,
                      const char *text, int64_t *ms) {
    if (text && time_point(text, strlen(text), ms) == 0)
        return true;
    response_set(&exchange->response, 400,
                 "invalid parameter \"%s\": must be Unix seconds or a time "
                 "such as 2026-01-02T03:04:05Z",
                 name);
    return false;
}

static bool read_limit(struct exchange *exchange, const char *text,
                       size_t *limit) {
    *limit = 0;
    if (!text)
        return true;
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9' || *limit > 100000000)
            return refuse(exchange, "invalid parameter \"limit\": must be a "
                                    "natural number, at most 1000000000");
        *limit = *limit * 10 + (size_t)(*at - '0');
    }
    return true;
}

/* Creates the call and reads its fields. False once the request is answered. */
static bool begin(struct exchange *exchange,
                  const struct endpoint_context *context, enum query_kind kind,
                  struct fields *fields) {
    const struct string_list *families;
    if (!exchange_may_view(exchange, context, &families))
        return false;
    struct query_call *call = exchange->query = calloc(1, sizeof(*call));
    if (!call)
        return out_of_memory(exchange);
    call->kind = kind;
    call->families = families;
    call->now_ms = context->now_ms;
    call->catalog.selectors = call->selectors;
    call->rules.names = call->rule_names;
    if (!read_fields(exchange, fields) ||
        !read_limit(exchange, fields->limit, &call->catalog.limit))
        return false;
    call->text = fields->query;
    call->len = fields->query_len;
    if ((kind == QUERY_INSTANT || kind == QUERY_RANGE) && call->len == 0)
        return refuse(exchange, "invalid parameter \"query\": is missing");
    return true;
}

static void handle_query(struct exchange *exchange,
                         const struct endpoint_context *context) {
    struct fields fields;
    if (!begin(exchange, context, QUERY_INSTANT, &fields))
        return;
    exchange->query->start_ms = context->now_ms;
    if (!fields.time || *fields.time == '\0' ||
        read_time(exchange, "time", fields.time, &exchange->query->start_ms))
        exchange->state = EXCHANGE_QUERY;
}

static void handle_query_range(struct exchange *exchange,
                               const struct endpoint_context *context) {
    struct fields fields;
    if (!begin(exchange, context, QUERY_RANGE, &fields))
        return;
    struct query_call *call = exchange->query;
    if (!read_time(exchange, "start", fields.start, &call->start_ms) ||
        !read_time(exchange, "end", fields.end, &call->end_ms))
        return;
    if (!fields.step ||
        time_step(fields.step, strlen(fields.step), &call->step_ms) != 0)
        (void)refuse(exchange, "invalid parameter \"step\": must be seconds or "
                               "a duration such as 5m, above 0");
    else
        exchange->state = EXCHANGE_QUERY;
}

static void handle_labels(struct exchange *exchange,
                          const struct endpoint_context *context) {
    struct fields fields;
    if (!begin(exchange, context, QUERY_CATALOG, &fields))
        return;
    exchange->query->catalog.kind = CATALOG_LABELS;
    exchange->state = EXCHANGE_QUERY;
}

static void handle_series(struct exchange *exchange,
                          const struct endpoint_context *context) {
    struct fields fields;
    if (!begin(exchange, context, QUERY_CATALOG, &fields))
        return;
    exchange->query->catalog.kind = CATALOG_SERIES;
    if (exchange->query->catalog.selector_count == 0)
        (void)refuse(exchange, "no match[] parameter provided");
    else
        exchange->state = EXCHANGE_QUERY;
}

/* The NAME of label/NAME/values, not NUL-terminated; NULL for other paths. */
static const char *find_label(struct exchange *exchange,
                              const struct config *config, size_t *len) {
    static const char end[] = "/values";
    const size_t end_len = sizeof(end) - 1;
    const size_t begin_len = strlen(exchange->endpoint->path) + 1;
    bool encoded;
    const char *path =
        request_path(&exchange->request, config->mount, len, &encoded);
    if (!path || *len < begin_len + end_len ||
        memcmp(path + *len - end_len, end, end_len) != 0)
        return NULL;
    *len -= begin_len + end_len;
    path += begin_len;
    return memchr(path, '/', *len) ? NULL : path;
}

static void handle_label_values(struct exchange *exchange,
                                const struct endpoint_context *context) {
    struct fields fields;
    size_t len;
    if (!begin(exchange, context, QUERY_CATALOG, &fields))
        return;
    struct query_call *call = exchange->query;
    const char *name = find_label(exchange, context->config, &len);
    call->catalog.kind = CATALOG_VALUES;
    if (!name)
        response_set(&exchange->response, 404,
                     "the path must be /api/v1/label/NAME/values");
    else if (!label_name_valid(name, len))
        (void)refuse(exchange, "the path has no valid label name: must be "
                               "letters, digits and _");
    else if (!(call->catalog.label = arena_copy(&call->arena, name, len)))
        (void)out_of_memory(exchange);
    else
        exchange->state = EXCHANGE_QUERY;
}

static void handle_metadata(struct exchange *exchange,
                            const struct endpoint_context *context) {
    struct fields fields;
    if (!begin(exchange, context, QUERY_METADATA, &fields))
        return;
    exchange->query->text =
        fields.metric && *fields.metric ? fields.metric : NULL;
    exchange->state = EXCHANGE_QUERY;
}

static void handle_rules(struct exchange *exchange,
                         const struct endpoint_context *context) {
    struct fields fields;
    if (!begin(exchange, context, QUERY_RULES, &fields))
        return;
    struct rules_request *request = &exchange->query->rules;
    const char *type = fields.type ? fields.type : "";
    request->without_alerts =
        fields.exclude_alerts && (strcmp(fields.exclude_alerts, "true") == 0 ||
                                  strcmp(fields.exclude_alerts, "1") == 0);
    request->none = strcmp(type, "record") == 0;
    if (*type && !request->none && strcmp(type, "alert") != 0)
        (void)refuse(exchange, "invalid parameter \"type\": must be alert or "
                               "record");
    else
        exchange->state = EXCHANGE_QUERY;
}

static void handle_alerts(struct exchange *exchange,
                          const struct endpoint_context *context) {
    struct fields fields;
    if (begin(exchange, context, QUERY_ALERTS, &fields))
        exchange->state = EXCHANGE_QUERY;
}

static void handle_buildinfo(struct exchange *exchange,
                             const struct endpoint_context *context) {
    const struct string_list *families;
    struct response *response = &exchange->response;
    if (!exchange_may_view(exchange, context, &families))
        return;
    response->status = 200;
    response->content_type = exposition_content_type(EXPOSITION_JSON);
    strbuf_add_string(&response->body,
                      "{\"status\":\"success\",\"data\":{\"version\":"
                      "\"" API_VERSION "\",\"revision\":\"\",\"branch\":\"\","
                      "\"buildUser\":\"\",\"buildDate\":\"\",\"goVersion\":"
                      "\"\"}}");
}

static void explain(struct exchange *exchange) {
    query_explain(&exchange->response);
}

#define QUERY_ENDPOINT(ID, name, at, all_below)                                \
    const struct endpoint endpoint_##name = {.id = ENDPOINT_##ID,              \
                                             .path = "api/v1/" at,             \
                                             .methods = "GET, HEAD, POST",     \
                                             .below = (all_below),             \
                                             .handle = handle_##name,          \
                                             .explain = explain}
QUERY_ENDPOINT(BUILDINFO, buildinfo, "status/buildinfo", false);
QUERY_ENDPOINT(QUERY, query, "query", false);
QUERY_ENDPOINT(QUERY_RANGE, query_range, "query_range", false);
QUERY_ENDPOINT(LABELS, labels, "labels", false);
QUERY_ENDPOINT(LABEL_VALUES, label_values, "label", true);
QUERY_ENDPOINT(SERIES, series, "series", false);
QUERY_ENDPOINT(METADATA, metadata, "metadata", false);
QUERY_ENDPOINT(RULES, rules, "rules", false);
QUERY_ENDPOINT(ALERTS, alerts, "alerts", false);
