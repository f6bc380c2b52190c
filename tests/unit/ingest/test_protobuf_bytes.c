#include <math.h>
#include <stdio.h>

#include "corpus.h"
#include "metrics/histogram.h"
#include "metrics/metric.h"
#include "protobuf_notation.h"

/* Allocations of more than 16 MiB fail. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1:max_allocation_size_mb=16";
}

/* Repeats a text within another; %zu becomes the number of the repetition. The
 * caller frees the result. */
static struct strbuf repeated(const char *before, const char *text,
                              size_t count, const char *after) {
    struct strbuf out = {0};
    const char *number = strstr(text, "%zu");
    strbuf_add_string(&out, before);
    for (size_t i = 0; i < count; i++) {
        size_t len = number ? (size_t)(number - text) : strlen(text);
        strbuf_add(&out, text, len);
        if (number)
            strbuf_printf(&out, "%zu%s", i, number + 3);
    }
    strbuf_add_string(&out, after);
    return out;
}

/* Each limit, at the limit and one above. */
static void limits(void **state) {
    static const struct {
        const char *before;
        const char *text;
        const char *after;
        size_t max;
        const char *want;
    } cases[] = {
        {"{1'", "a", "'}", FAMILY_NAME_MAX,
         "the message at byte 0: a metric name has 201 bytes, must have at "
         "most 200"},
        {"{1'm' 4{1{2'x' 1'", "a", "'} 3{}}}", FAMILY_NAME_MAX,
         "m, metric 1: a label name has 201 bytes, must have at most 200"},
        {"{1'm' 4{", "1{1'a%zu' 2'x'}", " 3{}}}", PUSHED_LABELS_MAX,
         "m, metric 1: a series has more than 64 labels, must have at most 32"},
        {"{1'm' 3=4 4{7{", "3{2~%zu}", "}}}", HISTOGRAM_BOUNDS_MAX,
         "m: a series has more than 200 bounds, must have at most 200"},
        {"{1'm' 3=4 4{7{", "3{2~%zu}", "3{2~inf}}}}", HISTOGRAM_BOUNDS_MAX,
         "m: a series has more than 200 bounds, must have at most 200"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t more = 0; more < 2; more++) {
            struct pushed pushed = {0};
            struct err err = {.message = "accepted"};
            struct strbuf text = repeated(cases[i].before, cases[i].text,
                                          cases[i].max + more, cases[i].after);
            struct strbuf body = messages(text.data);
            (void)ingest(&body, &pushed, &err);
            check_text(cases[i].before, err.message,
                       more ? cases[i].want : "accepted");
            check_number(cases[i].before, (long long)err.code,
                         more ? ERR_LIMIT : ERR_NONE);
            pushed_free(&pushed);
            strbuf_free(&text);
            strbuf_free(&body);
        }
}

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    enum err_code code; /* ERR_NONE: accepted */
    const char *want;
} framed[] = {
    {"an empty message", BYTES("\x00"), ERR_VALUE,
     "the message at byte 0: \"\" is not a metric name, must be letters, "
     "digits, _ and :, and not begin with a digit or __"},
    {"a length with superfluous bytes", BYTES("\x83\x80\x80\x80\x00\x0a\x01m"),
     ERR_NONE, ""},
    {"a length of 6 bytes", BYTES("\x83\x80\x80\x80\x80\x00\x0a\x01m"),
     ERR_SYNTAX,
     "the message at byte 0: its length has more than 5 bytes, must be a "
     "varint of at most 5"},
    {"a length of 10 bytes",
     BYTES("\x03\x0a\x01m\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), ERR_SYNTAX,
     "the message at byte 4: its length has more than 5 bytes, must be a "
     "varint of at most 5"},
    {"a length cut off", BYTES("\x03\x0a\x01m\x80"), ERR_SYNTAX,
     "the message at byte 4: its length is cut off"},
    {"the longest length", BYTES("\xff\xff\xff\xff\x7f\x0a\x01m"), ERR_SYNTAX,
     "the message at byte 0: it has 34359738367 bytes, but only 3 follow"},
    {"a message cut off", BYTES("\x03\x0a\x01m\x03\x0a\x01"), ERR_SYNTAX,
     "the message at byte 4: it has 3 bytes, but only 2 follow"},
    {"a message without its bytes", BYTES("\x03"), ERR_SYNTAX,
     "the message at byte 0: it has 3 bytes, but only 0 follow"},
    {"a field cut off", BYTES("\x03\x0a\x02m"), ERR_SYNTAX,
     "the message at byte 0: it is not an io.prometheus.client.MetricFamily"},
    {"a message without its length", BYTES("\x0a\x01m"), ERR_SYNTAX,
     "the message at byte 0: it has 10 bytes, but only 2 follow"},
    {"the text format", BYTES("# TYPE m counter\nm 1\n"), ERR_SYNTAX,
     "the message at byte 0: it has 35 bytes, but only 20 follow"},
};

static void frames(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(framed); i++) {
        struct pushed pushed = {0};
        struct err err = {.message = ""};
        (void)ingest_protobuf(guard_place(framed[i].bytes, framed[i].len),
                              framed[i].len, &pushed, &err);
        check_text(framed[i].name, err.message, framed[i].want);
        check_number(framed[i].name, (long long)err.code,
                     (long long)framed[i].code);
        pushed_free(&pushed);
    }
}

