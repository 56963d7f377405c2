/* The tokenizer against what the standard's machine gives, its cost, and contexts. */
#include "base/test.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "net/html.h"

/* <a x="1" y> start (attributes always in double quotes), </a> end, T:text, R:/W:/S:/P:/C:
 * text by mode, {comment}, !doctype; joined by '|'. */
static int dump(void *ctx, const struct html_token *t)
{
	static const char modes[] = { 'T', 'R', 'W', 'S', 'P', 'C' };
	struct buf *b = ctx;

	if (b->len)
		buf_char(b, '|');
	switch (t->kind) {
	case HTML_START_TAG:
		buf_printf(b, "<%.*s", STR_ARG(t->name));
		for (size_t i = 0; i < t->nattrs; i++) {
			buf_printf(b, " %.*s", STR_ARG(t->attrs[i].name));
			if (t->attrs[i].quote != HTML_NO_VALUE)
				buf_printf(b, "=\"%.*s\"", STR_ARG(t->attrs[i].value));
		}
		buf_c(b, t->self_closing ? "/>" : ">");
		break;
	case HTML_END_TAG:
		buf_printf(b, "</%.*s>", STR_ARG(t->name));
		break;
	case HTML_TEXT:
		buf_printf(b, "%c:%.*s", modes[t->mode], STR_ARG(t->text));
		break;
	case HTML_COMMENT:
		buf_printf(b, "{%.*s}", STR_ARG(t->text));
		break;
	case HTML_DOCTYPE:
		buf_printf(b, "!%.*s", STR_ARG(t->name));
		break;
	}
	return 0;
}

#define FFFD "\xef\xbf\xbd"

