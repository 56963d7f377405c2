/* Any bytes as a jq program, an XPath or a header name, and as what they are run on. */
#include "base/check.h"
#include "base/limits.h"
#include "scan/template/extract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	struct str in = str_make(data, size), text = STR("{\"a\":[1,{\"b\":null}]}"), items[64];
	struct extract_list out = { items, 0, 64 };
	struct xpath *x;
	struct jq *q;

	if (!size)
		return 0;
	in = str_from(in, 1);
	ssize_t nul = str_chr(in, 0);
	if (nul >= 0) {
		text = str_from(in, (size_t)nul + 1);
		in = str_sub(in, 0, (size_t)nul);
	}
	if (data[0] % 3 == 0 && jq_compile(a, in, &q, NULL) == 0)
		jq_run(q, a, text, &out);
	else if (data[0] % 3 == 1 && xpath_compile(a, in, &x, NULL) == 0)
		xpath_run(x, a, text, data[0] & 4, STR(""), &out);
	else if (data[0] % 3 == 2)
		kval_run(text, in, a, &out);
	check(out.len <= out.max);
	return 0;
}
