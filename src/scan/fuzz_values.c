/* JSON and XML bodies from anywhere: values are found inside the bytes, and replacing or
 * dropping one stays inside them. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/limits.h"
#include "scan/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 16 * KIB)
		return 0;
	struct str text = str_make(data, size);
	for (int xml = 0; xml < 2; xml++) {
		struct arena *a = arena_new(16 * MIB);
		struct body_value list[40];
		size_t n = xml ? values_of_xml(a, text, list, 40) : values_of_json(a, text, list, 40);
		for (size_t i = 0; i < n; i++) {
			struct buf b;
			check(list[i].at <= list[i].end && list[i].end <= size);
			buf_init(&b, 1 * MIB);
			values_replace(&b, text, &list[i], STR("<x&\"'"), false);
			buf_clear(&b);
			values_drop(&b, text, &list[i]);
			check(b.len <= size + 4);
			buf_free(&b);
		}
		arena_free(a);
	}
	return 0;
}
