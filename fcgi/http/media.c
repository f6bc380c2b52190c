#include "http/media.h"

#include <string.h>
#include <strings.h>

/* The first separator outside quoted strings, else end. A backslash in a quoted
 * string escapes the next character. */
static const char *find_end(const char *at, const char *end, char separator) {
    bool quoted = false;
    for (; at < end && (quoted || *at != separator); at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (quoted && *at == '\\' && at + 1 < end)
            at++;
    }
    return at;
}

static struct media trim(const char *start, const char *stop) {
    while (start < stop && (*start == ' ' || *start == '\t'))
        start++;
    while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t'))
        stop--;
    return (struct media){start, (size_t)(stop - start)};
}

bool media_next(const char **rest, struct media *media) {
    const char *start = *rest;
    const char *end = start + strlen(start);
    if (start == end)
        return false;
    const char *stop = find_end(start, end, ',');
    *media = trim(start, stop);
    *rest = stop < end ? stop + 1 : end;
    return true;
}

bool media_is(const struct media *media, const char *type) {
    const char *end = media->text + media->len;
    struct media own = trim(media->text, find_end(media->text, end, ';'));
    return own.len == strlen(type) && strncasecmp(own.text, type, own.len) == 0;
}

static void copy_value(const struct media *part, char value[MEDIA_VALUE_SIZE]) {
    const bool quoted = part->len > 0 && *part->text == '"';
    const char *end = part->text + part->len;
    size_t len = 0;
    for (const char *at = part->text + quoted;
         at < end && len < MEDIA_VALUE_SIZE - 1 && !(quoted && *at == '"');
         at++) {
        if (quoted && *at == '\\' && at + 1 < end)
            at++;
        value[len++] = *at;
    }
    value[len] = '\0';
}

void media_parameter(const struct media *media, const char *name,
                     char value[MEDIA_VALUE_SIZE]) {
    const size_t name_len = strlen(name);
    const char *end = media->text + media->len;
    const char *at = find_end(media->text, end, ';');
    value[0] = '\0';
    while (at < end) {
        const char *start = at + 1;
        at = find_end(start, end, ';');
        struct media part = trim(start, at);
        if (part.len <= name_len || part.text[name_len] != '=' ||
            strncasecmp(part.text, name, name_len) != 0)
            continue;
        part.text += name_len + 1;
        part.len -= name_len + 1;
        copy_value(&part, value);
        return;
    }
}
