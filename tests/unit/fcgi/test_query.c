/* The query API: requests, error envelopes, and the answering threads. */
#include <pthread.h>
#include <sys/eventfd.h>

#include "check.h"
#include "one_service_fixture.h"
#include "process/scraper.h"

/* A clock that lets every query exceed its time limit. */
static double stuck_seconds(void) {
    static double now;
    return now += 0.3;
}

static void run(struct exchange *exchange, double (*seconds)(void)) {
    struct reader *reader = NULL;
    const struct query_run query = {exchange->query, service.config, &reader,
                                    seconds, NULL};
    query_run(&query, &exchange->response);
    reader_close(reader);
}

#define HERE "REMOTE_ADDR=127.0.0.1"
#define FORM "CONTENT_TYPE=application/x-www-form-urlencoded; charset=utf-8"
#define BAD(text)                                                              \
    "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"" text "\"}"
#define SUCCESS(data) "{\"status\":\"success\",\"data\":" data "}"
#define SCALAR(text) SUCCESS("{\"resultType\":\"scalar\",\"result\":" text "}")

#define RULE(name)                                                             \
    "{\"name\":\"" name "\",\"query\":\"q > 1\",\"duration\":0,"               \
    "\"keepFiringFor\":0,\"labels\":{\"severity\":\"s\"},"                     \
    "\"annotations\":{\"condition\":\"> "                                      \
    "1\",\"measured\":\"m\",\"summary\":\"t\"},"                               \
    "\"alerts\":[],\"state\":\"inactive\",\"health\":\"ok\","                  \
    "\"evaluationTime\":0,\"lastEvaluation\":\"1970-01-01T00:00:05.000Z\","    \
    "\"type\":\"alerting\"}"

/* clang-format off: a case each */
static const struct {
    const char *method, *uri, *body;
    const char *environment[8];
    int status;
    const char *want;
} requests[] = {
    {"GET",
     "/api/v1/query?query=1%2B1&time=5",
     NULL,
     {HERE},
     200,
     SCALAR("[5,\"2\"]")},
    {"HEAD",
     "/api/v1/query?query=2+*+3&time=1970-01-01T00:00:07.5Z&x=%zz",
     NULL,
     {HERE},
     200,
     SCALAR("[7.500,\"6\"]")},
    {"POST",
     "/api/v1/query?query=1&time=5",
     "query=3&query=4",
     {HERE, FORM},
     200,
     SCALAR("[5,\"3\"]")},
    {"POST",
     "/api/v1/query_range?",
     "query=1&start=0&end=600&step=5m",
     {HERE, FORM},
     200,
     SUCCESS("{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},"
             "\"values\":[[0,\"1\"],[300,\"1\"],[600,\"1\"]]}]}")},
    {"GET",
     "/api/v1/query?query=c&time=99999999999",
     NULL,
     {HERE},
     200,
     SUCCESS("{\"resultType\":\"vector\",\"result\":["
             "{\"metric\":{\"__name__\":\"c\",\"l\":\"a\"},"
             "\"value\":[99999999999,\"0\"]},"
             "{\"metric\":{\"__name__\":\"c\",\"l\":\"b\"},"
             "\"value\":[99999999999,\"0\"]}]}")},
    {"GET",
     "/api/v1/label/l/values?match[]=c",
     NULL,
     {HERE},
     200,
     SUCCESS("[\"a\",\"b\"]")},
    {"GET",
     "/api/v1/series?match[]=h_sum&match%5B%5D=c{l='a'}",
     NULL,
     {HERE},
     200,
     SUCCESS("[{\"__name__\":\"c\",\"l\":\"a\"},{\"__name__\":\"h_sum\"}]")},
    {"GET",
     "/api/v1/labels?match[]=c",
     NULL,
     {HERE},
     200,
     SUCCESS("[\"__name__\",\"l\"]")},
    {"GET",
     "/api/v1/metadata?metric=c",
     NULL,
     {HERE},
     200,
     SUCCESS("{\"c\":[{\"type\":\"counter\",\"help\":\"A counter.\","
             "\"unit\":\"\"}]}")},
    {"GET",
     "/api/v1/rules?type=alert&rule_name[]=A&rule_name%5B%5D=C&"
     "exclude_alerts=true",
     NULL,
     {HERE},
     200,
     SUCCESS("{\"groups\":[{\"name\":\"alerts\",\"rules\":[" RULE("A") "," RULE(
         "C") "],\"file\":\"alerts.json\",\"interval\":600,"
              "\"limit\":0,\"evaluationTime\":0,"
              "\"lastEvaluation\":\"1970-01-01T00:00:05.000Z\"}]}")},
    {"POST",
     "/api/v1/rules",
     "type=record",
     {HERE, FORM},
     200,
     SUCCESS("{\"groups\":[]}")},
    {"GET",
     "/api/v1/rules?type=all",
     NULL,
     {HERE},
     400,
     BAD("invalid parameter \\\"type\\\": must be alert or record")},
    {"HEAD",
     "/api/v1/alerts?x=1",
     NULL,
     {HERE},
     200,
     SUCCESS("{\"alerts\":[{\"labels\":{\"alertname\":\"B\","
             "\"severity\":\"s\"},\"annotations\":{\"condition\":\"> "
             "1\",\"measured\":\"m\","
             "\"summary\":\"t\"},\"state\":\"firing\","
             "\"activeAt\":\"1970-01-01T00:00:05.000Z\",\"value\":\"2e+00\"}"
             "]}")},
    {"GET",
     "/api/v1/query?query=x{",
     NULL,
     {HERE},
     400,
     BAD("invalid parameter \\\"query\\\": 1:3: parse error: the query ends, "
         "must continue with a label name")},
    {"GET",
     "/api/v1/query",
     NULL,
     {HERE},
     400,
     BAD("invalid parameter \\\"query\\\": is missing")},
    {"GET",
     "/api/v1/query?query=1&time=x",
     NULL,
     {HERE},
     400,
     BAD("invalid parameter \\\"time\\\": must be Unix seconds or a time such "
         "as 2026-01-02T03:04:05Z")},
    {"GET",
     "/api/v1/query?query=1&time=1%00x",
     NULL,
     {HERE},
     400,
     BAD("a parameter has a NUL character")},
    {"GET",
     "/api/v1/query_range?query=1&start=0&end=1",
     NULL,
     {HERE},
     400,
     BAD("invalid parameter \\\"step\\\": must be seconds or a duration such "
         "as 5m, above 0")},
    {"GET",
     "/api/v1/series",
     NULL,
     {HERE},
     400,
     BAD("no match[] parameter provided")},
    {"GET",
     "/api/v1/series?match[]={",
     NULL,
     {HERE},
     400,
     BAD("invalid parameter \\\"match[]\\\": 1:2: parse error: the query ends, "
         "must continue with a label name")},
    {"GET",
     "/api/v1/labels?limit=-1",
     NULL,
     {HERE},
     400,
     BAD("invalid parameter \\\"limit\\\": must be a natural number, at most "
         "1000000000")},
    {"GET",
     "/api/v1/label/0/values",
     NULL,
     {HERE},
     400,
     BAD("the path has no valid label name: must be letters, digits and _")},
    {"GET",
     "/api/v1/label/l/value",
     NULL,
     {HERE},
     404,
     "{\"status\":\"error\",\"errorType\":\"not_found\",\"error\":\"the path "
     "must be /api/v1/label/NAME/values\"}"},
    {"PUT",
     "/api/v1/query?query=1",
     NULL,
     {HERE},
     405,
     BAD("PUT is not allowed here, must be GET, HEAD, POST")},
    {"POST",
     "/api/v1/query",
     "query=1",
     {HERE, "CONTENT_TYPE=application/json"},
     415,
     BAD("the Content-Type must be application/x-www-form-urlencoded, without "
         "a Content-Encoding")},
    {"POST",
     "/api/v1/query",
     "query=1",
     {HERE, FORM, "HTTP_CONTENT_ENCODING=gzip"},
     415,
     BAD("the Content-Type must be application/x-www-form-urlencoded, without "
         "a Content-Encoding")},
    {"POST",
     "/api/v1/query",
     "query=1",
     {HERE, FORM, "CONTENT_LENGTH=9"},
     400,
     BAD("the form ends before its Content-Length")},
};
/* clang-format on */

