/* Out-of-band hits inside a run: names are made here, hits are asked for through the door
 * and go to the fibers that wait, or to findings that were written beforehand and only
 * lacked the proof. Everything is bounded: hits kept, expectations kept. */
#include "scan/oob.h"

#include "base/limits.h"
#include "base/mem.h"
#include "net/oob_token.h"
#include "scan/scan_private.h"

#define OOB_POLL_US 200000
#define OOB_LINGER_US 4000000 /* after the last name went out */
#define OOB_HITS 8		/* kept per token */
#define OOB_TOKENS 2000	/* with hits */
#define OOB_EXPECTED_BYTES (64 * MIB)
#define OOB_JOURNAL_BYTES (16 * MIB) /* of expectations that outlive this process */
#define OOB_PER_LIFE ((uint64_t)1 << 24) /* names of one process: the next one makes others */

struct heard {
	struct scan_oob_hit hits[OOB_HITS];
	size_t len;
};
struct expected {
	unsigned kinds;
	struct buf finding;
};

struct oob {
	const struct scan_oob *door;
	char prefix[OOB_PREFIX_LEN + 1];
	uint64_t made, after;
	int64_t asked_us, last_us;
	struct map *heard;    /* token -> struct heard * */
	struct map *expected; /* token -> struct expected * */
	size_t expected_bytes, journal_bytes;
	bool noted; /* the journal knows our prefix */
	struct arena *arena;
	struct str host; /* of the door's URL */
	uint16_t port;
};

void oob_init(struct run *r)
{
	const struct scan_oob *door = r->events->oob;
	if (!door || !door->poll || (str_empty(door->domain) && str_empty(door->url)))
		return;
	struct oob *o = mem_alloc(sizeof(*o));
	struct url u;
	o->door = door;
	o->heard = map_new();
	o->expected = map_new();
	o->arena = arena_new(16 * MIB);
	o->port = 80;
	oob_prefix_make(o->prefix);
	if (door->url.len && url_parse(o->arena, door->url, NULL, 0, &u, NULL) == 0) {
		o->host = arena_str(o->arena, u.host);
		o->port = u.port;
	}
	r->oob = o;
}

static void expected_free(void *p)
{
	struct expected *e = p;
	buf_free(&e->finding);
	free(e);
}

void oob_free(struct run *r)
{
	struct oob *o = r->oob;
	if (!o)
		return;
	map_free_values(o->heard, free);
	map_free_values(o->expected, expected_free);
	arena_free(o->arena);
	free(o);
	r->oob = NULL;
}

/* ---- the journal: what an earlier process sent may be heard of now ---- */

static struct expected *expect(struct oob *o, struct str token, unsigned kinds, struct str finding)
{
	struct expected *e = mem_alloc(sizeof(*e));
	e->kinds = kinds;
	buf_init(&e->finding, 256 * KIB);
	buf_str(&e->finding, finding);
	o->expected_bytes += finding.len;
	map_put(o->expected, token, e);
	return e;
}

static void journal(struct run *r, struct str token, const struct expected *e)
{
	struct oob *o = r->oob;
	struct buf b;
	if (!o->noted)
		run_journal(r, "oob", str_c(o->prefix), STR(""));
	o->noted = true;
	o->journal_bytes += e->finding.len;
	if (o->journal_bytes > OOB_JOURNAL_BYTES)
		return;
	buf_init(&b, 512 * KIB);
	buf_u32(&b, e->kinds);
	buf_blob(&b, buf_view(&e->finding));
	run_journal(r, "expect", token, buf_view(&b));
	buf_free(&b);
}

void oob_replayed(struct run *r, struct str kind, struct str key, struct str bytes)
{
	struct oob *o = r->oob;
	struct reader rd = reader_of(bytes);
	struct str finding;
	uint32_t kinds;
	if (!o)
		return;
	if (str_eq(kind, STR("oob"))) {
		if (key.len != OOB_PREFIX_LEN)
			return;
		memcpy(o->prefix, key.ptr, OOB_PREFIX_LEN);
		o->made += OOB_PER_LIFE;
		o->last_us = run_now_us(r);
		return; /* said again by this life, so that the next one counts it */
	}
	if (key.len == OOB_TOKEN_LEN && str_starts(key, str_c(o->prefix)) && !map_has(o->expected, key) &&
	    o->expected_bytes < OOB_EXPECTED_BYTES && reader_u32(&rd, &kinds) == 0 && reader_blob(&rd, &finding) == 0)
		o->journal_bytes += expect(o, key, kinds, finding)->finding.len;
}

static const char *kind_zh(enum scan_oob_kind k)
{
	return k == SCAN_OOB_DNS ? "DNS 查询" : k == SCAN_OOB_LDAP ? "LDAP 请求" : "HTTP 请求";
}

