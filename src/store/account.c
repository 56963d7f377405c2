/* Accounts, sessions and the log-in brake: their rows and nothing else. */
#include "store/account.h"

static struct str col(struct arena *a, struct store_rows *r, int i)
{
	return arena_str(a, store_col_str(r, i));
}

static struct str email_key(struct buf *b, struct str email)
{
	for (size_t i = 0; i < email.len; i++)
		buf_char(b, ascii_lower(email.ptr[i]));
	return buf_view(b);
}

int store_account_add(struct store_conn *c, const struct store_account *u, struct error *e)
{
	_cleanup_buf_ struct buf key = BUF_INIT(1024);
	return store_exec(c, e,
			  "INSERT INTO account (id, name, email, email_key, password, lang, settings, "
			  "state, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(u->id), SV_STR(u->name), SV_STR(u->email),
			  SV_STR(email_key(&key, u->email)), SV_STR(u->password), SV_STR(u->lang),
			  SV_STR(u->settings), SV_STR(u->state), SV_INT(u->created),
			  SV_INT(u->updated));
}

#define ACCOUNT_SELECT                                                              \
	"SELECT id, name, email, password, lang, settings, totp, totp_pending, totp_step, " \
	"state, last_login, created, updated FROM account "

static void account_of(struct arena *a, struct store_rows *r, struct store_account *u)
{
	*u = (struct store_account){
		.id = col(a, r, 0), .name = col(a, r, 1), .email = col(a, r, 2),
		.password = col(a, r, 3), .lang = col(a, r, 4), .settings = col(a, r, 5),
		.totp = col(a, r, 6), .totp_pending = col(a, r, 7),
		.totp_step = store_col_int(r, 8), .state = col(a, r, 9),
		.last_login = store_col_int(r, 10), .created = store_col_int(r, 11),
		.updated = store_col_int(r, 12),
	};
}

int store_account_get(struct store_conn *c, struct str id, struct arena *a,
		      struct store_account *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e, ACCOUNT_SELECT "WHERE id = ?", SV_STR(id));
	if (r > 0)
		account_of(a, rows, ret);
	return r;
}

int store_account_by_email(struct store_conn *c, struct str email, struct arena *a,
			   struct store_account *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	_cleanup_buf_ struct buf key = BUF_INIT(1024);
	int r = store_row(c, &rows, e, ACCOUNT_SELECT "WHERE email_key = ?",
			  SV_STR(email_key(&key, email)));
	if (r > 0)
		account_of(a, rows, ret);
	return r;
}

int store_account_count(struct store_conn *c, int64_t *ret, struct error *e)
{
	return store_int(c, ret, e, "SELECT COUNT(*) FROM account") < 0 ? -1 : 0;
}

int store_account_update(struct store_conn *c, struct str id, struct str name, struct str lang,
			 struct str settings, int64_t now, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE account SET name = ?, lang = ?, settings = ?, updated = ? WHERE id = ?",
			  SV_STR(name), SV_STR(lang), SV_STR(settings), SV_INT(now), SV_STR(id));
}

int store_account_set_password(struct store_conn *c, struct str id, struct str hash,
			       int64_t now, struct error *e)
{
	return store_exec(c, e, "UPDATE account SET password = ?, updated = ? WHERE id = ?",
			  SV_STR(hash), SV_INT(now), SV_STR(id));
}

int store_account_set_totp(struct store_conn *c, struct str id, struct str totp,
			   struct str pending, int64_t now, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE account SET totp = ?, totp_pending = ?, updated = ? WHERE id = ?",
			  SV_STR_OR_NULL(totp), SV_STR_OR_NULL(pending), SV_INT(now), SV_STR(id));
}

int store_account_use_totp(struct store_conn *c, struct str id, int64_t step, struct error *e)
{
	return store_exec(c, e, "UPDATE account SET totp_step = ? WHERE id = ? AND totp_step < ?",
			  SV_INT(step), SV_STR(id), SV_INT(step));
}

int store_account_logged_in(struct store_conn *c, struct str id, int64_t now, struct error *e)
{
	return store_exec(c, e, "UPDATE account SET last_login = ? WHERE id = ?", SV_INT(now),
			  SV_STR(id));
}

/* ---- sessions ---- */

int store_session_add(struct store_conn *c, const struct store_session *s, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO login_session (id, token_hash, account_id, tenant_id, ip, "
			  "user_agent, created, seen, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  SV_STR(s->id), SV_STR(s->token_hash), SV_STR(s->account_id),
			  SV_STR(s->tenant_id), SV_STR(s->ip), SV_STR(s->user_agent),
			  SV_INT(s->created), SV_INT(s->seen), SV_INT(s->expires));
}

#define SESSION_SELECT                                                              \
	"SELECT id, token_hash, account_id, tenant_id, ip, user_agent, created, seen, expires " \
	"FROM login_session "

