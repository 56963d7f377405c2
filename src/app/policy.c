/* Text policies: see policy.h. A rule names a label (column, leaf, custom label or "*") and says
 * what a hit of it means, from which model score on, or that it is not looked at. */
#include "app/policy.h"

#include "app/textserve.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "store/policy.h"

static json_t *view(const struct store_policy *v, int64_t now)
{
	json_t *o = json_object(), *rules = app_text_json(v->rules);

	json_put(o, "id", json_str(v->id));
	json_put(o, "name", json_str(v->name));
	json_put(o, "scene", json_str(v->scene));
	json_put(o, "base", json_str(v->base));
	json_put(o, "rules", json_is_array(rules) ? rules : json_array());
	if (!json_is_array(rules))
		json_decref(rules);
	json_put(o, "enabled", json_boolean(v->enabled));
	json_put(o, "from", json_time(v->starts));
	json_put(o, "until", json_time(v->ends));
	json_put(o, "in_force", json_boolean(v->enabled && (!v->starts || v->starts <= now) && (!v->ends || now < v->ends)));
	json_put(o, "note", json_str(v->note));
	json_put(o, "created_by", json_str(v->created_by));
	json_put(o, "created", json_time(v->created));
	json_put(o, "updated", json_time(v->updated));
	return o;
}

static enum comply_action action_of(struct str s)
{
	return str_eq(s, STR("block")) ? COMPLY_BLOCK : str_eq(s, STR("pass")) ? COMPLY_PASS : COMPLY_REVIEW;
}

const struct comply_rule *app_policy_rules(struct str json, struct arena *a, size_t *ret_len)
{
	_cleanup_json_ json_t *rules = json_parse(json, NULL);
	size_t n = json_array_size(rules);
	struct comply_rule *out = arena_array(a, n + 1, sizeof(*out));

	for (size_t i = 0; i < n; i++) {
		const json_t *r = json_array_get(rules, i);

		out[i] = (struct comply_rule){ .label = arena_str(a, json_get_str(r, "label")),
					       .action = action_of(json_get_str(r, "action")),
					       .review_at = json_number_value(json_object_get(r, "review_at")),
					       .block_at = json_number_value(json_object_get(r, "block_at")),
					       .off = json_get_bool(r, "off", false) };
	}
	*ret_len = n;
	return out;
}

struct listing {
	json_t *items;
	int64_t now;
	size_t n;
};

static void list_one(const struct store_policy *v, void *user)
{
	struct listing *l = user;

	l->n++;
	if (l->items)
		json_array_append_new(l->items, view(v, l->now));
}

