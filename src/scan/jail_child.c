/* The jailed child: it parses everything that is hostile (TLS, HTTP, HTML) and has no
 * network but sockets which the keeper opens for it after asking the policy. Journal
 * records, findings, pages and progress go back as frames. */
#include "scan/jail_private.h"

#include <poll.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/connector.h"
#include "net/http.h"
#include "os/frame.h"
#include "scan/browse.h"
#include "scan/oob.h"
#include "scan/tech/tech.h"

#define CHECKS_MS 2000 /* between two tellings of what each check did so far */
#define DNS_MS 15000 /* for an answer about a name */

struct child {
	int chan;
	int64_t checks_told;
	struct buf batch;
	struct map *unused;
	VEC(struct buf) bundles; /* of templates */
	bool replayed;
	uint64_t aside; /* bytes put aside */
	struct buf *back; /* where FRAME_BACK goes */
	bool back_came, gone;
	bool failed;
	enum scan_verdict verdict;
	struct scan_oob oob;
	bool has_oob;
	struct buf hits; /* the last FRAME_OOB_HITS */
	VEC(struct buf) prints; /* FRAME_FINGERPRINTS */
	VEC(struct buf) known;
	bool hits_came, dns_came, dns_asking;
	struct buf browsed[SCAN_BROWSER_TABS]; /* FRAME_BROWSED as they came, the oldest first */
	size_t browsed_n;
	struct buf dns, dns_name, dns_type; /* the answer, and what was asked */
	int64_t dns_until;
};

static int child_send(struct child *c, enum frame type, struct str bytes)
{
	if (!c->failed && os_frame_send(c->chan, type, bytes, JAIL_SEND_MS, NULL) < 0)
		c->failed = true; /* the keeper is gone: end soon */
	return c->failed ? -1 : 0;
}

static int child_flush(void *ctx, struct error *e)
{
	struct child *c = ctx;
	if (c->batch.len == 0)
		return 0;
	int r = child_send(c, FRAME_BATCH, buf_view(&c->batch));
	buf_clear(&c->batch);
	return r < 0 ? error_set(e, "scan.keeper-gone", "扫描主进程已退出。", "The keeper process is gone.") : 0;
}

static int child_append(void *ctx, struct str kind, struct str key, struct str bytes, struct error *e)
{
	struct child *c = ctx;
	if (c->batch.len + bytes.len + key.len + 64 > JAIL_BATCH && child_flush(c, e) < 0)
		return -1;
	buf_blob(&c->batch, kind);
	buf_blob(&c->batch, key);
	buf_blob(&c->batch, bytes);
	return 0;
}

/* What comes while the journal is told, but for orders to stop. */
static int child_next(struct child *c, uint32_t *ret_type, struct buf *b, struct error *e)
{
	do {
		buf_clear(b);
		if (os_frame_recv(c->chan, LIMIT_JAIL_FRAME, JAIL_SEND_MS, ret_type, b, e) <= 0)
			return -1;
		if (*ret_type == FRAME_STOP && b->len >= 1)
			c->verdict = b->ptr[0] == SCAN_PAUSE ? SCAN_PAUSE : SCAN_CANCEL;
	} while (*ret_type == FRAME_STOP);
	return 0;
}

/* Records come as the keeper reads them; none is kept. */
static int child_replay(void *ctx, int (*each)(void *arg, struct str kind, struct str key, struct str bytes),
			void *arg, struct error *e)
{
	struct child *c = ctx;
	struct buf b;
	int result = 0;
	buf_init(&b, LIMIT_JAIL_FRAME + 64);
	while (result >= 0 && !c->replayed) {
		uint32_t type = 0;
		struct str part[3];
		buf_clear(&b);
		if (child_send(c, FRAME_MORE, STR("")) < 0 || child_next(c, &type, &b, e) < 0)
			result = -1;
		else if (type == FRAME_REPLAYED)
			c->replayed = true;
		else if (type == FRAME_RECORD && result == 0)
			for (struct reader r = reader_of(buf_view(&b));
			     result == 0 && r.ptr < r.end && jail_record_parts(&r, part) == 0;)
				result = each(arg, part[0], part[1], part[2]);
	}
	buf_free(&b);
	return result;
}

static int ignore_record(void *arg, struct str kind, struct str key, struct str bytes)
{
	return 0;
}