static void session_of(struct arena *a, struct store_rows *r, struct store_session *s)
{
	*s = (struct store_session){
		.id = col(a, r, 0), .token_hash = col(a, r, 1), .account_id = col(a, r, 2),
		.tenant_id = col(a, r, 3), .ip = col(a, r, 4), .user_agent = col(a, r, 5),
		.created = store_col_int(r, 6), .seen = store_col_int(r, 7),
		.expires = store_col_int(r, 8),
	};
}

int store_session_find(struct store_conn *c, struct str token_hash, struct arena *a,
		       struct store_session *ret, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e, SESSION_SELECT "WHERE token_hash = ?", SV_STR(token_hash));
	if (r > 0)
		session_of(a, rows, ret);
	return r;
}

int store_session_seen(struct store_conn *c, struct str id, int64_t now, struct error *e)
{
	return store_exec(c, e, "UPDATE login_session SET seen = ? WHERE id = ? AND seen < ?",
			  SV_INT(now), SV_STR(id), SV_INT(now));
}

int store_session_set_tenant(struct store_conn *c, struct str id, struct str tenant,
			     struct str token_hash, struct error *e)
{
	return store_exec(c, e,
			  "UPDATE login_session SET tenant_id = ?, token_hash = ? WHERE id = ?",
			  SV_STR(tenant), SV_STR(token_hash), SV_STR(id));
}

int store_session_list(struct store_conn *c, struct str account, int64_t now, int64_t idle_since,
		       struct arena *a, void (*fn)(void *arg, const struct store_session *s),
		       void *arg, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	if (store_query(c, &rows, e,
			SESSION_SELECT "WHERE account_id = ? AND expires > ? AND seen > ? "
				       "ORDER BY seen DESC, id DESC",
			SV_STR(account), SV_INT(now), SV_INT(idle_since)) < 0)
		return -1;
	struct store_session s;
	while (store_next(rows)) {
		session_of(a, rows, &s);
		fn(arg, &s);
	}
	return 0;
}

int store_session_delete(struct store_conn *c, struct str account, struct str id,
			 struct error *e)
{
	return store_exec(c, e, "DELETE FROM login_session WHERE account_id = ? AND id = ?",
			  SV_STR(account), SV_STR(id));
}

int store_session_delete_others(struct store_conn *c, struct str account, struct str keep,
				struct error *e)
{
	return store_exec(c, e, "DELETE FROM login_session WHERE account_id = ? AND id <> ?",
			  SV_STR(account), SV_STR(keep));
}

int store_session_delete_in(struct store_conn *c, struct str account, struct str tenant,
			    struct error *e)
{
	return store_exec(c, e, "DELETE FROM login_session WHERE account_id = ? AND tenant_id = ?",
			  SV_STR(account), SV_STR(tenant));
}

int store_session_trim(struct store_conn *c, struct str account, int keep, struct error *e)
{
	return store_exec(c, e,
			  "DELETE FROM login_session WHERE account_id = ? AND id NOT IN (SELECT id FROM "
			  "login_session WHERE account_id = ? ORDER BY created DESC, id DESC LIMIT ?)",
			  SV_STR(account), SV_STR(account), SV_INT(keep));
}

int store_session_prune(struct store_conn *c, int64_t now, int64_t idle_since, struct error *e)
{
	return store_exec(c, e, "DELETE FROM login_session WHERE expires <= ? OR seen <= ?",
			  SV_INT(now), SV_INT(idle_since));
}

/* ---- the brake ---- */

int store_throttle_get(struct store_conn *c, struct str key, struct store_throttle *ret,
		       struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e, "SELECT fails, until FROM login_throttle WHERE key = ?",
			  SV_STR(key));
	if (r >= 0)
		*ret = (struct store_throttle){ 0 };
	if (r > 0)
		*ret = (struct store_throttle){ store_col_int(rows, 0), store_col_int(rows, 1) };
	return r;
}

int store_throttle_put(struct store_conn *c, struct str key, const struct store_throttle *t,
		       int64_t now, struct error *e)
{
	return store_exec(c, e,
			  "INSERT INTO login_throttle (key, fails, until, updated) VALUES (?, ?, ?, ?) "
			  "ON CONFLICT (key) DO UPDATE SET fails = excluded.fails, "
			  "until = excluded.until, updated = excluded.updated",
			  SV_STR(key), SV_INT(t->fails), SV_INT(t->until), SV_INT(now));
}

int store_throttle_clear(struct store_conn *c, struct str key, struct error *e)
{
	return store_exec(c, e, "DELETE FROM login_throttle WHERE key = ?", SV_STR(key));
}

int store_throttle_prune(struct store_conn *c, int64_t before, struct error *e)
{
	return store_exec(c, e, "DELETE FROM login_throttle WHERE updated < ? AND until < ?",
			  SV_INT(before), SV_INT(before));
}
