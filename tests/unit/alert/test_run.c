/* Active alerts: the changes by runs, and their notices. */
#include "alert_fixture.h"

static const char families[] =
    "{'name': 'g', 'help': 'h', 'type': 'gauge', 'labels': ["
    " {'name': 'l', 'maxValues': 9}]},"
    "{'name': 'wait_seconds', 'help': 'h', 'type': 'gauge',"
    " 'unit': 'seconds'}";

#define CHANNEL "'notify': [{'mail': ['me@example.org']}], "
#define RULES(rules) "{" CHANNEL "'alerts': [" rules "]}"
#define HIGH                                                                   \
    "{'name': 'High', 'value': 'g', 'by': ['l'], 'above': 5, 'text': 'high'}"
#define WAIT                                                                   \
    "{'name': 'Wait', 'value': 'wait_seconds', 'above': 5, 'for': '30m',"      \
    " 'severity': 'critical', 'text': 'They \\\\ wait'}"

static struct side side;
static struct watcher watcher;

static int set_up(void **state) {
    if (scratch_make(state) != 0)
        return -1;
    side_open_kept(&side, families, MIDNIGHT, &alert_history);
    watcher_open(&watcher, families, RULES(HIGH));
    return 0;
}

static int tear_down(void **state) {
    watcher_close(&watcher);
    side_close(&side);
    return scratch_clear(state);
}

static void set_at(int64_t at, const char *family, const char *labels,
                   const char *value) {
    side.now = MIDNIGHT + at;
    side_push(&side, family, labels, value);
}

/* Expects started, ended, firing, pending, notices. */
static void run_at(int64_t at, const char *want) {
    char text[100];
    char name[32];
    const struct alert_changes *changes = &watcher.changes;
    watcher_run(&watcher, side.store, MIDNIGHT + at);
    (void)snprintf(text, sizeof(text), "%zu %zu %zu %zu %zu", changes->started,
                   changes->ended, changes->firing, changes->pending,
                   changes->notices);
    (void)snprintf(name, sizeof(name), "at %lld", (long long)at);
    check_text(name, text, want);
}

/* Repeated runs notify once of the start and once of the end. */
static void test_once(void **state) {
    (void)state;
    run_at(60, "0 0 0 0 0");
    set_at(60, "g", "{'l': 'a'}", "6");
    set_at(60, "g", "{'l': 'b'}", "5");
    run_at(60, "1 0 1 0 1");
    for (int i = 2; i < 10; i++)
        run_at(60 * (int64_t)i, "0 0 1 0 0");
    assert_rows(ACTIVE, "High|{\"l\":\"a\"}|1|60.0|6.0\n");
    set_at(600, "g", "{'l': 'a'}", "9");
    set_at(600, "g", "{'l': 'b'}", "7");
    run_at(601, "1 0 2 0 1");
    set_at(605, "g", "{'l': 'a'}", "5");
    run_at(606, "0 1 1 0 1");
    run_at(607, "0 0 1 0 0");
    set_at(608, "g", "{'l': 'a'}", "8");
    set_at(608, "g", "{'l': 'b'}", "1");
    run_at(609, "1 1 1 0 1");
    assert_rows(NOTICED, "60.0|firing|High|{\"l\":\"a\"}|6.0|"
                         "2023-11-15T00:01:00Z|NULL\n"
                         "601.0|firing|High|{\"l\":\"b\"}|7.0|"
                         "2023-11-15T00:10:01Z|NULL\n"
                         "606.0|resolved|High|{\"l\":\"a\"}|5.0|"
                         "2023-11-15T00:01:00Z|"
                         "the condition is no longer true\n"
                         "609.0|resolved|High|{\"l\":\"b\"}|1.0|"
                         "2023-11-15T00:10:01Z|"
                         "the condition is no longer true\n"
                         "609.0|firing|High|{\"l\":\"a\"}|8.0|"
                         "2023-11-15T00:10:09Z|NULL\n");
    assert_rows("SELECT name, position, query, condition, measured, unit, "
                "families, every_seconds, for_seconds, severity, text, "
                "evaluated_at - 1700006400, error FROM alert_rule",
                "High|0|sum by (l) (g)|> 5|value of g||[\"g\"]|3600|0|warning|"
                "high|609.0|NULL\n");
}

