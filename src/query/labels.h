/* labels: label sets of series, as text.
 *
 * A text has the form of the exposition formats, a="1",b="2", sorted by name
 * and with the escapes \\, \" and \n in values: one label set has one text. */
#ifndef TALLYMAN_QUERY_LABELS_H
#define TALLYMAN_QUERY_LABELS_H

#include "base/err.h"
#include "base/json_writer.h"
#include "base/strbuf.h"
#include "metrics/label.h"
#include "query/expression.h"

/* A label in a text. */
struct label_part {
    const char *name;
    size_t name_len;
    const char *value; /* with escapes, without quotes */
    size_t value_len;
};

/* Sets memo->text to the labels of a stored series, a JSON object. Returns 1; 0
 * if they are damaged; -1 with err set if memory ran out. */
int labels_read(struct label_memo *memo, const char *json, size_t len,
                struct err *err);

/* Reads the label at *at and moves *at after it. Returns false at the end. */
bool labels_next(const char **at, const char *end, struct label_part *part);

/* Appends the value of a label, without escapes, to out. */
void labels_unescape(const struct label_part *part, struct strbuf *out);

/* True if the matchers permit the label set text[0..len) of a series of the
 * metric, apart from matchers of the label `but` (NULL: none). scratch is a
 * buffer; false with scratch->failed set if memory ran out. */
bool labels_permitted(const struct selector *selector, const char *metric,
                      const char *but, const char *text, size_t len,
                      struct strbuf *scratch);

/* Appends the label set of the group of text[0..len), without the metric's name
 * and, with drop_bound, without the label le. */
void labels_group(const struct grouping *grouping, bool drop_bound,
                  const char *text, size_t len, struct strbuf *out);

/* Appends text[0..len) and adds or replaces a label, whose value needs no
 * escapes. */
void labels_with(const char *text, size_t len, const char *name,
                 const char *value, struct strbuf *out);

/* Appends text[0..len) without the label of that name. */
void labels_without(const char *text, size_t len, const char *name,
                    struct strbuf *out);

bool label_part_is(const struct label_part *part, const char *name);

/* Finds the label of that name. Returns false if there is none. */
bool labels_find(const char *text, size_t len, const char *name,
                 struct label_part *part);

/* Writes a label as a member of a JSON object. scratch is a buffer. */
void labels_write_part(struct json_writer *json, const struct label_part *part,
                       struct strbuf *scratch);

/* Writes text[0..len) as a JSON object. scratch is a buffer. */
void labels_write(struct json_writer *json, const char *key, const char *text,
                  size_t len, struct strbuf *scratch);

#endif
