#include "query/timeline.h"

#include <stdlib.h>

/* Seconds; later than any period. */
static const int64_t FAR_FUTURE = INT64_C(86400) * 4000000;

/* Gaps of up to this many seconds are read, too, to avoid a second read. */
static const int64_t gap_seconds[HISTORY_LEVELS] = {7200, INT64_C(8) * 86400,
                                                    INT64_C(60) * 86400};

static int64_t round_down(int64_t value, int64_t unit) {
    int64_t rest = value % unit;
    return value - (rest < 0 ? rest + unit : rest);
}

static int64_t round_up(int64_t value, int64_t unit) {
    return -round_down(-value, unit);
}

void timeline_reach(struct reach *reach, int64_t now_ms,
                    const int64_t since[HISTORY_LEVELS]) {
    reach->now_ms = now_ms;
    reach->begin = since[HISTORY_DAY] != 0 ? since[HISTORY_DAY] : INT64_MIN;
    reach->from[HISTORY_DAY] = INT64_MIN;
    for (int level = HISTORY_HOUR; level >= HISTORY_STEP; level--) {
        int64_t *from = &reach->from[level];
        *from = since[level] > since[level + 1]
                    ? round_up(since[level], history_seconds[level + 1])
                    : INT64_MIN;
        if (*from < reach->from[level + 1])
            *from = reach->from[level + 1];
    }
}

/* The level of the period that ends at, or contains, that time. */
static enum history_level level_at(const struct reach *reach, int64_t at_ms) {
    for (int level = HISTORY_STEP; level < HISTORY_DAY; level++)
        if (reach->from[level] == INT64_MIN ||
            at_ms > reach->from[level] * 1000)
            return (enum history_level)level;
    return HISTORY_DAY;
}

/* The edges of a point, one of which may be TIMELINE_END. */
struct edges {
    int64_t lo;
    int64_t hi;
};

/* Converts ms to seconds, at the end of the period. Notes a long period in the
 * timeline. */
static int64_t edge_of(struct timeline *timeline, const struct reach *reach,
                       int64_t at_ms) {
    const enum history_level level = level_at(reach, at_ms);
    const int64_t unit = history_seconds[level];
    const int64_t edge = round_up(at_ms, unit * 1000) / 1000;
    if (level > HISTORY_STEP && edge * 1000 <= reach->now_ms &&
        edge * 1000 != round_up(at_ms, history_seconds[HISTORY_STEP] * 1000) &&
        level > timeline->rounded)
        timeline->rounded = level;
    return edge;
}

static int64_t end_if_future(const struct reach *reach, int64_t edge) {
    return edge * 1000 > reach->now_ms ? TIMELINE_END : edge;
}

static struct edges find_edges(struct timeline *timeline,
                               const struct reach *reach, enum timeline_use use,
                               int64_t at_ms, int64_t range_ms,
                               double *seconds) {
    const int64_t unit = history_seconds[level_at(reach, at_ms)];
    const int64_t hi = edge_of(timeline, reach, at_ms);
    struct edges edges = {hi, end_if_future(reach, hi)};
    *seconds = 0;
    if (use == TIMELINE_TOTAL || use == TIMELINE_LAST) {
        edges.lo = edges.hi;
        return edges;
    }
    edges.lo = edge_of(timeline, reach, at_ms - range_ms);
    if (edges.lo > hi - unit) {
        edges.lo = hi - unit;
        timeline->widened = true;
    }
    if (use == TIMELINE_RATE && edges.hi == TIMELINE_END) {
        /* The current period has not ended. */
        const int64_t from_ms = at_ms - range_ms;
        const int64_t lo_unit = history_seconds[level_at(reach, from_ms)];
        edges.lo = round_down(from_ms, lo_unit * 1000) / 1000;
        *seconds = (double)(at_ms - edges.lo * 1000) / 1000;
    } else {
        *seconds = (double)(hi - edges.lo);
    }
    edges.lo = end_if_future(reach, edges.lo);
    return edges;
}

static int compare_edges(const void *a, const void *b) {
    const int64_t *left = a;
    const int64_t *right = b;
    return (*left > *right) - (*left < *right);
}

static uint32_t index_of(const struct timeline *timeline, int64_t edge) {
    const int64_t *found = bsearch(&edge, timeline->edges, timeline->edge_count,
                                   sizeof(*timeline->edges), compare_edges);
    return (uint32_t)(found - timeline->edges);
}

/* True if the gap between two parts of a level is small. */
static bool is_near(const struct timeline *timeline,
                    const struct segment *before, int64_t from) {
    const int64_t begin =
        before->to > timeline->empty_until ? before->to : timeline->empty_until;
    return from <= begin || from - begin <= gap_seconds[before->level];
}

/* Appends a segment. A small gap between two parts of a level is read at that
 * level. */
static void add_segment(struct timeline *timeline, enum history_level level,
                        int64_t from, int64_t to) {
    size_t last = timeline->segment_count;
    while (last > 0 && timeline->segments[last - 1].level > level)
        last--;
    if (last > 0) {
        struct segment *before = &timeline->segments[last - 1];
        if (before->level == level && is_near(timeline, before, from)) {
            before->to = to;
            timeline->segment_count = last;
            return;
        }
    }
    timeline->segments[timeline->segment_count++] =
        (struct segment){level, from, to};
}

