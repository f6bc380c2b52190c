/* Batches with an id at POST /record: each counts once, while its id is known.
 */
#include "metrics/batch_id.h"
#include "record_counters.h"
#include "record_fixture.h"

/* A batch with an id whose time is now + seconds. */
static struct strbuf batch_of(int64_t seconds, const char *metrics) {
    struct strbuf body = {0};
    unsigned char id[BATCH_ID_SIZE];
    batch_id_lowest(service_now_ms() + seconds * 1000, id);
    strbuf_printf(&body,
                  "{\"batch\":\"%02x%02x%02x%02x-%02x%02x-7000-8000-"
                  "000000000001\",\"metrics\":%s}",
                  id[0], id[1], id[2], id[3], id[4], id[5], metrics);
    return body;
}

static void check_batch(const struct strbuf *body, int status, const char *line,
                        const char *counters) {
    const struct row row = {"batch",
                            {"POST", "/record", body->data, body->len, {NULL}},
                            status,
                            line,
                            counters};
    check_row(&service, &row);
}

static void test_batch_ids(void **state) {
    struct strbuf body = batch_of(0, PUSH_C);
    (void)state;
    check_batch(&body, 200, "OK", ACCEPTED);
    check_batch(&body, 200, "OK",
                "tallyman_pushes_total record repeated 1\n"
                "metrics_aggregator_record_total 1\n");
    assert_rows(TOTALS, "c|{\"l\":\"a\"}|1.0|0\n"
                        "c|{\"l\":\"b\"}|0.0|0\n"
                        "h|{}|0.0|0\n");
    strbuf_free(&body);
    /* The id of an empty batch is remembered, too. */
    body = batch_of(-100, "[]");
    check_batch(&body, 200, "OK",
                "tallyman_pushes_total record accepted 1\n"
                "metrics_aggregator_record_total 1\n");
    check_batch(&body, 200, "OK",
                "tallyman_pushes_total record repeated 1\n"
                "metrics_aggregator_record_total 1\n");
    strbuf_free(&body);
}

/* limits.batch_id_hours is 1: an older id may have been counted and
 * forgotten. */
static void test_batch_times(void **state) {
    static const struct {
        int64_t seconds;
        bool accepted;
        const char *side;
    } times[] = {{-3590, true, NULL},
                 {3590, true, NULL},
                 {-3610, false, "behind"},
                 {3660, false, "ahead of"},
                 {-86400 * 365, false, "behind"}};
    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct strbuf body = batch_of(times[i].seconds, PUSH_C);
        const struct asked asked = {
            "POST", "/record", body.data, body.len, {NULL}};
        struct exchange exchange = answer(&service, &asked);
        assert_int_equal(exchange.response.status,
                         times[i].accepted ? 200 : 400);
        if (!times[i].accepted) {
            struct strbuf counters = pending_counters(&service);
            struct strbuf end = {0};
            strbuf_printf(
                &end,
                " s %s the server's clock, must be within 3600 s of it "
                "(limits.batch_id_hours)\n",
                times[i].side);
            const char *body_text = exchange.response.body.data;
            assert_ptr_equal(strstr(body_text, "batch: its time is "),
                             body_text);
            assert_string_equal(strstr(body_text, " s "), end.data);
            assert_string_equal(counters.data, REJECTED("batch_id"));
            strbuf_free(&counters);
            strbuf_free(&end);
        }
        telemetry_clear(&service.telemetry);
        exchange_free(&exchange);
        strbuf_free(&body);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_batch_ids),
        TEST(test_batch_times),
    };
    return cmocka_run_group_tests_name("endpoint_record_batch", tests, NULL,
                                       NULL);
}
