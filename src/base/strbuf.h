/* strbuf: a growing byte buffer. A zeroed struct is an empty buffer. */
#ifndef TALLYMAN_BASE_STRBUF_H
#define TALLYMAN_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf {
    char *data;  /* always NUL-terminated once anything was added */
    size_t len;  /* bytes in use, without the NUL */
    size_t size; /* bytes allocated */
    bool failed; /* an allocation failed: the content is incomplete */
};

/* The add functions append. After a failed allocation they do nothing, so a
 * writer checks `failed` once, at its end. */
void strbuf_add(struct strbuf *buf, const char *bytes, size_t len);
void strbuf_add_string(struct strbuf *buf, const char *string);
void strbuf_add_char(struct strbuf *buf, char c);
void strbuf_printf(struct strbuf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Inserts before offset at, which is at most len. */
void strbuf_insert(struct strbuf *buf, size_t at, const char *bytes,
                   size_t len);

/* Makes room for `more` further bytes. False when memory ran out. */
bool strbuf_reserve(struct strbuf *buf, size_t more);

/* The content, NUL-terminated; "" while nothing was added. */
static inline const char *strbuf_text(const struct strbuf *buf) {
    return buf->data ? buf->data : "";
}

/* Empties the buffer and keeps its memory. */
void strbuf_reset(struct strbuf *buf);

void strbuf_free(struct strbuf *buf);

#endif
