/* The totals of sessions: each session counts once, with its seconds, in any
 * order of the messages. */
#include "store/store.h"

#include <math.h>

#include "session_fixture.h"

static const char u[] = "6b4d4f4e-7a5c-4b3e-9a5e-3a8e6d0c1f2b";

struct scene {
    const char *name;
    double timeout; /* 0: not configured */
    struct note notes[8];
    const char *want;
};

static const struct scene scenes[] = {
    {"a start alone", 0, {START(u, 0, 60)}, "sessions|b|1.0\n"},
    {"a heartbeat alone opens a session",
     0,
     {BEAT(u, 0, 60)},
     "duration|b|0.0\nfocused|b|0.0\nsessions|b|1.0\n"},
    {"an end alone",
     0,
     {END(u, 0, 60)},
     "duration|b|0.0\nfocused|b|0.0\nsessions|b|1.0\n"
     "lengths|b|1 0.0 [1,0,0]\n"},
    {"start and heartbeats",
     0,
     {START(u, 0, 60), BEAT(u, 60, 60), BEAT(u, 120, 60)},
     "duration|b|120.0\nfocused|b|120.0\nsessions|b|1.0\n"},
    {"start and end are not capped",
     0,
     {START(u, 0, 60), END(u, 7200, 60)},
     "duration|b|7200.0\nfocused|b|7200.0\nsessions|b|1.0\n"
     "lengths|b|1 7200.0 [0,0,1]\n"},
    {"a configured timeout caps start and end",
     3600,
     {START(u, 0, 60), END(u, 7200, 60)},
     "duration|b|3600.0\nfocused|b|3600.0\nsessions|b|1.0\n"
     "lengths|b|1 3600.0 [0,1,0]\n"},
    {"a gap of 4 hours, timeout 1 hour",
     3600,
     {START(u, 0, 60), BEAT(u, 900, 60), END(u, 15300, 60)},
     "duration|b|4500.0\nfocused|b|4500.0\nsessions|b|1.0\n"
     "lengths|b|1 4500.0 [0,0,1]\n"},
    {"the same when the end comes first: it is capped from the first message",
     3600,
     {END(u, 15300, 60), BEAT(u, 900, 60), START(u, 0, 60)},
     "duration|b|4500.0\nfocused|b|4500.0\nsessions|b|1.0\n"
     "lengths|b|1 0.0 [1,0,0]\n"},
    {"a gap capped by 1.25 intervals",
     0,
     {START(u, 0, 60), BEAT(u, 60, 60), END(u, 1000, 60)},
     "duration|b|135.0\nfocused|b|135.0\nsessions|b|1.0\n"
     "lengths|b|1 135.0 [0,1,0]\n"},
    {"three heartbeats out of order",
     0,
     {BEAT(u, 120, 60), BEAT(u, 0, 60), BEAT(u, 60, 60)},
     "duration|b|120.0\nfocused|b|120.0\nsessions|b|1.0\n"},
    {"a late heartbeat adds exactly the difference",
     0,
     {BEAT(u, 0, 40), BEAT(u, 200, 40), BEAT(u, 70, 40)},
     "duration|b|100.0\nfocused|b|100.0\nsessions|b|1.0\n"},
    {"repeated messages change nothing",
     0,
     {START(u, 0, 60), START(u, 0, 60), BEAT(u, 60, 60),
      BEAT(u, 60, 60, .away = true), END(u, 90, 60), END(u, 90, 60),
      BEAT(u, 60, 60)},
     "duration|b|90.0\nfocused|b|90.0\nsessions|b|1.0\n"
     "lengths|b|1 90.0 [0,1,0]\n"},
    {"equal to the millisecond is repeated",
     0,
     {BEAT(u, 0, 60), BEAT(u, 1.5, 60), BEAT(u, 1.5002, 60)},
     "duration|b|1.5\nfocused|b|1.5\nsessions|b|1.0\n"},
    {"end before start, without heartbeats",
     0,
     {END(u, 500, 60), START(u, 0, 60)},
     "duration|b|500.0\nfocused|b|500.0\nsessions|b|1.0\n"
     "lengths|b|1 0.0 [1,0,0]\n"},
    {"seconds before a heartbeat stay counted",
     0,
     {START(u, 0, 60), END(u, 500, 60), BEAT(u, 60, 60)},
     "duration|b|500.0\nfocused|b|500.0\nsessions|b|1.0\n"
     "lengths|b|1 500.0 [0,1,0]\n"},
    {"an interval applies to later heartbeats",
     0,
     {START(u, 0, 60), END(u, 100, 60), BEAT(u, 50, 60), BEAT(u, 150, 60)},
     "duration|b|150.0\nfocused|b|150.0\nsessions|b|1.0\n"
     "lengths|b|1 100.0 [0,1,0]\n"},
    {"without an interval gaps count whole until there is one",
     0,
     {START(u, 0, 0), BEAT(u, 1000, 0), BEAT(u, 2000, 60), BEAT(u, 2010, 0)},
     "duration|b|1000.0\nfocused|b|1000.0\nsessions|b|1.0\n"},
    {"the first interval is kept",
     0,
     {START(u, 0, 40), BEAT(u, 1000, 400), BEAT(u, 1020, 4)},
     "duration|b|70.0\nfocused|b|70.0\nsessions|b|1.0\n"},
    {"a heartbeat at the time of the start caps",
     0,
     {START(u, 0, 40), START(u, 1000, 40), BEAT(u, 0, 40)},
     "duration|b|50.0\nfocused|b|50.0\nsessions|b|1.0\n"},
    {"two ends: one length",
     0,
     {START(u, 0, 60), END(u, 10, 60), END(u, 30, 60)},
     "duration|b|30.0\nfocused|b|30.0\nsessions|b|1.0\n"
     "lengths|b|1 10.0 [1,0,0]\n"},
    {"a session stays where it began",
     0,
     {START(u, 0, 60, .board = "x"), BEAT(u, 60, 60, .board = "y"),
      END(u, 70, 60, .board = "z")},
     "duration|x|70.0\nfocused|x|70.0\nsessions|x|1.0\n"
     "lengths|x|1 70.0 [0,1,0]\n"},
    {"two sessions",
     0,
     {START("1", 0, 60), START("2", 0, 60), BEAT("1", 60, 60),
      BEAT("2", 61, 60)},
     "duration|b|121.0\nfocused|b|121.0\nsessions|b|2.0\n"},
    {"fractions of a second",
     0,
     {START(u, 0.25, 60), BEAT(u, 60.5, 60), BEAT(u, 120.75, 60)},
     "duration|b|120.5\nfocused|b|120.5\nsessions|b|1.0\n"},
    {"without focus",
     0,
     {START(u, 0, 60, .away = true), BEAT(u, 60, 60, .away = true)},
     "duration|b|60.0\nfocused|b|0.0\nsessions|b|1.0\n"},
    {"the start of a gap decides whether it is focused",
     0,
     {START(u, 0, 60), BEAT(u, 60, 60, .away = true), BEAT(u, 70, 60)},
     "duration|b|70.0\nfocused|b|60.0\nsessions|b|1.0\n"},
    {"a message that splits a gap has its own focus",
     0,
     {START(u, 0, 100, .away = true), BEAT(u, 100, 100), BEAT(u, 30, 100)},
     "duration|b|100.0\nfocused|b|70.0\nsessions|b|1.0\n"},
    {"focused seconds that were counted stay",
     0,
     {START(u, 0, 100), BEAT(u, 100, 100), BEAT(u, 30, 100, .away = true),
      BEAT(u, 150, 100)},
     "duration|b|150.0\nfocused|b|100.0\nsessions|b|1.0\n"},
    {"focused seconds are capped, too",
     0,
     {START(u, 0, 40), BEAT(u, 500, 40)},
     "duration|b|50.0\nfocused|b|50.0\nsessions|b|1.0\n"},
};

