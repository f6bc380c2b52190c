/* Lines of statsd: the samples, and the refused lines by reason. */
#include "ingest/statsd.h"

#include "guard.h"
#include "points_fixture.h"

static const char families[] =
    "{\"allowedMetrics\": [\n"
    "{\"name\": \"jobs_total\", \"help\": \"J\", \"type\": \"counter\",\n"
    " \"labels\": [{\"name\": \"queue\", \"maxValues\": 9},\n"
    "              {\"name\": \"urgent\",\n"
    "               \"allowedValues\": [\"\", \"true\"]}]},\n"
    "{\"name\": \"bare\", \"help\": \"B\", \"type\": \"counter\"},\n"
    "{\"name\": \"inner\", \"help\": \"I\", \"type\": \"counter\",\n"
    " \"from\": \"programs\"},\n"
    "{\"name\": \"_4_a_b\", \"help\": \"N\", \"type\": \"counter\"},\n"
    "{\"name\": \"sum_total\", \"help\": \"S\", \"type\": \"counter\",\n"
    " \"temporality\": \"cumulative\"},\n"
    "{\"name\": \"depth\", \"help\": \"D\", \"type\": \"gauge\"},\n"
    "{\"name\": \"most\", \"help\": \"M\", \"type\": \"gauge\",\n"
    " \"gauge\": \"max\"},\n"
    "{\"name\": \"load_seconds\", \"help\": \"L\", \"type\": \"histogram\",\n"
    " \"buckets\": [0.1, 0.32, 1]},\n"
    "{\"name\": \"wait_milliseconds\", \"help\": \"W\",\n"
    " \"type\": \"histogram\", \"buckets\": [100, 320]},\n"
    "{\"name\": \"size\", \"help\": \"S\", \"type\": \"histogram\",\n"
    " \"buckets\": [1, 10]},\n"
    "{\"name\": \"rest_seconds\", \"help\": \"R\", \"type\": \"summary\"}\n"
    "]}\n";

#define MALFORMED "must be NAME:VALUE|TYPE, such as jobs_total:1|c"
#define NOTHING "; no line was understood"
#define LETTERS_50 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"

#define LINES(of, lines, samples, reasons)                                     \
    { .name = (of), .body = (lines), .want = (samples), .rejected = (reasons) }

