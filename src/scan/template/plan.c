/* Which templates run against this site. Everything generic does; what belongs to a named
 * product runs when the product has been seen (by its fingerprint or by a template that
 * finds it), or when nothing could have seen it; deep scans run all. Plain requests are
 * counted, so that equal ones are sent once. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/tech/tech.h"
#include "scan/template/run_private.h"

#define GATE_FROM 600	 /* smaller packs run whole: they cost less than a crawl */
#define SWEEP_US 4000000 /* after the last request that may make the target call */
#define MANY_REQUESTS 150 /* of one template: deep scans only */

extern const struct scan_check check_templates;

/* ---- loading ---- */

static bool loads(const struct run *r)
{
	if (r->o.retest_len) {
		for (size_t i = 0; i < r->o.retest_len; i++)
			if (str_starts(r->o.retest[i].check, STR("template:")))
				return true;
		return false;
	}
	if (r->o.only_checks_len) {
		for (size_t i = 0; i < r->o.only_checks_len; i++)
			if (str_starts(r->o.only_checks[i], STR("template:")))
				return true;
	}
	return attack_check_wanted(r, &check_templates);
}

static void add_base(struct run *r, struct templates *ts)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	url_write_origin(&b, &r->target);
	*vec_push(&ts->bases) = arena_str(r->arena, buf_view(&b));
	struct str dir = url_directory(&r->target);
	/* "/app" without a dot is an application, too */
	struct str path = str_chr(str_from(r->target.path, dir.len), '.') < 0 ? r->target.path : dir;
	while (path.len && path.ptr[path.len - 1] == '/')
		path.len--;
	if (path.len) {
		buf_str(&b, path);
		*vec_push(&ts->bases) = arena_str(r->arena, buf_view(&b));
	}
	buf_free(&b);
}

static void tell_loaded(struct run *r, struct templates *ts)
{
	char zh[200], en[200];
	size_t bad = 0;
	for (size_t i = 0; i < ts->pack->len; i++)
		bad += !ts->pack->list[i].ok;
	ts->stats.loaded = ts->pack->len - bad;
	if (!bad)
		return;
	snprintf(zh, sizeof(zh), "有 %zu 个模板文件无法运行，已跳过；原因见 zhanwei template lint。", bad);
	snprintf(en, sizeof(en), "%zu template files cannot be run and are left out; zhanwei template lint says why.", bad);
	run_log(r, zh, en);
}

void templates_start(struct run *r)
{
	if (!loads(r))
		return;
	struct templates *ts = mem_alloc(sizeof(*ts));
	ts->pack = template_pack_new();
	if (!r->o.no_builtin_templates)
		template_pack_load(ts->pack, template_builtin());
	for (size_t i = 0; i < r->o.templates_len; i++)
		template_pack_load(ts->pack, r->o.templates[i]);
	template_pack_seal(ts->pack, false);
	ts->shared = map_new();
	ts->facts = map_new();
	ts->names = map_new();
	ts->seen = map_new();
	ts->unrelated = map_new();
	ts->regexes = regex_cache_new(2000);
	ts->checks = mem_array(ts->pack->len + 1, sizeof(*ts->checks));
	r->templates = ts;
	add_base(r, ts);
	tell_loaded(r, ts);
}

static void free_shared(void *p)
{
	struct shared *h = p;
	reply_unref(h->reply);
	free(h);
}

void templates_free(struct run *r)
{
	struct templates *ts = r->templates;
	if (!ts)
		return;
	map_free_values(ts->shared, free_shared);
	map_free_values(ts->facts, other_facts_free);
	map_free_values(ts->names, other_names_free);
	for (size_t i = 0; i < ts->held.len; i++)
		buf_free(&ts->held.ptr[i].finding);
	vec_free(&ts->held);
	vec_free(&ts->jobs);
	for (size_t i = 0; i < ts->pending.len; i++) {
		trun_free(ts->pending.ptr[i].tr);
		free(ts->pending.ptr[i].tr);
	}
	vec_free(&ts->pending);
	vec_free(&ts->bases);
	map_free(ts->seen);
	map_free(ts->unrelated);
	regex_cache_free(ts->regexes);
	template_pack_free(ts->pack);
	free(ts->checks);
	free(ts);
	r->templates = NULL;
}

/* ---- which product ---- */

