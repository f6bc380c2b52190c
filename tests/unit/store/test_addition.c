/* Totals from elsewhere: gauges with the time of their value, marks of added
 * totals, rows of another node, and copies of whole databases. */
#include "store/node.h"

#include <math.h>

#include "offer_fixture.h"
#include "sql.h"
#include "store/commit.h"

static const char gauges[] =
    "{'name': 'last', 'help': 'h', 'type': 'gauge'},"
    "{'name': 'max', 'help': 'h', 'type': 'gauge', 'gauge': 'max'},"
    "{'name': 'min', 'help': 'h', 'type': 'gauge', 'gauge': 'min'},"
    "{'name': 'sum', 'help': 'h', 'type': 'gauge', 'gauge': 'sum'}";

/* Commits one gauge sample with its own time. */
static void merge_gauge(struct side *side, const char *name, double value,
                        int64_t at, const char *origin) {
    struct batch batch = {.count = 0};
    struct err err = {.code = ERR_NONE};
    struct sample *sample = batch_add(&batch);
    assert_non_null(sample);
    sample->family = registry_find(&side->registry, name, strlen(name));
    sample->value = value;
    sample->at = at;
    batch.origins = &origin;
    batch.origin_count = origin != NULL;
    if (turn_commit(side, &batch, 1, &err) != 0)
        fail_msg("%s", err.message);
    batch_free(&batch);
}

