/* Conformance cases: parser and server. */
#include "scan/template/test_cases.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/limits.h"

/* ---- reading ---- */

static bool line_of(struct str *rest, struct str *line)
{
	if (!rest->len)
		return false;
	ssize_t nl = str_chr(*rest, '\n');
	*line = str_sub(*rest, 0, nl < 0 ? rest->len : (size_t)nl);
	*rest = nl < 0 ? STR("") : str_from(*rest, (size_t)nl + 1);
	return true;
}

static struct str *section(struct test_case *c, struct str line)
{
	if (str_eq(line, STR("[template]")))
		return &c->template;
	if (str_eq(line, STR("[server]")))
		return &c->server;
	if (str_eq(line, STR("[tcp]")))
		return &c->tcp;
	if (str_eq(line, STR("[expect]")))
		return &c->expect;
	if (str_starts(line, STR("[file ")) && str_ends(line, STR("]"))) {
		*vec_push(&c->extra_names) = str_sub(line, 6, line.len - 1);
		return vec_push(&c->extra_texts);
	}
	return NULL;
}

static void head(struct test_case *c, struct str line)
{
	ssize_t colon = str_find(line, STR(" : "));

	if (str_ends(line, STR(" abstract"))) {
		c->abstract = true;
		line.len -= 9;
	}
	c->name = str_trim(colon < 0 ? line : str_sub(line, 0, (size_t)colon));
	c->base = colon < 0 ? STR("") : str_trim(str_from(line, (size_t)colon + 3));
}

void cases_read(struct case_list *l, struct str file, struct str text)
{
	struct test_case *c = NULL;
	struct str rest = text, line, *into = NULL, *next;

	while (line_of(&rest, &line)) {
		if (str_starts(line, STR("=== "))) {
			c = vec_push(&l->list);
			c->file = file;
			head(c, str_from(line, 4));
			into = NULL;
		} else if (c && (next = section(c, line))) {
			into = next;
			*into = str_make(rest.ptr, 0);
		} else if (into && into->ptr) {
			into->len = (size_t)(line.ptr + line.len - into->ptr) + (rest.len > 0);
		} else if (c && line.len > 1 && line.ptr[0] == '@') {
			ssize_t space = str_chr(line, ' ');
			check(space > 1);
			*vec_push(&c->keys) = str_sub(line, 1, (size_t)space);
			*vec_push(&c->values) = str_from(line, (size_t)space + 1);
		} else {
			check(!str_trim(line).len || line.ptr[0] == '#');
		}
	}
}

static struct test_case *find(struct case_list *l, struct str name)
{
	for (size_t i = 0; i < l->list.len; i++)
		if (str_eq(l->list.ptr[i].name, name))
			return &l->list.ptr[i];
	fprintf(stderr, "no such case: %.*s\n", STR_ARG(name));
	abort();
}

static bool value_of(const struct test_case *c, struct str key, struct str *ret)
{
	for (size_t i = 0; i < c->keys.len; i++)
		if (str_eq(c->keys.ptr[i], key)) {
			*ret = c->values.ptr[i];
			return true;
		}
	return false;
}

/* @KEY@ -> value; @'KEY@ -> value as the inside of a YAML string in single quotes. */
static struct str filled(struct arena *a, const struct test_case *c, struct str s)
{
	_cleanup_buf_ struct buf b = BUF_INIT(8 * MIB);

	for (size_t i = 0; i < s.len; i++) {
		bool quoted = s.ptr[i] == '@' && i + 1 < s.len && s.ptr[i + 1] == '\'';
		ssize_t end = s.ptr[i] == '@' ? str_chr(str_from(s, i + 1), '@') : -1;
		struct str v;
		if (end > 0 && end < 24 &&
		    value_of(c, str_sub(s, i + 1 + quoted, i + 1 + (size_t)end), &v)) {
			for (size_t k = 0; k < v.len; k++) {
				buf_char(&b, v.ptr[k]);
				if (quoted && v.ptr[k] == '\'')
					buf_char(&b, '\'');
			}
			i += (size_t)end + 1;
		} else {
			buf_char(&b, s.ptr[i]);
		}
	}
	return arena_str(a, buf_view(&b));
}

void cases_resolve(struct case_list *l)
{
	for (size_t i = 0; i < l->list.len; i++) {
		struct test_case *c = &l->list.ptr[i];
		struct str up = c->base;
		for (unsigned depth = 0; up.len && depth < 5; depth++) {
			const struct test_case *b = find(l, up);
			c->template = c->template.ptr ? c->template : b->template;
			c->server = c->server.ptr ? c->server : b->server;
			c->tcp = c->tcp.ptr ? c->tcp : b->tcp;
			c->expect = c->expect.ptr ? c->expect : b->expect;
			for (size_t k = 0; k < b->keys.len; k++) {
				*vec_push(&c->keys) = b->keys.ptr[k];
				*vec_push(&c->values) = b->values.ptr[k];
			}
			for (size_t k = 0; k < b->extra_names.len; k++) {
				*vec_push(&c->extra_names) = b->extra_names.ptr[k];
				*vec_push(&c->extra_texts) = b->extra_texts.ptr[k];
			}
			up = b->base;
		}
	}
	for (size_t i = 0; i < l->list.len; i++) {
		struct test_case *c = &l->list.ptr[i];
		if (c->abstract)
			continue;
		c->template = filled(l->arena, c, c->template);
		c->server = filled(l->arena, c, c->server);
		c->expect = filled(l->arena, c, c->expect);
	}
}

