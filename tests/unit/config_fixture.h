/* config_fixture: writes the keys of a configuration, by their table. */
#ifndef TALLYMAN_TESTS_CONFIG_FIXTURE_H
#define TALLYMAN_TESTS_CONFIG_FIXTURE_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "unit.h"

/* As it was read, but for runs of more than two *. */
static inline void route_write(const struct route *route, struct strbuf *out) {
    if (route->method)
        strbuf_printf(out, "%s:", route->method);
    /* The last step is the slash that may follow. */
    for (size_t i = 0; i + 1 < route->step_count; i++)
        if (route->steps[i] < 256)
            strbuf_add_char(out, (char)route->steps[i]);
        else
            strbuf_add_string(out, route->steps[i] == 256 ? "*" : "**");
    strbuf_printf(out, "=%s", route->name);
}

/* Writes the field of the key as JSON; null for an unset text. */
static inline void key_write(const struct config_key *key,
                             const struct config *config, struct strbuf *out) {
    const char *field = (const char *)config + key->offset;
    bool flag;
    long long count;
    int choice;
    const char *text;
    struct string_list list;
    struct routes routes;
    switch (key->kind) {
    case CONFIG_BOOLEAN:
        memcpy(&flag, field, sizeof(flag));
        strbuf_add_string(out, flag ? "true" : "false");
        break;
    case CONFIG_COUNT:
        memcpy(&count, field, sizeof(count));
        strbuf_printf(out, "%lld", count);
        break;
    case CONFIG_STRING:
    case CONFIG_PATH:
        memcpy(&text, field, sizeof(text));
        strbuf_printf(out, text ? "\"%s\"" : "null", text);
        break;
    case CONFIG_STRINGS:
        memcpy(&list, field, sizeof(list));
        strbuf_add_char(out, '[');
        for (size_t i = 0; i < list.count; i++)
            strbuf_printf(out, "%s\"%s\"", i > 0 ? "," : "", list.strings[i]);
        strbuf_add_char(out, ']');
        break;
    case CONFIG_RULES:
        memcpy(&routes, field, sizeof(routes));
        strbuf_add_char(out, '[');
        for (size_t i = 0; i < routes.count; i++) {
            strbuf_add_string(out, i > 0 ? ",\"" : "\"");
            route_write(&routes.rules[i], out);
            strbuf_add_char(out, '"');
        }
        strbuf_add_char(out, ']');
        break;
    case CONFIG_CHOICE:
    case CONFIG_SWITCH:
        memcpy(&choice, field, sizeof(choice));
        text = key->choices[choice];
        strbuf_printf(out,
                      strcmp(text, "true") == 0 || strcmp(text, "false") == 0
                          ? "%s"
                          : "\"%s\"",
                      text);
        break;
    case CONFIG_OBJECT:
        break;
    }
}

/* Writes a line `NAME VALUE` for each key that differs from base. */
static inline void keys_write(const struct config *config,
                              const struct config *base, struct strbuf *out) {
    for (const struct config_key *key = config_keys; key->name; key++) {
        struct strbuf value = {0};
        struct strbuf other = {0};
        strbuf_printf(&value, "%s ", key->name);
        strbuf_printf(&other, "%s ", key->name);
        key_write(key, config, &value);
        key_write(key, base, &other);
        if (strcmp(value.data, other.data) != 0)
            strbuf_printf(out, "%s\n", value.data);
        strbuf_free(&value);
        strbuf_free(&other);
    }
}

#endif
