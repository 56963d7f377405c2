/* What active checks call, inside their fiber: send and wait, compare, report. Static
 * GET requests are answered from a cache of the scan; it is bounded and drops the
 * oldest. */
#include "base/check.h"
#include "base/limits.h"
#include "scan/diff.h"
#include "scan/scan_private.h"

#define PROBE_CACHE_BYTES (24 * MIB)
#define PROBE_CACHE_ENTRIES 4000
#define PROBE_REFUSALS 3
#define PROBE_MAX_BODY (512 * KIB)
#define PROBE_HELD_ALL (320 * MIB) /* of all checks that are under way */
#define PROBE_HELD_BYTES (24 * MIB) /* of one check: more means something is wrong with it */

const char *scan_where_name(enum scan_where w)
{
	static const char *const names[] = { [WHERE_NONE] = "",	       [WHERE_QUERY] = "query",
					     [WHERE_BODY] = "body",    [WHERE_COOKIE] = "cookie",
					     [WHERE_HEADER] = "header", [WHERE_PATH] = "path",
					     [WHERE_JSON] = "json",    [WHERE_XML] = "xml" };
	check((size_t)w < ARRAY_SIZE(names));
	return names[w];
}

static void on_answer(struct send *s)
{
	struct probe *p = s->owner;
	p->ready = true;
	p->waiting = NULL;
}

void probe_wait(struct probe *p)
{
	fiber_yield(p->fiber);
}

void probe_park(struct probe *p)
{
	p->parked = true;
	probe_wait(p);
}

void probe_sleep(struct probe *p, unsigned ms)
{
	p->wake_us = run_now_us(p->run) + (int64_t)ms * 1000;
	probe_wait(p);
}

/* Counted with what was made of it: text, tags. */
static void hold(struct probe *p, struct answer *a)
{
	size_t n = arena_used(a->arena) + a->x.body.len;
	*vec_push(&p->held) = a;
	p->held_bytes += n;
	p->run->held_bytes += n;
}

/* Sends and waits. The answer is held until the check returns; NULL on failure. */
struct answer *probe_ask(struct probe *p, struct send *s)
{
	struct run *r = p->run;
	struct answer *a = s->answer;
	if (r->stopping) {
		send_free(s);
		return NULL;
	}
	s->owner = p;
	s->done = on_answer;
	s->max_body = PROBE_MAX_BODY;
	p->waiting = s;
	p->requests++;
	if (p->check)
		run_check_stat(r, p->check)->requests++;
	send_queue(s);
	probe_wait(p);
	hold(p, a);
	p->unit->target->refused += str_eq(str_c(a->error), STR("http.refused"));
	return a->error[0] ? NULL : a;
}

static void cache_key(struct buf *b, const struct send *s)
{
	buf_str(b, s->q.url);
	for (size_t i = 0; i < s->q.headers_len; i++) {
		buf_char(b, '\n');
		buf_str(b, s->q.headers[i].name);
		buf_char(b, ':');
		buf_str(b, s->q.headers[i].value);
	}
}

static void cache_drop_oldest(struct run *r)
{
	while (r->cache_bytes > PROBE_CACHE_BYTES || map_len(r->cache) > PROBE_CACHE_ENTRIES) {
		struct map_iter it = { 0 };
		struct str key;
		void *value;
		if (!map_next(r->cache, &it, &key, &value))
			return;
		struct answer *a = value;
		r->cache_bytes -= arena_used(a->arena) + a->x.body.len;
		map_remove(r->cache, key);
		answer_unref(a);
	}
}

static void cache_put(struct run *r, struct str key, struct answer *a)
{
	if (map_has(r->cache, key) || a->x.body.len > 256 * KIB)
		return;
	map_put(r->cache, key, answer_ref(a));
	r->cache_bytes += arena_used(a->arena) + a->x.body.len;
	cache_drop_oldest(r);
}

static struct answer *cached_ask(struct probe *p, struct send *s, bool fresh)
{
	if (!str_eq(s->q.method, STR("GET")) || s->q.body.len)
		return probe_ask(p, s);
	struct buf b;
	buf_init(&b, 256 * KIB);
	cache_key(&b, s);
	struct str key = arena_str(p->arena, buf_view(&b));
	buf_free(&b);
	struct answer *a = fresh ? NULL : map_get(p->run->cache, key);
	if (a) {
		p->run->stats.saved++;
		hold(p, answer_ref(a));
		send_free(s);
		return a;
	}
	a = probe_ask(p, s);
	if (a)
		cache_put(p->run, key, a);
	return a;
}

