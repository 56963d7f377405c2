/* What the jailed child says, checked as if a stranger had sent it, and the answers it
 * gets: names looked up, bytes put aside, out-of-band hits, the browser. */
#include "scan/jail_private.h"

#include "base/limits.h"
#include "base/mem.h"
#include "net/oob_token.h"
#include "net/url.h"
#include "os/errand.h"
#include "os/frame.h"
#include "scan/aside.h"
#include "scan/browse.h"
#include "scan/dns_lookup.h"
#include "scan/oob.h"
#include "scan/tech/tech.h"

int jail_record_parts(struct reader *r, struct str part[3])
{
	for (int i = 0; i < 3; i++)
		if (reader_blob(r, &part[i]) < 0)
			return -1;
	return 0;
}

void jail_put_stats(struct buf *b, const struct scan_stats *s)
{
	buf_u64(b, s->requests);
	buf_u64(b, s->pages);
	buf_u64(b, s->bytes);
	buf_u64(b, s->errors);
	buf_u64(b, s->saved);
	buf_u64(b, s->spared);
	buf_u64(b, s->unchanged);
	buf_u64(b, s->crawl_requests);
	buf_u64(b, (uint64_t)(s->seconds * 1000));
}

int jail_get_stats(struct reader *r, struct scan_stats *s)
{
	uint64_t ms;
	if (reader_u64(r, &s->requests) < 0 || reader_u64(r, &s->pages) < 0 || reader_u64(r, &s->bytes) < 0 ||
	    reader_u64(r, &s->errors) < 0 || reader_u64(r, &s->saved) < 0 || reader_u64(r, &s->spared) < 0 ||
	    reader_u64(r, &s->unchanged) < 0 ||
	    reader_u64(r, &s->crawl_requests) < 0 || reader_u64(r, &ms) < 0)
		return -1;
	s->seconds = (double)ms / 1000;
	return 0;
}

