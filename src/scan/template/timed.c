/* The seconds that a template waits for stand in its condition (`duration>=6`) and, as the
 * same number, in its request (SLEEP(6)). The timing kit sends the request with other
 * seconds there and looks whether the answers follow. */
#include "scan/template/timed.h"

#include "base/limits.h"
#include "scan/timing.h"

struct timed {
	const struct scan_exchange *x;
	struct str number; /* "6" as it stands in the request */
};

/* The number that `duration` is compared with in a condition; 0: none. */
static unsigned asked_seconds(struct str source)
{
	ssize_t at = str_find(source, STR("duration"));
	while (at >= 0) {
		size_t i = (size_t)at + 8;
		while (i < source.len && (source.ptr[i] == '_' || ascii_alnum(source.ptr[i])))
			i++;
		while (i < source.len && strchr(" >=", source.ptr[i]))
			i++;
		unsigned n = 0;
		for (size_t k = i; k < source.len && ascii_digit(source.ptr[k]) && n < 1000; k++)
			n = n * 10 + (unsigned)(source.ptr[k] - '0');
		if (n)
			return n;
		source = str_from(source, (size_t)at + 8);
		at = str_find(source, STR("duration"));
	}
	return 0;
}

/* The same of POCs: response.latency >= 6000, in milliseconds. */
static unsigned asked_latency(struct str source)
{
	static const struct str name = STR_INIT("response.latency");
	for (ssize_t at; (at = str_find(source, name)) >= 0;) {
		source = str_trim(str_from(source, (size_t)at + name.len));
		if (!str_starts(source, STR(">")))
			continue;
		unsigned n = 0;
		for (size_t i = 1; i < source.len && (ascii_digit(source.ptr[i]) || strchr(" =", source.ptr[i])); i++)
			if (ascii_digit(source.ptr[i]) && n < 100000)
				n = n * 10 + (unsigned)(source.ptr[i] - '0');
		if (n >= 1000)
			return n / 1000;
	}
	return 0;
}

static unsigned block_seconds(const struct template_block *b)
{
	for (size_t i = 0; i < b->matchers_len; i++)
		for (size_t k = 0; b->matchers[i].kind == MATCH_EXPR && k < b->matchers[i].n; k++) {
			unsigned n = asked_seconds(expr_source(b->matchers[i].exprs[k]));
			n = n ? n : asked_latency(expr_source(b->matchers[i].exprs[k]));
			if (n)
				return n;
		}
	return 0;
}

/* Appends s with every number `from` that stands alone replaced; how many there were. */
static size_t replace_number(struct buf *b, struct str s, struct str from, unsigned to)
{
	size_t n = 0;
	for (size_t i = 0; i < s.len;) {
		bool alone = i == 0 || (!ascii_digit(s.ptr[i - 1]) && s.ptr[i - 1] != '.' && s.ptr[i - 1] != '%');
		struct str rest = str_from(s, i);
		bool here = alone && str_starts(rest, from) &&
			    (rest.len == from.len || (!ascii_digit(rest.ptr[from.len]) && rest.ptr[from.len] != '.'));
		if (here) {
			buf_printf(b, "%u", to);
			i += from.len;
			n++;
		} else {
			buf_char(b, s.ptr[i++]);
		}
	}
	return n;
}

static struct str changed(struct arena *a, struct str s, struct str from, unsigned to, size_t *count)
{
	struct buf b;
	buf_init(&b, 2 * MIB);
	*count += replace_number(&b, s, from, to);
	struct str r = arena_str(a, buf_view(&b));
	buf_free(&b);
	return r;
}

/* Path and query only: the port is a number, too. */
static struct str changed_url(struct arena *a, const struct scan_exchange *x, struct str from, unsigned to, size_t *count)
{
	struct str rest = changed(a, str_from(x->url, x->origin.len), from, to, count);
	return arena_printf(a, "%.*s%.*s", STR_ARG(x->origin), STR_ARG(rest));
}

static size_t render_into(struct arena *a, const struct timed *t, unsigned seconds, struct scan_mutation *m)
{
	const struct scan_exchange *x = t->x;
	struct scan_header *list = arena_array(a, x->request_headers.len + 1, sizeof(*list));
	size_t count = 0;
	m->method = x->method;
	m->url = changed_url(a, x, t->number, seconds, &count);
	for (size_t i = 0; i < x->request_headers.len; i++) {
		const struct scan_header *h = &x->request_headers.list[i];
		size_t ignored = 0;
		bool plain = str_ieq(h->name, STR("user-agent")) || str_ieq(h->name, STR("accept")) ||
			     str_ieq(h->name, STR("host")) || str_ieq(h->name, STR("accept-language"));
		list[i] = (struct scan_header){ h->name, changed(a, h->value, t->number, seconds, plain ? &ignored : &count) };
		if (plain && !ignored)
			list[i].value = h->value;
	}
	m->headers = list;
	m->headers_len = x->request_headers.len;
	m->no_cookies = true;
	m->fresh = true;
	if (x->request_body.len) {
		m->body_set = true;
		m->body = changed(a, x->request_body, t->number, seconds, &count);
		m->content_type = scan_header_get(&x->request_headers, "content-type");
	}
	return count;
}

static void render(struct probe *p, void *ctx, unsigned seconds, struct scan_mutation *m)
{
	render_into(probe_arena(p), ctx, seconds, m);
}

bool timed_confirmed(struct trun *tr)
{
	const struct hit *h = NULL;
	struct timing timing;
	struct scan_mutation m = { 0 };
	for (size_t i = 0; i < tr->hits.len && !h; i++)
		if (tr->hits.ptr[i].block->timed)
			h = &tr->hits.ptr[i];
	if (!h)
		return true;
	unsigned seconds = block_seconds(h->block);
	if (!h->reply->a || !seconds)
		return false;
	struct timed t = { &h->reply->a->x, arena_printf(tr->keep, "%u", seconds) };
	if (render_into(tr->scratch, &t, 1, &m) == 0) {
		/* written some other way, perhaps a second more than is waited for */
		t.number = arena_printf(tr->keep, "%u", seconds + 1);
		m = (struct scan_mutation){ 0 };
		if (render_into(tr->scratch, &t, 1, &m) == 0)
			return false;
	}
	return probe_time_dependent(tr->p, render, &t, &timing);
}
