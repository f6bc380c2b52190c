/* How sessions end and are forgotten, their limits, and turns that fail. */
#include "store/reader.h"

#include "session_fixture.h"

#define SESSIONS                                                               \
    "SELECT uuid, ended, measured, open_until - 1700000000, seen_at - "        \
    "1700000000, counted_ms FROM session ORDER BY id"
#define ROWS                                                                   \
    "SELECT (SELECT count(*) FROM session), (SELECT count(*) FROM "            \
    "session_time)"
#define TOTALS                                                                 \
    "SELECT name, sum(value), sum(count), sum(sum) FROM series JOIN total ON " \
    "series_id = series.id JOIN family "                                       \
    "ON family.id = family_id GROUP BY name ORDER BY name"

static long number_of(const char *sql) {
    struct strbuf rows = outsider_rows(sql);
    long number = strtol(rows.data, NULL, 10);
    strbuf_free(&rows);
    return number;
}

/* A session without an end is over after twice the timeout, at least 120 s. */
static void test_silent_session_ends(void **state) {
    struct panel panel;
    (void)state;
    panel_open(&panel);
    panel_note(&panel, (struct note)BEAT("short", 0, 10));
    panel_note(&panel, (struct note)BEAT("short", 10, 10));
    panel_note(&panel, (struct note)BEAT("long", 0, 100));
    assert_rows(SESSIONS, "short|0|0|120|0|10000\nlong|0|0|250|0|0\n");
    panel.now = NOW + 119;
    panel_note(&panel, (struct note)END("x", 119, 0));
    assert_rows(SESSIONS, "short|0|0|120|0|10000\nlong|0|0|250|0|0\n"
                          "x|1|1|NULL|119|0\n");
    panel.now = NOW + 120;
    panel_note(&panel, (struct note)END("x", 119, 0));
    assert_rows(SESSIONS, "short|0|1|NULL|0|10000\nlong|0|0|250|0|0\n"
                          "x|1|1|NULL|120|0\n");
    assert_rows(COUNTED, "duration|b|10.0\nfocused|b|10.0\nsessions|b|3.0\n"
                         "lengths|b|2 10.0 [2,0,0]\n");
    panel.now = NOW + 250;
    panel_note(&panel, (struct note)END("x", 119, 0));
    assert_rows(SESSIONS, "short|0|1|NULL|0|10000\nlong|0|1|NULL|0|0\n"
                          "x|1|1|NULL|250|0\n");
    assert_rows(COUNTED, "duration|b|10.0\nfocused|b|10.0\nsessions|b|3.0\n"
                         "lengths|b|3 10.0 [3,0,0]\n");
    panel_close(&panel);
}

/* A late message opens the session again, but its length stays as counted. */
static void test_late_message_opens_the_session_again(void **state) {
    struct panel panel;
    (void)state;
    panel_open(&panel);
    panel_note(&panel, (struct note)BEAT("a", 0, 60));
    panel.now = NOW + 1000;
    panel_note(&panel, (struct note)END("x", 0, 0));
    assert_rows(SESSIONS, "a|0|1|NULL|0|0\nx|1|1|NULL|1000|0\n");
    panel_note(&panel, (struct note)BEAT("a", 1000, 60));
    assert_rows(SESSIONS, "a|0|1|1150|1000|75000\nx|1|1|NULL|1000|0\n");
    panel.now = NOW + 2000;
    panel_note(&panel, (struct note)END("x", 0, 0));
    assert_rows(SESSIONS, "a|0|1|NULL|1000|75000\nx|1|1|NULL|2000|0\n");
    panel_note(&panel, (struct note)END("a", 1010, 60));
    assert_rows(COUNTED, "duration|b|85.0\nfocused|b|85.0\nsessions|b|2.0\n"
                         "lengths|b|2 0.0 [2,0,0]\n");
    panel_close(&panel);
}

