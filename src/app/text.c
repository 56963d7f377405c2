/* Checking texts: see text.h. The order of a check: room in the rate, the tenant's state, the
 * engine, counts, what is kept. Nothing has happened when "text.later" is answered. */
#include "app/text.h"

#include "app/textserve.h"
#include "app/view.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "store/review.h"

/* ---- by what ---- */

static bool in_time(const struct text_policy *p, int64_t now)
{
	return (!p->starts || p->starts <= now) && (!p->ends || now < p->ends);
}

static bool is_named(const struct text_policy *p, struct str name)
{
	return str_eq(p->id, name) || str_eq(p->name, name);
}

struct picked {
	struct comply_rule *rules;
	size_t n;
	struct str base;
	bool any, always; /* a policy of that scene; one that applies at all times */
};

static void pick(struct picked *k, const struct text_policy *p)
{
	memcpy(k->rules + k->n, p->rules, p->rules_len * sizeof(*p->rules));
	k->n += p->rules_len;
	if (p->base.len)
		k->base = p->base;
	k->any = true;
}

/* The named policy alone; else those of the scene and of all scenes that are in force. */
static bool pick_all(const struct text_tenant *t, const struct app_text_way *way, int64_t now, struct picked *k)
{
	bool known = false;

	for (size_t i = 0; i < t->policies_len; i++) {
		const struct text_policy *p = &t->policies[i];

		if (way->policy.len) {
			if (!is_named(p, way->policy))
				continue;
			pick(k, p);
			if (!way->scene.len && !p->base.len)
				k->base = comply_scene_known(p->scene) ? p->scene : STR("");
			return true;
		}
		known |= str_eq(p->scene, way->scene);
		if (in_time(p, now) && (str_eq(p->scene, way->scene) || str_eq(p->scene, STR("*"))))
			pick(k, p);
	}
	return known;
}

static int unknown_scene(struct error *e, struct str scene)
{
	return error_field(e, "scene", "text.scene", "没有场景“%.*s”：可用 news、ad、comment、site、game，或策略里定义的场景名",
			   "no scene \"%.*s\": use news, ad, comment, site, game or one that a policy defines",
			   (int)(scene.len < 60 ? scene.len : 60), scene.ptr ? scene.ptr : "");
}

int app_text_options(struct app_call *c, const struct text_tenant *t, const struct app_text_way *way,
		     struct comply_options *ret, struct error *e)
{
	const struct comply_lexicon **lists = arena_array(c->arena, 2, sizeof(*lists));
	struct picked k = { .base = comply_scene_known(way->scene) ? way->scene : STR("") };
	size_t n = 0, rules = 0;
	bool known;

	for (size_t i = 0; i < t->policies_len; i++)
		rules += t->policies[i].rules_len;
	k.rules = arena_array(c->arena, rules + 1, sizeof(*k.rules));
	known = pick_all(t, way, c->now, &k);
	if (way->policy.len && !known)
		return error_field(e, "policy", "text.policy", "没有这个策略，或已停用", "no such policy, or it is switched off");
	if (!way->policy.len && !known && !comply_scene_known(way->scene))
		return unknown_scene(e, way->scene);
	if (t->shared)
		lists[n++] = t->shared;
	for (size_t i = 0; way->person.len && i < t->persons_len; i++)
		if (str_eq(t->persons[i].account, way->person))
			lists[n++] = t->persons[i].lexicon;
	*ret = (struct comply_options){ .scene = k.base, .rules = k.rules, .rules_len = k.n, .lexicons = lists,
					.lexicons_len = n, .no_model = way->no_model, .now = c->now };
	return 0;
}

static bool by_key(const struct app_call *c)
{
	return c->actor->via == APP_VIA_KEY;
}

static struct app_text_way way_of(const struct app_call *c, const json_t *in)
{
	return (struct app_text_way){ .scene = json_get_str(in, "scene"), .policy = json_get_str(in, "policy"),
				      .person = by_key(c) ? STR("") : c->actor->user_id };
}

static int too_long(struct str text, const char *field, struct error *e)
{
	size_t n = text.len > LIMIT_TEXT_CHARS ? utf8_count(text) : 0;

	if (n <= LIMIT_TEXT_CHARS)
		return 0;
	return error_field(e, field, "text.too-large",
			   "文本有 %zu 个字符，同步检测最多 %d 个；更长的文本请用异步任务 POST /api/v1/text/tasks",
			   "the text has %zu characters, at most %d are checked at once; send longer ones to POST /api/v1/text/tasks",
			   n, LIMIT_TEXT_CHARS);
}

int app_text_take(struct app_call *c, const struct text_tenant *t, size_t n, struct error *e)
{
	unsigned wait;

	if (!by_key(c))
		return 0;
	wait = app_text_rate(c->app, c->actor->key_id, t->settings.rate_per_second, (unsigned)n);
	if (!wait)
		return 0;
	c->retry_after = wait;
	return error_set(e, "text.too-many", "请求过于频繁：本租户每个密钥每秒最多 %lld 个文本，请 %u 秒后重试",
			 "too many requests: a key of this tenant may send %lld texts a second; try again in %u s",
			 (long long)t->settings.rate_per_second, wait);
}

