#include "config/allowlist_place.h"

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

/* The key of a member of the current place. */
struct member {
    char key[320];
};

static struct member member_of(const struct place *place, const char *name) {
    struct member member;
    (void)snprintf(member.key, sizeof(member.key), "%s%s%s", place->key,
                   *place->key ? "." : "", name);
    return member;
}

void place_report(struct place *place, const char *name, const char *format,
                  ...) {
    va_list args;
    va_start(args, format);
    diagnose_list(place->diagnostics, place->source,
                  *name ? member_of(place, name).key : place->key, false,
                  format, args);
    va_end(args);
}

void place_warn(struct place *place, const char *name, const char *format,
                ...) {
    va_list args;
    va_start(args, format);
    diagnose_list(place->diagnostics, place->source, member_of(place, name).key,
                  true, format, args);
    va_end(args);
}

const struct json_object *place_get(struct place *place,
                                    const struct json_object *object,
                                    const char *name, enum json_kind kind,
                                    const char *missing) {
    const struct json_object *value = json_get(object, name);
    if (!value) {
        if (missing)
            place_report(place, name, "missing, must be %s", missing);
        return NULL;
    }
    if (json_kind(value) != kind) {
        bool whole = kind == JSON_INTEGER;
        bool fraction = whole && json_kind(value) == JSON_NUMBER;
        place_report(place, name, "is %s, must be %s",
                     fraction ? "a fraction" : json_kind_name(json_kind(value)),
                     whole ? "a whole number" : json_kind_name(kind));
        return NULL;
    }
    return value;
}

void place_forbid(struct place *place, const struct json_object *object,
                  const char *name, const char *beside) {
    if (json_get(object, name))
        place_report(place, name, "is not permitted with %s, must be left out",
                     beside);
}

char *place_copy_text(struct place *place, const char *text, size_t len) {
    return arena_copy(&place->registry->arena, text, len);
}

const char *place_get_text(struct place *place,
                           const struct json_object *object, const char *name,
                           const char *missing, size_t *len) {
    const struct json_object *value =
        place_get(place, object, name, JSON_STRING, missing);
    if (!value)
        return NULL;
    const char *text = json_string(value, len);
    if (strlen(text) == *len)
        return text;
    place_report(place, name, "has a NUL character, must be plain text");
    return NULL;
}

struct known_keys {
    struct place *place;
    const char *const *keys; /* NULL-terminated */
};

static int check_key(void *context, const char *key,
                     const struct json_object *value) {
    const struct known_keys *known = context;
    struct strbuf list = {0};
    struct suggestions similar = {.asked = key};
    char hint[1024];
    (void)value;
    for (size_t i = 0; known->keys[i]; i++) {
        if (strcmp(known->keys[i], key) == 0) {
            strbuf_free(&list);
            return 0;
        }
        strbuf_printf(&list, "%s%s", i > 0 ? ", " : "", known->keys[i]);
        suggest_name(&similar, known->keys[i]);
    }
    suggest_format(&similar, "", hint, sizeof(hint));
    place_report(known->place, key, "unknown key, must be one of %s%s",
                 list.data, hint);
    strbuf_free(&list);
    return 0;
}

void place_check_keys(struct place *place, const struct json_object *object,
                      const char *const *keys) {
    struct known_keys known = {place, keys};
    (void)json_members(object, check_key, &known);
}

bool place_check_object(struct place *place, const struct json_object *value,
                        const char *const *keys) {
    bool is_object = json_kind(value) == JSON_OBJECT;
    if (is_object)
        place_check_keys(place, value, keys);
    else
        place_report(place, "", "is %s, must be an object",
                     json_kind_name(json_kind(value)));
    return is_object;
}
