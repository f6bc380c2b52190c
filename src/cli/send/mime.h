/* mime: encodes UTF-8 for a mail, whose lines are short and ASCII. */
#ifndef TALLYMAN_CLI_SEND_MIME_H
#define TALLYMAN_CLI_SEND_MIME_H

#include "base/strbuf.h"

/* Appends the header `name: text` with its line feed, in lines of at most 76
 * characters: folded at spaces, or as encoded words (RFC 2047, section 4.2) if
 * the text needs them. Line feeds and tabs become spaces, other hidden
 * characters are left out, malformed bytes become U+FFFD. */
void mime_header(const char *name, const char *text, struct strbuf *out);

/* Appends text, whose lines end with \n, as quoted-printable (RFC 2045, section
 * 6.7), with a line feed at its end. No line begins with a full stop or with
 * `From `. Malformed bytes become U+FFFD. */
void mime_quoted_printable(const char *text, struct strbuf *out);

#endif
