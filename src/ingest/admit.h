/* admit: the families of a push, checked against what may be pushed. */
#ifndef TALLYMAN_INGEST_ADMIT_H
#define TALLYMAN_INGEST_ADMIT_H

#include "ingest/admission.h"
#include "metrics/batch.h"
#include "metrics/pushed.h"

/* Appends the samples of pushed to batch. What they point to belongs to the
 * batch, to pushed or to the configuration. Families that drop_families names
 * are left out and counted in batch->rejected. Anything else that may not be
 * pushed refuses the push as a whole, unless series stand alone: -1 with a
 * message, batch->refusal says why and batch->refused is set; without it,
 * memory ran out. */
int admit(const struct pushed *pushed, const struct admission *admission,
          struct batch *batch, struct err *err);

#endif