static bool tech_named(struct run *r, struct str name)
{
	char dashed[128];
	if (str_empty(name) || name.len > sizeof(dashed))
		return false;
	if (run_has_tech(r, name))
		return true;
	for (size_t i = 0; i < name.len; i++)
		dashed[i] = name.ptr[i] == '_' || name.ptr[i] == ' ' ? '-' : name.ptr[i];
	return run_has_tech(r, str_make(dashed, name.len));
}

/* Systems whose plugins have templates of their own; their fingerprints are certain. */
static struct str family_of(const struct template *t)
{
	static const struct {
		const char *tag, *family;
	} families[] = { { "wordpress", "wordpress" }, { "wp", "wordpress" },	     { "wp-plugin", "wordpress" },
			 { "wp-theme", "wordpress" },  { "joomla", "joomla" },	     { "drupal", "drupal" },
			 { "magento", "magento" },     { "prestashop", "prestashop" }, { "typo3", "typo3" } };
	struct str rest = t->tags, tag;
	while (str_split(&rest, ',', &tag))
		for (size_t i = 0; i < ARRAY_SIZE(families); i++)
			if (str_eq(tag, str_c(families[i].tag)))
				return str_c(families[i].family);
	return STR("");
}

static bool seen(struct run *r, struct str name)
{
	return name.len && (map_has(r->templates->seen, name) || tech_named(r, name));
}

bool templates_family_seen(struct run *r, const struct template *t)
{
	return seen(r, family_of(t)) || seen(r, t->product) || seen(r, t->framework);
}

static bool product_seen(struct run *r, const struct template *t)
{
	if (templates_family_seen(r, t))
		return true;
	struct str rest = t->tags, tag;
	while (str_split(&rest, ',', &tag))
		if (!str_eq(tag, t->vendor) && tag.len > 2 && tech_named(r, tag))
			return true;
	return false;
}

/* ---- choosing ---- */

static bool listed(const struct str *list, size_t n, struct str id)
{
	for (size_t i = 0; i < n; i++)
		if (str_starts(list[i], STR("template:")) && str_eq(str_from(list[i], 9), id))
			return true;
	return false;
}

static bool asked_for(const struct run *r, const struct template *t)
{
	for (size_t i = 0; i < r->o.retest_len; i++)
		if (str_starts(r->o.retest[i].check, STR("template:")) && str_eq(str_from(r->o.retest[i].check, 9), t->id))
			return true;
	return listed(r->o.only_checks, r->o.only_checks_len, t->id);
}

static bool needs_oob(const struct template *t)
{
	for (size_t i = 0; i < t->blocks_len; i++)
		if (!t->blocks[i].waits_oob)
			return false;
	return t->blocks_len > 0;
}

static bool wanted(const struct run *r, const struct template *t)
{
	if (!t->ok || listed(r->o.skip_checks, r->o.skip_checks_len, t->id))
		return false;
	/* what needs leave needs it however it is asked for */
	if ((t->flags & TEMPLATE_INTRUSIVE) && !r->o.intrusive)
		return false;
	if (r->o.retest_len || (r->o.only_checks_len && !attack_check_wanted(r, &check_templates)))
		return asked_for(r, t);
	if (needs_oob(t) && !r->events->oob)
		return false;
	return r->o.mode == SCAN_DEEP || t->max_requests <= MANY_REQUESTS || r->templates->pack->len <= 20;
}

struct gate {
	struct map *found_by; /* products that a template of the pack can find */
};

enum gate_result { GATE_RUN, GATE_WAIT, GATE_SKIP };

static enum gate_result gate(struct run *r, const struct gate *g, const struct template *t)
{
	struct str family = family_of(t);
	if (!r->templates->gated || (t->flags & TEMPLATE_DETECTS && str_empty(family)))
		return GATE_RUN;
	if (product_seen(r, t))
		return GATE_RUN;
	if (family.len && map_has(g->found_by, family))
		return GATE_WAIT;
	if (family.len || t->framework.len)
		return GATE_SKIP;
	if (str_empty(t->product) || !map_has(g->found_by, t->product))
		return GATE_RUN;
	return GATE_WAIT;
}

static size_t count_wanted(struct run *r, struct gate *g)
{
	size_t n = 0;
	for (size_t i = 0; i < r->templates->pack->len; i++) {
		const struct template *t = &r->templates->pack->list[i];
		if (!wanted(r, t))
			continue;
		n++;
		if (t->flags & TEMPLATE_DETECTS)
			map_add(g->found_by, t->product);
	}
	return n;
}

