/* Messages of Grafana's analytics panel: those in tests/data/session/ok are
 * read, with the result in the file beside each; those in
 * tests/data/session/bad are refused with exactly the error beside them. */
#include "sessions/message.h"

#include "base/json_writer.h"
#include "base/number.h"
#include "check.h"
#include "corpus.h"
#include "guard.h"
#include "sessions/fields.h"

enum { VALUE_MAX = 40 };

/* Larger allocations fail. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1:max_allocation_size_mb=16";
}

static void dump_number(const char *name, double value, struct strbuf *out) {
    char number[NUMBER_SIZE];
    (void)number_format(value, number);
    strbuf_printf(out, "%s %s\n", name, number);
}

static void dump_text(const char *what, const char *name, const char *value,
                      size_t len, struct strbuf *out) {
    assert_int_equal(strlen(value), len);
    strbuf_printf(out, "%s %s=", what, name);
    json_write_string(value, len, JSON_ESCAPE_CONTROL, out);
    strbuf_add_char(out, '\n');
}

static void dump(const struct session_message *message, struct strbuf *out) {
    static const char *const kinds[] = {"start", "heartbeat", "end"};
    strbuf_printf(out, "%s %s%s%s\n", kinds[message->kind], message->uuid,
                  message->focused ? " focused" : "",
                  message->ignored ? " ignored" : "");
    dump_number("interval", message->heartbeat_interval, out);
    dump_number("time", message->time, out);
    for (size_t i = 0; i < message->label_count; i++) {
        const struct label *label = &message->labels[i];
        dump_text("label", label->name, label->value, label->value_len, out);
    }
    for (size_t i = 0; i < message->variable_count; i++) {
        const struct session_variable *variable = &message->variables[i];
        dump_text("variable", variable->name, variable->value,
                  variable->value_len, out);
    }
}

/* Reads a copy that ends at unreadable memory and is freed before the message
 * is checked. */
static int ingest(const char *text, size_t len, size_t value_max,
                  struct arena *arena, struct session_message *out,
                  struct err *err) {
    char *copy = guard_place(text, len);
    int result = ingest_session(copy, len, value_max, arena, out, err);
    memset(copy, '?', len);
    return result;
}

static struct strbuf dump_of(const char *text, size_t len, size_t value_max) {
    struct strbuf got = {0};
    struct arena arena = {0};
    struct session_message message;
    struct err err = {.code = ERR_NONE};
    if (ingest(text, len, value_max, &arena, &message, &err) != 0)
        fail_msg("%u:%u: %s", err.line, err.column, err.message);
    dump(&message, &got);
    arena_free(&arena);
    return got;
}

static void test_ok(void **state) {
    struct strbuf text = corpus_read(*state);
    struct strbuf got = dump_of(text.data, text.len, VALUE_MAX);
    corpus_expect(*state, ".out", &got);
    strbuf_free(&got);
    strbuf_free(&text);
}

static void check_empty(const struct session_message *message) {
    assert_null(message->uuid);
    assert_int_equal(message->label_count, 0);
    assert_int_equal(message->variable_count, 0);
}

static void test_bad(void **state) {
    struct strbuf text = corpus_read(*state);
    struct strbuf got = {0};
    struct arena arena = {0};
    struct session_message message;
    struct err err = {.code = ERR_NONE};
    assert_int_equal(
        ingest(text.data, text.len, VALUE_MAX, &arena, &message, &err), -1);
    if (err.line > 0)
        strbuf_printf(&got, "%u:%u: ", err.line, err.column);
    strbuf_printf(&got, "%s\n", err.message);
    assert_int_equal(err.code, err.line > 0 ? ERR_SYNTAX : ERR_VALUE);
    corpus_expect(*state, ".err", &got);
    check_empty(&message);
    arena_free(&arena);
    strbuf_free(&got);
    strbuf_free(&text);
}

/* A truncated message is refused. */
static void test_truncated_message_is_refused(void **state) {
    struct strbuf text = corpus_read(*state);
    struct arena arena = {0};
    while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]))
        text.len--;
    for (size_t len = 0; len < text.len; len++) {
        struct session_message message;
        struct err err = {.code = ERR_NONE};
        if (ingest(text.data, len, VALUE_MAX, &arena, &message, &err) != -1)
            fail_msg("accepted: %.*s", (int)len, text.data);
        assert_int_equal(err.code, ERR_SYNTAX);
        assert_true(err.line > 0 && err.column > 0);
        check_empty(&message);
        arena_reset(&arena);
    }
    arena_free(&arena);
    strbuf_free(&text);
}

