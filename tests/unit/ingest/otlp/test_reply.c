#include "ingest/otlp/reply.h"

#include "protobuf_notation.h"

static const struct {
    const char *name;
    uint64_t rejected;
    const char *message;
    size_t len;
    const char *json;
    const char *protobuf; /* see protobuf_notation.h */
} responses[] = {
    {"all accepted", 0, BYTES(""), "{}", ""},
    {"some rejected", 3, BYTES("\"m\" \xc3\xa9\n"),
     "{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":"
     "\"\\\"m\\\" \xc3\xa9\\n\"}}",
     "1{1=3 2'\"m\" \xc3\xa9%0a'}"},
    {"a warning", 0, BYTES("w"),
     "{\"partialSuccess\":{\"rejectedSpans\":\"0\",\"errorMessage\":\"w\"}}",
     "1{2'w'}"},
    {"cut within a character", 1, BYTES("m\xc3"),
     "{\"partialSuccess\":{\"rejectedSpans\":\"1\",\"errorMessage\":\"m\"}}",
     "1{1=1 2'm'}"},
};

static void response(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(responses); i++) {
        struct strbuf json = {0};
        struct strbuf protobuf = {0};
        struct strbuf want = {0};
        otlp_write_response(OTLP_JSON, "rejectedSpans", responses[i].rejected,
                            responses[i].message, responses[i].len, &json);
        otlp_write_response(OTLP_PROTOBUF, "rejectedSpans",
                            responses[i].rejected, responses[i].message,
                            responses[i].len, &protobuf);
        check_text(responses[i].name, json.data, responses[i].json);
        put_fields(&want, responses[i].protobuf);
        check_bytes(responses[i].name, protobuf.data, protobuf.len, want.data,
                    want.len);
        strbuf_free(&json);
        strbuf_free(&protobuf);
        strbuf_free(&want);
    }
}

static void status(void **state) {
    struct strbuf json = {0};
    struct strbuf protobuf = {0};
    struct strbuf want = {0};
    (void)state;
    otlp_write_status(OTLP_JSON, 3, BYTES("not \"JSON\"\xff."), &json);
    otlp_write_status(OTLP_PROTOBUF, 3, BYTES("not \"JSON\"\xff."), &protobuf);
    check_text("JSON", json.data,
               "{\"code\":3,\"message\":\"not \\\"JSON\\\"\"}");
    put_fields(&want, "1=3 2'not \"JSON\"'");
    check_bytes("protobuf", protobuf.data, protobuf.len, want.data, want.len);
    strbuf_free(&json);
    strbuf_free(&protobuf);
    strbuf_free(&want);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(response),
        cmocka_unit_test(status),
    };
    return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