/* `for` is evaluated over the history: missed runs change nothing. */
static void test_for(void **state) {
    (void)state;
    watcher_set(&watcher, RULES(WAIT));
    set_at(60, "wait_seconds", "{}", "1");
    set_at(3600, "wait_seconds", "{}", "6");
    run_at(3660, "0 0 0 1 0");
    run_at(4260, "0 0 0 1 0");
    assert_rows(ACTIVE, "Wait|{}|0|3660.0|6.0\n");
    set_at(4300, "wait_seconds", "{}", "1");
    run_at(4301, "0 0 0 0 0");
    assert_rows(ACTIVE, "");
    set_at(4800, "wait_seconds", "{}", "7.25");
    run_at(4801, "0 0 0 1 0");
    /* An hour without runs. */
    run_at(8401, "1 0 1 0 1");
    assert_rows(ACTIVE, "Wait|{}|1|6601.0|7.25\n");
    /* A short fall between runs goes unnoticed. */
    set_at(9000, "wait_seconds", "{}", "1");
    set_at(9301, "wait_seconds", "{}", "8");
    run_at(9400, "0 0 1 0 0");
    set_at(9500, "wait_seconds", "{}", "0.5");
    run_at(9501, "0 1 0 0 1");
    assert_rows(
        "SELECT message, made_at - 1700006400, tries, error FROM "
        "alert_notice WHERE channel LIKE 'mail to me@example.org #%'",
        "{\"status\":\"firing\",\"time\":\"2023-11-15T02:20:01Z\",\"more\":0,"
        "\"alerts\":[{\"status\":\"firing\",\"name\":\"Wait\","
        "\"severity\":\"critical\",\"text\":\"They \\\\ wait\","
        "\"labels\":{},\"measured\":\"value of wait_seconds\","
        "\"value\":7.25,\"unit\":\"seconds\",\"condition\":\"> 5\","
        "\"summary\":\"value of wait_seconds: 7.25 seconds (> 5)\","
        "\"query\":\"sum(wait_seconds)\",\"since\":\"2023-11-15T01:50:01Z\","
        "\"ended\":null,\"reason\":null}]}|8401.0|0|NULL\n"
        "{\"status\":\"resolved\",\"time\":\"2023-11-15T02:38:21Z\","
        "\"more\":0,\"alerts\":[{\"status\":\"resolved\",\"name\":\"Wait\","
        "\"severity\":\"critical\",\"text\":\"They \\\\ wait\","
        "\"labels\":{},\"measured\":\"value of wait_seconds\","
        "\"value\":0.5,\"unit\":\"seconds\",\"condition\":\"> 5\","
        "\"summary\":\"value of wait_seconds: 0.5 seconds (> 5)\","
        "\"query\":\"sum(wait_seconds)\",\"since\":\"2023-11-15T01:50:01Z\","
        "\"ended\":\"2023-11-15T02:38:21Z\","
        "\"reason\":\"the condition is no longer true\"}]}|9501.0|0|"
        "NULL\n");
}

/* An alert ends if its series vanishes, as after prune. */
static void test_vanished(void **state) {
    (void)state;
    set_at(60, "g", "{'l': 'a'}", "6");
    set_at(60, "g", "{'l': 'b'}", "7");
    run_at(60, "2 0 2 0 1");
    outsider_run("DELETE FROM series WHERE labels ->> 'l' = 'a'");
    run_at(120, "0 1 1 0 1");
    assert_rows("SELECT message ->> '$.alerts[0].labels.l', "
                "message ->> '$.alerts[0].value', "
                "message ->> '$.alerts[0].summary', "
                "message ->> '$.alerts[0].reason' "
                "FROM alert_notice WHERE id = 2",
                "a|NULL|value of g: no value (> 5)|"
                "there is no longer a value\n");
}

