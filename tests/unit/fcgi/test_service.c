/* The service over its life: changed configurations, databases that fail and
 * come back, two responders on one database, and what they have counted. */
#include "process/service.h"

#include <signal.h>
#include <sys/resource.h>

#include "base/file.h"
#include "service_fixture.h"

static struct service service;

static int open_service(void **state) {
    if (scratch_make(state) != 0)
        return -1;
    fixture_open(&service);
    log_capture();
    return 0;
}

static int close_service(void **state) {
    service_close(&service);
    log_release();
    return scratch_clear(state);
}

/* What was logged since the last call, paths below the test's directory
 * without it. */
static void assert_log(const char *want) {
    struct strbuf text = {0};
    struct strbuf shown = {0};
    struct err err = {.code = ERR_NONE};
    const size_t len = strlen(scratch);
    assert_int_equal(file_read(scratch_path("log"), 65536, &text, &err), 0);
    for (const char *c = text.data; *c;) {
        bool directory = strncmp(c, scratch, len) == 0 && c[len] == '/';
        if (!directory)
            strbuf_add_char(&shown, *c);
        c += directory ? len + 1 : 1;
    }
    assert_string_equal(shown.data ? shown.data : "", want);
    assert_int_equal(truncate(scratch_path("log"), 0), 0);
    strbuf_free(&text);
    strbuf_free(&shown);
}

#define TOTAL(name)                                                            \
    "SELECT total FROM counter_totals WHERE family = '" name "' AND total > 0"
#define LIST(families) "{\"allowedMetrics\": [" families "]}"
#define COUNTER_C                                                              \
    "{\"name\": \"c\", \"help\": \"h\", \"type\": \"counter\","                \
    " \"labels\": [{\"name\": \"l\", \"allowedValues\": [\"a\"]}]}"
#define HISTOGRAM_H(bounds)                                                    \
    "{\"name\": \"h\", \"help\": \"h\", \"type\": \"histogram\","              \
    " \"buckets\": [" bounds "]}"
#define PUSH_NEW "[{\"metricName\":\"n\",\"metricType\":\"counter\",\"inc\":1}]"
#define UNKNOWN_OF(name)                                                       \
    "OK: 1 of 1 samples rejected: unknown_family 1 (" name ")"
#define UNKNOWN UNKNOWN_OF("n")

/* Without a change nothing happens; a changed file is in force. */
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

/* A bad change is logged once with all its errors, and the old configuration
 * stays. */
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
               "in force\n");
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

/* A bad configuration does not open at all. */
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

/* Another responder has redefined a family: what comes then is parsed anew with
 * the new configuration, in the same turn. */
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
    assert_log("tallyman: the type or the bounds of h have changed: it starts "
               "again at zero\n"
               "tallyman: the type or the bounds of c have changed: it starts "
               "again at zero\n"
               "tallyman: the changed configuration is in force\n");
    assert_push(&other, PUSH_H("7"), 200, "OK");
    assert_log("");
    assert_push(&service, PUSH_H("3"), 200, "OK");
    assert_push(&other, PUSH_C, 200,
                "OK: 1 of 1 samples rejected: type_mismatch 1 (c)");
    assert_rows(
        "SELECT buckets FROM series WHERE buckets NOT NULL AND sum = 10",
        "[0,1,1,0]\n");
    service_close(&other);
}

/* The same, but the files are bad at that moment: nothing is counted by the old
 * rules. */
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
    assert_rows("SELECT buckets FROM series WHERE sum = 7", "[0,0,1,0]\n");
    service_close(&other);
}

static void assert_unavailable(const struct asked *asked, const char *body) {
    struct exchange exchange = answer(&service, asked);
    assert_int_equal(exchange.response.status, 503);
    assert_string_equal(exchange.response.body.data, body);
    assert_non_null(
        strstr(exchange.response.headers.data, "Retry-After: 1\r\n"));
    exchange_free(&exchange);
}

static const struct asked push_c = {
    "POST", "/record", PUSH_C, sizeof(PUSH_C) - 1, {NULL}};
static const struct asked ready = {"GET", "/-/ready", NULL, 0, {NULL}};
static const struct asked healthy = {"GET", "/-/healthy", NULL, 0, {NULL}};

/* A database that cannot be opened: 503 until the cause is gone, and then all
 * is well by itself. */
