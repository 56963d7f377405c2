/* Whole requests in scripts, without running them: method, address, type and body of what is called
 * with XMLHttpRequest, fetch, jQuery or axios, when they stand there as literals, constants or object
 * literals. What is not known becomes what a visitor would type into a field of that name. */
#include "base/buf.h"
#include "base/limits.h"
#include "net/url.h"
#include "scan/form.h"
#include "scan/link_private.h"

#define LIMIT_REQUESTS 60	/* of one script */
#define LIMIT_REACH 160		/* words between open() and send() */
#define LIMIT_OBJECT_DEPTH 4
#define LIMIT_OBJECT_WORDS 400
#define LIMIT_BODY (16 * KIB)

struct made {
	struct reading *r;
	link_requested *found;
	void *ctx;
	size_t count;
	struct buf url, body, type, scratch, headers;
	char method[12];
};

static bool word_is(const struct token *t, const char *name)
{
	return t->kind == T_NAME && str_eq(t->text, str_c(name));
}

static bool set_method(struct made *m, struct str s)
{
	static const char *const known[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_ieq(s, str_c(known[i]))) {
			memcpy(m->method, known[i], strlen(known[i]) + 1);
			return true;
		}
	return false;
}

/* Escapes of a string literal undone, as far as bodies have them. */
static void put_unescaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len && b->len < LIMIT_BODY; i++) {
		if (s.ptr[i] != '\\' || i + 1 >= s.len) {
			buf_char(b, s.ptr[i]);
			continue;
		}
		char c = s.ptr[++i];
		buf_char(b, c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c);
	}
}

/* Index of the "{" of an object: here, or where a name was given one. 0: none. */
static size_t object_at(const struct reading *r, size_t i)
{
	const struct token *t = token_at(r, i);
	if (token_sign(t, '{'))
		return i;
	if (t->kind != T_NAME || token_sign(token_at(r, i + 1), '.') || token_sign(token_at(r, i + 1), '('))
		return 0;
	for (size_t n = i, steps = 0; n > 1 && steps < 2000; n--, steps++)
		if (token_sign(token_at(r, n), '{') && token_sign(token_at(r, n - 1), '=') &&
		    token_at(r, n - 2)->kind == T_NAME && str_eq(token_at(r, n - 2)->text, t->text))
			return n;
	return 0;
}

/* Index of the comma or bracket that ends the value at i. */
static size_t value_end(const struct reading *r, size_t i)
{
	int depth = 0;
	size_t from = i;
	for (; i < r->tokens.len && i < from + LIMIT_OBJECT_WORDS; i++) {
		const struct token *t = token_at(r, i);
		if (t->kind != T_SIGN)
			continue;
		if (strchr("([{", t->text.ptr[0]))
			depth++;
		else if (strchr(")]}", t->text.ptr[0])) {
			if (depth-- == 0)
				return i;
		} else if (depth == 0 && t->text.ptr[0] == ',')
			return i;
	}
	return i;
}

static void put_json_text(struct buf *b, struct str s)
{
	buf_char(b, '"');
	for (size_t i = 0; i < s.len && b->len < LIMIT_BODY; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c == '"' || c == '\\')
			buf_char(b, '\\');
		if (c >= ' ')
			buf_char(b, (char)c);
	}
	buf_char(b, '"');
}

/* The value at i for a field of that name: as JSON, or for a form. */
static void put_value(struct made *m, struct buf *b, size_t i, size_t end, struct str name, bool json)
{
	const struct token *t = token_at(m->r, i);
	bool alone = end == i + 1;
	struct buf plain;
	buf_init(&plain, LIMIT_BODY);
	if (alone && t->kind == T_STRING)
		put_unescaped(&plain, t->text);
	else if (alone && (t->kind == T_NUMBER || word_is(t, "true") || word_is(t, "false")))
		buf_str(&plain, t->text);
	else
		buf_str(&plain, form_guess(name, STR("")));
	bool bare = alone && t->kind != T_STRING && (t->kind == T_NUMBER || word_is(t, "true") || word_is(t, "false"));
	if (!json)
		url_form_encode(b, buf_view(&plain));
	else if (bare)
		buf_str(b, buf_view(&plain));
	else
		put_json_text(b, buf_view(&plain));
	buf_free(&plain);
}

