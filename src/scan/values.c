/* JSON and XML walked in one pass over the bytes. Neither parser judges: what stands in
 * a captured body was accepted by the site; what cannot be followed gives no values. Depth
 * and number are bounded. No entity is expanded. */
#include "scan/values.h"

#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"

#define VALUES_DEPTH 64
#define VALUES_NAME 200

static bool type_is(struct str type, struct str plain, struct str suffix)
{
	ssize_t semi = str_chr(type, ';');
	struct str t = str_trim(semi < 0 ? type : str_sub(type, 0, (size_t)semi));
	return str_iends(t, plain) || str_iends(t, suffix);
}

bool values_is_json(struct str type)
{
	return type_is(type, STR("/json"), STR("+json"));
}

bool values_is_xml(struct str type)
{
	return type_is(type, STR("/xml"), STR("+xml"));
}

/* ---- JSON ---- */

struct walk {
	struct arena *a;
	struct str text;
	size_t at;
	struct body_value *list;
	size_t len, max;
	bool bad;
	struct buf path;
};

static void skip_space(struct walk *w)
{
	while (w->at < w->text.len && ascii_space(w->text.ptr[w->at]))
		w->at++;
}

static char peek(struct walk *w)
{
	skip_space(w);
	return w->at < w->text.len ? w->text.ptr[w->at] : 0;
}

/* A string at w->at; its bytes between the quotes. */
static struct str json_quoted(struct walk *w)
{
	size_t from = ++w->at;
	while (w->at < w->text.len && w->text.ptr[w->at] != '"')
		w->at += w->text.ptr[w->at] == '\\' ? 2 : 1;
	if (w->at >= w->text.len) {
		w->bad = true;
		return STR("");
	}
	return str_sub(w->text, from, w->at++);
}

static unsigned hex4(struct str s)
{
	unsigned v = 0;
	for (size_t i = 0; i < 4 && i < s.len; i++) {
		char c = ascii_lower(s.ptr[i]);
		v = v * 16 + (unsigned)(ascii_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0);
	}
	return v;
}

static struct str json_unescape(struct arena *a, struct str s)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	if (str_chr(s, '\\') < 0)
		return arena_str(a, s);
	struct buf b;
	buf_init(&b, s.len * 2 + 16);
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '\\' || i + 1 >= s.len) {
			buf_char(&b, s.ptr[i]);
			continue;
		}
		char c = s.ptr[++i];
		const char *known = strchr(from, c);
		if (c == 'u' && i + 4 < s.len) {
			uint32_t u = hex4(str_from(s, i + 1));
			i += 4;
			if (u >= 0xd800 && u < 0xdc00 && i + 6 < s.len && s.ptr[i + 1] == '\\') {
				u = 0x10000 + ((u - 0xd800) << 10) + ((hex4(str_from(s, i + 3)) - 0xdc00) & 0x3ff);
				i += 6;
			}
			utf8_append(&b, u ? u : 0xfffd);
		} else {
			buf_char(&b, known && *known ? to[known - from] : c);
		}
	}
	struct str r = arena_str(a, buf_view(&b));
	buf_free(&b);
	return r;
}

static void json_leaf(struct walk *w, enum value_kind kind, struct str value, size_t from, size_t member)
{
	if (w->len >= w->max || w->path.len > VALUES_NAME)
		return;
	w->list[w->len++] = (struct body_value){ arena_str(w->a, buf_view(&w->path)), value, kind, from, w->at, member,
						 w->at };
}

static void json_value(struct walk *w, unsigned depth, size_t member);

