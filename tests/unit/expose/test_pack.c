/* A pack is read in parts, and the parts make the whole text. */
#include "expose/pack.h"

#include <stdio.h>

#include "unpack.h"

enum { OPENING = 4, MANY = 3000 };

/* A histogram of one bound with its birth. */
static void begin(struct pack *pack) {
    pack_begin_lines(pack);
    pack_add_line(pack, "h_seconds", 9, "_bucket", "le=\"0.25\"");
    pack_add_line(pack, "h_seconds", 9, "_bucket", "le=\"+Inf\"");
    pack_add_line(pack, "h_seconds", 9, "_sum", "");
    pack_add_line(pack, "h_seconds", 9, "_count", "");
}

static void add(struct pack *pack, const char *labels, uint64_t first,
                uint64_t count, double sum) {
    char numbers[PACK_NUMBERS_MAX];
    char *at = pack_natural(numbers, first);
    at = pack_natural(at, count);
    at = sum < 0 ? pack_none(at) : pack_real(at, sum);
    at = pack_natural(at, count);
    pack_add_series(pack, labels, strlen(labels), numbers,
                    (size_t)(at - numbers));
}

static void check(const struct pack *pack, const char *want) {
    struct strbuf got = {0};
    unpack(pack, &got);
    check_text("pack", got.data, want);
    strbuf_free(&got);
}

/* With and without labels, with a line left out, numbers of any length. */
static void test_lines(void **state) {
    struct pack pack = {.length = 0};
    (void)state;
    pack_add_text(&pack, "# TYPE h_seconds histogram\n", 27);
    begin(&pack);
    add(&pack, "a=\"1\",b=\"a value of some length\"", 7, 10, 0.5);
    add(&pack, "", 0, UINT64_MAX, -1);
    add(&pack, "", 0, 1, 1.7976931348623157e308);
    add(&pack, "a=\"2\"", 123456, 12345678, -1);
    pack_begin_lines(&pack);
    pack_add_line(&pack, "hits_total", 10, "", "");
    pack_add_line(&pack, "hits_total", 4, "_created", "");
    char numbers[PACK_NUMBERS_MAX];
    char *end = pack_natural(pack_real(numbers, -0.1), 9);
    pack_add_series(&pack, "", 0, numbers, (size_t)(end - numbers));
    end = pack_none(pack_none(numbers));
    pack_add_series(&pack, "a=\"1\"", 5, numbers, (size_t)(end - numbers));
    pack_add_text(&pack, "# EOF\n", 6);
    check(&pack, "# TYPE h_seconds histogram\n"
                 "h_seconds_bucket{a=\"1\",b=\"a value of some length\","
                 "le=\"0.25\"} 7\n"
                 "h_seconds_bucket{a=\"1\",b=\"a value of some length\","
                 "le=\"+Inf\"} 10\n"
                 "h_seconds_sum{a=\"1\",b=\"a value of some length\"} 0.5\n"
                 "h_seconds_count{a=\"1\",b=\"a value of some length\"} 10\n"
                 "h_seconds_bucket{le=\"0.25\"} 0\n"
                 "h_seconds_bucket{le=\"+Inf\"} 18446744073709551615\n"
                 "h_seconds_count 18446744073709551615\n"
                 "h_seconds_bucket{le=\"0.25\"} 0\n"
                 "h_seconds_bucket{le=\"+Inf\"} 1\n"
                 "h_seconds_sum 1.7976931348623157e+308\n"
                 "h_seconds_count 1\n"
                 "h_seconds_bucket{a=\"2\",le=\"0.25\"} 123456\n"
                 "h_seconds_bucket{a=\"2\",le=\"+Inf\"} 12345678\n"
                 "h_seconds_count{a=\"2\"} 12345678\n"
                 "hits_total -0.1\n"
                 "hits_created 9\n"
                 "# EOF\n");
    pack_free(&pack);
}

