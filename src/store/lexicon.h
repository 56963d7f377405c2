/* Rows of word lists: the list, its entries with the versions in which they were valid, and
 * what each version changed. */
#ifndef STORE_LEXICON_H
#define STORE_LEXICON_H
#include "store/select.h"

struct store_lexicon {
	struct str id, tenant, owner, name, note, created_by; /* owner empty: of the tenant */
	bool enabled;
	int64_t version, entries, created, updated, revision;
};
int store_lexicon_insert(struct store_conn *c, const struct store_lexicon *v, struct error *e);
int store_lexicon_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		      struct store_lexicon *ret, struct error *e);
/* Name, note, enabled, version and entries; 1 when the revision still stood. */
int store_lexicon_save(struct store_conn *c, const struct store_lexicon *v, struct error *e);
int store_lexicon_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);
typedef void store_lexicon_fn(const struct store_lexicon *v, void *user);
/* Those of the tenant and of `person`; person "*": everybody's. Oldest first. */
int store_lexicon_list(struct store_conn *c, struct str tenant, struct str person, struct arena *a,
		       store_lexicon_fn *fn, void *user, struct error *e);

struct store_entry {
	struct str row, id, tenant, lexicon;
	int64_t from, to; /* versions; to 0: still valid */
	struct str term, label, kind, level, match, context, reason, article, advice, note, replacement;
	int64_t until;
	struct str account_name;
	int64_t created;
};
int store_entry_insert(struct store_conn *c, const struct store_entry *v, struct error *e);
/* The valid one. */
int store_entry_get(struct store_conn *c, struct str tenant, struct str lexicon, struct str id,
		    struct arena *a, struct store_entry *ret, struct error *e);
/* The valid one with that term and kind. */
int store_entry_find(struct store_conn *c, struct str lexicon, struct str term, struct str kind,
		     struct arena *a, struct store_entry *ret, struct error *e);
/* Ends the valid one at that version. */
int store_entry_end(struct store_conn *c, struct str lexicon, struct str id, int64_t version,
		    struct error *e);
typedef void store_entry_fn(const struct store_entry *v, void *user);
struct store_entry_filter {
	struct str tenant, lexicon, q, kind, label, level;
};
int store_entry_list(struct store_conn *c, const struct store_entry_filter *f, struct store_page *page,
		     struct arena *a, store_entry_fn *fn, void *user, struct error *e);
/* All that were valid at a version (0: now), by id. */
int store_entry_at(struct store_conn *c, struct str lexicon, int64_t version, struct arena *a,
		   store_entry_fn *fn, void *user, struct error *e);
/* What a version changed: entries that began or ended with it, by id, ended ones first. */
int store_entry_changes(struct store_conn *c, struct str lexicon, int64_t version, int limit, struct arena *a,
			store_entry_fn *fn, void *user, struct error *e);
int store_entry_count(struct store_conn *c, struct str lexicon, int64_t *ret, struct error *e);

struct store_lexicon_version {
	struct str lexicon, tenant, action, note, account_id, account_name;
	int64_t version, added, changed, removed, entries, created;
};
int store_lexicon_version_insert(struct store_conn *c, const struct store_lexicon_version *v, struct error *e);
typedef void store_lexicon_version_fn(const struct store_lexicon_version *v, void *user);
/* Newest first. */
int store_lexicon_version_list(struct store_conn *c, struct str tenant, struct str lexicon, struct store_page *page,
			       struct arena *a, store_lexicon_version_fn *fn, void *user, struct error *e);
#endif
