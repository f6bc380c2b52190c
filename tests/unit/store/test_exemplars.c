/* The last exemplar of each bucket of a series: which one is kept, how a scrape
 * reads it, and when it is removed. */
#include <math.h>

#include "base/number.h"
#include "offer_fixture.h"
#include "store/reader.h"

static const char families[] =
    "{'name': 'c', 'help': 'h', 'type': 'counter', 'exemplars': true, "
    "'labels': [{'name': 'l', 'allowedValues': ['a', 'b', 'c']}]},"
    "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1, 10], "
    "'exemplars': true},"
    "{'name': 'o', 'help': 'h', 'type': 'counter', 'exemplars': true, "
    "'labels': [{'name': 'l', 'maxValues': 2}]},"
    "{'name': 'plain', 'help': 'h', 'type': 'counter'}";

#define GROUP "{'l':'a'}"

#define ROWS                                                                   \
    "SELECT name, series.labels, bucket, exemplar.labels, exemplar.value, "    \
    "time FROM exemplar JOIN series ON series.id = series_id "                 \
    "JOIN family ON family.id = family_id ORDER BY 1, 2, 3"

/* An exemplar, labels as JSON with ' for ". */
struct given {
    const char *labels;
    double value;
    double time;
};

/* A sample with its exemplars, the last of them without labels. */
struct with_exemplars {
    struct push push;
    struct given given[4];
};

static void give_exemplars(struct batch *batch, const struct given *given) {
    struct exemplar *exemplars =
        arena_take(&batch->arena, 4 * sizeof(*exemplars));
    struct sample *sample = &batch->samples[0];
    assert_non_null(exemplars);
    for (; given->labels; given++) {
        struct exemplar *one = &exemplars[sample->exemplar_count++];
        *one = (struct exemplar){.value = given->value, .time = given->time};
        one->labels = offer_text(batch, given->labels, &one->labels_len);
    }
    sample->exemplars = exemplars;
}

/* Commits all samples in one turn, to the group unless it is NULL. */
static void push_all(struct side *side, const struct with_exemplars *pushes,
                     size_t count, const char *group) {
    struct batch batches[8] = {{.count = 0}};
    struct err err = {.code = ERR_NONE};
    for (size_t i = 0; i < count; i++) {
        push_parse(&pushes[i].push, side, &batches[i]);
        give_exemplars(&batches[i], pushes[i].given);
        if (group)
            batch_give_group(&batches[i], group, side->now);
    }
    if (turn_commit(side, batches, count, &err) != 0)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < count; i++)
        batch_free(&batches[i]);
}

static void push_one(struct side *side, const char *family, const char *labels,
                     const char *values, struct given given) {
    const struct with_exemplars push = {{NULL, family, labels, values},
                                        {given}};
    push_all(side, &push, 1, NULL);
}

static int show(void *context, const struct series *series) {
    struct strbuf *out = context;
    strbuf_printf(out, "%.*s", (int)series->labels_len, series->labels);
    for (size_t i = 0; i < series->exemplar_count; i++) {
        const struct exemplar *one = &series->exemplars[i];
        char value[NUMBER_SIZE];
        char time[NUMBER_SIZE];
        (void)number_format(one->value, value);
        (void)number_format(one->time, time);
        strbuf_printf(out, " %.*s=%s@%s", (int)one->labels_len, one->labels,
                      value, time);
    }
    strbuf_add_char(out, '\n');
    return 0;
}

/* The lines that a scrape reads of the family, with births or without. */
static void assert_read(const struct side *side, const char *name,
                        const char *want) {
    static const unsigned parts[] = {SERIES_EXEMPLARS,
                                     SERIES_EXEMPLARS | SERIES_BIRTHS};
    const struct family *family =
        registry_find(&side->registry, name, strlen(name));
    struct reader *reader;
    struct err err = {.code = ERR_NONE};
    assert_int_equal(reader_open(scratch_path("t.db"), &reader, &err), 0);
    for (size_t i = 0; i < COUNT(parts); i++) {
        struct strbuf out = {0};
        assert_int_equal(reader_begin(reader, &err), 0);
        assert_int_equal(
            reader_series(reader, family, parts[i], show, &out, &err), 0);
        reader_end(reader);
        assert_string_equal(out.data, want);
        strbuf_free(&out);
    }
    reader_close(reader);
}