/* One message after the other, each a session of its own. */
static void push_sessions(struct panel *panel, const char *prefix, size_t count,
                          size_t turn, enum session_kind kind) {
    char uuids[PANEL_TURN][32];
    struct note notes[PANEL_TURN];
    for (size_t i = 0; i < count; i += turn) {
        size_t n = count - i < turn ? count - i : turn;
        for (size_t j = 0; j < n; j++) {
            (void)snprintf(uuids[j], sizeof(uuids[j]), "%s%zu", prefix, i + j);
            notes[j] = (struct note){.uuid = uuids[j], .kind = kind};
        }
        panel_push(panel, notes, n);
    }
}

/* A few in each turn, including more sessions than a turn closes. */
static void test_each_turn_closes_a_few_sessions(void **state) {
    struct panel panel;
    static const char open_count[] =
        "SELECT count(*) FROM session WHERE open_until IS NOT NULL";
    (void)state;
    panel_open(&panel);
    push_sessions(&panel, "a", 200, PANEL_TURN, SESSION_HEARTBEAT);
    panel.now = NOW + 1000;
    panel_note(&panel, (struct note)END("x", 0, 0));
    assert_int_equal(number_of(open_count), 200 - 11);
    push_sessions(&panel, "b", 64, 64, SESSION_HEARTBEAT);
    assert_int_equal(number_of(open_count), 200 - 11 + 64 - 74);
    /* A turn without sessions leaves them alone. */
    panel_push(&panel, NULL, 0);
    assert_int_equal(number_of(open_count), 200 - 11 + 64 - 74);
    panel_close(&panel);
}

/* Each turn forgets some sessions and some times; the totals do not change. */
static void test_forgetting_keeps_the_totals(void **state) {
    struct panel panel;
    (void)state;
    panel_open(&panel);
    panel.rules.keep_seconds = 3600;
    push_sessions(&panel, "a", 300, PANEL_TURN, SESSION_END);
    assert_rows(TOTALS, "duration|0.0|0|0.0\nfocused|0.0|0|0.0\n"
                        "lengths|0.0|300|0.0\nsessions|300.0|0|0.0\n");
    panel.now = NOW + 3600;
    panel_note(&panel, (struct note)END("x", 0, 0));
    assert_rows(ROWS, "301|301\n");
    panel.now = NOW + 3601;
    panel_note(&panel, (struct note)END("x", 0, 0));
    assert_rows(ROWS, "296|296\n");
    push_sessions(&panel, "b", 64, 64, SESSION_END);
    assert_rows(ROWS, "340|340\n");
    for (int i = 0; i < 55; i++)
        panel_note(&panel, (struct note)END("x", 0, 0));
    assert_rows(ROWS, "65|65\n");
    assert_rows(TOTALS, "duration|0.0|0|0.0\nfocused|0.0|0|0.0\n"
                        "lengths|0.0|365|0.0\nsessions|365.0|0|0.0\n");
    panel_close(&panel);
}

/* Open sessions and recent ones are not forgotten. */
static void test_open_sessions_are_kept(void **state) {
    struct panel panel;
    (void)state;
    panel_open(&panel);
    panel.rules.keep_seconds = 8000;
    panel.rules.timeout = 4000;
    panel_note(&panel, (struct note)BEAT("open", 0, 0));
    panel_note(&panel, (struct note)BEAT("late", 0, 0));
    panel_note(&panel, (struct note)END("over", 0, 0));
    panel.now = NOW + 3000;
    panel_note(&panel, (struct note)END("late", 100, 0));
    panel.rules.keep_seconds = 3600;
    panel.now = NOW + 5000;
    panel_note(&panel, (struct note)END("x", 5000, 0));
    assert_rows(SESSIONS, "open|0|0|8000|0|0\nlate|1|1|NULL|3000|100000\n"
                          "x|1|1|NULL|5000|0\n");
    panel.now = NOW + 8000;
    panel_note(&panel, (struct note)END("x", 5000, 0));
    assert_rows(SESSIONS, "x|1|1|NULL|8000|0\n");
    assert_rows(COUNTED, "duration|b|100.0\nfocused|b|100.0\nsessions|b|4.0\n"
                         "lengths|b|4 100.0 [3,1,0]\n");
    panel_close(&panel);
}

