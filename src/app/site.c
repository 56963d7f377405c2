/* Sites: registering, changing, replacing the domain, deleting, the home cards.
 *
 * Settings are kept as the JSON a person sent, checked and without secrets; header
 * values and the cookie are sealed in a column of their own and never shown again:
 * "***" coming back means "as before". */
#include "app/site.h"

#include "app/approval.h"
#include "app/document.h"
#include "app/secret.h"
#include "app/shot.h"
#include "app/sitesettings.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "net/policy.h"
#include "net/url.h"
#include "scan/score.h"
#include "store/finding.h"
#include "store/scan.h"

int app_site_load(struct app_call *c, struct str id, struct store_site *ret, struct error *e)
{
	int found = store_site_get(c->db, c->actor->tenant_id, id, c->arena, ret, e);

	return found > 0 ? 0 : found < 0 ? -1 : app_missing(e, "site", "网站", "site");
}

int app_site_proven(const struct store_site *s, struct error *e)
{
	if (str_eq(s->verify_state, STR("verified")) || str_eq(s->verify_state, STR("exempt")))
		return 0;
	if (str_eq(s->verify_state, STR("expired")))
		return error_set(e, "site.not-verified", "网站“%.*s”的认证已失效，请重新认证后再扫描",
				 "the verification of \"%.*s\" has expired: verify it again first",
				 STR_ARG(s->name));
	return error_set(e, "site.not-verified", "网站“%.*s”尚未认证，请先完成所有权认证",
			 "\"%.*s\" is not verified yet: prove that it is yours first",
			 STR_ARG(s->name));
}

/* ---- what it looks like ---- */

static json_t *scan_or_null(struct app_call *c, struct str id, bool active)
{
	struct store_scan s;
	json_t *o;

	if (!id.len || store_scan_get(c->db, c->actor->tenant_id, id, c->arena, &s, NULL) <= 0)
		return json_null();
	if (!active)
		return app_scan_short_json(&s);
	o = json_object();
	json_put(o, "id", json_str(s.id));
	json_put(o, "state", json_str(s.state));
	json_put(o, "mode", json_str(s.mode));
	json_put(o, "progress", app_progress_json(s.progress));
	json_put(o, "doing", json_str(s.doing));
	json_put(o, "doing_en", json_str(s.doing_en));
	json_put(o, "waiting", app_str_or_null(s.waiting));
	return o;
}

json_t *app_site_json(struct app_call *c, const struct store_site *s)
{
	json_t *o = json_object();
	bool scored = s->score >= 0;

	json_put(o, "id", json_str(s->id));
	json_put(o, "name", json_str(s->name));
	json_put(o, "url", json_str(s->url));
	json_put(o, "origin", json_str(s->origin));
	json_put(o, "host", json_str(s->host));
	json_put(o, "host_display", json_str(s->host_display));
	json_put(o, "port", json_integer(s->port));
	json_put(o, "group", json_str(s->group));
	json_put(o, "verify_state", json_str(s->verify_state));
	json_put(o, "verify_method", app_str_or_null(s->verify_method));
	json_put(o, "verified_at", json_time(s->verified_at));
	json_put(o, "verify_checked_at", json_time(s->verify_checked_at));
	json_put(o, "verify_failures", json_integer(s->verify_failures));
	json_put(o, "verify_error", app_text_json(s->verify_error));
	json_put(o, "score", app_score_json(s->score));
	json_put(o, "counts", scored ? app_counts_json(s->counts) : json_null());
	json_put(o, "last_scan", scan_or_null(c, s->last_scan, false));
	json_put(o, "active_scan", scan_or_null(c, s->active_scan, true));
	json_put(o, "settings", app_sitesettings_json(s));
	json_put(o, "created", json_time(s->created));
	json_put(o, "updated", json_time(s->updated));
	json_put(o, "revision", json_integer(s->revision));
	return o;
}

struct listing {
	struct app_call *c;
	json_t *items;
};

static void list_one(const struct store_site *s, void *user)
{
	struct listing *l = user;

	json_array_append_new(l->items, app_site_json(l->c, s));
}

