/* Pushes of independent points: the accepted ones, and the refused ones by
 * reason. */
#include <math.h>

#include "points_fixture.h"

/* A point; the next element is the next point. */
struct step {
    const char *family; /* NULL ends the points */
    enum metric_type type;
    const char *labels[5];  /* name, value, name, value */
    const char *offered[5]; /* name, value; the first pair is the identity */
    double value;
    bool relative;
    struct observed observed[3]; /* until a count of 0 */
    const char *pusher;
    enum temporality temporality;
    const char *also; /* a histogram with the observation 0.75 */
};

struct push {
    const char *name;
    bool open;
    bool anybody;
    bool discreet;
    size_t max; /* points; 0: any number */
    struct step steps[4];
    const char *want;     /* the samples */
    const char *rejected; /* `reason count (names)` and the first message */
};

#define COUNTER(of, ...)                                                       \
    { .family = (of), .type = METRIC_COUNTER, .value = 1, __VA_ARGS__ }

static const struct push pushes[] = {
    {.name = "only the bad point is refused",
     .steps = {COUNTER("bare", ),
               COUNTER("unknown_total", ),
               {.family = "bare", .type = METRIC_COUNTER, .value = -1},
               COUNTER("bare", )},
     .want = "bare counter 1\nbare counter 1\n",
     .rejected =
         "negative_value 1 (bare)\nunknown_family 1 (unknown_total)\n"
         "bare: the value of a counter is -1, must be between 0 and 1e+100\n"},
    {.name = "an unknown family of a trusted client",
     .open = true,
     .steps = {COUNTER("unknown_total", .labels = {"a", "b"},
                       .offered = {"job", "j", "host", "h"})},
     .want = "open unknown_total counter{\"a\":\"b\",\"job\":\"j\"} 1\n",
     .rejected = ""},
    {.name = "an unknown family of any client",
     .open = true,
     .anybody = true,
     .steps = {COUNTER("unknown_total", )},
     .want = "",
     .rejected = "unknown_family 1 (unknown_total)\n"
                 "unknown_total is not in the allowlist; list it in a file of "
                 "`metrics`\n"},
    {.name = "an untrusted client cannot push families for programs",
     .anybody = true,
     .steps = {{.family = "share", .type = METRIC_GAUGE, .value = 1},
               {.family = "depth", .type = METRIC_GAUGE, .value = 2}},
     .want = "depth gauge 2\n",
     .rejected = "programs_only 1 (share)\n"
                 "share accepts pushes from programs only (\"from\"); push "
                 "with a token of `push_token_file`\n"},
    {.name = "offered labels go to families that list them",
     .steps = {COUNTER("jobs_total", .labels = {"result", "ok"},
                       .offered = {"job", "j", "host", "h"}),
               COUNTER("jobs_total", .labels = {"result", "ok", "job", "mine"},
                       .offered = {"job", "j"}),
               COUNTER("bare", .offered = {"job", "j"})},
     .want = "jobs_total counter job=new:j result=ok 1\n"
             "jobs_total counter job=new:j result=ok 1\n"
             "bare counter 1\n",
     .rejected = ""},
    {.name = "a missing label is empty if that is permitted",
     .steps = {COUNTER("jobs_total", .labels = {"result", "ok"}),
               COUNTER("jobs_total", .labels = {"job", "j"})},
     .want = "jobs_total counter job=new: result=ok 1\n",
     .rejected = "invalid_labels 1 (jobs_total)\n"
                 "jobs_total: pushed with the labels job; its file lists job, "
                 "result\n"},
    {.name = "a label too many",
     .steps = {COUNTER("bare", .labels = {"a", "b"})},
     .want = "",
     .rejected = "invalid_labels 1 (bare)\n"
                 "bare: pushed with the labels a; its file lists none\n"},
    {.name = "no label",
     .steps = {COUNTER("bare", .labels = {"a-b", "b"}),
               COUNTER("bare", .labels = {"a", "\xff"}),
               COUNTER("bare", .labels = {"a", "b", "a", "c"})},
     .want = "",
     .rejected = "invalid_labels 3 (bare, bare a)\n"
                 "bare: \"a-b\" is not a label name, must be letters, digits "
                 "and _, not begin with a digit or __, and be at most 200 "
                 "bytes long\n"},
    {.name = "no name",
     .steps = {COUNTER("a b", ), COUNTER("", )},
     .want = "",
     .rejected = "invalid_sample 2 (a b, \"\")\n"
                 "a b: is not a metric name, must be letters, digits, _ and :, "
                 "not begin with a digit or __, and be at most 200 bytes "
                 "long\n"},
    {.name = "observations go into the family's bounds",
     .steps = {{.family = "took_seconds",
                .type = METRIC_HISTOGRAM,
                .observed = {{0.5, 2}, {0.75, 1}, {7, 3}}}},
     .want = "took_seconds histogram count 6 sum 22.75 buckets 2,1,3\n",
     .rejected = ""},
    {.name = "an open family has no bounds",
     .open = true,
     .steps = {{.family = "waited_seconds",
                .type = METRIC_HISTOGRAM,
                .observed = {{0.5, 2}}}},
     .want = "",
     .rejected = "bounds_mismatch 1 (waited_seconds)\n"
                 "waited_seconds: pushed without classic buckets, and the "
                 "family has no bounds; list it in a file of "
                 "`metrics` with `buckets`\n"},
    {.name = "two types in one push, one of them not the file's",
     .steps = {COUNTER("depth", ),
               COUNTER("bare", ),
               {.family = "bare", .type = METRIC_GAUGE}},
     .want = "bare counter 1\n",
     .rejected = "type_mismatch 2 (bare, depth)\n"
                 "bare: pushed as gauge and, earlier in the same push, as "
                 "counter; a name must have one type\n"},
    {.name = "too many points",
     .max = 1,
     .steps = {COUNTER("bare", ), COUNTER("bare", )},
     .want = "bare counter 1\n",
     .rejected = "too_many_samples 1 (bare)\n"
                 "bare: the push has more points than limits.samples_per_push, "
                 "1; push fewer or raise the limit\n"},
    {.name = "an increment of a gauge has no range",
     .steps = {{.family = "depth",
                .type = METRIC_GAUGE,
                .value = -4,
                .relative = true},
               {.family = "share",
                .type = METRIC_UNTYPED,
                .value = 5,
                .relative = true},
               {.family = "depth", .type = METRIC_GAUGE, .value = NAN}},
     .want = "depth gauge -4 relative\ndepth gauge NaN\n"
             "share gauge 5 relative\n",
     .rejected = ""},
    {.name = "neither an increment of a gauge with max, nor NaN",
     .steps = {{.family = "most",
                .type = METRIC_GAUGE,
                .value = 4,
                .relative = true},
               {.family = "most", .type = METRIC_GAUGE, .value = 4},
               {.family = "depth",
                .type = METRIC_GAUGE,
                .value = NAN,
                .relative = true}},
     .want = "most gauge 4\n",
     .rejected = "invalid_value 2 (most, depth)\n"
                 "most: the value is an increment, but the gauge keeps the "
                 "highest one; list it with \"gauge\": \"last\" or \"sum\"\n"},
    {.name = "running totals and increments, whatever the file says",
     .steps = {COUNTER("lived_total", .labels = {"job", "web"},
                       .temporality = TEMPORALITY_DELTA),
               COUNTER("lived_total", .labels = {"job", "web"},
                       .temporality = TEMPORALITY_CUMULATIVE,
                       .pusher = "{\"instance\":\"i\"}"),
               COUNTER("bare", .temporality = TEMPORALITY_CUMULATIVE,
                       .pusher = "{\"instance\":\"i\"}")},
     .want = "lived_total counter job=web 1\n"
             "lived_total counter job=web pusher {\"instance\":\"i\"} 1\n"
             "bare counter pusher {\"instance\":\"i\"} 1\n",
     .rejected = ""},
    {.name = "running totals without a process",
     .steps = {COUNTER("lived_total", .labels = {"job", "web"})},
     .want = "",
     .rejected = "invalid_labels 1 (lived_total)\n"
                 "lived_total is cumulative: the path must name the process "
                 "that pushes, such as /metrics/job/J/instance/I\n"},
    {.name = "one point of two families is accepted",
     .max = 2,
     .steps = {COUNTER("lived_total", .offered = {"job", "web"},
                       .temporality = TEMPORALITY_DELTA,
                       .also = "took_seconds"),
               COUNTER("bare", )},
     .want = "lived_total counter job=web 1\n"
             "beside took_seconds histogram count 1 sum 0.75 buckets 0,1,0\n"
             "bare counter 1\n",
     .rejected = ""},
    {.name = "or refused",
     .steps = {COUNTER("lived_total", .offered = {"job", "none"},
                       .temporality = TEMPORALITY_DELTA,
                       .also = "took_seconds"),
               COUNTER("bare", .also = "depth"),
               COUNTER("bare", .also = "unknown_seconds"), COUNTER("bare", )},
     .want = "bare counter 1\n",
     .rejected =
         "label_value 1 (lived_total job)\n"
         "type_mismatch 1 (depth)\n"
         "unknown_family 1 (unknown_seconds)\n"
         "lived_total: the label job is \"none\", which its file does not "
         "list\n"},
    {.name = "a message without the value of a label",
     .discreet = true,
     .steps = {COUNTER("jobs_total", .labels = {"result", "secret"})},
     .want = "",
     .rejected = "label_value 1 (jobs_total result)\n"
                 "jobs_total: the label result has a value that its file does "
                 "not list\n"},
};