static int child_put_aside(void *ctx, struct str bytes, uint64_t *ret_at, struct error *e)
{
	struct child *c = ctx;
	if (child_send(c, FRAME_ASIDE, bytes) < 0)
		return error_set(e, "scan.keeper-gone", "扫描主进程已退出。", "The keeper process is gone.");
	*ret_at = c->aside;
	c->aside += bytes.len;
	return 0;
}

static void on_finding(void *ctx, const struct scan_finding *f)
{
	struct buf b;
	buf_init(&b, LIMIT_JAIL_FRAME);
	finding_encode(f, &b);
	child_send(ctx, FRAME_FINDING, buf_view(&b));
	buf_free(&b);
}

static void on_page(void *ctx, const struct scan_page_info *p)
{
	struct buf b;
	buf_init(&b, 256 * KIB);
	page_info_encode(p, &b);
	child_send(ctx, FRAME_PAGE, buf_view(&b));
	buf_free(&b);
}

static void put_checks(struct buf *b, const struct scan_check_stat *list, size_t n)
{
	buf_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		buf_blob(b, str_c(list[i].check->id));
		buf_blob(b, str_c(list[i].state));
		buf_u64(b, list[i].findings);
		buf_u64(b, list[i].tasks);
		buf_u64(b, list[i].skipped);
		buf_u64(b, list[i].requests);
	}
}

static void on_progress(void *ctx, const struct scan_progress *p)
{
	struct child *c = ctx;
	int64_t now = clock_mono_ms(&clock_system);
	bool due = now - c->checks_told >= CHECKS_MS;
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_u32(&b, p->basis);
	buf_blob(&b, str_c(p->doing_zh));
	buf_blob(&b, str_c(p->doing_en));
	buf_u64(&b, p->done);
	buf_u64(&b, p->remaining);
	jail_put_stats(&b, &p->stats);
	for (int i = 0; i < SEVERITY_COUNT; i++)
		buf_u64(&b, p->counts[i]);
	put_checks(&b, p->checks, due ? p->checks_len : 0);
	if (due)
		c->checks_told = now;
	child_send(ctx, FRAME_PROGRESS, buf_view(&b));
	buf_free(&b);
}

static void on_log(void *ctx, struct str zh, struct str en)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_blob(&b, zh);
	buf_blob(&b, en);
	child_send(ctx, FRAME_LOG, buf_view(&b));
	buf_free(&b);
}

/* An answer about a name; one that came too late is nobody's. */
static void take_names(struct child *c, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct str name, type;
	if (!c->dns_asking || reader_blob(&r, &name) < 0 || reader_blob(&r, &type) < 0 ||
	    !str_eq(name, buf_view(&c->dns_name)) || !str_eq(type, buf_view(&c->dns_type)))
		return;
	buf_clear(&c->dns);
	buf_str(&c->dns, str_make(r.ptr, (size_t)(r.end - r.ptr)));
	c->dns_came = true;
}

/* One frame of the keeper while the engine runs. */
static void child_listen(struct child *c)
{
	struct buf b;
	uint32_t type = 0;
	buf_init(&b, LIMIT_BROWSE_ANSWER + 64);
	int n = os_frame_recv(c->chan, LIMIT_BROWSE_ANSWER, 30000, &type, &b, NULL);
	if (n <= 0) {
		c->gone = true;
		c->verdict = SCAN_CANCEL;
	} else if (type == FRAME_STOP && b.len >= 1) {
		c->verdict = b.ptr[0] == SCAN_PAUSE ? SCAN_PAUSE : SCAN_CANCEL;
	} else if (type == FRAME_OOB_HITS) {
		buf_clear(&c->hits);
		buf_str(&c->hits, buf_view(&b));
		c->hits_came = true;
	} else if (type == FRAME_DNS) {
		take_names(c, buf_view(&b));
	} else if (type == FRAME_BACK && c->back) {
		buf_str(c->back, buf_view(&b));
		c->back_came = true;
	} else if (type == FRAME_BROWSED) {
		if (c->browsed_n < SCAN_BROWSER_TABS) {
			struct buf *into = &c->browsed[c->browsed_n++];
			buf_clear(into);
			buf_str(into, buf_view(&b));
		}
	}
	buf_free(&b);
}

