/*
 * The cost of a session message in the store with many stored sessions and with
 * few, and the longest turn during their deletion:
 * `session_store directory [stored sessions]`.
 *
 * The databases are created in the directory and removed. Turns have one
 * message or 64, like a responder's. The exit status is 1 if the final totals
 * differ from the messages.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "random.h"
#include "store/commit.h"
#include "store/reader.h"
#include "store/store.h"

enum {
    FEW = 1000,
    MANY = 1000000,
    TURN = 64,
    ROUNDS = 20,
    BOARDS = 100,
    LONG_SESSIONS = 5,
    LONG_TIMES = 10000,
    FORGET_TURNS = 20000,
    KEEP = 86400,
    NOW = 1700000000
};

/* A store with its sessions. */
struct site {
    char path[4000];
    struct store *store;
    struct registry registry;
    struct session_rules rules;
    int64_t now;
    size_t sessions; /* started so far */
    struct batch batches[TURN];
    struct session_push pushes[TURN];
    char uuids[TURN][40];
    char labels[BOARDS][200];
    char dashboards[BOARDS][80];
};

/* The messages of a turn and of a round. */
struct load {
    size_t messages; /* in a turn */
    size_t turns;    /* in a round */
    bool any;        /* of any session, otherwise of the newest */
};

/* Nanoseconds of one kind of turn. */
struct times {
    uint64_t *ns;
    size_t count;
};

static void give_up(const char *what) {
    fprintf(stderr, "session_store: %s\n", what);
    exit(2);
}

