/* The tokenizer. Instead of the standard's character-by-character machine each construct is
 * scanned at once: text up to the next markup, a tag with its attributes, a comment. Every
 * construct either ends behind where it began or runs to the end of input, so the whole is
 * one pass. Bounded: attributes kept per tag, depth counted, foreign nesting remembered. */
#include "net/html.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/vec.h"
#include "net/html_private.h"

#define FOREIGN_MAX 64
#define SEEN_BITS 1024

enum foreign_kind { FOREIGN_SVG, FOREIGN_MATH, FOREIGN_HTML /* an integration point */ };

struct foreign {
	enum foreign_kind kind;
	char name[24];
};

/* An attribute while its tag is read: decoded parts lie at an offset in scratch. */
struct pending {
	struct html_attr attr;
	ssize_t name_scratch, value_scratch; /* -1: slice of the input */
};

struct tokenizer {
	struct str in;
	size_t at;
	html_callback *cb;
	void *ctx;
	bool scripting, give_cut_off;
	enum html_text_mode mode;
	char raw_name[16]; /* the element that RCDATA, RAWTEXT and script end with */
	unsigned depth;
	struct foreign foreign[FOREIGN_MAX];
	size_t nforeign;
	struct buf scratch;
	VEC(struct pending) attrs;
	VEC(struct html_attr) given;
	uint64_t seen[SEEN_BITS / 64];
	int stopped;
};

static bool space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static char peek(const struct tokenizer *t, size_t at)
{
	return at < t->in.len ? t->in.ptr[at] : '\0';
}

static bool one_of(struct str name, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(name, str_c(*list)))
			return true;
	return false;
}

static bool in_foreign(const struct tokenizer *t)
{
	return t->nforeign && t->foreign[t->nforeign - 1].kind != FOREIGN_HTML;
}

static void give(struct tokenizer *t, const struct html_token *token)
{
	if (!t->stopped)
		t->stopped = t->cb(t->ctx, token);
}

/* Text. */

static enum html_decode_kind decode_kind(enum html_text_mode mode)
{
	switch (mode) {
	case HTML_DATA:
		return HTML_DECODE_DATA;
	case HTML_RCDATA:
		return HTML_DECODE_RCDATA;
	case HTML_CDATA:
		return HTML_DECODE_CDATA;
	case HTML_RAWTEXT:
	case HTML_SCRIPT:
	case HTML_PLAINTEXT:
		break;
	}
	return HTML_DECODE_RAW;
}

static void give_text(struct tokenizer *t, size_t at, size_t end, size_t text_at, size_t text_end,
		      enum html_text_mode mode)
{
	struct html_token k = { .kind = HTML_TEXT, .at = at, .end = end, .name = STR("") };
	bool raw = mode == HTML_RCDATA || mode == HTML_RAWTEXT || mode == HTML_SCRIPT;

	if (text_at == text_end)
		return;
	k.mode = mode;
	k.element = raw ? str_c(t->raw_name) : STR("");
	k.text_at = text_at;
	k.text_end = text_end;
	k.text = str_sub(t->in, text_at, text_end);
	k.depth = t->depth;
	k.foreign = in_foreign(t);
	if (html_needs_decoding(k.text, decode_kind(mode))) {
		buf_clear(&t->scratch);
		html_decode_as(&t->scratch, k.text, decode_kind(mode));
		k.text = buf_view(&t->scratch);
	}
	give(t, &k);
}

/* Comments and their kin. */

static void give_comment(struct tokenizer *t, enum html_kind kind, size_t at, size_t from,
			 size_t to, size_t end)
{
	struct html_token k = {
		.kind = kind, .at = at, .end = end, .name = STR(""), .element = STR("")
	};

	k.text_at = from;
	k.text_end = to;
	k.text = str_sub(t->in, from, to);
	k.depth = t->depth;
	if (html_needs_decoding(k.text, HTML_DECODE_RAW)) {
		buf_clear(&t->scratch);
		html_decode_as(&t->scratch, k.text, HTML_DECODE_RAW);
		k.text = buf_view(&t->scratch);
	}
	t->at = end;
	give(t, &k);
}

/* Dashes (and a bang) that stood before the end of input are not data. */
static size_t cut_comment_tail(const struct tokenizer *t, size_t from)
{
	struct str s = str_from(t->in, from);

	if (str_ends(s, STR("--!")))
		return t->in.len - 3;
	if (str_ends(s, STR("--")))
		return t->in.len - 2;
	return str_ends(s, STR("-")) ? t->in.len - 1 : t->in.len;
}

