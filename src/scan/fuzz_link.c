/* Fuzz: any bytes as a script, as text, as a source map, as a style sheet. */
#include "base/limits.h"
#include "scan/link.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static bool found(void *ctx, enum scan_link_kind kind, struct str raw)
{
	size_t *sum = ctx;
	for (size_t i = 0; i < raw.len; i++)
		*sum += (unsigned char)raw.ptr[i];
	return false;
}

static bool requested(void *ctx, const struct link_request *q)
{
	size_t *sum = ctx;
	*sum += q->method.len + q->url.len + q->type.len;
	for (size_t i = 0; i < q->body.len; i++)
		*sum += (unsigned char)q->body.ptr[i];
	return false;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct str s = str_make((const char *)data, n);
	size_t sum = 0;
	link_script(s, found, &sum);
	link_requests(s, requested, &sum);
	link_text(s, found, &sum);
	link_css(s, found, &sum);
	link_source_map(s, found, &sum);
	return 0;
}
