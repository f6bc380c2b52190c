/* The service: reloads, two responders on one database, and the telemetry of
 * both. */
#include "base/guide.h"
#include "process/service.h"

#include "service_life_fixture.h"

#define LIST(families) "{\"allowedMetrics\": [" families "]}"
#define COUNTER_C                                                              \
    "{\"name\": \"c\", \"help\": \"h\", \"type\": \"counter\","                \
    " \"labels\": [{\"name\": \"l\", \"allowedValues\": [\"a\"]}]}"
#define HISTOGRAM_H(bounds)                                                    \
    "{\"name\": \"h\", \"help\": \"h\", \"type\": \"histogram\","              \
    " \"buckets\": [" bounds "]}"
#define PUSH_NEW "[{\"metricName\":\"n\",\"metricType\":\"counter\",\"inc\":1}]"
#define UNKNOWN_OF(name)                                                       \
    "OK: 1 of 1 samples rejected: unknown_family 1 (" name                     \
    ")" SEE GUIDE_ALLOWLIST
#define UNKNOWN UNKNOWN_OF("n")

/* Reloads only after a change. */
static void test_reload(void **state) {
    (void)state;
    struct config *before = service.config;
    service_reload(&service, false);
    assert_ptr_equal(service.config, before);
    assert_log("");
    assert_push(&service, PUSH_NEW, 200, UNKNOWN);
    scratch_write("metrics.d/b.json", LIST("{\"name\": \"n\", \"help\": \"h\", "
                                           "\"type\": \"counter\"}"));
    assert_push(&service, PUSH_NEW, 200, UNKNOWN);
    service_reload(&service, false);
    assert_log("tallyman: the changed configuration is in force\n");
    assert_rows("SELECT total FROM counter_totals WHERE family = 'n'", "0.0\n");
    assert_push(&service, PUSH_NEW, 200, "OK");
    assert_push(&service, PUSH_C, 200, "OK");
    assert_int_equal(unlink(scratch_path("metrics.d/b.json")), 0);
    service_reload(&service, false);
    assert_push(&service, PUSH_NEW, 200, UNKNOWN);
    assert_push(&service, PUSH_C, 200, "OK");
    assert_rows(TOTAL("n"), "1.0\n");
    assert_rows(TOTAL("c"), "2.0\n");
}

/* A bad change is logged once with all its errors; the old configuration stays
 * in force. */
static void test_bad_reload(void **state) {
    (void)state;
    struct config *before = service.config;
    scratch_write("metrics.d/a.json", LIST(COUNTER_C "," COUNTER_C));
    scratch_write("metrics.d/b.json", "{");
    service_reload(&service, false);
    assert_ptr_equal(service.config, before);
    assert_false(service.reload_successful);
    assert_log("tallyman: error: metrics.d/a.json:1:119: "
               "allowedMetrics[1].name: \"c\" is listed twice, first as "
               "allowedMetrics[0] in metrics.d/a.json; must be listed once\n"
               "tallyman: error: metrics.d/b.json:1:2: not valid JSON: the "
               "text ends too early\n"
               "tallyman: error: the configuration is bad, the old one stays "
               "in force" SEE GUIDE_CONFIG "\n");
    assert_push(&service, PUSH_H("1"), 200, "OK");
    service_reload(&service, false);
    assert_log("");
    assert_int_equal(unlink(scratch_path("metrics.d/b.json")), 0);
    scratch_write("metrics.d/a.json", LIST(COUNTER_C));
    service_reload(&service, false);
    assert_true(service.reload_successful);
    assert_log("tallyman: the changed configuration is in force\n");
    assert_push(&service, PUSH_C, 200, "OK");
    assert_push(&service, PUSH_H("1"), 200, UNKNOWN_OF("h"));
}

/* A bad configuration does not start the service. */
static void test_bad_open(void **state) {
    struct service other;
    (void)state;
    scratch_write("metrics.d/a.json", "{");
    assert_int_equal(service_open(&other, service.config_path), -1);
    service_close(&other);
    assert_int_equal(service_check(service.config_path), -1);
    assert_log("tallyman: error: metrics.d/a.json:1:2: not valid JSON: the "
               "text ends too early\n"
               "tallyman: error: metrics.d/a.json:1:2: not valid JSON: the "
               "text ends too early\n");
    scratch_write("metrics.d/a.json", fixture_families);
    assert_int_equal(service_check(service.config_path), 0);
    assert_log("");
}

