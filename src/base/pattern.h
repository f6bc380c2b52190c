/* pattern: names of families with * for any characters. */
#ifndef TALLYMAN_BASE_PATTERN_H
#define TALLYMAN_BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Strings, NULL-terminated. */
struct string_list {
    const char **strings;
    size_t count;
};

/* name[0..len) is what the pattern says; * stands for any number of
 * characters. */
bool pattern_match(const char *pattern, const char *name, size_t len);

/* One of the patterns matches. */
bool pattern_list_match(const struct string_list *patterns, const char *name,
                        size_t len);

/* Likewise, but patterns that are NULL permit any name. */
bool pattern_list_permits(const struct string_list *patterns, const char *name,
                          size_t len);

#endif