/* Splits from..to into periods of the level, and into shorter ones around edges
 * within a period. `edge` is the first edge to respect. There are three levels.
 * NOLINTNEXTLINE(misc-no-recursion) */
static void split(struct timeline *timeline, int level, int64_t from,
                  int64_t to, size_t edge) {
    const int64_t unit = history_seconds[level];
    while (from < to) {
        int64_t next = to;
        while (edge < timeline->edge_count &&
               (timeline->edges[edge] <= from ||
                timeline->edges[edge] % unit == 0) &&
               timeline->edges[edge] < to)
            edge++;
        /* The first edge within a period, possibly `to`. */
        if (edge < timeline->edge_count && timeline->edges[edge] < to)
            next = round_down(timeline->edges[edge], unit);
        else if (to != TIMELINE_END)
            next = round_down(to, unit);
        if (level == HISTORY_STEP) {
            add_segment(timeline, HISTORY_STEP, from, to);
            return;
        }
        if (from % unit == 0 && next > from) {
            add_segment(timeline, (enum history_level)level, from, next);
            from = next;
            continue;
        }
        next = round_down(from, unit) + unit;
        if (to < next)
            next = to;
        split(timeline, level - 1, from, next, edge);
        from = next;
    }
}

/* Splits the time that windows cover, one interval at a time. */
static void split_windows(struct timeline *timeline, const struct grid *grid) {
    size_t i = 0;
    while (i < grid->count) {
        uint32_t lo = timeline->windows[i].lo;
        uint32_t hi = timeline->windows[i].hi;
        for (; i < grid->count && timeline->windows[i].lo <= hi; i++) {
            if (timeline->windows[i].hi > hi)
                hi = timeline->windows[i].hi;
            if (timeline->windows[i].lo < lo)
                lo = timeline->windows[i].lo;
        }
        if (lo < hi)
            split(timeline, HISTORY_DAY, timeline->edges[lo],
                  timeline->edges[hi], lo);
    }
}

static void sort_edges(struct timeline *timeline) {
    size_t kept = 1;
    qsort(timeline->edges, timeline->edge_count, sizeof(*timeline->edges),
          compare_edges);
    for (size_t i = 1; i < timeline->edge_count; i++)
        if (timeline->edges[i] != timeline->edges[kept - 1])
            timeline->edges[kept++] = timeline->edges[i];
    timeline->edge_count = kept;
}

/* Adds an empty segment: it yields the series and the last value before the
 * first edge. */
static void add_empty(struct timeline *timeline) {
    const int64_t edge = timeline->edges[0];
    const int64_t at = edge == TIMELINE_END ? FAR_FUTURE : edge;
    int level = HISTORY_DAY;
    while (level > HISTORY_STEP && at % history_seconds[level] != 0)
        level--;
    add_segment(timeline, (enum history_level)level, at, at);
}

int timeline_make(struct timeline *timeline, const struct grid *grid,
                  const struct reach *reach, enum timeline_use use,
                  int64_t range_ms, int64_t offset_ms, struct arena *arena) {
    struct edges *points = arena_take(arena, grid->count * sizeof(*points));
    *timeline =
        (struct timeline){.empty_until = reach->begin, .rounded = HISTORY_STEP};
    timeline->windows =
        arena_take(arena, grid->count * sizeof(*timeline->windows));
    timeline->edges =
        arena_take(arena, (2 * grid->count + 1) * sizeof(*timeline->edges));
    /* Each edge begins and ends at most one segment of each level. */
    timeline->segments =
        arena_take(arena, (2 * grid->count + 1) * 2 * HISTORY_LEVELS *
                              sizeof(*timeline->segments));
    if (!points || !timeline->windows || !timeline->edges ||
        !timeline->segments)
        return -1;
    for (size_t i = 0; i < grid->count; i++) {
        const int64_t at =
            grid->start_ms + (int64_t)i * grid->step_ms - offset_ms;
        points[i] = find_edges(timeline, reach, use, at, range_ms,
                               &timeline->windows[i].seconds);
        timeline->edges[timeline->edge_count++] = points[i].lo;
        timeline->edges[timeline->edge_count++] = points[i].hi;
    }
    if (use == TIMELINE_TOTAL)
        timeline->edges[timeline->edge_count++] = TIMELINE_END;
    sort_edges(timeline);
    for (size_t i = 0; i < grid->count; i++) {
        timeline->windows[i].lo = index_of(timeline, points[i].lo);
        timeline->windows[i].hi = index_of(timeline, points[i].hi);
    }
    if (use == TIMELINE_GROWTH || use == TIMELINE_RATE)
        split_windows(timeline, grid);
    else if (timeline->edge_count > 1)
        split(timeline, HISTORY_DAY, timeline->edges[0],
              timeline->edges[timeline->edge_count - 1], 0);
    if (timeline->segment_count == 0)
        add_empty(timeline);
    return 0;
}