static void test_other_database(void **state) {
    (void)state;
    assert_push(&service, PUSH_C, 200, "OK");
    scratch_write("tallyman.json", "{\"database\": \"u.db\"}");
    service_reload(&service, false);
    assert_push(&service, PUSH_C, 200, "OK");
    assert_push(&service, PUSH_C, 200, "OK");
    assert_rows(TOTAL("c"), "1.0\n");
    assert_int_equal(rename(scratch_path("u.db"), scratch_path("t.db")), 0);
    assert_int_equal(rename(scratch_path("u.db-wal"), scratch_path("t.db-wal")),
                     0);
    assert_rows(TOTAL("c"), "2.0\n");
}

/* After another responder redefined a family, later pushes are parsed with the
 * new configuration in the same turn. */
static void test_stale(void **state) {
    struct service other;
    (void)state;
    assert_int_equal(service_open(&other, service.config_path), 0);
    assert_push(&service, PUSH_H("0.5"), 200, "OK");
    assert_push(&other, PUSH_H("0.5"), 200, "OK");
    scratch_write("metrics.d/a.json",
                  LIST(HISTOGRAM_H("1, 5, 9") ",{\"name\": \"c\", \"help\": "
                                              "\"h\", \"type\": \"gauge\"}"));
    service_reload(&service, false);
    assert_log("tallyman: the type or the bounds of h have changed: the family "
               "starts again at zero\n"
               "tallyman: the type or the bounds of c have changed: the family "
               "starts again at zero\n"
               "tallyman: the changed configuration is in force\n");
    assert_push(&other, PUSH_H("7"), 200, "OK");
    assert_log("");
    assert_push(&service, PUSH_H("3"), 200, "OK");
    assert_push(&other, PUSH_C, 200,
                "OK: 1 of 1 samples rejected: type_mismatch 1 (c)");
    assert_rows("SELECT buckets FROM total WHERE buckets NOT NULL AND sum = 10",
                "[0,1,1,0]\n");
    service_close(&other);
}

/* As before, but the files are bad: nothing is counted by the old
 * configuration. */
static void test_stale_and_bad(void **state) {
    struct service other;
    (void)state;
    assert_int_equal(service_open(&other, service.config_path), 0);
    scratch_write("metrics.d/a.json", LIST(HISTOGRAM_H("1, 5, 9")));
    service_reload(&service, false);
    scratch_write("metrics.d/a.json", "{");
    assert_push(&other, PUSH_H("7"), 503,
                "another responder has loaded a newer configuration; nothing "
                "was counted, send it again");
    scratch_write("metrics.d/a.json",
                  LIST(HISTOGRAM_H("1, 5, 9") "," COUNTER_C));
    service_reload(&other, false);
    assert_push(&other, PUSH_H("7"), 200, "OK");
    assert_rows("SELECT buckets FROM total WHERE sum = 7", "[0,0,1,0]\n");
    service_close(&other);
}

#define OWN                                                                    \
    "SELECT family || coalesce(' ' || (labels->>'result'), '') ||"             \
    " coalesce(' ' || (labels->>'reason'), ''), total FROM counter_totals"     \
    " WHERE total > 0 AND family NOT IN ('c') ORDER BY family, labels"

/* The counts of two responders add up, and none is lost when they end. */
static void test_telemetry(void **state) {
    struct service other;
    (void)state;
    assert_int_equal(service_open(&other, service.config_path), 0);
    assert_push(&service, PUSH_C, 200, "OK");
    assert_push(&service, "[5,5]", 200,
                "OK: 2 of 2 samples rejected: invalid_sample 2");
    assert_push(&other, PUSH_C, 200, "OK");
    assert_push(&other, "[5]", 200,
                "OK: 1 of 1 samples rejected: invalid_sample 1");
    assert_push(&other, "[", 400,
                "line 1, column 2: not valid JSON: the text ends too early");
    other.telemetry.incomplete++;
    assert_true(service_telemetry_due(&service) >= 0);
    service_commit_telemetry(&service);
    assert_true(service_telemetry_due(&service) < 0);
    assert_rows(OWN, "metrics_aggregator_record_total|2.0\n"
                     "tallyman_pushes_total accepted|2.0\n"
                     "tallyman_samples_rejected_total invalid_sample|2.0\n"
                     "tallyman_samples_total|1.0\n");
    assert_push(&service, PUSH_C, 200,
                "OK"); /* committed telemetry is cleared */
    service_commit_telemetry(&service);
    service_close(&other);
    assert_rows(OWN, "metrics_aggregator_record_total|5.0\n"
                     "tallyman_pushes_rejected_total malformed|1.0\n"
                     "tallyman_pushes_total accepted|5.0\n"
                     "tallyman_requests_incomplete_total|1.0\n"
                     "tallyman_samples_rejected_total invalid_sample|3.0\n"
                     "tallyman_samples_total|3.0\n");
}

