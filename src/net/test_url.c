/* URL vectors: what a browser would make of each input. */
#include "base/test.h"

#include "base/check.h"
#include "base/limits.h"
#include "net/url.h"

struct vector {
	const char *in, *base, *want; /* want: serialised, or "!code" */
};

#define B "http://h.test/d/e/f?q=1#z"

static const struct vector vectors[] = {
	/* plain */
	{ "http://example.com", NULL, "http://example.com/" },
	{ "https://example.com/", NULL, "https://example.com/" },
	{ "HTTP://EXAMPLE.com/A", NULL, "http://example.com/A" },
	{ "hTTpS://Example.COM:443/a", NULL, "https://example.com/a" },
	{ "http://example.com:80/", NULL, "http://example.com/" },
	{ "http://example.com:443/", NULL, "http://example.com:443/" },
	{ "https://example.com:80/", NULL, "https://example.com:80/" },
	{ "http://example.com:/", NULL, "http://example.com/" },
	{ "http://example.com:00080/x", NULL, "http://example.com/x" },
	{ "http://example.com:8080", NULL, "http://example.com:8080/" },
	{ "http://example.com:65535/", NULL, "http://example.com:65535/" },
	{ "http://example.com:65536/", NULL, "!url.port" },
	{ "http://example.com:99999999999/", NULL, "!url.port" },
	{ "http://example.com:-1/", NULL, "!url.port" },
	{ "http://example.com:8a/", NULL, "!url.port" },
	{ "http://example.com:+80/", NULL, "!url.port" },
	{ "  http://example.com/a  ", NULL, "http://example.com/a" },
	{ "\n\thttp://example.com/a\r\n", NULL, "http://example.com/a" },
	{ "ht\ntp://exa\tmple.com/a\rb", NULL, "http://example.com/ab" },
	{ "http://example.com./", NULL, "http://example.com./" },
	{ "http://a_b.example.com/", NULL, "http://a_b.example.com/" },
	{ "http://-x-.example.com/", NULL, "http://-x-.example.com/" },
	{ "http://a~b!c$d&e'f(g)h*i+j,k;l=m.com/", NULL, "http://a~b!c$d&e'f(g)h*i+j,k;l=m.com/" },
	/* slashes */
	{ "http:example.com", NULL, "http://example.com/" },
	{ "http:/example.com", NULL, "http://example.com/" },
	{ "http:///example.com", NULL, "http://example.com/" },
	{ "http:////////example.com", NULL, "http://example.com/" },
	{ "http:\\\\example.com\\a\\b", NULL, "http://example.com/a/b" },
	{ "http:/\\example.com/a\\b", NULL, "http://example.com/a/b" },
	{ "https:\\/\\example.com", NULL, "https://example.com/" },
	{ "http://example.com\\@evil.test/", NULL, "http://example.com/@evil.test/" },
	{ "http://example.com/a?b\\c", NULL, "http://example.com/a?b\\c" },
	/* user information */
	{ "http://user@example.com/", NULL, "http://user@example.com/" },
	{ "http://user:pass@example.com/", NULL, "http://user:pass@example.com/" },
	{ "http://user:@example.com/", NULL, "http://user@example.com/" },
	{ "http://:pass@example.com/", NULL, "http://:pass@example.com/" },
	{ "http://@example.com/", NULL, "http://example.com/" },
	{ "http://:@example.com/", NULL, "http://example.com/" },
	{ "http://a@b@example.com/", NULL, "http://a%40b@example.com/" },
	{ "http://a:b:c@example.com/", NULL, "http://a:b%3Ac@example.com/" },
	{ "http://a b:c[d@example.com/", NULL, "http://a%20b:c%5Bd@example.com/" },
	{ "http://example.com@evil.test/", NULL, "http://example.com@evil.test/" },
	{ "http://evil.test#@example.com/", NULL, "http://evil.test/#@example.com/" },
	{ "http://evil.test?@example.com/", NULL, "http://evil.test/?@example.com/" },
	{ "http://user@/", NULL, "!url.host" },
	{ "http://user:pass@:80/", NULL, "!url.host" },
	/* empty and broken hosts */
	{ "http://", NULL, "!url.host" },
	{ "http:", NULL, "!url.host" },
	{ "https:///", NULL, "!url.host" },
	{ "http://?x", NULL, "!url.host" },
	{ "http://#x", NULL, "!url.host" },
	{ "http://:80/", NULL, "!url.host" },
	{ "http://a b/", NULL, "!url.host" },
	{ "http://a<b/", NULL, "!url.host" },
	{ "http://a>b/", NULL, "!url.host" },
	{ "http://a^b/", NULL, "!url.host" },
	{ "http://a|b/", NULL, "!url.host" },
	{ "http://a%00b/", NULL, "!url.host" },
	{ "http://a%2Fb/", NULL, "!url.host" },
	{ "http://a%zz/", NULL, "!url.host" },
	{ "http://a%/", NULL, "!url.host" },
	{ "http://a%25b/", NULL, "!url.host" },
	{ "http://a]b/", NULL, "!url.host" },
	{ "http://a[b/", NULL, "!url.host" },
	{ "http://a\x7f"
	  "b/",
	  NULL, "!url.host" },
	{ "http://\xff\xfe.com/", NULL, "!url.host" },
	{ "http://.example.com/", NULL, "!url.host" },
	{ "http://ex%41mple.com/", NULL, "http://example.com/" },
	{ "http://%65xample%2ecom/", NULL, "http://example.com/" },
	/* IDN */
	{ "http://例子.测试/", NULL, "http://xn--fsqu00a.xn--0zwm56d/" },
	{ "http://例子。测试/", NULL, "http://xn--fsqu00a.xn--0zwm56d/" },
	{ "http://bücher.example/", NULL, "http://xn--bcher-kva.example/" },
	{ "http://BÜCHER.example/", NULL, "http://xn--bcher-kva.example/" },
	{ "http://faß.example/", NULL, "http://xn--fa-hia.example/" },
	{ "http://XN--BCHER-KVA.example/", NULL, "http://xn--bcher-kva.example/" },
	{ "http://%E4%BE%8B%E5%AD%90.cn/", NULL, "http://xn--fsqu00a.cn/" },
	{ "http://Ｅｘａｍｐｌｅ.com/", NULL, "http://example.com/" },
	{ "http://ａ．ｂ/", NULL, "http://a.b/" },
	{ "http://exam\xc2\xadple.com/", NULL, "http://example.com/" },
	{ "http://中文.中国/路径?查询#锚", NULL,
	  "http://xn--fiq228c.xn--fiqs8s/%E8%B7%AF%E5%BE%84?%E6%9F%A5%E8%AF%A2#%E9%94%9A" },
	/* numbers that are IPv4 addresses */
	{ "http://192.0.2.1/", NULL, "http://192.0.2.1/" },
	{ "http://0x7f.1/", NULL, "http://127.0.0.1/" },
	{ "http://0177.0.0.1/", NULL, "http://127.0.0.1/" },
	{ "http://017700000001/", NULL, "http://127.0.0.1/" },
	{ "http://2130706433/", NULL, "http://127.0.0.1/" },
	{ "http://0x7f000001/", NULL, "http://127.0.0.1/" },
	{ "http://0X7F.0X0.0x0.0X1/", NULL, "http://127.0.0.1/" },
	{ "http://127.1/", NULL, "http://127.0.0.1/" },
	{ "http://127.0.1/", NULL, "http://127.0.0.1/" },
	{ "http://1/", NULL, "http://0.0.0.1/" },
	{ "http://0/", NULL, "http://0.0.0.0/" },
	{ "http://0x/", NULL, "http://0.0.0.0/" },
	{ "http://0xffffffff/", NULL, "http://255.255.255.255/" },
	{ "http://4294967295/", NULL, "http://255.255.255.255/" },
	{ "http://4294967296/", NULL, "!url.host" },
	{ "http://256.0.0.1/", NULL, "!url.host" },
	{ "http://1.2.3.256/", NULL, "!url.host" },
	{ "http://1.2.3.4.5/", NULL, "!url.host" },
	{ "http://1.2.65536/", NULL, "!url.host" },
	{ "http://1.2.65535/", NULL, "http://1.2.255.255/" },
	{ "http://1.16777215/", NULL, "http://1.255.255.255/" },
	{ "http://1.16777216/", NULL, "!url.host" },
	{ "http://192.0.2.1./", NULL, "http://192.0.2.1/" },
	{ "http://192.0.2.08/", NULL, "!url.host" },
	{ "http://192.0.2.0x/", NULL, "http://192.0.2.0/" },
	{ "http://192.0..1/", NULL, "!url.host" },
	{ "http://a.1/", NULL, "!url.host" },
	{ "http://a.0x1/", NULL, "!url.host" },
	{ "http://1.a/", NULL, "http://1.a/" },
	{ "http://1.2.3.4x/", NULL, "http://1.2.3.4x/" },
	{ "http://0xg/", NULL, "http://0xg/" },
	{ "http://１２７.0.0.1/", NULL, "http://127.0.0.1/" },
	{ "http://%31%32%37.0.0.1/", NULL, "http://127.0.0.1/" },
	{ "http://169.254.169.254/latest", NULL, "http://169.254.169.254/latest" },
	{ "http://0xa9fea9fe/latest", NULL, "http://169.254.169.254/latest" },
	{ "http://0251.0376.0251.0376/", NULL, "http://169.254.169.254/" },
	/* IPv6 */
	{ "http://[::1]/", NULL, "http://[::1]/" },
	{ "http://[::1]:8080/", NULL, "http://[::1]:8080/" },
	{ "http://[0:0:0:0:0:0:0:1]/", NULL, "http://[::1]/" },
	{ "http://[2001:DB8::A]/", NULL, "http://[2001:db8::a]/" },
	{ "http://[1:0:0:2:0:0:0:3]/", NULL, "http://[1:0:0:2::3]/" },
	{ "http://[1:0:2:3:4:5:6:7]/", NULL, "http://[1:0:2:3:4:5:6:7]/" },
	{ "http://[1::]/", NULL, "http://[1::]/" },
	{ "http://[::]/", NULL, "http://[::]/" },
	{ "http://[::ffff:127.0.0.1]/", NULL, "http://[::ffff:7f00:1]/" },
	{ "http://[::ffff:7f00:1]/", NULL, "http://[::ffff:7f00:1]/" },
	{ "http://[::1/", NULL, "!url.host" },
	{ "http://[]/", NULL, "!url.host" },
	{ "http://[:::1]/", NULL, "!url.host" },
	{ "http://[1:2:3:4:5:6:7:8:9]/", NULL, "!url.host" },
	{ "http://[fe80::1%25eth0]/", NULL, "!url.host" },
	{ "http://[::1]x/", NULL, "!url.host" },
	{ "http://[::127.0.0.256]/", NULL, "!url.host" },
	{ "http://[12345::]/", NULL, "!url.host" },
	/* paths */
	{ "http://h/a/../b", NULL, "http://h/b" },
	{ "http://h/a/./b", NULL, "http://h/a/b" },
	{ "http://h/../../a", NULL, "http://h/a" },
	{ "http://h/a/b/..", NULL, "http://h/a/" },
	{ "http://h/a/b/.", NULL, "http://h/a/b/" },
	{ "http://h/a/%2e%2E/b", NULL, "http://h/b" },
	{ "http://h/a/.%2e/b", NULL, "http://h/b" },
	{ "http://h/a/%2e/b", NULL, "http://h/a/b" },
	{ "http://h/a/..;/b", NULL, "http://h/a/..;/b" },
	{ "http://h/a/.../b", NULL, "http://h/a/.../b" },
	{ "http://h//a//b/", NULL, "http://h//a//b/" },
	{ "http://h/a//../b", NULL, "http://h/a/b" },
	{ "http://h/%41%7e%zz", NULL, "http://h/%41%7e%zz" },
	{ "http://h/a b\"c<d>e`f{g}h", NULL, "http://h/a%20b%22c%3Cd%3Ee%60f%7Bg%7Dh" },
	{ "http://h/a|b[c]d:e@f", NULL, "http://h/a|b[c]d:e@f" },
	{ "http://h/\xff", NULL, "http://h/%FF" },
	{ "http://h/a;p=1/b", NULL, "http://h/a;p=1/b" },
	{ "http://h/%2e%2e%2fetc", NULL, "http://h/%2e%2e%2fetc" },
	{ "http://h?q", NULL, "http://h/?q" },
	{ "http://h#f", NULL, "http://h/#f" },
	{ "http://h/?", NULL, "http://h/?" },
	{ "http://h/#", NULL, "http://h/#" },
	{ "http://h/?a=1&b='x'\"<>`", NULL, "http://h/?a=1&b=%27x%27%22%3C%3E`" },
	{ "http://h/?a b", NULL, "http://h/?a%20b" },
	{ "http://h/?a#b?c#d", NULL, "http://h/?a#b?c#d" },
	{ "http://h/?../x", NULL, "http://h/?../x" },
	{ "http://h/#a b`<", NULL, "http://h/#a%20b%60%3C" },
	/* relative */
	{ "g", B, "http://h.test/d/e/g" },
	{ "./g", B, "http://h.test/d/e/g" },
	{ "g/", B, "http://h.test/d/e/g/" },
	{ "/g", B, "http://h.test/g" },
	{ "\\g", B, "http://h.test/g" },
	{ "//g", B, "http://g/" },
	{ "\\\\g", B, "http://g/" },
	{ "/\\g/x", B, "http://g/x" },
	{ "///g", B, "http://g/" },
	{ "?y", B, "http://h.test/d/e/f?y" },
	{ "?", B, "http://h.test/d/e/f?" },
	{ "g?y", B, "http://h.test/d/e/g?y" },
	{ "#s", B, "http://h.test/d/e/f?q=1#s" },
	{ "", B, "http://h.test/d/e/f?q=1" },
	{ "   ", B, "http://h.test/d/e/f?q=1" },
	{ "g#s", B, "http://h.test/d/e/g#s" },
	{ ";x", B, "http://h.test/d/e/;x" },
	{ ".", B, "http://h.test/d/e/" },
	{ "./", B, "http://h.test/d/e/" },
	{ "..", B, "http://h.test/d/" },
	{ "../", B, "http://h.test/d/" },
	{ "../g", B, "http://h.test/d/g" },
	{ "../..", B, "http://h.test/" },
	{ "../../../../g", B, "http://h.test/g" },
	{ "/./g", B, "http://h.test/g" },
	{ "g.", B, "http://h.test/d/e/g." },
	{ "..g", B, "http://h.test/d/e/..g" },
	{ "./g/.", B, "http://h.test/d/e/g/" },
	{ "g/../h", B, "http://h.test/d/e/h" },
	{ "g;x=1/../y", B, "http://h.test/d/e/y" },
	{ "g?y/../x", B, "http://h.test/d/e/g?y/../x" },
	{ "http:g", B, "http://h.test/d/e/g" },
	{ "http:/g", B, "http://h.test/g" },
	{ "http://g", B, "http://g/" },
	{ "http:?x", B, "http://h.test/d/e/f?x" },
	{ "https:g", B, "https://g/" },
	{ "a:80", B, "!url.scheme" },
	{ "中文", B, "http://h.test/d/e/%E4%B8%AD%E6%96%87" },
	{ "1:2", B, "http://h.test/d/e/1:2" },
	/* other schemes */
	{ "mailto:a@b.c", NULL, "!url.scheme" },
	{ "javascript:alert(1)", B, "!url.scheme" },
	{ "JaVaScRiPt:alert(1)", B, "!url.scheme" },
	{ "java\nscript:alert(1)", B, "!url.scheme" },
	{ "data:text/html,x", B, "!url.scheme" },
	{ "ftp://h/", NULL, "!url.scheme" },
	{ "file:///etc/passwd", NULL, "!url.scheme" },
	{ "tel:123", B, "!url.scheme" },
	{ "/x", NULL, "!url.relative" },
	{ "example.com", NULL, "!url.relative" },
	{ "", NULL, "!url.relative" },
	{ "://x", NULL, "!url.relative" },
};

