/* push_group: a group of pushes, as the store has it. */
#ifndef TALLYMAN_PUSH_GROUP_H
#define TALLYMAN_PUSH_GROUP_H

#include <stddef.h>
#include <stdint.h>

/* A row of the table `push_group`. The maker owns the text. */
struct push_group {
    int64_t id;
    const char *labels; /* of the path, canonical JSON */
    size_t labels_len;
    double pushed_at; /* Unix seconds: a push was last taken; 0: never */
    double failed_at; /* likewise: one was last refused */
};

/* HELP of the gauges that a scrape has of groups. */
#define PUSH_TIME_HELP "Last Unix time when a push of this group was taken."
#define PUSH_FAILURE_TIME_HELP                                                 \
    "Last Unix time when a push of this group was refused."

#endif
