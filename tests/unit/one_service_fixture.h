/* one_service_fixture: a new service for each test of a program. */
#ifndef TALLYMAN_TESTS_ONE_SERVICE_FIXTURE_H
#define TALLYMAN_TESTS_ONE_SERVICE_FIXTURE_H

#include "service_fixture.h"

static struct service service;

static inline int open_service(void **state) {
    if (scratch_make(state) != 0)
        return -1;
    fixture_open(&service);
    return 0;
}

static inline int close_service(void **state) {
    service_close(&service);
    log_release();
    return scratch_clear(state);
}

#endif
