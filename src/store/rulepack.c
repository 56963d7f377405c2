/* Rule packs: see rulepack.h. */
#include "store/rulepack.h"

#include "base/check.h"

#define PACK_COLUMNS                                                                               \
	"p.id, p.tenant_id, p.kind, p.name, p.enabled, p.version_id, p.last_number, p.created_by, " \
	"p.created, p.updated, p.revision, COALESCE(v.label, ''), COALESCE(v.source, ''), "        \
	"COALESCE(v.number, 0), COALESCE(v.good, 0), COALESCE(v.bad, 0), COALESCE(v.ignored, 0), " \
	"COALESCE(v.created, 0), "                                                                 \
	"(SELECT COUNT(*) FROM rule_off o JOIN rule_template t ON t.version_id = p.version_id AND " \
	"t.template_id = o.template_id AND t.good = 1 WHERE o.pack_id = p.id), "                   \
	"(SELECT COUNT(*) FROM rule_version n WHERE n.pack_id = p.id), "                           \
	"COALESCE((SELECT n.state FROM rule_version n WHERE n.pack_id = p.id "                     \
	"ORDER BY n.number DESC LIMIT 1), ''), "                                                   \
	"COALESCE((SELECT n.error FROM rule_version n WHERE n.pack_id = p.id "                     \
	"ORDER BY n.number DESC LIMIT 1), '')"
#define PACK_FROM "rule_pack p LEFT JOIN rule_version v ON v.id = p.version_id"

static void read_pack(struct store_reader *r, struct store_rulepack *p)
{
	p->id = store_read_str(r);
	p->tenant = store_read_str(r);
	p->kind = store_read_str(r);
	p->name = store_read_str(r);
	p->enabled = store_read_bool(r);
	p->version = store_read_str(r);
	p->last_number = store_read_int(r);
	p->created_by = store_read_str(r);
	p->created = store_read_int(r);
	p->updated = store_read_int(r);
	p->revision = store_read_int(r);
	p->label = store_read_str(r);
	p->source = store_read_str(r);
	p->number = store_read_int(r);
	p->good = store_read_int(r);
	p->bad = store_read_int(r);
	p->ignored = store_read_int(r);
	p->version_created = store_read_int(r);
	p->off = store_read_int(r);
	p->versions = store_read_int(r);
	p->newest_state = store_read_str(r);
	p->newest_error = store_read_str(r);
}

int store_rulepack_insert(struct store_conn *c, const struct store_rulepack *p, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO rule_pack (id, tenant_id, kind, name, enabled, version_id, "
			  "last_number, created_by, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(p->id), SV_STR(p->tenant), SV_STR(p->kind), SV_STR(p->name),
			  SV_BOOL(p->enabled), SV_STR(p->version), SV_INT(p->last_number),
			  SV_STR(p->created_by), SV_INT(p->created), SV_INT(p->updated));
}

static int one_pack(struct store_rows *rows, int found, struct arena *a, struct store_rulepack *ret)
{
	if (found > 0)
		read_pack(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_rulepack_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		       struct store_rulepack *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " PACK_COLUMNS " FROM " PACK_FROM " WHERE p.id = ? AND p.tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	return one_pack(rows, found, a, ret);
}

int store_rulepack_builtin(struct store_conn *c, struct str tenant, struct arena *a,
			   struct store_rulepack *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " PACK_COLUMNS " FROM " PACK_FROM
			      " WHERE p.tenant_id = ? AND p.kind = 'builtin'",
			      SV_STR(tenant));

	return one_pack(rows, found, a, ret);
}

int store_rulepack_save(struct store_conn *c, const struct store_rulepack *p, struct error *e)
{
	if (store_exec(c, e,
		       "UPDATE rule_pack SET name = ?, enabled = ?, version_id = ?, last_number = ?, "
		       "updated = ?, revision = revision + 1 WHERE id = ? AND tenant_id = ? AND revision = ?",
		       SV_STR(p->name), SV_BOOL(p->enabled), SV_STR(p->version), SV_INT(p->last_number),
		       SV_INT(p->updated), SV_STR(p->id), SV_STR(p->tenant), SV_INT(p->revision)) < 0)
		return -1;
	return store_changed(c) > 0;
}