static bool too_much(const struct probe *p)
{
	size_t sum = 0;
	for (size_t i = 0; i < p->held.len; i++)
		sum += p->held.ptr[i]->x.body.len;
	if (p->run->held_bytes > PROBE_HELD_ALL && p->held_bytes > PROBE_HELD_ALL / 64)
		return true; /* pages that grow while they are asked for: others need room as well */
	return sum > PROBE_HELD_BYTES || arena_left(p->arena) < 16 * MIB;
}

/* ---- anti-CSRF tokens ---- */

static bool same_action(struct str action, struct str url)
{
	ssize_t a = str_chr(action, '?'), b = str_chr(url, '?');
	return str_eq(a < 0 ? action : str_sub(action, 0, (size_t)a), b < 0 ? url : str_sub(url, 0, (size_t)b));
}

/* Value of a hidden field of that name in the form that posts to url. */
static struct str fresh_token(const struct scan_page *page, struct str url, struct str name)
{
	for (size_t i = 0; page && i < page->forms_len; i++) {
		const struct scan_form *f = &page->forms[i];
		if (!same_action(f->action, url))
			continue;
		for (size_t j = 0; j < f->fields_len; j++)
			if (str_eq(f->fields[j].name, name))
				return f->fields[j].value;
	}
	return STR_NULL;
}

/* Replaces the tokens of a form body by those of a form page fetched just now. */
static int refresh_tokens(struct probe *p, struct send *s, bool base)
{
	struct run *r = p->run;
	const struct spec *spec = p->unit->spec;
	if (!p->unit->target->has_token || str_empty(spec->from) || str_empty(s->q.body) ||
	    !str_istarts(spec->type, STR("application/x-www")))
		return 0;
	while (((r->attack.token_lock && r->attack.token_lock != p) || (r->wire.alone && r->wire.alone != p)) &&
	       !r->stopping)
		probe_park(p);
	if (!base && pace_skips(r, p->unit->target->endpoint, p->check))
		return 0; /* it will not be sent */
	r->attack.token_lock = p;
	struct send *g = send_new(r, STR("GET"), spec->from, 0, NULL);
	if (!g)
		return -1;
	points_headers(r, g, &(struct spec){ .method = STR("GET"), .url = spec->from });
	g->priority = true;
	struct answer *a = probe_ask(p, g);
	if (!a)
		return -1;
	struct buf b;
	buf_init(&b, 2 * MIB);
	struct url_pairs pairs = url_pairs_split(p->arena, s->q.body);
	for (size_t i = 0; i < pairs.len; i++) {
		struct str name = url_form_decode(p->arena, pairs.ptr[i].name);
		struct str old = url_form_decode(p->arena, pairs.ptr[i].value);
		struct str token = form_is_token(name, old) ? fresh_token(a->x.page, spec->url, name) : STR_NULL;
		if (i)
			buf_char(&b, '&');
		buf_str(&b, pairs.ptr[i].name);
		buf_char(&b, '=');
		if (token.ptr)
			url_form_encode(&b, token);
		else
			buf_str(&b, pairs.ptr[i].value);
	}
	s->q.body = arena_str(s->answer->arena, buf_view(&b));
	buf_free(&b);
	s->priority = true;
	return 0;
}

static void unlock_tokens(struct probe *p)
{
	if (p->run->attack.token_lock == p)
		p->run->attack.token_lock = NULL;
}

/* ---- sending ---- */

static struct answer *follow(struct probe *p, struct answer *a, unsigned hops, bool fresh)
{
	while (a && hops-- > 0 && a->x.status >= 300 && a->x.status < 400) {
		struct str to = scan_header_get(&a->x.headers, "location");
		struct url u;
		if (str_empty(to) || url_parse(p->arena, to, &a->url, 0, &u, NULL) < 0)
			break;
		struct send *s = NULL;
		struct scan_mutation m = { .url = url_text(p->arena, &u, URL_NO_FRAGMENT) };
		if (points_apply(p, NULL, &m, &s) < 0)
			break;
		struct answer *next = cached_ask(p, s, fresh);
		if (!next)
			return NULL;
		a = next;
	}
	return a;
}

