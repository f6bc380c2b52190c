/* Rules and alerts in the form of Prometheus, from rows of `tallyman alert`, as
 * complete JSON. */
#include "query/rules.h"

#include "check.h"
#include "outsider.h"
#include "query/time.h"
#include "store_fixture.h"

static struct side side;
static struct config config = {.alerts = "/etc/tallyman/alerts.json"};

/* Rules that are firing, pending, never evaluated, and in error. One alert has
 * damaged labels. */
static const char rows[] =
    "INSERT INTO alert_rule VALUES"
    " ('Slow', 1, 'histogram_quantile(0.75, h)', '> 4', 'p75 of h', 'seconds', "
    "'[\"web_lcp\"]', 3600,"
    "  1800, 'warning', 'Pages are \"slow\"', 1700000000.25, 0.125, NULL, 0),"
    " ('Failed', 0, 'a / b', '> 0.05', 'ratio', '', '[\"web_a\",\"b\"]', 600, "
    "0, 'critical',"
    "  'Errors', 1700000000, 0.5, NULL, 0),"
    " ('New', 2, 'g', '< 1', '', '', '[]', 900, 0, 'info', '', 0, 0, NULL, 0),"
    " ('Lost', 3, 'lost', '> 1', '', '', 'no list', 900, 0, 'info', 'L', "
    "1700000001, 0,"
    "  'there is no lost', 0),"
    " ('Young', 4, 'y', '> 1', '', '', '[]', 900, 0, 'info', 'Y', "
    "1700000001, 0,"
    "  'the history begins late', 1);"
    "INSERT INTO alert VALUES"
    " ('Slow', '{\"page\":\"/a\\\"b\",\"severity\":\"odd\"}', 0, 1699999000,"
    "  0.00125),"
    " ('Slow', '{\"page\":\"/z\"}', 1, 1699990000.5, 40),"
    " ('Slow', '{page}', 1, 1699990000, 40),"
    " ('Lost', '{}', 0, 1699990000, 9e999)";

static int open_side(void **state) {
    if (scratch_make(state) != 0)
        return -1;
    side_open(&side, "{'name': 'c', 'help': 'h', 'type': 'counter'}");
    return 0;
}

static int close_side(void **state) {
    side_close(&side);
    return scratch_clear(state);
}

static bool never(void *context) {
    (void)context;
    return false;
}

/* Checks the answer with ' for ". Without a request, it is that of alerts. */
static void check_answer(const char *name, const struct rules_request *request,
                         const struct string_list *families, const char *want) {
    struct err err = {.code = ERR_NONE};
    struct strbuf out = {0};
    struct query_source source = {
        .config = &config, .families = families, .expired = never};
    if (reader_open(scratch_path("t.db"), &source.reader, &err) != 0 ||
        reader_begin(source.reader, &err) != 0 ||
        (request ? rules_answer(&source, request, &out, &err)
                 : rules_alerts(&source, &out, &err)) != 0)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < out.len; i++)
        if (out.data[i] == '"')
            out.data[i] = '\'';
    reader_end(source.reader);
    reader_close(source.reader);
    check_text(name, out.data, want);
    strbuf_free(&out);
}

#define GROUPS(groups) "{'status':'success','data':{'groups':[" groups "]}}"
#define GROUP(rules, interval, seconds, evaluated)                             \
    GROUPS("{'name':'alerts','rules':[" rules "],'file':'alerts.json',"        \
           "'interval':" interval ",'limit':0,'evaluationTime':" seconds       \
           ",'lastEvaluation':'" evaluated "'}")
#define ALERTS(alerts) "{'status':'success','data':{'alerts':[" alerts "]}}"

#define SLOW_NOTES                                                             \
    "'annotations':{'condition':'> 4','measured':'p75 of h','summary':'Pages " \
    "are \\'slow\\'','unit':'seconds'}"
