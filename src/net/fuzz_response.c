/* Any bytes as a raw response: parts lie inside the bytes. */
#include "base/check.h"
#include "net/rawsend.h"
#include "net/tls_hello_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_make((const char *)data, size);
	_cleanup_response_ struct http_response *r = NULL;
	uint16_t v, s;
	size_t used = 0;

	tls_hello_read(in, &v, &s);
	tls_hello_read_ssl2(in);
	if (raw_parse_response(in, &r, &used, NULL) < 0)
		return 0;
	check(used <= size && r->status >= 0 && r->status <= 999 && r->body.len <= size);
	for (size_t i = 0; i < r->nheaders; i++)
		check(r->headers[i].name.ptr >= r->head.ptr &&
		      r->headers[i].name.ptr + r->headers[i].name.len <= r->head.ptr + r->head.len);
	return 0;
}
