/* Two-person actions: asking, deciding, and the fall-back for a single administrator. */
#include "app/approval.h"
#include "app/view.h"

#include "app/approval_list.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "store/approval.h"
#include "store/tenant.h"

#define X(name) extern const struct app_approval_kind name;
APP_APPROVALS(X)
#undef X

static const struct app_approval_kind *const kinds[] = {
#define X(name) &name,
	APP_APPROVALS(X)
#undef X
		NULL,
};

static const struct app_approval_kind *find(struct str name)
{
	for (size_t i = 0; kinds[i]; i++)
		if (str_eq(str_c(kinds[i]->name), name))
			return kinds[i];
	return NULL;
}

static json_t *view(const struct app_call *c, const struct store_approval *p)
{
	const struct app_approval_kind *k = find(p->kind);
	bool expired = str_eq(p->state, STR("pending")) && p->expires <= c->now;
	json_t *v = json_object();
	json_put(v, "id", json_str(p->id));
	json_put(v, "kind", json_str(p->kind));
	json_put(v, "title", json_c(k ? k->zh : ""));
	json_put(v, "title_en", json_c(k ? k->en : ""));
	json_put(v, "object_type", json_str(p->object_type));
	json_put(v, "object_id", json_str(p->object_id));
	json_put(v, "object_name", json_str(p->object_name));
	json_put(v, "reason", json_str(p->reason));
	json_put(v, "state", expired ? json_c("expired") : json_str(p->state));
	json_put(v, "requested_by", app_person_json(p->account_id, p->account_name));
	json_put(v, "decided_by", app_person_json(p->decided_by, p->decided_name));
	json_put(v, "decided", json_time(p->decided));
	json_put(v, "decision_reason", json_str(p->decided_reason));
	json_put(v, "expires", json_time(p->expires));
	json_put(v, "created", json_time(p->created));
	return v;
}

/* How many others could be the second person. */
static int others(struct app_call *c, const struct app_approval_kind *k, int64_t *ret,
		  struct error *e)
{
	struct str roles[ROLE_COUNT];
	size_t n = 0;
	for (int r = 0; r < ROLE_COUNT; r++)
		if (app_permission_info(k->decide)->roles & (1u << r))
			roles[n++] = str_c(app_role_info((enum app_role)r)->code);
	return store_member_count(c->db, k->platform ? APP_PLATFORM : c->actor->tenant_id, roles, n,
				  c->actor->user_id, ret, e);
}

struct asking {
	const struct app_approval_kind *k;
	struct store_approval row;
	const json_t *detail;
	bool done;
};

static int alone(struct app_call *c, struct asking *a, struct error *e)
{
	_cleanup_json_ json_t *detail = json_object();
	if (utf8_count(a->row.reason) < LIMIT_REASON_MIN)
		return error_field(e, "reason", "approval.reason-missing",
				   "只有一位管理员时，请键入理由以代替第二人批准。",
				   "With one administrator only, a typed reason takes the second person's place.");
	json_put(detail, "reason", json_str(a->row.reason));
	json_put(detail, "second_person", json_null());
	if (app_audit(c, "approval.alone", a->row.object_type.ptr, a->row.object_id, a->row.object_name,
		      detail, e) < 0)
		return -1;
	a->done = true;
	return a->k->execute(c, a->row.object_id, a->detail, e);
}

static int ask(struct app_call *c, void *arg, struct error *e)
{
	struct asking *a = arg;
	struct store_approval old;
	int64_t n;
	a->done = false;
	if (others(c, a->k, &n, e) < 0)
		return -1;
	if (n == 0 && app_may(c, a->k->decide))
		return alone(c, a, e);
	int r = store_approval_pending(c->db, a->row.tenant_id, a->row.kind, a->row.object_id, c->now,
				       c->arena, &old, e);
	if (r < 0)
		return -1;
	if (r > 0) {
		a->row = old;
		return 0;
	}
	_cleanup_json_ json_t *detail = json_object();
	json_put(detail, "kind", json_str(a->row.kind));
	json_put(detail, "reason", json_str(a->row.reason));
	if (store_approval_add(c->db, &a->row, e) < 0)
		return -1;
	return app_audit(c, "approval.ask", a->row.object_type.ptr, a->row.object_id,
			 a->row.object_name, detail, e);
}