static void add_job(struct run *r, const struct template *t, bool waits)
{
	bool http = false;
	for (size_t i = 0; i < t->blocks_len; i++)
		http = http || t->blocks[i].protocol == TEMPLATE_HTTP;
	for (size_t i = 0; i < r->templates->bases.len && (i == 0 || http); i++)
		*vec_push(&r->templates->jobs) = (struct template_job){ t, r->templates->bases.ptr[i],
									(t->flags & TEMPLATE_DETECTS) != 0, waits };
}

static void leave_out(struct run *r, const struct template *t, size_t bases)
{
	r->templates->stats.gated++;
	r->templates->stats.spared += t->max_requests * bases;
	r->stats.spared += t->max_requests * bases;
}

/* Those that find products come first: others wait for them. */
static void choose(struct run *r)
{
	struct templates *ts = r->templates;
	struct gate g = { map_new() };
	ts->gated = count_wanted(r, &g) > GATE_FROM && !r->o.template_unverified && r->o.mode != SCAN_DEEP && !r->o.retest_len && !r->o.only_checks_len;
	for (int pass = 0; pass < 3; pass++)
		for (size_t i = 0; i < ts->pack->len; i++) {
			const struct template *t = &ts->pack->list[i];
			bool detects = t->flags & TEMPLATE_DETECTS;
			if ((pass == 0) != detects || !wanted(r, t))
				continue;
			enum gate_result way = gate(r, &g, t);
			if (detects && way == GATE_WAIT)
				way = GATE_SKIP;
			if (pass == 1 && way == GATE_SKIP)
				leave_out(r, t, ts->bases.len);
			if (way == GATE_SKIP || (pass == 1 && way != GATE_RUN) || (pass == 2 && way != GATE_WAIT))
				continue;
			ts->stats.chosen++;
			add_job(r, t, way == GATE_WAIT);
		}
	map_free(g.found_by);
}

/* ---- counting equal requests ---- */

static void count_request(struct run *r, struct trun *tr, const struct template_request *q)
{
	char key[33];
	struct send *s = trun_build(tr, q);
	arena_reset(tr->scratch);
	if (!s)
		return;
	trun_key(s, key);
	send_free(s);
	struct shared *h = map_get(r->templates->shared, str_make(key, 32));
	if (!h) {
		h = mem_alloc(sizeof(*h));
		h->planned = true;
		map_put(r->templates->shared, str_make(key, 32), h);
	}
	h->uses++;
}

static void count_job(struct run *r, const struct template_job *job)
{
	struct trun tr;
	trun_init(&tr, NULL, r, job->t, job->base);
	for (size_t i = 0; i < job->t->blocks_len; i++) {
		const struct template_block *b = &job->t->blocks[i];
		tr.block = b;
		for (size_t k = 0; k < b->requests_len && b->protocol == TEMPLATE_HTTP; k++)
			if (b->requests[k].fixed && !b->payloads_len)
				count_request(r, &tr, &b->requests[k]);
	}
	trun_free(&tr);
}

static struct unit *add_unit(struct run *r, struct target *t, const struct template_job *job)
{
	struct unit *u = arena_new_of(r->arena, struct unit);
	*u = (struct unit){ .kind = UNIT_TEMPLATE, .spec = t->spec, .target = t, .checks = 1, .job = job };
	*vec_push(&r->attack.units) = u;
	r->attack.weight_total++;
	return u;
}

static void add_job_unit(struct run *r, struct target *t, const struct template_job *job)
{
	struct unit *u = add_unit(r, t, job);
	u->name = job->t->id;
	u->value = STR("");
	u->key = arena_printf(r->arena, "template %.*s %.*s", STR_ARG(job->t->id), STR_ARG(job->base));
}

void templates_prepare(struct run *r)
{
	struct templates *ts = r->templates;
	if (!ts)
		return;
	uint64_t word = str_hash(r->o.target) ^ r->seed;
	char place[13];
	for (size_t i = 0; i < sizeof(place) - 1; i++, word /= 26)
		place[i] = (char)('a' + word % 26);
	ts->place = arena_str(r->arena, str_make(place, sizeof(place) - 1));
	choose(r);
	struct target *site = mem_alloc(sizeof(*site));
	site->spec = spec_new(&(struct spec){ .method = STR("GET"), .url = r->o.target, .kind = LINK_SEED });
	site->found = map_new();
	*vec_push(&r->attack.targets) = site;
	for (size_t i = 0; i < ts->jobs.len; i++) {
		struct template_job *job = &ts->jobs.ptr[i];
		if (!job->waits)
			count_job(r, job);
		ts->detect_left += job->detects;
		add_job_unit(r, site, job);
	}
	ts->left = ts->jobs.len;
	static const struct template_job last_job;
	add_unit(r, site, &last_job)->key = STR("template");
}

