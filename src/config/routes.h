/* routes: rules that give URLs a name, as the browser client has them
 * (static/src/rules.ts), so that no URL itself has to be kept. */
#ifndef TALLYMAN_CONFIG_ROUTES_H
#define TALLYMAN_CONFIG_ROUTES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* The longest name and pattern of a rule and the longest URL that is looked up,
 * in bytes: the last two bound the time that a look takes. A URL is without
 * query and fragment; a longer one fits no rule. */
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

/* Sets *route from one rule, `[METHOD:]PATTERN=NAME`: `*` is any text within
 * one path segment, `**` any rest, and a slash may stand behind the pattern.
 * Its texts belong to the arena. Returns -1 when memory ran out or
 * with a message that says what is wrong and what would be right. */
int route_read(const char *rule, struct route *route, struct arena *arena,
               struct err *err);

/* The name of the first rule that fits, or NULL.
 *
 * url[0..url_len) is a URL or only a path, with or without a query and a
 * fragment, which do not count; it is taken as sent, in percent-encoding and
 * all, but for the case of scheme and host, user names and default ports. A
 * rule fits the path of a URL of the site, and origin and path of any other.
 * site is the origin of the site; where that is not known, NULL, a rule may
 * fit either of any URL.
 *
 * method[0..method_len) is that of the request, in any case. Rules with one do
 * not fit without it: method_len is 0. The time is at most proportional to the
 * lengths of URL and pattern. */
const char *routes_find(const struct routes *routes, const char *site,
                        const char *method, size_t method_len, const char *url,
                        size_t url_len);

#endif
