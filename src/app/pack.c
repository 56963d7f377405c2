/* Rule packs: see pack.h. Here what people see and switch; packimport.c brings content in. */
#include "app/pack_private.h"

#include "app/view.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "store/blob.h"

int pack_load(struct app_call *c, struct str id, struct store_rulepack *ret, struct error *e)
{
	int r = store_rulepack_get(c->db, c->actor->tenant_id, id, c->arena, ret, e);

	return r > 0 ? 0 : r < 0 ? -1 : app_missing(e, "rule-pack", "规则包", "rule pack");
}

int pack_tell(struct app_call *c, struct str id, const char *type, struct error *e)
{
	_cleanup_json_ json_t *o = json_object();

	json_put(o, "pack_id", json_str(id));
	return app_event(c, "rule-pack", type, o, e);
}

/* ---- shape ---- */

static bool builtin(const struct store_rulepack *p)
{
	return str_eq(p->kind, STR("builtin"));
}

json_t *pack_json(const struct store_rulepack *p)
{
	json_t *o = json_object(), *v = json_null();

	json_put(o, "id", json_str(p->id));
	json_put(o, "kind", json_str(p->kind));
	json_put(o, "name", builtin(p) ? json_c("站卫内置规则") : json_str(p->name));
	json_put(o, "name_en", builtin(p) ? json_c("Built-in templates") : json_str(p->name));
	json_put(o, "enabled", json_boolean(p->enabled));
	if (p->version.len) {
		v = json_object();
		json_put(v, "id", json_str(p->version));
		json_put(v, "number", json_integer(p->number));
		json_put(v, "label", json_str(p->label));
		json_put(v, "source", json_str(p->source));
		json_put(v, "created", json_time(p->version_created));
	}
	json_put(o, "version", v);
	json_put(o, "versions", json_integer(p->versions));
	json_put(o, "templates", json_integer(p->good + p->bad));
	json_put(o, "good", json_integer(p->good));
	json_put(o, "bad", json_integer(p->bad));
	json_put(o, "ignored", json_integer(p->ignored));
	json_put(o, "off", json_integer(p->off));
	json_put(o, "newest_state", json_str(p->newest_state));
	json_put(o, "error", app_text_json(p->newest_error));
	json_put(o, "created", json_time(p->created));
	json_put(o, "updated", json_time(p->updated));
	json_put(o, "revision", json_integer(p->revision));
	return o;
}

static void list_pack(const struct store_rulepack *p, void *user)
{
	json_array_append_new(user, pack_json(p));
}