/* ---- the server ---- */

static struct str word(struct str *s)
{
	*s = str_trim(*s);
	ssize_t space = str_chr(*s, ' ');
	struct str w = str_sub(*s, 0, space < 0 ? s->len : (size_t)space);

	*s = str_from(*s, w.len);
	return w;
}

static void read_rules(struct case_server *s)
{
	struct str rest = s->c->server, line;
	struct case_rule *r = NULL;

	while (line_of(&rest, &line)) {
		if (!str_starts(line, STR("> "))) {
			if (r && !r->text.ptr)
				r->text = str_make(line.ptr, 0);
			if (r)
				r->text.len = (size_t)(line.ptr + line.len - r->text.ptr);
			continue;
		}
		line = str_from(line, 2);
		r = vec_push(&s->rules);
		r->method = word(&line);
		r->target = word(&line);
		for (struct str w; (w = word(&line)).len;) {
			uint64_t n;
			if (str_eq(w, STR("nth")) && str_to_u64(word(&line), &n) == 0) {
				r->nth = (unsigned)n;
			} else if (str_eq(w, STR("if"))) {
				r->when = str_trim(line);
				break;
			}
		}
	}
	s->times = arena_array(s->arena, s->rules.len + 1, sizeof(*s->times));
}

void case_server_init(struct case_server *s, const struct test_case *c)
{
	memset(s, 0, sizeof(*s));
	s->c = c;
	s->arena = arena_new(16 * MIB);
	buf_init(&s->log, 32 * MIB);
	buf_init(&s->oob, 1 * MIB);
	pthread_mutex_init(&s->lock, NULL);
	read_rules(s);
}

void case_server_free(struct case_server *s)
{
	vec_free(&s->rules);
	buf_free(&s->log);
	buf_free(&s->oob);
	arena_free(s->arena);
	pthread_mutex_destroy(&s->lock);
}

static bool applies(struct case_server *s, size_t i, struct str method, struct str target,
		    struct str request)
{
	const struct case_rule *r = &s->rules.ptr[i];
	bool prefix = str_ends(r->target, STR("*"));
	struct str want = prefix ? str_sub(r->target, 0, r->target.len - 1) : r->target;

	if (!str_eq(r->method, STR("*")) && !str_eq(r->method, method))
		return false;
	if (prefix ? !str_starts(target, want) : !str_eq(target, want))
		return false;
	if (r->when.len && !str_has(request, r->when))
		return false;
	s->times[i]++;
	return !r->nth || r->nth == s->times[i];
}

static void unescape(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char hex[3] = "";
		if (s.ptr[i] == '\\' && i + 3 < s.len && s.ptr[i + 1] == 'x') {
			memcpy(hex, s.ptr + i + 2, 2);
			buf_char(b, (char)strtoul(hex, NULL, 16));
			i += 3;
		} else if (s.ptr[i] == '\\' && i + 1 < s.len && strchr("rnt", s.ptr[i + 1])) {
			char c = s.ptr[++i];
			buf_char(b, c == 'r' ? '\r' : c == 'n' ? '\n' : '\t');
		} else {
			buf_char(b, s.ptr[i]);
		}
	}
}

/* %TARGET% and %BODY% of the request stand for themselves. */
static void fill_body(struct buf *out, struct str text, struct str target, struct str body)
{
	for (ssize_t at; (at = str_chr(text, '%')) >= 0;) {
		unescape(out, str_sub(text, 0, (size_t)at));
		text = str_from(text, (size_t)at);
		if (str_starts(text, STR("%TARGET%"))) {
			buf_str(out, target);
			text = str_from(text, 8);
		} else if (str_starts(text, STR("%BODY%"))) {
			buf_str(out, body);
			text = str_from(text, 6);
		} else {
			buf_char(out, '%');
			text = str_from(text, 1);
		}
	}
	unescape(out, text);
}

static void note_oob(struct case_server *s, struct str kind, struct str request)
{
	static const struct str domain = STR_INIT("." CASE_OOB_DOMAIN);
	ssize_t at = str_find(request, domain);
	size_t from = at < 0 ? 0 : (size_t)at;

	while (from > 0 && ascii_alnum(request.ptr[from - 1]))
		from--;
	if (at <= 0)
		return;
	buf_blob(&s->oob, kind);
	buf_blob(&s->oob, str_sub(request, from, (size_t)at));
	s->oob_count++;
}

struct reply {
	struct buf head, body;
	int status, delay_ms;
	bool raw, close;
};

