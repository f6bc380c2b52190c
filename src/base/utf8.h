/* utf8: text as Unicode has it, and as it may be shown. */
#ifndef TALLYMAN_BASE_UTF8_H
#define TALLYMAN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* True when bytes[0..len) is well-formed UTF-8 (RFC 3629: no overlong forms,
 * no surrogates, nothing above U+10FFFF). */
bool utf8_valid(const char *bytes, size_t len);

/* How many bytes at the front are well-formed: len when all are. */
size_t utf8_prefix(const char *bytes, size_t len);

/* The code of a byte that belongs to no character; above all code points. */
enum { UTF8_MALFORMED = 0x110000 };

/* Sets *code to the code point at the front of bytes[0..len), which has at
 * least one byte, or to UTF8_MALFORMED. Returns how many bytes that takes. */
size_t utf8_decode(const char *bytes, size_t len, uint32_t *code);

/* Writes the bytes of a code point. Returns how many there are. */
size_t utf8_encode(uint32_t code, char out[4]);

/* Nobody sees it, or it moves the text beside it: control characters, also C1,
 * those of writing direction (Unicode's Bidi_Control), those without width,
 * line and paragraph separators, the byte order mark, and UTF8_MALFORMED. */
bool utf8_hidden(uint32_t code);

/* Appends text[0..len), which somebody else has chosen, for a terminal. Hidden
 * characters become \n, \x1b or \u202e, malformed bytes \xff, and without utf8
 * all that is not ASCII \u00e9. */
void utf8_escape(struct strbuf *out, const char *text, size_t len, bool utf8);

/* Copies text[0..len) for a message, with `?` for each hidden character, and
 * cut to size - 1 bytes. out may be text. */
void utf8_show(const char *text, size_t len, char *out, size_t size);

#endif