int app_pack_list(struct app_call *c, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();

	if (app_require(c, PERM_PACK_READ, e) < 0 || pack_sync(c, e) < 0 ||
	    store_rulepack_list(c->db, c->actor->tenant_id, c->arena, list_pack, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

int app_pack_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_rulepack p;

	if (app_require(c, PERM_PACK_READ, e) < 0 || pack_load(c, id, &p, e) < 0)
		return -1;
	*ret = pack_json(&p);
	return 0;
}

/* ---- versions ---- */

struct versions {
	json_t *items;
	struct str current;
};

static void list_version(const struct store_ruleversion *v, void *user)
{
	struct versions *l = user;
	json_t *o = json_object();

	json_put(o, "id", json_str(v->id));
	json_put(o, "number", json_integer(v->number));
	json_put(o, "label", json_str(v->label));
	json_put(o, "source", json_str(v->source));
	json_put(o, "state", json_str(v->state));
	json_put(o, "current", json_boolean(str_eq(v->id, l->current)));
	json_put(o, "sha256", json_str(v->blob));
	json_put(o, "size", json_integer(v->size));
	json_put(o, "good", json_integer(v->good));
	json_put(o, "bad", json_integer(v->bad));
	json_put(o, "ignored", json_integer(v->ignored));
	json_put(o, "error", app_text_json(v->error));
	json_put(o, "created_by", json_str(v->created_by));
	json_put(o, "created", json_time(v->created));
	json_put(o, "finished", json_time(v->finished));
	json_array_append_new(l->items, o);
}

int app_pack_versions(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct store_rulepack p;
	struct versions l = { .items = items };

	if (app_require(c, PERM_PACK_READ, e) < 0 || pack_load(c, id, &p, e) < 0)
		return -1;
	l.current = p.version;
	if (store_ruleversion_list(c->db, p.tenant, p.id, c->arena, list_version, &l, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

static int load_version(struct app_call *c, const struct store_rulepack *p, struct str id,
			struct store_ruleversion *ret, struct error *e)
{
	int r = id.len ? store_ruleversion_get(c->db, p->tenant, id, c->arena, ret, e) : 0;

	if (r < 0)
		return -1;
	if (!r || !str_eq(ret->pack, p->id))
		return app_missing(e, "rule-version", "规则包版本", "version of this rule pack");
	return 0;
}

struct edit {
	struct str id;
	const json_t *in;
	int64_t changed;
};

static int use_tx(struct app_call *c, void *arg, struct error *e)
{
	struct edit *k = arg;
	struct store_rulepack p;
	struct store_ruleversion v;
	_cleanup_json_ json_t *detail = json_object();
	int r;

	if (pack_load(c, k->id, &p, e) < 0 ||
	    load_version(c, &p, json_get_str(k->in, "version_id"), &v, e) < 0)
		return -1;
	if (!str_eq(v.state, STR("ready")))
		return error_field(e, "version_id", "rule-version.state", "这个版本没有通过检查，不能启用",
				   "this version did not pass its checks");
	json_put(detail, "from", json_integer(p.number));
	json_put(detail, "to", json_integer(v.number));
	p.version = v.id;
	p.updated = c->now;
	r = store_rulepack_save(c->db, &p, e);
	if (r <= 0)
		return r < 0 ? -1 : app_conflict(e, "rule-pack");
	if (app_audit(c, "rule-pack.use", "rule-pack", p.id, p.name, detail, e) < 0)
		return -1;
	return pack_tell(c, p.id, "rule-pack.changed", e);
}

int app_pack_use(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e)
{
	struct edit k = { id, in, 0 };

	if (app_require(c, PERM_PACK_WRITE, e) < 0 || app_tx(c, use_tx, &k, e) < 0)
		return -1;
	return app_pack_get(c, id, ret, e);
}

/* ---- name and switch ---- */

static int change_tx(struct app_call *c, void *arg, struct error *e)
{
	struct edit *k = arg;
	struct store_rulepack p;
	_cleanup_json_ json_t *detail = json_object();
	struct str name = str_trim(json_get_str(k->in, "name"));
	int r;

	if (pack_load(c, k->id, &p, e) < 0)
		return -1;
	if (name.len && builtin(&p))
		return error_field(e, "name", "rule-pack.state", "内置规则包不能改名", "the built-in pack keeps its name");
	if (name.len)
		p.name = name;
	p.enabled = json_get_bool(k->in, "enabled", p.enabled);
	p.updated = c->now;
	r = store_rulepack_save(c->db, &p, e);
	if (r <= 0)
		return r < 0 ? -1 : app_conflict(e, "rule-pack");
	json_put(detail, "enabled", json_boolean(p.enabled));
	if (app_audit(c, "rule-pack.change", "rule-pack", p.id, p.name, detail, e) < 0)
		return -1;
	return pack_tell(c, p.id, "rule-pack.changed", e);
}

int app_pack_change(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e)
{
	struct edit k = { id, in, 0 };

	if (app_require(c, PERM_PACK_WRITE, e) < 0 || app_tx(c, change_tx, &k, e) < 0)
		return -1;
	return app_pack_get(c, id, ret, e);
}

struct dropped {
	struct app_call *c;
	struct error *e;
	int r;
};

static void drop_version(const struct store_ruleversion *v, void *user)
{
	struct dropped *d = user;

	if (d->r == 0)
		d->r = pack_version_drop(d->c, v, d->e);
}

static int delete_tx(struct app_call *c, void *arg, struct error *e)
{
	struct edit *k = arg;
	struct store_rulepack p;
	struct dropped d = { c, e, 0 };

	if (pack_load(c, k->id, &p, e) < 0)
		return -1;
	if (builtin(&p))
		return error_set(e, "rule-pack.builtin.state", "内置规则包不能删除，可以停用",
				 "the built-in pack cannot be deleted; switch it off instead");
	if (store_ruleversion_list(c->db, p.tenant, p.id, c->arena, drop_version, &d, e) < 0 || d.r < 0 ||
	    store_rulepack_delete(c->db, p.tenant, p.id, e) < 0 ||
	    app_audit(c, "rule-pack.delete", "rule-pack", p.id, p.name, NULL, e) < 0)
		return -1;
	return pack_tell(c, p.id, "rule-pack.deleted", e);
}

int app_pack_delete(struct app_call *c, struct str id, struct error *e)
{
	struct edit k = { id, NULL, 0 };

	if (app_require(c, PERM_PACK_WRITE, e) < 0)
		return -1;
	return app_tx(c, delete_tx, &k, e);
}

/* ---- templates ---- */

static void list_rule(const struct store_template *r, void *user)
{
	json_t *o = json_object();

	json_put(o, "path", json_str(r->path));
	json_put(o, "id", json_str(r->id));
	json_put(o, "name", json_str(r->name));
	json_put(o, "name_en", json_str(r->name_en));
	json_put(o, "severity", json_c(severity_name((enum severity)r->severity)));
	json_put(o, "tags", json_str(r->tags));
	json_put(o, "product", json_str(r->product));
	json_put(o, "protocol", json_str(r->protocol));
	json_put(o, "intrusive", json_boolean(r->intrusive));
	json_put(o, "ok", json_boolean(r->good));
	json_put(o, "enabled", json_boolean(r->good && !r->off));
	json_put(o, "code", json_str(r->code));
	json_put(o, "reason", json_str(r->reason));
	json_put(o, "reason_en", json_str(r->reason_en));
	json_array_append_new(user, o);
}

/* Names of levels as the numbers that rows hold: "high,critical" -> "3,4". */
static struct str severity_numbers(struct arena *a, struct str names)
{
	struct str out = STR(""), part;

	while (str_split(&names, ',', &part))
		for (int i = 0; i < SEVERITY_COUNT; i++)
			if (str_eq(str_trim(part), str_c(severity_name((enum severity)i))))
				out = arena_printf(a, "%.*s%s%d", STR_ARG(out), out.len ? "," : "", i);
	return out.len ? out : arena_printf(a, "-1");
}

static int fill_filter(struct app_call *c, struct str id, struct store_template_filter *f, struct error *e)
{
	struct store_rulepack p;
	struct store_ruleversion v;

	if (pack_load(c, id, &p, e) < 0)
		return -1;
	f->pack = p.id;
	if (f->version.len && load_version(c, &p, f->version, &v, e) < 0)
		return -1;
	if (!f->version.len)
		f->version = p.version;
	if (f->severity.len)
		f->severity = severity_numbers(c->arena, f->severity);
	return 0;
}

int app_pack_templates(struct app_call *c, struct str id, struct store_template_filter *f,
		       struct store_page *page, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();

	if (app_require(c, PERM_PACK_READ, e) < 0 || fill_filter(c, id, f, e) < 0 ||
	    store_template_list(c->db, f, page, c->arena, list_rule, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

static int switch_ids(struct app_call *c, struct edit *k, const struct store_rulepack *p, bool off,
		      struct error *e)
{
	struct str *ids;
	size_t n;

	if (app_json_strings(c->arena, json_object_get(k->in, "ids"), "ids", LIMIT_PACK_SWITCHES, &ids, &n,
			     e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (store_template_switch(c->db, p->id, ids[i], off, c->actor->user_name, c->now, e) < 0)
			return -1;
	k->changed = (int64_t)n;
	return 0;
}

static int switch_tx(struct app_call *c, void *arg, struct error *e)
{
	struct edit *k = arg;
	const json_t *filter = json_object_get(k->in, "filter");
	bool off = !json_get_bool(k->in, "enabled", true);
	struct store_template_filter f = { .q = json_get_str(filter, "q"),
				       .severity = json_get_str(filter, "severity"),
				       .state = json_get_str(filter, "state") };
	_cleanup_json_ json_t *detail = json_object();
	struct store_rulepack p;
	int64_t count;
	int r;

	if (pack_load(c, k->id, &p, e) < 0 || fill_filter(c, k->id, &f, e) < 0)
		return -1;
	if (!filter == !json_object_get(k->in, "ids"))
		return error_field(e, "ids", "input.required", "请选择规则（ids）或给出筛选条件（filter）",
				   "name templates (ids) or give a filter");
	r = filter ? store_template_switch_all(c->db, &f, off, c->actor->user_name, c->now, c->arena, &k->changed, e) :
		     switch_ids(c, k, &p, off, e);
	if (r < 0 || store_template_off_count(c->db, c->actor->tenant_id, &count, e) < 0 ||
	    store_rulepack_touch(c->db, p.id, c->now, e) < 0)
		return -1;
	if (off && count > LIMIT_PACK_OFF)
		return error_field(e, "ids", "rule-pack.too-many-off", "单独停用的规则最多 %d 条；请改为停用整个规则包，或删去不用的规则后重新导入。",
				   "at most %d single templates can be off; switch the whole pack off, or import it again without them",
				   LIMIT_PACK_OFF);
	json_put(detail, "enabled", json_boolean(!off));
	json_put(detail, "changed", json_integer(k->changed));
	if (!filter && k->changed <= 20)
		json_put(detail, "ids", json_incref(json_object_get(k->in, "ids")));
	if (app_audit(c, "rule-pack.switch", "rule-pack", p.id, p.name, detail, e) < 0)
		return -1;
	return pack_tell(c, p.id, "rule-pack.changed", e);
}

int app_pack_switch(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e)
{
	struct edit k = { id, in, 0 };

	if (app_require(c, PERM_PACK_WRITE, e) < 0 || app_tx(c, switch_tx, &k, e) < 0)
		return -1;
	*ret = json_object();
	json_put(*ret, "changed", json_integer(k.changed));
	return 0;
}

/* One file of a bundle; ptr NULL: not there. */
static struct str bundle_file(struct str bundle, struct str path)
{
	struct reader r = reader_of(bundle);
	struct str name, bytes;

	while (r.ptr < r.end && reader_blob(&r, &name) == 0 && reader_blob(&r, &bytes) == 0)
		if (str_eq(name, path))
			return bytes;
	return STR_NULL;
}

int app_pack_source(struct app_call *c, struct str id, struct str version, struct str path, json_t **ret,
		    struct error *e)
{
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_BLOB);
	struct store_rulepack p;
	struct store_ruleversion v;
	struct str bytes;

	if (app_require(c, PERM_PACK_READ, e) < 0 || pack_load(c, id, &p, e) < 0 ||
	    load_version(c, &p, version.len ? version : p.version, &v, e) < 0)
		return -1;
	if (v.blob.len && store_blob_get(c->db, p.tenant, v.blob, &b, e) < 0)
		return -1;
	bytes = bundle_file(buf_view(&b), path);
	if (!bytes.ptr)
		return app_missing(e, "rule-template", "规则文件", "template");
	*ret = json_object();
	json_put(*ret, "path", json_str(path));
	json_put(*ret, "text", json_str(utf8_truncate(bytes, 256 * KIB)));
	json_put(*ret, "truncated", json_boolean(bytes.len > 256 * KIB));
	return 0;
}

/* ---- what a scan runs ---- */

struct gather {
	struct app_call *c;
	struct app_pack_set set;
	struct store_rulepack list[LIMIT_PACKS + 1];
	size_t n, cap;
};

static void note_pack(const struct store_rulepack *p, void *user)
{
	struct gather *g = user;

	if (g->n < ARRAY_SIZE(g->list) && p->enabled && p->version.len)
		g->list[g->n++] = *p;
}

static void note_off(struct str id, void *user)
{
	struct gather *g = user;

	if (g->set.off_len == g->cap) {
		size_t cap = g->cap ? g->cap * 2 : 64;
		struct str *more = arena_array(g->c->arena, cap, sizeof(*more));

		if (g->cap)
			memcpy(more, g->set.off, g->cap * sizeof(*more));
		g->set.off = more;
		g->cap = cap;
	}
	g->set.off[g->set.off_len++] = id;
}

int app_pack_set(struct app_call *c, struct app_pack_set *ret, struct error *e)
{
	struct gather *g = arena_new_of(c->arena, struct gather);
	struct store_ruleversion v;

	g->c = c;
	if (pack_sync(c, e) < 0 ||
	    store_rulepack_list(c->db, c->actor->tenant_id, c->arena, note_pack, g, e) < 0)
		return -1;
	g->set.packs = arena_array(c->arena, g->n + 1, sizeof(*g->set.packs));
	for (size_t i = 0; i < g->n; i++) {
		_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_BLOB);
		const struct store_rulepack *p = &g->list[i];

		if (load_version(c, p, p->version, &v, e) < 0 ||
		    store_blob_get(c->db, p->tenant, v.blob, &b, e) < 0 ||
		    store_template_off_list(c->db, p->id, c->arena, note_off, g, e) < 0)
			return -1;
		if (arena_left(c->arena) < b.len + MIB)
			return error_set(e, "rule-pack.too-large", "启用的规则包过大", "the enabled packs are too big");
		g->set.packs[g->set.packs_len++] =
			(struct app_pack_bundle){ p->name, arena_str(c->arena, buf_view(&b)) };
	}
	*ret = g->set;
	return 0;
}
