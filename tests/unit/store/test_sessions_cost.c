/* The cost of a message depends neither on the messages of its session nor on
 * the number of sessions. */
#include "store/store.h"

#include <stdlib.h>

#include "session_fixture.h"
#include "sql.h"

enum { LONG = 10000, SHORT = 10, SESSIONS = 3000 };

static void fill(struct panel *panel) {
    struct note notes[PANEL_TURN];
    char uuids[PANEL_TURN][32];
    for (int i = 0; i < LONG; i += PANEL_TURN) {
        int n = LONG - i < PANEL_TURN ? LONG - i : PANEL_TURN;
        for (int j = 0; j < n; j++)
            notes[j] = (struct note)BEAT("long", 60 * (i + j), 60);
        panel_push(panel, notes, (size_t)n);
    }
    for (int i = 0; i < SHORT; i++)
        panel_note(panel, (struct note)BEAT("short", 60 * i, 60));
    for (int i = 0; i < SESSIONS; i += PANEL_TURN) {
        for (int j = 0; j < PANEL_TURN; j++) {
            (void)snprintf(uuids[j], sizeof(uuids[j]), "s%d", i + j);
            notes[j] = (struct note)END(uuids[j], 0, 60);
        }
        panel_push(panel, notes, PANEL_TURN);
    }
}

static void bind(sqlite3_stmt *statement, const char *name, int64_t value) {
    int index = sqlite3_bind_parameter_index(statement, name);
    if (index > 0)
        assert_int_equal(sqlite3_bind_int64(statement, index, value),
                         SQLITE_OK);
}

/* Runs a statement for one session and a time between two others; returns the
 * steps of SQLite's virtual machine. */
static int steps_of(sqlite3 *handle, const char *sql, const char *uuid,
                    int64_t session) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
    int index = sqlite3_bind_parameter_index(statement, ":uuid");
    if (index > 0)
        assert_int_equal(
            sqlite3_bind_text(statement, index, uuid, -1, SQLITE_STATIC),
            SQLITE_OK);
    static const char *const zeros[] = {
        ":capped",  ":heartbeat", ":ended",           ":measured", ":sum",
        ":focused", ":counted",   ":counted_focused", ":now"};
    for (size_t i = 0; i < COUNT(zeros); i++)
        bind(statement, zeros[i], 0);
    bind(statement, ":session", session);
    bind(statement, ":id", session);
    bind(statement, ":open_until", NOW);
    bind(statement, ":time", (NOW + 60 * (SHORT / 2) + 30) * (int64_t)1000);
    bind(statement, ":limit", 200);
    bind(statement, ":horizon", NOW - 1);
    int result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW)
        ;
    if (result != SQLITE_DONE)
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
    int steps = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
    (void)sqlite3_finalize(statement);
    return steps;
}

static int64_t id_of(const char *uuid) {
    char sql[100];
    (void)snprintf(sql, sizeof(sql), "SELECT id FROM session WHERE uuid = '%s'",
                   uuid);
    struct strbuf rows = outsider_rows(sql);
    int64_t id = strtoll(rows.data, NULL, 10);
    strbuf_free(&rows);
    return id;
}

/* Each statement that a message runs. */
static void test_messages_cost_a_constant_number_of_steps(void **state) {
    struct panel panel;
    static const char *const statements[] = {
        sql_session_find, sql_session_time_neighbours, sql_session_time_insert,
        sql_session_update};
    (void)state;
    panel_open(&panel);
    fill(&panel);
    assert_rows("SELECT counted_ms FROM session WHERE uuid = 'long'",
                "599940000\n");
    int64_t ids[] = {id_of("long"), id_of("short")};
    sqlite3 *handle = outsider_open();
    outsider_execute(handle, "PRAGMA foreign_keys = ON; BEGIN");
    for (size_t i = 0; i < COUNT(statements); i++) {
        int steps = steps_of(handle, statements[i], "long", ids[0]);
        check_number(statements[i], steps,
                     steps_of(handle, statements[i], "short", ids[1]));
        assert_in_range(steps, 1, 200);
    }
    outsider_execute(handle, "ROLLBACK");
    outsider_close(handle);
    panel_close(&panel);
}

/* The searches of a turn find nothing here, and must not read 3,000 rows for
 * it. */
static void test_idle_turn_reads_few_rows(void **state) {
    struct panel panel;
    static const char *const statements[] = {
        sql_session_silent, sql_session_oldest, sql_session_label_set_last,
        sql_sessions_active};
    (void)state;
    panel_open(&panel);
    fill(&panel);
    sqlite3 *handle = outsider_open();
    for (size_t i = 0; i < COUNT(statements); i++)
        assert_in_range(steps_of(handle, statements[i], "long", 0), 1, 100);
    outsider_close(handle);
    panel_close(&panel);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_messages_cost_a_constant_number_of_steps, scratch_make,
            scratch_clear),
        cmocka_unit_test_setup_teardown(test_idle_turn_reads_few_rows,
                                        scratch_make, scratch_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
