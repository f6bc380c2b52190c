/* The database file: created, migrated or refused; and the families in it. */
#include "store/schema.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "base/file.h"
#include "sql.h"
#include "store_fixture.h"

/* The schema without the objects of SQLite itself. */
#define SCHEMA                                                                 \
    "SELECT type, name, sql FROM sqlite_schema "                               \
    "WHERE name NOT LIKE 'sqlite_%' ORDER BY name"

static void open_and_close(void) {
    struct store *store;
    struct err err = {.code = ERR_NONE};
    if (store_open(scratch_path("t.db"), false, &store, &err) != 0)
        fail_msg("%s", err.message);
    store_close(store);
}

static int mode_of(const char *name) {
    struct stat st;
    return stat(scratch_path(name), &st) == 0 ? (int)(st.st_mode & 07777) : -1;
}

static void test_fresh(void **state) {
    struct side side;
    mode_t mask = umask(0);
    (void)state;
    side_open(&side, "{'name': 'a', 'help': 'h', 'type': 'counter'}");
    (void)umask(mask);
    assert_int_equal(mode_of("t.db"), 0600);
    assert_int_equal(mode_of("t.db-wal"), 0600);
    assert_int_equal(mode_of("t.db-shm"), 0600);
    assert_int_equal(mode_of("t.db-lock"), 0600);
    side_close(&side);
    assert_rows("PRAGMA journal_mode", "wal\n");
    assert_rows("PRAGMA application_id", "1415670905\n");
    assert_int_equal(0x54616C79, 1415670905); /* Taly */
    assert_rows("PRAGMA user_version", "14\n");
    assert_int_equal(SQL_VERSION, 14);
    assert_rows("PRAGMA integrity_check", "ok\n");
    assert_rows("SELECT type, name FROM sqlite_schema "
                "WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name",
                "index|push_key_seen_at\n"
                "index|pusher_seen_at\nindex|series_group_id\n"
                "index|session_open\n"
                "index|session_over\n"
                "table|alert\ntable|alert_notice\ntable|alert_rule\n"
                "table|batch\ntable|exemplar\ntable|family\n"
                "table|history_day\ntable|history_due\ntable|history_hour\n"
                "table|history_mark\ntable|history_step\n"
                "table|meta\ntable|origin\n"
                "table|push_group\ntable|push_key\ntable|pusher\n"
                "table|series\ntable|session\ntable|session_label_set\n"
                "table|session_time\ntable|session_variable_value\n"
                "table|sql_query\ntable|total\ntrigger|series_gone\n"
                "view|alert_list\nview|counter_by_day\nview|counter_by_hour\n"
                "view|counter_totals\nview|family_summary\n"
                "view|gauge_values\nview|histogram_buckets\n"
                "view|histogram_buckets_by_day\nview|histogram_by_day\n"
                "view|histogram_growth_by_day\n"
                "view|histogram_quantiles\nview|history_unwritten\n"
                "view|session_list\nview|sql_query_list\n"
                "view|summary_means\n");
    assert_rows("SELECT * FROM meta WHERE key <> 'identity'",
                "generation|1\ngroups|0\nhistory_ahead|0\n"
                "history_bytes|0\nhistory_clock|0\nhistory_counted|0\n"
                "history_day_since|0\nhistory_hour_since|0\n"
                "history_next|0\nhistory_since|0\n"
                "history_step_since|0\nopen_generation|1\n"
                "open_series|0\npushers|0\n");
}

static void test_again(void **state) {
    (void)state;
    open_and_close();
    struct strbuf before = outsider_rows(SCHEMA);
    outsider_run("INSERT INTO meta VALUES ('mark', 1)");
    open_and_close();
    assert_rows(SCHEMA, before.data);
    assert_rows("SELECT * FROM meta WHERE key <> 'identity'",
                "generation|1\ngroups|0\nhistory_ahead|0\n"
                "history_bytes|0\nhistory_clock|0\nhistory_counted|0\n"
                "history_day_since|0\nhistory_hour_since|0\n"
                "history_next|0\nhistory_since|0\n"
                "history_step_since|0\nmark|1\nopen_generation|1\n"
                "open_series|0\npushers|0\n");
    strbuf_free(&before);
}

