/* label: label sets as canonical JSON, and JSON label sets as exposition. */
#ifndef TALLYMAN_METRICS_LABEL_H
#define TALLYMAN_METRICS_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/strbuf.h"

/* The most labels that a pushed series is read with, le and quantile included:
 * those above FAMILY_LABELS_MAX are for a message that names the series. */
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

/* The first of labels[0..count) that has the name, or NULL. */
const struct label *label_find(const struct label *labels, size_t count,
                               const char *name);

/* Appends labels[0..count), which the caller has sorted by name, as a JSON
 * object without white space. One label set has one such text, so that it can
 * be the key of a series: only the quote, the backslash and control characters
 * are escaped, the latter as \n or \u00xx. */
void label_set_write_json(const struct label *labels, size_t count,
                          struct strbuf *out);

/* All labels of the object subset are in the object labels, with the same
 * values; both as label_set_write_json writes them. */
bool label_json_includes(const char *labels, size_t len, const char *subset,
                         size_t subset_len);

/* Appends `{a="1",b="2"}` for a message, sorted by name; nothing for count 0.
 * At most PUSHED_LABELS_MAX labels. */
void label_set_show(const struct label *labels, size_t count,
                    struct strbuf *out);

/* Appends a JSON object of strings, such as label_set_write_json writes, whose
 * names ascend and do not begin with two underscores, in the form `a="1",b="2"`
 * with the escapes of the exposition formats (\\, \" and \n). Returns -1 and
 * leaves out as it was when json[0..len) is anything else (somebody has edited
 * the database): such a series is not exposed. */
int label_json_write_exposition(const char *json, size_t len,
                                struct strbuf *out);

/* The label set that was read before: in a list that is sorted the next one
 * mostly begins alike, and that is not read again. A zeroed struct knows none.
 */
enum { LABEL_MARKS = 16 };
struct label_memo {
    struct strbuf json; /* failed, here or in text: memory ran out */
    struct strbuf text;
    size_t mark_count;
    struct label_mark { /* where a value begins, as offsets */
        size_t json;
        size_t text;
        size_t name; /* of its label, in text */
        size_t name_len;
    } marks[LABEL_MARKS];
};

/* Makes memo->text what label_json_write_exposition writes, without a NUL at
 * its end. Returns -1 where that does. */
int label_memo_read(struct label_memo *memo, const char *json, size_t len);

void label_memo_free(struct label_memo *memo);

#endif
