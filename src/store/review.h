/* Rows of the review queue of texts, and what was done about each. */
#ifndef STORE_REVIEW_H
#define STORE_REVIEW_H
#include "store/select.h"

struct store_review {
	struct str id, tenant, check, state, source, scene, suggestion, label, sub_label, excerpt;
	struct str assignee_id, assignee_name, decision, reason, decided_by, decided_by_name;
	struct str first_decision, first_by, first_by_name; /* what is being looked at again */
	int64_t score, decided, created, updated, revision;
};
/* Nothing when the text has one already. */
int store_review_insert(struct store_conn *c, const struct store_review *v, struct error *e);
int store_review_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		     struct store_review *ret, struct error *e);
int store_review_of(struct store_conn *c, struct str tenant, struct str check, struct arena *a,
		    struct store_review *ret, struct error *e);
/* State, assignee and decisions; 1 when the revision still stood. */
int store_review_save(struct store_conn *c, const struct store_review *v, struct error *e);
int store_review_delete_of(struct store_conn *c, struct str tenant, struct str check, struct error *e);

struct store_review_filter {
	struct str tenant, q, state, label, scene, source, suggestion, decision, assignee;
	bool unassigned;
};
typedef void store_review_fn(const struct store_review *v, void *user);
int store_review_list(struct store_conn *c, const struct store_review_filter *f, struct store_page *page,
		      struct arena *a, store_review_fn *fn, void *user, struct error *e);
/* By state, label and decision. */
int store_review_counts(struct store_conn *c, struct str tenant, struct arena *a,
			void (*fn)(struct str state, struct str label, struct str decision, struct str assignee,
				   int64_t n, void *user),
			void *user, struct error *e);

struct store_review_event {
	struct str id, review, tenant, action, detail, account_id, account_name;
	int64_t created;
};
int store_review_event_insert(struct store_conn *c, const struct store_review_event *v, struct error *e);
int store_review_event_list(struct store_conn *c, struct str tenant, struct str review, struct arena *a,
			    void (*fn)(const struct store_review_event *v, void *user), void *user,
			    struct error *e);
#endif
