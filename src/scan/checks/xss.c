/* Contexts of HTML and JavaScript, inputs that leave them, and proofs. A proof is read from
 * the parsed answer: the element must be one, outside comments, raw text and templates;
 * the code must be code in a script that browsers run. */
#include "scan/checks/xss.h"

#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "net/url.h"
#include "scan/csp.h"
#include "scan/page.h"
#include "scan/script.h"

size_t xss_places(const struct scan_exchange *x, struct str word, size_t *at)
{
	size_t n = 0, from = 0;
	while (n < XSS_PLACES) {
		ssize_t hit = str_ifind(str_from(x->text, from), word);
		if (hit < 0)
			break;
		at[n++] = from + (size_t)hit;
		from += (size_t)hit + word.len;
	}
	return n;
}

bool xss_same_context(const struct html_context *a, const struct html_context *b)
{
	return a->place == b->place && a->mode == b->mode && a->quote == b->quote && strcmp(a->tag, b->tag) == 0 &&
	       strcmp(a->attr, b->attr) == 0;
}

/* ---- what browsers run ---- */

/* A script element whose content is JavaScript. */
static bool runs_as_script(const struct scan_tag *t)
{
	static const char *const types[] = { "", "module", "text/javascript", "application/javascript",
					     "application/x-javascript", "text/ecmascript", "application/ecmascript",
					     "text/jscript", "text/javascript1.5" };
	struct str type = scan_tag_attr(t, "type");
	if (!str_eq(t->name, STR("script")) || t->in_template || scan_tag_attr(t, "src").ptr)
		return false;
	if (!type.ptr)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_ieq(str_trim(type), str_c(types[i])))
			return true;
	return false;
}

/* Attributes whose address is run when it is followed or shown. */
static bool runs_address(struct str tag, struct str attr)
{
	static const struct {
		const char *tag, *attr;
	} pairs[] = { { "a", "href" },	      { "area", "href" },   { "iframe", "src" },   { "frame", "src" },
		      { "form", "action" },   { "button", "formaction" }, { "input", "formaction" },
		      { "object", "data" },   { "embed", "src" },   { "a", "xlink:href" } };
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (str_eq(tag, str_c(pairs[i].tag)) && str_eq(attr, str_c(pairs[i].attr)))
			return true;
	return false;
}

/* "javascript:" as browsers read it: blanks in front, tabs and line ends anywhere. */
static bool javascript_address(struct str v)
{
	static const char want[] = "javascript:";
	size_t n = 0, i = 0;
	while (i < v.len && (unsigned char)v.ptr[i] <= ' ')
		i++;
	for (; i < v.len && n < sizeof(want) - 1; i++) {
		if (v.ptr[i] == '\t' || v.ptr[i] == '\n' || v.ptr[i] == '\r')
			continue;
		if (ascii_lower(v.ptr[i]) != want[n])
			return false;
		n++;
	}
	return n == sizeof(want) - 1;
}

/* The word stands as a call, outside strings and comments, in code that can be read to the end. */
static bool code_in(struct str js, struct str word)
{
	size_t from = 0;
	ssize_t at;
	while ((at = str_find(str_from(js, from), word)) >= 0) {
		size_t here = from + (size_t)at, behind = here + word.len;
		/* "word()" is what was sent: a page that puts a name before its own brackets calls nothing of ours */
		bool call = str_starts(str_from(js, behind), STR("()")) || (behind < js.len && js.ptr[behind] == '`');
		if (call && script_state_at(js, here) == SCRIPT_CODE && script_balanced(js))
			return true;
		from = behind;
	}
	return false;
}

static struct str near_word(struct str text, struct str word)
{
	ssize_t at = str_ifind(text, word);
	return at < 0 ? text : str_sub(text, at > 30 ? (size_t)at - 30 : 0, (size_t)at + word.len + 30);
}

static bool page_has(struct arena *a, const struct scan_page *page, enum xss_kind kind, struct str word,
		     struct str text, struct str *ret);

