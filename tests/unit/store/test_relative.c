/* Values that are added to a gauge, such as +4 in statsd. */
#include <math.h>

#include "offer_fixture.h"

static const char families[] =
    "{'name': 'last', 'help': 'h', 'type': 'gauge'},"
    "{'name': 'sum', 'help': 'h', 'type': 'gauge', 'gauge': 'sum'},"
    "{'name': 'from_0_to_10', 'help': 'h', 'type': 'gauge', 'min': 0, "
    "'max': 10},"
    "{'name': 'from_2', 'help': 'h', 'type': 'gauge', 'min': 2}";

enum { STEPS = 5 };

struct step {
    bool relative;
    double value;
    const char *after;
};

#define SET(value, after)                                                      \
    { false, value, after }
#define ADD(value, after)                                                      \
    { true, value, after }

static const struct gauge {
    const char *family;
    struct step steps[STEPS];
} gauges[] = {
    /* A gauge without a value starts at 0. */
    {"last",
     {ADD(4, "4.0"), ADD(-6.5, "-2.5"), SET(10, "10.0"), ADD(1, "11.0"),
      ADD(-11, "0.0")}},
    {"last",
     {SET(7, "7.0"), SET(NAN, "NULL"), ADD(4, "4.0"), SET(NAN, "NULL"),
      ADD(-4, "-4.0")}},
    {"last",
     {ADD(1e100, "1.0e+100"), ADD(1e100, "1.0e+100"), ADD(-1e100, "0.0"),
      SET(INFINITY, "Inf"), ADD(-1, "1.0e+100")}},
    {"last",
     {SET(-INFINITY, "-Inf"), ADD(1, "-1.0e+100"), SET(3, "3.0"), SET(4, "4.0"),
      ADD(-1, "3.0")}},
    {"sum",
     {ADD(4, "4.0"), SET(3, "7.0"), ADD(-6, "1.0"), SET(NAN, "1.0"),
      ADD(1e100, "1.0e+100")}},
    {"sum",
     {SET(NAN, "NULL"), ADD(-4, "-4.0"), ADD(4, "0.0"), ADD(0, "0.0"),
      SET(1, "1.0")}},
    /* The values stay in the range of the family. */
    {"from_0_to_10",
     {ADD(-1, "0.0"), ADD(4, "4.0"), ADD(100, "10.0"), ADD(-3, "7.0"),
      ADD(-8, "0.0")}},
    {"from_2",
     {ADD(1, "2.0"), SET(5, "5.0"), ADD(-4, "2.0"), ADD(1e300, "1.0e+100"),
      SET(2, "2.0")}},
};

#define VALUE "SELECT value, count FROM total WHERE count > 0"

static void add_step(const struct side *side, struct batch *batch,
                     const struct gauge *gauge, size_t step) {
    static uint32_t value = 0;
    struct sample *sample = batch_add(batch);
    assert_non_null(sample);
    sample->family =
        registry_find(&side->registry, gauge->family, strlen(gauge->family));
    sample->values = &value;
    sample->value = gauge->steps[step].value;
    sample->relative = gauge->steps[step].relative;
}

/* Commits steps[from..to) in one turn. */
static void push_steps(struct side *side, const struct gauge *gauge,
                       size_t from, size_t to) {
    struct batch batches[STEPS] = {{.count = 0}};
    struct err err = {.code = ERR_NONE};
    char want[100];
    for (size_t i = from; i < to; i++)
        add_step(side, &batches[i - from], gauge, i);
    if (turn_commit(side, batches, to - from, &err) != 0)
        fail_msg("%s", err.message);
    for (size_t i = from; i < to; i++)
        batch_free(&batches[i - from]);
    (void)snprintf(want, sizeof(want), "%s|%zu\n", gauge->steps[to - 1].after,
                   to);
    assert_rows(VALUE, want);
}

/* The result depends only on the order of the steps, not on turns and
 * responders. Gauges that reach an end of their range are left out: a fold does
 * not know the stored value. */
static void test_turns_and_responders_do_not_matter(void **state) {
    struct side sides[2];
    (void)state;
    side_open(&sides[0], families);
    side_open(&sides[1], families);
    for (size_t i = 0; i < COUNT(gauges); i++) {
        const bool ends = i == 2 || i >= 6;
        for (size_t turn = 1; turn <= (ends ? 1 : STEPS); turn++) {
            outsider_run("UPDATE total SET value = 0, count = 0");
            for (size_t at = 0; at < STEPS; at += turn)
                push_steps(&sides[at % 2], &gauges[i], at,
                           at + turn < STEPS ? at + turn : STEPS);
        }
    }
    sound_close(&sides[1]);
    sound_close(&sides[0]);
}

/* Within a turn the range is applied after each set value and at the end. */
static void test_range_is_applied_in_a_turn(void **state) {
    static const struct gauge turns[] = {
        {"from_0_to_10",
         {SET(9, NULL), ADD(4, NULL), ADD(-1, NULL), ADD(-20, NULL),
          ADD(3, "3.0")}},
        {"from_0_to_10",
         {ADD(-1, NULL), ADD(20, NULL), ADD(-5, NULL), ADD(0, NULL),
          ADD(-20, "0.0")}},
        {"from_0_to_10",
         {ADD(50, NULL), ADD(-20, NULL), ADD(5, NULL), ADD(0, NULL),
          ADD(0, "10.0")}},
    };
    struct side side;
    (void)state;
    side_open(&side, families);
    for (size_t i = 0; i < COUNT(turns); i++) {
        outsider_run("UPDATE total SET value = 0, count = 0");
        push_steps(&side, &turns[i], 0, STEPS);
    }
    sound_close(&side);
}

/* A family that no file lists. */
static void test_relative_value_of_an_open_family(void **state) {
    struct side side;
    (void)state;
    side_open(&side, families);
    for (int i = 0; i < 3; i++) {
        struct batch batch = {.count = 0};
        struct err err = {.code = ERR_NONE};
        offer_add(&batch,
                  &(struct offer){"x", i == 2 ? METRIC_UNTYPED : METRIC_GAUGE,
                                  .value = 4});
        batch.samples[0].relative = true;
        assert_int_equal(turn_commit(&side, &batch, 1, &err), 0);
        assert_false(batch.refused);
        batch_free(&batch);
    }
    assert_rows(VALUE, "12.0|3\n");
    sound_close(&side);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_turns_and_responders_do_not_matter),
        TEST(test_range_is_applied_in_a_turn),
        TEST(test_relative_value_of_an_open_family),
    };
    return cmocka_run_group_tests_name("store_relative", tests, NULL, NULL);
}
