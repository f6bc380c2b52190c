/* Exemplars in a push, and from its header traceparent. */
#include <time.h>

#include "check.h"
#include "record_fixture.h"

static const char families[] =
    "{\"allowedMetrics\": [\n"
    "{\"name\": \"c_total\", \"help\": \"C\", \"type\": \"counter\",\n"
    " \"exemplars\": true},\n"
    "{\"name\": \"h\", \"help\": \"H\", \"type\": \"histogram\",\n"
    " \"buckets\": [1, 2], \"exemplars\": true},\n"
    "{\"name\": \"plain_total\", \"help\": \"P\", \"type\": \"counter\"},\n"
    "{\"name\": \"live_total\", \"help\": \"L\", \"type\": \"counter\",\n"
    " \"temporality\": \"cumulative\", \"exemplars\": true},\n"
    "{\"name\": \"depth\", \"help\": \"D\", \"type\": \"gauge\"}]}\n";

static int open_tracing(void **state) {
    static char path[PATH_MAX];
    if (open_quiet(state) != 0)
        return -1;
    service_close(&service);
    scratch_write("metrics.d/a.json", families);
    (void)snprintf(path, sizeof(path), "%s", scratch_path("tallyman.json"));
    assert_int_equal(service_open(&service, path), 0);
    service.telemetry_at = service_seconds() + 1000;
    return 0;
}

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"
#define PARENT "HTTP_TRACEPARENT=00-" TRACE "-" SPAN "-01"
#define IDS " # {\"span_id\":\"" SPAN "\",\"trace_id\":\"" TRACE "\"} "
#define NEAR "REMOTE_ADDR=127.0.0.1"
#define OPENMETRICS "CONTENT_TYPE=application/openmetrics-text; version=1.0.0"
#define ASKED(uri, text, ...)                                                  \
    {                                                                          \
        "POST", uri, text, sizeof(text) - 1, {                                 \
            NEAR, __VA_ARGS__                                                  \
        }                                                                      \
    }

static const struct {
    const char *name;
    struct asked asked;
    const char *want; /* the samples, with their exemplars and `now` */
} pushes[] = {
    {"text", ASKED("/metrics", "# TYPE c_total counter\nc_total 3\n", PARENT),
     "c_total" IDS "3 now\n"},
    {"nothing was added",
     ASKED("/metrics", "# TYPE c_total counter\nc_total 0\n", PARENT),
     "c_total\n"},
    {"no trace", ASKED("/metrics", "# TYPE c_total counter\nc_total 3\n", NULL),
     "c_total\n"},
    {"a trace that is not kept",
     ASKED("/metrics", "# TYPE c_total counter\nc_total 3\n",
           "HTTP_TRACEPARENT=00-" TRACE "-" SPAN "-00"),
     "c_total\n"},
    {"a header that is none",
     ASKED("/metrics", "# TYPE c_total counter\nc_total 3\n",
           "HTTP_TRACEPARENT=ff-" TRACE "-" SPAN "-01"),
     "c_total\n"},
    {"a family without exemplars",
     ASKED("/metrics", "# TYPE plain_total counter\nplain_total 3\n", PARENT),
     "plain_total\n"},
    {"running totals",
     ASKED("/metrics/job/j", "# TYPE live_total counter\nlive_total 3\n",
           PARENT),
     "live_total\n"},
    {"one observation",
     ASKED("/metrics",
           "# TYPE h histogram\nh_bucket{le=\"1\"} 0\nh_bucket{le=\"2\"} 1\n"
           "h_sum 1.5\nh_count 1\n",
           PARENT),
     "h" IDS "1.5 now\n"},
    {"two observations",
     ASKED("/metrics",
           "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 2\n"
           "h_sum 1.5\nh_count 2\n",
           PARENT),
     "h\n"},
    {"its own exemplars stay",
     ASKED("/metrics",
           "# TYPE c counter\nc_total 1 # {trace_id=\"x\"} 0.5 17.5\n"
           "# TYPE h histogram\nh_bucket{le=\"1\"} 1 # {a=\"b\"} 0.5\n"
           "h_bucket{le=\"2\"} 1\nh_count 1\nh_sum 0.5\n# EOF\n",
           OPENMETRICS, PARENT),
     "c_total # {\"trace_id\":\"x\"} 0.5 17.5\nh # {\"a\":\"b\"} 0.5 0\n"},
    {"lines of statsd",
     ASKED("/statsd", "c:2|c\nh:0.5|h\nh:1:2|h\ndepth:1|g", PARENT),
     "c_total" IDS "2 now\nh" IDS "0.5 now\nh\ndepth\n"},
};

static void write_exemplars(struct strbuf *out, const struct sample *sample,
                            double now) {
    strbuf_add_string(out, sample->family->name);
    for (size_t i = 0; i < sample->exemplar_count; i++) {
        const struct exemplar *exemplar = &sample->exemplars[i];
        strbuf_printf(out, " # %.*s %g ", (int)exemplar->labels_len,
                      exemplar->labels, exemplar->value);
        if (exemplar->time > now - 60 && exemplar->time < now + 60)
            strbuf_add_string(out, "now");
        else
            strbuf_printf(out, "%g", exemplar->time);
    }
    strbuf_add_char(out, '\n');
}

static void samples(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(pushes); i++) {
        struct exchange exchange = {.state = EXCHANGE_ANSWERED};
        struct exchange *turn[] = {&exchange};
        struct strbuf got = {0};
        ask(&exchange, &pushes[i].asked);
        turn_enter(&service, &exchange);
        check_number(pushes[i].name, exchange.state, EXCHANGE_COMMIT);
        for (size_t k = 0; k < exchange.batch.count; k++)
            write_exemplars(&got, &exchange.batch.samples[k],
                            (double)time(NULL));
        check_text(pushes[i].name, got.data, pushes[i].want);
        turn_commit(&service, turn, 1);
        check_number(pushes[i].name, exchange.response.status / 100, 2);
        strbuf_free(&got);
        exchange_free(&exchange);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(samples, open_tracing, close_service)};
    return cmocka_run_group_tests_name("push_trace", tests, NULL, NULL);
}