static void comment(struct tokenizer *t)
{
	size_t at = t->at, from = at + 4, i = from;

	if (peek(t, from) == '>') {
		give_comment(t, HTML_COMMENT, at, from, from, from + 1);
		return;
	}
	if (peek(t, from) == '-' && peek(t, from + 1) == '>') {
		give_comment(t, HTML_COMMENT, at, from, from, from + 2);
		return;
	}
	while (i < t->in.len) {
		const char *dash = memchr(t->in.ptr + i, '-', t->in.len - i);

		if (!dash)
			break;
		i = (size_t)(dash - t->in.ptr);
		if (peek(t, i + 1) == '-' && peek(t, i + 2) == '>') {
			give_comment(t, HTML_COMMENT, at, from, i, i + 3);
			return;
		}
		if (peek(t, i + 1) == '-' && peek(t, i + 2) == '!' && peek(t, i + 3) == '>') {
			give_comment(t, HTML_COMMENT, at, from, i, i + 4);
			return;
		}
		i++;
	}
	size_t to = cut_comment_tail(t, from);

	give_comment(t, HTML_COMMENT, at, from, to < from ? from : to, t->in.len);
}

static void bogus_comment(struct tokenizer *t, size_t from)
{
	const char *gt = from < t->in.len ? memchr(t->in.ptr + from, '>', t->in.len - from) : NULL;
	size_t to = gt ? (size_t)(gt - t->in.ptr) : t->in.len;

	if (from > t->in.len)
		from = t->in.len;
	give_comment(t, HTML_COMMENT, t->at, from, to, gt ? to + 1 : to);
}

static void doctype(struct tokenizer *t)
{
	size_t at = t->at, from = at + 9, name_at, name_end;
	const char *gt = from < t->in.len ? memchr(t->in.ptr + from, '>', t->in.len - from) : NULL;
	size_t to = gt ? (size_t)(gt - t->in.ptr) : t->in.len;
	struct html_token k = {
		.kind = HTML_DOCTYPE, .at = at, .element = STR(""), .depth = t->depth
	};

	for (name_at = from; name_at < to && space(t->in.ptr[name_at]);)
		name_at++;
	for (name_end = name_at; name_end < to && !space(t->in.ptr[name_end]);)
		name_end++;
	buf_clear(&t->scratch);
	for (size_t i = name_at; i < name_end; i++)
		buf_char(&t->scratch, ascii_lower(t->in.ptr[i]));
	k.name = buf_view(&t->scratch);
	k.name_at = name_at;
	k.name_end = name_end;
	k.text_at = from;
	k.text_end = to;
	k.text = str_sub(t->in, from, to);
	k.end = gt ? to + 1 : to;
	t->at = k.end;
	give(t, &k);
}

static void cdata(struct tokenizer *t)
{
	size_t at = t->at, from = at + 9;
	ssize_t found = str_find(str_from(t->in, from), STR("]]>"));
	size_t to = found < 0 ? t->in.len : from + (size_t)found;

	t->at = found < 0 ? to : to + 3;
	give_text(t, at, t->at, from, to, HTML_CDATA);
}

static void markup_declaration(struct tokenizer *t)
{
	struct str rest = str_from(t->in, t->at);

	if (str_starts(rest, STR("<!--")))
		comment(t);
	else if (str_istarts(rest, STR("<!doctype")))
		doctype(t);
	else if (in_foreign(t) && str_starts(rest, STR("<![CDATA[")))
		cdata(t);
	else
		bogus_comment(t, t->at + 2);
}

/* Tags. */

static bool needs_lowering(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') || s.ptr[i] == '\0')
			return true;
	return false;
}

/* Lower case into scratch; offset, or -1 when s is as it should be. */
static ssize_t lower(struct tokenizer *t, struct str s)
{
	if (!needs_lowering(s))
		return -1;
	size_t at = t->scratch.len;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\0')
			buf_c(&t->scratch, "\xef\xbf\xbd");
		else
			buf_char(&t->scratch, ascii_lower(s.ptr[i]));
	}
	buf_char(&t->scratch, '\0');
	return (ssize_t)at;
}

