/* Queries and lists without memory: an error, or the whole answer. */
#include "no_memory.h"

#include "query/rules.h"
#include "query_fixture.h"

static const struct matcher not_x = {
    .label = "l", .value = "x", .value_len = 1, .negated = true};
static const struct selector selector = {.matchers = (struct matcher *)&not_x,
                                         .matcher_count = 1};
static const struct selector *const selectors[] = {&selector};

enum { ABOUT_NOW = NOW - DAY };
static const struct question questions[] = {
    {.query = "c{l!=\"x\"}", .start = ABOUT_NOW},
    {.query = "c{l!=\"x\"} / sum by (l) (rate(c{l!~\"x.*|y\"}[1h]))",
     .start = 0,
     .end = ABOUT_NOW,
     .step = 3600},
    {.query = "max(-g) + histogram_quantile(0.5, sum without (l) "
              "(increase(h_bucket{le!=\"1\"}[1d])))",
     .start = ABOUT_NOW},
    {.catalog = &(struct catalog_request){.kind = CATALOG_SERIES,
                                          .selectors = selectors,
                                          .selector_count = 1}},
    {.catalog =
         &(struct catalog_request){.kind = CATALOG_VALUES, .label = "l"}},
    {.metadata = ""}};

/* Answers the question; memory runs out after `count` allocations. */
static void ask_without(const struct question *question, int count,
                        const char *want, struct strbuf *got) {
    struct err err = {.code = ERR_NONE};
    struct asking asking = {question, got};
    struct query_source source = {.config = &query_config,
                                  .now_ms = (int64_t)NOW * 1000,
                                  .expired = is_late,
                                  .context = &asking};
    assert_int_equal(reader_open(scratch_path("t.db"), &source.reader, &err),
                     0);
    assert_int_equal(reader_begin(source.reader, &err), 0);
    no_memory_after(count);
    const int result = answer_it(&source, question, got, &err);
    (void)no_memory_end();
    reader_end(source.reader);
    reader_close(source.reader);
    if (result != 0) {
        assert_true(failed);
        assert_int_equal(err.code, ERR_MEMORY);
    } else {
        check_text(question->query ? question->query : "a list", got->data,
                   want);
    }
}

static void answers(void **state) {
    (void)state;
    change("UPDATE series SET labels = json_object('l', 'a' || char(10)) "
           "WHERE labels LIKE '%a%'");
    for (size_t i = 0; i < COUNT(questions); i++) {
        struct strbuf want = {0};
        int count = 0;
        ask(&questions[i], &want);
        check_bytes("the whole answer", want.data, 10, BYTES("{'status':"));
        for (size_t at = 0; at < want.len; at++)
            if (want.data[at] == '\'')
                want.data[at] = '"';
        do {
            struct strbuf got = {0};
            ask_without(&questions[i], count++, want.data, &got);
            strbuf_free(&got);
        } while (failed);
        assert_true(count > 1);
        strbuf_free(&want);
    }
}

/* Rules are not left out, and have their query. */
static void rules(void **state) {
    static const char *names[] = {"*"};
    static const struct string_list everything = {names, 1};
    static const struct rules_request all = {.none = false};
    struct strbuf want = {0};
    int count = -1;
    (void)state;
    change("INSERT INTO alert_rule VALUES"
           " ('r', 1, 'c / c', '> 4', '', '', '[\"c\"]', 60, 0, '', '', 1, 1,"
           "  NULL, 0), ('s', 2, 'a query that is longer than the other one"
           "  and than a block of the buffer', '> 4', '', '', '[\"c\"]', 60, 0,"
           "  '', '', 1, 1, NULL, 0);"
           "INSERT INTO alert VALUES ('r', '{\"l\":\"a\"}', 1, 1, 5)");
    do {
        struct err err = {.code = ERR_NONE};
        struct strbuf got = {0};
        struct query_source source = {.config = &query_config,
                                      .families = &everything};
        assert_int_equal(
            reader_open(scratch_path("t.db"), &source.reader, &err), 0);
        assert_int_equal(reader_begin(source.reader, &err), 0);
        no_memory_after(count);
        const int result = rules_answer(&source, &all, &got, &err);
        failed = no_memory_end() || count < 0;
        reader_end(source.reader);
        reader_close(source.reader);
        if (count < 0)
            strbuf_add(&want, got.data, got.len);
        if (result == 0)
            check_text("rules", got.data, want.data);
        else
            assert_int_equal(err.code, ERR_MEMORY);
        strbuf_free(&got);
    } while (count++ < 0 || failed);
    assert_true(count > 5);
    strbuf_free(&want);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers, query_open, query_close),
        cmocka_unit_test_setup_teardown(rules, query_open, query_close),
    };
    return cmocka_run_group_tests_name("no_memory_query", tests, NULL, NULL);
}
