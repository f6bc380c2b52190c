/* push_group: a stored group of pushes. */
#ifndef TALLYMAN_PUSH_GROUP_H
#define TALLYMAN_PUSH_GROUP_H

#include <stddef.h>
#include <stdint.h>

/* A row of the table `push_group`. The creator of the struct owns the text. */
struct push_group {
    int64_t id;
    const char *labels; /* of the path, as canonical JSON */
    size_t labels_len;
    double pushed_at; /* Unix seconds of the last accepted push; 0: never */
    double failed_at; /* likewise of the last refused push */
};

/* HELP of the gauges that a scrape shows for groups. */
#define PUSH_TIME_HELP "Last Unix time when a push of this group was accepted."
#define PUSH_FAILURE_TIME_HELP                                                 \
    "Last Unix time when a push of this group was refused."

#endif
