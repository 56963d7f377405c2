/* Sends, or takes the answer that another template was given to the same request. How
 * often each plain request will be needed was counted beforehand (plan.c), so an answer is
 * kept exactly as long as somebody will ask for it, within a budget of bytes. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/rawsend.h"
#include "scan/template/run_private.h"

#define SHARED_BYTES (96 * MIB)
#define FILTER_USES 6 /* from so many templates on, one pass over the answer pays */

/* ---- replies ---- */

static struct str body_of(const struct scan_exchange *x)
{
	/* Chinese pages in their old charsets are read as text; what only looks like UTF-16 by its
	 * first two bytes is binary data more often */
	bool converted = x->text.len && x->charset.len && !str_eq(x->charset, STR("utf-8")) &&
			 !str_istarts(x->charset, STR("utf-16"));
	return converted ? x->text : x->body;
}

struct reply *reply_new(struct answer *a)
{
	struct arena *arena = arena_new(32 * MIB);
	struct reply *y = arena_new_of(arena, struct reply);
	y->arena = arena;
	y->refs = 1;
	if (a) {
		y->a = answer_ref(a);
		y->body = body_of(&a->x);
		y->header = a->x.head;
		y->status = a->x.status;
		y->seconds = (double)a->x.total_us / 1e6;
		y->bytes = arena_used(a->arena) + a->x.body.len + a->x.head.len + KIB;
	}
	return y;
}

struct reply *reply_ref(struct reply *y)
{
	y->refs++;
	return y;
}

void reply_unref(struct reply *y)
{
	if (!y || --y->refs)
		return;
	answer_unref(y->a);
	arena_free(y->arena);
}

struct str reply_response(struct reply *y)
{
	if (!y->response.ptr) {
		size_t n = y->header.len + y->body.len;
		char *s = arena_alloc(y->arena, n + 1);
		if (y->header.len)
			memcpy(s, y->header.ptr, y->header.len);
		if (y->body.len)
			memcpy(s + y->header.len, y->body.ptr, y->body.len);
		y->response = str_make(s, n);
	}
	return y->response;
}

void reply_filter(struct reply *y, const struct prefilter *f)
{
	size_t words = (prefilter_len(f) + 63) / 64;
	if (y->bits || words == 0)
		return;
	y->bits = arena_array(y->arena, words * 2, sizeof(*y->bits));
	prefilter_scan(f, y->body, y->bits);
	prefilter_scan(f, y->header, y->bits + words);
	y->bytes += words * 16;
}

/* ---- one request ---- */

static struct reply *keep(struct trun *tr, struct reply *y)
{
	*vec_push(&tr->held) = y;
	return y;
}

/* Really sends. NULL: no answer. */
static struct reply *ask_wire(struct trun *tr, struct send *s)
{
	struct probe *p = tr->p;
	size_t before = p->held.len;
	tr->sends++;
	tr->ts->stats.requests++;
	struct answer *a = probe_ask(p, s);
	struct reply *y = a ? reply_new(a) : NULL;
	while (p->held.len > before) /* the reply holds it from now on */
		answer_unref(vec_pop(&p->held));
	if (!y)
		tr->network_failed = true;
	return y;
}

static void make_room(struct templates *ts)
{
	struct map_iter it = { 0 };
	struct str key;
	void *value;
	while (ts->shared_bytes > SHARED_BYTES && map_next(ts->shared, &it, &key, &value)) {
		struct shared *h = value;
		if (!h->reply || h->asking)
			continue;
		ts->shared_bytes -= h->reply->bytes;
		reply_unref(h->reply);
		h->reply = NULL;
	}
}

/* One use less; after the last one the answer goes. */
static void used(struct templates *ts, struct shared *h)
{
	if (h->uses)
		h->uses--;
	if (h->uses || !h->reply || !h->planned)
		return;
	ts->shared_bytes -= h->reply->bytes;
	reply_unref(h->reply);
	h->reply = NULL;
}

static struct shared *shared_of(struct templates *ts, struct str key)
{
	struct shared *h = map_get(ts->shared, key);
	if (!h) {
		h = mem_alloc(sizeof(*h));
		map_put(ts->shared, key, h);
	}
	return h;
}

