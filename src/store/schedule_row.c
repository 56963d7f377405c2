/* Schedules as rows. A due row is locked while its job is made, so that two workers
 * make one. */
#include "store/schedule_row.h"

#define COLUMNS                                                                                    \
	"id, tenant_id, kind, payload, spec, serial_key, active, next_run, last_run, last_job, "   \
	"missed"

static struct str text(struct store_rows *rows, int i, struct arena *a)
{
	return arena_str(a, store_col_str(rows, i));
}

static void load(struct store_rows *rows, struct arena *a, struct job_schedule_row *r)
{
	*r = (struct job_schedule_row){ .id = text(rows, 0, a),
					.tenant = text(rows, 1, a),
					.kind = text(rows, 2, a),
					.payload = text(rows, 3, a),
					.spec = text(rows, 4, a),
					.serial_key = text(rows, 5, a),
					.active = store_col_bool(rows, 6),
					.next_run = store_col_int(rows, 7),
					.last_run = store_col_int(rows, 8),
					.last_job = text(rows, 9, a),
					.missed = store_col_int(rows, 10) };
}

int store_schedule_put(struct store_conn *c, const struct job_schedule_row *r, int64_t now,
		       struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO schedule (tenant_id, id, kind, payload, spec, serial_key, "
			  "active, next_run, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
			  "ON CONFLICT (tenant_id, id) DO UPDATE SET kind = excluded.kind, payload = "
			  "excluded.payload, spec = excluded.spec, serial_key = excluded.serial_key, "
			  "active = excluded.active, next_run = excluded.next_run",
			  SV_STR(r->tenant), SV_STR(r->id), SV_STR(r->kind), SV_STR(r->payload),
			  SV_STR(r->spec), SV_STR(r->serial_key), SV_BOOL(r->active),
			  SV_INT(r->next_run), SV_INT(now));
}

int store_schedule_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		       struct job_schedule_row *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e,
			  "SELECT " COLUMNS " FROM schedule WHERE tenant_id = ? AND id = ?",
			  SV_STR(tenant), SV_STR(id));

	if (r > 0)
		load(rows, a, ret);
	return r;
}

int store_schedule_delete(struct store_conn *c, struct str tenant, struct str id,
			  struct error *e)
{
	return store_exec(c, e, "DELETE FROM schedule WHERE tenant_id = ? AND id = ?",
			  SV_STR(tenant), SV_STR(id));
}

int store_schedule_set_active(struct store_conn *c, struct str tenant, struct str id, bool active,
			      int64_t next_run, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE schedule SET active = ?, next_run = ? WHERE tenant_id = ? AND id = ?",
			  SV_BOOL(active), SV_INT(next_run), SV_STR(tenant), SV_STR(id));
}

int store_schedule_due(struct store_conn *c, int64_t now, struct arena *a,
		       struct job_schedule_row *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e,
			  "SELECT " COLUMNS " FROM schedule WHERE active = 1 AND next_run > 0 AND "
			  "next_run <= ? ORDER BY next_run LIMIT 1 {{for_update}} {{skip_locked}}",
			  SV_INT(now));

	if (r > 0)
		load(rows, a, ret);
	return r;
}

int store_schedule_advance(struct store_conn *c, const struct job_schedule_row *r,
			   struct error *e)
{
	return store_exec(c, e,
			  "UPDATE schedule SET next_run = ?, last_run = ?, last_job = ?, missed = ? "
			  "WHERE tenant_id = ? AND id = ?",
			  SV_INT(r->next_run), SV_INT(r->last_run), SV_STR(r->last_job),
			  SV_INT(r->missed), SV_STR(r->tenant), SV_STR(r->id));
}
