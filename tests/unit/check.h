/* check: comparisons whose failure names the case of the table. */
#ifndef TALLYMAN_CHECK_H
#define TALLYMAN_CHECK_H

/* Required before cmocka.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Tests of failed allocations use a limit of AddressSanitizer. Without it, as
 * with valgrind, they are skipped. */
#ifdef __SANITIZE_ADDRESS__
enum { ALLOCATIONS_LIMITED = 1 };
#else
enum { ALLOCATIONS_LIMITED = 0 };
#endif

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A string literal as bytes and length, to permit NUL. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static inline void check_bytes(const char *name, const char *got,
                               size_t got_len, const char *want,
                               size_t want_len) {
    if (got_len != want_len ||
        (want_len > 0 && memcmp(got, want, want_len) != 0))
        fail_msg("%s\n  got:  %.*s\n  want: %.*s", name, (int)got_len, got,
                 (int)want_len, want);
}

/* NULL equals only NULL. */
static inline void check_text(const char *name, const char *got,
                              const char *want) {
    if (got && want)
        check_bytes(name, got, strlen(got), want, strlen(want));
    else if (got || want)
        fail_msg("%s\n  got:  %s\n  want: %s", name ? name : "NULL",
                 got ? got : "NULL", want ? want : "NULL");
}

static inline void check_number(const char *name, long long got,
                                long long want) {
    if (got != want)
        fail_msg("%s\n  got:  %lld\n  want: %lld", name, got, want);
}

/* The same numbers in each run, to reproduce failures (xorshift64*, Vigna
 * 2016). The state is any number except 0. */
static inline uint64_t check_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717u;
}

#endif