/* Each bucket keeps the last exemplar of a turn, and of all turns and
 * responders. */
static void test_last_exemplar_is_kept(void **state) {
    static const struct with_exemplars turn[] = {
        {{NULL, "h", "{}", "0.5,2,100"},
         {{"{'t':'1'}", 2, 1.5}, {"{'t':'2'}", 0.5, 0}, {"{'t':'3'}", 10, 3}}},
        {{NULL, "h", "{}", "11"}, {{"{'t':'4'}", 11, 4}}},
        {{NULL, "c", "{'l': 'b'}", "1"},
         {{"{'t':'5'}", 9, 0}, {"{'t':'6','u':'x'}", 7, 0}}},
        {{NULL, "c", "{'l': 'c'}", "1"}, {{NULL, 0, 0}}},
        {{NULL, "o", "{'l': '/é'}", "1"}, {{"{}", -1, 0.25}}},
        {{NULL, "plain", "{}", "1"}, {{"{'t':'7'}", 1, 1}}},
    };
    struct side sides[2];
    (void)state;
    side_open(&sides[0], families);
    side_open(&sides[1], families);
    push_all(&sides[0], turn, COUNT(turn), NULL);
    assert_rows(ROWS, "c|{\"l\":\"b\"}|0|{\"t\":\"6\",\"u\":\"x\"}|7.0|0.0\n"
                      "h|{}|0|{\"t\":\"2\"}|0.5|0.0\n"
                      "h|{}|1|{\"t\":\"3\"}|10.0|3.0\n"
                      "h|{}|2|{\"t\":\"4\"}|11.0|4.0\n"
                      "o|{\"l\":\"/é\"}|0|{}|-1.0|0.25\n");
    push_one(&sides[1], "h", "{}", "1",
             (struct given){"{'t':'8'}", 1, 1700000000.125});
    push_one(&sides[1], "c", "{'l': 'a'}", "1", (struct given){"{}", 1, 0});
    assert_read(&sides[0], "c",
                "{\"l\":\"a\"} {}=1@0\n"
                "{\"l\":\"b\"} {\"t\":\"6\",\"u\":\"x\"}=7@0\n"
                "{\"l\":\"c\"}\n");
    assert_read(&sides[0], "h",
                "{} {\"t\":\"8\"}=1@1700000000.125 {\"t\":\"3\"}=10@3 "
                "{\"t\":\"4\"}=11@4\n");
    assert_read(&sides[0], "o", "{\"l\":\"/é\"} {}=-1@0.25\n");
    assert_read(&sides[0], "plain", "{}\n");
    sound_close(&sides[1]);
    sound_close(&sides[0]);
}

/* A scrape leaves out exemplars that are too long or have no valid number or
 * label set. */
static void test_invalid_exemplars_are_left_out(void **state) {
    static const char *const labels[] = {
        "{'t':'%*s'}", /* 1 and 128 are one too many */
        "[]",          "{'b':'1','a':'2'}", "{'__a':'1'}", "{'t':\xff}", ""};
    static const double numbers[] = {NAN, INFINITY, -INFINITY};
    struct side side;
    char text[300];
    (void)state;
    side_open(&side, families);
    for (size_t i = 0; i < COUNT(labels); i++) {
        (void)snprintf(text, sizeof(text), labels[i], 128, "");
        push_one(&side, "h", "{}", "1", (struct given){text, 1, 1});
    }
    for (size_t i = 0; i < COUNT(numbers); i++) {
        push_one(&side, "h", "{}", "1", (struct given){"{}", numbers[i], 1});
        push_one(&side, "h", "{}", "1", (struct given){"{}", 1, numbers[i]});
    }
    assert_rows(ROWS, "");
    assert_rows("SELECT count FROM total WHERE count > 0", "12\n");
    /* An é, an escaped backslash and a line end are one character each. */
    (void)snprintf(text, sizeof(text), "{'t':'é\\\\\\n%*s'}", 124, "");
    push_one(&side, "h", "{}", "1", (struct given){text, 1, 1});
    assert_rows("SELECT length(labels) FROM exemplar", "137\n");
    sound_close(&side);
}

