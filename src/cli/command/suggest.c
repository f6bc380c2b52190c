#include "cli/command/suggest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* How many letters have to be put in, left out or replaced (Levenshtein). */
static size_t distance(const char *a, const char *b) {
    size_t row[NEAR_NAME_SIZE];
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (a_len >= NEAR_NAME_SIZE || b_len >= NEAR_NAME_SIZE)
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

void near_offer(struct near_names *near, const char *name) {
    size_t asked_len = strlen(near->asked);
    size_t score = distance(near->asked, name);
    size_t at = near->count;
    if (asked_len >= 3 && strlen(name) < NEAR_NAME_SIZE &&
        strstr(name, near->asked))
        score = 1;
    if (score > 2 && score > asked_len / 3)
        return;
    while (at > 0 && near->distances[at - 1] > score)
        at--;
    if (at == NEAR_NAMES)
        return;
    if (near->count < NEAR_NAMES)
        near->count++;
    size_t moved = near->count - 1 - at;
    memmove(near->names[at + 1], near->names[at], moved * NEAR_NAME_SIZE);
    memmove(&near->distances[at + 1], &near->distances[at],
            moved * sizeof(*near->distances));
    memccpy(near->names[at], name, '\0', NEAR_NAME_SIZE);
    near->distances[at] = score;
}

void near_format(const struct near_names *near, const char *without, char *out,
                 size_t size) {
    int len = snprintf(out, size, "%s", near->count == 0 ? without : "");
    for (size_t i = 0; i < near->count && (size_t)len < size; i++)
        len += snprintf(out + len, size - (size_t)len, "%s%s%s",
                        i == 0 ? "; did you mean " : ", ", near->names[i],
                        i + 1 == near->count ? "?" : "");
}
