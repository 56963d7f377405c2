/* Rows of rule packs: the pack, its versions, the templates of each version, and which
 * templates a tenant has switched off. A version is never changed once it is ready; which one
 * a pack runs is the pack's version column. */
#ifndef STORE_RULEPACK_H
#define STORE_RULEPACK_H
#include "store/select.h"

struct store_rulepack {
	struct str id, tenant, kind /* "builtin" "imported" */, name, version, created_by;
	bool enabled;
	int64_t last_number, created, updated, revision;
	/* read only: of the version that runs */
	struct str label, source;
	int64_t number, good, bad, ignored, off, version_created, versions;
	/* read only: the newest version when it is not the one that runs, or is none yet */
	struct str newest_state, newest_error;
};

int store_rulepack_insert(struct store_conn *c, const struct store_rulepack *p, struct error *e);
/* 1, 0 (none), negative. */
int store_rulepack_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		       struct store_rulepack *ret, struct error *e);
int store_rulepack_builtin(struct store_conn *c, struct str tenant, struct arena *a,
			   struct store_rulepack *ret, struct error *e);
/* Name, switch, version, last number; 1 when the revision still stood. */
int store_rulepack_save(struct store_conn *c, const struct store_rulepack *p, struct error *e);
int store_rulepack_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);
int store_rulepack_count(struct store_conn *c, struct str tenant, int64_t *ret, struct error *e);
typedef void store_rulepack_fn(const struct store_rulepack *p, void *user);
/* The built-in one first, then by age. */
int store_rulepack_list(struct store_conn *c, struct str tenant, struct arena *a,
			store_rulepack_fn *fn, void *user, struct error *e);

struct store_ruleversion {
	struct str id, tenant, pack, label, source;
	struct str state; /* "checking" "ready" "failed" */
	struct str upload /* blob of the archive while it waits */, blob /* of the bundle */, error, created_by;
	int64_t number, size, good, bad, ignored, created, finished;
};
int store_ruleversion_insert(struct store_conn *c, const struct store_ruleversion *v, struct error *e);
int store_ruleversion_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
			  struct store_ruleversion *ret, struct error *e);
int store_ruleversion_save(struct store_conn *c, const struct store_ruleversion *v, struct error *e);
int store_ruleversion_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);
/* Newest first. */
int store_ruleversion_list(struct store_conn *c, struct str tenant, struct str pack, struct arena *a,
			   void (*fn)(const struct store_ruleversion *v, void *user), void *user,
			   struct error *e);

struct store_template {
	struct str path, id, name, name_en, tags, product, protocol, code, reason, reason_en;
	int64_t severity;
	bool intrusive, good, off;
};
int store_template_insert(struct store_conn *c, struct str version, const struct store_template *r, struct error *e);
struct store_template_filter {
	struct str pack, version, q, severity /* "3,4" */, state /* "good" "bad" "on" "off" */;
};
int store_template_list(struct store_conn *c, const struct store_template_filter *f, struct store_page *page,
		    struct arena *a, void (*fn)(const struct store_template *r, void *user), void *user,
		    struct error *e);

/* Whether scans of the tenant have run the template of that id since then (its pack and switch are
 * on and have not been changed; it is not intrusive, or that is allowed), and how many they run
 * in all. */
int store_template_runs(struct store_conn *c, struct str tenant, struct str id, bool intrusive, int64_t since,
			bool *ret, int64_t *ret_all, struct error *e);
/* Single templates that are off, in all packs. */
int store_template_off_count(struct store_conn *c, struct str tenant, int64_t *ret, struct error *e);
/* What of it runs was changed now. */
int store_rulepack_touch(struct store_conn *c, struct str id, int64_t now, struct error *e);
int store_template_switch(struct store_conn *c, struct str pack, struct str id, bool off, struct str by,
		      int64_t now, struct error *e);
/* Everything that the filter finds, by its template id. */
int store_template_switch_all(struct store_conn *c, const struct store_template_filter *f, bool off,
			  struct str by, int64_t now, struct arena *a, int64_t *ret, struct error *e);
int store_template_off_list(struct store_conn *c, struct str pack, struct arena *a,
			void (*fn)(struct str id, void *user), void *user, struct error *e);
#endif
