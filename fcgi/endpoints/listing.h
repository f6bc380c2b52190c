/* listing: the reply of /api/v1/metrics. */
#ifndef TALLYMAN_ENDPOINTS_LISTING_H
#define TALLYMAN_ENDPOINTS_LISTING_H

#include "base/err.h"
#include "base/strbuf.h"
#include "config/config.h"
#include "store/reader.h"

/* Appends the exposed families, without the responder's own, by push group, in
 * the format of expose/json.h. The reader is in a read transaction. Returns
 * -1 with err set. */
int listing_write(const struct config *config, struct reader *reader,
                  struct strbuf *out, struct err *err);

#endif
