/* timeline: the periods of the history that a query reads for its points. */
#ifndef TALLYMAN_QUERY_TIMELINE_H
#define TALLYMAN_QUERY_TIMELINE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/history_reader.h"

/* The count points in time of a query, in Unix milliseconds. */
struct grid {
    int64_t start_ms;
    int64_t step_ms;
    size_t count;
};

/* The times that the history covers, in Unix seconds. */
struct reach {
    int64_t now_ms;
    int64_t begin; /* of the history; INT64_MIN if none is kept */
    /* The first period of each level: a multiple of the next level, or
     * INT64_MIN if it goes back as far as the next level. */
    int64_t from[HISTORY_LEVELS];
};

/* since is the result of reader_history_since for each level. */
void timeline_reach(struct reach *reach, int64_t now_ms,
                    const int64_t since[HISTORY_LEVELS]);

/* After every period of the history. */
#define TIMELINE_END INT64_MAX

/* Periods for one read: those that begin within from..to. */
struct segment {
    enum history_level level;
    int64_t from;
    int64_t to; /* TIMELINE_END: all */
};

/* The cells of a point: those from the edge lo to the edge hi. */
struct window {
    uint32_t lo;
    uint32_t hi;
    double seconds; /* its length, for rates */
};

/* The time between two consecutive edges is a cell; each period belongs to one
 * cell. */
struct timeline {
    int64_t *edges; /* ascending, in Unix seconds */
    size_t edge_count;
    struct window *windows; /* one for each point */
    struct segment *segments;
    size_t segment_count;
    int64_t empty_until; /* few or no periods begin before it */
    bool widened;        /* a range was shorter than a period */
    enum history_level
        rounded; /* the level of the longest period that contains an edge;
                    HISTORY_STEP if no hour or day does */
};

/* The values at the points of a timeline. */
enum timeline_use {
    TIMELINE_GROWTH, /* growth within the range before a point */
    TIMELINE_RATE,   /* like GROWTH; the current range is not shortened */
    TIMELINE_TOTAL,  /* growth after each point, to compute its total */
    TIMELINE_LAST    /* the last value before each point */
};

/* Builds the timeline of the grid's points, shifted back by offset_ms. An edge
 * within a period moves to its end. Arrays are in the arena. Returns -1 if
 * memory ran out. */
int timeline_make(struct timeline *timeline, const struct grid *grid,
                  const struct reach *reach, enum timeline_use use,
                  int64_t range_ms, int64_t offset_ms, struct arena *arena);

#endif