struct refusal {
    const char *name;
    const char *sql;   /* creates the file, or: */
    const char *bytes; /* content of the file */
    enum err_code code;
    const char *message; /* after the path */
};

static const struct refusal refusals[] = {
    {"newer",
     "PRAGMA application_id = 0x54616C79; PRAGMA user_version = 15;"
     "CREATE TABLE a (b)",
     NULL, ERR_VALUE,
     " has schema version 15, this program supports 14; run the newer Tallyman "
     "that wrote it"},
    {"newer without tables",
     "PRAGMA application_id = 0x54616C79; PRAGMA user_version = 15", NULL,
     ERR_VALUE,
     " has schema version 15, this program supports 14; run the newer Tallyman "
     "that wrote it"},
    {"below zero",
     "PRAGMA application_id = 0x54616C79; PRAGMA user_version = -1", NULL,
     ERR_VALUE,
     " has schema version -1, which no released Tallyman has written"},
    {"no version", "PRAGMA application_id = 0x54616C79; CREATE TABLE a (b)",
     NULL, ERR_VALUE,
     " has schema version 0, which no released Tallyman has written"},
    {"other program", "CREATE TABLE a (b)", NULL, ERR_VALUE,
     " belongs to another program; set `database` to a file of its own"},
    {"other program with an id",
     "PRAGMA application_id = 1; CREATE TABLE a (b)", NULL, ERR_VALUE,
     " belongs to another program; set `database` to a file of its own"},
    {"other program with a version",
     "PRAGMA user_version = 2; CREATE TABLE a (b)", NULL, ERR_VALUE,
     " belongs to another program; set `database` to a file of its own"},
    {"other program without tables", "PRAGMA user_version = 2", NULL, ERR_VALUE,
     " belongs to another program; set `database` to a file of its own"},
    {"only the id of another program", "PRAGMA application_id = 1", NULL,
     ERR_VALUE,
     " belongs to another program; set `database` to a file of its own"},
    {"garbage", NULL,
     "This is not a database, but a text that is longer than the header of "
     "one, which has 100 bytes: it goes on for a while.",
     ERR_CORRUPT, ": file is not a database"},
    {"short garbage", NULL, "text", ERR_CORRUPT, ": file is not a database"},
};

static struct strbuf read_database(void) {
    struct strbuf text = {0};
    struct err err;
    assert_int_equal(file_read(scratch_path("t.db"), 1 << 20, &text, &err), 0);
    return text;
}

static void test_refused(void **state) {
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *refusal = &refusals[i];
        struct store *store;
        struct err err = {.code = ERR_NONE};
        char want[500];
        if (refusal->sql)
            outsider_run(refusal->sql);
        else
            scratch_write("t.db", refusal->bytes);
        struct strbuf before = read_database();
        if (store_open(scratch_path("t.db"), false, &store, &err) != -1)
            fail_msg("%s: not refused", refusal->name);
        (void)snprintf(want, sizeof(want), "database %s%s",
                       scratch_path("t.db"), refusal->message);
        assert_string_equal(err.message, want);
        assert_int_equal(err.code, refusal->code);
        assert_null(store);
        /* The file is unchanged. */
        struct strbuf after = read_database();
        assert_int_equal(after.len, before.len);
        assert_memory_equal(after.data, before.data, before.len);
        strbuf_free(&before);
        strbuf_free(&after);
        assert_int_equal(scratch_clear(state), 0);
        assert_int_equal(scratch_make(state), 0);
    }
}

static void test_no_directory(void **state) {
    struct store *store;
    struct err err = {.code = ERR_NONE};
    char want[500];
    (void)state;
    assert_int_equal(store_open(scratch_path("no/t.db"), false, &store, &err),
                     -1);
    assert_null(store);
    (void)snprintf(want, sizeof(want),
                   "database %s: its directory is missing; make it, for the "
                   "user of the responders: install -d -m 700 -o USER %s",
                   scratch_path("no/t.db"), scratch_path("no/"));
    assert_string_equal(err.message, want);
    assert_int_equal(err.code, ERR_IO);
}

