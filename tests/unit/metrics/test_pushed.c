#include "metrics/pushed.h"

#include <stdio.h>

#include "check.h"
#include "guard.h"
#include "ingest/pushed_index.h"

static struct pushed_family *add_family(struct pushed *pushed,
                                        const char *name) {
    size_t len = strlen(name);
    struct pushed_family *family =
        pushed_family(pushed, guard_place(name, len), len);
    assert_non_null(family);
    return family;
}

static void empty(void **state) {
    struct pushed pushed = {0};
    (void)state;
    assert_int_equal(pushed_count(&pushed), 0);
    assert_null(pushed_find(&pushed, "x", 1));
    pushed_reset(&pushed);
    pushed_free(&pushed);
    pushed_free(&pushed);
}

static void new_family(void **state) {
    struct pushed pushed = {0};
    (void)state;
    const struct pushed_family *family = add_family(&pushed, "up");
    assert_string_equal(family->name, "up");
    assert_int_equal(family->name_len, 2);
    assert_string_equal(family->help, "");
    assert_string_equal(family->unit, "");
    assert_int_equal(family->type, METRIC_UNTYPED);
    assert_int_equal(family->line, 0);
    assert_int_equal(family->count, 0);
    assert_ptr_equal(add_family(&pushed, "up"), family);
    assert_ptr_equal(pushed_find(&pushed, "up", 2), family);
    assert_null(pushed_find(&pushed, "up", 1));
    assert_int_equal(pushed_count(&pushed), 1);
    pushed_free(&pushed);
}

/* Elements keep their order and content. */
static void families_keep_their_order(void **state) {
    struct pushed pushed = {0};
    char name[32];
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof(name), "family_%u", i);
        add_family(&pushed, name)->line = i + 1;
    }
    assert_int_equal(pushed_count(&pushed), 1000);
    for (unsigned i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof(name), "family_%u", i);
        assert_string_equal(pushed.families[i].name, name);
        assert_int_equal(pushed.families[i].line, i + 1);
        assert_ptr_equal(pushed_find(&pushed, name, strlen(name)),
                         &pushed.families[i]);
    }
    pushed_free(&pushed);
}

static void many_series(void **state) {
    struct pushed pushed = {0};
    (void)state;
    (void)add_family(&pushed, "x");
    (void)add_family(&pushed, "y");
    for (unsigned i = 0; i < 1000; i++) {
        struct pushed_series *series =
            pushed_add(&pushed, &pushed.families[i % 2]);
        static const struct pushed_series zero;
        assert_memory_equal(series, &zero, sizeof(zero));
        series->line = i;
    }
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(pushed.families[i % 2].series[i / 2].line, i);
    assert_int_equal(pushed.families[0].count, 500);
    pushed_free(&pushed);
}

static void label_names(void **state) {
    struct pushed pushed = {0};
    (void)state;
    const char *job = pushed_label_name(&pushed, guard_place("job", 3), 3);
    const char *other = pushed_label_name(&pushed, guard_place("jo", 2), 2);
    assert_string_equal(job, "job");
    assert_string_equal(other, "jo");
    for (unsigned i = 0; i < 100; i++) {
        char name[16];
        int len = snprintf(name, sizeof(name), "l%u", i);
        assert_non_null(pushed_label_name(&pushed, name, (size_t)len));
    }
    assert_ptr_equal(pushed_label_name(&pushed, "job", 3), job);
    assert_ptr_equal(pushed_label_name(&pushed, "jobs", 2), other);
    pushed_free(&pushed);
}

static void reset(void **state) {
    struct pushed pushed = {0};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct pushed_family *family = add_family(&pushed, "x");
        assert_int_equal(family->count, 0);
        assert_int_equal(family->type, METRIC_UNTYPED);
        family->type = METRIC_COUNTER;
        assert_non_null(pushed_add(&pushed, family));
        assert_non_null(pushed_label_name(&pushed, "a", 1));
        pushed_reset(&pushed);
        assert_int_equal(pushed_count(&pushed), 0);
        assert_null(pushed_find(&pushed, "x", 1));
    }
    pushed_free(&pushed);
}

/* pushed_index */

/* Finds the series of the family with labels such as "a=1 b=2". */
static struct pushed_entry *get(struct pushed_index *index,
                                struct pushed *pushed, uint32_t family,
                                const char *text) {
    struct label labels[8];
    size_t count = 0;
    for (; *text; text += strspn(text, " ")) {
        size_t name = strcspn(text, "=");
        labels[count].name = pushed_label_name(pushed, text, name);
        labels[count].value = text + name + 1;
        labels[count].value_len = strcspn(text + name + 1, " ");
        text = labels[count].value + labels[count].value_len;
        count++;
    }
    struct pushed_entry *entry =
        pushed_index_get(index, pushed, family, labels, count);
    assert_non_null(entry);
    return entry;
}

