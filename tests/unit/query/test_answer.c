/* Answers to queries over rows of the history, as complete JSON. */
#include "query/answer.h"

#include "query_fixture.h"

#define DATA(type, result)                                                     \
    "{'status':'success','data':{'resultType':'" type "','result':" result "}" \
    "}"
#define WARNED(type, result, warnings)                                         \
    "{'status':'success','data':{'resultType':'" type "','result':" result     \
    "},'warnings':[" warnings "]}"
#define VECTOR(result) DATA("vector", "[" result "]")
#define MATRIX(result) DATA("matrix", "[" result "]")
#define WIDENED                                                                \
    "'a range is shorter than the periods of the history at that time (at "    \
    "least 5m): it was widened to one period'"
#define ROUNDED                                                                \
    "'the history has only whole hours for part of the time: points there "    \
    "are moved to the end of their hour'"

enum { ABOUT_NOW = NOW - DAY, DAY_END = LENGTH };
/* clang-format off: a case each */
static const struct answer_case cases[] = {
    {"a number",
     {.query = "1 + 1", .start = ABOUT_NOW},
     "{'status':'success','data':{'resultType':'scalar','result':[1700000000,'"
     "2']}}"},
    {"numbers as Prometheus writes them",
     {.query = "1e-7 * 1e1 / 8 - 1e20 * 0", .start = 1},
     "{'status':'success','data':{'resultType':'scalar','result':[1699920001,'"
     "1.25e-07']}}"},
    {"not a number",
     {.query = "-1 / 0 + 0 * Inf", .start = 0},
     "{'status':'success','data':{'resultType':'scalar','result':[1699920000,'"
     "NaN']}}"},
    {"a range of a number",
     {.query = "1", .start = 0, .end = 600, .step = 300},
     MATRIX("{'metric':{},'values':[[1699920000,'1'],[1699920300,'1'],["
            "1699920600,'1']]}")},
    {"totals now",
     {.query = "c", .start = ABOUT_NOW},
     VECTOR("{'metric':{'__name__':'c','l':'a'},'value':[1700000000,'44']},{'"
            "metric':{'__name__':'c','l':'b'},'value':[1700000000,'1']}")},
    {"totals at midnight, before b exists",
     {.query = "c", .start = 0},
     VECTOR("{'metric':{'__name__':'c','l':'a'},'value':[1699920000,'30']}")},
    {"totals before all growth",
     {.query = "c", .start = -3 * LENGTH},
     VECTOR("{'metric':{'__name__':'c','l':'a'},'value':[1699660800,'0']}")},
    {"totals before the history are unknown",
     {.query = "c", .start = -11 * LENGTH},
     VECTOR("")},
    {"totals by a matcher",
     {.query = "c{l!='a'}", .start = ABOUT_NOW},
     VECTOR("{'metric':{'__name__':'c','l':'b'},'value':[1700000000,'1']}")},
    {"totals by a pattern",
     {.query = "c{l=~'x|b.*'}", .start = ABOUT_NOW},
     VECTOR("{'metric':{'__name__':'c','l':'b'},'value':[1700000000,'1']}")},
    {"totals of a matcher for the name",
     {.query = "{__name__='c',l='a'}", .start = ABOUT_NOW},
     VECTOR("{'metric':{'__name__':'c','l':'a'},'value':[1700000000,'44']}")},
    {"a missing label is empty",
     {.query = "c{x='',l='a'}", .start = ABOUT_NOW},
     VECTOR("{'metric':{'__name__':'c','l':'a'},'value':[1700000000,'44']}")},
    {"no such metric", {.query = "nothing", .start = ABOUT_NOW}, VECTOR("")},
    {"a histogram without a part",
     {.query = "h", .start = ABOUT_NOW},
     WARNED("vector", "[]",
            "'the metric is a histogram or a summary: query its _bucket, _sum "
            "or _count'")},
    {"buckets",
     {.query = "h_bucket", .start = ABOUT_NOW},
     VECTOR("{'metric':{'__name__':'h_bucket','le':'+Inf'},'value':[1700000000,"
            "'5']},{'metric':{'__name__':'h_bucket','le':'1'},'value':["
            "1700000000,'1']},{'metric':{'__name__':'h_bucket','le':'10'},'"
            "value':[1700000000,'4']}")},
    {"a sum and a count",
     {.query = "h_sum / h_count", .start = ABOUT_NOW},
     VECTOR("{'metric':{},'value':[1700000000,'6.6']}")},
    {"buckets at midnight",
     {.query = "h_bucket{le='1'}", .start = 0},
     VECTOR("{'metric':{'__name__':'h_bucket','le':'1'},'value':[1699920000,'1'"
            "]}")},
    {"growth of some buckets",
     {.query = "sum(increase(h_bucket{le=~'1.*'}[1d]))", .start = DAY_END},
     VECTOR("{'metric':{},'value':[1700006400,'1']}")},
    {"a missing bucket", {.query = "h_bucket{le='2'}", .start = 0}, VECTOR("")},
    {"a gauge now",
     {.query = "g", .start = ABOUT_NOW},
     VECTOR("{'metric':{'__name__':'g'},'value':[1700000000,'9']}")},
    {"a gauge that was set long ago",
     {.query = "g", .start = 79500},
     VECTOR("{'metric':{'__name__':'g'},'value':[1699999500,'7']}")},
    {"a gauge within a step",
     {.query = "g", .start = 79501},
     VECTOR("{'metric':{'__name__':'g'},'value':[1699999501,'9']}")},
    {"a gauge before it was set",
     {.query = "g", .start = -3 * LENGTH},
     VECTOR("")},
    {"a gauge in a range",
     {.query = "g", .start = -2 * LENGTH, .end = DAY_END, .step = LENGTH},
     MATRIX("{'metric':{'__name__':'g'},'values':[[1699833600,'7'],[1699920000,"
            "'7'],[1700006400,'9']]}")},
    {"an hour, up to now",
     {.query = "increase(c[1h])", .start = ABOUT_NOW},
     VECTOR("{'metric':{'l':'a'},'value':[1700000000,'9']},{'metric':{'l':'b'},"
            "'value':[1700000000,'0']}")},
    {"a step",
     {.query = "increase(c[5m])", .start = 79800},
     VECTOR("{'metric':{'l':'a'},'value':[1699999800,'4']},{'metric':{'l':'b'},"
            "'value':[1699999800,'0']}")},
    {"an offset",
     {.query = "increase(c[5m] offset 10m)", .start = 80100},
     VECTOR("{'metric':{'l':'a'},'value':[1700000100,'3']},{'metric':{'l':'b'},"
            "'value':[1700000100,'0']}")},
    {"days",
     {.query = "sum(increase(c[1d]))",
      .start = -2 * LENGTH,
      .end = DAY_END,
      .step = LENGTH},
     MATRIX("{'metric':{},'values':[[1699747200,'10'],[1699833600,'0'],["
            "1699920000,'20'],[1700006400,'15']]}")},
    {"days, by label",
     {.query = "sum by (l) (increase(c[1d]))",
      .start = 0,
      .end = DAY_END,
      .step = LENGTH},
     MATRIX("{'metric':{'l':'a'},'values':[[1699920000,'20'],[1700006400,'14']]"
            "},{'metric':{'l':'b'},'values':[[1700006400,'1']]}")},
    {"two days at each day",
     {.query = "increase(c{l='a'}[2d])",
      .start = -2 * LENGTH,
      .end = DAY_END,
      .step = LENGTH},
     MATRIX("{'metric':{'l':'a'},'values':[[1699747200,'10'],[1699833600,'10'],"
            "[1699920000,'20'],[1700006400,'34']]}")},
    {"days and hours and steps",
     {.query = "increase(c[3d])", .start = 79500},
     WARNED("vector",
            "[{'metric':{'l':'a'},'value':[1699999500,'28']},{'metric':{'l':'b'"
            "},'value':[1699999500,'1']}]",
            ROUNDED)},
    {"an hour without steps",
     {.query = "increase(c{l='a'}[1h])", .start = 0},
     VECTOR("{'metric':{'l':'a'},'value':[1699920000,'20']}")},
    {"a range that is too short for the history at that time",
     {.query = "increase(c{l='a'}[5m])", .start = -600},
     WARNED("vector", "[{'metric':{'l':'a'},'value':[1699919400,'20']}]",
            WIDENED "," ROUNDED)},
    {"the same, at the end of the last hour without steps",
     {.query = "increase(c{l='a'}[5m])", .start = 0},
     WARNED("vector", "[{'metric':{'l':'a'},'value':[1699920000,'20']}]",
            WIDENED "," ROUNDED)},
    {"a range shorter than a step",
     {.query = "increase(c{l='a'}[1m])", .start = 79800},
     WARNED("vector", "[{'metric':{'l':'a'},'value':[1699999800,'4']}]",
            WIDENED)},
    {"edges within an hour without steps",
     {.query = "increase(c{l='a'}[2h])", .start = -1800},
     WARNED("vector", "[{'metric':{'l':'a'},'value':[1699918200,'20']}]",
            ROUNDED)},
    {"a range that begins before the history",
     {.query = "increase(c{l='a'}[20d])", .start = 0},
     WARNED("vector", "[{'metric':{'l':'a'},'value':[1699920000,'30']}]",
            "'a range begins before the history: growth before the history is "
            "unknown and not counted'")},
    {"a range before the history",
     {.query = "increase(c{l='a'}[1d])", .start = -10 * LENGTH},
     WARNED("vector", "[]",
            "'a range begins before the history: growth before the history is "
            "unknown and not counted'")},
    {"a rate",
     {.query = "rate(c{l='a'}[1h])", .start = 79800},
     VECTOR(
         "{'metric':{'l':'a'},'value':[1699999800,'0.0019444444444444444']}")},
    {"a rate up to now",
     {.query = "rate(c{l='a'}[5m])", .start = ABOUT_NOW},
     VECTOR("{'metric':{'l':'a'},'value':[1700000000,'0.012']}")},
    {"steps in a range",
     {.query = "sum(increase(c[5m]))",
      .start = 79200,
      .end = ABOUT_NOW,
      .step = 300},
     MATRIX("{'metric':{},'values':[[1699999200,'0'],[1699999500,'3'],["
            "1699999800,'4']]}")},
    {"overlapping ranges",
     {.query = "increase(c{l='a'}[15m])",
      .start = 79200,
      .end = 80100,
      .step = 300},
     MATRIX("{'metric':{'l':'a'},'values':[[1699999200,'0'],[1699999500,'3'],["
            "1699999800,'7'],[1700000100,'9']]}")},
    {"a future",
     {.query = "increase(c{l='a'}[1h])", .start = 2 * LENGTH},
     VECTOR("{'metric':{'l':'a'},'value':[1700092800,'0']}")},
    {"buckets of a day",
     {.query = "increase(h_bucket[1d])", .start = DAY_END},
     VECTOR("{'metric':{'le':'+Inf'},'value':[1700006400,'2']},{'metric':{'le':"
            "'1'},'value':[1700006400,'0']},{'metric':{'le':'10'},'value':["
            "1700006400,'1']}")},
    {"a quantile",
     {.query = "histogram_quantile(0.5, sum by (le) (increase(h_bucket[2d])))",
      .start = ABOUT_NOW},
     WARNED("vector", "[{'metric':{},'value':[1700000000,'5.5']}]", ROUNDED)},
    {"the highest bucket",
     {.query = "histogram_quantile(0.9, increase(h_bucket[1d]))",
      .start = DAY_END},
     VECTOR("{'metric':{},'value':[1700006400,'10']}")},
    {"a quantile of nothing",
     {.query = "histogram_quantile(0.9, rate(h_bucket[1h]))", .start = 3600},
     VECTOR("{'metric':{},'value':[1699923600,'NaN']}")},
    {"quantiles out of range",
     {.query =
          "histogram_quantile(2, h_bucket) - histogram_quantile(-1, h_bucket)",
      .start = ABOUT_NOW},
     VECTOR("{'metric':{},'value':[1700000000,'+Inf']}")},
    {"a mean",
     {.query = "increase(h_sum[1d]) / increase(h_count[1d])",
      .start = ABOUT_NOW},
     WARNED("vector", "[{'metric':{},'value':[1700000000,'15']}]", ROUNDED)},
    {"no histogram without buckets",
     {.query = "histogram_quantile(0.5, c)", .start = ABOUT_NOW},
     VECTOR("")},
    {"aggregations",
     {.query = "sum(c) + avg(c) * 10 + min(c) * 100 + max(c) * 1000 + count(c) "
               "* 10000",
      .start = ABOUT_NOW},
     VECTOR("{'metric':{},'value':[1700000000,'64370']}")},
    {"without",
     {.query = "sum without (l) (c)", .start = ABOUT_NOW},
     VECTOR("{'metric':{},'value':[1700000000,'45']}")},
    {"by a missing label",
     {.query = "count by (x) (c)", .start = ABOUT_NOW},
     VECTOR("{'metric':{},'value':[1700000000,'2']}")},
    {"an aggregation of an aggregation",
     {.query = "max(sum by (l) (rate(c[1d])) * 86400)", .start = DAY_END},
     VECTOR("{'metric':{},'value':[1700006400,'14']}")},
    {"buckets added up without le",
     {.query = "sum(increase(h_bucket[1d]))", .start = DAY_END},
     VECTOR("{'metric':{},'value':[1700006400,'3']}")},
    {"a share",
     {.query = "c / c", .start = ABOUT_NOW},
     VECTOR("{'metric':{'l':'a'},'value':[1700000000,'1']},{'metric':{'l':'b'},"
            "'value':[1700000000,'1']}")},
    {"labels that only one side has",
     {.query = "c + sum by (l) (c{l='b'})", .start = ABOUT_NOW},
     VECTOR("{'metric':{'l':'b'},'value':[1700000000,'2']}")},
    {"a vector and a number",
     {.query = "1 - c{l='a'} / 4", .start = ABOUT_NOW},
     VECTOR("{'metric':{'l':'a'},'value':[1700000000,'-10']}")},
    {"a negated vector",
     {.query = "-c", .start = ABOUT_NOW},
     VECTOR("{'metric':{'l':'a'},'value':[1700000000,'-44']},{'metric':{'l':'b'"
            "},'value':[1700000000,'-1']}")},
    {"the growth of a gauge",
     {.query = "rate(g[5m])", .start = ABOUT_NOW},
     "execution: rate requires a counter or a part of a histogram or summary; "
     "g is of type gauge"},
    {"a parse error",
     {.query = "c +", .start = ABOUT_NOW},
     "bad data: the query ends, must continue with a metric, a number or a "
     "function"},
    {"too many points",
     {.query = "1", .start = 0, .end = 11000, .step = 1},
     "bad data: invalid parameter 'step': the range has more than 11000 "
     "points, use a longer step"},
    {"the most points",
     {.query = "increase(nothing[5m])", .start = 0, .end = 10999, .step = 1},
     MATRIX("")},
    {"an end before the start",
     {.query = "1", .start = 1, .end = 0, .step = 1},
     "bad data: invalid parameter 'end': it must not be before `start`"},
    {"too late",
     {.query = "c", .start = ABOUT_NOW, .late = true},
     "timeout: the query took longer than a second"},
    {"a vector that is written too slowly",
     {.query = "c", .start = ABOUT_NOW, .slow_writing = true},
     "timeout: the query took longer than a second"},
    {"a matrix that is written too slowly",
     {.query = "c", .start = 0, .end = 1, .step = 1, .slow_writing = true},
     "timeout: the query took longer than a second"},
    {"an invisible metric",
     {.query = "c", .start = ABOUT_NOW, .families = &only_g},
     VECTOR("")},
};
/* clang-format on */

