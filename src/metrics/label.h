/* label: label sets as canonical JSON, and their conversion to exposition. */
#ifndef TALLYMAN_METRICS_LABEL_H
#define TALLYMAN_METRICS_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"

/* The maximum number of labels read from a pushed series, including le and
 * quantile. A series with more than FAMILY_LABELS_MAX is refused by a message
 * that names it. */
enum { PUSHED_LABELS_MAX = 64 };

struct label {
    const char *name;
    const char *value;
    size_t value_len; /* bytes of UTF-8 */
};

static inline bool label_value_equal(const struct label *one,
                                     const struct label *other) {
    return one->value_len == other->value_len &&
           memcmp(one->value, other->value, one->value_len) == 0;
}

/* Sorts labels[0..count) by name. */
void label_sort(struct label *labels, size_t count);

/* The first of labels[0..count) with that name, or NULL. */
const struct label *label_find(const struct label *labels, size_t count,
                               const char *name);

/* Appends labels[0..count), which the caller has sorted by name, as a JSON
 * object without white space. Each label set has exactly one such text, which
 * is the key of its series: only quotes, backslashes and control characters are
 * escaped, the latter as \n or \u00xx. */
void label_set_write_json(const struct label *labels, size_t count,
                          struct strbuf *out);

/* Whether the object labels contains every label of the object subset with the
 * same value. Both are as label_set_write_json writes them. */
bool label_json_includes(const char *labels, size_t len, const char *subset,
                         size_t subset_len);

/* Appends `{a="1",b="2"}` for a message, sorted by name; nothing for count 0.
 * At most PUSHED_LABELS_MAX labels. */
void label_set_show(const struct label *labels, size_t count,
                    struct strbuf *out);

/* Appends the labels of an object as `a="1", b="2"`, for a reader. */
void label_json_show(const struct json_object *labels, struct strbuf *out);

/* Converts a JSON object of strings, such as label_set_write_json writes, to
 * the form `a="1",b="2"` with the escapes of the exposition formats (\\, \" and
 * \n), and appends it. The names must ascend and not begin with two
 * underscores. Returns -1 and leaves out unchanged for anything else, such as
 * an edited row; then the series is not exposed. */
int label_json_write_exposition(const char *json, size_t len,
                                struct strbuf *out);

/* The previous label set. In a sorted list the next label set usually begins
 * with the same labels, so the common part is not read again. A zeroed struct
 * is empty. */
enum { LABEL_MARKS = 16 };
struct label_memo {
    struct strbuf json; /* failed here or in text: memory ran out */
    struct strbuf text;
    size_t mark_count;
    struct label_mark { /* where a value begins, as an offset into each */
        size_t json;
        size_t text;
        size_t name; /* of its label's name, in text */
        size_t name_len;
    } marks[LABEL_MARKS];
};

/* Sets memo->text to the output of label_json_write_exposition, without a final
 * NUL. Returns -1 where that function does. */
int label_memo_read(struct label_memo *memo, const char *json, size_t len);

void label_memo_free(struct label_memo *memo);

#endif
