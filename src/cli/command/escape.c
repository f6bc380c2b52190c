#include "cli/command/escape.h"

#include <langinfo.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "base/utf8.h"

bool visible_utf8(void) {
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* The code point at the front of text, and how many bytes it has; of bytes
 * that are no UTF-8 the first one, with *code above all code points. */
static size_t decode(const char *text, size_t len, uint32_t *code) {
    static const uint32_t NO_TEXT = 0x110000;
    unsigned char first = (unsigned char)text[0];
    size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    *code = first;
    if (size == 1)
        return 1;
    if (size > len || utf8_prefix(text, size) < size) {
        *code = NO_TEXT;
        return 1;
    }
    *code = first & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++)
        *code = *code << 6 | ((unsigned char)text[i] & 0x3Fu);
    return size;
}

/* Control characters, and format characters that move what stands around
 * them (Unicode: Bidi_Control, line and paragraph separator, the byte order
 * mark). */
static bool is_hidden(uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x61C ||
           (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
           code > 0x10FFFF;
}

void visible_add(struct strbuf *out, const char *text, size_t len, bool utf8) {
    for (size_t at = 0; at < len;) {
        uint32_t code;
        size_t size = decode(text + at, len - at, &code);
        if (!is_hidden(code) && (utf8 || code < 0x80))
            strbuf_add(out, text + at, size);
        else if (code == '\n')
            strbuf_add_string(out, "\\n");
        else if (code < 0x80 || code > 0x10FFFF)
            strbuf_printf(out, "\\x%02x", (unsigned)(unsigned char)text[at]);
        else
            strbuf_printf(out, "\\u%04x", (unsigned)code);
        at += size;
    }
}

/* Above U+FFFF JSON writes two halves (RFC 8259, section 7). */
static void add_json_escape(struct strbuf *out, uint32_t code) {
    if (code > 0x10FFFF)
        code = 0xFFFD;
    if (code > 0xFFFF)
        strbuf_printf(out, "\\u%04x\\u%04x",
                      (unsigned)(0xD800 + ((code - 0x10000) >> 10)),
                      (unsigned)(0xDC00 + ((code - 0x10000) & 0x3FF)));
    else
        strbuf_printf(out, "\\u%04x", (unsigned)code);
}

void visible_add_json(struct strbuf *out, const char *text, size_t len) {
    strbuf_add_char(out, '"');
    for (size_t at = 0; at < len;) {
        uint32_t code;
        at += decode(text + at, len - at, &code);
        if (code == '"' || code == '\\')
            strbuf_add_char(out, '\\');
        if (code >= 0x20 && code < 0x7F)
            strbuf_add_char(out, (char)code);
        else
            add_json_escape(out, code);
    }
    strbuf_add_char(out, '"');
}

size_t visible_width(const char *text, size_t len) {
    size_t width = 0;
    for (size_t at = 0; at < len;) {
        uint32_t code;
        at += decode(text + at, len - at, &code);
        int columns = wcwidth((wchar_t)code);
        width += columns < 0 ? 1 : (size_t)columns;
    }
    return width;
}