static void answers(void **state) {
    (void)state;
    check_answers(cases, COUNT(cases));
}

/* 0.3 is less than 0.1 + 0.2 in binary: a total would be negative. */
static void totals_have_no_rounding_noise(void **state) {
    static const struct answer_case before[] = {
        {"totals before all growth",
         {.query = "c{l='a'}", .start = -3 * LENGTH},
         VECTOR(
             "{'metric':{'__name__':'c','l':'a'},'value':[1699660800,'0']}")},
        {"totals between",
         {.query = "c{l='a'}", .start = -1 * LENGTH},
         VECTOR("{'metric':{'__name__':'c','l':'a'},'value':[1699833600,'0.1'"
                "]}")},
    };
    (void)state;
    change("DELETE FROM history_mark; DELETE FROM history_day;"
           "UPDATE total SET value = 0.3 WHERE series_id = ID(c, a);"
           "INSERT INTO history_mark VALUES (ID(c, a), 0.3, 0, 0, NULL);"
           "INSERT INTO history_day VALUES (ID(c, a), DAY - 259200, 0.1),"
           " (ID(c, a), DAY - 86400, 0.2)");
    check_answers(before, COUNT(before));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers, query_open, query_close),
        cmocka_unit_test_setup_teardown(totals_have_no_rounding_noise,
                                        query_open, query_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
