#include "base/traceparent.h"

#include <stddef.h>
#include <string.h>

static const char HEX[] = "0123456789abcdef";

/* text begins with exactly len digits, followed by `end`. */
static bool is_field(const char *text, size_t len, char end) {
    return strspn(text, HEX) == len && text[len] == end;
}

/* Copies an id; false when it is all zeros. */
static bool read_id(const char *text, size_t len, char *out) {
    if (!is_field(text, len, '-') || strspn(text, "0") == len)
        return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}

bool traceparent_read(const char *header, struct traceparent *out) {
    static const char version[] = "00-";
    const char *trace_id = header + sizeof(version) - 1;
    if (strncmp(header, version, sizeof(version) - 1) != 0 ||
        !read_id(trace_id, TRACE_ID_LENGTH, out->trace_id))
        return false;
    const char *span_id = trace_id + TRACE_ID_LENGTH + 1;
    if (!read_id(span_id, SPAN_ID_LENGTH, out->span_id))
        return false;
    const char *flags = span_id + SPAN_ID_LENGTH + 1;
    if (!is_field(flags, 2, '\0'))
        return false;
    out->sampled = (strchr(HEX, flags[1]) - HEX) & 1;
    return true;
}
