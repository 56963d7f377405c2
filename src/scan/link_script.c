/* Addresses in scripts, without running them: string literals that look like one, sums of
 * strings and known constants, template strings, and the paths of route tables. Unknown
 * parts become "1", as a number in that place would. Comments are read as text. */
#include "base/buf.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"
#include "scan/link_private.h"

#define LIMIT_SCRIPT_TOKENS 400000
#define LIMIT_SCRIPT_LITERAL 2000
#define LIMIT_SCRIPT_FOUND 2000
#define AMBIGUOUS ((void *)(uintptr_t)SIZE_MAX)

/* ---- taking apart ---- */

static bool name_byte(char c)
{
	return ascii_alnum(c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static void add_token(struct reading *r, enum token_kind kind, struct str text)
{
	if (r->tokens.len < LIMIT_SCRIPT_TOKENS)
		*vec_push(&r->tokens) = (struct token){ kind, text };
}

/* Index behind the closing quote; 0 when it is no string. */
static size_t string_end(struct str js, size_t i)
{
	char q = js.ptr[i];
	size_t n = i + 1;
	while (n < js.len && js.ptr[n] != q) {
		if (js.ptr[n] == '\n' && q != '`')
			return 0;
		n += js.ptr[n] == '\\' ? 2 : 1;
	}
	return n < js.len ? n + 1 : 0;
}

/* A slash here begins a regular expression when no operand stands before it. */
static bool regex_here(const struct reading *r)
{
	if (r->tokens.len == 0)
		return true;
	const struct token *t = &r->tokens.ptr[r->tokens.len - 1];
	if (t->kind == T_SIGN)
		return t->text.ptr[0] != ')' && t->text.ptr[0] != ']' && t->text.ptr[0] != '}';
	return t->kind == T_NAME && (str_eq(t->text, STR("return")) || str_eq(t->text, STR("typeof")));
}

static size_t regex_end(struct str js, size_t i)
{
	bool class = false;
	for (size_t n = i + 1; n < js.len && js.ptr[n] != '\n'; n++) {
		char c = js.ptr[n];
		if (c == '\\')
			n++;
		else if (c == '[')
			class = true;
		else if (c == ']')
			class = false;
		else if (c == '/' && !class)
			return n + 1;
	}
	return i + 1;
}

static bool guess(void *ctx, enum scan_link_kind kind, struct str raw)
{
	struct reading *r = ctx;
	r->stop = r->stop || r->found(r->ctx, kind, raw);
	return r->stop;
}

/* Comment at i: index behind it; 0 when there is none. */
static size_t comment_end(struct reading *r, struct str js, size_t i)
{
	if (js.ptr[i] != '/' || i + 1 >= js.len || (js.ptr[i + 1] != '/' && js.ptr[i + 1] != '*'))
		return 0;
	bool line = js.ptr[i + 1] == '/';
	ssize_t end = str_find(str_from(js, i + 2), line ? STR("\n") : STR("*/"));
	size_t to = end < 0 ? js.len : i + 2 + (size_t)end;
	struct str text = str_sub(js, i + 2, to);
	ssize_t map = str_find(text, STR("sourceMappingURL="));
	if (map >= 0) {
		struct str url = str_trim(str_from(text, (size_t)map + 17));
		size_t n = 0;
		while (n < url.len && !ascii_space(url.ptr[n]) && url.ptr[n] != '*')
			n++;
		if (n && n < 300 && !str_istarts(url, STR("data:")))
			guess(r, LINK_SCRIPT, str_sub(url, 0, n));
	} else {
		link_text(text, guess, r);
	}
	return end < 0 ? js.len : to + (line ? 0 : 2);
}

static size_t take_token(struct reading *r, struct str js, size_t i)
{
	char c = js.ptr[i];
	size_t n = i + 1;
	if (c == '"' || c == '\'' || c == '`') {
		size_t end = string_end(js, i);
		if (!end)
			return n;
		add_token(r, c == '`' ? T_TEMPLATE : T_STRING, str_sub(js, i + 1, end - 1));
		return end;
	}
	if (name_byte(c)) {
		while (n < js.len && name_byte(js.ptr[n]))
			n++;
		add_token(r, ascii_digit(c) ? T_NUMBER : T_NAME, str_sub(js, i, n));
		return n;
	}
	if (c == '/' && regex_here(r)) {
		add_token(r, T_NUMBER, STR("0")); /* an operand without a use */
		return regex_end(js, i);
	}
	add_token(r, T_SIGN, str_sub(js, i, i + 1));
	return n;
}

static void take_apart(struct reading *r, struct str js)
{
	for (size_t i = 0; i < js.len && !r->stop;) {
		size_t end;
		if (ascii_space(js.ptr[i]))
			i++;
		else if ((end = comment_end(r, js, i)))
			i = end;
		else
			i = take_token(r, js, i);
	}
}

const struct token *token_at(const struct reading *r, size_t i)
{
	static const struct token none = { T_SIGN, STR_INIT("\0") };
	return i < r->tokens.len ? &r->tokens.ptr[i] : &none;
}

bool token_sign(const struct token *t, char c)
{
	return t->kind == T_SIGN && t->text.ptr[0] == c;
}

/* ---- constants ---- */

static bool base_name(struct str name)
{
	static const char *const names[] = { "basename", "basepath", "baseurl", "base_url", "base_path", "publicpath",
					     "prefix", "apibase", "api_base", "apiprefix", "contextpath", "ctxpath",
					     "rootpath", "approot", "apiurl", "api_url", "apiroot", NULL };
	for (size_t i = 0; names[i]; i++)
		if (str_ieq(name, str_c(names[i])))
			return true;
	return false;
}

static void learn_constants(struct reading *r)
{
	for (size_t i = 0; i + 2 < r->tokens.len; i++) {
		const struct token *t = &r->tokens.ptr[i], *s = &r->tokens.ptr[i + 2];
		bool value = s->kind == T_STRING && (token_sign(&t[1], '=') || token_sign(&t[1], ':')) &&
			     !token_sign(token_at(r, i + 3), '+') && s->text.len < LIMIT_SCRIPT_LITERAL;
		if (t->kind != T_NAME || !value)
			continue;
		void *known = map_get(r->constants, t->text);
		if (!known)
			map_put(r->constants, t->text, (void *)(uintptr_t)(i + 3));
		else if (known != AMBIGUOUS && !str_eq(r->tokens.ptr[(uintptr_t)known - 1].text, s->text))
			map_put(r->constants, t->text, AMBIGUOUS);
		if (base_name(t->text) && s->text.len > 1 && s->text.ptr[0] == '/' && r->bases_len < LIMIT_SCRIPT_BASES)
			r->bases[r->bases_len++] = s->text;
	}
}

static bool constant(const struct reading *r, struct str name, struct str *ret)
{
	void *known = map_get(r->constants, name);
	if (!known || known == AMBIGUOUS)
		return false;
	*ret = r->tokens.ptr[(uintptr_t)known - 1].text;
	return true;
}

/* ---- judging ---- */

static bool server_extension(struct str path)
{
	static const char *const list[] = { ".php", ".asp", ".aspx", ".jsp", ".jspx", ".do", ".action",
					    ".cgi", ".pl", ".py", ".json", ".xml", ".html", ".htm",
					    ".shtml", ".ashx", ".asmx", ".svc", ".txt", ".js", NULL };
	for (size_t i = 0; list[i]; i++)
		if (str_iends(path, str_c(list[i])))
			return true;
	return false;
}

static bool clean(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if ((unsigned char)c <= ' ' || strchr("<>\"'`\\{}|^*$;()", c))
			return false;
	}
	return true;
}

/* A page of a server program with words as a value: "list.php?q=two words". */
static bool with_words(struct str s)
{
	ssize_t mark = str_chr(s, '?'), eq = mark < 0 ? -1 : str_chr(str_from(s, (size_t)mark), '=');
	if (eq < 2 || !server_extension(str_sub(s, 0, (size_t)mark)) || !clean(str_sub(s, 0, (size_t)(mark + eq))))
		return false;
	for (size_t i = (size_t)(mark + eq); i < s.len; i++)
		if (s.ptr[i] != ' ' && !clean(str_sub(s, i, i + 1)))
			return false;
	return true;
}

/* Could this script string be an address of the site? */
static bool address_like(struct str s)
{
	if (s.len < 3 || s.len > 512 || (!clean(s) && !with_words(s)))
		return false;
	if (str_istarts(s, STR("http://")) || str_istarts(s, STR("https://")))
		return s.len > 9;
	if (str_istarts(s, STR("ws://")) || str_istarts(s, STR("wss://"))) { /* with a host that is known */
		struct str host = str_from(s, (size_t)str_find(s, STR("//")) + 2);
		host = str_sub(host, 0, str_chr(host, '/') < 0 ? host.len : (size_t)str_chr(host, '/'));
		return str_chr(host, '.') > 0 || str_chr(host, ':') > 0;
	}
	if (str_starts(s, STR("//")))
		return str_chr(s, '.') > 2;
	ssize_t mark = str_chr(s, '?');
	struct str path = mark < 0 ? s : str_sub(s, 0, (size_t)mark);
	if (s.ptr[0] == '/' && s.len > 2)
		return ascii_alnum(s.ptr[1]) || s.ptr[1] == '_' || s.ptr[1] == '.';
	if (str_starts(s, STR("./")) || str_starts(s, STR("../")))
		return true;
	if (!ascii_alnum(s.ptr[0]) || str_chr(path, ':') >= 0 || str_chr(path, ',') >= 0)
		return false;
	/* a MIME type or a date has a slash too: ask for more */
	return server_extension(path) || (mark > 0 && str_chr(s, '=') > mark) ||
	       (str_chr(path, '/') > 0 && str_istarts(path, STR("api/")));
}

/* Names under which route tables and link components keep a path. */
static bool route_name(struct str name)
{
	static const char *const names[] = { "path", "route", "href", "to", "url", "uri", "endpoint", "redirectTo",
					     "templateUrl", "action", "src", "link", "pathname", "start_url", NULL };
	for (size_t i = 0; names[i]; i++)
		if (str_eq(name, str_c(names[i])))
			return true;
	return false;
}

/* A route's path may be relative and without an extension: "users/:id". */
static bool route_like(struct str s)
{
	bool letter = false;
	if (s.len < 2 || s.len > 120 || !clean(s) || s.ptr[0] == ':' || s.ptr[0] == '#' || s.ptr[0] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		letter = letter || ascii_alpha(c);
		if (!ascii_alnum(c) && !strchr("-_./:?=&~", c))
			return false;
	}
	return letter && str_find(s, STR("://")) < 0;
}

/* ---- saying ---- */

/* ":id" and "${…}" become "1". */
static void put_parameters(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == ':' && i > 0 && s.ptr[i - 1] == '/' && i + 1 < s.len && ascii_alpha(s.ptr[i + 1])) {
			while (i + 1 < s.len && s.ptr[i + 1] != '/' && s.ptr[i + 1] != '?')
				i++;
			if (i + 1 < s.len && s.ptr[i + 1] == '?') /* optional */
				i++;
			buf_char(b, '1');
		} else {
			buf_char(b, s.ptr[i]);
		}
	}
}

