#include "base/pattern.h"

#include <string.h>

bool pattern_valid(const char *pattern, size_t len) {
    for (size_t i = 0; i < len; i++) {
        char c = pattern[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != ':' &&
            c != '*')
            return false;
    }
    return len > 0;
}

/* After a mismatch the last * takes one character more. Linear in practice; the
 * worst case is the product of both lengths. */
bool pattern_match(const char *pattern, const char *name, size_t len) {
    const char *star = NULL;
    size_t at = 0;
    size_t resume = 0;
    while (at < len) {
        if (*pattern == '*') {
            star = pattern++;
            resume = at;
        } else if (*pattern != '\0' && *pattern == name[at]) {
            pattern++;
            at++;
        } else if (star) {
            pattern = star + 1;
            at = ++resume;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

bool pattern_list_match(const struct string_list *patterns, const char *name,
                        size_t len) {
    for (size_t i = 0; i < patterns->count; i++)
        if (pattern_match(patterns->strings[i], name, len))
            return true;
    return false;
}

bool pattern_list_permits(const struct string_list *patterns, const char *name,
                          size_t len) {
    return !patterns || pattern_list_match(patterns, name, len);
}