static void json_members(struct walk *w, unsigned depth, bool object)
{
	char close = object ? '}' : ']';
	size_t mark = w->path.len, n = 0;
	w->at++;
	if (peek(w) == close) {
		w->at++;
		return;
	}
	while (!w->bad) {
		size_t member = (skip_space(w), w->at);
		if (object) {
			if (peek(w) != '"') {
				w->bad = true;
				return;
			}
			struct str key = json_unescape(w->a, json_quoted(w));
			buf_char(&w->path, '/');
			for (size_t i = 0; i < key.len && w->path.len < 4 * KIB; i++)
				if (key.ptr[i] == '~' || key.ptr[i] == '/')
					buf_c(&w->path, key.ptr[i] == '~' ? "~0" : "~1");
				else
					buf_char(&w->path, key.ptr[i]);
			w->bad = w->bad || peek(w) != ':';
			w->at++;
		} else {
			buf_printf(&w->path, "/%zu", n++);
		}
		if (!w->bad)
			json_value(w, depth + 1, object ? member : SIZE_MAX);
		w->path.len = mark;
		char c = peek(w);
		w->at++;
		if (c == close)
			return;
		w->bad = w->bad || c != ',';
	}
}

static void json_value(struct walk *w, unsigned depth, size_t member)
{
	char c = peek(w);
	size_t from = w->at;
	if (depth > VALUES_DEPTH || c == 0) {
		w->bad = true;
	} else if (c == '{' || c == '[') {
		json_members(w, depth, c == '{');
	} else if (c == '"') {
		struct str raw = json_quoted(w);
		if (!w->bad)
			json_leaf(w, VALUE_JSON_TEXT, json_unescape(w->a, raw), from, member);
	} else {
		while (w->at < w->text.len && (ascii_alnum(w->text.ptr[w->at]) || strchr("+-.", w->text.ptr[w->at])))
			w->at++;
		struct str word = str_sub(w->text, from, w->at);
		bool number = ascii_digit(c) || c == '-';
		w->bad = word.len == 0;
		json_leaf(w, number ? VALUE_JSON_NUMBER : VALUE_JSON_WORD,
			  str_eq(word, STR("null")) ? STR("") : arena_str(w->a, word), from, member);
	}
}

size_t values_of_json(struct arena *a, struct str text, struct body_value *list, size_t max)
{
	struct walk w = { .a = a, .text = text, .list = list, .max = max };
	buf_init(&w.path, 64 * KIB);
	char c = peek(&w);
	if (c == '{' || c == '[')
		json_value(&w, 0, SIZE_MAX);
	else
		w.bad = true;
	w.bad = w.bad || peek(&w) != 0;
	buf_free(&w.path);
	return w.bad ? 0 : w.len;
}

/* ---- XML ---- */

struct level {
	struct str name;
	size_t path; /* length of the path before it */
	size_t text_from;
	bool has_child;
};

static size_t find_from(struct str s, size_t at, struct str what)
{
	ssize_t n = at <= s.len ? str_find(str_from(s, at), what) : -1;
	return n < 0 ? SIZE_MAX : at + (size_t)n;
}

static struct str xml_text(struct arena *a, struct str s)
{
	static const struct {
		struct str from;
		char to;
	} names[] = { { STR_INIT("&lt;"), '<' },
		      { STR_INIT("&gt;"), '>' },
		      { STR_INIT("&quot;"), '"' },
		      { STR_INIT("&apos;"), '\'' },
		      { STR_INIT("&amp;"), '&' } };
	char *out = arena_alloc(a, s.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		size_t k = 0;
		while (k < ARRAY_SIZE(names) && !str_starts(str_from(s, i), names[k].from))
			k++;
		if (k < ARRAY_SIZE(names)) {
			out[n++] = names[k].to;
			i += names[k].from.len - 1;
		} else {
			out[n++] = s.ptr[i];
		}
	}
	return str_make(out, n);
}

