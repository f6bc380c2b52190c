/* service_life_fixture: one service for each test, and its log. */
#ifndef TALLYMAN_TESTS_SERVICE_LIFE_FIXTURE_H
#define TALLYMAN_TESTS_SERVICE_LIFE_FIXTURE_H

#include "base/file.h"
#include "one_service_fixture.h"

static inline int open_logged(void **state) {
    if (open_service(state) != 0)
        return -1;
    log_capture();
    return 0;
}

/* Returns the log since the last call, with paths relative to the test's
 * directory. */
static inline void assert_log(const char *want) {
    struct strbuf text = {0};
    struct strbuf shown = {0};
    struct err err = {.code = ERR_NONE};
    const size_t len = strlen(scratch);
    assert_int_equal(file_read(scratch_path("log"), 65536, &text, &err), 0);
    for (const char *c = text.data; *c;) {
        bool directory = strncmp(c, scratch, len) == 0 && c[len] == '/';
        if (!directory)
            strbuf_add_char(&shown, *c);
        c += directory ? len + 1 : 1;
    }
    assert_string_equal(shown.data ? shown.data : "", want);
    assert_int_equal(truncate(scratch_path("log"), 0), 0);
    strbuf_free(&text);
    strbuf_free(&shown);
}

#define TOTAL(name)                                                            \
    "SELECT total FROM counter_totals WHERE family = '" name "' AND total > 0"

static const struct asked push_c = {
    "POST", "/record", PUSH_C, sizeof(PUSH_C) - 1, {NULL}};
static const struct asked ready = {"GET", "/-/ready", NULL, 0, {NULL}};

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_logged, close_service)

#endif
