/* session_adopt: sessions of another node. */
#ifndef TALLYMAN_STORE_SESSION_ADOPT_H
#define TALLYMAN_STORE_SESSION_ADOPT_H

#include "base/err.h"
#include "metrics/batch.h"

struct store;

/* After the totals of another node were added: takes their label sets over, as
 * far as the configuration permits the labels. Fails with ERR_VALUE when a
 * family of sessions that the batch adds to has more than sessions.max_series.
 */
int sessions_adopt(struct store *store, const struct batch *batch,
                   struct err *err);

#endif