static void answers(void **state) {
    (void)state;
    outsider_run("INSERT INTO alert_rule SELECT value, 1, 'q', '> 1', 'm', '', "
                 "'[]', 600,"
                 " 0, 's', 't', 5, 0, NULL, 0"
                 " FROM json_each('[\"A\",\"B\",\"C\"]');"
                 "INSERT INTO alert VALUES ('B', '{}', 1, 5, 2)");
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct asked asked = {requests[i].method,
                              requests[i].uri,
                              requests[i].body,
                              requests[i].body ? strlen(requests[i].body) : 0,
                              {NULL}};
        memcpy(asked.environment, requests[i].environment,
               sizeof(asked.environment));
        struct exchange exchange = answer(&service, &asked);
        if (exchange.state == EXCHANGE_QUERY)
            run(&exchange, service_seconds);
        check_text(requests[i].uri, exchange.response.body.data,
                   requests[i].want);
        check_number(requests[i].uri, exchange.response.status,
                     requests[i].status);
        check_text(requests[i].uri, exchange.response.content_type,
                   "application/json");
        exchange_free(&exchange);
    }
}

/* One rule_name[] more than the limit. */
static void many_names(void **state) {
    struct strbuf uri = {0};
    struct exchange exchange = {.state = EXCHANGE_ANSWERED};
    struct exchange *turn[] = {&exchange};
    (void)state;
    for (int i = 0; i < 65; i++)
        strbuf_add_string(&uri, "rule_name[]=a&");
    const struct asked form = {
        "POST", "/api/v1/rules", uri.data, uri.len, {HERE, FORM}};
    ask(&exchange, &form);
    run_turn(&service, turn, 1);
    check_text("400", exchange.response.body.data,
               BAD("there are more than 64 parameters `rule_name[]`"));
    exchange_free(&exchange);
    strbuf_free(&uri);
}

