/* admit_values: checks the values and the bounds of a pushed series. */
#ifndef TALLYMAN_INGEST_ADMIT_VALUES_H
#define TALLYMAN_INGEST_ADMIT_VALUES_H

#include "ingest/admit_labels.h"

/* Checks that the series has the bounds wanted[0..count), or observations
 * without bounds. `where` names the origin of wanted in the message. Returns -1
 * after a refusal. */
int admit_bounds(struct admitting *admitting, const char *name,
                 const struct pushed_series *series, const double *wanted,
                 size_t count, const char *where);

/* Checks the values of the series against the family. Returns -1 after a
 * refusal. */
int admit_values(struct admitting *admitting,
                 const struct pushed_family *pushed,
                 const struct pushed_series *series,
                 const struct family *family);

#endif
