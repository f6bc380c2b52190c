/* suggest: names that somebody may have meant. */
#ifndef TALLYMAN_CLI_COMMAND_SUGGEST_H
#define TALLYMAN_CLI_COMMAND_SUGGEST_H

#include <stddef.h>

enum { NEAR_NAMES = 3 };

/* The best of the names that were offered, best first. A zeroed struct has
 * none. The names are the caller's. */
struct near_names {
    const char *names[NEAR_NAMES];
    size_t distances[NEAR_NAMES];
    size_t count;
};

/* Keeps name if it is like what was asked for: contains it, or differs in few
 * letters. */
void near_offer(struct near_names *near, const char *asked, const char *name);

/* Writes "; did you mean a, b?", or nothing without names. */
void near_format(const struct near_names *near, char *out, size_t size);

#endif
