#include "base/strbuf.h"

#include "check.h"

/* AddressSanitizer asks for this: an allocation above 1 MiB fails, as it does
 * when memory runs out. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1:max_allocation_size_mb=1";
}

static void zeroed_is_empty(void **state) {
    struct strbuf buf = {0};
    (void)state;
    strbuf_reset(&buf);
    strbuf_add(&buf, NULL, 0);
    assert_int_equal(buf.len, 0);
    assert_string_equal(buf.data, "");
    strbuf_free(&buf);
    assert_null(buf.data);
    strbuf_free(&buf);
}

static void adds(void **state) {
    struct strbuf buf = {0};
    (void)state;
    strbuf_add_string(&buf, "one");
    strbuf_add_char(&buf, ' ');
    strbuf_printf(&buf, "%s=%d", "two", 2);
    strbuf_add(&buf, "\0!", 2);
    check_bytes("all", buf.data, buf.len, BYTES("one two=2\0!"));
    assert_int_equal(buf.data[buf.len], '\0');
    strbuf_free(&buf);
}

static void insert(void **state) {
    static const struct {
        const char *name, *before;
        size_t at;
        const char *bytes, *want;
    } cases[] = {
        {"into nothing", "", 0, "abc", "abc"},
        {"front", "xyz", 0, "abc", "abcxyz"},
        {"middle", "xyz", 1, "abc", "xabcyz"},
        {"end", "xyz", 3, "abc", "xyzabc"},
        {"nothing", "xyz", 1, "", "xyz"},
        {"nothing into nothing", "", 0, "", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf buf = {0};
        if (*cases[i].before)
            strbuf_add_string(&buf, cases[i].before);
        strbuf_insert(&buf, cases[i].at, cases[i].bytes,
                      strlen(cases[i].bytes));
        check_bytes(cases[i].name, buf.data, buf.len, cases[i].want,
                    strlen(cases[i].want));
        if (buf.len > 0)
            check_number(cases[i].name, buf.data[buf.len], '\0');
        strbuf_free(&buf);
    }
}

/* Pieces of every size across every growth, compared with an array. */
static void any_piece_fits_across_growth(void **state) {
    static char model[200000];
    struct strbuf buf = {0};
    size_t len = 0;
    uint64_t random = 1;
    (void)state;
    for (size_t piece = 0; len + piece < sizeof(model); piece++) {
        char bytes[1000];
        size_t at = len > 0 ? check_random(&random) % (len + 1) : 0;
        for (size_t i = 0; i < piece; i++)
            bytes[i] = (char)check_random(&random);
        memmove(model + at + piece, model + at, len - at);
        memcpy(model + at, bytes, piece);
        len += piece;
        if (at == len - piece)
            strbuf_add(&buf, bytes, piece);
        else
            strbuf_insert(&buf, at, bytes, piece);
        assert_int_equal(buf.len, len);
        assert_true(buf.size > buf.len);
        assert_int_equal(buf.data[len], '\0');
    }
    assert_memory_equal(buf.data, model, len);
    strbuf_free(&buf);
}

static void reserve_gives_room(void **state) {
    struct strbuf buf = {0};
    (void)state;
    for (size_t more = 0; more < 300; more++) {
        assert_true(strbuf_reserve(&buf, more));
        assert_true(buf.size - buf.len > more);
        strbuf_add_char(&buf, 'x');
    }
    strbuf_free(&buf);
}

static void reset_keeps_memory(void **state) {
    struct strbuf buf = {0};
    (void)state;
    strbuf_add_string(&buf, "text");
    const char *data = buf.data;
    strbuf_reset(&buf);
    assert_int_equal(buf.len, 0);
    assert_string_equal(buf.data, "");
    strbuf_add_string(&buf, "new");
    assert_ptr_equal(buf.data, data);
    assert_string_equal(buf.data, "new");
    strbuf_free(&buf);
}

static void failure_is_kept(void **state) {
    static const size_t sizes[] = {2 << 20, SIZE_MAX / 2, SIZE_MAX};
    (void)state;
    if (!ALLOCATIONS_LIMITED)
        return;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct strbuf buf = {0};
        strbuf_add_string(&buf, "kept");
        assert_false(strbuf_reserve(&buf, sizes[i]));
        assert_true(buf.failed);
        strbuf_add_string(&buf, "a");
        strbuf_add_char(&buf, 'b');
        strbuf_printf(&buf, "%d", 1);
        strbuf_insert(&buf, 0, "c", 1);
        assert_false(strbuf_reserve(&buf, 1));
        check_bytes("after the failure", buf.data, buf.len, "kept", 4);
        strbuf_reset(&buf);
        strbuf_add_string(&buf, "again");
        assert_false(buf.failed);
        assert_string_equal(buf.data, "again");
        strbuf_free(&buf);
    }
}

static void printf_fails_without_memory(void **state) {
    struct strbuf buf = {0};
    (void)state;
    if (!ALLOCATIONS_LIMITED)
        return;
    strbuf_printf(&buf, "%2000000d", 1);
    assert_true(buf.failed);
    assert_int_equal(buf.len, 0);
    strbuf_free(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_is_empty),
        cmocka_unit_test(adds),
        cmocka_unit_test(insert),
        cmocka_unit_test(any_piece_fits_across_growth),
        cmocka_unit_test(reserve_gives_room),
        cmocka_unit_test(reset_keeps_memory),
        cmocka_unit_test(failure_is_kept),
        cmocka_unit_test(printf_fails_without_memory),
    };
    return cmocka_run_group_tests_name("strbuf", tests, NULL, NULL);
}
