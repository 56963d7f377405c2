/* Rows of notification: channels, rules, notices (one per event) and deliveries
 * (one per notice and channel). The notice's id is the stable id a receiver sees,
 * however often it is delivered. */
#ifndef STORE_NOTIFY_H
#define STORE_NOTIFY_H
#include "store/select.h"

struct store_channel {
	struct str id, tenant, name, kind;
	struct str config;	/* JSON without secrets */
	struct str secrets;	/* sealed or empty */
	struct str last_result; /* JSON or "" */
	bool enabled;
	int64_t created, updated, revision;
};
int store_channel_insert(struct store_conn *c, const struct store_channel *v, struct error *e);
int store_channel_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		      struct store_channel *ret, struct error *e);
/* 1 when the revision still stood. */
int store_channel_save(struct store_conn *c, const struct store_channel *v, struct error *e);
int store_channel_set_result(struct store_conn *c, struct str tenant, struct str id,
			     struct str result, struct error *e);
int store_channel_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);
int store_channel_list(struct store_conn *c, struct str tenant, struct store_page *page,
		       struct arena *a,
		       void (*fn)(const struct store_channel *v, void *user), void *user,
		       struct error *e);

struct store_rule {
	struct str id, tenant, name;
	struct str rule; /* JSON: events, min_severity, site_ids, channel_ids, quiet */
	bool enabled;
	int64_t created, updated, revision;
};
int store_rule_insert(struct store_conn *c, const struct store_rule *v, struct error *e);
int store_rule_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		   struct store_rule *ret, struct error *e);
int store_rule_save(struct store_conn *c, const struct store_rule *v, struct error *e);
int store_rule_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);
int store_rule_list(struct store_conn *c, struct str tenant, struct store_page *page,
		    struct arena *a, void (*fn)(const struct store_rule *v, void *user),
		    void *user, struct error *e);

struct store_notice {
	struct str id, tenant, event, site, payload;
	int64_t severity, created;
	bool spread; /* deliveries were made from it */
};
int store_notice_insert(struct store_conn *c, const struct store_notice *v, struct error *e);
int store_notice_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		     struct store_notice *ret, struct error *e);
/* 1, or 0 when somebody had done so before. */
int store_notice_set_spread(struct store_conn *c, struct str tenant, struct str id,
			    struct error *e);
/* Newest first, for the overview. */
int store_notice_recent(struct store_conn *c, struct str tenant, int limit, struct arena *a,
			void (*fn)(const struct store_notice *v, void *user), void *user,
			struct error *e);
int store_notice_prune(struct store_conn *c, int64_t before, struct error *e);

struct store_delivery {
	struct str id, tenant, channel, channel_name, notice, event, state, last_error;
	int64_t attempts, not_before, created, sent;
};
/* 1 new, 0 when this notice already goes to this channel. */
int store_delivery_insert(struct store_conn *c, const struct store_delivery *v, struct error *e);
int store_delivery_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		       struct store_delivery *ret, struct error *e);
int store_delivery_save(struct store_conn *c, const struct store_delivery *v, struct error *e);
int store_delivery_list(struct store_conn *c, struct str tenant, struct str channel,
			struct str state, struct store_page *page, struct arena *a,
			void (*fn)(const struct store_delivery *v, void *user), void *user,
			struct error *e);
#endif