int store_rulepack_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e, "DELETE FROM rule_pack WHERE id = ? AND tenant_id = ?", SV_STR(id),
			  SV_STR(tenant));
}

int store_rulepack_count(struct store_conn *c, struct str tenant, int64_t *ret, struct error *e)
{
	return store_int(c, ret, e, "SELECT COUNT(*) FROM rule_pack WHERE tenant_id = ?", SV_STR(tenant)) < 0 ?
		       -1 :
		       0;
}

int store_rulepack_list(struct store_conn *c, struct str tenant, struct arena *a,
			store_rulepack_fn *fn, void *user, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " PACK_COLUMNS " FROM " PACK_FROM " WHERE p.tenant_id = ? "
			"ORDER BY CASE WHEN p.kind = 'builtin' THEN 0 ELSE 1 END, p.created, p.id",
			SV_STR(tenant)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_rulepack p = { 0 };

		read_pack(&(struct store_reader){ rows, a, 0 }, &p);
		fn(&p, user);
	}
	return 0;
}

/* ---- versions ---- */

#define VERSION_COLUMNS                                                                            \
	"id, tenant_id, pack_id, number, label, source, state, upload_blob, blob_id, size, good, " \
	"bad, ignored, error, created_by, created, finished"

static void read_version(struct store_reader *r, struct store_ruleversion *v)
{
	v->id = store_read_str(r);
	v->tenant = store_read_str(r);
	v->pack = store_read_str(r);
	v->number = store_read_int(r);
	v->label = store_read_str(r);
	v->source = store_read_str(r);
	v->state = store_read_str(r);
	v->upload = store_read_str(r);
	v->blob = store_read_str(r);
	v->size = store_read_int(r);
	v->good = store_read_int(r);
	v->bad = store_read_int(r);
	v->ignored = store_read_int(r);
	v->error = store_read_str(r);
	v->created_by = store_read_str(r);
	v->created = store_read_int(r);
	v->finished = store_read_int(r);
}

int store_ruleversion_insert(struct store_conn *c, const struct store_ruleversion *v, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO rule_version (" VERSION_COLUMNS ") "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(v->id), SV_STR(v->tenant), SV_STR(v->pack), SV_INT(v->number),
			  SV_STR(v->label), SV_STR(v->source), SV_STR(v->state), SV_STR(v->upload),
			  SV_STR(v->blob), SV_INT(v->size), SV_INT(v->good), SV_INT(v->bad),
			  SV_INT(v->ignored), SV_STR(v->error), SV_STR(v->created_by),
			  SV_INT(v->created), SV_INT(v->finished));
}

int store_ruleversion_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
			  struct store_ruleversion *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " VERSION_COLUMNS " FROM rule_version WHERE id = ? AND tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_version(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_ruleversion_save(struct store_conn *c, const struct store_ruleversion *v, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE rule_version SET label = ?, state = ?, upload_blob = ?, blob_id = ?, "
			  "size = ?, good = ?, bad = ?, ignored = ?, error = ?, finished = ? "
			  "WHERE id = ? AND tenant_id = ?",
			  SV_STR(v->label), SV_STR(v->state), SV_STR(v->upload), SV_STR(v->blob),
			  SV_INT(v->size), SV_INT(v->good), SV_INT(v->bad), SV_INT(v->ignored),
			  SV_STR(v->error), SV_INT(v->finished), SV_STR(v->id), SV_STR(v->tenant));
}

int store_ruleversion_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e, "DELETE FROM rule_version WHERE id = ? AND tenant_id = ?", SV_STR(id),
			  SV_STR(tenant));
}

int store_ruleversion_list(struct store_conn *c, struct str tenant, struct str pack, struct arena *a,
			   void (*fn)(const struct store_ruleversion *v, void *user), void *user,
			   struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " VERSION_COLUMNS " FROM rule_version WHERE pack_id = ? AND tenant_id = ? "
			"ORDER BY number DESC",
			SV_STR(pack), SV_STR(tenant)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_ruleversion v = { 0 };

		read_version(&(struct store_reader){ rows, a, 0 }, &v);
		fn(&v, user);
	}
	return 0;
}

