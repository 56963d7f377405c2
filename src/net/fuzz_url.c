/* Any bytes as a URL: what parses must serialise to something that parses to itself. */
#include "base/check.h"
#include "base/limits.h"
#include "net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	struct str in = str_make((const char *)data, size);
	ssize_t nl = str_chr(in, '\n');
	struct url base, u, again;
	bool has_base = nl >= 0 &&
			url_parse(a, str_sub(in, 0, (size_t)nl), NULL, 0, &base, NULL) == 0;

	if (url_parse(a, has_base ? str_from(in, (size_t)nl + 1) : in, has_base ? &base : NULL, 0,
		      &u, NULL) < 0)
		return 0;
	struct str text = url_text(a, &u, 0);

	if (text.len <= LIMIT_URL) {
		check(url_parse(a, text, NULL, 0, &again, NULL) == 0);
		check(str_eq(url_text(a, &again, 0), text));
		check(url_same_origin(&u, &again));
	}
	url_registrable_domain(u.host);
	struct url_pairs p = url_pairs_split(a, u.query);
	_cleanup_buf_ struct buf b = BUF_INIT(MIB);

	url_pairs_join(&b, p.ptr, p.len);
	check(str_eq(buf_view(&b), u.query));
	return 0;
}
