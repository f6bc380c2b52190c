/* terminal: which text the terminal takes, and how much room. */
#ifndef TALLYMAN_CLI_COMMAND_TERMINAL_H
#define TALLYMAN_CLI_COMMAND_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* The locale writes UTF-8, after setlocale. */
bool terminal_utf8(void);

/* How many columns text[0..len) takes, as utf8_escape has made it. */
size_t terminal_width(const char *text, size_t len);

#endif