int app_policy_list(struct app_call *c, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct listing l = { items, c->now, 0 };

	if (app_require(c, PERM_POLICY_READ, e) < 0 ||
	    store_policy_list(c->db, c->actor->tenant_id, c->arena, list_one, &l, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

static int load(struct app_call *c, struct str id, struct store_policy *ret, struct error *e)
{
	int r = store_policy_get(c->db, c->actor->tenant_id, id, c->arena, ret, e);

	return r > 0 ? 0 : r < 0 ? -1 : app_missing(e, "policy", "策略", "policy");
}

int app_policy_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_policy v;

	if (app_require(c, PERM_POLICY_READ, e) < 0 || load(c, id, &v, e) < 0)
		return -1;
	*ret = view(&v, c->now);
	return 0;
}

/* ---- changing ---- */

static int take_time(const json_t *in, const char *key, int64_t *ret, struct error *e)
{
	struct str s = json_get_str(in, key);

	if (!json_object_get(in, key))
		return 0;
	if (!s.len)
		*ret = 0;
	else if (clock_parse_rfc3339(s, ret) < 0)
		return error_field(e, key, "input.time", "应为 RFC 3339 时间", "must be an RFC 3339 time");
	return 0;
}

static int take_rules(struct app_call *c, const json_t *in, struct store_policy *v, struct error *e)
{
	const json_t *rules = json_object_get(in, "rules");

	if (!rules)
		return 0;
	if (json_array_size(rules) > LIMIT_POLICY_RULES)
		return error_field(e, "rules", "input.length", "最多 %d 条规则", "at most %d rules", LIMIT_POLICY_RULES);
	for (size_t i = 0; i < json_array_size(rules); i++) {
		const json_t *r = json_array_get(rules, i);
		double review = json_number_value(json_object_get(r, "review_at"));
		double block = json_number_value(json_object_get(r, "block_at"));
		char field[48];

		snprintf(field, sizeof(field), "rules[%zu].block_at", i);
		if (review > 0 && block > 0 && block < review)
			return error_field(e, field, "policy.thresholds", "拦截分数不能低于复核分数",
					   "block_at must not lie below review_at");
	}
	v->rules = app_json_text(c->arena, rules);
	return 0;
}

static int take(struct app_call *c, const json_t *in, struct store_policy *v, struct error *e)
{
	if (json_object_get(in, "name"))
		v->name = str_trim(json_get_str(in, "name"));
	if (json_object_get(in, "scene"))
		v->scene = str_trim(json_get_str(in, "scene"));
	if (json_object_get(in, "base"))
		v->base = json_get_str(in, "base");
	if (json_object_get(in, "note"))
		v->note = json_get_str(in, "note");
	v->enabled = json_get_bool(in, "enabled", v->enabled);
	if (!v->name.len || utf8_count(v->name) > LIMIT_SITE_NAME)
		return error_field(e, "name", "input.length", "策略名称应为 1 到 %d 个字", "name: 1 to %d characters",
				   LIMIT_SITE_NAME);
	if (utf8_count(v->scene) > 40)
		return error_field(e, "scene", "input.length", "场景名最多 40 个字", "scene: at most 40 characters");
	if (v->base.len && !comply_scene_known(v->base))
		return error_field(e, "base", "input.value", "基础场景只能是 news、ad、comment、site 或 game",
				   "base must be news, ad, comment, site or game");
	if (take_time(in, "from", &v->starts, e) < 0 || take_time(in, "until", &v->ends, e) < 0)
		return -1;
	if (v->starts && v->ends && v->ends <= v->starts)
		return error_field(e, "until", "input.order", "结束时间应晚于开始时间", "until must lie after from");
	return take_rules(c, in, v, e);
}

struct edit {
	struct str id; /* empty: add */
	const json_t *in;
	struct store_policy v;
};

static int room(struct app_call *c, struct error *e)
{
	struct listing l = { NULL, 0, 0 };

	if (store_policy_list(c->db, c->actor->tenant_id, c->arena, list_one, &l, e) < 0)
		return -1;
	if (l.n >= LIMIT_POLICIES)
		return error_set(e, "policy.exceeded", "最多 %d 个策略，请先删除不用的", "at most %d policies: delete one first",
				 LIMIT_POLICIES);
	return 0;
}

static int edit_tx(struct app_call *c, void *arg, struct error *e)
{
	struct edit *k = arg;
	struct id id = id_new(c->now);
	bool add = !k->id.len;
	int r;

	k->v = (struct store_policy){ .id = arena_str(c->arena, id_str(&id)), .tenant = c->actor->tenant_id,
				      .rules = STR("[]"), .enabled = true, .created_by = c->actor->user_name,
				      .created = c->now, .revision = 1 };
	if (add ? room(c, e) < 0 : load(c, k->id, &k->v, e) < 0)
		return -1;
	k->v.updated = c->now;
	if (take(c, k->in, &k->v, e) < 0)
		return -1;
	r = add ? store_policy_insert(c->db, &k->v, e) : store_policy_save(c->db, &k->v, e);
	if (r < 0)
		return -1;
	if (!add && !r)
		return app_conflict(e, "policy");
	if (store_text_bump(c->db, k->v.tenant, STR(""), e) < 0)
		return -1;
	return app_audit(c, add ? "policy.add" : "policy.edit", "policy", k->v.id, k->v.name, k->in, e);
}

static int edit(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e)
{
	struct edit k = { .id = id, .in = in };

	if (app_require(c, PERM_POLICY_WRITE, e) < 0 || app_tx(c, edit_tx, &k, e) < 0)
		return -1;
	app_text_touch(c->app, c->actor->tenant_id);
	*ret = view(&k.v, c->now);
	return 0;
}

int app_policy_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	return edit(c, STR(""), in, ret, e);
}

int app_policy_change(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e)
{
	return edit(c, id, in, ret, e);
}

static int delete_tx(struct app_call *c, void *arg, struct error *e)
{
	struct store_policy v;

	if (load(c, *(struct str *)arg, &v, e) < 0 || store_policy_delete(c->db, v.tenant, v.id, e) < 0 ||
	    store_text_bump(c->db, v.tenant, STR(""), e) < 0)
		return -1;
	return app_audit(c, "policy.delete", "policy", v.id, v.name, NULL, e);
}

int app_policy_delete(struct app_call *c, struct str id, struct error *e)
{
	if (app_require(c, PERM_POLICY_WRITE, e) < 0 || app_tx(c, delete_tx, &id, e) < 0)
		return -1;
	app_text_touch(c->app, c->actor->tenant_id);
	return 0;
}