static void test_gauge_with_the_later_time_is_kept(void **state) {
    static const struct {
        const char *name;
        const char *here; /* pushed at NOW; NULL: never set */
        double value;     /* from elsewhere */
        int64_t at;
        const char *want; /* value, count, updated_at */
    } cases[] = {
        {"last", "1", 2, NOW - 1, "1.0|2|1700000000\n"},
        {"last", "1", 2, NOW, "1.0|2|1700000000\n"},
        {"last", "1", 2, NOW + 1, "2.0|2|1700000000\n"}, /* now is NOW */
        {"last", NULL, 2, 1000, "2.0|1|1000\n"},
        {"last", "1", NAN, NOW + 1, "NULL|2|1700000000\n"},
        {"max", "1", 2, 1000, "2.0|2|1700000000\n"},
        {"max", "3", 2, 1000, "3.0|2|1700000000\n"},
        {"max", "3", NAN, 1000, "3.0|2|1700000000\n"},
        {"max", NULL, -2, 1000, "-2.0|1|1000\n"},
        {"min", "1", 2, 1000, "1.0|2|1700000000\n"},
        {"min", "3", 2, 1000, "2.0|2|1700000000\n"},
        {"sum", "3", 2, 1000, "5.0|2|1700000000\n"},
        {"sum", "3", NAN, 1000, "3.0|2|1700000000\n"},
        {"sum", NULL, NAN, 1000, "NULL|1|1000\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct side side;
        char sql[200];
        assert_int_equal(scratch_clear(state), 0);
        assert_int_equal(scratch_make(state), 0);
        side_open(&side, gauges);
        if (cases[i].here)
            side_push(&side, cases[i].name, "{}", cases[i].here);
        merge_gauge(&side, cases[i].name, cases[i].value, cases[i].at, NULL);
        side_close(&side);
        (void)snprintf(sql, sizeof(sql),
                       "SELECT value, count, updated_at FROM series "
                       "JOIN total ON series_id = series.id WHERE "
                       "family_id = (SELECT id FROM family WHERE name = '%s')",
                       cases[i].name);
        assert_rows(sql, cases[i].want);
    }
}

/* Within one turn the newer of two values is kept, in either order. */
static void test_newer_gauge_of_a_turn_is_kept(void **state) {
    struct side side;
    for (int order = 0; order < 2; order++) {
        struct batch batches[2] = {{.count = 0}, {.count = 0}};
        struct err err = {.code = ERR_NONE};
        assert_int_equal(scratch_clear(state), 0);
        assert_int_equal(scratch_make(state), 0);
        side_open(&side, gauges);
        for (int i = 0; i < 2; i++) {
            struct sample *sample = batch_add(&batches[i]);
            assert_non_null(sample);
            sample->family = registry_find(&side.registry, "last", 4);
            sample->at = NOW - (i == order);
            sample->value = i == order ? 1 : 2;
        }
        assert_int_equal(turn_commit(&side, batches, 2, &err), 0);
        assert_rows("SELECT value FROM series JOIN total ON series_id = "
                    "series.id JOIN family ON family.id = "
                    "family_id WHERE name = 'last'",
                    "2.0\n");
        batch_free(&batches[0]);
        batch_free(&batches[1]);
        side_close(&side);
    }
}

static void test_origins(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    int64_t at = -1;
    char own[64];
    (void)state;
    side_open(&side, gauges);
    assert_int_equal(store_find_origin(side.store, "node:b", &at, &err), 0);
    merge_gauge(&side, "max", 1, NOW, "node:b");
    assert_int_equal(store_find_origin(side.store, "node:b", &at, &err), 1);
    assert_int_equal(at, NOW);
    side.now = NOW + 5;
    merge_gauge(&side, "max", 1, NOW, "node:b");
    assert_int_equal(store_find_origin(side.store, "node:b", &at, &err), 1);
    assert_int_equal(at, NOW + 5);
    struct strbuf rows =
        outsider_rows("SELECT value FROM meta WHERE key = 'identity'");
    assert_int_equal(rows.len, 33);
    (void)snprintf(own, sizeof(own), "node:%.32s", rows.data);
    strbuf_free(&rows);
    assert_int_equal(store_find_origin(side.store, own, &at, &err), 1);
    assert_int_equal(at, 0);
    side_close(&side);
}

/* Compares the result of ingest_node, or its error, with want. */
static void check_node(const struct registry *registry, const char *want) {
    struct db *db;
    struct pushed pushed = {.room = 0};
    struct arena arena = {.blocks = NULL};
    struct node_groups groups = {.arena = &arena};
    struct strbuf out = {0};
    struct err err = {.code = ERR_NONE};
    assert_int_equal(db_open(scratch_path("t.db"), true, 500, &db, &err), 0);
    strbuf_add_string(&out, "");
    assert_int_equal(ingest_node_groups(db, &groups, &err), 0);
    if (ingest_node(db, registry, &groups, &pushed, &err) != 0)
        strbuf_printf(&out, "%s", err.message);
    for (size_t i = 0; err.code == ERR_NONE && i < pushed_count(&pushed); i++) {
        const struct pushed_family *family = &pushed.families[i];
        for (size_t j = 0; j < family->count; j++) {
            const struct pushed_series *series = &family->series[j];
            strbuf_printf(&out, "%s %s", family->name,
                          metric_type_name(family->type));
            for (size_t k = 0; k < series->label_count; k++)
                strbuf_printf(&out, " %s=%.*s", series->labels[k].name,
                              (int)series->labels[k].value_len,
                              series->labels[k].value);
            strbuf_printf(&out, " %g %g %d", series->value, series->sum,
                          (int)series->count);
            for (size_t k = 0; series->buckets && k <= series->bound_count; k++)
                strbuf_printf(&out, " [%d]", (int)series->buckets[k]);
            if (series->group)
                strbuf_printf(&out, " in %s at %g", series->group->labels,
                              series->group->pushed_at);
            strbuf_add_char(&out, '\n');
        }
    }
    check_text("node", out.data, want);
    strbuf_free(&out);
    pushed_free(&pushed);
    arena_free(&arena);
    db_close(db);
}

#define FIRST "(SELECT min(series_id) FROM total WHERE count > 0)"

static void test_node(void **state) {
    static const struct {
        const char *damage;
        const char *want;
    } cases[] = {
        {"SELECT 1", "h histogram 0 3 1 [0] [1] [0]\n"
                     "last gauge 4 0 1\n"
                     "o counter l=ab 0 0 0\n"
                     "o counter m=c 5 0 0 in {\"m\":\"c\"} at 1.7e+09\n"},
        {"UPDATE push_group SET labels = '{\"m\":1}'",
         "h histogram 0 3 1 [0] [1] [0]\n"
         "last gauge 4 0 1\n"
         "o counter l=ab 0 0 0\n"
         "o counter m=c 5 0 0\n"},
        /* A total at zero, with growth before. */
        {"INSERT INTO history_day SELECT id, 86400, 5 FROM series"
         " WHERE labels = '{\"l\":\"a\"}'",
         "c counter l=a 0 0 0\n"
         "h histogram 0 3 1 [0] [1] [0]\n"
         "last gauge 4 0 1\n"
         "o counter l=ab 0 0 0\n"
         "o counter m=c 5 0 0\n"},
        {"UPDATE series SET labels = '{\"l\":1}' WHERE id = " FIRST,
         "h: the row of the series {\"l\":1} is damaged"},
        {"UPDATE series SET labels = '[]' WHERE id = " FIRST,
         "h: the row of the series [] is damaged"},
        {"UPDATE series SET labels = '{\"a\":\"\\u0000\"}' WHERE id = " FIRST,
         "h: the row of the series {\"a\":\"\\u0000\"} is damaged"},
        {"UPDATE series SET labels = '{\"l-\":\"\"}' WHERE id = " FIRST,
         "h: the row of the series {\"l-\":\"\"} is damaged"},
        {"UPDATE series SET labels = '{}' WHERE id = " FIRST ";"
         "UPDATE total SET buckets = '[1]' WHERE series_id = " FIRST,
         "h: the row of the series {} is damaged"},
        {"UPDATE total SET buckets = NULL WHERE series_id = " FIRST,
         "h: the row of the series {} is damaged"},
        {"DELETE FROM total WHERE series_id = " FIRST,
         "h: the series {} has no totals: its row in the table total is "
         "missing"},
        {"UPDATE family SET bounds = '[2,1]' WHERE name = 'h'",
         "the row of the family h is damaged"},
        {"UPDATE family SET bounds = '[1,2]', name = 'h h' WHERE name = 'h'",
         "the row of the family h h is damaged"},
    };
    struct side side;
    (void)state;
    side_open(&side, "{'name': 'c', 'help': 'h', 'type': 'counter', 'labels': ["
                     " {'name': 'l', 'allowedValues': ['a', 'b']}]},"
                     "{'name': 'h', 'help': 'h', 'type': 'histogram',"
                     " 'buckets': [1, 10]},"
                     "{'name': 'last', 'help': 'h', 'type': 'gauge'},"
                     "{'name': 'never', 'help': 'h', 'type': 'gauge'}");
    side_push(&side, "h", "{}", "3");
    side_push(&side, "last", "{}", "4");
    offer_one(&side, (struct offer){"o", METRIC_COUNTER, "{'m':'c'}",
                                    .value = 5, .group = "{'m':'c'}"});
    offer_one(&side,
              (struct offer){"o", METRIC_COUNTER, "{'l':'ab'}", .value = 0});
    outsider_run("INSERT INTO family (name, type, help, unit) VALUES "
                 "('tallyman_x_total', 'counter', 'h', ''); INSERT INTO series "
                 "(family_id, labels, created_at) SELECT id, '{}', 1 "
                 "FROM family WHERE name LIKE 'tallyman%';"
                 "INSERT INTO total (series_id, value, updated_at) "
                 "VALUES (last_insert_rowid(), 1, 1)");
    for (size_t i = 0; i < COUNT(cases); i++) {
        outsider_run(cases[i].damage);
        check_node(&side.registry, cases[i].want);
    }
    side_close(&side);
}

static int stop_after(void *context, int done, int total) {
    int *calls = context;
    assert_true(done <= total);
    return --*calls < 0;
}

static struct db *open_db(const char *name, bool read_only) {
    struct db *db;
    struct err err = {.code = ERR_NONE};
    if (db_open(scratch_path(name), read_only, 500, &db, &err) != 0)
        fail_msg("%s", err.message);
    return db;
}

/* A copy is the snapshot of its read transaction, even if others write
 * meanwhile; a stopped copy changes nothing. */
static void test_copy_is_one_state(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    int calls = 1;
    (void)state;
    side_open(&side, gauges);
    side_push(&side, "sum", "{}", "1");
    outsider_run("CREATE TABLE large (a); WITH RECURSIVE n (i) AS (SELECT 1 "
                 "UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
                 "INSERT INTO large SELECT zeroblob(4000) FROM n");
    struct db *from = open_db("t.db", true);
    scratch_write("copy.db", "");
    struct db *to = open_db("copy.db", false);
    assert_int_equal(db_execute(from, sql_snapshot_begin, &err), 0);
    assert_int_equal(db_execute(from, sql_snapshot_take, &err), 0);
    side_push(&side, "sum", "{}", "1");
    assert_int_equal(db_copy(from, to, stop_after, &calls, &err), -1);
    assert_string_equal(err.message, "stopped");
    calls = 1000;
    assert_int_equal(db_copy(from, to, stop_after, &calls, &err), 0);
    db_close(from);
    db_close(to);
    side_push(&side, "sum", "{}", "1");
    side_close(&side);
    assert_rows("SELECT value FROM total WHERE value > 0", "3.0\n");
    struct db *copy = open_db("copy.db", false);
    struct db *live = open_db("t.db", false);
    assert_int_equal(db_copy(copy, live, NULL, NULL, &err), 0);
    db_close(copy);
    db_close(live);
    assert_rows("SELECT value FROM total WHERE value > 0", "1.0\n");
    assert_rows("PRAGMA journal_mode", "wal\n");
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_gauge_with_the_later_time_is_kept),
        TEST(test_newer_gauge_of_a_turn_is_kept),
        TEST(test_origins),
        TEST(test_node),
        TEST(test_copy_is_one_state),
    };
    return cmocka_run_group_tests_name("store_addition", tests, NULL, NULL);
}
