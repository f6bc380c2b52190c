/*
 * The speed of the exposition parser, in MB/s and as a share of memchr's speed
 * at finding line ends: `parse_text [seconds for each]`.
 *
 * There are two bodies, counters and gauges, and classic histograms, with about
 * 10,000 sample lines of about 100 bytes each. The exit status is 1 if the
 * parser's number of series or sum of values is wrong.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/strbuf.h"
#include "ingest/text/text.h"

enum { FAMILIES = 100, SERIES = 100, HISTOGRAMS = 700, BOUNDS = 11 };

struct body {
    const char *name;
    enum text_format format;
    struct strbuf text;
    size_t lines; /* samples */
    size_t series;
    double total; /* of values, sums and counts */
};

/* The content of a body by the parser's result. */
struct result {
    size_t series;
    double total;
};

static void describe(struct body *body, const char *name, const char *type) {
    strbuf_printf(&body->text,
                  "# HELP %s What the bench pushes.\n# TYPE %s %s\n", name,
                  name, type);
}

static void add_counters(struct body *body) {
    static const char *const methods[] = {"GET", "POST", "DELETE", "PUT"};
    bool strict = body->format == TEXT_OPENMETRICS;
    for (int i = 0; i < FAMILIES; i++) {
        char name[64];
        bool gauge = i % 2 == 1;
        const char *suffix = gauge ? "_celsius" : "_requests_total";
        const char *shown = strict && !gauge ? "_requests" : suffix;
        (void)snprintf(name, sizeof(name), "backend_service_%d%s", i, shown);
        describe(body, name, gauge ? "gauge" : "counter");
        for (int k = 0; k < SERIES; k++) {
            strbuf_printf(
                &body->text,
                "backend_service_%d%s{instance=\"backend-10-0-%d-%d:9090\","
                "method=\"%s\"",
                i, suffix, k / 16, k % 16, methods[k % 4]);
            if (!gauge)
                strbuf_printf(&body->text, ",path=\"/api/v1/accounts/%d\"", k);
            /* Quarters are exact, so that any order gives the same total. */
            double value = gauge ? 0.25 * (k * 37 % 1000) : k * 991 + i;
            strbuf_printf(&body->text, "} %.*f\n", gauge ? 2 : 0, value);
            body->total += value;
            body->series++;
            body->lines++;
        }
    }
}

static void add_histograms(struct body *body) {
    static const char *const bounds[] = {"0.005", "0.01", "0.025", "0.05",
                                         "0.1",   "0.25", "0.5",   "1",
                                         "2.5",   "5",    "10",    "+Inf"};
    describe(body, "backend_request_duration_seconds", "histogram");
    for (int i = 0; i < HISTOGRAMS; i++) {
        char labels[128];
        int count = 0;
        (void)snprintf(labels, sizeof(labels),
                       "handler=\"/api/v1/users/%d\",instance=\"10.0.%d.%d\"",
                       i, i / 16, i % 16);
        for (int k = 0; k <= BOUNDS; k++) {
            count += i * 7 % 100 + k;
            strbuf_printf(&body->text,
                          "backend_request_duration_seconds_bucket{%s,le="
                          "\"%s\"} %d\n",
                          labels, bounds[k], count);
        }
        strbuf_printf(&body->text,
                      "backend_request_duration_seconds_sum{%s} %.2f\n"
                      "backend_request_duration_seconds_count{%s} %d\n",
                      labels, count * 0.25, labels, count);
        body->total += count * 1.25;
        body->series++;
        body->lines += BOUNDS + 3;
    }
}

/* Processor time of this thread: other programs do not count. */
static double now(void) {
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static size_t count_lines(const char *text, size_t len) {
    size_t lines = 0;
    const char *end = text + len;
    const char *feed;
    while (text < end && (feed = memchr(text, '\n', (size_t)(end - text)))) {
        text = feed + 1;
        lines++;
    }
    return lines;
}

static struct result add_up(const struct pushed *pushed) {
    struct result result = {0};
    for (size_t i = 0; i < pushed_count(pushed); i++) {
        const struct pushed_family *family = &pushed->families[i];
        result.series += family->count;
        for (size_t k = 0; k < family->count; k++)
            result.total += family->series[k].value + family->series[k].sum +
                            (double)family->series[k].count;
    }
    return result;
}

/* MB/s of a search for line ends. */
static double time_scan(const struct body *body, double seconds) {
    size_t rounds = 0;
    volatile size_t lines = 0; /* volatile, so that the loop stays */
    double start = now();
    while (now() - start < seconds) {
        lines = lines + count_lines(body->text.data, body->text.len);
        rounds++;
    }
    return (double)(rounds * body->text.len) * 1e-6 / (now() - start);
}

/* MB/s of the parser, in one thread; 0 when its result is wrong. */
static double time_parser(const struct body *body, double seconds) {
    struct pushed pushed = {0};
    struct err err = {.code = ERR_NONE};
    struct result result = {0};
    size_t rounds = 0;
    double start = now();
    while (now() - start < seconds) {
        pushed_reset(&pushed);
        if (ingest_text(body->text.data, body->text.len, body->format, &pushed,
                        &err) != 0) {
            (void)fprintf(stderr, "%s: %u:%u: %s\n", body->name, err.line,
                          err.column, err.message);
            return 0;
        }
        rounds++;
    }
    double spent = now() - start;
    result = add_up(&pushed);
    pushed_free(&pushed);
    if (result.series != body->series || result.total != body->total) {
        (void)fprintf(
            stderr, "%s: %zu series of %f in all, must be %zu of %f\n",
            body->name, result.series, result.total, body->series, body->total);
        return 0;
    }
    return (double)(rounds * body->text.len) * 1e-6 / spent;
}

/* One row of the bench's table, its cells separated by tabs. */
static bool run(struct body *body, double seconds) {
    if (body->format == TEXT_OPENMETRICS)
        strbuf_add_string(&body->text, "# EOF\n");
    if (body->text.failed)
        return false;
    double scan = time_scan(body, seconds);
    double parser = time_parser(body, seconds);
    (void)printf("%s\t%.2f\t%zu\t%zu\t%.0f\t%.0f\t%.3f\n", body->name,
                 (double)body->text.len * 1e-6, body->lines, body->series, scan,
                 parser, parser / scan);
    strbuf_free(&body->text);
    return parser > 0;
}

int main(int argc, char **argv) {
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 1;
    struct body bodies[] = {
        {.name = "counters and gauges, 0.0.4", .format = TEXT_PROMETHEUS},
        {.name = "counters and gauges, OpenMetrics",
         .format = TEXT_OPENMETRICS},
        {.name = "histograms, 0.0.4", .format = TEXT_PROMETHEUS},
    };
    bool right = true;
    add_counters(&bodies[0]);
    add_counters(&bodies[1]);
    add_histograms(&bodies[2]);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        right = run(&bodies[i], seconds) && right;
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
