#include "base/suggest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Letters to insert, delete or replace (Levenshtein distance). */
static size_t distance(const char *a, const char *b) {
    size_t row[SUGGESTION_SIZE];
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (a_len >= SUGGESTION_SIZE || b_len >= SUGGESTION_SIZE)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_len];
}

void suggest_name(struct suggestions *list, const char *name) {
    size_t asked_len = strlen(list->asked);
    size_t score = distance(list->asked, name);
    size_t at = list->count;
    if (asked_len >= 3 && strlen(name) < SUGGESTION_SIZE &&
        strstr(name, list->asked))
        score = 1;
    if (score > 2 && score > asked_len / 3)
        return;
    while (at > 0 && list->distances[at - 1] > score)
        at--;
    if (at == SUGGESTIONS_MAX)
        return;
    if (list->count < SUGGESTIONS_MAX)
        list->count++;
    size_t moved = list->count - 1 - at;
    memmove(list->names[at + 1], list->names[at], moved * SUGGESTION_SIZE);
    memmove(&list->distances[at + 1], &list->distances[at],
            moved * sizeof(*list->distances));
    memccpy(list->names[at], name, '\0', SUGGESTION_SIZE);
    list->distances[at] = score;
}

void suggest_format(const struct suggestions *list, const char *without,
                    char *out, size_t size) {
    int len = snprintf(out, size, "%s", list->count == 0 ? without : "");
    for (size_t i = 0; i < list->count && (size_t)len < size; i++)
        len += snprintf(out + len, size - (size_t)len, "%s%s%s",
                        i == 0 ? "; did you mean " : ", ", list->names[i],
                        i + 1 == list->count ? "?" : "");
}
