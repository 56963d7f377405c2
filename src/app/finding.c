/* Findings: what a scan saw is kept under its fingerprint for as long as the site
 * lives, so that decisions, history and "seen again" survive every further scan.
 * Evidence is foreign bytes: it is stored as text within bounds and leaves only as
 * a JSON string. */
#include "app/finding.h"

#include "app/scans.h"
#include "app/site.h"
#include "app/view.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "scan/advice.h"
#include "scan/check.h"

int app_finding_load(struct app_call *c, struct str id, struct store_finding *ret,
		     struct error *e)
{
	int found = store_finding_get(c->db, c->actor->tenant_id, id, c->arena, ret, e);

	return found > 0 ? 0 : found < 0 ? -1 : app_missing(e, "finding", "漏洞", "finding");
}

/* ---- shapes ---- */

static json_t *proposal_json(struct app_call *c, const struct store_finding *f)
{
	struct store_decision d;
	json_t *o;

	if (!f->proposal.len ||
	    store_decision_get(c->db, f->tenant, f->id, f->proposal, c->arena, &d, NULL) <= 0)
		return json_null();
	o = json_object();
	json_put(o, "id", json_str(d.id));
	json_put(o, "decision", json_str(d.decision));
	json_put(o, "reason", json_str(d.reason));
	json_put(o, "owner", json_str(d.owner_name));
	json_put(o, "expires", json_time(d.expires));
	json_put(o, "created", json_time(d.created));
	return o;
}

json_t *app_finding_json(struct app_call *c, const struct store_finding *f)
{
	enum severity s = (enum severity)f->severity;
	json_t *o = json_object();

	json_put(o, "id", json_str(f->id));
	json_put(o, "fingerprint", json_str(f->fingerprint));
	json_put(o, "site_id", json_str(f->site));
	json_put(o, "site_name", json_str(f->site_name));
	json_put(o, "scan_id", app_str_or_null(f->scan));
	json_put(o, "check", json_str(f->check));
	json_put(o, "title", json_str(f->title));
	json_put(o, "title_en", json_str(f->title_en));
	json_put(o, "severity", json_c(severity_name(s)));
	json_put(o, "level", json_c(severity_level_zh(s)));
	json_put(o, "badge", s == SEVERITY_CRITICAL ? json_c(severity_zh(s)) : json_null());
	json_put(o, "confidence", json_c(confidence_name((enum confidence)f->confidence)));
	json_put(o, "url", json_str(f->url));
	json_put(o, "method", json_str(f->method));
	json_put(o, "parameter", json_str(f->parameter));
	json_put(o, "cwe", json_integer(f->cwe));
	json_put(o, "owasp", json_str(f->owasp));
	json_put(o, "state", json_str(f->state));
	json_put(o, "reappeared", json_boolean(f->reappeared));
	json_put(o, "proposal", proposal_json(c, f));
	json_put(o, "first_seen", json_time(f->first_seen));
	json_put(o, "last_seen", json_time(f->last_seen));
	json_put(o, "fixed_at", json_time(f->fixed_at));
	json_put(o, "instances", json_integer(f->instances));
	json_put(o, "revision", json_integer(f->revision));
	return o;
}

/* 'it''s' for a shell. */
static void shell_quote(struct buf *b, struct str s)
{
	buf_char(b, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\'')
			buf_c(b, "'\\''");
		else
			buf_char(b, s.ptr[i]);
	}
	buf_char(b, '\'');
}

static json_t *curl_json(const struct store_finding *f, struct str request)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);
	ssize_t end = str_find(request, STR("\r\n\r\n"));
	struct str head = end < 0 ? request : str_sub(request, 0, (size_t)end);
	struct str body = end < 0 ? STR_NULL : str_from(request, (size_t)end + 4), line;
	bool first = true;

	buf_c(&b, "curl -i -k -X ");
	shell_quote(&b, f->method);
	while (str_split(&head, '\n', &line)) {
		line = str_trim(line);
		if (!first && line.len && !str_istarts(line, STR("host:")) &&
		    !str_istarts(line, STR("accept-encoding:")) &&
		    !str_istarts(line, STR("content-length:"))) {
			buf_c(&b, " -H ");
			shell_quote(&b, line);
		}
		first = false;
	}
	if (body.len) {
		buf_c(&b, " --data-raw ");
		shell_quote(&b, body);
	}
	buf_char(&b, ' ');
	shell_quote(&b, f->url);
	return json_str(buf_view(&b));
}