/* The keeper answers at once, whatever else it was asked to say before. */
static int child_get_aside(void *ctx, uint64_t at, size_t len, struct buf *into, struct error *e)
{
	struct child *c = ctx;
	struct buf b;
	size_t before = into->len;
	struct pollfd p = { .fd = c->chan, .events = POLLIN };
	buf_init(&b, 64);
	buf_u64(&b, at);
	buf_u64(&b, len);
	c->back = into;
	c->back_came = false;
	int r = child_send(c, FRAME_BACK_ASK, buf_view(&b));
	buf_free(&b);
	while (r == 0 && !c->back_came)
		if (poll(&p, 1, JAIL_SEND_MS) == 1 && !c->gone)
			child_listen(c);
		else
			r = -1;
	c->back = NULL;
	if (r == 0 && into->len - before == len)
		return 0;
	return error_set(e, "scan.keeper-gone", "扫描主进程已退出。", "The keeper process is gone.");
}

static void on_tech(void *ctx, const struct scan_tech *t, struct str url)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_blob(&b, t->id);
	buf_blob(&b, t->name);
	buf_blob(&b, t->version);
	buf_blob(&b, t->cpe);
	buf_blob(&b, t->category);
	buf_u32(&b, t->confidence);
	buf_blob(&b, url);
	child_send(ctx, FRAME_TECH, buf_view(&b));
	buf_free(&b);
}

static enum scan_verdict child_should_stop(void *ctx)
{
	struct child *c = ctx;
	struct pollfd p = { .fd = c->chan, .events = POLLIN };
	if (c->failed)
		return SCAN_CANCEL;
	while (c->verdict == SCAN_GO && poll(&p, 1, 0) == 1)
		child_listen(c);
	return c->verdict;
}

static int child_browser_ask(void *ctx, struct str job)
{
	struct child *c = ctx;
	return child_send(c, FRAME_BROWSE, job);
}

static int child_browser_poll(void *ctx, struct buf *answer)
{
	struct child *c = ctx;
	if (child_should_stop(c) != SCAN_GO && !c->browsed_n)
		return c->failed ? -1 : 0;
	if (!c->browsed_n)
		return 0;
	struct buf first = c->browsed[0];
	buf_clear(answer);
	buf_str(answer, buf_view(&first));
	c->browsed_n--;
	for (size_t i = 0; i < c->browsed_n; i++)
		c->browsed[i] = c->browsed[i + 1];
	c->browsed[c->browsed_n] = first; /* its room is used again */
	return 1;
}

static int take_hit(struct reader *r, struct scan_oob_hit *h)
{
	uint32_t kind;
	uint64_t at;
	if (reader_u32(r, &kind) < 0 || reader_blob(r, &h->token) < 0 || reader_blob(r, &h->from) < 0 ||
	    reader_blob(r, &h->what) < 0 || reader_u64(r, &at) < 0)
		return -1;
	h->kind = kind == SCAN_OOB_HTTP ? SCAN_OOB_HTTP : kind == SCAN_OOB_LDAP ? SCAN_OOB_LDAP : SCAN_OOB_DNS;
	h->at_ms = (int64_t)at;
	return 0;
}

/* One name at a time; who asks for another meanwhile asks again later. */
static int child_dns(void *ctx, struct str name, struct str type, struct buf *ret)
{
	struct child *c = ctx;
	int64_t now = clock_mono_ms(&clock_system);
	if (!c->dns_asking) {
		struct buf b;
		buf_init(&b, 4 * KIB);
		buf_blob(&b, name);
		buf_blob(&b, type);
		buf_clear(&c->dns_name);
		buf_str(&c->dns_name, name);
		buf_clear(&c->dns_type);
		buf_str(&c->dns_type, type);
		c->dns_asking = true;
		c->dns_came = false;
		c->dns_until = now + DNS_MS;
		int r = child_send(c, FRAME_DNS_ASK, buf_view(&b));
		buf_free(&b);
		c->dns_asking = r == 0;
		return r < 0 ? -1 : 1;
	}
	child_should_stop(c);
	if (!c->dns_came && now < c->dns_until && c->verdict == SCAN_GO)
		return 1;
	if (!str_eq(name, buf_view(&c->dns_name)) || !str_eq(type, buf_view(&c->dns_type))) {
		c->dns_asking = c->dns_asking && c->verdict == SCAN_GO && now < c->dns_until + DNS_MS; /* nobody came for it */
		return c->verdict == SCAN_GO ? 1 : -1;
	}
	c->dns_asking = false;
	if (!c->dns_came || !c->dns.len)
		return -1;
	buf_str(ret, buf_view(&c->dns));
	return 0;
}

