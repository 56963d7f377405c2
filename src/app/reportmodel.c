/* The model of a report, from the rows of one scan: what was scanned, by what right,
 * how, what was found, what was decided, what changed since the scan before. */
#include "app/asset.h"
#include "app/reports.h"

#include <sodium.h>

#include "app/finding.h"
#include "app/scans.h"
#include "app/shot.h"
#include "app/site.h"
#include "app/view.h"
#include "base/encode.h"
#include "base/limits.h"
#include "scan/check.h"
#include "scan/score.h"
#include "store/tenant.h"

#define SHOTS_BYTES (4 * MIB) /* of pictures in one report */

struct model {
	struct app_call *c;
	struct store_scan scan;
	struct store_site site;
	json_t *o;
	bool failed;
	struct error *e;
};

/* Those of the API, with texts that a report prints as they are. */
static json_t *finding_model(struct app_call *c, const struct store_finding *f)
{
	json_t *o = app_finding_json(c, f), *v;
	struct store_decision d;
	json_t *evidence = app_text_json(f->evidence);

	json_put(o, "evidence", evidence);
	app_finding_own_texts(o, evidence);
	json_object_del(o, "proposal");
	if (f->decision.len &&
	    store_decision_get(c->db, f->tenant, f->id, f->decision, c->arena, &d, NULL) > 0) {
		v = json_object();
		json_put(v, "decision", json_str(d.decision));
		json_put(v, "reason", json_str(d.reason));
		json_put(v, "owner", json_str(d.owner_name));
		json_put(v, "expires", json_time(d.expires));
		json_put(v, "created", json_time(d.created));
		json_put(o, "decision", v);
	}
	return o;
}

static void put_finding(const struct store_finding *f, void *user)
{
	struct model *m = user;

	json_array_append_new(json_object_get(m->o, "findings"), finding_model(m->c, f));
}

static void put_page(const struct store_scan_page *p, void *user)
{
	struct model *m = user;

	json_array_append_new(json_object_get(m->o, "pages"), app_scan_page_json(p));
}

static void put_head(struct model *m, struct str title, struct str author)
{
	const struct store_scan *s = &m->scan;
	json_t *stats = json_object(), *site = json_object(), *scan = json_object();

	json_put(m->o, "target", json_str(s->url));
	json_put(m->o, "started", json_time(s->started));
	json_put(m->o, "finished", json_time(s->finished));
	json_put(m->o, "complete", json_boolean(s->complete));
	json_put(m->o, "score", app_score_json(s->score));
	json_put(m->o, "counts", app_counts_json(s->counts));
	json_put(stats, "requests", json_integer(s->requests));
	json_put(stats, "pages", json_integer(s->pages));
	json_put(stats, "bytes", json_integer(s->bytes));
	json_put(stats, "seconds", json_integer(s->seconds));
	json_put(m->o, "stats", stats);
	json_put(m->o, "pages", json_array());
	json_put(m->o, "findings", json_array());
	json_put(m->o, "title", json_str(title));
	json_put(m->o, "author", json_str(author));
	json_put(m->o, "created", json_time(m->c->now));
	json_put(site, "id", json_str(s->site));
	json_put(site, "name", json_str(s->site_name));
	json_put(site, "url", json_str(s->url));
	json_put(site, "group", json_str(m->site.group));
	json_put(m->o, "site", site);
	json_put(scan, "id", json_str(s->id));
	json_put(scan, "state", json_str(s->state));
	json_put(scan, "mode", json_str(s->mode));
	json_put(scan, "trigger", json_str(s->cause));
	json_put(scan, "rule_version", json_str(s->rule_version));
	json_put(scan, "error", app_text_json(s->error));
	json_put(m->o, "scan", scan);
	json_put(m->o, "rule_version", json_str(s->rule_version));
}

static void put_tenant(struct model *m)
{
	struct store_tenant t;
	json_t *product = json_object();

	if (store_tenant_get(m->c->db, m->scan.tenant, m->c->arena, &t, NULL) > 0) {
		json_put(m->o, "organisation", json_str(t.name));
		json_put(m->o, "timezone", json_str(t.timezone));
	}
	json_put(product, "version", json_c(m->c->app ? m->c->app->version : ""));
	json_put(m->o, "product", product);
}

/* First 16 hex digits of the token's SHA-256: enough to compare, useless to copy. */
static json_t *fingerprint(struct str token)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	_cleanup_buf_ struct buf b = BUF_INIT(128);

	crypto_hash_sha256(hash, (const unsigned char *)token.ptr, token.len);
	encode_hex(&b, str_make(hash, 8));
	return json_str(buf_view(&b));
}

