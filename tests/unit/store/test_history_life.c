/* The history of the totals over time: it adds up to the totals, has limits,
 * and follows the changes of a series. */
#include "offer_fixture.h"
#include "store/commit.h"
#include "store/db.h"

static const char families[] =
    "{'name': 'c', 'help': 'h', 'type': 'counter'},"
    "{'name': 'g', 'help': 'h', 'type': 'gauge'},"
    "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1, 10]}";

/* A midnight after NOW. */
enum { DAY = 1700006400, STEP = 300, HOUR = 3600, DAYS = 86400 };

static const struct history_config kept = {.enabled = true,
                                           .step_days = 2,
                                           .hour_days = 400,
                                           .day_days = 3650,
                                           .max_bytes = 1 << 30};

/* Series whose steps, hours or days differ from the mark: none. */
#define ODD                                                                    \
    "WITH part (series_id, level, value) AS ("                                 \
    "SELECT series_id, 'step', value FROM history_step UNION ALL "             \
    "SELECT series_id, 'day', value FROM history_day UNION ALL "               \
    "SELECT series_id, 'hour', each.value "                                    \
    "FROM history_hour JOIN json_each(hours) AS each), "                       \
    "grown (series_id, level, n) AS ("                                         \
    "SELECT series_id, level, sum(iif(json_type(value) = 'array', "            \
    "(SELECT sum(each.value) FROM json_each(part.value) AS each "              \
    "WHERE each.key > 0), value)) "                                            \
    "FROM part JOIN series ON series.id = series_id "                          \
    "JOIN family ON family.id = family_id "                                    \
    "WHERE type <> 'gauge' GROUP BY series_id, level) "                        \
    "SELECT name, level, n, mark.value, count FROM grown "                     \
    "JOIN history_mark AS mark ON mark.series_id = grown.series_id "           \
    "JOIN series ON series.id = mark.series_id "                               \
    "JOIN family ON family.id = family_id "                                    \
    "WHERE n <> iif(type = 'counter', mark.value, count)"
#define LEVELS                                                                 \
    "SELECT (SELECT count(*) FROM history_step), "                             \
    "(SELECT count(*) FROM history_hour), (SELECT count(*) FROM history_day)"
#define STEPS                                                                  \
    "SELECT name, at - 1700006400, history_step.value FROM history_step "      \
    "JOIN series ON series.id = series_id "                                    \
    "JOIN family ON family.id = family_id ORDER BY name, labels, at"

static void open_kept(struct side *side, struct history_config config) {
    side_open_kept(side, families, DAY, &config);
}

static void push_at(struct side *side, int64_t at, const char *family,
                    const char *values) {
    side->now = at;
    side_push(side, family, "{}", values);
}

/* Turns without pushes, until nothing is left to write. */
static void finish_at(struct side *side, int64_t now) {
    struct err err = {.code = ERR_NONE};
    const struct store_clock clock = {.now = now};
    do
        if (store_write_history(side->store, &clock, &err) != 0)
            fail_msg("%s", err.message);
    while (store_history_due(side->store));
    assert_string_equal(store_notes(side->store), "");
}

/* Two responders, one of which restarts now and then, and a clock that goes
 * back now and then: no growth is lost or counted twice. */
