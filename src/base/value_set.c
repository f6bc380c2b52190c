#include "base/value_set.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"

/* The slot of text, or the free slot where it belongs. */
static size_t find_slot(const struct value_set *set, const char *text,
                        size_t len) {
    size_t slot = (size_t)siphash(text, len) & (set->slot_count - 1);
    for (; set->slots[slot] != 0; slot = (slot + 1) & (set->slot_count - 1)) {
        const struct value_text *value = &set->values[set->slots[slot] - 1];
        if (value->len == len && memcmp(value->text, text, len) == 0)
            break;
    }
    return slot;
}

uint32_t value_set_find(const struct value_set *set, const char *text,
                        size_t len) {
    if (set->count == 0)
        return VALUE_NONE;
    uint32_t entry = set->slots[find_slot(set, text, len)];
    return entry == 0 ? VALUE_NONE : entry - 1;
}

static void fill_slots(struct value_set *set) {
    memset(set->slots, 0, set->slot_count * sizeof(*set->slots));
    for (size_t i = 0; i < set->count; i++) {
        const struct value_text *value = &set->values[i];
        set->slots[find_slot(set, value->text, value->len)] = (uint32_t)i + 1;
    }
}

/* Keeps the table at most half full. */
static bool grow_slots(struct value_set *set) {
    if (set->count * 2 < set->slot_count)
        return true;
    size_t count = set->slot_count ? set->slot_count * 2 : 8;
    uint32_t *slots = realloc(set->slots, count * sizeof(*slots));
    if (!slots)
        return false;
    set->slots = slots;
    set->slot_count = count;
    fill_slots(set);
    return true;
}

static bool grow_values(struct value_set *set) {
    if (set->count < set->room)
        return true;
    size_t room = set->room ? set->room * 2 : 4;
    struct value_text *values = realloc(set->values, room * sizeof(*values));
    if (!values)
        return false;
    set->values = values;
    set->room = room;
    return true;
}

uint32_t value_set_add(struct value_set *set, const char *text, size_t len) {
    uint32_t index = value_set_find(set, text, len);
    if (index != VALUE_NONE)
        return index;
    if (set->count >= UINT32_MAX / 4 || !grow_slots(set) || !grow_values(set))
        return VALUE_NONE;
    char *copy = malloc(len + 1);
    if (!copy)
        return VALUE_NONE;
    memcpy(copy, text, len);
    copy[len] = '\0';
    index = (uint32_t)set->count;
    set->slots[find_slot(set, text, len)] = index + 1;
    set->values[index].text = copy;
    set->values[index].len = len;
    set->count++;
    return index;
}

void value_set_truncate(struct value_set *set, size_t count) {
    if (count >= set->count)
        return;
    while (set->count > count)
        free((void *)set->values[--set->count].text);
    fill_slots(set);
}

void value_set_free(struct value_set *set) {
    value_set_truncate(set, 0);
    free(set->values);
    free(set->slots);
    *set = (struct value_set){0};
}
