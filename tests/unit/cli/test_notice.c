#include "cli/alert/notice.h"

#include "check.h"
#include "cli/alert/notice_json.h"

#define FIRING                                                                 \
    "{\"status\":\"firing\",\"name\":\"SlowPages\",\"severity\":\"critical\"," \
    "\"text\":\"Pages are slow:\\nsee the deploys.\","                         \
    "\"labels\":{\"page\":\"/cart\"},"                                         \
    "\"measured\":\"p75 of web_lcp_seconds over 1h\",\"value\":4.2,"           \
    "\"unit\":\"seconds\",\"condition\":\"> 4\","                              \
    "\"summary\":\"p75 of web_lcp_seconds over 1h is 4.2 seconds (> 4)\","     \
    "\"query\":\"q > 4\",\"since\":\"2026-11-30T04:05:00Z\",\"ended\":null,"   \
    "\"reason\":null}"
#define RESOLVED                                                               \
    "{\"status\":\"resolved\",\"name\":\"NoOrders\",\"severity\":\"warning\"," \
    "\"text\":\"Is the shop open?\",\"labels\":{},"                            \
    "\"measured\":\"increase of orders_total over 1h\",\"value\":null,"        \
    "\"unit\":\"\",\"condition\":\"< 1\","                                     \
    "\"summary\":\"increase of orders_total over 1h has no value (< 1)\","     \
    "\"query\":\"o < 1\",\"since\":\"2026-11-30T01:00:00Z\","                  \
    "\"ended\":\"2026-11-30T04:10:00Z\","                                      \
    "\"reason\":\"there is no longer a value\"}"
#define MESSAGE(more, alerts)                                                  \
    "{\"status\":\"firing\",\"time\":\"2026-11-30T04:10:00Z\",\"more\":" more  \
    ",\"alerts\":[" alerts "]}"
/* A label of a hostile browser. */
#define HOSTILE                                                                \
    "{\"status\":\"firing\",\"name\":\"A\",\"severity\":\"warning\","          \
    "\"text\":\"t\",\"labels\":{\"alertname\":\"x\",\"instance\":\"i\","       \
    "\"page\":\"<!channel>\\n&\\u202e\"},\"since\":\"now\"}"

#define HOSTILE_JSON                                                           \
    "{\"status\":\"firing\",\"labels\":{\"alertname\":\"A\","                  \
    "\"severity\":\"warning\",\"instance\":\"i\","                             \
    "\"page\":\"<!channel>\\n&\\u202e\"},\"fingerprint\":"                     \
    "\"97154b57d3ab6423\","                                                    \
    "\"annotations\":{\"summary\":\"\",\"description\":\"t\"},"                \
    "\"startsAt\":\"now\",\"endsAt\":\"0001-01-01T00:00:00Z\","                \
    "\"generatorURL\":\"https://shop.example/tallyman/\",\"value\":null,"      \
    "\"unit\":\"\",\"condition\":\"\",\"query\":\"\",\"reason\":null}"

static struct notice read_notice(const char *message) {
    struct notice notice = {.host = "shop.example",
                            .dashboard = "https://shop.example/tallyman/",
                            .command = "tallyman alert --status"};
    struct err err;
    assert_int_equal(notice_read(&notice, message, &err), 0);
    return notice;
}

typedef void write_notice(const struct notice *notice, struct strbuf *out);

static void check(const char *name, write_notice *write, const char *message,
                  const char *want) {
    struct notice notice = read_notice(message);
    struct strbuf got = {0};
    write(&notice, &got);
    check_text(name, got.data, want);
    strbuf_free(&got);
    json_free(notice.message);
}