static int put_letter(struct model *m, json_t *o)
{
	struct store_authorization l;
	json_t *v;
	int r = store_authorization_approved(m->c->db, m->scan.tenant, m->scan.site, m->scan.origin,
					     m->c->arena, &l, m->e);

	if (r <= 0)
		return r;
	v = json_object();
	json_put(v, "name", json_str(l.letter_name));
	json_put(v, "sha256", json_str(l.letter_sha256));
	json_put(v, "ranges", app_text_json(l.ranges));
	json_put(v, "expires", json_time(l.expires));
	json_put(v, "approved_by", json_str(l.decided_name));
	json_put(o, "letter", v);
	json_put(o, "owner", json_str(l.requested_name));
	return 0;
}

static int put_authorisation(struct model *m)
{
	json_t *o = json_object(), *scope = json_array();
	struct store_verification v;
	int r;

	json_put(m->o, "authorisation", o);
	json_put(o, "method", json_str(m->scan.verify_method));
	json_put(o, "verified_at", json_time(m->scan.verified_at));
	json_put(o, "checked_at", json_time(m->site.verify_checked_at));
	json_array_append_new(scope, json_str(m->scan.origin));
	json_put(o, "scope", scope);
	if (str_eq(m->scan.verify_method, STR("letter")))
		return put_letter(m, o);
	r = store_verification_get(m->c->db, m->scan.tenant, m->scan.site, m->site.verify_id,
				   m->c->arena, &v, m->e);
	if (r > 0)
		json_put(o, "token_fingerprint", fingerprint(v.token));
	return r < 0 ? -1 : 0;
}

static void put_setting(json_t *list, const char *zh, const char *en, const json_t *v)
{
	_cleanup_buf_ struct buf b = BUF_INIT(16 * KIB);
	json_t *o;

	if (!v || json_is_null(v) || (json_is_array(v) && !json_array_size(v)))
		return;
	if (json_is_string(v))
		buf_c(&b, json_string_value(v));
	else
		json_write(&b, v);
	o = json_object();
	json_put(o, "name", json_c(zh));
	json_put(o, "name_en", json_c(en));
	json_put(o, "value", json_str(buf_view(&b)));
	json_array_append_new(list, o);
}

static void put_check(struct str check, struct str state, int64_t count, int64_t requests, void *user)
{
	struct model *m = user;
	json_t *method = json_object_get(m->o, "method");
	const struct scan_check *k = scan_check_find(check);
	bool ran = str_eq(state, STR("ran")), slow = str_eq(state, STR("slow"));
	bool cut = slow || str_eq(state, STR("not-reached"));
	bool browser = slow && str_eq(check, STR("xss-dom"));
	json_t *o = json_object(), *gap;

	json_put(o, "check", json_str(check));
	json_put(o, "title", k ? json_c(k->title_zh) : json_str(check));
	json_put(o, "title_en", k ? json_c(k->title_en) : json_str(check));
	json_put(o, "state", json_c(ran ? "done" : cut ? "partial" : "skipped"));
	json_put(o, "count", json_integer(count));
	json_put(o, "requests", json_integer(requests));
	json_array_append_new(json_object_get(method, "checks"), o);
	if (!cut)
		return;
	gap = json_object();
	json_put(gap, "what", k ? json_c(k->title_zh) : json_str(check));
	json_put(gap, "what_en", k ? json_c(k->title_en) : json_str(check));
	json_put(gap, "reason", json_c(browser ? "超出浏览器可打开的页面数，或浏览器未能打开，其余页面未检测" : slow ? "个别地址响应需要数秒，其中一部分探测已跳过"
						  : "扫描在该检测完成前结束"));
	json_put(gap, "reason_en", json_c(browser ? "more pages than the browser may open, or it failed to: not looked for on the rest" : slow ? "some addresses take seconds to answer; part of the probes was left out there"
						     : "the scan ended before this check was through"));
	json_array_append_new(json_object_get(method, "uncovered"), gap);
}

static int put_method(struct model *m)
{
	_cleanup_json_ json_t *settings = app_text_json(m->scan.settings);
	json_t *o = json_object(), *list = json_array();

	json_put(m->o, "method", o);
	json_put(o, "settings", list);
	json_put(o, "checks", json_array());
	json_put(o, "uncovered", json_array());
	put_setting(list, "每秒请求数上限", "Requests per second", json_object_get(settings, "rate"));
	put_setting(list, "页面数上限", "Pages", json_object_get(settings, "max_pages"));
	put_setting(list, "时长上限（分钟）", "Minutes", json_object_get(settings, "max_minutes"));
	put_setting(list, "排除的地址", "Excluded addresses", json_object_get(settings, "excludes"));
	put_setting(list, "附加请求头（仅名称）", "Added headers (names only)",
		    json_object_get(settings, "headers"));
	put_setting(list, "允许的时间段", "Allowed hours", json_object_get(settings, "windows"));
	if (m->scan.incremental) {
		_cleanup_json_ json_t *v = json_str(arena_printf(
			m->c->arena, "%lld", (long long)m->scan.unchanged));
		put_setting(list, "增量扫描：未变化而沿用上次结果的页面数",
			    "Incremental: pages that had not changed and keep their earlier results", v);
	}
	return store_scan_checks(m->c->db, m->scan.tenant, m->scan.id, m->c->arena, put_check, m,
				 m->e);
}