static struct str scratch_str(const struct tokenizer *t, ssize_t at, struct str otherwise)
{
	return at < 0 ? otherwise : str_c(t->scratch.ptr + at);
}

static struct str name_of(const struct tokenizer *t, const struct pending *p)
{
	return scratch_str(t, p->name_scratch, p->attr.name);
}

/* The attribute just named, unless it repeats one or there are too many: then NULL. */
static struct pending *add_attr(struct tokenizer *t, size_t from, size_t to, bool *dropped)
{
	size_t scratch = t->scratch.len;
	struct pending p = { .attr = { .name_at = from, .name_end = to }, .value_scratch = -1 };

	if (t->attrs.len >= LIMIT_HTML_ATTRS) {
		*dropped = true;
		return NULL;
	}
	p.attr.name = str_sub(t->in, from, to);
	p.attr.value = STR("");
	p.attr.value_at = p.attr.value_end = to;
	p.name_scratch = lower(t, p.attr.name);
	struct str name = name_of(t, &p);
	size_t bit = str_hash(name) % SEEN_BITS;

	if (t->seen[bit / 64] & (uint64_t)1 << (bit % 64)) {
		for (size_t i = 0; i < t->attrs.len; i++) {
			if (!str_eq(name_of(t, &t->attrs.ptr[i]), name))
				continue;
			t->scratch.len = scratch;
			return NULL;
		}
	}
	t->seen[bit / 64] |= (uint64_t)1 << (bit % 64);
	*vec_push(&t->attrs) = p;
	return &t->attrs.ptr[t->attrs.len - 1];
}

static void set_value(struct tokenizer *t, struct pending *p, size_t from, size_t to,
		      enum html_quote quote)
{
	if (!p)
		return;
	p->attr.quote = quote;
	p->attr.value_at = from;
	p->attr.value_end = to;
	p->attr.value = str_sub(t->in, from, to);
	if (html_needs_decoding(p->attr.value, HTML_DECODE_ATTR)) {
		size_t at = t->scratch.len;

		p->value_scratch = (ssize_t)at;
		html_decode_as(&t->scratch, p->attr.value, HTML_DECODE_ATTR);
		/* The length is kept as the slice's; the pointer is set when all is read. */
		p->attr.value.len = t->scratch.len - at;
		buf_char(&t->scratch, '\0');
	}
}

/* t->at stands at the first byte of the value. False: end of input. */
static bool read_value(struct tokenizer *t, struct pending *p)
{
	char q = peek(t, t->at);

	if (q == '"' || q == '\'') {
		size_t from = t->at + 1;
		const char *end = from < t->in.len ? memchr(t->in.ptr + from, q, t->in.len - from)
						   : NULL;
		size_t to = end ? (size_t)(end - t->in.ptr) : t->in.len;

		set_value(t, p, from > to ? to : from, to, q == '"' ? HTML_DOUBLE : HTML_SINGLE);
		t->at = end ? to + 1 : to;
		return end != NULL;
	}
	size_t from = t->at;

	while (t->at < t->in.len && !space(t->in.ptr[t->at]) && t->in.ptr[t->at] != '>')
		t->at++;
	set_value(t, p, from, t->at, HTML_UNQUOTED);
	return t->at < t->in.len;
}

static void skip_space(struct tokenizer *t)
{
	while (t->at < t->in.len && space(t->in.ptr[t->at]))
		t->at++;
}

/* One attribute; t->at stands at its first byte. False: end of input. */
static bool read_attr(struct tokenizer *t, bool *dropped)
{
	size_t from = t->at;

	t->at++; /* a leading '=' belongs to the name */
	while (t->at < t->in.len && !space(t->in.ptr[t->at]) && t->in.ptr[t->at] != '/' &&
	       t->in.ptr[t->at] != '>' && t->in.ptr[t->at] != '=')
		t->at++;
	struct pending *p = add_attr(t, from, t->at, dropped);

	skip_space(t);
	if (peek(t, t->at) != '=' || t->at >= t->in.len)
		return t->at < t->in.len;
	t->at++;
	skip_space(t);
	if (t->at >= t->in.len)
		return false;
	if (t->in.ptr[t->at] == '>') {
		set_value(t, p, t->at, t->at, HTML_UNQUOTED);
		return true;
	}
	return read_value(t, p);
}

