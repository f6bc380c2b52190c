/* trust_fixture: a configuration with tokens and an origin, and local and
 * remote requests. */
#ifndef TALLYMAN_TESTS_TRUST_FIXTURE_H
#define TALLYMAN_TESTS_TRUST_FIXTURE_H

#include "check.h"
#include "config/config.h"
#include "http/request.h"

static const char *jobs[] = {"job_*", "backup", NULL};
static const struct push_token tokens[] = {
    {"0123456789abcdef", {NULL, 0}},
    {"token-of-the-jobs", {jobs, 2}},
    {"token:with:colons", {NULL, 0}},
};
static const char *listed[] = {"https://app.example.org", "*", NULL};
static const struct config config = {
    .push_tokens = tokens,
    .push_token_count = COUNT(tokens),
    .origins = {listed, 2},
    .trust_loopback = true,
    .limits = {.body_bytes = 1000, .trusted_body_bytes = 5000},
};

#define FAR "REMOTE_ADDR=192.0.2.1"
#define NEAR "REMOTE_ADDR=127.0.0.1"

static inline struct request build(const char *const *variables) {
    static char *environment[16];
    struct request request = {0};
    size_t count = 0;
    for (; *variables; variables++)
        environment[count++] = (char *)(uintptr_t)*variables;
    environment[count] = NULL;
    request_set_environment(&request, environment);
    return request;
}

#endif
