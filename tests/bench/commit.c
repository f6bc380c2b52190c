/*
 * How long a commit holds the lock between responders, by the number of series
 * in a turn and in the database: `commit directory turns`.
 *
 * One process commits alone; two commit in turn, so SQLite reads its pages
 * again after the other's commit; two commit as fast as they can. Half of the
 * series are counters, half histograms of 11 bounds. The databases are created
 * in the directory and removed. The exit status is 1 if the final totals differ
 * from the commits.
 */

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lock_time.h"
#include "random.h"
#include "store/commit.h"
#include "store/reader.h"
#include "store/store.h"

enum { SMALLEST_TURN = 1, TURN = 13, LARGEST_TURN = 100, NOW = 1700000000 };
enum { BOUNDS = 11, FILLED = 1000 };

static const int turn_sizes[] = {SMALLEST_TURN, TURN, LARGEST_TURN};
static const size_t series_counts[] = {130, 10000, 100000};

/* A connection and its series. */
struct site {
    char path[4000];
    struct store *store;
    struct registry registry;
    struct family *families[2]; /* counters, histograms */
    uint32_t *order[2];         /* shuffled indices of the series of each */
    size_t half;                /* number of series of each */
    uint64_t random;
    struct batch batch;
};

/* How a second process commits while the measured one does. */
enum beside { ALONE, IN_TURN, COMPETING, WAYS };
static const char *const beside_names[WAYS] = {"one", "two in turn",
                                               "two competing"};

/* Shared by both processes. */
static struct {
    atomic_bool ended;
    atomic_size_t samples; /* committed */
} * shared;

static void give_up(const char *what) {
    fprintf(stderr, "commit: %s\n", what);
    exit(2);
}

static struct family *add_family(struct site *site, const char *name,
                                 enum metric_type type) {
    static double bounds[BOUNDS] = {0.05, 0.1, 0.2, 0.5, 1,  2,
                                    5,    10,  20,  50,  100};
    struct family *family = registry_add(&site->registry, name, strlen(name));
    struct label_rule *rule =
        arena_take(&site->registry.arena, sizeof(struct label_rule));
    if (!family || !rule)
        give_up("out of memory");
    *rule = (struct label_rule){.name = "page"};
    for (size_t i = 0; i < site->half; i++) {
        char value[32];
        int len = snprintf(value, sizeof(value), "p%06zu", i);
        (void)value_set_add(&rule->values, value, (size_t)len);
    }
    *family = (struct family){.name = family->name,
                              .help = name,
                              .unit = "",
                              .type = type,
                              .labels = rule,
                              .label_count = 1};
    if (type == METRIC_HISTOGRAM) {
        family->bounds = bounds;
        family->bound_count = BOUNDS;
    }
    return family;
}

static void site_open(struct site *site, const char *path, size_t series,
                      uint64_t random) {
    struct err err = {.code = ERR_NONE};
    struct strbuf notes = {0};
    *site = (struct site){.half = series / 2, .random = random};
    (void)snprintf(site->path, sizeof(site->path), "%s", path);
    site->families[0] = add_family(site, "uses_total", METRIC_COUNTER);
    site->families[1] = add_family(site, "load_seconds", METRIC_HISTOGRAM);
    for (int i = 0; i < 2; i++) {
        site->order[i] = calloc(site->half, sizeof(uint32_t));
        if (!site->order[i])
            give_up("out of memory");
        for (size_t j = 0; j < site->half; j++)
            site->order[i][j] = (uint32_t)j;
    }
    if (store_open(path, false, &site->store, &err) != 0 ||
        store_load(site->store, &site->registry, NOW, &notes, &err) != 0)
        give_up(err.message);
    strbuf_free(&notes);
}

static void site_close(struct site *site) {
    store_close(site->store);
    registry_free(&site->registry);
    batch_free(&site->batch);
    free(site->order[0]);
    free(site->order[1]);
}

static void remove_files(const char *path) {
    static const char *const suffixes[] = {"", "-wal", "-shm", "-lock"};
    char name[sizeof(((struct site *)0)->path) + 8];
    for (int i = 0; i < 4; i++) {
        (void)snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        (void)unlink(name);
    }
}

/* Adds a sample of a counter or, if histogram is 1, of a histogram. */
static struct sample *add_sample(struct site *site, int histogram,
                                 uint32_t page) {
    struct sample *sample = batch_add(&site->batch);
    uint32_t *value = arena_take(&site->batch.arena, sizeof(*value));
    if (!sample || !value)
        give_up("out of memory");
    *value = page;
    sample->family = site->families[histogram];
    sample->values = value;
    sample->value = 1;
    return sample;
}

static void commit(struct site *site) {
    struct batch *turn[] = {&site->batch};
    struct err err = {.code = ERR_NONE};
    struct store_clock clock = {.now = NOW};
    if (store_commit(site->store, turn, 1, false, &clock, &err) != 0)
        give_up(err.message);
}

/* Commits this many samples of as many random series. */
static void commit_turn(struct site *site, int size) {
    static const double observation = 1; /* sums of it are exact */
    batch_reset(&site->batch);
    for (int i = 0; i < size; i++) {
        uint32_t *order = site->order[i % 2];
        size_t drawn = (size_t)i / 2;
        size_t other =
            drawn + next_random(&site->random) % (site->half - drawn);
        uint32_t page = order[other];
        order[other] = order[drawn];
        order[drawn] = page;
        struct sample *sample = add_sample(site, i % 2, page);
        if (i % 2) {
            sample->observations = &observation;
            sample->observation_count = 1;
        }
    }
    commit(site);
    atomic_fetch_add(&shared->samples, (size_t)size);
}

