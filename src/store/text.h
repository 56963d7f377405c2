/* Rows of text checks: what was kept, counts of everything, and tasks of many texts. */
#ifndef STORE_TEXT_H
#define STORE_TEXT_H
#include "store/select.h"

struct store_text {
	struct str id, tenant, source, account_id, account_name, key_id, task, scene, policy;
	struct str suggestion, label, sub_label, text, result, marks; /* result, marks: JSON */
	int64_t score, chars, merged, created;			      /* score: basis points */
};
int store_text_insert(struct store_conn *c, const struct store_text *v, struct error *e);
int store_text_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		   struct store_text *ret, struct error *e);
int store_text_set_marks(struct store_conn *c, struct str tenant, struct str id, struct str marks, struct error *e);
int store_text_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);
/* Those older than that and tasks ended before, but not what the review queue still holds open. */
int store_text_prune(struct store_conn *c, struct str tenant, int64_t before, struct error *e);

struct store_text_filter {
	struct str tenant, q, suggestion, label, scene, source, key, account;
	int64_t from, to; /* ms; 0: open */
	bool whole;	  /* texts uncut */
};
typedef void store_text_fn(const struct store_text *v, void *user);
/* Without result and marks; text cut to its first 200 characters unless f->whole. */
int store_text_list(struct store_conn *c, const struct store_text_filter *f, struct store_page *page,
		    struct arena *a, store_text_fn *fn, void *user, struct error *e);

/* ---- counts ---- */

struct store_text_count {
	struct str tenant, source, scene, label, suggestion; /* label empty: the text itself */
	int64_t hour, n;				     /* hours since 1970 */
};
int store_text_count_add(struct store_conn *c, const struct store_text_count *v, struct error *e);
struct store_term_count {
	struct str tenant, label, term;
	int64_t day, n; /* days since 1970 */
};
int store_term_count_add(struct store_conn *c, const struct store_term_count *v, struct error *e);
struct store_trend_filter {
	struct str tenant, source, scene;
	int64_t from, to; /* hours, to exclusive */
};
/* Summed over scenes and sources but where one is asked for; by hour, label, suggestion. */
int store_text_count_list(struct store_conn *c, const struct store_trend_filter *f, struct arena *a,
			  void (*fn)(const struct store_text_count *v, void *user), void *user,
			  struct error *e);
/* All hours together, by scene and source, texts only. */
int store_text_count_split(struct store_conn *c, const struct store_trend_filter *f, struct arena *a,
			   void (*fn)(const struct store_text_count *v, void *user), void *user,
			   struct error *e);
/* Most frequent first. */
int store_term_count_top(struct store_conn *c, struct str tenant, int64_t from_day, int64_t to_day, int limit,
			 struct arena *a, void (*fn)(const struct store_term_count *v, void *user), void *user,
			 struct error *e);
int store_text_count_prune(struct store_conn *c, int64_t before_hour, struct error *e);

/* ---- tasks ---- */

struct store_text_task {
	struct str id, tenant, name, job, state, scene, policy, blob, error, account_id, account_name;
	bool whole; /* one long text in pieces: positions count from its start */
	int64_t total, done, passed, review, block, chars, created, finished;
};
int store_text_task_insert(struct store_conn *c, const struct store_text_task *v, struct error *e);
int store_text_task_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
			struct store_text_task *ret, struct error *e);
/* State, numbers, error, job, blob. */
int store_text_task_save(struct store_conn *c, const struct store_text_task *v, struct error *e);
int store_text_task_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);
typedef void store_text_task_fn(const struct store_text_task *v, void *user);
int store_text_task_list(struct store_conn *c, struct str tenant, struct str state, struct store_page *page,
			 struct arena *a, store_text_task_fn *fn, void *user, struct error *e);

struct store_text_item {
	struct str task, ref, suggestion, label, sub_label, text, result;
	int64_t n, score, chars, merged;
};
int store_text_item_insert(struct store_conn *c, const struct store_text_item *v, struct error *e);
typedef void store_text_item_fn(const struct store_text_item *v, void *user);
/* In order; suggestion empty: all. */
int store_text_item_list(struct store_conn *c, struct str task, struct str suggestion, struct store_page *page,
			 struct arena *a, store_text_item_fn *fn, void *user, struct error *e);
/* Items from number `from` on, at most `limit`: for exports. */
int store_text_item_from(struct store_conn *c, struct str task, int64_t from, int limit, struct arena *a,
			 store_text_item_fn *fn, void *user, struct error *e);
#endif
