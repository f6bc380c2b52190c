#include "config/routes.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

/* A pattern is a list of steps, each a byte or one of these. The three can
 * match the empty string. */
enum step {
    STEP_SEGMENT = 256, /* any text without a slash */
    STEP_REST,          /* any text */
    STEP_SLASH          /* an optional slash; the last step */
};

/* The states of a match: one before each step, and one after the last. */
enum { STATES = ROUTE_PATTERN_MAX + 2, WORD = 64 };

struct states {
    uint64_t words[STATES / WORD];
};

/* A URL, split for the comparison with rules. */
struct place {
    const char *path;
    size_t path_len;
    size_t origin_len; /* 0: the URL is a path */
    char origin[ROUTE_URL_MAX];
};

_Static_assert(STATES % WORD == 0, "the words of the states are full");

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* ---- reading ---- */

static int read_pattern(const char *pattern, size_t len, struct route *route,
                        struct arena *arena, struct err *err) {
    uint16_t *steps = arena_take(arena, (len + 1) * sizeof(*steps));
    if (!steps)
        return err_no_memory(err);
    route->steps = steps;
    route->step_count = 0;
    for (size_t i = 0; i < len; i++) {
        if (pattern[i] != '*') {
            steps[route->step_count++] = (unsigned char)pattern[i];
            continue;
        }
        size_t stars = strspn(pattern + i, "*");
        steps[route->step_count++] = stars > 1 ? STEP_REST : STEP_SEGMENT;
        i += stars - 1;
    }
    steps[route->step_count++] = STEP_SLASH;
    return 0;
}

static bool has_origin(const char *pattern, size_t len) {
    const char *authority = strstr(pattern, "://");
    return authority && authority > pattern &&
           authority < pattern + strcspn(pattern, "/") &&
           (size_t)(authority - pattern) + 3 < len;
}

/* shown is the rule, for messages. */
static int check_pattern(const char *shown, const char *pattern, size_t len,
                         struct err *err) {
    if (len == 0 ||
        (*pattern != '/' && *pattern != '*' && !has_origin(pattern, len)))
        return err_set(err, ERR_VALUE,
                       "is \"%s\", whose pattern must begin with a slash, or "
                       "with scheme://host for another site, such as "
                       "\"https://pay.example/**=pay\"",
                       shown);
    if (memchr(pattern, '?', len) || memchr(pattern, '#', len))
        return err_set(err, ERR_VALUE,
                       "is \"%s\", whose pattern must end before the ? or #: "
                       "rules ignore the query and the fragment of a URL",
                       shown);
    if (len > ROUTE_PATTERN_MAX)
        return err_set(err, ERR_VALUE,
                       "is \"%s...\", whose pattern has %zu bytes, must have "
                       "at most %d",
                       shown, len, ROUTE_PATTERN_MAX);
    return 0;
}

/* The length of METHOD: in the rule; 0 if it has none. */
static size_t method_length(const char *rule) {
    size_t len = strspn(rule, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return len > 0 && rule[len] == ':' ? len + 1 : 0;
}

static int check_rule(const char *rule, const char *pattern, const char *equals,
                      struct err *err) {
    char shown[100];
    utf8_show(rule, strlen(rule), shown, sizeof(shown));
    for (const char *c = rule; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7F)
            return err_set(err, ERR_VALUE,
                           "is \"%s\", must have no white space: each rule is "
                           "a separate string",
                           shown);
    if (!equals || equals[1] == '\0')
        return err_set(err, ERR_VALUE,
                       "is \"%s\", must be [METHOD:]PATTERN=NAME, such as "
                       "\"GET:/api/users/*=user\"",
                       shown);
    if (strlen(equals + 1) > ROUTE_NAME_MAX)
        return err_set(err, ERR_VALUE,
                       "is \"%s...\", whose name has %zu bytes, must have at "
                       "most %d",
                       shown, strlen(equals + 1), ROUTE_NAME_MAX);
    return check_pattern(shown, pattern, (size_t)(equals - pattern), err);
}

int route_read(const char *rule, struct route *route, struct arena *arena,
               struct err *err) {
    size_t method = method_length(rule);
    const char *pattern = rule + method;
    const char *equals = strrchr(pattern, '=');
    if (check_rule(rule, pattern, equals, err) != 0 ||
        read_pattern(pattern, (size_t)(equals - pattern), route, arena, err) !=
            0)
        return -1;
    route->name = arena_copy(arena, equals + 1, strlen(equals + 1));
    route->method = method > 0 ? arena_copy(arena, rule, method - 1) : NULL;
    return route->name && (route->method || method == 0) ? 0
                                                         : err_no_memory(err);
}

/* ---- URLs ---- */

struct text {
    const char *bytes;
    size_t len;
};

static bool text_is(struct text text, const char *word) {
    return text.len == strlen(word) && memcmp(text.bytes, word, text.len) == 0;
}

/* Appends the text in lower case to the origin. Returns false if it is too
 * long. */
static bool add_lower(struct place *place, struct text text) {
    if (text.len > sizeof(place->origin) - place->origin_len)
        return false;
    for (size_t i = 0; i < text.len; i++)
        place->origin[place->origin_len++] = lower(text.bytes[i]);
    return true;
}

/* The authority without user information and without the scheme's default port.
 * The origin holds the scheme already. */
static struct text host_of(const struct place *place, struct text authority) {
    static const char *const ports[][2] = {{"http://", ":80"},
                                           {"ws://", ":80"},
                                           {"https://", ":443"},
                                           {"wss://", ":443"}};
    const struct text scheme = {place->origin, place->origin_len};
    struct text host = authority;
    for (size_t i = 0; i < authority.len; i++)
        if (authority.bytes[i] == '@')
            host =
                (struct text){authority.bytes + i + 1, authority.len - i - 1};
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        size_t len = strlen(ports[i][1]);
        if (text_is(scheme, ports[i][0]) && host.len > len &&
            memcmp(host.bytes + host.len - len, ports[i][1], len) == 0)
            host.len -= len;
    }
    return host;
}