/* Gives every series a total, so that rows have a realistic length. */
static void fill(struct site *site) {
    static uint64_t buckets[BOUNDS + 1];
    for (int i = 0; i <= BOUNDS; i++)
        buckets[i] = FILLED;
    for (uint32_t page = 0; page < site->half; page++) {
        add_sample(site, 0, page)->value = FILLED;
        struct sample *sample = add_sample(site, 1, page);
        sample->buckets = buckets;
        sample->count = (BOUNDS + 1) * (uint64_t)FILLED;
        sample->sum = FILLED;
        if (page % FILLED == 0 || page + 1 == site->half) {
            commit(site);
            batch_reset(&site->batch);
        }
    }
}

/* The second process. In turn, a byte lets it commit, and
 * it replies with a byte. */
static void commit_beside(const struct site *site, enum beside beside, int size,
                          int in, int out) {
    static struct site other;
    char told;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    site_open(&other, site->path, 2 * site->half, 7);
    if (write(out, "r", 1) != 1)
        exit(0);
    while (beside == COMPETING ? !atomic_load(&shared->ended)
                               : read(in, &told, 1) == 1) {
        commit_turn(&other, size);
        if (beside == IN_TURN && write(out, "r", 1) != 1)
            break;
    }
    site_close(&other);
    exit(0);
}

/* The turns before the measured ones fill caches and the WAL. */
static void commit_turns(struct site *site, int turns, int size, int in,
                         int out) {
    char told;
    for (int i = -turns / 10 - 1; i < turns; i++) {
        if (i == 0)
            lock_time_clear();
        commit_turn(site, size);
        if (out >= 0 && (write(out, "t", 1) != 1 || read(in, &told, 1) != 1))
            give_up("the other process has gone");
    }
}

/* One row of the bench's table. */
static void print_row(const struct site *site, int size, enum beside beside) {
    struct strbuf row = {0};
    strbuf_printf(&row, "%zu\t%d\t%s\t", 2 * site->half, size,
                  beside_names[beside]);
    lock_time_report(&row);
    if (row.failed)
        give_up("out of memory");
    puts(row.data);
    (void)fflush(stdout);
    strbuf_free(&row);
}

static void measure_beside(struct site *site, enum beside beside, int turns,
                           int size) {
    int there[2];
    int back[2];
    char ready;
    atomic_store(&shared->ended, false);
    if (pipe(there) != 0 || pipe(back) != 0)
        give_up("no pipe");
    pid_t child = fork();
    if (child == 0) {
        (void)close(there[1]);
        (void)close(back[0]);
        commit_beside(site, beside, size, there[0], back[1]);
    }
    (void)close(there[0]);
    (void)close(back[1]);
    if (read(back[0], &ready, 1) != 1)
        give_up("the other process has gone");
    commit_turns(site, turns, size, back[0], beside == IN_TURN ? there[1] : -1);
    print_row(site, size, beside);
    atomic_store(&shared->ended, true);
    (void)close(there[1]);
    (void)waitpid(child, NULL, 0);
    (void)close(back[0]);
}

static int add_total(void *context, const struct series *series) {
    *(double *)context += series->value + series->sum;
    return 0;
}

/* The totals must equal all samples plus the initial values. */
static bool is_right(const struct site *site) {
    struct reader *reader;
    struct err err = {.code = ERR_NONE};
    double total = 0;
    size_t want = atomic_load(&shared->samples) + 2 * site->half * FILLED;
    if (reader_open(site->path, &reader, &err) != 0)
        give_up(err.message);
    for (int i = 0; i < 2; i++)
        if (reader_series(reader, site->families[i], SERIES_TOTALS, add_total,
                          &total, &err) != 0)
            give_up(err.message);
    reader_close(reader);
    if ((size_t)total == want)
        return true;
    fprintf(stderr, "commit: a total of %.0f, must be %zu\n", total, want);
    return false;
}

static bool run(const char *directory, size_t series, int turns) {
    static struct site site;
    char path[sizeof(site.path)];
    (void)snprintf(path, sizeof(path), "%s/commit%zu.db", directory, series);
    site_open(&site, path, series, 1);
    fill(&site);
    atomic_store(&shared->samples, 0);
    for (size_t i = 0; i < sizeof(turn_sizes) / sizeof(turn_sizes[0]); i++) {
        int size = turn_sizes[i];
        int count = size == LARGEST_TURN ? turns / 4 : turns;
        commit_turns(&site, count, size, -1, -1);
        print_row(&site, size, ALONE);
        measure_beside(&site, IN_TURN, count, size);
        measure_beside(&site, COMPETING, count, size);
    }
    bool right = is_right(&site);
    site_close(&site);
    remove_files(path);
    return right;
}

int main(int argc, char **argv) {
    int turns = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
    bool right = true;
    if (turns < 4)
        give_up("usage: commit directory turns, at least 4");
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        give_up("no memory to share");
    for (size_t i = 0; i < sizeof(series_counts) / sizeof(series_counts[0]);
         i++)
        right = run(argv[1], series_counts[i], turns) && right;
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