static void remember(struct trun *tr, struct shared *h, struct reply *y)
{
	if (!y)
		h->failed = !tr->r->stopping;
	if (!y || (h->planned && h->uses < 2))
		return;
	if (h->uses >= FILTER_USES)
		reply_filter(y, template_pack_filter(tr->ts->pack));
	h->reply = reply_ref(y);
	tr->ts->shared_bytes += y->bytes;
	make_room(tr->ts);
}

static struct reply *ask_shared(struct trun *tr, struct send *s)
{
	char key[33];
	trun_key(s, key);
	struct shared *h = shared_of(tr->ts, str_make(key, 32));
	while (h->asking && !tr->r->stopping)
		probe_park(tr->p);
	if (h->reply || h->failed) {
		struct reply *y = h->reply ? keep(tr, reply_ref(h->reply)) : NULL;
		tr->r->stats.saved++;
		tr->ts->stats.saved++;
		send_free(s);
		used(tr->ts, h);
		return y;
	}
	h->asking = true;
	struct reply *y = ask_wire(tr, s);
	h->asking = false;
	if (y)
		keep(tr, y);
	remember(tr, h, y);
	used(tr->ts, h);
	return y;
}

static struct reply *ask_one(struct trun *tr, struct send *s, bool shareable)
{
	if (tr->r->stopping || tr->sends >= LIMIT_TEMPLATE_SENDS || tr->p->unit->target->refused >= 40) {
		send_free(s);
		return NULL;
	}
	if (shareable && !tr->fresh && s->q.method.len <= 7)
		return ask_shared(tr, s);
	struct reply *y = ask_wire(tr, s);
	return y ? keep(tr, y) : NULL;
}

static void take_cookies(struct trun *tr, const struct reply *y)
{
	size_t at = 0;
	struct str v;
	while (scan_header_next(&y->a->x.headers, "set-cookie", &at, &v))
		cookie_jar_set(tr->jar, &y->a->url, v, clock_wall_ms(tr->r->clock));
}

/* ---- redirects ---- */

static bool redirects(const struct reply *y)
{
	int s = y->status;
	return s == 301 || s == 302 || s == 303 || s == 307 || s == 308;
}

static struct send *next_hop(struct trun *tr, const struct reply *y)
{
	const struct scan_exchange *x = &y->a->x;
	struct str to = scan_header_get(&x->headers, "location");
	struct url u;
	if (str_empty(to) || url_parse(tr->scratch, to, &y->a->url, 0, &u, NULL) < 0 || !run_in_scope(tr->r, &u))
		return NULL;
	if (tr->block->redirects == REDIRECTS_SAME_HOST && !str_eq(u.host, x->host))
		return NULL;
	bool same = y->status == 307 || y->status == 308;
	struct send *s = send_new(tr->r, same ? x->method : STR("GET"), url_text(tr->scratch, &u, URL_NO_FRAGMENT), 0, NULL);
	if (!s)
		return NULL;
	if (run_excluded(tr->r, s->q.url)) {
		send_free(s);
		return NULL;
	}
	s->q.probe = true;
	send_add_header(s, STR("User-Agent"), tr->r->o.user_agent);
	send_add_header(s, STR("Accept"), STR("*/*"));
	people_headers(tr->r, AS_NOBODY, s);
	if (same)
		s->q.body = arena_str(s->answer->arena, x->request_body);
	struct buf b;
	buf_init(&b, 64 * KIB);
	if (!tr->block->no_cookies)
		cookie_jar_get(tr->jar, &s->url, clock_wall_ms(tr->r->clock), &b);
	if (b.len)
		send_add_header(s, STR("Cookie"), buf_view(&b));
	buf_free(&b);
	return s;
}

size_t trun_ask(struct trun *tr, const struct template_request *q, struct reply **ret, size_t max)
{
	size_t n = 0;
	struct send *s = trun_build(tr, q);
	bool shareable = q->fixed && cookie_jar_len(tr->jar) == 0;
	while (s && n < max) {
		struct reply *y = ask_one(tr, s, shareable);
		if (!y)
			break;
		ret[n++] = y;
		take_cookies(tr, y);
		s = tr->block->redirects != REDIRECTS_NO && n <= tr->block->max_redirects && redirects(y) ?
			    next_hop(tr, y) : NULL;
		shareable = shareable && cookie_jar_len(tr->jar) == 0;
	}
	return n;
}
