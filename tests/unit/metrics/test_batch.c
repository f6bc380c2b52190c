#include "metrics/batch.h"

#include <stdio.h>

#include "base/strbuf.h"
#include "check.h"

static void reason_names(void **state) {
    static const char *const want[] = {
        "bounds_mismatch",  "dropped_family", "family_limit",
        "forbidden",        "invalid_sample", "invalid_labels",
        "invalid_value",    "label_too_long", "label_value",
        "name_collision",   "negative_value", "not_stored",
        "out_of_range",     "programs_only",  "repeated_series",
        "series_limit",     "temporality",    "too_many_observations",
        "too_many_samples", "type_mismatch",  "unknown_family",
        "unsupported_type"};
    (void)state;
    assert_int_equal(COUNT(want), REJECT_REASONS);
    for (size_t i = 0; i < COUNT(want); i++)
        check_text(want[i], reject_reason_name((enum reject_reason)i), want[i]);
}

static void add(void **state) {
    struct batch batch = {0};
    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        struct sample *sample = batch_add(&batch);
        assert_non_null(sample);
        assert_null(sample->family);
        assert_null(sample->values);
        assert_true(sample->value == 0);
        assert_ptr_equal(sample, &batch.samples[i]);
        sample->value = (double)i;
        sample->values = (uint32_t *)&batch;
    }
    assert_int_equal(batch.count, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_true(batch.samples[i].value == (double)i);
    batch_free(&batch);
    assert_int_equal(batch.count, 0);
}

static void reset(void **state) {
    struct batch batch = {0};
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(batch.count, 0);
        assert_false(batch.has_id);
        assert_false(batch.repeated);
        assert_int_equal(batch_rejected(&batch), 0);
        struct sample *sample = batch_add(&batch);
        assert_true(sample->value == 0);
        sample->value = 5;
        assert_non_null(arena_take(&batch.arena, 100000));
        batch.has_id = true;
        batch.repeated = true;
        batch.rejected[0] = 1;
        batch_reset(&batch);
    }
    batch_free(&batch);
}

static void rejected_is_a_sum(void **state) {
    struct batch batch = {0};
    (void)state;
    for (size_t i = 0; i < REJECT_REASONS; i++)
        batch.rejected[i] = (size_t)1 << i;
    assert_int_equal(batch_rejected(&batch), (1 << REJECT_REASONS) - 1);
}

static void set_values(struct label_rule *rule, const char *const *values) {
    for (; *values; values++)
        value_set_add(&rule->values, *values, strlen(*values));
}

/* browser {chrome, firefox}, page (open, `/` was seen), zone {"", a}. */
struct fixture {
    struct label_rule rules[3];
    struct family family;
};

static void fixture_init(struct fixture *fixture) {
    *fixture =
        (struct fixture){.rules = {{.name = "browser"},
                                   {.name = "page", .max_values = 3},
                                   {.name = "zone"}},
                         .family = {.name = "views_total", .label_count = 3}};
    fixture->family.labels = fixture->rules;
    set_values(&fixture->rules[0],
               (const char *const[]){"chrome", "firefox", NULL});
    set_values(&fixture->rules[1], (const char *const[]){"other", "/", NULL});
    set_values(&fixture->rules[2], (const char *const[]){"", "a", NULL});
}

static void fixture_free(struct fixture *fixture) {
    for (size_t i = 0; i < COUNT(fixture->rules); i++)
        value_set_free(&fixture->rules[i].values);
}

/* The values of a sample, such as `1 new(/about) 0`. */
static void describe(const struct sample *sample, struct strbuf *out) {
    for (size_t i = 0; i < sample->family->label_count; i++) {
        if (i > 0)
            strbuf_add_char(out, ' ');
        if (sample->values[i] != VALUE_NONE) {
            strbuf_printf(out, "%u", sample->values[i]);
            continue;
        }
        strbuf_add_string(out, "new(");
        strbuf_add(out, sample->texts[i].value, sample->texts[i].value_len);
        strbuf_add_char(out, ')');
    }
    if (sample->texts)
        strbuf_add_string(out, " texts");
}

