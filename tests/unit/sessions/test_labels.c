/* Labels made from a message, by the settings. */
#include "sessions/labels.h"

#include "check.h"

#define PANEL                                                                  \
    "{\"uuid\":\"u\",\"host\":{\"hostname\":\"g.org\",\"port\":\"\","          \
    "\"buildInfo\":{\"env\":\"production\"}},"                                 \
    "\"dashboard\":{\"name\":\"Web \\\"shop\\\"\",\"uid\":\"d\"},"             \
    "\"user\":{\"login\":\"ml\",\"name\":\"Mary\",\"email\":\"m@x.org\","      \
    "\"timezone\":\"utc\",\"locale\":\"en\"},\"timeZone\":\"browser\","        \
    "\"variables\":[{\"name\":\"a\",\"values\":[\"1\",\"2\"]},"                \
    "{\"name\":\"b\",\"values\":[\"x\"]},{\"name\":\"c\",\"values\":[]}]}"

#define HOST "\"grafana_env\":\"production\",\"grafana_host\":\"g.org:\""
#define DASHBOARD                                                              \
    "\"dashboard_name\":\"Web \\\"shop\\\"\","                                 \
    "\"dashboard_timezone\":\"browser\",\"dashboard_uid\":\"d\""
#define ROLE                                                                   \
    "\"user_role\":\"user\",\"user_theme\":\"dark\",\"user_timezone\":\"utc\""
#define BOARD "\"dashboard_name\":\"Web \\\"shop\\\"\",\"dashboard_uid\":\"d\""
#define REST_BOARD "\"dashboard_name\":\"other\",\"dashboard_uid\":\"other\""
#define REST_FRONT                                                             \
    "\"dashboard_name\":\"other\",\"dashboard_timezone\":\"other\","           \
    "\"dashboard_uid\":\"other\",\"grafana_env\":\"other\","                   \
    "\"grafana_host\":\"other\",\"user_locale\":\"other\""
#define REST_BACK                                                              \
    "\"user_role\":\"other\",\"user_theme\":\"other\","                        \
    "\"user_timezone\":\"other\""

static const char *two_names[] = {"b", "a", NULL};
static const char *no_dashboard[] = {"dashboard_uid", "dashboard_name", NULL};
static const char *all[] = {
    "dashboard_name", "dashboard_timezone", "dashboard_uid", "grafana_env",
    "grafana_host",   "user_locale",        "user_login",    "user_name",
    "user_role",      "user_theme",         "user_timezone", NULL};

