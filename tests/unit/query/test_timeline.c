/* The periods that queries read. */
#include "unit.h"

#include "query/timeline.h"

enum { DAY = 86400, DAYS = 400 };

/* 2026-06-01T10:07:00Z, within an hour and a day. */
static const int64_t NOW = 1780308420;

/* A day of growth before each point; the last point is now. */
static size_t count_segments(int64_t begin, const int64_t since[HISTORY_LEVELS],
                             struct arena *arena) {
    const struct grid grid = {(NOW - DAY * (int64_t)(DAYS - 1)) * 1000,
                              DAY * 1000, DAYS};
    struct reach reach;
    struct timeline timeline;
    timeline_reach(&reach, NOW * 1000, since);
    assert_int_equal(reach.begin, begin);
    assert_int_equal(timeline_make(&timeline, &grid, &reach, TIMELINE_GROWTH,
                                   DAY * 1000, 0, arena),
                     0);
    assert_false(timeline.widened);
    return timeline.segment_count;
}

/* A read per segment and series is costly: days before the history must not add
 * segments. */
static void test_history_that_has_just_begun(void **state) {
    const int64_t begin = NOW - 600;
    const int64_t since[HISTORY_LEVELS] = {begin, begin, begin};
    struct arena arena = {.blocks = NULL};
    (void)state;
    assert_in_range(count_segments(begin, since, &arena), 1, 3);
    arena_free(&arena);
}

static void test_history_of_years(void **state) {
    const int64_t begin = NOW - INT64_C(1000) * DAY;
    const int64_t since[HISTORY_LEVELS] = {NOW - 2 * DAY,
                                           NOW - INT64_C(400) * DAY, begin};
    struct arena arena = {.blocks = NULL};
    (void)state;
    assert_in_range(count_segments(begin, since, &arena), 1, 12);
    arena_free(&arena);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history_that_has_just_begun),
        cmocka_unit_test(test_history_of_years),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