#define SLOW_ALERTS                                                            \
    "{'labels':{'alertname':'Slow','page':'/"                                  \
    "a\\'b','severity':'warning'}," SLOW_NOTES                                 \
    ",'state':'pending','activeAt':'2023-11-14T21:56:40.000Z',"                \
    "'value':'1.25e-03'},"                                                     \
    "{'labels':{'alertname':'Slow','page':'/"                                  \
    "z','severity':'warning'}," SLOW_NOTES                                     \
    ",'state':'firing','activeAt':'2023-11-14T19:26:40.500Z',"                 \
    "'value':'4e+01'}"
#define LOST_ALERTS                                                            \
    "{'labels':{'alertname':'Lost','severity':'info'},"                        \
    "'annotations':{'condition':'> "                                           \
    "1','measured':'','summary':'L'},'state':'pending',"                       \
    "'activeAt':'2023-11-14T19:26:40.000Z','value':'+Inf'}"

#define FAILED                                                                 \
    "{'name':'Failed','query':'a / b > 0.05','duration':0,'keepFiringFor':0,"  \
    "'labels':{'severity':'critical'},'annotations':{'condition':'> "          \
    "0.05','measured':'ratio',"                                                \
    "'summary':'Errors'},'alerts':[],'state':'inactive','health':'ok',"        \
    "'evaluationTime':0.5,'lastEvaluation':'2023-11-14T22:13:20.000Z',"        \
    "'type':'alerting'}"
#define SLOW(alerts)                                                           \
    "{'name':'Slow','query':'histogram_quantile(0.75, h) > 4',"                \
    "'duration':1800,'keepFiringFor':0,'labels':{'severity':'warning'}"        \
    "," SLOW_NOTES ",'alerts':[" alerts "],'state':'firing','health':'ok',"    \
    "'evaluationTime':0.125,'lastEvaluation':'2023-11-14T22:13:20.250Z',"      \
    "'type':'alerting'}"
#define NEW                                                                    \
    "{'name':'New','query':'g < 1','duration':0,'keepFiringFor':0,"            \
    "'labels':{'severity':'info'},'annotations':{'condition':'< "              \
    "1','measured':'',"                                                        \
    "'summary':''},'alerts':[],'state':'inactive','health':'unknown',"         \
    "'evaluationTime':0,'lastEvaluation':'0001-01-01T00:00:00Z',"              \
    "'type':'alerting'}"
#define LOST                                                                   \
    "{'name':'Lost','query':'lost > 1','duration':0,'keepFiringFor':0,"        \
    "'labels':{'severity':'info'},'annotations':{'condition':'> "              \
    "1','measured':'',"                                                        \
    "'summary':'L'},'alerts':[" LOST_ALERTS "],'state':'pending',"             \
    "'health':'err','lastError':'there is no lost','evaluationTime':0,"        \
    "'lastEvaluation':'2023-11-14T22:13:21.000Z','type':'alerting'}"
/* A rule that waits for the history has no error. */
#define YOUNG                                                                  \
    "{'name':'Young','query':'y > 1','duration':0,'keepFiringFor':0,"          \
    "'labels':{'severity':'info'},'annotations':{'condition':'> "              \
    "1','measured':'',"                                                        \
    "'summary':'Y'},'alerts':[],'state':'inactive','health':'unknown',"        \
    "'lastError':'the history begins late','evaluationTime':0,"                \
    "'lastEvaluation':'2023-11-14T22:13:21.000Z','type':'alerting'}"

static const char *wanted[] = {"Slow", "Failed"};
static const char *unknown[] = {"slow"};
static const char *web_names[] = {"web_*"};
static const char *more_names[] = {"web_*", "b"};
static const char *all_names[] = {"*"};
static const struct string_list web = {web_names, 1};
static const struct string_list more = {more_names, 2};
static const struct string_list everything = {all_names, 1};