static void set_labels(void **state) {
    static const struct {
        const char *name;
        struct label labels[4];
        size_t count;
        enum label_result result;
        const char *want;
    } cases[] = {
        {"in order",
         {{"browser", BYTES("firefox")},
          {"page", BYTES("/")},
          {"zone", BYTES("a")}},
         3,
         LABELS_OK,
         "1 1 1"},
        {"in any order",
         {{"zone", BYTES("")},
          {"browser", BYTES("chrome")},
          {"page", BYTES("other")}},
         3,
         LABELS_OK,
         "0 0 0"},
        {"in reverse order",
         {{"zone", BYTES("a")},
          {"page", BYTES("/")},
          {"browser", BYTES("chrome")}},
         3,
         LABELS_OK,
         "0 1 1"},
        {"a new value of an open label",
         {{"page", BYTES("/about")},
          {"browser", BYTES("firefox")},
          {"zone", BYTES("")}},
         3,
         LABELS_OK,
         "1 new(/about) 0 texts"},
        {"an empty new value",
         {{"page", BYTES("")},
          {"browser", BYTES("firefox")},
          {"zone", BYTES("")}},
         3,
         LABELS_OK,
         "1 new() 0 texts"},
        {"a known value with a suffix is new",
         {{"browser", BYTES("firefox")},
          {"page", BYTES("//")},
          {"zone", BYTES("")}},
         3,
         LABELS_OK,
         "1 new(//) 0 texts"},
        {"an unknown value of a closed label",
         {{"browser", BYTES("netscape")},
          {"page", BYTES("/")},
          {"zone", BYTES("a")}},
         3,
         LABELS_REFUSED,
         NULL},
        {"the value of another label",
         {{"browser", BYTES("a")},
          {"page", BYTES("/")},
          {"zone", BYTES("chrome")}},
         3,
         LABELS_REFUSED,
         NULL},
        {"a prefix of a value",
         {{"browser", BYTES("chrom")},
          {"page", BYTES("/")},
          {"zone", BYTES("a")}},
         3,
         LABELS_REFUSED,
         NULL},
        {"a NUL after a value",
         {{"browser", BYTES("chrome\0")},
          {"page", BYTES("/")},
          {"zone", BYTES("a")}},
         3,
         LABELS_REFUSED,
         NULL},
        {"none", {{0}}, 0, LABELS_WRONG, NULL},
        {"one too few",
         {{"browser", BYTES("chrome")}, {"page", BYTES("/")}},
         2,
         LABELS_WRONG,
         NULL},
        {"one too many",
         {{"browser", BYTES("chrome")},
          {"page", BYTES("/")},
          {"zone", BYTES("a")},
          {"x", BYTES("a")}},
         4,
         LABELS_WRONG,
         NULL},
        {"a label of another name",
         {{"browser", BYTES("chrome")},
          {"page", BYTES("/")},
          {"zones", BYTES("a")}},
         3,
         LABELS_WRONG,
         NULL},
        {"one repeated, one missing",
         {{"browser", BYTES("chrome")},
          {"page", BYTES("/")},
          {"page", BYTES("/")}},
         3,
         LABELS_WRONG,
         NULL},
    };
    struct fixture fixture;
    (void)state;
    fixture_init(&fixture);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct batch batch = {0};
        struct strbuf out = {0};
        struct sample *sample = batch_add(&batch);
        sample->family = &fixture.family;
        check_number(
            cases[i].name,
            batch_set_labels(&batch, sample, cases[i].labels, cases[i].count),
            cases[i].result);
        if (cases[i].result == LABELS_OK) {
            describe(sample, &out);
            check_text(cases[i].name, out.data, cases[i].want);
        }
        strbuf_free(&out);
        batch_free(&batch);
    }
    fixture_free(&fixture);
}

static void no_labels(void **state) {
    struct family family = {.name = "a"};
    struct batch batch = {0};
    struct label label = {"a", BYTES("1")};
    struct sample *sample = batch_add(&batch);
    (void)state;
    sample->family = &family;
    assert_int_equal(batch_set_labels(&batch, sample, NULL, 0), LABELS_OK);
    assert_null(sample->texts);
    assert_int_equal(batch_set_labels(&batch, sample, &label, 1), LABELS_WRONG);
    batch_free(&batch);
}

/* The store reads the batch after the pushed text is freed. */
static void new_values_are_copied(void **state) {
    struct fixture fixture;
    struct batch batch = {0};
    char page[] = "/about";
    struct label labels[] = {
        {"browser", BYTES("chrome")}, {"page", page, 6}, {"zone", BYTES("")}};
    (void)state;
    fixture_init(&fixture);
    struct sample *sample = batch_add(&batch);
    sample->family = &fixture.family;
    assert_int_equal(batch_set_labels(&batch, sample, labels, 3), LABELS_OK);
    memset(page, 'x', sizeof(page));
    assert_string_equal(sample->texts[1].value, "/about");
    assert_int_equal(sample->texts[1].value_len, 6);
    batch_free(&batch);
    fixture_free(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reason_names),
        cmocka_unit_test(add),
        cmocka_unit_test(reset),
        cmocka_unit_test(rejected_is_a_sum),
        cmocka_unit_test(set_labels),
        cmocka_unit_test(no_labels),
        cmocka_unit_test(new_values_are_copied),
    };
    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
