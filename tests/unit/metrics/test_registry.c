#include "metrics/registry.h"

#include <stdio.h>

#include "check.h"

static struct family *add(struct registry *registry, const char *name,
                          enum metric_type type) {
    struct family *family = registry_add(registry, name, strlen(name));
    assert_non_null(family);
    family->type = type;
    return family;
}

static void zeroed_is_empty(void **state) {
    struct registry registry = {0};
    (void)state;
    assert_int_equal(registry_count(&registry), 0);
    assert_null(registry_find(&registry, "a", 1));
    registry_free(&registry);
}

static void find(void **state) {
    struct registry registry = {0};
    struct family *families[100];
    char name[32];
    (void)state;
    for (int i = 0; i < 100; i++) {
        int len = snprintf(name, sizeof(name), "family_%d", i);
        families[i] = registry_add(&registry, name, (size_t)len);
        assert_string_equal(families[i]->name, name);
        assert_string_equal(families[i]->help, "");
        assert_string_equal(families[i]->unit, "");
    }
    assert_int_equal(registry_count(&registry), 100);
    for (int i = 0; i < 100; i++) {
        int len = snprintf(name, sizeof(name), "family_%d", i);
        assert_ptr_equal(registry_find(&registry, name, (size_t)len),
                         families[i]);
        assert_ptr_equal(registry.families[i], families[i]);
    }
    assert_null(registry_find(&registry, "family_1", 7));
    assert_null(registry_find(&registry, "family_100", 10));
    registry_free(&registry);
    assert_int_equal(registry_count(&registry), 0);
}

/* Two families of a file; want is the name that collides, and want_turned the
 * one that is found first in reverse order. */
