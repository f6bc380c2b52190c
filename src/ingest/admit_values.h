/* admit_values: the values of a pushed series, and its bounds. */
#ifndef TALLYMAN_INGEST_ADMIT_VALUES_H
#define TALLYMAN_INGEST_ADMIT_VALUES_H

#include "ingest/admit_labels.h"

/* The series has the bounds wanted[0..count), or observations that go into
 * them; where says whose they are. -1 after a refusal. */
int admit_bounds(struct admitting *admitting, const char *name,
                 const struct pushed_series *series, const double *wanted,
                 size_t count, const char *where);

/* The family takes the values of the series. -1 after a refusal. */
int admit_values(struct admitting *admitting,
                 const struct pushed_family *pushed,
                 const struct pushed_series *series,
                 const struct family *family);

#endif