static int child_oob_poll(void *ctx, struct str prefix, uint64_t *after,
			  void (*each)(void *arg, const struct scan_oob_hit *hit), void *arg)
{
	struct child *c = ctx;
	struct buf b;
	struct pollfd p = { .fd = c->chan, .events = POLLIN };
	buf_init(&b, 4 * KIB);
	buf_blob(&b, prefix);
	buf_u64(&b, *after);
	c->hits_came = false;
	int r = child_send(c, FRAME_OOB_ASK, buf_view(&b));
	buf_free(&b);
	while (r == 0 && !c->hits_came && c->verdict == SCAN_GO)
		if (poll(&p, 1, 5000) != 1)
			return -1;
		else
			child_listen(c);
	if (r < 0 || !c->hits_came)
		return -1;
	struct reader rd = reader_of(buf_view(&c->hits));
	struct scan_oob_hit h;
	uint64_t last = *after;
	if (reader_u64(&rd, &last) < 0)
		return -1;
	while (rd.ptr < rd.end && take_hit(&rd, &h) == 0)
		each(arg, &h);
	*after = last;
	return 0;
}

/* Who listens: two strings. */
static int child_oob(struct child *c, struct arena *a, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct str domain, url;
	if (reader_blob(&r, &domain) < 0 || reader_blob(&r, &url) < 0)
		return -1;
	c->oob = (struct scan_oob){ c, arena_str(a, domain), arena_str(a, url), child_oob_poll };
	c->has_oob = true;
	return 0;
}

static void send_summary(struct child *c, const struct scan_summary *s)
{
	struct buf b;
	buf_init(&b, 1 * MIB);
	buf_u32(&b, s->complete);
	buf_blob(&b, str_c(s->reason));
	buf_blob(&b, str_c(s->reason_zh));
	buf_blob(&b, str_c(s->reason_en));
	jail_put_stats(&b, &s->stats);
	for (int i = 0; i < SEVERITY_COUNT; i++)
		buf_u64(&b, s->counts[i]);
	buf_u64(&b, (uint64_t)s->started_ms);
	buf_u64(&b, (uint64_t)s->finished_ms);
	put_checks(&b, s->checks, s->checks_len);
	child_send(c, FRAME_SUMMARY, buf_view(&b));
	buf_free(&b);
}

static void send_error(struct child *c, const struct error *e)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_blob(&b, str_c(e->code));
	buf_blob(&b, str_c(e->zh));
	buf_blob(&b, str_c(e->en));
	buf_blob(&b, str_c(e->field));
	child_send(c, FRAME_ERROR, buf_view(&b));
	buf_free(&b);
}

static int child_templates(struct child *c, struct str piece)
{
	if (piece.len < 1 || (piece.ptr[0] && c->bundles.len == 0) || c->bundles.len > 1000)
		return -1;
	if (!piece.ptr[0])
		buf_init(vec_push(&c->bundles), LIMIT_TEMPLATE_BUNDLE + MIB);
	struct buf *b = &c->bundles.ptr[c->bundles.len - 1];
	buf_str(b, str_from(piece, 1));
	return b->overflow ? -1 : 0;
}

static void child_options(struct child *c, struct arena *a, struct scan_options *o)
{
	struct str *list = arena_array(a, c->bundles.len + 1, sizeof(*list));
	for (size_t i = 0; i < c->bundles.len; i++)
		list[i] = buf_view(&c->bundles.ptr[i]);
	o->templates = list;
	o->templates_len = c->bundles.len;
}

static void free_bufs(struct buf *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_free(&list[i]);
	free(list);
}