static void colliding_names_are_refused(void **state) {
    static const struct {
        const char *first;
        enum metric_type first_type;
        const char *second;
        enum metric_type second_type;
        const char *want, *want_turned;
    } cases[] = {
        {"a", METRIC_COUNTER, "b", METRIC_COUNTER, NULL, NULL},
        {"a_total", METRIC_COUNTER, "a_totals", METRIC_COUNTER, NULL, NULL},
        {"x", METRIC_HISTOGRAM, "x_count", METRIC_COUNTER, "x_count", NULL},
        {"x", METRIC_HISTOGRAM, "x_sum", METRIC_GAUGE, "x_sum", NULL},
        {"x", METRIC_HISTOGRAM, "x_bucket", METRIC_GAUGE, "x_bucket", NULL},
        {"x", METRIC_HISTOGRAM, "x_created", METRIC_GAUGE, "x_created", NULL},
        {"x", METRIC_HISTOGRAM, "x_bucket_total", METRIC_COUNTER, NULL, NULL},
        {"x", METRIC_HISTOGRAM, "x_count", METRIC_HISTOGRAM, "x_count", NULL},
        {"x", METRIC_HISTOGRAM, "x_total", METRIC_GAUGE, NULL, NULL},
        {"x", METRIC_HISTOGRAM, "x_total", METRIC_COUNTER, NULL, NULL},
        {"x", METRIC_HISTOGRAM, "x_max", METRIC_GAUGE, NULL, NULL},
        {"x_total", METRIC_COUNTER, "x", METRIC_COUNTER, NULL, NULL},
        {"x_total", METRIC_COUNTER, "x", METRIC_GAUGE, NULL, NULL},
        {"x_total", METRIC_COUNTER, "x_created", METRIC_GAUGE, NULL, NULL},
        {"x", METRIC_COUNTER, "x_total", METRIC_GAUGE, NULL, NULL},
        {"x", METRIC_COUNTER, "x_created", METRIC_GAUGE, NULL, NULL},
        {"x", METRIC_COUNTER, "x_count", METRIC_COUNTER, NULL, NULL},
        {"x_total", METRIC_COUNTER, "x_total_total", METRIC_COUNTER, NULL,
         NULL},
        {"x", METRIC_SUMMARY, "x_sum", METRIC_COUNTER, "x_sum", NULL},
        {"x", METRIC_HISTOGRAM, "x", METRIC_SUMMARY, "x", NULL},
        {"x_count", METRIC_HISTOGRAM, "x", METRIC_SUMMARY, "x_count", NULL},
        {"x", METRIC_GAUGE, "x_created", METRIC_GAUGE, NULL, NULL},
        {"x", METRIC_GAUGE, "x_total", METRIC_GAUGE, NULL, NULL},
        {"x", METRIC_GAUGE, "x_count", METRIC_GAUGE, NULL, NULL},
        {"x", METRIC_GAUGE, "X", METRIC_GAUGE, NULL, NULL},
        {"x", METRIC_SUMMARY, "x_sum", METRIC_UNTYPED, "x_sum", NULL},
        {"x", METRIC_SUMMARY, "x_count", METRIC_GAUGE, "x_count", NULL},
        {"x", METRIC_SUMMARY, "x_created", METRIC_GAUGE, "x_created", NULL},
        {"x", METRIC_SUMMARY, "x_bucket", METRIC_GAUGE, NULL, NULL},
        {"x", METRIC_SUMMARY, "x", METRIC_HISTOGRAM, "x", NULL},
        {"x", METRIC_UNTYPED, "x_total", METRIC_COUNTER, NULL, NULL},
        {"x", METRIC_UNTYPED, "x_count", METRIC_UNTYPED, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int turned = 0; turned < 2; turned++) {
            struct registry registry = {0};
            const char *name = NULL;
            struct family *first =
                add(&registry, cases[i].first, cases[i].first_type);
            struct family *second =
                add(&registry, cases[i].second, cases[i].second_type);
            const struct family *earlier = turned ? second : first;
            const struct family *later = turned ? first : second;
            assert_null(registry_claim(&registry, earlier, &name));
            const struct family *owner =
                registry_claim(&registry, later, &name);
            if (owner != (cases[i].want ? earlier : NULL))
                fail_msg("%s and %s", earlier->name, later->name);
            if (owner)
                check_text(later->name, name,
                           turned && cases[i].want_turned ? cases[i].want_turned
                                                          : cases[i].want);
            registry_free(&registry);
        }
}

/* The OpenMetrics name of a family, given another one. */
static void base_lengths(void **state) {
    static const struct {
        const char *name;
        enum metric_type type;
        const char *other;
        enum metric_type other_type;
        const char *want;
    } cases[] = {
        {"x_total", METRIC_COUNTER, "y", METRIC_GAUGE, "x"},
        {"x_total", METRIC_COUNTER, "x", METRIC_GAUGE, "x_total"},
        {"x_total", METRIC_COUNTER, "x", METRIC_COUNTER, "x_total"},
        {"x_total", METRIC_COUNTER, "x", METRIC_UNTYPED, "x_total"},
        {"x_total", METRIC_COUNTER, "x", METRIC_HISTOGRAM, "x_total"},
        {"x_total", METRIC_COUNTER, "x_created", METRIC_GAUGE, "x_total"},
        {"x_total", METRIC_COUNTER, "x_createds", METRIC_GAUGE, "x"},
        {"x_total", METRIC_COUNTER, "x_count", METRIC_GAUGE, "x"},
        {"x_count_total", METRIC_COUNTER, "x", METRIC_SUMMARY, "x_count_total"},
        {"x_count_total", METRIC_COUNTER, "x", METRIC_GAUGE, "x_count"},
        {"x_bucket_total", METRIC_COUNTER, "x", METRIC_HISTOGRAM,
         "x_bucket_total"},
        {"x_total_total", METRIC_COUNTER, "x_total", METRIC_COUNTER,
         "x_total_total"},
        {"x_total", METRIC_COUNTER, "x_total_total", METRIC_COUNTER, "x"},
        {"x_created_total", METRIC_COUNTER, "x_total", METRIC_COUNTER,
         "x_created_total"},
        {"x_created_total", METRIC_COUNTER, "y", METRIC_GAUGE,
         "x_created_total"},
        {"_created_total", METRIC_COUNTER, "y", METRIC_GAUGE, "_created"},
        {"x", METRIC_COUNTER, "x_total", METRIC_COUNTER, "x"},
        {"_total", METRIC_COUNTER, "y", METRIC_GAUGE, "_total"},
        {"x_total", METRIC_GAUGE, "y", METRIC_GAUGE, "x_total"},
        {"x_total", METRIC_HISTOGRAM, "y", METRIC_GAUGE, "x_total"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct registry registry = {0};
        const char *name;
        struct family *family = add(&registry, cases[i].name, cases[i].type);
        struct family *other =
            add(&registry, cases[i].other, cases[i].other_type);
        assert_null(registry_claim(&registry, family, &name));
        assert_null(registry_claim(&registry, other, &name));
        size_t len = family_base_length(family, &registry.claims);
        if (len != strlen(cases[i].want))
            fail_msg("%s beside %s: %.*s", cases[i].name, cases[i].other,
                     (int)len, cases[i].name);
        registry_free(&registry);
    }
}

static struct family *add_gauge(struct registry *registry, const char *name) {
    struct family *family = registry_add(registry, name, strlen(name));
    assert_non_null(family);
    family->type = METRIC_GAUGE;
    return family;
}

/* Looking up a claim does not make it. */
static void look_up_makes_no_claim(void **state) {
    struct registry registry = {0};
    const char *name = NULL;
    struct family outside = {.name = "x", .type = METRIC_SUMMARY};
    (void)state;
    assert_null(registry_find_claim(&registry, &outside, &name));
    struct family *gauge = add_gauge(&registry, "x_sum");
    assert_null(registry_find_claim(&registry, &outside, &name));
    assert_null(registry_claim(&registry, gauge, &name));
    assert_null(registry_find_claim(&registry, gauge, &name));
    assert_ptr_equal(registry_find_claim(&registry, &outside, &name), gauge);
    check_text("name", name, "x_sum");
    outside.type = METRIC_GAUGE;
    assert_null(registry_find_claim(&registry, &outside, &name));
    assert_int_equal(registry.claims.count, 1);
    registry_free(&registry);
}

/* Removed names can be added again, as another family. */
static void truncated_families_can_be_added_again(void **state) {
    struct registry registry = {0};
    const char *name = NULL;
    (void)state;
    assert_null(registry_claim(&registry, add_gauge(&registry, "a"), &name));
    size_t claims = registry.claims.count;
    for (int i = 0; i < 3; i++) {
        struct family *b = add_gauge(&registry, "b");
        b->type = METRIC_SUMMARY;
        assert_null(registry_claim(&registry, b, &name));
        assert_int_equal(value_set_add(&b->label_sets, "{}", 2), 0);
        assert_ptr_equal(registry_find(&registry, "b", 1), b);
        registry_truncate(&registry, 1, claims);
        assert_int_equal(registry_count(&registry), 1);
        assert_null(registry_find(&registry, "b", 1));
        struct family outside = {.name = "b_sum", .type = METRIC_GAUGE};
        assert_null(registry_find_claim(&registry, &outside, &name));
    }
    assert_non_null(registry_find(&registry, "a", 1));
    assert_int_equal(registry.claims.count, claims);
    registry_free(&registry);
}

static void many_claims(void **state) {
    struct registry registry = {0};
    const char *name;
    char text[32];
    (void)state;
    for (int i = 0; i < 500; i++) {
        (void)snprintf(text, sizeof(text), "h%d", i);
        assert_null(registry_claim(
            &registry, add(&registry, text, METRIC_HISTOGRAM), &name));
    }
    static const char *const suffixes[] = {"_bucket", "_sum", "_count",
                                           "_created"};
    for (int i = 0; i < 500; i++)
        for (size_t k = 0; k < COUNT(suffixes); k++) {
            (void)snprintf(text, sizeof(text), "h%d%s", i, suffixes[k]);
            const struct family *owner = registry_claim(
                &registry, add(&registry, text, METRIC_GAUGE), &name);
            assert_ptr_equal(owner, registry.families[i]);
            check_text("claimed", name, text);
        }
    registry_free(&registry);
}

/* Sizes of the labels of a family: positive: closed; negative: open, with that
 * many values besides `other`. */
struct shape {
    int sizes[4];
    size_t labels;
    bool closed;
    size_t want;
};

static const struct shape shapes[] = {
    {{0}, 0, true, 1},
    {{1}, 1, true, 1},
    {{5}, 1, true, 5},
    {{2, 3, 4}, 3, true, 24},
    {{-3}, 1, false, 4},
    {{2, -1, 3}, 3, false, 12},
    {{3, 1, 1, -2}, 4, false, 9},
    {{0, 3}, 2, true, 0},
};

/* Label l has the name "l" and the values "l.0", "l.1"... */
static struct family *add_shape(struct registry *registry,
                                const struct shape *shape) {
    static const char *const names[] = {"0", "1", "2", "3"};
    struct family *family = add(registry, "shape", METRIC_COUNTER);
    family->labels =
        arena_take(&registry->arena, shape->labels * sizeof(*family->labels));
    family->label_count = shape->labels;
    for (size_t l = 0; l < shape->labels; l++) {
        int size = shape->sizes[l];
        struct label_rule *rule = &family->labels[l];
        *rule = (struct label_rule){.name = names[l]};
        rule->max_values = size < 0 ? (size_t)-size : 0;
        for (int v = 0; v < (size < 0 ? -size + 1 : size); v++) {
            char text[16];
            int len = snprintf(text, sizeof(text), "%zu.%d", l, v);
            assert_int_equal(value_set_add(&rule->values, text, (size_t)len),
                             v);
        }
    }
    return family;
}

static void combinations(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct registry registry = {0};
        struct family *family = add_shape(&registry, &shapes[i]);
        check_number("combinations", (long long)family_combinations(family),
                     (long long)shapes[i].want);
        check_number("closed", family_closed(family), shapes[i].closed);
        registry_free(&registry);
    }
}

/* An open label counts with its maximum, independent of its seen values. */
static void open_label_counts_with_its_maximum(void **state) {
    struct label_rule rule = {.name = "page", .max_values = 50};
    (void)state;
    value_set_add(&rule.values, "other", 5);
    assert_int_equal(label_rule_size(&rule), 51);
    value_set_free(&rule.values);
}

static void too_many_combinations(void **state) {
    struct label_rule rules[4];
    struct family family = {.labels = rules, .label_count = 4};
    (void)state;
    for (size_t i = 0; i < COUNT(rules); i++)
        rules[i] = (struct label_rule){.max_values = 999999};
    assert_int_equal(family_combinations(&family), SIZE_MAX);
    family.label_count = 1;
    assert_int_equal(family_combinations(&family), 1000000);
    rules[0].max_values = 65534;
    rules[1].max_values = 65536; /* 65535 * 65537 is 2^32 - 1 */
    family.label_count = 2;
    assert_int_equal(family_combinations(&family), UINT32_MAX);
    rules[0].max_values = 65535;
    assert_int_equal(family_combinations(&family), SIZE_MAX);
}

/* Every combination of values has a unique number, which yields the labels. */
static void combination_is_one_to_one(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct registry registry = {0};
        struct family *family = add_shape(&registry, &shapes[i]);
        bool seen[100] = {false};
        for (uint64_t n = 0; n < shapes[i].want; n++) {
            struct label labels[4];
            uint32_t values[4];
            family_labels(family, n, labels);
            for (size_t l = 0; l < family->label_count; l++) {
                check_text("name", labels[l].name, family->labels[l].name);
                check_number("length", (long long)labels[l].value_len,
                             (long long)strlen(labels[l].value));
                values[l] =
                    value_set_find(&family->labels[l].values, labels[l].value,
                                   labels[l].value_len);
                assert_true(values[l] != VALUE_NONE);
            }
            uint64_t back = family_combination(family, values);
            assert_int_equal(back, n);
            assert_false(seen[back]);
            seen[back] = true;
        }
        registry_free(&registry);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_is_empty),
        cmocka_unit_test(find),
        cmocka_unit_test(colliding_names_are_refused),
        cmocka_unit_test(base_lengths),
        cmocka_unit_test(look_up_makes_no_claim),
        cmocka_unit_test(truncated_families_can_be_added_again),
        cmocka_unit_test(many_claims),
        cmocka_unit_test(combinations),
        cmocka_unit_test(open_label_counts_with_its_maximum),
        cmocka_unit_test(too_many_combinations),
        cmocka_unit_test(combination_is_one_to_one),
    };
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
