#include "base/json_scan.h"

#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"

#define SINGLE_QUOTES "strings and keys need double quotes, not single quotes"

/* json-c takes about 800 bytes for an object, even an empty one. A text may
 * have OBJECTS_SMALL objects, and one more per OBJECT_BYTES bytes. */
enum { OBJECTS_SMALL = 40000, OBJECT_BYTES = 12 };

struct scan {
    const char *text;
    size_t len;
    size_t at;
    size_t objects_left; /* that the text may still open */
    size_t depth;
    bool object[JSON_DEPTH_MAX]; /* at each depth, outermost first; false: an
                                  * array */
    struct json_token token;     /* the next value */
    struct json_totals totals;
    json_token_visit *visit;
    void *context;
    struct err *err;
};

static int refuse(const struct scan *scan, size_t offset, const char *reason) {
    if (offset >= scan->len)
        reason = "the text ends too early";
    (void)err_set(scan->err, ERR_SYNTAX, "not valid JSON: %s", reason);
    err_locate(scan->err, scan->text, scan->len, offset);
    return -1;
}

/* The byte at `at`; NUL at the end, which no token contains. */
static char peek(const struct scan *scan) {
    return scan->at < scan->len ? scan->text[scan->at] : '\0';
}

static void skip_space(struct scan *scan) {
    static const bool space[256] = {
        [' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true};
    while (scan->at < scan->len && space[(unsigned char)scan->text[scan->at]])
        scan->at++;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Whether text[0..len) begins with four hexadecimal digits. */
static bool read_hex(const char *text, size_t len, uint32_t *code) {
    *code = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = i < len ? hex_digit(text[i]) : -1;
        if (digit < 0)
            return false;
        *code = *code * 16 + (uint32_t)digit;
    }
    return true;
}

bool json_scan_pair(const char *text, size_t len, uint32_t *code) {
    uint32_t high, low;
    if (len < 12 || memcmp(text, "\\u", 2) != 0 ||
        memcmp(text + 6, "\\u", 2) != 0 || !read_hex(text + 2, 4, &high) ||
        !read_hex(text + 8, 4, &low))
        return false;
    high -= 0xD800;
    low -= 0xDC00;
    *code = 0x10000 + (high << 10) + low;
    return high < 0x400 && low < 0x400;
}

/* `\u` and its digits, with the second half of a pair. json-c reads an unpaired
 * half as U+FFFD. */
static int scan_unicode(struct scan *scan, bool key) {
    const char *text = scan->text + scan->at;
    size_t left = scan->len - scan->at;
    uint32_t code;
    if (json_scan_pair(text, left, &code)) {
        scan->at += 12;
        scan->totals.bytes += 4;
        return 0;
    }
    if (!read_hex(text + 2, left - 2, &code))
        return refuse(scan, left < 6 ? scan->len : scan->at,
                      "expected four hexadecimal digits after \\u");
    if (key && code == 0)
        return refuse(scan, scan->at, "NUL character in a key");
    scan->at += 6;
    scan->totals.bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
    return 0;
}

static int scan_escape(struct scan *scan, bool key) {
    size_t next = scan->at + 1;
    if (next < scan->len && scan->text[next] == 'u')
        return scan_unicode(scan, key);
    if (next >= scan->len || !memchr("\"\\/bfnrt", scan->text[next], 8))
        return refuse(scan, next < scan->len ? scan->at : next,
                      "expected one of \"\\/bfnrtu after the backslash");
    scan->at += 2;
    scan->totals.bytes++;
    return 0;
}

/* A string from its opening quote on; its characters are valid UTF-8. */
static int scan_string(struct scan *scan, bool key) {
    static const bool plain_ends[256] = {
        [0] = true,  [1] = true,  [2] = true,   [3] = true,   [4] = true,
        [5] = true,  [6] = true,  [7] = true,   [8] = true,   [9] = true,
        [10] = true, [11] = true, [12] = true,  [13] = true,  [14] = true,
        [15] = true, [16] = true, [17] = true,  [18] = true,  [19] = true,
        [20] = true, [21] = true, [22] = true,  [23] = true,  [24] = true,
        [25] = true, [26] = true, [27] = true,  [28] = true,  [29] = true,
        [30] = true, [31] = true, ['"'] = true, ['\\'] = true};
    scan->at++;
    for (;;) {
        size_t end = scan->at;
        while (end < scan->len && !plain_ends[(unsigned char)scan->text[end]])
            end++;
        scan->totals.bytes += end - scan->at;
        scan->at = end;
        if (peek(scan) == '"')
            break;
        if (peek(scan) != '\\')
            return refuse(scan, scan->at,
                          "control character in a string, must be escaped");
        if (scan_escape(scan, key) != 0)
            return -1;
    }
    scan->at++;
    return 0;
}

static int scan_digits(struct scan *scan) {
    if (!is_digit(peek(scan)))
        return refuse(scan, scan->at, "expected a digit");
    while (is_digit(peek(scan)))
        scan->at++;
    return 0;
}

static int scan_number(struct scan *scan) {
    if (peek(scan) == '-')
        scan->at++;
    bool zero = peek(scan) == '0';
    size_t start = scan->at;
    if (scan_digits(scan) != 0)
        return -1;
    if (zero && scan->at - start > 1)
        return refuse(scan, start, "number with a leading zero");
    if (peek(scan) == '.') {
        scan->at++;
        if (scan_digits(scan) != 0)
            return -1;
    }
    if (peek(scan) == 'e' || peek(scan) == 'E') {
        scan->at++;
        if (peek(scan) == '+' || peek(scan) == '-')
            scan->at++;
        return scan_digits(scan);
    }
    return 0;
}

static int scan_word(struct scan *scan) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t len = strlen(words[i]);
        size_t left = scan->len - scan->at;
        if (memcmp(scan->text + scan->at, words[i], left < len ? left : len) !=
            0)
            continue;
        scan->at += left < len ? left : len;
        return left < len ? refuse(scan, scan->len, "") : 0;
    }
    return refuse(scan, scan->at,
                  peek(scan) == ','
                      ? "no value before this comma; remove the comma"
                  : peek(scan) == '\'' ? SINGLE_QUOTES
                                       : "expected a value");
}

