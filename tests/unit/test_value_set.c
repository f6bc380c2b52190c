#include "value_set.h"

#include <stdio.h>

#include "check.h"

static void zeroed_is_empty(void **state) {
    struct value_set set = {0};
    (void)state;
    assert_int_equal(value_set_find(&set, "a", 1), VALUE_NONE);
    assert_int_equal(value_set_find(&set, "", 0), VALUE_NONE);
    value_set_truncate(&set, 0);
    value_set_free(&set);
}

static void same_text_same_index(void **state) {
    static const struct {
        const char *text;
        size_t len;
        uint32_t want;
    } cases[] = {
        {BYTES("a"), 0},  {BYTES(""), 1},         {BYTES("ab"), 2},
        {BYTES("a"), 0},  {BYTES("a\0"), 3},      {BYTES("a\0b"), 4},
        {BYTES("\0"), 5}, {BYTES("ab"), 2},       {BYTES("A"), 6},
        {BYTES(""), 1},   {BYTES("\xFF\x80"), 7}, {BYTES("a\0c"), 8},
        {"abc", 2, 2},    {BYTES("ba"), 9},       {BYTES("\xFF\x80"), 7},
    };
    struct value_set set = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_number(cases[i].text,
                     value_set_add(&set, cases[i].text, cases[i].len),
                     cases[i].want);
        const struct value_text *value = &set.values[cases[i].want];
        check_bytes("kept", value->text, value->len, cases[i].text,
                    cases[i].len);
        check_number("terminated", value->text[value->len], '\0');
    }
    assert_int_equal(set.count, 10);
    value_set_free(&set);
    assert_int_equal(set.count, 0);
}

static size_t name(char out[32], unsigned i) {
    return (size_t)snprintf(out, 32, "value%u", i * 7919);
}

enum { MANY = 5000 };

static void add_many(struct value_set *set) {
    char text[32];
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(value_set_add(set, text, name(text, i)), i);
}

static void many(void **state) {
    struct value_set set = {0};
    char text[32];
    (void)state;
    add_many(&set);
    memset(text, 'x', sizeof(text)); /* the set has copies */
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(value_set_find(&set, text, name(text, i)), i);
        assert_string_equal(set.values[i].text, text);
    }
    for (unsigned i = MANY; i < 2 * MANY; i++)
        assert_int_equal(value_set_find(&set, text, name(text, i)), VALUE_NONE);
    value_set_free(&set);
}

static void truncate_takes_the_last(void **state) {
    static const unsigned counts[] = {MANY, MANY - 1, 1234, 1, 0};
    char text[32];
    (void)state;
    for (size_t k = 0; k < COUNT(counts); k++) {
        struct value_set set = {0};
        add_many(&set);
        value_set_truncate(&set, counts[k]);
        assert_int_equal(set.count, counts[k]);
        value_set_truncate(&set, MANY); /* no more than there are */
        assert_int_equal(set.count, counts[k]);
        for (unsigned i = 0; i < MANY; i++)
            assert_int_equal(value_set_find(&set, text, name(text, i)),
                             i < counts[k] ? i : VALUE_NONE);
        assert_int_equal(value_set_add(&set, "new", 3), counts[k]);
        assert_int_equal(value_set_add(&set, "new", 3), counts[k]);
        value_set_free(&set);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_is_empty),
        cmocka_unit_test(same_text_same_index),
        cmocka_unit_test(many),
        cmocka_unit_test(truncate_takes_the_last),
    };
    return cmocka_run_group_tests_name("value_set", tests, NULL, NULL);
}
