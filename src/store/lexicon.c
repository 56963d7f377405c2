/* Word lists: see lexicon.h. */
#include "store/lexicon.h"

#include "base/check.h"

#define COLUMNS                                                                                    \
	"x.id, x.tenant_id, x.owner_id, x.name, x.note, x.created_by, x.enabled, x.version, "      \
	"x.entries, x.created, x.updated, x.revision"

static void read_lexicon(struct store_reader *r, struct store_lexicon *v)
{
	v->id = store_read_str(r);
	v->tenant = store_read_str(r);
	v->owner = store_read_str(r);
	v->name = store_read_str(r);
	v->note = store_read_str(r);
	v->created_by = store_read_str(r);
	v->enabled = store_read_bool(r);
	v->version = store_read_int(r);
	v->entries = store_read_int(r);
	v->created = store_read_int(r);
	v->updated = store_read_int(r);
	v->revision = store_read_int(r);
}

int store_lexicon_insert(struct store_conn *c, const struct store_lexicon *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO lexicon (id, tenant_id, owner_id, name, note, enabled, version, "
			  "entries, created_by, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(v->id), SV_STR(v->tenant), SV_STR(v->owner), SV_STR(v->name),
			  SV_STR(v->note), SV_BOOL(v->enabled), SV_INT(v->version), SV_INT(v->entries),
			  SV_STR(v->created_by), SV_INT(v->created), SV_INT(v->updated));
}

int store_lexicon_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		      struct store_lexicon *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e, "SELECT " COLUMNS " FROM lexicon x WHERE x.id = ? AND x.tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_lexicon(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_lexicon_save(struct store_conn *c, const struct store_lexicon *v, struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE lexicon SET name = ?, note = ?, enabled = ?, version = ?, entries = ?, "
		       "updated = ?, revision = revision + 1 WHERE id = ? AND tenant_id = ? AND revision = ?",
		       SV_STR(v->name), SV_STR(v->note), SV_BOOL(v->enabled), SV_INT(v->version),
		       SV_INT(v->entries), SV_INT(v->updated), SV_STR(v->id), SV_STR(v->tenant),
		       SV_INT(v->revision)) < 0)
		return -1;
	return store_changed(c) > 0;
}

int store_lexicon_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e, "DELETE FROM lexicon WHERE id = ? AND tenant_id = ?", SV_STR(id), SV_STR(tenant));
}

int store_lexicon_list(struct store_conn *c, struct str tenant, struct str person, struct arena *a,
		       store_lexicon_fn *fn, void *user, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " COLUMNS " FROM lexicon x WHERE x.tenant_id = ? AND "
			"(x.owner_id = '' OR x.owner_id = ? OR ? = '*') ORDER BY x.owner_id, x.id",
			SV_STR(tenant), SV_STR(person), SV_STR(person)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_lexicon v = { 0 };

		read_lexicon(&(struct store_reader){ rows, a, 0 }, &v);
		fn(&v, user);
	}
	return 0;
}

/* ---- entries ---- */

#define ENTRY_COLUMNS                                                                              \
	"n.row_id, n.id, n.tenant_id, n.lexicon_id, n.from_version, n.to_version, n.term, n.label, " \
	"n.kind, n.level, n.match_mode, n.context, n.reason, n.article, n.advice, n.note, "         \
	"n.replacement, n.until, n.account_name, n.created"

static void read_entry(struct store_reader *r, struct store_entry *v)
{
	v->row = store_read_str(r);
	v->id = store_read_str(r);
	v->tenant = store_read_str(r);
	v->lexicon = store_read_str(r);
	v->from = store_read_int(r);
	v->to = store_read_int(r);
	v->term = store_read_str(r);
	v->label = store_read_str(r);
	v->kind = store_read_str(r);
	v->level = store_read_str(r);
	v->match = store_read_str(r);
	v->context = store_read_str(r);
	v->reason = store_read_str(r);
	v->article = store_read_str(r);
	v->advice = store_read_str(r);
	v->note = store_read_str(r);
	v->replacement = store_read_str(r);
	v->until = store_read_int(r);
	v->account_name = store_read_str(r);
	v->created = store_read_int(r);
}

