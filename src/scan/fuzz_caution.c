/* Bodies of forms from anywhere: the parts that are found lie inside the bytes, the form without
 * its files has none, and a value with a way out of its folder is refused whatever stands around. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/limits.h"
#include "scan/scan_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct form_value list[40];
	struct str type = STR("multipart/form-data; boundary=xx"), body = str_make(data, size);
	if (size > 16 * KIB)
		return 0;
	size_t n = caution_parts(body, type, list, 40);
	for (size_t i = 0; i < n; i++)
		check(list[i].value.len == 0 || (list[i].value.ptr >= body.ptr && list[i].value.ptr + list[i].value.len <= body.ptr + size));
	struct spec s = { .method = STR("POST"), .url = STR("http://h/"), .body = body, .type = type };
	struct spec *bare = caution_without_file(&s);
	struct form_value again[40];
	check(caution_parts(bare->body, bare->type, again, 40) == n); /* no value ends another */
	for (size_t i = 0; i < n; i++)
		check(again[i].file == list[i].file && (again[i].file ? again[i].value.len == 0 : str_eq(again[i].value, list[i].value)));
	free(bare);
	struct scan_point pt = { .where = WHERE_BODY, .name = STR("a"), .value = STR("own") };
	if (caution_has_file(body, type))
		check(!caution_allows(&s, &pt, STR("x/../y")) && !caution_allows(&s, &pt, STR("%252e%252e%252fy")));
	caution_allows(&s, &pt, body);
	return 0;
}
