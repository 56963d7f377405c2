/* Word lists: looking, and the lists themselves. See lexicon.h; entries in lexicon_edit.c. */
#include "app/lexicon.h"

#include "app/textserve.h"
#include "app/view.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "store/policy.h"

#define OWN_NAME "我的词库"

int app_lexicon_load(struct app_call *c, struct str id, struct store_lexicon *ret, struct error *e)
{
	int r = store_lexicon_get(c->db, c->actor->tenant_id, id, c->arena, ret, e);

	if (r < 0)
		return -1;
	if (r == 0 || (ret->owner.len && !str_eq(ret->owner, c->actor->user_id)))
		return app_missing(e, "lexicon", "词库", "lexicon");
	return 0;
}

json_t *app_lexicon_view(struct app_call *c, const struct store_lexicon *v)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(v->id));
	json_put(o, "name", json_str(v->name));
	json_put(o, "note", json_str(v->note));
	json_put(o, "personal", json_boolean(v->owner.len > 0));
	json_put(o, "enabled", json_boolean(v->enabled));
	json_put(o, "version", json_integer(v->version));
	json_put(o, "entries", json_integer(v->entries));
	json_put(o, "created_by", json_str(v->created_by));
	json_put(o, "created", json_time(v->created));
	json_put(o, "updated", json_time(v->updated));
	return o;
}

struct listing {
	struct app_call *c;
	json_t *items;
	struct store_lexicon own;
	size_t n;
};

static void list_one(const struct store_lexicon *v, void *user)
{
	struct listing *l = user;

	json_array_append_new(l->items, app_lexicon_view(l->c, v));
}

