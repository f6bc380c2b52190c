/* unit: cmocka with the headers that it wants in front of it. */
#ifndef TALLYMAN_TESTS_UNIT_H
#define TALLYMAN_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The tests of a failed allocation ask AddressSanitizer for a limit. Without
 * it, as for valgrind, they have nothing to test. */
#ifdef __SANITIZE_ADDRESS__
enum { ALLOCATIONS_LIMITED = 1 };
#else
enum { ALLOCATIONS_LIMITED = 0 };
#endif

#endif