static void xml_leaf(struct walk *w, enum value_kind kind, struct str name, size_t from, size_t to, size_t member)
{
	if (w->len >= w->max || w->path.len > VALUES_NAME)
		return;
	struct str path = kind == VALUE_XML_ATTR ? arena_printf(w->a, "%.*s/@%.*s", (int)w->path.len, w->path.ptr, STR_ARG(name))
						 : arena_str(w->a, buf_view(&w->path));
	for (size_t i = 2;; i++) { /* item, item[2], item[3] */
		bool taken = false;
		for (size_t k = 0; k < w->len; k++)
			taken = taken || str_eq(w->list[k].name, path);
		if (!taken)
			break;
		path = kind == VALUE_XML_ATTR
			       ? arena_printf(w->a, "%.*s[%zu]/@%.*s", (int)w->path.len, w->path.ptr, i, STR_ARG(name))
			       : arena_printf(w->a, "%.*s[%zu]", (int)w->path.len, w->path.ptr, i);
	}
	w->list[w->len++] = (struct body_value){ path, xml_text(w->a, str_sub(w->text, from, to)), kind, from, to, member,
						 to + 1 };
}

static bool name_char(char c)
{
	return ascii_alnum(c) || c == '_' || c == '-' || c == '.' || c == ':' || (c & 0x80);
}

static struct str xml_name(struct walk *w)
{
	size_t from = w->at;
	while (w->at < w->text.len && name_char(w->text.ptr[w->at]))
		w->at++;
	return str_sub(w->text, from, w->at);
}

/* Attributes up to the end of the tag; true when it closes itself. */
static bool xml_attributes(struct walk *w)
{
	for (;;) {
		char c = peek(w);
		size_t member = w->at;
		if (c == '/' || c == '>') {
			w->at += c == '/' ? 2 : 1;
			return c == '/';
		}
		struct str name = xml_name(w);
		if (name.len == 0 || peek(w) != '=') {
			w->bad = true;
			return false;
		}
		w->at++;
		char q = peek(w);
		size_t from = w->at + 1;
		ssize_t end = q == '"' || q == '\'' ? str_chr(str_from(w->text, from), q) : -1;
		if (end < 0) {
			w->bad = true;
			return false;
		}
		w->at = from + (size_t)end + 1;
		if (!str_starts(name, STR("xmlns")) && !str_starts(name, STR("xsi:")))
			xml_leaf(w, VALUE_XML_ATTR, name, from, from + (size_t)end, member);
	}
}

/* <!-- -->, <? ?>, <![CDATA[ ]]>, <!DOCTYPE >: true when it was one. */
static bool xml_other(struct walk *w)
{
	static const struct {
		struct str open, close;
	} kinds[] = { { STR_INIT("<!--"), STR_INIT("-->") },
		      { STR_INIT("<?"), STR_INIT("?>") },
		      { STR_INIT("<![CDATA["), STR_INIT("]]>") },
		      { STR_INIT("<!"), STR_INIT(">") } };
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!str_starts(str_from(w->text, w->at), kinds[i].open))
			continue;
		size_t end = find_from(w->text, w->at, kinds[i].close);
		w->bad = end == SIZE_MAX;
		w->at = w->bad ? w->text.len : end + kinds[i].close.len;
		return true;
	}
	return false;
}

static void xml_close(struct walk *w, struct level *l)
{
	struct str text = str_sub(w->text, l->text_from, w->at);
	if (!l->has_child && str_chr(text, '<') < 0)
		xml_leaf(w, VALUE_XML_TEXT, STR(""), l->text_from, w->at, 0);
	size_t end = find_from(w->text, w->at, STR(">"));
	w->bad = end == SIZE_MAX;
	w->at = w->bad ? w->text.len : end + 1;
	w->path.len = l->path;
}