int store_entry_insert(struct store_conn *c, const struct store_entry *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO lexicon_entry (row_id, id, tenant_id, lexicon_id, from_version, term, "
			  "label, kind, level, match_mode, context, reason, article, advice, note, replacement, "
			  "until, account_name, created) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(v->row), SV_STR(v->id), SV_STR(v->tenant), SV_STR(v->lexicon), SV_INT(v->from),
			  SV_STR(v->term), SV_STR(v->label), SV_STR(v->kind), SV_STR(v->level), SV_STR(v->match),
			  SV_STR(v->context), SV_STR(v->reason), SV_STR(v->article), SV_STR(v->advice),
			  SV_STR(v->note), SV_STR(v->replacement), SV_INT(v->until), SV_STR(v->account_name),
			  SV_INT(v->created));
}

int store_entry_get(struct store_conn *c, struct str tenant, struct str lexicon, struct str id,
		    struct arena *a, struct store_entry *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " ENTRY_COLUMNS " FROM lexicon_entry n WHERE n.id = ? AND n.lexicon_id = ? "
			      "AND n.tenant_id = ? AND n.to_version = 0",
			      SV_STR(id), SV_STR(lexicon), SV_STR(tenant));

	if (found > 0)
		read_entry(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_entry_find(struct store_conn *c, struct str lexicon, struct str term, struct str kind,
		     struct arena *a, struct store_entry *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " ENTRY_COLUMNS " FROM lexicon_entry n WHERE n.lexicon_id = ? AND "
			      "n.to_version = 0 AND n.term = ? AND n.kind = ?",
			      SV_STR(lexicon), SV_STR(term), SV_STR(kind));

	if (found > 0)
		read_entry(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_entry_end(struct store_conn *c, struct str lexicon, struct str id, int64_t version,
		    struct error *e)
{
	return store_exec(c, e,
			  "UPDATE lexicon_entry SET to_version = ? WHERE lexicon_id = ? AND to_version = 0 AND id = ?",
			  SV_INT(version), SV_STR(lexicon), SV_STR(id));
}

struct each_entry {
	store_entry_fn *fn;
	void *user;
};

static void each_entry(struct store_reader *r, void *user)
{
	struct each_entry *each = user;
	struct store_entry v = { 0 };

	read_entry(r, &v);
	each->fn(&v, each->user);
}

static const struct store_sort entry_sorts[] = {
	{ "created", "n.created", false, true },
	{ "term", "n.term", true, false },
	{ "label", "n.label", true, false },
	{ 0 },
};

int store_entry_list(struct store_conn *c, const struct store_entry_filter *f, struct store_page *page,
		     struct arena *a, store_entry_fn *fn, void *user, struct error *e)
{
	static const char *const searched[] = { "n.term", "n.note", "n.reason" };
	struct each_entry each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, ENTRY_COLUMNS, "lexicon_entry n");
	store_select_str(&q, "n.tenant_id = ?", f->tenant);
	store_select_str(&q, "n.lexicon_id = ?", f->lexicon);
	store_select_and(&q, "n.to_version = 0");
	store_select_in(&q, "n.kind", f->kind);
	store_select_in(&q, "n.label", f->label);
	store_select_in(&q, "n.level", f->level);
	store_select_like(&q, searched, ARRAY_SIZE(searched), f->q, a);
	return store_select_page(c, &q, entry_sorts, "n.id", page, a, each_entry, &each, e);
}

static void give(struct store_rows *rows, struct arena *a, store_entry_fn *fn, void *user)
{
	while (store_next(rows)) {
		struct store_entry v = { 0 };

		read_entry(&(struct store_reader){ rows, a, 0 }, &v);
		fn(&v, user);
	}
}

int store_entry_at(struct store_conn *c, struct str lexicon, int64_t version, struct arena *a,
		   store_entry_fn *fn, void *user, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = version ? store_query(c, &rows, e,
				      "SELECT " ENTRY_COLUMNS " FROM lexicon_entry n WHERE n.lexicon_id = ? AND "
				      "n.from_version <= ? AND (n.to_version = 0 OR n.to_version > ?) ORDER BY n.id",
				      SV_STR(lexicon), SV_INT(version), SV_INT(version)) :
			  store_query(c, &rows, e,
				      "SELECT " ENTRY_COLUMNS " FROM lexicon_entry n WHERE n.lexicon_id = ? AND "
				      "n.to_version = 0 ORDER BY n.id",
				      SV_STR(lexicon));

	if (r < 0)
		return -1;
	give(rows, a, fn, user);
	return 0;
}

int store_entry_changes(struct store_conn *c, struct str lexicon, int64_t version, int limit, struct arena *a,
			store_entry_fn *fn, void *user, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " ENTRY_COLUMNS " FROM lexicon_entry n WHERE n.lexicon_id = ? AND "
			"(n.from_version = ? OR n.to_version = ?) ORDER BY n.id, n.from_version LIMIT ?",
			SV_STR(lexicon), SV_INT(version), SV_INT(version), SV_INT(limit)) < 0)
		return -1;
	give(rows, a, fn, user);
	return 0;
}

