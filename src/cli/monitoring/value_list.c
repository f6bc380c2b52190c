#include "cli/monitoring/value_list.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void value_list_init(struct value_list *list, struct arena *arena,
                     size_t room) {
    static struct template_value none = {.name = NULL};
    *list = (struct value_list){.arena = arena, .room = room};
    list->values = arena_take(arena, (room + 1) * sizeof(*list->values));
    if (list->values) {
        list->values[0] = none;
    } else {
        list->values = &none;
        list->room = 0;
    }
}

static struct template_value *add(struct value_list *list, const char *name) {
    static struct template_value nowhere;
    if (list->arena->failed)
        return &nowhere;
    assert(list->count < list->room);
    struct template_value *value = &list->values[list->count++];
    *value = (struct template_value){.name = name};
    list->values[list->count] = (struct template_value){.name = NULL};
    return value;
}

void value_add(struct value_list *list, const char *name, const char *text) {
    add(list, name)->text = text;
}

void value_flag(struct value_list *list, const char *name, bool flag) {
    value_add(list, name, flag ? "yes" : NULL);
}

void value_take(struct value_list *list, const char *name,
                struct strbuf *text) {
    if (text->failed)
        list->arena->failed = true;
    else
        value_add(list, name,
                  text->data ? arena_copy(list->arena, text->data, text->len)
                             : "");
    strbuf_free(text);
}

void value_format(struct value_list *list, const char *name, const char *format,
                  ...) {
    char *text = NULL;
    va_list args;
    va_start(args, format);
    const int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) {
        list->arena->failed = true;
        return;
    }
    value_add(list, name, arena_copy(list->arena, text, (size_t)len));
    free(text);
}

struct template_row *value_take_rows(struct value_list *list, size_t room) {
    return arena_take(list->arena, (room + 1) * sizeof(struct template_row));
}

void value_add_rows(struct value_list *list, const char *name,
                    const struct template_row *rows, size_t count) {
    struct template_value *value = add(list, name);
    value->rows = rows;
    value->row_count = rows ? count : 0;
}
