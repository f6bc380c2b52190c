/* listing: what was pushed as the reply of the read API. */
#ifndef TALLYMAN_ENDPOINTS_LISTING_H
#define TALLYMAN_ENDPOINTS_LISTING_H

#include "base/err.h"
#include "base/strbuf.h"
#include "config/config.h"
#include "store/reader.h"

/* Appends the families that readers get to see, without the responder's own, by
 * the groups that they were pushed in, as exposition_json.h says. The reader is
 * in a read transaction. Returns -1 with err set. */
int listing_write(const struct config *config, struct reader *reader,
                  struct strbuf *out, struct err *err);

#endif
