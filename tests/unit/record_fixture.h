/* record_fixture: a new service for each test, and pushes to /record. */
#ifndef TALLYMAN_TESTS_RECORD_FIXTURE_H
#define TALLYMAN_TESTS_RECORD_FIXTURE_H

#include "service_fixture.h"

static struct service service;

static inline int open_service(void **state) {
    if (scratch_make(state) != 0)
        return -1;
    fixture_open(&service);
    service.telemetry_at = service_seconds() + 1000; /* not due in a test */
    return 0;
}

static inline int close_service(void **state) {
    service_close(&service);
    return scratch_clear(state);
}

#define POST(body)                                                             \
    {                                                                          \
        "POST", "/record", body, sizeof(body) - 1, {                           \
            NULL                                                               \
        }                                                                      \
    }
#define POST_WITH(body, ...)                                                   \
    {                                                                          \
        "POST", "/record", body, sizeof(body) - 1, {                           \
            __VA_ARGS__                                                        \
        }                                                                      \
    }

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_service, close_service)

#endif