/* Markup inside srcdoc, unless the frame may not run scripts. */
static bool frame_has(struct arena *a, const struct scan_tag *t, struct str word)
{
	struct str doc = scan_tag_attr(t, "srcdoc"), box = scan_tag_attr(t, "sandbox"), proof;
	struct url base;
	if (!str_eq(t->name, STR("iframe")) || str_empty(doc) || (box.ptr && !str_ihas(box, STR("allow-scripts"))))
		return false;
	if (!str_ihas(doc, word) || url_parse(a, STR("http://frame.invalid/"), NULL, 0, &base, NULL) < 0)
		return false;
	return page_has(a, page_parse(a, doc, &base), XSS_TAG, word, doc, &proof);
}

static bool proves(struct arena *a, const struct scan_tag *t, enum xss_kind kind, struct str word)
{
	bool dead = t->in_template || t->in_noscript;
	if (kind == XSS_TAG && str_ieq(t->name, word) && !dead)
		for (size_t i = 0; i < t->attrs_len; i++)
			if (str_eq(t->attrs[i].name, STR("onclick")))
				return true;
	if (kind == XSS_FRAME && !dead && frame_has(a, t, word))
		return true;
	for (size_t i = 0; i < t->attrs_len && !dead; i++) {
		const struct scan_attr *at = &t->attrs[i];
		bool handler = str_starts(at->name, STR("on")) && at->name.len > 4;
		if (kind == XSS_HANDLER && handler && str_istarts(at->value, word))
			return true;
		if (kind == XSS_URL && runs_address(t->name, at->name) && javascript_address(at->value) &&
		    str_has(at->value, word))
			return true;
		if (kind == XSS_CODE && handler && code_in(at->value, word))
			return true;
		if (kind == XSS_CODE && runs_address(t->name, at->name) && javascript_address(at->value) &&
		    code_in(str_from(at->value, (size_t)str_chr(at->value, ':') + 1), word))
			return true;
	}
	return false;
}

static bool page_has(struct arena *a, const struct scan_page *page, enum xss_kind kind, struct str word,
		     struct str text, struct str *ret)
{
	for (size_t i = 0; page && i < page->tags_len; i++) {
		const struct scan_tag *t = &page->tags[i];
		if (kind == XSS_CODE && runs_as_script(t) && !t->in_noscript && code_in(t->inner, word)) {
			*ret = near_word(t->inner, word);
			return true;
		}
		if (proves(a, t, kind, word)) {
			*ret = str_sub(text, t->at, t->end);
			if (ret->len > 400)
				*ret = near_word(*ret, word);
			return true;
		}
	}
	return false;
}

struct str xss_proof(struct arena *a, const struct scan_exchange *x, enum xss_kind kind, struct str word)
{
	struct str proof;
	struct url base;
	const struct scan_page *page = x->page;
	if (!page && x->media == MEDIA_XML && str_ihas(x->text, word) && url_parse(a, x->url, NULL, 0, &base, NULL) == 0)
		page = page_parse(a, x->text, &base);
	return page_has(a, page, kind, word, x->text, &proof) ? proof : STR_NULL;
}

bool xss_is_page(const struct scan_exchange *x)
{
	struct str disposition = scan_header_get(&x->headers, "content-disposition");
	struct str nosniff = str_trim(scan_header_get(&x->headers, "x-content-type-options"));
	if ((x->media != MEDIA_HTML && x->media != MEDIA_XML) || (x->status >= 300 && x->status < 400) || x->status == 204)
		return false; /* nobody sees the body of a redirect */
	if (!x->mime_declared && str_ieq(nosniff, STR("nosniff")))
		return false;
	return !str_istarts(str_trim(disposition), STR("attachment"));
}

/* ---- inputs ---- */

struct list {
	struct xss_attempt *ptr;
	size_t len, max;
	const char *gone;
};

static void add_as(struct list *l, enum xss_kind kind, enum xss_wire wire, const char *needs, const char *text)
{
	for (const char *c = needs; wire == XSS_PLAIN && *c; c++)
		if (strchr(l->gone, *c))
			return;
	if (l->len < l->max)
		l->ptr[l->len++] = (struct xss_attempt){ kind, wire, text, needs };
}

static void add(struct list *l, enum xss_kind kind, const char *needs, const char *text)
{
	add_as(l, kind, XSS_PLAIN, needs, text);
}

static const char *cat(struct arena *a, const char *x, const char *y)
{
	return arena_printf(a, "%s%s", x, y).ptr;
}

