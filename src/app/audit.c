/* The audit log. Each event's hash covers all its fields and the hash before it, keyed
 * with the installation's key: whoever has only the database can neither change,
 * reorder, nor insert without verification noticing. The head row anchors the end. */
#include "app/audit.h"

#include <sodium.h>

#include "base/encode.h"
#include "base/limits.h"

static const char *via_name(enum app_via via)
{
	static const char *const names[] = { "session", "key", "job", "cli" };
	return names[via];
}

static void hash_event(const struct app *app, struct str before, const struct store_audit *ev,
		       char ret_hex[65])
{
	_cleanup_buf_ struct buf b = BUF_INIT(1 * MIB);
	const struct str parts[] = { before,	      ev->tenant_id,   ev->id,	      ev->actor_id,
				     ev->actor_name,  ev->via,	       ev->action,    ev->object_type,
				     ev->object_id,   ev->object_name, ev->detail,    ev->ip };
	buf_u64(&b, (uint64_t)ev->seq);
	buf_u64(&b, (uint64_t)ev->time);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		buf_blob(&b, parts[i]);
	unsigned char key[32], hash[32];
	crypto_generichash(key, sizeof(key), (const unsigned char *)"audit", 5, app->key,
			   sizeof(app->key));
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)b.ptr, b.len, key, sizeof(key));
	sodium_bin2hex(ret_hex, 65, hash, sizeof(hash));
}

struct add {
	struct app_call *c;
	struct store_audit ev;
};

static int add(struct store_conn *db, void *arg, struct error *e)
{
	struct add *a = arg;
	struct str before;
	char hex[65];
	if (store_audit_head(db, a->ev.tenant_id, a->c->arena, &a->ev.seq, &before, e) < 0)
		return -1;
	a->ev.seq++;
	hash_event(a->c->app, before, &a->ev, hex);
	a->ev.hash = str_c(hex);
	return store_audit_add(db, &a->ev, e);
}

int app_audit_in(struct app_call *c, struct str tenant_id, const char *action,
		 const char *object_type, struct str object_id, struct str object_name,
		 const json_t *detail, struct error *e)
{
	_cleanup_buf_ struct buf text = BUF_INIT(64 * KIB);
	struct id id = id_new(c->now);
	if (detail)
		json_write(&text, detail);
	else
		buf_c(&text, "{}");
	struct add a = { c, { .tenant_id = tenant_id, .id = id_str(&id), .time = c->now,
			      .actor_id = c->actor->user_id, .actor_name = c->actor->user_name,
			      .via = str_c(via_name(c->actor->via)), .action = str_c(action),
			      .object_type = str_c(object_type), .object_id = object_id,
			      .object_name = object_name, .detail = buf_view(&text),
			      .ip = c->actor->ip } };
	return store_tx(c->db, add, &a, e);
}

int app_audit(struct app_call *c, const char *action, const char *object_type,
	      struct str object_id, struct str object_name, const json_t *detail,
	      struct error *e)
{
	struct str tenant = str_empty(c->actor->tenant_id) ? APP_PLATFORM : c->actor->tenant_id;
	return app_audit_in(c, tenant, action, object_type, object_id, object_name, detail, e);
}

static json_t *view(const struct store_audit *ev)
{
	json_t *v = json_object(), *actor = json_object();
	json_put(actor, "id", json_str(ev->actor_id));
	json_put(actor, "name", json_str(ev->actor_name));
	json_put(v, "id", json_str(ev->id));
	json_put(v, "seq", json_integer(ev->seq));
	json_put(v, "time", json_time(ev->time));
	json_put(v, "actor", actor);
	json_put(v, "via", json_str(ev->via));
	json_put(v, "action", json_str(ev->action));
	json_put(v, "object_type", json_str(ev->object_type));
	json_put(v, "object_id", json_str(ev->object_id));
	json_put(v, "object_name", json_str(ev->object_name));
	json_t *detail = json_parse(ev->detail, NULL);
	json_put(v, "detail", detail ? detail : json_object());
	json_put(v, "ip", json_str(ev->ip));
	json_put(v, "hash", json_str(ev->hash));
	return v;
}

static void collect(void *arg, const struct store_audit *ev)
{
	json_array_append_new(arg, view(ev));
}