static void test_rule_gone(void **state) {
    (void)state;
    watcher_set(&watcher, RULES(HIGH "," WAIT));
    set_at(60, "g", "{'l': 'a'}", "6");
    set_at(3600, "wait_seconds", "{}", "6");
    run_at(3660, "1 0 1 1 1");
    watcher_set(&watcher, RULES(""));
    run_at(3720, "0 1 0 0 1");
    assert_rows(ACTIVE, "");
    assert_rows("SELECT count(*) FROM alert_rule", "0\n");
    assert_rows("SELECT message ->> '$.alerts[0].name', "
                "message ->> '$.alerts[0].query', "
                "message ->> '$.alerts[0].reason' "
                "FROM alert_notice WHERE id = 2",
                "High|sum by (l) (g)|the rule is no longer in the file\n");
    run_at(3780, "0 0 0 0 0");
}

/* A rule is identified by its name. It may change while it fires. */
static void test_rule_changed(void **state) {
    (void)state;
    set_at(60, "g", "{'l': 'a'}", "6");
    set_at(60, "g", "{'l': 'b'}", "9");
    run_at(60, "2 0 2 0 1");
    /* Still firing, although the new `for` is longer. */
    watcher_set(&watcher, RULES("{'name': 'High', 'value': 'g', 'by': ['l'],"
                                " 'above': 5.5, 'for': '1h', 'text': 't'}"));
    run_at(3700, "0 0 2 0 0");
    /* No longer true for a. */
    watcher_set(&watcher, RULES("{'name': 'High', 'value': 'g', 'by': ['l'],"
                                " 'above': 8, 'text': 't'}"));
    run_at(3760, "0 1 1 0 1");
    /* Other label sets. */
    watcher_set(&watcher, RULES("{'name': 'High', 'value': 'g', 'above': 8,"
                                " 'severity': 'critical', 'text': 't'}"));
    run_at(3820, "1 1 1 0 1");
    assert_rows(ACTIVE, "High|{}|1|3820.0|15.0\n");
    assert_rows("SELECT query, severity FROM alert_rule", "sum(g)|critical\n");
}

/* A rule without a result changes no alerts. */
static void test_failing(void **state) {
    (void)state;
    set_at(60, "g", "{'l': 'a'}", "6");
    run_at(60, "1 0 1 0 1");
    watcher.clock_step = 11;
    run_at(120, "0 0 1 0 0");
    assert_rows(ACTIVE, "High|{\"l\":\"a\"}|1|60.0|6.0\n");
    assert_rows("SELECT evaluated_at - 1700006400, seconds > 10, error "
                "FROM alert_rule",
                "120.0|1|the rule takes longer than 10 s: shorten `over` or "
                "`for`, or use fewer labels\n");
    watcher.clock_step = 0;
    set_at(130, "g", "{'l': 'a'}", "1");
    run_at(180, "0 1 0 0 1");
    assert_rows("SELECT seconds, error FROM alert_rule", "0.0|NULL\n");
}

/* A channel gets only the alerts of its severities. */
static void test_channels(void **state) {
    (void)state;
    watcher_set(&watcher,
                "{'notify': [{'mail': ['a@b']},"
                " {'webhook': 'https://example.org/secret',"
                "  'severities': ['critical']},"
                " {'command': ['/bin/true'], 'severities': ['warning', 'x']},"
                " {'command': ['/bin/false'], 'severities': ['x']}],"
                " 'alerts': [" HIGH ", {'name': 'Too', 'value': 'g',"
                " 'above': 1, 'severity': 'critical', 'text': 't'}]}");
    set_at(60, "g", "{'l': 'a'}", "6");
    run_at(60, "2 0 2 0 3");
    assert_rows(
        "SELECT substr(channel, 1, instr(channel, '#') - 2), "
        "group_concat(each.value ->> 'name') FROM alert_notice, "
        "json_each(message, '$.alerts') AS each GROUP BY alert_notice.id",
        "mail to a@b|High,Too\n"
        "webhook https://example.org|Too\n"
        "command /bin/true|High\n");
}