/* An element behind `out`, which ends what the word stands in. */
static void add_elements(struct list *l, struct arena *a, const char *out, const char *needs, enum scan_mode mode)
{
	const char *n = cat(a, needs, "<");
	add(l, XSS_TAG, n, cat(a, out, "<@ onclick=1>"));
	if (mode == SCAN_QUICK)
		return;
	add(l, XSS_HANDLER, n, cat(a, out, "<img src=x onerror=@>"));
	add(l, XSS_HANDLER, n, cat(a, out, "<svg/onload=@>"));
	add(l, XSS_CODE, n, cat(a, out, "<ScRiPt>@()</ScRiPt>"));
	add(l, XSS_CODE, n, cat(a, out, "<scr<script>ipt>@()</scr</script>ipt>"));
	add(l, XSS_HANDLER, n, cat(a, out, "<iMg\nsRc=x\noNeRrOr\n=@\nx="));
	add(l, XSS_URL, n, cat(a, out, "<a href=javascript:@()>x</a>"));
	add_as(l, XSS_TAG, XSS_TWICE, n, cat(a, out, "<@ onclick=1>"));
	add_as(l, XSS_TAG, XSS_ENTITY, n, cat(a, out, "<@ onclick=1>"));
	if (mode == SCAN_DEEP)
		add_as(l, XSS_TAG, XSS_WIDE, n, cat(a, out, "<@ onclick=1>"));
}

static bool multibyte(const struct scan_exchange *x)
{
	return str_istarts(x->charset, STR("gb")) || str_istarts(x->charset, STR("big5")) ||
	       str_istarts(x->charset, STR("shift"));
}

/* Inputs for a byte of JavaScript. `wide`: a lead byte that swallows an escaping backslash. */
static void add_code(struct list *l, enum script_state s, bool wide)
{
	switch (s) {
	case SCRIPT_SINGLE:
		add(l, XSS_CODE, "'", "'-@()-'");
		add(l, XSS_CODE, "", "\\'-@()//");
		add(l, XSS_CODE, "'", "'-@``-'");
		if (wide)
			add(l, XSS_CODE, "", "\xdf'-@()//");
		break;
	case SCRIPT_DOUBLE:
		add(l, XSS_CODE, "\"", "\"-@()-\"");
		add(l, XSS_CODE, "", "\\\"-@()//");
		add(l, XSS_CODE, "\"", "\"-@``-\"");
		if (wide)
			add(l, XSS_CODE, "", "\xdf\"-@()//");
		break;
	case SCRIPT_TEMPLATE:
		add(l, XSS_CODE, "", "${@()}");
		add(l, XSS_CODE, "`", "`-@()-`");
		break;
	case SCRIPT_CODE:
		add(l, XSS_CODE, "", "@()");
		add(l, XSS_CODE, "`", "@``");
		break;
	case SCRIPT_BLOCK_COMMENT:
		add(l, XSS_CODE, "", "*/@()/*");
		break;
	case SCRIPT_LINE_COMMENT:
		add(l, XSS_CODE, "", "\n@()//");
		break;
	case SCRIPT_REGEX:
		add(l, XSS_CODE, "", "/-@()-/");
		break;
	}
}

static const struct scan_tag *tag_before(const struct scan_exchange *x, size_t at)
{
	const struct scan_tag *last = NULL;
	for (size_t i = 0; x->page && i < x->page->tags_len && x->page->tags[i].at <= at; i++)
		last = &x->page->tags[i];
	return last;
}

static void in_text(struct list *l, struct arena *a, const struct scan_exchange *x, const struct html_context *c,
		    size_t at, enum scan_mode mode)
{
	const struct scan_tag *t = tag_before(x, at);
	if (c->mode == HTML_SCRIPT) {
		struct str js = str_sub(x->text, c->value_at, c->value_end);
		if (t && runs_as_script(t))
			add_code(l, script_state_at(js, at - c->value_at), multibyte(x));
		add_elements(l, a, "</script>", "<", mode);
	} else if (c->mode == HTML_RCDATA || c->mode == HTML_RAWTEXT) {
		add_elements(l, a, arena_printf(a, "</%s>", c->tag).ptr, "<", mode);
	} else if (c->mode == HTML_CDATA) {
		add_elements(l, a, "]]>", ">", mode);
	} else if (c->mode == HTML_DATA && t && (t->in_noscript || str_eq(t->name, STR("noscript")))) {
		add_elements(l, a, "</noscript>", "<", mode);
	} else if (c->mode == HTML_DATA && t && (t->in_template || str_eq(t->name, STR("template")))) {
		add_elements(l, a, "</template>", "<", mode);
	} else if (c->mode == HTML_DATA) {
		add_elements(l, a, "", "", mode);
	}
}