/* A file that no longer lists exemplars hides them, in all buckets. */
static void test_unlisted_exemplars_are_hidden(void **state) {
    static const char off[] =
        "{'name': 'h', 'help': 'h', 'type': 'histogram', 'buckets': [1, 10]}";
    struct side side;
    (void)state;
    side_open(&side, families);
    push_one(&side, "h", "{}", "1", (struct given){"{'t':'1'}", 1, 1});
    side_load(&side, off);
    assert_read(&side, "h", "{}\n");
    push_one(&side, "h", "{}", "1", (struct given){"{'t':'2'}", 1, 1});
    side_load(&side, families);
    assert_read(&side, "h", "{} {\"t\":\"1\"}=1@1\n");
    sound_close(&side);
}

/* One of each family in a group, one outside. */
static void fill(struct side *side) {
    static const struct with_exemplars pushes[] = {
        {{NULL, "c", "{'l': 'a'}", "1"}, {{"{'t':'1'}", 1, 1}}},
        {{NULL, "h", "{}", "2"}, {{"{'t':'2'}", 2, 1}}},
        {{NULL, "o", "{'l': 'a'}", "1"}, {{"{'t':'3'}", 1, 1}}},
    };
    push_all(side, pushes, COUNT(pushes), GROUP);
    push_one(side, "c", "{'l': 'b'}", "1", (struct given){"{'t':'4'}", 1, 1});
    push_one(side, "o", "{'l': 'b'}", "1", (struct given){"{'t':'5'}", 1, 1});
}

#define LEFT                                                                   \
    "SELECT group_concat(t) FROM (SELECT labels ->> 't' AS t FROM exemplar "   \
    "ORDER BY t)"

/* Exemplars are removed with their series, and when it restarts: by the shell,
 * a file with other bounds, lost totals, or the removal of a group. */
static void test_exemplars_go_with_their_series(void **state) {
    static const struct label label = {"l", "a", 1};
    const struct removal removal = {.labels = &label, .count = 1};
    struct batch batch = {.removal = &removal};
    struct err err = {.code = ERR_NONE};
    struct side side;
    (void)state;
    side_open(&side, families);
    fill(&side);
    group_push(&side, GROUP, "c", "{'l': 'a'}", "1");
    assert_rows(LEFT, "1,2,3,4,5\n");
    outsider_run("DELETE FROM series WHERE labels LIKE '%\"b\"%'");
    assert_rows(LEFT, "1,2,3\n");
    fill(&side);
    outsider_run("DELETE FROM total WHERE buckets NOT NULL");
    side_push(&side, "h", "{}", "1");
    assert_rows(LEFT, "1,3,4,5\n");
    fill(&side);
    assert_int_equal(turn_commit(&side, &batch, 1, &err), 0);
    assert_rows(LEFT, "2,4,5\n");
    assert_rows("SELECT name FROM series JOIN family ON family.id = family_id "
                "WHERE labels LIKE '%\"a\"%'",
                "c\n");
    side_load(&side, "{'name': 'c', 'help': 'h', 'type': 'gauge'},"
                     "{'name': 'h', 'help': 'h', 'type': 'histogram', "
                     "'buckets': [1], 'exemplars': true}");
    assert_rows(LEFT, "5\n");
    sound_close(&side);
}

/* A push that is refused alone and a turn that fails leave no exemplars; the
 * other batches of the turn keep theirs. */
static void test_refused_push_leaves_no_exemplars(void **state) {
    static const struct with_exemplars turn[] = {
        {{NULL, "c", "{'l': 'a'}", "5"}, {{"{'t':'1'}", 1, 1}}},
        {{NULL, "c", "{'l': 'b'}", "1"}, {{"{'t':'2'}", 1, 1}}},
    };
    struct side side;
    (void)state;
    side_open(&side, families);
    outsider_run("ALTER TABLE total ADD COLUMN poison INTEGER "
                 "CHECK (value < 2)");
    push_all(&side, turn, 2, NULL);
    assert_rows(LEFT, "2\n");
    outsider_run("ALTER TABLE total DROP COLUMN poison");
    push_all(&side, turn, 2, NULL);
    assert_rows(LEFT, "1,2\n");
    sound_close(&side);
}

