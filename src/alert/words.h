/* words: names in the alerts file, and its texts in messages. */
#ifndef TALLYMAN_ALERT_WORDS_H
#define TALLYMAN_ALERT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/allowlist_place.h"

/* True if text[0..len) has 1 to max letters, digits, _ and -. */
bool alert_word_valid(const char *text, size_t len, size_t max);

/* Reports a severity, from the member `key`, that is not a word. */
void alert_severity_check(struct place *place, const char *key,
                          const char *text, size_t len);

/* The beginning of a text of the file, in one line, for a message. */
struct alert_shown {
    char text[100];
};
struct alert_shown alert_show(const char *text, size_t len);

#endif
