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

/* --- any grid ------------------------------------------------------------- */

static unsigned seed = 1;

/* A number from..to. */
static int64_t any(int64_t from, int64_t to) {
    seed = seed * 1103515245 + 12345;
    return from + (int64_t)(seed >> 8) % (to - from + 1);
}

/* Segments ascend. None divides a period, is finer than the history there, or
 * has an edge within a period. */
static void check_segments(const struct timeline *timeline,
                           const struct reach *reach) {
    for (size_t i = 0; i < timeline->segment_count; i++) {
        const struct segment *segment = &timeline->segments[i];
        const int64_t unit = history_seconds[segment->level];
        assert_int_equal(segment->from % unit, 0);
        assert_true(segment->to == TIMELINE_END || segment->to % unit == 0);
        assert_true(i == 0 || segment->from >= segment[-1].to);
        assert_true(segment->from == segment->to ||
                    segment->from >= reach->from[segment->level]);
        for (size_t k = 0; k < timeline->edge_count; k++)
            assert_true(timeline->edges[k] <= segment->from ||
                        timeline->edges[k] >= segment->to ||
                        timeline->edges[k] % unit == 0);
    }
}

/* The segments contain all time from..to. */
static void check_covered(const struct timeline *timeline, int64_t from,
                          int64_t to) {
    for (size_t i = 0; i < timeline->segment_count && from < to; i++)
        if (timeline->segments[i].from <= from &&
            timeline->segments[i].to > from)
            from = timeline->segments[i].to;
    assert_true(from >= to);
}

static void check_timeline(const struct timeline *timeline,
                           const struct reach *reach, enum timeline_use use,
                           size_t count) {
    check_segments(timeline, reach);
    for (size_t i = 0; i < count; i++) {
        const int64_t lo = timeline->edges[timeline->windows[i].lo];
        const int64_t hi = timeline->edges[timeline->windows[i].hi];
        assert_true(lo <= hi);
        check_covered(timeline,
                      use == TIMELINE_TOTAL  ? hi
                      : use == TIMELINE_LAST ? timeline->edges[0]
                                             : lo,
                      use == TIMELINE_TOTAL ? TIMELINE_END : hi);
    }
}

static void test_any_grid(void **state) {
    static const int64_t lengths[] = {
        1, 60, 300, 600, 3600, 7200, 5400, DAY, 7 * DAY, 30 * DAY, 1234, 12345};
    (void)state;
    for (int i = 0; i < 20000; i++) {
        const int64_t days = any(0, 20);
        const int64_t since[HISTORY_LEVELS] = {(NOW / DAY - any(0, days)) * DAY,
                                               (NOW / DAY - days) * DAY,
                                               NOW - any(20 * DAY, 40 * DAY)};
        const enum timeline_use use = (enum timeline_use)any(0, 3);
        struct grid grid = {.step_ms = lengths[any(0, 11)] * 1000,
                            .count = (size_t)any(1, 30)};
        struct reach reach;
        struct timeline timeline;
        struct arena arena = {.blocks = NULL};
        grid.start_ms = any(0, 1) ? (NOW - any(0, 45 * DAY)) * 1000
                                  : (since[any(0, 2)] - any(0, 1) * 300) * 1000;
        timeline_reach(&reach, NOW * 1000, since);
        assert_int_equal(timeline_make(&timeline, &grid, &reach, use,
                                       lengths[any(0, 11)] * 1000,
                                       any(0, 3) ? 0 : DAY * 1000, &arena),
                         0);
        check_timeline(&timeline, &reach, use, grid.count);
        arena_free(&arena);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history_that_has_just_begun),
        cmocka_unit_test(test_history_of_years),
        cmocka_unit_test(test_any_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