/* A session is closed at the latest when it would be forgotten. */
static void test_silent_session_ends_within_keeping(void **state) {
    struct panel panel;
    (void)state;
    panel_open(&panel);
    panel.rules.keep_seconds = 3600;
    panel.rules.timeout = 10000;
    panel_note(&panel, (struct note)BEAT("a", 0, 0));
    assert_rows(SESSIONS, "a|0|0|3600|0|0\n");
    panel.now = NOW + 3601;
    panel_note(&panel, (struct note)END("x", 3601, 0));
    assert_rows(SESSIONS, "x|1|1|NULL|3601|0\n");
    assert_rows(COUNTED, "duration|b|0.0\nfocused|b|0.0\nsessions|b|2.0\n"
                         "lengths|b|2 0.0 [2,0,0]\n");
    panel_close(&panel);
}

/* The timeout in force when capping begins is used. */
static void test_timeout_is_fixed_when_capping_begins(void **state) {
    struct panel panel;
    (void)state;
    panel_open(&panel);
    panel_note(&panel, (struct note)START("a", 0, 60));
    panel.rules.timeout = 3600;
    panel_note(&panel, (struct note)END("a", 2000, 60));
    assert_rows(COUNTED, "duration|b|2000.0\nfocused|b|2000.0\n"
                         "sessions|b|1.0\nlengths|b|1 2000.0 [0,1,0]\n");
    /* It holds from then on. */
    panel.rules.timeout = 10;
    panel_note(&panel, (struct note)END("a", 3000, 60));
    assert_rows(COUNTED, "duration|b|3000.0\nfocused|b|3000.0\n"
                         "sessions|b|1.0\nlengths|b|1 2000.0 [0,1,0]\n");
    panel_close(&panel);
}

/* A session with many times is forgotten in parts, and no longer counts as a
 * session meanwhile. */
static void test_long_session_is_forgotten_in_parts(void **state) {
    struct panel panel;
    struct note notes[PANEL_TURN];
    (void)state;
    panel_open(&panel);
    panel.rules.keep_seconds = 3600;
    for (int i = 0; i < 16; i++) {
        for (int j = 0; j < PANEL_TURN; j++)
            notes[j] = (struct note)BEAT("long", i * PANEL_TURN + j, 60);
        panel_push(&panel, notes, PANEL_TURN);
    }
    panel_note(&panel, (struct note)END("long", 1024, 60));
    panel_note(&panel, (struct note)END("other", 0, 60));
    assert_rows(ROWS, "2|1026\n");
    panel.now = NOW + 4000;
    panel_note(&panel, (struct note)START("x", 4000, 60));
    assert_rows(ROWS, "3|825\n");
    assert_rows("SELECT coalesce(uuid, 'none') FROM session ORDER BY id",
                "none\nother\nx\n");
    assert_rows("SELECT uuid FROM session_list ORDER BY uuid", "other\nx\n");
    panel_note(&panel, (struct note)BEAT("long", 1000, 60));
    assert_rows(ROWS, "4|624\n");
    assert_rows(COUNTED, "duration|b|1024.0\nfocused|b|1024.0\n"
                         "sessions|b|4.0\nlengths|b|2 1024.0 [1,1,0]\n");
    for (int i = 0; i < 5; i++)
        panel_note(&panel, (struct note)BEAT("long", 1000, 60));
    assert_rows("SELECT uuid FROM session ORDER BY uuid", "long\nx\n");
    assert_rows(ROWS, "2|2\n");
    panel_close(&panel);
}

/* Beyond max_series everything counts in the rest, for the whole session and at
 * every responder. */