static void refused(void **state) {
    static const struct asked elsewhere = {
        "GET", "/api/v1/query?query=1", NULL, 0, {"REMOTE_ADDR=192.0.2.1"}};
    struct exchange exchange = {.state = EXCHANGE_ANSWERED};
    struct exchange *turn[] = {&exchange};
    (void)state;
    ask(&exchange, &elsewhere);
    run_turn(&service, turn, 1);
    assert_int_equal(exchange.response.status, 403);
    assert_non_null(
        strstr(exchange.response.body.data, "\"errorType\":\"forbidden\""));
    static const struct asked form = {
        "POST", "/api/v1/query", "", 0, {HERE, FORM}};
    ask(&exchange, &form);
    exchange.request.too_large = true;
    run_turn(&service, turn, 1);
    check_text("413", exchange.response.body.data,
               BAD("the form is longer than `limits.body_bytes`"));
    assert_int_equal(exchange.response.status, 413);
    exchange_free(&exchange);
}

static void too_long(void **state) {
    static const struct asked asked = {
        "GET", "/api/v1/query?query=c", NULL, 0, {HERE}};
    (void)state;
    struct exchange exchange = answer(&service, &asked);
    assert_int_equal(exchange.state, EXCHANGE_QUERY);
    run(&exchange, stuck_seconds);
    assert_int_equal(exchange.response.status, 503);
    check_text(
        "timeout", exchange.response.body.data,
        "{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"the "
        "query took longer than a second; ask for fewer series or a "
        "shorter time\"}");
    exchange_free(&exchange);
}

static void no_database(void **state) {
    static const struct asked asked = {
        "GET", "/api/v1/query?query=c", NULL, 0, {HERE}};
    (void)state;
    struct exchange exchange = answer(&service, &asked);
    assert_int_equal(unlink(scratch_path("t.db")), 0);
    run(&exchange, service_seconds);
    assert_int_equal(exchange.response.status, 503);
    assert_non_null(
        strstr(exchange.response.body.data, "\"errorType\":\"unavailable\""));
    check_text("headers", exchange.response.headers.data,
               strstr(exchange.response.headers.data, "Retry-After: 1\r\n")
                   ? exchange.response.headers.data
                   : "Retry-After: 1\r\n");
    exchange_free(&exchange);
}

/* --- threads -------------------------------------------------------------- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool held;
static int queries_at_work;
static int most_queries;
static bool scraped;

/* The clients of queries do not read until they are released. */
static void send_answer(struct scrape_job *job) {
    (void)pthread_mutex_lock(&mutex);
    if (job->query) {
        queries_at_work++;
        if (queries_at_work > most_queries)
            most_queries = queries_at_work;
    } else {
        scraped = true;
    }
    (void)pthread_cond_broadcast(&changed);
    while (job->query && held)
        (void)pthread_cond_wait(&changed, &mutex);
    queries_at_work -= job->query != NULL;
    (void)pthread_mutex_unlock(&mutex);
}

static void threads(void **state) {
    enum { JOBS = 103, REFUSED = 20 };
    struct scrape_job jobs[JOBS];
    struct query_call calls[JOBS];
    int notify_fd = eventfd(0, 0);
    uint64_t count;
    int done = 0;
    int refused = 0;
    struct scraper *scraper = scraper_new(send_answer, notify_fd);
    struct scrape_job more;
    struct query_call call = {.kind = QUERY_INSTANT, .text = "1", .len = 1};
    (void)state;
    held = true;
    for (int i = 0; i < JOBS; i++) {
        calls[i] =
            (struct query_call){.kind = QUERY_INSTANT, .text = "1", .len = 1};
        jobs[i] = (struct scrape_job){.config = service.config,
                                      .query = i + 1 < JOBS ? &calls[i] : NULL};
        if (i == 2) {
            (void)pthread_mutex_lock(&mutex);
            while (queries_at_work < 2)
                (void)pthread_cond_wait(&changed, &mutex);
            (void)pthread_mutex_unlock(&mutex);
        }
        assert_int_equal(scraper_submit(scraper, &jobs[i]), 0);
    }
    /* A hundred jobs wait. */
    for (int i = 0; i < REFUSED; i++) {
        more = (struct scrape_job){.config = service.config, .query = &call};
        refused += scraper_submit(scraper, &more) != 0;
    }
    assert_int_equal(refused, REFUSED);
    /* The scrape came last, but need not wait for a query. */
    (void)pthread_mutex_lock(&mutex);
    while (!scraped || queries_at_work < 2)
        (void)pthread_cond_wait(&changed, &mutex);
    held = false;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&mutex);
    while (done < JOBS) {
        assert_int_equal(read(notify_fd, &count, sizeof(count)), sizeof(count));
        while (scraper_take_done(scraper))
            done++;
    }
    assert_int_equal(most_queries, 2);
    scraper_free(scraper);
    close(notify_fd);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_service, close_service)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(answers),  TEST(many_names),  TEST(refused),
        TEST(too_long), TEST(no_database), TEST(threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
