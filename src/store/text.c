/* Kept texts and counts: see text.h. */
#include "store/text.h"

#include "base/check.h"

#define COLUMNS                                                                                    \
	"t.id, t.tenant_id, t.source, t.account_id, t.account_name, t.key_id, t.task_id, t.scene, " \
	"t.policy, t.suggestion, t.label, t.sub_label, t.score, t.chars, t.merged, t.created"

static void read_text(struct store_reader *r, struct store_text *v)
{
	v->id = store_read_str(r);
	v->tenant = store_read_str(r);
	v->source = store_read_str(r);
	v->account_id = store_read_str(r);
	v->account_name = store_read_str(r);
	v->key_id = store_read_str(r);
	v->task = store_read_str(r);
	v->scene = store_read_str(r);
	v->policy = store_read_str(r);
	v->suggestion = store_read_str(r);
	v->label = store_read_str(r);
	v->sub_label = store_read_str(r);
	v->score = store_read_int(r);
	v->chars = store_read_int(r);
	v->merged = store_read_int(r);
	v->created = store_read_int(r);
	v->text = store_read_str(r);
}

int store_text_insert(struct store_conn *c, const struct store_text *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO text_check (id, tenant_id, source, account_id, account_name, key_id, task_id, "
			  "scene, policy, suggestion, score, chars, label, sub_label, merged, text, result, created) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(v->id), SV_STR(v->tenant), SV_STR(v->source), SV_STR(v->account_id),
			  SV_STR(v->account_name), SV_STR(v->key_id), SV_STR(v->task), SV_STR(v->scene),
			  SV_STR(v->policy), SV_STR(v->suggestion), SV_INT(v->score), SV_INT(v->chars),
			  SV_STR(v->label), SV_STR(v->sub_label), SV_INT(v->merged), SV_STR(v->text),
			  SV_STR(v->result), SV_INT(v->created));
}

int store_text_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		   struct store_text *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " COLUMNS ", t.text, t.result, t.marks FROM text_check t "
			      "WHERE t.id = ? AND t.tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0) {
		struct store_reader r = { rows, a, 0 };

		read_text(&r, ret);
		ret->result = store_read_str(&r);
		ret->marks = store_read_str(&r);
	}
	return found;
}

int store_text_set_marks(struct store_conn *c, struct str tenant, struct str id, struct str marks, struct error *e)
{
	return store_exec(c, e, "UPDATE text_check SET marks = ? WHERE id = ? AND tenant_id = ?", SV_STR(marks),
			  SV_STR(id), SV_STR(tenant));
}

int store_text_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e, "DELETE FROM text_check WHERE id = ? AND tenant_id = ?", SV_STR(id), SV_STR(tenant));
}

int store_text_prune(struct store_conn *c, struct str tenant, int64_t before, struct error *e)
{
	if (store_exec(c, e,
		       "DELETE FROM text_review WHERE tenant_id = ? AND state = 'decided' AND check_id IN "
		       "(SELECT id FROM text_check WHERE tenant_id = ? AND created < ?)",
		       SV_STR(tenant), SV_STR(tenant), SV_INT(before)) < 0)
		return -1;
	if (store_exec(c, e, "DELETE FROM text_task WHERE tenant_id = ? AND finished > 0 AND finished < ?",
		       SV_STR(tenant), SV_INT(before)) < 0)
		return -1;
	return store_exec(c, e,
			  "DELETE FROM text_check WHERE tenant_id = ? AND created < ? AND NOT EXISTS "
			  "(SELECT 1 FROM text_review r WHERE r.check_id = text_check.id)",
			  SV_STR(tenant), SV_INT(before));
}

struct each {
	store_text_fn *fn;
	void *user;
};

static void each_text(struct store_reader *r, void *user)
{
	struct each *each = user;
	struct store_text v = { 0 };

	read_text(r, &v);
	each->fn(&v, each->user);
}

static const struct store_sort sorts[] = {
	{ "created", "t.created", false, true },
	{ "score", "t.score", false, true },
	{ 0 },
};

