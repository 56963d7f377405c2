/* Rows of findings, the decisions on them and their history. State words: open,
 * false_positive, ignored, fixed. */
#ifndef STORE_FINDING_H
#define STORE_FINDING_H
#include "base/json.h"
#include "scan/severity.h"
#include "store/select.h"

struct store_finding {
	struct str id, tenant, site, origin, fingerprint, check, title, title_en;
	int64_t severity, confidence; /* enum severity, enum confidence */
	struct str url, method, parameter;
	int64_t cwe;
	struct str owasp, state;
	bool reappeared;
	int64_t instances;
	struct str evidence; /* JSON, masked and bounded */
	int64_t first_seen, last_seen, fixed_at;
	struct str scan;     /* that saw it last */
	struct str decision; /* id of the one in force, "" */
	struct str proposal; /* id of the one waiting, "" */
	int64_t revision;
	struct str site_name; /* read only */
};

int store_finding_insert(struct store_conn *c, const struct store_finding *f, struct error *e);
/* with_evidence costs reading it; lists leave it empty. */
int store_finding_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		      struct store_finding *ret, struct error *e);
int store_finding_by_fingerprint(struct store_conn *c, struct str tenant, struct str site,
				 struct str origin, struct str fingerprint, struct arena *a,
				 struct store_finding *ret, struct error *e);
/* What a scan saw: everything but the decision and proposal. */
int store_finding_save_seen(struct store_conn *c, const struct store_finding *f, struct error *e);
/* State, reappeared, fixed_at, decision and proposal. */
int store_finding_save_state(struct store_conn *c, const struct store_finding *f, struct error *e);

struct store_finding_filter {
	struct str tenant, site, scan, severity, state, check, confidence, q, origin;
	/* severity and confidence: comma separated words; state, check: comma separated */
	bool reappeared;
	int64_t since; /* first seen at or after */
};
int store_finding_list(struct store_conn *c, const struct store_finding_filter *f,
		       struct store_page *page, struct arena *a,
		       void (*fn)(const struct store_finding *s, void *user), void *user,
		       struct error *e);
/* All of one origin that are not fixed, most severe first, with or without evidence. */
int store_finding_live(struct store_conn *c, struct str tenant, struct str site,
		       struct str origin, bool evidence, int limit, struct arena *a,
		       void (*fn)(const struct store_finding *s, void *user), void *user,
		       struct error *e);
/* Findings that a scan saw (status other than fixed), with evidence. */
int store_finding_of_scan(struct store_conn *c, struct str tenant, struct str scan, int limit,
			  struct arena *a,
			  void (*fn)(const struct store_finding *s, void *user), void *user,
			  struct error *e);

/* Distinct open findings of an origin by severity, first seen not after `until`. */
int store_finding_counts(struct store_conn *c, struct str tenant, struct str site,
			 struct str origin, int64_t until, int64_t ret[SEVERITY_COUNT],
			 struct error *e);
/* Open ones that one scan saw. */
int store_finding_scan_counts(struct store_conn *c, struct str tenant, struct str scan,
			      int64_t ret[SEVERITY_COUNT], struct error *e);
enum store_finding_group { STORE_BY_SEVERITY, STORE_BY_CHECK, STORE_BY_STATE, STORE_BY_CONFIDENCE };
/* Counts under a filter: fn(value, second text, count). By check: value is the
 * check, second its title; limited to the `limit` most frequent. */
int store_finding_stats(struct store_conn *c, const struct store_finding_filter *f,
			enum store_finding_group group, int limit, struct arena *a,
			void (*fn)(struct str value, struct str extra, int64_t n, void *user),
			void *user, struct error *e);

struct store_decision {
	struct str id, tenant, finding, decision, reason, state, owner_id, owner_name, decided_by,
		decided_name, decided_reason;
	int64_t expires, decided_at, created;
};
int store_decision_insert(struct store_conn *c, const struct store_decision *d, struct error *e);
int store_decision_get(struct store_conn *c, struct str tenant, struct str finding, struct str id,
		       struct arena *a, struct store_decision *ret, struct error *e);
/* State and who decided; 1 when it was in state `was`. */
int store_decision_save(struct store_conn *c, const struct store_decision *d, const char *was,
			struct error *e);
int store_decision_list(struct store_conn *c, struct str tenant, struct str finding,
			struct arena *a,
			void (*fn)(const struct store_decision *d, void *user), void *user,
			struct error *e);
/* Every tenant: decisions in force whose time has run out. */
int store_decision_expired(struct store_conn *c, int64_t now, int limit, struct arena *a,
			   void (*fn)(const struct store_decision *d, void *user), void *user,
			   struct error *e);

/* type: found, reappeared, fixed, decided, proposed, rejected, expired, retested … */
int store_finding_event_add(struct store_conn *c, struct str tenant, struct str finding,
			    const char *type, struct str actor, struct str scan, struct str detail,
			    int64_t now, struct error *e);
/* JSON array, newest first. */
int store_finding_events(struct store_conn *c, struct str tenant, struct str finding, json_t **ret,
			 struct error *e);
/* Events of one type since a moment. */
int store_finding_event_count(struct store_conn *c, struct str tenant, const char *type,
			      int64_t since, int64_t *ret, struct error *e);
#endif
