/*
 * Months of pushes with a simulated clock: `year config begin end turns`, with
 * the series on standard input, one per line: `counter|gauge|histogram middle
 * prefix`.
 *
 * prefix: a sample of POST /record up to its number or numbers. middle: the
 * median of the observations.
 *
 * Each hour 30 % of the series are pushed, each in a random step of five
 * minutes, with one push and one commit per step. The last `turns` steps up to
 * `end` (Unix seconds) instead have one push of all series and some of a few.
 * If there are any, the log is copied back between commits, as a responder
 * does; else a commit does it. Prints the times of commits, and their processor
 * time, in us:
 *
 *     kind commits median p99 longest cpu-median cpu-longest
 */

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/config.h"
#include "ingest/record.h"
#include "random.h"
#include "store/checkpoint.h"
#include "store/commit.h"
#include "store/store.h"

enum { STEP = 300, STEPS = 12, MOST_SERIES = 10000, FEW = 13 };
enum { AFTER = 20, CHANCE_OF_PUSH = 30, LONGEST_LINE = 1000 };

/* The maximum number of observations in a push. */
enum { OBSERVATIONS = 8 };

static struct {
    char kind; /* first letter of the type */
    double middle;
    char *prefix;
} series[MOST_SERIES];
static size_t series_count;

static struct config *config;
static struct store *store;
static struct batch batch;
static struct strbuf body;
static bool copies_log;

/* Times of the commits of one kind, in us. */
struct times {
    const char *kind;
    double *us;
    double *cpu;
    size_t count;
};
static struct times parts = {.kind = "idle"};

static void give_up(const char *what) {
    fprintf(stderr, "year: %s\n", what);
    exit(2);
}

static uint64_t draw(void) {
    static uint64_t state;
    return next_random(&state);
}

static double uniform(void) {
    return (double)(draw() >> 11) * 0x1p-53;
}

/* In milliseconds, the resolution of browsers. */
static double observation(double middle) {
    double normal = 0;
    for (int i = 0; i < 12; i++)
        normal += uniform() - 0.5;
    return round(middle * exp(0.6 * normal) * 1000) / 1000;
}

static void add_sample(size_t which) {
    double grown = uniform() < 0.8 ? 20 : 3000;
    strbuf_printf(&body, "%s%s", body.len > 1 ? "," : "", series[which].prefix);
    if (series[which].kind != 'h') {
        strbuf_printf(&body, "%.0f}", 1 + floor(uniform() * grown));
        return;
    }
    strbuf_printf(&body, "[%.3f", observation(series[which].middle));
    for (uint64_t n = draw() % OBSERVATIONS; n > 0; n--)
        strbuf_printf(&body, ",%.3f", observation(series[which].middle));
    strbuf_printf(&body, "]}");
}