/* Telemetry stays pending after a failed commit. */
static void test_telemetry_waits(void **state) {
    (void)state;
    assert_push(&service, PUSH_C, 200, "OK");
    sqlite3 *outsider = outsider_open();
    outsider_execute(outsider, "BEGIN IMMEDIATE");
    service_commit_telemetry(&service);
    assert_true(service_telemetry_due(&service) > 0);
    outsider_execute(outsider, "COMMIT");
    outsider_close(outsider);
    service_commit_telemetry(&service);
    assert_rows(OWN, "metrics_aggregator_record_total|1.0\n"
                     "tallyman_pushes_total accepted|1.0\n"
                     "tallyman_samples_total|1.0\n");
}

/* A full turn of each kind of request: each is answered, with one commit. */
static void test_full_turn(void **state) {
    static struct exchange exchanges[TURN_MAX];
    struct exchange *turn[TURN_MAX];
    static const struct asked bad = {"POST", "/record", "[", 1, {NULL}};
    (void)state;
    for (size_t i = 0; i < TURN_MAX; i++) {
        turn[i] = &exchanges[i];
        ask(turn[i], i % 8 == 7 ? &bad : i % 8 == 6 ? &ready : &push_c);
    }
    run_turn(&service, turn, TURN_MAX);
    for (size_t i = 0; i < TURN_MAX; i++) {
        assert_int_equal(exchanges[i].state, EXCHANGE_ANSWERED);
        assert_int_equal(exchanges[i].response.status, i % 8 == 7 ? 400 : 200);
        assert_string_equal(exchanges[i].response.body.data,
                            i % 8 == 7   ? "line 1, column 2: not valid JSON: "
                                           "the text ends too early\n"
                            : i % 8 == 6 ? "ready\n"
                                         : "OK\n");
        exchange_free(turn[i]);
        exchanges[i] = (struct exchange){.state = EXCHANGE_ANSWERED};
    }
    assert_rows(TOTAL("c"), "48.0\n");
    service_commit_telemetry(&service);
    assert_rows("SELECT family, count, mean FROM histogram_quantiles "
                "WHERE family = 'tallyman_turn_requests'",
                "tallyman_turn_requests|1|56.0\n");
    assert_rows("SELECT sum(count) FROM histogram_buckets "
                "WHERE family = 'tallyman_commit_seconds'",
                "1\n");
}

/* Another responder redefines families while a push waits for the commit of its
 * turn and a scrape enters: the push still has its own configuration. */
static void test_redefined_in_a_turn(void **state) {
    const struct asked asked[] = {
        {"POST", "/record", PUSH_C, sizeof(PUSH_C) - 1, {NULL}},
        {"GET", "/metrics", NULL, 0, {NULL}}};
    struct exchange exchanges[2] = {{.state = EXCHANGE_ANSWERED},
                                    {.state = EXCHANGE_ANSWERED}};
    struct exchange *turn[] = {&exchanges[0], &exchanges[1]};
    (void)state;
    ask(turn[0], &asked[0]);
    ask(turn[1], &asked[1]);
    outsider_run("UPDATE meta SET value = value + 1 WHERE key = 'generation'");
    run_turn(&service, turn, 2);
    assert_int_equal(exchanges[0].response.status, 200);
    assert_int_equal(exchanges[1].state, EXCHANGE_SCRAPE);
    turn_check_read(&service, service.config, turn[1]);
    assert_int_equal(exchanges[1].state, EXCHANGE_SCRAPE);
    assert_rows("SELECT value FROM series JOIN total ON series_id = series.id "
                "JOIN family ON family.id = family_id "
                "WHERE name = 'c' AND value > 0",
                "1.0\n");
    exchange_free(&exchanges[0]);
    exchange_free(&exchanges[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_reload),          TEST(test_bad_reload),
        TEST(test_bad_open),        TEST(test_other_database),
        TEST(test_stale),           TEST(test_redefined_in_a_turn),
        TEST(test_stale_and_bad),   TEST(test_telemetry),
        TEST(test_telemetry_waits), TEST(test_full_turn),
    };
    return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
