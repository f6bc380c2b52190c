#include "endpoints/view_token.h"

#include <string.h>

#include "base/hex.h"
#include "base/hmac.h"
#include "base/number.h"
#include "http/request.h"

/* EXPIRY.HASH: decimal Unix seconds, and a SHA-256 in hexadecimal. */
enum { HASH_DIGITS = 2 * HMAC_SIZE_MAX, END_DIGITS_MAX = 12 };

/* Whether a given token or cookie belongs to the token. */
typedef bool matches(const char *given, size_t len, const char *token);

/* Compares every token, so that the time does not reveal which one matched. */
static bool find(const struct config *config, matches *match, const char *given,
                 size_t len, const struct string_list **families) {
    const struct push_token_list *list = &config->view_tokens;
    bool found = false;
    for (size_t i = 0; i < list->count; i++) {
        const struct push_token *token = &list->tokens[i];
        if (!match(given, len, token->token))
            continue;
        found = true;
        *families = token->families.count > 0 ? &token->families : NULL;
    }
    if (config->scrape_token && match(given, len, config->scrape_token)) {
        found = true;
        *families = NULL;
    }
    return found;
}

const char *view_token_first(const struct config *config) {
    return config->scrape_token            ? config->scrape_token
           : config->view_tokens.count > 0 ? config->view_tokens.tokens[0].token
                                           : NULL;
}

bool view_token_find(const struct config *config, const char *given, size_t len,
                     const struct string_list **families) {
    return find(config, request_token_is, given, len, families);
}

/* The hash of a cookie's expiry, in hexadecimal. */
static void hash_end(const char *token, size_t token_len, const char *end,
                     size_t end_len, char out[HASH_DIGITS + 1]) {
    static const char purpose[] = "may view until ";
    char text[sizeof(purpose) + NATURAL_SIZE];
    unsigned char digest[HMAC_SIZE_MAX];
    memcpy(text, purpose, sizeof(purpose) - 1);
    memcpy(text + sizeof(purpose) - 1, end, end_len);
    hmac(token, token_len, text, sizeof(purpose) - 1 + end_len, digest,
         sizeof(digest));
    *hex_write(digest, sizeof(digest), out) = '\0';
}

void view_cookie_write(const char *token, size_t len, int64_t now,
                       struct strbuf *out) {
    char end[NATURAL_SIZE + 1];
    char hash[HASH_DIGITS + 1];
    size_t end_len = natural_format((uint64_t)(now + VIEW_COOKIE_SECONDS), end);
    hash_end(token, len, end, end_len, hash);
    strbuf_add(out, end, end_len);
    strbuf_add_char(out, '.');
    strbuf_add_string(out, hash);
}

const char *view_cookie_find(const char *cookies, size_t *len) {
    static const char name[] = VIEW_COOKIE "=";
    while (*cookies) {
        cookies += strspn(cookies, "; \t");
        *len = strcspn(cookies, ";");
        if (strncmp(cookies, name, sizeof(name) - 1) == 0) {
            *len -= sizeof(name) - 1;
            return cookies + sizeof(name) - 1;
        }
        cookies += *len;
    }
    return NULL;
}

/* The number of digits of the expiry; 0 if the cookie is malformed. */
static size_t end_length(const char *cookie, size_t len) {
    if (len <= HASH_DIGITS + 1 || len > END_DIGITS_MAX + HASH_DIGITS + 1)
        return 0;
    size_t end_len = len - HASH_DIGITS - 1;
    for (size_t i = 0; i < end_len; i++)
        if (cookie[i] < '0' || cookie[i] > '9')
            return 0;
    return cookie[end_len] == '.' ? end_len : 0;
}

bool view_cookie_lives(const char *cookie, size_t len, int64_t now) {
    int64_t end = 0;
    size_t end_len = end_length(cookie, len);
    for (size_t i = 0; i < end_len; i++)
        end = end * 10 + (cookie[i] - '0');
    return end > now;
}

static bool is_of_token(const char *cookie, size_t len, const char *token) {
    char hash[HASH_DIGITS + 1];
    size_t end_len = end_length(cookie, len);
    hash_end(token, strlen(token), cookie, end_len, hash);
    return request_token_is(cookie + end_len + 1, HASH_DIGITS, hash);
}

bool view_cookie_check(const struct config *config, const char *cookie,
                       size_t len, const struct string_list **families) {
    return end_length(cookie, len) > 0 &&
           find(config, is_of_token, cookie, len, families);
}