/* A message reads the same, whatever part of it is flattened. */
static void test_shapes(void **state) {
    static const char *const shapes[] = {"panel-spaced", "panel-flat",
                                         "panel-flat-2", "panel-flat-3"};
    struct strbuf text = corpus_read("tests/data/session/ok/panel.json");
    struct strbuf want = dump_of(text.data, text.len, VALUE_MAX);
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        char path[64];
        (void)snprintf(path, sizeof(path), "tests/data/session/ok/%s.json",
                       shapes[i]);
        struct strbuf other = corpus_read(path);
        struct strbuf got = dump_of(other.data, other.len, VALUE_MAX);
        check_text(shapes[i], got.data, want.data);
        strbuf_free(&got);
        strbuf_free(&other);
    }
    strbuf_free(&want);
    strbuf_free(&text);
}

/* The e-mail address is not kept, even if the user has no other name. */
static void test_email_is_never_kept(void **state) {
    struct strbuf text = corpus_read("tests/data/session/ok/panel.json");
    struct strbuf got = dump_of(text.data, text.len, 1000);
    (void)state;
    assert_non_null(strstr(text.data, "mary@example.org"));
    assert_null(strstr(got.data, "mary@"));
    strbuf_free(&got);
    strbuf_free(&text);
}

/* Values are cut at the end of a character; names of variables are not cut. */
static void test_lengths(void **state) {
    static const char text[] =
        "{\"uuid\":\"long-as-it-is\",\"dashboard\":{\"name\":\"aé€😀z\"},"
        "\"host\":{\"hostname\":\"h\",\"port\":\"1\"},"
        "\"variables\":[{\"name\":\"v\",\"values\":[\"é1\",\"é2\"]}]}";
    static const char head[] = "heartbeat long-as-it-is\ninterval 0\ntime 0\n";
    static const struct {
        size_t max;
        const char *want;
    } cases[] = {
        {0, ""},
        {1, "label dashboard_name=\"a\"\nlabel grafana_host=\"h\"\n"
            "label user_role=\"u\"\nlabel user_theme=\"d\"\n"},
        {2, "label dashboard_name=\"a\"\nlabel grafana_host=\"h:\"\n"
            "label user_role=\"us\"\nlabel user_theme=\"da\"\n"
            "variable v=\"é\"\n"},
        {3, "label dashboard_name=\"aé\"\nlabel grafana_host=\"h:1\"\n"
            "label user_role=\"use\"\nlabel user_theme=\"dar\"\n"
            "variable v=\"é1\"\nvariable v=\"é2\"\n"},
        {5, "label dashboard_name=\"aé\"\nlabel grafana_host=\"h:1\"\n"
            "label user_role=\"user\"\nlabel user_theme=\"dark\"\n"
            "variable v=\"é1\"\nvariable v=\"é2\"\n"},
        {9, "label dashboard_name=\"aé€\"\nlabel grafana_host=\"h:1\"\n"
            "label user_role=\"user\"\nlabel user_theme=\"dark\"\n"
            "variable v=\"é1\"\nvariable v=\"é2\"\n"},
        {10, "label dashboard_name=\"aé€😀\"\nlabel grafana_host=\"h:1\"\n"
             "label user_role=\"user\"\nlabel user_theme=\"dark\"\n"
             "variable v=\"é1\"\nvariable v=\"é2\"\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char name[32];
        struct strbuf want = {0};
        struct strbuf got = dump_of(text, strlen(text), cases[i].max);
        (void)snprintf(name, sizeof(name), "%zu bytes", cases[i].max);
        strbuf_add_string(&want, head);
        strbuf_add_string(&want, cases[i].want);
        check_text(name, got.data, want.data);
        strbuf_free(&want);
        strbuf_free(&got);
    }
}

/* Appends a variable of many values. */
static void add_variable(struct strbuf *text, int variable, int values) {
    strbuf_printf(text, "%s{\"name\":\"v%d\",\"values\":[",
                  variable > 0 ? "," : "", variable);
    for (int i = 0; i < values; i++)
        strbuf_printf(text, "%s\"%d\"", i > 0 ? "," : "", i);
    strbuf_add_string(text, "]}");
}

/* More values than are kept: a variable with many of them does not displace the
 * first values of the others. */
static void test_many_values(void **state) {
    static const struct {
        const char *name;
        int variables;
        int values;
        size_t want;
        const char *last;
    } cases[] = {
        {"as many as are kept", 1, 100, 100, "v0=99"},
        {"one more", 1, 101, 100, "v0=99"},
        {"two long lists", 2, 12000, 100, "v1=49"},
        {"three long lists", 3, 100, 100, "v0=33"},
        {"many variables", 100, 100, 100, "v99=0"},
        {"more variables", 150, 1, 100, "v99=0"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf text = {0};
        struct arena arena = {0};
        struct session_message message;
        struct err err = {.code = ERR_NONE};
        char last[32];
        strbuf_add_string(&text, "{\"uuid\":\"u\",\"variables\":[");
        for (int k = 0; k < cases[i].variables; k++)
            add_variable(&text, k, cases[i].values);
        strbuf_add_string(&text, "]}");
        assert_int_equal(
            ingest(text.data, text.len, VALUE_MAX, &arena, &message, &err), 0);
        check_number(cases[i].name, (long long)message.variable_count,
                     (long long)cases[i].want);
        const struct session_variable *variable =
            &message.variables[message.variable_count - 1];
        (void)snprintf(last, sizeof(last), "%s=%s", variable->name,
                       variable->value);
        check_text(cases[i].name, last, cases[i].last);
        arena_free(&arena);
        strbuf_free(&text);
    }
}

/* Keys in any order give the same values. */
static void test_shuffled(void **state) {
    enum { VALUES = 150, ROUNDS = 50 };
    uint64_t random = 5;
    struct strbuf first = {0};
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        int order[VALUES];
        struct strbuf text = {0};
        for (int i = 0; i < VALUES; i++) {
            int k = (int)(check_random(&random) % (uint64_t)(i + 1));
            order[i] = order[k];
            order[k] = i;
        }
        strbuf_add_string(&text, "{\"uuid\":\"u\"");
        for (int i = 0; i < VALUES; i++) {
            if (order[i] < 3)
                strbuf_printf(&text, ",\"variables.%d.name\":\"v%d\"", order[i],
                              order[i]);
            strbuf_printf(&text, ",\"variables.%d.values.%d\":\"%d\"",
                          order[i] % 3, order[i] / 3, order[i]);
        }
        strbuf_add_char(&text, '}');
        struct strbuf got = dump_of(text.data, text.len, VALUE_MAX);
        if (round == 0)
            first = got;
        else
            check_text("another order", got.data, first.data);
        if (round > 0)
            strbuf_free(&got);
        strbuf_free(&text);
    }
    assert_non_null(strstr(first.data, "\nvariable v0=\"99\"\n"));
    assert_null(strstr(first.data, "\"100\""));
    strbuf_free(&first);
}

/* Each half of the host can be allocated, but not the whole, see the top. */
static void test_no_memory(void **state) {
    enum { HALF = 9 << 20 };
    struct arena arena = {0};
    struct session_message message;
    struct err err = {.code = ERR_NONE};
    static char half[HALF];
    (void)state;
    if (!ALLOCATIONS_LIMITED)
        return;
    memset(half, 'h', HALF - 1);
    char *body = mmap(NULL, 2 * HALF + 100, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(body != MAP_FAILED);
    int len = snprintf(body, 2 * HALF + 100,
                       "{\"uuid\":\"u\",\"host\":"
                       "{\"hostname\":\"%s\",\"port\":\"%s\"}}",
                       half, half);
    assert_int_equal(
        ingest_session(body, (size_t)len, VALUE_MAX, &arena, &message, &err),
        -1);
    assert_int_equal(err.code, ERR_MEMORY);
    assert_string_equal(err.message, "out of memory");
    check_empty(&message);
    (void)munmap(body, 2 * HALF + 100);
    arena_free(&arena);
}

int main(void) {
    static struct CMUnitTest tests[200] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_email_is_never_kept),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_many_values),
        cmocka_unit_test(test_shuffled),
        cmocka_unit_test(test_no_memory),
    };
    const size_t room = COUNT(tests);
    size_t count = 6;
    count = corpus_add("tests/data/session/ok", test_ok, tests, count, room);
    count = corpus_add("tests/data/session/ok",
                       test_truncated_message_is_refused, tests, count, room);
    count = corpus_add("tests/data/session/bad", test_bad, tests, count, room);
    return _cmocka_run_group_tests("ingest_session", tests, count, NULL, NULL);
}
