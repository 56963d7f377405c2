/* Reports: see report.h. */
#include "store/report.h"

#include "base/check.h"

#define COLUMNS                                                                                    \
	"id, tenant_id, scan_id, site_id, site_name, title, lang, formats, state, job_id, error, " \
	"created_by, created, finished"

static void read_report(struct store_reader *r, struct store_report *v)
{
	v->id = store_read_str(r);
	v->tenant = store_read_str(r);
	v->scan = store_read_str(r);
	v->site = store_read_str(r);
	v->site_name = store_read_str(r);
	v->title = store_read_str(r);
	v->lang = store_read_str(r);
	v->formats = store_read_str(r);
	v->state = store_read_str(r);
	v->job = store_read_str(r);
	v->error = store_read_str(r);
	v->created_by = store_read_str(r);
	v->created = store_read_int(r);
	v->finished = store_read_int(r);
}

int store_report_insert(struct store_conn *c, const struct store_report *r, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO report (" COLUMNS ") "
			  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(r->id), SV_STR(r->tenant), SV_STR(r->scan), SV_STR(r->site),
			  SV_STR(r->site_name), SV_STR(r->title), SV_STR(r->lang),
			  SV_STR(r->formats), SV_STR(r->state), SV_STR(r->job), SV_STR(r->error),
			  SV_STR(r->created_by), SV_INT(r->created), SV_INT(r->finished));
}

int store_report_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		     struct store_report *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " COLUMNS " FROM report WHERE id = ? AND tenant_id = ?",
			      SV_STR(id), SV_STR(tenant));

	if (found > 0)
		read_report(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_report_save(struct store_conn *c, const struct store_report *r, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE report SET state = ?, job_id = ?, error = ?, finished = ? "
			  "WHERE id = ? AND tenant_id = ?",
			  SV_STR(r->state), SV_STR(r->job), SV_STR(r->error), SV_INT(r->finished),
			  SV_STR(r->id), SV_STR(r->tenant));
}

int store_report_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e, "DELETE FROM report WHERE id = ? AND tenant_id = ?", SV_STR(id),
			  SV_STR(tenant));
}

struct each {
	void (*fn)(const struct store_report *r, void *user);
	void *user;
};

static void each_report(struct store_reader *r, void *user)
{
	struct each *each = user;
	struct store_report v = { 0 };

	read_report(r, &v);
	each->fn(&v, each->user);
}

static const struct store_sort sorts[] = {
	{ "created", "created", false, true },
	{ "title", "lower(title)", true, false },
	{ "site_name", "lower(site_name)", true, false },
	{ 0 },
};

int store_report_list(struct store_conn *c, struct str tenant, struct str site, struct str scan,
		      struct str q, struct store_page *page, struct arena *a,
		      void (*fn)(const struct store_report *r, void *user), void *user,
		      struct error *e)
{
	static const char *const searched[] = { "title", "site_name" };
	struct each each = { fn, user };
	_cleanup_(store_select_free) struct store_select s;

	store_select_init(&s, COLUMNS, "report");
	store_select_str(&s, "tenant_id = ?", tenant);
	if (site.len)
		store_select_str(&s, "site_id = ?", site);
	if (scan.len)
		store_select_str(&s, "scan_id = ?", scan);
	store_select_like(&s, searched, ARRAY_SIZE(searched), q, a);
	return store_select_page(c, &s, sorts, "id", page, a, each_report, &each, e);
}

int store_report_file_put(struct store_conn *c, struct str tenant, struct str report,
			  const struct store_report_file *f, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO report_file (report_id, tenant_id, format, blob_id, size, "
			  "sha256) VALUES (?, ?, ?, ?, ?, ?) "
			  "ON CONFLICT (report_id, format) DO UPDATE SET "
			  "blob_id = excluded.blob_id, size = excluded.size, sha256 = excluded.sha256",
			  SV_STR(report), SV_STR(tenant), SV_STR(f->format), SV_STR(f->blob),
			  SV_INT(f->size), SV_STR(f->sha256));
}

int store_report_files(struct store_conn *c, struct str tenant, struct str report,
		       struct arena *a,
		       void (*fn)(const struct store_report_file *f, void *user), void *user,
		       struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT format, blob_id, sha256, size FROM report_file "
			"WHERE report_id = ? AND tenant_id = ? ORDER BY format",
			SV_STR(report), SV_STR(tenant)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_reader r = { rows, a, 0 };
		struct store_report_file f;

		f.format = store_read_str(&r);
		f.blob = store_read_str(&r);
		f.sha256 = store_read_str(&r);
		f.size = store_read_int(&r);
		fn(&f, user);
	}
	return 0;
}
