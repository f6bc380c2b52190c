/* json_comments: JSON with comments as JSON without. */
#ifndef TALLYMAN_BASE_JSON_COMMENTS_H
#define TALLYMAN_BASE_JSON_COMMENTS_H

#include <stddef.h>

/* Overwrites comments, from two slashes to the end of the line and between
 * slash-star and star-slash, with spaces, so that strict JSON remains and
 * every position stays. */
void json_blank_comments(char *text, size_t len);

#endif
