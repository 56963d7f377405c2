/* Any bytes as a Go regular expression and a text: what compiles runs within its limits, and
 * one of its literals stands in whatever it matches. */
#include "base/check.h"
#include "base/limits.h"
#include "scan/template/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	_cleanup_(regex_freep) struct regex *r = NULL;
	struct str in = str_make(data, size), text = STR("plain text");
	const struct regex_literal *list;
	struct regex_match m;
	struct str all[8];
	bool any = false;
	ssize_t nul = str_chr(in, 0);

	if (nul >= 0) {
		text = str_from(in, (size_t)nul + 1);
		in = str_sub(in, 0, (size_t)nul);
	}
	size_t n = regex_literals(a, in, &list);
	if (regex_compile(in, &r, NULL) < 0)
		return 0;
	regex_all(r, text, 0, all, 8);
	if (!regex_match(r, text, 0, &m, NULL))
		return 0;
	for (size_t i = 0; i < n; i++)
		any = any || (list[i].nocase ? str_ihas(text, list[i].text) : str_has(text, list[i].text));
	check(!n || any);
	return 0;
}
