/* What was kept of checks: lists, one record, marks of wrong hits; and the settings of what is
 * kept. Text is shown to those who may see it and goes to no log and no audit event. */
#include "app/lexicon.h"
#include "app/table.h"
#include "app/text.h"
#include "app/textserve.h"
#include "app/view.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "store/policy.h"
#include "store/review.h"

#define DAY_MS (24 * 3600 * 1000LL)

void app_text_verdict(json_t *o, struct str suggestion, int64_t score, struct str label, struct str sub_label)
{
	json_put(o, "suggestion", json_str(suggestion));
	json_put(o, "score", json_real((double)score / 10000));
	json_put(o, "label", app_str_or_null(label));
	json_put(o, "sub_label", app_str_or_null(sub_label));
}

static json_t *short_view(const struct store_text *v)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(v->id));
	json_put(o, "source", json_str(v->source));
	json_put(o, "scene", json_str(v->scene));
	json_put(o, "policy", json_str(v->policy));
	app_text_verdict(o, v->suggestion, v->score, v->label, v->sub_label);
	json_put(o, "chars", json_integer(v->chars));
	json_put(o, "merged_count", json_integer(v->merged));
	json_put(o, "account", app_person_json(v->account_id, v->account_name));
	json_put(o, "key_id", app_str_or_null(v->key_id));
	json_put(o, "task_id", app_str_or_null(v->task));
	json_put(o, "created", json_time(v->created));
	return o;
}

static void list_one(const struct store_text *v, void *user)
{
	json_t *o = short_view(v);

	json_put(o, "excerpt", json_str(v->text));
	json_array_append_new(user, o);
}

int app_text_list(struct app_call *c, const struct store_text_filter *f, struct store_page *page, json_t **ret,
		  struct error *e)
{
	struct store_text_filter own = *f;
	_cleanup_json_ json_t *items = json_array();