/* ---- one unit ---- */

static bool runs_now(struct probe *p, const struct template_job *job)
{
	struct run *r = p->run;
	while (job->waits && r->templates->detect_left && !r->stopping)
		probe_park(p);
	if (!job->waits || product_seen(r, job->t))
		return !r->stopping;
	if (job->base.ptr == r->templates->bases.ptr[0].ptr) { /* once for all its places */
		leave_out(r, job->t, r->templates->bases.len);
		r->templates->stats.chosen--;
	}
	return false;
}

static void trun_delete(struct trun *tr)
{
	trun_free(tr);
	free(tr);
}

/* The last unit: who was called, now that everything has been sent? */
static void sweep(struct probe *p)
{
	struct run *r = p->run;
	struct templates *ts = r->templates;
	while (ts->left && !r->stopping)
		probe_park(p);
	int64_t until = ts->last_oob_us + SWEEP_US;
	bool again = true;
	while (ts->pending.len && again && !r->stopping) {
		again = run_now_us(r) < until;
		for (size_t i = 0; i < ts->pending.len;) {
			struct pending *w = &ts->pending.ptr[i];
			w->tr->p = p;
			if (!trun_called(w->tr, w->block)) {
				i++;
				continue;
			}
			struct trun *tr = w->tr;
			ts->pending.ptr[i] = ts->pending.ptr[--ts->pending.len];
			trun_verdict(tr);
			trun_delete(tr);
		}
		if (ts->pending.len && again)
			probe_sleep(p, 200);
	}
}

bool templates_unit(struct probe *p)
{
	struct run *r = p->run;
	const struct template_job *job = p->unit->job;
	bool finished = true;
	if (!job->t) {
		sweep(p);
		return false;
	}
	if (!runs_now(p, job))
		return true;
	run_doing(r, "正在运行模板", "running the template", job->t->id);
	struct trun *tr = mem_alloc(sizeof(*tr));
	trun_init(tr, p, r, job->t, job->base);
	if (trun_run(tr)) {
		trun_verdict(tr);
	} else if (tr->deferred && !r->stopping) {
		arena_reset(tr->scratch);
		tr->p = NULL;
		r->templates->last_oob_us = run_now_us(r);
		*vec_push(&r->templates->pending) = (struct pending){ tr, tr->deferred };
		tr = NULL;
		finished = false;
	}
	if (tr)
		trun_delete(tr);
	return finished;
}

void templates_unit_ended(struct run *r, const struct template_job *job)
{
	if (job->detects)
		r->templates->detect_left--;
	if (job->t)
		r->templates->left--;
}

void templates_end(struct run *r)
{
	struct templates *ts = r->templates;
	char zh[300], en[300];
	if (!ts)
		return;
	templates_flush_held(r);
	if (!ts->stats.chosen || r->o.retest_len)
		return;
	unsigned long long chosen = ts->stats.chosen, gated = ts->stats.gated, sent = ts->stats.requests;
	unsigned long long spared = ts->stats.spared, saved = ts->stats.saved, controlled = ts->stats.controlled;
	snprintf(zh, sizeof(zh), "模板：运行 %llu 个，因目标没有相应产品而省去 %llu 个（约 %llu 个请求）；发出 %llu 个请求，相同请求合并省去 %llu 个；对照排除误报 %llu 个。",
		 chosen, gated, spared, sent, saved, controlled);
	snprintf(en, sizeof(en), "Templates: %llu run, %llu left out since their product is not there (some %llu requests); %llu requests sent, "
		 "%llu saved as equal; %llu hits refuted by a control.", chosen, gated, spared, sent, saved, controlled);
	run_log(r, zh, en);
}

void templates_replayed(struct run *r, struct str key, struct str bytes)
{
	struct templates *ts = r->templates;
	for (size_t i = 0; ts && i < ts->pack->len; i++) {
		const struct template *t = &ts->pack->list[i];
		if (!str_eq(t->id, key))
			continue;
		struct buf b;
		buf_init(&b, 4 * MIB);
		buf_str(&b, bytes);
		*vec_push(&ts->held) = (struct held){ b, t };
		map_add(ts->unrelated, t->product.len ? t->product : t->vendor);
		if (t->product.len)
			map_add(ts->seen, t->product);
		return;
	}
}

const struct template_stats *templates_stats(const struct run *r)
{
	return r->templates ? &r->templates->stats : NULL;
}
