/* PUT, POST and DELETE of /metrics and below: metric families from programs, as
 * for a Pushgateway or an aggregation gateway. */
#include <string.h>
#include <strings.h>

#include "endpoints/push_request.h"
#include "http/media.h"
#include "ingest/admit.h"
#include "ingest/group_path.h"
#include "ingest/protobuf.h"
#include "ingest/text/text.h"

/* A body format and its media types. */
struct format {
    const char *name;         /* for a message */
    const char *const *types; /* NULL-terminated */
    const char *encoding;     /* media type parameter; NULL: any */
    int (*ingest)(const char *bytes, size_t len, struct pushed *out,
                  struct err *err);
};

/* The default media types of curl and other programs are read as text, as the
 * gateways do. */
static const struct format formats[] = {
    {"text/plain",
     (const char *const[]){"", "text/plain",
                           "application/x-www-form-urlencoded",
                           "application/octet-stream", NULL},
     NULL, ingest_prometheus},
    {"application/openmetrics-text",
     (const char *const[]){"application/openmetrics-text", NULL}, NULL,
     ingest_openmetrics},
    {"application/vnd.google.protobuf with encoding=delimited",
     (const char *const[]){"application/vnd.google.protobuf", NULL},
     "delimited", ingest_protobuf},
};
enum { FORMATS = sizeof(formats) / sizeof(formats[0]) };

/* NULL if no format has the media type. */
static const struct format *find_format(const struct request *request) {
    const struct media media = {request->content_type,
                                strlen(request->content_type)};
    char encoding[MEDIA_VALUE_SIZE];
    media_parameter(&media, "encoding", encoding);
    for (size_t i = 0; i < FORMATS; i++)
        if (request_media_type_is(request, formats[i].types) &&
            (!formats[i].encoding ||
             strcasecmp(encoding, formats[i].encoding) == 0))
            return &formats[i];
    return NULL;
}

static void reject_media_type(struct exchange *exchange,
                              const struct endpoint_context *context) {
    struct strbuf names = {0};
    for (size_t i = 0; i < FORMATS; i++) {
        const char *before = i == 0 ? "" : i + 1 < FORMATS ? ", " : " or ";
        strbuf_printf(&names, "%s%s", before, formats[i].name);
    }
    push_reject(exchange, context, PUSH_MEDIA_TYPE, 415,
                "Content-Type must be %s", names.data ? names.data : "another");
    strbuf_free(&names);
}

static bool check_trust(struct exchange *exchange,
                        const struct endpoint_context *context,
                        const struct string_list **families) {
    struct trust trust = trust_of(&exchange->request, context->config);
    *families = trust.families;
    if (trust.trusted)
        return true;
    push_reject_untrusted(exchange, context, &trust);
    return false;
}

static bool read_path(struct exchange *exchange,
                      const struct endpoint_context *context,
                      struct group_path *group) {
    size_t len;
    bool encoded;
    struct err err = {.code = ERR_NONE};
    const struct config *config = context->config;
    const char *path =
        request_path(&exchange->request, config->mount, &len, &encoded);
    if (group_path_read(path, len, encoded,
                        (size_t)config->limits.label_value_bytes,
                        &exchange->batch.arena, group, &err) == 0)
        return true;
    push_reject_err(exchange, context, PUSH_PATH, &err);
    return false;
}

/* The removal is committed before the pushes of the same turn. */
static void remove_group(struct exchange *exchange,
                         const struct endpoint_context *context,
                         const struct group_path *group,
                         const struct string_list *families) {
    if (group->count == 0) {
        push_reject(
            exchange, context, PUSH_PATH, 400,
            "path: has no label, must name the series to remove, such as "
            "/metrics/job/J");
        return;
    }
    struct removal *removal =
        arena_take(&exchange->batch.arena, sizeof(*removal));
    if (!removal) {
        push_unavailable(exchange, context, "out of memory");
        return;
    }
    *removal = (struct removal){group->labels, group->count, families};
    exchange->batch.removal = removal;
    exchange->state = EXCHANGE_COMMIT;
}

/* An empty body, in any format, records only that the group was pushed. */
static int ingest(struct exchange *exchange, const struct format *format,
                  struct err *err) {
    const struct strbuf *body = &exchange->request.body;
    pushed_reset(&exchange->pushed);
    return body->len > 0
               ? format->ingest(body->data, body->len, &exchange->pushed, err)
               : 0;
}

static size_t count_series(const struct pushed *pushed) {
    size_t count = 0;
    for (size_t i = 0; i < pushed_count(pushed); i++)
        count += pushed->families[i].count;
    return count;
}