static struct endpoint *own_endpoint(struct probe *p)
{
	struct target *t = p->unit->target;
	if (!t->endpoint)
		t->endpoint = pace_of(p->run, t->spec->method, t->spec->url);
	return t->endpoint;
}

bool probe_too_slow(struct probe *p, const struct scan_check *c)
{
	if (!p->has_point || !pace_skips(p->run, own_endpoint(p), c))
		return false;
	pace_note_skip(p->run, p->unit->target->endpoint, c, p->unit->spec->url);
	return true;
}

/* ---- behind a filter ---- */

void probe_filtered(struct probe *p)
{
	p->run->filtered = true;
}

static unsigned most_stopped(const struct probe *p)
{
	return p->run->o.mode == SCAN_DEEP ? 40 : 15;
}

static bool looks_evil(struct str v)
{
	for (size_t i = 0; i < v.len; i++)
		if (strchr("'\"<>|;&`$(){}\\%*", v.ptr[i]))
			return true;
	return false;
}

/* A filter that stops one thing after another stops the rest as well: enough of them and the input is left alone. */
static void count_stopped(struct probe *p, const struct scan_mutation *m, const struct scan_exchange *x)
{
	struct run *r = p->run;
	if (!r->filtered || !p->has_point || !p->point.base || !m->value_set || !looks_evil(m->value))
		return;
	struct diff_side base = diff_base(&p->point), now = { .x = x, .sent = m->value };
	p->unit->stopped = diff_blocked(&base, &now) ? p->unit->stopped + 1 : 0;
	if (p->unit->stopped != most_stopped(p) || p->unit->target->filter_told)
		return;
	p->unit->target->filter_told = true;
	struct str w = str_sub(p->unit->spec->url, 0, 150);
	char zh[300], en[300];
	snprintf(zh, sizeof(zh), "防火墙接连拦截了探测，此处的其余检测已省去：%.*s", STR_ARG(w));
	snprintf(en, sizeof(en), "A filter stopped one probe after another, the rest is left out here: %.*s", STR_ARG(w));
	run_log(r, zh, en);
}

int probe_send(struct probe *p, const struct scan_mutation *m, const struct scan_exchange **ret)
{
	struct send *s;
	if (!m->url.len && probe_too_slow(p, p->check))
		return -1;
	if (p->run->stopping || too_much(p) || (p->run->filtered && p->has_point && p->unit->stopped >= most_stopped(p)) || p->unit->target->refused >= PROBE_REFUSALS ||
	    points_apply(p, p->has_point ? &p->point : NULL, m, &s) < 0)
		return -1;
	if (!m->url.len && (!m->body_set || m->tokens) && refresh_tokens(p, s, false) < 0) {
		send_free(s);
		return -1;
	}
	if (!m->url.len && probe_too_slow(p, p->check)) { /* found out while it waited for the token */
		unlock_tokens(p);
		send_free(s);
		return -1;
	}
	s->timed = m->timed;
	s->priority = s->priority || p->run->wire.alone == p;
	if (p->has_point && !m->url.len && !m->method.len)
		s->endpoint = own_endpoint(p); /* also when the path is what changes */
	struct answer *a = cached_ask(p, s, m->fresh);
	unlock_tokens(p);
	a = follow(p, a, m->follow, m->fresh);
	if (!a)
		return -1;
	count_stopped(p, m, &a->x);
	if (a->x.probe) { /* error pages; they belong to the request as it was, not to the payload */
		p->run->asked = m->url.len ? NULL : p->point.base;
		passive_run(p->run, &a->x);
		p->run->asked = NULL;
	}
	*ret = &a->x;
	return 0;
}

int probe_value(struct probe *p, struct str value, const struct scan_exchange **ret)
{
	return probe_send(p, &(struct scan_mutation){ .value = value, .value_set = true }, ret);
}

int probe_append(struct probe *p, struct str suffix, const struct scan_exchange **ret)
{
	return probe_send(p, &(struct scan_mutation){ .value = suffix, .value_set = true, .append = true }, ret);
}

int probe_get(struct probe *p, struct str url, const struct scan_exchange **ret)
{
	struct url base, u;
	if (url_parse(p->arena, p->unit->spec->url, NULL, URL_RAW_PATH, &base, NULL) < 0 ||
	    url_parse(p->arena, url, &base, URL_RAW_PATH, &u, NULL) < 0)
		return -1;
	return probe_send(p, &(struct scan_mutation){ .url = url_text(p->arena, &u, URL_NO_FRAGMENT) }, ret);
}

