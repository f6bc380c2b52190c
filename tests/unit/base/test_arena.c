#include "base/arena.h"

#include <stdalign.h>

#include "check.h"

/* AddressSanitizer asks for this: an allocation above 1 MiB fails, as it does
 * when memory runs out. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1:max_allocation_size_mb=1";
}

enum { PIECES = 400 };

/* Pieces of all sizes, also around the size of a block, filled to the last
 * byte: an overlap would show. */
static void take_many(struct arena *arena) {
    unsigned char *pieces[PIECES];
    size_t sizes[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        sizes[i] = i % 3 == 0 ? i : i % 3 == 1 ? 4096 - PIECES / 2 + i : i * 29;
        pieces[i] = arena_take(arena, sizes[i]);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)(i & 0xFF), sizes[i]);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t j = 0; j < sizes[i]; j++)
            if (pieces[i][j] != (i & 0xFF))
                fail_msg("byte %zu of piece %zu is overwritten", j, i);
}

static void pieces_are_apart(void **state) {
    struct arena arena = {0};
    (void)state;
    take_many(&arena);
    arena_free(&arena);
    assert_null(arena.blocks);
}

static void reset_makes_room_again(void **state) {
    struct arena arena = {0};
    (void)state;
    arena_reset(&arena);
    for (int i = 0; i < 5; i++) {
        take_many(&arena);
        arena_reset(&arena);
    }
    void *first = arena_take(&arena, 100);
    arena_reset(&arena);
    assert_ptr_equal(arena_take(&arena, 100), first);
    arena_free(&arena);
}

/* The memory of one huge push must be freed. */
static void reset_gives_a_large_block_back(void **state) {
    struct arena arena = {0};
    (void)state;
    assert_non_null(arena_take(&arena, 500000));
    arena_reset(&arena);
    assert_null(arena.blocks);
    arena_free(&arena);
}

static void copy(void **state) {
    struct arena arena = {0};
    (void)state;
    const char *text = arena_copy(&arena, "a\0bc", 3);
    const char *empty = arena_copy(&arena, NULL, 0);
    assert_memory_equal(text, "a\0b", 4);
    assert_string_equal(empty, "");
    arena_free(&arena);
}

static void lists_grow(void **state) {
    struct arena arena = {0};
    size_t *list = NULL;
    (void)state;
    for (size_t count = 0; count < PIECES; count++) {
        list = arena_grow(&arena, list, count, sizeof(*list));
        assert_non_null(list);
        list[count] = count;
        assert_int_equal(list[count / 2], count / 2);
    }
    arena_free(&arena);
}

static void no_memory(void **state) {
    static const size_t sizes[] = {2 << 20, SIZE_MAX / 2 + 1, SIZE_MAX - 8};
    struct arena arena = {0};
    (void)state;
    if (!ALLOCATIONS_LIMITED)
        return;
    char *before = arena_copy(&arena, "kept", 4);
    for (size_t i = 0; i < COUNT(sizes); i++)
        assert_null(arena_take(&arena, sizes[i]));
    assert_string_equal(before, "kept");
    assert_non_null(arena_take(&arena, 10));
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_apart),
        cmocka_unit_test(reset_makes_room_again),
        cmocka_unit_test(reset_gives_a_large_block_back),
        cmocka_unit_test(copy),
        cmocka_unit_test(lists_grow),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
