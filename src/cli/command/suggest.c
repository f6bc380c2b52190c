#include "cli/command/suggest.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 255 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* How many letters have to be put in, left out or replaced (Levenshtein). */
static size_t distance(const char *a, const char *b) {
    size_t row[NAME_MAX_LENGTH + 1];
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (a_len > NAME_MAX_LENGTH || b_len > NAME_MAX_LENGTH)
        return NAME_MAX_LENGTH;
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

void near_offer(struct near_names *near, const char *asked, const char *name) {
    size_t score = distance(asked, name);
    if (strlen(asked) >= 3 && strstr(name, asked))
        score = 1;
    if (score > 2 && score > strlen(asked) / 3)
        return;
    size_t at = near->count;
    while (at > 0 && near->distances[at - 1] > score)
        at--;
    if (at == NEAR_NAMES)
        return;
    if (near->count < NEAR_NAMES)
        near->count++;
    for (size_t i = near->count - 1; i > at; i--) {
        near->names[i] = near->names[i - 1];
        near->distances[i] = near->distances[i - 1];
    }
    near->names[at] = name;
    near->distances[at] = score;
}

void near_format(const struct near_names *near, char *out, size_t size) {
    size_t len = 0;
    *out = '\0';
    for (size_t i = 0; i < near->count && len < size; i++)
        len +=
            (size_t)snprintf(out + len, size - len, "%s%s",
                             i == 0 ? "; did you mean " : ", ", near->names[i]);
    if (near->count > 0 && len < size)
        (void)snprintf(out + len, size - len, "?");
}
