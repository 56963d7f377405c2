/* Character sets of pages, as a browser would find them. */
#include "base/test.h"

#include "base/check.h"
#include "base/limits.h"
#include "net/charset.h"

#define GBK_ZHONGWEN "\xd6\xd0\xce\xc4"
#define GBK_TEXT "\xb1\xb1\xbe\xa9\xca\xd0\xcd\xf8\xd5\xbe\xb0\xb2\xc8\xab" /* 北京市网站安全 */

static void found_in_a_browsers_order(void **state)
{
	(void)state;
	static const struct {
		const char *body, *type, *want;
		enum charset_source source;
	} v[] = {
		{ "\xef\xbb\xbf<meta charset=gbk>", "text/html; charset=gbk", "utf-8",
		  CHARSET_BOM },
		{ "\xff\xfe"
		  "a",
		  "", "utf-16le", CHARSET_BOM },
		{ "\xfe\xff"
		  "a",
		  "", "utf-16be", CHARSET_BOM },
		{ "<meta charset=utf-8>", "text/html; charset=GB2312", "gbk", CHARSET_HEADER },
		{ "x", "text/html;charset=\"Big5\"", "big5", CHARSET_HEADER },
		{ "x", "text/html; CHARSET = 'gb18030' ; x", "gb18030", CHARSET_HEADER },
		{ "<meta charset=gbk>", "text/html; charset=nonsense", "gbk", CHARSET_META },
		{ "<html><META CHARSET='GB2312'>", "", "gbk", CHARSET_META },
		{ "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=gb2312\" />", "",
		  "gbk", CHARSET_META },
		{ "<meta charset=utf-8/>", "", "utf-8", CHARSET_META },
		{ "<meta charset=utf-16>", "", "utf-8", CHARSET_META },
		{ "<!-- <meta charset=gbk> --><meta charset=big5>", "", "big5", CHARSET_META },
		{ "<!--><meta charset=gbk>", "", "gbk", CHARSET_META },
		{ "<metadata charset=gbk>", "", "utf-8", CHARSET_GUESS },
		{ "plain", "text/plain", "utf-8", CHARSET_GUESS },
		{ "\xe4\xb8\xad\xe6\x96\x87", "", "utf-8", CHARSET_GUESS },
		{ GBK_TEXT, "", "gb18030", CHARSET_GUESS },
		{ "a " GBK_ZHONGWEN " b", "", "gb18030", CHARSET_GUESS },
		{ "caf\xe9 d\xe9j\xe0 vu, l'\xe9t\xe9", "", "windows-1252", CHARSET_GUESS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct charset c = charset_detect(str_c(v[i].body), str_c(v[i].type));

		if (strcmp(c.name, v[i].want) != 0 || c.source != v[i].source)
			fail_msg("%s / %s: %s %d", v[i].body, v[i].type, c.name, c.source);
	}
	assert_string_equal(charset_by_label(STR(" UTF8 ")), "utf-8");
	assert_string_equal(charset_by_label(STR("ISO-8859-1")), "windows-1252");
	assert_null(charset_by_label(STR("klingon")));
	assert_null(charset_by_label(STR("")));
	/* Beyond the first kilobyte browsers do not look. */
	_cleanup_buf_ struct buf b = BUF_INIT(MIB);

	for (int i = 0; i < 1024; i++)
		buf_char(&b, ' ');
	buf_c(&b, "<meta charset=gbk>");
	assert_int_equal(charset_detect(buf_view(&b), STR("")).source, CHARSET_GUESS);
}

static void to(const char *name, struct str in, const char *want)
{
	_cleanup_buf_ struct buf b = BUF_INIT(MIB);

	assert_ok(charset_to_utf8(&b, in, name));
	assert_str_c(buf_view(&b), want);
}

static void converted_with_replacement(void **state)
{
	(void)state;
	to("gbk", STR(GBK_TEXT), "北京市网站安全");
	to("gb18030", STR("\x95\x32\x82\x36"), "𠀀");
	to("big5", STR("\xa4\xa4\xa4\xe5"), "中文");
	to("shift_jis", STR("\x93\xfa\x96\x7b"), "日本");
	to("windows-1252", STR("\x80\xe9"), "€é");
	to("utf-8",
	   STR("\xef\xbb\xbf"
	       "a\xff"
	       "b"),
	   "a\xef\xbf\xbd"
	   "b");
	to("utf-16le", STR("\xff\xfe\x2d\x4e\x87\x65"), "中文");
	to("gbk",
	   STR("a\xff"
	       "b" GBK_ZHONGWEN "\xd6"),
	   "a\xef\xbf\xbd"
	   "b中文\xef\xbf\xbd");
	_cleanup_buf_ struct buf b = BUF_INIT(MIB), small = BUF_INIT(4);

	assert_int_equal(charset_to_utf8(&b, STR("x"), "klingon"), -1);
	assert_int_equal(charset_to_utf8(&b, STR("x"), NULL), -1);
	assert_ok(charset_to_utf8(&small, STR("123456789"), "gbk"));
	assert_true(small.overflow);
	assert_ok(charset_from_utf8(&b, STR("中文\xf0\x9f\x98\x80x"), "gbk"));
	assert_str_c(buf_view(&b), GBK_ZHONGWEN "&#128512;x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_in_a_browsers_order),
		cmocka_unit_test(converted_with_replacement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
