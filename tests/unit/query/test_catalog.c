/* Lists of labels, values, series and metadata, as complete JSON. */
#include "query/catalog.h"

#include "query_fixture.h"

/* Selectors of the bucket up to 1, and of all series of c. */
static const struct matcher up_to_one = {
    .label = "le", .value = "1", .value_len = 1};
static const struct selector bucket = {.metric = "h_bucket",
                                       .matchers = (struct matcher *)&up_to_one,
                                       .matcher_count = 1};
static const struct selector counter = {.metric = "c"};
static const struct selector *const two[] = {&bucket, &counter};

/* clang-format off: a case each */
static const struct answer_case cases[] = {
    {"a list that is written too slowly",
     {.catalog = &(struct catalog_request){.kind = CATALOG_LABELS},
      .slow_writing = true},
     "timeout: the query took longer than a second"},
    {"labels",
     {.catalog = &(struct catalog_request){.kind = CATALOG_LABELS}},
     "{'status':'success','data':['__name__','l','le']}"},
    {"values of the name",
     {.catalog = &(struct catalog_request){.kind = CATALOG_VALUES,
                                           .label = "__name__"}},
     "{'status':'success','data':['c','g','h_bucket','h_count','h_sum']}"},
    {"values of le",
     {.catalog =
          &(struct catalog_request){.kind = CATALOG_VALUES, .label = "le"}},
     "{'status':'success','data':['+Inf','1','10']}"},
    {"values with a limit",
     {.catalog = &(struct catalog_request){.kind = CATALOG_VALUES,
                                           .label = "l",
                                           .limit = 1}},
     "{'status':'success','data':['a'],'warnings':['results truncated due to "
     "limit']}"},
    {"series",
     {.catalog = &(struct catalog_request){.kind = CATALOG_SERIES,
                                           .selectors = two,
                                           .selector_count = 2}},
     "{'status':'success','data':[{'__name__':'c','l':'a'},{'__name__':'c','l':"
     "'b'},{'__name__':'h_bucket','le':'1'}]}"},
    {"labels of a selector",
     {.catalog = &(struct catalog_request){.kind = CATALOG_LABELS,
                                           .selectors = two,
                                           .selector_count = 1}},
     "{'status':'success','data':['__name__','le']}"},
    {"late labels",
     {.catalog = &(struct catalog_request){.kind = CATALOG_LABELS},
      .late = true},
     "timeout: the query took longer than a second"},
    {"metadata",
     {.metadata = ""},
     "{'status':'success','data':{'c':[{'type':'counter','help':'h','unit':''}]"
     ",'g':[{'type':'gauge','help':'of "
     "g','unit':''}],'h':[{'type':'histogram','help':'','unit':''}]}}"},
    {"metadata of one family",
     {.metadata = "g"},
     "{'status':'success','data':{'g':[{'type':'gauge','help':'of "
     "g','unit':''}]}}"},
    {"visible names",
     {.catalog = &(struct catalog_request){.kind = CATALOG_VALUES,
                                           .label = "__name__"},
      .families = &only_g},
     "{'status':'success','data':['g']}"},
};
/* clang-format on */

static void lists(void **state) {
    (void)state;
    check_answers(cases, COUNT(cases));
}

/* Clients can recognize gauges of SQL queries, which may be summed. */
static void queried(void **state) {
    struct strbuf got = {0};
    (void)state;
    registry_find(&side.registry, "g", 1)->queried = true;
    ask(&(struct question){.metadata = "g"}, &got);
    check_text("queried", got.data,
               "{'status':'success','data':{'g':[{'type':'gauge','help':'of "
               "g','unit':'','queried':true}]}}");
    strbuf_free(&got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists, query_open, query_close),
        cmocka_unit_test_setup_teardown(queried, query_open, query_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
