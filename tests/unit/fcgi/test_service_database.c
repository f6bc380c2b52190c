/* The service with a database that fails, is locked, is in a wrong place, and
 * recovers. */
#include "process/service.h"

#include <signal.h>
#include <sys/resource.h>

#include "service_life_fixture.h"

static void assert_unavailable(const struct asked *asked, const char *body) {
    struct exchange exchange = answer(&service, asked);
    assert_int_equal(exchange.response.status, 503);
    assert_string_equal(exchange.response.body.data, body);
    assert_non_null(
        strstr(exchange.response.headers.data, "Retry-After: 1\r\n"));
    exchange_free(&exchange);
}

static const struct asked healthy = {"GET", "/-/healthy", NULL, 0, {NULL}};

/* 503 while the database cannot be opened; recovers without a restart. */
static void test_cannot_open(void **state) {
    struct strbuf push = {0};
    struct strbuf not_ready = {0};
    (void)state;
    scratch_write("u.db", "this is not a database");
    scratch_write("tallyman.json", "{\"database\": \"u.db\"}");
    service_reload(&service, false);
    assert_log("tallyman: error: database u.db: file is not a database; "
               "pushes are refused until this is fixed\n"
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

/* Readiness probes cause at most one commit per second. */
static void test_ready_for_a_second(void **state) {
    (void)state;
    assert_answer(&service, &ready, 200, "ready");
    assert_rows(CHECKED, "1\n");
    forget_check();
    for (int i = 0; i < 100; i++) {
        service.tried_at = service_seconds(); /* even on a slow machine */
        assert_answer(&service, &ready, 200, "ready");
    }
    assert_rows(CHECKED, "0\n");
    service.tried_at = service_seconds() - 1;
    assert_answer(&service, &ready, 200, "ready");
    assert_rows(CHECKED, "1\n");
    /* A push has the same effect. */
    forget_check();
    service.tried_at = 0;
    assert_push(&service, PUSH_C, 200, "OK");
    assert_true(service_just_tried(&service));
    assert_answer(&service, &ready, 200, "ready");
    assert_rows(CHECKED, "0\n");
}

/* A failure is reused, too, until the configuration changes. */
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

/* Files cannot grow: writes fail with EFBIG, which SQLite reports as an I/O
 * error. Each turn opens the store again. */
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

/* A damaged database is closed, so that it can be replaced without a
 * restart. */
static void test_replaced(void **state) {
    (void)state;
    assert_push(&service, PUSH_C, 200, "OK");
    outsider_run("DELETE FROM meta");
    assert_unavailable(&push_c,
                       "database: the row `generation` of meta is missing; "
                       "nothing was counted, send it again\n");
    assert_int_equal(unlink(scratch_path("t.db")), 0);
    (void)unlink(scratch_path("t.db-wal"));
    (void)unlink(scratch_path("t.db-shm"));
    assert_push(&service, PUSH_C, 200, "OK");
    assert_rows(TOTAL("c"), "1.0\n");
}

/* Another process locks the database. */
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
               "are refused until this is fixed\n"
               "tallyman: database t.db can be written again\n");
    strbuf_free(&want);
}

/* A database below the document root could be downloaded. */
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
                               "error log says how to fix it";
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

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_cannot_open),
        TEST(test_ready_for_a_second),
        TEST(test_not_ready_for_a_second),
        TEST(test_cannot_write),
        TEST(test_replaced),
        TEST(test_locked),
        TEST(test_document_root),
    };
    return cmocka_run_group_tests_name("service_database", tests, NULL, NULL);
}