static json_t *references_json(const char *text)
{
	json_t *list = json_array();
	struct str rest = str_c(text), part;

	while (str_split(&rest, ' ', &part))
		if (part.len)
			json_array_append_new(list, json_str(part));
	return list;
}

static const char *gbt_en(const char *zh)
{
	static const struct { const char *zh, *en; } levels[] = {
		{ "超危", "Super-critical" }, { "高危", "High" }, { "中危", "Medium" }, { "低危", "Low" },
	};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(levels[i].zh, zh) == 0)
			return levels[i].en;
	return zh;
}

static void put_advice(json_t *o, const struct store_finding *f)
{
	static const struct scan_advice none = { "", "", "", "", "", "", "", "", "", "", "" };
	const struct scan_check *check = scan_check_find(f->check);
	const struct scan_advice *a = scan_advice_find(f->check);
	json_t *gbt = json_object();
	const char *level;

	level = gbt_zh(check ? check->gbt : GBT_BY_SEVERITY, (enum severity)f->severity);
	if (!a)
		a = &none;
	json_put(o, "description", json_c(a->description_zh));
	json_put(o, "description_en", json_c(a->description_en));
	json_put(o, "impact", json_c(a->impact_zh));
	json_put(o, "impact_en", json_c(a->impact_en));
	json_put(o, "advice", json_c(a->advice_zh));
	json_put(o, "advice_en", json_c(a->advice_en));
	json_put(o, "references", references_json(a->references));
	json_put(gbt, "level", json_c(a->gbt_level[0] ? a->gbt_level : level));
	json_put(gbt, "reason",
		 json_c(a->gbt_level[0] ? "按本类漏洞的被利用性与影响程度综合分级（GB/T 30279-2020）" :
					  "按漏洞等级对应 GB/T 30279-2020 的综合分级"));
	json_put(gbt, "level_en", json_c(gbt_en(a->gbt_level[0] ? a->gbt_level : level)));
	json_put(gbt, "reason_en",
		 json_c(a->gbt_level[0] ? "by how such weaknesses are used and what they do (GB/T 30279-2020)" :
					  "by severity, as GB/T 30279-2020 grades"));
	json_put(o, "gbt30279", gbt);
}

void app_finding_own_texts(json_t *o, json_t *evidence)
{
	json_t *texts = json_object_get(evidence, "texts"), *v;
	const char *key;

	if (!json_is_object(texts))
		return;
	json_object_foreach(texts, key, v) {
		const char *s = json_string_value(v);

		if (s && strcmp(key, "references") == 0)
			json_put(o, key, references_json(s));
		else if (s && strcmp(key, "extracted") == 0)
			json_put(evidence, key, json_c(s));
		else if (s)
			json_put(o, key, json_c(s));
	}
	json_object_del(evidence, "texts");
}

static int put_decision(struct app_call *c, json_t *o, const struct store_finding *f,
			struct error *e)
{
	struct store_decision d;
	json_t *v;
	int found = 0;

	if (f->decision.len)
		found = store_decision_get(c->db, f->tenant, f->id, f->decision, c->arena, &d, e);
	if (found < 0)
		return -1;
	v = found ? json_object() : json_null();
	if (found) {
		json_put(v, "id", json_str(d.id));
		json_put(v, "decision", json_str(d.decision));
		json_put(v, "reason", json_str(d.reason));
		json_put(v, "owner", json_str(d.owner_name));
		json_put(v, "approved_by", app_str_or_null(d.decided_name));
		json_put(v, "expires", json_time(d.expires));
		json_put(v, "created", json_time(d.created));
	}
	json_put(o, "decision", v);
	return 0;
}

int app_finding_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_finding f;
	_cleanup_json_ json_t *o = NULL;
	json_t *evidence;

	if (app_require(c, PERM_FINDING_READ, e) < 0 || app_finding_load(c, id, &f, e) < 0)
		return -1;
	o = app_finding_json(c, &f);
	evidence = app_text_json(f.evidence);
	json_put(o, "evidence", evidence);
	json_put(o, "curl", curl_json(&f, json_get_str(evidence, "request")));
	put_advice(o, &f);
	app_finding_own_texts(o, evidence);
	if (put_decision(c, o, &f, e) < 0)
		return -1;
	*ret = take_ptr(o);
	return 0;
}

/* ---- lists ---- */

struct listing {
	struct app_call *c;
	json_t *items;
};

