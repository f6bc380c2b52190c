/* Writing the history of the totals: which rows, of which period, and when. */
#include "offer_fixture.h"
#include "store/history.h"

static const char families[] =
    "{'name': 'c', 'help': 'h', 'type': 'counter', 'labels': ["
    "{'name': 'l', 'allowedValues': ['a', 'b']}]},"
    "{'name': 'g', 'help': 'h', 'type': 'gauge'},"
    "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1, 10]}";

/* DAY is a midnight. */
enum { DAY = 1700006400, STEP = 300, HOUR = 3600, DAYS = 86400 };

#define STEPS                                                                  \
    "SELECT name, at - 1700006400, history_step.value FROM history_step "      \
    "JOIN series ON series.id = series_id "                                    \
    "JOIN family ON family.id = family_id ORDER BY name, labels, at"
#define HOURS                                                                  \
    "SELECT name, day - 1700006400, hours FROM history_hour "                  \
    "JOIN series ON series.id = series_id "                                    \
    "JOIN family ON family.id = family_id ORDER BY name, labels, day"
#define DAY_ROWS                                                               \
    "SELECT name, day - 1700006400, history_day.value FROM history_day "       \
    "JOIN series ON series.id = series_id "                                    \
    "JOIN family ON family.id = family_id ORDER BY name, labels, day"
#define MARKS                                                                  \
    "SELECT name, history_mark.value, sum, count, buckets FROM history_mark "  \
    "JOIN series ON series.id = series_id "                                    \
    "JOIN family ON family.id = family_id ORDER BY name, labels"
#define DUE                                                                    \
    "SELECT name, at - 1700006400, history_due.value, count FROM history_due " \
    "JOIN series ON series.id = series_id "                                    \
    "JOIN family ON family.id = family_id ORDER BY name, labels, at"

static const struct history_config kept = {.enabled = true,
                                           .step_days = 2,
                                           .hour_days = 400,
                                           .day_days = 3650,
                                           .max_bytes = 1 << 30};

static void open_at(struct side *side, int64_t now) {
    side_open_kept(side, families, now, &kept);
}

static void push_at(struct side *side, int64_t at, const char *family,
                    const char *values) {
    side->now = at;
    side_push(side, family, *family == 'c' ? "{'l': 'a'}" : "{}", values);
}

/* Each type: nothing is written within a step; the next step writes it. */
static void test_next_step_writes_the_last(void **state) {
    struct side side;
    (void)state;
    open_at(&side, DAY);
    push_at(&side, DAY + 10, "c", "1");
    push_at(&side, DAY + 20, "h", "0.5, 5");
    push_at(&side, DAY + 30, "g", "7");
    push_at(&side, DAY + 299, "c", "2");
    assert_rows(STEPS, "");
    assert_rows(DUE, "");
    push_at(&side, DAY + 300, "c", "0.5");
    assert_rows(STEPS, "c|0|3\n");
    push_at(&side, DAY + 650, "h", "100");
    push_at(&side, DAY + 650, "g", "-0.5");
    assert_rows(STEPS, "c|0|3\ng|0|7\nh|0|[5.5,1,1]\n");
    push_at(&side, DAY + 900, "c", "1");
    push_at(&side, DAY + 900, "h", "");
    push_at(&side, DAY + 900, "g", "1");
    assert_rows(STEPS, "c|0|3\nc|300|0.5\ng|0|7\ng|600|-0.5\nh|0|[5.5,1,1]\n"
                       "h|600|[100,0,0,1]\n");
    assert_rows(HOURS, "c|0|[3.5]\ng|0|[-0.5]\nh|0|[[105.5,1,1,1]]\n");
    assert_rows(MARKS, "c|3.5|0.0|0|NULL\ng|-0.5|0.0|2|NULL\n"
                       "h|0.0|105.5|3|[1,1,1]\n");
    assert_rows(DUE, "");
    assert_rows("SELECT typeof(value) FROM history_day ORDER BY 1",
                "real\nreal\ntext\n");
    sound_close(&side);
}

/* Each hour has a place in the array of its day, and days follow. */
static void test_hours_fill_the_array_of_the_day(void **state) {
    struct side side;
    (void)state;
    open_at(&side, DAY);
    push_at(&side, DAY + 2 * HOUR, "c", "1");
    push_at(&side, DAY + 3 * HOUR - 1, "c", "1");
    push_at(&side, DAY + 5 * HOUR, "c", "4");
    push_at(&side, DAY + 5 * HOUR, "g", "4");
    push_at(&side, DAY + 7 * HOUR, "g", "5");
    push_at(&side, DAY + DAYS - 1, "h", "5");
    push_at(&side, DAY + DAYS, "h", "5, 6");
    push_at(&side, DAY + 2 * DAYS, "h", "5");
    push_at(&side, DAY + 2 * DAYS, "c", "1");
    push_at(&side, DAY + 2 * DAYS, "g", "5");
    push_at(&side, DAY + 3 * DAYS, "g", "5");
    assert_rows(HOURS,
                "c|0|[0,0,2,0,0,4]\n"
                "g|0|[null,null,null,null,null,4,null,5]\n"
                "h|0|[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,[5,0,1]]\n"
                "h|86400|[[11,0,2]]\n");
    assert_rows(DAY_ROWS, "c|0|6\ng|0|5\nh|0|[5,0,1]\nh|86400|[11,0,2]\n");
    assert_rows("SELECT DISTINCT typeof(value) FROM history_day "
                "WHERE typeof(value) <> 'text'",
                "integer\n");
    sound_close(&side);
}