static const struct row_of_lines {
    const char *name;
    const char *body;
    const char *want;     /* the samples */
    const char *rejected; /* reasons, and the first message */
    size_t max;           /* values; 0: any number */
    bool open;
    bool anybody;
} rows[] = {
    LINES("nothing", "", "", ""),
    LINES("blank lines, CRLF and no end", "\n\r\nbare:1|c\r\n\n\nbare:2|c",
          "bare counter 1\nbare counter 2\n", ""),
    LINES("a counter with _total", "jobs:3|c|#queue:mail,urgent",
          "jobs_total counter queue=new:mail urgent=true 3\n", ""),
    LINES("by its whole name", "jobs_total:1|c|#queue:mail",
          "jobs_total counter queue=new:mail urgent= 1\n", ""),
    LINES("a sample rate", "bare:1|c|@0.1\nbare:2|c|@0.4\nbare:3|c|@1",
          "bare counter 10\nbare counter 5\nbare counter 3\n", ""),
    LINES("increments of what others push as running totals", "sum:2|c",
          "sum_total counter 2\n", ""),
    LINES("packed counts", "bare:1:2.5:3|c|@0.5", "bare counter 13\n", ""),
    LINES("a negative count", "bare:-1|c\nbare:1:-1:5|c\nbare:-0|c",
          "bare counter 0\n",
          "negative_value 2 (bare)\n"
          "line 1: bare: the value is \"-1\", must be 0 or above for a "
          "counter\n"),
    LINES("gauges", "depth:4|g\ndepth:+4|g\ndepth:-2.5|g\ndepth:7|g|@0.5",
          "depth gauge 4\ndepth gauge 4 relative\ndepth gauge -2.5 relative\n"
          "depth gauge 7\n",
          ""),
    LINES("packed gauges, by the rule",
          "depth:4:3|g\ndepth:+4:-1|g\nmost:4:3|g",
          "depth gauge 3\ndepth gauge 3 relative\nmost gauge 4\n", ""),
    LINES("a gauge with and without a sign", "depth:4:+1|g", "",
          "invalid_value 1 (depth)\n"
          "line 1: depth: the value is \"+1\", must be signed like the other "
          "values of the line, or like them without a sign\n"),
    LINES("a timer in seconds", "load:320|ms\nload_seconds:320|ms",
          "load_seconds histogram count 1 sum 0.32 buckets 0,1,0,0\n"
          "load_seconds histogram count 1 sum 0.32 buckets 0,1,0,0\n",
          ""),
    LINES("a timer in milliseconds", "wait:320|ms\nwait_milliseconds:321|ms",
          "wait_milliseconds histogram count 1 sum 320 buckets 0,1,0\n"
          "wait_milliseconds histogram count 1 sum 321 buckets 0,0,1\n",
          ""),
    LINES("a timer of no unit", "size:5|ms",
          "size histogram count 1 sum 5 buckets 0,1,0\n", ""),
    LINES("histograms and distributions are as they are",
          "size:0.5|h\nsize:11|d\nload_seconds:0.5|h",
          "size histogram count 1 sum 0.5 buckets 1,0,0\n"
          "size histogram count 1 sum 11 buckets 0,0,1\n"
          "load_seconds histogram count 1 sum 0.5 buckets 0,0,1,0\n",
          ""),
    LINES("packed and sampled", "load:100:200:3000|ms|@0.3|#",
          "load_seconds histogram count 9 sum 9.9 buckets 3,3,0,3\n", ""),
    LINES(
        "a summary", "rest:1500:500|ms|@0.5\nrest:-1|ms",
        "rest_seconds summary count 4 sum 4\n",
        "negative_value 1 (rest_seconds)\n"
        "line 2: rest_seconds: the sum of a summary is -0.001, must not be "
        "below 0, because Prometheus reads a falling sum as a restart; push a "
        "histogram "
        "with negative bounds\n"),
    LINES("names",
          "4.a--b:1|c\n4-a---b:1|c\n4\xc3\xa9"
          "a/b:1|c",
          "_4_a_b counter 1\n_4_a_b counter 1\n_4_a_b counter 1\n", ""),
    LINES("tags",
          "jobs:1|c|#,queue:a:b,,urgent:,\njobs:1|c|#queue:|#urgent:true",
          "jobs_total counter queue=new:a:b urgent= 1\n"
          "jobs_total counter queue=new: urgent=true 1\n",
          ""),
    LINES("tags that are none",
          "bare:1|c|#:v\nbare:1|c|#__a:v\njobs:1|c|#queue:a,queue:b\n"
          "jobs:1|c|#queue:a\x01\xff\njobs:1|c|#que.ue:a,que-ue:b\n"
          "bare:1|c|#" LETTERS_50 LETTERS_50 LETTERS_50 LETTERS_50 LETTERS_50
          ":v\n",
          "",
          "invalid_sample 1 (jobs)\n"
          "invalid_labels 5 (bare, jobs_total queue, jobs_total que_ue)\n"
          "line 1: bare: \"\" is not a label name, must be letters, digits and "
          "_, "
          "not begin with a digit or __, and be at most 200 bytes long\n"),
    LINES("what a family does not list",
          "bare:1|c|#a:b\nnone:1|c\nload:1|c\ninner:1|c", "inner counter 1\n",
          "invalid_labels 1 (bare)\nunknown_family 2 (none, load)\n"
          "line 1: bare: pushed with the labels a; its file lists none\n"),
    LINES(
        "another type", "size:1|g\nbare:1|h", "",
        "type_mismatch 2 (size, bare)\n"
        "line 1: size: pushed as gauge, but its file lists it as histogram\n"),
    {.name = "anybody",
     .body = "bare:1|c\ninner:1|c\nnone:1|c",
     .want = "bare counter 1\n",
     .rejected = "programs_only 1 (inner)\nunknown_family 1 (none)\n"
                 "line 2: inner accepts pushes from programs only (\"from\"); "
                 "push with a token of `push_token_file`\n",
     .anybody = true},
    {.name = "open families",
     .body = "none.such:1|c|#a.b:c\nlevel:2|g\ntook:1|ms",
     .want = "open none_such counter{\"a_b\":\"c\"} 1\n"
             "open level gauge{} 2\n",
     .rejected = "bounds_mismatch 1 (took)\n"
                 "line 3: took: pushed without classic buckets, and the family "
                 "has no bounds; list it in a file of `metrics` with "
                 "`buckets`\n",
     .open = true},
    LINES("what DogStatsD says of the sender",
          "bare:1|c|c:ci-0a1b|e:it-false,pu-1|card:low|T1656581400|@1\n"
          "bare:1|c|T\nbare:1|c|Tx\nbare:1|c|x\nbare:1|c|\nbare:1|c||@1",
          "bare counter 1\n",
          "invalid_sample 5 (bare)\n"
          "line 2: bare: the field \"T\" is unknown, must begin with @, #, c:, "
          "e:, "
          "card: or T and a time\n"),
    LINES("sample rates that are none",
          "bare:1|c|@\nbare:1|c|@0\nbare:1|c|@1.1\nbare:1|c|@-1\nbare:1|c|@x\n"
          "bare:1|c|@NaN\nload:1|ms|@1e-13\nload:1|ms|@1e-300",
          "",
          "invalid_sample 8 (bare, load_seconds)\n"
          "line 1: bare: the sample rate is \"\", must be a number above 0 and "
          "at "
          "most 1\n"),
    LINES("values that are none",
          "bare:one|c\nbare:|c\nbare:1:|c\nbare:NaN|c\nload:1:Inf|ms\n"
          "depth:0x10|g\ndepth:1e999|g\nbare: 1|c",
          "",
          "invalid_value 8 (bare, load_seconds, depth)\n"
          "line 1: bare: the value is \"one\", must be a number\n"),
    LINES(
        "values above the limits", "bare:1e300|c\nsize:1e300|h", "",
        "invalid_value 2 (bare, size)\n"
        "line 1: bare: the value of a counter is 1e+300, must be between 0 and "
        "1e+100\n"),
    LINES("sets, events, service checks and types that are none",
          "bare:1|s\n_e{1,4}:a|text|#x\n_sc|name|0\nbare:1|m\nbare:1|C\nbare:1|"
          "\n",
          "",
          "unsupported_type 6 (bare, _e{1,4}, _sc)\n"
          "line 1: bare: the type is s, a set, which Prometheus does not "
          "support; must be c, g, ms, h or d\n"),
    LINES("malformed beside a good one",
          "bare\nbare:1\n:1|c\nbare|c:1\n\x1b[2J\xff:1|c\nbare:1|c",
          "bare counter 1\n",
          "invalid_sample 5 (bare, \"\", ?[2J?)\nline 1: bare: " MALFORMED
          "\n"),
    LINES("a long name",
          LETTERS_50 LETTERS_50 LETTERS_50 LETTERS_50
          "a:1|c\n" LETTERS_50 LETTERS_50 LETTERS_50
          "\xc3\xa9 : 1|ms\nbare:1|c",
          "bare counter 1\n",
          "invalid_sample 1 (" LETTERS_50 "abcdefghijabcd)\n"
          "invalid_value 1 (" LETTERS_50 "abcdefghijabcd)\n"
          "line 1: " LETTERS_50 LETTERS_50
          "abcdefghijabcdefghi: the name must have 1 to 200 bytes\n"),
    {.name = "too many values",
     .body = "bare:1|c\nload:1:2:3:4|ms\nbare:1:1|c\nbare:1|c",
     .want = "bare counter 1\nbare counter 2\n",
     .rejected = "too_many_samples 2 (load_seconds, bare)\n"
                 "line 2: load_seconds: the push has more points than "
                 "limits.samples_per_push, 4; push fewer or raise the limit\n",
     .max = 4},
    LINES("one type in a push", "none:1|c\nbare:1|g\nbare:1|c", "",
          "type_mismatch 2 (bare)\nunknown_family 1 (none)\n"
          "line 3: bare: pushed as counter and, earlier in the same push, as "
          "gauge; a name must have one type\n"),
};

