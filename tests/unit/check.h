/* check: comparisons that name the case of the table that failed. */
#ifndef TALLYMAN_CHECK_H
#define TALLYMAN_CHECK_H

/* What cmocka.h wants before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The tests of a failed allocation ask AddressSanitizer for a limit. Without
 * it, as for valgrind, they have nothing to test. */
#ifdef __SANITIZE_ADDRESS__
enum { ALLOCATIONS_LIMITED = 1 };
#else
enum { ALLOCATIONS_LIMITED = 0 };
#endif

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A string literal as bytes and length, so that it may hold a NUL. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static inline void check_bytes(const char *name, const char *got,
                               size_t got_len, const char *want,
                               size_t want_len) {
    if (got_len != want_len ||
        (want_len > 0 && memcmp(got, want, want_len) != 0))
        fail_msg("%s\n  got:  %.*s\n  want: %.*s", name, (int)got_len, got,
                 (int)want_len, want);
}

/* NULL is equal to NULL only. */
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

/* The same numbers in each run, so that a failure comes again (xorshift64*,
 * Vigna 2016). A state is any number but 0. */
static inline uint64_t check_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717u;
}

#endif
