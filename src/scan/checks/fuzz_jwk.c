/* Key files from anywhere (JSON Web Key Sets, PEM): whatever they hold, at most JWT_KEYS texts
 * of bounded size come out. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/limits.h"
#include "scan/checks/jwt_sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str forms[JWT_KEYS];
	if (size > 16 * KIB)
		return 0;
	struct arena *a = arena_new(4 * MIB);
	size_t n = jwt_public_forms(a, str_make((const char *)data, size), forms);
	check(n <= JWT_KEYS);
	for (size_t i = 0; i < n; i++)
		check(forms[i].len > 0 && forms[i].len < 64 * KIB);
	arena_free(a);
	return 0;
}