int store_text_list(struct store_conn *c, const struct store_text_filter *f, struct store_page *page,
		    struct arena *a, store_text_fn *fn, void *user, struct error *e)
{
	static const char *const searched[] = { "t.text" };
	struct each each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, f->whole ? COLUMNS ", t.text" : COLUMNS ", substr(t.text, 1, 200)", "text_check t");
	store_select_str(&q, "t.tenant_id = ?", f->tenant);
	store_select_in(&q, "t.suggestion", f->suggestion);
	store_select_in(&q, "t.label", f->label);
	store_select_in(&q, "t.scene", f->scene);
	store_select_in(&q, "t.source", f->source);
	store_select_in(&q, "t.key_id", f->key);
	store_select_in(&q, "t.account_id", f->account);
	if (f->from)
		store_select_int(&q, "t.created >= ?", f->from);
	if (f->to)
		store_select_int(&q, "t.created < ?", f->to);
	store_select_like(&q, searched, ARRAY_SIZE(searched), f->q, a);
	return store_select_page(c, &q, sorts, "t.id", page, a, each_text, &each, e);
}

/* ---- counts ---- */

int store_text_count_add(struct store_conn *c, const struct store_text_count *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO text_count (tenant_id, hour, source, scene, label, suggestion, n) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant_id, hour, source, scene, label, suggestion) "
			  "DO UPDATE SET n = text_count.n + excluded.n",
			  SV_STR(v->tenant), SV_INT(v->hour), SV_STR(v->source), SV_STR(v->scene),
			  SV_STR(v->label), SV_STR(v->suggestion), SV_INT(v->n));
}

int store_term_count_add(struct store_conn *c, const struct store_term_count *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO text_term_count (tenant_id, day, label, term, n) VALUES (?, ?, ?, ?, ?) "
			  "ON CONFLICT (tenant_id, day, label, term) DO UPDATE SET n = text_term_count.n + excluded.n",
			  SV_STR(v->tenant), SV_INT(v->day), SV_STR(v->label), SV_STR(v->term), SV_INT(v->n));
}

int store_text_count_list(struct store_conn *c, const struct store_trend_filter *f, struct arena *a,
			  void (*fn)(const struct store_text_count *v, void *user), void *user,
			  struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT hour, label, suggestion, SUM(n) FROM text_count WHERE tenant_id = ? AND hour >= ? "
			"AND hour < ? AND (? = '' OR source = ?) AND (? = '' OR scene = ?) "
			"GROUP BY hour, label, suggestion ORDER BY hour, label, suggestion",
			SV_STR(f->tenant), SV_INT(f->from), SV_INT(f->to), SV_STR(f->source), SV_STR(f->source),
			SV_STR(f->scene), SV_STR(f->scene)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_text_count v = { .tenant = f->tenant, .hour = store_col_int(rows, 0),
					      .label = arena_str(a, store_col_str(rows, 1)),
					      .suggestion = arena_str(a, store_col_str(rows, 2)),
					      .n = store_col_int(rows, 3) };

		fn(&v, user);
	}
	return 0;
}

int store_text_count_split(struct store_conn *c, const struct store_trend_filter *f, struct arena *a,
			   void (*fn)(const struct store_text_count *v, void *user), void *user,
			   struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT source, scene, suggestion, SUM(n) FROM text_count WHERE tenant_id = ? AND hour >= ? "
			"AND hour < ? AND label = '' GROUP BY source, scene, suggestion ORDER BY source, scene",
			SV_STR(f->tenant), SV_INT(f->from), SV_INT(f->to)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_text_count v = { .tenant = f->tenant, .source = arena_str(a, store_col_str(rows, 0)),
					      .scene = arena_str(a, store_col_str(rows, 1)),
					      .suggestion = arena_str(a, store_col_str(rows, 2)),
					      .n = store_col_int(rows, 3) };

		fn(&v, user);
	}
	return 0;
}

int store_term_count_top(struct store_conn *c, struct str tenant, int64_t from_day, int64_t to_day, int limit,
			 struct arena *a, void (*fn)(const struct store_term_count *v, void *user), void *user,
			 struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT label, term, SUM(n) AS total FROM text_term_count WHERE tenant_id = ? AND day >= ? "
			"AND day < ? GROUP BY label, term ORDER BY total DESC, term LIMIT ?",
			SV_STR(tenant), SV_INT(from_day), SV_INT(to_day), SV_INT(limit)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_term_count v = { .tenant = tenant, .label = arena_str(a, store_col_str(rows, 0)),
					      .term = arena_str(a, store_col_str(rows, 1)),
					      .n = store_col_int(rows, 2) };

		fn(&v, user);
	}
	return 0;
}

int store_text_count_prune(struct store_conn *c, int64_t before_hour, struct error *e)
{
	if (store_exec(c, e, "DELETE FROM text_count WHERE hour < ?", SV_INT(before_hour)) < 0)
		return -1;
	return store_exec(c, e, "DELETE FROM text_term_count WHERE day < ?", SV_INT(before_hour / 24));
}
