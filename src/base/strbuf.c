#include "base/strbuf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool strbuf_reserve(struct strbuf *buf, size_t more) {
    if (buf->failed)
        return false;
    if (more < buf->size - buf->len)
        return true;
    size_t size = buf->size ? buf->size : 64;
    while (size - buf->len <= more && size <= SIZE_MAX / 2)
        size *= 2;
    char *data = size - buf->len > more ? realloc(buf->data, size) : NULL;
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->size = size;
    return true;
}

void strbuf_add(struct strbuf *buf, const char *bytes, size_t len) {
    if (!strbuf_reserve(buf, len))
        return;
    if (len > 0)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void strbuf_add_string(struct strbuf *buf, const char *string) {
    strbuf_add(buf, string, strlen(string));
}

void strbuf_add_char(struct strbuf *buf, char c) {
    strbuf_add(buf, &c, 1);
}

void strbuf_printf(struct strbuf *buf, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !strbuf_reserve(buf, (size_t)len))
        return;
    va_start(args, format);
    (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

void strbuf_insert(struct strbuf *buf, size_t at, const char *bytes,
                   size_t len) {
    if (!strbuf_reserve(buf, len) || len == 0)
        return;
    memmove(buf->data + at + len, buf->data + at, buf->len - at);
    memcpy(buf->data + at, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void strbuf_reset(struct strbuf *buf) {
    buf->len = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

void strbuf_free(struct strbuf *buf) {
    free(buf->data);
    *buf = (struct strbuf){0};
}
