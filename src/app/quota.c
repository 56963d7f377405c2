/* The table of quotas, how each is counted, and the life of a request for more. */
#include "app/quota.h"
#include "app/view.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "store/blob.h"
#include "store/quota.h"
#include "store/scan.h"
#include "store/site.h"
#include "store/tenant.h"

struct quota {
	const char *name, *zh, *en;
	int64_t total; /* by default; -1: unlimited */
	bool enabled;
	const char *note, *note_en;
	/* NULL: nothing of the kind exists yet. */
	int (*used)(struct app_call *c, int64_t *ret, struct error *e);
};

static int used_members(struct app_call *c, int64_t *ret, struct error *e)
{
	return store_member_count_all(c->db, c->actor->tenant_id, ret, e);
}

static int used_storage(struct app_call *c, int64_t *ret, struct error *e)
{
	int64_t bytes;
	if (store_blob_usage(c->db, c->actor->tenant_id, &bytes, e) < 0)
		return -1;
	*ret = (bytes + (int64_t)MIB - 1) / (int64_t)MIB;
	return 0;
}

static int used_sites(struct app_call *c, int64_t *ret, struct error *e)
{
	struct store_site_totals t;

	if (store_site_totals(c->db, c->actor->tenant_id, &t, e) < 0)
		return -1;
	*ret = t.total;
	return 0;
}

/* Since the first of the month in UTC+8. */
static int used_scans(struct app_call *c, int64_t *ret, struct error *e)
{
	const int64_t zone = 8 * 3600 * 1000LL;
	time_t local = (time_t)((c->now + zone) / 1000);
	struct tm tm;

	gmtime_r(&local, &tm);
	return store_scan_count_since(c->db, c->actor->tenant_id,
				      clock_days_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, 1) *
						      86400000LL - zone,
				      ret, e);
}

static const struct quota quotas[] = {
	{ "sites", "web漏洞扫描", "Web scanning", 5, true, "网站数量，扫描次数不限，域名可变更",
	  "Sites; scans are unlimited, domains may change", used_sites },
	{ "apps", "移动应用安全", "Mobile application security", 5, false, "未开通", "Not available", NULL },
	{ "members", "成员", "Members", 50, true, "", "", used_members },
	{ "scans_month", "本月扫描", "Scans this month", -1, true, "不限次", "Unlimited", used_scans },
	{ "storage_mb", "存储空间（MB）", "Storage (MB)", 10240, true, "报告与证据", "Reports and evidence",
	  used_storage },
};

static const struct quota *find(struct str name)
{
	for (size_t i = 0; i < ARRAY_SIZE(quotas); i++)
		if (str_eq(str_c(quotas[i].name), name))
			return &quotas[i];
	return NULL;
}

static int load(struct app_call *c, const struct quota *q, struct store_quota *ret,
		struct error *e)
{
	*ret = (struct store_quota){ .unlimited = q->total < 0, .enabled = q->enabled,
				     .total = q->total };
	return store_quota_get(c->db, c->actor->tenant_id, str_c(q->name), ret, e) < 0 ? -1 : 0;
}

static int count(struct app_call *c, const struct quota *q, int64_t *ret, struct error *e)
{
	*ret = 0;
	return q->used ? q->used(c, ret, e) : 0;
}

int app_quota_check(struct app_call *c, const char *quota, int64_t more, struct error *e)
{
	const struct quota *q = find(str_c(quota));
	struct store_quota have;
	int64_t used;
	check(q);
	if (load(c, q, &have, e) < 0 || count(c, q, &used, e) < 0)
		return -1;
	if (!have.enabled)
		return error_set(e, "quota.disabled-exceeded", "“%s”未开通。", "“%s” is not available.", q->zh);
	if (have.unlimited || used + more <= have.total)
		return 0;
	return error_set(e, "quota.exceeded", "%s配额已用完（%lld/%lld），请申请提升配额。",
			 "The quota \"%s\" is used up (%lld/%lld); ask for a higher one.", q->zh,
			 (long long)used, (long long)have.total);
}

