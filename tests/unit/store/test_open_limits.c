/* Families that no file lists: their limits, and turns that fail. */
#include "store/store.h"

#include <math.h>

#include "metrics/batch_id.h"
#include "offer_fixture.h"

static const char listed[] = "{'name': 'l', 'help': 'h', 'type': 'counter'},"
                             "{'name': 'h', 'help': 'h', 'type': 'histogram', "
                             "'buckets': [1]}";

static const char *push_counter(struct side *side, const char *name,
                                const char *labels,
                                enum reject_reason *reason) {
    const struct offer offer = {name, METRIC_COUNTER, labels, .value = 1};
    return offer_push(side, &offer, 1, reason);
}

/* At the limit new families are refused and known ones accepted; a higher limit
 * helps. */
static void test_new_family_at_the_limit_is_refused(void **state) {
    struct side side;
    struct side other;
    enum reject_reason reason = REJECT_REASONS;
    static const struct offer two[] = {{"c", METRIC_COUNTER, .value = 1},
                                       {"d", METRIC_COUNTER, .value = 1}};
    static const char why[] =
        "d is new, and with 3 families that no file lists limits.families is "
        "reached; list fewer or raise the limit";
    (void)state;
    side_open(&side, listed);
    side_open(&other, listed);
    side.registry.open_families_max = 3;
    other.registry.open_families_max = 3;
    check_text("1", push_counter(&side, "a", NULL, NULL), NULL);
    check_text("2", push_counter(&other, "b", NULL, NULL), NULL);
    check_text("3 and 4", offer_push(&side, two, 2, &reason), why);
    assert_int_equal(reason, REJECT_FAMILY_LIMIT);
    check_text("3", push_counter(&other, "c", NULL, NULL), NULL);
    check_text("4", push_counter(&side, "d", NULL, NULL), why);
    check_text("known", push_counter(&side, "c", NULL, NULL), NULL);
    check_text("more of it", push_counter(&side, "c", "{'x':'1'}", NULL), NULL);
    assert_rows("SELECT name FROM family WHERE open ORDER BY name",
                "a\nb\nc\n");
    side.registry.open_families_max = 4;
    check_text("raised", push_counter(&side, "d", NULL, NULL), NULL);
    side.registry.open_families_max = 0;
    check_text("none", push_counter(&side, "e", NULL, NULL),
               "e is new, and with 4 families that no file lists "
               "limits.families is reached; list fewer or raise the limit");
    sound_close(&other);
    sound_close(&side);
}

/* At the limit new series of any responder are refused and known ones
 * accepted. */
static void test_new_series_at_the_limit_is_refused(void **state) {
    struct side a;
    struct side b;
    enum reject_reason reason = REJECT_REASONS;
    static const struct offer three[] = {
        {"a", METRIC_COUNTER, "{'x':'1'}", .value = 1},
        {"a", METRIC_COUNTER, "{'x':'2'}", .value = 1},
        {"b", METRIC_COUNTER, "{'x':'1'}", .value = 1}};
    static const char why[] =
        "the push would raise the series of families that no file lists to %d, "
        "limits.series leaves 3 for them; push fewer label sets or raise the "
        "limit";
    char want[300];
    (void)state;
    side_open(&a, listed);
    side_open(&b, listed);
    a.registry.open_series_max = 3;
    b.registry.open_series_max = 3;
    check_text("1", push_counter(&a, "a", "{'x':'0'}", NULL), NULL);
    (void)snprintf(want, sizeof(want), why, 4);
    check_text("2 to 4", offer_push(&b, three, 3, &reason), want);
    assert_int_equal(reason, REJECT_SERIES_LIMIT);
    assert_rows(OPEN_META, "open_generation|2\nopen_series|1\n");
    check_text("2 and 3", offer_push(&b, &three[1], 2, NULL), NULL);
    check_text("known", offer_push(&a, &three[1], 2, NULL), NULL);
    check_text("4", push_counter(&a, "a", "{'x':'3'}", NULL), want);
    check_text("of a new family", push_counter(&a, "c", NULL, NULL), want);
    assert_rows(TOTALS, "a|{\"x\":\"0\"}|1.0\na|{\"x\":\"2\"}|2.0\n"
                        "b|{\"x\":\"1\"}|2.0\n");
    /* A lower limit refuses new series only. */
    a.registry.open_series_max = 1;
    check_text("lower", offer_push(&a, &three[1], 2, NULL), NULL);
    assert_rows(OPEN_META, "open_generation|3\nopen_series|3\n");
    sound_close(&a);
    sound_close(&b);
}

/* The batches of one turn share the remaining series; a series of several
 * batches counts once. */
