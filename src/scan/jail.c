/* The engine in a jailed child. The child parses everything that is hostile: TLS, HTTP,
 * HTML; it has no network but sockets which this process, the keeper, opens for it
 * after asking the policy. Journal records, findings, pages and progress come back as
 * frames; what they claim is checked here as if a stranger had sent it. If the child
 * dies, it is started once more from the journal. */
#include "scan/jail.h"

#include <errno.h>
#include <poll.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/connector.h"
#include "net/http.h"
#include "os/frame.h"
#include "scan/browse.h"
#include "net/url.h"
#include "scan/dns_lookup.h"
#include "net/oob_token.h"
#include "scan/oob.h"
#include "scan/aside.h"
#include "scan/scan_private.h"
#include "scan/tech/tech.h"

#define LIMIT_JAIL_FRAME (8 * MIB)
#define JAIL_SEND_MS 60000
#define JAIL_BATCH (1 * MIB)
#define JAIL_RECORDS (1 * MIB) /* of the journal in one frame */
#define LIMIT_OOB_FRAME (256 * KIB)

enum frame {
	/* keeper to child */
	FRAME_OPTIONS = 1,
	FRAME_RECORD,
	FRAME_GO,
	FRAME_STOP,
	FRAME_OOB,	/* who listens: domain, URL */
	FRAME_TEMPLATES, /* a piece of a bundle; the first byte says whether a new one begins */
	FRAME_DNS,	/* answer to FRAME_DNS_ASK; empty: none */
	FRAME_OOB_HITS, /* answer to FRAME_OOB_ASK */
	FRAME_FINGERPRINTS, /* one file of further fingerprints */
	FRAME_KNOWN,	    /* pages of the scan before */
	FRAME_REPLAYED,	    /* no more records */
	FRAME_BACK,	    /* answer to FRAME_BACK_ASK */
	FRAME_BROWSED,	/* answer to FRAME_BROWSE */
	/* child to keeper */
	FRAME_BATCH = 16,
	FRAME_FINDING,
	FRAME_PAGE,
	FRAME_PROGRESS,
	FRAME_LOG,
	FRAME_SUMMARY,
	FRAME_ERROR,
	FRAME_OOB_ASK,
	FRAME_DNS_ASK,
	FRAME_TECH,
	FRAME_ASIDE, /* bytes put aside, one behind the other */
	FRAME_BACK_ASK,
	FRAME_MORE, /* ready for the next FRAME_RECORD */
	FRAME_BROWSE, /* a job for the browser */
};

/* ---- the child ---- */

struct child {
	int chan;
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
	bool hits_came, dns_came;
	struct buf browsed; /* the last FRAME_BROWSED */
	bool browsed_came;
	struct buf *dns; /* where the next FRAME_DNS goes */
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

static int record_parts(struct reader *r, struct str part[3])
{
	for (int i = 0; i < 3; i++)
		if (reader_blob(r, &part[i]) < 0)
			return -1;
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
			     result == 0 && r.ptr < r.end && record_parts(&r, part) == 0;)
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

static void put_stats(struct buf *b, const struct scan_stats *s)
{
	buf_u64(b, s->requests);
	buf_u64(b, s->pages);
	buf_u64(b, s->bytes);
	buf_u64(b, s->errors);
	buf_u64(b, s->saved);
	buf_u64(b, s->unchanged);
	buf_u64(b, (uint64_t)(s->seconds * 1000));
}

static int get_stats(struct reader *r, struct scan_stats *s)
{
	uint64_t ms;
	if (reader_u64(r, &s->requests) < 0 || reader_u64(r, &s->pages) < 0 || reader_u64(r, &s->bytes) < 0 ||
	    reader_u64(r, &s->errors) < 0 || reader_u64(r, &s->saved) < 0 || reader_u64(r, &s->unchanged) < 0 || reader_u64(r, &ms) < 0)
		return -1;
	s->seconds = (double)ms / 1000;
	return 0;
}

static void on_progress(void *ctx, const struct scan_progress *p)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_u32(&b, p->basis);
	buf_blob(&b, str_c(p->doing_zh));
	buf_blob(&b, str_c(p->doing_en));
	buf_u64(&b, p->done);
	buf_u64(&b, p->remaining);
	put_stats(&b, &p->stats);
	for (int i = 0; i < SEVERITY_COUNT; i++)
		buf_u64(&b, p->counts[i]);
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
	} else if (type == FRAME_DNS && c->dns) {
		buf_str(c->dns, buf_view(&b));
		c->dns_came = true;
	} else if (type == FRAME_BACK && c->back) {
		buf_str(c->back, buf_view(&b));
		c->back_came = true;
	} else if (type == FRAME_BROWSED) {
		buf_clear(&c->browsed);
		buf_str(&c->browsed, buf_view(&b));
		c->browsed_came = true;
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
	c->browsed_came = false;
	return child_send(c, FRAME_BROWSE, job);
}

