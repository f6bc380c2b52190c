/* unit: cmocka and the headers that it requires. */
#ifndef TALLYMAN_TESTS_UNIT_H
#define TALLYMAN_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
