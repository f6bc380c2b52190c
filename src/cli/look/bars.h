/* bars: the buckets of a histogram. */
#ifndef TALLYMAN_CLI_LOOK_BARS_H
#define TALLYMAN_CLI_LOOK_BARS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "metrics/registry.h"

/* Both take one count for each bound of the family, plain, and that of +Inf. */

/* Appends the labels, or without one the family's name, and a bar for each
 * bucket. labels is an object, or NULL. */
void bars_add(const struct family *family, const struct json_object *labels,
              const uint64_t *buckets, bool utf8, struct strbuf *out);

/* Writes an array of objects. */
void bars_write_json(const struct family *family, const uint64_t *buckets,
                     struct json_writer *json, const char *key);

#endif
