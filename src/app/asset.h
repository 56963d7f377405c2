/* What a site stands on: ports, systems, services, software, certificates, TLS, DNS and
 * sub-domains, with their history. Facts come from asset runs (job kind "asset") and from
 * the technologies that scans recognise; both go through app_asset_fact_put(). */
#ifndef APP_ASSET_H
#define APP_ASSET_H
#include "app/context.h"
#include "job/job.h"
#include "store/page.h"
#include "store/asset.h"

struct store_finding;

/* kind "port" "system" "service" "software" "certificate" "tls" "dns" "subdomain".
 * key: what makes it the same thing next time, within site and kind; for software
 * app_asset_software_key(). Texts are borrowed. */
struct app_asset_fact {
	const char *kind;
	struct str key, title;
	struct str host; /* "" for the site's own */
	int64_t port;    /* 0: none */
	struct str product, version, cpe;
	unsigned confidence; /* 0 … 100 */
	struct str detail;   /* JSON object, or "" */
	const char *source;  /* "asset" or "tech" */
	struct str run;      /* asset run or scan */
};
/* Inside a transaction: adds or refreshes the fact and writes an event when it appeared,
 * returned, or changed title, version or CPE. 1 when there was an event, 0, negative.
 * An empty version never replaces a known one of the same product. */
int app_asset_fact_put(struct app_call *c, struct str site, const struct app_asset_fact *f,
		       struct error *e);
/* Inside a transaction, at the end of a complete run: what `source` told of before and this
 * run did not see is gone. ours (may be NULL): which of them the run looked at.
 * The number of events, or negative. */
int app_asset_facts_gone(struct app_call *c, struct str site, const char *source, struct str run,
			 bool (*ours)(const struct store_asset_fact *f, void *user), void *user,
			 struct error *e);
/* "nginx@443": the same product at the same port is the same thing. */
struct str app_asset_software_key(struct arena *a, struct str product, int64_t port);

/* ---- looking ---- */

int app_asset_list(struct app_call *c, const struct store_asset_filter *f, struct store_page *page,
		   json_t **ret, struct error *e);
/* With its history and the findings that hang on it. */
int app_asset_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
/* {"port": n, …} of what is present; site may be "". */
int app_asset_summary(struct app_call *c, struct str site, json_t **ret, struct error *e);
int app_asset_history(struct app_call *c, struct str site, struct store_page *page, json_t **ret,
		      struct error *e);
/* All that the filter matches, as CSV that no spreadsheet runs. */
int app_asset_csv(struct app_call *c, const struct store_asset_filter *f, struct buf *out,
		  struct error *e);

/* ---- runs (assetjob.c) ---- */

extern const struct job_kind app_job_asset;
/* {ports?, rate?}: queues a run. "site.not-verified", "asset.running"; "asset.ports-need-dns"
 * when other ports are asked for than a file or meta tag proves. */
int app_asset_start(struct app_call *c, struct str site, const json_t *in, json_t **ret,
		    struct error *e);
/* Inside a transaction, for schedules and retests. cause: "manual", "api", "schedule". */
int app_asset_create(struct app_call *c, struct str site, struct str ports, int64_t rate, bool udp,
		     const char *cause, struct store_asset_run *ret, struct error *e);
json_t *app_asset_run_json(const struct store_asset_run *r);
/* The port that a finding of an asset run hangs on; 0: none. */
int64_t app_asset_finding_port(const struct store_finding *f);
int app_asset_runs(struct app_call *c, struct str site, struct str state, struct store_page *page,
		   json_t **ret, struct error *e);
int app_asset_run_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
int app_asset_run_cancel(struct app_call *c, struct str id, json_t **ret, struct error *e);
#endif
