/* pack: the text of an exposition, in which the parts that lines share stand
 * once: about a sixth of the text. It is unpacked in parts while it is sent. */
#ifndef TALLYMAN_EXPOSE_PACK_H
#define TALLYMAN_EXPOSE_PACK_H

#include "base/number.h"
#include "base/strbuf.h"
#include "metrics/histogram.h"

enum {
    /* Buckets, a sum, a count and when the series began. */
    PACK_LINES_MAX = HISTOGRAM_BOUNDS_MAX + 4,
    PACK_NUMBERS_MAX = PACK_LINES_MAX * (NUMBER_SIZE + 1)
};

/* A zeroed struct is an empty pack. */
struct pack {
    struct strbuf parts; /* failed: memory ran out */
    size_t length;       /* of the text */
    /* Of the series that follow: the lengths of their lines but for labels and
     * numbers, with braces and without labels. */
    size_t line_count;
    size_t fixed[PACK_LINES_MAX];
    size_t bare[PACK_LINES_MAX];
    size_t fixed_all;
    size_t bare_all;
    /* Of the message that is not ended: where its length stands in parts, and
     * the length of the text up to it. */
    size_t message_at;
    size_t message_start;
};

/* Text that stands there once. */
void pack_add_text(struct pack *pack, const char *text, size_t len);

/* Series that follow have no lines yet. */
void pack_begin_lines(struct pack *pack);

/* Another line of the series that follow: name[0..len), suffix, and in braces
 * the labels of the series and then `label`, which may be empty. There are at
 * most PACK_LINES_MAX. */
void pack_add_line(struct pack *pack, const char *name, size_t len,
                   const char *suffix, const char *label);

/* The numbers of a series, one for each line in their order: each of these
 * writes one to at, which has room for 1 + NUMBER_SIZE, and returns the end of
 * it. pack_none leaves the line out. */
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

/* A series: its labels as label_json_write_exposition has them, and what the
 * functions above have written to numbers. */
void pack_add_series(struct pack *pack, const char *labels, size_t labels_len,
                     const char *numbers, size_t numbers_len);

/* Text behind the number of a line of the series that is added next: a call for
 * each line, from the first on, that must have a number. The lines after them
 * have none. */
void pack_add_tail(struct pack *pack, const char *text, size_t len);

/* All that is added between the two is a message of protobuf: its length stands
 * before it. At most 4 GiB. Messages are not nested. */
void pack_begin_message(struct pack *pack);
void pack_end_message(struct pack *pack);

/* Puts the parts of other in front of the one that began when pack->parts.len
 * was at. */
void pack_insert(struct pack *pack, size_t at, const struct pack *other);

/* How far a pack was read. A zeroed struct is its beginning. */
struct pack_reading {
    size_t at;
    size_t line_count;
    size_t fixed; /* length of all lines without labels and numbers */
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

/* Appends the next PACK_PART bytes or a little more to out, at the end what is
 * left. Returns false when nothing was left or memory ran out, which shows in
 * out->failed. */
enum { PACK_PART = 62 << 10 };
bool pack_read(const struct pack *pack, struct pack_reading *reading,
               struct strbuf *out);

void pack_free(struct pack *pack);

#endif
