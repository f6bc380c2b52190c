/* base64: only the output of encoders is accepted. */
#include "base/base64.h"

#include "check.h"
#include "guard.h"

/* RFC 4648, section 10, and both alphabets; NULL: refused. */
static void decode(void **state) {
    static const struct {
        const char *text, *standard, *url;
    } cases[] = {
        {"", "", ""},
        {"Zg==", "f", "f"},
        {"Zg", "f", "f"},
        {"Zm8=", "fo", "fo"},
        {"Zm8", "fo", "fo"},
        {"Zm9v", "foo", "foo"},
        {"Zm9vYg==", "foob", "foob"},
        {"Zm9vYg", "foob", "foob"},
        {"Zm9vYmE=", "fooba", "fooba"},
        {"Zm9vYmE", "fooba", "fooba"},
        {"Zm9vYmFy", "foobar", "foobar"},
        {"AZaz", "\x01\x96\xb3", "\x01\x96\xb3"},
        {"09AB", "\xd3\xd0\1", "\xd3\xd0\1"},
        {"AZaz0A", "\x01\x96\xb3\xd0", "\x01\x96\xb3\xd0"},
        {"AZaz09", NULL, NULL},
        {"-_-_", NULL, "\xfb\xff\xbf"},
        {"+/+/", "\xfb\xff\xbf", NULL},
        {"-/+_", NULL, NULL},
        {"L3Zhci90bXA", "/var/tmp", "/var/tmp"},
        {"L3Zhci90bXA=", "/var/tmp", "/var/tmp"},

        {"=", NULL, NULL},
        {"==", NULL, NULL},
        {"===", NULL, NULL},
        {"====", NULL, NULL},
        {"Z", NULL, NULL},
        {"Z===", NULL, NULL},
        {"Zg=", NULL, NULL},
        {"Zm8==", NULL, NULL},
        {"Zm9v=", NULL, NULL},
        {"Zm9v==", NULL, NULL},
        {"Zm9v====", NULL, NULL},
        {"Zm9vY", NULL, NULL},
        {"Zg==Zg==", NULL, NULL},
        {"Z=g=", NULL, NULL},
        {"=Zg=", NULL, NULL},
        /* Surplus bits. */
        {"Zh==", NULL, NULL},
        {"Zm9=", NULL, NULL},
        {"Zm8B", "fo\1", "fo\1"},
        {"Zm9vYmF", NULL, NULL},
        {"Zm 9", NULL, NULL},
        {"Zm\n8", NULL, NULL},
        {"Zm8.", NULL, NULL},
        {"Zm8\xc3", NULL, NULL},
        {"@Zm8", NULL, NULL},
        {"[Zm8", NULL, NULL},
        {"`Zm8", NULL, NULL},
        {"{Zm8", NULL, NULL},
        {":m8v", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int alphabet = BASE64_STANDARD; alphabet <= BASE64_URL;
             alphabet++) {
            const char *want =
                alphabet == BASE64_URL ? cases[i].url : cases[i].standard;
            char out[32];
            size_t out_len = 0;
            size_t len = strlen(cases[i].text);
            bool ok =
                base64_decode(guard_place(cases[i].text, len), len,
                              (enum base64_alphabet)alphabet, out, &out_len);
            check_number(cases[i].text, ok, want != NULL);
            if (want)
                check_bytes(cases[i].text, out, out_len, want, strlen(want));
        }
}

static void zeros(void **state) {
    char out[8];
    size_t len = 0;
    (void)state;
    assert_true(base64_decode("AAAA", 4, BASE64_URL, out, &len));
    check_bytes("AAAA", out, len, BYTES("\0\0\0"));
    /* A NUL does not end the text. */
    assert_false(base64_decode("Zg\0=", 4, BASE64_URL, out, &len));
    assert_false(base64_decode("Zm9v\0\0\0\0", 8, BASE64_URL, out, &len));
}

static void encode(const unsigned char *bytes, size_t len, char *out) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq"
                                   "rstuvwxyz0123456789-_";
    for (size_t bit = 0; bit < len * 8; bit += 6) {
        unsigned pair = (unsigned)bytes[bit / 8] << 8;
        if (bit / 8 + 1 < len)
            pair |= bytes[bit / 8 + 1];
        *out++ = alphabet[pair >> (10 - bit % 8) & 63];
    }
    *out = '\0';
}

/* Encoded bytes are decoded again. */
static void encoded_bytes_are_decoded(void **state) {
    uint64_t random = 1;
    (void)state;
    for (int i = 0; i < 10000; i++) {
        unsigned char bytes[24];
        char text[64];
        char out[64];
        size_t out_len = 0;
        size_t len = check_random(&random) % sizeof(bytes);
        for (size_t j = 0; j < len; j++)
            bytes[j] = (unsigned char)(check_random(&random) >> 8);
        encode(bytes, len, text);
        check_number(
            text, base64_decode(text, strlen(text), BASE64_URL, out, &out_len),
            true);
        check_bytes(text, out, out_len, (const char *)bytes, len);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode),
        cmocka_unit_test(zeros),
        cmocka_unit_test(encoded_bytes_are_decoded),
    };
    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
