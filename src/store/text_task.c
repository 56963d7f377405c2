/* Tasks of many texts: see text.h. */
#include "base/check.h"
#include "store/text.h"

#define COLUMNS                                                                                    \
	"t.id, t.tenant_id, t.name, t.job_id, t.state, t.scene, t.policy, t.blob, t.error, "       \
	"t.account_id, t.account_name, t.whole, t.total, t.done, t.passed, t.review, t.block, "     \
	"t.chars, t.created, t.finished"

static void read_task(struct store_reader *r, struct store_text_task *v)
{
	v->id = store_read_str(r);
	v->tenant = store_read_str(r);
	v->name = store_read_str(r);
	v->job = store_read_str(r);
	v->state = store_read_str(r);
	v->scene = store_read_str(r);
	v->policy = store_read_str(r);
	v->blob = store_read_str(r);
	v->error = store_read_str(r);
	v->account_id = store_read_str(r);
	v->account_name = store_read_str(r);
	v->whole = store_read_bool(r);
	v->total = store_read_int(r);
	v->done = store_read_int(r);
	v->passed = store_read_int(r);
	v->review = store_read_int(r);
	v->block = store_read_int(r);
	v->chars = store_read_int(r);
	v->created = store_read_int(r);
	v->finished = store_read_int(r);
}

int store_text_task_insert(struct store_conn *c, const struct store_text_task *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO text_task (id, tenant_id, name, job_id, state, scene, policy, blob, total, "
			  "whole, account_id, account_name, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(v->id), SV_STR(v->tenant), SV_STR(v->name), SV_STR(v->job), SV_STR(v->state),
			  SV_STR(v->scene), SV_STR(v->policy), SV_STR(v->blob), SV_INT(v->total), SV_BOOL(v->whole),
			  SV_STR(v->account_id), SV_STR(v->account_name), SV_INT(v->created));
}

int store_text_task_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
			struct store_text_task *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e, "SELECT " COLUMNS " FROM text_task t WHERE t.id = ? AND t.tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_task(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_text_task_save(struct store_conn *c, const struct store_text_task *v, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE text_task SET job_id = ?, state = ?, blob = ?, total = ?, done = ?, passed = ?, "
			  "review = ?, block = ?, chars = ?, error = ?, finished = ? WHERE id = ? AND tenant_id = ?",
			  SV_STR(v->job), SV_STR(v->state), SV_STR(v->blob), SV_INT(v->total), SV_INT(v->done),
			  SV_INT(v->passed), SV_INT(v->review), SV_INT(v->block), SV_INT(v->chars),
			  SV_STR(v->error), SV_INT(v->finished), SV_STR(v->id), SV_STR(v->tenant));
}

int store_text_task_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e, "DELETE FROM text_task WHERE id = ? AND tenant_id = ?", SV_STR(id), SV_STR(tenant));
}

struct each {
	store_text_task_fn *task;
	store_text_item_fn *item;
	void *user;
};

static void each_task(struct store_reader *r, void *user)
{
	struct each *each = user;
	struct store_text_task v = { 0 };

	read_task(r, &v);
	each->task(&v, each->user);
}

static const struct store_sort sorts[] = {
	{ "created", "t.created", false, true },
	{ "name", "lower(t.name)", true, false },
	{ 0 },
};

int store_text_task_list(struct store_conn *c, struct str tenant, struct str state, struct store_page *page,
			 struct arena *a, store_text_task_fn *fn, void *user, struct error *e)
{
	struct each each = { .task = fn, .user = user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, COLUMNS, "text_task t");
	store_select_str(&q, "t.tenant_id = ?", tenant);
	store_select_in(&q, "t.state", state);
	return store_select_page(c, &q, sorts, "t.id", page, a, each_task, &each, e);
}

/* ---- items ---- */

#define ITEM_COLUMNS                                                                               \
	"i.task_id, i.ref, i.suggestion, i.label, i.sub_label, i.n, i.score, i.chars, i.merged, "   \
	"i.text, i.result"

static void read_item(struct store_reader *r, struct store_text_item *v)
{
	v->task = store_read_str(r);
	v->ref = store_read_str(r);
	v->suggestion = store_read_str(r);
	v->label = store_read_str(r);
	v->sub_label = store_read_str(r);
	v->n = store_read_int(r);
	v->score = store_read_int(r);
	v->chars = store_read_int(r);
	v->merged = store_read_int(r);
	v->text = store_read_str(r);
	v->result = store_read_str(r);
}

int store_text_item_insert(struct store_conn *c, const struct store_text_item *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO text_task_item (task_id, n, ref, suggestion, score, label, sub_label, chars, "
			  "merged, text, result) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
			  "ON CONFLICT (task_id, n) DO NOTHING",
			  SV_STR(v->task), SV_INT(v->n), SV_STR(v->ref), SV_STR(v->suggestion), SV_INT(v->score),
			  SV_STR(v->label), SV_STR(v->sub_label), SV_INT(v->chars), SV_INT(v->merged),
			  SV_STR(v->text), SV_STR(v->result));
}

static void each_item(struct store_reader *r, void *user)
{
	struct each *each = user;
	struct store_text_item v = { 0 };

	read_item(r, &v);
	each->item(&v, each->user);
}

static const struct store_sort item_sorts[] = {
	{ "n", "i.n", false, false },
	{ "score", "i.score", false, true },
	{ 0 },
};

int store_text_item_list(struct store_conn *c, struct str task, struct str suggestion, struct store_page *page,
			 struct arena *a, store_text_item_fn *fn, void *user, struct error *e)
{
	struct each each = { .item = fn, .user = user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, ITEM_COLUMNS, "text_task_item i");
	store_select_str(&q, "i.task_id = ?", task);
	store_select_in(&q, "i.suggestion", suggestion);
	return store_select_page(c, &q, item_sorts, "CAST(i.n AS TEXT)", page, a, each_item, &each, e);
}

int store_text_item_from(struct store_conn *c, struct str task, int64_t from, int limit, struct arena *a,
			 store_text_item_fn *fn, void *user, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " ITEM_COLUMNS " FROM text_task_item i WHERE i.task_id = ? AND i.n >= ? "
			"ORDER BY i.n LIMIT ?",
			SV_STR(task), SV_INT(from), SV_INT(limit)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_text_item v = { 0 };

		read_item(&(struct store_reader){ rows, a, 0 }, &v);
		fn(&v, user);
	}
	return 0;
}
