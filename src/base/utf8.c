#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* The length of the sequence that starts at p, 0 when it is malformed
 * (table 3-7 of the Unicode standard). */
static size_t sequence_length(const unsigned char *p, size_t left) {
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t len;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xC2 && p[0] <= 0xDF)
        len = 2;
    else if (p[0] >= 0xE0 && p[0] <= 0xEF)
        len = 3;
    else if (p[0] >= 0xF0 && p[0] <= 0xF4)
        len = 4;
    else
        return 0;
    if (p[0] == 0xE0)
        low = 0xA0;
    else if (p[0] == 0xED)
        high = 0x9F;
    else if (p[0] == 0xF0)
        low = 0x90;
    else if (p[0] == 0xF4)
        high = 0x8F;
    if (left < len || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

/* The eight bytes at p are all ASCII. */
static bool ascii_word(const unsigned char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return (word & 0x8080808080808080u) == 0;
}

size_t utf8_prefix(const char *bytes, size_t len) {
    const unsigned char *p = (const unsigned char *)bytes;
    size_t i = 0;
    while (i < len) {
        if (len - i >= 8 && ascii_word(p + i)) {
            i += 8;
            continue;
        }
        size_t step = sequence_length(p + i, len - i);
        if (step == 0)
            break;
        i += step;
    }
    return i;
}

bool utf8_valid(const char *bytes, size_t len) {
    return utf8_prefix(bytes, len) == len;
}
