#include "metrics/exemplar.h"

#include <math.h>

#include "metrics/label.h"

/* `="` and `"` enclose a value, commas separate labels, and a backslash escapes
 * a character. */
size_t exemplar_characters(const char *text, size_t len) {
    size_t count = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            quoted = !quoted;
        else if (quoted ? ((unsigned char)text[i] & 0xc0) != 0x80
                        : text[i] != '=' && text[i] != ',')
            count++;
        if (text[i] == '\\')
            i++;
    }
    return count;
}

bool exemplar_fits(const struct exemplar *exemplar) {
    struct strbuf text = {0};
    bool fits =
        isfinite(exemplar->value) && isfinite(exemplar->time) &&
        label_json_write_exposition(exemplar->labels, exemplar->labels_len,
                                    &text) == 0 &&
        exemplar_characters(text.data, text.len) <= EXEMPLAR_CHARACTERS_MAX;
    strbuf_free(&text);
    return fits;
}