static const struct {
	struct str in;
	const char *want;
} cases[] = {
	/* text and tags */
	{ STR_INIT(""), "" },
	{ STR_INIT("a"), "T:a" },
	{ STR_INIT("<a>"), "<a>" },
	{ STR_INIT("<A>x</A>"), "<a>|T:x|</a>" },
	{ STR_INIT("<a/>"), "<a/>" },
	{ STR_INIT("<a / >"), "<a>" },
	{ STR_INIT("<a/b>"), "<a b>" },
	{ STR_INIT("<a//>"), "<a/>" },
	{ STR_INIT("<a\nb\tc\fd\re>"), "<a b c d e>" },
	{ STR_INIT("<a<b>"), "<a<b>" },
	{ STR_INIT("<a\0b>"), "<a" FFFD "b>" },
	{ STR_INIT("<div-x.y:z>"), "<div-x.y:z>" },
	{ STR_INIT("< a>"), "T:< a>" },
	{ STR_INIT("<1>"), "T:<1>" },
	{ STR_INIT("<"), "T:<" },
	{ STR_INIT("<<a>"), "T:<|<a>" },
	{ STR_INIT("a<b"), "T:a" },
	{ STR_INIT("</"), "T:</" },
	{ STR_INIT("</>"), "" },
	{ STR_INIT("a</>b"), "T:a|T:b" },
	{ STR_INIT("</ a>"), "{ a}" },
	{ STR_INIT("</1>"), "{1}" },
	{ STR_INIT("</a b=c>"), "</a>" },
	{ STR_INIT("</a/>"), "</a>" },
	{ STR_INIT("</a"), "" },
	{ STR_INIT("</"
		   "A\n>"),
	  "</a>" },
	{ STR_INIT("x<a"), "T:x" },
	{ STR_INIT("<a b"), "" },
	{ STR_INIT("<a b="), "" },
	{ STR_INIT("<a b='c"), "" },
	{ STR_INIT("<a b='c'"), "" },
	{ STR_INIT("<a/"), "" },
	{ STR_INIT("\0a"), "T:a" },
	{ STR_INIT("a\r\nb\rc"), "T:a\nb\nc" },
	{ STR_INIT("\xef\xbb\xbf"
		   "a"),
	  "T:a" },
	/* attributes */
	{ STR_INIT("<a b>"), "<a b>" },
	{ STR_INIT("<a b=c>"), "<a b=\"c\">" },
	{ STR_INIT("<a b = c>"), "<a b=\"c\">" },
	{ STR_INIT("<a b='c'>"), "<a b=\"c\">" },
	{ STR_INIT("<a b=\"c\">"), "<a b=\"c\">" },
	{ STR_INIT("<a b=\"\">"), "<a b=\"\">" },
	{ STR_INIT("<a b=>"), "<a b=\"\">" },
	{ STR_INIT("<a b= >"), "<a b=\"\">" },
	{ STR_INIT("<a b=c/>"), "<a b=\"c/\">" },
	{ STR_INIT("<a b=c />"), "<a b=\"c\"/>" },
	{ STR_INIT("<a b='c'd='e'>"), "<a b=\"c\" d=\"e\">" },
	{ STR_INIT("<a b='c'/d>"), "<a b=\"c\" d>" },
	{ STR_INIT("<a B=1 b=2>"), "<a b=\"1\">" },
	{ STR_INIT("<a b=1 c=2 b=3 c=4>"), "<a b=\"1\" c=\"2\">" },
	{ STR_INIT("<a =b>"), "<a =b>" },
	{ STR_INIT("<a ==b>"), "<a ==\"b\">" },
	{ STR_INIT("<a b==c>"), "<a b=\"=c\">" },
	{ STR_INIT("<a \"b\">"), "<a \"b\">" },
	{ STR_INIT("<a b\"c=d>"), "<a b\"c=\"d\">" },
	{ STR_INIT("<a '>"), "<a '>" },
	{ STR_INIT("<a <b=c>"), "<a <b=\"c\">" },
	{ STR_INIT("<a b=c\"d>"), "<a b=\"c\"d\">" },
	{ STR_INIT("<a b=`c d`>"), "<a b=\"`c\" d`>" },
	{ STR_INIT("<a b=<c>"), "<a b=\"<c\">" },
	{ STR_INIT("<a b='>'>"), "<a b=\">\">" },
	{ STR_INIT("<a b='\"'>"), "<a b=\"\"\">" },
	{ STR_INIT("<a b=\"a\nb\">"), "<a b=\"a\nb\">" },
	{ STR_INIT("<a b=\"a\r\nb\">"), "<a b=\"a\nb\">" },
	{ STR_INIT("<a b\0=c\0>"), "<a b" FFFD "=\"c" FFFD "\">" },
	{ STR_INIT("<a onClick=X>"), "<a onclick=\"X\">" },
	{ STR_INIT("<a\xe4\xb8\xad b=\xe4\xb8\xad>"), "<a\xe4\xb8\xad b=\"\xe4\xb8\xad\">" },
	{ STR_INIT("<img src=x onerror=alert(1)//>"), "<img src=\"x\" onerror=\"alert(1)//\">" },
	{ STR_INIT("<a/b/c=d/>"), "<a b c=\"d/\">" },
	/* references in text */
	{ STR_INIT("&amp;"), "T:&" },
	{ STR_INIT("&amp"), "T:&" },
	{ STR_INIT("&ampx"), "T:&x" },
	{ STR_INIT("&lt;a&gt;"), "T:<a>" },
	{ STR_INIT("&notit;"), "T:\xc2\xacit;" },
	{ STR_INIT("&notin;"), "T:\xe2\x88\x89" },
	{ STR_INIT("&unknown;"), "T:&unknown;" },
	{ STR_INIT("&;"), "T:&;" },
	{ STR_INIT("& a"), "T:& a" },
	{ STR_INIT("&"), "T:&" },
	{ STR_INIT("&&amp;&"), "T:&&&" },
	{ STR_INIT("&#65;"), "T:A" },
	{ STR_INIT("&#65x"), "T:Ax" },
	{ STR_INIT("&#x41;"), "T:A" },
	{ STR_INIT("&#X41;"), "T:A" },
	{ STR_INIT("&#x4E2D;"), "T:\xe4\xb8\xad" },
	{ STR_INIT("&#;"), "T:&#;" },
	{ STR_INIT("&#x;"), "T:&#x;" },
	{ STR_INIT("&#xg"), "T:&#xg" },
	{ STR_INIT("&#0;"), "T:" FFFD },
	{ STR_INIT("&#x110000;"), "T:" FFFD },
	{ STR_INIT("&#xD800;"), "T:" FFFD },
	{ STR_INIT("&#99999999999999999999;"), "T:" FFFD },
	{ STR_INIT("&#128;"), "T:\xe2\x82\xac" },
	{ STR_INIT("&#x99;"), "T:\xe2\x84\xa2" },
	{ STR_INIT("&#x81;"), "T:\xc2\x81" },
	{ STR_INIT("&CounterClockwiseContourIntegral;"), "T:\xe2\x88\xb3" },
	{ STR_INIT("&NotEqualTilde;"), "T:\xe2\x89\x82\xcc\xb8" },
	{ STR_INIT("&AMP;&Amp;"), "T:&&Amp;" },
	{ STR_INIT("&nbsp;&copy2"), "T:\xc2\xa0\xc2\xa9"
				    "2" },
	/* references in attributes */
	{ STR_INIT("<a b=&amp;>"), "<a b=\"&\">" },
	{ STR_INIT("<a b='?x&copy=1'>"), "<a b=\"?x&copy=1\">" },
	{ STR_INIT("<a b='?x&copy;=1'>"), "<a b=\"?x\xc2\xa9=1\">" },
	{ STR_INIT("<a b='&copyx'>"), "<a b=\"&copyx\">" },
	{ STR_INIT("<a b='&copy x'>"), "<a b=\"\xc2\xa9 x\">" },
	{ STR_INIT("<a b='&copy'>"), "<a b=\"\xc2\xa9\">" },
	{ STR_INIT("<a b=&#106avascript>"), "<a b=\"javascript\">" },
	{ STR_INIT("<a b='&quot;'>"), "<a b=\"\"\">" },
	{ STR_INIT("<a href='java&Tab;script&colon;x'>"), "<a href=\"java\tscript:x\">" },
	/* comments */
	{ STR_INIT("<!--a-->"), "{a}" },
	{ STR_INIT("<!---->"), "{}" },
	{ STR_INIT("<!-->x"), "{}|T:x" },
	{ STR_INIT("<!--->x"), "{}|T:x" },
	{ STR_INIT("<!--a--!>x"), "{a}|T:x" },
	{ STR_INIT("<!--a--!b-->x"), "{a--!b}|T:x" },
	{ STR_INIT("<!----!>x"), "{}|T:x" },
	{ STR_INIT("<!--a--->x"), "{a-}|T:x" },
	{ STR_INIT("<!--a-- >-->"), "{a-- >}" },
	{ STR_INIT("<!--a->b-->"), "{a->b}" },
	{ STR_INIT("<!--<!--a-->b-->"), "{<!--a}|T:b-->" },
	{ STR_INIT("<!--a"), "{a}" },
	{ STR_INIT("<!--a-"), "{a}" },
	{ STR_INIT("<!--a--"), "{a}" },
	{ STR_INIT("<!--a--!"), "{a}" },
	{ STR_INIT("<!--"), "{}" },
	{ STR_INIT("<!--\0-->"), "{" FFFD "}" },
	{ STR_INIT("<!-a-->b"), "{-a--}|T:b" },
	{ STR_INIT("<!a>b"), "{a}|T:b" },
	{ STR_INIT("<!>b"), "{}|T:b" },
	{ STR_INIT("<!"), "{}" },
	{ STR_INIT("<?php echo '>' ?>"), "{?php echo '}|T:' ?>" },
	{ STR_INIT("<?"), "{?}" },
	{ STR_INIT("<![CDATA[a]]>b"), "{[CDATA[a]]}|T:b" },
	{ STR_INIT("<!--<a b='-->"), "{<a b='}" },
	/* doctype */
	{ STR_INIT("<!DOCTYPE html>"), "!html" },
	{ STR_INIT("<!doctype HTML PUBLIC '-//x'>a"), "!html|T:a" },
	{ STR_INIT("<!DOCTYPE>"), "!" },
	{ STR_INIT("<!DOCTYPEhtml>"), "!html" },
	{ STR_INIT("<!DOCTYPE html SYSTEM '>'>"), "!html|T:'>" },
	{ STR_INIT("<!DOCTYPE html"), "!html" },
	/* RCDATA and RAWTEXT */
	{ STR_INIT("<title><b>&amp;</title>x"), "<title>|R:<b>&|</title>|T:x" },
	{ STR_INIT("<textarea></textarea >"), "<textarea>|</textarea>" },
	{ STR_INIT("<textarea></textareax></textarea>"), "<textarea>|R:</textareax>|</textarea>" },
	{ STR_INIT("<textarea></TEXTAREA/>x"), "<textarea>|</textarea>|T:x" },
	{ STR_INIT("<textarea><!--</textarea>-->"), "<textarea>|R:<!--|</textarea>|T:-->" },
	{ STR_INIT("<title>a"), "<title>|R:a" },
	{ STR_INIT("<title>\0"), "<title>|R:" FFFD },
	{ STR_INIT("<title></title"), "<title>|R:</title" },
	{ STR_INIT("<style>a>b{}&amp;</style>"), "<style>|W:a>b{}&amp;|</style>" },
	{ STR_INIT("<style><!--</style>--></style>"), "<style>|W:<!--|</style>|T:-->|</style>" },
	{ STR_INIT("<xmp><b></xmp><iframe><b></iframe>"),
	  "<xmp>|W:<b>|</xmp>|<iframe>|W:<b>|</iframe>" },
	{ STR_INIT("<noembed><b></noembed><noframes><b></noframes>"),
	  "<noembed>|W:<b>|</noembed>|<noframes>|W:<b>|</noframes>" },
	{ STR_INIT("<noscript><b></noscript>"), "<noscript>|<b>|</noscript>" },
	{ STR_INIT("<plaintext></plaintext><b>&amp;"), "<plaintext>|P:</plaintext><b>&amp;" },
	{ STR_INIT("<title/>a</title>"), "<title/>|R:a|</title>" },
	/* scripts */
	{ STR_INIT("<script>a<b&amp;</script>x"), "<script>|S:a<b&amp;|</script>|T:x" },
	{ STR_INIT("<script>'</scripty>'</script>"), "<script>|S:'</scripty>'|</script>" },
	{ STR_INIT("<script>'</SCRIPT >'"), "<script>|S:'|</script>|T:'" },
	{ STR_INIT("<script><!--</script>--></script>"),
	  "<script>|S:<!--|</script>|T:-->|</script>" },
	{ STR_INIT("<script><!--<script></script>--></script>x"),
	  "<script>|S:<!--<script></script>-->|</script>|T:x" },
	{ STR_INIT("<script><!--<script>--></script>x"),
	  "<script>|S:<!--<script>-->|</script>|T:x" },
	{ STR_INIT("<script><!--<scripty></script>x"), "<script>|S:<!--<scripty>|</script>|T:x" },
	{ STR_INIT("<script><!--<script></script></script>x"),
	  "<script>|S:<!--<script></script>|</script>|T:x" },
	{ STR_INIT("<script><!--><script></script>x"), "<script>|S:<!--><script>|</script>|T:x" },
	{ STR_INIT("<script><script></script>x"), "<script>|S:<script>|</script>|T:x" },
	{ STR_INIT("<script><!-<script></script>x"), "<script>|S:<!-<script>|</script>|T:x" },
	{ STR_INIT("<script><!--<script </script>x"), "<script>|S:<!--<script </script>x" },
	{ STR_INIT("<script>a"), "<script>|S:a" },
	{ STR_INIT("<script/>a</script>"), "<script/>|S:a|</script>" },
	{ STR_INIT("<script>\0</script>"), "<script>|S:" FFFD "|</script>" },
	/* foreign content */
	{ STR_INIT("<svg><![CDATA[<a>&amp;]]>x"), "<svg>|C:<a>&amp;|T:x" },
	{ STR_INIT("<svg><![CDATA[a"), "<svg>|C:a" },
	{ STR_INIT("<svg><style><a></style>"), "<svg>|<style>|<a>|</style>" },
	{ STR_INIT("<svg><title><b>x"), "<svg>|<title>|<b>|T:x" },
	{ STR_INIT("<svg><script>&lt;</script>"), "<svg>|<script>|T:<|</script>" },
	{ STR_INIT("<svg/><style><a></style>"), "<svg/>|<style>|W:<a>|</style>" },
	{ STR_INIT("<svg></svg><style><a></style>"), "<svg>|</svg>|<style>|W:<a>|</style>" },
	{ STR_INIT("<svg><p><style><a></style>"), "<svg>|<p>|<style>|W:<a>|</style>" },
	{ STR_INIT("<svg><g><style><a></style>"), "<svg>|<g>|<style>|<a>|</style>" },
	{ STR_INIT("<svg><foreignObject><style><a></style></foreignObject><style><a>"),
	  "<svg>|<foreignobject>|<style>|W:<a>|</style>|</foreignobject>|<style>|<a>" },
	{ STR_INIT("<svg><desc></svg><style><a>"), "<svg>|<desc>|</svg>|<style>|W:<a>" },
	{ STR_INIT("<math><style><a></style>"), "<math>|<style>|<a>|</style>" },
	{ STR_INIT("<math><mi><style><a></style>"), "<math>|<mi>|<style>|W:<a>|</style>" },
	{ STR_INIT("<math><annotation-xml encoding='text/HTML'><style><a></style>"),
	  "<math>|<annotation-xml encoding=\"text/HTML\">|<style>|W:<a>|</style>" },
	{ STR_INIT("<math><annotation-xml><style><a></style>"),
	  "<math>|<annotation-xml>|<style>|<a>|</style>" },
	{ STR_INIT("<svg><font><style><a>"), "<svg>|<font>|<style>|<a>" },
	{ STR_INIT("<svg><font color=red><style><a>"), "<svg>|<font color=\"red\">|<style>|W:<a>" },
	{ STR_INIT("<svg></p><style><a>"), "<svg>|</p>|<style>|W:<a>" },
};

