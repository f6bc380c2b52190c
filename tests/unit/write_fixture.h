/* write_fixture: a service with session settings, and messages to /write. */
#ifndef TALLYMAN_TESTS_WRITE_FIXTURE_H
#define TALLYMAN_TESTS_WRITE_FIXTURE_H

#include "base/file.h"
#include "one_service_fixture.h"

/* sessions: the settings, as an object. */
static inline void open_with(const char *sessions) {
    static char path[PATH_MAX];
    struct strbuf text = {0};
    (void)mkdir(scratch_path("metrics.d"), 0700);
    scratch_write("key", "0123456789abcdef\n");
    strbuf_printf(&text,
                  "{\"database\": \"t.db\", "
                  "\"origins\": [\"https://grafana.example.org\"], "
                  "\"limits\": {\"body_bytes\": 2000}, \"sessions\": %s}",
                  sessions);
    scratch_write("tallyman.json", text.data);
    strbuf_free(&text);
    (void)snprintf(path, sizeof(path), "%s", scratch_path("tallyman.json"));
    assert_int_equal(service_open(&service, path), 0);
    service.telemetry_at = service_seconds() + 1000; /* not due in a test */
}

#define WRITE_WITH(body, ...)                                                  \
    {                                                                          \
        "POST", "/write", body, sizeof(body) - 1, {                            \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define WRITE(body) WRITE_WITH(body, NULL)

/* Returns every byte, with NUL bytes as spaces. */
static inline struct strbuf whole_file(const char *name) {
    struct strbuf text = {0};
    struct err err = {.code = ERR_NONE};
    if (file_read(scratch_path(name), 64 << 20, &text, &err) != 0)
        fail_msg("%s: %s", name, err.message);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\0')
            text.data[i] = ' ';
    return text;
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, close_service)

#endif
