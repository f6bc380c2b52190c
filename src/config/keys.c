#include "config/keys.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct reader {
    const struct source *source;
    const char *prefix;
    const struct config_key *keys;
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
                       const struct config_key *key, const char *path,
                       const struct json_object *value) {
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

static void read_strings(const struct reader *reader,
                         const struct config_key *key, const char *path,
                         const struct json_object *value) {
    struct string_list list = {NULL, 0};
    if (!expect(reader, path, value, JSON_ARRAY))
        return;
    size_t count = json_length(value);
    list.strings =
        arena_take(reader->arena, (count + 1) * sizeof(list.strings[0]));
    if (!list.strings)
        return;
    for (size_t i = 0; i < count; i++) {
        char element[300];
        (void)snprintf(element, sizeof(element), "%s[%zu]", path, i);
        const char *text = read_text(reader, element, json_at(value, i));
        if (text)
            list.strings[list.count++] = text;
    }
    list.strings[list.count] = NULL;
    memcpy(reader->fields + key->offset, &list, sizeof(list));
}

static void read_choice(const struct reader *reader,
                        const struct config_key *key, const char *path,
                        const struct json_object *value) {
    struct strbuf list = {0};
    const char *text = read_text(reader, path, value);
    if (!text)
        return;
    for (int i = 0; key->choices[i]; i++) {
        if (strcmp(key->choices[i], text) == 0) {
            memcpy(reader->fields + key->offset, &i, sizeof(i));
            strbuf_free(&list);
            return;
        }
        strbuf_printf(&list, "%s\"%s\"", i > 0 ? " or " : "", key->choices[i]);
    }
    diagnose(reader->diagnostics, reader->source, path, "is \"%s\", must be %s",
             text, list.data);
    strbuf_free(&list);
}

static bool is_literal(const char *choice) {
    return strcmp(choice, "false") == 0 || strcmp(choice, "true") == 0;
}

static bool choice_is(const char *choice, const struct json_object *value) {
    size_t len;
    if (json_kind(value) == JSON_BOOLEAN)
        return strcmp(choice, json_boolean(value) ? "true" : "false") == 0;
    if (json_kind(value) != JSON_STRING || is_literal(choice))
        return false;
    const char *text = json_string(value, &len);
    return strlen(choice) == len && memcmp(choice, text, len) == 0;
}

static void report_switch(const struct reader *reader,
                          const struct config_key *key, const char *path,
                          const struct json_object *value) {
    size_t len;
    struct strbuf list = {0};
    for (int i = 0; key->choices[i]; i++)
        strbuf_printf(&list, is_literal(key->choices[i]) ? "%s%s" : "%s\"%s\"",
                      i > 0 ? " or " : "", key->choices[i]);
    if (json_kind(value) == JSON_STRING)
        diagnose(reader->diagnostics, reader->source, path,
                 "is \"%.100s\", must be %s", json_string(value, &len),
                 list.data);
    else if (json_kind(value) == JSON_BOOLEAN)
        diagnose(reader->diagnostics, reader->source, path, "is %s, must be %s",
                 json_boolean(value) ? "true" : "false", list.data);
    else
        diagnose(reader->diagnostics, reader->source, path, "is %s, must be %s",
                 json_kind_name(json_kind(value)), list.data);
    strbuf_free(&list);
}

static void read_switch(const struct reader *reader,
                        const struct config_key *key, const char *path,
                        const struct json_object *value) {
    for (int i = 0; key->choices[i]; i++)
        if (choice_is(key->choices[i], value)) {
            memcpy(reader->fields + key->offset, &i, sizeof(i));
            return;
        }
    report_switch(reader, key, path, value);
}

static void read_value(const struct reader *reader,
                       const struct config_key *key, const char *path,
                       const struct json_object *value) {
    switch (key->kind) {
    case CONFIG_BOOLEAN:
        if (expect(reader, path, value, JSON_BOOLEAN)) {
            bool flag = json_boolean(value) != 0;
            memcpy(reader->fields + key->offset, &flag, sizeof(flag));
        }
        break;
    case CONFIG_COUNT:
        read_count(reader, key, path, value);
        break;
    case CONFIG_STRING: {
        const char *text = read_text(reader, path, value);
        if (text)
            memcpy(reader->fields + key->offset, &text, sizeof(text));
        break;
    }
    case CONFIG_STRINGS:
        read_strings(reader, key, path, value);
        break;
    case CONFIG_CHOICE:
        read_choice(reader, key, path, value);
        break;
    case CONFIG_SWITCH:
        read_switch(reader, key, path, value);
        break;
    case CONFIG_OBJECT:
        config_keys_read(reader->source, value, path, key->members,
                         reader->fields + key->offset, reader->arena,
                         reader->diagnostics);
        break;
    }
}

static void report_unknown(const struct reader *reader, const char *path) {
    struct strbuf list = {0};
    for (const struct config_key *key = reader->keys; key->name; key++)
        strbuf_printf(&list, "%s%s", list.len > 0 ? ", " : "", key->name);
    diagnose(reader->diagnostics, reader->source, path,
             "unknown key, must be one of %s", list.data);
    strbuf_free(&list);
}

static int read_member(void *context, const char *name,
                       const struct json_object *value) {
    const struct reader *reader = context;
    char path[256];
    (void)snprintf(path, sizeof(path), "%s%s%s", reader->prefix,
                   *reader->prefix ? "." : "", name);
    for (const struct config_key *key = reader->keys; key->name; key++) {
        if (strcmp(key->name, name) == 0) {
            read_value(reader, key, path, value);
            return 0;
        }
    }
    report_unknown(reader, path);
    return 0;
}

void config_keys_read(const struct source *source,
                      const struct json_object *object, const char *prefix,
                      const struct config_key *keys, void *fields,
                      struct arena *arena, struct diagnostics *diagnostics) {
    struct reader reader = {source, prefix, keys, fields, arena, diagnostics};
    if (expect(&reader, prefix, object, JSON_OBJECT))
        (void)json_members(object, read_member, &reader);
}
