/* Any value of a parameter: what is found inside of it can be put back, and then nothing but that
 * one input has another value. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/limits.h"
#include "scan/wrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str other = { "zw-other", 8 };
	struct wrap list[LIMIT_WRAP_LEAVES], again[LIMIT_WRAP_LEAVES];
	if (size > 12 * KIB)
		return 0;
	_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
	size_t n = wrap_find(a, str_make(data, size), list, LIMIT_WRAP_LEAVES);
	check(n <= LIMIT_WRAP_LEAVES);
	for (size_t i = 0; i < n; i++) {
		check(list[i].kind);
		wrap_put(a, &list[i], STR("<x&\"'"), true);
		struct str v = wrap_put(a, &list[i], other, false);
		size_t m = wrap_find(a, v, again, LIMIT_WRAP_LEAVES), same = 0;
		for (size_t k = 0; k < m; k++)
			same += str_eq(again[k].inner, list[i].inner) && str_eq(again[k].value, other);
		check(same || v.len > 8 * KIB); /* longer ones are not looked into */
	}
	return 0;
}