struct scan_exchange *probe_base_answer(struct probe *p)
{
	struct target *t = p->unit->target;
	while (t->asking && !t->base && !p->run->stopping)
		probe_park(p);
	if (t->base)
		return &t->base->x;
	struct send *s;
	t->asking++;
	struct answer *a = NULL;
	if (points_apply(p, NULL, &(struct scan_mutation){ 0 }, &s) == 0) {
		s->q.probe = false;
		if (refresh_tokens(p, s, true) == 0)
			a = cached_ask(p, s, false);
		else
			send_free(s);
	}
	unlock_tokens(p);
	t->asking--;
	if (a)
		t->base = answer_ref(a);
	return a ? &a->x : NULL;
}

/* ---- small things ---- */

struct str probe_from(struct probe *p)
{
	return p->unit->spec->from;
}

struct arena *probe_arena(struct probe *p)
{
	return p->arena;
}

const struct scan_exchange *probe_base(struct probe *p)
{
	return p->point.base;
}

const struct scan_point *probe_point(struct probe *p)
{
	return &p->point;
}

bool probe_first(struct probe *p, struct str key)
{
	return map_add(p->run->attack.once, arena_printf(p->arena, "%s %.*s", p->check->id, STR_ARG(key)));
}

bool probe_first_point(struct probe *p)
{
	return p->has_point && p->unit->first;
}

bool probe_sqli_found(struct probe *p)
{
	static const char *const ids[] = { "sqli-error", "sqli-boolean", "sqli-union", "sqli-time", "sqli-wide-byte" };
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (probe_point_found(p, ids[i]))
			return true;
	return false;
}

enum scan_mode probe_mode(struct probe *p)
{
	return p->run->erratic ? SCAN_STANDARD : p->run->o.mode;
}

bool probe_intrusive(struct probe *p)
{
	return p->run->o.intrusive;
}

static uint64_t next_random(struct probe *p)
{
	uint64_t z = p->random += 0x9E3779B97F4A7C15u;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

struct str probe_word(struct probe *p, size_t len)
{
	/* No a, i, o, u: it must not spell what filters take out of inputs (on, or, and, script, union). */
	static const char letters[] = "bcdefghjklmnpqrstvwxyz";
	char *s = arena_alloc(p->arena, len + 1);
	for (size_t i = 0; i < len; i++)
		s[i] = letters[next_random(p) % (sizeof(letters) - 1)];
	return str_make(s, len);
}

uint32_t probe_number(struct probe *p, uint32_t lo, uint32_t hi)
{
	check(lo <= hi);
	return lo + (uint32_t)(next_random(p) % ((uint64_t)hi - lo + 1));
}

static struct str found_key(struct probe *p, const char *id)
{
	return arena_printf(p->arena, "%s|%d|%.*s", id, (int)p->point.where, STR_ARG(p->point.name));
}

void probe_report(struct probe *p, const struct scan_report *rep)
{
	p->found = true;
	map_add(p->unit->target->found, found_key(p, p->check->id));
	finding_report(p->run, p->check, rep, p->has_point ? &p->point : NULL);
}

bool probe_reported(struct probe *p)
{
	return finding_known(p->run, p->check, p->point.base, p->has_point ? &p->point : NULL);
}

bool probe_point_found(struct probe *p, const char *check_id)
{
	return map_has(p->unit->target->found, found_key(p, check_id));
}

int probe_missing(struct probe *p, const struct scan_exchange *x)
{
	if (x->status == 404 || x->status == 410 || x->missing)
		return 1;
	return soft404_ask(p, x);
}

/* ---- comparison ---- */

static struct str content(const struct scan_exchange *x)
{
	return x->text.len || x->media != MEDIA_BINARY ? x->text : x->body;
}

/* text without what was sent: in its place stands the original value. */
static struct kit_seq sequence_of(struct probe *p, struct str text, struct str sent)
{
	struct buf b;
	buf_init(&b, 16 * MIB);
	if (p->has_point && str_eq(sent, p->point.value))
		sent = STR(""); /* as it was, in whatever case the page writes it */
	kit_unreflect(&b, text, sent, p->has_point ? p->point.value : STR(""));
	struct kit_seq s = kit_seq_of(p->arena, buf_view(&b));
	buf_free(&b);
	kit_zones_drop(&p->unit->target->zones, &s);
	return s;
}

static struct kit_seq sequence(struct probe *p, const struct scan_exchange *x, struct str sent)
{
	return sequence_of(p, content(x), sent);
}

#define OTHERS_WORD 6 /* shorter ones stand anywhere */

/* x as sequence() gives it, and also without what the request for the other page sent: pages that show
 * what was sent before hold it in both. */
static struct kit_seq sequence_without(struct probe *p, const struct scan_exchange *x, struct str sent, struct str other)
{
	struct buf b;
	buf_init(&b, 16 * MIB);
	kit_unreflect(&b, content(x), other, p->has_point ? p->point.value : STR(""));
	struct kit_seq s = sequence_of(p, buf_view(&b), sent);
	buf_free(&b);
	return s;
}

static bool stands_in(struct probe *p, const struct scan_exchange *x, struct str sent, struct str other)
{
	return other.len >= OTHERS_WORD && !str_eq(sent, other) && !(p->has_point && str_eq(other, p->point.value)) &&
	       kit_reflects(content(x), other);
}

static struct str location_without(struct probe *p, const struct scan_exchange *x, struct str sent)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	kit_unreflect(&b, scan_header_get(&x->headers, "location"), sent, p->has_point ? p->point.value : STR(""));
	struct str r = arena_str(p->arena, buf_view(&b));
	buf_free(&b);
	return r;
}

