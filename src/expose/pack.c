#include "expose/pack.h"

#include <stdint.h>
#include <string.h>

/* A pack is a sequence of parts, each a header and bytes. */
enum part_kind {
    PART_TEXT,  /* size bytes; size_more is unused */
    PART_BEGIN, /* drops the lines of the earlier series */
    PART_LINE,  /* opening of size bytes, closing of size_more */
    PART_TAIL,  /* size bytes for the next line of the next series */
    PART_SERIES /* labels of size bytes, numbers of size_more, each preceded by
                   its length */
};

struct part {
    enum part_kind kind;
    uint32_t size;
    uint32_t size_more;
};

/* A text of up to SHORT bytes is copied as SHORT bytes, including bytes that
 * follow it: both buffers have room for that. */
enum { SHORT = 16 };

static void add_part(struct pack *pack, enum part_kind kind, const char *bytes,
                     size_t size, const char *more, size_t size_more) {
    const struct part part = {kind, (uint32_t)size, (uint32_t)size_more};
    struct strbuf *parts = &pack->parts;
    if (size > UINT32_MAX || size_more > UINT32_MAX)
        parts->failed = true;
    if (!strbuf_reserve(parts, sizeof(part) + size + size_more + SHORT))
        return;
    char *at = mempcpy(parts->data + parts->len, &part, sizeof(part));
    if (size > 0)
        at = mempcpy(at, bytes, size);
    if (size_more > 0)
        at = mempcpy(at, more, size_more);
    parts->len = (size_t)(at - parts->data);
}

void pack_add_text(struct pack *pack, const char *text, size_t len) {
    add_part(pack, PART_TEXT, text, len, NULL, 0);
    pack->length += len;
}

void pack_begin_lines(struct pack *pack) {
    add_part(pack, PART_BEGIN, NULL, 0, NULL, 0);
    pack->line_count = 0;
    pack->fixed_all = 0;
    pack->bare_all = 0;
}

/* extra: bytes that only a line with labels has, the comma or the braces. */
static void count_line(struct pack *pack, size_t len, size_t extra) {
    const size_t fixed = len + 1; /* the line feed */
    pack->fixed[pack->line_count] = fixed;
    pack->bare[pack->line_count++] = fixed - extra;
    pack->fixed_all += fixed;
    pack->bare_all += fixed - extra;
}

void pack_add_line(struct pack *pack, const char *name, size_t len,
                   const char *suffix, const char *label) {
    struct strbuf opening = {0};
    struct strbuf closing = {0};
    strbuf_add(&opening, name, len);
    strbuf_add_string(&opening, suffix);
    strbuf_add_char(&opening, '{');
    if (*label)
        strbuf_add_char(&closing, ',');
    strbuf_add_string(&closing, label);
    strbuf_add_string(&closing, "} ");
    if (opening.failed || closing.failed || pack->line_count == PACK_LINES_MAX)
        pack->parts.failed = true;
    else
        add_part(pack, PART_LINE, opening.data, opening.len, closing.data,
                 closing.len);
    if (!pack->parts.failed)
        count_line(pack, opening.len + closing.len, *label ? 1 : 2);
    strbuf_free(&opening);
    strbuf_free(&closing);
}

/* The total length of the lines for which a series has no number. */
static size_t missing_length(const struct pack *pack, size_t labels_len,
                             const char *numbers) {
    size_t length = 0;
    for (size_t i = 0; i < pack->line_count; i++) {
        size_t len = (unsigned char)*numbers;
        if (len == 0)
            length +=
                labels_len > 0 ? pack->fixed[i] + labels_len : pack->bare[i];
        numbers += 1 + len;
    }
    return length;
}

void pack_add_series(struct pack *pack, const char *labels, size_t labels_len,
                     const char *numbers, size_t numbers_len) {
    const size_t lines = pack->line_count;
    pack->length += numbers_len - lines +
                    (labels_len > 0 ? pack->fixed_all + lines * labels_len
                                    : pack->bare_all);
    if (memchr(numbers, '\0', numbers_len))
        pack->length -= missing_length(pack, labels_len, numbers);
    add_part(pack, PART_SERIES, labels, labels_len, numbers, numbers_len);
}

void pack_add_tail(struct pack *pack, const char *text, size_t len) {
    add_part(pack, PART_TAIL, text, len, NULL, 0);
    pack->length += len;
}

/* A varint of 32 bits. */
enum { MESSAGE_LENGTH_MAX = 5 };

void pack_begin_message(struct pack *pack) {
    static const char room[MESSAGE_LENGTH_MAX];
    pack->message_at = pack->parts.len;
    pack->message_start = pack->length;
    add_part(pack, PART_TEXT, NULL, 0, room, sizeof(room));
}

void pack_end_message(struct pack *pack) {
    size_t length = pack->length - pack->message_start;
    struct part part = {PART_TEXT, 1, MESSAGE_LENGTH_MAX - 1};
    if (length > UINT32_MAX)
        pack->parts.failed = true;
    if (pack->parts.failed)
        return;
    char *header = pack->parts.data + pack->message_at;
    char *at = header + sizeof(part);
    for (; length >= 0x80; length >>= 7) {
        *at++ = (char)(length | 0x80);
        part.size++;
        part.size_more--;
    }
    *at = (char)length;
    memcpy(header, &part, sizeof(part));
    pack->length += part.size;
}

