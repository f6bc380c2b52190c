#include "base/gzip.h"

#include <zlib.h>

#include "check.h"
#include "guard.h"

/* One member with bytes[0..len). */
static void deflate_into(struct strbuf *out, const char *bytes, size_t len,
                         int window_bits) {
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8,
                                  Z_DEFAULT_STRATEGY),
                     Z_OK);
    size_t room = deflateBound(&stream, len) + 64;
    assert_true(strbuf_reserve(out, room));
    stream.next_in = (z_const Bytef *)bytes;
    stream.avail_in = (uInt)len;
    stream.next_out = (Bytef *)(out->data + out->len);
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->len += room - stream.avail_out;
    deflateEnd(&stream);
}

static void gzip_into(struct strbuf *out, const char *bytes, size_t len) {
    deflate_into(out, bytes, len, 16 + MAX_WBITS);
}

static int inflate_guarded(const struct strbuf *input, size_t len, size_t max,
                           struct strbuf *out, struct err *err) {
    return gzip_inflate(guard_place(input->data, len), len, max, out, err);
}

/* Text of size bytes that compresses badly. */
static void random_text(struct strbuf *out, size_t size) {
    uint64_t random = size + 1;
    while (out->len < size)
        strbuf_add_char(out, (char)('a' + check_random(&random) % 16));
}

/* Sizes around an inflate call, and exactly at the limit. */
static void reads_back(void **state) {
    static const size_t sizes[] = {0,     1,     100,   16383, 16384,
                                   16385, 32767, 32768, 32769, 200000};
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t spare = 0; spare < 3; spare++) {
            struct strbuf text = {0};
            struct strbuf packed = {0};
            struct strbuf out = {0};
            struct err err;
            random_text(&text, sizes[i]);
            gzip_into(&packed, text.data, text.len);
            strbuf_add_string(&out, "<");
            assert_int_equal(inflate_guarded(&packed, packed.len,
                                             sizes[i] + spare, &out, &err),
                             0);
            assert_int_equal(out.len, sizes[i] + 1);
            assert_int_equal(out.data[0], '<');
            assert_memory_equal(out.data + 1, text.len ? text.data : "",
                                sizes[i]);
            assert_int_equal(out.data[out.len], '\0');
            strbuf_free(&text);
            strbuf_free(&packed);
            strbuf_free(&out);
        }
}

static void one_byte_too_many_is_refused(void **state) {
    static const size_t sizes[] = {1, 100, 16384, 16385, 32768, 200000};
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct strbuf text = {0};
        struct strbuf packed = {0};
        struct strbuf out = {0};
        struct strbuf want = {0};
        struct err err;
        random_text(&text, sizes[i]);
        gzip_into(&packed, text.data, text.len);
        strbuf_printf(&want, "the body inflates to more than %zu bytes",
                      sizes[i] - 1);
        assert_int_equal(
            inflate_guarded(&packed, packed.len, sizes[i] - 1, &out, &err), -1);
        assert_int_equal(err.code, ERR_LIMIT);
        assert_string_equal(err.message, want.data);
        strbuf_free(&text);
        strbuf_free(&packed);
        strbuf_free(&out);
        strbuf_free(&want);
    }
}

/* 100 MB of zeros in 100 KB: refused before the allocation. */
static void gzip_bomb_is_refused(void **state) {
    static const char zeros[1 << 20];
    struct strbuf packed = {0};
    struct strbuf out = {0};
    struct err err;
    (void)state;
    for (int i = 0; i < 100; i++)
        gzip_into(&packed, zeros, sizeof(zeros));
    assert_true(packed.len < 200000);
    assert_int_equal(inflate_guarded(&packed, packed.len, 65536, &out, &err),
                     -1);
    assert_int_equal(err.code, ERR_LIMIT);
    assert_true(out.size <= 262144);
    strbuf_free(&packed);
    strbuf_free(&out);
}

static void several_members_are_read(void **state) {
    struct strbuf packed = {0};
    struct strbuf out = {0};
    struct err err;
    (void)state;
    gzip_into(&packed, "one ", 4);
    gzip_into(&packed, "", 0);
    gzip_into(&packed, "two", 3);
    gzip_into(&packed, "", 0);
    assert_int_equal(inflate_guarded(&packed, packed.len, 7, &out, &err), 0);
    assert_string_equal(out.data, "one two");
    strbuf_reset(&out);
    assert_int_equal(inflate_guarded(&packed, packed.len, 6, &out, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    strbuf_free(&packed);
    strbuf_free(&out);
}

static void expect_broken(const char *name, const struct strbuf *input,
                          size_t len) {
    struct strbuf out = {0};
    struct err err = {.code = ERR_NONE};
    check_number(name, inflate_guarded(input, len, 65536, &out, &err), -1);
    check_number(name, err.code, ERR_SYNTAX);
    check_text(name, err.message, "the body is not gzip, damaged or cut short");
    strbuf_free(&out);
}

static void cut_short(void **state) {
    struct strbuf text = {0};
    struct strbuf packed = {0};
    (void)state;
    random_text(&text, 300);
    gzip_into(&packed, text.data, text.len);
    size_t first = packed.len;
    gzip_into(&packed, "more", 4);
    for (size_t len = 0; len < packed.len; len++)
        if (len != first)
            expect_broken("cut short", &packed, len);
    strbuf_free(&text);
    strbuf_free(&packed);
}

/* Each byte of the trailer is of the checksum or the length. */
static void damaged_end_is_refused(void **state) {
    struct strbuf packed = {0};
    (void)state;
    gzip_into(&packed, "some text", 9);
    for (size_t i = packed.len - 8; i < packed.len; i++) {
        packed.data[i] ^= 1;
        expect_broken("damaged", &packed, packed.len);
        packed.data[i] ^= 1;
    }
    strbuf_free(&packed);
}

static void other_formats_are_refused(void **state) {
    static const char zeros[8] = {0};
    struct strbuf input = {0};
    (void)state;
    strbuf_add_string(&input, "[{\"metricName\":\"a\"}]");
    expect_broken("JSON", &input, input.len);
    strbuf_reset(&input);
    deflate_into(&input, "text", 4, MAX_WBITS);
    expect_broken("zlib", &input, input.len);
    strbuf_reset(&input);
    deflate_into(&input, "text", 4, -MAX_WBITS);
    expect_broken("raw deflate", &input, input.len);
    strbuf_reset(&input);
    gzip_into(&input, "text", 4);
    size_t len = input.len;
    strbuf_add_string(&input, "garbage");
    expect_broken("garbage behind", &input, input.len);
    expect_broken("one byte behind", &input, len + 1);
    input.len = len;
    strbuf_add(&input, zeros, sizeof(zeros));
    expect_broken("zeros behind", &input, input.len);
    strbuf_free(&input);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back),
        cmocka_unit_test(one_byte_too_many_is_refused),
        cmocka_unit_test(gzip_bomb_is_refused),
        cmocka_unit_test(several_members_are_read),
        cmocka_unit_test(cut_short),
        cmocka_unit_test(damaged_end_is_refused),
        cmocka_unit_test(other_formats_are_refused),
    };
    return cmocka_run_group_tests_name("gzip", tests, NULL, NULL);
}
