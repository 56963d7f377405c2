/* The audit log. Rows can only be added, one after the other per tenant; the
 * database itself refuses to change or delete them. What is hashed is the caller's
 * (src/app/audit.c): here the chain is only kept in order. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H
#include "base/arena.h"
#include "store/page.h"
#include "store/store.h"

struct store_audit {
	struct str tenant_id, id, actor_id, actor_name, via, action, object_type, object_id;
	struct str object_name, detail, ip, hash;
	int64_t seq, time;
};

/* Inside a transaction: the chain's end, locked until commit. seq 0 and "" at first. */
int store_audit_head(struct store_conn *c, struct str tenant, struct arena *a, int64_t *ret_seq,
		     struct str *ret_hash, struct error *e);
/* The same without a lock, for readers. */
int store_audit_end(struct store_conn *c, struct str tenant, struct arena *a, int64_t *ret_seq,
		    struct str *ret_hash, struct error *e);
/* Adds the event with seq head + 1 and moves the head to it. */
int store_audit_add(struct store_conn *c, const struct store_audit *ev, struct error *e);

struct store_audit_filter {
	struct str actor, action, object; /* action: exact, or a prefix ending in '.'; object: id */
	struct str q;
	int64_t from, to; /* ms, 0: open */
};
/* Newest first. */
int store_audit_list(struct store_conn *c, struct str tenant,
		     const struct store_audit_filter *f, struct store_page *page,
		     struct arena *a, void (*fn)(void *arg, const struct store_audit *ev),
		     void *arg, struct error *e);
/* Oldest first from seq `after` on, at most `limit`: for verification and export. The
 * texts live in the arena. Returns how many. */
int store_audit_walk(struct store_conn *c, struct str tenant, int64_t after, int limit,
		     struct arena *a, int (*fn)(void *arg, const struct store_audit *ev),
		     void *arg, struct error *e);
#endif
