/* Labels that the configuration no longer permits are removed from the totals
 * of sessions, and the totals stay. */
#include "store/store.h"

#include "session_fixture.h"
#include "sessions/families.h"

#define ANN                                                                    \
    "{\"dashboard_name\":\"b\",\"user_login\":\"ann-smith\","                  \
    "\"user_name\":\"Ann\",\"user_role\":\"r\"}"
#define BOB                                                                    \
    "{\"dashboard_name\":\"b\",\"user_login\":\"bob-jones\","                  \
    "\"user_name\":\"Bob\",\"user_role\":\"r\"}"
#define HASHED "{\"dashboard_name\":\"b\",\"user_login\":\"0123456789abcdef\"}"
#define REST "{\"dashboard_name\":\"other\",\"user_login\":\"other\"}"
#define NOBODY "{\"dashboard_name\":\"b\",\"user_role\":\"r\"}"
/* A tab, a quote and a backslash, as label_set_write_json writes them. */
#define ESCAPED(login)                                                         \
    "{\"dashboard_name\":\"\\u0009 \\\" \\\\ \\n /ä\"" login ",\"user_role\":" \
    "\"\\\"user_login\\\":\\\"x\\\"\"}"

#define SERIES                                                                 \
    "SELECT name, labels, iif(buckets IS NULL, value, count || ' ' || sum "    \
    "|| ' ' || buckets) FROM series JOIN total ON series_id = series.id JOIN " \
    "family ON family.id = family_id "                                         \
    "ORDER BY name, labels"
#define SETS "SELECT id, labels, dashboard FROM session_label_set ORDER BY id"
#define SESSIONS                                                               \
    "SELECT uuid, label_set_id, counted_ms FROM session ORDER BY uuid"

static const char *user[] = {"user_login", "user_name", NULL};
static const char *name[] = {"user_name", NULL};
static const char *board[] = {"dashboard_name", NULL};

/* Loads a configuration without these labels. */
static void forbid(struct panel *panel, const char **labels, bool hashed) {
    size_t count = 0;
    while (labels && labels[count])
        count++;
    registry_free(&panel->registry);
    panel->registry = (struct registry){.session_rules = &panel->rules};
    panel->rules.forbidden_labels = (struct string_list){labels, count};
    panel->rules.hashed_logins = hashed;
    panel_load(panel);
}

static long generation(void) {
    struct strbuf rows =
        outsider_rows("SELECT value FROM meta WHERE key = 'generation'");
    long number = strtol(rows.data, NULL, 10);
    strbuf_free(&rows);
    return number;
}

/* Whether the file has the text, after the log was written back. */
static bool in_file(const char *text) {
    static char bytes[4 << 20];
    sqlite3 *handle = outsider_open();
    outsider_execute(handle, "PRAGMA wal_checkpoint(TRUNCATE)");
    outsider_close(handle);
    FILE *file = fopen(scratch_path("t.db"), "rb");
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof(bytes), file);
    assert_int_equal(fclose(file), 0);
    assert_true(len > 0 && len < sizeof(bytes));
    return memmem(bytes, len, text, strlen(text)) != NULL;
}

static void fill(struct panel *panel) {
    static const struct note notes[] = {
        BEAT("1", 0, 60, .labels = ANN),   BEAT("1", 10, 60, .labels = ANN),
        BEAT("2", 0, 60, .labels = BOB),   BEAT("2", 20, 60, .labels = BOB),
        END("2", 30, 60, .labels = BOB),   BEAT("3", 0, 60, .labels = NOBODY),
        BEAT("3", 5, 60, .labels = NOBODY)};
    panel_open(panel);
    panel_send(panel, notes, COUNT(notes));
}

#define MERGED(duration)                                                       \
    "duration|" NOBODY "|" duration "\nfocused|" NOBODY "|" duration           \
    "\nlengths|{\"dashboard_name\":\"b\"}|1 30.0 [1,0,0]\n"                    \
    "sessions|" NOBODY "|3.0\n"