size_t values_of_xml(struct arena *a, struct str text, struct body_value *list, size_t max)
{
	struct walk w = { .a = a, .text = text, .list = list, .max = max };
	struct level stack[VALUES_DEPTH];
	size_t depth = 0;
	buf_init(&w.path, 64 * KIB);
	while (!w.bad) {
		w.at = find_from(text, w.at, STR("<"));
		if (w.at == SIZE_MAX)
			break;
		if (str_starts(str_from(text, w.at), STR("</"))) {
			if (depth == 0)
				w.bad = true;
			else
				xml_close(&w, &stack[--depth]);
			continue;
		}
		if (xml_other(&w))
			continue;
		w.at++;
		struct level l = { .path = w.path.len, .name = xml_name(&w) };
		w.bad = l.name.len == 0 || depth == VALUES_DEPTH || w.path.len > 4 * KIB;
		if (w.bad)
			break;
		if (depth)
			stack[depth - 1].has_child = true;
		buf_char(&w.path, '/');
		buf_str(&w.path, l.name);
		if (xml_attributes(&w)) {
			w.path.len = l.path;
			continue;
		}
		l.text_from = w.at;
		stack[depth++] = l;
	}
	buf_free(&w.path);
	return w.bad || depth ? 0 : w.len;
}

/* ---- writing ---- */

static bool is_number(struct str s)
{
	double d;
	return s.len > 0 && s.len < 20 && (ascii_digit(s.ptr[0]) || s.ptr[0] == '-') && str_to_double(s, &d) == 0 &&
	       !(s.len > 1 && s.ptr[0] == '0' && ascii_digit(s.ptr[1]));
}

static void put_json(struct buf *b, struct str s)
{
	buf_char(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if (c < 0x20)
			buf_printf(b, "\\u%04x", c);
		else
			buf_char(b, (char)c);
	}
	buf_char(b, '"');
}

static void put_value(struct buf *b, enum value_kind kind, struct str value)
{
	switch (kind) {
	case VALUE_JSON_NUMBER:
		if (is_number(value))
			buf_str(b, value);
		else
			put_json(b, value);
		break;
	case VALUE_JSON_WORD:
		if (str_eq(value, STR("true")) || str_eq(value, STR("false")))
			buf_str(b, value);
		else
			put_json(b, value);
		break;
	case VALUE_JSON_TEXT:
		put_json(b, value);
		break;
	case VALUE_XML_TEXT: /* quotes need no escape there, and not everybody undoes one */
		for (size_t i = 0; i < value.len; i++)
			if (strchr("<>&", value.ptr[i]))
				buf_c(b, value.ptr[i] == '<' ? "&lt;" : value.ptr[i] == '>' ? "&gt;" : "&amp;");
			else if ((unsigned char)value.ptr[i] < ' ' && !strchr("\t\r\n", value.ptr[i]))
				buf_c(b, "\xef\xbf\xbd");
			else
				buf_char(b, value.ptr[i]);
		break;
	case VALUE_XML_ATTR:
		encode_xml(b, value);
		break;
	}
}

void values_replace(struct buf *out, struct str text, const struct body_value *v, struct str value, bool raw)
{
	buf_str(out, str_sub(text, 0, v->at));
	if (raw)
		buf_str(out, value);
	else
		put_value(out, v->kind, value);
	buf_str(out, str_from(text, v->end));
}

void values_drop(struct buf *out, struct str text, const struct body_value *v)
{
	size_t from = v->member, to = v->after;
	if (v->kind == VALUE_XML_TEXT) {
		values_replace(out, text, v, STR(""), true);
		return;
	}
	if (from == SIZE_MAX) { /* an array keeps its length */
		values_replace(out, text, v, STR("null"), true);
		return;
	}
	if (v->kind != VALUE_XML_ATTR) {
		size_t next = to;
		while (next < text.len && ascii_space(text.ptr[next]))
			next++;
		if (next < text.len && text.ptr[next] == ',') {
			to = next + 1;
		} else {
			while (from > 0 && ascii_space(text.ptr[from - 1]))
				from--;
			if (from > 0 && text.ptr[from - 1] == ',')
				from--;
		}
	}
	buf_str(out, str_sub(text, 0, from));
	buf_str(out, str_from(text, to));
}
