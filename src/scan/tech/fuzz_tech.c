/* Fuzz target: a file of foreign fingerprints is read, and what it holds is tried on a
 * page made of the same bytes. */
#include "base/limits.h"
#include "scan/fixture.h"
#include "scan/tech/tech_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_literal(void *arg, const struct scan_check *c, size_t which, size_t at)
{
	tech_hit(arg, which, at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 64 * KIB)
		return 0;
	struct str text = str_make(data, size);
	struct tech_set *set = tech_set_new();
	struct tech_import m = { 0 };
	_cleanup_buf_ struct buf page = BUF_INIT(256 * KIB);
	_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
	struct scan_exchange *x = NULL;

	tech_import(set, text, &m, NULL);
	tech_set_done(set);
	struct tech *t = tech_new(set);
	buf_c(&page, "GET / HTTP/1.1\nHost: site.test\n\nHTTP/1.1 200 OK\nContent-Type: text/html\nX-Shop: matic/2.5\n\n");
	buf_str(&page, text);
	if (fixture_parse(buf_view(&page), a, &x, NULL) == 0) {
		const struct scan_check *list[] = { &set->check, NULL };
		struct literals *l = literals_new(list);
		tech_begin(t, x);
		literals_scan(l, x->text.len ? x->text : x->body, on_literal, t);
		tech_end(t, l);
		tech_icon(t, text, x->url);
		literals_free(l);
	}
	tech_free(t);
	return 0;
}
