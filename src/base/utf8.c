#include "base/utf8.h"

#include <string.h>

/* Table 3-7 of the Unicode standard. */
size_t utf8_decode(const char *bytes, size_t len, uint32_t *code) {
    const unsigned char *p = (const unsigned char *)bytes;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t size = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    *code = p[0];
    if (p[0] < 0x80)
        return 1;
    *code = UTF8_MALFORMED;
    if (p[0] == 0xE0)
        low = 0xA0;
    else if (p[0] == 0xED)
        high = 0x9F;
    else if (p[0] == 0xF0)
        low = 0x90;
    else if (p[0] == 0xF4)
        high = 0x8F;
    if (p[0] < 0xC2 || p[0] > 0xF4 || len < size || p[1] < low || p[1] > high)
        return 1;
    uint32_t point = (p[0] & (0x7Fu >> size)) << 6 | (p[1] & 0x3Fu);
    for (size_t i = 2; i < size; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 1;
        point = point << 6 | (p[i] & 0x3Fu);
    }
    *code = point;
    return size;
}

size_t utf8_encode(uint32_t code, char out[4]) {
    static const unsigned char first[] = {[1] = 0, 0xC0, 0xE0, 0xF0};
    size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(first[size] | code);
    return size;
}

/* The eight bytes at p are all ASCII. */
static bool ascii_word(const char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return (word & 0x8080808080808080u) == 0;
}

size_t utf8_prefix(const char *bytes, size_t len) {
    uint32_t code;
    size_t i = 0;
    while (i < len) {
        if (len - i >= 8 && ascii_word(bytes + i)) {
            i += 8;
            continue;
        }
        if ((unsigned char)bytes[i] < 0x80) {
            i++;
            continue;
        }
        size_t step = utf8_decode(bytes + i, len - i, &code);
        if (code == UTF8_MALFORMED)
            break;
        i += step;
    }
    return i;
}

bool utf8_valid(const char *bytes, size_t len) {
    return utf8_prefix(bytes, len) == len;
}

bool utf8_hidden(uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x61C ||
           (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
           code == UTF8_MALFORMED;
}

void utf8_escape(struct strbuf *out, const char *text, size_t len, bool utf8) {
    for (size_t at = 0; at < len;) {
        uint32_t code;
        size_t size = utf8_decode(text + at, len - at, &code);
        if (!utf8_hidden(code) && (utf8 || code < 0x80))
            strbuf_add(out, text + at, size);
        else if (code == '\n')
            strbuf_add_string(out, "\\n");
        else if (code < 0x80 || code == UTF8_MALFORMED)
            strbuf_printf(out, "\\x%02x", (unsigned)(unsigned char)text[at]);
        else
            strbuf_printf(out, "\\u%04x", (unsigned)code);
        at += size;
    }
}

void utf8_show(const char *text, size_t len, char *out, size_t size) {
    size_t used = 0;
    if (len > size - 1)
        len = size - 1;
    for (size_t at = 0; at < len;) {
        uint32_t code;
        size_t step = utf8_decode(text + at, len - at, &code);
        if (utf8_hidden(code))
            out[used++] = '?';
        else
            for (size_t i = 0; i < step; i++)
                out[used++] = text[at + i];
        at += step;
    }
    out[used] = '\0';
}