static void test_batches_of_a_turn_share_the_limit(void **state) {
    struct side side;
    struct batch batches[4] = {{.count = 0}};
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&side, listed);
    side.registry.open_series_max = 2;
    static const char *const labels[] = {"{'x':'1'}", "{'x':'1'}", "{'x':'2'}",
                                         "{'x':'3'}"};
    for (size_t i = 0; i < 4; i++)
        offer_add(&batches[i],
                  &(struct offer){"a", METRIC_COUNTER, labels[i], .value = 1});
    assert_int_equal(turn_commit(&side, batches, 4, &err), 0);
    for (size_t i = 0; i < 4; i++) {
        check_number(labels[i], batches[i].refused, i == 3);
        batch_free(&batches[i]);
    }
    assert_rows(TOTALS, "a|{\"x\":\"1\"}|2.0\na|{\"x\":\"2\"}|1.0\n");
    sound_close(&side);
}

/* Label sets of past batches are not kept in memory. */
static void test_label_sets_in_memory_are_bounded(void **state) {
    struct side side;
    (void)state;
    side_open(&side, listed);
    side.registry.open_series_max = 10;
    offer_one(&side, (struct offer){"a", METRIC_COUNTER, .value = 1});
    for (int i = 0; i < 100; i++) {
        struct batch batch = {.count = 0};
        struct err err = {.code = ERR_NONE};
        for (int j = 0; j < 12; j++) {
            char labels[20];
            (void)snprintf(labels, sizeof(labels), "{'x':'%d.%d'}", i, j);
            offer_add(&batch,
                      &(struct offer){"a", METRIC_COUNTER, labels, .value = 1});
        }
        assert_int_equal(turn_commit(&side, &batch, 1, &err), 0);
        assert_true(batch.refused);
        /* At most those of this batch and of two before it. */
        assert_in_range(batch.samples[11].family->label_sets.count, 12, 36);
        batch_free(&batch);
    }
    offer_one(&side, (struct offer){"a", METRIC_COUNTER, .value = 1});
    assert_rows(TOTALS, "a|{}|2.0\n");
    sound_close(&side);
}

/* Families that are refused repeatedly are not kept in memory, either. */
static void test_refused_families_are_not_kept_in_memory(void **state) {
    struct side side;
    (void)state;
    side_open(&side, listed);
    side.registry.open_families_max = 1;
    offer_one(&side, (struct offer){"a", METRIC_COUNTER, .value = 1});
    side.registry.open_families_max = 2;
    side.registry.open_series_max = 1;
    for (int i = 0; i < 2500; i++)
        assert_non_null(push_counter(&side, "b", NULL, NULL));
    offer_one(&side, (struct offer){"a", METRIC_COUNTER, .value = 1});
    assert_rows(TOTALS, "a|{}|2.0\n");
    assert_rows(OPEN_META, "open_generation|2\nopen_series|1\n");
    sound_close(&side);
}

/* Commits a batch whose points stand alone, which is accepted; `beside` joins
 * the second sample to the first as one point. */
static void push_alone(struct side *side, const struct offer *offers,
                       size_t count, bool beside, const char *refused) {
    struct batch batch = {.alone = true};
    struct err err = {.code = ERR_NONE};
    struct strbuf got = {0};
    for (size_t i = 0; i < count; i++)
        offer_add(&batch, &offers[i]);
    batch.samples[1].beside = beside;
    if (turn_commit(side, &batch, 1, &err) != 0)
        fail_msg("%s", err.message);
    assert_false(batch.refused);
    for (int i = 0; i < REJECT_REASONS; i++) {
        enum reject_reason reason = (enum reject_reason)i;
        if (batch.rejected[i] == 0)
            continue;
        strbuf_printf(&got, "%s %zu", reject_reason_name(reason),
                      batch.rejected[i]);
        batch_write_names(&batch, reason, &got);
        strbuf_printf(&got, ": %s\n", batch.first_rejected);
    }
    assert_string_equal(got.data ? got.data : "", refused);
    strbuf_free(&got);
    batch_free(&batch);
}

