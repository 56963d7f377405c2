/* Interface documents: rows and nothing else. */
#include "store/document.h"

#include "base/limits.h"
#include "store/select.h"

#define COLUMNS "id, tenant_id, site_id, name, kind, state, blob, error, created_by, requests, size, created"

static void read_document(struct store_reader *r, struct store_document *d)
{
	d->id = store_read_str(r);
	d->tenant = store_read_str(r);
	d->site = store_read_str(r);
	d->name = store_read_str(r);
	d->kind = store_read_str(r);
	d->state = store_read_str(r);
	d->blob = store_read_str(r);
	d->error = store_read_str(r);
	d->created_by = store_read_str(r);
	d->requests = store_read_int(r);
	d->size = store_read_int(r);
	d->created = store_read_int(r);
}

int store_document_insert(struct store_conn *c, const struct store_document *d, struct error *e)
{
	return store_exec(c, e, "INSERT INTO site_document (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(d->id), SV_STR(d->tenant), SV_STR(d->site), SV_STR(d->name), SV_STR(d->kind),
			  SV_STR(d->state), SV_STR(d->blob), SV_STR(d->error), SV_STR(d->created_by),
			  SV_INT(d->requests), SV_INT(d->size), SV_INT(d->created));
}

int store_document_get(struct store_conn *c, struct str tenant, struct str site, struct str id, struct arena *a,
		       struct store_document *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int found = store_row(c, &rows, e,
			      "SELECT " COLUMNS " FROM site_document WHERE id = ? AND tenant_id = ? "
			      "AND (site_id = ? OR ? = '')",
			      SV_STR(id), SV_STR(tenant), SV_STR(site), SV_STR(site));

	if (found > 0)
		read_document(&(struct store_reader){ rows, a, 0 }, ret);
	return found;
}

int store_document_save(struct store_conn *c, const struct store_document *d, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE site_document SET kind = ?, state = ?, requests = ?, error = ? "
			  "WHERE id = ? AND tenant_id = ?",
			  SV_STR(d->kind), SV_STR(d->state), SV_INT(d->requests), SV_STR(d->error), SV_STR(d->id),
			  SV_STR(d->tenant));
}

int store_document_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	return store_exec(c, e, "DELETE FROM site_document WHERE id = ? AND tenant_id = ?", SV_STR(id),
			  SV_STR(tenant));
}

int store_document_list(struct store_conn *c, struct str tenant, struct str site, struct arena *a,
			void (*fn)(const struct store_document *d, void *user), void *user, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;

	if (store_query(c, &rows, e,
			"SELECT " COLUMNS " FROM site_document WHERE site_id = ? AND tenant_id = ? "
			"ORDER BY created, id LIMIT ?",
			SV_STR(site), SV_STR(tenant), SV_INT(LIMIT_SITE_DOCUMENTS)) < 0)
		return -1;
	while (store_next(rows)) {
		struct store_document d = { 0 };

		read_document(&(struct store_reader){ rows, a, 0 }, &d);
		fn(&d, user);
	}
	return 0;
}
