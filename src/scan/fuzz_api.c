/* Fuzz target: an interface description, as a website or an operator hands it over. What comes out
 * are requests to that site and to no other, with nothing in their lines that would begin another. */
#include "base/check.h"
#include "base/limits.h"
#include "net/url.h"
#include "scan/api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count(void *ctx, const struct api_request *q)
{
	size_t *n = ctx;
	check(q->method.len && str_starts(q->url, STR("http://site.test/")));
	for (size_t i = 0; i < q->method.len; i++)
		check(ascii_alpha(q->method.ptr[i]));
	for (size_t i = 0; i < q->type.len; i++)
		check((unsigned char)q->type.ptr[i] >= ' ');
	return ++*n > 200;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct url base;
	size_t n = 0;
	if (size > 64 * KIB)
		return 0;
	_cleanup_arena_ struct arena *a = arena_new(256 * MIB);
	if (url_parse(a, STR("http://site.test/api"), NULL, 0, &base, NULL) == 0)
		api_read(a, str_make(data, size), &base, count, &n, NULL);
	return 0;
}
