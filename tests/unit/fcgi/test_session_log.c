/* Log lines of session messages: the keys, and that no value can end the line
 * or add a key. */
#include "endpoints/session_log.h"

#include "base/json.h"
#include "check.h"

#define LABELS                                                                 \
    {                                                                          \
        {"dashboard_name", BYTES("Web shop")}, {"dashboard_uid", BYTES("d1")}, \
            {"grafana_env", BYTES("production")},                              \
            {"grafana_host", BYTES("g.example.org:3000")},                     \
            {"user_login", BYTES("mlovelace")}, {                              \
            "user_role", BYTES("editor")                                       \
        }                                                                      \
    }

static const struct {
    const char *name;
    enum session_log_format format;
    enum session_kind kind;
    bool focused;
    double time;
    const char *want;
} lines[] = {
    {"logfmt", SESSION_LOG_LOGFMT, SESSION_START, true, 1763721600,
     "level=info msg=\"Received session data\" uuid=u-1 type=start "
     "has_focus=true dashboard_name=\"Web shop\" dashboard_uid=d1 "
     "env=production host=g.example.org:3000 user_login=mlovelace "
     "user_role=editor time=1763721600\n"},
    {"JSON", SESSION_LOG_JSON, SESSION_END, false, 1763721600,
     "{\"level\":\"info\",\"msg\":\"Received session data\",\"uuid\":\"u-1\","
     "\"type\":\"end\",\"has_focus\":false,\"dashboard_name\":\"Web shop\","
     "\"dashboard_uid\":\"d1\",\"env\":\"production\","
     "\"host\":\"g.example.org:3000\",\"user_login\":\"mlovelace\","
     "\"user_role\":\"editor\",\"time\":1763721600}\n"},
    {"off", SESSION_LOG_OFF, SESSION_HEARTBEAT, false, 1763721600, ""},
};

static void test_lines(void **state) {
    static const struct label labels[] = LABELS;
    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        const struct session_message message = {
            .uuid = "u-1", .kind = lines[i].kind, .focused = lines[i].focused};
        struct strbuf out = {0};
        session_log_write(lines[i].format, &message, lines[i].time, labels,
                          COUNT(labels), &out);
        check_text(lines[i].name, out.data ? out.data : "", lines[i].want);
        strbuf_free(&out);
    }
}

/* A value in logfmt; in JSON it is always quoted. */
static const struct {
    const char *value;
    size_t len;
    const char *want;
    bool plain; /* in logfmt without the quotes */
} values[] = {
    {BYTES("x"), "\"x\"", true},
    {BYTES("~!,:;[](){}'`/"), "\"~!,:;[](){}'`/\"", true},
    {BYTES("Küche 倉庫 🍵"), "\"Küche 倉庫 🍵\"", false},
    {BYTES("a b"), "\"a b\"", false},
    {BYTES("x user_role=admin"), "\"x user_role=admin\"", false},
    {BYTES("x=y"), "\"x=y\"", false},
    {BYTES("x\" level=\"error"), "\"x\\\" level=\\\"error\"", false},
    {BYTES("x\\"), "\"x\\\\\"", false},
    {BYTES("x\\\" y=z"), "\"x\\\\\\\" y=z\"", false},
    {BYTES("x\nlevel=error"), "\"x\\nlevel=error\"", false},
    {BYTES("x\r\ny"), "\"x\\u000d\\ny\"", false},
    {BYTES("\t\v\f"), "\"\\u0009\\u000b\\u000c\"", false},
    {BYTES("\x01\x1b[31m\x7f"), "\"\\u0001\\u001b[31m\\u007f\"", false},
    {BYTES("\xc2\x85\xc2\x9b\xc2\x9f\xc2\xa0"),
     "\"\\u0085\\u009b\\u009f\xc2\xa0\"", false},
    {BYTES("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae\xe2\x80\xaf"),
     "\"\xe2\x80\xa7\\u2028\\u2029\\u202e\xe2\x80\xaf\"", false},
    {BYTES("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa"),
     "\"\\u2065\\u2066\\u2069\\u206a\"", false},
    {BYTES("\xe2\x80\x8b\xd8\x9c\xef\xbb\xbf"), "\"\\u200b\\u061c\\ufeff\"",
     false},
    {BYTES(""), "\"\"", false},
};

/* The value of a label between two others. */
static void check_value(enum session_log_format format, size_t i) {
    static const struct session_message message = {.uuid = "u"};
    const struct label label = {"user_name", values[i].value, values[i].len};
    struct strbuf out = {0};
    struct strbuf want = {0};
    size_t len = strlen(values[i].want);
    bool json = format == SESSION_LOG_JSON;
    bool plain = !json && values[i].plain;
    strbuf_printf(&want, "%s%.*s%s", json ? "\"user_name\":" : " user_name=",
                  (int)(plain ? len - 2 : len),
                  values[i].want + (plain ? 1 : 0),
                  json ? ",\"time\":5}\n" : " time=5\n");
    session_log_write(format, &message, 5, &label, 1, &out);
    const char *at = strstr(out.data, json ? "\"user_name\"" : " user_name=");
    check_text(values[i].want, at, want.data);
    assert_ptr_equal(strchr(out.data, '\n'), out.data + out.len - 1);
    strbuf_free(&out);
    strbuf_free(&want);
}

static void test_values(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        check_value(SESSION_LOG_LOGFMT, i);
        check_value(SESSION_LOG_JSON, i);
    }
}

/* A uuid is printable, but may have spaces and quotes. */
static void test_uuid(void **state) {
    static const struct session_message message = {
        .uuid = "x\" type=end uuid=\"y\\"};
    struct strbuf out = {0};
    (void)state;
    session_log_write(SESSION_LOG_LOGFMT, &message, 5, NULL, 0, &out);
    assert_string_equal(out.data,
                        "level=info msg=\"Received session data\" "
                        "uuid=\"x\\\" type=end uuid=\\\"y\\\\\" type=start "
                        "has_focus=false time=5\n");
    strbuf_free(&out);
}

/* The JSON line parses to the message's values. */
static void test_read_back(void **state) {
    static const struct session_message message = {.uuid = "u"};
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        const struct label label = {"user_name", values[i].value,
                                    values[i].len};
        struct strbuf out = {0};
        struct err err = {.code = ERR_NONE};
        struct json_object *document;
        size_t len;
        session_log_write(SESSION_LOG_JSON, &message, 5, &label, 1, &out);
        if (json_read(out.data, out.len, &document, &err) != 0)
            fail_msg("%s: %s", out.data, err.message);
        const char *text = json_string(json_get(document, "user_name"), &len);
        check_bytes(out.data, text, len, values[i].value, values[i].len);
        json_free(document);
        strbuf_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_uuid),
        cmocka_unit_test(test_read_back),
    };
    return cmocka_run_group_tests_name("session_log", tests, NULL, NULL);
}