double probe_similarity(struct probe *p, const struct scan_exchange *a, struct str sent_a,
			const struct scan_exchange *b, struct str sent_b)
{
	if (a->status != b->status)
		return 0;
	if (!str_eq(location_without(p, a, sent_a), location_without(p, b, sent_b)))
		return 0;
	struct kit_seq x = sequence(p, a, sent_a), y = sequence(p, b, sent_b);
	double r = kit_similarity(&x, &y);
	if (r >= 1.0 || (!stands_in(p, a, sent_a, sent_b) && !stands_in(p, b, sent_b, sent_a)))
		return r;
	x = sequence_without(p, a, sent_a, sent_b);
	y = sequence_without(p, b, sent_b, sent_a);
	double without = kit_similarity(&x, &y);
	return without > r ? without : r;
}

/* Pages that never change on their own are held to the letter; the more they do, the
 * more tolerance they get, never beyond five percent. */
bool probe_same(struct probe *p, const struct scan_exchange *a, struct str sent_a,
		const struct scan_exchange *b, struct str sent_b)
{
	double noise = p->unit->target->noise * 2;
	double least = 1.0 - (noise > 0.05 ? 0.05 : noise);
	return probe_similarity(p, a, sent_a, b, sent_b) >= least;
}

static int learn_stability(struct probe *p)
{
	struct target *t = p->unit->target;
	const struct scan_exchange *base = p->point.base, *x[2];
	for (int i = 0; i < 2; i++)
		if (probe_send(p, &(struct scan_mutation){ .fresh = true }, &x[i]) < 0 || x[i]->status != base->status)
			return -1;
	if (!t->zones_arena)
		t->zones_arena = arena_new(1 * MIB);
	struct kit_seq s0 = sequence(p, base, STR("")), s1 = sequence(p, x[0], STR(""));
	kit_zones_learn(t->zones_arena, &t->zones, &s0, &s1);
	double a = probe_similarity(p, base, STR(""), x[1], STR(""));
	if (a < 1.0) {
		s1 = sequence(p, x[0], STR(""));
		struct kit_seq s2 = sequence(p, x[1], STR(""));
		kit_zones_learn(t->zones_arena, &t->zones, &s1, &s2);
		a = probe_similarity(p, base, STR(""), x[1], STR(""));
		double b = probe_similarity(p, x[0], STR(""), x[1], STR(""));
		a = a < b ? a : b;
	}
	t->noise = 1.0 - a;
	return a >= 0.97 ? 1 : -1;
}

bool probe_stable(struct probe *p)
{
	struct target *t = p->unit->target;
	while (t->stable == 2 && !p->run->stopping)
		probe_park(p);
	if (t->stable == 0) {
		t->stable = 2;
		int r = learn_stability(p);
		t->stable = p->run->stopping ? 0 : r;
	}
	return t->stable == 1;
}

void probe_unstable(struct probe *p)
{
	p->unit->target->stable = -1;
}
