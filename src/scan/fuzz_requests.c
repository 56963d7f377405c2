/* Any bytes as a script that makes requests: whole ones come out, and of bounded size. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/limits.h"
#include "scan/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool requested(void *ctx, const struct link_request *q)
{
	unsigned *n = ctx;
	check(q->url.len && q->url.len < 256 * KIB && q->body.len <= 64 * KIB);
	check(str_eq(q->method, STR("GET")) ? !q->body.len : q->method.len);
	check(!q->body.len || q->type.len);
	return ++*n > 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned n = 0;
	link_requests(str_make(data, size), requested, &n);
	check(n <= 60);
	return 0;
}
