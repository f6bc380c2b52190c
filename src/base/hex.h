/* hex: hexadecimal digits. */
#ifndef TALLYMAN_BASE_HEX_H
#define TALLYMAN_BASE_HEX_H

#include <stddef.h>

/* The value of a digit in either case, -1 for any other character. */
int hex_digit(char c);

/* Writes two lower-case digits for each byte, without a NUL. Returns the end.
 */
char *hex_write(const unsigned char *bytes, size_t len, char *at);

#endif