static void say(struct reading *r, struct str raw)
{
	struct buf b;
	buf_init(&b, 8 * KIB);
	if (str_istarts(raw, STR("ws://")) || str_istarts(raw, STR("wss://"))) { /* a socket begins as a request */
		buf_c(&b, "http");
		raw = str_from(raw, 2);
	}
	put_parameters(&b, raw);
	struct str s = buf_view(&b);
	if (s.len && r->count < LIMIT_SCRIPT_FOUND && !r->stop && map_add(r->said, s)) {
		r->count++;
		guess(r, LINK_JS, s);
		for (size_t i = 0; i < r->bases_len && s.ptr[0] == '/' && !r->stop; i++) {
			struct str base = r->bases[i];
			struct buf c;
			if (str_starts(s, base))
				continue;
			buf_init(&c, 8 * KIB);
			buf_str(&c, base.ptr[base.len - 1] == '/' ? str_sub(base, 0, base.len - 1) : base);
			buf_str(&c, s);
			guess(r, LINK_JS, buf_view(&c));
			buf_free(&c);
		}
	}
	buf_free(&b);
}

/* ---- sums ---- */

static void put_template(struct reading *r, struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '$' || i + 1 >= s.len || s.ptr[i + 1] != '{') {
			buf_char(b, s.ptr[i]);
			continue;
		}
		size_t end = i + 2;
		int depth = 1;
		for (; end < s.len && depth; end++)
			depth += s.ptr[end] == '{' ? 1 : s.ptr[end] == '}' ? -1 : 0;
		struct str name = str_sub(s, i + 2, depth ? end : end - 1), value;
		ssize_t dot = str_rchr(name, '.');
		if (constant(r, dot < 0 ? name : str_from(name, (size_t)dot + 1), &value))
			buf_str(b, value);
		else if (b->len)
			buf_char(b, '1');
		i = end - 1;
	}
}

