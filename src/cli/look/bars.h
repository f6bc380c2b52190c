/* bars: bar charts of histograms, and bars for other tables. */
#ifndef TALLYMAN_CLI_LOOK_BARS_H
#define TALLYMAN_CLI_LOOK_BARS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "metrics/registry.h"

/* Appends a bar that fills share (0..1) of width, in terminal columns: block
 * characters in eighths, or `#` without utf8. A share above 0 is visible. */
void bars_add_bar(struct strbuf *bar, double share, int width, bool utf8);

/* buckets: a count for each bound of the family and one for +Inf, not
 * cumulative. */

/* Appends a heading and a bar for each bucket. The heading shows labels, an
 * object or NULL; without any label, the family's name. */
void bars_add(const struct family *family, const struct json_object *labels,
              const uint64_t *buckets, bool utf8, struct strbuf *out);

/* Writes an array of objects. */
void bars_write_json(const struct family *family, const uint64_t *buckets,
                     struct json_writer *json, const char *key);

#endif