/* Only points that do not fit the stored families are left out. */
static void test_only_bad_points_are_left_out(void **state) {
    static const struct offer offers[] = {
        {"k", METRIC_COUNTER, "{'x':'0'}", .value = 1},
        {"t", METRIC_GAUGE, .value = 5},
        {"k", METRIC_COUNTER, "{'x':'1'}", .value = 1},
        {"l_total", METRIC_COUNTER, .value = 1},
        {"t", METRIC_COUNTER, .value = 1},
        {"n", METRIC_COUNTER, .value = 1},
        {"m", METRIC_COUNTER, .value = 1}};
    struct side side;
    (void)state;
    side_open(&side, listed);
    offer_one(&side, offers[0]);
    offer_one(&side, offers[1]);
    push_alone(&side, &offers[2], 3, false,
               "type_mismatch 1 (t): t: pushed as counter, but an earlier push "
               "had it as gauge\n");
    assert_rows(TOTALS, "k|{\"x\":\"0\"}|1.0\nk|{\"x\":\"1\"}|1.0\n"
                        "l_total|{}|1.0\nt|{}|5.0\n");
    side.registry.open_families_max = 4;
    push_alone(&side, &offers[4], 3, true,
               "type_mismatch 1 (t): t: pushed as counter, but an earlier push "
               "had it as gauge\n");
    push_alone(
        &side, &offers[5], 2, false,
        "family_limit 1 (n): n is new, and with 4 families that no file "
        "lists limits.families is reached; list fewer or raise the limit\n");
    side.registry.open_series_max = 5;
    push_alone(&side, &offers[2], 2, false, "");
    static const struct offer series[] = {
        {"k", METRIC_COUNTER, "{'x':'2'}", .value = 1},
        {"k", METRIC_COUNTER, "{'x':'1'}", .value = 1}};
    push_alone(
        &side, series, 2, false,
        "series_limit 1 (k): the push would raise the series of families "
        "that no file lists to 6, limits.series leaves 5 for them; push "
        "fewer label sets or raise the limit\n");
    push_alone(
        &side, series, 2, true,
        "series_limit 1 (k): the push would raise the series of families "
        "that no file lists to 6, limits.series leaves 5 for them; push "
        "fewer label sets or raise the limit\n");
    assert_rows(TOTALS, "k|{\"x\":\"0\"}|1.0\nk|{\"x\":\"1\"}|3.0\n"
                        "l_total|{}|2.0\nm|{}|2.0\nt|{}|5.0\n");
    assert_rows(OPEN_META, "open_generation|5\nopen_series|5\n");
    sound_close(&side);
}

/* Totals of a process beyond the limit are left out, too. */
static void test_totals_beyond_the_limit_are_left_out(void **state) {
    static const struct offer first = {"k", METRIC_COUNTER, "{'x':'1'}",
                                       .value = 4, .pusher = "{'i':'1'}"};
    static const struct offer then[] = {
        {"k", METRIC_COUNTER, "{'x':'1'}", .value = 7, .pusher = "{'i':'2'}"},
        {"k", METRIC_COUNTER, "{'x':'1'}", .value = 5, .pusher = "{'i':'1'}"},
        {"k", METRIC_COUNTER, "{'x':'1'}", .value = 10}};
    struct side side;
    (void)state;
    side_open(&side, listed);
    side.registry.pushers_max = 1;
    offer_one(&side, first);
    push_alone(&side, then, 3, false,
               "series_limit 1 (k): the push would raise the series of "
               "cumulative families, counted by process, to 2, must be at most "
               "limits.series, 1; push fewer or raise the limit\n");
    assert_rows(TOTALS, "k|{\"x\":\"1\"}|15.0\n");
    sound_close(&side);
}

/* Untrusted senders may use half of the limit; the rest is for programs. */
static void test_untrusted_senders_get_half(void **state) {
    static const struct offer offers[] = {
        {"k", METRIC_COUNTER, .value = 1, .pusher = "{'i':'1'}"},
        {"k", METRIC_COUNTER, .value = 1, .pusher = "{'i':'2'}"},
        {"k", METRIC_COUNTER, .value = 1, .pusher = "{'i':'3'}"}};
    struct side side;
    (void)state;
    side_open(&side, listed);
    side.registry.pushers_max = 4;
    for (size_t i = 0; i < COUNT(offers); i++) {
        struct batch batch = {.alone = true, .anybody = true};
        struct err err = {.code = ERR_NONE};
        offer_add(&batch, &offers[i]);
        assert_int_equal(turn_commit(&side, &batch, 1, &err), 0);
        assert_int_equal(batch.count, i < 2);
        if (i == 2)
            assert_string_equal(
                batch.first_rejected,
                "the push would raise the series of cumulative families, "
                "counted by process, to 3, must be at most half of "
                "limits.series, 2; push "
                "fewer or raise the limit");
        batch_free(&batch);
    }
    offer_one(&side, offers[2]);
    assert_rows(TOTALS, "k|{}|3.0\n");
    sound_close(&side);
}

static void set_id(struct batch *batch, const char *id) {
    struct err err;
    batch->has_id = true;
    assert_int_equal(batch_id_parse(id, strlen(id), batch->id, &err), 0);
}

