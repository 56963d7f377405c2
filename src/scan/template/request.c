/* From a request as written to one that can be sent: addresses are bound to the scope, and
 * in a control run every path goes below a random folder. Templates are sent as nobody:
 * what needs a session of the user is not what they look for. */
#include "base/limits.h"
#include "scan/template/run_private.h"

/* Bytes that may not stand in a request line as they are. */
static void put_target(struct buf *b, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c <= 0x20 || c >= 0x7f) {
			buf_char(b, '%');
			buf_char(b, hex[c >> 4]);
			buf_char(b, hex[c & 15]);
		} else {
			buf_char(b, (char)c);
		}
	}
}

/* "scheme://host" and what follows it. */
static bool split_absolute(struct str s, struct str *origin, struct str *target)
{
	if (!str_istarts(s, STR("http://")) && !str_istarts(s, STR("https://")))
		return false;
	size_t at = (size_t)str_find(s, STR("://")) + 3;
	size_t end = at;
	while (end < s.len && s.ptr[end] != '/' && s.ptr[end] != '?' && s.ptr[end] != '#')
		end++;
	*origin = str_sub(s, 0, end);
	*target = str_from(s, end);
	return true;
}

static struct str base_path(const struct trun *tr)
{
	struct str origin, path;
	return split_absolute(tr->base, &origin, &path) ? path : STR("");
}

/* "/a/b.php" -> "/a/RANDOM.php"; "/a/" -> "/RANDOM/". */
static struct str sibling(struct trun *tr, struct str path)
{
	size_t end = path.len;
	while (end > 1 && path.ptr[end - 1] == '/')
		end--;
	ssize_t slash = str_rchr(str_sub(path, 0, end), '/');
	struct str name = str_sub(path, (size_t)(slash + 1), end);
	ssize_t dot = str_rchr(name, '.');
	return arena_printf(tr->scratch, "%.*s%.*s%.*s%.*s", STR_ARG(str_sub(path, 0, (size_t)(slash + 1))),
			    STR_ARG(tr->ts->place), STR_ARG(dot > 0 ? str_from(name, (size_t)dot) : STR("")),
			    STR_ARG(str_from(path, end)));
}

/* In a control run: another place. "/" stays, there is no other place for it. */
static struct str shifted(struct trun *tr, struct str target)
{
	size_t end = 0;
	while (end < target.len && target.ptr[end] != '?' && target.ptr[end] != '#')
		end++;
	struct str path = str_sub(target, 0, end), base = base_path(tr);
	/* the application's own start page is a place like "/" */
	bool start = path.len < 2 || str_eq(path, base) ||
		     (path.len == base.len + 1 && str_starts(path, base) && path.ptr[base.len] == '/');
	bool plain = tr->control == CONTROL_PLAIN;
	/* a fragment is not sent: it alters nothing */
	bool query = end < target.len && target.ptr[end] == '?';
	tr->plain = start && !query && !tr->alters;
	tr->moved = plain ? start && (tr->alters || query) : tr->control != CONTROL_NONE && !start;
	if (!tr->moved)
		return target;
	tr->shifted = true;
	if (plain)
		return path;
	if (tr->control == CONTROL_FOLDER)
		return arena_printf(tr->scratch, "%.*s/%.*s%.*s", STR_ARG(str_starts(path, base) ? base : STR("")),
				    STR_ARG(tr->ts->place), STR_ARG(str_from(target, str_starts(path, base) ? base.len : 0)));
	return arena_printf(tr->scratch, "%.*s%.*s", STR_ARG(sibling(tr, path)), STR_ARG(str_from(target, end)));
}

static struct str origin_text(struct trun *tr, const struct url *u)
{
	struct buf b;
	buf_init(&b, 4 * KIB);
	url_write_origin(&b, u);
	struct str s = arena_str(tr->scratch, buf_view(&b));
	buf_free(&b);
	return s;
}

static struct str without_fragment(struct str s)
{
	ssize_t hash = str_chr(s, '#');
	return hash < 0 ? s : str_sub(s, 0, (size_t)hash);
}

/* Absolute URL of a rendered target. */
static struct str address_of(struct trun *tr, const struct template_request *q, struct str target)
{
	struct str origin, path;
	target = str_trim(target);
	if (q->host.text.len) {
		struct str host, rest;
		if (!trun_render(tr, &q->host, tr->scratch, &host))
			return STR_NULL;
		origin = split_absolute(host, &origin, &rest) ? origin :
			 arena_printf(tr->scratch, "%.*s://%.*s", STR_ARG(tr->base_url.scheme), STR_ARG(host));
		struct str own;
		path = split_absolute(target, &own, &rest) ? rest : target;
	} else if (!split_absolute(target, &origin, &path)) {
		bool merge = q->raw && !str_starts(q->target.text, STR("{{Path}}"));
		origin = origin_text(tr, &tr->base_url);
		path = arena_printf(tr->scratch, "%.*s%s%.*s", STR_ARG(merge ? base_path(tr) : STR("")),
				    str_starts(target, STR("/")) ? "" : "/", STR_ARG(target));
	}
	if (!str_starts(path, STR("/")))
		path = arena_printf(tr->scratch, "/%.*s", STR_ARG(path));
	else if (str_starts(path, STR("//")) && !q->raw && str_starts(q->target.text, STR("{{BaseURL}}/")) &&
		 !str_starts(q->target.text, STR("{{BaseURL}}//")))
		path = str_from(path, 1);
	struct buf b;
	buf_init(&b, 256 * KIB);
	buf_str(&b, origin);
	put_target(&b, without_fragment(shifted(tr, path)));
	struct str r = arena_str(tr->scratch, buf_view(&b));
	buf_free(&b);
	return r;
}

