#include "base/value_set.h"

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
        value_set_truncate(&set, MANY); /* beyond the last one */
        assert_int_equal(set.count, counts[k]);
        for (unsigned i = 0; i < MANY; i++)
            assert_int_equal(value_set_find(&set, text, name(text, i)),
                             i < counts[k] ? i : VALUE_NONE);
        assert_int_equal(value_set_add(&set, "new", 3), counts[k]);
        assert_int_equal(value_set_add(&set, "new", 3), counts[k]);
        value_set_free(&set);
    }
}

/* FNV-1a, an earlier hash of this set: an attacker who knows the hash can
 * choose texts of the same slot. */
static uint64_t known_hash(const char *text, size_t len) {
    uint64_t value = 14695981039346656037u;
    for (size_t i = 0; i < len; i++)
        value = (value ^ (unsigned char)text[i]) * 1099511628211u;
    return value ^ (value >> 32);
}

/* The maximum number of slots that a search visits. */
static size_t longest_run(const struct value_set *set) {
    size_t run = 0;
    size_t longest = 0;
    for (size_t i = 0; i < 2 * set->slot_count; i++) {
        run = set->slots[i & (set->slot_count - 1)] != 0 ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

/* Otherwise, a push of n such texts would take quadratic time. */
static void chosen_texts_are_spread(void **state) {
    enum { CHOSEN = 1000, SLOTS = 4096 };
    struct value_set set = {0};
    uint64_t random = 1;
    (void)state;
    while (set.count < CHOSEN) {
        uint64_t text = check_random(&random);
        if ((known_hash((const char *)&text, sizeof(text)) & (SLOTS - 1)) != 0)
            continue;
        value_set_add(&set, (const char *)&text, sizeof(text));
    }
    assert_true(set.slot_count <= SLOTS);
    assert_in_range(longest_run(&set), 1, 100);
    value_set_free(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_is_empty),
        cmocka_unit_test(same_text_same_index),
        cmocka_unit_test(many),
        cmocka_unit_test(truncate_takes_the_last),
        cmocka_unit_test(chosen_texts_are_spread),
    };
    return cmocka_run_group_tests_name("value_set", tests, NULL, NULL);
}