static double now_us(clockid_t clock) {
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void add_time(double **us, size_t count, double time) {
    *us = realloc(*us, (count + 1) * sizeof(double));
    if (!*us)
        give_up("out of memory");
    (*us)[count] = time;
}

/* Copies the log back like the side thread of a responder. */
static void copy_log(void) {
    struct checkpoint *checkpoint = NULL;
    struct err err = {.code = ERR_NONE};
    if (copies_log && checkpoint_due(store) &&
        (checkpoint_open(store, &checkpoint, &err) != 0 ||
         checkpoint_run(checkpoint, &err) < 0))
        give_up(err.message);
    checkpoint_close(checkpoint);
}

/* Writes the history like an idle responder. */
static void idle(const struct store_clock *clock) {
    struct err err = {.code = ERR_NONE};
    while (store_history_due(store)) {
        double began = now_us(CLOCK_MONOTONIC);
        double cpu = now_us(CLOCK_PROCESS_CPUTIME_ID);
        if (store_write_history(store, clock, &err) != 0)
            give_up(err.message);
        add_time(&parts.cpu, parts.count,
                 now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu);
        add_time(&parts.us, parts.count++, now_us(CLOCK_MONOTONIC) - began);
        copy_log();
    }
}

/* Commits the samples of add_sample. */
static void push(int64_t now, struct times *times, bool is_idle) {
    struct batch *turn[] = {&batch};
    struct err err = {.code = ERR_NONE};
    struct store_clock clock = {.now = now};
    strbuf_printf(&body, "]");
    batch_reset(&batch);
    if (body.failed || ingest_record(body.data, body.len, &config->registry,
                                     &config->limits, NULL, &batch, &err) != 0)
        give_up(err.message);
    double began = now_us(CLOCK_MONOTONIC);
    double cpu = now_us(CLOCK_PROCESS_CPUTIME_ID);
    if (store_commit(store, turn, 1, false, &clock, &err) != 0)
        give_up(err.message);
    cpu = now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    began = now_us(CLOCK_MONOTONIC) - began;
    for (int reason = 0; reason < REJECT_REASONS; reason++)
        if (batch.refused || batch.rejected[reason] > 0)
            give_up("a sample was refused");
    add_time(&times->us, times->count, began);
    add_time(&times->cpu, times->count++, cpu);
    copy_log();
    if (is_idle)
        idle(&clock);
    strbuf_reset(&body);
    strbuf_printf(&body, "[");
}

static void push_hour(int64_t hour, struct times *times) {
    static unsigned char step[MOST_SERIES];
    for (size_t i = 0; i < series_count; i++)
        step[i] = draw() % 100 < CHANCE_OF_PUSH
                      ? (unsigned char)(draw() % STEPS)
                      : STEPS;
    for (int s = 0; s < STEPS; s++) {
        for (size_t i = 0; i < series_count; i++)
            if (step[i] == s)
                add_sample(i);
        if (body.len > 1)
            push(hour + s * STEP, times, true);
    }
}

/* The pushes of a step: one of all series, then some of a few. */
static void push_all(int64_t now, struct times *all, struct times *few) {
    for (size_t i = 0; i < series_count; i++)
        add_sample(i);
    push(now, all, false);
    for (int turn = 0; turn < AFTER; turn++) {
        for (int i = 0; i < FEW; i++)
            add_sample(draw() % series_count);
        push(now + turn, few, turn + 1 == AFTER);
    }
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_times(struct times *times) {
    size_t count = times->count;
    if (count == 0)
        return;
    qsort(times->us, count, sizeof(double), by_size);
    qsort(times->cpu, count, sizeof(double), by_size);
    printf("%s\t%zu\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\n", times->kind, count,
           times->us[count / 2], times->us[count * 99 / 100],
           times->us[count - 1], times->cpu[count / 2], times->cpu[count - 1]);
    free(times->us);
    free(times->cpu);
}

static void read_series(void) {
    char line[LONGEST_LINE];
    while (fgets(line, sizeof(line), stdin)) {
        char *middle = strchr(line, ' ');
        char *prefix = middle ? strchr(middle + 1, ' ') : NULL;
        if (!prefix || series_count == MOST_SERIES)
            give_up("a line is not `type middle prefix`, or one too many");
        prefix[strcspn(prefix, "\n")] = '\0';
        series[series_count].kind = line[0];
        series[series_count].middle = strtod(middle, NULL);
        series[series_count].prefix = strdup(prefix + 1);
        if (!series[series_count++].prefix)
            give_up("out of memory");
    }
    if (series_count == 0)
        give_up("no series");
}

static void open_store(const char *path, int64_t now) {
    struct watch watch = {0};
    struct diagnostics diagnostics = {0};
    struct strbuf notes = {0};
    struct err err = {.code = ERR_NONE};
    config = config_load(path, &watch, &diagnostics);
    if (!config)
        give_up("the configuration has faults");
    if (store_open(config->database, false, &store, &err) != 0)
        give_up(err.message);
    store_keep_history(store, &config->history);
    if (store_load(store, &config->registry, now, &notes, &err) != 0)
        give_up(err.message);
    strbuf_free(&notes);
    watch_free(&watch);
    diagnostics_free(&diagnostics);
}

int main(int argc, char **argv) {
    struct times hourly = {.kind = "some"};
    struct times all = {.kind = "all"};
    struct times few = {.kind = "few"};
    if (argc != 5)
        give_up("usage: year config begin end turns <series");
    int64_t hour = strtoll(argv[2], NULL, 10);
    int64_t end = strtoll(argv[3], NULL, 10) / STEP * STEP;
    int64_t turns = strtol(argv[4], NULL, 10);
    int64_t rest = end - turns * STEP;
    copies_log = turns > 0;
    read_series();
    open_store(argv[1], hour);
    strbuf_printf(&body, "[");
    for (; hour + STEPS * STEP <= rest; hour += STEPS * STEP)
        push_hour(hour, &hourly);
    for (; rest < end; rest += STEP)
        push_all(rest, &all, &few);
    print_times(&hourly);
    print_times(&all);
    print_times(&few);
    print_times(&parts);
    store_close(store);
    config_release(config);
    batch_free(&batch);
    strbuf_free(&body);
    return EXIT_SUCCESS;
}
