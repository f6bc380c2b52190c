/* Bodies from OpenTelemetry's SDKs, and similar ones. */
#include "corpus.h"
#include "otlp_fixture.h"

/* Each file of the corpus, *.json or *.bin, yields exactly the text in the file
 * of the same name; JSON files in both encodings. */
static void reads(void **state) {
    const char *path = *state;
    struct strbuf body = corpus_read(path);
    bool json = strstr(path, ".json") != NULL;
    struct strbuf got =
        read_push(body.data, body.len, json ? OTLP_JSON : OTLP_PROTOBUF);
    corpus_expect(path, ".pushed", &got);
    if (json) {
        struct strbuf bytes = to_protobuf(body.data, body.len);
        struct strbuf same = read_push(bytes.data, bytes.len, OTLP_PROTOBUF);
        corpus_expect(path, ".pushed", &same);
        strbuf_free(&bytes);
        strbuf_free(&same);
    }
    strbuf_free(&body);
    strbuf_free(&got);
}

int main(void) {
    static struct CMUnitTest tests[64];
    size_t count = corpus_add("tests/data/otlp", reads, tests, 0, 64);
    return _cmocka_run_group_tests("metrics", tests, count, NULL, NULL);
}
