/* Setting up notification: channels and rules as people edit them. */
#include "app/channel.h"
#include "app/notify.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "job/schedule.h"
#include "store/site.h"

/* ---- channels ---- */

static void list_channel(const struct store_channel *v, void *user)
{
	json_array_append_new(user, app_channel_json(v));
}

int app_channel_list(struct app_call *c, struct store_page *page, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();

	if (app_require(c, PERM_NOTIFY_READ, e) < 0 ||
	    store_channel_list(c->db, c->actor->tenant_id, page, c->arena, list_channel, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

static int load_channel(struct app_call *c, struct str id, struct store_channel *ret,
			struct error *e)
{
	int r = store_channel_get(c->db, c->actor->tenant_id, id, c->arena, ret, e);

	return r > 0 ? 0 : r < 0 ? -1 : app_missing(e, "channel", "通知渠道", "channel");
}

int app_channel_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_channel v;

	if (app_require(c, PERM_NOTIFY_READ, e) < 0 || load_channel(c, id, &v, e) < 0)
		return -1;
	*ret = app_channel_json(&v);
	return 0;
}

static bool known_kind(struct str kind)
{
	return str_eq(kind, STR("email")) || str_eq(kind, STR("webhook")) ||
	       str_eq(kind, STR("wecom")) || str_eq(kind, STR("dingtalk")) ||
	       str_eq(kind, STR("feishu"));
}

struct edit {
	struct str id; /* empty: add */
	const json_t *in;
	json_t *view;
};

static int channel_tx(struct app_call *c, void *arg, struct error *e)
{
	struct edit *k = arg;
	struct id id = id_new(c->now);
	struct store_channel v = { .id = arena_str(c->arena, id_str(&id)),
				   .tenant = c->actor->tenant_id, .enabled = true,
				   .kind = json_get_str(k->in, "kind"), .created = c->now,
				   .revision = 1 };
	int r;

	if (k->id.len && load_channel(c, k->id, &v, e) < 0)
		return -1;
	if (!known_kind(v.kind))
		return error_field(e, "kind", "input.enum", "渠道类型无效", "no such kind of channel");
	v.updated = c->now;
	if (app_channel_take(c, k->in, &v, e) < 0)
		return -1;
	if (!v.name.len || !v.config.len)
		return error_field(e, v.name.len ? "config" : "name", "input.required",
				   "请填写名称和配置", "name and config are needed");
	r = k->id.len ? store_channel_save(c->db, &v, e) : store_channel_insert(c->db, &v, e);
	if (r < 0)
		return -1;
	if (k->id.len && !r)
		return app_conflict(e, "channel");
	v.revision += k->id.len > 0;
	if (app_audit(c, k->id.len ? "channel.edit" : "channel.add", "channel", v.id, v.name, NULL,
		      e) < 0)
		return -1;
	json_decref(k->view);
	k->view = app_channel_json(&v);
	return 0;
}

static int edit(struct app_call *c, int (*tx)(struct app_call *, void *, struct error *),
		struct str id, const json_t *in, json_t **ret, struct error *e)
{
	struct edit k = { id, in, NULL };

	if (app_require(c, PERM_NOTIFY_WRITE, e) < 0)
		return -1;
	if (app_tx(c, tx, &k, e) < 0) {
		json_decref(k.view);
		return -1;
	}
	*ret = k.view;
	return 0;
}

int app_channel_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	return edit(c, channel_tx, STR_NULL, in, ret, e);
}

int app_channel_change(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		       struct error *e)
{
	return edit(c, channel_tx, id, in, ret, e);
}

static int channel_delete_tx(struct app_call *c, void *arg, struct error *e)
{
	struct store_channel v;

	if (load_channel(c, *(struct str *)arg, &v, e) < 0 ||
	    store_channel_delete(c->db, v.tenant, v.id, e) < 0)
		return -1;
	return app_audit(c, "channel.delete", "channel", v.id, v.name, NULL, e);
}

int app_channel_delete(struct app_call *c, struct str id, struct error *e)
{
	if (app_require(c, PERM_NOTIFY_WRITE, e) < 0)
		return -1;
	return app_tx(c, channel_delete_tx, &id, e);
}

/* ---- rules ---- */

static json_t *rule_json(const struct store_rule *v)
{
	json_t *o = app_text_json(v->rule);

	if (!json_is_object(o))
		o = json_object();
	json_put(o, "id", json_str(v->id));
	json_put(o, "name", json_str(v->name));
	json_put(o, "enabled", json_boolean(v->enabled));
	json_put(o, "created", json_time(v->created));
	json_put(o, "updated", json_time(v->updated));
	json_put(o, "revision", json_integer(v->revision));
	return o;
}

static void list_rule(const struct store_rule *v, void *user)
{
	json_array_append_new(user, rule_json(v));
}

int app_rule_list(struct app_call *c, struct store_page *page, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();

	if (app_require(c, PERM_NOTIFY_READ, e) < 0 ||
	    store_rule_list(c->db, c->actor->tenant_id, page, c->arena, list_rule, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

static int load_rule(struct app_call *c, struct str id, struct store_rule *ret, struct error *e)
{
	int r = store_rule_get(c->db, c->actor->tenant_id, id, c->arena, ret, e);

	return r > 0 ? 0 : r < 0 ? -1 : app_missing(e, "rule", "通知规则", "rule");
}

int app_rule_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_rule v;

	if (app_require(c, PERM_NOTIFY_READ, e) < 0 || load_rule(c, id, &v, e) < 0)
		return -1;
	*ret = rule_json(&v);
	return 0;
}

static int check_events(const json_t *list, struct error *e)
{
	if (!json_array_size(list))
		return error_field(e, "events", "input.required", "请至少选择一种事件", "choose at least one event");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!app_notify_event_find(str_c(json_string_value(json_array_get(list, i)))))
			return error_field(e, "events", "input.enum", "没有这种事件", "no such event");
	return 0;
}

/* Ids must be the tenant's own: a rule is no way to learn of others'. */
static int check_ids(struct app_call *c, const json_t *list, const char *field, bool site,
		     struct error *e)
{
	struct str *ids;
	size_t n;

	if (app_json_strings(c->arena, list, field, 200, &ids, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct store_channel ch;
		struct store_site s;
		int r = site ? store_site_get(c->db, c->actor->tenant_id, ids[i], c->arena, &s, e) :
			       store_channel_get(c->db, c->actor->tenant_id, ids[i], c->arena, &ch, e);

		if (r < 0)
			return -1;
		if (!r)
			return error_field(e, field, site ? "site.unknown" : "channel.unknown",
					   "所选的网站或渠道不存在", "no such site or channel");
	}
	return 0;
}

static int check_quiet(const json_t *quiet, struct error *e)
{
	_cleanup_json_ json_t *o = NULL;
	struct job_windows w;
	json_t *list, *item;

	if (!quiet || json_is_null(quiet))
		return 0;
	o = json_object();
	list = json_array();
	item = json_object();
	json_put(item, "from", json_str(json_get_str(quiet, "from")));
	json_put(item, "to", json_str(json_get_str(quiet, "to")));
	json_array_append_new(list, item);
	json_put(o, "windows", list);
	if (json_get_str(quiet, "timezone").len)
		json_put(o, "timezone", json_str(json_get_str(quiet, "timezone")));
	if (job_windows_parse(o, &w, e) == 0)
		return 0;
	if (e)
		snprintf(e->field, sizeof(e->field), "quiet");
	return -1;
}

static int take_rule(struct app_call *c, const json_t *in, struct store_rule *v, struct error *e)
{
	static const char *const members[] = { "events", "min_severity", "site_ids", "channel_ids",
					       "quiet" };
	_cleanup_json_ json_t *rule = v->rule.len ? app_text_json(v->rule) : json_object();
	struct str name = str_trim(json_get_str(in, "name")), least;
	enum severity s;

	if (json_object_get(in, "name"))
		v->name = name;
	if (!v->name.len || utf8_count(v->name) > LIMIT_SITE_NAME)
		return error_field(e, "name", "input.length", "名称应为 1 到 %d 个字",
				   "name: 1 to %d characters", LIMIT_SITE_NAME);
	v->enabled = json_get_bool(in, "enabled", v->enabled);
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (json_object_get(in, members[i]))
			json_put(rule, members[i], json_deep_copy(json_object_get(in, members[i])));
	if (!json_object_get(rule, "site_ids"))
		json_put(rule, "site_ids", json_array());
	if (!json_object_get(rule, "quiet"))
		json_put(rule, "quiet", json_null());
	if (!json_get_str(rule, "min_severity").len)
		json_put(rule, "min_severity", json_c("info"));
	least = json_get_str(rule, "min_severity");
	if (severity_parse(least, &s) < 0)
		return error_field(e, "min_severity", "input.enum", "没有这个等级", "no such level");
	if (check_events(json_object_get(rule, "events"), e) < 0 ||
	    check_ids(c, json_object_get(rule, "site_ids"), "site_ids", true, e) < 0 ||
	    check_ids(c, json_object_get(rule, "channel_ids"), "channel_ids", false, e) < 0 ||
	    check_quiet(json_object_get(rule, "quiet"), e) < 0)
		return -1;
	if (!json_array_size(json_object_get(rule, "channel_ids")))
		return error_field(e, "channel_ids", "input.required", "请至少选择一个通知渠道",
				   "choose at least one channel");
	v->rule = app_json_text(c->arena, rule);
	return 0;
}

static int rule_tx(struct app_call *c, void *arg, struct error *e)
{
	struct edit *k = arg;
	struct id id = id_new(c->now);
	struct store_rule v = { .id = arena_str(c->arena, id_str(&id)),
				.tenant = c->actor->tenant_id, .enabled = true,
				.created = c->now, .revision = 1 };
	int r;

	if (k->id.len && load_rule(c, k->id, &v, e) < 0)
		return -1;
	v.updated = c->now;
	if (take_rule(c, k->in, &v, e) < 0)
		return -1;
	r = k->id.len ? store_rule_save(c->db, &v, e) : store_rule_insert(c->db, &v, e);
	if (r < 0)
		return -1;
	if (k->id.len && !r)
		return app_conflict(e, "rule");
	v.revision += k->id.len > 0;
	if (app_audit(c, k->id.len ? "rule.edit" : "rule.add", "rule", v.id, v.name, NULL, e) < 0)
		return -1;
	json_decref(k->view);
	k->view = rule_json(&v);
	return 0;
}

int app_rule_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	return edit(c, rule_tx, STR_NULL, in, ret, e);
}

int app_rule_change(struct app_call *c, struct str id, const json_t *in, json_t **ret,
		    struct error *e)
{
	return edit(c, rule_tx, id, in, ret, e);
}

static int rule_delete_tx(struct app_call *c, void *arg, struct error *e)
{
	struct store_rule v;

	if (load_rule(c, *(struct str *)arg, &v, e) < 0 ||
	    store_rule_delete(c->db, v.tenant, v.id, e) < 0)
		return -1;
	return app_audit(c, "rule.delete", "rule", v.id, v.name, NULL, e);
}

int app_rule_delete(struct app_call *c, struct str id, struct error *e)
{
	if (app_require(c, PERM_NOTIFY_WRITE, e) < 0)
		return -1;
	return app_tx(c, rule_delete_tx, &id, e);
}
