/* value_list: collects the values of a template. */
#ifndef TALLYMAN_CLI_MONITORING_VALUE_LIST_H
#define TALLYMAN_CLI_MONITORING_VALUE_LIST_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "cli/monitoring/template.h"

/* Added values live as long as the arena; the caller owns names, and the texts
 * of value_add. A failed allocation sets arena->failed. */
struct value_list {
    struct arena *arena;
    struct template_value *values; /* the last one has no name */
    size_t count;
    size_t room;
};

/* An empty list with room for a fixed number of values. */
void value_list_init(struct value_list *list, struct arena *arena, size_t room);

void value_add(struct value_list *list, const char *name, const char *text);

/* Adds "yes", or a missing value. */
void value_flag(struct value_list *list, const char *name, bool flag);

void value_format(struct value_list *list, const char *name, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));

/* Adds the text of the buffer, and frees that. */
void value_take(struct value_list *list, const char *name, struct strbuf *text);

/* Returns room for rows of a list; NULL when memory ran out. */
struct template_row *value_take_rows(struct value_list *list, size_t room);

/* Adds a list of rows[0..count), which value_take_rows has returned. */
void value_add_rows(struct value_list *list, const char *name,
                    const struct template_row *rows, size_t count);

#endif