static void test_history_adds_up_to_the_totals(void **state) {
    static const char *const names[] = {"c", "g", "h"};
    static const char *const values[] = {"1", "3", "12"};
    struct history_config config = kept;
    struct side sides[2];
    int64_t now = DAY;
    unsigned random = 1;
    (void)state;
    config.step_days = 400;
    open_kept(&sides[0], config);
    open_kept(&sides[1], config);
    for (int i = 0; i < 600; i++) {
        random = random * 1103515245 + 12345;
        struct side *side = &sides[random >> 16 & 1];
        now += (int64_t)(random >> 17 & 1023);
        if (i % 100 == 99)
            now -= 20000;
        push_at(side, now, names[(random >> 8) % 3], values[(random >> 4) % 3]);
        if (i % 150 == 149) {
            side_close(side);
            open_kept(side, config);
        }
    }
    finish_at(&sides[0], now);
    assert_rows(ODD, "");
    push_at(&sides[0], now + DAYS, "c", "0");
    push_at(&sides[0], now + DAYS, "h", "");
    finish_at(&sides[0], now + DAYS);
    assert_rows(ODD, "");
    assert_rows("SELECT count(*) FROM history_mark AS mark JOIN total "
                "ON total.series_id = mark.series_id "
                "WHERE (total.value IS NOT mark.value "
                "OR total.sum <> mark.sum OR total.count <> mark.count) "
                "AND mark.series_id NOT IN (SELECT series.id FROM series JOIN "
                "family ON family.id = family_id WHERE type = 'gauge')",
                "0\n");
    sound_close(&sides[0]);
    sound_close(&sides[1]);
}

/* Sums have the digits of the observations, without the noise of a
 * difference. */
static void test_sums_have_no_rounding_noise(void **state) {
    struct side side;
    (void)state;
    open_kept(&side, kept);
    push_at(&side, DAY, "h", "123456.7");
    push_at(&side, DAY + 300, "h", "0.1");
    push_at(&side, DAY + 600, "h", "0.2");
    push_at(&side, DAY + 900, "h", "");
    assert_rows(STEPS, "h|0|[123456.7,0,0,1]\nh|300|[0.1,1]\nh|600|[0.2,1]\n");
    /* Without the noise of a sum, too. */
    push_at(&side, DAY + DAYS, "h", "0.1");
    push_at(&side, DAY + DAYS + 300, "h", "0.2");
    finish_at(&side, DAY + DAYS + 600);
    push_at(&side, DAY + DAYS + 900, "h", "");
    assert_rows("SELECT value FROM history_day ORDER BY day",
                "[123457,2,0,1]\n[0.3,2]\n");
    assert_rows("SELECT hours FROM history_hour ORDER BY day DESC LIMIT 1",
                "[[0.3,2]]\n");
    sound_close(&side);
}

/* Day after day, each level keeps its retention. */
static void test_each_level_keeps_its_retention(void **state) {
    struct side side;
    struct history_config config = kept;
    (void)state;
    config.hour_days = 3;
    config.day_days = 5;
    open_kept(&side, config);
    for (int i = 0; i < 10; i++) {
        push_at(&side, DAY + i * DAYS + 60, "c", "1");
        finish_at(&side, DAY + i * DAYS + 61);
    }
    /* Those of today are pending. */
    assert_rows("SELECT at / 86400 - 19676 FROM history_step", "7\n8\n");
    assert_rows("SELECT day / 86400 - 19676 FROM history_hour", "6\n7\n8\n");
    assert_rows("SELECT day / 86400 - 19676 FROM history_day",
                "4\n5\n6\n7\n8\n");
    assert_rows("SELECT key, value / 86400 - 19676 FROM meta "
                "WHERE key LIKE 'history_%_since' ORDER BY key",
                "history_day_since|4\nhistory_hour_since|6\n"
                "history_step_since|7\n");
    /* A series without pushes is swept, too. */
    push_at(&side, DAY + 10 * DAYS, "g", "1");
    for (int i = 11; i < 20; i++) {
        push_at(&side, DAY + i * DAYS, "h", "1");
        finish_at(&side, DAY + i * DAYS);
    }
    assert_rows(
        "SELECT count(*) FROM history_day JOIN series ON series.id = series_id "
        "JOIN family ON family.id = family_id WHERE name = 'c'",
        "0\n");
    sound_close(&side);
}

/* A clock is years ahead, then right again: nothing is removed. After a day of
 * it, the clock is believed. */
