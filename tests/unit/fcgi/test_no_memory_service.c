/* Opens, reloads, pushes to and scrapes a service repeatedly; each time one
 * more allocation succeeds than before. Acknowledged pushes count once, refused
 * ones not at all, and the service keeps working. */
#include "endpoints/scrape.h"
#include "metric_families.h"
#include "no_memory.h"
#include "service_fixture.h"
#include "unpack.h"

static const char config[] =
    "{\"database\": \"t.db\", \"open_families\": true,\n"
    " \"origins\": [\"https://a.example\"], \"drop_families\": [\"go_*\"],\n"
    " \"scrape_token_file\": \"scrape.token\", \"push_token_file\": "
    "\"push.tokens\",\n"
    " \"sessions\": {\"user_labels\": \"hash\", \"hash_key_file\": \"key\",\n"
    "  \"log\": \"json\", \"variables\": [\"v\"], \"drop_labels\": "
    "[\"user_role\"]}}\n";
static const char families[] =
    "{\"allowedMetrics\": [\n"
    " {\"name\": \"c\", \"help\": \"Closed.\", \"type\": \"counter\",\n"
    "  \"labels\": [{\"name\": \"l\", \"allowedValues\": [\"a\", \"b\"]}]},\n"
    " {\"name\": \"p\", \"help\": \"Open.\", \"type\": \"counter\",\n"
    "  \"labels\": [{\"name\": \"l\", \"maxValues\": 1000}]},\n"
    " {\"name\": \"g\", \"help\": \"A gauge.\", \"type\": \"gauge\"},\n"
    " {\"name\": \"s\", \"help\": \"A summary.\", \"type\": \"summary\"},\n"
    " {\"name\": \"q\", \"help\": \"Running totals.\", \"type\": \"counter\",\n"
    "  \"temporality\": \"cumulative\", \"labels\": [{\"name\": "
    "\"job\",\n"
    "  \"maxValues\": 9}, {\"name\": \"instance\", \"maxValues\": 9}]},\n"
    " {\"name\": \"h\", \"help\": \"A histogram.\", \"type\": \"histogram\",\n"
    "  \"buckets\": [1, 2]}]}\n";

static char config_path[PATH_MAX];

static int write_files(void **state) {
    if (scratch_make(state) != 0)
        return -1;
    (void)mkdir(scratch_path("metrics.d"), 0700);
    scratch_write("metrics.d/a.json", families);
    scratch_write("scrape.token", "0123456789abcdef\n");
    scratch_write("push.tokens", "0123456789abcdef c g_* p\n# more\n"
                                 "abcdef0123456789\n");
    scratch_write("key", "0123456789abcdef\n");
    scratch_write("tallyman.json", config);
    (void)snprintf(config_path, sizeof(config_path), "%s",
                   scratch_path("tallyman.json"));
    log_capture();
    return 0;
}

static int remove_files(void **state) {
    log_release();
    return scratch_clear(state);
}

/* First column of the first row. */
static double number_of(const char *sql) {
    struct strbuf rows = outsider_rows(sql);
    double number = rows.data ? strtod(rows.data, NULL) : 0;
    strbuf_free(&rows);
    return number;
}

#define COUNTED "SELECT total(total) FROM counter_totals WHERE family = 'c'"

/* A configuration in force is complete. */
static void assert_whole(const struct config *loaded) {
    static const char *const names[] = {"c", "p", "g", "s", "q", "h"};
    assert_string_equal(loaded->database, scratch_path("t.db"));
    assert_string_equal(loaded->scrape_token, "0123456789abcdef");
    assert_int_equal(loaded->push_token_count, 2);
    assert_int_equal(loaded->push_tokens[0].families.count, 3);
    assert_int_equal(loaded->origins.count, 1);
    assert_int_equal(loaded->drop_families.count, 1);
    assert_int_equal(loaded->sessions.hash_key_len, 16);
    assert_non_null(loaded->sessions.hash_key);
    assert_int_equal(loaded->sessions.variables.count, 1);
    assert_int_equal(loaded->sessions.drop_labels.count, 1);
    for (size_t i = 0; i < 6; i++) {
        const struct family *family =
            registry_find(&loaded->registry, names[i], 1);
        assert_non_null(family);
        assert_int_equal(family->label_count, i < 2 ? 1 : i == 4 ? 2 : 0);
        assert_int_equal(family->bound_count, i == 5 ? 2 : 0);
        for (size_t k = 0; k < family->label_count; k++)
            assert_int_equal(family->labels[k].values.count, i == 0 ? 2 : 1);
    }
}