/* Skips "(…)" or "[…]" behind an operand. */
static size_t skip_brackets(const struct reading *r, size_t i)
{
	size_t depth = 0, start = i;
	for (; i < r->tokens.len && i < start + 60; i++) {
		const struct token *t = &r->tokens.ptr[i];
		if (token_sign(t, '(') || token_sign(t, '['))
			depth++;
		else if ((token_sign(t, ')') || token_sign(t, ']')) && --depth == 0)
			return i + 1;
	}
	return start + 1;
}

/* One operand of a sum: its text into b. *known: was there a literal or a constant?
 * Index behind it; i itself when there is none. */
static size_t operand(struct reading *r, struct buf *b, size_t i, bool *known)
{
	const struct token *t = token_at(r, i);
	struct str name, value;
	*known = true;
	if (t->kind == T_STRING) {
		buf_str(b, t->text);
		return i + 1;
	}
	if (t->kind == T_TEMPLATE) {
		put_template(r, b, t->text);
		return i + 1;
	}
	*known = false;
	if (t->kind == T_NUMBER) {
		buf_str(b, t->text);
		return i + 1;
	}
	if (t->kind != T_NAME)
		return i;
	for (;;) { /* a.b.c(…)[…] */
		name = token_at(r, i)->text;
		i++;
		while (token_sign(token_at(r, i), '(') || token_sign(token_at(r, i), '[')) {
			i = skip_brackets(r, i);
			name = STR_NULL;
		}
		if (!token_sign(token_at(r, i), '.') || token_at(r, i + 1)->kind != T_NAME)
			break;
		i++;
	}
	if (name.len && constant(r, name, &value)) {
		*known = true;
		buf_str(b, value);
	} else if (b->len) {
		buf_char(b, '1');
	}
	return i;
}

