#include "alert/words.h"

#include "base/utf8.h"

bool alert_word_valid(const char *text, size_t len, size_t max) {
    for (size_t i = 0; i < len; i++)
        if (!((text[i] >= 'a' && text[i] <= 'z') ||
              (text[i] >= 'A' && text[i] <= 'Z') ||
              (text[i] >= '0' && text[i] <= '9') || text[i] == '_' ||
              text[i] == '-'))
            return false;
    return len > 0 && len <= max;
}

struct alert_shown alert_show(const char *text, size_t len) {
    struct alert_shown shown = {""};
    utf8_show(text, len, shown.text, sizeof(shown.text));
    return shown;
}