/* protobuf-c allocates more than 100 bytes for 2: refused before that. */
static void amplification_is_refused(void **state) {
    struct pushed pushed = {0};
    struct err err = {.message = "accepted"};
    struct strbuf text = repeated("{1'm'", " 4{}", 100000, "}");
    struct strbuf body = messages(text.data);
    (void)state;
    assert_int_equal(ingest(&body, &pushed, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    assert_string_equal(err.message,
                        "the message at byte 0: its 200003 bytes take more "
                        "than 6465632 bytes of memory");
    assert_int_equal(pushed_count(&pushed), 0);
    pushed_free(&pushed);
    strbuf_free(&text);
    strbuf_free(&body);
}

/* Large families of the smallest series, and of histograms. */
static void large(void **state) {
    static const struct {
        const char *before;
        const char *text;
        size_t count;
    } cases[] = {
        {"{1'm'", " 4{1{1'a' 2'%zu'} 3{1~1}}", 20000},
        {"{1'm' 3=4",
         " 4{1{1'a' 2'%zu'} 7{1=9 2~1 3{1=1 2~1} 3{1=2 2~2} "
         "3{1=3 2~3} 3{1=4 2~4} 3{1=9 2~inf}}}",
         5000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pushed pushed = {0};
        struct err err;
        struct strbuf text =
            repeated(cases[i].before, cases[i].text, cases[i].count, "}");
        struct strbuf body = messages(text.data);
        if (ingest(&body, &pushed, &err) != 0)
            fail_msg("%zu: %s", i, err.message);
        assert_int_equal(pushed.families[0].count, cases[i].count);
        pushed_free(&pushed);
        strbuf_free(&text);
        strbuf_free(&body);
    }
}

/* A help text above the limit of allocations, see the top. */
static void no_memory(void **state) {
    static char body[18 << 20];
    struct strbuf lengths = {0};
    struct pushed pushed = {0};
    struct err err = {.message = "accepted"};
    (void)state;
    if (!ALLOCATIONS_LIMITED)
        return;
    put_varint(&lengths, (17 << 20) + 5);
    strbuf_add_char(&lengths, 2 << 3 | 2);
    put_varint(&lengths, 17 << 20);
    memcpy(body, lengths.data, lengths.len);
    assert_int_equal(
        ingest_protobuf(body, lengths.len + (17 << 20), &pushed, &err), -1);
    assert_string_equal(err.message, "out of memory");
    assert_int_equal(err.code, ERR_MEMORY);
    pushed_free(&pushed);
    strbuf_free(&lengths);
}

/* The parsed push has no pointers into the bytes. */
static void push_is_a_copy(void **state) {
    struct pushed pushed = {0};
    struct err err;
    struct strbuf got = {0};
    struct strbuf body =
        messages("{1'm' 2'Help.' 4{1{1'a' 2'x'} 3{1~1}}} "
                 "{1'h' 3=4 4{1{1'a' 2'y'} 7{1=2 3{1=1 2~1}}}}");
    (void)state;
    char *place = guard_place(body.data, body.len);
    assert_int_equal(ingest_protobuf(place, body.len, &pushed, &err), 0);
    memset(place, '#', body.len);
    write_pushed(&got, &pushed);
    assert_string_equal(got.data, "counter m \"Help.\" \n  {\"a\":\"x\"} 1\n"
                                  "histogram h \"\" \n"
                                  "  {\"a\":\"y\"} count 2 sum 0 1:1 +Inf:1\n");
    pushed_free(&pushed);
    strbuf_free(&body);
    strbuf_free(&got);
}

/* Files that the Go client pushed (tests/data/protobuf/README.txt) */

static const char *const files[] = {
    "tests/data/protobuf/ok/distributions.bin",
    "tests/data/protobuf/ok/every-type.bin",
    "tests/data/protobuf/ok/go-runtime.bin",
    "tests/data/protobuf/ok/native-and-classic.bin",
    "tests/data/protobuf/ok/native.bin",
};

static void files_of_the_go_client_are_accepted(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct pushed pushed = {0};
        struct err err;
        struct strbuf got = {0};
        struct strbuf body = corpus_read(files[i]);
        if (ingest(&body, &pushed, &err) != 0)
            fail_msg("%s: %s", files[i], err.message);
        write_pushed(&got, &pushed);
        corpus_expect(files[i], ".out", &got);
        pushed_free(&pushed);
        strbuf_free(&got);
        strbuf_free(&body);
    }
}

/* The end of the message at offset `at`. */
static size_t message_end(const struct strbuf *body, size_t at) {
    size_t size = 0;
    for (int shift = 0;; shift += 7) {
        unsigned char byte = (unsigned char)body->data[at++];
        size |= (size_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return at + size;
    }
}

/* A truncated push is accepted at the end of a message, with its families so
 * far; elsewhere the error has the offset of the truncated message. */
static void truncated_body_ends_at_a_message(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct strbuf body = corpus_read(files[i]);
        size_t begin = 0;
        size_t families = 0;
        for (size_t len = 0; len < body.len; len++) {
            struct strbuf part = {.data = body.data, .len = len};
            struct pushed pushed = {0};
            struct err err = {.message = ""};
            char want[64];
            if (len > 0 && len == message_end(&body, begin)) {
                begin = len;
                families++;
            }
            check_number(files[i], ingest(&part, &pushed, &err),
                         len == begin ? 0 : -1);
            check_number(files[i], (long long)pushed_count(&pushed),
                         (long long)families);
            (void)snprintf(
                want, sizeof(want),
                len == begin ? "" : "the message at byte %zu: it%s", begin,
                len == begin + 1 && body.data[begin] < 0 ? "s length is cut off"
                                                         : " has ");
            check_bytes(files[i], err.message,
                        strnlen(err.message, strlen(want)), want, strlen(want));
            pushed_free(&pushed);
        }
        assert_true(families > 0 || begin == 0);
        strbuf_free(&body);
    }
}

/* Every byte with every value: no crash, and no error without a code. */
static void changed_bytes_never_crash(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct strbuf body = corpus_read(files[i]);
        for (size_t at = 0; at < body.len; at++)
            for (int bit = 0; bit < 8; bit++) {
                struct pushed pushed = {0};
                struct err err = {.code = ERR_NONE};
                body.data[at] = (char)(body.data[at] ^ (1 << bit));
                int result = ingest(&body, &pushed, &err);
                check_number(files[i], result, err.code == ERR_NONE ? 0 : -1);
                body.data[at] = (char)(body.data[at] ^ (1 << bit));
                pushed_free(&pushed);
            }
        strbuf_free(&body);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),
        cmocka_unit_test(frames),
        cmocka_unit_test(amplification_is_refused),
        cmocka_unit_test(large),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(push_is_a_copy),
        cmocka_unit_test(files_of_the_go_client_are_accepted),
        cmocka_unit_test(truncated_body_ends_at_a_message),
        cmocka_unit_test(changed_bytes_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
