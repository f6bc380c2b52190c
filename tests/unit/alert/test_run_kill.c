/* The command is killed at each write from its decision to the end of the
 * notifications: the decision is atomic, and each start and end is notified at
 * least once. */
#include "alert_fixture.h"
#include "faulty_fixture.h"

static const char families[] =
    "{'name': 'g', 'help': 'h', 'type': 'gauge', 'labels': ["
    " {'name': 'l', 'maxValues': 9}]}";

static const char rules[] =
    "{'notify': [{'mail': ['a@b']}, {'command': ['/bin/true']}], 'alerts': ["
    "{'name': 'High', 'value': 'g', 'by': ['l'], 'above': 5, 'text': 'high'}]}";

static void set_at(struct side *side, int64_t at, const char *labels,
                   const char *value) {
    side->now = MIDNIGHT + at;
    side_push(side, "g", labels, value);
}

/* Makes an alert that will end; another one will start. */
static void make_first(void) {
    struct side side;
    struct watcher watcher;
    struct err err;
    side_open_kept(&side, families, MIDNIGHT, &alert_history);
    watcher_open(&watcher, families, rules);
    set_at(&side, 60, "{'l': 'a'}", "6");
    set_at(&side, 60, "{'l': 'b'}", "1");
    watcher_run(&watcher, side.store, MIDNIGHT + 60);
    assert_int_equal(store_alert_notice_delete(side.store, 1, &err), 0);
    assert_int_equal(store_alert_notice_delete(side.store, 2, &err), 0);
    set_at(&side, 90, "{'l': 'a'}", "1");
    set_at(&side, 90, "{'l': 'b'}", "7");
    watcher_close(&watcher);
    side_close(&side);
    copy_file("t.db", "first.db");
}

static void begin(void) {
    (void)unlink(scratch_path("told"));
    assert_true(begin_again());
}

struct notices {
    int64_t ids[8];
    char lines[8][200];
    size_t count;
};

static int take_notice(void *context, const struct alert_notice_row *row) {
    struct notices *notices = context;
    const size_t i = notices->count++;
    assert_true(i < COUNT(notices->ids));
    notices->ids[i] = row->id;
    (void)snprintf(notices->lines[i], sizeof(notices->lines[i]),
                   "%.4s %zu %s\n", row->channel, strlen(row->message),
                   strstr(row->message, "\"resolved\"") ? "both" : "one");
    return 0;
}

/* Delivers each notice as a line of the file `told`, then deletes it. */
static void deliver(struct store *store) {
    struct notices notices = {.count = 0};
    struct reader *reader;
    struct err err = {.code = ERR_NONE};
    const int file =
        open(scratch_path("told"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_true(file >= 0);
    if (reader_open(scratch_path("t.db"), &reader, &err) != 0 ||
        reader_begin(reader, &err) != 0 ||
        alert_reader_notices(reader, NULL, take_notice, &notices, &err) != 0)
        fail_msg("%s", err.message);
    reader_end(reader);
    reader_close(reader);
    for (size_t i = 0; i < notices.count; i++) {
        const char *line = notices.lines[i];
        assert_int_equal(write(file, line, strlen(line)), strlen(line));
        if (store_alert_notice_delete(store, notices.ids[i], &err) != 0)
            fail_msg("%s", err.message);
    }
    (void)close(file);
}

/* Runs like `tallyman alert`. */
static void run_once(void) {
    struct watcher watcher;
    struct store *store;
    struct err err = {.code = ERR_NONE};
    if (store_open(scratch_path("t.db"), false, &store, &err) != 0)
        fail_msg("%s", err.message);
    watcher_open(&watcher, families, rules);
    watcher_run(&watcher, store, MIDNIGHT + 120);
    deliver(store);
    watcher_close(&watcher);
    store_close(store);
}

/* Counts the deliveries to each channel. */
static void count_told(int told[2]) {
    char line[200];
    FILE *file = fopen(scratch_path("told"), "r");
    told[0] = told[1] = 0;
    while (file && fgets(line, sizeof(line), file)) {
        assert_non_null(strstr(line, "both"));
        told[strncmp(line, "comm", 4) == 0]++;
    }
    if (file)
        (void)fclose(file);
}

/* Checks that the decision is stored completely or not at all. Returns true if
 * it is stored. */
static bool check_whole(const int told[2]) {
    struct strbuf active = outsider_rows(ACTIVE);
    struct strbuf waiting = outsider_rows("SELECT count(*) FROM alert_notice");
    const bool decided =
        strcmp(active.data, "High|{\"l\":\"b\"}|1|120.0|7.0\n") == 0;
    const int left = waiting.data[0] - '0';
    if (!decided) {
        check_text("active", active.data, "High|{\"l\":\"a\"}|1|60.0|6.0\n");
        assert_int_equal(left + told[0] + told[1], 0);
    } else {
        /* The last notice may be undeleted: it is delivered again. */
        assert_in_range(left + told[0] + told[1], 2, 3);
    }
    strbuf_free(&active);
    strbuf_free(&waiting);
    return decided;
}

static void test_kills(void **state) {
    int undecided = 0;
    int decided = 0;
    int twice = 0;
    (void)state;
    make_first();
    for (int kind = KILL_BEFORE; kind <= KILL_HALF; kind++) {
        bool dead = true;
        for (fault_at = 1; dead; fault_at++) {
            int told[2];
            begin();
            fault = (enum fault)kind;
            dead = is_killed(run_once);
            fault = NONE;
            count_told(told);
            if (check_whole(told))
                decided++;
            else
                undecided++;
            run_once();
            count_told(told);
            assert_in_range(told[0], 1, 2);
            assert_in_range(told[1], 1, 2);
            assert_true(dead || told[0] + told[1] == 2);
            twice += told[0] + told[1] > 2;
            assert_rows(ACTIVE, "High|{\"l\":\"b\"}|1|120.0|7.0\n");
            assert_rows("SELECT count(*) FROM alert_notice", "0\n");
            assert_rows(SOUND, "ok|0|0\n");
        }
    }
    assert_true(undecided > 2 && decided > 4 && twice > 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        test_kills, scratch_make, scratch_clear)};
    faulty_make();
    return cmocka_run_group_tests_name("alert_run_kill", tests, NULL, NULL);
}
