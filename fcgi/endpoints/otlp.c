#include "endpoints/otlp.h"

#include "ingest/otlp/reply.h"

static const char *const protobuf_types[] = {"application/x-protobuf", NULL};

const char *const otlp_types[] = {"application/json", "application/x-protobuf",
                                  NULL};

const char otlp_wanted[] = "application/json or application/x-protobuf";

enum otlp_encoding otlp_encoding_of(const struct request *request) {
    return request_media_type_is(request, protobuf_types) ? OTLP_PROTOBUF
                                                          : OTLP_JSON;
}

/* Also empties the body. */
static void set_type(struct exchange *exchange) {
    exchange->response.content_type =
        otlp_encoding_of(&exchange->request) == OTLP_JSON
            ? "application/json"
            : "application/x-protobuf";
    strbuf_reset(&exchange->response.body);
}

void otlp_reply(struct exchange *exchange, const char *key, const char *noun,
                const char *note) {
    const struct batch *batch = &exchange->batch;
    struct strbuf message = {.len = 0};
    size_t rejected = batch->repeated ? 0 : batch_rejected(batch);
    strbuf_add_string(&message, note);
    if (rejected > 0) {
        strbuf_add_string(&message, *note ? "; " : "");
        batch_write_refusals(batch, noun, &message);
    }
    exchange->response.status = 200;
    set_type(exchange);
    otlp_write_response(otlp_encoding_of(&exchange->request), key, rejected,
                        strbuf_text(&message), message.len,
                        &exchange->response.body);
    strbuf_free(&message);
}

/* google.rpc.Code. */
enum rpc_code {
    INVALID_ARGUMENT = 3,
    PERMISSION_DENIED = 7,
    RESOURCE_EXHAUSTED = 8,
    UNIMPLEMENTED = 12,
    INTERNAL = 13,
    UNAVAILABLE = 14,
    UNAUTHENTICATED = 16
};

static enum rpc_code code_of(int status) {
    static const struct {
        int status;
        enum rpc_code code;
    } codes[] = {
        {400, INVALID_ARGUMENT},   {401, UNAUTHENTICATED},
        {403, PERMISSION_DENIED},  {405, UNIMPLEMENTED},
        {413, RESOURCE_EXHAUSTED}, {415, INVALID_ARGUMENT},
        {429, RESOURCE_EXHAUSTED}, {503, UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].status == status)
            return codes[i].code;
    return INTERNAL;
}

void otlp_explain(struct exchange *exchange) {
    struct strbuf *body = &exchange->response.body;
    struct strbuf line = *body;
    *body = (struct strbuf){.len = 0};
    if (line.len > 0 && line.data[line.len - 1] == '\n')
        line.len--;
    set_type(exchange);
    otlp_write_status(otlp_encoding_of(&exchange->request),
                      code_of(exchange->response.status), strbuf_text(&line),
                      line.len, body);
    strbuf_free(&line);
}
