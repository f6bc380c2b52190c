#include "metrics/batch_id.h"

#include "check.h"
#include "guard.h"

static const char good[] = "0190b3c4-5d6e-7f80-9a1b-2c3d4e5f6071";

static void parse(void **state) {
    static const unsigned char want[BATCH_ID_SIZE] = {
        0x01, 0x90, 0xB3, 0xC4, 0x5D, 0x6E, 0x7F, 0x80,
        0x9A, 0x1B, 0x2C, 0x3D, 0x4E, 0x5F, 0x60, 0x71};
    static const char *const cases[] = {
        good,
        "0190B3C4-5D6E-7F80-9A1B-2C3D4E5F6071",
        "0190b3C4-5d6E-7F80-9a1B-2c3D4E5f6071",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned char id[BATCH_ID_SIZE] = {0};
        struct err err;
        check_number(cases[i],
                     batch_id_parse(guard_place(cases[i], 36), 36, id, &err),
                     0);
        assert_memory_equal(id, want, sizeof(id));
    }
}

static void variants(void **state) {
    (void)state;
    for (const char *c = "0123456789abcdefABCDEF"; *c; c++) {
        char version[sizeof(good)];
        char variant[sizeof(good)];
        unsigned char id[BATCH_ID_SIZE];
        struct err err;
        memcpy(version, good, sizeof(good));
        memcpy(variant, good, sizeof(good));
        version[14] = *c;
        variant[19] = *c;
        check_number(version, batch_id_parse(version, 36, id, &err),
                     *c == '7' ? 0 : -1);
        check_number(variant, batch_id_parse(variant, 36, id, &err),
                     strchr("89abAB", *c) ? 0 : -1);
    }
}

static void expect_refused(const char *text, size_t len) {
    unsigned char id[BATCH_ID_SIZE];
    struct err err;
    check_number(text, batch_id_parse(guard_place(text, len), len, id, &err),
                 -1);
    check_number(text, err.code, ERR_BATCH_ID);
    check_text(text, err.message,
               "batch: not a UUIDv7, must be one such as "
               "0190b3c4-5d6e-7f80-9a1b-2c3d4e5f6071");
}

static void refused(void **state) {
    static const char *const cases[] = {
        "0190b3c45d6e7f809a1b2c3d4e5f6071",
        "0190b3c45d6e7f809a1b2c3d4e5f60710000",
        "{190b3c4-5d6e-7f80-9a1b-2c3d4e5f607}",
        "0190b3c4-5d6e-7f80-9a1b-2c3d4e5f607g",
        "0190b3c4-5d6e-7f80-9a1b-2c3d4e5f60 1",
        "0190b3c4-5d6e-7f80-9a1b_2c3d4e5f6071",
        "0190b3c-45d6e-7f80-9a1b-2c3d4e5f6071",
        "-190b3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "0190b3c4-5d6e-7f80-9a1b-2c3d4e5f6071 ",
        "0190b3c4-5d6e-7f80-9a1b-2c3d4e5f60711",
        "urn:uuid:0190b3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "00000000-0000-0000-0000-000000000000",
        "0190b3c4-5d6e-7f80-9a1b-2c3d4e5f60\xC3\xA9",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_refused(cases[i], strlen(cases[i]));
    for (size_t len = 0; len < 36; len++)
        expect_refused(good, len);
    expect_refused("0190b3c4-5d6e-7f80-9a1b-2c3d4e5f607\0", 36);
}

static void times(void **state) {
    static const int64_t cases[] = {
        0, 1, 255, 256, 1720000000000, 0x0190B3C45D6E, 0xFFFFFFFFFFFF};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned char lowest[BATCH_ID_SIZE];
        unsigned char next[BATCH_ID_SIZE];
        memset(lowest, 0xAA, sizeof(lowest));
        batch_id_lowest(cases[i], lowest);
        check_number("time", batch_id_time(lowest), cases[i]);
        for (size_t k = 6; k < BATCH_ID_SIZE; k++)
            check_number("rest", lowest[k], 0);
        if (i == COUNT(cases) - 1)
            break;
        batch_id_lowest(cases[i] + 1, next);
        assert_true(memcmp(lowest, next, sizeof(lowest)) < 0);
    }
}

static void time_of_a_parsed_id(void **state) {
    unsigned char id[BATCH_ID_SIZE];
    unsigned char lowest[BATCH_ID_SIZE];
    struct err err;
    (void)state;
    assert_int_equal(batch_id_parse(good, 36, id, &err), 0);
    assert_int_equal(batch_id_time(id), 0x0190B3C45D6E);
    batch_id_lowest(0x0190B3C45D6E, lowest);
    assert_true(memcmp(lowest, id, sizeof(id)) < 0);
    batch_id_lowest(0x0190B3C45D6F, lowest);
    assert_true(memcmp(lowest, id, sizeof(id)) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse),
        cmocka_unit_test(variants),
        cmocka_unit_test(refused),
        cmocka_unit_test(times),
        cmocka_unit_test(time_of_a_parsed_id),
    };
    return cmocka_run_group_tests_name("batch_id", tests, NULL, NULL);
}