int app_approval_ask(struct app_call *c, const struct app_approval_kind *k,
		     const char *object_type, struct str object_id, struct str object_name,
		     const json_t *detail, struct str reason, bool *ret_done, json_t **ret,
		     struct error *e)
{
	_cleanup_buf_ struct buf text = BUF_INIT(64 * KIB);
	struct id id = id_new(c->now);
	if (detail)
		json_write(&text, detail);
	else
		buf_c(&text, "{}");
	struct asking a = { .k = k, .detail = detail, .row = {
		.id = id_str(&id), .tenant_id = c->actor->tenant_id, .kind = str_c(k->name),
		.object_type = str_c(object_type), .object_id = object_id, .object_name = object_name,
		.detail = buf_view(&text), .reason = reason, .state = STR("pending"),
		.account_id = c->actor->user_id, .account_name = c->actor->user_name,
		.expires = c->now + LIMIT_APPROVAL_MS, .created = c->now } };
	if (app_tx(c, ask, &a, e) < 0)
		return -1;
	*ret_done = a.done;
	*ret = a.done ? NULL : view(c, &a.row);
	return 0;
}

struct listing {
	struct app_call *c;
	json_t *items;
};

static void collect(void *arg, const struct store_approval *p)
{
	struct listing *l = arg;
	const struct app_approval_kind *k = find(p->kind);
	bool own = str_eq(p->tenant_id, l->c->actor->tenant_id);
	if (own || (k && k->platform))
		json_array_append_new(l->items, view(l->c, p));
}

int app_approval_list(struct app_call *c, struct str state, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct listing l = { c, items };
	/* Platform administrators also decide some kinds for every tenant. */
	struct str tenant = c->actor->platform_admin ? STR("") : c->actor->tenant_id;
	if (app_require(c, PERM_APPROVAL_READ, e) < 0 ||
	    store_approval_list(c->db, tenant, state, c->now, c->arena, collect, &l, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

struct decision {
	struct str id, reason;
	bool approve;
	struct store_approval row;
};

static int run_approved(struct app_call *c, const struct app_approval_kind *k,
			struct store_approval *p, struct error *e)
{
	/* The action runs in the tenant that asked, whoever approved it. */
	struct app_actor a = *c->actor;
	struct app_call as = *c;
	_cleanup_json_ json_t *detail = json_parse(p->detail, NULL);
	a.tenant_id = p->tenant_id;
	as.actor = &a;
	return k->execute(&as, p->object_id, detail, e);
}

static int decide(struct app_call *c, void *arg, struct error *e)
{
	struct decision *d = arg;
	struct str tenant = c->actor->platform_admin ? STR("") : c->actor->tenant_id;
	int r = store_approval_get(c->db, tenant, d->id, c->arena, &d->row, e);
	const struct app_approval_kind *k = r > 0 ? find(d->row.kind) : NULL;
	if (r < 0)
		return -1;
	if (r == 0 || !k || (!k->platform && !str_eq(d->row.tenant_id, c->actor->tenant_id)))
		return error_set(e, "approval.not-found", "没有这个待批操作。", "No such approval.");
	if (app_require(c, k->decide, e) < 0)
		return -1;
	if (d->approve && str_eq(d->row.account_id, c->actor->user_id))
		return error_set(e, "approval.same-person-forbidden", "需要另一位管理员批准。",
				 "Another administrator has to approve.");
	d->row.state = d->approve ? STR("approved") : STR("rejected");
	d->row.decided_by = c->actor->user_id;
	d->row.decided_name = c->actor->user_name;
	d->row.decided_reason = d->reason;
	d->row.decided = c->now;
	if (store_approval_decide(c->db, &d->row, e) < 0)
		return -1;
	if (store_changed(c->db) == 0)
		return error_set(e, "approval.state", "这个操作已处理或已过期。",
				 "This was decided already, or has expired.");
	_cleanup_json_ json_t *detail = json_object();
	json_put(detail, "kind", json_str(d->row.kind));
	json_put(detail, "reason", json_str(d->reason));
	json_put(detail, "asked_by", json_str(d->row.account_name));
	if (app_audit_in(c, d->row.tenant_id, d->approve ? "approval.approve" : "approval.reject",
			 d->row.object_type.ptr, d->row.object_id, d->row.object_name, detail, e) < 0)
		return -1;
	return d->approve ? run_approved(c, k, &d->row, e) : 0;
}

int app_approval_decide(struct app_call *c, struct str id, bool approve, struct str reason,
			json_t **ret, struct error *e)
{
	struct decision d = { .id = id, .approve = approve, .reason = reason };
	if (app_require(c, PERM_APPROVAL_DECIDE, e) < 0)
		return -1;
	if (!approve && utf8_count(reason) < LIMIT_REASON_MIN)
		return error_field(e, "reason", "input.reason", "驳回时请写明理由。", "Say why when you reject.");
	if (app_tx(c, decide, &d, e) < 0)
		return -1;
	*ret = view(c, &d.row);
	return 0;
}
