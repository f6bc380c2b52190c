#include "base/mail_address.h"

#include <string.h>

enum { LOCAL_MAX = 64, NAME_MAX_BYTES = 63 };

static bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

/* atext of RFC 5321, 4.1.2. */
static bool is_atext(char c) {
    return is_letter_or_digit(c) ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool local_valid(const char *text, size_t len) {
    if (len == 0 || len > LOCAL_MAX || text[0] == '-' || text[len - 1] == '.')
        return false;
    for (size_t i = 0; i < len; i++)
        if (text[i] == '.' ? i == 0 || text[i - 1] == '.' : !is_atext(text[i]))
            return false;
    return true;
}

static bool domain_valid(const char *text, size_t len) {
    size_t begin = 0;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && text[i] != '.') {
            if (!is_letter_or_digit(text[i]) && text[i] != '-')
                return false;
            continue;
        }
        if (i == begin || i - begin > NAME_MAX_BYTES || text[begin] == '-' ||
            text[i - 1] == '-')
            return false;
        begin = i + 1;
    }
    return true;
}

bool mail_address_valid(const char *text, size_t len) {
    const char *at = len <= MAIL_ADDRESS_MAX ? memchr(text, '@', len) : NULL;
    return at && local_valid(text, (size_t)(at - text)) &&
           domain_valid(at + 1, len - (size_t)(at - text) - 1);
}