/* The object literal at i ("{") as JSON or as name=value pairs. */
static void put_object(struct made *m, struct buf *b, size_t i, bool json, unsigned depth)
{
	bool first = true;
	if (json)
		buf_char(b, '{');
	for (i++; i < m->r->tokens.len && !token_sign(token_at(m->r, i), '}') && b->len < LIMIT_BODY;) {
		const struct token *k = token_at(m->r, i);
		bool pair = (k->kind == T_NAME || k->kind == T_STRING) && token_sign(token_at(m->r, i + 1), ':');
		size_t from = pair ? i + 2 : i, end = value_end(m->r, from);
		bool short_form = !pair && k->kind == T_NAME && end == i + 1; /* { name } */
		if (pair || short_form) {
			if (!first)
				buf_char(b, json ? ',' : '&');
			first = false;
			if (json)
				put_json_text(b, k->text);
			else
				url_form_encode(b, k->text);
			buf_char(b, json ? ':' : '=');
			if (json && token_sign(token_at(m->r, from), '{') && depth < LIMIT_OBJECT_DEPTH)
				put_object(m, b, from, true, depth + 1);
			else
				put_value(m, b, from, end, k->text, json);
		}
		if (!token_sign(token_at(m->r, end), ','))
			break;
		i = end + 1;
	}
	if (json)
		buf_char(b, '}');
}

/* What is sent: a text, JSON.stringify(…), or an object that becomes a form. `kind`: "" until something
 * is known of it. */
static void read_body(struct made *m, size_t i, bool objects_are_json)
{
	const struct token *t = token_at(m->r, i);
	size_t at, terms;
	bool any;
	if (word_is(t, "JSON") && word_is(token_at(m->r, i + 2), "stringify")) {
		if ((at = object_at(m->r, i + 4))) {
			put_object(m, &m->body, at, true, 0);
			if (!m->type.len)
				buf_c(&m->type, "application/json");
		}
		return;
	}
	if ((at = object_at(m->r, i))) {
		put_object(m, &m->body, at, objects_are_json, 0);
		if (!m->type.len)
			buf_c(&m->type, objects_are_json ? "application/json" : "application/x-www-form-urlencoded");
		return;
	}
	reading_sum(m->r, &m->scratch, i, &any, &terms);
	if (any)
		put_unescaped(&m->body, buf_view(&m->scratch));
}

/* The address at i; false when nothing of it is known. */
static bool read_url(struct made *m, size_t i)
{
	bool any;
	size_t terms;
	reading_sum(m->r, &m->url, i, &any, &terms);
	return any && m->url.len > 0 && m->url.len < 2000 && !str_istarts(buf_view(&m->url), STR("data:"));
}

/* A type that the body itself shows, when the script does not say one. */
static void guess_type(struct made *m)
{
	struct str b = str_trim(buf_view(&m->body));
	if (!b.len)
		buf_clear(&m->body);
	if (m->type.len || !b.len)
		return;
	buf_c(&m->type, b.ptr[0] == '<'	  ? "application/xml"
			: b.ptr[0] == '{' ? "application/json"
					  : "application/x-www-form-urlencoded");
}

static void give(struct made *m)
{
	struct link_request q = { .method = str_c(m->method), .url = buf_view(&m->url), .headers = buf_view(&m->headers) };
	guess_type(m);
	if (str_eq(q.method, STR("GET"))) {
		if (m->body.len && str_starts(buf_view(&m->type), STR("application/x-www-form"))) {
			buf_char(&m->url, str_chr(q.url, '?') < 0 ? '?' : '&');
			buf_str(&m->url, buf_view(&m->body));
		}
		q.url = buf_view(&m->url);
	} else {
		q.body = buf_view(&m->body);
		q.type = buf_view(&m->type);
	}
	m->count++;
	m->r->stop = m->found(m->ctx, &q);
}

static void start(struct made *m)
{
	buf_clear(&m->url);
	buf_clear(&m->body);
	buf_clear(&m->type);
	buf_clear(&m->headers);
	m->method[0] = 0;
}