/* The past of a series older than the history is unknown; only a gauge has a
 * value. A new series begins at zero. */
static void test_past_before_the_history_is_unknown(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    side.now = DAY - 1000;
    push_at(&side, DAY - 1000, "c", "5");
    push_at(&side, DAY - 1000, "g", "5");
    side.now = DAY;
    side.history = kept;
    side_load(&side, families);
    assert_rows("SELECT value FROM meta WHERE key = 'history_since'",
                "1700006400\n");
    push_at(&side, DAY + 1, "c", "1");
    push_at(&side, DAY + 2, "g", "6");
    push_at(&side, DAY + 3, "h", "6");
    push_at(&side, DAY + 600, "c", "2");
    push_at(&side, DAY + 600, "g", "7");
    push_at(&side, DAY + 600, "h", "7");
    assert_rows(STEPS, "c|0|1\ng|-1200|5\ng|0|6\nh|0|[6,0,1]\n");
    assert_rows(MARKS,
                "c|6.0|0.0|0|NULL\ng|6.0|0.0|2|NULL\nh|0.0|6.0|1|[0,1,0]\n");
    sound_close(&side);
}

/* When the history is switched off, its rows so far are written, and none
 * later. Switched on again, it begins with the totals of that time. */
static void test_history_stops_and_starts_again(void **state) {
    struct side side;
    (void)state;
    open_at(&side, DAY);
    push_at(&side, DAY + 1, "c", "1");
    push_at(&side, DAY + 301, "c", "2");
    side.now = DAY + 302;
    side.history.enabled = false;
    side_load(&side, families);
    assert_rows("SELECT value FROM meta WHERE key = 'history_since'", "0\n");
    push_at(&side, DAY + 303, "c", "4");
    push_at(&side, DAY + 603, "c", "8");
    assert_rows(STEPS, "c|0|1\nc|300|2\n");
    assert_rows(DUE, "");
    side.now = DAY + 604;
    side.history.enabled = true;
    side_load(&side, families);
    assert_rows(MARKS, "");
    push_at(&side, DAY + 605, "c", "16");
    push_at(&side, DAY + 905, "c", "32");
    assert_rows(STEPS, "c|0|1\nc|300|2\nc|600|16\n");
    sound_close(&side);
}

/* Two loads agree on the start of the history; a responder reloads when another
 * has changed it. */
static void test_two_responders_share_the_start(void **state) {
    struct side a;
    struct side b;
    const struct push push = {NULL, "c", "{'l': 'a'}", "1"};
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&b, families);
    open_at(&a, DAY);
    b.now = DAY + 1;
    assert_int_equal(side_turn(&b, &push, 1, NULL, &err), -1);
    assert_int_equal(err.code, ERR_STALE);
    b.history = a.history;
    side_load(&b, families);
    push_at(&a, DAY + 2, "c", "1");
    push_at(&b, DAY + 3, "c", "1");
    push_at(&b, DAY + 303, "c", "1");
    push_at(&a, DAY + 304, "c", "1");
    push_at(&a, DAY + 605, "c", "1");
    push_at(&b, DAY + 605, "c", "1");
    push_at(&b, DAY + 900, "c", "1");
    assert_rows(STEPS, "c|0|2\nc|300|2\nc|600|2\n");
    sound_close(&a);
    sound_close(&b);
}

/* A clock goes back, and on again: each growth is in one period. */
static void test_growth_is_written_once_when_the_clock_goes_back(void **state) {
    struct side side;
    (void)state;
    open_at(&side, DAY);
    push_at(&side, DAY + 900, "c", "1");
    push_at(&side, DAY + 1200, "c", "2");
    push_at(&side, DAY - 5000, "c", "4"); /* with the 2 */
    push_at(&side, DAY - 5000, "h", "1");
    push_at(&side, DAY + 10, "c", "8");
    push_at(&side, DAY + 910, "c", "16");
    push_at(&side, DAY + 1200, "c", "32");
    push_at(&side, DAY + 1201, "h", "1");
    assert_rows(STEPS, "c|-5100|6\nc|0|8\nc|900|17\nh|-5100|[1,1]\n");
    push_at(&side, DAY + 1500, "c", "0");
    assert_rows(STEPS,
                "c|-5100|6\nc|0|8\nc|900|17\nc|1200|32\nh|-5100|[1,1]\n");
    sound_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_next_step_writes_the_last),
        TEST(test_hours_fill_the_array_of_the_day),
        TEST(test_past_before_the_history_is_unknown),
        TEST(test_history_stops_and_starts_again),
        TEST(test_two_responders_share_the_start),
        TEST(test_growth_is_written_once_when_the_clock_goes_back),
    };
    return cmocka_run_group_tests_name("store_history", tests, NULL, NULL);
}