static enum point_result add_labels(struct points *points,
                                    const struct step *step) {
    enum point_result result = POINT_FINE;
    for (size_t i = 0; step->labels[i] && result == POINT_FINE; i += 2)
        result = points_label(points, step->labels[i], strlen(step->labels[i]),
                              step->labels[i + 1], strlen(step->labels[i + 1]));
    for (size_t i = 0; step->offered[i] && result == POINT_FINE; i += 2)
        result = points_offer(points, i == 0, step->offered[i],
                              strlen(step->offered[i]), step->offered[i + 1],
                              strlen(step->offered[i + 1]));
    return result;
}

static void add_step(struct points *points, const struct step *step) {
    struct pushed_series *series;
    uint64_t count = 0;
    double sum = 0;
    if (points_begin(points, step->family, strlen(step->family)) !=
            POINT_FINE ||
        add_labels(points, step) != POINT_FINE)
        return;
    for (size_t i = 0; i < 3 && step->observed[i].count > 0; i++) {
        points->point.observed = step->observed;
        points->point.observed_count = i + 1;
        count += step->observed[i].count;
        sum += step->observed[i].value * (double)step->observed[i].count;
    }
    if (step->also) {
        static const struct observed observed = {0.75, 1};
        assert_int_equal(points_also(points, step->also, METRIC_HISTOGRAM,
                                     &observed, 1, &series),
                         POINT_FINE);
        series->count = 1;
        series->sum = 0.75;
    }
    points->point.relative = step->relative;
    points->point.temporality = step->temporality;
    points->point.pusher = step->pusher;
    points->point.pusher_len = step->pusher ? strlen(step->pusher) : 0;
    if (points_add(points, step->type, "", "", &series) != POINT_FINE)
        return;
    series->value = step->value;
    series->count = count;
    series->sum = sum;
}

static void check_push(const struct push *push) {
    struct pushed pushed = {.room = 0};
    struct batch batch = {.count = 0};
    struct points points = {.out = &pushed,
                            .batch = &batch,
                            .left = push->max > 0 ? push->max : SIZE_MAX,
                            .max = push->max};
    const struct admission admission = {.config = &config,
                                        .alone = true,
                                        .anybody = push->anybody,
                                        .discreet = push->discreet};
    config.open_families = push->open;
    for (size_t i = 0; i < COUNT(push->steps) && push->steps[i].family; i++)
        add_step(&points, &push->steps[i]);
    check_admitted(push->name, &pushed, &admission, &batch, push->want,
                   push->rejected);
    batch_free(&batch);
    pushed_free(&pushed);
}

static void alone(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(pushes); i++)
        check_push(&pushes[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {TEST(alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