/* An outsider has left totals without a series: the push succeeds. */
static void test_totals_without_series_fail_no_push(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    fill(&side);
    outsider_run("DROP TRIGGER series_gone; DELETE FROM exemplar;"
                 "DELETE FROM series");
    push_one(&side, "h", "{}", "2", (struct given){"{'t':'1'}", 2, 1});
    assert_rows(LEFT, "NULL\n");
    assert_rows("SELECT count FROM total WHERE buckets NOT NULL", "2\n");
    side_close(&side);
}

/* A late running total brings no exemplar; a later one does, in the bounds of
 * the family. */
static void test_late_total_brings_no_exemplar(void **state) {
    static const uint64_t counts[][3] = {{1, 1, 0}, {0, 1, 0}, {1, 1, 1}};
    static const char *const labels[] = {"{\"t\":\"1\"}", "{\"t\":\"2\"}",
                                         "{\"t\":\"3\"}"};
    struct side side;
    (void)state;
    side_open(&side, families);
    for (int i = 0; i < 3; i++) {
        const struct exemplar exemplar = {labels[i], strlen(labels[i]), 5, 1};
        struct batch batch = {.count = 0};
        struct err err = {.code = ERR_NONE};
        push_parse(&(struct push){NULL, "h", "{}", ""}, &side, &batch);
        struct sample *sample = &batch.samples[0];
        sample->pusher = offer_text(&batch, "{'i':'1'}", &sample->pusher_len);
        sample->epoch = 1;
        sample->buckets = counts[i];
        sample->count = counts[i][0] + counts[i][1] + counts[i][2];
        sample->exemplars = &exemplar;
        sample->exemplar_count = 1;
        assert_int_equal(turn_commit(&side, &batch, 1, &err), 0);
        batch_free(&batch);
        assert_rows(LEFT, i == 2 ? "3\n" : "1\n");
    }
    assert_rows(TOTALS, "h|{}|0.0 3 [1,1,1]\n");
    sound_close(&side);
}

/* A scrape skips rows that no responder has written. */
static void test_damaged_rows_are_skipped(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    fill(&side);
    outsider_run("UPDATE exemplar SET labels = '[' WHERE labels ->> 't' = '1';"
                 "INSERT INTO exemplar SELECT series_id, n.value, '{}', 5, 0 "
                 "FROM total JOIN json_each('[-1,0,2,3,9000000000]') AS n "
                 "WHERE buckets NOT NULL;"
                 "INSERT INTO exemplar SELECT id, 1, '{}', 5, 0 FROM series "
                 "WHERE family_id = (SELECT id FROM family WHERE name = 'o');"
                 "INSERT INTO exemplar VALUES (999, 0, '{}', 5, 0)");
    assert_read(&side, "c",
                "{\"l\":\"a\"}\n"
                "{\"l\":\"b\"} {\"t\":\"4\"}=1@1\n"
                "{\"l\":\"c\"}\n");
    assert_read(&side, "h", "{} {\"t\":\"2\"}=2@1\n");
    assert_read(&side, "o",
                "{\"l\":\"a\"} {\"t\":\"3\"}=1@1\n"
                "{\"l\":\"b\"} {\"t\":\"5\"}=1@1\n");
    side_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_last_exemplar_is_kept),
        TEST(test_invalid_exemplars_are_left_out),
        TEST(test_unlisted_exemplars_are_hidden),
        TEST(test_exemplars_go_with_their_series),
        TEST(test_refused_push_leaves_no_exemplars),
        TEST(test_late_total_brings_no_exemplar),
        TEST(test_totals_without_series_fail_no_push),
        TEST(test_damaged_rows_are_skipped),
    };
    return cmocka_run_group_tests_name("store_exemplars", tests, NULL, NULL);
}
