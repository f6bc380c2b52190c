#include "metrics/pushed.h"

#include <stdlib.h>
#include <string.h>

struct pushed_family *pushed_find(const struct pushed *pushed, const char *name,
                                  size_t len) {
    uint32_t index = value_set_find(&pushed->names, name, len);
    return index == VALUE_NONE ? NULL : &pushed->families[index];
}

struct pushed_family *pushed_family(struct pushed *pushed, const char *name,
                                    size_t len) {
    struct pushed_family *known = pushed_find(pushed, name, len);
    if (known)
        return known;
    if (pushed->names.count == pushed->room) {
        size_t room = pushed->room ? pushed->room * 2 : 16;
        struct pushed_family *families =
            realloc(pushed->families, room * sizeof(*families));
        if (!families)
            return NULL;
        pushed->families = families;
        pushed->room = room;
    }
    uint32_t index = value_set_add(&pushed->names, name, len);
    if (index == VALUE_NONE)
        return NULL;
    struct pushed_family *family = &pushed->families[index];
    *family = (struct pushed_family){.name = pushed->names.values[index].text,
                                     .name_len = len,
                                     .help = "",
                                     .unit = "",
                                     .type = METRIC_UNTYPED};
    return family;
}

size_t pushed_count(const struct pushed *pushed) {
    return pushed->names.count;
}

/* The smaller array stays in the arena: at most twice the memory, and one call
 * frees all of it. */
struct pushed_series *pushed_add(struct pushed *pushed,
                                 struct pushed_family *family) {
    if (family->count == family->room) {
        size_t room = family->room ? family->room * 4 : 4;
        struct pushed_series *series =
            arena_take(&pushed->arena, room * sizeof(*series));
        if (!series)
            return NULL;
        if (family->count > 0)
            memcpy(series, family->series, family->count * sizeof(*series));
        family->series = series;
        family->room = room;
    }
    struct pushed_series *series = &family->series[family->count++];
    *series = (struct pushed_series){0};
    return series;
}

const char *pushed_label_name(struct pushed *pushed, const char *name,
                              size_t len) {
    uint32_t index = value_set_add(&pushed->label_names, name, len);
    return index == VALUE_NONE ? NULL : pushed->label_names.values[index].text;
}

bool pushed_has_label(const struct pushed_series *series,
                      const struct label *label) {
    for (size_t i = 0; i < series->label_count; i++)
        if (series->labels[i].name == label->name)
            return label_value_equal(&series->labels[i], label);
    return false;
}

void pushed_reset(struct pushed *pushed) {
    value_set_truncate(&pushed->names, 0);
    value_set_truncate(&pushed->label_names, 0);
    arena_reset(&pushed->arena);
}

void pushed_free(struct pushed *pushed) {
    value_set_free(&pushed->names);
    value_set_free(&pushed->label_names);
    free(pushed->families);
    arena_free(&pushed->arena);
    *pushed = (struct pushed){0};
}
