/* What happened, for the console's live streams (server-sent events): a log of
 * small JSON documents per tenant, ids counting up in the order of commit. Events
 * are a hint to look again, not a record: they are pruned after a day. */
#ifndef STORE_EVENT_H
#define STORE_EVENT_H
#include "store/store.h"

#define STORE_EVENT_CHANNEL "event"

struct store_event {
	int64_t id;
	int64_t time; /* ms */
	struct str tenant, topic, type, data; /* topic "scan", type "scan.progress", data JSON */
};

/* Appends and wakes STORE_EVENT_CHANNEL. data: JSON object, ≤ 16 KiB. Best as the
 * last statement of a transaction: appenders wait for each other until commit, so
 * that ids become visible in order. */
int store_event_append(struct store_conn *c, struct str tenant, const char *topic,
		       const char *type, struct str data, int64_t now, struct error *e);
/* Calls fn for events with id > after, oldest first, at most `limit`; stops early
 * when fn returns non-zero. tenant empty: all tenants (the fan-out of the web
 * process; never for a user). topics: n names, n == 0 for all. Returns the number
 * of events given or negative. */
int store_events_after(struct store_conn *c, struct str tenant, const struct str *topics, size_t n,
		       int64_t after, int limit,
		       int (*fn)(void *arg, const struct store_event *ev), void *arg,
		       struct error *e);
/* Highest id so far, 0 when none. */
int store_event_last(struct store_conn *c, int64_t *ret, struct error *e);
/* Lowest id still kept, 0 when none: an older Last-Event-ID has missed something. */
int store_event_first(struct store_conn *c, int64_t *ret, struct error *e);
/* Forgets what is older than `before` (ms). */
int store_event_prune(struct store_conn *c, int64_t before, struct error *e);
#endif
