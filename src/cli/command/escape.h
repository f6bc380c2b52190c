/* escape: text that somebody else has chosen, as it may reach a terminal.
 *
 * A label can hold escape sequences that rename the window, or text that runs
 * from right to left and hides what stands beside it. */
#ifndef TALLYMAN_CLI_COMMAND_ESCAPE_H
#define TALLYMAN_CLI_COMMAND_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* The locale writes UTF-8, after setlocale. */
bool visible_utf8(void);

/* Appends text[0..len). Control characters and those that change the direction
 * of writing become \n, \x1b or \u202e, bytes that are no UTF-8 \xff, and
 * without utf8 whatever is not ASCII becomes \u00e9. */
void visible_add(struct strbuf *out, const char *text, size_t len, bool utf8);

/* Appends text[0..len) as a JSON string in ASCII, with its quotes; bytes that
 * are no UTF-8 become U+FFFD. */
void visible_add_json(struct strbuf *out, const char *text, size_t len);

/* How many columns of a terminal text[0..len) takes, as visible_add has made
 * it. */
size_t visible_width(const char *text, size_t len);

#endif
