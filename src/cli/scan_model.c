/* Collects findings and pages of a scan and writes them as the report's model: most severe
 * first, then by check and place, so that two runs give the same file. */
#include "cli/scan_model.h"

#include "base/check.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "scan/advice.h"
#include "scan/check.h"
#include "scan/score.h"
#include "scan/tech/tech.h"

#define LIMIT_MODEL_PAGES 50000 /* listed one by one; the statistics count all */

struct scan_model {
	struct map *findings; /* fingerprint -> json_t * */
	json_t *pages;
	struct map *pages_seen;
	struct map *techs; /* id -> json_t * */
};

static void drop_json(void *p)
{
	json_decref(p);
}

struct scan_model *scan_model_new(void)
{
	struct scan_model *m = mem_alloc(sizeof(*m));
	m->findings = map_new();
	m->pages_seen = map_new();
	m->pages = json_array();
	m->techs = map_new();
	return m;
}

void scan_model_free(struct scan_model *m)
{
	if (!m)
		return;
	map_free_values(m->findings, drop_json);
	map_free_values(m->techs, drop_json);
	map_free(m->pages_seen);
	json_decref(m->pages);
	free(m);
}

static json_t *evidence_json(const struct scan_evidence *v)
{
	json_t *j = json_object();
	json_put(j, "request", json_str(v->request));
	json_put(j, "response", json_str(v->response));
	json_put(j, "proof", json_str(v->proof));
	if (v->proof_len && !v->proof_in_request) {
		json_put(j, "proof_start", json_integer((json_int_t)v->proof_at));
		json_put(j, "proof_len", json_integer((json_int_t)v->proof_len));
	}
	json_put(j, "truncated", json_boolean(v->truncated));
	return j;
}

static json_t *references_of(struct str text)
{
	json_t *refs = json_array();
	struct str part;
	while (str_split(&text, ' ', &part))
		if (part.len)
			json_array_append_new(refs, json_str(part));
	return refs;
}

static void put_text(json_t *j, const char *key, struct str detail, struct str text)
{
	struct buf b;
	buf_init(&b, 64 * 1024);
	buf_printf(&b, "%.*s%s%.*s", STR_ARG(detail), detail.len && text.len ? "\n" : "", STR_ARG(text));
	json_put(j, key, json_str(buf_view(&b)));
	buf_free(&b);
}

/* Templates bring their own words. */
static void put_texts(json_t *j, const struct scan_finding *f)
{
	const struct scan_texts *t = &f->texts;
	json_put(j, "advice", json_str(t->advice_zh));
	json_put(j, "advice_en", json_str(t->advice_en));
	json_put(j, "impact", json_str(t->impact_zh));
	json_put(j, "impact_en", json_str(t->impact_en));
	put_text(j, "description", f->detail_zh, t->description_zh);
	put_text(j, "description_en", f->detail_en, t->description_en);
	json_put(j, "references", references_of(t->references));
	if (t->cvss.len)
		json_put(j, "cvss_vector", json_str(t->cvss));
	if (!t->extracted.len)
		return;
	json_t *list = json_array();
	struct str rest = t->extracted, line;
	while (str_split(&rest, '\n', &line))
		if (line.len)
			json_array_append_new(list, json_str(line));
	json_put(j, "extracted", list);
}

static void put_advice(json_t *j, const struct scan_finding *f)
{
	if (f->texts.advice_zh.len) {
		put_texts(j, f);
		return;
	}
	const struct scan_advice *a = scan_advice_find(f->check);
	json_put(j, "advice", json_c(a ? a->advice_zh : ""));
	if (!a)
		return;
	json_put(j, "advice_en", json_c(a->advice_en));
	json_put(j, "impact", json_c(a->impact_zh));
	json_put(j, "impact_en", json_c(a->impact_en));
	put_text(j, "description", f->detail_zh, str_c(a->description_zh));
	put_text(j, "description_en", f->detail_en, str_c(a->description_en));
	json_put(j, "references", references_of(str_c(a->references)));
}

void scan_model_finding(struct scan_model *m, const struct scan_finding *f)
{
	json_t *j = json_object();
	json_put(j, "fingerprint", json_str(f->fingerprint));
	json_put(j, "check", json_str(f->check));
	json_put(j, "title", json_str(f->title_zh));
	json_put(j, "title_en", json_str(f->title_en));
	json_put(j, "severity", json_c(severity_name(f->severity)));
	json_put(j, "confidence", json_c(confidence_name(f->confidence)));
	json_put(j, "url", json_str(f->url));
	json_put(j, "method", json_str(f->method));
	json_put(j, "parameter", json_str(f->parameter));
	json_put(j, "cwe", json_integer(f->cwe));
	json_put(j, "owasp", json_str(f->owasp));
	json_put(j, "evidence", evidence_json(&f->evidence));
	json_put(j, "instances", json_integer((json_int_t)f->count));
	json_t *places = json_array();
	for (size_t i = 0; i < f->instances_len; i++)
		json_array_append_new(places, json_str(f->instances[i]));
	json_put(j, "places", places);
	json_t *gbt = json_object();
	json_put(gbt, "level", json_c(gbt_zh(f->gbt, f->severity)));
	json_put(j, "gbt30279", gbt);
	put_advice(j, f);
	json_t *old = map_put(m->findings, f->fingerprint, j);
	json_decref(old);
}