/* The set without names exists already. */
static void test_names_merge_into_an_existing_set(void **state) {
    struct panel panel;
    (void)state;
    fill(&panel);
    assert_true(in_file("ann-smith"));
    long before = generation();
    forbid(&panel, user, false);
    assert_rows(SERIES, MERGED("45.0"));
    assert_rows(SETS, "1|{\"into\":\"3\",\"merged\":\"1\"}|{}\n"
                      "2|{\"into\":\"3\",\"merged\":\"2\"}|{}\n"
                      "3|" NOBODY "|{\"dashboard_name\":\"b\"}\n");
    assert_rows(SESSIONS, "1|3|10000\n2|3|30000\n3|3|5000\n");
    assert_int_equal(generation(), before + 1);
    assert_false(in_file("ann-smith"));
    assert_false(in_file("bob-jones"));
    /* The open sessions continue without the name. */
    panel_note(&panel, (struct note)BEAT("1", 15, 60, .labels = NOBODY));
    assert_rows(SERIES, MERGED("50.0"));
    /* The next load has nothing to do. */
    forbid(&panel, user, false);
    assert_rows(SERIES, MERGED("50.0"));
    assert_int_equal(generation(), before + 1);
    panel_close(&panel);
}

/* One of the sets with names is reused; only some labels are removed. */
static void test_names_merge_into_one_of_several(void **state) {
    struct panel panel;
    static const struct note notes[] = {
        BEAT("1", 0, 60, .labels = ESCAPED(",\"user_login\":\"ann\"")),
        BEAT("2", 0, 60, .labels = ESCAPED(",\"user_login\":\"bob\"")),
        BEAT("2", 7, 60, .labels = ESCAPED(",\"user_login\":\"bob\"")),
        BEAT("3", 0, 60, .board = "x")};
    (void)state;
    panel_open(&panel);
    panel_send(&panel, notes, COUNT(notes));
    forbid(&panel, user, false);
    assert_rows("SELECT labels, value FROM series JOIN total ON series_id = "
                "series.id JOIN family ON family.id = "
                "family_id WHERE name = 'duration' ORDER BY labels",
                ESCAPED("") "|7.0\n"
                            "{\"dashboard_name\":\"x\",\"role\":\"r\"}|0.0\n");
    assert_rows(SETS,
                "1|" ESCAPED("") "|{\"dashboard_name\":\"b\"}\n"
                                 "2|{\"into\":\"1\",\"merged\":\"2\"}|{}\n"
                                 "3|{\"dashboard_name\":\"x\",\"role\":\"r\"}|"
                                 "{\"dashboard_name\":\"x\"}\n");
    assert_rows(SESSIONS, "1|1|0\n2|1|7000\n3|3|0\n");
    panel_close(&panel);
}

/* Merged series share one history, including its pending part. */
static void test_merged_series_share_one_history(void **state) {
    static const struct history_config kept = {.enabled = true,
                                               .step_days = 2,
                                               .hour_days = 400,
                                               .day_days = 3650,
                                               .max_bytes = 1 << 30};
    struct panel panel;
    static const struct note notes[] = {
        BEAT("1", 0, 60, .labels = ANN), BEAT("1", 10, 60, .labels = ANN),
        BEAT("2", 0, 60, .labels = BOB), BEAT("2", 7, 60, .labels = BOB)};
    (void)state;
    panel_open(&panel);
    store_keep_history(panel.store, &kept);
    forbid(&panel, NULL, false);
    panel_send(&panel, notes, COUNT(notes));
    panel.now += 600;
    panel_note(&panel, (struct note)BEAT("1", 30, 60, .labels = ANN));
    forbid(&panel, user, false);
    assert_rows("SELECT at, history_step.value, total.value FROM history_step "
                "JOIN total ON total.series_id = history_step.series_id "
                "JOIN series ON series.id = total.series_id "
                "JOIN family ON family.id = family_id "
                "WHERE name = 'duration' ORDER BY at",
                "1699999800|17|37.0\n1700000400|20|37.0\n");
    assert_rows("SELECT day, history_day.value FROM history_day "
                "JOIN series ON series.id = series_id "
                "JOIN family ON family.id = family_id "
                "WHERE name = 'duration'",
                "1699920000|37\n");
    panel_close(&panel);
}

/* With or without an existing series, the merged one has the earliest birth and
 * the latest change. */