static void as_the_standard_says(void **state)
{
	(void)state;
	assert_true(ARRAY_SIZE(cases) >= (size_t)150);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT(MIB);

		html_tokenize(cases[i].in, NULL, dump, &b);
		if (!str_eq(buf_view(&b), str_c(cases[i].want)))
			fail_msg("<<%.*s>> gave <<%.*s>>, want <<%s>>", STR_ARG(cases[i].in),
				 STR_ARG(buf_view(&b)), cases[i].want);
	}
}

/* Tokens lie in order, inside the input, and their parts inside them. */
static int check_positions(void *ctx, const struct html_token *t)
{
	size_t *last = ctx;

	assert_true(t->at >= *last && t->end > t->at);
	if (t->kind == HTML_START_TAG || t->kind == HTML_END_TAG) {
		assert_true(t->name_at > t->at && t->name_end <= t->end);
		size_t at = t->name_end;

		for (size_t i = 0; i < t->nattrs; i++) {
			const struct html_attr *a = &t->attrs[i];

			assert_true(a->name_at >= at && a->name_end > a->name_at);
			assert_true(a->value_at >= a->name_end && a->value_end >= a->value_at);
			assert_true(a->value_end <= t->end);
			at = a->value_end;
		}
	}
	*last = t->end;
	return 0;
}

