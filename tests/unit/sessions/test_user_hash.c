/* HMAC-SHA256, by the test vectors of RFC 4231. */
#include "sessions/user_hash.h"

#include "check.h"

/* The key or data of a vector: a text, or one byte repeated. */
#define REPEATED_20(c) c c c c c c c c c c c c c c c c c c c c
#define REPEATED_50(c) REPEATED_20(c) REPEATED_20(c) c c c c c c c c c c
#define REPEATED_131(c)                                                        \
    REPEATED_50(c) REPEATED_50(c) REPEATED_20(c) c c c c c c c c c c c

static const struct {
    const char *name;
    const char *key;
    size_t key_len;
    const char *text;
    size_t len;
    const char *want;
} vectors[] = {
    {"1", BYTES(REPEATED_20("\x0b")), BYTES("Hi There"), "b0344c61d8db3853"},
    {"2: a key shorter than the digest", BYTES("Jefe"),
     BYTES("what do ya want for nothing?"), "5bdcc146bf60754e"},
    {"3", BYTES(REPEATED_20("\xaa")), BYTES(REPEATED_50("\xdd")),
     "773ea91e36800e46"},
    {"4",
     BYTES("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
           "\x11\x12\x13\x14\x15\x16\x17\x18\x19"),
     BYTES(REPEATED_50("\xcd")), "82558a389a443c0e"},
    {"5", BYTES(REPEATED_20("\x0c")), BYTES("Test With Truncation"),
     "a3b6167473100ee0"},
    {"6: a key longer than a block", BYTES(REPEATED_131("\xaa")),
     BYTES("Test Using Larger Than Block-Size Key - Hash Key First"),
     "60e431591ee0b67f"},
    {"7: key and data longer than a block", BYTES(REPEATED_131("\xaa")),
     BYTES("This is a test using a larger than block-size key and a larger "
           "than block-size data. The key needs to be hashed before being "
           "used by the HMAC algorithm."),
     "9b09ffa71b942fcb"},
};

static void test_vectors(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        char hash[USER_HASH_SIZE];
        user_hash(vectors[i].key, vectors[i].key_len, vectors[i].text,
                  vectors[i].len, hash);
        check_text(vectors[i].name, hash, vectors[i].want);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};
    return cmocka_run_group_tests_name("user_hash", tests, NULL, NULL);
}
