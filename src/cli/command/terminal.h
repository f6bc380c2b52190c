/* terminal: encoding and width of text on the terminal. */
#ifndef TALLYMAN_CLI_COMMAND_TERMINAL_H
#define TALLYMAN_CLI_COMMAND_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* True if the locale uses UTF-8; call setlocale before. */
bool terminal_utf8(void);

/* The columns of text[0..len), which utf8_escape has written. */
size_t terminal_width(const char *text, size_t len);

#endif