static void in_value(struct list *l, struct arena *a, const struct scan_exchange *x, const struct html_context *c,
		     size_t at, enum scan_mode mode)
{
	const char *q = c->quote == HTML_DOUBLE ? "\"" : c->quote == HTML_SINGLE ? "'" : "";
	struct str raw = str_sub(x->text, c->value_at, c->value_end);
	if (str_istarts(str_c(c->attr), STR("on"))) {
		/* References are decoded before the code is read, so quotes need not come through raw. */
		struct buf js;
		buf_init(&js, 256 * KIB);
		html_decode(&js, str_sub(raw, 0, at - c->value_at), true);
		enum script_state s = script_state_at(buf_view(&js), js.len);
		struct list any = { l->ptr, l->len, l->max, "" };
		add_code(&any, s, multibyte(x));
		l->len = any.len;
		buf_free(&js);
	}
	if (str_eq(str_c(c->attr), STR("srcdoc"))) {
		add_as(l, XSS_FRAME, XSS_PLAIN, "", "<@ onclick=1>");
		add_as(l, XSS_FRAME, XSS_ENTITY, "", "<@ onclick=1>");
	}
	if (runs_address(str_c(c->tag), str_c(c->attr))) {
		struct str before = str_sub(raw, 0, at - c->value_at);
		if (str_empty(str_trim(before))) {
			add(l, XSS_URL, "", "javascript:@()");
			if (mode != SCAN_QUICK) {
				add(l, XSS_URL, "", "JaVaScRiPt:@()");
				add(l, XSS_URL, "", "java\tscript:@()");
				add(l, XSS_URL, "", "javajavascript:script:@()");
				add(l, XSS_URL, "", "javas&#99;ript:@()//http://"); /* read past filters of words, with what an address must have */
			}
		} else if (javascript_address(before)) {
			ssize_t colon = str_chr(before, ':');
			add_code(l, script_state_at(str_from(before, (size_t)colon + 1), before.len - (size_t)colon - 1), false);
		}
	}
	if (!*q) {
		add(l, XSS_HANDLER, "", "x onmouseover=@ x=");
		add(l, XSS_HANDLER, "", "x\tonmouseover=@ x=");
		add(l, XSS_HANDLER, "", "x/onmouseover=@ x=");
	} else {
		add(l, XSS_HANDLER, q, arena_printf(a, "x%s onmouseover=@ x=%s", q, q).ptr);
		if (mode != SCAN_QUICK) {
			add(l, XSS_HANDLER, q, arena_printf(a, "x%s/OnMouseOver=@ x=%s", q, q).ptr);
			add(l, XSS_HANDLER, q, arena_printf(a, "x%s oonnmouseover=@ x=%s", q, q).ptr); /* for what takes "on" out */
			add_as(l, XSS_HANDLER, XSS_TWICE, q, arena_printf(a, "x%s onmouseover=@ x=%s", q, q).ptr);
		}
	}
	add_elements(l, a, arena_printf(a, "x%s>", q).ptr, cat(a, q, ">"), mode);
}

