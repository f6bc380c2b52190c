/* admit: checks the families of a push against the allowlist and the rights of
 * the caller. */
#ifndef TALLYMAN_INGEST_ADMIT_H
#define TALLYMAN_INGEST_ADMIT_H

#include "ingest/admission.h"
#include "metrics/batch.h"
#include "metrics/pushed.h"

/* Appends the samples of pushed to batch. Their pointers are valid as long as
 * batch, pushed and the configuration. Families of drop_families are left out
 * and counted in batch->rejected. Any other series that may not be pushed
 * refuses the whole push, unless admission->alone: returns -1 with a message,
 * batch->refused set and the reason in batch->refusal. Returns -1 without
 * batch->refused if memory ran out. */
int admit(const struct pushed *pushed, const struct admission *admission,
          struct batch *batch, struct err *err);

#endif