static void list_one(const struct store_finding *f, void *user)
{
	struct listing *l = user;

	json_array_append_new(l->items, app_finding_json(l->c, f));
}

int app_finding_list(struct app_call *c, const struct store_finding_filter *f,
		     struct store_page *page, json_t **ret, struct error *e)
{
	struct store_finding_filter own = *f;
	_cleanup_json_ json_t *items = json_array();
	struct listing l = { c, items };

	own.tenant = c->actor->tenant_id;
	if (app_require(c, PERM_FINDING_READ, e) < 0 ||
	    store_finding_list(c->db, &own, page, c->arena, list_one, &l, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

static void stat_severity(struct str value, struct str extra, int64_t n, void *user)
{
	int64_t s;

	if (str_to_i64(value, &s) == 0 && s >= 0 && s < SEVERITY_COUNT)
		json_put(user, severity_name((enum severity)s), json_integer(n));
}

static void stat_state(struct str value, struct str extra, int64_t n, void *user)
{
	char name[32];

	snprintf(name, sizeof(name), "%.*s", STR_ARG(value));
	json_put(user, name, json_integer(n));
}

static void stat_check(struct str value, struct str extra, int64_t n, void *user)
{
	const struct scan_check *k = scan_check_find(value);
	json_t *o = json_object();

	json_put(o, "check", json_str(value));
	json_put(o, "title", k ? json_c(k->title_zh) : json_str(extra));
	json_put(o, "title_en", k ? json_c(k->title_en) : json_str(extra));
	json_put(o, "count", json_integer(n));
	json_array_append_new(user, o);
}

int app_finding_stats(struct app_call *c, const struct store_finding_filter *f, json_t **ret,
		      struct error *e)
{
	struct store_finding_filter own = *f;
	int64_t none[SEVERITY_COUNT] = { 0 };
	_cleanup_json_ json_t *o = json_object();
	json_t *severity = app_counts_json(none), *checks = json_array(), *states = json_object();

	own.tenant = c->actor->tenant_id;
	json_put(states, "open", json_integer(0));
	json_put(states, "false_positive", json_integer(0));
	json_put(states, "ignored", json_integer(0));
	json_put(states, "fixed", json_integer(0));
	json_put(o, "by_severity", severity);
	json_put(o, "by_check", checks);
	json_put(o, "by_state", states);
	if (app_require(c, PERM_FINDING_READ, e) < 0 ||
	    store_finding_stats(c->db, &own, STORE_BY_SEVERITY, 10, c->arena, stat_severity, severity,
				e) < 0 ||
	    store_finding_stats(c->db, &own, STORE_BY_CHECK, 200, c->arena, stat_check, checks, e) < 0 ||
	    store_finding_stats(c->db, &own, STORE_BY_STATE, 10, c->arena, stat_state, states, e) < 0)
		return -1;
	*ret = take_ptr(o);
	return 0;
}

int app_finding_history(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_finding f;

	if (app_require(c, PERM_FINDING_READ, e) < 0 || app_finding_load(c, id, &f, e) < 0)
		return -1;
	return store_finding_events(c->db, f.tenant, f.id, ret, e);
}

/* ---- CSV ---- */

/* A spreadsheet runs cells that begin with = + - @, tab or return; an apostrophe in
 * front makes them text. */
void app_csv_cell(struct buf *out, struct str text)
{
	buf_char(out, '"');
	if (text.len && strchr("=+-@\t\r\n", text.ptr[0]))
		buf_char(out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"')
			buf_char(out, '"');
		buf_char(out, text.ptr[i]);
	}
	buf_char(out, '"');
}

static void csv_row(struct buf *out, const struct str *cells, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(out, ',');
		app_csv_cell(out, cells[i]);
	}
	buf_c(out, "\r\n");
}

static void csv_one(const struct store_finding *f, void *user)
{
	struct buf *out = user;
	char first[CLOCK_RFC3339_SIZE], last[CLOCK_RFC3339_SIZE], cwe[24], n[24];

	clock_format_rfc3339(f->first_seen, first);
	clock_format_rfc3339(f->last_seen, last);
	snprintf(cwe, sizeof(cwe), "CWE-%lld", (long long)f->cwe);
	snprintf(n, sizeof(n), "%lld", (long long)f->instances);
	struct str cells[] = {
		f->title, f->title_en, str_c(severity_zh((enum severity)f->severity)),
		str_c(severity_name((enum severity)f->severity)),
		str_c(confidence_name((enum confidence)f->confidence)), f->state, f->site_name,
		f->method, f->url, f->parameter, f->check, str_c(f->cwe ? cwe : ""), f->owasp,
		str_c(n), str_c(first), str_c(last), f->fingerprint,
	};

	csv_row(out, cells, ARRAY_SIZE(cells));
}

int app_finding_csv(struct app_call *c, const struct store_finding_filter *f, struct buf *out,
		    struct error *e)
{
	static const struct str head[] = {
		STR_INIT("漏洞名称"), STR_INIT("title"), STR_INIT("等级"), STR_INIT("severity"),
		STR_INIT("confidence"), STR_INIT("state"), STR_INIT("网站"), STR_INIT("method"),
		STR_INIT("URL"), STR_INIT("参数"), STR_INIT("检测项目"), STR_INIT("cwe"),
		STR_INIT("owasp"), STR_INIT("instances"), STR_INIT("first_seen"),
		STR_INIT("last_seen"), STR_INIT("fingerprint"),
	};
	struct store_finding_filter own = *f;
	struct store_page page = { .limit = 200 };

	own.tenant = c->actor->tenant_id;
	if (app_require(c, PERM_FINDING_READ, e) < 0)
		return -1;
	buf_c(out, "\xEF\xBB\xBF"); /* spreadsheets take it for GBK otherwise */
	csv_row(out, head, ARRAY_SIZE(head));
	for (int i = 0; i < LIMIT_EXPORT_PAGES; i++) {
		_cleanup_arena_ struct arena *a = arena_new(64 * MIB);

		if (store_finding_list(c->db, &own, &page, a, csv_one, out, e) < 0)
			return -1;
		if (out->overflow)
			return error_set(e, "export.too-large", "导出内容过大，请缩小筛选范围",
					 "the export is too large: narrow the filter");
		if (!page.next.len)
			break;
		page.after = arena_str(c->arena, page.next);
	}
	return 0;
}

/* ---- what a scan saw ---- */

static struct str clean(struct arena *a, struct str s, size_t max)
{
	_cleanup_buf_ struct buf b = BUF_INIT(3 * max + 16);

	utf8_sanitize(&b, str_sub(s, 0, max));
	return arena_str(a, buf_view(&b));
}

/* Cleans the part before, of and behind the proof each by itself, so that its place
 * is still known in the text that is stored. */
static void put_marked(json_t *o, struct arena *a, const char *name, struct str text, size_t at,
		       size_t len, bool marked)
{
	struct str before, proof, after;

	if (text.len > LIMIT_EVIDENCE)
		text = str_sub(text, 0, LIMIT_EVIDENCE);
	if (!marked || !len || at > text.len || len > text.len - at) {
		json_put(o, name, json_str(clean(a, text, LIMIT_EVIDENCE)));
		return;
	}
	before = clean(a, str_sub(text, 0, at), LIMIT_EVIDENCE);
	proof = clean(a, str_sub(text, at, at + len), LIMIT_EVIDENCE);
	after = clean(a, str_from(text, at + len), LIMIT_EVIDENCE);
	json_put(o, name,
		 json_str(arena_printf(a, "%.*s%.*s%.*s", STR_ARG(before), STR_ARG(proof),
				       STR_ARG(after))));
	json_put(o, "proof_start", json_integer((json_int_t)before.len));
	json_put(o, "proof_len", json_integer((json_int_t)proof.len));
}

/* The words of a template, kept beside the evidence: there is no other place that knows them. */
static json_t *texts_json(const struct scan_texts *t)
{
	const struct {
		const char *key;
		struct str text;
	} list[] = { { "description", t->description_zh }, { "description_en", t->description_en },
		     { "impact", t->impact_zh },	   { "impact_en", t->impact_en },
		     { "advice", t->advice_zh },	   { "advice_en", t->advice_en },
		     { "references", t->references },	   { "cvss_vector", t->cvss },
		     { "extracted", t->extracted } };
	json_t *o = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		if (list[i].text.len)
			json_put(o, list[i].key, json_str(str_sub(list[i].text, 0, 8 * KIB)));
	return o;
}

static struct str evidence_text(struct app_call *c, const struct scan_finding *f)
{
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	_cleanup_json_ json_t *o = json_object();
	const struct scan_evidence *v = &f->evidence;
	json_t *list = json_array();

	json_put(o, "proof_start", json_null());
	json_put(o, "proof_len", json_null());
	put_marked(o, a, "request", v->request, v->proof_at, v->proof_len, v->proof_in_request);
	put_marked(o, a, "response", v->response, v->proof_at, v->proof_len, !v->proof_in_request);
	json_put(o, "proof", json_str(clean(a, v->proof, 8 * KIB)));
	json_put(o, "proof_in", json_c(v->proof_in_request ? "request" : "response"));
	json_put(o, "truncated",
		 json_boolean(v->truncated || v->response.len > LIMIT_EVIDENCE));
	json_put(o, "where", json_str(f->where));
	json_put(o, "detail", json_str(f->detail_zh));
	json_put(o, "detail_en", json_str(f->detail_en));
	for (size_t i = 0; i < f->instances_len && i < 5; i++)
		json_array_append_new(list, json_str(f->instances[i]));
	json_put(o, "instances", list);
	if (f->texts.advice_zh.len)
		json_put(o, "texts", texts_json(&f->texts));
	return app_json_text(c->arena, o);
}

static void take_seen(struct app_call *c, const struct store_scan *s, const struct scan_finding *f,
		      struct store_finding *r)
{
	r->title = f->title_zh;
	r->title_en = f->title_en;
	r->severity = f->severity;
	r->confidence = f->confidence;
	r->url = f->url;
	r->method = f->method;
	r->parameter = f->parameter;
	r->cwe = f->cwe;
	r->owasp = f->owasp;
	r->instances = f->count ? (int64_t)f->count : 1;
	r->evidence = evidence_text(c, f);
	r->last_seen = c->now;
	r->scan = s->id;
}

static int add_new(struct app_call *c, const struct store_scan *s, const struct scan_finding *f,
		   struct store_finding *r, struct error *e)
{
	struct id id = id_new(c->now);

	*r = (struct store_finding){ .id = arena_str(c->arena, id_str(&id)), .tenant = s->tenant,
				     .site = s->site, .origin = s->origin,
				     .fingerprint = f->fingerprint, .check = f->check,
				     .state = STR("open"), .first_seen = c->now };
	take_seen(c, s, f, r);
	if (store_finding_insert(c->db, r, e) < 0)
		return -1;
	return store_finding_event_add(c->db, s->tenant, r->id, "found", STR_NULL, s->id, STR_NULL,
				       c->now, e);
}

static int see_again(struct app_call *c, const struct store_scan *s, const struct scan_finding *f,
		     struct store_finding *r, const char **status, struct error *e)
{
	bool was_fixed = str_eq(r->state, STR("fixed"));

	take_seen(c, s, f, r);
	*status = "still";
	if (was_fixed) {
		*status = "reappeared";
		r->state = STR("open");
		r->reappeared = true;
		r->fixed_at = 0;
	}
	if (store_finding_save_seen(c->db, r, e) < 0)
		return -1;
	if (!was_fixed)
		return 0;
	return store_finding_event_add(c->db, s->tenant, r->id, "reappeared", STR_NULL, s->id,
				       STR_NULL, c->now, e);
}

int app_finding_seen(struct app_call *c, const struct store_scan *s, const struct scan_finding *f,
		     struct error *e)
{
	struct store_finding r;
	const char *status = "new";
	int found = store_finding_by_fingerprint(c->db, s->tenant, s->site, s->origin,
						 f->fingerprint, c->arena, &r, e);

	if (found < 0)
		return -1;
	if (found ? see_again(c, s, f, &r, &status, e) < 0 : add_new(c, s, f, &r, e) < 0)
		return -1;
	return store_scan_finding_put(c->db, s->tenant, s->id, r.id, status, r.severity,
				      r.instances, e);
}

int app_finding_observed(struct app_call *c, struct str site, struct str origin,
			 const struct scan_finding *f, int *ret_fresh, struct error *e)
{
	struct store_scan none = { .id = STR(""), .tenant = c->actor->tenant_id, .site = site, .origin = origin };
	struct store_finding r;
	const char *status = "new";
	int found = store_finding_by_fingerprint(c->db, none.tenant, site, origin, f->fingerprint,
						 c->arena, &r, e);

	if (found < 0)
		return -1;
	if (found ? see_again(c, &none, f, &r, &status, e) < 0 : add_new(c, &none, f, &r, e) < 0)
		return -1;
	*ret_fresh += strcmp(status, "still") != 0;
	return 0;
}