static int put_previous(struct model *m)
{
	struct store_scan before;
	json_t *o;
	int r;

	if (!m->scan.previous.len)
		return 0;
	r = store_scan_get(m->c->db, m->scan.tenant, m->scan.previous, m->c->arena, &before, m->e);
	if (r <= 0)
		return r;
	if (app_scan_compare(m->c, m->scan.id, before.id, &o, m->e) < 0)
		return -1;
	json_object_del(o, "with");
	json_put(o, "id", json_str(before.id));
	json_put(o, "finished", json_time(before.finished));
	json_put(o, "score", app_score_json(before.score));
	json_put(o, "counts", app_counts_json(before.counts));
	json_put(m->o, "previous", o);
	return 0;
}

static void put_trend(const struct store_scan *s, void *user)
{
	struct model *m = user;
	json_t *o;

	if (!str_eq(s->site, m->scan.site) || !str_eq(s->origin, m->scan.origin) ||
	    s->finished > m->scan.finished)
		return;
	o = json_object();
	json_put(o, "date", json_time(s->finished));
	json_put(o, "score", app_score_json(s->score));
	json_put(o, "counts", app_counts_json(s->counts));
	json_array_append_new(json_object_get(m->o, "trend"), o);
}

static void put_technology(const struct store_asset_fact *f, void *user)
{
	json_t *o = json_object(), *v = user;
	_cleanup_json_ json_t *detail = json_parse(f->detail, NULL);

	struct str id = json_get_str(detail, "id");

	json_put(o, "id", json_str(id.len ? id : f->product));
	json_put(o, "name", json_str(f->version.len && str_ends(f->title, f->version) ?
					     str_trim(str_sub(f->title, 0, f->title.len - f->version.len)) :
					     f->title));
	json_put(o, "version", json_str(f->version));
	json_put(o, "cpe", json_str(f->cpe));
	json_put(o, "category", json_str(json_get_str(detail, "category")));
	json_put(o, "note", json_str(json_get_str(detail, "category_zh")));
	json_put(o, "note_en", json_str(json_get_str(detail, "category_en")));
	json_put(o, "confidence", json_integer(f->confidence));
	json_array_append_new(v, o);
}

/* What the site stands on now, by what scans recognised and asset runs found. */
static int put_technologies(struct model *m)
{
	struct store_asset_filter filter = { .tenant = m->scan.tenant, .site = m->scan.site,
					     .kind = STR("software"), .state = STR("present") };
	struct store_page page = { .limit = 200 };
	json_t *list = json_array(), *assets = json_object();

	json_put(assets, "technologies", list);
	json_put(m->o, "assets", assets);
	return store_asset_fact_list(m->c->db, &filter, &page, m->c->arena, put_technology, list, m->e);
}

static int fill(struct model *m, struct str title, struct str author)
{
	struct app_call *c = m->c;
	const struct store_scan *s = &m->scan;
	unsigned counts[SEVERITY_COUNT];
	struct score score;
	json_t *shots;

	put_head(m, title, author);
	put_tenant(m);
	for (int i = 0; i < SEVERITY_COUNT; i++)
		counts[i] = (unsigned)s->counts[i];
	score = score_compute(counts);
	json_put(m->o, "score_breakdown", score_json(&score));
	json_put(m->o, "trend", json_array());
	if (store_finding_of_scan(c->db, s->tenant, s->id, LIMIT_REPORT_FINDINGS, c->arena,
				  put_finding, m, m->e) < 0 ||
	    store_scan_pages(c->db, s->tenant, s->id, LIMIT_SCAN_TREE, c->arena, put_page, m, m->e) < 0)
		return -1;
	if (app_shot_model(c, s->id, SHOTS_BYTES, &shots, m->e) < 0)
		return -1;
	json_put(m->o, "shots", shots);
	if (put_technologies(m) < 0 || put_authorisation(m) < 0 || put_method(m) < 0 || put_previous(m) < 0)
		return -1;
	return store_scan_trend(c->db, s->tenant, s->finished - 365 * 86400000LL, c->arena, put_trend,
				m, m->e);
}

int app_report_model(struct app_call *c, struct str scan, struct str title, struct str author,
		     json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *o = json_object();
	struct model m = { .c = c, .o = o, .e = e };

	if (app_scan_load(c, scan, &m.scan, e) < 0 || app_site_load(c, m.scan.site, &m.site, e) < 0 ||
	    fill(&m, title, author) < 0)
		return -1;
	*ret = take_ptr(o);
	return 0;
}