static void lines(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row_of_lines *row = &rows[i];
        struct pushed pushed = {.room = 0};
        struct batch batch = {.count = 0};
        struct err err = {.code = ERR_NONE};
        struct points points = {.out = &pushed,
                                .batch = &batch,
                                .left = row->max > 0 ? row->max : SIZE_MAX,
                                .max = row->max};
        const struct admission admission = {
            .config = &config, .alone = true, .anybody = row->anybody};
        size_t len = strlen(row->body);
        config.open_families = row->open;
        if (ingest_statsd(guard_place(row->body, len), len, &config.registry,
                          &points, &err) != 0)
            fail_msg("%s: %s", row->name, err.message);
        check_admitted(row->name, &pushed, &admission, &batch, row->want,
                       row->rejected);
        batch_free(&batch);
        pushed_free(&pushed);
    }
}

/* A body in another format is refused. */
static void body_without_lines_is_refused(void **state) {
    static const struct {
        const char *body;
        const char *want;
    } bodies[] = {
        {"{\"metrics\": []}\n", "line 1: {\"metrics\": " MALFORMED NOTHING},
        {"<html>\n<p>|</p>", "line 1: <html>: " MALFORMED NOTHING},
        {"\n\xff\xfe",
         "line 2: ??: the line is not text, must be UTF-8" NOTHING},
        {"bare:1|x",
         "line 1: bare: the type is \"x\", must be c, g, ms, h or d" NOTHING},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct pushed pushed = {.room = 0};
        struct batch batch = {.count = 0};
        struct err err = {.code = ERR_NONE};
        struct points points = {
            .out = &pushed, .batch = &batch, .left = SIZE_MAX};
        check_number(bodies[i].body,
                     ingest_statsd(bodies[i].body, strlen(bodies[i].body),
                                   &config.registry, &points, &err),
                     -1);
        check_number(bodies[i].body, err.code, ERR_SYNTAX);
        check_text(bodies[i].body, err.message, bodies[i].want);
        batch_free(&batch);
        pushed_free(&pushed);
    }
}

static int load_families(void **state) {
    if (scratch_make(state) != 0)
        return -1;
    scratch_write("a.json", families);
    registry_load(&config.registry, scratch_path("a.json"));
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines, load_families, unload),
        cmocka_unit_test_setup_teardown(body_without_lines_is_refused,
                                        load_families, unload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
