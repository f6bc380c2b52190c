/* words: names in the alerts file, and its texts in messages. */
#ifndef TALLYMAN_ALERT_WORDS_H
#define TALLYMAN_ALERT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Upper bound of a severity, in bytes. */
enum { ALERT_WORD_MAX = 50 };

/* True if text[0..len) has 1 to max letters, digits, _ and -. */
bool alert_word_valid(const char *text, size_t len, size_t max);

/* The beginning of a text of the file, in one line, for a message. */
struct alert_shown {
    char text[100];
};
struct alert_shown alert_show(const char *text, size_t len);

#endif
