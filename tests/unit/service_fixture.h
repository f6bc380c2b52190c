/* service_fixture: a real service in the test's directory, and requests. */
#ifndef TALLYMAN_TESTS_SERVICE_FIXTURE_H
#define TALLYMAN_TESTS_SERVICE_FIXTURE_H

#include <fcntl.h>

#include "outsider.h"
#include "process/service.h"
#include "process/turn.h"
#include "scratch.h"

static const char fixture_config[] =
    "{\"database\": \"t.db\",\n"
    " \"origins\": [\"https://app.example.org\"],\n"
    " \"limits\": {\"body_bytes\": 2000, \"samples_per_push\": 5,\n"
    "            \"observations_per_sample\": 4, \"label_value_bytes\": 12}}\n";

static const char fixture_families[] =
    "{\"allowedMetrics\": [\n"
    " {\"name\": \"c\", \"help\": \"A counter.\", \"type\": \"counter\",\n"
    "  \"labels\": [{\"name\": \"l\", \"allowedValues\": [\"a\", \"b\"]}]},\n"
    " {\"name\": \"h\", \"help\": \"A histogram.\", \"type\": \"histogram\",\n"
    "  \"buckets\": [1, 2]}]}\n";

/* Writes the configuration and opens the service with it. */
static inline void fixture_open(struct service *service) {
    static char path[PATH_MAX];
    (void)mkdir(scratch_path("metrics.d"), 0700);
    (void)snprintf(path, sizeof(path), "%s", scratch_path("tallyman.json"));
    scratch_write("metrics.d/a.json", fixture_families);
    scratch_write("tallyman.json", fixture_config);
    /* An old time: a change within the same tick of the clock is detected. */
    static const struct timespec old[2] = {{1000, 0}, {1000, 0}};
    assert_int_equal(utimensat(AT_FDCWD, scratch_path("metrics.d"), old, 0), 0);
    assert_int_equal(service_open(service, path), 0);
}

/* A request; environment has the server's variables besides method and URI,
 * NULL-terminated. */
struct asked {
    const char *method;
    const char *uri;
    const char *body; /* NULL: none */
    size_t body_len;
    const char *environment[8];
};

/* Fills the exchange with the request; its strings last for 63 more calls. */
static inline void ask(struct exchange *exchange, const struct asked *asked) {
    static char lines[128][300];
    static size_t next;
    char *environment[11] = {lines[next % 128], lines[(next + 1) % 128]};
    next += 2;
    (void)snprintf(environment[0], 300, "REQUEST_METHOD=%s", asked->method);
    (void)snprintf(environment[1], 300, "REQUEST_URI=%s", asked->uri);
    for (size_t i = 0; i < 8 && asked->environment[i]; i++)
        environment[2 + i] = (char *)(uintptr_t)asked->environment[i];
    exchange_reset(exchange);
    request_set_environment(&exchange->request, environment);
    if (asked->body)
        strbuf_add(&exchange->request.body, asked->body, asked->body_len);
}

/* Runs a turn, like the responder. */
static inline void run_turn(struct service *service,
                            struct exchange *const *exchanges, size_t count) {
    struct exchange *waiting[TURN_MAX];
    size_t waiting_count = 0;
    for (size_t i = 0; i < count; i++) {
        turn_enter(service, exchanges[i]);
        if (exchanges[i]->state == EXCHANGE_COMMIT)
            waiting[waiting_count++] = exchanges[i];
    }
    if (waiting_count > 0)
        turn_commit(service, waiting, waiting_count);
}

/* Runs a turn of one request; the caller frees the exchange. */
static inline struct exchange answer(struct service *service,
                                     const struct asked *asked) {
    struct exchange exchange = {.state = EXCHANGE_ANSWERED};
    struct exchange *turn[] = {&exchange};
    ask(&exchange, asked);
    run_turn(service, turn, 1);
    return exchange;
}

