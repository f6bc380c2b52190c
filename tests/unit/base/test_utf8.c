#include "base/utf8.h"

#include "check.h"
#include "guard.h"

static void prefix(void **state) {
    static const struct {
        const char *name, *bytes;
        size_t len, want;
    } cases[] = {
        {"nothing", BYTES(""), 0},
        {"ASCII", BYTES("abc\x7F"), 4},
        {"NUL is text", BYTES("a\0b"), 3},
        /* The corners of table 3-7 of the Unicode standard. */
        {"U+0080", BYTES("\xC2\x80"), 2},
        {"U+07FF", BYTES("\xDF\xBF"), 2},
        {"U+0800", BYTES("\xE0\xA0\x80"), 3},
        {"U+0FFF", BYTES("\xE0\xBF\xBF"), 3},
        {"U+1000", BYTES("\xE1\x80\x80"), 3},
        {"U+CFFF", BYTES("\xEC\xBF\xBF"), 3},
        {"U+D7FF", BYTES("\xED\x9F\xBF"), 3},
        {"U+E000", BYTES("\xEE\x80\x80"), 3},
        {"U+FFFF", BYTES("\xEF\xBF\xBF"), 3},
        {"U+10000", BYTES("\xF0\x90\x80\x80"), 4},
        {"U+3FFFF", BYTES("\xF0\xBF\xBF\xBF"), 4},
        {"U+40000", BYTES("\xF1\x80\x80\x80"), 4},
        {"U+FFFFF", BYTES("\xF3\xBF\xBF\xBF"), 4},
        {"U+100000", BYTES("\xF4\x80\x80\x80"), 4},
        {"U+10FFFF", BYTES("\xF4\x8F\xBF\xBF"), 4},
        {"a continuation alone", BYTES("a\x80"), 1},
        {"the last continuation alone", BYTES("\xBF"), 0},
        {"overlong NUL", BYTES("a\xC0\x80"), 1},
        {"overlong U+007F", BYTES("\xC1\xBF"), 0},
        {"overlong U+07FF", BYTES("\xE0\x9F\xBF"), 0},
        {"overlong U+FFFF", BYTES("\xF0\x8F\xBF\xBF"), 0},
        {"surrogate U+D800", BYTES("\xED\xA0\x80"), 0},
        {"surrogate U+DFFF", BYTES("\xED\xBF\xBF"), 0},
        {"U+110000", BYTES("\xF4\x90\x80\x80"), 0},
        {"F5", BYTES("\xF5\x80\x80\x80"), 0},
        {"five bytes", BYTES("\xF8\x88\x80\x80\x80"), 0},
        {"FE and FF", BYTES("\xFE\xFF"), 0},
        {"no second", BYTES("\xC3("), 0},
        {"no third", BYTES("\xE2\x82("), 0},
        {"no fourth", BYTES("ab\xF0\x9F\x92("), 2},
        {"good behind bad", BYTES("\xC3\xA9\xFF\xC3\xA9"), 2},
        /* Table 3-8: truncated sequences in a row. */
        {"table 3-8", BYTES("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *input = guard_place(cases[i].bytes, cases[i].len);
        check_number(cases[i].name, (long long)utf8_prefix(input, cases[i].len),
                     (long long)cases[i].want);
        check_number(cases[i].name, utf8_valid(input, cases[i].len),
                     cases[i].want == cases[i].len);
    }
}

static void cut_short(void **state) {
    static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\xA9z";
    static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
    (void)state;
    for (size_t len = 0; len < sizeof(text); len++)
        assert_int_equal(utf8_prefix(guard_place(text, len), len), want[len]);
}

/* The length that a first byte announces, as UTF-8 was before its rules were
 * tightened. */
static size_t announced(unsigned char first) {
    return first < 0x80   ? 1
           : first < 0xC0 ? 0
           : first < 0xE0 ? 2
           : first < 0xF0 ? 3
           : first < 0xF8 ? 4
                          : 0;
}

/* By decoding: the code point, then is it one, and is this its only form? */
static bool decodes(const unsigned char bytes[4], size_t len) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned char mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    if (announced(bytes[0]) != len || len == 0)
        return false;
    uint32_t point = bytes[0] & mask[len];
    for (size_t i = 1; i < len; i++) {
        if (bytes[i] < 0x80 || bytes[i] > 0xBF)
            return false;
        point = point << 6 | (bytes[i] & 0x3F);
    }
    return point >= least[len] && point <= 0x10FFFF &&
           (point < 0xD800 || point > 0xDFFF);
}

/* All of three bytes, and of four what differs in the last two bits. */
static void all_sequences(void **state) {
    (void)state;
    for (uint32_t n = 0; n < 1u << 24; n++) {
        unsigned char bytes[4] = {(unsigned char)(n >> 16),
                                  (unsigned char)(n >> 8), (unsigned char)n, 0};
        size_t len = announced(bytes[0]);
        if (len == 0 || (len == 1 && n & 0xFFFF) || (len == 2 && n & 0xFF))
            continue;
        for (unsigned last = 0; last < (len == 4 ? 4 : 1); last++) {
            bytes[3] = (unsigned char)(last << 6 | 0x15);
            if (utf8_valid((const char *)bytes, len) != decodes(bytes, len))
                fail_msg("%02X %02X %02X %02X", bytes[0], bytes[1], bytes[2],
                         bytes[3]);
        }
    }
}

/* A byte that begins nothing, or less, with as many continuations as any
 * sequence has. */
static void wrong_first_bytes(void **state) {
    (void)state;
    for (unsigned first = 0x80; first < 0x100; first++)
        for (size_t len = 1; len <= 4; len++)
            for (unsigned second = 0x80; second < 0xC0; second++) {
                unsigned char bytes[4] = {(unsigned char)first,
                                          (unsigned char)second, 0x95, 0xAA};
                if (utf8_valid((const char *)bytes, len) != decodes(bytes, len))
                    fail_msg("%02X %02X, %zu bytes", first, second, len);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefix),
        cmocka_unit_test(cut_short),
        cmocka_unit_test(all_sequences),
        cmocka_unit_test(wrong_first_bytes),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