static const struct {
    const char *name;
    struct rules_request request;
    const struct string_list *families;
    const char *rules;
    const char *alerts; /* NULL: not requested */
} cases[] = {
    {"all",
     {.none = false},
     NULL,
     GROUP(FAILED "," SLOW(SLOW_ALERTS) "," NEW "," LOST "," YOUNG, "600",
           "0.625", "2023-11-14T22:13:21.000Z"),
     ALERTS(SLOW_ALERTS "," LOST_ALERTS)},
    {"by name",
     {.names = wanted, .name_count = 2},
     NULL,
     GROUP(FAILED "," SLOW(SLOW_ALERTS), "600", "0.625",
           "2023-11-14T22:13:20.250Z"),
     NULL},
    {"no such name",
     {.names = unknown, .name_count = 1},
     NULL,
     GROUPS(""),
     NULL},
    {"recording rules", {.none = true}, NULL, GROUPS(""), NULL},
    {"without alerts",
     {.without_alerts = true, .names = wanted, .name_count = 1},
     NULL,
     GROUP(SLOW(""), "3600", "0.125", "2023-11-14T22:13:20.250Z"),
     NULL},
    {"all families of one rule are visible",
     {.none = false},
     &web,
     GROUP(SLOW(SLOW_ALERTS), "3600", "0.125", "2023-11-14T22:13:20.250Z"),
     ALERTS(SLOW_ALERTS)},
    {"all families of two rules are visible",
     {.none = false},
     &more,
     GROUP(FAILED "," SLOW(SLOW_ALERTS), "600", "0.625",
           "2023-11-14T22:13:20.250Z"),
     ALERTS(SLOW_ALERTS)},
    {"an empty or malformed list permits nothing",
     {.none = false},
     &everything,
     GROUP(FAILED "," SLOW(SLOW_ALERTS), "600", "0.625",
           "2023-11-14T22:13:20.250Z"),
     ALERTS(SLOW_ALERTS)},
};

static void answers(void **state) {
    static const struct rules_request all = {.none = false};
    (void)state;
    check_answer("no rules", &all, NULL, GROUPS(""));
    check_answer("no rules", NULL, NULL, ALERTS(""));
    outsider_run(rows);
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_answer(cases[i].name, &cases[i].request, cases[i].families,
                     cases[i].rules);
        if (cases[i].alerts)
            check_answer(cases[i].name, NULL, cases[i].families,
                         cases[i].alerts);
    }
}

/* Go's format 'e' with the shortest precision. */
static void values(void **state) {
    static const char *const list[][2] = {
        {"0", "0e+00"},     {"1", "1e+00"},
        {"-10", "-1e+01"},  {"100.5", "1.005e+02"},
        {"0.1", "1e-01"},   {"123456789", "1.23456789e+08"},
        {"1e22", "1e+22"},  {"0.30000000000000004", "3.0000000000000004e-01"},
        {"1e-7", "1e-07"},  {"-2.5e25", "-2.5e+25"},
        {"-9e999", "-Inf"},
    };
    static const char *names[] = {"Slow"};
    static const struct rules_request one = {.names = names, .name_count = 1};
    (void)state;
    outsider_run(rows);
    outsider_run("DELETE FROM alert WHERE labels <> '{\"page\":\"/z\"}'");
    for (size_t i = 0; i < COUNT(list); i++) {
        struct strbuf text = {0};
        strbuf_printf(&text, "UPDATE alert SET value = %s", list[i][0]);
        outsider_run(text.data);
        strbuf_reset(&text);
        strbuf_printf(
            &text,
            GROUP(SLOW("{'labels':{'alertname':'Slow','page':'/z',"
                       "'severity':'warning'}," SLOW_NOTES ",'state':'firing',"
                       "'activeAt':'2023-11-14T19:26:40.500Z','value':'%s'}"),
                  "3600", "0.125", "2023-11-14T22:13:20.250Z"),
            list[i][1]);
        check_answer(list[i][0], &one, NULL, text.data);
        strbuf_free(&text);
    }
}

static void times(void **state) {
    static const struct {
        int64_t ms;
        const char *want;
    } list[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {INT64_C(1767323045678), "2026-01-02T03:04:05.678Z"},
        {INT64_MIN, "1970-01-01T00:00:00.000Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(list); i++) {
        char text[TIME_SIZE];
        time_format(list[i].ms, text);
        check_text("time", text, list[i].want);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_side, close_side)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(answers), TEST(values),
                                       cmocka_unit_test(times)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
