/* The table of the responder's own families. The manual page is made of it:
 * tests/e2e/test_manual_tables.py. */
#include "endpoints/own_families.h"
#include "endpoints/telemetry.h"
#include "unit.h"

static void families_are_in_the_order_of_the_enum(void **state) {
    (void)state;
    for (int i = 0; i < OWN_FAMILIES; i++)
        assert_int_equal(own_family_of(&own_families[i]), i);
}

static void stored_families_list_the_values_of_labels(void **state) {
    struct registry registry = {0};
    (void)state;
    assert_int_equal(telemetry_register(&registry), 0);
    assert_int_equal(registry_count(&registry), OWN_STORED);
    for (size_t i = 0; i < registry_count(&registry); i++) {
        const struct family *family = registry.families[i];
        assert_int_equal(own_family_of(family), OWN_FAMILIES);
        for (size_t j = 0; j < family->label_count; j++)
            assert_true(family->labels[j].values.count > 0);
    }
    registry_free(&registry);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_are_in_the_order_of_the_enum),
        cmocka_unit_test(stored_families_list_the_values_of_labels)};
    return cmocka_run_group_tests_name("own_families", tests, NULL, NULL);
}
