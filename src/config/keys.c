#include "config/keys.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/suggest.h"
#include "config/routes.h"

struct reader {
    const struct config_key *keys;
    const struct source *source;
    const char *object; /* the object that is read; "" for the document */
    char *fields;
    struct arena *arena;
    struct diagnostics *diagnostics;
};

static bool expect(const struct reader *reader, const char *path,
                   const struct json_object *value, enum json_kind kind) {
    if (json_kind(value) == kind)
        return true;
    diagnose(reader->diagnostics, reader->source, path, "is %s, must be %s",
             json_kind_name(json_kind(value)), json_kind_name(kind));
    return false;
}

static void read_count(const struct reader *reader,
                       const struct config_key *key,
                       const struct json_object *value) {
    const char *path = key->name;
    if (json_kind(value) != JSON_INTEGER) {
        diagnose(reader->diagnostics, reader->source, path,
                 "is %s, must be a whole number",
                 json_kind(value) == JSON_NUMBER
                     ? "a fraction"
                     : json_kind_name(json_kind(value)));
        return;
    }
    long long count = json_integer(value);
    if (count < key->min || count > key->max)
        diagnose(reader->diagnostics, reader->source, path,
                 "is %lld, must be between %lld and %lld", count, key->min,
                 key->max);
    else
        memcpy(reader->fields + key->offset, &count, sizeof(count));
}

/* A copy of a non-empty string without NUL, or NULL after a report. */
static const char *read_text(const struct reader *reader, const char *path,
                             const struct json_object *value) {
    size_t len;
    if (!expect(reader, path, value, JSON_STRING))
        return NULL;
    const char *text = json_string(value, &len);
    if (len == 0 || strlen(text) != len) {
        diagnose(reader->diagnostics, reader->source, path,
                 len == 0 ? "is empty, must have a value"
                          : "has a NUL character, must be plain text");
        return NULL;
    }
    return arena_copy(reader->arena, text, len);
}

static const char *read_path(const struct reader *reader, const char *path,
                             const struct json_object *value) {
    struct strbuf joined = {0};
    const char *text = read_text(reader, path, value);
    if (text)
        file_join(reader->source->path, text, &joined);
    reader->arena->failed |= joined.failed;
    text = joined.len > 0 && !joined.failed
               ? arena_copy(reader->arena, joined.data, joined.len)
               : NULL;
    strbuf_free(&joined);
    return text;
}

static void read_strings(const struct reader *reader,
                         const struct config_key *key,
                         const struct json_object *value) {
    struct string_list list = {NULL, 0};
    if (!expect(reader, key->name, value, JSON_ARRAY))
        return;
    size_t count = json_length(value);
    list.strings =
        arena_take(reader->arena, (count + 1) * sizeof(list.strings[0]));
    if (!list.strings)
        return;
    for (size_t i = 0; i < count; i++) {
        char element[300];
        (void)snprintf(element, sizeof(element), "%s[%zu]", key->name, i);
        const char *text = read_text(reader, element, json_at(value, i));
        if (text)
            list.strings[list.count++] = text;
    }
    list.strings[list.count] = NULL;
    memcpy(reader->fields + key->offset, &list, sizeof(list));
}

static void read_rules(const struct reader *reader,
                       const struct config_key *key,
                       const struct json_object *value) {
    struct routes routes = {NULL, 0};
    if (!expect(reader, key->name, value, JSON_ARRAY))
        return;
    size_t count = json_length(value);
    routes.rules =
        arena_take(reader->arena, (count + 1) * sizeof(routes.rules[0]));
    if (!routes.rules)
        return;
    for (size_t i = 0; i < count; i++) {
        struct err err = {.code = ERR_NONE};
        char element[300];
        (void)snprintf(element, sizeof(element), "%s[%zu]", key->name, i);
        const char *rule = read_text(reader, element, json_at(value, i));
        if (!rule)
            continue;
        if (route_read(rule, &routes.rules[routes.count], reader->arena,
                       &err) == 0)
            routes.count++;
        else if (err.code != ERR_MEMORY)
            diagnose(reader->diagnostics, reader->source, element, "%s",
                     err.message);
    }
    memcpy(reader->fields + key->offset, &routes, sizeof(routes));
}

static bool is_literal(const char *choice) {
    return strcmp(choice, "false") == 0 || strcmp(choice, "true") == 0;
}

/* The value as text, for a message. */
static const char *word_of(const struct json_object *value) {
    size_t len;
    if (json_kind(value) == JSON_STRING)
        return json_string(value, &len);
    if (json_kind(value) == JSON_BOOLEAN)
        return json_boolean(value) ? "true" : "false";
    return json_kind_name(json_kind(value));
}

static void report_choice(const struct reader *reader,
                          const struct config_key *key,
                          const struct json_object *value) {
    struct strbuf list = {0};
    for (int i = 0; key->choices[i]; i++)
        strbuf_printf(&list, is_literal(key->choices[i]) ? "%s%s" : "%s\"%s\"",
                      i > 0 ? " or " : "", key->choices[i]);
    diagnose(reader->diagnostics, reader->source, key->name,
             json_kind(value) == JSON_STRING ? "is \"%.100s\", must be %s"
                                             : "is %.100s, must be %s",
             word_of(value), list.data);
    strbuf_free(&list);
}

