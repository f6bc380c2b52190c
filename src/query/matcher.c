#include "query/matcher.h"

#include <string.h>

/* Units of a pattern; those below 0x100 are bytes. */
enum { UNIT_ONE = 0x100, UNIT_ANY, UNIT_OR };

static int refuse(struct err *err, size_t at, const char *found) {
    (void)err_set(err, ERR_SYNTAX,
                  "%s is not supported in a regular expression; supported are "
                  "alternatives with |, `.`, `.*` and `.+`",
                  found);
    err->column = (unsigned)at + 1;
    return -1;
}

/* Strips parentheses around the whole expression. */
static void strip_group(const char *text, size_t *at, size_t *end) {
    if (*end - *at < 2 || text[*at] != '(' || text[*end - 1] != ')' ||
        text[*end - 2] == '\\')
        return;
    ++*at;
    --*end;
    if (*end - *at >= 2 && text[*at] == '?' && text[*at + 1] == ':')
        *at += 2;
}

/* True if \c is the literal c: not for letters and digits. */
static bool is_literal(char c) {
    return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
             (c >= 'A' && c <= 'Z'));
}

/* Reads a dot and its quantifier. */
static size_t take_dot(const char *text, size_t at, size_t end, uint16_t *units,
                       size_t *count) {
    char after = at + 1 < end ? text[at + 1] : '\0';
    if (after != '*')
        units[(*count)++] = UNIT_ONE;
    if (after == '*' || after == '+')
        units[(*count)++] = UNIT_ANY;
    return after == '*' || after == '+' ? 2 : 1;
}

int matcher_set_pattern(struct matcher *matcher, struct arena *arena,
                        struct err *err) {
    const char *text = matcher->value;
    size_t at = 0;
    size_t end = matcher->value_len;
    size_t count = 0;
    uint16_t *units = arena_take(arena, (end + 1) * sizeof(*units));
    if (!units)
        return err_no_memory(err);
    strip_group(text, &at, &end);
    while (at < end) {
        const char found[] = {'`', text[at], '`', '\0'};
        if (text[at] == '.') {
            at += take_dot(text, at, end, units, &count);
            continue;
        }
        if (text[at] == '\\' && at + 1 < end && is_literal(text[at + 1]))
            at++;
        else if (text[at] == '|') {
            units[count++] = UNIT_OR;
            at++;
            continue;
        } else if (strchr("\\^$*+?()[]{}", text[at]))
            return refuse(err, at, found);
        units[count++] = (unsigned char)text[at++];
    }
    matcher->pattern = units;
    matcher->pattern_len = count;
    return 0;
}

/* The length of a character in bytes; 0 for a line feed, which `.` does not
 * match. */
static size_t take_character(const char *text, size_t left) {
    size_t size = 1;
    if (left == 0 || *text == '\n')
        return 0;
    while (size < left && ((unsigned char)text[size] & 0xC0) == 0x80)
        size++;
    return size;
}

/* Matches units[0..count) without alternatives. After a mismatch only the last
 * `.*` grows, by one character, so the time is bounded. */
static bool match(const uint16_t *units, size_t count, const char *text,
                  size_t len) {
    size_t at = 0;
    size_t unit = 0;
    size_t star = SIZE_MAX;
    size_t resume = 0;
    while (at < len || unit < count) {
        size_t size = 0;
        if (unit < count && units[unit] == UNIT_ANY) {
            star = ++unit;
            resume = at;
            continue;
        }
        if (unit < count && at < len)
            size = units[unit] == UNIT_ONE
                       ? take_character(text + at, len - at)
                       : units[unit] == (unsigned char)text[at];
        if (size > 0) {
            at += size;
            unit++;
            continue;
        }
        size =
            star != SIZE_MAX ? take_character(text + resume, len - resume) : 0;
        if (size == 0)
            return false;
        resume += size;
        at = resume;
        unit = star;
    }
    return true;
}

static bool match_one(const struct matcher *matcher, const char *text,
                      size_t len) {
    size_t begin = 0;
    for (size_t i = 0; i <= matcher->pattern_len; i++) {
        if (i < matcher->pattern_len && matcher->pattern[i] != UNIT_OR)
            continue;
        if (match(matcher->pattern + begin, i - begin, text, len))
            return true;
        begin = i + 1;
    }
    return false;
}

bool matcher_permits(const struct matcher *matcher, const char *text,
                     size_t len) {
    bool same = matcher->pattern
                    ? match_one(matcher, text, len)
                    : len == matcher->value_len &&
                          (len == 0 || memcmp(text, matcher->value, len) == 0);
    return same != matcher->negated;
}