static void index_of_series(void **state) {
    static const struct {
        uint32_t family;
        const char *labels;
        uint32_t want; /* the family's series */
    } cases[] = {
        {0, "", 0},
        {0, "a=1", 1},
        {0, "a=1", 1},
        {0, "a=2", 2},
        {0, "b=1", 3},
        {0, "a=1 b=2", 4},
        {0, "b=2 a=1", 4},
        {0, "a=2 b=1", 5},
        {0, "b=2", 6},
        {1, "a=1", 0},
        {0, "", 0},
        {1, "", 1},
        {0, "a=1 b=2 c=3", 7},
        {0, "c=3 a=1 b=2", 7},
        {0, "b=2 c=3 a=1", 7},
        {0, "a=1 b=2 c=4", 8},
        {0, "a=1 b=2 d=3", 9},
        {0, "a=12345678", 10},
        {0, "a=123456789", 11},
        {0, "a=1234567890123456", 12},
        {0, "a=12345678901234567", 13},
        {0, "a=12345678", 10},
        {0, "a=1234567890123456", 12},
        {0, "a=x b=y", 14},
        {0, "a=y b=x", 15},
    };
    struct pushed pushed = {0};
    struct pushed_index index = {0};
    (void)state;
    (void)add_family(&pushed, "x");
    (void)add_family(&pushed, "y");
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct pushed_entry *entry =
            get(&index, &pushed, cases[i].family, cases[i].labels);
        check_number(cases[i].labels, entry->series, cases[i].want);
        check_number(cases[i].labels, entry->family, cases[i].family);
    }
    assert_int_equal(pushed.families[0].count, 16);
    assert_int_equal(pushed.families[1].count, 2);
    assert_int_equal(index.count, 18);
    const struct pushed_series *series = &pushed.families[0].series[4];
    assert_int_equal(series->label_count, 2);
    assert_string_equal(series->labels[0].name, "a");
    assert_int_equal(series->line, 0);
    pushed_index_free(&index);
    pushed_free(&pushed);
}

/* Grows through every size of the table. */
static void index_grows_through_every_size(void **state) {
    struct pushed pushed = {0};
    struct pushed_index index = {0};
    static char texts[2][20000][16]; /* values are not copied */
    (void)state;
    (void)add_family(&pushed, "x");
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 20000; i++) {
            char *text = texts[round][i];
            (void)snprintf(text, sizeof(texts[0][0]), "%c=%u %c=%u",
                           "ab"[round], round ? i % 100 : i / 100, "ba"[round],
                           round ? i / 100 : i % 100);
            assert_int_equal(get(&index, &pushed, 0, text)->series, i);
        }
    assert_int_equal(index.count, 20000);
    pushed_index_free(&index);
    pushed_free(&pushed);
}

/* Pairs of words whose differences cancel in a hash that multiplies by a known
 * number: 256 values that would collide. */
static void chosen_values_have_hashes_of_their_own(void **state) {
    enum { PAIRS = 8, VALUES = 1 << PAIRS };
    struct pushed pushed = {0};
    struct pushed_index index = {0};
    static char texts[VALUES][2 + 16 * PAIRS + 1];
    (void)state;
    (void)add_family(&pushed, "x");
    for (unsigned i = 0; i < VALUES; i++) {
        memset(texts[i], 'v', sizeof(texts[i]) - 1);
        memcpy(texts[i], "a=", 2);
        for (unsigned pair = 0; pair < PAIRS; pair++)
            for (unsigned at = 7; i >> pair & 1 && at < 16; at += 4)
                texts[i][2 + 16 * pair + at] = (char)('v' ^ 0x80);
        uint64_t hash = get(&index, &pushed, 0, texts[i])->hash;
        for (unsigned other = 0; other < i; other++)
            assert_int_not_equal(index.entries[other].hash, hash);
    }
    pushed_index_free(&index);
    pushed_free(&pushed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty),
        cmocka_unit_test(new_family),
        cmocka_unit_test(families_keep_their_order),
        cmocka_unit_test(many_series),
        cmocka_unit_test(label_names),
        cmocka_unit_test(reset),
        cmocka_unit_test(index_of_series),
        cmocka_unit_test(index_grows_through_every_size),
        cmocka_unit_test(chosen_values_have_hashes_of_their_own),
    };
    return cmocka_run_group_tests_name("pushed", tests, NULL, NULL);
}
