/* Checks labels from the path and the body of a push against the allowlist. */
#include "admit_fixture.h"

#define LONG "123456789012345678901"

static const struct row rows[] = {
    {.name = "a listed counter, its job new",
     .path = {"job", "backup"},
     .body = "# TYPE jobs_total counter\njobs_total{result=\"ok\"} 3\n",
     .want = "jobs_total counter job=new:backup result=ok 3\n",
     .refusal = -1},
    {.name = "the path wins",
     .path = {"job", "backup"},
     .body = "jobs_total{result=\"bad\",job=\"mine\"} 1\n",
     .want = "jobs_total counter job=new:backup result=bad 1\n",
     .refusal = -1},
    {.name = "a label too many",
     .path = {"job", "j"},
     .body = "jobs_total{result=\"ok\",x=\"y\"} 1\n",
     .want = "line 1: jobs_total: pushed with the labels job, result, x; its "
             "file lists job, result",
     .refusal = REJECT_INVALID_LABELS},
    {.name = "a label too few",
     .body = "jobs_total{result=\"ok\"} 1\n",
     .want = "line 1: jobs_total: pushed with the labels result; its file "
             "lists job, result",
     .refusal = REJECT_INVALID_LABELS},
    {.name = "no labels wanted",
     .path = {"job", "j"},
     .body = "bare 1\n",
     .want = "line 1: bare: pushed with the labels job; its file lists none",
     .refusal = REJECT_INVALID_LABELS},
    {.name = "a value that is not listed",
     .path = {"job", "j"},
     .body = "jobs_total{result=\"maybe\"} 1\n",
     .want = "line 1: jobs_total: the label result is \"maybe\", which its "
             "file does not list",
     .refusal = REJECT_LABEL_VALUE},
    {.name = "a value too long",
     .open = true,
     .body = "u{a=\"" LONG "\"} 1\n",
     .want = "line 1: u: the value of the label a has 21 bytes, must have at "
             "most limits.label_value_bytes, 20",
     .refusal = REJECT_LABEL_TOO_LONG},
    {.name = "le of a histogram",
     .open = true,
     .path = {"le", "1"},
     .body = "# TYPE h histogram\nh_sum 1\nh_count 1\n",
     .want = "line 2: h: the label \"le\" is reserved for histograms, must "
             "have another name",
     .refusal = REJECT_INVALID_LABELS},
    {.name = "le of another type: buckets without a type",
     .open = true,
     .body = "x_bucket{le=\"1\"} 2\n",
     .want = "open x_bucket untyped{\"le\":\"1\"} 2\n",
     .refusal = -1},
    {.name = "quantile of a summary",
     .open = true,
     .path = {"quantile", "1"},
     .body = "# TYPE s summary\ns_sum 1\n",
     .want = "line 2: s: the label \"quantile\" is reserved for summaries, "
             "must have another name",
     .refusal = REJECT_INVALID_LABELS},
    {.name = "quantile of another type",
     .open = true,
     .path = {"quantile", "1"},
     .body = "u 1\n",
     .want = "open u untyped{\"quantile\":\"1\"} 1\n",
     .refusal = -1},
    {.name = "in path and body",
     .open = true,
     .gateway = true,
     .path = {"a", "1"},
     .body = "u{a=\"2\"} 1\n",
     .want = "line 1: u: the label a is in the path and in the body, must be "
             "in one of them",
     .refusal = REJECT_INVALID_LABELS},
    {.name = "two series become one",
     .open = true,
     .path = {"a", "1"},
     .body = "u{a=\"2\"} 1\nu{a=\"3\"} 1\n",
     .want = "line 2: u: the labels of the path make two series equal, "
             "{\"a\":\"1\"}",
     .refusal = REJECT_REPEATED_SERIES},
    {.name = "a cumulative family without a process",
     .body = "lived_total{job=\"web\"} 7\n",
     .want = "line 1: lived_total is cumulative: the path must name the "
             "process that pushes, such as /metrics/job/J/instance/I",
     .refusal = REJECT_INVALID_LABELS},
    {.name = "a cumulative family with an unlisted label in the body",
     .path = {"instance", "i1", "job", "web"},
     .body = "lived_total{x=\"y\"} 7\n",
     .want = "line 1: lived_total: pushed with the labels job, x; its file "
             "lists job",
     .refusal = REJECT_INVALID_LABELS},
};

static void test_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_row(&rows[i]);
}

/* One label too many for a series, from body and path. */
static void test_too_many_labels_are_refused(void **state) {
    struct strbuf body = {0};
    (void)state;
    strbuf_add_string(&body, "u{");
    for (int i = 0; i < FAMILY_LABELS_MAX; i++)
        strbuf_printf(&body, "l%d=\"x\",", i);
    strbuf_add_string(&body, "} 1\n");
    const struct row fits = {.name = "up to the limit",
                             .open = true,
                             .body = "v 1\n",
                             .want = "open v untyped{} 1\n",
                             .refusal = -1};
    const struct row more = {
        .name = "one more",
        .open = true,
        .path = {"job", "j"},
        .body = body.data,
        .want = "line 1: u: a series has more than 32 labels, with those of "
                "the path, must have at most 32",
        .refusal = REJECT_INVALID_LABELS};
    check_row(&fits);
    check_row(&more);
    strbuf_free(&body);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_rows),
        TEST(test_too_many_labels_are_refused),
    };
    return cmocka_run_group_tests_name("admit_labels", tests, NULL, NULL);
}