static bool choice_is(const char *choice, const struct json_object *value) {
    size_t len = strlen(choice);
    if (json_kind(value) != (is_literal(choice) ? JSON_BOOLEAN : JSON_STRING))
        return false;
    if (json_kind(value) == JSON_STRING)
        (void)json_string(value, &len);
    return strlen(choice) == len && strcmp(choice, word_of(value)) == 0;
}

static void read_choice(const struct reader *reader,
                        const struct config_key *key,
                        const struct json_object *value) {
    for (int i = 0; key->choices[i]; i++)
        if (choice_is(key->choices[i], value)) {
            memcpy(reader->fields + key->offset, &i, sizeof(i));
            return;
        }
    report_choice(reader, key, value);
}

static void set_text(const struct reader *reader, const struct config_key *key,
                     const char *text) {
    if (text)
        memcpy(reader->fields + key->offset, &text, sizeof(text));
}

static void read_object(const struct reader *reader, const char *path,
                        const struct json_object *value);

static void read_value(const struct reader *reader,
                       const struct config_key *key,
                       const struct json_object *value) {
    const char *path = key->name;
    bool flag = json_kind(value) == JSON_BOOLEAN && json_boolean(value);
    switch (key->kind) {
    case CONFIG_BOOLEAN:
        if (expect(reader, path, value, JSON_BOOLEAN))
            memcpy(reader->fields + key->offset, &flag, sizeof(flag));
        break;
    case CONFIG_COUNT:
        read_count(reader, key, value);
        break;
    case CONFIG_STRING:
        set_text(reader, key, read_text(reader, path, value));
        break;
    case CONFIG_PATH:
        set_text(reader, key, read_path(reader, path, value));
        break;
    case CONFIG_STRINGS:
        read_strings(reader, key, value);
        break;
    case CONFIG_RULES:
        read_rules(reader, key, value);
        break;
    case CONFIG_CHOICE:
        if (read_text(reader, path, value))
            read_choice(reader, key, value);
        break;
    case CONFIG_SWITCH:
        read_choice(reader, key, value);
        break;
    case CONFIG_OBJECT:
        read_object(reader, path, value);
        break;
    }
}

/* The key's name within the object that is read; NULL if it belongs to another
 * object. */
static const char *name_within(const struct reader *reader,
                               const struct config_key *key) {
    const char *name = key->name;
    size_t len = strlen(reader->object);
    if (strncmp(name, reader->object, len) != 0 ||
        (len > 0 && name[len] != '.'))
        return NULL;
    name += len > 0 ? len + 1 : 0;
    return strchr(name, '.') ? NULL : name;
}

static void report_unknown(const struct reader *reader, const char *name) {
    struct strbuf list = {0};
    struct suggestions similar = {.asked = name};
    char hint[1024];
    char path[256];
    for (const struct config_key *key = reader->keys; key->name; key++) {
        const char *known = name_within(reader, key);
        if (!known)
            continue;
        strbuf_printf(&list, "%s%s", list.len > 0 ? ", " : "", known);
        suggest_name(&similar, known);
    }
    suggest_format(&similar, "", hint, sizeof(hint));
    (void)snprintf(path, sizeof(path), "%s%s%s", reader->object,
                   *reader->object ? "." : "", name);
    diagnose(reader->diagnostics, reader->source, path,
             "unknown key, must be one of %s%s", list.data, hint);
    strbuf_free(&list);
}

static int read_member(void *context, const char *name,
                       const struct json_object *value) {
    const struct reader *reader = context;
    for (const struct config_key *key = reader->keys; key->name; key++) {
        const char *known = name_within(reader, key);
        if (known && strcmp(known, name) == 0) {
            read_value(reader, key, value);
            return 0;
        }
    }
    report_unknown(reader, name);
    return 0;
}

static void read_object(const struct reader *reader, const char *path,
                        const struct json_object *value) {
    struct reader inner = *reader;
    inner.object = path;
    if (expect(reader, path, value, JSON_OBJECT))
        (void)json_members(value, read_member, &inner);
}

void config_keys_preset(const struct config_key *keys, const char *path,
                        void *fields, struct arena *arena,
                        struct diagnostics *diagnostics) {
    const struct source source = {.path = path};
    const struct reader reader = {keys,   &source, "",
                                  fields, arena,   diagnostics};
    for (const struct config_key *key = keys; key->name; key++) {
        struct json_object *value = NULL;
        struct err err = {.code = ERR_NONE};
        if (!key->preset)
            continue;
        if (json_read(key->preset, strlen(key->preset), &value, &err) == 0)
            read_value(&reader, key, value);
        else
            arena->failed = true;
        json_free(value);
    }
}

void config_keys_read(const struct config_key *keys,
                      const struct source *source, void *fields,
                      struct arena *arena, struct diagnostics *diagnostics) {
    const struct reader reader = {keys, source, "", fields, arena, diagnostics};
    read_object(&reader, "", source->document);
}
