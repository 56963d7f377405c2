/* The review queue: see review.h. */
#include "store/review.h"

#include "base/check.h"

#define COLUMNS                                                                                    \
	"r.id, r.tenant_id, r.check_id, r.state, r.source, r.scene, r.suggestion, r.label, "       \
	"r.sub_label, r.excerpt, r.assignee_id, r.assignee_name, r.decision, r.reason, "           \
	"r.decided_by, r.decided_by_name, r.first_decision, r.first_by, r.first_by_name, r.score, " \
	"r.decided, r.created, r.updated, r.revision"

static void read_review(struct store_reader *r, struct store_review *v)
{
	struct str *texts[] = { &v->id, &v->tenant, &v->check, &v->state, &v->source, &v->scene, &v->suggestion,
				&v->label, &v->sub_label, &v->excerpt, &v->assignee_id, &v->assignee_name,
				&v->decision, &v->reason, &v->decided_by, &v->decided_by_name,
				&v->first_decision, &v->first_by, &v->first_by_name };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		*texts[i] = store_read_str(r);
	v->score = store_read_int(r);
	v->decided = store_read_int(r);
	v->created = store_read_int(r);
	v->updated = store_read_int(r);
	v->revision = store_read_int(r);
}

int store_review_insert(struct store_conn *c, const struct store_review *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO text_review (id, tenant_id, check_id, state, source, scene, suggestion, label, "
			  "sub_label, score, excerpt, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
			  "ON CONFLICT (check_id) DO NOTHING",
			  SV_STR(v->id), SV_STR(v->tenant), SV_STR(v->check), SV_STR(v->state), SV_STR(v->source),
			  SV_STR(v->scene), SV_STR(v->suggestion), SV_STR(v->label), SV_STR(v->sub_label),
			  SV_INT(v->score), SV_STR(v->excerpt), SV_INT(v->created), SV_INT(v->created));
}

int store_review_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		     struct store_review *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e, "SELECT " COLUMNS " FROM text_review r WHERE r.id = ? AND r.tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_review(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_review_of(struct store_conn *c, struct str tenant, struct str check, struct arena *a,
		    struct store_review *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " COLUMNS " FROM text_review r WHERE r.check_id = ? AND r.tenant_id = ?",
			      SV_STR(check), SV_STR(tenant));

	if (found > 0)
		read_review(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_review_save(struct store_conn *c, const struct store_review *v, struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE text_review SET state = ?, assignee_id = ?, assignee_name = ?, decision = ?, "
		       "reason = ?, decided_by = ?, decided_by_name = ?, decided = ?, first_decision = ?, "
		       "first_by = ?, first_by_name = ?, updated = ?, revision = revision + 1 "
		       "WHERE id = ? AND tenant_id = ? AND revision = ?",
		       SV_STR(v->state), SV_STR(v->assignee_id), SV_STR(v->assignee_name), SV_STR(v->decision),
		       SV_STR(v->reason), SV_STR(v->decided_by), SV_STR(v->decided_by_name), SV_INT(v->decided),
		       SV_STR(v->first_decision), SV_STR(v->first_by), SV_STR(v->first_by_name),
		       SV_INT(v->updated), SV_STR(v->id), SV_STR(v->tenant), SV_INT(v->revision)) < 0)
		return -1;
	return store_changed(c) > 0;
}

int store_review_delete_of(struct store_conn *c, struct str tenant, struct str check, struct error *e)
{
	return store_exec(c, e, "DELETE FROM text_review WHERE check_id = ? AND tenant_id = ?", SV_STR(check),
			  SV_STR(tenant));
}

struct each {
	store_review_fn *fn;
	void *user;
};

static void each_review(struct store_reader *r, void *user)
{
	struct each *each = user;
	struct store_review v = { 0 };

	read_review(r, &v);
	each->fn(&v, each->user);
}

static const struct store_sort sorts[] = {
	{ "created", "r.created", false, true },
	{ "score", "r.score", false, true },
	{ "updated", "r.updated", false, true },
	{ 0 },
};

int store_review_list(struct store_conn *c, const struct store_review_filter *f, struct store_page *page,
		      struct arena *a, store_review_fn *fn, void *user, struct error *e)
{
	static const char *const searched[] = { "r.excerpt" };
	struct each each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, COLUMNS, "text_review r");
	store_select_str(&q, "r.tenant_id = ?", f->tenant);
	store_select_in(&q, "r.state", f->state);
	store_select_in(&q, "r.label", f->label);
	store_select_in(&q, "r.scene", f->scene);
	store_select_in(&q, "r.source", f->source);
	store_select_in(&q, "r.suggestion", f->suggestion);
	store_select_in(&q, "r.decision", f->decision);
	store_select_in(&q, "r.assignee_id", f->assignee);
	if (f->unassigned)
		store_select_and(&q, "r.assignee_id = ''");
	store_select_like(&q, searched, ARRAY_SIZE(searched), f->q, a);
	return store_select_page(c, &q, sorts, "r.id", page, a, each_review, &each, e);
}

int store_review_counts(struct store_conn *c, struct str tenant, struct arena *a,
			void (*fn)(struct str state, struct str label, struct str decision, struct str assignee,
				   int64_t n, void *user),
			void *user, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT state, label, decision, assignee_id, COUNT(*) FROM text_review WHERE tenant_id = ? "
			"GROUP BY state, label, decision, assignee_id ORDER BY state, label, decision",
			SV_STR(tenant)) < 0)
		return -1;
	while (store_next(rows))
		fn(arena_str(a, store_col_str(rows, 0)), arena_str(a, store_col_str(rows, 1)),
		   arena_str(a, store_col_str(rows, 2)), arena_str(a, store_col_str(rows, 3)),
		   store_col_int(rows, 4), user);
	return 0;
}

/* ---- events ---- */

int store_review_event_insert(struct store_conn *c, const struct store_review_event *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO text_review_event (id, review_id, tenant_id, action, detail, account_id, "
			  "account_name, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(v->id), SV_STR(v->review), SV_STR(v->tenant), SV_STR(v->action), SV_STR(v->detail),
			  SV_STR(v->account_id), SV_STR(v->account_name), SV_INT(v->created));
}

int store_review_event_list(struct store_conn *c, struct str tenant, struct str review, struct arena *a,
			    void (*fn)(const struct store_review_event *v, void *user), void *user,
			    struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT id, action, detail, account_id, account_name, created FROM text_review_event "
			"WHERE review_id = ? AND tenant_id = ? ORDER BY created, id LIMIT 500",
			SV_STR(review), SV_STR(tenant)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_review_event v = { .id = arena_str(a, store_col_str(rows, 0)), .review = review,
						.tenant = tenant, .action = arena_str(a, store_col_str(rows, 1)),
						.detail = arena_str(a, store_col_str(rows, 2)),
						.account_id = arena_str(a, store_col_str(rows, 3)),
						.account_name = arena_str(a, store_col_str(rows, 4)),
						.created = store_col_int(rows, 5) };

		fn(&v, user);
	}
	return 0;
}