static void positions_point_into_the_input(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t last = 0;

		html_tokenize(cases[i].in, NULL, check_positions, &last);
		assert_true(last <= cases[i].in.len);
	}
	static const char page[] = "<p>a<a HREF = \"x&amp;y\" b='c' d=e f>";
	size_t at[64];
	struct html_context c[64];

	for (size_t i = 0; i < sizeof(page) - 1; i++)
		at[i] = i;
	html_locate(str_c(page), at, sizeof(page) - 1, c);
	size_t x = (size_t)(strstr(page, "x&amp") - page);

	assert_int_equal(c[x].place, HTML_IN_ATTR_VALUE);
	assert_int_equal(c[x].quote, HTML_DOUBLE);
	assert_string_equal(c[x].attr, "href");
	assert_string_equal(c[x].tag, "a");
	assert_int_equal(c[x].value_end - c[x].value_at, strlen("x&amp;y"));
	assert_int_equal(c[strstr(page, "HREF") - page].place, HTML_IN_ATTR_NAME);
	assert_int_equal(c[strstr(page, "c'") - page].quote, HTML_SINGLE);
	assert_int_equal(c[strstr(page, "e f") - page].quote, HTML_UNQUOTED);
	assert_int_equal(c[3].place, HTML_IN_TEXT);
	assert_int_equal(c[5].place, HTML_IN_TAG_NAME);
}

