/* group_path: the labels in the path of a push. */
#include "ingest/group_path.h"

#include "base/strbuf.h"
#include "check.h"
#include "guard.h"

enum { VALUE_MAX = 16 };

/* Writes the form and the labels, or the error, to out. */
#define A10 "aaaaaaaaaa"
#define A100 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10

static void describe(const char *path, size_t len, bool encoded,
                     struct strbuf *out) {
    static const char *const codes[] = {
        [ERR_MEMORY] = "memory",
        [ERR_SYNTAX] = "syntax",
        [ERR_VALUE] = "value",
        [ERR_LIMIT] = "limit",
    };
    struct arena arena = {0};
    struct group_path group = {0};
    struct err err = {.code = ERR_NONE};
    strbuf_reset(out);
    if (group_path_read(guard_place(path, len), len, encoded, VALUE_MAX, &arena,
                        &group, &err) != 0) {
        strbuf_printf(out, "%s: %s", codes[err.code], err.message);
    } else {
        strbuf_add_string(out,
                          group.pushgateway ? "pushgateway " : "aggregation ");
        label_set_write_json(group.labels, group.count, out);
        for (size_t i = 0; i < group.count; i++)
            check_number(path, group.labels[i].value[group.labels[i].value_len],
                         '\0');
    }
    arena_free(&arena);
}

struct path_case {
    const char *path, *want;
};

static void check_paths(const struct path_case *cases, size_t count,
                        bool encoded) {
    struct strbuf got = {0};
    for (size_t i = 0; i < count; i++) {
        describe(cases[i].path, strlen(cases[i].path), encoded, &got);
        check_text(cases[i].path, got.data, cases[i].want);
    }
    strbuf_free(&got);
}

