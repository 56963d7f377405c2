/* Fuzz target: an answer of a website goes through the page parser and every passive
 * check. The input is what follows the request: first byte picks the declared type,
 * the rest is the body. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "scan/check.h"
#include "scan/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = { "text/html; charset=utf-8", "text/html; charset=gbk",
					     "text/html", "application/json", "text/plain",
					     "application/javascript", "text/css", "" };
	if (size < 1 || size > 64 * KIB)
		return 0;
	_cleanup_buf_ struct buf text = BUF_INIT(256 * KIB);
	_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
	struct scan_exchange *x = NULL;
	struct fixture_hit hits[4];

	buf_printf(&text,
		   "@url https://site.test/a/\nGET /a/ HTTP/1.1\nHost: site.test\n\n"
		   "HTTP/1.1 200 OK\nContent-Type: %s\n\n",
		   types[data[0] % 8]);
	buf_add(&text, data + 1, size - 1);
	if (fixture_parse(buf_view(&text), a, &x, NULL) < 0)
		return 0;
	for (size_t i = 0; scan_checks[i]; i++)
		if (!scan_check_active(scan_checks[i]))
			fixture_run(scan_checks[i], x, a, hits, 4);
	return 0;
}
