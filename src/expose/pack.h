/* pack: the text of an exposition, with the shared parts of lines stored once.
 * It takes about a sixth of the text, and is unpacked in chunks while it is
 * sent. */
#ifndef TALLYMAN_EXPOSE_PACK_H
#define TALLYMAN_EXPOSE_PACK_H

#include "base/number.h"
#include "base/strbuf.h"
#include "metrics/histogram.h"

enum {
    /* Buckets, a sum, a count and the birth of the series. */
    PACK_LINES_MAX = HISTOGRAM_BOUNDS_MAX + 4,
    PACK_NUMBERS_MAX = PACK_LINES_MAX * (NUMBER_SIZE + 1)
};

/* A zeroed struct is an empty pack. */
struct pack {
    struct strbuf parts; /* failed: memory ran out */
    size_t length;       /* of the text */
    /* For the next series: lengths of their lines without labels and numbers,
     * with braces and without labels. */
    size_t line_count;
    size_t fixed[PACK_LINES_MAX];
    size_t bare[PACK_LINES_MAX];
    size_t fixed_all;
    size_t bare_all;
    /* Of the open message: the offset of its length in parts, and the length of
     * the text before it. */
    size_t message_at;
    size_t message_start;
};

/* Adds text that occurs once. */
void pack_add_text(struct pack *pack, const char *text, size_t len);

/* The next series have no lines yet. */
void pack_begin_lines(struct pack *pack);

/* Adds a line to the next series: name[0..len), suffix, and in braces the
 * labels of the series followed by `label`, which may be empty. At most
 * PACK_LINES_MAX lines. */
void pack_add_line(struct pack *pack, const char *name, size_t len,
                   const char *suffix, const char *label);

/* The numbers of a series, one for each line in order. Each function writes one
 * to at, which has room for 1 + NUMBER_SIZE, and returns its end. pack_none
 * leaves the line out. */
static inline char *pack_real(char *at, double value) {
    size_t len = number_format(value, at + 1);
    *at = (char)len;
    return at + 1 + len;
}

static inline char *pack_natural(char *at, uint64_t value) {
    size_t len = natural_format(value, at + 1);
    *at = (char)len;
    return at + 1 + len;
}

static inline char *pack_none(char *at) {
    *at = 0;
    return at + 1;
}

/* Adds a series: its labels as label_json_write_exposition writes them, and the
 * numbers that the functions above have written. */
void pack_add_series(struct pack *pack, const char *labels, size_t labels_len,
                     const char *numbers, size_t numbers_len);

/* Adds text after the number of a line of the next series: one call for each
 * line from the first on, which must have a number. Later lines get none. */
void pack_add_tail(struct pack *pack, const char *text, size_t len);

/* Text added between these two calls is a protobuf message, preceded by its
 * length. At most 4 GiB. Messages are not nested. */
void pack_begin_message(struct pack *pack);
void pack_end_message(struct pack *pack);

/* Inserts the parts of other at `at`, a former value of pack->parts.len. */
void pack_insert(struct pack *pack, size_t at, const struct pack *other);

/* The position of a reader of a pack. A zeroed struct is the beginning. */
struct pack_reading {
    size_t at;
    size_t line_count;
    size_t fixed; /* total length of all lines without labels and numbers */
    struct pack_line {
        const char *opening; /* name, suffix and brace */
        size_t opening_len;
        const char *closing; /* comma and label, brace and space */
        size_t closing_len;
    } lines[PACK_LINES_MAX];
    size_t tail_count; /* of the next series */
    size_t tails_len;
    struct pack_tail {
        const char *text;
        size_t len;
    } tails[PACK_LINES_MAX];
};

/* Appends about PACK_PART bytes, or the rest, to out. Returns false when
 * nothing is left, or when memory ran out (out->failed). */
enum { PACK_PART = 62 << 10 };
bool pack_read(const struct pack *pack, struct pack_reading *reading,
               struct strbuf *out);

void pack_free(struct pack *pack);

#endif