/* ---- keeping ---- */

static struct str compact(struct arena *a, json_t *v)
{
	return app_json_text(a, v);
}

static bool wanted(const struct app_call *c, const struct text_tenant *t, const struct comply_result *r)
{
	if (!by_key(c))
		return t->settings.keep_console;
	return t->settings.keep_key == TEXT_KEEP_ALL ||
	       (t->settings.keep_key == TEXT_KEEP_FLAGGED && r->suggestion != COMPLY_PASS);
}

static void fill(struct app_call *c, const struct app_text_way *way, const char *source, struct str text,
		 const struct comply_result *r, json_t *doc, struct store_text *row)
{
	*row = (struct store_text){ .tenant = c->actor->tenant_id, .source = str_c(source),
				    .account_id = c->actor->user_id, .account_name = c->actor->user_name,
				    .key_id = c->actor->key_id, .scene = way->scene, .policy = way->policy,
				    .suggestion = str_c(comply_action_name(r->suggestion)), .text = text,
				    .result = compact(c->arena, doc), .score = (int64_t)(r->score * 10000 + .5),
				    .chars = (int64_t)r->chars, .merged = (int64_t)r->merged_count, .created = c->now };
	if (r->labels_len) {
		row->label = r->labels[0].label;
		row->sub_label = r->labels[0].sub_label;
	}
}

struct keep_now {
	const struct store_text *row;
	bool review;
};

static int keep_tx(struct app_call *c, void *arg, struct error *e)
{
	const struct keep_now *k = arg;

	return text_row_write(c->db, k->row, k->review, e);
}

/* People see their text in the history at once; programs do not wait for the database. */
static int keep(struct app_call *c, const struct text_tenant *t, const struct app_text_way *way, const char *source,
		struct str text, const struct comply_result *r, json_t *doc, struct error *e)
{
	struct id id = id_new(c->now);
	struct store_text row;
	struct keep_now k = { &row, t->settings.queue != COMPLY_PASS && r->suggestion >= t->settings.queue };

	fill(c, way, source, text, r, doc, &row);
	row.id = id_str(&id);
	if (by_key(c) || !c->db) {
		if (app_text_keep(c->app, &row, k.review))
			json_put(doc, "id", json_str(row.id));
		return 0;
	}
	if (app_tx(c, keep_tx, &k, e) < 0)
		return -1;
	json_put(doc, "id", json_str(row.id));
	return 0;
}

struct one { /* what all texts of a request share */
	const struct text_tenant *t;
	const struct comply *engine;
	struct app_text_way way;
	struct comply_options o;
	const char *source;
	struct str mask;
	bool replace, keep;
};

static int check_one(struct app_call *c, const struct one *k, struct str text, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *doc = NULL;
	struct comply_result r;

	if (comply_check(k->engine, text, &k->o, c->arena, &r, e) < 0)
		return -1;
	doc = comply_result_json(&r);
	app_text_count(c->app, &(struct text_note){ c->actor->tenant_id, str_c(k->source), k->way.scene, &r, c->now });
	if (k->keep && wanted(c, k->t, &r) && keep(c, k->t, &k->way, k->source, text, &r, doc, e) < 0)
		return -1;
	if (k->mask.len || k->replace)
		json_put(doc, "masked", json_str(comply_mask(c->arena, text, &r, COMPLY_REVIEW, k->replace,
							     k->mask.len ? k->mask : STR("*"))));
	*ret = take_ptr(doc);
	return 0;
}

static int prepare(struct app_call *c, const json_t *in, const char *source, unsigned n, struct one *k, struct error *e)
{
	k->source = source;
	k->way = way_of(c, in);
	k->mask = json_get_str(in, "mask");
	k->replace = json_get_bool(in, "replace", false);
	k->keep = json_get_bool(in, "keep", true);
	if (app_require(c, PERM_TEXT_CHECK, e) < 0 || app_texts_engine(c->app, &k->engine, e) < 0)
		return -1;
	if (app_text_tenant(c, &k->t, e) < 0)
		return -1;
	if (app_text_options(c, k->t, &k->way, &k->o, e) == 0 && app_text_take(c, k->t, n, e) == 0)
		return 0;
	app_text_tenant_put(c->app, k->t);
	return -1;
}

static const char *source_of(const struct app_call *c, const char *source)
{
	return source ? source : by_key(c) ? "key" : "console";
}

int app_text_check(struct app_call *c, const json_t *in, const char *source, json_t **ret, struct error *e)
{
	struct str text = json_get_str(in, "text");
	struct one k;
	int r;

	if (too_long(text, "text", e) < 0 || prepare(c, in, source_of(c, source), 1, &k, e) < 0)
		return -1;
	r = check_one(c, &k, text, ret, e);
	app_text_tenant_put(c->app, k.t);
	return r;
}

