/* routes: rules that map URLs to names, so that URLs are not stored. The
 * browser client has the same rules (static/src/rules.ts). */
#ifndef TALLYMAN_CONFIG_ROUTES_H
#define TALLYMAN_CONFIG_ROUTES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* The longest name and pattern of a rule, and the longest URL without query and
 * fragment, in bytes. Pattern and URL bound the time of a lookup. A longer URL
 * matches no rule. */
enum { ROUTE_NAME_MAX = 128, ROUTE_PATTERN_MAX = 254, ROUTE_URL_MAX = 2048 };

struct route {
    const char *method; /* in upper case; NULL: any */
    const char *name;
    const uint16_t *steps; /* of the pattern, see routes.c */
    size_t step_count;
};

/* The rules in their order. A zeroed struct has none. */
struct routes {
    struct route *rules;
    size_t count;
};

/* Parses a rule, `[METHOD:]PATTERN=NAME`, into *route. `*` matches text within
 * a path segment, `**` any text; a slash may follow the match. Strings are in
 * the arena. Returns -1 if memory ran out or the rule is wrong. */
int route_read(const char *rule, struct route *route, struct arena *arena,
               struct err *err);

/* Returns the name of the first rule that matches, or NULL.
 *
 * url[0..url_len) is a URL or a path. The query, the fragment, user
 * information, a default port and the case of scheme and host are ignored;
 * percent-encoding is not decoded. A rule matches the path of a URL of the
 * site, and origin and path of any other. site is the origin of the site; if it
 * is NULL, unknown, a rule may match either part of any URL.
 *
 * method[0..method_len) is the request's method, in any case; with method_len
 * 0, rules that have a method do not match. The time is proportional to the
 * length of the URL times that of the patterns. */
const char *routes_find(const struct routes *routes, const char *site,
                        const char *method, size_t method_len, const char *url,
                        size_t url_len);

#endif