static void opening(void **state) {
    struct service service;
    int count = 0;
    (void)state;
    do {
        no_memory_after(count++);
        int result = service_open(&service, config_path);
        (void)no_memory_end();
        assert_true(result == 0 || failed);
        if (result == 0)
            assert_whole(service.config);
        service_close(&service);
    } while (failed);
    assert_true(count > 100);
    assert_rows("SELECT count(*) FROM family WHERE name IN "
                "('c', 'p', 'g', 's', 'q', 'h')",
                "6\n");
}

/* A failed reload leaves the old configuration in force and is tried again. */
static void reloading(void **state) {
    struct service service;
    int count = 0;
    (void)state;
    assert_int_equal(service_open(&service, config_path), 0);
    do {
        char text[300];
        (void)snprintf(text, sizeof(text),
                       "{\"allowedMetrics\": [{\"name\": \"n%d\", \"help\": "
                       "\"h\", \"type\": \"counter\"}]}",
                       count);
        scratch_write("metrics.d/b.json", text);
        no_memory_after(count++);
        service_reload(&service, false);
        (void)no_memory_end();
        assert_whole(service.config);
    } while (failed);
    assert_true(service.reload_successful);
    service_close(&service);
}

struct request_row {
    struct asked asked; /* %d in the body is a new number each time */
    int status;
    const char *total; /* query for the total that an acknowledged push
                          increments, or NULL */
};

static const struct request_row requests[] = {
    {{"POST",
      "/record",
      "[{\"metricName\":\"c\",\"metricType\":\"counter\","
      "\"labels\":{\"l\":\"a\"},\"inc\":1},"
      "{\"metricName\":\"p\",\"metricType\":\"counter\","
      "\"labels\":{\"l\":\"value %d\"},\"inc\":1},"
      "{\"metricName\":\"g\",\"metricType\":\"gauge\",\"value\":2},"
      "{\"metricName\":\"h\",\"metricType\":\"histogram\","
      "\"observations\":[0.5,1.5]}]",
      0,
      {"CONTENT_TYPE=application/json"}},
     200,
     COUNTED},
    {{"PUT",
      "/metrics",
      "# TYPE c counter\nc{l=\"a\"} 1\n"
      "# HELP f_%d Open.\n# TYPE f_%d counter\nf_%d{x=\"\\n\"} 1\n"
      "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 1\n"
      "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n"
      "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 1\ns_count 1\n"
      "# TYPE go_x gauge\ngo_x 1\n",
      0,
      {"REMOTE_ADDR=127.0.0.1"}},
     202,
     COUNTED},
    {{"POST",
      "/metrics/job/x%2Fy/instance@base64/eA",
      "# TYPE f_%d_x histogram\nf_%d_x_bucket{le=\"1\"} 1\n"
      "f_%d_x_bucket{le=\"+Inf\"} 1\nf_%d_x_sum 1\nf_%d_x_count 1\n",
      0,
      {"REMOTE_ADDR=127.0.0.1"}},
     200,
     NULL},
    {{"PUT",
      "/metrics/job/j/instance/i",
      "# TYPE q counter\nq %d\n",
      0,
      {"REMOTE_ADDR=127.0.0.1"}},
     200,
     NULL},
    {{"DELETE",
      "/metrics/job/x%2Fy",
      "",
      0,
      {"HTTP_AUTHORIZATION=Bearer abcdef0123456789"}},
     202,
     NULL},
    {{"POST",
      "/write",
      "{\"uuid\":\"u%d\",\"type\":\"start\",\"time\":%lld,\"user\":{\"login\":"
      "\"me\"},\"dashboard\":{\"name\":\"d\",\"uid\":\"d\"},\"variables\":"
      "[{\"name\":\"v\",\"values\":[\"w\"]}]}",
      0,
      {NULL}},
     201,
     "SELECT total(total) FROM counter_totals WHERE family = "
     "'grafana_analytics_sessions_total'"},
    {{"GET",
      "/api/v1/status",
      "",
      0,
      {"HTTP_AUTHORIZATION=Bearer 0123456789abcdef"}},
     200,
     NULL},
    {{"GET", "/", "", 0, {NULL}}, 200, NULL},
    {{"GET", "/dashboard.js", "", 0, {"HTTP_ACCEPT_ENCODING=gzip"}}, 200, NULL},
    {{"POST",
      "/login",
      "token=0123456789abcdef&keep=1",
      0,
      {"CONTENT_TYPE=application/x-www-form-urlencoded"}},
     204,
     NULL},
    {{"POST", "/logout", "", 0, {NULL}}, 204, NULL},
};