/* A finding that only waited for this. */
static void fulfil(struct run *r, const struct scan_oob_hit *h)
{
	struct expected *e = map_get(r->oob->expected, h->token);
	if (!e || !(e->kinds & (unsigned)h->kind))
		return;
	struct arena *a = arena_new(1 * MIB);
	struct str line = h->what;
	ssize_t end = str_chr(line, '\n');
	line = str_trim(end < 0 ? line : str_sub(line, 0, (size_t)end));
	struct str zh = arena_printf(a, "目标（来自 %.*s）向只在这一次请求中出现过的地址发出了%s：%.*s", STR_ARG(h->from),
				     kind_zh(h->kind), STR_ARG(str_sub(line, 0, 200)));
	struct str en = arena_printf(a, "The target (from %.*s) sent a %s to an address that only this request carried: %.*s",
				     STR_ARG(h->from), h->kind == SCAN_OOB_DNS ? "DNS query" : h->kind == SCAN_OOB_LDAP ? "LDAP request" : "HTTP request",
				     STR_ARG(str_sub(line, 0, 200)));
	finding_deliver(r, buf_view(&e->finding), zh, en);
	r->oob->expected_bytes -= e->finding.len;
	map_remove(r->oob->expected, h->token);
	expected_free(e);
	arena_free(a);
}

static void on_hit(void *arg, const struct scan_oob_hit *h)
{
	struct run *r = arg;
	struct oob *o = r->oob;
	struct heard *k = map_get(o->heard, h->token);
	if (!str_starts(h->token, str_c(o->prefix)) || h->token.len != OOB_TOKEN_LEN)
		return;
	if (!k && map_len(o->heard) < OOB_TOKENS) {
		k = mem_alloc(sizeof(*k));
		map_put(o->heard, h->token, k);
	}
	if (k && k->len < OOB_HITS && arena_left(o->arena) > 64 * KIB)
		k->hits[k->len++] = (struct scan_oob_hit){ h->kind, arena_str(o->arena, h->token),
							   arena_str(o->arena, str_sub(h->from, 0, 100)),
							   arena_str(o->arena, str_sub(h->what, 0, 4 * KIB)), h->at_ms };
	fulfil(r, h);
}

static void pull(struct run *r)
{
	struct oob *o = r->oob;
	int64_t now = run_now_us(r);
	if (now - o->asked_us < OOB_POLL_US)
		return;
	o->door->poll(o->door->ctx, str_c(o->prefix), &o->after, on_hit, r);
	o->asked_us = run_now_us(r);
}

void oob_tick(struct run *r)
{
	if (r->oob && map_len(r->oob->expected) > 0)
		pull(r);
}

bool oob_waiting(struct run *r)
{
	struct oob *o = r->oob;
	return o && map_len(o->expected) > 0 && run_now_us(r) - o->last_us < OOB_LINGER_US;
}

/* ---- in a fiber ---- */

bool probe_oob_ready(struct probe *p)
{
	return p->run->oob != NULL;
}

bool probe_oob_host(struct probe *p, struct scan_oob_name *ret)
{
	struct oob *o = p->run->oob;
	char token[OOB_TOKEN_LEN + 1];
	if (!o)
		return false;
	oob_token_make(o->prefix, o->made++, token);
	o->last_us = run_now_us(p->run);
	struct arena *a = p->arena;
	struct str domain = o->door->domain;
	struct scan_oob_name n = { .token = arena_str(a, str_c(token)), .dns = domain.len > 0 };
	n.host = n.dns ? arena_printf(a, "%s.%.*s", token, STR_ARG(domain)) : o->host;
	const char *six = str_chr(o->host, ':') >= 0 ? "[" : "";
	/* without our own zone (or with a listener that is not under it) the address itself */
	if (str_empty(o->host))
		n.url = arena_printf(a, "http://%.*s/%s", STR_ARG(n.host), token);
	else if (n.dns && str_ends(o->host, domain))
		n.url = o->port == 80 ? arena_printf(a, "http://%.*s/%s", STR_ARG(n.host), token)
				      : arena_printf(a, "http://%.*s:%u/%s", STR_ARG(n.host), o->port, token);
	else
		n.url = arena_printf(a, "http://%s%.*s%s:%u/%s", six, STR_ARG(o->host), six[0] ? "]" : "", o->port, token);
	*ret = n;
	return true;
}

int probe_oob_wait(struct probe *p, struct str token, unsigned ms, struct scan_oob_hit *ret, size_t max)
{
	struct run *r = p->run;
	if (!r->oob)
		return -1;
	int64_t until = run_now_us(r) + (int64_t)ms * 1000;
	for (;;) {
		pull(r);
		struct heard *k = map_get(r->oob->heard, token);
		size_t n = k ? k->len < max ? k->len : max : 0;
		if (n) {
			memcpy(ret, k->hits, n * sizeof(*ret));
			return (int)n;
		}
		if (r->stopping)
			return -1;
		if (run_now_us(r) >= until)
			return 0;
		probe_sleep(p, 100);
	}
}

void probe_oob_expect(struct probe *p, struct str token, unsigned kinds, const struct scan_report *rep)
{
	struct oob *o = p->run->oob;
	if (!o || map_has(o->expected, token) || o->expected_bytes > OOB_EXPECTED_BYTES)
		return;
	struct scan_report mine = *rep;
	struct buf prepared;
	mine.confidence_set = true;
	mine.confidence = CONFIDENCE_CERTAIN;
	buf_init(&prepared, 256 * KIB);
	finding_prepare(p->run, p->check, &mine, p->has_point ? &p->point : NULL, &prepared);
	journal(p->run, token, expect(o, token, kinds, buf_view(&prepared)));
	buf_free(&prepared);
	o->last_us = run_now_us(p->run);
	/* it may have come before the answer did */
	struct heard *k = map_get(o->heard, token);
	for (size_t i = 0; k && i < k->len; i++)
		fulfil(p->run, &k->hits[i]);
}
