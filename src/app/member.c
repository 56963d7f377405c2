/* Members of a tenant. A person whose e-mail address has an account already joins with
 * that account and its own password; nobody else's password or name is touched. */
#include "app/member_private.h"
#include "app/tenant.h"
#include "store/account.h"
#include "store/tenant.h"

static json_t *view(const struct store_member *m)
{
	json_t *v = json_object();
	json_put(v, "id", json_str(m->id));
	json_put(v, "user_id", json_str(m->account_id));
	json_put(v, "name", json_str(m->name));
	json_put(v, "email", json_str(m->email));
	json_put(v, "role", json_str(m->role));
	json_put(v, "state", json_str(m->state));
	json_put(v, "last_login", json_time(m->last_login));
	json_put(v, "created", json_time(m->created));
	return v;
}

static void collect(void *arg, const struct store_member *m)
{
	json_array_append_new(arg, view(m));
}

int app_member_list(struct app_call *c, struct str q, struct str role, struct store_page *page,
		    json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	if (app_require(c, PERM_MEMBER_READ, e) < 0 ||
	    store_member_list(c->db, c->actor->tenant_id, page, q, role, c->arena, collect, items,
			      e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

static int get(struct app_call *c, struct str id, struct store_member *m, struct error *e)
{
	int r = store_member_get(c->db, c->actor->tenant_id, id, c->arena, m, e);
	if (r > 0)
		return 0;
	return r < 0 ? -1 : error_set(e, "member.not-found", "没有这个成员。", "No such member.");
}

int app_member_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_member m;
	if (app_require(c, PERM_MEMBER_READ, e) < 0 || get(c, id, &m, e) < 0)
		return -1;
	*ret = view(&m);
	return 0;
}

int member_prepare(struct app_call *c, const json_t *in, struct member_new *p, struct error *e)
{
	struct str password = json_get_str(in, "password");
	p->name = json_get_str(in, "name");
	p->email = json_get_str(in, "email");
	if (str_empty(password)) {
		app_password_make(p->made);
		password = str_c(p->made);
	}
	if (app_password_check(password, p->email, e) < 0)
		return -1;
	return app_password_hash(password, p->hash, e);
}

int member_insert(struct app_call *c, struct str tenant, struct member_new *p, struct error *e)
{
	struct store_account u;
	struct error why = { 0 };
	int r = store_account_by_email(c->db, p->email, c->arena, &u, e);
	if (r < 0)
		return -1;
	p->fresh = r == 0;
	if (p->fresh) {
		p->account = id_new(c->now);
		u = (struct store_account){ .id = arena_str(c->arena, id_str(&p->account)),
					    .name = p->name, .email = p->email,
					    .password = str_c(p->hash), .lang = STR("zh-CN"),
					    .settings = STR("{}"), .state = STR("active"),
					    .created = c->now, .updated = c->now };
		if (store_account_add(c->db, &u, e) < 0)
			return -1;
	}
	p->id = id_new(c->now);
	struct store_member m = { .id = id_str(&p->id), .tenant_id = tenant, .account_id = u.id,
				  .role = p->role, .state = STR("active"), .created = c->now };
	if (store_member_add(c->db, &m, &why) == 0)
		return 0;
	if (error_is(&why, "store.unique"))
		return error_field(e, "email", "member.exists", "这个人已经是成员。",
				   "This person is a member already.");
	if (e)
		*e = why;
	return -1;
}

static int add(struct app_call *c, void *arg, struct error *e)
{
	struct member_new *p = arg;
	_cleanup_json_ json_t *detail = json_object();
	json_put(detail, "role", json_str(p->role));
	json_put(detail, "email", json_str(p->email));
	if (app_quota_check(c, "members", 1, e) < 0 ||
	    member_insert(c, c->actor->tenant_id, p, e) < 0)
		return -1;
	return app_audit(c, "member.add", "member", id_str(&p->id), p->name, detail, e);
}

static int role_check(const struct app_call *c, struct str role, struct error *e)
{
	enum app_role r = app_role_find(role);
	bool platform = str_eq(c->actor->tenant_id, APP_PLATFORM);
	if (r != ROLE_NONE && (r == ROLE_PLATFORM_ADMIN) == platform)
		return 0;
	return error_field(e, "role", "input.role", "这里不能使用该角色。", "That role cannot be used here.");
}

int app_member_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	struct member_new p = { .role = json_get_str(in, "role") };
	struct store_member m;
	if (app_require(c, PERM_MEMBER_WRITE, e) < 0 || role_check(c, p.role, e) < 0 ||
	    member_prepare(c, in, &p, e) < 0 || app_tx(c, add, &p, e) < 0 ||
	    get(c, id_str(&p.id), &m, e) < 0)
		return -1;
	*ret = view(&m);
	if (p.made[0] && p.fresh)
		json_put(*ret, "initial_password", json_c(p.made));
	return 0;
}

/* Somebody must stay who can let others in. */
static int not_the_last(struct app_call *c, const struct store_member *m, struct error *e)
{
	struct str role = str_eq(c->actor->tenant_id, APP_PLATFORM) ? STR("platform_admin") :
								       STR("tenant_admin");
	int64_t others;
	if (!str_eq(m->role, role))
		return 0;
	if (store_member_count(c->db, c->actor->tenant_id, &role, 1, m->account_id, &others, e) < 0)
		return -1;
	if (others > 0)
		return 0;
	return error_set(e, "member.last-conflict", "这是最后一位管理员，请先指定另一位。",
			 "This is the last administrator; name another one first.");
}

struct update {
	struct str id;
	const json_t *in;
};

static int update(struct app_call *c, void *arg, struct error *e)
{
	struct update *k = arg;
	struct store_member m;
	if (get(c, k->id, &m, e) < 0)
		return -1;
	struct str role = json_object_get(k->in, "role") ? json_get_str(k->in, "role") : m.role;
	struct str state = json_object_get(k->in, "state") ? json_get_str(k->in, "state") : m.state;
	bool less = !str_eq(role, m.role) || !str_eq(state, STR("active"));
	if (!str_eq(role, m.role) && role_check(c, role, e) < 0)
		return -1;
	if (less && not_the_last(c, &m, e) < 0)
		return -1;
	if (store_member_update(c->db, c->actor->tenant_id, k->id, role, state, c->now, e) < 0)
		return -1;
	/* A change of rights ends what was opened with the old ones. */
	if (less && !str_eq(m.account_id, c->actor->user_id) &&
	    store_session_delete_in(c->db, m.account_id, c->actor->tenant_id, e) < 0)
		return -1;
	return app_audit(c, "member.update", "member", k->id, m.name, k->in, e);
}

int app_member_update(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		      struct error *e)
{
	struct update k = { id, in };
	struct store_member m;
	if (app_require(c, PERM_MEMBER_WRITE, e) < 0 || app_tx(c, update, &k, e) < 0 ||
	    get(c, id, &m, e) < 0)
		return -1;
	*ret = view(&m);
	return 0;
}

static int remove_member(struct app_call *c, void *arg, struct error *e)
{
	const struct str *id = arg;
	struct store_member m;
	if (get(c, *id, &m, e) < 0 || not_the_last(c, &m, e) < 0)
		return -1;
	if (str_eq(m.account_id, c->actor->user_id))
		return error_set(e, "member.self-conflict", "不能移除自己。", "You cannot remove yourself.");
	if (store_session_delete_in(c->db, m.account_id, c->actor->tenant_id, e) < 0 ||
	    store_member_delete(c->db, c->actor->tenant_id, *id, e) < 0)
		return -1;
	return app_audit(c, "member.remove", "member", *id, m.name, NULL, e);
}

int app_member_remove(struct app_call *c, struct str id, struct error *e)
{
	if (app_require(c, PERM_MEMBER_WRITE, e) < 0)
		return -1;
	return app_tx(c, remove_member, &id, e);
}

json_t *app_roles_view(void)
{
	json_t *items = json_array();
	for (int r = 0; r < ROLE_COUNT; r++) {
		const struct app_role_info *i = app_role_info((enum app_role)r);
		json_t *v = json_object(), *list = json_array();
		json_put(v, "id", json_c(i->code));
		json_put(v, "name", json_c(i->zh));
		json_put(v, "name_en", json_c(i->en));
		for (unsigned p = PERM_NONE + 1; p < PERM_COUNT; p++)
			if (app_permission_info((enum app_permission)p)->roles & (1u << r))
				json_array_append_new(
					list, json_c(app_permission_info((enum app_permission)p)->code));
		json_put(v, "permissions", list);
		json_array_append_new(items, v);
	}
	return items;
}