/* Opening the database a second time must not drop the locks that SQLite holds
 * on it in the same process (sqlite.org/howtocorrupt.html, 2.2): another
 * process would find it unused and remove the WAL file. */
static void test_second_open_keeps_the_locks(void **state) {
    struct side side;
    (void)state;
    side_open(&side, "{'name': 'a', 'help': 'h', 'type': 'counter'}");
    open_and_close();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        /* SQLite's shared lock is on these bytes. */
        struct flock lock = {.l_type = F_WRLCK,
                             .l_whence = SEEK_SET,
                             .l_start = 0x40000002,
                             .l_len = 510};
        int fd = open(scratch_path("t.db"), O_RDWR);
        _exit(fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 &&
                      lock.l_type == F_RDLCK
                  ? 0
                  : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    side_close(&side);
}

static const char zero_families[] =
    "{'name': 'c_total', 'help': 'counts', 'type': 'counter', 'labels': ["
    " {'name': 'z', 'allowedValues': ['1', 'q\\u0022']},"
    " {'name': 'a', 'allowedValues': ['', '\\u00e9']}]},"
    "{'name': 'g_bytes', 'help': 'g', 'type': 'gauge', 'unit': 'bytes'},"
    "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [0.1, 1, 1e6],"
    " 'labels': [{'name': 'l', 'allowedValues': ['v']}]},"
    "{'name': 'open', 'help': 'o', 'type': 'counter', 'labels': ["
    " {'name': 'l', 'maxValues': 5}]}";

static void test_zeros(void **state) {
    struct side side;
    static const char want[] =
        "c_total|{\"a\":\"\",\"z\":\"1\"}|0.0|0.0|0|NULL|1700000000|"
        "1700000000\n"
        "c_total|{\"a\":\"\",\"z\":\"q\\\"\"}|0.0|0.0|0|NULL|1700000000|"
        "1700000000\n"
        "c_total|{\"a\":\"é\",\"z\":\"1\"}|0.0|0.0|0|NULL|1700000000|"
        "1700000000\n"
        "c_total|{\"a\":\"é\",\"z\":\"q\\\"\"}|0.0|0.0|0|NULL|1700000000|"
        "1700000000\n"
        "g_bytes|{}|0.0|0.0|0|NULL|1700000000|1700000000\n"
        "h|{\"l\":\"v\"}|0.0|0.0|0|[0,0,0,0]|1700000000|1700000000\n";
    (void)state;
    side_open(&side, zero_families);
    assert_rows(ALL_SERIES, want);
    assert_rows("SELECT name, type, help, unit, bounds FROM family ORDER BY id",
                "c_total|counter|counts||NULL\n"
                "g_bytes|gauge|g|bytes|NULL\n"
                "h|histogram|h||[0.1,1,1000000]\n"
                "open|counter|o||NULL\n");
    /* A second load changes nothing. */
    side.now = NOW + 60;
    side_load(&side, zero_families);
    assert_null(side.notes.data);
    assert_rows(ALL_SERIES, want);
    side_close(&side);
}

/* A new permitted value gets its zero; the totals stay. */
static void test_new_value_gets_its_zero(void **state) {
    struct side side;
    (void)state;
    side_open(&side, "{'name': 'c', 'help': 'h', 'type': 'counter', 'labels': "
                     "[{'name': 'l', 'allowedValues': ['b', 'gone']}]}");
    side_push(&side, "c", "{'l': 'b'}", "5");
    side_push(&side, "c", "{'l': 'gone'}", "3");
    side.now = NOW + 60;
    side_load(&side, "{'name': 'c', 'help': 'H', 'type': 'counter', 'labels': "
                     "[{'name': 'l', 'allowedValues': ['a', 'b']}]}");
    side_push(&side, "c", "{'l': 'b'}", "1");
    side_push(&side, "c", "{'l': 'a'}", "1");
    assert_null(side.notes.data);
    assert_rows(ALL_SERIES,
                "c|{\"l\":\"a\"}|1.0|0.0|0|NULL|1700000060|1700000060\n"
                "c|{\"l\":\"b\"}|6.0|0.0|0|NULL|1700000000|1700000060\n"
                "c|{\"l\":\"gone\"}|3.0|0.0|0|NULL|1700000000|1700000000\n");
    assert_rows("SELECT help FROM family", "H\n");
    assert_rows("SELECT value FROM meta WHERE key = 'generation'", "1\n");
    side_close(&side);
}

/* Labels that differ only in where a name ends are distinct. */
static void test_similar_labels_are_distinct(void **state) {
    static const char *const families[] = {
        "{'name': 'c', 'help': 'h', 'type': 'counter', 'labels': "
        "[{'name': 'a', 'allowedValues': ['bc', 'd']}]}",
        "{'name': 'c', 'help': 'h', 'type': 'counter', 'labels': "
        "[{'name': 'ab', 'allowedValues': ['c', 'd']}]}",
        "{'name': 'c', 'help': 'h', 'type': 'counter', 'labels': "
        "[{'name': 'a', 'allowedValues': ['bcd']}]}",
        "{'name': 'c', 'help': 'h', 'type': 'counter'}"};
    struct side side;
    (void)state;
    side_open(&side, families[0]);
    for (size_t i = 1; i < 4; i++)
        side_load(&side, families[i]);
    side_close(&side);
    assert_rows("SELECT labels FROM series ORDER BY id",
                "{\"a\":\"bc\"}\n{\"a\":\"d\"}\n{\"ab\":\"c\"}\n"
                "{\"ab\":\"d\"}\n{\"a\":\"bcd\"}\n{}\n");
}

static const char changed[] = "the type or the bounds of %s have changed: the "
                              "family starts again at zero\n";

/* A redefined family restarts, with a new birth and a log message; another
 * responder with the old definition is refused as stale. */
static void test_redefined_family_restarts(void **state) {
    struct side a;
    struct side b;
    char note[200];
    struct err err = {.code = ERR_NONE};
    static const struct push old = {NULL, "h", "{}", "1"};
    static const char families[] =
        "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1, 2]},"
        "{'name': 'c', 'help': 'h', 'type': 'counter'}";
    (void)state;
    side_open(&a, families);
    side_open(&b, families);
    side_push(&a, "h", "{}", "1,2,3");
    side_push(&b, "h", "{}", "1");
    side_push(&b, "c", "{}", "1");
    a.now = b.now = NOW + 60;
    side_load(&a,
              "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1]},"
              "{'name': 'c', 'help': 'h', 'type': 'counter'}");
    (void)snprintf(note, sizeof(note), changed, "h");
    assert_string_equal(a.notes.data, note);
    static const char want[] = "c|{}|1.0|0.0|0|NULL|1700000000|1700000000\n"
                               "h|{}|0.0|0.0|0|[0,0]|1700000060|1700000060\n";
    assert_rows(ALL_SERIES, want);
    assert_rows("SELECT name, bounds FROM family ORDER BY name",
                "c|NULL\nh|[1]\n");
    assert_int_equal(side_turn(&b, &old, 1, NULL, &err), -1);
    assert_int_equal(err.code, ERR_STALE);
    assert_string_equal(err.message,
                        "another responder has loaded a newer configuration");
    assert_rows(ALL_SERIES, want);
    side_load(&b,
              "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1]},"
              "{'name': 'c', 'help': 'h', 'type': 'counter'}");
    assert_null(b.notes.data);
    side_push(&b, "h", "{}", "1,2");
    side_push(&a, "h", "{}", "2");
    assert_rows(TOTALS, "c|{}|1.0\nh|{}|5.0 3 [1,2]\n");
    assert_rows(SOUND, "ok|0|0\n");
    side_close(&a);
    side_close(&b);
}

static void test_type(void **state) {
    struct side side;
    char note[200];
    (void)state;
    side_open(&side, "{'name': 'x', 'help': 'h', 'type': 'counter'}");
    side_push(&side, "x", "{}", "5");
    side_load(&side, "{'name': 'x', 'help': 'h', 'type': 'histogram', "
                     "'buckets': [1]}");
    (void)snprintf(note, sizeof(note), changed, "x");
    assert_string_equal(side.notes.data, note);
    side_push(&side, "x", "{}", "5");
    assert_rows(TOTALS, "x|{}|5.0 1 [0,1]\n");
    side_load(&side, "{'name': 'x', 'help': 'h', 'type': 'gauge'}");
    assert_string_equal(side.notes.data, note);
    side_push(&side, "x", "{}", "7");
    assert_rows(ALL_SERIES, "x|{}|7.0|0.0|1|NULL|1700000000|1700000000\n");
    assert_rows("SELECT type, bounds FROM family", "gauge|NULL\n");
    assert_rows("SELECT value FROM meta WHERE key = 'generation'", "3\n");
    assert_rows(SOUND, "ok|0|0\n");
    side_close(&side);
}

/* A family that leaves the configuration keeps its total until it returns. */
static void test_unlisted_family_keeps_its_total(void **state) {
    struct side side;
    (void)state;
    side_open(&side, "{'name': 'x', 'help': 'h', 'type': 'counter'},"
                     "{'name': 'y', 'help': 'h', 'type': 'counter'}");
    side_push(&side, "x", "{}", "5");
    side_load(&side, "{'name': 'y', 'help': 'h', 'type': 'counter'}");
    assert_null(side.notes.data);
    side_push(&side, "y", "{}", "1");
    assert_rows(TOTALS, "x|{}|5.0\ny|{}|1.0\n");
    side_load(&side, "{'name': 'x', 'help': 'h', 'type': 'counter'}");
    side_push(&side, "x", "{}", "1");
    assert_rows(TOTALS, "x|{}|6.0\ny|{}|1.0\n");
    side_close(&side);
}

/* A failed load leaves the database and the current registry unchanged. */
static void test_failed_load_changes_nothing(void **state) {
    struct side side;
    struct registry registry = {.room = 0};
    struct strbuf notes = {0};
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&side, "{'name': 'x', 'help': 'h', 'type': 'counter'}");
    side_push(&side, "x", "{}", "5");
    outsider_run("CREATE TRIGGER no BEFORE INSERT ON family BEGIN "
                 "SELECT RAISE(FAIL, 'no'); END");
    outsider_run("DELETE FROM meta");
    fill_registry(&registry, "{'name': 'x', 'help': 'h', 'type': 'gauge'},"
                             "{'name': 'y', 'help': 'h', 'type': 'gauge'}");
    assert_int_equal(store_load(side.store, &registry, NOW, &notes, &err), -1);
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_string_equal(err.message,
                        "database: the row `generation` of meta is missing");
    assert_rows("SELECT name, type FROM family", "x|counter\n");
    assert_rows(TOTALS, "x|{}|5.0\n");
    outsider_run("INSERT INTO meta VALUES ('generation', 1)");
    side_push(&side, "x", "{}", "1");
    assert_rows(TOTALS, "x|{}|6.0\n");
    registry_free(&registry);
    strbuf_free(&notes);
    side_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_fresh),
        TEST(test_again),
        TEST(test_refused),
        TEST(test_no_directory),
        TEST(test_second_open_keeps_the_locks),
        TEST(test_zeros),
        TEST(test_new_value_gets_its_zero),
        TEST(test_similar_labels_are_distinct),
        TEST(test_redefined_family_restarts),
        TEST(test_type),
        TEST(test_unlisted_family_keeps_its_total),
        TEST(test_failed_load_changes_nothing),
    };
    return cmocka_run_group_tests_name("store_schema", tests, NULL, NULL);
}