static void subjects(void **state) {
    static const struct {
        const char *name;
        const char *message;
        const char *want;
    } cases[] = {
        {"one", MESSAGE("0", FIRING),
         "FIRING: SlowPages (page=/cart), shop.example"},
        {"resolved", MESSAGE("0", RESOLVED),
         "RESOLVED: NoOrders, shop.example"},
        {"both", MESSAGE("0", FIRING "," RESOLVED),
         "FIRING: SlowPages (page=/cart); RESOLVED: NoOrders, shop.example"},
        {"three of a name", MESSAGE("0", FIRING "," FIRING "," FIRING),
         "FIRING: 3 alerts (SlowPages), shop.example"},
        {"many",
         MESSAGE("0", "{\"status\":\"firing\",\"name\":\"A\"},"
                      "{\"status\":\"firing\",\"name\":\"B\"},"
                      "{\"status\":\"firing\",\"name\":\"C\"},"
                      "{\"status\":\"firing\",\"name\":\"D\"}"),
         "FIRING: 4 alerts (A, B, C, ...), shop.example"},
        {"hostile", MESSAGE("0", HOSTILE),
         "FIRING: A (alertname=x, instance=i, page=<!channel>\\n&\\u202e), "
         "shop.example"},
        {"damaged", "{\"alerts\":[1,{\"labels\":{\"a\":1}}]}",
         "RESOLVED: 2 alerts (), shop.example"},
        {"empty", "{}", ", shop.example"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check(cases[i].name, notice_subject, cases[i].message, cases[i].want);
}

static void texts(void **state) {
    (void)state;
    check("both", notice_text, MESSAGE("0", FIRING "," RESOLVED),
          "FIRING: SlowPages (critical)\n"
          "  Pages are slow:\n"
          "  see the deploys.\n"
          "  p75 of web_lcp_seconds over 1h is 4.2 seconds (> 4)\n"
          "  page = /cart\n"
          "  since 2026-11-30 04:05 UTC\n"
          "\n"
          "RESOLVED: NoOrders (warning)\n"
          "  Is the shop open?\n"
          "  increase of orders_total over 1h has no value (< 1)\n"
          "  from 2026-11-30 01:00 UTC to 2026-11-30 04:10 UTC: there is no "
          "longer a value\n"
          "\n"
          "Host: shop.example\n"
          "Dashboard: https://shop.example/tallyman/\n"
          "Current state of all rules: tallyman alert --status\n");
    check("hostile", notice_text, MESSAGE("7", HOSTILE),
          "FIRING: A (warning)\n"
          "  t\n"
          "  alertname = x, instance = i, page = <!channel>\\n&\\u202e\n"
          "  since now\n"
          "\n"
          "7 more are not in this message.\n"
          "\n"
          "Host: shop.example\n"
          "Dashboard: https://shop.example/tallyman/\n"
          "Current state of all rules: tallyman alert --status\n");
}

static void json(void **state) {
    (void)state;
    check(
        "both", notice_json, MESSAGE("2", FIRING "," RESOLVED),
        "{\"version\":\"4\",\"groupKey\":\"shop.example\","
        "\"truncatedAlerts\":2,\"status\":\"firing\",\"receiver\":"
        "\"tallyman\",\"groupLabels\":{},"
        "\"commonLabels\":{\"instance\":\"shop.example\"},"
        "\"commonAnnotations\":{},"
        "\"externalURL\":\"https://shop.example/tallyman/\",\"alerts\":["
        "{\"status\":\"firing\",\"labels\":{\"alertname\":\"SlowPages\","
        "\"severity\":\"critical\",\"instance\":\"shop.example\","
        "\"page\":\"/cart\"},\"fingerprint\":\"1c2e576239f76e88\","
        "\"annotations\":{\"summary\":\"p75 of web_lcp_seconds over 1h is 4.2 "
        "seconds (> 4)\",\"description\":\"Pages are slow:\\nsee the "
        "deploys.\"},\"startsAt\":\"2026-11-30T04:05:00Z\","
        "\"endsAt\":\"0001-01-01T00:00:00Z\","
        "\"generatorURL\":\"https://shop.example/tallyman/\",\"value\":4.2,"
        "\"unit\":\"seconds\",\"condition\":\"> 4\",\"query\":\"q > 4\","
        "\"reason\":null},"
        "{\"status\":\"resolved\",\"labels\":{\"alertname\":\"NoOrders\","
        "\"severity\":\"warning\",\"instance\":\"shop.example\"},"
        "\"fingerprint\":\"fb2ac733dbe86fab\","
        "\"annotations\":{\"summary\":\"increase of orders_total over 1h has "
        "no value (< 1)\",\"description\":\"Is the shop open?\"},"
        "\"startsAt\":\"2026-11-30T01:00:00Z\","
        "\"endsAt\":\"2026-11-30T04:10:00Z\","
        "\"generatorURL\":\"https://shop.example/tallyman/\",\"value\":null,"
        "\"unit\":\"\",\"condition\":\"< 1\",\"query\":\"o < 1\","
        "\"reason\":\"there is no longer a value\"}]}");
    check("hostile", notice_json, MESSAGE("0", HOSTILE "," HOSTILE),
          "{\"version\":\"4\",\"groupKey\":\"shop.example\","
          "\"truncatedAlerts\":0,\"status\":\"firing\",\"receiver\":"
          "\"tallyman\",\"groupLabels\":{},"
          "\"commonLabels\":{\"alertname\":\"A\",\"severity\":\"warning\","
          "\"instance\":\"i\",\"page\":\"<!channel>\\n&\\u202e\"},"
          "\"commonAnnotations\":{},\"externalURL\":"
          "\"https://shop.example/tallyman/\",\"alerts\":[" HOSTILE_JSON
          "," HOSTILE_JSON "]}");
}

static void slack(void **state) {
    (void)state;
    check("both", notice_slack, MESSAGE("0", FIRING "," RESOLVED),
          "{\"text\":\"FIRING: SlowPages (page=/cart); RESOLVED: NoOrders, "
          "shop.example\",\"mrkdwn\":false,\"attachments\":["
          "{\"color\":\"danger\",\"fallback\":\"FIRING: SlowPages "
          "(critical)\",\"title\":\"FIRING: SlowPages (critical)\","
          "\"title_link\":\"https://shop.example/tallyman/\",\"text\":"
          "\"Pages are slow:\\nsee the deploys.\\np75 of web_lcp_seconds over "
          "1h is 4.2 seconds (&gt; 4)\\npage = /cart\\nsince 2026-11-30 04:05 "
          "UTC\",\"footer\":\"shop.example\"},"
          "{\"color\":\"good\",\"fallback\":\"RESOLVED: NoOrders (warning)\","
          "\"title\":\"RESOLVED: NoOrders (warning)\",\"title_link\":"
          "\"https://shop.example/tallyman/\",\"text\":\"Is the shop open?\\n"
          "increase of orders_total over 1h has no value (&lt; 1)\\nfrom "
          "2026-11-30 01:00 UTC to 2026-11-30 04:10 UTC: there is no longer a "
          "value\",\"footer\":\"shop.example\"}]}");
    check("hostile", notice_slack, MESSAGE("3", HOSTILE),
          "{\"text\":\"FIRING: A (alertname=x, instance=i, "
          "page=&lt;!channel&gt;\\\\n&amp;\\\\u202e), shop.example\\n3 more "
          "are not shown; all: tallyman alert --status\",\"mrkdwn\":false,"
          "\"attachments\":[{\"color\":\"warning\",\"fallback\":\"FIRING: A "
          "(warning)\",\"title\":\"FIRING: A (warning)\",\"title_link\":"
          "\"https://shop.example/tallyman/\",\"text\":\"t\\nalertname = x, "
          "instance = i, page = &lt;!channel&gt;\\\\n&amp;\\\\u202e\\nsince "
          "now\",\"footer\":\"shop.example\"}]}");
}

/* The maximum number of attachments that Slack accepts, and the number of
 * omitted ones. */
static void attachments_are_limited(void **state) {
    struct strbuf message = {0};
    struct strbuf got = {0};
    size_t count = 0;
    (void)state;
    strbuf_add_string(&message, "{\"more\":10,\"alerts\":[");
    for (int i = 0; i < 25; i++)
        strbuf_add_string(&message, i == 0 ? FIRING : "," FIRING);
    strbuf_add_string(&message, "]}");
    struct notice notice = read_notice(message.data);
    notice_slack(&notice, &got);
    assert_non_null(strstr(got.data, "\\n15 more are not shown; all: "));
    for (const char *at = got.data; (at = strstr(at, "\"color\"")); at++)
        count++;
    check_number("attachments", (long long)count, 20);
    json_free(notice.message);
    strbuf_free(&message);
    strbuf_free(&got);
}

static void trial(void **state) {
    struct strbuf message = {0};
    (void)state;
    notice_trial("warning", 1796011500, &message);
    check("trial", notice_text, message.data,
          "FIRING: TallymanTest (warning)\n"
          "  This is a trial notification: nothing is wrong. `tallyman alert "
          "--test` sent it.\n"
          "  since 2026-11-30 04:05 UTC\n"
          "\n"
          "Host: shop.example\n"
          "Dashboard: https://shop.example/tallyman/\n"
          "Current state of all rules: tallyman alert --status\n");
    strbuf_free(&message);
}

static void unreadable(void **state) {
    static const char *const cases[] = {"", "{", "[]", "1", "null"};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct notice notice = {.host = ""};
        struct err err;
        check_number(cases[i], notice_read(&notice, cases[i], &err), -1);
        assert_null(notice.message);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subjects),
        cmocka_unit_test(texts),
        cmocka_unit_test(json),
        cmocka_unit_test(slack),
        cmocka_unit_test(attachments_are_limited),
        cmocka_unit_test(trial),
        cmocka_unit_test(unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