static void test_repeated_batch_adds_no_family(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    (void)state;
    side_open(&side, listed);
    for (int i = 0; i < 2; i++) {
        struct batch batch = {.count = 0};
        offer_add(&batch, &(struct offer){i == 0 ? "a" : "b", METRIC_COUNTER,
                                          .value = 1});
        set_id(&batch, id_1);
        assert_int_equal(turn_commit(&side, &batch, 1, &err), 0);
        assert_int_equal(batch.repeated, i == 1);
        batch_free(&batch);
    }
    assert_rows(TOTALS, "a|{}|1.0\n");
    assert_rows("SELECT name FROM family WHERE open", "a\n");
    offer_one(&side, (struct offer){"b_total", METRIC_GAUGE, .value = 1});
    sound_close(&side);
}

/* A batch that is refused alone adds nothing. */
static void test_refused_batch_adds_nothing(void **state) {
    struct side side;
    struct err err = {.code = ERR_NONE};
    struct batch batches[2] = {{.count = 0}};
    static const struct offer a = {"a", METRIC_COUNTER, "{'x':'1'}",
                                   .value = 1};
    static const struct offer known = {"k", METRIC_COUNTER, "{'x':'1'}",
                                       .value = 1};
    const struct push push = {NULL, "h", "{}", "1"};
    (void)state;
    side_open(&side, listed);
    offer_one(&side, (struct offer){"k", METRIC_COUNTER, .value = 1});
    outsider_run(OUTSIDER_FILL);
    push_parse(&push, &side, &batches[0]);
    offer_add(&batches[0], &a);
    offer_add(&batches[0], &known);
    assert_int_equal(turn_commit(&side, batches, 2, &err), 0);
    assert_true(batches[0].refused);
    assert_non_null(strstr(batches[0].why.message, "constraint failed"));
    outsider_run(OUTSIDER_EMPTY);
    batch_free(&batches[0]);
    batch_free(&batches[1]);
    assert_rows(TOTALS, "k|{}|1.0\n");
    assert_rows(OPEN_META, "open_generation|2\nopen_series|1\n");
    /* The names are free: a gauge takes that of the lost counter. */
    offer_one(&side, (struct offer){"a", METRIC_GAUGE, .value = 7});
    offer_one(&side, known);
    assert_rows(TOTALS, "a|{}|7.0\nk|{\"x\":\"1\"}|1.0\nk|{}|1.0\n");
    assert_rows(OPEN_META, "open_generation|3\nopen_series|3\n");
    sound_close(&side);
}

/* Series that an outsider has deleted are inserted again, also in a family that
 * has lost all; rows that an outsider has damaged are left alone. */
static void test_deleted_series_are_inserted_again(void **state) {
    struct side a;
    struct side b;
    static const struct offer offer = {"a", METRIC_COUNTER, .value = 1};
    (void)state;
    side_open(&a, listed);
    offer_one(&a, offer);
    outsider_run("DELETE FROM series WHERE family_id IN "
                 "(SELECT id FROM family WHERE open);"
                 "UPDATE meta SET value = 0 WHERE key = 'open_series'");
    offer_one(&a, offer);
    assert_rows(TOTALS, "a|{}|1.0\n");
    offer_one(&a, (struct offer){"h1", METRIC_HISTOGRAM, .count = 1,
                                 .buckets = {1, 0}, .bounds = {1},
                                 .bound_count = 1});
    outsider_run("UPDATE family SET bounds = '[1,' WHERE name = 'h1'");
    side_open(&b, listed);
    offer_one(&b, offer);
    check_text("damaged",
               offer_push(&b,
                          &(struct offer){"h1", METRIC_HISTOGRAM, .count = 1,
                                          .buckets = {1, 0}, .bounds = {1},
                                          .bound_count = 1},
                          1, NULL),
               "h1: pushed as histogram, but a file has listed it as histogram "
               "with other bounds before, and its totals are kept; push "
               "that type, or choose another name");
    assert_rows(TOTALS, "a|{}|2.0\nh1|{}|0.0 1 [1,0]\n");
    sound_close(&a);
    sound_close(&b);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_new_family_at_the_limit_is_refused),
        TEST(test_new_series_at_the_limit_is_refused),
        TEST(test_only_bad_points_are_left_out),
        TEST(test_totals_beyond_the_limit_are_left_out),
        TEST(test_untrusted_senders_get_half),
        TEST(test_batches_of_a_turn_share_the_limit),
        TEST(test_label_sets_in_memory_are_bounded),
        TEST(test_refused_families_are_not_kept_in_memory),
        TEST(test_repeated_batch_adds_no_family),
        TEST(test_refused_batch_adds_nothing),
        TEST(test_deleted_series_are_inserted_again),
    };
    return cmocka_run_group_tests_name("store_open_limits", tests, NULL, NULL);
}