static const struct {
    const char *name;
    struct sessions_config config;
    const char *json;
    const char *want;
} cases[] = {
    {"no user labels by default",
     {.user_labels = USER_LABELS_OFF},
     PANEL,
     "labels {" DASHBOARD "," HOST ",\"user_locale\":\"en\"," ROLE "}\n"
     "dashboard {" BOARD "}\n"
     "rest {" REST_FRONT "," REST_BACK "}\n"
     "rest_dashboard {" REST_BOARD "}\n"},
    {"user labels",
     {.user_labels = USER_LABELS_ON},
     PANEL,
     "labels {" DASHBOARD "," HOST ",\"user_locale\":\"en\","
     "\"user_login\":\"ml\",\"user_name\":\"Mary\"," ROLE "}\n"
     "dashboard {" BOARD "}\n"
     "rest {" REST_FRONT
     ",\"user_login\":\"other\",\"user_name\":\"other\"," REST_BACK "}\n"
     "rest_dashboard {" REST_BOARD "}\n"},
    /* HMAC-SHA256 of `ml` with the key `Jefe`, by openssl. */
    {"a hash",
     {.user_labels = USER_LABELS_HASH, .hash_key = "Jefe", .hash_key_len = 4},
     PANEL,
     "labels {" DASHBOARD "," HOST ",\"user_locale\":\"en\","
     "\"user_login\":\"f808e5066596cab3\"," ROLE "}\n"
     "dashboard {" BOARD "}\n"
     "rest {" REST_FRONT ",\"user_login\":\"other\"," REST_BACK "}\n"
     "rest_dashboard {" REST_BOARD "}\n"},
    {"no login, no hash",
     {.user_labels = USER_LABELS_HASH, .hash_key = "Jefe", .hash_key_len = 4},
     "{\"uuid\":\"u\",\"user\":{\"login\":\"\",\"name\":\"Mary\"}}",
     "labels {\"user_role\":\"user\",\"user_theme\":\"dark\"}\n"
     "dashboard {}\n"
     "rest {" REST_FRONT ",\"user_login\":\"other\"," REST_BACK "}\n"
     "rest_dashboard {" REST_BOARD "}\n"},
    {"dropped labels, also of variables",
     {.user_labels = USER_LABELS_OFF,
      .drop_labels = {no_dashboard, 2},
      .variables = {two_names, 1}},
     PANEL,
     "labels {\"dashboard_timezone\":\"browser\"," HOST
     ",\"user_locale\":\"en\"," ROLE "}\n"
     "dashboard {}\n"
     "rest {\"dashboard_timezone\":\"other\",\"grafana_env\":\"other\","
     "\"grafana_host\":\"other\",\"user_locale\":\"other\"," REST_BACK "}\n"
     "rest_dashboard {}\n"
     "b=x {\"value\":\"x\",\"variable\":\"b\"} "
     "{\"value\":\"other\",\"variable\":\"b\"} "
     "{\"value\":\"other\",\"variable\":\"b\"}\n"},
    {"everything dropped",
     {.user_labels = USER_LABELS_ON, .drop_labels = {all, 11}},
     PANEL,
     "labels {}\ndashboard {}\nrest {}\nrest_dashboard {}\n"},
    {"only named variables",
     {.user_labels = USER_LABELS_OFF, .variables = {two_names, 2}},
     "{\"uuid\":\"u\",\"dashboard.uid\":\"d\",\"variables\":["
     "{\"name\":\"a\",\"values\":[\"1\",\"2\"]},"
     "{\"name\":\"A\",\"values\":[\"3\"]},"
     "{\"name\":\"b\",\"values\":[\"\\n\"]}]}",
     "labels {\"dashboard_uid\":\"d\",\"user_role\":\"user\","
     "\"user_theme\":\"dark\"}\n"
     "dashboard {\"dashboard_uid\":\"d\"}\n"
     "rest {" REST_FRONT "," REST_BACK "}\n"
     "rest_dashboard {" REST_BOARD "}\n"
     "a=1 {\"dashboard_uid\":\"d\",\"value\":\"1\",\"variable\":\"a\"} "
     "{\"dashboard_uid\":\"d\",\"value\":\"other\",\"variable\":\"a\"} "
     "{" REST_BOARD ",\"value\":\"other\",\"variable\":\"a\"}\n"
     "b=\n {\"dashboard_uid\":\"d\",\"value\":\"\\n\",\"variable\":\"b\"} "
     "{\"dashboard_uid\":\"d\",\"value\":\"other\",\"variable\":\"b\"} "
     "{" REST_BOARD ",\"value\":\"other\",\"variable\":\"b\"}\n"
     "a=2 {\"dashboard_uid\":\"d\",\"value\":\"2\",\"variable\":\"a\"} "
     "{\"dashboard_uid\":\"d\",\"value\":\"other\",\"variable\":\"a\"} "
     "{" REST_BOARD ",\"value\":\"other\",\"variable\":\"a\"}\n"},
};

static void dump(const char *name, const struct value_text *text,
                 struct strbuf *out) {
    assert_int_equal(strlen(text->text), text->len);
    strbuf_printf(out, "%s%s", name, text->text);
}

static void dump_push(const struct session_push *push, struct strbuf *out) {
    dump("labels ", &push->labels, out);
    dump("\ndashboard ", &push->dashboard, out);
    dump("\nrest ", &push->rest, out);
    dump("\nrest_dashboard ", &push->rest_dashboard, out);
    strbuf_add_char(out, '\n');
    for (size_t i = 0; i < push->variable_count; i++) {
        const struct session_value *value = &push->variables[i];
        dump("", &value->variable, out);
        dump("=", &value->value, out);
        dump(" ", &value->labels, out);
        dump(" ", &value->other, out);
        dump(" ", &value->rest, out);
        strbuf_add_char(out, '\n');
    }
}

static void test_cases(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena = {0};
        struct err err = {.code = ERR_NONE};
        struct session_message message;
        struct label labels[SESSION_LABELS_MAX];
        struct session_push push = {.rules = NULL};
        struct strbuf out = {0};
        if (ingest_session(cases[i].json, strlen(cases[i].json), 100, &arena,
                           &message, &err) != 0)
            fail_msg("%s: %s", cases[i].name, err.message);
        int count =
            session_labels_permit(&cases[i].config, &message, &arena, labels);
        assert_true(count >= 0);
        assert_int_equal(session_labels_write(&cases[i].config, &message,
                                              labels, (size_t)count, &arena,
                                              &push),
                         0);
        dump_push(&push, &out);
        check_text(cases[i].name, out.data, cases[i].want);
        strbuf_free(&out);
        arena_free(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests_name("session_labels", tests, NULL, NULL);
}