/* Two processes evaluate the rules at the same time. */
static void test_two(void **state) {
    struct watcher other;
    struct store *store;
    struct err err = {.code = ERR_NONE};
    (void)state;
    assert_int_equal(store_open(scratch_path("t.db"), false, &store, &err), 0);
    watcher_open(&other, families, RULES(HIGH));
    for (int i = 0; i < 2; i++) {
        set_at(60 + i, "g", "{'l': 'a'}", i == 0 ? "6" : "4");
        watcher_evaluate(&watcher, MIDNIGHT + 60 + i);
        watcher_evaluate(&other, MIDNIGHT + 60 + i);
        assert_int_equal(
            watcher_decide(&watcher, side.store, MIDNIGHT + 60 + i, &err), 0);
        assert_int_equal(watcher_decide(&other, store, MIDNIGHT + 60 + i, &err),
                         0);
    }
    assert_rows("SELECT message ->> 'status' FROM alert_notice",
                "firing\nresolved\n");
    watcher_close(&other);
    store_close(store);
}

struct seen {
    struct strbuf text;
};

static int see_notice(void *context, const struct alert_notice_row *row) {
    struct seen *seen = context;
    strbuf_printf(&seen->text, "%lld %s %s %g %lld %s\n", (long long)row->id,
                  row->channel, row->message, row->made_at,
                  (long long)row->tries, row->error ? row->error : "fine");
    return 0;
}

static void check_notices(const char *channel, const char *want) {
    struct reader *reader;
    struct seen seen = {{0}};
    struct err err = {.code = ERR_NONE};
    if (reader_open(scratch_path("t.db"), &reader, &err) != 0 ||
        reader_begin(reader, &err) != 0 ||
        alert_reader_notices(reader, channel, see_notice, &seen, &err) != 0)
        fail_msg("%s", err.message);
    reader_end(reader);
    reader_close(reader);
    check_text("notices", seen.text.data ? seen.text.data : "", want);
    strbuf_free(&seen.text);
}

static int add_notices(void *context, struct store *store,
                       struct reader *reader, struct err *err) {
    (void)reader;
    if (store_alert_notice_add(store, "b", "{}", 1, err) != 0 ||
        store_alert_notice_add(store, "a", "[]", 2, err) != 0)
        return -1;
    return context ? err_set(err, ERR_VALUE, "changed my mind") : 0;
}

/* Notices are counted and deleted; a failed change adds none. */
static void test_notices(void **state) {
    struct err err = {.code = ERR_NONE};
    struct store *store = side.store;
    (void)state;
    assert_int_equal(store_alerts_change(store, add_notices, &err, &err), -1);
    check_text("why", err.message, "changed my mind");
    check_notices(NULL, "");
    assert_int_equal(store_alerts_change(store, add_notices, NULL, &err), 0);
    assert_int_equal(store_alert_notice_fail(store, 2, "no way", &err), 0);
    assert_int_equal(store_alert_notice_fail(store, 2, "not yet", &err), 0);
    check_notices(NULL, "1 b {} 1 0 fine\n2 a [] 2 2 not yet\n");
    check_notices("a", "2 a [] 2 2 not yet\n");
    check_notices("c", "");
    assert_int_equal(store_alert_notice_delete(store, 1, &err), 0);
    assert_int_equal(store_alert_notice_delete(store, 1, &err), 0);
    check_notices(NULL, "2 a [] 2 2 not yet\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_once),      TEST(test_for),          TEST(test_vanished),
        TEST(test_rule_gone), TEST(test_rule_changed), TEST(test_failing),
        TEST(test_channels),  TEST(test_two),          TEST(test_notices),
    };
    return cmocka_run_group_tests_name("alert_run", tests, NULL, NULL);
}