static void pushgateway(void **state) {
    static const struct path_case cases[] = {
        {"metrics/job/x", "pushgateway {\"job\":\"x\"}"},
        {"metrics/job/x/", "pushgateway {\"job\":\"x\"}"},
        {"metrics/job/x/instance/y",
         "pushgateway {\"instance\":\"y\",\"job\":\"x\"}"},
        {"metrics/job/x/zone/1/Area/2/_a/3",
         "pushgateway {\"Area\":\"2\",\"_a\":\"3\",\"job\":\"x\","
         "\"zone\":\"1\"}"},
        /* In the form of prom-client. */
        {"metrics/job/a%2Fb%20c/inst/x%2Fy/e/",
         "pushgateway {\"inst\":\"x/y\",\"job\":\"a/b c\"}"},
        {"metrics/job/x/e//f/1", "pushgateway {\"f\":\"1\",\"job\":\"x\"}"},
        {"metrics/job/x/e/", "pushgateway {\"job\":\"x\"}"},
        /* In the form of the clients for Go, Python and Java. */
        {"metrics/job/a+b/i/%2B+",
         "pushgateway {\"i\":\"+ \",\"job\":\"a b\"}"},
        {"metrics/job/%c3%BC%41%00x",
         "value: path: the value of \"job\" has a NUL character, must be plain "
         "text"},
        {"metrics/job/%c3%BC%41", "pushgateway {\"job\":\"\303\274A\"}"},
        {"metrics/job@base64/eA", "pushgateway {\"job\":\"x\"}"},
        {"metrics/job@base64/eA==", "pushgateway {\"job\":\"x\"}"},
        {"metrics/job@base64/eA%3D%3D", "pushgateway {\"job\":\"x\"}"},
        {"metrics/job%40base64/eA", "pushgateway {\"job\":\"x\"}"},
        {"metrics/job/x/path@base64/L3Zhci90bXA",
         "pushgateway {\"job\":\"x\",\"path\":\"/var/tmp\"}"},
        {"metrics/job/x/p@base64/w78_/q@base64/Pj4-",
         "pushgateway {\"job\":\"x\",\"p\":\"\303\277?\",\"q\":\">>>\"}"},
        {"metrics/job/x/e@base64/=", "pushgateway {\"job\":\"x\"}"},
        {"metrics/job/x/e@base64/%3d", "pushgateway {\"job\":\"x\"}"},
        {"metrics/job/x/e@base64/", "pushgateway {\"job\":\"x\"}"},
        {"metrics/job/./i/..", "pushgateway {\"i\":\"..\",\"job\":\".\"}"},
        {"metrics/job/job", "pushgateway {\"job\":\"job\"}"},
        {"metrics/job/0123456789abcdef",
         "pushgateway {\"job\":\"0123456789abcdef\"}"},
        {"metrics/job@base64/MDEyMzQ1Njc4OWFiY2RlZg",
         "pushgateway {\"job\":\"0123456789abcdef\"}"},

        {"metrics/job", "syntax: path: the last label, \"job\", has no value, "
                        "must be pairs of /<label>/<value>"},
        {"metrics/job@base64",
         "syntax: path: the last label, \"job@base64\", has no value, must be "
         "pairs of /<label>/<value>"},
        {"metrics/job/x/instance",
         "syntax: path: the last label, \"instance\", has no value, must be "
         "pairs of /<label>/<value>"},
        {"metrics/job/x/a/b/", "syntax: path: the last label, \"\", has no "
                               "value, must be pairs of /<label>/<value>"},
        {"metrics/job/", "value: path: the job is empty, must be "
                         "metrics/job/<name>"},
        {"metrics/job//a/b", "value: path: the job is empty, must be "
                             "metrics/job/<name>"},
        {"metrics/job@base64/=", "value: path: the job is empty, must be "
                                 "metrics/job/<name>"},
        {"metrics/job@base64/", "value: path: the job is empty, must be "
                                "metrics/job/<name>"},
        {"metrics/job/x//", "value: path: \"\" is not a label name, must be "
                            "[a-zA-Z_][a-zA-Z0-9_]*"},
        {"metrics/job/x/9x/1", "value: path: \"9x\" is not a label name, must "
                               "be [a-zA-Z_][a-zA-Z0-9_]*"},
        {"metrics/job/x/a%2Db/1",
         "value: path: \"a%2Db\" is not a label name, must be "
         "[a-zA-Z_][a-zA-Z0-9_]*"},
        {"metrics/job/x/a%00/1",
         "value: path: \"a%00\" is not a label name, must be "
         "[a-zA-Z_][a-zA-Z0-9_]*"},
        {"metrics/job/x/@base64/eA",
         "value: path: \"@base64\" is not a label name, must be "
         "[a-zA-Z_][a-zA-Z0-9_]*"},
        {"metrics/job/x/a@base32/eA",
         "value: path: \"a@base32\" is not a label name, must be "
         "[a-zA-Z_][a-zA-Z0-9_]*"},
        {"metrics/job/x/a@base64@base64/eA",
         "value: path: \"a@base64@base64\" is not a label name, must be "
         "[a-zA-Z_][a-zA-Z0-9_]*"},
        {"metrics/job/x/a\n\377/1",
         "value: path: \"a??\" is not a label name, must be "
         "[a-zA-Z_][a-zA-Z0-9_]*"},
        {"metrics/job/x/__name__/y",
         "value: path: the label name \"__name__\" begins with __, which is "
         "reserved for Prometheus, must have another name"},
        {"metrics/job/x/" A100 A100 "a/y",
         "limit: path: the label name \"" A100 "...\" has 201 bytes, must have "
         "at most 200"},
        {"metrics/job/x/__a@base64/eA",
         "value: path: the label name \"__a\" begins with __, which is "
         "reserved for Prometheus, must have another name"},
        {"metrics/job/x/job/y",
         "value: path: the label \"job\" is repeated, must appear once"},
        {"metrics/job/x/b/1/a/2/b/1",
         "value: path: the label \"b\" is repeated, must appear once"},
        {"metrics/job/x/b//b@base64/eA",
         "value: path: the label \"b\" is repeated, must appear once"},
        {"metrics/job/%", "syntax: path: the escape \"%\" in \"%\" is invalid, "
                          "must be % and two hexadecimal digits"},
        {"metrics/job/a%4", "syntax: path: the escape \"%4\" in \"a%4\" is "
                            "invalid, must be % and two hexadecimal digits"},
        {"metrics/job/a%zzb",
         "syntax: path: the escape \"%zz\" in \"a%zzb\" is invalid, must be % "
         "and two hexadecimal digits"},
        {"metrics/job/a%4g", "syntax: path: the escape \"%4g\" in \"a%4g\" is "
                             "invalid, must be % and two hexadecimal digits"},
        {"metrics/job/%4/1", "syntax: path: the escape \"%4\" in \"%4\" is "
                             "invalid, must be % and two hexadecimal digits"},
        {"metrics/job/x/%%41/1", "syntax: path: the escape \"%%4\" in \"%%41\" "
                                 "is invalid, must be % and "
                                 "two hexadecimal digits"},
        {"metrics/j%6/x", "syntax: path: the escape \"%6\" in \"j%6\" is "
                          "invalid, must be % and two hexadecimal digits"},
        {"metrics/job@base64/e",
         "syntax: path: \"e\", the value of \"job\", is not base64, must be "
         "URL-safe (RFC 4648, section 5)"},
        {"metrics/job/x/a@base64/==",
         "syntax: path: \"==\", the value of \"a\", is not base64, must be "
         "URL-safe (RFC 4648, section 5)"},
        {"metrics/job/x/a@base64/w78%2F",
         "syntax: path: \"w78%2F\", the value of \"a\", is not base64, must be "
         "URL-safe (RFC 4648, section 5)"},
        {"metrics/job/x/a@base64/AA",
         "value: path: the value of \"a\" has a NUL character, must be plain "
         "text"},
        {"metrics/job/x/a@base64/_w",
         "value: path: the value of \"a\" is not UTF-8"},
        {"metrics/job/%ff", "value: path: the value of \"job\" is not UTF-8"},
        {"metrics/job/x/s/%ED%A0%80",
         "value: path: the value of \"s\" is not UTF-8"},
        {"metrics/job/0123456789abcdefg",
         "limit: path: the value of \"job\" has 17 bytes, must have at most "
         "16"},
        {"metrics/job@base64/MDEyMzQ1Njc4OWFiY2RlZmc",
         "limit: path: the value of \"job\" has 17 bytes, must have at most "
         "16"},
    };
    (void)state;
    check_paths(cases, COUNT(cases), true);
}