size_t xss_attempts(struct arena *a, const struct scan_exchange *x, const struct html_context *c, size_t at,
		    enum scan_mode mode, const char *gone, struct xss_attempt *list)
{
	struct list l = { list, 0, XSS_ATTEMPTS, gone };
	if (x->media == MEDIA_XML) { /* shown by browsers as a document: whole elements only, well-formed */
		if (c->place == HTML_IN_TEXT)
			add(&l, XSS_TAG, "<>", "<@ xmlns='http://www.w3.org/1999/xhtml' onclick='1'/>");
		if (c->place == HTML_IN_TEXT && c->mode == HTML_CDATA)
			add(&l, XSS_TAG, "<>", "]]><@ xmlns='http://www.w3.org/1999/xhtml' onclick='1'/><![CDATA[");
		return l.len;
	}
	switch (c->place) {
	case HTML_IN_TEXT:
		in_text(&l, a, x, c, at, mode);
		break;
	case HTML_IN_COMMENT:
		add_elements(&l, a, "-->", ">", mode);
		add(&l, XSS_TAG, "<>", "--!><@ onclick=1>");
		break;
	case HTML_IN_ATTR_VALUE:
		in_value(&l, a, x, c, at, mode);
		break;
	case HTML_IN_TAG_SPACE:
	case HTML_IN_ATTR_NAME:
	case HTML_IN_TAG_NAME:
		add(&l, XSS_HANDLER, "", "x onmouseover=@ x");
		add(&l, XSS_HANDLER, "", "onmouseover=@ x");
		add(&l, XSS_HANDLER, "", "x/onmouseover=@ x");
		add_elements(&l, a, "x>", ">", mode);
		break;
	case HTML_IN_DOCTYPE:
		add_elements(&l, a, ">", ">", mode);
		break;
	}
	return l.len;
}

/* ---- the input as it is sent ---- */

static void put_entities(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (strchr("<>\"'", s.ptr[i]))
			buf_printf(b, "&#%d;", s.ptr[i]);
		else
			buf_char(b, s.ptr[i]);
	}
}

static void put_wide(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned c = (unsigned char)s.ptr[i];
		if (strchr("<>\"'=", (char)c)) { /* U+FF01 … U+FF5E */
			unsigned u = 0xff00 + c - 0x20;
			buf_char(b, (char)(0xe0 | u >> 12));
			buf_char(b, (char)(0x80 | (u >> 6 & 0x3f)));
			buf_char(b, (char)(0x80 | (u & 0x3f)));
		} else {
			buf_char(b, (char)c);
		}
	}
}

struct str xss_input(struct arena *a, const struct xss_attempt *t, struct str word)
{
	struct buf b, out;
	buf_init(&b, 4 * KIB);
	buf_init(&out, 16 * KIB);
	for (const char *c = t->text; *c; c++) {
		if (*c == '@')
			buf_str(&b, word);
		else
			buf_char(&b, *c);
	}
	switch (t->wire) {
	case XSS_PLAIN:
		buf_str(&out, buf_view(&b));
		break;
	case XSS_TWICE:
		encode_percent(&out, buf_view(&b));
		break;
	case XSS_ENTITY:
		put_entities(&out, buf_view(&b));
		break;
	case XSS_BASE64:
		encode_base64(&out, buf_view(&b));
		break;
	case XSS_WIDE:
		put_wide(&out, buf_view(&b));
		break;
	}
	struct str r = arena_str(a, buf_view(&out));
	buf_free(&b);
	buf_free(&out);
	return r;
}

bool xss_judge(struct arena *a, const struct scan_exchange *x, struct scan_report *r)
{
	struct str why, bypass;
	enum csp_stops stops = csp_judge(x, &why, &bypass);
	if (stops == CSP_STOPS_SCRIPTS) {
		r->severity_set = true;
		r->severity = SEVERITY_LOW;
	} else if (stops == CSP_STOPS_INLINE && str_empty(bypass)) {
		r->severity_set = true;
		r->severity = SEVERITY_MEDIUM;
	}
	r->confidence_set = true;
	r->confidence = stops == CSP_STOPS_NOTHING || bypass.len ? CONFIDENCE_CERTAIN : CONFIDENCE_FIRM;
	if (stops == CSP_STOPS_NOTHING)
		return true;
	why = str_sub(why, 0, 120);
	if (bypass.len) {
		r->detail_zh = arena_printf(a, "内容安全策略禁止内联脚本，但允许从 %.*s 加载脚本，可借此绕过。", STR_ARG(bypass));
		r->detail_en = arena_printf(a, "The Content-Security-Policy stops inline script but allows scripts from %.*s, "
					       "which gets around it.", STR_ARG(bypass));
	} else {
		r->detail_zh = arena_printf(a, "内容安全策略（%.*s）会阻止现代浏览器执行注入的脚本；标签、表单和样式仍可被注入。",
					    STR_ARG(why));
		r->detail_en = arena_printf(a, "The Content-Security-Policy (%.*s) keeps modern browsers from running what is "
					       "injected; markup, forms and styles still can be.", STR_ARG(why));
	}
	return true;
}