/* ---- templates ---- */

int store_template_insert(struct store_conn *c, struct str version, const struct store_template *r, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO rule_template (version_id, path, template_id, name, name_en, "
			  "severity, tags, product, protocol, intrusive, good, code, reason, reason_en) "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
			  "ON CONFLICT (version_id, path) DO NOTHING",
			  SV_STR(version), SV_STR(r->path), SV_STR(r->id), SV_STR(r->name),
			  SV_STR(r->name_en), SV_INT(r->severity), SV_STR(r->tags), SV_STR(r->product),
			  SV_STR(r->protocol), SV_BOOL(r->intrusive), SV_BOOL(r->good), SV_STR(r->code),
			  SV_STR(r->reason), SV_STR(r->reason_en));
}

static void read_rule(struct store_reader *r, struct store_template *v)
{
	v->path = store_read_str(r);
	v->id = store_read_str(r);
	v->name = store_read_str(r);
	v->name_en = store_read_str(r);
	v->severity = store_read_int(r);
	v->tags = store_read_str(r);
	v->product = store_read_str(r);
	v->protocol = store_read_str(r);
	v->intrusive = store_read_bool(r);
	v->good = store_read_bool(r);
	v->code = store_read_str(r);
	v->reason = store_read_str(r);
	v->reason_en = store_read_str(r);
	v->off = store_read_bool(r);
}

struct each {
	void (*fn)(const struct store_template *r, void *user);
	void *user;
};

static void each_rule(struct store_reader *r, void *user)
{
	struct each *each = user;
	struct store_template v = { 0 };

	read_rule(r, &v);
	each->fn(&v, each->user);
}

static const struct store_sort sorts[] = {
	{ "path", "t.path", true, false },
	{ "name", "lower(t.name)", true, false },
	{ "severity", "t.severity", false, true },
	{ "id", "t.template_id", true, false },
	{ 0 },
};

#define RULE_COLUMNS                                                                               \
	"t.path, t.template_id, t.name, t.name_en, t.severity, t.tags, t.product, t.protocol, "    \
	"t.intrusive, t.good, t.code, t.reason, t.reason_en, "                                     \
	"CASE WHEN o.template_id IS NULL THEN 0 ELSE 1 END"
#define RULE_FROM                                                                                  \
	"rule_template t JOIN rule_version v ON v.id = t.version_id "                              \
	"LEFT JOIN rule_off o ON o.pack_id = v.pack_id AND o.template_id = t.template_id"

static void conditions(struct store_select *q, const struct store_template_filter *f, struct arena *a)
{
	static const char *const searched[] = { "t.template_id", "t.name", "t.name_en", "t.tags",
						"t.product", "t.path" };

	store_select_str(q, "t.version_id = ?", f->version);
	if (f->severity.len)
		store_select_in(q, "CAST(t.severity AS TEXT)", f->severity);
	if (str_eq(f->state, STR("bad")))
		store_select_and(q, "t.good = 0");
	else if (str_eq(f->state, STR("good")))
		store_select_and(q, "t.good = 1");
	else if (str_eq(f->state, STR("on")))
		store_select_and(q, "t.good = 1 AND o.template_id IS NULL");
	else if (str_eq(f->state, STR("off")))
		store_select_and(q, "t.good = 1 AND o.template_id IS NOT NULL");
	store_select_like(q, searched, ARRAY_SIZE(searched), f->q, a);
}

int store_template_list(struct store_conn *c, const struct store_template_filter *f, struct store_page *page,
		    struct arena *a, void (*fn)(const struct store_template *r, void *user), void *user,
		    struct error *e)
{
	struct each each = { fn, user };
	_cleanup_(store_select_free) struct store_select q;

	store_select_init(&q, RULE_COLUMNS, RULE_FROM);
	conditions(&q, f, a);
	return store_select_page(c, &q, sorts, "t.path", page, a, each_rule, &each, e);
}