int app_lexicon_list(struct app_call *c, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct listing l = { .c = c, .items = items };

	if (app_require(c, PERM_LEXICON_READ, e) < 0 ||
	    store_lexicon_list(c->db, c->actor->tenant_id, c->actor->user_id, c->arena, list_one, &l, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

int app_lexicon_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_lexicon v;

	if (app_require(c, PERM_LEXICON_READ, e) < 0 || app_lexicon_load(c, id, &v, e) < 0)
		return -1;
	*ret = app_lexicon_view(c, &v);
	return 0;
}

/* ---- making, changing, deleting ---- */

static void count_one(const struct store_lexicon *v, void *user)
{
	struct listing *l = user;

	if (!str_eq(v->owner, l->own.owner))
		return;
	if (!l->n++)
		l->own = *v;
}

static int insert(struct app_call *c, struct store_lexicon *v, struct error *e)
{
	struct id id = id_new(c->now);
	struct listing l = { .c = c, .own = { .owner = v->owner } };

	if (store_lexicon_list(c->db, c->actor->tenant_id, c->actor->user_id, c->arena, count_one, &l, e) < 0)
		return -1;
	if (l.n >= LIMIT_LEXICONS)
		return error_set(e, "lexicon.exceeded", "最多 %d 个词库，请先删除不用的", "at most %d lexicons: delete one first",
				 LIMIT_LEXICONS);
	v->id = arena_str(c->arena, id_str(&id));
	v->tenant = c->actor->tenant_id;
	v->enabled = true;
	v->created_by = c->actor->user_name;
	v->created = v->updated = c->now;
	v->revision = 1;
	if (store_lexicon_insert(c->db, v, e) < 0)
		return -1;
	return app_audit(c, "lexicon.add", "lexicon", v->id, v->name, NULL, e);
}

int app_lexicon_own(struct app_call *c, struct store_lexicon *ret, struct error *e)
{
	struct listing l = { .c = c, .own = { .owner = c->actor->user_id } };

	if (!c->actor->user_id.len)
		return app_missing(e, "lexicon", "词库", "lexicon");
	if (store_lexicon_list(c->db, c->actor->tenant_id, c->actor->user_id, c->arena, count_one, &l, e) < 0)
		return -1;
	if (l.n) {
		*ret = l.own;
		return 0;
	}
	*ret = (struct store_lexicon){ .name = STR(OWN_NAME), .owner = c->actor->user_id };
	return insert(c, ret, e);
}

struct change {
	struct str id; /* empty: add */
	const json_t *in;
	struct store_lexicon v;
};

static int take(const json_t *in, struct store_lexicon *v, struct error *e)
{
	if (json_object_get(in, "name"))
		v->name = str_trim(json_get_str(in, "name"));
	if (json_object_get(in, "note"))
		v->note = json_get_str(in, "note");
	v->enabled = json_get_bool(in, "enabled", v->enabled);
	if (!v->name.len || utf8_count(v->name) > LIMIT_SITE_NAME)
		return error_field(e, "name", "input.length", "词库名称应为 1 到 %d 个字", "name: 1 to %d characters",
				   LIMIT_SITE_NAME);
	return 0;
}

static int change_tx(struct app_call *c, void *arg, struct error *e)
{
	struct change *k = arg;
	struct store_lexicon *v = &k->v;
	int r;

	*v = (struct store_lexicon){ .owner = json_get_bool(k->in, "personal", false) ? c->actor->user_id : STR("") };
	if (k->id.len && app_lexicon_load(c, k->id, v, e) < 0)
		return -1;
	if (take(k->in, v, e) < 0)
		return -1;
	if (!k->id.len)
		return insert(c, v, e);
	v->updated = c->now;
	r = store_lexicon_save(c->db, v, e);
	if (r <= 0)
		return r < 0 ? -1 : app_conflict(e, "lexicon");
	if (store_text_bump(c->db, v->tenant, STR(""), e) < 0)
		return -1;
	return app_audit(c, "lexicon.edit", "lexicon", v->id, v->name, NULL, e);
}

static int change(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e)
{
	struct change k = { .id = id, .in = in };

	if (app_require(c, PERM_LEXICON_WRITE, e) < 0 || app_tx(c, change_tx, &k, e) < 0)
		return -1;
	app_text_touch(c->app, c->actor->tenant_id);
	*ret = app_lexicon_view(c, &k.v);
	return 0;
}

int app_lexicon_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	return change(c, STR(""), in, ret, e);
}

int app_lexicon_change(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e)
{
	return change(c, id, in, ret, e);
}

static int delete_tx(struct app_call *c, void *arg, struct error *e)
{
	struct store_lexicon v;

	if (app_lexicon_load(c, *(struct str *)arg, &v, e) < 0 || store_lexicon_delete(c->db, v.tenant, v.id, e) < 0 ||
	    store_text_bump(c->db, v.tenant, STR(""), e) < 0)
		return -1;
	return app_audit(c, "lexicon.delete", "lexicon", v.id, v.name, NULL, e);
}

int app_lexicon_delete(struct app_call *c, struct str id, struct error *e)
{
	if (app_require(c, PERM_LEXICON_WRITE, e) < 0 || app_tx(c, delete_tx, &id, e) < 0)
		return -1;
	app_text_touch(c->app, c->actor->tenant_id);
	return 0;
}

/* ---- versions ---- */

static void list_version(const struct store_lexicon_version *v, void *user)
{
	json_t *o = json_object();

	json_put(o, "version", json_integer(v->version));
	json_put(o, "action", json_str(v->action));
	json_put(o, "added", json_integer(v->added));
	json_put(o, "changed", json_integer(v->changed));
	json_put(o, "removed", json_integer(v->removed));
	json_put(o, "entries", json_integer(v->entries));
	json_put(o, "note", json_str(v->note));
	json_put(o, "by", app_person_json(v->account_id, v->account_name));
	json_put(o, "created", json_time(v->created));
	json_array_append_new(user, o);
}

int app_lexicon_versions(struct app_call *c, struct str lexicon, struct store_page *page, json_t **ret,
			 struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct store_lexicon v;

	if (app_require(c, PERM_LEXICON_READ, e) < 0 || app_lexicon_load(c, lexicon, &v, e) < 0 ||
	    store_lexicon_version_list(c->db, v.tenant, v.id, page, c->arena, list_version, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

struct changes {
	int64_t version;
	json_t *items;
	struct store_entry ended; /* waits for what came in its place */
};

static void add_change(struct changes *k, const char *what, const struct store_entry *before,
		       const struct store_entry *after)
{
	json_t *o = json_object();

	json_put(o, "change", json_c(what));
	json_put(o, "before", before ? app_entry_view(before) : json_null());
	json_put(o, "after", after ? app_entry_view(after) : json_null());
	json_array_append_new(k->items, o);
}

static void flush_ended(struct changes *k)
{
	if (k->ended.id.len)
		add_change(k, "removed", &k->ended, NULL);
	k->ended.id = STR("");
}

static void note_change(const struct store_entry *v, void *user)
{
	struct changes *k = user;

	if (v->to == k->version) {
		flush_ended(k);
		k->ended = *v;
	} else if (k->ended.id.len && str_eq(k->ended.id, v->id)) {
		add_change(k, "changed", &k->ended, v);
		k->ended.id = STR("");
	} else {
		flush_ended(k);
		add_change(k, "added", NULL, v);
	}
}

int app_lexicon_changes(struct app_call *c, struct str lexicon, int64_t version, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct changes k = { .version = version, .items = items };
	struct store_lexicon v;

	if (app_require(c, PERM_LEXICON_READ, e) < 0 || app_lexicon_load(c, lexicon, &v, e) < 0 ||
	    store_entry_changes(c->db, v.id, version, 1000, c->arena, note_change, &k, e) < 0)
		return -1;
	flush_ended(&k);
	*ret = take_ptr(items);
	return 0;
}
