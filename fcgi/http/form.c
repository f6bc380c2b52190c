#include "http/form.h"

#include <string.h>

#include "base/hex.h"

static void decode(const char *text, size_t len, struct strbuf *out) {
    strbuf_reset(out);
    strbuf_add_string(out, "");
    for (size_t i = 0; i < len; i++) {
        const int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;
        if (text[i] == '%' && high >= 0 && low >= 0) {
            strbuf_add_char(out, (char)(high * 16 + low));
            i += 2;
        } else {
            strbuf_add_char(out, text[i] == '+' ? ' ' : text[i]);
        }
    }
}

bool form_next(struct form *form, struct strbuf *name, struct strbuf *value) {
    while (form->next < form->end && *form->next == '&')
        form->next++;
    if (form->next == form->end)
        return false;
    const char *begin = form->next;
    const char *end = memchr(begin, '&', (size_t)(form->end - begin));
    if (!end)
        end = form->end;
    const char *equals = memchr(begin, '=', (size_t)(end - begin));
    const char *behind = equals ? equals + 1 : end;
    decode(begin, (size_t)((equals ? equals : end) - begin), name);
    decode(behind, (size_t)(end - behind), value);
    form->next = end;
    return true;
}