static void aggregation(void **state) {
    static const struct path_case cases[] = {
        {"metrics", "aggregation {}"},
        {"metrics/", "aggregation {}"},
        {"metrics/a/b", "aggregation {\"a\":\"b\"}"},
        {"metrics/a/b/", "aggregation {\"a\":\"b\"}"},
        {"metrics/a/b/job/x", "aggregation {\"a\":\"b\",\"job\":\"x\"}"},
        {"metrics/a//b/c", "aggregation {\"b\":\"c\"}"},
        {"metrics/a/%20+%2f", "aggregation {\"a\":\"  /\"}"},
        {"metrics/jobs/x", "aggregation {\"jobs\":\"x\"}"},
        {"metrics/a/eA==", "aggregation {\"a\":\"eA==\"}"},

        {"metrics/a", "syntax: path: the last label, \"a\", has no value, must "
                      "be pairs of /<label>/<value>"},
        {"metrics/a/b/c", "syntax: path: the last label, \"c\", has no value, "
                          "must be pairs of /<label>/<value>"},
        {"metrics//", "value: path: \"\" is not a label name, must be "
                      "[a-zA-Z_][a-zA-Z0-9_]*"},
        {"metrics//job/x", "value: path: \"\" is not a label name, must be "
                           "[a-zA-Z_][a-zA-Z0-9_]*"},
        {"metrics/x@base64/eA",
         "value: path: \"x@base64\" is not a label name, must be "
         "[a-zA-Z_][a-zA-Z0-9_]*"},
        {"metrics/a/b/job@base64/eA",
         "value: path: \"job@base64\" is not a label name, must be "
         "[a-zA-Z_][a-zA-Z0-9_]*"},
        {"metrics/__a/b",
         "value: path: the label name \"__a\" begins with __, which is "
         "reserved for Prometheus, must have another name"},
        {"metrics/a/b/a/b",
         "value: path: the label \"a\" is repeated, must appear once"},

        {"", "value: path: begins with \"\", must begin with metrics"},
        {"metric/job/x", "value: path: begins with \"metric\", must begin with "
                         "metrics"},
        {"metrics2/job/x", "value: path: begins with \"metrics2\", must begin "
                           "with metrics"},
        {"/metrics/job/x",
         "value: path: begins with \"\", must begin with metrics"},
        {"%6detrics", "value: path: begins with \"%6detrics\", must begin with "
                      "metrics"},
    };
    (void)state;
    check_paths(cases, COUNT(cases), true);
}

/* PATH_INFO is already decoded by the web server. */
static void path_info_is_decoded_once(void **state) {
    static const struct path_case cases[] = {
        {"metrics/job/a+b%20c", "pushgateway {\"job\":\"a+b%20c\"}"},
        {"metrics/job/%zz", "pushgateway {\"job\":\"%zz\"}"},
        {"metrics/job/a b\303\274/i/?",
         "pushgateway {\"i\":\"?\",\"job\":\"a b\303\274\"}"},
        {"metrics/job@base64/L3Zhci90bXA=",
         "pushgateway {\"job\":\"/var/tmp\"}"},
        {"metrics/job@base64/=", "value: path: the job is empty, must be "
                                 "metrics/job/<name>"},
        {"metrics/job%40base64/eA",
         "value: path: \"job%40base64\" is not a label name, must be "
         "[a-zA-Z_][a-zA-Z0-9_]*"},
        {"metrics/job/\377", "value: path: the value of \"job\" is not UTF-8"},
        {"metrics/a/b", "aggregation {\"a\":\"b\"}"},
    };
    (void)state;
    check_paths(cases, COUNT(cases), false);
}

