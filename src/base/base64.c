#include "base/base64.h"

/* The six bits of a character; -1 when it is not in the alphabet. */
static int digit(char c, enum base64_alphabet alphabet) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (alphabet == BASE64_URL ? '-' : '+'))
        return 62;
    if (c == (alphabet == BASE64_URL ? '_' : '/'))
        return 63;
    return -1;
}

/* The length without padding. Trailing = characters are padding only where the
 * length is a multiple of four. */
static size_t unpadded_length(const char *text, size_t len) {
    size_t digits = len;
    if (len == 0 || len % 4 != 0)
        return len;
    while (digits > len - 2 && text[digits - 1] == '=')
        digits--;
    return digits;
}

bool base64_decode(const char *text, size_t len, enum base64_alphabet alphabet,
                   char *out, size_t *out_len) {
    unsigned bits = 0;
    unsigned bit_count = 0;
    size_t digits = unpadded_length(text, len);
    *out_len = 0;
    if (digits % 4 == 1)
        return false;
    for (size_t i = 0; i < digits; i++) {
        int value = digit(text[i], alphabet);
        if (value < 0)
            return false;
        bits = bits << 6 | (unsigned)value;
        bit_count += 6;
        if (bit_count < 8)
            continue;
        bit_count -= 8;
        out[(*out_len)++] = (char)(unsigned char)(bits >> bit_count);
        bits &= (1u << bit_count) - 1;
    }
    return bits == 0;
}

void base64_encode(const char *bytes, size_t len, struct strbuf *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        size_t count = len - i < 3 ? len - i : 3;
        unsigned bits = 0;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 |
                   (j < count ? (unsigned)(unsigned char)bytes[i + j] : 0u);
        for (size_t j = 0; j < 4; j++)
            strbuf_add_char(out, j <= count ? digits[bits >> (18 - 6 * j) & 63]
                                            : '=');
    }
}
