/* Any bytes as Set-Cookie lines into a jar; what comes out has no line break, and the jar
 * survives saving and loading. */
#include "base/check.h"
#include "base/limits.h"
#include "net/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_make((const char *)data, size), rest = in, line;
	_cleanup_jar_ struct cookie_jar *j = cookie_jar_new(), *k = cookie_jar_new();
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	_cleanup_buf_ struct buf b = BUF_INIT(MIB), c = BUF_INIT(MIB), saved = BUF_INIT(8 * MIB);
	struct url u;
	int64_t ms;

	check(url_parse(a, STR("https://www.example.com/a/b"), NULL, 0, &u, NULL) == 0);
	cookie_parse_date(in, &ms);
	while (str_split(&rest, '\n', &line))
		cookie_jar_set(j, &u, line, 1000);
	cookie_jar_set_header(j, &u, in);
	cookie_jar_get(j, &u, 2000, &b);
	check(str_chr(buf_view(&b), '\n') < 0 && str_chr(buf_view(&b), '\r') < 0);
	cookie_jar_save(j, &saved);
	check(saved.overflow || cookie_jar_load(k, buf_view(&saved)) == 0);
	cookie_jar_get(k, &u, 2000, &c);
	check(saved.overflow || str_eq(buf_view(&b), buf_view(&c)));
	cookie_jar_load(k, in);
	return 0;
}