int store_entry_count(struct store_conn *c, struct str lexicon, int64_t *ret, struct error *e)
{
	return store_int(c, ret, e,
			 "SELECT COUNT(*) FROM lexicon_entry WHERE lexicon_id = ? AND to_version = 0",
			 SV_STR(lexicon)) < 0 ? -1 : 0;
}

/* ---- versions ---- */

#define VERSION_COLUMNS                                                                            \
	"v.lexicon_id, v.tenant_id, v.action, v.note, v.account_id, v.account_name, v.version, "   \
	"v.added, v.changed, v.removed, v.entries, v.created"

int store_lexicon_version_insert(struct store_conn *c, const struct store_lexicon_version *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO lexicon_version (lexicon_id, tenant_id, version, action, added, changed, "
			  "removed, entries, note, account_id, account_name, created) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(v->lexicon), SV_STR(v->tenant), SV_INT(v->version), SV_STR(v->action),
			  SV_INT(v->added), SV_INT(v->changed), SV_INT(v->removed), SV_INT(v->entries),
			  SV_STR(v->note), SV_STR(v->account_id), SV_STR(v->account_name), SV_INT(v->created));
}

struct each_version {
	store_lexicon_version_fn *fn;
	void *user;
};

static void each_version(struct store_reader *r, void *user)
{
	struct each_version *each = user;
	struct store_lexicon_version v = { 0 };

	v.lexicon = store_read_str(r);
	v.tenant = store_read_str(r);
	v.action = store_read_str(r);
	v.note = store_read_str(r);
	v.account_id = store_read_str(r);
	v.account_name = store_read_str(r);
	v.version = store_read_int(r);
	v.added = store_read_int(r);
	v.changed = store_read_int(r);
	v.removed = store_read_int(r);
	v.entries = store_read_int(r);
	v.created = store_read_int(r);
	each->fn(&v, each->user);
}

static const struct store_sort version_sorts[] = {
	{ "version", "v.version", false, true },
	{ 0 },
};

int store_lexicon_version_list(struct store_conn *c, struct str tenant, struct str lexicon, struct store_page *page,
			       struct arena *a, store_lexicon_version_fn *fn, void *user, struct error *e)
{
	struct each_version each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, VERSION_COLUMNS, "lexicon_version v");
	store_select_str(&q, "v.tenant_id = ?", tenant);
	store_select_str(&q, "v.lexicon_id = ?", lexicon);
	return store_select_page(c, &q, version_sorts, "v.lexicon_id", page, a, each_version, &each, e);
}
