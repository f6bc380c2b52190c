#include "base/siphash.h"

#include "check.h"

/* Results of CPython 3.11: hash(b'...') as unsigned 64 bits, with the key of
 * PYTHONHASHSEED=1. */
static const unsigned char key[SIPHASH_KEY_SIZE] = {
    0x29, 0x23, 0xbe, 0x84, 0xe1, 0x6c, 0xd6, 0xae,
    0x52, 0x90, 0x49, 0xf1, 0xf1, 0xbb, 0xe9, 0xeb};

static const struct {
    const char *text;
    size_t len;
    uint64_t without_key; /* PYTHONHASHSEED=0 */
    uint64_t with_key;
} cases[] = {
    {BYTES("a"), 0x407448d2b89b1813u, 0xd6300bc9f7cc0e73u},
    {BYTES("a\0b"), 0xdc6e953a4a09cb85u, 0x60428a0aeb1839fau},
    {BYTES("1234567"), 0xa33d651594fdae81u, 0x84a31031575efe31u},
    {BYTES("12345678"), 0x3489982430560a87u, 0x06f07c60efe2bad9u},
    {BYTES("123456789"), 0x0fbc0f0007965fcfu, 0xfd1ae9f33bc59a62u},
    {BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
     0x35029a3b6274a39bu, 0xd82606bff847f00bu},
    {BYTES("The quick brown fox jumps over the lazy dog"), 0x8df676d3d00c451eu,
     0xc4415c29bfaebea2u},
};

static void known_results(void **state) {
    static const unsigned char none[SIPHASH_KEY_SIZE];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        siphash_set_key(none);
        if (siphash(cases[i].text, cases[i].len) != cases[i].without_key)
            fail_msg("%s without key", cases[i].text);
        siphash_set_key(key);
        if (siphash(cases[i].text, cases[i].len) != cases[i].with_key)
            fail_msg("%s with key", cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_results),
    };
    return cmocka_run_group_tests_name("siphash", tests, NULL, NULL);
}