static void test_merged_series_has_earliest_birth(void **state) {
    static const struct {
        int at;
        struct note note;
    } notes[] = {{10, BEAT("1", 0, 60, .labels = ANN)},
                 {11, BEAT("2", 0, 60, .labels = BOB)},
                 {20, BEAT("1", 10, 60, .labels = ANN)},
                 {30, BEAT("2", 20, 60, .labels = BOB)},
                 {5, BEAT("3", 0, 60, .labels = NOBODY)},
                 {25, BEAT("3", 5, 60, .labels = NOBODY)}};
    for (int there = 0; there < 2; there++) {
        struct panel panel;
        assert_int_equal(scratch_clear(state), 0);
        assert_int_equal(scratch_make(state), 0);
        panel_open(&panel);
        for (size_t i = 0; i < (there ? 6 : 4); i++) {
            panel.now = NOW + notes[i].at;
            panel_note(&panel, notes[i].note);
        }
        forbid(&panel, user, false);
        assert_rows("SELECT labels, value, created_at - 1700000000, "
                    "updated_at - 1700000000 FROM series JOIN total "
                    "ON series_id = series.id JOIN family "
                    "ON family.id = family_id WHERE name = 'duration'",
                    there ? NOBODY "|35.0|5|30\n" : NOBODY "|30.0|10|30\n");
        panel_close(&panel);
    }
}

/* A series without totals adds nothing; if it is the one that stays, it gets
 * the totals of the others. */