void scan_model_carry(struct scan_model *m, json_t *finding)
{
	struct str fingerprint = json_get_str(finding, "fingerprint");
	if (fingerprint.len && !map_has(m->findings, fingerprint))
		map_put(m->findings, fingerprint, json_incref(finding));
}

void scan_model_page(struct scan_model *m, const struct scan_page_info *p)
{
	struct buf key;
	if (map_len(m->pages_seen) >= LIMIT_MODEL_PAGES)
		return;
	buf_init(&key, 64 * 1024);
	buf_printf(&key, "%.*s %.*s", STR_ARG(p->method), STR_ARG(p->url));
	bool fresh = map_add(m->pages_seen, buf_view(&key));
	buf_free(&key);
	if (!fresh)
		return;
	json_t *j = json_object();
	json_put(j, "url", json_str(p->url));
	json_put(j, "method", json_str(p->method));
	json_put(j, "status", json_integer(p->status));
	json_put(j, "type", json_str(p->mime));
	json_put(j, "title", json_str(p->title));
	json_put(j, "depth", json_integer(p->depth));
	json_put(j, "size", json_integer((json_int_t)p->size));
	json_array_append_new(m->pages, j);
}

void scan_model_tech(struct scan_model *m, const struct scan_tech *t, struct str url)
{
	const struct tech_category *c = tech_category_find(t->category);
	json_t *j = json_object();
	json_put(j, "id", json_str(t->id));
	json_put(j, "name", json_str(t->name));
	json_put(j, "version", json_str(t->version));
	json_put(j, "cpe", json_str(t->cpe));
	json_put(j, "category", json_str(t->category));
	json_put(j, "note", json_c(c ? c->zh : ""));
	json_put(j, "note_en", json_c(c ? c->en : ""));
	json_put(j, "confidence", json_integer(t->confidence));
	json_put(j, "url", json_str(url));
	json_decref(map_put(m->techs, t->id, j));
}

static int cmp_techs(const void *a, const void *b)
{
	return str_cmp(json_get_str(*(json_t *const *)a, "id"), json_get_str(*(json_t *const *)b, "id"));
}

json_t *scan_model_techs(const struct scan_model *m)
{
	VEC(json_t *) list = { 0 };
	struct map_iter it = { 0 };
	struct str key;
	void *value;
	json_t *out = json_array();
	while (map_next(m->techs, &it, &key, &value))
		*vec_push(&list) = value;
	if (list.len)
		vec_sort(&list, cmp_techs);
	for (size_t i = 0; i < list.len; i++)
		json_array_append(out, list.ptr[i]);
	vec_free(&list);
	return out;
}

static enum severity level_of(const json_t *finding)
{
	enum severity s = SEVERITY_INFO;
	severity_parse(json_get_str(finding, "severity"), &s);
	return s;
}

static int cmp_findings(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	static const char *const keys[] = { "check", "url", "method", "parameter", "fingerprint" };
	int d = (int)level_of(y) - (int)level_of(x);
	for (size_t i = 0; d == 0 && i < ARRAY_SIZE(keys); i++)
		d = str_cmp(json_get_str(x, keys[i]), json_get_str(y, keys[i]));
	return d;
}

size_t scan_model_count(const struct scan_model *m, enum severity least)
{
	struct map_iter it = { 0 };
	struct str key;
	void *value;
	size_t n = 0;
	while (map_next(m->findings, &it, &key, &value))
		n += level_of(value) >= least;
	return n;
}

static json_t *findings_json(const struct scan_model *m, unsigned counts[SEVERITY_COUNT])
{
	VEC(json_t *) list = { 0 };
	struct map_iter it = { 0 };
	struct str key;
	void *value;
	json_t *out = json_array();
	while (map_next(m->findings, &it, &key, &value))
		*vec_push(&list) = value;
	if (list.len)
		vec_sort(&list, cmp_findings);
	for (size_t i = 0; i < list.len; i++) {
		counts[level_of(list.ptr[i])]++;
		json_array_append(out, list.ptr[i]);
	}
	vec_free(&list);
	return out;
}

