/* utf8: validation, decoding, and safe display of text. */
#ifndef TALLYMAN_BASE_UTF8_H
#define TALLYMAN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* True when bytes[0..len) is well-formed UTF-8 (RFC 3629: no overlong forms,
 * no surrogates, nothing above U+10FFFF). */
bool utf8_valid(const char *bytes, size_t len);

/* The length of the well-formed prefix; len when all bytes are well-formed. */
size_t utf8_prefix(const char *bytes, size_t len);

/* Stands for a byte that is part of no character; above all code points. */
enum { UTF8_MALFORMED = 0x110000 };

/* Sets *code to the code point at the front of bytes[0..len), which has at
 * least one byte, or to UTF8_MALFORMED. Returns its length in bytes. */
size_t utf8_decode(const char *bytes, size_t len, uint32_t *code);

/* Writes the bytes of a code point. Returns their number. */
size_t utf8_encode(uint32_t code, char out[4]);

/* Characters that are invisible or reorder the text around them: control
 * characters with C1, writing direction (Unicode's Bidi_Control), zero width,
 * line and paragraph separators, the byte order mark; also UTF8_MALFORMED. */
bool utf8_hidden(uint32_t code);

/* Appends untrusted text[0..len) for a terminal. Hidden characters become \n,
 * \x1b or \u202e, malformed bytes \xff. Without utf8, non-ASCII characters
 * become \u00e9. */
void utf8_escape(struct strbuf *out, const char *text, size_t len, bool utf8);

/* Copies text[0..len) for a message, with `?` for each hidden character, and
 * cuts it to size - 1 bytes. out may be text. */
void utf8_show(const char *text, size_t len, char *out, size_t size);

#endif