	own.tenant = c->actor->tenant_id;
	if (app_require(c, PERM_TEXT_READ, e) < 0 ||
	    store_text_list(c->db, &own, page, c->arena, list_one, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

/* ---- as a file ---- */

struct out {
	struct app_table table;
	const struct comply *engine;
};

static void write_one(const struct store_text *v, void *user)
{
	struct out *o = user;
	char created[CLOCK_RFC3339_SIZE], score[24], chars[24], merged[24], code[100];
	const struct comply_label *label;

	clock_format_rfc3339(v->created, created);
	snprintf(score, sizeof(score), "%.4f", (double)v->score / 10000);
	snprintf(chars, sizeof(chars), "%lld", (long long)v->chars);
	snprintf(merged, sizeof(merged), "%lld", (long long)v->merged);
	snprintf(code, sizeof(code), "%.*s%s%.*s", STR_ARG(v->label), v->sub_label.len ? "." : "", STR_ARG(v->sub_label));
	label = comply_label_find(o->engine, str_c(code));
	const struct str cells[] = { str_c(created), v->source, v->scene, v->policy, v->suggestion, str_c(score), str_c(code),
				     label ? label->zh : v->label, str_c(chars), str_c(merged), v->account_name, v->text };
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
		app_table_cell(&o->table, cells[i]);
	app_table_row(&o->table);
}

static int write_all(struct app_call *c, const struct store_text_filter *f, struct out *o, struct buf *file, struct error *e)
{
	struct store_page page = { .limit = 200, .sort = STR("created"), .desc = true };

	for (int i = 0; i < LIMIT_EXPORT_PAGES; i++) {
		_cleanup_arena_ struct arena *a = arena_new(64 * MIB);

		if (store_text_list(c->db, f, &page, a, write_one, o, e) < 0)
			return -1;
		if (!page.next.len || file->overflow)
			return 0;
		page.after = arena_str(c->arena, page.next);
	}
	return 0;
}

int app_text_export(struct app_call *c, const struct store_text_filter *f, struct str format, struct buf *file,
		    struct error *e)
{
	static const char *const heads[][2] = {
		{ "created", "时间" }, { "source", "来源" }, { "scene", "场景" }, { "policy", "策略" },
		{ "suggestion", "结论" }, { "score", "分数" }, { "label", "标签" }, { "label_zh", "标签名" },
		{ "chars", "字符" }, { "merged_count", "风险" }, { "account", "谁检测的" }, { "text", "文字" },
	};
	struct store_text_filter own = *f;
	struct out o;
	int r;

	own.tenant = c->actor->tenant_id;
	own.whole = true;
	if (app_require(c, PERM_TEXT_READ, e) < 0 || app_texts_engine(c->app, &o.engine, e) < 0)
		return -1;
	app_table_begin(&o.table, format, file);
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		app_table_cell(&o.table, str_c(heads[i][o.table.sheet != NULL]));
	app_table_row(&o.table);
	r = app_table_end(&o.table, write_all(c, &own, &o, file, e), e);
	if (r == 0 && file->overflow)
		return error_set(e, "export.too-large", "导出内容过大，请缩小筛选范围", "the export is too large: narrow the filter");
	return r;
}

/* ---- one record ---- */

static int load(struct app_call *c, struct str id, struct store_text *ret, struct error *e)
{
	int r = store_text_get(c->db, c->actor->tenant_id, id, c->arena, ret, e);

	return r > 0 ? 0 : r < 0 ? -1 : app_missing(e, "text", "检测记录", "text check");
}

static json_t *view(struct app_call *c, const struct store_text *v)
{
	struct store_review review;
	json_t *o = short_view(v);
	int has = store_review_of(c->db, v->tenant, v->id, c->arena, &review, NULL);

	json_put(o, "text", json_str(v->text));
	json_put(o, "result", app_text_json(v->result));
	json_put(o, "marks", app_text_json(v->marks));
	json_put(o, "review_id", has > 0 ? json_str(review.id) : json_null());
	json_put(o, "review_state", has > 0 ? json_str(review.state) : json_null());
	return o;
}

int app_text_get(struct app_call *c, struct str id, json_t **ret, struct error *e)
{
	struct store_text v;

	if (app_require(c, PERM_TEXT_READ, e) < 0 || load(c, id, &v, e) < 0)
		return -1;
	*ret = view(c, &v);
	return 0;
}

static int delete_tx(struct app_call *c, void *arg, struct error *e)
{
	struct store_text v;

	if (load(c, *(struct str *)arg, &v, e) < 0 || store_review_delete_of(c->db, v.tenant, v.id, e) < 0 ||
	    store_text_delete(c->db, v.tenant, v.id, e) < 0)
		return -1;
	return app_audit(c, "text.delete", "text", v.id, STR(""), NULL, e);
}

int app_text_delete(struct app_call *c, struct str id, struct error *e)
{
	return app_require(c, PERM_TEXT_CHECK, e) < 0 ? -1 : app_tx(c, delete_tx, &id, e);
}

/* ---- marks ---- */

struct mark {
	struct str id;
	const json_t *in;
	json_t *view;
};

static json_t *mark_view(struct app_call *c, const json_t *hit, int64_t n, const json_t *in)
{
	json_t *m = json_object();
	static const char *const copied[] = { "start", "end", "text", "term", "label", "sub_label" };

	json_put(m, "hit", json_integer(n));
	for (size_t i = 0; i < ARRAY_SIZE(copied); i++)
		if (json_object_get(hit, copied[i]))
			json_object_set(m, copied[i], json_object_get(hit, copied[i]));
	json_put(m, "reason", json_str(json_get_str(in, "reason")));
	json_put(m, "allow", json_boolean(json_get_bool(in, "allow", false)));
	json_put(m, "by", app_person_json(c->actor->user_id, c->actor->user_name));
	json_put(m, "created", json_time(c->now));
	return m;
}

/* A hit that somebody calls wrong is looked at by the queue, whatever the suggestion was. */
static int queue(struct app_call *c, const struct store_text *v, struct error *e)
{
	struct id id = id_new(c->now);
	struct store_review r = { .id = id_str(&id), .tenant = v->tenant, .check = v->id, .state = STR("open"),
				  .source = v->source, .scene = v->scene, .suggestion = v->suggestion,
				  .label = v->label, .sub_label = v->sub_label, .score = v->score,
				  .excerpt = utf8_truncate(v->text, 300), .created = c->now };

	return store_review_insert(c->db, &r, e);
}

static int mark_tx(struct app_call *c, void *arg, struct error *e)
{
	struct mark *k = arg;
	struct store_text v;
	_cleanup_json_ json_t *result = NULL;
	_cleanup_json_ json_t *marks = NULL;
	int64_t n = json_get_int(k->in, "hit", -1);
	const json_t *hit;
	size_t i;
	json_t *m;

	if (load(c, k->id, &v, e) < 0)
		return -1;
	result = json_parse(v.result, NULL);
	marks = json_parse(v.marks, NULL);
	if (!json_is_array(marks)) {
		json_decref(marks);
		marks = json_array();
	}
	hit = n >= 0 ? json_array_get(json_object_get(result, "hits"), (size_t)n) : NULL;
	if (!hit)
		return error_field(e, "hit", "text.hit-unknown", "没有第 %lld 个命中", "there is no hit %lld", (long long)n);
	json_array_foreach(marks, i, m)
		if (json_get_int(m, "hit", -1) == n)
			return error_set(e, "mark.exists", "这个命中已标为误报", "this hit is marked already");
	json_array_append_new(marks, mark_view(c, hit, n, k->in));
	if (store_text_set_marks(c->db, v.tenant, v.id, app_json_text(c->arena, marks), e) < 0 || queue(c, &v, e) < 0)
		return -1;
	if (json_get_bool(k->in, "allow", false) &&
	    app_lexicon_allow_hit(c, json_get_str(k->in, "lexicon_id"), json_get_str(hit, "text"),
				  json_get_str(k->in, "reason"), e) < 0)
		return -1;
	return app_audit(c, "text.mark", "text", v.id, STR(""), NULL, e);
}

int app_text_mark(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e)
{
	struct mark k = { id, in, NULL };

	if (app_require(c, PERM_TEXT_CHECK, e) < 0 || app_tx(c, mark_tx, &k, e) < 0)
		return -1;
	app_text_touch(c->app, c->actor->tenant_id);
	return app_text_get(c, id, ret, e);
}

/* ---- settings ---- */

int app_text_settings_view(struct app_call *c, json_t **ret, struct error *e)
{
	static const char *const keeps[] = { "none", "flagged", "all" };
	struct text_settings s;
	struct str text;
	int64_t generation;

	if (app_require(c, PERM_POLICY_READ, e) < 0 ||
	    store_text_state(c->db, c->actor->tenant_id, c->arena, &generation, &text, e) < 0)
		return -1;
	text_settings_read(text, &s);
	*ret = json_object();
	json_put(*ret, "keep_console", json_boolean(s.keep_console));
	json_put(*ret, "keep_key", json_c(keeps[s.keep_key]));
	json_put(*ret, "queue", json_c(s.queue == COMPLY_PASS ? "none" : s.queue == COMPLY_BLOCK ? "block" : "flagged"));
	json_put(*ret, "second_look", json_boolean(s.second_look));
	json_put(*ret, "retention_days", json_integer(s.retention_days));
	json_put(*ret, "rate_per_second", json_integer(s.rate_per_second));
	return 0;
}

static int change_tx(struct app_call *c, void *arg, struct error *e)
{
	json_t *in = arg, *v;
	_cleanup_json_ json_t *now = NULL;
	const char *key;

	if (app_text_settings_view(c, &now, e) < 0)
		return -1;
	json_object_foreach(in, key, v)
		json_object_set(now, key, v);
	if (store_text_bump(c->db, c->actor->tenant_id, app_json_text(c->arena, now), e) < 0)
		return -1;
	return app_audit(c, "text.settings", "text-settings", c->actor->tenant_id, STR(""), now, e);
}

int app_text_settings_change(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *copy = json_deep_copy(in);

	if (app_require(c, PERM_POLICY_WRITE, e) < 0 || app_tx(c, change_tx, copy, e) < 0)
		return -1;
	app_text_touch(c->app, c->actor->tenant_id);
	return app_text_settings_view(c, ret, e);
}

/* ---- upkeep ---- */

struct prune {
	struct app_call *c;
	struct error *e;
	bool failed;
};

static void prune_one(struct str tenant, struct str settings, void *user)
{
	struct prune *p = user;
	struct text_settings s;

	text_settings_read(settings, &s);
	if (!p->failed)
		p->failed = store_text_prune(p->c->db, tenant, p->c->now - s.retention_days * DAY_MS, p->e) < 0;
}

int app_text_prune(struct app_call *c, struct error *e)
{
	struct prune p = { c, e, false };

	if (store_text_tenants(c->db, c->arena, prune_one, &p, e) < 0 || p.failed)
		return -1;
	return store_text_count_prune(c->db, (c->now - LIMIT_TEXT_COUNT_DAYS * DAY_MS) / (3600 * 1000LL), e);
}
