/* Rows of sites, of proofs of ownership and of authorisation letters. What they
 * mean is src/app/site.h's and verify.h's business. Everything is asked for with
 * its tenant; the few functions that cross tenants say so (platform work). Texts
 * live in the arena given. Times are ms UTC, 0 for never. */
#ifndef STORE_SITE_H
#define STORE_SITE_H
#include "base/json.h"
#include "scan/severity.h"
#include "store/select.h"

struct store_site {
	struct str id, tenant, name, url, origin, host, host_display, group;
	int64_t port;
	struct str settings; /* JSON, nothing secret in it */
	struct str secrets;  /* sealed bytes, empty for none */
	struct str verify_state, verify_method, verify_id;
	int64_t verified_at, verify_checked_at, verify_failures;
	struct str verify_error; /* JSON or "" */
	int64_t score;		 /* -1: never scanned to the end */
	int64_t counts[SEVERITY_COUNT];
	struct str score_scan, last_scan, active_scan;
	int64_t score_at, last_scan_at;
	int64_t created, updated, revision;
};

int store_site_insert(struct store_conn *c, const struct store_site *s, struct error *e);
/* 1 found, 0 not, negative. */
int store_site_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		   struct store_site *ret, struct error *e);
int store_site_by_origin(struct store_conn *c, struct str tenant, struct str origin,
			 struct arena *a, struct store_site *ret, struct error *e);
/* Name, address, group, settings and secrets; 1 when the revision still stood. */
int store_site_save(struct store_conn *c, const struct store_site *s, struct error *e);
/* State of the proof only. */
int store_site_save_verify(struct store_conn *c, const struct store_site *s, struct error *e);
/* Score, counts, the scan they come from. */
int store_site_save_score(struct store_conn *c, const struct store_site *s, struct error *e);
/* Claims the site for a scan: 1, or 0 when another scan is active. */
int store_site_claim(struct store_conn *c, struct str tenant, struct str id, struct str scan,
		     struct error *e);
/* Ends the claim if it is this scan's and notes it as the last one. */
int store_site_unclaim(struct store_conn *c, struct str tenant, struct str id, struct str scan,
		       bool is_last, int64_t now, struct error *e);
/* Forgets which scan was the last one (its domain was replaced). */
int store_site_clear_last(struct store_conn *c, struct str tenant, struct str id, struct error *e);
int store_site_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);

struct store_site_filter {
	struct str tenant, q, verify_state, group; /* verify_state: comma separated */
};
int store_site_list(struct store_conn *c, const struct store_site_filter *f,
		    struct store_page *page, struct arena *a,
		    void (*fn)(const struct store_site *s, void *user), void *user, struct error *e);

struct store_site_totals {
	int64_t total, unverified, verified, expired, exempt;
};
int store_site_totals(struct store_conn *c, struct str tenant, struct store_site_totals *ret,
		      struct error *e);
/* Lowest score below 100, then more critical, high, medium, older scan, name. */
int store_site_most_dangerous(struct store_conn *c, struct str tenant, struct arena *a,
			      struct store_site *ret, struct error *e);
/* Every tenant: proven sites not checked since `before`, at most `limit`. */
int store_site_due_checks(struct store_conn *c, int64_t before, int limit, struct arena *a,
			  void (*fn)(const struct store_site *s, void *user), void *user,
			  struct error *e);

int store_site_domain_add(struct store_conn *c, const struct store_site *before, struct str new_url,
			  struct str new_origin, struct str by, int64_t now, struct error *e);
/* JSON array, newest first: {old_url,new_url,changed_at}. */
int store_site_domains(struct store_conn *c, struct str tenant, struct str site, json_t **ret,
		       struct error *e);

struct store_verification {
	struct str id, tenant, site, origin, method, token, state, attempts, created_by;
	int64_t expires, checked_at, created;
};
int store_verification_insert(struct store_conn *c, const struct store_verification *v,
			      struct error *e);
int store_verification_get(struct store_conn *c, struct str tenant, struct str site, struct str id,
			   struct arena *a, struct store_verification *ret, struct error *e);
int store_verification_save(struct store_conn *c, const struct store_verification *v,
			    struct error *e);
/* Newest pending one of this origin and method that has not expired. */
int store_verification_pending(struct store_conn *c, struct str tenant, struct str site,
			       struct str origin, struct str method, int64_t now, struct arena *a,
			       struct store_verification *ret, struct error *e);
int store_verification_list(struct store_conn *c, struct str tenant, struct str site,
			    struct store_page *page, struct arena *a,
			    void (*fn)(const struct store_verification *v, void *user), void *user, struct error *e);

struct store_authorization {
	struct str id, tenant, site, site_name, origin, letter_name, letter_type, letter_blob,
		letter_sha256, ranges, note, state, requested_by, requested_name, decided_by,
		decided_name, reason;
	int64_t letter_size, expires, decided_at, created;
};
int store_authorization_insert(struct store_conn *c, const struct store_authorization *v,
			       struct error *e);
/* tenant empty: any (platform administrators approve for others). */
int store_authorization_get(struct store_conn *c, struct str tenant, struct str id,
			    struct arena *a, struct store_authorization *ret, struct error *e);
/* Decision columns; 1 when it was still pending. */
int store_authorization_decide(struct store_conn *c, const struct store_authorization *v,
			       struct error *e);
/* Newest approved letter of the site for this origin, expired or not. */
int store_authorization_approved(struct store_conn *c, struct str tenant, struct str site,
				 struct str origin, struct arena *a,
				 struct store_authorization *ret, struct error *e);
int store_authorization_list(struct store_conn *c, struct str tenant, struct str site,
			     struct str state, struct store_page *page, struct arena *a,
			     void (*fn)(const struct store_authorization *v, void *user),
			     void *user, struct error *e);
#endif