/* Checks the status and the body of the answer, one line, such as `200 OK`. */
static inline void assert_answer(struct service *service,
                                 const struct asked *asked, int status,
                                 const char *line) {
    struct exchange exchange = answer(service, asked);
    const char *body =
        exchange.response.body.data ? exchange.response.body.data : "";
    struct strbuf want = {0};
    strbuf_printf(&want, "%s\n", line);
    assert_string_equal(body, want.data);
    assert_int_equal(exchange.response.status, status);
    strbuf_free(&want);
    exchange_free(&exchange);
}

#define PUSH_C                                                                 \
    "[{\"metricName\":\"c\",\"metricType\":\"counter\","                       \
    "\"labels\":{\"l\":\"a\"},\"inc\":1}]"
#define PUSH_H(values)                                                         \
    "[{\"metricName\":\"h\",\"metricType\":\"histogram\","                     \
    "\"observations\":[" values "]}]"

/* A push to /record. */
static inline void assert_push(struct service *service, const char *body,
                               int status, const char *line) {
    const struct asked asked = {"POST", "/record", body, strlen(body), {NULL}};
    assert_answer(service, &asked, status, line);
}

/* Writes the uncommitted counters, one per line: name, label values, count. */
static inline struct strbuf pending_counters(const struct service *service) {
    struct strbuf text = {0};
    struct batch batch = {.count = 0};
    assert_int_equal(
        telemetry_fill(&service->telemetry, &service->config->registry, &batch),
        0);
    for (size_t i = 0; i < batch.count; i++) {
        const struct sample *sample = &batch.samples[i];
        const struct family *family = sample->family;
        if (family->type != METRIC_COUNTER)
            continue;
        strbuf_add_string(&text, family->name);
        for (size_t j = 0; j < family->label_count; j++)
            strbuf_printf(
                &text, " %s",
                family->labels[j].values.values[sample->values[j]].text);
        strbuf_printf(&text, " %g\n", sample->value);
    }
    batch_free(&batch);
    return text;
}

/* Between these calls, standard error goes to the file `log`. */
static int log_saved = -1;

static inline void log_capture(void) {
    int fd = open(scratch_path("log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    log_saved = dup(STDERR_FILENO);
    assert_true(fd >= 0 && log_saved >= 0);
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(close(fd), 0);
}

static inline void log_release(void) {
    if (log_saved < 0)
        return;
    (void)dup2(log_saved, STDERR_FILENO);
    (void)close(log_saved);
    log_saved = -1;
}

/* A push, its expected answer and counters. */
struct row {
    const char *name;
    struct asked asked;
    int status;
    const char *line; /* of the answer; "": no body, NULL: not compared */
    const char *counters;
};

static inline void check_row(struct service *service, const struct row *row) {
    struct exchange exchange = answer(service, &row->asked);
    struct strbuf counters = pending_counters(service);
    struct strbuf got = {0};
    struct strbuf want = {0};
    const struct strbuf *body = &exchange.response.body;
    strbuf_printf(&got, "%d %s%s", exchange.response.status,
                  body->data && row->line ? body->data : "",
                  counters.data ? counters.data : "");
    strbuf_printf(&want, "%d %s%s%s", row->status, row->line ? row->line : "",
                  row->line && row->line[0] ? "\n" : "", row->counters);
    if (strcmp(got.data, want.data) != 0)
        fail_msg("%s\nwants\n%sbut is\n%s", row->name, want.data, got.data);
    if (body->len > 0)
        assert_string_equal(exchange.response.content_type,
                            "text/plain; charset=utf-8");
    telemetry_clear(&service->telemetry);
    strbuf_free(&got);
    strbuf_free(&want);
    strbuf_free(&counters);
    exchange_free(&exchange);
}

/* Removes the times of pushes from a reply of the API. */
static inline void drop_times(struct strbuf *text) {
    static const char key[] = ",\"time_stamp\":\"";
    const size_t len = sizeof(key) - 1 + strlen("2026-01-02T03:04:05Z\"");
    for (char *at; (at = strstr(text->data, key));) {
        assert_true(strlen(at) > len && at[len - 1] == '"');
        memmove(at, at + len, strlen(at + len) + 1);
        text->len -= len;
    }
}

#endif
