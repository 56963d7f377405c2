/* Rows of monitoring tasks and the sites each one scans. When they run next is the
 * schedule row's of the same id (job/schedule.h). */
#ifndef STORE_MONITOR_H
#define STORE_MONITOR_H
#include "store/select.h"

struct store_monitor {
	struct str id, tenant, name, mode, schedule, state, last_scan, created_by;
	int64_t next_run, last_run, missed, created, updated, revision;
};

int store_monitor_insert(struct store_conn *c, const struct store_monitor *m, struct error *e);
int store_monitor_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		      struct store_monitor *ret, struct error *e);
/* Name, mode, schedule and state; 1 when the revision still stood. */
int store_monitor_save(struct store_conn *c, const struct store_monitor *m, struct error *e);
/* What the last run came to. */
int store_monitor_save_run(struct store_conn *c, const struct store_monitor *m, struct error *e);
int store_monitor_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);

struct store_monitor_filter {
	struct str tenant, q, state, site;
};
int store_monitor_list(struct store_conn *c, const struct store_monitor_filter *f,
		       struct store_page *page, struct arena *a,
		       void (*fn)(const struct store_monitor *m, void *user), void *user,
		       struct error *e);
/* Every tenant: active ones (for the watch over missed runs). */
int store_monitor_active(struct store_conn *c, struct str after, int limit, struct arena *a,
			 void (*fn)(const struct store_monitor *m, void *user), void *user,
			 struct error *e);

int store_monitor_set_sites(struct store_conn *c, struct str monitor, const struct str *sites,
			    size_t n, struct error *e);
/* In the order chosen. */
int store_monitor_sites(struct store_conn *c, struct str tenant, struct str monitor,
			struct arena *a,
			void (*fn)(struct str id, struct str name, struct str url,
				   struct str verify_state, void *user),
			void *user, struct error *e);
#endif
