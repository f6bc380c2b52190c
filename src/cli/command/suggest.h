/* suggest: names that somebody may have meant. */
#ifndef TALLYMAN_CLI_COMMAND_SUGGEST_H
#define TALLYMAN_CLI_COMMAND_SUGGEST_H

#include <stddef.h>

enum { NEAR_NAMES = 3, NEAR_NAME_SIZE = 256 };

/* The best of the names that were offered, best first. The caller sets asked
 * and zeroes the rest. */
struct near_names {
    const char *asked;
    char names[NEAR_NAMES][NEAR_NAME_SIZE];
    size_t distances[NEAR_NAMES];
    size_t count;
};

/* Keeps name if it is like what was asked for: contains it, or differs in few
 * letters. */
void near_offer(struct near_names *near, const char *name);

/* Writes "; did you mean a, b?", or without names what there is to say. */
void near_format(const struct near_names *near, const char *without, char *out,
                 size_t size);

#endif
