/* json_comments: turns JSON with comments into strict JSON. */
#ifndef TALLYMAN_BASE_JSON_COMMENTS_H
#define TALLYMAN_BASE_JSON_COMMENTS_H

#include <stddef.h>

/* Overwrites comments, from two slashes to the end of the line and between
 * slash-star and star-slash, with spaces. All positions stay the same. */
void json_blank_comments(char *text, size_t len);

#endif
