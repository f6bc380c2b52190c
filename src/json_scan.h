/* json_scan: where in a JSON text its values stand. */
#ifndef TALLYMAN_JSON_SCAN_H
#define TALLYMAN_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* Called for each value of the text: its path, such as
 * `allowedMetrics[3].labels[0].name` ("" for the whole document), the offset
 * of the value, or of its key if it has one, and whether the same key stands
 * earlier in the same object. */
typedef void json_scan_visit(void *context, const char *path, size_t offset,
                             bool repeated);

/* Walks text[0..len), which json_read has accepted: json-c does not say where
 * its values came from, and an error message must. Paths beyond 500 bytes are
 * cut. */
void json_scan(const char *text, size_t len, json_scan_visit *visit,
               void *context);

/* Overwrites comments, from two slashes to the end of the line and between
 * slash-star and star-slash, with spaces, so that strict JSON remains and
 * every position stays. */
void json_blank_comments(char *text, size_t len);

#endif
