/* pattern: family names with * for any characters. */
#ifndef TALLYMAN_BASE_PATTERN_H
#define TALLYMAN_BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Strings, NULL-terminated. */
struct string_list {
    const char **strings;
    size_t count;
};

/* pattern[0..len) can match a family name. */
bool pattern_valid(const char *pattern, size_t len);

/* name[0..len) matches pattern; * matches any number of characters. */
bool pattern_match(const char *pattern, const char *name, size_t len);

/* One of the patterns matches. */
bool pattern_list_match(const struct string_list *patterns, const char *name,
                        size_t len);

/* The same, but NULL permits any name. */
bool pattern_list_permits(const struct string_list *patterns, const char *name,
                          size_t len);

#endif