static int child_browser_poll(void *ctx, struct buf *answer)
{
	struct child *c = ctx;
	if (child_should_stop(c) != SCAN_GO && !c->browsed_came)
		return c->failed ? -1 : 0;
	if (!c->browsed_came)
		return 0;
	c->browsed_came = false;
	buf_clear(answer);
	buf_str(answer, buf_view(&c->browsed));
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

static int child_dns(void *ctx, struct str name, struct str type, struct buf *ret)
{
	struct child *c = ctx;
	struct buf b;
	struct pollfd p = { .fd = c->chan, .events = POLLIN };
	buf_init(&b, 4 * KIB);
	buf_blob(&b, name);
	buf_blob(&b, type);
	c->dns_came = false;
	c->dns = ret;
	int r = child_send(c, FRAME_DNS_ASK, buf_view(&b));
	buf_free(&b);
	while (r == 0 && !c->dns_came && c->verdict == SCAN_GO && poll(&p, 1, 15000) == 1)
		child_listen(c);
	c->dns = NULL;
	return c->dns_came && ret->len ? 0 : -1;
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
	put_stats(&b, &s->stats);
	for (int i = 0; i < SEVERITY_COUNT; i++)
		buf_u64(&b, s->counts[i]);
	buf_u64(&b, (uint64_t)s->started_ms);
	buf_u64(&b, (uint64_t)s->finished_ms);
	buf_u32(&b, (uint32_t)s->checks_len);
	for (size_t i = 0; i < s->checks_len; i++) {
		buf_blob(&b, str_c(s->checks[i].check->id));
		buf_blob(&b, str_c(s->checks[i].state));
		buf_u64(&b, s->checks[i].findings);
		buf_u64(&b, s->checks[i].tasks);
		buf_u64(&b, s->checks[i].skipped);
	}
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
	buf_init(&c.browsed, LIMIT_BROWSE_ANSWER + 64);
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
	buf_free(&c.browsed);
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

/* ---- the keeper ---- */

struct keeper {
	struct os_spawner *spawner;
	struct net_policy *policy;
	const struct scan_options *o;
	const struct scan_state *state;
	const struct scan_events *events;
	struct scan_summary *summary;
	struct error *e;
	unsigned dns_asked;
	struct os_child child;
	struct os_frame_reader in;
	struct net_broker *broker;
	int broker_fd;
	bool stop_sent, ended; /* a summary or an error came */
	bool more;	       /* the child waits for records */
	int result;
	struct buf record;
	struct aside *aside; /* of this child */
	struct scan_browser_host *browser;
	bool browsing; /* a job is under way */
};

static int keep_batch(struct keeper *k, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct str part[3];
	if (!k->state || !k->state->append)
		return 0;
	while (r.ptr < r.end) {
		if (record_parts(&r, part) < 0)
			return -1;
		if (k->state->append(k->state->ctx, part[0], part[1], part[2], k->e) < 0)
			return -1;
	}
	return k->state->flush ? k->state->flush(k->state->ctx, k->e) : 0;
}

static int keep_finding(struct keeper *k, struct str bytes)
{
	struct arena *a = arena_new(1 * MIB);
	struct scan_finding f;
	int r = finding_decode(bytes, a, &f);
	if (r == 0 && k->events->finding)
		k->events->finding(k->events->ctx, &f);
	arena_free(a);
	return r;
}

static int keep_page(struct keeper *k, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct scan_page_info p;
	if (page_info_decode(&r, &p) < 0)
		return -1;
	if (k->events->page)
		k->events->page(k->events->ctx, &p);
	return 0;
}

static int keep_progress(struct keeper *k, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct scan_progress p = { 0 };
	struct str zh, en;
	if (reader_u32(&r, &p.basis) < 0 || reader_blob(&r, &zh) < 0 || reader_blob(&r, &en) < 0 ||
	    reader_u64(&r, &p.done) < 0 || reader_u64(&r, &p.remaining) < 0 || get_stats(&r, &p.stats) < 0)
		return -1;
	for (int i = 0; i < SEVERITY_COUNT; i++)
		if (reader_u64(&r, &p.counts[i]) < 0)
			return -1;
	char *z = str_dup(zh), *n = str_dup(en);
	p.doing_zh = z;
	p.doing_en = n;
	if (p.basis > 10000)
		p.basis = 10000;
	if (k->events->progress)
		k->events->progress(k->events->ctx, &p);
	free(z);
	free(n);
	return 0;
}

static int keep_log(struct keeper *k, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct str zh, en;
	if (reader_blob(&r, &zh) < 0 || reader_blob(&r, &en) < 0)
		return -1;
	if (k->events->log)
		k->events->log(k->events->ctx, zh, en);
	return 0;
}

static int keep_tech(struct keeper *k, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct scan_tech t = { .confidence = 0 };
	struct str url;
	uint32_t confidence;
	if (reader_blob(&r, &t.id) < 0 || reader_blob(&r, &t.name) < 0 || reader_blob(&r, &t.version) < 0 ||
	    reader_blob(&r, &t.cpe) < 0 || reader_blob(&r, &t.category) < 0 || reader_u32(&r, &confidence) < 0 ||
	    reader_blob(&r, &url) < 0 || confidence > 100)
		return -1;
	t.confidence = confidence;
	if (k->events->tech)
		k->events->tech(k->events->ctx, &t, url);
	return 0;
}

static void copy_text(char *to, size_t size, struct str s)
{
	snprintf(to, size, "%.*s", (int)(s.len < size ? s.len : size - 1), s.ptr ? s.ptr : "");
}

/* The states that a summary may name, as lasting strings. */
static const char *state_word(struct str s)
{
	static const char *const words[] = { "ran", "mode", "excluded", "intrusive", "not-reached", "slow" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(s, str_c(words[i])))
			return words[i];
	return "not-reached";
}

static int keep_summary(struct keeper *k, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct scan_summary s = { 0 };
	struct str reason, zh, en;
	uint64_t started, finished;
	uint32_t complete, n;
	if (reader_u32(&r, &complete) < 0 || reader_blob(&r, &reason) < 0 || reader_blob(&r, &zh) < 0 ||
	    reader_blob(&r, &en) < 0 || get_stats(&r, &s.stats) < 0)
		return -1;
	for (int i = 0; i < SEVERITY_COUNT; i++)
		if (reader_u64(&r, &s.counts[i]) < 0)
			return -1;
	if (reader_u64(&r, &started) < 0 || reader_u64(&r, &finished) < 0 || reader_u32(&r, &n) < 0 || n > 10000)
		return -1;
	s.complete = complete != 0;
	s.started_ms = (int64_t)started;
	s.finished_ms = (int64_t)finished;
	copy_text(s.reason, sizeof(s.reason), reason);
	copy_text(s.reason_zh, sizeof(s.reason_zh), zh);
	copy_text(s.reason_en, sizeof(s.reason_en), en);
	s.checks = mem_array(n + 1, sizeof(*s.checks));
	for (uint32_t i = 0; i < n; i++) {
		struct str id, state;
		struct scan_check_stat *c = &s.checks[s.checks_len];
		if (reader_blob(&r, &id) < 0 || reader_blob(&r, &state) < 0 || reader_u64(&r, &c->findings) < 0 ||
		    reader_u64(&r, &c->tasks) < 0 || reader_u64(&r, &c->skipped) < 0) {
			scan_summary_free(&s);
			return -1;
		}
		c->check = scan_check_find(id);
		c->state = state_word(state);
		s.checks_len += c->check != NULL;
	}
	*k->summary = s;
	k->ended = true;
	k->result = 0;
	return 0;
}

static int keep_error(struct keeper *k, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct str code, zh, en, field;
	if (reader_blob(&r, &code) < 0 || reader_blob(&r, &zh) < 0 || reader_blob(&r, &en) < 0 ||
	    reader_blob(&r, &field) < 0)
		return -1;
	if (k->e) {
		copy_text(k->e->code, sizeof(k->e->code), code);
		copy_text(k->e->zh, sizeof(k->e->zh), zh);
		copy_text(k->e->en, sizeof(k->e->en), en);
		copy_text(k->e->field, sizeof(k->e->field), field);
	}
	k->ended = true;
	k->result = -1;
	return 0;
}

static void put_hit(void *arg, const struct scan_oob_hit *h)
{
	struct buf *b = arg;
	if (b->len + h->token.len + h->from.len + h->what.len + 64 > LIMIT_OOB_FRAME)
		return; /* so many at once: the rest adds nothing */
	buf_u32(b, (uint32_t)h->kind);
	buf_blob(b, h->token);
	buf_blob(b, h->from);
	buf_blob(b, h->what);
	buf_u64(b, (uint64_t)h->at_ms);
}

/* Names of the scanned domain only, and not without end: questions carry data, too. */
static int keep_dns_ask(struct keeper *k, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct arena *a = arena_new(1 * MIB);
	struct str name, type;
	struct url u;
	struct buf out;
	if (reader_blob(&r, &name) < 0 || reader_blob(&r, &type) < 0) {
		arena_free(a);
		return -1;
	}
	buf_init(&out, LIMIT_OOB_FRAME);
	bool allowed = k->dns_asked++ < LIMIT_SCAN_DNS && url_parse(a, k->o->target, NULL, 0, &u, NULL) == 0 &&
		       scan_dns_allowed(name, u.host);
	int n = !allowed	? -1 :
		k->events->dns ? k->events->dns(k->events->ctx, name, type, &out) :
				  scan_dns_lookup(name, type, &out);
	os_frame_send(k->child.chan, FRAME_DNS, n == 0 ? buf_view(&out) : STR(""), 5000, NULL);
	buf_free(&out);
	arena_free(a);
	return 0;
}

static int keep_oob_ask(struct keeper *k, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct str prefix;
	uint64_t after;
	struct buf hits, out;
	if (reader_blob(&r, &prefix) < 0 || reader_u64(&r, &after) < 0 || !k->events->oob ||
	    prefix.len != OOB_PREFIX_LEN) /* a shorter one would show what other scans hear */
		return -1;
	buf_init(&hits, LIMIT_OOB_FRAME);
	buf_init(&out, LIMIT_OOB_FRAME + 64);
	k->events->oob->poll(k->events->oob->ctx, prefix, &after, put_hit, &hits);
	buf_u64(&out, after);
	buf_str(&out, buf_view(&hits));
	os_frame_send(k->child.chan, FRAME_OOB_HITS, buf_view(&out), 5000, NULL);
	buf_free(&hits);
	buf_free(&out);
	return 0;
}

static int keep_aside(struct keeper *k, struct str bytes)
{
	uint64_t at;
	if (!k->aside && aside_open(&k->aside, k->e) < 0)
		return -1;
	return aside_put(k->aside, bytes, &at, k->e);
}

static int keep_back_ask(struct keeper *k, struct str bytes)
{
	struct reader r = reader_of(bytes);
	uint64_t at, len;
	struct buf b;
	if (reader_u64(&r, &at) < 0 || reader_u64(&r, &len) < 0 || len > LIMIT_ASIDE_PIECE || !k->aside)
		return -1;
	buf_init(&b, LIMIT_ASIDE_PIECE + 64);
	int n = aside_get(k->aside, at, (size_t)len, &b, k->e);
	if (n == 0)
		n = os_frame_send(k->child.chan, FRAME_BACK, buf_view(&b), JAIL_SEND_MS, k->e);
	buf_free(&b);
	return n;
}

static void keep_shot(void *ctx, const struct scan_shot *s)
{
	struct keeper *k = ctx;
	if (k->events->shot)
		k->events->shot(k->events->ctx, s);
}

/* A job for the browser; the first one starts what it needs. */
static int keep_browse(struct keeper *k, struct str job)
{
	static const char gone[] = "{\"ok\":false,\"error\":{\"code\":\"net.browser-start\",\"zh\":\"浏览器无法启动\","
				   "\"en\":\"the browser cannot be started\"}}";
	if (!k->browser &&
	    scan_browser_start(k->o, k->policy, keep_shot, k, &k->browser, NULL) < 0)
		return os_frame_send(k->child.chan, FRAME_BROWSED, str_c(gone), 5000, NULL);
	k->browsing = true;
	return scan_browser_ask(k->browser, job);
}

static int tell_browsed(struct keeper *k)
{
	struct buf b;
	buf_init(&b, LIMIT_BROWSE_ANSWER + 64 * KIB);
	int r = scan_browser_poll(k->browser, &b);
	if (r > 0) {
		k->browsing = false;
		r = os_frame_send(k->child.chan, FRAME_BROWSED, buf_view(&b), JAIL_SEND_MS, NULL);
	}
	buf_free(&b);
	return r;
}

static int keep_frame(struct keeper *k, uint32_t type, struct str bytes)
{
	switch (type) {
	case FRAME_BATCH:
		return keep_batch(k, bytes);
	case FRAME_FINDING:
		return keep_finding(k, bytes);
	case FRAME_PAGE:
		return keep_page(k, bytes);
	case FRAME_PROGRESS:
		return keep_progress(k, bytes);
	case FRAME_LOG:
		return keep_log(k, bytes);
	case FRAME_SUMMARY:
		return keep_summary(k, bytes);
	case FRAME_ERROR:
		return keep_error(k, bytes);
	case FRAME_DNS_ASK:
		return keep_dns_ask(k, bytes);
	case FRAME_OOB_ASK:
		return keep_oob_ask(k, bytes);
	case FRAME_TECH:
		return keep_tech(k, bytes);
	case FRAME_MORE:
		k->more = true;
		return 0;
	case FRAME_ASIDE:
		return keep_aside(k, bytes);
	case FRAME_BACK_ASK:
		return keep_back_ask(k, bytes);
	case FRAME_BROWSE:
		return keep_browse(k, bytes);
	default:
		return -1;
	}
}

static int keeper_turn(struct keeper *k);

/* The child asks for each piece; what it says meanwhile is heard. */
static int wait_for_more(struct keeper *k)
{
	int r = 1;
	while (!k->more && !k->ended && r > 0)
		r = keeper_turn(k);
	if (!k->more)
		return -1;
	k->more = false;
	return 0;
}

static int send_records(struct keeper *k)
{
	int r = 0;
	if (k->record.len)
		r = wait_for_more(k) < 0 ? -1 :
					   os_frame_send(k->child.chan, FRAME_RECORD, buf_view(&k->record), JAIL_SEND_MS, k->e);
	buf_clear(&k->record);
	return r;
}

static int send_record(void *arg, struct str kind, struct str key, struct str bytes)
{
	struct keeper *k = arg;
	if (k->record.len + kind.len + key.len + bytes.len + 64 > JAIL_RECORDS && k->record.len && send_records(k) < 0)
		return -1;
	buf_blob(&k->record, kind);
	buf_blob(&k->record, key);
	buf_blob(&k->record, bytes);
	return 0;
}

static int send_bundle(struct keeper *k, struct str bytes)
{
	struct buf b;
	int r = 0;
	buf_init(&b, LIMIT_JAIL_FRAME);
	for (size_t at = 0; r == 0 && (at == 0 || at < bytes.len); at += LIMIT_JAIL_FRAME / 2) {
		buf_clear(&b);
		buf_char(&b, at ? 1 : 0);
		buf_str(&b, str_sub(bytes, at, at + LIMIT_JAIL_FRAME / 2));
		r = os_frame_send(k->child.chan, FRAME_TEMPLATES, buf_view(&b), JAIL_SEND_MS, k->e);
	}
	buf_free(&b);
	return r;
}

static int keeper_begin(struct keeper *k)
{
	struct buf b;
	buf_init(&b, 4 * MIB);
	scan_options_encode(k->o, &b);
	int r = os_frame_send(k->child.chan, FRAME_OPTIONS, buf_view(&b), JAIL_SEND_MS, k->e);
	buf_free(&b);
	for (size_t i = 0; r == 0 && i < k->o->templates_len; i++)
		r = send_bundle(k, k->o->templates[i]);
	if (r == 0 && k->events->oob) {
		struct buf who;
		buf_init(&who, 16 * KIB);
		buf_blob(&who, k->events->oob->domain);
		buf_blob(&who, k->events->oob->url);
		r = os_frame_send(k->child.chan, FRAME_OOB, buf_view(&who), JAIL_SEND_MS, k->e);
		buf_free(&who);
	}
	for (size_t i = 0; r == 0 && i < k->o->fingerprints_len; i++)
		r = os_frame_send(k->child.chan, FRAME_FINGERPRINTS, k->o->fingerprints[i], JAIL_SEND_MS, k->e);
	for (size_t i = 0; r == 0 && i < k->o->known_len; i++)
		r = os_frame_send(k->child.chan, FRAME_KNOWN, k->o->known[i], JAIL_SEND_MS, k->e);
	if (r == 0)
		r = os_frame_send(k->child.chan, FRAME_GO, STR(""), JAIL_SEND_MS, k->e);
	if (r == 0 && k->state && k->state->replay)
		r = k->state->replay(k->state->ctx, send_record, k, k->e);
	if (r == 0)
		r = send_records(k);
	if (r == 0)
		r = wait_for_more(k) < 0 ? -1 : os_frame_send(k->child.chan, FRAME_REPLAYED, STR(""), JAIL_SEND_MS, k->e);
	if (k->ended)
		r = 0;
	return r;
}

static void ask_to_stop(struct keeper *k)
{
	enum scan_verdict v = k->events->should_stop ? k->events->should_stop(k->events->ctx) : SCAN_GO;
	if (v == SCAN_GO || k->stop_sent)
		return;
	char byte = (char)v;
	os_frame_send(k->child.chan, FRAME_STOP, str_make(&byte, 1), 1000, NULL);
	k->stop_sent = true;
}

/* One wake-up: sockets asked for, frames. 1 go on, 0 the child has closed, -1. */
static int keeper_turn(struct keeper *k)
{
	struct pollfd p[2] = { { .fd = k->child.chan, .events = POLLIN }, { .fd = k->broker_fd, .events = POLLIN } };
	if (poll(p, 2, k->browsing ? 15 : 200) < 0 && errno != EINTR)
		return error_os(k->e, errno, "poll");
	ask_to_stop(k);
	if (k->browsing && tell_browsed(k) < 0)
		return -1;
	if ((p[1].revents & POLLIN) && net_broker_serve(k->broker, k->e) < 0)
		return -1;
	if (!(p[0].revents & (POLLIN | POLLHUP)))
		return 1;
	if (os_frame_reader_fill(&k->in, k->child.chan, k->e) < 0)
		return -1;
	for (;;) {
		uint32_t type;
		struct str body;
		int n = os_frame_reader_next(&k->in, &type, &body, k->e);
		if (n < 0)
			return -1;
		if (n == 0)
			return !k->in.eof;
		if (keep_frame(k, type, body) < 0)
			return error_set(k->e, "scan.bad-frame", "扫描引擎发来的数据有误。",
					 "The engine sent malformed data.");
	}
}

static int keeper_loop(struct keeper *k)
{
	int r = keeper_begin(k);
	if (r < 0) {
		struct os_child_exit how;
		if (os_child_wait(&k->child, 200, &how) != 1)
			return -1; /* our own journal failed */
		return 0;
	}
	while (!k->ended && (r = keeper_turn(k)) > 0)
		;
	return r;
}

/* One life of a child. 0: it ended with a summary or an error; 1: it died; -1. */
static int one_life(struct keeper *k)
{
	struct net_connector *direct = NULL;
	struct net_broker *broker = NULL;
	int pair[2] = { -1, -1 }, r = -1;
	struct os_child_exit how = { 0 };
	k->child = OS_CHILD_NONE;
	os_frame_reader_init(&k->in, LIMIT_JAIL_FRAME + JAIL_BATCH * 2);
	if (net_connector_direct(&(struct net_direct_options){ .policy = k->policy }, &direct, k->e) == 0 &&
	    net_broker_pair(pair, k->e) == 0 &&
	    os_spawner_spawn(k->spawner, STR("scan"), &pair[1], 1, STR(""), &k->child, k->e) == 0) {
		close(pair[1]);
		pair[1] = -1;
		broker = net_broker_new(pair[0], direct);
		k->broker = broker;
		k->broker_fd = pair[0];
		k->more = false;
		r = keeper_loop(k);
		if (!k->ended && r >= 0) {
			if (os_child_wait(&k->child, 5000, &how) != 1)
				os_child_kill(&k->child);
			error_set(k->e, "scan.engine-crashed", "扫描引擎异常结束：%s", "The scan engine ended: %s",
				  how.zh ? how.zh : "");
			r = 1;
		}
	}
	net_broker_free(broker);
	net_connector_free(direct);
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
	os_child_free(&k->child);
	aside_close(k->aside);
	k->aside = NULL;
	os_frame_reader_free(&k->in);
	return k->ended ? 0 : r;
}

int scan_run_jailed(struct os_spawner *spawner, struct net_policy *policy, const struct scan_options *o,
		    const struct scan_state *state, const struct scan_events *events, struct scan_summary *ret,
		    struct error *e)
{
	static const struct scan_events nobody;
	struct error mine = { 0 };
	struct scan_summary summary = { 0 };
	struct keeper k = { .spawner = spawner, .policy = policy, .o = o, .state = state,
			    .events = events ? events : &nobody, .summary = &summary, .e = e ? e : &mine };
	buf_init(&k.record, LIMIT_JAIL_FRAME + 64 * KIB);
	int r = one_life(&k);
	if (r == 1 && state && state->replay && !k.stop_sent) {
		if (k.events->log)
			k.events->log(k.events->ctx, STR("扫描引擎异常结束，从记录继续。"),
				      STR("The scan engine ended unexpectedly; going on from the journal."));
		scan_browser_stop(take_ptr(k.browser));
		k.browsing = false;
		r = one_life(&k);
	}
	scan_browser_stop(k.browser);
	buf_free(&k.record);
	if (r != 0 || k.result < 0)
		return -1;
	*ret = summary;
	return 0;
}
