#include "store/history_hours.h"

#include <string.h>

/* The length of the first element of text, which may be an array itself. */
static size_t element_length(const char *text, size_t len) {
    size_t at = 0;
    if (text[0] == '[') {
        const char *end = memchr(text, ']', len);
        return end ? (size_t)(end - text) + 1 : 0;
    }
    while (at < len && text[at] != ',')
        at++;
    return at;
}

int hours_split(const char *text, size_t len, struct hours *out) {
    out->count = 0;
    if (!text || len < 2 || text[0] != '[' || text[len - 1] != ']')
        return -1;
    const char *end = text + len - 1;
    for (const char *at = text; at < end && len > 2;) {
        at++; /* past the bracket or comma */
        size_t part = at < end ? element_length(at, (size_t)(end - at)) : 0;
        if (part == 0 || out->count == HOURS_A_DAY ||
            (at + part < end && at[part] != ','))
            return -1;
        out->values[out->count++] = (struct value_text){at, part};
        at += part;
    }
    return 0;
}

void hours_write(const struct hours *hours, const struct family *family,
                 size_t hour, const struct value_text *value,
                 struct strbuf *out) {
    const char *nothing =
        metric_shape(family->type) == SHAPE_VALUE ? "null" : "0";
    const struct value_text none = {nothing, strlen(nothing)};
    size_t count = hours->count > hour + 1 ? hours->count : hour + 1;
    for (size_t i = 0; i < count; i++) {
        const struct value_text *one = i == hour          ? value
                                       : i < hours->count ? &hours->values[i]
                                                          : &none;
        strbuf_add_char(out, i == 0 ? '[' : ',');
        strbuf_add(out, one->text, one->len);
    }
    strbuf_add_char(out, ']');
}