static uint64_t now_ns(clockid_t id) {
    struct timespec time;
    (void)clock_gettime(id, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t mix(uint64_t n) {
    return next_random(&n);
}

static struct family *add_family(struct site *site, const char *name,
                                 enum metric_type type) {
    static double bounds[] = {10, 60, 300, 900, 3600, 14400};
    struct family *family = registry_add(&site->registry, name, strlen(name));
    if (!family)
        give_up("out of memory");
    family->help = name;
    family->unit = "";
    family->type = type;
    family->internal = true;
    family->any_labels = true;
    if (type == METRIC_HISTOGRAM) {
        family->bounds = bounds;
        family->bound_count = sizeof(bounds) / sizeof(bounds[0]);
    }
    return family;
}

static void site_open(struct site *site, const char *directory,
                      const char *name) {
    struct err err = {.code = ERR_NONE};
    struct strbuf notes = {0};
    (void)snprintf(site->path, sizeof(site->path), "%s/%s.db", directory, name);
    site->now = NOW;
    site->rules = (struct session_rules){
        .families[SESSIONS_BEGUN] =
            add_family(site, "sessions_total", METRIC_COUNTER),
        .families[SESSIONS_DURATION] =
            add_family(site, "duration_total", METRIC_COUNTER),
        .families[SESSIONS_FOCUSED] =
            add_family(site, "focused_total", METRIC_COUNTER),
        .families[SESSIONS_LENGTHS] =
            add_family(site, "lengths", METRIC_HISTOGRAM),
        .families[SESSIONS_VARIABLES] =
            add_family(site, "variables_total", METRIC_COUNTER),
        .keep_seconds = KEEP,
        .max_series = 10000,
        .max_variable_values = 50};
    for (int i = 0; i < BOARDS; i++) {
        (void)snprintf(site->labels[i], sizeof(site->labels[i]),
                       "{\"dashboard_name\":\"Board %d\",\"dashboard_uid\":"
                       "\"uid%06d\",\"grafana_host\":\"grafana:3000\","
                       "\"user_role\":\"editor\",\"user_theme\":\"dark\"}",
                       i, i);
        (void)snprintf(site->dashboards[i], sizeof(site->dashboards[i]),
                       "{\"dashboard_name\":\"Board %d\",\"dashboard_uid\":"
                       "\"uid%06d\"}",
                       i, i);
    }
    if (store_open(site->path, false, &site->store, &err) != 0 ||
        store_load(site->store, &site->registry, site->now, &notes, &err) != 0)
        give_up(err.message);
    strbuf_free(&notes);
}

static void site_close(struct site *site) {
    static const char *const suffixes[] = {"", "-wal", "-shm", "-lock"};
    char path[sizeof(site->path) + 8];
    store_close(site->store);
    registry_free(&site->registry);
    for (int i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof(path), "%s%s", site->path, suffixes[i]);
        (void)unlink(path);
    }
}

static struct value_text text(const char *string) {
    return (struct value_text){string, strlen(string)};
}

/* Message `place` of the next turn, for session `number`. */
static void put(struct site *site, size_t place, size_t number,
                enum session_kind kind, double time) {
    uint64_t high = mix(number);
    (void)snprintf(site->uuids[place], sizeof(site->uuids[place]),
                   "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-8%03" PRIx64
                   "-%012" PRIx64,
                   high >> 32, high >> 16 & 0xFFFF, high & 0xFFF,
                   high >> 4 & 0xFFF, (uint64_t)number);
    site->pushes[place] = (struct session_push){
        .rules = &site->rules,
        .uuid = site->uuids[place],
        .kind = kind,
        .focused = true,
        .heartbeat_interval = 60,
        .time = (double)NOW + time,
        .labels = text(site->labels[number % BOARDS]),
        .dashboard = text(site->dashboards[number % BOARDS]),
        .rest = text("{\"dashboard_name\":\"other\"}"),
        .rest_dashboard = text("{\"dashboard_name\":\"other\"}")};
    site->batches[place] = (struct batch){.session = &site->pushes[place]};
}

static void commit(struct site *site, size_t count) {
    struct batch *turn[TURN];
    struct err err = {.code = ERR_NONE};
    struct store_clock clock = {.now = site->now};
    for (size_t i = 0; i < count; i++)
        turn[i] = &site->batches[i];
    if (store_commit(site->store, turn, count, false, &clock, &err) != 0)
        give_up(err.message);
}

/* Each session has started and ended. */
static void fill(struct site *site, size_t sessions) {
    while (site->sessions < sessions) {
        size_t count = 0;
        for (; count < TURN && site->sessions < sessions; count++)
            put(site, count, site->sessions++, SESSION_END, 0);
        commit(site, count);
    }
}

static void fill_long(struct site *site) {
    for (size_t i = 0; i < LONG_SESSIONS; i++) {
        for (size_t j = 0; j < LONG_TIMES; j += TURN) {
            for (size_t k = 0; k < TURN; k++)
                put(site, k, site->sessions, SESSION_HEARTBEAT,
                    (double)(j + k));
            commit(site, TURN);
        }
        site->sessions++;
    }
}

/* The n-th message: one in 30 starts a session, one in 30 ends one; the
 * others are heartbeats, of the newest sessions or of any. */
static void put_mixed(struct site *site, size_t place, uint64_t n, bool any) {
    uint64_t random = mix(n);
    if (n % 30 == 0) {
        put(site, place, site->sessions++, SESSION_START, 0);
        return;
    }
    size_t range = any ? site->sessions : FEW;
    put(site, place, site->sessions - 1 - (size_t)(random % range),
        n % 30 == 1 ? SESSION_END : SESSION_HEARTBEAT,
        (double)(random >> 40) / 200);
}

static void run_turns(struct site *site, const struct load *load, uint64_t *n,
                      struct times *times) {
    for (size_t i = 0; i < load->turns; i++) {
        for (size_t j = 0; j < load->messages; j++)
            put_mixed(site, j, (*n)++, load->any);
        uint64_t start = now_ns(CLOCK_MONOTONIC);
        commit(site, load->messages);
        times->ns[times->count++] = now_ns(CLOCK_MONOTONIC) - start;
    }
}

static int compare(const void *a, const void *b) {
    const uint64_t *x = a;
    const uint64_t *y = b;
    return *x < *y ? -1 : *x > *y;
}

static double quantile_us(struct times *times, double q) {
    qsort(times->ns, times->count, sizeof(*times->ns), compare);
    return (double)times->ns[(size_t)(q * (double)(times->count - 1))] / 1000;
}

static double mean_us(const struct times *times) {
    double sum = 0;
    for (size_t i = 0; i < times->count; i++)
        sum += (double)times->ns[i];
    return sum / (double)times->count / 1000;
}

/* Rounds of both alternate, so that a disturbance affects both. */
static void compare_costs(struct site *sites[2], size_t stored,
                          const struct load *load) {
    static uint64_t n;
    struct times times[2];
    double few = 0;
    for (int i = 0; i < 2; i++) {
        times[i].count = 0;
        times[i].ns = calloc(ROUNDS * load->turns, sizeof(uint64_t));
        if (!times[i].ns)
            give_up("out of memory");
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < 2; i++)
            run_turns(sites[i], load, &n, &times[i]);
    for (int i = 0; i < 2; i++) {
        double mean = mean_us(&times[i]) / (double)load->messages;
        few = i == 0 ? mean : few;
        printf("cost\t%zu\t%s\t%zu\t%.1f\t%.2f\t%.2f\t%.2f\t%.2f\n",
               i == 0 ? (size_t)FEW : stored, load->any ? "any" : "newest",
               load->messages, mean, mean / few,
               quantile_us(&times[i], 0.5) / 1000,
               quantile_us(&times[i], 0.99) / 1000,
               quantile_us(&times[i], 1) / 1000);
        free(times[i].ns);
    }
}

/* Turns during the deletion of old sessions. */
static void forget(struct site *site, size_t turns, size_t messages) {
    struct times wall = {calloc(turns, sizeof(uint64_t)), 0};
    struct times cpu = {calloc(turns, sizeof(uint64_t)), 0};
    if (!wall.ns || !cpu.ns)
        give_up("out of memory");
    site->now += KEEP + 100000;
    for (size_t i = 0; i < turns; i++) {
        for (size_t j = 0; j < messages; j++)
            put(site, j, site->sessions, SESSION_HEARTBEAT,
                (double)(i * messages + j));
        uint64_t start = now_ns(CLOCK_MONOTONIC);
        uint64_t cpu_start = now_ns(CLOCK_THREAD_CPUTIME_ID);
        commit(site, messages);
        cpu.ns[cpu.count++] = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_start;
        wall.ns[wall.count++] = now_ns(CLOCK_MONOTONIC) - start;
    }
    site->sessions++;
    printf("forget\t%zu\t%zu\t%.2f\t%.2f\t%.2f\t%.2f\n", messages, turns,
           quantile_us(&wall, 0.5) / 1000, quantile_us(&wall, 0.999) / 1000,
           quantile_us(&wall, 1) / 1000, quantile_us(&cpu, 1) / 1000);
    free(wall.ns);
    free(cpu.ns);
}

static int add_value(void *context, const struct series *series) {
    *(double *)context += series->value;
    return 0;
}

/* The total must have every session, deleted or not. */
static int check(const struct site *site, size_t want) {
    struct reader *reader;
    struct err err = {.code = ERR_NONE};
    double total = 0;
    if (reader_open(site->path, &reader, &err) != 0 ||
        reader_series(reader, site->rules.families[SESSIONS_BEGUN],
                      SERIES_TOTALS, add_value, &total, &err) != 0)
        give_up(err.message);
    reader_close(reader);
    if ((size_t)total == want)
        return 0;
    fprintf(stderr, "session_store: %.0f sessions counted, %zu sent\n", total,
            want);
    return 1;
}

int main(int argc, char **argv) {
    static struct site few;
    static struct site many;
    static const struct load loads[] = {
        {1, 250, false}, {1, 250, true}, {TURN, 20, false}, {TURN, 20, true}};
    struct site *sites[] = {&few, &many};
    size_t stored = argc > 2 ? strtoul(argv[2], NULL, 10) : MANY;
    if (argc < 2 || stored < FEW)
        give_up("usage: session_store directory [stored sessions]");
    site_open(&few, argv[1], "few");
    site_open(&many, argv[1], "many");
    fill(&few, FEW);
    fill(&many, stored / 2);
    fill_long(&many);
    fill(&many, stored);
    for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
        compare_costs(sites, stored, &loads[i]);
    forget(&many, FORGET_TURNS, 1);
    forget(&many, FORGET_TURNS / 4, TURN);
    int result = check(&many, many.sessions);
    site_close(&few);
    site_close(&many);
    return result;
}