static size_t count_notes(const struct note *notes) {
    size_t count = 0;
    while (count < 8 && notes[count].uuid)
        count++;
    return count;
}

/* Each scene with a turn for each message, and with one for all. */
static void test_scenes(void **state) {
    for (size_t i = 0; i < 2 * COUNT(scenes); i++) {
        const struct scene *scene = &scenes[i / 2];
        size_t count = count_notes(scene->notes);
        struct panel panel;
        panel_open(&panel);
        panel.rules.timeout = scene->timeout;
        if (i % 2 == 0)
            panel_send(&panel, scene->notes, count);
        else
            panel_push(&panel, scene->notes, count);
        struct strbuf rows = outsider_rows(COUNTED);
        check_text(scene->name, rows.data, scene->want);
        strbuf_free(&rows);
        panel_close(&panel);
        assert_int_equal(scratch_clear(state), 0);
        assert_int_equal(scratch_make(state), 0);
    }
}

/* A heartbeat a minute for two hours. */
static void test_two_hours(void **state) {
    struct panel panel;
    (void)state;
    panel_open(&panel);
    panel_note(&panel, (struct note)START(u, 0, 60));
    for (int i = 1; i < 120; i++)
        panel_note(&panel, (struct note)BEAT(u, 60 * i, 60));
    panel_note(&panel, (struct note)END(u, 7200, 60));
    assert_rows(COUNTED, "duration|b|7200.0\nfocused|b|7200.0\nsessions|b|1.0\n"
                         "lengths|b|1 7200.0 [0,0,1]\n");
    assert_rows("SELECT * FROM session_list",
                "6b4d4f4e-7a5c-4b3e-9a5e-3a8e6d0c1f2b|b|2023-11-14 22:13:20|"
                "2023-11-15 00:13:20|7200.0\n");
    panel_close(&panel);
}