int app_site_list(struct app_call *c, struct str q, struct str verify_state, struct str group,
		  struct store_page *page, json_t **ret, struct error *e)
{
	struct store_site_filter f = { c->actor->tenant_id, q, verify_state, group };
	_cleanup_json_ json_t *items = json_array();
	struct listing l = { c, items };

	if (app_require(c, PERM_SITE_READ, e) < 0 ||
	    store_site_list(c->db, &f, page, c->arena, list_one, &l, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

int app_site_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_site s;
	json_t *domains, *o;

	if (app_require(c, PERM_SITE_READ, e) < 0 || app_site_load(c, id, &s, e) < 0 ||
	    store_site_domains(c->db, s.tenant, s.id, &domains, e) < 0)
		return -1;
	o = app_site_json(c, &s);
	json_put(o, "domains", domains);
	*ret = o;
	return 0;
}

int app_site_event(struct app_call *c, const struct store_site *s, struct error *e)
{
	_cleanup_json_ json_t *o = json_object();

	json_put(o, "site_id", json_str(s->id));
	json_put(o, "name", json_str(s->name));
	json_put(o, "verify_state", json_str(s->verify_state));
	json_put(o, "score", app_score_json(s->score));
	return app_event(c, "site", "site.changed", o, e);
}

/* ---- address ---- */

/* Only http and https, nothing secret in it, and nothing that may never be reached.
 * Private addresses may be registered; whether they may be connected to is decided
 * when that happens. */
static int take_url(struct app_call *c, struct str text, struct store_site *s, struct error *e)
{
	_cleanup_policy_ struct net_policy *policy = net_policy_new();
	_cleanup_buf_ struct buf origin = BUF_INIT(4 * KIB);
	struct url u;
	struct error why = { 0 };

	text = str_trim(text);
	if (!str_has(text, STR("://")))
		text = arena_printf(c->arena, "http://%.*s", STR_ARG(text));
	if (url_parse(c->arena, text, NULL, 0, &u, &why) < 0)
		return error_field(e, "url", why.code, "%s", "%s", why.zh);
	if (u.username.len || u.password.len)
		return error_field(e, "url", "url.userinfo", "网址中不能带用户名或密码，请填到“请求头”里",
				   "no user name or password in the address: use request headers");
	net_policy_allow_own(policy);
	if (net_policy_check_host(policy, u.host, u.port, &why) < 0) {
		if (e) {
			*e = why;
			snprintf(e->field, sizeof(e->field), "url");
		}
		return -1;
	}
	url_write_origin(&origin, &u);
	s->url = url_text(c->arena, &u, URL_NO_FRAGMENT);
	s->origin = arena_str(c->arena, buf_view(&origin));
	s->host = u.host;
	s->host_display = url_host_unicode(c->arena, u.host);
	s->port = u.port;
	return 0;
}

static int take_name(struct app_call *c, const json_t *in, struct store_site *s, struct error *e)
{
	struct str name = str_trim(json_get_str(in, "name"));

	if (utf8_count(name) > LIMIT_SITE_NAME)
		return error_field(e, "name", "input.length", "名称最多 %d 个字", "name: at most %d characters",
				   LIMIT_SITE_NAME);
	if (name.len)
		s->name = arena_str(c->arena, name);
	if (!s->name.len)
		s->name = s->host_display;
	if (json_object_get(in, "group"))
		s->group = arena_str(c->arena, str_trim(json_get_str(in, "group")));
	return 0;
}

static int exists_error(struct error *e, const struct error *why, struct str url)
{
	if (error_is(why, "store.unique"))
		return error_field(e, "url", "site.exists", "网址 %.*s 已经添加过", "%.*s is already a site",
				   STR_ARG(url));
	if (e)
		*e = *why;
	return -1;
}

/* ---- add ---- */

struct add {
	struct app_call *c;
	struct store_site site;
};

static int add_tx(struct store_conn *db, void *arg, struct error *e)
{
	struct add *add = arg;
	struct app_call *c = add->c;
	struct error why = { 0 };
	_cleanup_json_ json_t *detail = json_object();

	if (app_quota_check(c, "sites", 1, e) < 0)
		return -1;
	if (store_site_insert(db, &add->site, &why) < 0)
		return exists_error(e, &why, add->site.url);
	json_put(detail, "url", json_str(add->site.url));
	if (app_audit(c, "site.add", "site", add->site.id, add->site.name, detail, e) < 0)
		return -1;
	return app_site_event(c, &add->site, e);
}

int app_site_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	struct id id = id_new(c->now);
	struct add add = { .c = c };
	struct store_site *s = &add.site;

	*s = (struct store_site){ .id = arena_str(c->arena, id_str(&id)),
				  .tenant = c->actor->tenant_id,
				  .verify_state = STR("unverified"), .settings = STR("{}"),
				  .score = -1, .created = c->now, .updated = c->now,
				  .revision = 1 };
	if (app_require(c, PERM_SITE_WRITE, e) < 0 ||
	    take_url(c, json_get_str(in, "url"), s, e) < 0 || take_name(c, in, s, e) < 0 ||
	    app_sitesettings_take(c, json_object_get(in, "settings"), s, e) < 0 ||
	    store_tx(c->db, add_tx, &add, e) < 0)
		return -1;
	*ret = app_site_json(c, s);
	return 0;
}

/* ---- change ---- */

struct change {
	struct app_call *c;
	const json_t *in;
	struct str id;
	struct store_site site;
};

/* Another origin in the same slot: nothing that was proved holds for it, and its
 * score is unknown. What was found belongs to the old origin and stays. */
static int replace_domain(struct app_call *c, const struct store_site *before,
			  struct store_site *s, struct error *e)
{
	if (before->active_scan.len)
		return error_field(e, "url", "site.running", "网站正在扫描，请先取消或等待完成再变更域名",
				   "the site is being scanned: cancel or wait before replacing its domain");
	if (store_site_domain_add(c->db, before, s->url, s->origin, c->actor->user_id, c->now, e) < 0)
		return -1;
	s->verify_state = STR("unverified");
	s->verify_method = s->verify_id = s->verify_error = STR_NULL;
	s->verified_at = s->verify_checked_at = s->verify_failures = 0;
	s->score = -1;
	memset(s->counts, 0, sizeof(s->counts));
	s->score_scan = STR_NULL;
	s->score_at = 0;
	if (store_site_save_verify(c->db, s, e) < 0 || store_site_save_score(c->db, s, e) < 0 ||
	    store_site_clear_last(c->db, s->tenant, s->id, e) < 0)
		return -1;
	s->last_scan = STR_NULL;
	return 0;
}

static int change_tx(struct store_conn *db, void *arg, struct error *e)
{
	struct change *ch = arg;
	struct app_call *c = ch->c;
	struct store_site before, *s = &ch->site;
	struct error why = { 0 };
	_cleanup_json_ json_t *detail = json_object();
	int saved;

	if (app_site_load(c, ch->id, &before, e) < 0)
		return -1;
	*s = before;
	s->updated = c->now;
	if (json_object_get(ch->in, "url") && take_url(c, json_get_str(ch->in, "url"), s, e) < 0)
		return -1;
	if (take_name(c, ch->in, s, e) < 0 ||
	    app_sitesettings_take(c, json_object_get(ch->in, "settings"), s, e) < 0)
		return -1;
	saved = store_site_save(db, s, &why);
	if (saved < 0)
		return exists_error(e, &why, s->url);
	if (!saved)
		return app_conflict(e, "site");
	s->revision++;
	json_put(detail, "fields", app_sitesettings_changed(ch->in));
	if (!str_eq(before.origin, s->origin)) {
		if (replace_domain(c, &before, s, e) < 0)
			return -1;
		json_put(detail, "old_url", json_str(before.url));
		json_put(detail, "new_url", json_str(s->url));
	}
	if (app_audit(c, str_eq(before.origin, s->origin) ? "site.edit" : "site.replace-domain",
		      "site", s->id, s->name, detail, e) < 0)
		return -1;
	return app_site_event(c, s, e);
}

int app_site_change(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		    struct error *e)
{
	struct change ch = { .c = c, .in = in, .id = id };

	if (app_require(c, PERM_SITE_WRITE, e) < 0 || store_tx(c->db, change_tx, &ch, e) < 0)
		return -1;
	return app_site_get(c, id, ret, e);
}

/* ---- delete ---- */

static int not_scanning(const struct store_site *s, struct error *e)
{
	if (!s->active_scan.len)
		return 0;
	return error_set(e, "site.running", "网站“%.*s”正在扫描，请先取消扫描再删除",
			 "\"%.*s\" is being scanned: cancel the scan first", STR_ARG(s->name));
}

static int delete_execute(struct app_call *c, struct str id, const json_t *detail,
			  struct error *e)
{
	struct store_site s;
	_cleanup_json_ json_t *what = json_object();
	_cleanup_json_ json_t *event = json_object();