static int keep_batch(struct keeper *k, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct str part[3];
	if (!k->state || !k->state->append)
		return 0;
	while (r.ptr < r.end) {
		if (jail_record_parts(&r, part) < 0)
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

/* The states that a summary may name, as lasting strings. */
static const char *state_word(struct str s)
{
	static const char *const words[] = { "ran", "mode", "excluded", "intrusive", "not-reached", "slow" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(s, str_c(words[i])))
			return words[i];
	return "not-reached";
}

/* n of them, on the heap. */
static int read_checks(struct reader *r, uint32_t n, struct scan_check_stat **ret, size_t *ret_len)
{
	struct scan_check_stat *list = mem_array(n + 1, sizeof(*list));
	size_t len = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct str id, state;
		struct scan_check_stat *c = &list[len];
		if (reader_blob(r, &id) < 0 || reader_blob(r, &state) < 0 || reader_u64(r, &c->findings) < 0 ||
		    reader_u64(r, &c->tasks) < 0 || reader_u64(r, &c->skipped) < 0 || reader_u64(r, &c->requests) < 0) {
			free(list);
			return -1;
		}
		c->check = scan_check_find(id);
		c->state = state_word(state);
		len += c->check != NULL;
	}
	*ret = list;
	*ret_len = len;
	return 0;
}

static int keep_progress(struct keeper *k, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct scan_progress p = { 0 };
	struct str zh, en;
	if (reader_u32(&r, &p.basis) < 0 || reader_blob(&r, &zh) < 0 || reader_blob(&r, &en) < 0 ||
	    reader_u64(&r, &p.done) < 0 || reader_u64(&r, &p.remaining) < 0 || jail_get_stats(&r, &p.stats) < 0)
		return -1;
	for (int i = 0; i < SEVERITY_COUNT; i++)
		if (reader_u64(&r, &p.counts[i]) < 0)
			return -1;
	struct scan_check_stat *checks = NULL;
	uint32_t n;
	if (reader_u32(&r, &n) < 0 || n > 10000 || (n && read_checks(&r, n, &checks, &p.checks_len) < 0))
		return -1;
	p.checks = checks;
	char *z = str_dup(zh), *x = str_dup(en);
	p.doing_zh = z;
	p.doing_en = x;
	if (p.basis > 10000)
		p.basis = 10000;
	k->heard = p.stats;
	memcpy(k->heard_counts, p.counts, sizeof(k->heard_counts));
	if (k->events->progress)
		k->events->progress(k->events->ctx, &p);
	free(z);
	free(x);
	free(checks);
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

static int keep_summary(struct keeper *k, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct scan_summary s = { 0 };
	struct str reason, zh, en;
	uint64_t started, finished;
	uint32_t complete, n;
	if (reader_u32(&r, &complete) < 0 || reader_blob(&r, &reason) < 0 || reader_blob(&r, &zh) < 0 ||
	    reader_blob(&r, &en) < 0 || jail_get_stats(&r, &s.stats) < 0)
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
	if (read_checks(&r, n, &s.checks, &s.checks_len) < 0)
		return -1;
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

/* A name that is looked up beside the keeper's loop. */
struct lookup {
	struct os_errand base;
	char *name, *type;
	struct buf out; /* name, type, answer */
};

static void lookup_run(struct os_errand *e)
{
	struct lookup *l = (struct lookup *)e;
	scan_dns_lookup(str_c(l->name), str_c(l->type), &l->out);
}

static void lookup_free(struct os_errand *e)
{
	struct lookup *l = (struct lookup *)e;
	free(l->name);
	free(l->type);
	buf_free(&l->out);
	free(l);
}

/* The child waits for one answer at a time. */
void jail_tell_names(struct keeper *k)
{
	struct os_errand *e;
	while (k->errands && (e = os_errands_take(k->errands, 0))) {
		os_frame_send(k->child.chan, FRAME_DNS, buf_view(&((struct lookup *)e)->out), 5000, NULL);
		e->free(e);
	}
}

/* Names of the scanned domain only, and not without end: questions carry data, too. */
static int keep_dns_ask(struct keeper *k, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct str name, type;
	struct url u;
	if (reader_blob(&r, &name) < 0 || reader_blob(&r, &type) < 0)
		return -1;
	struct arena *a = arena_new(1 * MIB);
	bool allowed = k->dns_asked++ < LIMIT_SCAN_DNS && url_parse(a, k->o->target, NULL, 0, &u, NULL) == 0 &&
		       scan_dns_allowed(name, u.host);
	arena_free(a);
	struct lookup *l = mem_alloc(sizeof(*l));
	*l = (struct lookup){ .base = { .run = lookup_run, .free = lookup_free }, .name = str_dup(name), .type = str_dup(type) };
	buf_init(&l->out, LIMIT_OOB_FRAME);
	buf_blob(&l->out, name);
	buf_blob(&l->out, type);
	if (allowed && !k->events->dns) {
		k->errands = k->errands ? k->errands : os_errands_new();
		os_errands_send(k->errands, &l->base);
		return 0;
	}
	if (allowed)
		k->events->dns(k->events->ctx, name, type, &l->out);
	os_frame_send(k->child.chan, FRAME_DNS, buf_view(&l->out), 5000, NULL);
	lookup_free(&l->base);
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
	if (scan_browser_ask(k->browser, job) < 0)
		return -1;
	k->browsing++;
	return 0;
}

int jail_tell_browsed(struct keeper *k)
{
	struct buf b;
	buf_init(&b, LIMIT_BROWSE_ANSWER + 64 * KIB);
	int r = scan_browser_poll(k->browser, &b);
	if (r > 0) {
		k->browsing--;
		r = os_frame_send(k->child.chan, FRAME_BROWSED, buf_view(&b), JAIL_SEND_MS, NULL);
	}
	buf_free(&b);
	return r;
}

int jail_keep_frame(struct keeper *k, uint32_t type, struct str bytes)
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