static void test_cannot_open(void **state) {
    struct strbuf push = {0};
    struct strbuf not_ready = {0};
    (void)state;
    scratch_write("u.db", "this is not a database");
    scratch_write("tallyman.json", "{\"database\": \"u.db\"}");
    service_reload(&service, false);
    assert_log("tallyman: error: database u.db: file is not a database; "
               "pushes are refused until this is mended\n"
               "tallyman: the changed configuration is in force\n");
    strbuf_printf(&push,
                  "database %s: file is not a database; nothing was counted, "
                  "send it again\n",
                  scratch_path("u.db"));
    strbuf_printf(&not_ready,
                  "not ready: database %s: file is not a database\n",
                  scratch_path("u.db"));
    assert_unavailable(&push_c, push.data);
    assert_unavailable(&ready, not_ready.data);
    assert_unavailable(&push_c, push.data);
    assert_answer(&service, &healthy, 200, "healthy");
    assert_log("");
    struct strbuf counters = pending_counters(&service);
    assert_string_equal(counters.data, "tallyman_pushes_rejected_total record "
                                       "unavailable 2\n");
    strbuf_free(&counters);
    assert_int_equal(unlink(scratch_path("u.db")), 0);
    service.tried_at = 0;
    assert_answer(&service, &ready, 200, "ready");
    assert_push(&service, PUSH_C, 200, "OK");
    assert_log("tallyman: database u.db can be written again\n");
    strbuf_free(&push);
    strbuf_free(&not_ready);
}

#define CHECKED "SELECT count(*) FROM meta WHERE key = 'checked_at'"

static void forget_check(void) {
    sqlite3 *outsider = outsider_open();
    outsider_execute(outsider, "DELETE FROM meta WHERE key = 'checked_at'");
    outsider_close(outsider);
}

/* Who asks whether it is ready makes it write once a second, not each time. */
static void test_ready_for_a_second(void **state) {
    (void)state;
    assert_answer(&service, &ready, 200, "ready");
    assert_rows(CHECKED, "1\n");
    forget_check();
    for (int i = 0; i < 100; i++) {
        service.tried_at = service_seconds(); /* on however slow a machine */
        assert_answer(&service, &ready, 200, "ready");
    }
    assert_rows(CHECKED, "0\n");
    service.tried_at = service_seconds() - 1;
    assert_answer(&service, &ready, 200, "ready");
    assert_rows(CHECKED, "1\n");
    /* A push tells as much. */
    forget_check();
    service.tried_at = 0;
    assert_push(&service, PUSH_C, 200, "OK");
    assert_true(service_just_tried(&service));
    assert_answer(&service, &ready, 200, "ready");
    assert_rows(CHECKED, "0\n");
}

/* The same of a failure, until the configuration changes. */
static void test_not_ready_for_a_second(void **state) {
    struct strbuf line = {0};
    (void)state;
    scratch_write("u.db", "this is not a database");
    scratch_write("tallyman.json", "{\"database\": \"u.db\"}");
    service_reload(&service, false);
    assert_false(service_just_tried(&service));
    strbuf_printf(&line, "not ready: database %s: file is not a database\n",
                  scratch_path("u.db"));
    assert_unavailable(&ready, line.data);
    assert_int_equal(unlink(scratch_path("u.db")), 0);
    service.tried_at = service_seconds();
    assert_unavailable(&ready, line.data);
    service.tried_at = service_seconds() - 1;
    assert_answer(&service, &ready, 200, "ready");
    scratch_write("tallyman.json", fixture_config);
    service_reload(&service, false);
    assert_false(service_just_tried(&service));
    strbuf_free(&line);
}

/* Files may not grow: writes fail with EFBIG, which SQLite calls an I/O error;
 * the store is opened anew with each turn. */
static void test_cannot_write(void **state) {
    struct rlimit limit;
    struct rlimit small;
    (void)state;
    assert_push(&service, PUSH_C, 200, "OK");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){4096, limit.rlim_max};
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 3; i++) {
        struct exchange exchange = answer(&service, &push_c);
        assert_int_equal(exchange.response.status, 503);
        exchange_free(&exchange);
        exchange = answer(&service, &ready);
        assert_int_equal(exchange.response.status, 503);
        exchange_free(&exchange);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_rows(TOTAL("c"), "1.0\n");
    service.tried_at = 0;
    assert_answer(&service, &ready, 200, "ready");
    assert_push(&service, PUSH_C, 200, "OK");
    assert_rows(TOTAL("c"), "2.0\n");
    assert_rows("PRAGMA integrity_check", "ok\n");
}

/* A damaged database is let go, so that it can be replaced without a
 * restart. */
static void test_replaced(void **state) {
    (void)state;
    assert_push(&service, PUSH_C, 200, "OK");
    outsider_run("DELETE FROM meta");
    assert_unavailable(&push_c,
                       "database: the row `generation` of meta is gone; "
                       "nothing was counted, send it again\n");
    assert_int_equal(unlink(scratch_path("t.db")), 0);
    (void)unlink(scratch_path("t.db-wal"));
    (void)unlink(scratch_path("t.db-shm"));
    assert_push(&service, PUSH_C, 200, "OK");
    assert_rows(TOTAL("c"), "1.0\n");
}

