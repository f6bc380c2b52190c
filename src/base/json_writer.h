/* json_writer: JSON written value by value. */
#ifndef TALLYMAN_BASE_JSON_WRITER_H
#define TALLYMAN_BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* The characters to escape, in addition to the quote, the backslash and those
 * below U+0020. A line feed becomes \n, any other character \u00xx. */
enum json_escape {
    JSON_ESCAPE_CONTROL, /* no others */
    JSON_ESCAPE_HIDDEN,  /* also those of utf8_hidden, for output that is read
                          * raw */
    JSON_ESCAPE_ALL      /* also all that are not printable ASCII */
};

/* Appends text[0..len) as a string with its quotes. JSON_ESCAPE_CONTROL needs
 * valid UTF-8; the others write U+FFFD for malformed bytes. */
void json_write_string(const char *text, size_t len, enum json_escape escape,
                       struct strbuf *out);

enum json_layout {
    JSON_INDENTED, /* by two spaces; a line feed ends the document */
    JSON_ROWS,   /* one line for each value of the outermost array; a line feed
                    ends the document */
    JSON_COMPACT /* no white space */
};

/* The caller sets out, layout and escape, and zeroes the rest. out->failed is
 * set when memory runs out. */
struct json_writer {
    struct strbuf *out;
    enum json_layout layout;
    enum json_escape escape;
    unsigned depth;
    bool after; /* a value precedes in the same object or array */
};

/* Each function writes one value. key is its name in an object; NULL in an
 * array and for the whole document. */

/* Begins an object or an array: bracket is `{` or `[`. */
void json_writer_open(struct json_writer *json, const char *key, char bracket);

/* Ends the innermost object or array: `}` or `]`. */
void json_writer_close(struct json_writer *json, char bracket);

void json_writer_text(struct json_writer *json, const char *key,
                      const char *text, size_t len);

/* The same for a NUL-terminated text; NULL is written as null. */
void json_writer_string(struct json_writer *json, const char *key,
                        const char *text);

/* Infinities and NaN are written as null. */
void json_writer_number(struct json_writer *json, const char *key,
                        double value);

void json_writer_natural(struct json_writer *json, const char *key,
                         uint64_t value);

void json_writer_boolean(struct json_writer *json, const char *key, bool value);

/* Writes a value that is JSON already. */
void json_writer_raw(struct json_writer *json, const char *key,
                     const char *value, size_t len);

#endif