static double total_of(const char *family, const char *board) {
    char sql[300];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT coalesce(sum(value), -1) FROM series JOIN total ON "
                   "series_id = series.id JOIN family ON "
                   "family.id = family_id WHERE name = '%s' AND labels ->> "
                   "'dashboard_name' = '%s'",
                   family, board);
    struct strbuf rows = outsider_rows(sql);
    double value = strtod(rows.data, NULL);
    strbuf_free(&rows);
    return value;
}

/* A heartbeat every 10 s without an interval. */
static void push_beats(struct panel *panel, const char *board, size_t count) {
    struct note notes[PANEL_TURN];
    for (size_t i = 0; i < count; i += PANEL_TURN) {
        size_t n = count - i < PANEL_TURN ? count - i : PANEL_TURN;
        for (size_t j = 0; j < n; j++)
            notes[j] = (struct note)BEAT(board, 10 * (double)(i + j), 0,
                                         .board = board);
        panel_push(panel, notes, n);
    }
}

/* When a late interval arrives, up to 1,000 times are summed again; with more,
 * gaps count whole, then and later. */
static void test_late_interval_sums_again(void **state) {
    struct panel panel;
    static const struct {
        const char *board;
        size_t beats;
        double want[2];
    } cases[] = {{"few", 999, {9980 + 50, 9980 + 50 + 50}},
                 {"many", 1000, {20000, 30000}}};
    (void)state;
    panel_open(&panel);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *board = cases[i].board;
        push_beats(&panel, board, cases[i].beats);
        for (int j = 0; j < 2; j++) {
            panel_note(&panel, (struct note)BEAT(board, 20000 + 10000 * j, 40,
                                                 .board = board));
            check_number(board, (long long)total_of("duration", board),
                         (long long)cases[i].want[j]);
            check_number(board, (long long)total_of("focused", board),
                         (long long)cases[i].want[j]);
        }
    }
    panel_close(&panel);
}