#define RUNS                                                                                       \
	"SELECT COUNT(*) FROM rule_template t JOIN rule_pack p ON p.version_id = t.version_id "    \
	"WHERE p.tenant_id = ? AND p.enabled = 1 AND t.good = 1 AND NOT EXISTS (SELECT 1 FROM "    \
	"rule_off o WHERE o.pack_id = p.id AND o.template_id = t.template_id)"

int store_template_runs(struct store_conn *c, struct str tenant, struct str id, bool intrusive, int64_t since,
			bool *ret, int64_t *ret_all, struct error *e)
{
	int64_t one, all;

	if (store_int(c, &one, e, RUNS " AND t.template_id = ? AND p.updated <= ? AND t.intrusive <= ?", SV_STR(tenant),
		      SV_STR(id), SV_INT(since), SV_INT(intrusive)) < 0 ||
	    store_int(c, &all, e, RUNS, SV_STR(tenant)) < 0)
		return -1;
	*ret = one > 0;
	*ret_all = all;
	return 0;
}

int store_template_switch(struct store_conn *c, struct str pack, struct str id, bool off, struct str by,
		      int64_t now, struct error *e)
{
	if (!off)
		return store_exec(c, e, "DELETE FROM rule_off WHERE pack_id = ? AND template_id = ?",
				  SV_STR(pack), SV_STR(id));
	return store_exec(c, e,
			  "INSERT INTO rule_off (pack_id, template_id, changed_by, changed) "
			  "VALUES (?, ?, ?, ?) ON CONFLICT (pack_id, template_id) DO NOTHING",
			  SV_STR(pack), SV_STR(id), SV_STR(by), SV_INT(now));
}

int store_template_off_count(struct store_conn *c, struct str tenant, int64_t *ret, struct error *e)
{
	return store_int(c, ret, e, "SELECT COUNT(*) FROM rule_off o JOIN rule_pack p ON p.id = o.pack_id WHERE p.tenant_id = ?",
			 SV_STR(tenant));
}

int store_rulepack_touch(struct store_conn *c, struct str id, int64_t now, struct error *e)
{
	return store_exec(c, e, "UPDATE rule_pack SET updated = ? WHERE id = ?", SV_INT(now), SV_STR(id));
}

struct found {
	struct str *ids;
	size_t n, max;
	struct arena *a;
};

static void note_id(struct store_reader *r, void *user)
{
	struct found *f = user;
	struct store_template v = { 0 };

	read_rule(r, &v);
	if (v.good && f->n < f->max)
		f->ids[f->n++] = arena_str(f->a, v.id);
}

int store_template_switch_all(struct store_conn *c, const struct store_template_filter *f, bool off,
			  struct str by, int64_t now, struct arena *a, int64_t *ret, struct error *e)
{
	struct store_page page = { .limit = 200 };
	int64_t n = 0;
	struct found found = { .max = 200, .a = a };

	found.ids = arena_array(a, found.max, sizeof(*found.ids));
	do {
		_cleanup_(store_select_free) struct store_select q;

		found.n = 0;
		store_select_init(&q, RULE_COLUMNS, RULE_FROM);
		conditions(&q, f, a);
		page.next = STR("");
		if (store_select_page(c, &q, sorts, "t.path", &page, a, note_id, &found, e) < 0)
			return -1;
		for (size_t i = 0; i < found.n; i++)
			if (store_template_switch(c, f->pack, found.ids[i], off, by, now, e) < 0)
				return -1;
		n += (int64_t)found.n;
		page.after = page.next;
	} while (page.next.len);
	*ret = n;
	return 0;
}

int store_template_off_list(struct store_conn *c, struct str pack, struct arena *a,
			void (*fn)(struct str id, void *user), void *user, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e, "SELECT template_id FROM rule_off WHERE pack_id = ? ORDER BY template_id",
			SV_STR(pack)) < 0)
		return -1;
	while (store_next(rows))
		fn(arena_str(a, store_col_str(rows, 0)), user);
	return 0;
}
