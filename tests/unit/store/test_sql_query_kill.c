/* Responders killed, and disks full, at each write of a claim and of a result:
 * a result is stored as a whole, with its history, or not at all. */
#include "faulty_fixture.h"
#include "sql_query_fixture.h"

static const char queries[] = "c counter, g gauge";

/* Before and after a result of each query in another day. */
static const char *const results[2][2] = {{"a 10, b 20", "a 15, c 7"},
                                          {"a 1, b 2", "a 3, c 4"}};
static const char *const names[] = {"c", "g"};

enum { THEN = NOW + 86400 };

#define VALUES                                                                 \
    "SELECT name, json_group_array(labels ->> 'l'), "                          \
    "json_group_array(value) FROM (SELECT * FROM series "                      \
    "JOIN total ON series_id = series.id "                                     \
    "JOIN family ON family.id = family_id ORDER BY name, labels) "             \
    "GROUP BY name ORDER BY name"
#define STATES "SELECT name, runs, errors FROM sql_query ORDER BY name"

static const char *const values[2][2] = {
    {"c|[\"a\",\"b\"]|[10.0,20.0]\n",
     "c|[\"a\",\"b\",\"c\"]|[15.0,20.0,7.0]\n"},
    {"g|[\"a\",\"b\"]|[1.0,2.0]\n", "g|[\"a\",\"b\",\"c\"]|[3.0,null,4.0]\n"}};

static void run_all(struct side *side) {
    for (size_t i = 0; i < COUNT(names); i++) {
        struct err err = {.code = ERR_NONE};
        struct ended ended;
        struct sql_claim claim = {.wait = 0};
        const struct sql_query query = query_of(side, names[i]);
        side->now = THEN;
        if (store_claim_query(side->store, &query, THEN, &claim, &err) == 0 &&
            claim.started_at > 0)
            (void)query_try_end(side, names[i], THEN, results[i][1], &ended,
                                &err);
        if (err.code == ERR_NONE)
            continue;
        assert_true(fault == FAIL || fault == FAIL_FULL);
        side_close(side);
        fault = NONE;
        queries_open(side, queries, THEN);
    }
}

static void run_responder(void) {
    struct side side;
    queries_open(&side, queries, THEN);
    writes = 0;
    run_all(&side);
    fault = NONE;
    side_close(&side);
}

/* The database with the first results. */
static void begin(void) {
    struct side side;
    if (begin_again())
        return;
    queries_open(&side, queries, NOW);
    for (size_t i = 0; i < COUNT(names); i++)
        query_give(&side, names[i], NOW, results[i][0]);
    side_close(&side);
    copy_file("t.db", "first.db");
}

/* Counts the second results: each is whole, with the row of its query. */
static size_t count_results(void) {
    struct strbuf want = {0};
    struct strbuf states = {0};
    struct strbuf rows = outsider_rows("SELECT runs - 1 FROM sql_query "
                                       "ORDER BY name");
    size_t done[2] = {rows.data[0] == '1', rows.data[2] == '1'};
    for (size_t i = 0; i < COUNT(names); i++) {
        strbuf_add_string(&want, values[i][done[i]]);
        strbuf_printf(&states, "%s|%zu|0\n", names[i], 1 + done[i]);
    }
    assert_rows(VALUES, want.data);
    assert_rows(STATES, states.data);
    strbuf_free(&want);
    strbuf_free(&states);
    strbuf_free(&rows);
    return done[0] + done[1];
}

/* The claim of a killed responder ends, and another responder runs the rest.
 * Then each result is stored once, in the history, too. */
static void check(struct side *side) {
    struct err err = {.code = ERR_NONE};
    const struct store_clock clock = {.now = THEN + 600};
    for (size_t i = 0; i < COUNT(names); i++)
        query_give(side, names[i], THEN + EVERY, results[i][1]);
    while (store_history_due(side->store))
        if (store_write_history(side->store, &clock, &err) != 0)
            fail_msg("%s", err.message);
    assert_rows(VALUES, "c|[\"a\",\"b\",\"c\"]|[15.0,20.0,7.0]\n"
                        "g|[\"a\",\"b\",\"c\"]|[3.0,null,4.0]\n");
    assert_history(family_of(side, "c"), HISTORY_DAY, DAY, DAY + 2 * LENGTH,
                   "{\"l\":\"a\"} 15\n  1 00:00 5\n{\"l\":\"b\"} 20\n"
                   "{\"l\":\"c\"} 7\n");
    assert_history(family_of(side, "g"), HISTORY_DAY, DAY, DAY + 2 * LENGTH,
                   "{\"l\":\"a\"} 3\n  0 00:00 1\n  1 00:00 3\n"
                   "{\"l\":\"b\"} nan\n  0 00:00 2\n  1 00:00 nan\n"
                   "{\"l\":\"c\"} 4\n  1 00:00 4\n");
    assert_rows(SOUND, "ok|0|0\n");
}

static void test_kills(void **state) {
    size_t seen[3] = {0};
    bool dead = true;
    (void)state;
    for (fault_at = 1; dead; fault_at++) {
        struct side side;
        begin();
        fault = fault_at % 2 == 0 ? KILL_BEFORE : KILL_HALF;
        dead = is_killed(run_responder);
        fault = NONE;
        queries_open(&side, queries, THEN);
        seen[count_results()]++;
        check(&side);
        side_close(&side);
    }
    assert_true(fault_at > 10);
    assert_true(seen[0] > 1 && seen[1] > 1 && seen[2] > 0);
}

static void test_errors(void **state) {
    bool failed = true;
    (void)state;
    for (fault_at = 1; failed; fault_at++) {
        struct side side;
        begin();
        queries_open(&side, queries, THEN);
        writes = 0;
        fault = fault_at % 2 == 0 ? FAIL : FAIL_FULL;
        run_all(&side);
        failed = fault == NONE;
        fault = NONE;
        (void)count_results();
        check(&side);
        side_close(&side);
    }
    assert_true(fault_at > 10);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_kills), TEST(test_errors)};
    faulty_make();
    return cmocka_run_group_tests_name("store_sql_query_kill", tests, NULL,
                                       NULL);
}
