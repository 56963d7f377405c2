/* Regular expressions as Go has them, jq, XPath and key-value extraction. */
#include "base/test.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/limits.h"
#include "scan/template/extract.h"
#include "scan/template/regex.h"

static void regex_rows(void **state)
{
	static const struct {
		const char *pattern, *text, *want; /* NULL text: must not compile; NULL want: no match */
	} rows[] = {
		{ "a+b", "xaab", "aab" }, { "^a$", "a\n", NULL }, { "(?m)^a$", "b\na\nc", "a" },
		{ "\\s", "\x0b", NULL }, { "\\S", "\x0b", "\x0b" }, { "[\\s]", "\x0b", NULL },
		{ "\\v", "\x0b", "\x0b" }, { "\\v", "\n", NULL }, { "a.c", "a\nc", NULL },
		{ "(?s)a.c", "a\nc", "a\nc" }, { "(?i)HELLO", "hello", "hello" }, { "a{,2}", "a{,2}", "a{,2}" },
		{ "a{2}", "aaa", "aa" }, { "x{", "x{", "x{" }, { "\\Qa.b\\E+", "a.bb", "a.bb" }, { "\\Qa.b\\Ec", "a.bc", "a.bc" },
		{ "\\x41", "A", "A" }, { "\\x{4f60}", "\xe4\xbd\xa0", "\xe4\xbd\xa0" }, { "\\101", "A", "A" },
		{ "[[:alpha:]]+", "1ab2", "ab" }, { "[]a]+", "]a", "]a" }, { "[^]]+", "ab]", "ab" },
		{ "[a[]+", "[a", "[a" }, { "(?P<n>\\d+)", "x12", "12" }, { "(?<n>\\d+)", "x12", "12" },
		{ "(?:a|b)+?c", "abc", "abc" }, { "(?U)a+", "aaa", "a" }, { "\\w", "\xc3\xa9", NULL },
		{ "\xe8\x87\xb4.", "\xe8\x87\xb4\xe8\xbf\x9c", "\xe8\x87\xb4\xe8\xbf\x9c" }, { "\\pL", "1a", "a" },
		{ "\\bfoo\\b", "a foo b", "foo" }, { "a\\z", "ba", "a" }, { "\\A", "x", "" }, { "", "x", "" },
		{ "(?i:a)b", "Ab", "Ab" }, { "\\/\\-\\_\\\"", "/-_\"", "/-_\"" }, { "[\\w-.]+", "a-b.c", "a-b.c" },
		{ "\xe4\xbd\xa0|b", "\xff" "b", "b" }, { "[\\d\\S]", "\x0b", "\x0b" },
		{ "(a", NULL, NULL }, { "a)", NULL, NULL }, { "[a", NULL, NULL }, { "*a", NULL, NULL },
		{ "a**", NULL, NULL }, { "a++", NULL, NULL }, { "(?=a)", NULL, NULL }, { "(?!a)", NULL, NULL },
		{ "(?<=a)b", NULL, NULL }, { "(?>a)", NULL, NULL }, { "(a)\\1", NULL, NULL }, { "\\k<n>", NULL, NULL },
		{ "(*UTF)a", NULL, NULL }, { "a{1001}", NULL, NULL }, { "\\", NULL, NULL }, { "\\h", NULL, NULL },
		{ "(?x)a", NULL, NULL }, { "(?#c)a", NULL, NULL }, { "\\p{", NULL, NULL }, { "\\x{zz}", NULL, NULL },
		{ "(?P<1-a>x)", NULL, NULL }, { "\\8", NULL, NULL }, { "\\Kx", NULL, NULL },
	};
	int failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(regex_freep) struct regex *r = NULL;
		struct regex_match m;
		int rc = regex_compile(str_c(rows[i].pattern), &r, NULL);
		bool ok = (rc == 0) == (rows[i].text != NULL);
		if (ok && rc == 0) {
			bool hit = regex_match(r, str_c(rows[i].text), 0, &m, NULL);
			ok = hit == (rows[i].want != NULL) &&
			     (!hit || str_eq(m.groups[0], str_c(rows[i].want)));
		}
		if (!ok) {
			print_error("%s on %s\n", rows[i].pattern, rows[i].text ? rows[i].text : "-");
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

static void regex_is_bounded(void **state)
{
	_cleanup_(regex_freep) struct regex *r = NULL;
	char text[40];
	bool limit = false;
	struct regex_match m;

	memset(text, 'a', sizeof(text));
	assert_ok(regex_compile(STR("^(a|aa|a*)*(a+)+[xy]"), &r, NULL));
	for (int i = 0; i < 4; i++) /* the last ones as machine code */
		assert_false(regex_match(r, str_make(text, sizeof(text)), 0, &m, &limit));
	assert_true(limit);
}

static void regex_finds_all(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
	_cleanup_(regex_freep) struct regex *r = NULL;
	const struct str *names;
	const unsigned *numbers;
	struct str found[4];

	assert_ok(regex_compile(STR("(?P<key>[a-z]+)=(?P<value>\\d*)"), &r, NULL));
	assert_int_equal(regex_all(r, STR("a=1 b= c=3"), 2, found, 4), 3);
	assert_str_c(found[1], "");
	assert_str_c(found[2], "3");
	assert_int_equal(regex_all(r, STR("a=1"), 9, found, 4), 0);
	assert_int_equal(regex_names(r, a, &names, &numbers), 2);
	assert_int_equal(regex_group(r, STR("value")), 2);
	assert_int_equal(regex_group(r, STR("none")), -1);
}

static void regex_literal_sets(void **state)
{
	static const struct {
		const char *pattern, *want; /* alternatives parted by '|', '~' in front: any case */
	} rows[] = {
		{ "hello", "hello" }, { "ab", "" }, { "foo.*barbaz", "barbaz" }, { "foo(x|y)+", "foo" },
		{ "(admin|root):x", "admin|root" }, { "(ab|root)", "" }, { "(?i)Server: Foo", "~Server: Foo" },
		{ "abc?d", "" }, { "abcd?", "abc" }, { "abcd*e", "abc" }, { "abc+d", "abc" }, { "(abc)?defg", "defg" },
		{ "(abc)*", "" }, { "[Aa]bc", "" }, { "a[.]bc", "a.bc" }, { "v\\d+\\.foo", ".foo" }, { "\\Qabc\\E", "" },
		{ "^<title>", "<title>" }, { "foo$|bar", "foo|bar" }, { "(?:one)(?:three)", "three" }, { "x{3}yyy", "yyy" },
		{ "abc|", "" }, { "", "" }, { "(?i)abc(?-i)defg", "defg" }, { "a\\nbc", "a\nbc" },
		{ "\xe8\x87\xb4\xe8\xbf\x9c" "OA", "\xe8\x87\xb4\xe8\xbf\x9c" "OA" }, { "\xe8\x87\xb4?abc", "" },
		{ "(?P<n>abc)d", "abc" }, { "abc{0,2}", "" }, { "abc{2}", "abc" }, { "a.{3}b", "" },
	};
	int failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
		_cleanup_buf_ struct buf b = BUF_INIT(4096);
		const struct regex_literal *list;
		size_t n = regex_literals(a, str_c(rows[i].pattern), &list);
		for (size_t j = 0; j < n; j++) {
			buf_c(&b, j ? "|" : "");
			buf_c(&b, list[j].nocase ? "~" : "");
			buf_str(&b, list[j].text);
		}
		if (!str_eq(buf_view(&b), str_c(rows[i].want))) {
			print_error("%s gave %.*s\n", rows[i].pattern, STR_ARG(buf_view(&b)));
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

static void regex_cache_evicts(void **state)
{
	_cleanup_(regex_cache_freep) struct regex_cache *c = regex_cache_new(8);
	char pattern[32];

	assert_null(regex_cache_get(c, STR("(")));
	assert_null(regex_cache_get(c, STR("(")));
	for (int i = 0; i < 100; i++) {
		snprintf(pattern, sizeof(pattern), "^%d$", i);
		assert_non_null(regex_cache_get(c, str_c(pattern)));
		assert_true(regex_test(regex_cache_get(c, STR("keep")), STR("keep")));
	}
}

struct row {
	const char *src, *want; /* results parted by '|'; NULL: does not compile */
};

static const char doc[] =
	"{\"id\":7,\"name\":\"Zhan\",\"none\":null,\"ok\":true,\"a.b\":{\"c\":[1,2,3]},\"users\":[{\"n\":\"u1\",\"age\":30,"
	"\"roles\":[\"admin\"]},{\"n\":\"u2\",\"age\":20,\"roles\":[]}],\"m.server\":\"h:443\",\"b64\":\"aGk=\",\"f\":1.5,"
	"\"html\":\"{{7*7}}\"}";

static void jq_rows(void **state)
{
	static const struct row rows[] = {
		{ ".id", "7" }, { " .name ", "Zhan" }, { ".none", "" }, { ".missing", "" }, { ".ok", "true" },
		{ ".[\"a.b\"].c[1]", "2" }, { ".\"a.b\".c[-1]", "3" }, { ".\"m.server\"", "h:443" },
		{ ".users[].n", "u1|u2" }, { ".users | .[] | .n", "u1|u2" }, { ".users[0].roles[0]", "admin" },
		{ ".users[] | select(.n == \"u2\") | .age", "20" }, { ".users[] | select(.age > 25).n", "u1" },
		{ ".users[] | select(.roles[] | contains(\"adm\")) | .n", "u1" }, { ".users | length", "2" },
		{ ".users[1:2][0].n", "u2" }, { ".name[1:3]", "ha" }, { ".\"a.b\" | keys", "[\"c\"]" },
		{ ".\"a.b\".c | map(. + 1)", "[2,3,4]" }, { ".\"a.b\".c | add", "6" }, { ".id, .name", "7|Zhan" },
		{ ".none // \"dflt\"", "dflt" }, { ".missing.x // false", "false" }, { ".b64 | @base64d", "hi" },
		{ ".name | @base64", "Wmhhbg==" }, { ".name | ascii_downcase", "zhan" }, { ".f", "1.5" },
		{ ".users[0] | to_entries | .[].key", "n|age|roles" }, { ".. | objects | .n // empty", "u1|u2" },
		{ "..|objects|.n//empty", "u1|u2" }, { ".name?", "Zhan" }, { ".name[0]?", "" }, { ".[0]", "" },
		{ "if .ok==true and .id==7 then \"y\" else \"n\" end", "y" }, { "if .id==8 then 1 elif .ok then 2 else 3 end", "2" },
		{ ".server | select((.name != null) and (.version != null)) | .name", "" }, { "select(.ok) | .id", "7" },
		{ ".users | map(.n) | join(\",\")", "u1,u2" }, { ".name | test(\"^Z\")", "true" }, { ".name | split(\"h\")", "[\"Z\",\"an\"]" },
		{ ".users | first | .n", "u1" }, { ".users | last | .n", "u2" }, { "[.users[].age] | sort", "[20,30]" },
		{ "{a: .id, name}", "{\"a\":7,\"name\":\"Zhan\"}" }, { ".id | tostring", "7" }, { "\"12\" | tonumber + 1", "13" },
		{ ".users[].roles[]", "admin" }, { ".html", "{{7*7}}" }, { "has(\"id\")", "true" }, { ".id | not", "false" },
		{ ".id * 2 - 4", "10" }, { "-.id", "-7" }, { ".name | startswith(\"Zh\")", "true" }, { ".name | length", "4" },
		{ ".users | any(.age > 25)", "true" }, { ".name | type", "string" }, { ".id | .x", "" }, { ".users[].n | select(. != \"u1\")", "u2" },
		{ ".users.n", "" }, { "nosuch", "" }, { ".[", NULL }, { "|", NULL }, { ".a b", NULL }, { "select(", NULL }, { "", NULL },
		{ ".domains[] | .x", "" }, { ".id as $x | $x", NULL }, { ".users | unique | length", "2" }, { "keys | .[0]", "a.b" },
	};
	int failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_arena_ struct arena *a = arena_new(8 * MIB);
		_cleanup_buf_ struct buf b = BUF_INIT(4096);
		struct str items[64];
		struct extract_list out = { items, 0, 64 };
		struct jq *q;
		int rc = jq_compile(a, str_c(rows[i].src), &q, NULL);
		if (rc == 0)
			jq_run(q, a, str_c(doc), &out);
		for (size_t j = 0; j < out.len; j++) {
			buf_c(&b, j ? "|" : "");
			buf_str(&b, items[j]);
		}
		if ((rc == 0) != (rows[i].want != NULL) ||
		    (rc == 0 && !str_eq(buf_view(&b), str_c(rows[i].want)))) {
			print_error("%s gave %d %.*s\n", rows[i].src, rc, STR_ARG(buf_view(&b)));
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

static const char page[] =
	"<!doctype html><title>Log in</title><script src=//cdn.example/a.js></script><body class=x><div id=d1><form action=/go>"
	"<input type=hidden id=_wpnonce name=tok value='abc123'><input name=user><p>one<p>two <b>bold</b>"
	"<ul><li>a<li class=hot>b<li>c</ul><table><tr><td>k<td>v</table></form></div><div id=d2>x &amp; y</div>"
	"<a href=\"/1\">l1</a><a href='/2'>l2</a><!-- c --></body>";

static void xpath_rows(void **state)
{
	static const struct {
		const char *src, *attribute, *want;
	} rows[] = {
		{ "/html/head/title", "", "Log in" }, { "//title", "", "Log in" }, { "/title", "", "" },
		{ "//input[@id='_wpnonce'][1]", "value", "abc123" }, { "//input[@name=\"tok\"]/@value", "", "abc123" },
		{ "/html/body/div[1]/form/input[1]", "value", "abc123" }, { "/html/body/div/form/input[2]", "name", "user" },
		{ "//a/@href", "", "/1|/2" }, { "//a", "href", "/1|/2" }, { "//a[2]", "", "l2" }, { "//a[last()]", "", "l2" },
		{ "//a[position()<2]", "", "l1" }, { "//li[@class='hot']", "", "b" }, { "//li[not(@class)]", "", "a|c" },
		{ "//li[contains(text(),'b')]", "", "b" }, { "//ul/li[3]", "", "c" }, { "//p[2]", "", "two bold" },
		{ "//p/b", "", "bold" }, { "//table/tbody/tr/td[2]", "", "v" }, { "//table/tr", "", "" },
		{ "//div[@id='d2']", "", "x & y" }, { "//div[starts-with(@id,'d')]/@id", "", "d1|d2" },
		{ "//*[@id='d2']/preceding-sibling::div/@id", "", "d1" }, { "//b/ancestor::form/@action", "", "/go" },
		{ "//b/../..", "action", "/go" }, { "count(//li)", "", "3" }, { "string(//li[2])", "", "b" },
		{ "//li[.='c']", "", "c" }, { "//title | //b", "", "Log in|bold" }, { "//li[normalize-space()='a']", "", "a" },
		{ "//script[contains(@src,'//') and not(@integrity)]", "src", "//cdn.example/a.js" },
		{ "//script[contains(@src,'//') and (not(@integrity) or not(matches(translate(@integrity,'ABC','abc'),'^sha(256|384)-')))]", "src", "//cdn.example/a.js" },
		{ "//link[@rel='stylesheet' and contains(@href,'//')]", "href", "" }, { "(//li)[2]", "", "b" },
		{ "//*/@href|//*/@src", "", "//cdn.example/a.js|/1|/2" }, { "//form//input", "type", "hidden" },
		{ "//body/@class", "", "x" }, { "concat(//li[1],'-',//li[2])", "", "a-b" }, { "//li[@class or .='a']", "", "a|b" },
		{ "substring-after(//title,'Log ')", "", "in" }, { "//a[@href='/1' and .='l1']/following-sibling::a", "", "l2" },
		{ "//nosuch", "", "" }, { "//div[@id='d2']/text()", "", "x & y" }, { "name(//*[@action])", "", "form" },
		{ "descendant::li[1]", "", "a" }, { "//li[2]/self::li", "", "b" }, { "//p[string-length(.)>3]", "", "two bold" },
		{ "1 + 2 * 3", "", "7" }, { "//a[", "", NULL }, { "//", "", NULL }, { "foo(", "", NULL }, { "'x", "", NULL }, { "", "", NULL },
		{ "unknown()", "", "" }, { "//a[@href!='/1']", "", "l2" }, { "/html/body/a[1]", "", "l1" },
	};
	int failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_arena_ struct arena *a = arena_new(8 * MIB);
		_cleanup_buf_ struct buf b = BUF_INIT(4096);
		struct str items[64];
		struct extract_list out = { items, 0, 64 };
		struct xpath *x;
		int rc = xpath_compile(a, str_c(rows[i].src), &x, NULL);
		if (rc == 0)
			xpath_run(x, a, str_c(page), false, str_c(rows[i].attribute), &out);
		for (size_t j = 0; j < out.len; j++) {
			buf_c(&b, j ? "|" : "");
			buf_str(&b, items[j]);
		}
		if ((rc == 0) != (rows[i].want != NULL) ||
		    (rc == 0 && !str_eq(buf_view(&b), str_c(rows[i].want)))) {
			print_error("%s gave %d %.*s\n", rows[i].src, rc, STR_ARG(buf_view(&b)));
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

static void xpath_on_xml(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(8 * MIB);
	struct str items[4];
	struct extract_list out = { items, 0, 4 };
	struct xpath *x;

	assert_ok(xpath_compile(a, STR("/config/global/Host"), &x, NULL));
	assert_true(xpath_run(x, a, STR("<?xml version=\"1.0\"?><config><global><Host><![CDATA[db]]></Host><e/><Host>b</Host></global></config>"),
			      true, STR(""), &out));
	assert_int_equal(out.len, 2);
	assert_str_c(items[1], "b");
}

static void kval_rows(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
	struct str head = STR("HTTP/1.1 200 OK\r\nServer: nginx\r\nX-Multi: 1\r\nX-Multi: 2\r\nSet-Cookie: sid=abc; Path=/\r\n");
	struct str items[4];
	struct extract_list out = { items, 0, 4 };

	assert_true(kval_run(head, STR("server"), a, &out));
	assert_str_c(items[0], "nginx");
	assert_true(kval_run(head, STR("x_multi"), a, &out));
	assert_int_equal(out.len, 3);
	assert_true(kval_run(head, STR("sid"), a, &out));
	assert_str_c(items[3], "abc");
	out.len = 0;
	assert_false(kval_run(head, STR("none"), a, &out));
}

static void bounded(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(32 * MIB);
	_cleanup_buf_ struct buf b = BUF_INIT(4 * MIB);
	struct str items[64];
	struct extract_list out = { items, 0, 64 };
	struct xpath *x;
	struct jq *q;

	for (int i = 0; i < 20000; i++)
		buf_c(&b, "<div><p>");
	assert_ok(xpath_compile(a, STR("//*//*[//p[.//p]]//*"), &x, NULL));
	xpath_run(x, a, buf_view(&b), false, STR(""), &out);
	buf_clear(&b);
	for (int i = 0; i < 100; i++)
		buf_c(&b, "[");
	assert_int_equal(jq_compile(a, buf_view(&b), &q, NULL), -1);
	assert_int_equal(xpath_compile(a, buf_view(&b), &x, NULL), -1);
	assert_ok(jq_compile(a, STR("[..|..|..|..|..]"), &q, NULL));
	jq_run(q, a, str_c(doc), &out);
	assert_ok(jq_compile(a, STR(".a+.a+.a | .+.+.+. | .+.+.+. | .+.+.+. | .+.+.+."), &q, NULL));
	jq_run(q, a, STR("{\"a\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}"), &out);
	assert_false(jq_run(q, a, STR("{\"a\":"), &out));
	assert_false(jq_run(q, a, STR("\xff\xfe"), &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regex_rows),	      cmocka_unit_test(regex_is_bounded),
		cmocka_unit_test(regex_finds_all),    cmocka_unit_test(regex_literal_sets),
		cmocka_unit_test(regex_cache_evicts), cmocka_unit_test(jq_rows),
		cmocka_unit_test(xpath_rows),	      cmocka_unit_test(xpath_on_xml),
		cmocka_unit_test(kval_rows),	      cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