/* Fields that the client writes itself. */
static bool ours(struct str name, struct str value)
{
	if (str_ieq(name, STR("content-length")) || str_ieq(name, STR("transfer-encoding")))
		return true;
	if (str_ieq(name, STR("connection")))
		return str_ieq(value, STR("close")) || str_ieq(value, STR("keep-alive"));
	return str_ieq(name, STR("accept-encoding")) && str_chr(value, '{') < 0 && str_chr(value, '(') < 0;
}

static bool add_headers(struct trun *tr, const struct template_request *q, struct send *s)
{
	struct arena *a = s->answer->arena;
	size_t n = s->q.headers_len;
	struct scan_header *list = arena_array(a, n + q->headers_len + 2, sizeof(*list));
	for (size_t i = 0; i < n; i++)
		list[i] = s->q.headers[i];
	for (size_t i = 0; i < q->headers_len; i++) {
		struct scan_header h;
		if (!trun_render(tr, &q->headers[i].name, a, &h.name) || !trun_render(tr, &q->headers[i].value, a, &h.value))
			return false;
		if (ours(h.name, h.value))
			continue;
		size_t k = 0;
		while (k < s->q.headers_len && !str_ieq(list[k].name, h.name))
			k++;
		if (k < s->q.headers_len && k < n && !str_ieq(h.name, STR("cookie")))
			list[k] = h; /* instead of the user's own */
		else
			list[n++] = h;
	}
	s->q.headers = list;
	s->q.headers_len = n;
	return true;
}

/* Cookies that this template was given before go along, behind those it names. */
static void add_cookies(struct trun *tr, struct send *s)
{
	struct buf b;
	if (tr->block && tr->block->no_cookies)
		return;
	buf_init(&b, 64 * KIB);
	for (size_t i = 0; i < s->q.headers_len; i++)
		if (str_ieq(s->q.headers[i].name, STR("cookie"))) {
			buf_str(&b, s->q.headers[i].value);
			break;
		}
	size_t own = b.len;
	if (own)
		buf_c(&b, "; ");
	size_t mark = b.len;
	cookie_jar_get(tr->jar, &s->url, clock_wall_ms(tr->r->clock), &b);
	if (b.len > mark)
		send_add_header(s, STR("Cookie"), buf_view(&b));
	buf_free(&b);
}

/* Has it a method, a body or headers that a visitor's browser would not send? */
static bool alters(const struct template_request *q)
{
	static const char *const usual[] = { "host", "connection", "cache-control", "pragma", "upgrade-insecure-requests", NULL };
	if (q->has_body || !str_ieq(q->method.text, STR("GET")))
		return true;
	for (size_t i = 0; i < q->headers_len; i++) {
		struct str name = q->headers[i].name.text;
		struct str value = q->headers[i].value.text;
		bool plain = (str_istarts(name, STR("accept")) && !str_has(value, STR("..")) && !str_has(value, STR("{"))) ||
			     (str_ieq(name, STR("user-agent")) && str_istarts(value, STR("mozilla/")) &&
			      !q->headers[i].value.mixed);
		for (size_t k = 0; usual[k] && !plain; k++)
			plain = str_ieq(name, str_c(usual[k]));
		if (!plain)
			return true;
	}
	return false;
}

struct send *trun_build(struct trun *tr, const struct template_request *q)
{
	struct str method, target, body = STR("");
	tr->oob_used = false;
	if (!trun_render(tr, &q->method, tr->scratch, &method) || !trun_render(tr, &q->target, tr->scratch, &target) ||
	    !trun_render(tr, &q->body, tr->scratch, &body))
		return NULL;
	static const struct template_request nothing;
	tr->alters = alters(q);
	struct str url = address_of(tr, q, target);
	if (tr->control == CONTROL_PLAIN && tr->moved) {
		method = STR("GET");
		q = &nothing;
	}
	struct send *s = url.len ? send_new(tr->r, method, url, URL_RAW_PATH, NULL) : NULL;
	if (!s)
		return NULL;
	if (!run_in_scope(tr->r, &s->url) || run_excluded(tr->r, s->q.url)) {
		send_free(s);
		return NULL;
	}
	s->q.probe = true;
	s->timeout_ms = q->timeout_ms;
	send_add_header(s, STR("User-Agent"), tr->r->o.user_agent);
	send_add_header(s, STR("Accept"), STR("*/*"));
	people_headers(tr->r, AS_NOBODY, s);
	if (!add_headers(tr, q, s)) {
		send_free(s);
		return NULL;
	}
	add_cookies(tr, s);
	if (q->has_body)
		s->q.body = arena_str(s->answer->arena, body);
	return s;
}

void trun_key(const struct send *s, char out[33])
{
	struct buf b;
	buf_init(&b, 4 * MIB);
	buf_str(&b, s->q.method);
	buf_char(&b, ' ');
	buf_str(&b, s->q.url);
	for (size_t i = 0; i < s->q.headers_len; i++) {
		/* what a browser calls itself changes nothing worth a request */
		if (str_ieq(s->q.headers[i].name, STR("user-agent")) &&
		    str_istarts(s->q.headers[i].value, STR("mozilla/5.0 (")))
			continue;
		buf_char(&b, '\n');
		buf_str(&b, s->q.headers[i].name);
		buf_char(&b, ':');
		buf_str(&b, s->q.headers[i].value);
	}
	buf_c(&b, "\n\n");
	buf_str(&b, s->q.body);
	kit_hash(buf_view(&b), out);
	buf_free(&b);
}