/* Attributes up to and with '>'. False: end of input. */
static bool read_attrs(struct tokenizer *t, struct html_token *k)
{
	for (;;) {
		skip_space(t);
		if (t->at >= t->in.len)
			return false;
		char c = t->in.ptr[t->at];

		if (c == '>') {
			t->at++;
			return true;
		}
		if (c == '/') {
			t->at++;
			if (peek(t, t->at) == '>' && t->at < t->in.len) {
				k->self_closing = true;
				t->at++;
				return true;
			}
			continue;
		}
		if (!read_attr(t, &k->attrs_dropped))
			return false;
	}
}

static void settle_attrs(struct tokenizer *t, struct html_token *k)
{
	vec_clear(&t->given);
	for (size_t i = 0; i < t->attrs.len; i++) {
		struct pending *p = &t->attrs.ptr[i];
		struct html_attr *a = vec_push(&t->given);

		*a = p->attr;
		a->name = name_of(t, p);
		if (p->value_scratch >= 0)
			a->value.ptr = t->scratch.ptr + p->value_scratch;
	}
	k->attrs = t->given.ptr;
	k->nattrs = t->given.len;
}

static bool is_void(struct str name)
{
	static const char *const list[] = { "area",   "base",    "br",       "col",   "embed",
					    "hr",     "img",     "input",    "link",  "meta",
					    "source", "track",   "wbr",      "param", "keygen",
					    "frame",  "bgsound", "basefont", "image", NULL };

	return one_of(name, list);
}

/* Tags that end foreign content wherever they stand in it. */
static bool breaks_out(struct str name)
{
	static const char *const list[] = {
		"b",       "big",   "blockquote", "body",   "br",     "center", "code", "dd",
		"div",     "dl",    "dt",         "em",     "embed",  "h1",     "h2",   "h3",
		"h4",      "h5",    "h6",         "head",   "hr",     "i",      "img",  "li",
		"listing", "menu",  "meta",       "nobr",   "ol",     "p",      "pre",  "ruby",
		"s",       "small", "span",       "strong", "strike", "sub",    "sup",  "table",
		"tt",      "u",     "ul",         "var",    NULL
	};

	return one_of(name, list);
}

static void push_foreign(struct tokenizer *t, enum foreign_kind kind, struct str name)
{
	if (t->nforeign == FOREIGN_MAX || name.len >= sizeof(t->foreign[0].name))
		return;
	struct foreign *f = &t->foreign[t->nforeign++];

	f->kind = kind;
	memcpy(f->name, name.ptr, name.len);
	f->name[name.len] = '\0';
}

static bool is_integration_point(enum foreign_kind kind, const struct html_token *k)
{
	static const char *const svg[] = { "foreignobject", "desc", "title", NULL };
	static const char *const math[] = { "mi", "mo", "mn", "ms", "mtext", NULL };
	const struct html_attr *encoding;

	if (kind == FOREIGN_SVG)
		return one_of(k->name, svg);
	if (str_eq(k->name, STR("annotation-xml"))) {
		encoding = html_attr_get(k, "encoding");
		return encoding && (str_ieq(encoding->value, STR("text/html")) ||
				    str_ieq(encoding->value, STR("application/xhtml+xml")));
	}
	return one_of(k->name, math);
}

static bool font_breaks_out(const struct html_token *k)
{
	return str_eq(k->name, STR("font")) &&
	       (html_attr_get(k, "color") || html_attr_get(k, "face") || html_attr_get(k, "size"));
}

/* True when the element itself is in the SVG or MathML namespace. */
static bool foreign_start(struct tokenizer *t, const struct html_token *k)
{
	bool svg = str_eq(k->name, STR("svg")), math = str_eq(k->name, STR("math"));

	if (in_foreign(t) && (breaks_out(k->name) || font_breaks_out(k)))
		while (in_foreign(t))
			t->nforeign--;
	bool foreign = in_foreign(t) || svg || math;

	if (k->self_closing)
		return foreign;
	if (svg)
		push_foreign(t, FOREIGN_SVG, k->name);
	else if (math)
		push_foreign(t, FOREIGN_MATH, k->name);
	else if (foreign && is_integration_point(t->foreign[t->nforeign - 1].kind, k))
		push_foreign(t, FOREIGN_HTML, k->name);
	return foreign;
}

