/* What every unit test includes: cmocka in the order it wants, and helpers to
 * compare slices. */
#ifndef BASE_TEST_H
#define BASE_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* clang-format off */
#include <cmocka.h>
/* clang-format on */

#include "base/str.h"

static inline void assert_str_(struct str got, struct str want, const char *file, int line)
{
	if (str_eq(got, want))
		return;
	print_error("got \"%.*s\", want \"%.*s\"\n", STR_ARG(got), STR_ARG(want));
	_fail(file, line);
}
#define assert_str(got, want) assert_str_(got, want, __FILE__, __LINE__)
#define assert_str_c(got, want) assert_str_(got, str_c(want), __FILE__, __LINE__)
#define assert_ok(expr) assert_int_equal((expr), 0)
#endif