static void one(const struct vector *v, struct arena *a)
{
	struct url base = { 0 }, u = { 0 };
	struct error e = { 0 };

	if (v->base)
		assert_ok(url_parse(a, str_c(v->base), NULL, 0, &base, NULL));
	int rc = url_parse(a, str_c(v->in), v->base ? &base : NULL, 0, &u, &e);
	struct str got = rc < 0 ? arena_printf(a, "!%s", e.code) : url_text(a, &u, 0);

	if (!str_eq(got, str_c(v->want)))
		fail_msg("<%s> gave <%.*s>, want <%s>", v->in, STR_ARG(got), v->want);
	if (rc < 0)
		return;
	/* What was serialised parses to itself. */
	struct url again;

	assert_ok(url_parse(a, got, NULL, 0, &again, NULL));
	assert_str(url_text(a, &again, 0), got);
}

static void browsers_agree(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);

	assert_true(ARRAY_SIZE(vectors) >= 200);
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		one(&vectors[i], a);
		arena_reset(a);
	}
}

static void raw_paths_stay(void **state)
{
	(void)state;
	static const struct vector v[] = {
		{ "http://h/a/../%2e%2e/b c\\d'\"", NULL, "http://h/a/../%2e%2e/b c\\d'\"" },
		{ "http://h/a?x='\"<>", NULL, "http://h/a?x='\"<>" },
		{ "../../x", B, "http://h.test/d/e/../../x" },
		{ "/..;/x", B, "http://h.test/..;/x" },
		{ "http://h?x", NULL, "http://h/?x" },
	};
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	struct url base, u;

	assert_ok(url_parse(a, STR(B), NULL, 0, &base, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		assert_ok(url_parse(a, str_c(v[i].in), v[i].base ? &base : NULL, URL_RAW_PATH, &u,
				    NULL));
		assert_str_c(url_text(a, &u, 0), v[i].want);
	}
}

static void parts_are_written_apart(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	_cleanup_buf_ struct buf b = BUF_INIT(1000);
	struct url u;

	assert_ok(url_parse(a, STR("https://u:p@[::1]:8443/a/b.PHP?x=1#f"), NULL, 0, &u, NULL));
	url_write_origin(&b, &u);
	assert_str_c(buf_view(&b), "https://[::1]:8443");
	buf_clear(&b);
	url_write_target(&b, &u);
	assert_str_c(buf_view(&b), "/a/b.PHP?x=1");
	assert_str_c(url_text(a, &u, URL_NO_FRAGMENT | URL_NO_USERINFO),
		     "https://[::1]:8443/a/b.PHP?x=1");
	assert_str_c(url_text(a, &u, URL_NO_QUERY), "https://u:p@[::1]:8443/a/b.PHP");
	assert_str_c(url_extension(a, &u), "php");
	assert_str_c(url_directory(&u), "/a/");
	assert_str_c(u.host, "::1");
	assert_int_equal(u.port, 8443);
	assert_str_c(url_scheme_of(STR(" Java:x")), "Java");
	assert_str_c(url_scheme_of(STR("1a:x")), "");
}

static void sites_by_public_suffix(void **state)
{
	(void)state;
	static const char *const v[][2] = {
		{ "www.example.com", "example.com" },
		{ "a.b.example.co.uk", "example.co.uk" },
		{ "example.com.cn", "example.com.cn" },
		{ "www.beijing.gov.cn", "beijing.gov.cn" },
		{ "a.github.io", "a.github.io" },
		{ "github.io", "" },
		{ "com", "" },
		{ "localhost", "" },
		{ "127.0.0.1", "" },
		{ "::1", "" },
		{ "a.corp.lan", "corp.lan" },
		{ "www.xn--fiq228c.xn--fiqs8s", "xn--fiq228c.xn--fiqs8s" },
		{ "example.com.", "example.com" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		assert_str_c(url_registrable_domain(str_c(v[i][0])), v[i][1]);
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	struct url x, y;

	assert_ok(url_parse(a, STR("http://a.example.com/"), NULL, 0, &x, NULL));
	assert_ok(url_parse(a, STR("https://b.example.com:9/"), NULL, 0, &y, NULL));
	assert_true(url_same_site(&x, &y));
	assert_false(url_same_origin(&x, &y));
	assert_ok(url_parse(a, STR("http://A.example.com:80/other"), NULL, 0, &y, NULL));
	assert_true(url_same_origin(&x, &y));
	assert_str_c(url_host_unicode(a, STR("xn--fiq228c.xn--fiqs8s")), "中文.中国");
}

static void pairs_come_back(void **state)
{
	(void)state;
	static const char *const queries[] = {
		"a=1&b=2",         "a",           "a=",    "=a", "&", "&&a=1&&", "a=1;b=2",
		"a=b=c&a=%26&a=+", "a[]=1&a[]=2", "%zz=%",
	};
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);

	for (size_t i = 0; i < ARRAY_SIZE(queries); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT(1000);
		struct url_pairs p = url_pairs_split(a, str_c(queries[i]));

		url_pairs_join(&b, p.ptr, p.len);
		assert_str_c(buf_view(&b), queries[i]);
	}
	struct url_pairs p = url_pairs_split(a, STR("a=b=c&x&y=%E4%B8%AD+z"));

	assert_int_equal(p.len, 3);
	assert_str_c(p.ptr[0].value, "b=c");
	assert_false(p.ptr[1].has_eq);
	assert_str_c(url_form_decode(a, p.ptr[2].value), "中 z");
	_cleanup_buf_ struct buf many = BUF_INIT(100000), out = BUF_INIT(100000);

	for (int i = 0; i < 5000; i++)
		buf_c(&many, "k=v&");
	p = url_pairs_split(a, buf_view(&many));
	assert_int_equal(p.len, LIMIT_URL_PAIRS);
	url_pairs_join(&out, p.ptr, p.len);
	assert_str(buf_view(&out), buf_view(&many));
	buf_clear(&out);
	url_form_encode(&out, STR("a b&中*-._~'"));
	assert_str_c(buf_view(&out), "a%20b%26%E4%B8%AD*-._%7E%27");
}

static void long_input_is_refused(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	_cleanup_buf_ struct buf b = BUF_INIT(MIB);
	struct error e = { 0 };
	struct url u;

	buf_c(&b, "http://h/");
	while (b.len < LIMIT_URL)
		buf_char(&b, ' ');
	buf_char(&b, 'x');
	assert_int_equal(url_parse(a, buf_view(&b), NULL, 0, &u, &e), -1);
	assert_string_equal(e.code, "url.too-long");
	_cleanup_arena_ struct arena *tiny = arena_new(KIB);

	assert_int_equal(url_parse(tiny, STR("http://h/"), NULL, 0, &u, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(browsers_agree),          cmocka_unit_test(raw_paths_stay),
		cmocka_unit_test(parts_are_written_apart), cmocka_unit_test(sites_by_public_suffix),
		cmocka_unit_test(pairs_come_back),         cmocka_unit_test(long_input_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
