/* Rows of what a site stands on: facts found again by (site, kind, key), the events of
 * their history, and the runs that looked. Fact states: present, gone. Event types:
 * appeared, changed, gone, returned. Run states: those of scans. */
#ifndef STORE_ASSET_H
#define STORE_ASSET_H
#include "store/select.h"

struct store_asset_fact {
	struct str id, tenant, site, kind, key, title, host;
	int64_t port;
	struct str product, version, cpe;
	int64_t confidence; /* 0 … 100 */
	struct str detail;  /* JSON object */
	struct str source;  /* "asset", "tech": who says so */
	struct str state;
	struct str run;     /* the asset run or scan that saw it last */
	int64_t first_seen, last_seen, changed_at, gone_at;
	struct str site_name; /* read only */
};

int store_asset_fact_insert(struct store_conn *c, const struct store_asset_fact *f, struct error *e);
/* 1 found, 0, negative. */
int store_asset_fact_find(struct store_conn *c, struct str tenant, struct str site, struct str kind,
			  struct str key, struct arena *a, struct store_asset_fact *ret,
			  struct error *e);
int store_asset_fact_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
			 struct store_asset_fact *ret, struct error *e);
/* Everything but id, tenant, site, kind, key and first_seen. */
int store_asset_fact_save(struct store_conn *c, const struct store_asset_fact *f, struct error *e);

struct store_asset_filter {
	struct str tenant, site, kind, state, product, source, q; /* kind, state: comma separated */
	int64_t port; /* 0: any */
};
int store_asset_fact_list(struct store_conn *c, const struct store_asset_filter *f,
			  struct store_page *page, struct arena *a,
			  void (*fn)(const struct store_asset_fact *s, void *user), void *user,
			  struct error *e);
/* Present ones of a site that `source` told of and another run than `run` saw last. */
int store_asset_fact_stale(struct store_conn *c, struct str tenant, struct str site,
			   const char *source, struct str run, int limit, struct arena *a,
			   void (*fn)(const struct store_asset_fact *s, void *user), void *user,
			   struct error *e);
/* Counts of present facts: fn(kind, n); by site when site is not "". */
int store_asset_fact_counts(struct store_conn *c, struct str tenant, struct str site,
			    struct arena *a, void (*fn)(struct str kind, int64_t n, void *user),
			    void *user, struct error *e);

struct store_asset_event {
	struct str id, tenant, site, fact;
	int64_t time;
	struct str type, kind, title, was, run;
	struct str site_name; /* read only */
	int64_t port;	      /* of the fact, 0: none; read only */
};
int store_asset_event_add(struct store_conn *c, const struct store_asset_event *v, struct error *e);
/* site and fact may be "". Newest first. */
int store_asset_event_list(struct store_conn *c, struct str tenant, struct str site, struct str fact,
			   struct store_page *page, struct arena *a,
			   void (*fn)(const struct store_asset_event *v, void *user), void *user,
			   struct error *e);

struct store_asset_run {
	struct str id, tenant, site, site_name, host, state, cause, job, ports, options;
	int64_t progress;
	struct str doing, doing_en;
	bool complete;
	int64_t probed, open, facts, changes;
	struct str error, created_by;
	int64_t created, started, finished, revision;
};
int store_asset_run_insert(struct store_conn *c, const struct store_asset_run *r, struct error *e);
int store_asset_run_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
			struct store_asset_run *ret, struct error *e);
/* State, job, progress, numbers, error and times. */
int store_asset_run_save(struct store_conn *c, const struct store_asset_run *r, struct error *e);
/* What a run that is cut off goes on from stands in its options. */
int store_asset_run_options(struct store_conn *c, struct str tenant, struct str id, struct str options,
			    struct error *e);
/* site "": all of the tenant. Newest first. */
int store_asset_run_list(struct store_conn *c, struct str tenant, struct str site, struct str state,
			 struct store_page *page, struct arena *a,
			 void (*fn)(const struct store_asset_run *r, void *user), void *user,
			 struct error *e);
/* 1 when one of the site is queued or running (its id in *ret), 0, negative. */
int store_asset_run_active(struct store_conn *c, struct str tenant, struct str site, struct arena *a,
			   struct str *ret, struct error *e);
#endif