/* Options and what belongs to them, then FRAME_GO; the journal's records come behind. */
static int child_receive(struct child *c, struct arena *a, struct scan_options *o, struct error *e)
{
	for (;;) {
		struct buf b;
		uint32_t type = 0;
		buf_init(&b, LIMIT_JAIL_FRAME + 64);
		int n = os_frame_recv(c->chan, LIMIT_JAIL_FRAME, JAIL_SEND_MS, &type, &b, e);
		if (n <= 0 || type == FRAME_GO) {
			buf_free(&b);
			return n > 0 ? 0 : -1;
		}
		if (type == FRAME_FINGERPRINTS || type == FRAME_KNOWN) {
			struct buf *to = type == FRAME_KNOWN ? vec_push(&c->known) : vec_push(&c->prints);
			*to = b;
			continue;
		}
		int r = type == FRAME_OPTIONS ? scan_options_decode(buf_view(&b), a, o, e)
			: type == FRAME_OOB   ? child_oob(c, a, buf_view(&b))
			: type == FRAME_TEMPLATES ? child_templates(c, buf_view(&b))
					      : -1;
		buf_free(&b);
		if (r < 0)
			return -1;
	}
}

/* Tens of megabytes that the engine has compiled. */
static void drop_templates(void *ctx)
{
	struct child *c = ctx;
	free_bufs(c->bundles.ptr, c->bundles.len);
	c->bundles.ptr = NULL;
	c->bundles.len = 0;
}

static void take_fingerprints(const struct child *c, struct arena *a, struct scan_options *o)
{
	struct str *list = arena_array(a, c->prints.len + 1, sizeof(*list));
	for (size_t i = 0; i < c->prints.len; i++)
		list[i] = buf_view(&c->prints.ptr[i]);
	o->fingerprints = list;
	o->fingerprints_len = c->prints.len;
	list = arena_array(a, c->known.len + 1, sizeof(*list));
	for (size_t i = 0; i < c->known.len; i++)
		list[i] = buf_view(&c->known.ptr[i]);
	o->known = list;
	o->known_len = c->known.len;
}

static int jail_main(int chan, const int *fds, size_t nfds, struct str arg)
{
	struct child c = { .chan = chan };
	struct arena *a = arena_new(64 * MIB);
	struct scan_options o = { 0 };
	struct scan_summary s = { 0 };
	struct error e = { 0 };
	check(nfds == 1);
	buf_init(&c.batch, 2 * JAIL_BATCH + LIMIT_JAIL_FRAME);
	buf_init(&c.hits, LIMIT_OOB_FRAME + 64);
	buf_init(&c.dns, LIMIT_OOB_FRAME);
	buf_init(&c.dns_name, 4 * KIB);
	buf_init(&c.dns_type, 64);
	for (size_t i = 0; i < SCAN_BROWSER_TABS; i++)
		buf_init(&c.browsed[i], LIMIT_BROWSE_ANSWER + 64);
	int r = child_receive(&c, a, &o, &e);
	if (r == 0) {
		child_options(&c, a, &o);
		struct net_connector *connector = net_connector_broker(fds[0]);
		struct scan_state state = { &c,
					    child_append,
					    child_flush,
					    child_replay,
					    child_put_aside,
					    child_get_aside };
		struct scan_browser browser = { &c, child_browser_ask, child_browser_poll };
		struct scan_events events = { &c, on_finding, on_page, on_progress, on_log, child_should_stop,
					      &browser, NULL, c.has_oob ? &c.oob : NULL };
		events.tech = on_tech;
		events.dns = child_dns;
		events.templates_loaded = drop_templates;
		take_fingerprints(&c, a, &o);
		r = scan_run(&o, connector, &state, &events, &s, &e);
		net_connector_free(connector);
	}
	if (r < 0 && !c.replayed)
		child_replay(&c, ignore_record, NULL, NULL); /* the keeper is still telling */
	if (r == 0)
		send_summary(&c, &s);
	else
		send_error(&c, &e);
	scan_summary_free(&s);
	free_bufs(c.prints.ptr, c.prints.len);
	free_bufs(c.known.ptr, c.known.len);
	free_bufs(c.bundles.ptr, c.bundles.len);
	buf_free(&c.batch);
	buf_free(&c.hits);
	buf_free(&c.dns);
	buf_free(&c.dns_name);
	buf_free(&c.dns_type);
	for (size_t i = 0; i < SCAN_BROWSER_TABS; i++)
		buf_free(&c.browsed[i]);
	arena_free(a);
	return 0;
}

const struct os_jail_kind scan_jail_kind = {
	.name = "scan",
	.main = jail_main,
	.prepare = net_http_global_init,
	.max_memory = 1024 * MIB,
	.max_cpu_s = 7 * 24 * 3600,
	.max_files = 256,
};