static json_t *counts_json(const unsigned counts[SEVERITY_COUNT])
{
	json_t *j = json_object();
	for (int i = SEVERITY_COUNT - 1; i >= 0; i--)
		json_put(j, severity_name((enum severity)i), json_integer(counts[i]));
	return j;
}

static json_t *stats_json(const struct scan_summary *s)
{
	json_t *j = json_object();
	json_put(j, "requests", json_integer((json_int_t)s->stats.requests));
	json_put(j, "crawl_requests", json_integer((json_int_t)s->stats.crawl_requests));
	json_put(j, "pages", json_integer((json_int_t)s->stats.pages));
	json_put(j, "bytes", json_integer((json_int_t)s->stats.bytes));
	if (s->stats.unchanged)
		json_put(j, "unchanged", json_integer((json_int_t)s->stats.unchanged));
	json_put(j, "seconds", json_real((double)(int64_t)(s->stats.seconds * 1000) / 1000));
	return j;
}

static json_t *method_json(const struct scan_options *o, const struct scan_summary *s)
{
	json_t *j = json_object(), *checks = json_array();
	for (size_t i = 0; i < s->checks_len; i++) {
		const struct scan_check_stat *c = &s->checks[i];
		json_t *k = json_object();
		json_put(k, "check", json_c(c->check->id));
		json_put(k, "title", json_c(c->check->title_zh));
		json_put(k, "title_en", json_c(c->check->title_en));
		bool slow = strcmp(c->state, "slow") == 0; /* cut short at slow endpoints */
		json_put(k, "state", json_c(slow ? "partial" : strcmp(c->state, "ran") != 0 ? "skipped" :
					    s->complete ? "done" : "partial"));
		if (c->skipped)
			json_put(k, "skipped_probes", json_integer((json_int_t)c->skipped));
		if (c->requests)
			json_put(k, "requests", json_integer((json_int_t)c->requests));
		json_put(k, "count", json_integer((json_int_t)c->findings));
		json_array_append_new(checks, k);
	}
	json_put(j, "checks", checks);
	json_t *settings = json_array();
	struct {
		const char *zh, *en;
		int64_t value;
	} rows[] = { { "每秒请求数上限", "requests per second, at most", o->rate },
		     { "页面数上限", "pages, at most", o->max_pages },
		     { "时间上限（秒）", "seconds, at most", o->max_seconds },
		     { "增量扫描：未变化而未再探测的页面数", "incremental: pages that had not changed and were not probed again",
		       o->known_len ? (int64_t)s->stats.unchanged : -1 } };
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].value < 0)
			continue;
		json_t *k = json_object();
		json_put(k, "name", json_c(rows[i].zh));
		json_put(k, "name_en", json_c(rows[i].en));
		char text[32];
		snprintf(text, sizeof(text), "%lld", (long long)rows[i].value);
		json_put(k, "value", json_c(text));
		json_array_append_new(settings, k);
	}
	json_put(j, "settings", settings);
	return j;
}

json_t *scan_model_json(const struct scan_model *m, const struct scan_options *o, const struct scan_summary *s)
{
	unsigned counts[SEVERITY_COUNT] = { 0 };
	json_t *findings = findings_json(m, counts), *j = json_object();
	struct score score = score_compute(counts);
	json_put(j, "target", json_str(o->target));
	json_put(j, "started", json_time(s->started_ms));
	json_put(j, "finished", json_time(s->finished_ms));
	json_put(j, "complete", json_boolean(s->complete));
	json_put(j, "score", s->complete ? json_integer(score.score) : json_null());
	json_put(j, "counts", counts_json(counts));
	json_put(j, "stats", stats_json(s));
	json_put(j, "pages", json_incref(m->pages));
	json_put(j, "findings", findings);
	json_t *assets = json_object();
	json_put(assets, "technologies", scan_model_techs(m));
	json_put(j, "assets", assets);
	json_put(j, "score_breakdown", score_json(&score));
	json_t *scan = json_object(), *auth = json_object(), *site = json_object();
	json_put(scan, "mode", json_c(scan_mode_name(o->mode)));
	json_put(scan, "state", json_c(s->complete ? "done" : strcmp(s->reason, "stopped") == 0 ? "cancelled" : "failed"));
	json_put(scan, "trigger", json_c("cli"));
	json_put(scan, "rule_version", json_c(scan_rule_version()));
	json_put(j, "scan", scan);
	json_put(auth, "method", json_c("statement"));
	json_put(j, "authorisation", auth);
	json_put(site, "url", json_str(o->target));
	json_put(j, "site", site);
	json_put(j, "method", method_json(o, s));
	json_put(j, "rule_version", json_c(scan_rule_version()));
	return j;
}
