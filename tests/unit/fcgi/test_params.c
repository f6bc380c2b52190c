/* params: the name-value pairs of FastCGI 1.0, section 3.4. */
#include "http/params.h"

#include "base/strbuf.h"
#include "check.h"
#include "guard.h"

/* The strings, each followed by |, or "broken". */
static void describe(const char *bytes, size_t len, struct strbuf *out) {
    struct arena arena = {0};
    char **strings = params_read((const unsigned char *)guard_place(bytes, len),
                                 len, &arena);
    strbuf_reset(out);
    if (!strings)
        strbuf_add_string(out, "broken");
    else
        strbuf_add_string(out, "");
    for (; strings && *strings; strings++)
        strbuf_printf(out, "%s|", *strings);
    arena_free(&arena);
}

static void pairs(void **state) {
    static const struct {
        const char *name, *bytes;
        size_t len;
        const char *want;
    } cases[] = {
        {"none", BYTES(""), ""},
        {"one", BYTES("\1\1ab"), "a=b|"},
        {"two", BYTES("\4\3NAMEone\1\0B"), "NAME=one|B=|"},
        {"empty", BYTES("\0\0"), "=|"},
        {"no name", BYTES("\0\2xy"), "=xy|"},
        {"long lengths", BYTES("\x80\0\0\1\x80\0\0\2Nxy"), "N=xy|"},
        {"a long length and a short one", BYTES("\1\x80\0\0\1Nx\1\1ab"),
         "N=x|a=b|"},
        {"long zeros", BYTES("\x80\0\0\0\x80\0\0\0"), "=|"},
        {"an equals sign in a value", BYTES("\1\3Nx=y"), "N=x=y|"},
        {"a NUL in a value", BYTES("\1\3Nx\0y\1\1ab"), "N=x|a=b|"},
        {"a NUL in a name", BYTES("\3\1N\0Mx"), "N|"},

        {"half a pair of lengths", BYTES("\1"), "broken"},
        {"no content", BYTES("\1\1"), "broken"},
        {"no value", BYTES("\1\1a"), "broken"},
        {"a byte too many", BYTES("\1\1abc"), "broken"},
        {"a value that is too long", BYTES("\1\2ab"), "broken"},
        {"a name that is too long", BYTES("\3\0ab"), "broken"},
        {"a name as long as all that is left", BYTES("\3\1abc"), "broken"},
        {"a cut length", BYTES("\x80\0\0"), "broken"},
        {"a cut second length", BYTES("\1\x80\0\0"), "broken"},
        {"the longest lengths", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"),
         "broken"},
        {"the longest value", BYTES("\1\xff\xff\xff\xffNx"), "broken"},
        {"lengths that make 0 in 32 bits",
         BYTES("\xff\xff\xff\xff\x80\0\0\1Nx"), "broken"},
    };
    struct strbuf got = {0};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        describe(cases[i].bytes, cases[i].len, &got);
        check_text(cases[i].name, got.data, cases[i].want);
    }
    strbuf_free(&got);
}

/* The maximum number of pairs that fit into a request's parameters. */
static void many(void **state) {
    enum { PAIRS = 32768 };
    static unsigned char bytes[PAIRS * 2];
    struct arena arena = {0};
    (void)state;
    char **strings = params_read(bytes, sizeof(bytes), &arena);
    assert_non_null(strings);
    for (size_t i = 0; i < PAIRS; i++)
        assert_string_equal(strings[i], "=");
    assert_null(strings[PAIRS]);
    arena_free(&arena);
}

static void random_damage(void **state) {
    static const char seed[] = "\4\3NAMEone\x80\0\0\1\x80\0\0\2Nxy\0\0\1\1ab";
    uint64_t random = 1;
    (void)state;
    for (int i = 0; i < 50000; i++) {
        struct arena arena = {0};
        char bytes[sizeof(seed)];
        memcpy(bytes, seed, sizeof(seed));
        bytes[check_random(&random) % (sizeof(seed) - 1)] =
            (char)(check_random(&random) % (i % 2 ? 256 : 8));
        size_t len = check_random(&random) % sizeof(seed);
        char **strings = params_read(
            (const unsigned char *)guard_place(bytes, len), len, &arena);
        for (; strings && *strings; strings++)
            assert_true(strlen(*strings) < sizeof(seed));
        arena_free(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs),
        cmocka_unit_test(many),
        cmocka_unit_test(random_damage),
    };
    return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
