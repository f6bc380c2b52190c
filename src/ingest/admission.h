/* admission: what one push is checked against. */
#ifndef TALLYMAN_INGEST_ADMISSION_H
#define TALLYMAN_INGEST_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "metrics/label.h"

struct admission {
    const struct config *config;
    const struct string_list *families; /* patterns of what the caller may
                                           push; NULL for any family */
    const struct label *path;           /* labels of the path, sorted by name */
    size_t path_count;
    bool path_wins; /* over labels of the body; else one in both is refused */
    bool totals;    /* what is added are the totals of another program or node:
                       for cumulative families increments, nobody's running
                       totals, and families of Grafana sessions are welcome */
    bool alone;     /* series stand alone: one that may not be pushed is left
                       out, and counted in batch->rejected */
    bool anybody;   /* likewise: the caller is not trusted, and may push to
                       listed families that are not for programs alone */
    bool discreet;  /* messages have no values of labels */
    double now;     /* Unix seconds: when the group of the path is pushed */
    bool failed;    /* the push was refused, what there is says only that */
};

#endif
