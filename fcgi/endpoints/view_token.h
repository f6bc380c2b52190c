/* view_token: the tokens that open the dashboard, and the cookie that a login
 * exchanges for a token. */
#ifndef TALLYMAN_ENDPOINTS_VIEW_TOKEN_H
#define TALLYMAN_ENDPOINTS_VIEW_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "config/config.h"

/* Lifetime of a cookie. */
enum { VIEW_COOKIE_SECONDS = 30 * 86400 };

/* The scrape token, else the first view token, else NULL. */
const char *view_token_first(const struct config *config);

/* Whether given[0..len) is the scrape token or one of view_token_file; if so,
 * sets *families, see exchange_may_view. The time does not reveal which token
 * nearly matched. */
bool view_token_find(const struct config *config, const char *given, size_t len,
                     const struct string_list **families);

/* Appends the value of the cookie for a login with token[0..len): its expiry in
 * Unix seconds, and a hash of that with the token as key. The cookie does not
 * reveal the token, and is void once the token is removed. */
void view_cookie_write(const char *token, size_t len, int64_t now,
                       struct strbuf *out);

/* The cookie's value in a Cookie header (RFC 6265, section 5.4); NULL if there
 * is none. */
const char *view_cookie_find(const char *cookies, size_t *len);

/* Whether cookie[0..len) is well-formed and has not expired. */
bool view_cookie_lives(const char *cookie, size_t len, int64_t now);

/* Whether the cookie was made from one of the tokens. */
bool view_cookie_check(const struct config *config, const char *cookie,
                       size_t len, const struct string_list **families);

/* The name of the cookie. */
#define VIEW_COOKIE "tallyman"

#endif