/* The next permutation; false after the last one. */
static bool next_order(size_t *order, size_t count) {
    size_t i = count - 1;
    size_t j = count - 1;
    while (i > 0 && order[i - 1] > order[i])
        i--;
    if (i == 0)
        return false;
    while (order[j] < order[i - 1])
        j--;
    size_t swap = order[i - 1];
    order[i - 1] = order[j];
    order[j] = swap;
    for (j = count - 1; i < j; i++, j--) {
        swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    return true;
}

/* With these intervals 50 s of a gap count; the gaps are 40, 100, 30 and 60
 * s. */
static const struct note messages[] = {
    START(NULL, 0, 40), BEAT(NULL, 40, 40, .away = true), BEAT(NULL, 140, 40),
    BEAT(NULL, 170, 40), END(NULL, 230, 40)};
enum { MESSAGES = COUNT(messages) };

/* Sends the messages in that order, on a dashboard of their own. Neither total
 * ever falls or exceeds its maximum. */
static double send_in_order(struct panel *panel, const size_t *order,
                            const char *board) {
    double last = -1;
    double last_focused = -1;
    double first_time = INFINITY;
    double last_time = -INFINITY;
    for (size_t i = 0; i < MESSAGES; i++) {
        struct note note = messages[order[i]];
        note.uuid = board;
        note.board = board;
        panel_note(panel, note);
        first_time = fmin(first_time, note.time);
        last_time = fmax(last_time, note.time);
        double total = total_of("duration", board);
        double focused = total_of("focused", board);
        assert_true(total >= last && focused >= last_focused);
        assert_true(total <= last_time - first_time);
        assert_true(focused <= total);
        last = total;
        last_focused = focused;
    }
    return last;
}

static void test_orders(void **state) {
    struct panel panel;
    size_t orders = 0;
    size_t end_last = 0;
    size_t exact = 0;
    size_t order[MESSAGES] = {0, 1, 2, 3, 4};
    (void)state;
    panel_open(&panel);
    do {
        char board[16];
        (void)snprintf(board, sizeof(board), "d%zu", orders++);
        double total = send_in_order(&panel, order, board);
        bool last = order[MESSAGES - 1] == MESSAGES - 1;
        if (last)
            check_number(board, (long long)total, 40 + 50 + 30 + 50);
        end_last += last;
        exact += total < 171;
        assert_true(total >= 170);
    } while (next_order(order, MESSAGES));
    check_number("orders", (long long)orders, 120);
    check_number("with the end last", (long long)end_last, 24);
    /* Only with start and end before all heartbeats is the sum too high. */
    check_number("exact", (long long)exact, 120 - 12);
    panel_close(&panel);
}

/* Any responder gets any message. */
static void test_messages_reach_any_responder(void **state) {
    struct panel panels[2];
    static const struct note notes[] = {
        END(u, 230, 40),   BEAT(u, 170, 40), BEAT(u, 40, 40),
        BEAT("v", 10, 60), START(u, 0, 40),  START("v", 0, 60),
        BEAT(u, 140, 40),  BEAT(u, 140, 40), END("v", 20, 60)};
    (void)state;
    panel_open(&panels[0]);
    panel_open(&panels[1]);
    for (size_t i = 0; i < COUNT(notes); i++)
        panel_note(&panels[i % 2], notes[i]);
    assert_rows(COUNTED, "duration|b|190.0\nfocused|b|190.0\nsessions|b|2.0\n"
                         "lengths|b|2 20.0 [2,0,0]\n");
    panel_close(&panels[0]);
    panel_close(&panels[1]);
}

/* Variables count once per session, at its first message; without room for more
 * label sets, they count in the rest. */
static void test_variables_count_once_per_session(void **state) {
    struct panel panels[2];
    static const struct note notes[] = {
        START("1", 0, 60, .values = "ab"), BEAT("1", 1, 60, .values = "ac"),
        BEAT("2", 0, 60, .values = "bc"),  BEAT("3", 0, 60, .values = "da"),
        BEAT("4", 0, 60, .values = "ef"),  BEAT("5", 0, 60, .values = "e")};
    (void)state;
    panel_open(&panels[0]);
    panel_open(&panels[1]);
    panels[0].rules.max_series = 4;
    panels[1].rules.max_series = 4;
    for (size_t i = 0; i < COUNT(notes); i++)
        panel_note(&panels[i % 2], notes[i]);
    assert_rows("SELECT labels ->> 'value', value FROM series JOIN total ON "
                "series_id = series.id JOIN family ON "
                "family.id = family_id WHERE name = 'variables' ORDER BY 1",
                "a|2.0\nb|2.0\nc|1.0\nd|1.0\nrest u|2.0\n");
    panel_close(&panels[0]);
    panel_close(&panels[1]);
}

/* The values of a variable are limited across responders; known values may
 * appear on further dashboards. */
static void test_variable_values_are_limited(void **state) {
    struct panel panels[2];
    static const struct note notes[] = {
        START("1", 0, 60, .values = "abA"), START("2", 0, 60, .values = "cdB"),
        START("3", 0, 60, .values = "aCD"), START("4", 0, 60, .values = "cb"),
        START("5", 0, 60, .values = "da", .board = "x")};
    (void)state;
    panel_open(&panels[0]);
    panel_open(&panels[1]);
    panels[0].rules.max_variable_values = 2;
    panels[1].rules.max_variable_values = 2;
    for (size_t i = 0; i < COUNT(notes); i++)
        panel_note(&panels[i % 2], notes[i]);
    assert_rows("SELECT labels ->> 'dashboard_name', labels ->> 'value', value "
                "FROM series JOIN total ON series_id = series.id JOIN family "
                "ON family.id = family_id "
                "WHERE name = 'variables' ORDER BY 1, 2",
                "b|A|1.0\nb|B|1.0\nb|a|2.0\nb|b|2.0\nb|other u|2.0\n"
                "b|other v|1.0\nx|a|1.0\nx|other u|1.0\n");
    panel_close(&panels[0]);
    panel_close(&panels[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_scenes, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(test_two_hours, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(test_late_interval_sums_again,
                                        scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(test_orders, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(test_messages_reach_any_responder,
                                        scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(test_variables_count_once_per_session,
                                        scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(test_variable_values_are_limited,
                                        scratch_make, scratch_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
