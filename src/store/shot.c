/* Pictures of pages: see shot.h. */
#include "store/shot.h"

#include "base/check.h"
#include "store/blob.h"

#define COLUMNS "id, tenant_id, site_id, scan_id, kind, url, title, blob_id, width, height, size, created"
#define TRIM_AT_ONCE 500

static void read_shot(struct store_reader *r, struct store_shot *v)
{
	v->id = store_read_str(r);
	v->tenant = store_read_str(r);
	v->site = store_read_str(r);
	v->scan = store_read_str(r);
	v->kind = store_read_str(r);
	v->url = store_read_str(r);
	v->title = store_read_str(r);
	v->blob = store_read_str(r);
	v->width = store_read_int(r);
	v->height = store_read_int(r);
	v->size = store_read_int(r);
	v->created = store_read_int(r);
}

/* Rows of a query, and their references. */
static int drop(struct store_conn *c, struct store_rows *rows, struct error *e)
{
	struct arena *a = arena_new(4 * 1024 * 1024);
	struct store_shot *list = arena_alloc(a, TRIM_AT_ONCE * sizeof(*list));
	size_t n = 0;
	int r = 0;

	while (n < TRIM_AT_ONCE && store_next(rows))
		read_shot(&(struct store_reader){ rows, a, 0 }, &list[n++]);
	for (size_t i = 0; i < n && r >= 0; i++) {
		r = store_blob_delete(c, list[i].tenant, list[i].blob, e);
		if (r >= 0)
			r = store_exec(c, e, "DELETE FROM page_shot WHERE id = ?", SV_STR(list[i].id));
	}
	arena_free(a);
	return r < 0 ? -1 : 0;
}

int store_shot_put(struct store_conn *c, const struct store_shot *s, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " COLUMNS " FROM page_shot WHERE tenant_id = ? AND scan_id = ? AND kind = ? AND url = ?",
			SV_STR(s->tenant), SV_STR(s->scan), SV_STR(s->kind), SV_STR(s->url)) < 0 ||
	    drop(c, rows, e) < 0)
		return -1;
	return store_exec(c, e,
			  "INSERT INTO page_shot (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(s->id), SV_STR(s->tenant), SV_STR(s->site), SV_STR(s->scan),
			  SV_STR(s->kind), SV_STR(s->url), SV_STR(s->title), SV_STR(s->blob),
			  SV_INT(s->width), SV_INT(s->height), SV_INT(s->size), SV_INT(s->created));
}

int store_shot_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		   struct store_shot *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " COLUMNS " FROM page_shot WHERE id = ? AND tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_shot(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

struct each {
	void (*fn)(const struct store_shot *s, void *user);
	void *user;
};

static void each_shot(struct store_reader *r, void *user)
{
	struct each *each = user;
	struct store_shot v = { 0 };

	read_shot(r, &v);
	each->fn(&v, each->user);
}

static const struct store_sort sorts[] = {
	{ "created", "created", false, true },
	{ "url", "url", true, false },
	{ 0 },
};

int store_shot_list(struct store_conn *c, struct str tenant, const struct store_shot_filter *f,
		    struct store_page *page, struct arena *a,
		    void (*fn)(const struct store_shot *s, void *user), void *user,
		    struct error *e)
{
	struct each each = { fn, user };
	_cleanup_(store_select_free) struct store_select s;

	store_select_init(&s, COLUMNS, "page_shot");
	store_select_str(&s, "tenant_id = ?", tenant);
	if (f->site.len)
		store_select_str(&s, "site_id = ?", f->site);
	if (f->scan.len)
		store_select_str(&s, "scan_id = ?", f->scan);
	if (f->kind.len)
		store_select_str(&s, "kind = ?", f->kind);
	if (f->url.len)
		store_select_str(&s, "url = ?", f->url);
	return store_select_page(c, &s, sorts, "id", page, a, each_shot, &each, e);
}

int store_shot_count(struct store_conn *c, struct str scan, struct str kind, int64_t *ret,
		     struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	struct arena *a = arena_new(64 * 1024);
	int found = store_row(c, &rows, e,
			      "SELECT COUNT(*) FROM page_shot WHERE scan_id = ? AND kind = ?",
			      SV_STR(scan), SV_STR(kind));

	if (found > 0)
		*ret = store_read_int(&(struct store_reader){ rows, a, 0 });
	arena_free(a);
	return found < 0 ? -1 : 0;
}

int store_shot_trim(struct store_conn *c, struct str tenant, struct str site, int64_t keep,
		    struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " COLUMNS " FROM page_shot WHERE tenant_id = ? AND site_id = ? "
			"ORDER BY created DESC, id DESC LIMIT 500 OFFSET ?",
			SV_STR(tenant), SV_STR(site), SV_INT(keep)) < 0)
		return -1;
	return drop(c, rows, e);
}
