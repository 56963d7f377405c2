/* Tenants and grants. */
#include "app/tenant.h"

#include "app/edition.h"
#include "app/member_private.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "store/account.h"
#include "store/tenant.h"

static json_t *view(const struct store_tenant *t)
{
	json_t *v = json_object();
	json_put(v, "id", json_str(t->id));
	json_put(v, "name", json_str(t->name));
	json_put(v, "kind", json_str(t->kind));
	json_put(v, "edition", json_str(t->edition));
	json_put(v, "edition_name", json_c(app_edition(t->edition)->zh));
	json_put(v, "edition_name_en", json_c(app_edition(t->edition)->en));
	json_put(v, "timezone", json_str(t->timezone));
	json_put(v, "state", json_str(t->state));
	json_put(v, "created", json_time(t->created));
	return v;
}

static int get(struct app_call *c, struct str id, struct store_tenant *t, struct error *e)
{
	int r = store_tenant_get(c->db, id, c->arena, t, e);
	if (r < 0)
		return -1;
	if (r == 0 || str_eq(t->kind, STR("platform")))
		return error_set(e, "tenant.not-found", "没有这个租户。", "No such tenant.");
	return 0;
}

int app_tenant_own(struct app_call *c, json_t **ret, struct error *e)
{
	struct store_tenant t;
	int r = store_tenant_get(c->db, c->actor->tenant_id, c->arena, &t, e);
	if (r <= 0)
		return r < 0 ? -1 : error_set(e, "tenant.not-found", "没有这个租户。", "No such tenant.");
	*ret = view(&t);
	return 0;
}

struct change {
	struct str id;
	const json_t *in;
	bool platform;
	struct store_tenant t;
};

static void take(const json_t *in, const char *key, struct str *v)
{
	if (json_object_get(in, key))
		*v = json_get_str(in, key);
}

static int change(struct app_call *c, void *arg, struct error *e)
{
	struct change *k = arg;
	if (get(c, k->id, &k->t, e) < 0)
		return -1;
	take(k->in, "name", &k->t.name);
	take(k->in, "kind", &k->t.kind);
	take(k->in, "timezone", &k->t.timezone);
	if (k->platform) {
		take(k->in, "edition", &k->t.edition);
		take(k->in, "state", &k->t.state);
		if (!app_edition_find(k->t.edition))
			return error_field(e, "edition", "input.edition", "没有这个版本。", "No such edition.");
	}
	k->t.updated = c->now;
	if (store_tenant_update(c->db, &k->t, e) < 0 ||
	    app_audit_in(c, k->id, "tenant.update", "tenant", k->id, k->t.name, k->in, e) < 0)
		return -1;
	if (!k->platform || str_eq(c->actor->tenant_id, APP_PLATFORM))
		return 0;
	return app_audit_in(c, APP_PLATFORM, "tenant.update", "tenant", k->id, k->t.name, k->in, e);
}

/* A zone that the system's tz data knows, by name only. */
static int check_zone(const json_t *in, struct error *e)
{
	struct str zone = json_get_str(in, "timezone");
	char path[160];
	if (!json_object_get(in, "timezone"))
		return 0;
	bool ok = zone.len > 0 && zone.len < 64 && zone.ptr[0] != '/' && !str_has(zone, STR(".."));
	for (size_t i = 0; ok && i < zone.len; i++)
		ok = ascii_alnum(zone.ptr[i]) || strchr("/_+-", zone.ptr[i]);
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.*s", STR_ARG(zone));
	if (ok && access(path, R_OK) == 0)
		return 0;
	return error_field(e, "timezone", "input.timezone", "不认识的时区，例如 Asia/Shanghai。",
			   "Unknown time zone; for example Asia/Shanghai.");
}

int app_tenant_own_update(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	struct change k = { .id = c->actor->tenant_id, .in = in };
	if (app_require(c, PERM_TENANT_WRITE, e) < 0 || check_zone(in, e) < 0 ||
	    app_tx(c, change, &k, e) < 0)
		return -1;
	*ret = view(&k.t);
	return 0;
}

static void collect(void *arg, const struct store_tenant *t)
{
	json_array_append_new(arg, view(t));
}

