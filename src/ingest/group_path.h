/* group_path: the labels that the path of a push carries, as the Pushgateway
 * and the aggregation gateway have them. */
#ifndef TALLYMAN_INGEST_GROUP_PATH_H
#define TALLYMAN_INGEST_GROUP_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "metrics/label.h"

struct group_path {
    const struct label *labels; /* sorted by name; none has an empty value */
    size_t count;
    bool pushgateway; /* which of the two forms it is */
};

/* Reads path[0..len), what stands below the mount. One of
 *
 *     metrics/job[@base64]/<job>{/<label>[@base64]/<value>}   Pushgateway
 *     metrics{/<label>/<value>}                    aggregation gateway
 *
 * where encoded says that the parts are percent-encoded, as in REQUEST_URI, and
 * may have a + for a space; otherwise they are taken as they are. Behind
 * @base64 a value is base64 by RFC 4648, section 5, and `=` the empty one. A
 * label with an empty value is left out, as it is none to Prometheus. One
 * slash may follow the job of the first form, and whatever ends the second.
 *
 * A value may have up to label_value_max bytes, without NUL and in UTF-8; there
 * may be up to FAMILY_LABELS_MAX labels. out is allocated from the arena.
 * Returns -1 with ERR_SYNTAX, ERR_VALUE, ERR_LIMIT or ERR_MEMORY and a message
 * that begins with "path: ". */
int group_path_read(const char *path, size_t len, bool encoded,
                    size_t label_value_max, struct arena *arena,
                    struct group_path *out, struct err *err);

#endif