/* The value of member `name` of the object at `at`; 0 none. */
static size_t member(const struct reading *r, size_t at, const char *name)
{
	for (size_t i = at + 1; i < r->tokens.len && !token_sign(token_at(r, i), '}');) {
		const struct token *k = token_at(r, i);
		bool pair = (k->kind == T_NAME || k->kind == T_STRING) && token_sign(token_at(r, i + 1), ':');
		size_t end = value_end(r, pair ? i + 2 : i);
		if (pair && str_ieq(k->text, str_c(name)))
			return i + 2;
		if (!token_sign(token_at(r, end), ','))
			return 0;
		i = end + 1;
	}
	return 0;
}

static void read_type(struct made *m, size_t at)
{
	const struct token *t = token_at(m->r, at);
	if (at && t->kind == T_STRING && str_chr(t->text, '/') > 0 && t->text.len < 100) {
		buf_clear(&m->type);
		buf_str(&m->type, t->text);
	}
}

/* A header of the application's own: what every browser sends, and what says who one is, are none. */
static void add_header(struct made *m, const struct token *t)
{
	static const char *const usual[] = { "content-type", "accept", "authorization", "cookie", "cache-control", "pragma", "host", "origin",
					     "referer", "user-agent", "x-requested-with", "if-", "sec-", "content-length", "accept-" };
	bool skip = (t->kind != T_STRING && t->kind != T_NAME) || t->text.len < 2 || t->text.len > 60 || m->headers.len > 200 ||
		    str_ihas(t->text, STR("csrf")) || str_ihas(t->text, STR("xsrf")) || str_ihas(t->text, STR("token"));
	for (size_t i = 0; i < ARRAY_SIZE(usual) && !skip; i++)
		skip = usual[i][strlen(usual[i]) - 1] == '-' ? str_istarts(t->text, str_c(usual[i])) : str_ieq(t->text, str_c(usual[i]));
	for (size_t i = 0; i < t->text.len && !skip; i++)
		skip = !ascii_alnum(t->text.ptr[i]) && t->text.ptr[i] != '-' && t->text.ptr[i] != '_';
	if (skip)
		return;
	if (m->headers.len)
		buf_char(&m->headers, ',');
	buf_str(&m->headers, t->text);
}

/* Names of the members of the object that opens at `at`. */
static void read_headers(struct made *m, size_t at)
{
	for (size_t i = at + 1; i < m->r->tokens.len && !token_sign(token_at(m->r, i), '}');) {
		const struct token *k = token_at(m->r, i);
		bool pair = (k->kind == T_NAME || k->kind == T_STRING) && token_sign(token_at(m->r, i + 1), ':');
		size_t end = value_end(m->r, pair ? i + 2 : i);
		if (pair)
			add_header(m, k);
		if (!token_sign(token_at(m->r, end), ','))
			return;
		i = end + 1;
	}
}

/* x.open("POST", url, …) … x.setRequestHeader("Content-Type", type) … x.send(body) */
static void from_open(struct made *m, size_t i)
{
	start(m);
	if (token_at(m->r, i + 3)->kind != T_STRING || !set_method(m, token_at(m->r, i + 3)->text) ||
	    !token_sign(token_at(m->r, i + 4), ',') || !read_url(m, i + 5))
		return;
	for (size_t n = i + 5; n < i + 5 + LIMIT_REACH && n < m->r->tokens.len; n++) {
		if (!token_sign(token_at(m->r, n), '.'))
			continue;
		if (word_is(token_at(m->r, n + 1), "setRequestHeader") && str_ieq(token_at(m->r, n + 3)->text, STR("content-type")))
			read_type(m, n + 5);
		else if (word_is(token_at(m->r, n + 1), "setRequestHeader") && token_at(m->r, n + 3)->kind == T_STRING)
			add_header(m, token_at(m->r, n + 3));
		if (!word_is(token_at(m->r, n + 1), "send") || !token_sign(token_at(m->r, n + 2), '('))
			continue;
		if (!token_sign(token_at(m->r, n + 3), ')'))
			read_body(m, n + 3, false);
		break;
	}
	give(m);
}

/* fetch(url, { method, headers, body }) */
static void from_fetch(struct made *m, size_t i)
{
	size_t comma = value_end(m->r, i + 2), options, at, headers;
	start(m);
	set_method(m, STR("GET"));
	if (!read_url(m, i + 2))
		return;
	options = token_sign(token_at(m->r, comma), ',') ? object_at(m->r, comma + 1) : 0;
	if (options && (at = member(m->r, options, "method")) && !set_method(m, token_at(m->r, at)->text))
		return;
	if (options && (at = member(m->r, options, "headers")) && (headers = object_at(m->r, at)))
		read_type(m, member(m->r, headers, "Content-Type")), read_headers(m, headers);
	if (options && (at = member(m->r, options, "body")))
		read_body(m, at, false);
	give(m);
}

