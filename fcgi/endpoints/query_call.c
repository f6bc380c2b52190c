#include "endpoints/query_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoints/snapshot.h"
#include "http/log.h"
#include "query/answer.h"

/* The time limit of a query. */
static const double SECONDS_MAX = 1;

static const char json_type[] = "application/json";

void query_call_free(struct query_call *call) {
    if (!call)
        return;
    arena_free(&call->arena);
    free(call);
}

static void set_error(struct response *response, int status, const char *type,
                      const char *message, size_t len) {
    struct strbuf body = {0};
    answer_error(type, message, len, &body);
    response_set(response, status, "%s", "");
    strbuf_free(&response->body);
    response->body = body;
    response->content_type = json_type;
}

void query_explain(struct response *response) {
    static const struct {
        int status;
        const char *type;
    } types[] = {{401, "unauthorized"}, {403, "forbidden"},
                 {404, "not_found"},    {422, "execution"},
                 {429, "unavailable"},  {500, "internal"},
                 {503, "unavailable"}};
    const char *type = "bad_data";
    struct strbuf line = response->body;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (types[i].status == response->status)
            type = types[i].type;
    response->body = (struct strbuf){0};
    set_error(response, response->status, type, strbuf_text(&line),
              line.len > 0 ? line.len - 1 : 0);
    strbuf_free(&line);
}

struct deadline {
    double (*seconds)(void);
    double end;
};

static bool expired(void *context) {
    const struct deadline *deadline = context;
    return deadline->seconds() >= deadline->end;
}

static int answer(const struct query_source *source,
                  const struct query_call *call, struct strbuf *out,
                  struct err *err) {
    switch (call->kind) {
    case QUERY_INSTANT:
        return answer_instant(source, call->text, call->len, call->start_ms,
                              out, err);
    case QUERY_RANGE:
        return answer_range(source, call->text, call->len, call->start_ms,
                            call->end_ms, call->step_ms, out, err);
    case QUERY_CATALOG:
        return catalog_answer(source, &call->catalog, out, err);
    case QUERY_METADATA:
        return catalog_metadata(source, call->text, call->catalog.limit, out,
                                err);
    case QUERY_RULES:
        return rules_answer(source, &call->rules, out, err);
    case QUERY_ALERTS:
        break;
    }
    return rules_alerts(source, out, err);
}

static int read_and_answer(const struct query_run *run, struct strbuf *out,
                           struct err *err) {
    struct deadline deadline = {run->seconds, run->seconds() + SECONDS_MAX};
    if (snapshot_begin(run->reader, run->config, err) != 0)
        return -1;
    const struct query_source source = {.config = run->config,
                                        .reader = *run->reader,
                                        .families = run->call->families,
                                        .now_ms = run->call->now_ms,
                                        .expired = expired,
                                        .context = &deadline};
    reader_limit(*run->reader, expired, &deadline);
    int result = answer(&source, run->call, out, err);
    reader_limit(*run->reader, NULL, NULL);
    if (result != 0 && expired(&deadline))
        result = err_set(err, ERR_DEADLINE,
                         "the query took longer than a second; ask for fewer "
                         "series or a shorter time");
    reader_end(*run->reader);
    return result;
}

/* Logs a failure unless it is the same as the last one. */
static void report_failure(const struct query_run *run, const struct err *err) {
    if (run->logged && strcmp(run->logged->message, err->message) != 0)
        log_error("a query failed: %s", err->message);
    if (run->logged)
        *run->logged = *err;
}

static void refuse(const struct query_run *run, const struct err *err,
                   struct response *response) {
    char message[sizeof(err->message) + 80];
    int len;
    if (err->line > 0)
        len = snprintf(message, sizeof(message),
                       "invalid parameter \"query\": %u:%u: parse error: %s",
                       err->line, err->column, err->message);
    else
        len = snprintf(message, sizeof(message), "%s", err->message);
    switch (err->code) {
    case ERR_SYNTAX:
        set_error(response, 400, "bad_data", message, (size_t)len);
        return;
    case ERR_VALUE:
    case ERR_LIMIT:
        set_error(response, 422, "execution", message, (size_t)len);
        return;
    case ERR_DEADLINE:
        set_error(response, 503, "timeout", message, (size_t)len);
        return;
    default:
        break;
    }
    set_error(response, 503, "unavailable", message, (size_t)len);
    response_add_header(response, "Retry-After", "1");
    if (err->code == ERR_STALE)
        return;
    report_failure(run, err);
    reader_close(*run->reader);
    *run->reader = NULL;
}

void query_run(const struct query_run *run, struct response *response) {
    struct err err = {.code = ERR_NONE};
    if (read_and_answer(run, &response->body, &err) == 0) {
        response->status = 200;
        response->content_type = json_type;
        return;
    }
    refuse(run, &err, response);
}