size_t reading_sum(struct reading *r, struct buf *b, size_t i, bool *ret_any, size_t *ret_terms)
{
	bool any = false, known, first = true;
	size_t at = i, next, terms = 0;
	buf_clear(b);
	while ((next = operand(r, b, at, &known)) > at) {
		terms++;
		any = any || known;
		if (first && !known)
			buf_clear(b); /* an unknown beginning: often the site's own address */
		first = false;
		at = next;
		if (!token_sign(token_at(r, at), '+') || b->len > LIMIT_SCRIPT_LITERAL)
			break;
		at++;
	}
	*ret_any = any;
	*ret_terms = terms;
	return at;
}

/* A sum, template or string at i; index behind it. */
static size_t expression(struct reading *r, size_t i)
{
	bool any;
	size_t terms, at = reading_sum(r, &r->text, i, &any, &terms);
	if (at == i)
		return i + 1;
	struct str s = buf_view(&r->text);
	const struct token *before = i > 1 ? token_at(r, i - 1) : NULL;
	bool named = before && (token_at(r, i - 2)->kind == T_NAME || token_at(r, i - 2)->kind == T_STRING);
	bool route = named && terms == 1 && (token_sign(before, ':') || token_sign(before, '=')) &&
		     route_name(token_at(r, i - 2)->text);
	ssize_t host = str_istarts(s, STR("ws")) ? str_find(s, STR("://")) : -1;
	ssize_t path = host > 0 && !address_like(s) ? str_chr(str_from(s, (size_t)host + 3), '/') : -1;
	if (any && path >= 0) { /* a socket on a host that only the script knows: ours */
		s = str_from(s, (size_t)(host + 3 + path));
		if (address_like(s))
			say(r, s);
		return address_like(s) ? at : i + 1;
	}
	if (!any || !(address_like(s) || (route && route_like(s))))
		return i + 1; /* what is called with may hold one */
	say(r, s);
	return at;
}

void reading_begin(struct reading *r, struct str js, link_found *found, void *ctx)
{
	*r = (struct reading){ .constants = map_new(), .said = map_new(), .found = found, .ctx = ctx };
	buf_init(&r->text, 16 * KIB);
	take_apart(r, js);
	learn_constants(r);
}

void reading_end(struct reading *r)
{
	vec_free(&r->tokens);
	map_free(r->constants);
	map_free(r->said);
	buf_free(&r->text);
}

void link_script(struct str js, link_found *found, void *ctx)
{
	struct reading r;
	reading_begin(&r, js, found, ctx);
	for (size_t i = 0; i < r.tokens.len && !r.stop && r.count < LIMIT_SCRIPT_FOUND;) {
		enum token_kind k = r.tokens.ptr[i].kind;
		i = k == T_SIGN || k == T_NUMBER ? i + 1 : expression(&r, i);
	}
	reading_end(&r);
}
