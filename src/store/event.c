/* Events for live streams. Readers remember the last id they saw, so ids must
 * become visible in order: appended events are kept in memory until their
 * transaction commits, and are written right before it under one lock (on
 * PostgreSQL, where ids are drawn before commits are ordered). Nothing is locked
 * after that lock, so it cannot take part in a deadlock. */
#include "store/event.h"

#include "store/store_private.h"

#define EVENT_LOCK STR("zhanwei.event")

struct store_pending_event {
	struct store_pending_event *next; /* newest first */
	int depth;			  /* of the transaction it belongs to */
	int64_t time;
	char *tenant, *topic, *type, *data;
};

static void pending_free(struct store_pending_event *p)
{
	free(p->tenant);
	free(p->topic);
	free(p->type);
	free(p->data);
	free(p);
}

void store_event_discard(struct store_conn *c, int deeper_than)
{
	while (c->events && c->events->depth > deeper_than) {
		struct store_pending_event *p = c->events;

		c->events = p->next;
		pending_free(p);
	}
}

void store_event_keep(struct store_conn *c, int depth)
{
	for (struct store_pending_event *p = c->events; p && p->depth > depth; p = p->next)
		p->depth = depth;
}

int store_event_flush(struct store_conn *c, struct error *e)
{
	struct store_pending_event *oldest = NULL;
	int r = 0;

	if (!c->events)
		return 0;
	while (c->events) { /* turn the list around */
		struct store_pending_event *p = c->events;

		c->events = p->next;
		p->next = oldest;
		oldest = p;
	}
	r = store_lock(c, EVENT_LOCK, e);
	while (oldest) {
		struct store_pending_event *p = oldest;

		oldest = p->next;
		if (r == 0)
			r = store_exec(c, e,
				       "INSERT INTO event (tenant_id, topic, type, data, created) "
				       "VALUES (?, ?, ?, ?, ?)",
				       SV_C(p->tenant), SV_C(p->topic), SV_C(p->type),
				       SV_C(p->data), SV_INT(p->time));
		pending_free(p);
	}
	return r < 0 ? r : store_notify(c, STORE_EVENT_CHANNEL, e);
}

int store_event_append(struct store_conn *c, struct str tenant, const char *topic,
		       const char *type, struct str data, int64_t now, struct error *e)
{
	struct store_pending_event *p;

	if (data.len > LIMIT_EVENT_DATA)
		return error_set(e, "store.too-big", "事件内容过大", "event data too big");
	if (!c->depth) {
		if (store_begin(c, e) < 0)
			return -1;
		if (store_event_append(c, tenant, topic, type, data, now, e) < 0) {
			store_rollback(c);
			return -1;
		}
		return store_commit(c, e);
	}
	p = mem_alloc(sizeof(*p));
	p->depth = c->depth;
	p->time = now;
	p->tenant = str_dup(tenant);
	p->topic = str_dup(str_c(topic));
	p->type = str_dup(str_c(type));
	p->data = str_dup(data);
	p->next = c->events;
	c->events = p;
	return 0;
}

int store_events_after(struct store_conn *c, struct str tenant, const struct str *topics, size_t n,
		       int64_t after, int limit,
		       int (*fn)(void *arg, const struct store_event *ev), void *arg,
		       struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	_cleanup_sql_ struct store_sql q;
	int given = 0;

	store_sql_init(&q, "SELECT id, created, tenant_id, topic, type, data FROM event WHERE id > ?",
		       SV_INT(after));
	if (!str_empty(tenant))
		store_sql_add(&q, " AND tenant_id = ?", SV_STR(tenant));
	if (n)
		store_sql_add_list(&q, "AND topic IN", topics, n);
	store_sql_add(&q, " ORDER BY id LIMIT ?", SV_INT(limit));
	if (store_sql_query(c, &rows, e, &q) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_event ev = { .id = store_col_int(rows, 0),
					  .time = store_col_int(rows, 1),
					  .tenant = store_col_str(rows, 2),
					  .topic = store_col_str(rows, 3),
					  .type = store_col_str(rows, 4),
					  .data = store_col_str(rows, 5) };

		given++;
		if (fn(arg, &ev))
			break;
	}
	return given;
}

int store_event_last(struct store_conn *c, int64_t *ret, struct error *e)
{
	return store_int(c, ret, e, "SELECT COALESCE(MAX(id), 0) FROM event") < 0 ? -1 : 0;
}

int store_event_first(struct store_conn *c, int64_t *ret, struct error *e)
{
	return store_int(c, ret, e, "SELECT COALESCE(MIN(id), 0) FROM event") < 0 ? -1 : 0;
}

int store_event_prune(struct store_conn *c, int64_t before, struct error *e)
{
	/* The newest stays, so that store_event_last() never goes back. */
	return store_exec(c, e,
			  "DELETE FROM event WHERE created < ? AND id < (SELECT MAX(id) FROM event)",
			  SV_INT(before));
}