int app_tenant_list(struct app_call *c, struct str q, struct store_page *page, json_t **ret,
		    struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	if (app_require(c, PERM_TENANT_MANAGE, e) < 0 ||
	    store_tenant_list(c->db, page, q, c->arena, collect, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

int app_tenant_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_tenant t;
	if (app_require(c, PERM_TENANT_MANAGE, e) < 0 || get(c, id, &t, e) < 0)
		return -1;
	*ret = view(&t);
	return 0;
}

struct create {
	const json_t *in;
	struct id id;
	struct store_tenant t;
	struct member_new admin;
};

static int create(struct app_call *c, void *arg, struct error *e)
{
	struct create *k = arg;
	k->id = id_new(c->now);
	struct str edition = json_get_str(k->in, "edition");
	k->t = (struct store_tenant){
		.id = id_str(&k->id), .name = json_get_str(k->in, "name"),
		.kind = json_get_str(k->in, "kind"), .timezone = STR("Asia/Shanghai"),
		.edition = str_empty(edition) ? STR(APP_EDITION_DEFAULT) : edition,
		.state = STR("active"), .created = c->now, .updated = c->now,
	};
	take(k->in, "timezone", &k->t.timezone);
	if (!app_edition_find(k->t.edition))
		return error_field(e, "edition", "input.edition", "没有这个版本。", "No such edition.");
	if (store_tenant_add(c->db, &k->t, e) < 0 || member_insert(c, k->t.id, &k->admin, e) < 0 ||
	    app_audit_in(c, k->t.id, "tenant.create", "tenant", k->t.id, k->t.name, NULL, e) < 0)
		return -1;
	return app_audit_in(c, APP_PLATFORM, "tenant.create", "tenant", k->t.id, k->t.name, NULL, e);
}

int app_tenant_create(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	struct create k = { .in = in };
	const json_t *admin = json_object_get(in, "admin");
	if (app_require(c, PERM_TENANT_MANAGE, e) < 0 || check_zone(in, e) < 0)
		return -1;
	k.admin.role = STR("tenant_admin");
	if (member_prepare(c, admin, &k.admin, e) < 0 || app_tx(c, create, &k, e) < 0)
		return -1;
	json_t *v = view(&k.t);
	if (k.admin.made[0] && k.admin.fresh)
		json_put(v, "initial_password", json_c(k.admin.made));
	*ret = v;
	return 0;
}

int app_tenant_update(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		      struct error *e)
{
	struct change k = { .id = id, .in = in, .platform = true };
	if (app_require(c, PERM_TENANT_MANAGE, e) < 0 || check_zone(in, e) < 0 ||
	    app_tx(c, change, &k, e) < 0)
		return -1;
	*ret = view(&k.t);
	return 0;
}

/* ---- grants ---- */

static json_t *grant_view(const struct app_call *c, const struct store_grant *g)
{
	json_t *v = json_object(), *who = json_object();
	json_put(who, "id", json_str(g->account_id));
	json_put(who, "name", json_str(g->account_name));
	json_put(v, "id", json_str(g->id));
	json_put(v, "tenant_id", json_str(g->tenant_id));
	json_put(v, "user", who);
	json_put(v, "reason", json_str(g->reason));
	json_put(v, "expires", json_time(g->expires));
	json_put(v, "active", json_boolean(g->expires > c->now));
	json_put(v, "created", json_time(g->created));
	return v;
}

static int grant_add(struct app_call *c, void *arg, struct error *e)
{
	struct store_grant *g = arg;
	struct store_tenant t;
	if (get(c, g->tenant_id, &t, e) < 0 || store_grant_add(c->db, g, e) < 0)
		return -1;
	_cleanup_json_ json_t *detail = json_object();
	json_put(detail, "reason", json_str(g->reason));
	json_put(detail, "expires", json_time(g->expires));
	if (app_audit_in(c, g->tenant_id, "grant.create", "tenant", g->tenant_id, t.name, detail, e) < 0)
		return -1;
	return app_audit_in(c, APP_PLATFORM, "grant.create", "tenant", g->tenant_id, t.name, detail, e);
}

int app_grant_create(struct app_call *c, struct str tenant, struct str reason, int hours,
		     json_t **ret, struct error *e)
{
	struct id id = id_new(c->now);
	struct store_grant g = { .id = id_str(&id), .tenant_id = tenant,
				 .account_id = c->actor->user_id, .account_name = c->actor->user_name,
				 .reason = reason, .created = c->now,
				 .expires = c->now + (int64_t)hours * 3600 * 1000 };
	if (app_require(c, PERM_TENANT_MANAGE, e) < 0)
		return -1;
	if (utf8_count(reason) < LIMIT_REASON_MIN)
		return error_field(e, "reason", "input.reason", "请写明理由。", "Give a reason.");
	if (app_tx(c, grant_add, &g, e) < 0)
		return -1;
	*ret = grant_view(c, &g);
	return 0;
}

struct grants {
	struct app_call *c;
	json_t *items;
};

static void grant_collect(void *arg, const struct store_grant *g)
{
	struct grants *l = arg;
	json_array_append_new(l->items, grant_view(l->c, g));
}

int app_grant_list(struct app_call *c, struct str tenant, json_t **ret, struct error *e)
{
	struct store_tenant t;
	_cleanup_json_ json_t *items = json_array();
	struct grants l = { c, items };
	if (app_require(c, PERM_TENANT_MANAGE, e) < 0 || get(c, tenant, &t, e) < 0 ||
	    store_grant_list(c->db, tenant, c->now, c->arena, grant_collect, &l, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

int app_grant_end(struct app_call *c, struct str tenant, struct str id, struct error *e)
{
	if (app_require(c, PERM_TENANT_MANAGE, e) < 0 ||
	    store_grant_end(c->db, tenant, id, c->now, e) < 0)
		return -1;
	if (store_changed(c->db) == 0)
		return error_set(e, "grant.not-found", "没有这个授权。", "No such grant.");
	if (app_audit_in(c, tenant, "grant.end", "grant", id, STR(""), NULL, e) < 0)
		return -1;
	return app_audit_in(c, APP_PLATFORM, "grant.end", "grant", id, STR(""), NULL, e);
}