int app_audit_list(struct app_call *c, const struct store_audit_filter *f,
		   struct store_page *page, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	if (app_require(c, PERM_AUDIT_READ, e) < 0 ||
	    store_audit_list(c->db, c->actor->tenant_id, f, page, c->arena, collect, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

struct verify {
	const struct app *app;
	int64_t seq, broken;
	char hash[65];
};

static int verify_one(void *arg, const struct store_audit *ev)
{
	struct verify *v = arg;
	char hex[65];
	hash_event(v->app, str_c(v->hash), ev, hex);
	if (ev->seq != v->seq + 1 || !str_eq(ev->hash, str_c(hex))) {
		v->broken = v->seq + 1;
		return 1;
	}
	v->seq = ev->seq;
	memcpy(v->hash, hex, sizeof(hex));
	return 0;
}

int app_audit_verify(struct app_call *c, json_t **ret, struct error *e)
{
	struct verify v = { .app = c->app };
	int64_t end;
	struct str end_hash;
	int n;
	if (app_require(c, PERM_AUDIT_READ, e) < 0 ||
	    store_audit_end(c->db, c->actor->tenant_id, c->arena, &end, &end_hash, e) < 0)
		return -1;
	do {
		_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
		n = store_audit_walk(c->db, c->actor->tenant_id, v.seq, 500, a, verify_one, &v, e);
		if (n < 0)
			return -1;
	} while (n == 500 && !v.broken);
	/* The log may have grown since its end was read; it may not have become shorter. */
	if (!v.broken && (v.seq < end || (v.seq == end && !str_eq(str_c(v.hash), end_hash))))
		v.broken = v.seq < end ? v.seq + 1 : end;
	json_t *out = json_object();
	json_put(out, "ok", json_boolean(!v.broken));
	json_put(out, "count", json_integer(v.seq));
	json_put(out, "broken_seq", v.broken ? json_integer(v.broken) : json_null());
	*ret = out;
	return 0;
}

/* A spreadsheet must not take a cell for a formula. */
static void csv_cell(struct buf *b, struct str s, bool last)
{
	buf_char(b, '"');
	if (s.len && strchr("=+-@\t\r", s.ptr[0]))
		buf_char(b, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			buf_char(b, '"');
		buf_char(b, s.ptr[i]);
	}
	buf_c(b, last ? "\"\r\n" : "\",");
}

struct export {
	struct buf *out;
	bool csv;
	int64_t seq;
};

static int export_one(void *arg, const struct store_audit *ev)
{
	struct export *x = arg;
	x->seq = ev->seq;
	if (!x->csv) {
		_cleanup_json_ json_t *v = view(ev);
		json_write(x->out, v);
		buf_char(x->out, '\n');
		return 0;
	}
	char time[CLOCK_RFC3339_SIZE], seq[24];
	clock_format_rfc3339(ev->time, time);
	snprintf(seq, sizeof(seq), "%lld", (long long)ev->seq);
	const struct str cells[] = { str_c(seq), str_c(time), ev->actor_name, ev->actor_id, ev->via,
				     ev->action, ev->object_type, ev->object_id, ev->object_name,
				     ev->detail, ev->ip, ev->hash };
	size_t n = sizeof(cells) / sizeof(cells[0]);
	for (size_t i = 0; i < n; i++)
		csv_cell(x->out, cells[i], i + 1 == n);
	return 0;
}

int app_audit_export(struct app_call *c, bool csv, struct buf *out, struct error *e)
{
	struct export x = { out, csv, 0 };
	_cleanup_json_ json_t *detail = json_object();
	int n;
	if (app_require(c, PERM_AUDIT_EXPORT, e) < 0)
		return -1;
	json_put(detail, "format", json_c(csv ? "csv" : "jsonl"));
	if (app_audit(c, "audit.export", "audit", STR(""), STR(""), detail, e) < 0)
		return -1;
	if (csv)
		buf_c(out, "\xEF\xBB\xBF\"序号\",\"时间\",\"操作者\",\"操作者ID\",\"途径\",\"操作\",\"对象类型\","
			   "\"对象ID\",\"对象\",\"详情\",\"IP\",\"哈希\"\r\n");
	do {
		_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
		n = store_audit_walk(c->db, c->actor->tenant_id, x.seq, 500, a, export_one, &x, e);
		if (n < 0)
			return -1;
	} while (n == 500 && !out->overflow);
	if (out->overflow)
		return error_set(e, "audit.too-large", "日志超过一次导出的上限，请按时间分段导出。",
				 "The log is larger than one export can be.");
	return 0;
}