static void test_clock_ahead_removes_nothing_at_first(void **state) {
    const int64_t ahead = DAY + INT64_C(12) * 366 * DAYS;
    struct side side;
    (void)state;
    open_kept(&side, kept);
    push_at(&side, DAY + 10, "c", "1");
    push_at(&side, DAY + 310, "c", "2");
    finish_at(&side, DAY + 310);
    push_at(&side, ahead, "c", "4");
    push_at(&side, ahead + 3600, "c", "8");
    finish_at(&side, ahead + 3600);
    assert_rows(LEVELS, "3|2|2\n");
    push_at(&side, DAY + 610, "c", "16"); /* with the 8 */
    push_at(&side, DAY + 910, "c", "32");
    finish_at(&side, DAY + 910);
    assert_rows("SELECT at - 1700006400, value FROM history_step WHERE at < "
                "1800000000",
                "0|1\n300|2\n600|24\n");
    assert_rows(ODD, "");
    push_at(&side, ahead, "c", "1");
    finish_at(&side, ahead);
    push_at(&side, ahead + DAYS, "c", "1");
    finish_at(&side, ahead + DAYS);
    assert_rows("SELECT count(*) FROM history_day WHERE day < 1800000000",
                "0\n");
    /* Back again: new rows are no older than the retention. */
    push_at(&side, DAY + 1210, "c", "1");
    push_at(&side, DAY + 1510, "c", "1");
    finish_at(&side, DAY + 1510);
    assert_rows("SELECT count(*) FROM history_day WHERE day < 1800000000",
                "1\n");
    sound_close(&side);
}

/* The oldest steps are removed first, then the oldest hours. */
static void test_oldest_steps_are_removed_first(void **state) {
    struct side side;
    struct history_config config = kept;
    (void)state;
    config.max_bytes = 3000;
    open_kept(&side, config);
    for (int i = 0; i < 400; i++)
        push_at(&side, DAY + i * STEP, "c", "1");
    finish_at(&side, DAY + 400 * STEP);
    assert_rows("SELECT count(*) < 125, max(at) - 1700006400 FROM history_step",
                "1|119400\n");
    assert_rows("SELECT count(*) FROM history_hour", "2\n");
    assert_rows("SELECT value BETWEEN 1000 AND 3000 FROM meta "
                "WHERE key = 'history_bytes'",
                "1\n");
    for (int i = 2; i < 60; i++)
        push_at(&side, DAY + i * DAYS, "h", "1, 2, 3");
    finish_at(&side, DAY + 60 * DAYS);
    assert_rows("SELECT value <= 3000 FROM meta WHERE key = 'history_bytes'",
                "1\n");
    assert_rows("SELECT (SELECT count(*) FROM history_step) < 3, "
                "(SELECT count(*) FROM history_hour) < 50, "
                "(SELECT count(*) FROM history_day)",
                "1|1|59\n");
    sound_close(&side);
}

/* A group restarts at zero: its earlier growth counts. */
static void test_growth_before_zeroing_counts(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    const struct label job = {"job", "j", 1};
    const struct removal removal = {.labels = &job, .count = 1};
    (void)state;
    side_open_kept(&side,
                   "{'name': 'c', 'help': 'h', 'type': 'counter', 'labels': "
                   "[{'name': 'job', 'allowedValues': ['j']}]}",
                   DAY, &kept);
    for (int i = 0; i < 4; i++) {
        struct batch batch = {.removal = &removal};
        side.now = DAY + i * 200;
        group_push(&side, "{\"job\":\"j\"}", "c", "{'job': 'j'}", "5");
        side.now++;
        if (turn_commit(&side, &batch, 1, &err) != 0)
            fail_msg("%s", err.message);
        assert_int_equal(batch.zeroed, 1);
        batch_free(&batch);
        assert_rows("SELECT value FROM total", "0.0\n");
    }
    assert_rows(STEPS, "c|0|10\nc|300|5\nc|600|5\n");
    assert_rows("SELECT count(*) FROM history_mark", "0\n");
    sound_close(&side);
}

/* Another responder has replaced a deleted row: its growth counts in the step
 * in which it was pushed. */