static void foreign_end(struct tokenizer *t, struct str name)
{
	if (str_eq(name, STR("p")) || str_eq(name, STR("br"))) {
		while (in_foreign(t))
			t->nforeign--;
		return;
	}
	for (size_t i = t->nforeign; i-- > 0;) {
		if (str_eq(str_c(t->foreign[i].name), name)) {
			t->nforeign = i;
			return;
		}
		/* An end tag does not reach out of an integration point. */
		if (t->foreign[i].kind == FOREIGN_HTML)
			return;
	}
}

static void switch_mode(struct tokenizer *t, struct str name)
{
	static const char *const rcdata[] = { "title", "textarea", NULL };
	static const char *const rawtext[] = {
		"style", "xmp", "iframe", "noembed", "noframes", NULL
	};

	if (one_of(name, rcdata))
		t->mode = HTML_RCDATA;
	else if (one_of(name, rawtext) || (t->scripting && str_eq(name, STR("noscript"))))
		t->mode = HTML_RAWTEXT;
	else if (str_eq(name, STR("script")))
		t->mode = HTML_SCRIPT;
	else if (str_eq(name, STR("plaintext")))
		t->mode = HTML_PLAINTEXT;
	else
		return;
	snprintf(t->raw_name, sizeof(t->raw_name), "%.*s", STR_ARG(name));
}

static void give_start(struct tokenizer *t, struct html_token *k)
{
	k->foreign = foreign_start(t, k);
	if (!k->foreign)
		switch_mode(t, k->name);
	give(t, k);
	if (!is_void(k->name) && !(k->self_closing && k->foreign) && t->depth < LIMIT_HTML_DEPTH)
		t->depth++;
}

static void give_end(struct tokenizer *t, struct html_token *k)
{
	k->foreign = in_foreign(t);
	if (t->nforeign)
		foreign_end(t, k->name);
	if (t->depth && !is_void(k->name))
		k->depth = --t->depth;
	t->mode = HTML_DATA;
	give(t, k);
}

/* t->at stands at '<'; a letter follows it (or the slash). */
static void tag(struct tokenizer *t, bool is_end)
{
	struct html_token k = { .kind = is_end ? HTML_END_TAG : HTML_START_TAG,
				.at = t->at,
				.element = STR(""),
				.text = STR(""),
				.depth = t->depth };
	ssize_t name_scratch;

	buf_clear(&t->scratch);
	vec_clear(&t->attrs);
	memset(t->seen, 0, sizeof(t->seen));
	k.name_at = t->at += is_end ? 2 : 1;
	while (t->at < t->in.len && !space(t->in.ptr[t->at]) && t->in.ptr[t->at] != '/' &&
	       t->in.ptr[t->at] != '>')
		t->at++;
	k.name_end = t->at;
	name_scratch = lower(t, str_sub(t->in, k.name_at, k.name_end));
	bool whole = read_attrs(t, &k);

	k.end = t->at;
	k.name = scratch_str(t, name_scratch, str_sub(t->in, k.name_at, k.name_end));
	settle_attrs(t, &k);
	if (!whole) {
		t->at = t->in.len;
		if (t->give_cut_off)
			give(t, &k);
	} else if (is_end) {
		give_end(t, &k);
	} else {
		give_start(t, &k);
	}
}

/* The data state and its raw brothers. */

/* Markup at '<'? Otherwise it is text. */
static bool opens_markup(const struct tokenizer *t, size_t at)
{
	char c = peek(t, at + 1);

	if (ascii_alpha(c) || c == '!' || c == '?')
		return true;
	/* "</" at the very end of input is text. */
	return c == '/' && at + 2 < t->in.len;
}

static void markup(struct tokenizer *t)
{
	char c = peek(t, t->at + 1);

	if (c == '!') {
		markup_declaration(t);
	} else if (c == '?') {
		bogus_comment(t, t->at + 1);
	} else if (c != '/') {
		tag(t, false);
	} else if (ascii_alpha(peek(t, t->at + 2))) {
		tag(t, true);
	} else if (peek(t, t->at + 2) == '>') {
		t->at += 3; /* "</>" is nothing */
	} else {
		bogus_comment(t, t->at + 2);
	}
}