static void test_empty(void **state) {
    struct pack pack = {.length = 0};
    struct pack_reading reading = {.at = 0};
    struct strbuf out = {0};
    (void)state;
    assert_false(pack_read(&pack, &reading, &out));
    assert_false(out.failed);
    pack_add_text(&pack, "", 0);
    begin(&pack);
    assert_false(pack_read(&pack, &reading, &out));
    assert_false(out.failed);
    assert_int_equal(pack.length, 0);
    pack_free(&pack);
    strbuf_free(&out);
}

/* Other series are inserted, each with its first lines. */
static void test_insert(void **state) {
    struct pack pack = {.length = 0};
    struct pack other = {.length = 0};
    (void)state;
    pack_add_text(&pack, "first\n", 6);
    const size_t at = pack.parts.len;
    begin(&pack);
    add(&pack, "", 1, 2, 3);
    pack_begin_lines(&other);
    pack_add_line(&other, "count", 5, "", "");
    char number[1 + NUMBER_SIZE];
    pack_add_series(&other, "of=\"h\"", 6, number,
                    (size_t)(pack_natural(number, 1) - number));
    pack_insert(&pack, at, &other);
    check(&pack, "first\n"
                 "count{of=\"h\"} 1\n"
                 "h_seconds_bucket{le=\"0.25\"} 1\n"
                 "h_seconds_bucket{le=\"+Inf\"} 2\n"
                 "h_seconds_sum 3\n"
                 "h_seconds_count 2\n");
    pack_free(&pack);
    pack_free(&other);
}

/* Text after the numbers, of the next series only. */
static void test_tails(void **state) {
    struct pack pack = {.length = 0};
    char long_tail[1000];
    struct strbuf want = {0};
    (void)state;
    memset(long_tail, '#', sizeof(long_tail));
    begin(&pack);
    pack_add_tail(&pack, "", 0);
    pack_add_tail(&pack, long_tail, sizeof(long_tail));
    add(&pack, "a=\"1\"", 1, 2, -1);
    add(&pack, "", 1, 2, 3);
    pack_add_tail(&pack, " # {} 1", 7);
    add(&pack, "", 1, 2, -1);
    strbuf_printf(&want,
                  "h_seconds_bucket{a=\"1\",le=\"0.25\"} 1\n"
                  "h_seconds_bucket{a=\"1\",le=\"+Inf\"} 2%.1000s\n"
                  "h_seconds_count{a=\"1\"} 2\n"
                  "h_seconds_bucket{le=\"0.25\"} 1\n"
                  "h_seconds_bucket{le=\"+Inf\"} 2\n"
                  "h_seconds_sum 3\n"
                  "h_seconds_count 2\n"
                  "h_seconds_bucket{le=\"0.25\"} 1 # {} 1\n"
                  "h_seconds_bucket{le=\"+Inf\"} 2\n"
                  "h_seconds_count 2\n",
                  long_tail);
    check(&pack, want.data);
    strbuf_free(&want);
    pack_free(&pack);
}

/* A message of that length has the header and all its bytes. */
static void check_message(size_t len, const char *header) {
    struct pack pack = {.length = 0};
    struct strbuf text = {0};
    struct strbuf got = {0};
    strbuf_printf(&text, "%*s", (int)len, "");
    pack_add_text(&pack, "before", 6);
    pack_begin_message(&pack);
    pack_add_text(&pack, text.data, len / 2);
    pack_add_text(&pack, text.data, len - len / 2);
    pack_end_message(&pack);
    pack_begin_message(&pack);
    pack_add_text(&pack, "x", 1);
    pack_end_message(&pack);
    unpack(&pack, &got);
    strbuf_insert(&text, 0, header, strlen(header));
    strbuf_insert(&text, 0, "before", 6);
    strbuf_add_string(&text, "\001x");
    check_text("message", got.data, text.data);
    strbuf_free(&got);
    strbuf_free(&text);
    pack_free(&pack);
}