void pack_insert(struct pack *pack, size_t at, const struct pack *other) {
    if (other->parts.failed)
        pack->parts.failed = true;
    if (strbuf_reserve(&pack->parts, other->parts.len + SHORT))
        strbuf_insert(&pack->parts, at, other->parts.data, other->parts.len);
    pack->length += other->length;
}

static void read_line(struct pack_reading *reading, const struct part *part,
                      const char *bytes) {
    struct pack_line *line = &reading->lines[reading->line_count++];
    *line = (struct pack_line){bytes, part->size, bytes + part->size,
                               part->size_more};
    if (line > reading->lines && line[-1].opening_len == line->opening_len &&
        memcmp(line[-1].opening, bytes, part->size) == 0)
        line->opening = line[-1].opening;
    reading->fixed += part->size + part->size_more;
}

static void read_tail(struct pack_reading *reading, const char *text,
                      size_t len) {
    reading->tails[reading->tail_count++] = (struct pack_tail){text, len};
    reading->tails_len += len;
}

/* The text of the lines is not longer: the length byte of each number here
 * becomes a line feed there. */
static size_t room_for(const struct pack_reading *reading,
                       const struct part *part) {
    return reading->fixed + reading->line_count * part->size + part->size_more +
           reading->tails_len;
}

static inline char *copy_short(char *at, const char *bytes, size_t len) {
    if (len > SHORT)
        return mempcpy(at, bytes, len);
    memcpy(at, bytes, SHORT);
    return at + len;
}

static inline char *copy_end(const struct pack_reading *reading, size_t line,
                             char *at) {
    if (line < reading->tail_count)
        at = mempcpy(at, reading->tails[line].text, reading->tails[line].len);
    *at++ = '\n';
    return at;
}

/* Most lines begin like the previous one. */
static char *write_lines(const struct pack_reading *reading, const char *labels,
                         size_t labels_len, const char *numbers, char *at) {
    const char *opening = NULL;
    const char *last = NULL;
    for (size_t i = 0; i < reading->line_count; i++) {
        const struct pack_line *line = &reading->lines[i];
        const size_t len = (unsigned char)*numbers++;
        if (len == 0)
            continue;
        if (last && line->opening == opening) {
            last = memcpy(at, last, line->opening_len + labels_len);
            at += line->opening_len + labels_len;
        } else {
            opening = line->opening;
            last = at;
            at = mempcpy(at, opening, line->opening_len);
            at = mempcpy(at, labels, labels_len);
        }
        at = copy_short(at, line->closing, line->closing_len);
        at = copy_short(at, numbers, len);
        numbers += len;
        at = copy_end(reading, i, at);
    }
    return at;
}

static char *write_bare_lines(const struct pack_reading *reading,
                              const char *numbers, char *at) {
    for (size_t i = 0; i < reading->line_count; i++) {
        const struct pack_line *line = &reading->lines[i];
        const size_t brace = *line->closing == ',' ? 0 : 1;
        const size_t len = (unsigned char)*numbers++;
        if (len == 0)
            continue;
        at = mempcpy(at, line->opening, line->opening_len - brace);
        at = mempcpy(at, line->closing + 1, line->closing_len - 1);
        at = mempcpy(at, numbers, len);
        numbers += len;
        at = copy_end(reading, i, at);
    }
    return at;
}

static void unpack_series(const struct pack_reading *reading,
                          const struct part *part, const char *labels,
                          struct strbuf *out) {
    const char *numbers = labels + part->size;
    if (!strbuf_reserve(out, room_for(reading, part) + SHORT))
        return;
    char *at = out->data + out->len;
    at = part->size > 0 ? write_lines(reading, labels, part->size, numbers, at)
                        : write_bare_lines(reading, numbers, at);
    out->len = (size_t)(at - out->data);
    *at = '\0';
}

static void read_series(struct pack_reading *reading, const struct part *part,
                        const char *labels, struct strbuf *out) {
    unpack_series(reading, part, labels, out);
    reading->tail_count = 0;
    reading->tails_len = 0;
}

bool pack_read(const struct pack *pack, struct pack_reading *reading,
               struct strbuf *out) {
    const size_t start = out->len;
    struct part part;
    while (reading->at < pack->parts.len && out->len - start < PACK_PART &&
           !out->failed) {
        const char *bytes = pack->parts.data + reading->at + sizeof(part);
        memcpy(&part, bytes - sizeof(part), sizeof(part));
        reading->at += sizeof(part) + part.size + part.size_more;
        switch (part.kind) {
        case PART_TEXT:
            strbuf_add(out, bytes, part.size);
            break;
        case PART_BEGIN:
            reading->line_count = 0;
            reading->fixed = 0;
            break;
        case PART_LINE:
            read_line(reading, &part, bytes);
            break;
        case PART_TAIL:
            read_tail(reading, bytes, part.size);
            break;
        case PART_SERIES:
            read_series(reading, &part, bytes, out);
            break;
        }
    }
    return out->len > start && !out->failed;
}

void pack_free(struct pack *pack) {
    strbuf_free(&pack->parts);
    *pack = (struct pack){.length = 0};
}
