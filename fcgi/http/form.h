/* form: names and values of application/x-www-form-urlencoded bodies and query
 * strings (URL standard, section 5.1). */
#ifndef TALLYMAN_HTTP_FORM_H
#define TALLYMAN_HTTP_FORM_H

#include <stdbool.h>

#include "base/strbuf.h"

/* The rest of a form, from next up to end. */
struct form {
    const char *next;
    const char *end;
};

/* Replaces name and value by the next pair, decoded and NUL-terminated; without
 * = the value is empty. A % without two hexadecimal digits after it is kept,
 * and a NUL is an ordinary byte. False at the end. The buffers have failed when
 * memory ran out. */
bool form_next(struct form *form, struct strbuf *name, struct strbuf *value);

#endif