int app_quota_list(struct app_call *c, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	if (app_require(c, PERM_QUOTA_READ, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(quotas); i++) {
		const struct quota *q = &quotas[i];
		struct store_quota have;
		int64_t used;
		if (load(c, q, &have, e) < 0 || count(c, q, &used, e) < 0)
			return -1;
		json_t *v = json_object();
		json_put(v, "name", json_c(q->name));
		json_put(v, "title", json_c(q->zh));
		json_put(v, "title_en", json_c(q->en));
		json_put(v, "used", json_integer(used));
		json_put(v, "total", have.unlimited ? json_null() : json_integer(have.total));
		json_put(v, "enabled", json_boolean(have.enabled));
		json_put(v, "note", json_c(q->note));
		json_put(v, "note_en", json_c(q->note_en));
		json_array_append_new(items, v);
	}
	*ret = take_ptr(items);
	return 0;
}

static json_t *view(const struct store_quota_request *r)
{
	json_t *v = json_object();
	const struct quota *q = find(r->quota);
	json_put(v, "id", json_str(r->id));
	json_put(v, "tenant_id", json_str(r->tenant_id));
	json_put(v, "tenant_name", json_str(r->tenant_name));
	json_put(v, "quota", json_str(r->quota));
	json_put(v, "title", json_c(q ? q->zh : ""));
	json_put(v, "title_en", json_c(q ? q->en : ""));
	json_put(v, "total", json_integer(r->total));
	json_put(v, "reason", json_str(r->reason));
	json_put(v, "state", json_str(r->state));
	json_put(v, "requested_by", app_person_json(r->account_id, r->account_name));
	json_put(v, "decided_by", app_person_json(r->decided_by, r->decided_name));
	json_put(v, "decided_total", r->decided_total ? json_integer(r->decided_total) : json_null());
	json_put(v, "decision_reason", json_str(r->decided_reason));
	json_put(v, "decided", json_time(r->decided));
	json_put(v, "created", json_time(r->created));
	return v;
}

static int ask(struct app_call *c, void *arg, struct error *e)
{
	const struct store_quota_request *r = arg;
	int64_t pending;
	_cleanup_json_ json_t *detail = json_object();
	if (store_quota_request_pending(c->db, r->tenant_id, r->quota, &pending, e) < 0)
		return -1;
	if (pending)
		return error_set(e, "quota-request.exists", "同一配额已有待审批的申请。",
				 "A request for this quota is waiting already.");
	json_put(detail, "total", json_integer(r->total));
	json_put(detail, "reason", json_str(r->reason));
	if (store_quota_request_add(c->db, r, e) < 0)
		return -1;
	return app_audit(c, "quota.request", "quota", r->id, r->quota, detail, e);
}

int app_quota_ask(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	struct id id = id_new(c->now);
	struct store_quota_request r = {
		.id = id_str(&id), .tenant_id = c->actor->tenant_id, .tenant_name = c->actor->tenant_name,
		.quota = json_get_str(in, "quota"), .total = json_get_int(in, "total", 0),
		.reason = json_get_str(in, "reason"), .state = STR("pending"),
		.account_id = c->actor->user_id, .account_name = c->actor->user_name, .created = c->now,
	};
	struct store_quota have;
	const struct quota *q = find(r.quota);
	if (app_require(c, PERM_QUOTA_REQUEST, e) < 0)
		return -1;
	if (!q || !q->enabled)
		return error_field(e, "quota", "input.quota", "没有这个配额，或尚未开通。",
				   "There is no such quota, or it is not available.");
	if (load(c, q, &have, e) < 0)
		return -1;
	if (have.unlimited || r.total <= have.total)
		return error_field(e, "total", "input.range", "申请的数量应大于现有的 %lld。",
				   "Ask for more than the present %lld.", (long long)have.total);
	if (app_tx(c, ask, &r, e) < 0)
		return -1;
	*ret = view(&r);
	return 0;
}

static void collect(void *arg, const struct store_quota_request *r)
{
	json_array_append_new(arg, view(r));
}

int app_quota_requests(struct app_call *c, struct str state, struct store_page *page,
		       json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct str tenant = app_may(c, PERM_QUOTA_DECIDE) ? STR("") : c->actor->tenant_id;
	if (app_require(c, PERM_QUOTA_READ, e) < 0 ||
	    store_quota_request_list(c->db, tenant, state, page, c->arena, collect, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

struct decide {
	struct str id;
	const json_t *in;
	struct store_quota_request r;
};

static int decide(struct app_call *c, void *arg, struct error *e)
{
	struct decide *d = arg;
	bool approve = str_eq(json_get_str(d->in, "decision"), STR("approve"));
	int r = store_quota_request_get(c->db, STR(""), d->id, c->arena, &d->r, e);
	if (r <= 0)
		return r < 0 ? -1 : error_set(e, "quota-request.not-found", "没有这个申请。", "No such request.");
	d->r.state = approve ? STR("approved") : STR("rejected");
	d->r.decided_by = c->actor->user_id;
	d->r.decided_name = c->actor->user_name;
	d->r.decided_reason = json_get_str(d->in, "reason");
	d->r.decided = c->now;
	d->r.decided_total = approve ? json_get_int(d->in, "total", d->r.total) : 0;
	if (store_quota_request_decide(c->db, &d->r, e) < 0)
		return -1;
	if (store_changed(c->db) == 0)
		return error_set(e, "quota-request.state", "这个申请已经处理过了。",
				 "This request was decided already.");
	struct store_quota q = { .enabled = true, .total = d->r.decided_total };
	if (approve && store_quota_put(c->db, d->r.tenant_id, d->r.quota, &q, e) < 0)
		return -1;
	_cleanup_json_ json_t *detail = json_object();
	json_put(detail, "decision", json_str(d->r.state));
	json_put(detail, "total", json_integer(d->r.decided_total));
	json_put(detail, "reason", json_str(d->r.decided_reason));
	if (app_audit_in(c, d->r.tenant_id, "quota.decide", "quota", d->id, d->r.quota, detail, e) < 0)
		return -1;
	return app_audit_in(c, APP_PLATFORM, "quota.decide", "quota", d->id, d->r.quota, detail, e);
}

int app_quota_decide(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		     struct error *e)
{
	struct decide d = { .id = id, .in = in };
	bool reject = str_eq(json_get_str(in, "decision"), STR("reject"));
	if (app_require(c, PERM_QUOTA_DECIDE, e) < 0)
		return -1;
	if (reject && utf8_count(json_get_str(in, "reason")) < LIMIT_REASON_MIN)
		return error_field(e, "reason", "input.reason", "驳回时请写明理由。", "Say why when you reject.");
	if (app_tx(c, decide, &d, e) < 0)
		return -1;
	*ret = view(&d.r);
	return 0;
}
