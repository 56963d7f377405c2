/* Rows of scans: the scan itself, its journal, the pages it saw, what each check
 * came to and which findings it saw. Texts live in the arena given; times are ms. */
#ifndef STORE_SCAN_H
#define STORE_SCAN_H
#include "base/json.h"
#include "scan/severity.h"
#include "store/select.h"

struct store_scan {
	struct str id, tenant, site, site_name, url, origin, mode, state, cause, job, finding,
		monitor;
	struct str settings; /* JSON, nothing secret */
	struct str secrets;  /* sealed or empty */
	int64_t progress;    /* basis points */
	struct str doing, doing_en;
	int64_t remaining;  /* seconds, -1 unknown */
	struct str waiting; /* why it does not run: "", "window" */
	bool complete;
	int64_t score; /* -1: none */
	int64_t counts[SEVERITY_COUNT];
	int64_t requests, pages, errors, bytes, seconds;
	struct str error; /* JSON or "" */
	struct str rule_version, formula_version;
	struct str verify_method, verify_token; /* token: fingerprint only */
	int64_t verified_at;
	struct str previous, created_by;
	int64_t created, started, finished, revision;
	int64_t incremental; /* 0: a full scan; n: the n-th incremental one behind it */
	int64_t unchanged;   /* pages not probed again */
	int64_t saved, spared; /* requests not sent: answered by an equal one; pointless for what the site runs */
};

int store_scan_insert(struct store_conn *c, const struct store_scan *s, struct error *e);
int store_scan_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		   struct store_scan *ret, struct error *e);
int store_scan_set_job(struct store_conn *c, struct str tenant, struct str id, struct str job,
		       struct error *e);
/* State, waiting, started and error, unless the scan has ended. 1 when it changed. */
int store_scan_set_state(struct store_conn *c, const struct store_scan *s, struct error *e);
/* Progress never goes back; counts, stats and what is being done. */
int store_scan_save_progress(struct store_conn *c, const struct store_scan *s, struct error *e);
/* Everything that is known at the end. 1, or 0 when it had ended before. */
int store_scan_finish(struct store_conn *c, const struct store_scan *s, struct error *e);
/* Newest complete, finished scan of that origin before `before`; not a retest. */
int store_scan_previous(struct store_conn *c, struct str tenant, struct str site,
			struct str origin, int64_t before, struct arena *a,
			struct store_scan *ret, struct error *e);

struct store_scan_filter {
	struct str tenant, site, state, cause, monitor, q; /* state, cause: comma separated */
};
int store_scan_list(struct store_conn *c, const struct store_scan_filter *f,
		    struct store_page *page, struct arena *a,
		    void (*fn)(const struct store_scan *s, void *user), void *user,
		    struct error *e);
/* Finished complete scans since `since`, oldest first, of all sites (trends). */
int store_scan_trend(struct store_conn *c, struct str tenant, int64_t since, struct arena *a,
		     void (*fn)(const struct store_scan *s, void *user), void *user,
		     struct error *e);
int store_scan_count_since(struct store_conn *c, struct str tenant, int64_t since, int64_t *ret,
			   struct error *e);

/* ---- journal ---- */

struct store_journal_record {
	int64_t seq;
	struct str kind, key, bytes;
};
int store_journal_append(struct store_conn *c, struct str scan,
			 const struct store_journal_record *r, size_t n, struct error *e);
/* Records with seq > after, at most `limit`; the number given or negative. fn may
 * stop with non-zero. */
int store_journal_read(struct store_conn *c, struct str scan, int64_t after, int limit,
		       int (*fn)(const struct store_journal_record *r, void *user), void *user,
		       struct error *e);
int store_journal_last(struct store_conn *c, struct str scan, int64_t *ret, struct error *e);
int store_journal_drop(struct store_conn *c, struct str scan, struct error *e);

/* ---- pages ---- */

struct store_scan_page {
	struct str url, method, type, title;
	int64_t status, depth, size;
	struct str etag, modified, digest; /* digest: 16 hex digits or "" */
	bool unchanged; /* since the scan before */
};
int store_scan_page_put(struct store_conn *c, struct str tenant, struct str scan,
			const struct store_scan_page *p, struct error *e);
int store_scan_page_list(struct store_conn *c, struct str tenant, struct str scan, struct str q,
			 struct str status, struct store_page *page, struct arena *a,
			 void (*fn)(const struct store_scan_page *p, void *user), void *user,
			 struct error *e);
/* All of them in order of address, at most `limit`. */
int store_scan_pages(struct store_conn *c, struct str tenant, struct str scan, int limit,
		     struct arena *a, void (*fn)(const struct store_scan_page *p, void *user),
		     void *user, struct error *e);

/* ---- checks ---- */

int store_scan_check_put(struct store_conn *c, struct str scan, struct str check, struct str state,
			 int64_t count, int64_t requests, struct error *e);
int store_scan_checks(struct store_conn *c, struct str tenant, struct str scan, struct arena *a,
		      void (*fn)(struct str check, struct str state, int64_t count, int64_t requests, void *user),
		      void *user, struct error *e);

/* ---- findings of a scan ---- */

/* Keeps the first status of this scan. */
int store_scan_finding_put(struct store_conn *c, struct str tenant, struct str scan,
			   struct str finding, const char *status, int64_t severity,
			   int64_t instances, struct error *e);
/* finding id -> status of one scan. */
int store_scan_findings(struct store_conn *c, struct str tenant, struct str scan, struct arena *a,
			void (*fn)(struct str finding, struct str status, void *user), void *user,
			struct error *e);
#endif