/* Inserts the number, or the time, into a body. */
static void fill_in(const char *form, int number, struct strbuf *out) {
    for (; *form; form++) {
        if (strncmp(form, "%d", 2) == 0)
            strbuf_printf(out, "%d", number);
        else if (strncmp(form, "%lld", 4) == 0)
            strbuf_printf(out, "%lld", (long long)service_now_ms() / 1000);
        else
            strbuf_add_char(out, *form);
        if (*form == '%')
            form += form[1] == 'd' ? 1 : 3;
    }
}

/* Returns the status; 0 without a response. */
static int ask_it(struct service *service, const struct request_row *row,
                  int number, int allocations) {
    struct exchange exchange = {.state = EXCHANGE_ANSWERED};
    struct exchange *turn[] = {&exchange};
    struct strbuf body = {0};
    struct asked asked = row->asked;
    fill_in(asked.body, number, &body);
    asked.body = body.data ? body.data : "";
    asked.body_len = body.len;
    ask(&exchange, &asked);
    no_memory_after(allocations);
    run_turn(service, turn, 1);
    (void)no_memory_end();
    int status = exchange.response.status;
    fprintf(stderr, "%d %s\n", status,
            exchange.response.body.data ? exchange.response.body.data : "");
    exchange_free(&exchange);
    strbuf_free(&body);
    return status;
}

static void asking(void **state) {
    struct service service;
    (void)state;
    assert_int_equal(service_open(&service, config_path), 0);
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        const struct request_row *row = &requests[i];
        double total = row->total ? number_of(row->total) : 0;
        int count = 0;
        do {
            int status = ask_it(&service, row, count, count);
            bool taken = status == row->status;
            if (!taken && (!failed || (status != 503 && status != 500)))
                fail_msg("%s: status %d after %d allocations", row->asked.uri,
                         status, count);
            total += row->total && taken;
            if (row->total)
                assert_float_equal(number_of(row->total), total, 0);
            count++;
        } while (failed);
        assert_true(count > 1);
    }
    service_close(&service);
}

/* The body without its varying end; empty with 503. */
static struct strbuf scrape(struct service *service,
                            enum exposition_format format, int allocations) {
    struct reader *reader = NULL;
    struct response response = {.status = 0};
    const struct scrape scrape = {service->config, format, true, true,
                                  &reader,         1,      NULL, NULL};
    struct strbuf body = {0};
    no_memory_after(allocations);
    scrape_run(&scrape, &response);
    (void)no_memory_end();
    unpack_body(&response);
    if (response.status == 200 && format == EXPOSITION_PROTOBUF)
        show_families(&response.body);
    if (response.status == 200 && format == EXPOSITION_JSON)
        strbuf_add(&body, response.body.data, response.body.len);
    else if (response.status == 200)
        strbuf_add(&body, response.body.data,
                   (size_t)(strstr(response.body.data, "tallyman_") -
                            response.body.data));
    else
        assert_int_equal(response.status, 503);
    response_free(&response);
    reader_close(reader);
    return body;
}

static void scraping(void **state) {
    struct service service;
    static const enum exposition_format formats[] = {
        EXPOSITION_TEXT, EXPOSITION_OPENMETRICS, EXPOSITION_PROTOBUF,
        EXPOSITION_JSON};
    (void)state;
    assert_int_equal(service_open(&service, config_path), 0);
    for (int number = 0; number < 30; number++)
        (void)ask_it(&service, &requests[1], number, -1);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        struct strbuf whole = scrape(&service, formats[i], -1);
        struct strbuf got = {0};
        int count = 0;
        assert_true(whole.len > 100);
        do {
            strbuf_free(&got);
            got = scrape(&service, formats[i], count++);
            /* A scrape is complete, or fails. */
            if (got.data)
                assert_string_equal(got.data, whole.data);
        } while (failed);
        assert_true(count > 10);
        strbuf_free(&got);
        strbuf_free(&whole);
    }
    service_close(&service);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(opening, write_files, remove_files),
        cmocka_unit_test_setup_teardown(reloading, write_files, remove_files),
        cmocka_unit_test_setup_teardown(asking, write_files, remove_files),
        cmocka_unit_test_setup_teardown(scraping, write_files, remove_files),
    };
    return cmocka_run_group_tests_name("no_memory_service", tests, NULL, NULL);
}