	if (app_site_load(c, id, &s, e) < 0 || not_scanning(&s, e) < 0 || app_document_drop_all(c, s.id, e) < 0 ||
	    app_shot_forget(c, s.tenant, s.id, e) < 0 ||
	    store_site_delete(c->db, s.tenant, s.id, e) < 0)
		return -1;
	json_put(what, "url", json_str(s.url));
	json_put(event, "site_id", json_str(s.id));
	if (app_audit(c, "site.delete", "site", s.id, s.name, what, e) < 0)
		return -1;
	return app_event(c, "site", "site.deleted", event, e);
}

const struct app_approval_kind app_approval_site_delete = {
	.name = "site.delete",
	.zh = "删除网站",
	.en = "Delete a site",
	.decide = PERM_APPROVAL_DECIDE,
	.execute = delete_execute,
};

int app_site_delete(struct app_call *c, struct str id, struct str reason, json_t **ret,
		    struct error *e)
{
	struct store_site s;
	_cleanup_json_ json_t *detail = json_object();
	json_t *waiting = NULL;
	bool done = false;

	if (app_require(c, PERM_SITE_DELETE, e) < 0 || app_site_load(c, id, &s, e) < 0 ||
	    not_scanning(&s, e) < 0)
		return -1;
	json_put(detail, "url", json_str(s.url));
	if (app_approval_ask(c, &app_approval_site_delete, "site", s.id, s.name, detail, reason, &done,
			     &waiting, e) < 0)
		return -1;
	*ret = done ? NULL : waiting;
	return 0;
}

/* ---- summary and score ---- */

int app_site_summary(struct app_call *c, json_t **ret, struct error *e)
{
	struct store_site_totals t;
	struct store_site s;
	json_t *o, *d;
	int found;

	if (app_require(c, PERM_SITE_READ, e) < 0 ||
	    store_site_totals(c->db, c->actor->tenant_id, &t, e) < 0)
		return -1;
	found = store_site_most_dangerous(c->db, c->actor->tenant_id, c->arena, &s, e);
	if (found < 0)
		return -1;
	o = json_object();
	json_put(o, "total", json_integer(t.total));
	json_put(o, "verified", json_integer(t.verified));
	json_put(o, "unverified", json_integer(t.unverified));
	json_put(o, "expired", json_integer(t.expired));
	json_put(o, "exempt", json_integer(t.exempt));
	if (!found) {
		json_put(o, "most_dangerous", json_null());
		*ret = o;
		return 0;
	}
	d = json_object();
	json_put(d, "site_id", json_str(s.id));
	json_put(d, "name", json_str(s.name));
	json_put(d, "url", json_str(s.url));
	json_put(d, "score", app_score_json(s.score));
	json_put(d, "counts", app_counts_json(s.counts));
	json_put(d, "scanned_at", json_time(s.score_at));
	json_put(o, "most_dangerous", d);
	*ret = o;
	return 0;
}

int app_site_rescore(struct app_call *c, struct str site, struct error *e)
{
	struct store_site s;
	unsigned counts[SEVERITY_COUNT];

	if (app_site_load(c, site, &s, e) < 0)
		return -1;
	if (s.score < 0)
		return 0;
	/* What only a later, partial scan saw does not touch the last complete score. */
	if (store_finding_counts(c->db, s.tenant, s.id, s.origin, s.score_at, s.counts, e) < 0)
		return -1;
	for (int i = 0; i < SEVERITY_COUNT; i++)
		counts[i] = (unsigned)s.counts[i];
	s.score = score_compute(counts).score;
	s.updated = c->now;
	if (store_site_save_score(c->db, &s, e) < 0)
		return -1;
	return app_site_event(c, &s, e);
}