static void nul(void **state) {
    struct strbuf got = {0};
    (void)state;
    describe(BYTES("metrics/job/a\0b"), false, &got);
    check_text("value", got.data,
               "value: path: the value of \"job\" has a NUL character, must "
               "be plain text");
    describe(BYTES("metrics/job\0/a"), false, &got);
    check_text("name", got.data,
               "value: path: \"job?\" is not a label name, must be "
               "[a-zA-Z_][a-zA-Z0-9_]*");
    describe(BYTES("metrics/job%00/a"), true, &got);
    check_text("encoded name", got.data,
               "value: path: \"job%00\" is not a label name, must be "
               "[a-zA-Z_][a-zA-Z0-9_]*");
    strbuf_free(&got);
}

/* A message holds a bounded part of the input. */
static void long_parts_are_cut_in_messages(void **state) {
    struct strbuf path = {0};
    struct strbuf got = {0};
    struct strbuf want = {0};
    (void)state;
    strbuf_add_string(&path, "metrics/job/x/");
    strbuf_add_string(&want, "value: path: \"");
    for (int i = 0; i < 5000; i++)
        strbuf_add_char(&path, '7');
    for (int i = 0; i < 100; i++)
        strbuf_add_char(&want, '7');
    strbuf_add_string(&path, "/y");
    strbuf_add_string(&want, "\" is not a label name, must be "
                             "[a-zA-Z_][a-zA-Z0-9_]*");
    describe(path.data, path.len, true, &got);
    check_text("a long name", got.data, want.data);
    strbuf_free(&path);
    strbuf_free(&got);
    strbuf_free(&want);
}

static void most_labels(void **state) {
    struct strbuf path = {0};
    struct strbuf got = {0};
    struct strbuf want = {0};
    (void)state;
    strbuf_add_string(&path, "metrics");
    for (int i = 32; i > 0; i--)
        strbuf_printf(&path, "/l%02d/v", i);
    strbuf_add_string(&want, "aggregation {");
    for (int i = 1; i <= 32; i++)
        strbuf_printf(&want, "%s\"l%02d\":\"v\"", i > 1 ? "," : "", i);
    strbuf_add_char(&want, '}');
    describe(path.data, path.len, true, &got);
    check_text("32", got.data, want.data);
    strbuf_add_string(&path, "/l00/");
    describe(path.data, path.len, true, &got);
    check_text("33", got.data,
               "limit: path: has more than 32 labels, must have at "
               "most 32");
    strbuf_free(&path);
    strbuf_free(&got);
    strbuf_free(&want);
}

/* Random paths are read to the end or refused, and accepted ones are valid. */
static void random_paths_are_read_or_refused(void **state) {
    static const char seed[] = "metrics/job@base64/L3Zhci90bXA=/i/a%2Fb+c/e/";
    static const char bytes[] = "/%+=@a_9\n\377\0-";
    char path[sizeof(seed)];
    uint64_t random = 1;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct arena arena = {0};
        struct group_path group = {0};
        struct err err = {.code = ERR_NONE};
        memcpy(path, seed, sizeof(seed));
        for (int j = 0; j < 1 + i % 3; j++)
            path[check_random(&random) % (sizeof(seed) - 1)] =
                bytes[check_random(&random) % (sizeof(bytes) - 1)];
        size_t len = check_random(&random) % sizeof(seed);
        if (group_path_read(guard_place(path, len), len, i % 2, VALUE_MAX,
                            &arena, &group, &err) != 0) {
            assert_int_equal(strncmp(err.message, "path: ", 6), 0);
            assert_int_not_equal(err.code, ERR_NONE);
        }
        for (size_t j = 0; j < group.count; j++) {
            assert_in_range(group.labels[j].value_len, 1, VALUE_MAX);
            if (j > 0)
                assert_true(
                    strcmp(group.labels[j - 1].name, group.labels[j].name) < 0);
        }
        arena_free(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pushgateway),
        cmocka_unit_test(aggregation),
        cmocka_unit_test(path_info_is_decoded_once),
        cmocka_unit_test(nul),
        cmocka_unit_test(long_parts_are_cut_in_messages),
        cmocka_unit_test(most_labels),
        cmocka_unit_test(random_paths_are_read_or_refused),
    };
    return cmocka_run_group_tests_name("group_path", tests, NULL, NULL);
}
