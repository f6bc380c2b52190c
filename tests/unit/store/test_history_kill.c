/* Responders killed, and disks full, at each write of the turns that write a
 * period: totals and history stay exact. */
#include "faulty_fixture.h"
#include "offer_fixture.h"
#include "store/commit.h"

static const char families[] =
    "{'name': 'c', 'help': 'h', 'type': 'counter'},"
    "{'name': 'g', 'help': 'h', 'type': 'gauge'},"
    "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1, 10]}";

enum { DAY = 1700006400, DAYS = 86400 };

static const struct history_config kept = {.enabled = true,
                                           .step_days = 400,
                                           .hour_days = 400,
                                           .day_days = 3650,
                                           .max_bytes = 1 << 30};

/* --- pushes --------------------------------------------------------------- */

static const struct {
    int64_t at;
    struct push push;
} pushes[] = {
    {DAY + 86000, {NULL, "c", "{}", "1"}},
    {DAY + 86100, {NULL, "h", "{}", "1, 5"}},
    {DAY + 86100, {NULL, "g", "{}", "1"}},
    {DAY + 86399, {NULL, "c", "{}", "2"}},
    {DAY + DAYS + 10, {NULL, "c", "{}", "4"}}, /* another day */
    {DAY + DAYS + 11, {NULL, "h", "{}", "20"}},
    {DAY + DAYS + 12, {NULL, "g", "{}", "2"}},
};

enum { FIRST = 4 }; /* index of the first turn with a fault */

static void open_side(struct side *side) {
    side_open_kept(side, families, DAY, &kept);
}

/* Pushes from..to; a refused push is sent again. */
static void push_all(struct side *side, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        struct err err = {.code = ERR_NONE};
        side->now = pushes[i].at;
        if (side_turn(side, &pushes[i].push, 1, NULL, &err) == 0)
            continue;
        assert_true(fault == FAIL || fault == FAIL_FULL);
        side_close(side);
        fault = NONE;
        open_side(side);
        i--;
    }
}

/* Totals and history add up after any fault. */
static void check(struct side *side) {
    const struct push more[] = {{NULL, "c", "{}", "0"}, {NULL, "h", "{}", ""}};
    struct err err = {.code = ERR_NONE};
    const struct store_clock clock = {.now = DAY + 2 * DAYS};
    side->now = clock.now;
    assert_int_equal(side_turn(side, more, 2, NULL, &err), 0);
    while (store_history_due(side->store))
        if (store_write_history(side->store, &clock, &err) != 0)
            fail_msg("%s", err.message);
    assert_rows("SELECT (SELECT sum(value) FROM history_step WHERE series_id = "
                "1) - value, (SELECT sum(value) FROM history_day WHERE "
                "series_id = 1) - value, (SELECT sum(hour.value) FROM "
                "history_hour JOIN json_each(hours) AS hour WHERE series_id = "
                "1) - value FROM total WHERE series_id = 1",
                "0.0|0.0|0.0\n");
    assert_rows("SELECT (SELECT sum(each.value) FROM history_day AS day "
                "JOIN json_each(day.value) AS each WHERE series_id = 3 AND "
                "each.key > 0) - count, (SELECT sum(each.value) FROM "
                "history_step AS step JOIN json_each(step.value) AS each "
                "WHERE series_id = 3 AND each.key > 0) - count, "
                "(SELECT sum(day.value ->> 0) FROM history_day AS day "
                "WHERE series_id = 3) - sum FROM total WHERE series_id = 3",
                "0|0|0.0\n");
}

static void run_turns(void) {
    struct side side;
    open_side(&side);
    writes = 0;
    push_all(&side, FIRST, COUNT(pushes));
    fault = NONE;
    side_close(&side);
}

/* The database after the first turns. */
static void begin(void) {
    struct side side;
    if (begin_again())
        return;
    open_side(&side);
    push_all(&side, 0, FIRST);
    side_close(&side);
    copy_file("t.db", "first.db");
}

static void test_kills(void **state) {
    (void)state;
    for (int kind = KILL_BEFORE; kind <= KILL_HALF; kind++) {
        bool dead = true;
        for (fault_at = 1; dead; fault_at++) {
            struct side side;
            begin();
            fault = (enum fault)kind;
            dead = is_killed(run_turns);
            fault = NONE;
            open_side(&side);
            /* Committed pushes stay; the client sends the ones after them. */
            struct strbuf rows = outsider_rows(
                "SELECT (SELECT value = 7 FROM total WHERE series_id = 1) + "
                "(SELECT count = 3 FROM total WHERE series_id = 3) + "
                "(SELECT count = 2 FROM total WHERE series_id = 2)");
            push_all(&side, FIRST + (size_t)(rows.data[0] - '0'),
                     COUNT(pushes));
            strbuf_free(&rows);
            check(&side);
            assert_rows("SELECT value, count FROM total ORDER BY series_id",
                        "7.0|0\n2.0|2\n0.0|3\n");
            side_close(&side);
        }
        assert_true(fault_at > 10);
    }
}

static void test_errors(void **state) {
    bool failed = true;
    (void)state;
    for (fault_at = 1; failed; fault_at++) {
        struct side side;
        begin();
        open_side(&side);
        writes = 0;
        fault = fault_at % 2 == 0 ? FAIL : FAIL_FULL;
        push_all(&side, FIRST, COUNT(pushes));
        failed = fault == NONE;
        fault = NONE;
        check(&side);
        assert_rows("SELECT value, count FROM total ORDER BY series_id",
                    "7.0|0\n2.0|2\n0.0|3\n");
        side_close(&side);
    }
    assert_true(fault_at > 10);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_kills), TEST(test_errors)};
    faulty_make();
    return cmocka_run_group_tests_name("store_history_kill", tests, NULL, NULL);
}
