/* suggest: names that somebody may have meant. */
#ifndef TALLYMAN_CLI_COMMAND_SUGGEST_H
#define TALLYMAN_CLI_COMMAND_SUGGEST_H

#include <stddef.h>

enum { SUGGESTIONS_MAX = 3, SUGGESTION_SIZE = 256 };

/* The best of the names that were offered, best first. The caller sets asked
 * and zeroes the rest. */
struct suggestions {
    const char *asked;
    char names[SUGGESTIONS_MAX][SUGGESTION_SIZE];
    size_t distances[SUGGESTIONS_MAX];
    size_t count;
};

/* Keeps name if it is like what was asked for: contains it, or differs in few
 * letters. */
void suggest_name(struct suggestions *list, const char *name);

/* Writes "; did you mean a, b?", or without names what there is to say. */
void suggest_format(const struct suggestions *list, const char *without,
                    char *out, size_t size);

#endif
