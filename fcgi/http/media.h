/* media: media types with their parameters, as Accept and Content-Type have
 * them (RFC 9110, sections 5.6.6 and 12.5.1). */
#ifndef TALLYMAN_HTTP_MEDIA_H
#define TALLYMAN_HTTP_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

/* A part of a header, which must live as long. */
struct media {
    const char *text;
    size_t len;
};

/* Cuts the next element of a list off *rest: up to a comma that is not within
 * quotes. False at the end. */
bool media_next(const char **rest, struct media *media);

/* Its type is this one; case does not count. */
bool media_is(const struct media *media, const char *type);

/* Room for the value of a parameter; what is longer is cut. */
enum { MEDIA_VALUE_SIZE = 64 };

/* The first parameter of that name, without quotes, NUL-terminated; "" without
 * one. */
void media_parameter(const struct media *media, const char *name,
                     char value[MEDIA_VALUE_SIZE]);

#endif