int app_text_batch(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	const json_t *texts = json_object_get(in, "texts");
	_cleanup_json_ json_t *items = json_array();
	size_t n = json_array_size(texts);
	struct one k;
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		char field[48];

		snprintf(field, sizeof(field), "texts[%zu].text", i);
		if (too_long(json_get_str(json_array_get(texts, i), "text"), field, e) < 0)
			return -1;
	}
	if (prepare(c, in, source_of(c, NULL), (unsigned)n, &k, e) < 0)
		return -1;
	for (size_t i = 0; i < n && r == 0; i++) {
		const json_t *item = json_array_get(texts, i);
		json_t *doc = NULL;

		r = check_one(c, &k, json_get_str(item, "text"), &doc, e);
		if (r < 0)
			break;
		json_put(doc, "n", json_integer((json_int_t)i));
		if (json_object_get(item, "ref"))
			json_put(doc, "ref", json_str(json_get_str(item, "ref")));
		json_array_append_new(items, doc);
	}
	app_text_tenant_put(c->app, k.t);
	if (r < 0)
		return -1;
	*ret = json_object();
	json_put(*ret, "items", take_ptr(items));
	return 0;
}

/* ---- what there is ---- */

int app_text_labels(struct app_call *c, json_t **ret, struct error *e)
{
	static const char *const severities[] = { "", "low", "medium", "high" };
	_cleanup_json_ json_t *items = json_array();
	const struct comply_label *labels;
	const struct comply *engine;
	size_t n;

	if (app_require(c, PERM_TEXT_READ, e) < 0 || app_texts_engine(c->app, &engine, e) < 0)
		return -1;
	n = comply_labels(engine, &labels);
	for (size_t i = 0; i < n; i++) {
		const struct comply_label *l = &labels[i];
		json_t *o = json_object();

		json_put(o, "code", json_str(l->code));
		json_put(o, "zh", json_str(l->zh));
		json_put(o, "en", json_str(l->en));
		json_put(o, "severity", json_c(severities[l->severity >= 1 && l->severity <= 3 ? l->severity : 0]));
		json_put(o, "basis", json_str(l->basis));
		json_put(o, "leaf", json_boolean(l->leaf));
		json_array_append_new(items, o);
	}
	*ret = take_ptr(items);
	return 0;
}

static void add_scene(json_t *items, struct str code, const char *zh, const char *en, bool builtin)
{
	json_t *o = json_object();

	json_put(o, "scene", json_str(code));
	json_put(o, "zh", json_c(zh));
	json_put(o, "en", json_c(en));
	json_put(o, "builtin", json_boolean(builtin));
	json_put(o, "policies", json_array());
	json_array_append_new(items, o);
}

static json_t *scene_item(json_t *items, struct str scene)
{
	size_t i;
	json_t *o;

	json_array_foreach(items, i, o)
		if (str_eq(json_get_str(o, "scene"), scene))
			return o;
	return NULL;
}

int app_text_scenes(struct app_call *c, json_t **ret, struct error *e)
{
	static const char *const builtin[][3] = {
		{ "", "通用", "General" },	   { "news", "新闻", "News" },	 { "ad", "电商广告", "Advertising" },
		{ "comment", "评论聊天", "Comments and chat" }, { "site", "官网", "Websites" }, { "game", "游戏", "Games" },
	};
	_cleanup_json_ json_t *items = json_array();
	const struct text_tenant *t;

	if (app_require(c, PERM_TEXT_READ, e) < 0 || app_text_tenant(c, &t, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(builtin); i++)
		add_scene(items, str_c(builtin[i][0]), builtin[i][1], builtin[i][2], true);
	for (size_t i = 0; i < t->policies_len; i++) {
		const struct text_policy *p = &t->policies[i];
		json_t *o, *v = json_object();

		if (!str_eq(p->scene, STR("*")) && !scene_item(items, p->scene)) {
			char name[200];

			snprintf(name, sizeof(name), "%.*s", STR_ARG(p->scene));
			add_scene(items, p->scene, name, name, false);
		}
		o = scene_item(items, p->scene);
		json_put(v, "id", json_str(p->id));
		json_put(v, "name", json_str(p->name));
		json_put(v, "in_force", json_boolean(in_time(p, c->now)));
		if (o)
			json_array_append_new(json_object_get(o, "policies"), v);
		else
			json_decref(v);
	}
	app_text_tenant_put(c->app, t);
	*ret = take_ptr(items);
	return 0;
}

int app_text_lookup(struct app_call *c, struct str term, struct str scene, int64_t max, json_t **ret, struct error *e)
{
	struct app_text_way way = { .scene = scene, .person = by_key(c) ? STR("") : c->actor->user_id };
	const struct text_tenant *t;
	const struct comply *engine;
	struct comply_options o;
	int r;

	if (app_require(c, PERM_LEXICON_READ, e) < 0 || app_texts_engine(c->app, &engine, e) < 0 ||
	    app_text_tenant(c, &t, e) < 0)
		return -1;
	r = app_text_options(c, t, &way, &o, e);
	if (r == 0)
		*ret = comply_lookup(engine, term, &o, (size_t)max);
	app_text_tenant_put(c->app, t);
	return r;
}