/* !delay MS, !fill COUNT TEXT, !oob KIND, !raw, !close stand in front of the status line. */
static bool directive(struct case_server *s, struct str line, struct str request, struct reply *y)
{
	struct str w;
	uint64_t n;

	if (!str_starts(line, STR("!")))
		return false;
	w = word(&line);
	if (str_eq(w, STR("!delay")) && str_to_u64(word(&line), &n) == 0)
		y->delay_ms = (int)n;
	else if (str_eq(w, STR("!oob")))
		note_oob(s, word(&line), request);
	else if (str_eq(w, STR("!raw")))
		y->raw = true;
	else if (str_eq(w, STR("!close")))
		y->close = true;
	else if (str_eq(w, STR("!fill")) && str_to_u64(word(&line), &n) == 0)
		for (struct str text = str_trim(line); n > 0; n--)
			unescape(&y->body, text);
	return true;
}

static void make_reply(struct case_server *s, const struct case_rule *r, struct str target,
		       struct str request, struct reply *y)
{
	ssize_t gap = str_find(request, STR("\r\n\r\n"));
	struct str rest = r ? r->text : STR("404\n\nnothing here"), line = STR(""),
		   body = gap < 0 ? STR("") : str_from(request, (size_t)gap + 4);
	int64_t status = 200;

	while (line_of(&rest, &line) && directive(s, line, request, y))
		;
	if (y->raw) {
		unescape(&y->body, line);
		buf_str(&y->body, line.len && rest.len ? STR("\r\n") : STR(""));
		while (line_of(&rest, &line)) {
			unescape(&y->body, line);
			buf_c(&y->body, "\r\n");
		}
		return;
	}
	str_to_i64(str_trim(line), &status);
	y->status = (int)status;
	while (line_of(&rest, &line) && line.len) {
		fill_body(&y->head, line, target, body);
		buf_c(&y->head, "\r\n");
	}
	fill_body(&y->body, str_ends(rest, STR("\n")) ? str_sub(rest, 0, rest.len - 1) : rest, target,
		  body);
}

static void reply_to(struct test_conn *c, struct case_server *s)
{
	struct str request = buf_view(&c->request), line = request;
	struct str method, target;
	struct reply y = { .status = 200 };
	const struct case_rule *r = NULL;

	buf_init(&y.head, 64 * KIB);
	buf_init(&y.body, 16 * MIB);
	line_of(&line, &line);
	line = str_sub(request, 0, (size_t)(str_chr(request, '\n') < 0 ? 0 : str_chr(request, '\n')));
	method = word(&line);
	ssize_t version = str_find(line, STR(" HTTP/"));
	target = str_trim(version < 0 ? line : str_sub(line, 0, (size_t)version));
	pthread_mutex_lock(&s->lock);
	buf_str(&s->log, request);
	buf_c(&s->log, "\n");
	if (!str_eq(target, STR("/"))) /* the engine itself asks for the start page */
		s->requests++;
	for (size_t i = 0; i < s->rules.len && !r; i++)
		if (applies(s, i, method, target, request))
			r = &s->rules.ptr[i];
	make_reply(s, r, target, request, &y);
	pthread_mutex_unlock(&s->lock);
	if (y.delay_ms)
		test_sleep_ms(y.delay_ms);
	if (y.raw) {
		test_write(c, buf_view(&y.body));
	} else {
		test_writef(c, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%.*s\r\n", y.status,
			    str_eq(method, STR("HEAD")) ? 0 : y.body.len, STR_ARG(buf_view(&y.head)));
		if (!str_eq(method, STR("HEAD")))
			test_write(c, buf_view(&y.body));
	}
	if (y.raw || y.close)
		shutdown(c->fd, SHUT_RDWR);
	buf_free(&y.head);
	buf_free(&y.body);
}

/* say TEXT, hear TEXT (the connection ends when something else is heard). */
static void play_tcp(struct test_conn *c, struct case_server *s)
{
	struct str rest = s->c->tcp, line;
	char heard[4096];

	while (line_of(&rest, &line)) {
		_cleanup_buf_ struct buf b = BUF_INIT(1 * MIB);
		struct str verb = word(&line);
		unescape(&b, str_trim(line));
		if (str_eq(verb, STR("say"))) {
			test_write(c, buf_view(&b));
		} else if (str_eq(verb, STR("hear"))) {
			ssize_t n = recv(c->fd, heard, sizeof(heard), 0);
			if (n <= 0 || !str_has(str_make(heard, (size_t)n), buf_view(&b)))
				return;
		}
	}
}

void case_handler(struct test_conn *c)
{
	struct case_server *s = c->ctx;
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	char first[8] = "";

	if (s->c->tcp.len && poll(&p, 1, 120) >= 0 &&
	    (recv(c->fd, first, sizeof(first) - 1, MSG_PEEK | MSG_DONTWAIT) <= 0 ||
	     (memcmp(first, "GET ", 4) != 0 && memcmp(first, "HEAD", 4) != 0))) {
		play_tcp(c, s);
		return;
	}
	while (test_read_request(c))
		reply_to(c, s);
}
