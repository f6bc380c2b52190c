/* Pushes to /statsd: access, and the status, reply and counters of each. */
#include "base/guide.h"
#include "check.h"
#include "record_fixture.h"

#define ASKED(method, text, ...)                                               \
    {                                                                          \
        method, "/statsd", text, sizeof(text) - 1, {                           \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define ACCEPTED "tallyman_pushes_total statsd accepted 1\n"
#define SAMPLES(count) "tallyman_samples_total statsd " count "\n"
#define REJECTED(reason) "tallyman_pushes_rejected_total statsd " reason " 1\n"
#define LEFT_OUT(reason, count)                                                \
    "tallyman_samples_rejected_total statsd " reason " " count "\n"
#define FAR "REMOTE_ADDR=192.0.2.1"
#define KEY "HTTP_IDEMPOTENCY_KEY=k"
#define BYTES_100                                                              \
    "c:1|c|#l:a,78901234567890123456789012345678901234567890123456789012345"   \
    "67890123456789012345678901234567890123\n"
#define BYTES_1000                                                             \
    BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100      \
        BYTES_100 BYTES_100 BYTES_100

/* 300 lines, 3300 bytes. */
#define GZIP                                                                   \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xb6\x32\xac\x49\xae\x51\xce" \
    "\xb1\x4a\xe4\x4a\x1e\x65\x8e\x32\x47\x99\xa3\xcc\x51\xe6\x28\x73\x94\x39" \
    "\xca\x1c\x65\x8e\x32\x47\x99\xa3\xcc\xa1\xce\x04\x00\x22\x2c\x51\xdf\xe4" \
    "\x0c\x00\x00"

static const struct row rows[] = {
    {"lines of anybody",
     ASKED("POST", "c:2|c|#l:a\nh:1:2.5|h", FAR,
           "HTTP_ORIGIN=https://app.example.org"),
     200, "OK", ACCEPTED SAMPLES("2")},
    {"as curl calls it",
     ASKED("POST", "c:1|c|#l:b\n", FAR,
           "CONTENT_TYPE=application/x-www-form-urlencoded"),
     200, "OK", ACCEPTED SAMPLES("1")},
    {"bytes",
     ASKED("POST", "c:1|c|#l:b\r\n", FAR,
           "CONTENT_TYPE=application/octet-stream"),
     200, "OK", ACCEPTED SAMPLES("1")},
    {"text",
     ASKED("POST", "c:1|c|#l:b\n", FAR,
           "CONTENT_TYPE=text/plain; charset=utf-8"),
     200, "OK", ACCEPTED SAMPLES("1")},
    {"nothing", ASKED("POST", "", FAR), 200, "OK", ACCEPTED},
    {"some lines are refused",
     ASKED("POST", "c:1|c|#l:b\nwho\nnone:1|c\nc:1|c|#l:z\nc:1|s", FAR), 200,
     "OK: 4 of 5 lines rejected: invalid_sample 1 (who), label_value 1 (c l), "
     "unknown_family 1 (none), unsupported_type 1 (c); line 2: who: must be "
     "NAME:VALUE|TYPE, such as jobs_total:1|c" SEE GUIDE_ALLOWLIST,
     ACCEPTED SAMPLES("1") LEFT_OUT("invalid_sample", "1")
         LEFT_OUT("label_value", "1") LEFT_OUT("unknown_family", "1")
             LEFT_OUT("unsupported_type", "1")},
    {"too many values",
     ASKED("POST", "h:1:2:3:4|h\nh:1:2|h\nc:1|c|#l:a\n", FAR), 200,
     "OK: 2 of 3 lines rejected: too_many_samples 2 (h, c); line 2: h: the "
     "push has more points than limits.samples_per_push, 5; push fewer or "
     "raise the limit",
     ACCEPTED SAMPLES("1") LEFT_OUT("too_many_samples", "2")},
    {"a program has more",
     ASKED("POST", "h:1:2:3:4|h\nh:1:2|h\nc:1|c|#l:a\n",
           "REMOTE_ADDR=127.0.0.1"),
     200, "OK", ACCEPTED SAMPLES("3")},
    {"none is understood", ASKED("POST", "[{\"a\": 1}]", FAR), 400,
     "line 1: [{\"a\": must be NAME:VALUE|TYPE, such as jobs_total:1|c; no "
     "line was understood",
     REJECTED("malformed")},
    {"more than a stranger may send",
     ASKED("POST", BYTES_1000 BYTES_1000 BYTES_100, FAR), 413,
     "the body has more than 2000 bytes (limits.body_bytes), must be smaller",
     REJECTED("too_large")},
    {"more, inflated", ASKED("POST", GZIP, FAR, "HTTP_CONTENT_ENCODING=gzip"),
     413,
     "the body has more than 2000 bytes (limits.body_bytes), must be smaller",
     REJECTED("too_large")},
    {"as much of a program",
     ASKED("POST", GZIP, "REMOTE_ADDR=127.0.0.1", "HTTP_CONTENT_ENCODING=gzip"),
     200, "OK", ACCEPTED SAMPLES("300")},
    {"a key", ASKED("POST", "c:1|c|#l:a", FAR, KEY), 200, "OK",
     ACCEPTED SAMPLES("1")},
    {"the same again", ASKED("POST", "c:1|c|#l:a", FAR, KEY), 200, "OK",
     "tallyman_pushes_total statsd repeated 1\n"},
    {"a program's is another one",
     ASKED("POST", "c:1|c|#l:a", "REMOTE_ADDR=127.0.0.1", KEY), 200, "OK",
     ACCEPTED SAMPLES("1")},
    {"opted out", ASKED("POST", "c:1|c|#l:a", FAR, "HTTP_SEC_GPC=1"), 200, "OK",
     "tallyman_pushes_total statsd opted_out 1\n"},
    {"JSON", ASKED("POST", "{}", FAR, "CONTENT_TYPE=application/json"), 415,
     "Content-Type must be text/plain or application/octet-stream",
     REJECTED("media_type")},
    {"a token that is none",
     ASKED("POST", "c:1|c|#l:a", FAR, "HTTP_AUTHORIZATION=Bearer x"), 401, NULL,
     REJECTED("unauthorized")},
    {"another origin",
     ASKED("POST", "c:1|c|#l:a", FAR, "HTTP_ORIGIN=https://evil.example.net"),
     403,
     "origin https://evil.example.net may not push here; list it under "
     "`origins` in the configuration" SEE GUIDE_PAGES,
     REJECTED("origin")},
    {"preflight",
     ASKED("OPTIONS", "", FAR, "HTTP_ORIGIN=https://app.example.org"), 204, "",
     ""},
    {"another method", ASKED("PUT", "c:1|c|#l:a", FAR), 405,
     "PUT is not allowed here, must be POST, OPTIONS", REJECTED("method")},
};

static void answers(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_row(&service, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers, open_quiet, close_service)};
    return cmocka_run_group_tests_name("statsd", tests, NULL, NULL);
}
