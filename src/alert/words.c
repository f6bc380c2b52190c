#include "alert/words.h"

#include "base/utf8.h"

/* Upper bound of a severity, in bytes. */
enum { SEVERITY_MAX = 50 };

bool alert_word_valid(const char *text, size_t len, size_t max) {
    for (size_t i = 0; i < len; i++)
        if (!((text[i] >= 'a' && text[i] <= 'z') ||
              (text[i] >= 'A' && text[i] <= 'Z') ||
              (text[i] >= '0' && text[i] <= '9') || text[i] == '_' ||
              text[i] == '-'))
            return false;
    return len > 0 && len <= max;
}

void alert_severity_check(struct place *place, const char *key,
                          const char *text, size_t len) {
    if (!alert_word_valid(text, len, SEVERITY_MAX))
        place_report(place, key,
                     "is \"%s\", must be a word of letters, digits, _ and "
                     "-, and at most %d bytes long",
                     alert_show(text, len).text, SEVERITY_MAX);
}

struct alert_shown alert_show(const char *text, size_t len) {
    struct alert_shown shown = {""};
    utf8_show(text, len, shown.text, sizeof(shown.text));
    return shown;
}
