/* protobuf_notation: messages from a text notation, and pushes as text. */
#ifndef TALLYMAN_TESTS_PROTOBUF_NOTATION_H
#define TALLYMAN_TESTS_PROTOBUF_NOTATION_H

#include <math.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "check.h"
#include "guard.h"
#include "ingest/protobuf.h"
#include "metrics/pushed.h"

static inline void put_varint(struct strbuf *out, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        strbuf_add_char(out, (char)(value | 0x80));
    strbuf_add_char(out, (char)value);
}

static inline void put_fixed(struct strbuf *out, uint64_t bits) {
    for (int i = 0; i < 8; i++)
        strbuf_add_char(out, (char)(bits >> (8 * i)));
}

static inline void put_double(struct strbuf *out, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    put_fixed(out, bits);
}

static inline void put_bytes(struct strbuf *out, const struct strbuf *bytes) {
    put_varint(out, bytes->len);
    strbuf_add(out, bytes->data ? bytes->data : "", bytes->len);
}

/* Reads text up to the quote; %00 is the byte of that value. */
static inline const char *put_quoted(struct strbuf *out, const char *at) {
    for (; *at != '\''; at++) {
        char byte = *at;
        if (*at == '\0')
            fail_msg("a quote is missing");
        if (*at == '%') {
            char hex[] = {at[1], at[2], '\0'};
            byte = (char)strtoul(hex, NULL, 16);
            at += 2;
        }
        strbuf_add_char(out, byte);
    }
    return at + 1;
}

/* Appends the fields that are written up to a } or the end, and returns where
 * that is. A field is its number and
 *     =5 an integer   #5 one of 8 bytes   ~1.5 a double   'text' bytes
 *     {fields} a message
 */
static inline const char *put_fields(struct strbuf *out, const char *at) {
    while (*at && *at != '}') {
        char *end;
        struct strbuf inner = {0};
        uint64_t field = strtoul(at, &end, 10) << 3;
        at = end + 1;
        switch (*end) {
        case '=':
            put_varint(out, field);
            put_varint(out, strtoull(at, &end, 10));
            at = end;
            break;
        case '#':
            put_varint(out, field | 1);
            put_fixed(out, strtoull(at, &end, 10));
            at = end;
            break;
        case '~':
            put_varint(out, field | 1);
            put_double(out, strtod(at, &end));
            at = end;
            break;
        case '\'':
        case '{':
            put_varint(out, field | 2);
            at = *end == '{' ? put_fields(&inner, at) + 1
                             : put_quoted(&inner, at);
            put_bytes(out, &inner);
            strbuf_free(&inner);
            break;
        default:
            fail_msg("not a field: %s", at);
        }
        at += strspn(at, " ");
    }
    return at;
}

/* The messages of a text such as "{1'name'} {1'other' 3=1}", each after its
 * length. The caller frees them. */
static inline struct strbuf messages(const char *text) {
    struct strbuf out = {0};
    while (*text) {
        struct strbuf message = {0};
        assert_int_equal(*text, '{');
        text = put_fields(&message, text + 1);
        assert_int_equal(*text, '}');
        put_bytes(&out, &message);
        strbuf_free(&message);
        text++;
        text += strspn(text, " ");
    }
    return out;
}

static inline void write_double(struct strbuf *out, double value) {
    char text[NUMBER_SIZE];
    strbuf_add(out, text, number_format(value, text));
}

static inline void write_exemplars(struct strbuf *out,
                                   const struct pushed_series *series) {
    for (size_t i = 0; i < series->exemplar_count; i++) {
        const struct exemplar *exemplar = &series->exemplars[i];
        strbuf_printf(out, " # %.*s ", (int)exemplar->labels_len,
                      exemplar->labels);
        write_double(out, exemplar->value);
        strbuf_add_char(out, ' ');
        write_double(out, exemplar->time);
    }
    strbuf_add_char(out, '\n');
}

static inline void write_series(struct strbuf *out, enum metric_type type,
                                const struct pushed_series *series) {
    assert_int_equal(series->line, 0);
    strbuf_add_string(out, "  ");
    label_set_write_json(series->labels, series->label_count, out);
    strbuf_add_char(out, ' ');
    if (type != METRIC_HISTOGRAM && type != METRIC_SUMMARY) {
        write_double(out, series->value);
        write_exemplars(out, series);
        return;
    }
    strbuf_printf(out, "count %llu sum ", (unsigned long long)series->count);
    write_double(out, series->sum);
    for (size_t i = 0; series->point && i < series->point->observed_count;
         i++) {
        strbuf_add_string(out, i > 0 ? " " : " observed ");
        write_double(out, series->point->observed[i].value);
        strbuf_printf(out, "*%llu",
                      (unsigned long long)series->point->observed[i].count);
    }
    for (size_t i = 0;
         type == METRIC_HISTOGRAM && !series->point && i <= series->bound_count;
         i++) {
        strbuf_add_char(out, ' ');
        write_double(out, i < series->bound_count ? series->bounds[i]
                                                  : (double)INFINITY);
        strbuf_printf(out, ":%llu", (unsigned long long)series->buckets[i]);
    }
    write_exemplars(out, series);
}

/* Writes a line per family, `type name "help" unit`, followed by one per
 * series. */
static inline void write_pushed(struct strbuf *out,
                                const struct pushed *pushed) {
    for (size_t i = 0; i < pushed_count(pushed); i++) {
        const struct pushed_family *family = &pushed->families[i];
        assert_int_equal(family->line, 0);
        assert_int_equal(strlen(family->name), family->name_len);
        strbuf_printf(out, "%s %s \"%s\" %s\n",
                      family->unsupported ? "unsupported"
                                          : metric_type_name(family->type),
                      family->name, family->help, family->unit);
        for (size_t j = 0; j < family->count; j++)
            write_series(out, family->type, &family->series[j]);
    }
}

/* Reads a body that ends at unreadable memory. */
static inline int ingest(const struct strbuf *body, struct pushed *out,
                         struct err *err) {
    return ingest_protobuf(guard_place(body->data, body->len), body->len, out,
                           err);
}

/* Checks that the push in the notation of `messages` yields want, in the form
 * of write_pushed. */
static inline void check_accepted(const char *name, const char *input,
                                  const char *want) {
    struct pushed pushed = {0};
    struct strbuf body = messages(input);
    struct strbuf got = {0};
    struct err err = {.message = ""};
    if (ingest(&body, &pushed, &err) != 0)
        fail_msg("%s: %s", name, err.message);
    write_pushed(&got, &pushed);
    check_text(name, got.data ? got.data : "", want);
    pushed_free(&pushed);
    strbuf_free(&body);
    strbuf_free(&got);
}

/* Checks that the push is refused with this message. */
static inline void check_refused(const char *name, const char *input,
                                 enum err_code code, const char *want) {
    struct pushed pushed = {0};
    struct strbuf body = messages(input);
    struct err err = {.message = "accepted"};
    (void)ingest(&body, &pushed, &err);
    check_text(name, err.message, want);
    check_number(name, (long long)err.code, (long long)code);
    assert_true(utf8_valid(err.message, strlen(err.message)));
    pushed_free(&pushed);
    strbuf_free(&body);
}

#endif