static void test_sessions_beyond_max_series_count_in_the_rest(void **state) {
    struct panel panels[2];
    static const struct note notes[] = {
        START("1", 0, 60, .board = "a"),  START("2", 0, 60, .board = "b"),
        START("3", 0, 60, .board = "c"),  START("4", 0, 60, .board = "d"),
        BEAT("3", 10, 60, .board = "a"),  END("3", 20, 60, .board = "c"),
        END("1", 30, 60, .board = "zzz"), START("5", 0, 60, .board = "b"),
        BEAT("6", 0, 60, .board = "e")};
    (void)state;
    panel_open(&panels[0]);
    panel_open(&panels[1]);
    panels[0].rules.max_series = 2;
    panels[1].rules.max_series = 2;
    for (size_t i = 0; i < COUNT(notes); i++)
        panel_note(&panels[i % 2], notes[i]);
    assert_rows(COUNTED, "duration|a|30.0\nduration|other|20.0\n"
                         "focused|a|30.0\nfocused|other|20.0\n"
                         "sessions|a|1.0\nsessions|b|2.0\nsessions|other|3.0\n"
                         "lengths|a|1 30.0 [1,0,0]\n"
                         "lengths|other|1 20.0 [1,0,0]\n");
    panel_close(&panels[0]);
    panel_close(&panels[1]);
}

static size_t most_label_sets(const struct panel *panel) {
    size_t most = 0;
    for (size_t i = 0; i < registry_count(&panel->registry); i++) {
        size_t count = panel->registry.families[i]->label_sets.count;
        most = count > most ? count : most;
    }
    return most;
}

/* Sessions of more label sets than may be new: the sets in memory are bounded,
 * and the totals are right. */
static void test_label_sets_in_memory_are_bounded(void **state) {
    struct panel panel;
    char board[2] = "a";
    (void)state;
    panel_open(&panel);
    for (int round = 0; round < 3; round++) {
        for (board[0] = 'a'; board[0] <= 'p'; board[0]++) {
            panel_note(&panel,
                       (struct note)BEAT(board, round * 10, 60, .board = board,
                                         .values = board));
            assert_true(most_label_sets(&panel) <=
                        2 * panel.rules.max_series + 2);
        }
        panel.rules.max_series = 2;
    }
    assert_rows(TOTALS, "duration|320.0|0|0.0\nfocused|320.0|0|0.0\n"
                        "sessions|16.0|0|0.0\nvariables|16.0|0|0.0\n");
    assert_rows("SELECT count(*) FROM session_label_set", "16\n");
    panel_close(&panel);
}

/* Fails as late as a turn can: when the totals are written. */
static void break_series(bool broken) {
    sqlite3 *handle = outsider_open();
    outsider_execute(handle, "PRAGMA legacy_alter_table = ON");
    outsider_execute(handle, broken ? "ALTER TABLE series RENAME TO away"
                                    : "ALTER TABLE away RENAME TO series");
    outsider_close(handle);
}

static void test_rollback(void **state) {
    struct panel panel;
    struct err err = {.code = ERR_NONE};
    static const struct note known = BEAT("1", 0, 60, .board = "a");
    static const struct note notes[] = {
        BEAT("1", 10, 60, .board = "a", .values = "v"),
        BEAT("2", 0, 60, .board = "b", .values = "w"),
        END("2", 10, 60, .board = "b"), END("1", 20, 60, .board = "a")};
    (void)state;
    panel_open(&panel);
    panel_note(&panel, known);
    break_series(true);
    for (int i = 0; i < 3; i++)
        assert_int_equal(panel_turn(&panel, notes, COUNT(notes), &err), -1);
    assert_int_equal(most_label_sets(&panel), 0);
    break_series(false);
    assert_rows(ROWS, "1|1\n");
    assert_rows("SELECT count(*) FROM session_label_set", "1\n");
    panel_push(&panel, notes, COUNT(notes));
    assert_rows(COUNTED, "duration|a|20.0\nduration|b|10.0\n"
                         "focused|a|20.0\nfocused|b|10.0\n"
                         "sessions|a|1.0\nsessions|b|1.0\n"
                         "lengths|a|1 20.0 [1,0,0]\n"
                         "lengths|b|1 10.0 [1,0,0]\n");
    panel_close(&panel);
}

