/* Audit rows: append, list, walk. */
#include "store/audit.h"

static struct str col(struct arena *a, struct store_rows *r, int i)
{
	return arena_str(a, store_col_str(r, i));
}

int store_audit_end(struct store_conn *c, struct str tenant, struct arena *a, int64_t *ret_seq,
		    struct str *ret_hash, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e, "SELECT seq, hash FROM audit_head WHERE tenant_id = ?",
			  SV_STR(tenant));
	if (r < 0)
		return -1;
	*ret_seq = r ? store_col_int(rows, 0) : 0;
	*ret_hash = r ? col(a, rows, 1) : STR("");
	return 0;
}

int store_audit_head(struct store_conn *c, struct str tenant, struct arena *a, int64_t *ret_seq,
		     struct str *ret_hash, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	if (store_exec(c, e,
		       "INSERT INTO audit_head (tenant_id, seq, hash) VALUES (?, 0, '') "
		       "ON CONFLICT (tenant_id) DO NOTHING", SV_STR(tenant)) < 0)
		return -1;
	int r = store_row(c, &rows, e,
			  "SELECT seq, hash FROM audit_head WHERE tenant_id = ? {{for_update}}",
			  SV_STR(tenant));
	if (r <= 0)
		return r < 0 ? -1 : error_set(e, "store.busy", "审计日志正被占用。",
					      "The audit log is locked.");
	*ret_seq = store_col_int(rows, 0);
	*ret_hash = col(a, rows, 1);
	return 0;
}

int store_audit_add(struct store_conn *c, const struct store_audit *ev, struct error *e)
{
	if (store_exec(c, e,
		       "INSERT INTO audit_event (tenant_id, seq, id, time, actor_id, actor_name, via, "
		       "action, object_type, object_id, object_name, detail, ip, hash) "
		       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		       SV_STR(ev->tenant_id), SV_INT(ev->seq), SV_STR(ev->id), SV_INT(ev->time),
		       SV_STR(ev->actor_id), SV_STR(ev->actor_name), SV_STR(ev->via),
		       SV_STR(ev->action), SV_STR(ev->object_type), SV_STR(ev->object_id),
		       SV_STR(ev->object_name), SV_STR(ev->detail), SV_STR(ev->ip),
		       SV_STR(ev->hash)) < 0)
		return -1;
	return store_exec(c, e, "UPDATE audit_head SET seq = ?, hash = ? WHERE tenant_id = ?",
			  SV_INT(ev->seq), SV_STR(ev->hash), SV_STR(ev->tenant_id));
}

#define AUDIT_SELECT                                                                  \
	"SELECT tenant_id, seq, id, time, actor_id, actor_name, via, action, object_type, " \
	"object_id, object_name, detail, ip, hash FROM audit_event "

static void event_of(struct arena *a, struct store_rows *r, struct store_audit *ev)
{
	*ev = (struct store_audit){
		.tenant_id = col(a, r, 0), .seq = store_col_int(r, 1), .id = col(a, r, 2),
		.time = store_col_int(r, 3), .actor_id = col(a, r, 4), .actor_name = col(a, r, 5),
		.via = col(a, r, 6), .action = col(a, r, 7), .object_type = col(a, r, 8),
		.object_id = col(a, r, 9), .object_name = col(a, r, 10), .detail = col(a, r, 11),
		.ip = col(a, r, 12), .hash = col(a, r, 13),
	};
}

struct likes {
	struct buf q, action;
};

static void add_filter(struct store_sql *s, struct str tenant, const struct store_audit_filter *f,
		       struct likes *l)
{
	store_sql_add(s, "WHERE tenant_id = ?", SV_STR(tenant));
	if (!str_empty(f->actor))
		store_sql_add(s, " AND actor_id = ?", SV_STR(f->actor));
	if (str_ends(f->action, STR("."))) {
		store_like(&l->action, f->action);
		store_sql_add(s, " AND action LIKE ? ESCAPE '!'",
			      SV_STR(str_from(buf_view(&l->action), 1)));
	} else if (!str_empty(f->action)) {
		store_sql_add(s, " AND action = ?", SV_STR(f->action));
	}
	if (!str_empty(f->object))
		store_sql_add(s, " AND object_id = ?", SV_STR(f->object));
	if (!str_empty(f->q)) {
		store_like(&l->q, f->q);
		store_sql_add(s, " AND (lower(object_name) LIKE lower(?) ESCAPE '!' OR lower(actor_name) "
				 "LIKE lower(?) ESCAPE '!' OR action LIKE ? ESCAPE '!')",
			      SV_STR(buf_view(&l->q)), SV_STR(buf_view(&l->q)),
			      SV_STR(buf_view(&l->q)));
	}
	if (f->from)
		store_sql_add(s, " AND time >= ?", SV_INT(f->from));
	if (f->to)
		store_sql_add(s, " AND time < ?", SV_INT(f->to));
}

static int count(struct store_conn *c, struct str tenant, const struct store_audit_filter *f,
		 struct likes *l, int64_t *ret, struct error *e)
{
	_cleanup_sql_ struct store_sql s;
	_cleanup_rows_ struct store_rows *rows = NULL;
	store_sql_init(&s, "SELECT COUNT(*) FROM audit_event ");
	add_filter(&s, tenant, f, l);
	if (store_sql_query(c, &rows, e, &s) < 0)
		return -1;
	*ret = store_next(rows) ? store_col_int(rows, 0) : 0;
	return 0;
}

int store_audit_list(struct store_conn *c, struct str tenant,
		     const struct store_audit_filter *f, struct store_page *page,
		     struct arena *a, void (*fn)(void *arg, const struct store_audit *ev),
		     void *arg, struct error *e)
{
	_cleanup_sql_ struct store_sql s;
	_cleanup_rows_ struct store_rows *rows = NULL;
	struct likes l = { BUF_INIT(1024), BUF_INIT(1024) };
	int64_t after = 0;
	int r = -1;
	if (!str_empty(page->after))
		str_to_i64(page->after, &after);
	store_sql_init(&s, AUDIT_SELECT);
	add_filter(&s, tenant, f, &l);
	if (after)
		store_sql_add(&s, " AND seq < ?", SV_INT(after));
	store_sql_add(&s, " ORDER BY seq DESC LIMIT ?", SV_INT(page->limit + 1));
	if (store_sql_query(c, &rows, e, &s) < 0)
		goto out;
	buf_clear(&l.q);
	buf_clear(&l.action);
	if (page->want_total && count(c, tenant, f, &l, &page->total, e) < 0)
		goto out;
	struct store_audit ev = { 0 };
	for (unsigned n = 0; store_next(rows); n++) {
		if (n == page->limit) {
			page->next = arena_printf(a, "%lld", (long long)ev.seq);
			break;
		}
		event_of(a, rows, &ev);
		fn(arg, &ev);
	}
	r = 0;
out:
	buf_free(&l.q);
	buf_free(&l.action);
	return r;
}

int store_audit_walk(struct store_conn *c, struct str tenant, int64_t after, int limit,
		     struct arena *a, int (*fn)(void *arg, const struct store_audit *ev),
		     void *arg, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	if (store_query(c, &rows, e,
			AUDIT_SELECT "WHERE tenant_id = ? AND seq > ? ORDER BY seq LIMIT ?",
			SV_STR(tenant), SV_INT(after), SV_INT(limit)) < 0)
		return -1;
	int n = 0;
	struct store_audit ev;
	while (store_next(rows)) {
		n++;
		event_of(a, rows, &ev);
		if (fn(arg, &ev) != 0)
			break;
	}
	return n;
}