/* $.get, $.post, $.getJSON (url, data), axios.post (url, data) */
static void from_call(struct made *m, size_t i, const char *method, bool json)
{
	size_t comma = value_end(m->r, i + 2);
	start(m);
	set_method(m, str_c(method));
	if (!read_url(m, i + 2))
		return;
	if (token_sign(token_at(m->r, comma), ',') && !word_is(token_at(m->r, comma + 1), "function"))
		read_body(m, comma + 1, json);
	give(m);
}

/* $.ajax({ url, type, data, contentType }), axios({ url, method, data }) */
static void from_options(struct made *m, size_t i, bool json)
{
	size_t o = object_at(m->r, i + 2), at;
	start(m);
	set_method(m, STR("GET"));
	if (!o || !(at = member(m->r, o, "url")) || !read_url(m, at))
		return;
	if (((at = member(m->r, o, "method")) || (at = member(m->r, o, "type"))) && !set_method(m, token_at(m->r, at)->text))
		return;
	read_type(m, member(m->r, o, "contentType"));
	if ((at = member(m->r, o, "headers")) && (at = object_at(m->r, at)))
		read_headers(m, at);
	if ((at = member(m->r, o, "data")) || (at = member(m->r, o, "params")))
		read_body(m, at, json);
	give(m);
}

static void look(struct made *m, size_t i)
{
	const struct token *t = token_at(m->r, i), *who = i > 1 ? token_at(m->r, i - 2) : token_at(m->r, SIZE_MAX);
	bool of = i > 1 && token_sign(token_at(m->r, i - 1), '.'), jquery = of && (word_is(who, "$") || word_is(who, "jQuery"));
	bool axios = of && (word_is(who, "axios") || word_is(who, "$http"));
	if (t->kind != T_NAME || !token_sign(token_at(m->r, i + 1), '('))
		return;
	if (of && str_eq(t->text, STR("open")) && token_at(m->r, i + 2)->kind == T_STRING)
		from_open(m, i - 1);
	else if (!of && str_eq(t->text, STR("fetch")))
		from_fetch(m, i);
	else if (jquery && str_eq(t->text, STR("ajax")))
		from_options(m, i, false);
	else if (!of && str_eq(t->text, STR("axios")))
		from_options(m, i, true);
	else if (jquery && (str_eq(t->text, STR("getJSON")) || str_eq(t->text, STR("get"))))
		from_call(m, i, "GET", false);
	else if ((jquery || axios) && str_eq(t->text, STR("post")))
		from_call(m, i, "POST", axios);
	else if (axios && (str_eq(t->text, STR("put")) || str_eq(t->text, STR("patch"))))
		from_call(m, i, str_eq(t->text, STR("put")) ? "PUT" : "PATCH", true);
}

static bool ignore(void *ctx, enum scan_link_kind kind, struct str raw)
{
	return false;
}

void link_requests(struct str js, link_requested *found, void *ctx)
{
	struct reading r;
	struct made m = { .r = &r, .found = found, .ctx = ctx };
	if (!str_has(js, STR("fetch(")) && !str_has(js, STR(".open(")) && !str_has(js, STR("ajax(")) && !str_has(js, STR(".get")) &&
	    !str_has(js, STR(".post")) && !str_has(js, STR("axios")))
		return;
	reading_begin(&r, js, ignore, NULL);
	buf_init(&m.url, LIMIT_BODY);
	buf_init(&m.body, 4 * LIMIT_BODY);
	buf_init(&m.type, KIB);
	buf_init(&m.scratch, 16 * KIB);
	buf_init(&m.headers, KIB);
	for (size_t i = 0; i < r.tokens.len && !r.stop && m.count < LIMIT_REQUESTS; i++)
		look(&m, i);
	buf_free(&m.url);
	buf_free(&m.body);
	buf_free(&m.type);
	buf_free(&m.scratch);
	buf_free(&m.headers);
	reading_end(&r);
}