static void test_replaced_row_keeps_its_step(void **state) {
    struct side sides[2];
    (void)state;
    open_kept(&sides[0], kept);
    open_kept(&sides[1], kept);
    push_at(&sides[0], DAY, "c", "1");
    outsider_run("DELETE FROM series");
    push_at(&sides[1], DAY + 300, "c", "2");
    push_at(&sides[0], DAY + 600, "c", "4");
    push_at(&sides[0], DAY + 900, "c", "0");
    finish_at(&sides[0], DAY + 900);
    assert_rows(STEPS, "c|300|2\nc|600|4\n");
    sound_close(&sides[0]);
    sound_close(&sides[1]);
}

/* A family with new bounds restarts without history. */
static void test_new_bounds_remove_the_history(void **state) {
    struct side side;
    (void)state;
    open_kept(&side, kept);
    push_at(&side, DAY, "h", "1");
    push_at(&side, DAY, "c", "1");
    push_at(&side, DAY + 300, "h", "1");
    push_at(&side, DAY + 300, "c", "1");
    side_load(&side, "{'name': 'c', 'help': 'h', 'type': 'counter'},"
                     "{'name': 'h', 'help': 'h', 'type': 'histogram', "
                     "'buckets': [1]}");
    assert_rows(STEPS, "c|0|1\n");
    push_at(&side, DAY + 301, "h", "1");
    push_at(&side, DAY + 600, "h", "1");
    assert_rows(STEPS, "c|0|1\nh|300|[1,1]\n");
    sound_close(&side);
}

/* Totals from elsewhere do not count as growth; the history of a node comes
 * with its totals, including the pending part. */
static void test_totals_from_elsewhere_do_not_count(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    struct strbuf copy = {0};
    struct db *node;
    (void)state;
    open_kept(&side, kept);
    push_at(&side, DAY, "c", "1");
    push_at(&side, DAY + 300, "c", "2");
    push_at(&side, DAY + 7200, "c", "4");
    strbuf_printf(&copy, "VACUUM INTO '%s'", scratch_path("node.db"));
    outsider_run(copy.data);
    strbuf_free(&copy);
    push_at(&side, DAY + 7800, "c", "8");
    assert_int_equal(db_open(scratch_path("node.db"), true, 0, &node, &err), 0);
    struct batch batch = {.count = 0};
    const struct push push = {NULL, "c", "{}", "7"};
    push_parse(&push, &side, &batch);
    batch.samples[0].history = 1;
    batch.history = node;
    batch.totals = true;
    if (turn_commit(&side, &batch, 1, &err) != 0)
        fail_msg("%s", err.message);
    batch_free(&batch);
    db_close(node);
    assert_rows("SELECT value FROM total WHERE value > 0", "22.0\n");
    push_at(&side, DAY + 8100, "c", "0");
    finish_at(&side, DAY + 8100);
    assert_rows(STEPS, "c|0|2\nc|300|4\nc|7200|8\nc|7800|8\n");
    assert_rows("SELECT hours FROM history_hour", "[6,0,16]\n");
    assert_rows("SELECT value FROM history_day", "22\n");
    /* Without a node: an import. */
    struct batch text = {.totals = true};
    push_parse(&push, &side, &text);
    if (turn_commit(&side, &text, 1, &err) != 0)
        fail_msg("%s", err.message);
    batch_free(&text);
    push_at(&side, DAY + 8400, "c", "0");
    push_at(&side, DAY + 8700, "c", "0");
    finish_at(&side, DAY + 8700);
    assert_rows("SELECT value FROM total WHERE value > 0", "29.0\n");
    assert_rows("SELECT value FROM history_day", "22\n");
    sound_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_history_adds_up_to_the_totals),
        TEST(test_sums_have_no_rounding_noise),
        TEST(test_each_level_keeps_its_retention),
        TEST(test_clock_ahead_removes_nothing_at_first),
        TEST(test_oldest_steps_are_removed_first),
        TEST(test_growth_before_zeroing_counts),
        TEST(test_replaced_row_keeps_its_step),
        TEST(test_new_bounds_remove_the_history),
        TEST(test_totals_from_elsewhere_do_not_count),
    };
    return cmocka_run_group_tests_name("store_history_life", tests, NULL, NULL);
}
