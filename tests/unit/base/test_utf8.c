#include "base/utf8.h"

#include "check.h"
#include "code_point.h"
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
        {"good after bad", BYTES("\xC3\xA9\xFF\xC3\xA9"), 2},
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

/* The length by the first byte, by the earlier, looser rules of UTF-8. */
static size_t announced(unsigned char first) {
    return first < 0x80   ? 1
           : first < 0xC0 ? 0
           : first < 0xE0 ? 2
           : first < 0xF0 ? 3
           : first < 0xF8 ? 4
                          : 0;
}

/* A simple check: decode the code point, then check its range and its shortest
 * form. */
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

/* All sequences of three bytes; of four, those that differ in 2 bits. */
static void agrees_with_a_plain_decoder(void **state) {
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

/* Invalid first bytes and those of shorter sequences, with the most
 * continuations. */
static void wrong_first_bytes_are_refused(void **state) {
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

static void decode_all(void **state) {
    char bytes[4];
    (void)state;
    for (uint32_t code = 0; code < CODE_POINTS; code++) {
        uint32_t got;
        size_t len = encode(code, bytes);
        size_t size = utf8_decode(bytes, len, &got);
        char again[4];
        check_bytes("encoded", again, utf8_encode(code, again), bytes, len);
        if (is_character(code) ? size != len || got != code
                               : size != 1 || got != UTF8_MALFORMED)
            fail_msg("U+%04X: %zu bytes, U+%04X", code, size, got);
        if (len > 1 &&
            (utf8_decode(bytes, len - 1, &got) != 1 || got != UTF8_MALFORMED))
            fail_msg("U+%04X, cut: U+%04X", code, got);
    }
}

/* The first and the last character of each range. */
static void hidden(void **state) {
    static const uint32_t ranges[][2] = {
        {0, 0x1F},        {0x7F, 0x9F},     {0x61C, 0x61C},   {0x200B, 0x200F},
        {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF},
    };
    size_t range = 0;
    (void)state;
    for (uint32_t code = 0; code < CODE_POINTS; code++) {
        while (range < COUNT(ranges) && code > ranges[range][1])
            range++;
        if (utf8_hidden(code) !=
            (range < COUNT(ranges) && code >= ranges[range][0]))
            fail_msg("U+%04X", code);
    }
    assert_true(utf8_hidden(UTF8_MALFORMED));
}

static void check_one(const char *name, struct strbuf *out, const char *want) {
    check_text(name, out->data ? out->data : "", want);
    strbuf_reset(out);
}

static void escape(void **state) {
    static const struct {
        const char *name;
        const char *text;
        size_t len;
        const char *utf8;
        const char *ascii;
        const char *shown;
    } cases[] = {
        {"nothing", BYTES(""), "", "", ""},
        {"letters", BYTES("a \\\"b"), "a \\\"b", "a \\\"b", "a \\\"b"},
        {"controls", BYTES("\x1b[1m\a\n\t\x7f"), "\\x1b[1m\\x07\\n\\x09\\x7f",
         "\\x1b[1m\\x07\\n\\x09\\x7f", "?[1m????"},
        {"NUL", BYTES("a\0b"), "a\\x00b", "a\\x00b", "a?b"},
        {"C1", BYTES("\xc2\x9b"), "\\u009b", "\\u009b", "?"},
        {"no break space", BYTES("\xc2\xa0"), "\xc2\xa0", "\\u00a0",
         "\xc2\xa0"},
        {"an accent", BYTES("\xc3\xa9"), "\xc3\xa9", "\\u00e9", "\xc3\xa9"},
        {"to the left", BYTES("\xe2\x80\xae"), "\\u202e", "\\u202e", "?"},
        {"isolates", BYTES("\xe2\x81\xa6"), "\\u2066", "\\u2066", "?"},
        {"a line separator", BYTES("\xe2\x80\xa8"), "\\u2028", "\\u2028", "?"},
        {"above U+FFFF", BYTES("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80",
         "\\u1f600", "\xf0\x9f\x98\x80"},
        {"a raw C1 byte", BYTES("\x9bm"), "\\x9bm", "\\x9bm", "?m"},
        {"cut", BYTES("\xe2\x80"), "\\xe2\\x80", "\\xe2\\x80", "??"},
        {"overlong", BYTES("\xc0\x9b"), "\\xc0\\x9b", "\\xc0\\x9b", "??"},
        {"above all", BYTES("\xf8"), "\\xf8", "\\xf8", "?"},
    };
    struct strbuf out = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char shown[20];
        utf8_escape(&out, cases[i].text, cases[i].len, true);
        check_one(cases[i].name, &out, cases[i].utf8);
        utf8_escape(&out, cases[i].text, cases[i].len, false);
        check_one(cases[i].name, &out, cases[i].ascii);
        utf8_show(cases[i].text, cases[i].len, shown, sizeof(shown));
        check_text(cases[i].name, shown, cases[i].shown);
    }
    strbuf_free(&out);
}

static void show_cut(void **state) {
    char text[] = "\xc3\xa9 \xe2\x82\xac";
    char out[6];
    (void)state;
    utf8_show(text, strlen(text), out, sizeof(out));
    check_text("cut", out, "\xc3\xa9 ??");
    utf8_show(text, strlen(text), text, sizeof(text));
    check_text("in its place", text, "\xc3\xa9 \xe2\x82\xac");
}

static void check_shown(uint32_t code, const char *text, bool ascii) {
    size_t len = strlen(text);
    for (size_t at = 0; at < len;) {
        uint32_t got;
        at += utf8_decode(text + at, len - at, &got);
        if (utf8_hidden(got) || (ascii && got > 0x7E))
            fail_msg("U+%04X: \"%s\"", code, text);
    }
}

/* The output has no hidden characters; visible ones are unchanged. */
static void escape_all(void **state) {
    struct strbuf out = {0};
    char bytes[5];
    char shown[5];
    (void)state;
    for (uint32_t code = 0; code < CODE_POINTS; code++) {
        size_t len = encode(code, bytes);
        bytes[len] = '\0';
        utf8_escape(&out, bytes, len, true);
        check_shown(code, out.data, false);
        bool kept = strcmp(out.data, bytes) == 0 && code != 0;
        utf8_show(bytes, len, shown, sizeof(shown));
        check_shown(code, shown, false);
        if (kept != (is_character(code) && !utf8_hidden(code)) ||
            kept != (strcmp(shown, bytes) == 0 && code != 0))
            fail_msg("U+%04X: \"%s\", \"%s\"", code, out.data, shown);
        strbuf_reset(&out);
        utf8_escape(&out, bytes, len, false);
        check_shown(code, out.data, true);
        strbuf_reset(&out);
    }
    strbuf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefix),
        cmocka_unit_test(cut_short),
        cmocka_unit_test(agrees_with_a_plain_decoder),
        cmocka_unit_test(wrong_first_bytes_are_refused),
        cmocka_unit_test(decode_all),
        cmocka_unit_test(hidden),
        cmocka_unit_test(escape),
        cmocka_unit_test(show_cut),
        cmocka_unit_test(escape_all),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
