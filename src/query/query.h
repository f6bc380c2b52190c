/* query: the state and the limits of a running query. */
#ifndef TALLYMAN_QUERY_QUERY_H
#define TALLYMAN_QUERY_QUERY_H

#include "config/config.h"
#include "query/timeline.h"
#include "store/reader.h"

/* The data of a query, and its limits. */
struct query_source {
    const struct config *config;
    struct reader *reader; /* in a read transaction */
    /* Patterns of visible families; NULL: all. */
    const struct string_list *families;
    int64_t now_ms;                 /* Unix milliseconds */
    bool (*expired)(void *context); /* true after the deadline */
    void *context;
};

/* Reasons for warnings. */
struct query_warnings {
    bool widened;
    enum history_level rounded;
    bool begins;     /* a part of the time is before the history */
    bool parts_only; /* the name is that of a histogram or a summary */
};

/* A running query. */
struct query {
    const struct query_source *source;
    struct grid grid;
    struct reach reach;
    struct arena arena;
    size_t values;          /* number of values in memory */
    struct registry copies; /* of open families */
    struct query_warnings warnings;
    const char *unknown; /* a metric that does not exist; NULL: all do */
};

/* Upper bound of the values that a query holds at a time. */
enum { QUERY_VALUES_MAX = 4000000 };

/* Allocates count zeros from the arena. NULL with err set. */
double *query_take(struct query *query, size_t count, struct err *err);

/* Returns 0 within the deadline, else -1 with ERR_DEADLINE. */
int query_check(const struct query_source *source, struct err *err);

/* The value of a missing point: a NaN with a unique payload. */
double query_absent(void);
bool query_is_absent(double value);

#endif