static void data(struct tokenizer *t)
{
	size_t from = t->at, i = from;

	while (i < t->in.len) {
		const char *lt = memchr(t->in.ptr + i, '<', t->in.len - i);

		i = lt ? (size_t)(lt - t->in.ptr) : t->in.len;
		if (!lt || opens_markup(t, i))
			break;
		i++;
	}
	t->at = i;
	give_text(t, from, i, from, i, HTML_DATA);
	if (i < t->in.len && !t->stopped)
		markup(t);
}

/* "</name" and a delimiter at `at`? */
static bool ends_raw(const struct tokenizer *t, size_t at, struct str name)
{
	struct str rest = str_from(t->in, at);

	if (rest.len < name.len + 3 || rest.ptr[0] != '<' || rest.ptr[1] != '/' ||
	    !str_istarts(str_from(rest, 2), name))
		return false;
	char c = rest.ptr[2 + name.len];

	return space(c) || c == '/' || c == '>';
}

static size_t find_raw_end(const struct tokenizer *t)
{
	struct str name = str_c(t->raw_name);
	size_t i = t->at;

	while (i < t->in.len) {
		const char *lt = memchr(t->in.ptr + i, '<', t->in.len - i);

		if (!lt)
			break;
		i = (size_t)(lt - t->in.ptr);
		if (ends_raw(t, i, name))
			return i;
		i++;
	}
	return t->in.len;
}

/* "<script" and a delimiter: opens the double escaped state. */
static bool opens_script(const struct tokenizer *t, size_t at)
{
	struct str rest = str_from(t->in, at);

	if (!str_istarts(rest, STR("<script")) || rest.len < 8)
		return false;
	return space(rest.ptr[7]) || rest.ptr[7] == '/' || rest.ptr[7] == '>';
}

/* Script data with its escaped states: inside <!-- -->, a nested <script> hides the next
 * </script>. */
static size_t find_script_end(const struct tokenizer *t)
{
	enum { PLAIN, ESCAPED, DOUBLE } state = PLAIN;
	unsigned dashes = 0;

	for (size_t i = t->at; i < t->in.len; i++) {
		char c = t->in.ptr[i];

		if (c == '-') {
			dashes++;
			continue;
		}
		if (c == '>' && dashes >= 2)
			state = PLAIN;
		dashes = 0;
		if (c != '<')
			continue;
		if (ends_raw(t, i, STR("script"))) {
			if (state != DOUBLE)
				return i;
			state = ESCAPED;
			i += 7;
		} else if (state == PLAIN && str_starts(str_from(t->in, i), STR("<!--"))) {
			state = ESCAPED;
			dashes = 2;
			i += 3;
		} else if (state == ESCAPED && opens_script(t, i)) {
			state = DOUBLE;
			i += 6;
		}
	}
	return t->in.len;
}

static void raw(struct tokenizer *t)
{
	size_t from = t->at;
	size_t end = t->mode == HTML_PLAINTEXT ? t->in.len
		     : t->mode == HTML_SCRIPT  ? find_script_end(t)
					       : find_raw_end(t);

	t->at = end;
	give_text(t, from, end, from, end, t->mode);
	if (end < t->in.len && !t->stopped)
		tag(t, true);
}

static int run(struct str input, const struct html_options *o, bool give_cut_off, html_callback *cb,
	       void *ctx)
{
	struct tokenizer t = { .in = input, .cb = cb, .ctx = ctx, .give_cut_off = give_cut_off };

	buf_init(&t.scratch, 4 * input.len + 64);
	if (o) {
		t.scripting = o->scripting;
		if (o->context.len)
			switch_mode(&t, o->context);
	}
	if (str_starts(input, STR("\xef\xbb\xbf")))
		t.at = 3;
	while (t.at < t.in.len && !t.stopped) {
		if (t.mode == HTML_DATA)
			data(&t);
		else
			raw(&t);
	}
	buf_free(&t.scratch);
	vec_free(&t.attrs);
	vec_free(&t.given);
	return t.stopped;
}

int html_tokenize(struct str input, const struct html_options *o, html_callback *cb, void *ctx)
{
	return run(input, o, false, cb, ctx);
}

int html_tokenize_all(struct str input, const struct html_options *o, html_callback *cb, void *ctx)
{
	return run(input, o, true, cb, ctx);
}

const struct html_attr *html_attr_get(const struct html_token *t, const char *name)
{
	for (size_t i = 0; i < t->nattrs; i++)
		if (str_eq(t->attrs[i].name, str_c(name)))
			return &t->attrs[i];
	return NULL;
}
