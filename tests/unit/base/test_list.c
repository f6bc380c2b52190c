#include "base/list.h"

#include <stdlib.h>

#include "check.h"

/* AddressSanitizer asks for this: an allocation above 1 MiB fails, as it does
 * when memory runs out. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1:max_allocation_size_mb=1";
}

static void grows(void **state) {
    size_t *list = NULL;
    (void)state;
    for (size_t count = 0; count < 1000; count++) {
        list = list_grow(list, count, sizeof(*list));
        assert_non_null(list);
        list[count] = count;
        assert_int_equal(list[count / 2], count / 2);
    }
    free(list);
}

static void no_memory(void **state) {
    (void)state;
    if (!ALLOCATIONS_LIMITED)
        return;
    char *list = list_grow(NULL, 0, 1000);
    assert_non_null(list);
    list[999] = 'x';
    assert_null(list_grow(list, 1024, 1000));
    assert_int_equal(list[999], 'x');
    free(list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
