/* group_path: the labels in the path of a push, in the form of the Pushgateway
 * or of the aggregation gateway. */
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
    bool pushgateway; /* the form of the path */
};

/* Reads path[0..len), the path below the mount, in one of the forms
 *
 *     metrics/job[@base64]/<job>{/<label>[@base64]/<value>}   Pushgateway
 *     metrics{/<label>/<value>}                    aggregation gateway
 *
 * If encoded is true, the parts are percent-encoded, as in REQUEST_URI, and may
 * have a + for a space. A value after @base64 is base64 (RFC 4648, section 5);
 * `=` is the empty value. Labels with an empty value are left out: to
 * Prometheus they are missing. One slash may follow the job of the first form
 * and the end of the second.
 *
 * A value has up to label_value_max bytes of UTF-8 without NUL; a path has up
 * to FAMILY_LABELS_MAX labels. out is allocated from the arena. Returns -1 with
 * ERR_SYNTAX, ERR_VALUE, ERR_LIMIT or ERR_MEMORY and a message that begins with
 * "path: ". */
int group_path_read(const char *path, size_t len, bool encoded,
                    size_t label_value_max, struct arena *arena,
                    struct group_path *out, struct err *err);

#endif
