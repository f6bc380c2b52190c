/* media: media types with parameters, from Accept and Content-Type (RFC 9110,
 * sections 5.6.6 and 12.5.1). */
#ifndef TALLYMAN_HTTP_MEDIA_H
#define TALLYMAN_HTTP_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

/* Points into a header, which must outlive it. */
struct media {
    const char *text;
    size_t len;
};

/* Takes the next element of a list off *rest, up to a comma outside quotes.
 * False at the end. */
bool media_next(const char **rest, struct media *media);

/* Whether its type is this one, ignoring case. */
bool media_is(const struct media *media, const char *type);

/* Size of a parameter's value; longer ones are truncated. */
enum { MEDIA_VALUE_SIZE = 64 };

/* The first parameter of that name, unquoted and NUL-terminated; "" if there is
 * none. */
void media_parameter(const struct media *media, const char *name,
                     char value[MEDIA_VALUE_SIZE]);

#endif