static void contexts_of_a_marker(void **state)
{
	(void)state;
	static const struct {
		const char *page;
		enum html_place place;
		enum html_text_mode mode;
		enum html_quote quote;
		const char *tag;
	} v[] = {
		{ "<p>@</p>", HTML_IN_TEXT, HTML_DATA, 0, "" },
		{ "<title>@</title>", HTML_IN_TEXT, HTML_RCDATA, 0, "title" },
		{ "<script>var a='@'</script>", HTML_IN_TEXT, HTML_SCRIPT, 0, "script" },
		{ "<style>@</style>", HTML_IN_TEXT, HTML_RAWTEXT, 0, "style" },
		{ "<!-- @ -->", HTML_IN_COMMENT, 0, 0, "" },
		{ "<a href='@'>", HTML_IN_ATTR_VALUE, 0, HTML_SINGLE, "a" },
		{ "<a href=@>", HTML_IN_ATTR_VALUE, 0, HTML_UNQUOTED, "a" },
		{ "<a @>", HTML_IN_ATTR_NAME, 0, 0, "a" },
		{ "<@>", HTML_IN_TEXT, 0, 0, "" },
		{ "<x@>", HTML_IN_TAG_NAME, 0, 0, "x@" },
		{ "<!DOCTYPE @>", HTML_IN_DOCTYPE, 0, 0, "" },
		{ "<a b='@", HTML_IN_ATTR_VALUE, 0, HTML_SINGLE, "a" },
		{ "@", HTML_IN_TEXT, HTML_DATA, 0, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		size_t at = (size_t)(strchr(v[i].page, '@') - v[i].page);
		struct html_context c;

		html_locate(str_c(v[i].page), &at, 1, &c);
		if (c.place != v[i].place || c.mode != v[i].mode || c.quote != v[i].quote ||
		    strcmp(c.tag, v[i].tag) != 0)
			fail_msg("%s: place %d mode %d quote %d tag %s", v[i].page, c.place, c.mode,
				 c.quote, c.tag);
	}
}

static int count_attrs(void *ctx, const struct html_token *t)
{
	*(size_t *)ctx = t->nattrs;
	assert_true(t->attrs_dropped);
	return 0;
}

static int deepest(void *ctx, const struct html_token *t)
{
	unsigned *d = ctx;

	if (t->depth > *d)
		*d = t->depth;
	return 0;
}

static int nothing(void *ctx, const struct html_token *t)
{
	return 0;
}

static int64_t cost_ms(struct str in)
{
	int64_t from = clock_mono_ms(&clock_system);

	html_tokenize(in, NULL, nothing, NULL);
	return clock_mono_ms(&clock_system) - from;
}

/* Five megabytes of each: all within the same bounded time. */
static void linear_on_hostile_input(void **state)
{
	(void)state;
	static const char *const units[] = {
		"<a ",
		"<!--",
		"<",
		"</",
		"<a b='",
		"&",
		"&amp",
		"&#x",
		"<script><!--",
		"<script>",
		"<title></titl",
		"<svg><![CDATA[",
		"--",
		"<a b=c ",
		"<div>",
		"<svg>",
		"&CounterClockwiseContourIntegra",
		"<!DOCTYPE ",
		"<?",
		"<!-",
		"</script",
		"<textarea>",
		"\0",
		"\r",
		"<a a b c d e f g h i j k l m>",
		"<svg><desc>",
		"<A B=&lt;>",
		"-->",
		"<!--->",
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT(6 * MIB);
		size_t n = strlen(units[i]) ? strlen(units[i]) : 1;

		while (b.len < MIB)
			buf_add(&b, units[i], n);
		int64_t ms = cost_ms(buf_view(&b));

		if (ms > 1000)
			fail_msg("%s: %d ms for a megabyte", units[i], (int)ms);
	}
	_cleanup_buf_ struct buf five = BUF_INIT(6 * MIB);

	while (five.len < 5 * MIB)
		buf_c(&five, "<a ");
	assert_true(cost_ms(buf_view(&five)) < 3000);
	buf_clear(&five);
	while (five.len < 5 * MIB)
		buf_c(&five, "<!--");
	assert_true(cost_ms(buf_view(&five)) < 3000);
}

static void caps_hold(void **state)
{
	(void)state;
	_cleanup_buf_ struct buf b = BUF_INIT(MIB);
	size_t attrs = 0;
	unsigned depth = 0;

	buf_c(&b, "<a");
	for (int i = 0; i < 20000; i++)
		buf_printf(&b, " a%d=1", i);
	buf_c(&b, ">");
	html_tokenize(buf_view(&b), NULL, count_attrs, &attrs);
	assert_int_equal(attrs, LIMIT_HTML_ATTRS);
	buf_clear(&b);
	for (int i = 0; i < 10000; i++)
		buf_c(&b, "<div>");
	html_tokenize(buf_view(&b), NULL, deepest, &depth);
	assert_int_equal(depth, LIMIT_HTML_DEPTH);
}

static int stop_at_second(void *ctx, const struct html_token *t)
{
	return ++*(int *)ctx == 2 ? 7 : 0;
}

static void options_and_stopping(void **state)
{
	(void)state;
	_cleanup_buf_ struct buf b = BUF_INIT(MIB);
	int n = 0;

	html_tokenize(STR("<noscript><b></noscript>"), &(struct html_options){ .scripting = true },
		      dump, &b);
	assert_str_c(buf_view(&b), "<noscript>|W:<b>|</noscript>");
	buf_clear(&b);
	html_tokenize(STR("<b></title>x"), &(struct html_options){ .context = STR_INIT("title") },
		      dump, &b);
	assert_str_c(buf_view(&b), "R:<b>|</title>|T:x");
	assert_int_equal(html_tokenize(STR("a<b>c<d>"), NULL, stop_at_second, &n), 7);
	assert_int_equal(n, 2);
	buf_clear(&b);
	html_decode(&b, STR("&lt;x&copy=1"), true);
	assert_str_c(buf_view(&b), "<x&copy=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_standard_says),
		cmocka_unit_test(positions_point_into_the_input),
		cmocka_unit_test(contexts_of_a_marker),
		cmocka_unit_test(linear_on_hostile_input),
		cmocka_unit_test(caps_hold),
		cmocka_unit_test(options_and_stopping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