static void test_lost_totals_add_nothing(void **state) {
    static const struct {
        const char *lost;
        const char *duration;
        const char *sessions;
    } cases[] = {
        {"'{\"dashboard_name\":\"b\",\"user_login\":\"ann%'", "35.0", "2.0"},
        {"'%user_login%'", "5.0", "1.0"},
        {"'" NOBODY "'", "40.0", "2.0"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct panel panel;
        struct strbuf text = {0};
        assert_int_equal(scratch_clear(state), 0);
        assert_int_equal(scratch_make(state), 0);
        fill(&panel);
        strbuf_printf(&text,
                      "DELETE FROM total WHERE series_id IN "
                      "(SELECT id FROM series WHERE labels LIKE %s)",
                      cases[i].lost);
        outsider_run(text.data);
        forbid(&panel, user, false);
        strbuf_reset(&text);
        strbuf_printf(&text,
                      "duration|" NOBODY "|%s\nfocused|" NOBODY "|%s\n"
                      "lengths|{\"dashboard_name\":\"b\"}|1 30.0 [1,0,0]\n"
                      "sessions|" NOBODY "|%s\n",
                      cases[i].duration, cases[i].duration, cases[i].sessions);
        assert_rows(SERIES, text.data);
        strbuf_free(&text);
        panel_close(&panel);
    }
}

/* Hashes stay, and so does the set for all the rest. */
static void test_hashes_and_the_rest_stay(void **state) {
    struct panel panel;
    static const struct note notes[] = {BEAT("1", 0, 60, .labels = ANN),
                                        BEAT("2", 0, 60, .labels = HASHED),
                                        BEAT("3", 0, 60, .labels = REST)};
    (void)state;
    panel_open(&panel);
    panel_send(&panel, notes, COUNT(notes));
    forbid(&panel, name, true);
    assert_rows(SETS, "1|" NOBODY "|{\"dashboard_name\":\"b\"}\n"
                      "2|" HASHED "|{\"dashboard_name\":\"b\"}\n"
                      "3|" REST "|{\"dashboard_name\":\"b\"}\n");
    assert_rows("SELECT labels, value FROM series JOIN total ON series_id = "
                "series.id JOIN family ON family.id = "
                "family_id WHERE name = 'sessions' ORDER BY labels",
                HASHED "|1.0\n" NOBODY "|1.0\n" REST "|1.0\n");
    panel_close(&panel);
}

/* Labels of the histogram and of variables, too. */
static void test_all_families_lose_the_labels(void **state) {
    struct panel panel;
    static const struct note notes[] = {
        BEAT("1", 0, 60, .board = "x", .values = "ab"),
        END("1", 10, 60, .board = "x"),
        BEAT("2", 0, 60, .board = "y", .values = "a"),
        END("2", 100, 60, .board = "y")};
    (void)state;
    panel_open(&panel);
    panel_send(&panel, notes, COUNT(notes));
    forbid(&panel, board, false);
    assert_rows(SERIES, "duration|{\"role\":\"r\"}|85.0\n"
                        "focused|{\"role\":\"r\"}|85.0\n"
                        "lengths|{}|2 85.0 [1,1,0]\n"
                        "sessions|{\"role\":\"r\"}|2.0\n"
                        "variables|{\"value\":\"a\"}|2.0\n"
                        "variables|{\"value\":\"b\"}|1.0\n");
    assert_rows(SETS, "1|{\"role\":\"r\"}|{}\n"
                      "2|{\"into\":\"1\",\"merged\":\"2\"}|{}\n");
    panel_close(&panel);
}

/* Text that is not JSON is left alone, and so are permitted labels. */
static void test_damaged_and_permitted_labels_stay(void **state) {
    struct panel panel;
    (void)state;
    fill(&panel);
    sqlite3 *handle = outsider_open();
    outsider_execute(handle, "UPDATE session_label_set SET labels = '{broken' "
                             "WHERE id = 1");
    outsider_execute(handle, "UPDATE series SET labels = '{broken' "
                             "WHERE labels LIKE '%ann-smith%'");
    outsider_close(handle);
    long before = generation();
    forbid(&panel, NULL, false);
    assert_int_equal(generation(), before);
    assert_rows("SELECT id FROM session_label_set "
                "WHERE labels LIKE '%bob-jones%'",
                "2\n");
    forbid(&panel, user, false);
    assert_rows(SETS, "1|{broken|{\"dashboard_name\":\"b\"}\n"
                      "2|{\"into\":\"3\",\"merged\":\"2\"}|{}\n"
                      "3|" NOBODY "|{\"dashboard_name\":\"b\"}\n");
    panel_close(&panel);
}

/* A responder that still permits the labels cannot bring them back. */
static void test_stale_responder_is_refused(void **state) {
    struct panel panel;
    struct panel other;
    struct err err = {.code = ERR_NONE};
    static const struct note more = BEAT("4", 0, 60, .labels = ANN);
    (void)state;
    fill(&panel);
    panel_open(&other);
    forbid(&panel, user, false);
    assert_int_equal(panel_turn(&other, &more, 1, &err), -1);
    assert_int_equal(err.code, ERR_STALE);
    panel_close(&other);
    panel_close(&panel);
}

/* The rules follow from the settings. */
static void test_rules_follow_the_settings(void **state) {
    static const char *dropped[] = {"grafana_env", NULL};
    static const struct {
        int user_labels;
        const char *want;
        bool hashed;
    } cases[] = {{USER_LABELS_OFF, "grafana_env user_login user_name ", false},
                 {USER_LABELS_ON, "grafana_env ", false},
                 {USER_LABELS_HASH, "grafana_env user_name ", true}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config config = {
            .sessions = {.enabled = true,
                         .user_labels = cases[i].user_labels,
                         .drop_labels = {dropped, 1}}};
        const struct session_rules *rules = &config.session_rules;
        struct strbuf list = {0};
        assert_int_equal(session_families_register(&config), 0);
        assert_ptr_equal(config.registry.session_rules, rules);
        for (size_t j = 0; j < rules->forbidden_labels.count; j++)
            strbuf_printf(&list, "%s ", rules->forbidden_labels.strings[j]);
        assert_string_equal(list.data, cases[i].want);
        assert_true(rules->hashed_logins == cases[i].hashed);
        strbuf_free(&list);
        registry_free(&config.registry);
        arena_free(&config.arena);
    }
}

#define TEST(test)                                                             \
    cmocka_unit_test_setup_teardown(test, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_names_merge_into_an_existing_set),
        TEST(test_names_merge_into_one_of_several),
        TEST(test_merged_series_share_one_history),
        TEST(test_merged_series_has_earliest_birth),
        TEST(test_lost_totals_add_nothing),
        TEST(test_hashes_and_the_rest_stay),
        TEST(test_all_families_lose_the_labels),
        TEST(test_damaged_and_permitted_labels_stay),
        TEST(test_stale_responder_is_refused),
        TEST(test_rules_follow_the_settings),
    };
    return cmocka_run_group_tests_name("store_session_labels", tests, NULL,
                                       NULL);
}