/* families: patterns of those that the caller may push; NULL: any. */
static struct admission admission_of(const struct endpoint_context *context,
                                     const struct group_path *group,
                                     const struct string_list *families) {
    return (struct admission){.config = context->config,
                              .families = families,
                              .path = group->labels,
                              .path_count = group->count,
                              .path_wins = group->pushgateway,
                              .now = (double)context->now_ms / 1000};
}

/* After a refused and answered push: commits the failure time of its group, if
 * it has one. */
static void record_failure(struct exchange *exchange,
                           const struct admission *admission) {
    struct err ignored;
    struct admission failed = *admission;
    struct batch *batch = &exchange->batch;
    failed.failed = true;
    pushed_reset(&exchange->pushed);
    batch->count = 0;
    batch->refused = false;
    if (admission->path_count > 0 && batch->refusal != REJECT_FORBIDDEN &&
        admit(&exchange->pushed, &failed, batch, &ignored) == 0 &&
        batch->groups[0].failed_at > 0)
        exchange->state = EXCHANGE_COMMIT;
}

/* Answers a well-formed push that was refused. */
static void refuse(struct exchange *exchange,
                   const struct endpoint_context *context,
                   const struct err *err) {
    const struct batch *batch = &exchange->batch;
    bool forbidden = batch->refusal == REJECT_FORBIDDEN;
    push_reject(exchange, context, PUSH_REFUSED, forbidden ? 403 : 400,
                "%s; nothing was counted%s", err->message,
                reject_reason_link(batch->refusal));
    push_count_refused(exchange, context, count_series(&exchange->pushed));
}

static void parse(struct exchange *exchange,
                  const struct endpoint_context *context,
                  const struct format *format, const struct group_path *group,
                  const struct string_list *families) {
    struct err err = {.code = ERR_NONE};
    const struct admission admission = admission_of(context, group, families);
    if (ingest(exchange, format, &err) != 0) {
        push_reject_err(exchange, context, PUSH_MALFORMED, &err);
        /* A Pushgateway records no failure for a body it cannot parse. */
        if (err.code != ERR_MEMORY && err.code != ERR_SYNTAX)
            record_failure(exchange, &admission);
    } else if (admit(&exchange->pushed, &admission, &exchange->batch, &err) ==
               0) {
        push_trace(exchange, context);
        exchange->state = EXCHANGE_COMMIT;
    } else if (exchange->batch.refused) {
        refuse(exchange, context, &err);
        record_failure(exchange, &admission);
    } else {
        push_unavailable(exchange, context, err.message);
    }
}

static void push(struct exchange *exchange,
                 const struct endpoint_context *context,
                 const struct group_path *group,
                 const struct string_list *families) {
    const struct format *format = find_format(&exchange->request);
    if (!format)
        reject_media_type(exchange, context);
    else if (push_body(exchange, context))
        parse(exchange, context, format, group, families);
}

static void handle(struct exchange *exchange,
                   const struct endpoint_context *context) {
    struct group_path group;
    const struct string_list *families;
    if (!push_origin(exchange, context) || !push_method(exchange, context) ||
        !check_trust(exchange, context, &families) ||
        !read_path(exchange, context, &group))
        return;
    exchange->status_if_committed = group.pushgateway ? 200 : 202;
    if (strcmp(exchange->request.method, "DELETE") == 0)
        remove_group(exchange, context, &group, families);
    else
        push(exchange, context, &group, families);
}

/* The push was refused before the commit, which only records the failure. */
static bool was_refused(const struct exchange *exchange) {
    return exchange->response.status >= 400;
}

static void committed(struct exchange *exchange,
                      const struct endpoint_context *context) {
    const struct batch *batch = &exchange->batch;
    if (was_refused(exchange))
        return;
    if (batch->refused && batch->refusal == REJECT_NOT_STORED) {
        push_not_stored(exchange, context);
        return;
    }
    if (batch->refused) {
        refuse(exchange, context, &batch->why);
        return;
    }
    push_count(exchange, context);
    if (batch->removal)
        response_set(&exchange->response, 202,
                     "%zu series removed, %zu set to zero", batch->removed,
                     batch->zeroed);
    else
        exchange->response.status = exchange->status_if_committed;
}

static void refused(struct exchange *exchange,
                    const struct endpoint_context *context,
                    const char *reason) {
    if (was_refused(exchange))
        return;
    push_unavailable(exchange, context, reason);
}

const struct endpoint endpoint_push = {.id = ENDPOINT_PUSH,
                                       .path = "metrics",
                                       .methods = "PUT, POST, DELETE, OPTIONS",
                                       .telemetry = "exposition",
                                       .below = true,
                                       .trusted_body = true,
                                       .handle = handle,
                                       .committed = committed,
                                       .refused = refused};