/* A key and its colon; stops at the value. */
static int scan_key(struct scan *scan) {
    size_t start = scan->at;
    if (peek(scan) != '"')
        return refuse(scan, start,
                      peek(scan) == '\'' ? SINGLE_QUOTES
                                         : "expected a key in double quotes");
    if (scan_string(scan, true) != 0)
        return -1;
    scan->token.key = scan->text + start;
    scan->token.key_len = scan->at - start;
    scan->token.offset = start;
    scan->totals.members++;
    skip_space(scan);
    if (peek(scan) != ':')
        return refuse(scan, scan->at, "expected a colon");
    scan->at++;
    skip_space(scan);
    return 0;
}

static int tell(struct scan *scan) {
    if (!scan->visit)
        return 0;
    scan->token.depth = scan->depth;
    return scan->visit(scan->context, &scan->token);
}

/* After an opening bracket. *empty: the closing one followed. */
static int scan_open(struct scan *scan, bool object, bool *empty) {
    if (scan->depth == JSON_DEPTH_MAX)
        return refuse(scan, scan->at, "nesting too deep");
    if (object && scan->objects_left-- == 0)
        return refuse(scan, scan->at, "too many small objects");
    scan->object[scan->depth++] = object;
    scan->at++;
    skip_space(scan);
    *empty = peek(scan) == (object ? '}' : ']');
    return 0;
}

/* A scalar value, or the start of a container: then *inside is set. */
static int scan_value(struct scan *scan, bool *inside) {
    bool empty = false;
    *inside = false;
    if (!scan->token.key)
        scan->token.offset = scan->at;
    int result = scan->at < scan->len ? tell(scan) : 0;
    if (result != 0)
        return result;
    switch (peek(scan)) {
    case '{':
    case '[':
        result = scan_open(scan, peek(scan) == '{', &empty);
        *inside = !empty;
        return result;
    case '"':
        return scan_string(scan, false);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return scan_number(scan);
    default:
        return scan_word(scan);
    }
}

/* After a value: closing brackets, and the comma before the next value of a
 * container that stays open. */
static int scan_after(struct scan *scan) {
    for (;;) {
        skip_space(scan);
        if (scan->depth == 0)
            return scan->at == scan->len
                       ? 0
                       : refuse(scan, scan->at, "more text after the document");
        bool object = scan->object[scan->depth - 1];
        if (peek(scan) == ',')
            break;
        if (peek(scan) != (object ? '}' : ']'))
            return refuse(scan, scan->at,
                          object ? "expected a comma or }"
                                 : "expected a comma or ]");
        scan->depth--;
        scan->at++;
    }
    size_t comma = scan->at++;
    skip_space(scan);
    if (peek(scan) == '}' || peek(scan) == ']')
        return refuse(scan, comma,
                      "no value after this comma; remove the comma");
    return 0;
}

int json_scan(const char *text, size_t len, json_token_visit *visit,
              void *context, struct json_totals *totals, struct err *err) {
    struct scan scan = {.text = text,
                        .len = len,
                        .objects_left = OBJECTS_SMALL + len / OBJECT_BYTES,
                        .visit = visit,
                        .context = context,
                        .err = err};
    int result = 0;
    if (!utf8_valid(text, len))
        return refuse(&scan, utf8_prefix(text, len), "not UTF-8 text");
    skip_space(&scan);
    do {
        bool inside;
        scan.token.key = NULL;
        if (scan.depth > 0 && scan.object[scan.depth - 1])
            result = scan_key(&scan);
        if (result == 0)
            result = scan_value(&scan, &inside);
        if (result == 0 && !inside)
            result = scan_after(&scan);
    } while (result == 0 && scan.depth > 0);
    *totals = scan.totals;
    return result;
}