/* An outsider holds the database. */
static void test_locked(void **state) {
    struct strbuf want = {0};
    (void)state;
    sqlite3 *outsider = outsider_open();
    outsider_execute(outsider, "BEGIN IMMEDIATE");
    strbuf_printf(&want,
                  "database %s: database is locked; nothing was counted, send "
                  "it again\n",
                  scratch_path("t.db"));
    assert_unavailable(&push_c, want.data);
    outsider_execute(outsider, "COMMIT");
    outsider_close(outsider);
    assert_push(&service, PUSH_C, 200, "OK");
    assert_rows(TOTAL("c"), "1.0\n");
    assert_log("tallyman: error: database t.db: database is locked; pushes "
               "are refused until this is mended\n"
               "tallyman: database t.db can be written again\n");
    strbuf_free(&want);
}

/* Below the document root anybody could download the database. */
static void test_document_root(void **state) {
    char root[PATH_MAX];
    char inner[PATH_MAX];
    char other[PATH_MAX];
    (void)state;
    (void)mkdir(scratch_path("www"), 0700);
    (void)snprintf(root, sizeof(root), "DOCUMENT_ROOT=%.4000s", scratch);
    (void)snprintf(inner, sizeof(inner), "DOCUMENT_ROOT=%.4000s/www", scratch);
    (void)snprintf(other, sizeof(other), "DOCUMENT_ROOT=%.4000s/www/..",
                   scratch);
    const struct asked below = {
        "POST", "/record", PUSH_C, sizeof(PUSH_C) - 1, {root}};
    const struct asked dots = {"GET", "/metrics", NULL, 0, {other}};
    const struct asked beside = {
        "POST", "/record", PUSH_C, sizeof(PUSH_C) - 1, {inner}};
    const struct asked nowhere = {"POST",
                                  "/record",
                                  PUSH_C,
                                  sizeof(PUSH_C) - 1,
                                  {"DOCUMENT_ROOT=/no/such/directory"}};
    static const char want[] = "the database lies below the web root; the "
                               "error log says how to mend it";
    assert_answer(&service, &below, 500, want);
    assert_answer(&service, &below, 500, want);
    struct strbuf text = {0};
    strbuf_printf(&text,
                  "tallyman: error: database t.db lies below the web root "
                  "%s, where anybody could download it; set `database` to a "
                  "path outside\n",
                  scratch);
    assert_log(text.data);
    strbuf_free(&text);
    assert_answer(&service, &dots, 500, want);
    assert_answer(&service, &beside, 200, "OK");
    assert_answer(&service, &nowhere, 200, "OK");
    assert_rows(TOTAL("c"), "2.0\n");
}

#define OWN                                                                    \
    "SELECT family || coalesce(' ' || (labels->>'result'), '') ||"             \
    " coalesce(' ' || (labels->>'reason'), ''), total FROM counter_totals"     \
    " WHERE total > 0 AND family NOT IN ('c') ORDER BY family, labels"

/* What two responders have counted adds up, and none of it is lost at the
 * end. */
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
    assert_push(&service, PUSH_C, 200, "OK"); /* what was committed is over */
    service_commit_telemetry(&service);
    service_close(&other);
    assert_rows(OWN, "metrics_aggregator_record_total|5.0\n"
                     "tallyman_pushes_rejected_total malformed|1.0\n"
                     "tallyman_pushes_total accepted|5.0\n"
                     "tallyman_requests_incomplete_total|1.0\n"
                     "tallyman_samples_rejected_total invalid_sample|3.0\n"
                     "tallyman_samples_total|3.0\n");
}

/* Telemetry that could not be committed waits. */
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

/* As many requests as a turn takes, of each kind, are answered each by itself
 * and with one commit. */
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

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_service, close_service)

/* Another responder redefines families while a push waits for the commit of its
 * turn and a scrape enters: the push still has the families it was parsed
 * with. */
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
    turn_check_scrape(&service, turn[1]);
    assert_int_equal(exchanges[1].state, EXCHANGE_SCRAPE);
    assert_rows("SELECT value FROM series JOIN family ON family.id = family_id "
                "WHERE name = 'c' AND value > 0",
                "1.0\n");
    exchange_free(&exchanges[0]);
    exchange_free(&exchanges[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_reload),
        TEST(test_bad_reload),
        TEST(test_bad_open),
        TEST(test_other_database),
        TEST(test_stale),
        TEST(test_redefined_in_a_turn),
        TEST(test_stale_and_bad),
        TEST(test_cannot_open),
        TEST(test_ready_for_a_second),
        TEST(test_not_ready_for_a_second),
        TEST(test_cannot_write),
        TEST(test_locked),
        TEST(test_replaced),
        TEST(test_document_root),
        TEST(test_telemetry),
        TEST(test_telemetry_waits),
        TEST(test_full_turn),
    };
    return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