/* The index of the first of these characters, or the length of the text. */
static size_t find_any(struct text text, const char *characters) {
    size_t at = 0;
    while (at < text.len &&
           !memchr(characters, text.bytes[at], strlen(characters)))
        at++;
    return at;
}

/* Returns false if the text is neither a URL nor a path, or is too long. */
static bool locate(struct text url, struct place *place) {
    url.len = find_any(url, "?#");
    place->origin_len = 0;
    size_t scheme = find_any(url, "/");
    if (url.len > ROUTE_URL_MAX || url.len == 0)
        return false;
    if (scheme > 0) {
        if (scheme < 2 || url.len < scheme + 2 ||
            memcmp(url.bytes + scheme - 1, "://", 3) != 0 ||
            !add_lower(place, (struct text){url.bytes, scheme + 2}))
            return false;
        url.bytes += scheme + 2;
        url.len -= scheme + 2;
        struct text authority = {url.bytes, find_any(url, "/")};
        if (!add_lower(place, host_of(place, authority)))
            return false;
        url.bytes += authority.len;
        url.len -= authority.len;
    }
    /* Browsers add this slash. */
    place->path = url.len > 0 ? url.bytes : "/";
    place->path_len = url.len > 0 ? url.len : 1;
    return true;
}

/* ---- matching ---- */

/* Adds the state, and the later states that it reaches without a byte. */
static void add_state(const struct route *route, struct states *states,
                      size_t state) {
    for (;; state++) {
        states->words[state / WORD] |= (uint64_t)1 << state % WORD;
        if (state == route->step_count || route->steps[state] < STEP_SEGMENT)
            return;
    }
}

static void take_byte(const struct route *route, struct states *next,
                      size_t state, unsigned char c) {
    if (state == route->step_count)
        return;
    unsigned step = route->steps[state];
    if (step == STEP_REST || (step == STEP_SEGMENT && c != '/'))
        add_state(route, next, state);
    else if (step == c || (step == STEP_SLASH && c == '/'))
        add_state(route, next, state + 1);
}

/* Returns false when no state is left. */
static bool take_text(const struct route *route, struct states *states,
                      const char *bytes, size_t len) {
    bool alive = true;
    for (size_t i = 0; i < len && alive; i++) {
        struct states next = {{0}};
        alive = false;
        for (size_t k = 0; k < STATES / WORD; k++)
            for (uint64_t left = states->words[k]; left; left &= left - 1) {
                size_t state = k * WORD + (size_t)__builtin_ctzll(left);
                take_byte(route, &next, state, (unsigned char)bytes[i]);
                alive = true;
            }
        *states = next;
    }
    return alive;
}

static bool fits(const struct route *route, const struct place *place,
                 bool with_origin) {
    struct states states = {{0}};
    size_t end = route->step_count;
    add_state(route, &states, 0);
    return (!with_origin ||
            take_text(route, &states, place->origin, place->origin_len)) &&
           take_text(route, &states, place->path, place->path_len) &&
           (states.words[end / WORD] >> end % WORD & 1) != 0;
}

static bool fits_method(const struct route *route, struct text method) {
    if (!route->method)
        return true;
    if (method.len != strlen(route->method))
        return false;
    for (size_t i = 0; i < method.len; i++)
        if (lower(method.bytes[i]) != lower(route->method[i]))
            return false;
    return true;
}

static bool is_of_site(const struct place *place, const char *site) {
    struct place own;
    return locate((struct text){site, strlen(site)}, &own) &&
           own.origin_len == place->origin_len &&
           memcmp(own.origin, place->origin, own.origin_len) == 0;
}

const char *routes_find(const struct routes *routes, const char *site,
                        const char *method, size_t method_len, const char *url,
                        size_t url_len) {
    struct place place;
    if (routes->count == 0 || !locate((struct text){url, url_len}, &place))
        return NULL;
    bool path = place.origin_len == 0 || !site || is_of_site(&place, site);
    bool origin = place.origin_len > 0 && (!site || !path);
    for (size_t i = 0; i < routes->count; i++) {
        const struct route *route = &routes->rules[i];
        if (fits_method(route, (struct text){method, method_len}) &&
            ((path && fits(route, &place, false)) ||
             (origin && fits(route, &place, true))))
            return route->name;
    }
    return NULL;
}
