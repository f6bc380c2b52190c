/* suggest: similar names for a name that does not exist. */
#ifndef TALLYMAN_BASE_SUGGEST_H
#define TALLYMAN_BASE_SUGGEST_H

#include <stddef.h>

enum { SUGGESTIONS_MAX = 3, SUGGESTION_SIZE = 256 };

/* The most similar names, best first. The caller sets asked and zeroes the
 * rest. */
struct suggestions {
    const char *asked;
    char names[SUGGESTIONS_MAX][SUGGESTION_SIZE];
    size_t distances[SUGGESTIONS_MAX];
    size_t count;
};

/* Keeps name if it contains asked, or differs from it in few letters. */
void suggest_name(struct suggestions *list, const char *name);

/* Writes "; did you mean a, b?", or `without` when the list is empty. */
void suggest_format(const struct suggestions *list, const char *without,
                    char *out, size_t size);

#endif
