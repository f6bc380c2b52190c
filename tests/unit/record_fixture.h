/* record_fixture: a new service for each test, and pushes to /record. */
#ifndef TALLYMAN_TESTS_RECORD_FIXTURE_H
#define TALLYMAN_TESTS_RECORD_FIXTURE_H

#include "one_service_fixture.h"

static inline int open_quiet(void **state) {
    if (open_service(state) != 0)
        return -1;
    service.telemetry_at = service_seconds() + 1000; /* not due in a test */
    return 0;
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
    cmocka_unit_test_setup_teardown(name, open_quiet, close_service)

#endif