/* Lengths of one byte to four; none of these has a zero in it. */
static void test_messages(void **state) {
    (void)state;
    check_message(1, "\x01");
    check_message(127, "\x7f");
    check_message(128, "\x80\x01");
    check_message(16383, "\xff\x7f");
    check_message(16384, "\x80\x80\x01");
    check_message(2097151, "\xff\xff\x7f");
    check_message(2097152, "\x80\x80\x80\x01");
}

/* The memory of the parts may end anywhere, and reads go a little beyond the
 * end of a part. */
static void test_insert_at_the_end(void **state) {
    (void)state;
    for (size_t len = 0; len < 600; len++) {
        struct pack pack = {.length = 0};
        struct pack other = {.length = 0};
        struct strbuf text = {0};
        strbuf_printf(&text, "%*s", (int)len, "");
        pack_add_text(&other, "other\n", 6);
        pack_begin_lines(&pack);
        pack_add_line(&pack, "a", 1, "", "");
        pack_add_text(&pack, text.data, len);
        char number[1 + NUMBER_SIZE];
        pack_add_series(&pack, "b=\"c\"", 5, number,
                        (size_t)(pack_natural(number, 1) - number));
        pack_insert(&pack, 0, &other);
        strbuf_reset(&text);
        strbuf_printf(&text, "other\n%*sa{b=\"c\"} 1\n", (int)len, "");
        check(&pack, text.data);
        strbuf_free(&text);
        pack_free(&pack);
        pack_free(&other);
    }
}

/* Parts have the given size, after the earlier output. */
static void test_parts(void **state) {
    struct pack pack = {.length = 0};
    struct pack_reading reading = {.at = 0};
    struct strbuf part = {0};
    struct strbuf whole = {0};
    struct strbuf want = {0};
    size_t parts = 0;
    (void)state;
    begin(&pack);
    for (uint64_t i = 0; i < MANY; i++) {
        char labels[20];
        (void)snprintf(labels, sizeof(labels), "n=\"%d\"", (int)i);
        add(&pack, labels, i, 2 * i, 0.1);
        strbuf_printf(&want,
                      "h_seconds_bucket{n=\"%d\",le=\"0.25\"} %d\n"
                      "h_seconds_bucket{n=\"%d\",le=\"+Inf\"} %d\n"
                      "h_seconds_sum{n=\"%d\"} 0.1\n"
                      "h_seconds_count{n=\"%d\"} %d\n",
                      (int)i, (int)i, (int)i, 2 * (int)i, (int)i, (int)i,
                      2 * (int)i);
    }
    strbuf_add(&part, "head", OPENING);
    while (pack_read(&pack, &reading, &part)) {
        assert_memory_equal(part.data, "head", OPENING);
        strbuf_add(&whole, part.data + OPENING, part.len - OPENING);
        assert_in_range(part.len, OPENING,
                        OPENING + PACK_PART + want.len / MANY * 2);
        if (whole.len < want.len)
            assert_true(part.len >= OPENING + PACK_PART);
        part.len = OPENING;
        parts++;
    }
    assert_true(parts > 4);
    check_text("whole", whole.data, want.data);
    assert_int_equal(pack.length, want.len);
    strbuf_free(&part);
    strbuf_free(&whole);
    strbuf_free(&want);
    pack_free(&pack);
}

/* One line too many fails the pack, and nothing beyond its end is read. */
static void test_one_line_too_many_fails(void **state) {
    struct pack pack = {.length = 0};
    (void)state;
    for (int i = 0; i < PACK_LINES_MAX; i++)
        pack_add_line(&pack, "a", 1, "", "");
    assert_false(pack.parts.failed);
    pack_add_line(&pack, "a", 1, "", "");
    assert_true(pack.parts.failed);
    pack_free(&pack);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_insert),
        cmocka_unit_test(test_insert_at_the_end),
        cmocka_unit_test(test_tails),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_one_line_too_many_fails),
    };
    return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