/* A configuration is loaded between two messages of a session. */
static void test_reload_between_two_messages(void **state) {
    struct panel panel;
    (void)state;
    panel_open(&panel);
    panel_note(&panel, (struct note)BEAT("1", 0, 60));
    struct registry old = panel.registry;
    panel.registry = (struct registry){.room = 0};
    panel_load(&panel);
    registry_free(&old);
    panel_note(&panel, (struct note)END("1", 10, 60));
    assert_rows(COUNTED, "duration|b|10.0\nfocused|b|10.0\nsessions|b|1.0\n"
                         "lengths|b|1 10.0 [1,0,0]\n");
    panel_close(&panel);
}

static int write_active(void *context, const char *labels, size_t len,
                        uint64_t count) {
    struct strbuf *out = context;
    strbuf_printf(out, "%.*s %d\n", (int)len, labels, (int)count);
    return 0;
}

static int stop(void *context, const char *labels, size_t len, uint64_t count) {
    (void)write_active(context, labels, len, count);
    return 7;
}

/* A reader sees the sessions that are open at its time, even before a turn has
 * closed the others. */
static void test_reader_counts_active_sessions(void **state) {
    struct panel panel;
    struct reader *reader;
    struct strbuf out = {0};
    struct err err = {.code = ERR_NONE};
    static const struct note notes[] = {
        START("1", 0, 60, .board = "b"), BEAT("2", 0, 10, .board = "b"),
        BEAT("3", 0, 60, .board = "a"), BEAT("4", 0, 60, .board = "c"),
        END("4", 5, 60, .board = "c")};
    static const struct {
        int64_t now;
        const char *want;
    } scenes[] = {
        {NOW, "{\"dashboard_name\":\"a\",\"role\":\"r\"} 1\n"
              "{\"dashboard_name\":\"b\",\"role\":\"r\"} 2\n"},
        {NOW + 120, "{\"dashboard_name\":\"a\",\"role\":\"r\"} 1\n"
                    "{\"dashboard_name\":\"b\",\"role\":\"r\"} 1\n"},
        {NOW + 150, ""},
    };
    (void)state;
    panel_open(&panel);
    panel_send(&panel, notes, COUNT(notes));
    assert_int_equal(reader_open(scratch_path("t.db"), &reader, &err), 0);
    for (size_t i = 0; i < COUNT(scenes); i++) {
        strbuf_reset(&out);
        assert_int_equal(
            reader_sessions(reader, scenes[i].now, write_active, &out, &err),
            0);
        check_bytes("active", out.data, out.len, scenes[i].want,
                    strlen(scenes[i].want));
    }
    strbuf_reset(&out);
    assert_int_equal(reader_sessions(reader, NOW, stop, &out, &err), 7);
    check_bytes("stopped", out.data, out.len,
                BYTES("{\"dashboard_name\":\"a\",\"role\":\"r\"} 1\n"));
    strbuf_free(&out);
    reader_close(reader);
    panel_close(&panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_silent_session_ends, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(
            test_late_message_opens_the_session_again, scratch_make,
            scratch_clear),
        cmocka_unit_test_setup_teardown(test_each_turn_closes_a_few_sessions,
                                        scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(test_forgetting_keeps_the_totals,
                                        scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(test_open_sessions_are_kept,
                                        scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(test_silent_session_ends_within_keeping,
                                        scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(
            test_timeout_is_fixed_when_capping_begins, scratch_make,
            scratch_clear),
        cmocka_unit_test_setup_teardown(test_long_session_is_forgotten_in_parts,
                                        scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(
            test_sessions_beyond_max_series_count_in_the_rest, scratch_make,
            scratch_clear),
        cmocka_unit_test_setup_teardown(test_label_sets_in_memory_are_bounded,
                                        scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(test_rollback, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(test_reload_between_two_messages,
                                        scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(test_reader_counts_active_sessions,
                                        scratch_make, scratch_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
