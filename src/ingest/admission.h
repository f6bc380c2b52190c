/* admission: what one push is checked against. */
#ifndef TALLYMAN_INGEST_ADMISSION_H
#define TALLYMAN_INGEST_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "metrics/label.h"

struct admission {
    const struct config *config;
    const struct string_list *families; /* patterns of the families that the
                                           caller may push; NULL: any */
    const struct label *path;           /* labels of the path, sorted by name */
    size_t path_count;
    bool path_wins; /* over labels of the body; else a repeat is refused */
    bool totals;    /* values are totals of another program or node: increments
                       for cumulative families; families of Grafana sessions are
                       accepted */
    bool alone;     /* a refused series is left out and counted in
                       batch->rejected; else it refuses the push */
    bool anybody;   /* like alone, for an untrusted caller: only listed families
                       that are not restricted to programs */
    bool discreet;  /* messages omit label values */
    double now;     /* Unix seconds: the push time of the path's group */
    bool failed;    /* the push was refused; only the failure time is added */
};

#endif
