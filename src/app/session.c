/* Log-in, sessions and keys. A wrong password, an unknown address and a disabled
 * account look and take the same. Sessions are 256 random bits, known to the database
 * as a keyed hash; the CSRF token is another keyed hash of them and is stored nowhere. */
#include "app/session.h"

#include <sodium.h>

#include "app/edition.h"
#include "app/password.h"
#include "app/secret.h"
#include "app/totp.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "os/file.h"
#include "store/account.h"
#include "store/apikey.h"
#include "store/setting.h"
#include "store/tenant.h"

#define SEEN_EVERY_MS 60000 /* a session row is written once a minute at most */

static void token_make(char ret[APP_TOKEN_SIZE])
{
	unsigned char raw[32];
	_cleanup_buf_ struct buf b = BUF_INIT(64);
	random_bytes(raw, sizeof(raw));
	encode_base64url(&b, str_make(raw, sizeof(raw)));
	memcpy(ret, b.ptr, b.len + 1);
}

void app_csrf_token(const struct app *app, struct str session_token, char ret[APP_CSRF_SIZE])
{
	app_token_hash(app, "csrf", session_token, ret);
}

/* ---- who the actor is in a tenant ---- */

/* Rights of the platform that follow its administrators into a tenant they belong to;
 * what shows a tenant's own records comes from their role there. */
static uint64_t platform_bits_elsewhere(void)
{
	return app_role_permissions(ROLE_PLATFORM_ADMIN) &
	       ~(app_permission_bit(PERM_AUDIT_READ) | app_permission_bit(PERM_JOB_READ));
}

/* 1: *a has tenant, role and permissions; 0: no business there; negative. */
static int enter(struct app_call *c, const struct store_account *u, struct str tenant,
		 struct app_actor *a, struct error *e)
{
	struct store_member m, p;
	struct store_grant g;
	bool home = str_eq(tenant, APP_PLATFORM);
	int in_platform = store_member_find(c->db, APP_PLATFORM, u->id, c->arena, &p, e);
	int in_tenant = in_platform < 0 ? -1 : home ? in_platform :
			store_member_find(c->db, tenant, u->id, c->arena, &m, e);
	if (in_platform < 0 || in_tenant < 0)
		return -1;
	if (home)
		m = p;
	a->platform_admin = in_platform && str_eq(p.state, STR("active"));
	a->granted = false;
	a->permissions = 0;
	a->tenant_id = tenant;
	if (in_tenant && str_eq(m.state, STR("active")) && str_eq(m.tenant_state, STR("active"))) {
		a->role = app_role_find(m.role);
		a->tenant_name = m.tenant_name;
		a->permissions = app_role_permissions(a->role);
		if (a->platform_admin && !home)
			a->permissions |= platform_bits_elsewhere();
		return 1;
	}
	if (!a->platform_admin || home)
		return 0;
	int r = store_grant_active(c->db, tenant, u->id, c->now, c->arena, &g, e);
	if (r <= 0)
		return r;
	struct store_tenant t;
	r = store_tenant_get(c->db, tenant, c->arena, &t, e);
	if (r <= 0)
		return r;
	a->role = ROLE_PLATFORM_ADMIN;
	a->tenant_name = t.name;
	a->granted = true;
	a->permissions = app_grant_permissions() | platform_bits_elsewhere();
	return 1;
}

struct first {
	struct str tenant;
};

static void take_first(void *arg, const struct store_member *m)
{
	struct first *f = arg;
	if (str_empty(f->tenant))
		f->tenant = m->tenant_id;
}

/* Into `tenant`, or where that is closed, into the first that is open. 1, 0, -1. */
static int enter_somewhere(struct app_call *c, const struct store_account *u, struct str tenant,
			   struct app_actor *a, struct error *e)
{
	a->user_id = u->id;
	a->user_name = u->name;
	a->email = u->email;
	a->lang = u->lang;
	int r = str_empty(tenant) ? 0 : enter(c, u, tenant, a, e);
	if (r != 0)
		return r;
	struct first f = { 0 };
	if (store_member_of_account(c->db, u->id, c->arena, take_first, &f, e) < 0)
		return -1;
	return str_empty(f.tenant) ? 0 : enter(c, u, f.tenant, a, e);
}

static void copy_origin(struct app_call *c, struct app_actor *a)
{
	a->ip = c->actor->ip;
	a->user_agent = c->actor->user_agent;
	a->request_id = c->actor->request_id;
}

/* ---- the brake on guessing ---- */

struct brake {
	char key[65]; /* hashed: the table holds no addresses */
	int free;
};

static void brake_key(struct app_call *c, struct brake *b, const char *what, struct str text,
		      int free_tries)
{
	app_token_hash(c->app, what, text, b->key);
	b->free = free_tries;
}

/* Waits double from 2 s up to LIMIT_LOGIN_WAIT_MS once the free tries are used up. */
static int64_t brake_wait(int64_t fails, int free_tries)
{
	if (fails < free_tries)
		return 0;
	int64_t over = fails - free_tries;
	int64_t ms = over > 10 ? LIMIT_LOGIN_WAIT_MS : 2000LL << over;
	return ms < LIMIT_LOGIN_WAIT_MS ? ms : LIMIT_LOGIN_WAIT_MS;
}

static int brakes_set(struct app_call *c, struct str email, struct brake b[2])
{
	_cleanup_buf_ struct buf pair = BUF_INIT(2048);
	for (size_t i = 0; i < email.len; i++)
		buf_char(&pair, ascii_lower(email.ptr[i]));
	buf_char(&pair, '|');
	buf_str(&pair, c->actor->ip);
	brake_key(c, &b[0], "login-account", buf_view(&pair), LIMIT_LOGIN_FREE);
	brake_key(c, &b[1], "login-address", c->actor->ip, LIMIT_LOGIN_FREE * 10);
	return 0;
}

static int brakes_look(struct app_call *c, const struct brake b[2], struct error *e)
{
	for (int i = 0; i < 2; i++) {
		struct store_throttle t;
		if (store_throttle_get(c->db, str_c(b[i].key), &t, e) < 0)
			return -1;
		if (t.until <= c->now)
			continue;
		c->retry_after = (unsigned)((t.until - c->now + 999) / 1000);
		return error_set(e, "auth.too-many", "尝试次数过多，请 %u 秒后再试。",
				 "Too many attempts; try again in %u seconds.", c->retry_after);
	}
	return 0;
}

static int brake_step(struct app_call *c, void *arg, struct error *e)
{
	const struct brake *b = arg;
	for (int i = 0; i < 2; i++) {
		struct store_throttle t;
		if (store_throttle_get(c->db, str_c(b[i].key), &t, e) < 0)
			return -1;
		t.fails++;
		t.until = c->now + brake_wait(t.fails, b[i].free);
		if (store_throttle_put(c->db, str_c(b[i].key), &t, c->now, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- log in ---- */

static int wrong(struct app_call *c, struct brake b[2], const struct store_account *u,
		 const char *why, struct error *e)
{
	if (app_tx(c, brake_step, b, e) < 0)
		return -1;
	if (u) {
		struct app_actor a = *c->actor;
		struct app_call as = *c;
		as.actor = &a;
		_cleanup_json_ json_t *detail = json_object();
		json_put(detail, "reason", json_c(why));
		int r = enter_somewhere(&as, u, STR(""), &a, e);
		if (r < 0 || (r > 0 && app_audit(&as, "session.refused", "account", u->id, u->name,
						 detail, e) < 0))
			return -1;
	}
	return error_set(e, "auth.bad-credentials", "邮箱、密码或验证码不正确。",
			 "The e-mail address, password or code is wrong.");
}

/* 1 right, 0 wrong, negative. Each time step works once. */
static int totp_check(struct app_call *c, const struct store_account *u, struct str code,
		      struct error *e)
{
	_cleanup_buf_ struct buf purpose = BUF_INIT(64), secret = BUF_INIT(64);
	buf_printf(&purpose, "totp:%.*s", STR_ARG(u->id));
	if (app_unseal(c->app, buf_view(&purpose), u->totp, &secret, e) < 0)
		return -1;
	int64_t step = totp_match((unsigned char *)secret.ptr, secret.len, code, c->now);
	os_wipe(secret.ptr, secret.len);
	if (step < 0)
		return 0;
	if (store_account_use_totp(c->db, u->id, step, e) < 0)
		return -1;
	return store_changed(c->db) > 0;
}

struct begin {
	struct str account, tenant, old_hash;
	char hash[65];
	struct app_actor *actor;
};

static int begin(struct app_call *c, void *arg, struct error *e)
{
	struct begin *b = arg;
	struct id id = id_new(c->now);
	struct store_session old;
	int r = str_empty(b->old_hash) ? 0 : store_session_find(c->db, b->old_hash, c->arena, &old, e);
	if (r < 0 || (r > 0 && store_session_delete(c->db, old.account_id, old.id, e) < 0))
		return -1;
	b->actor->session_id = arena_str(c->arena, id_str(&id));
	struct store_session s = {
		.id = b->actor->session_id, .token_hash = str_c(b->hash), .account_id = b->account,
		.tenant_id = b->tenant, .ip = c->actor->ip,
		.user_agent = utf8_truncate(c->actor->user_agent, 300), .created = c->now,
		.seen = c->now, .expires = c->now + LIMIT_SESSION_MS,
	};
	if (store_session_add(c->db, &s, e) < 0 ||
	    store_session_trim(c->db, b->account, LIMIT_SESSIONS_PER_USER, e) < 0 ||
	    store_account_logged_in(c->db, b->account, c->now, e) < 0)
		return -1;
	struct app_call as = *c;
	as.actor = b->actor;
	return app_audit(&as, "session.login", "account", b->account, b->actor->user_name, NULL, e);
}

static int start(struct app_call *c, const struct store_account *u, struct str tenant,
		 struct str old_token, struct app_actor *ret, char ret_token[APP_TOKEN_SIZE],
		 struct error *e)
{
	struct app_actor a = { .via = APP_VIA_SESSION };
	char old_hash[65];
	copy_origin(c, &a);
	int r = enter_somewhere(c, u, tenant, &a, e);
	if (r < 0)
		return -1;
	if (r == 0)
		return error_set(e, "auth.no-tenant", "账号不属于任何可用的租户，请联系管理员。",
				 "This account belongs to no active tenant; ask an administrator.");
	token_make(ret_token);
	struct begin b = { .account = u->id, .tenant = a.tenant_id, .actor = &a };
	app_token_hash(c->app, "session", str_c(ret_token), b.hash);
	if (!str_empty(old_token)) {
		app_token_hash(c->app, "session", old_token, old_hash);
		b.old_hash = str_c(old_hash);
	}
	if (app_tx(c, begin, &b, e) < 0)
		return -1;
	*ret = a;
	return 0;
}

int app_login(struct app_call *c, struct str email, struct str password, struct str totp,
	      struct str old_token, struct app_actor *ret, char ret_token[APP_TOKEN_SIZE],
	      struct error *e)
{
	struct brake b[2];
	struct store_account u;
	brakes_set(c, email, b);
	if (brakes_look(c, b, e) < 0)
		return -1;
	int found = store_account_by_email(c->db, email, c->arena, &u, e);
	if (found < 0)
		return -1;
	bool usable = found && str_eq(u.state, STR("active"));
	int right = app_password_verify(usable ? u.password : STR(""), password, e);
	if (right < 0) {
		c->retry_after = 3;
		return -1;
	}
	if (!right)
		return wrong(c, b, usable ? &u : NULL, "password", e);
	if (!str_empty(u.totp)) {
		if (str_empty(totp))
			return error_field(e, "totp", "auth.totp-required", "请输入动态验证码。",
					   "Enter the code of your authenticator.");
		int ok = totp_check(c, &u, totp, e);
		if (ok < 0)
			return -1;
		if (!ok)
			return wrong(c, b, &u, "totp", e);
	}
	if (store_throttle_clear(c->db, str_c(b[0].key), e) < 0)
		return -1;
	return start(c, &u, STR(""), old_token, ret, ret_token, e);
}

int app_session_start(struct app_call *c, struct str account_id, struct str tenant_id,
		      struct app_actor *ret, char ret_token[APP_TOKEN_SIZE], struct error *e)
{
	struct store_account u;
	int r = store_account_get(c->db, account_id, c->arena, &u, e);
	if (r <= 0)
		return r < 0 ? -1 : error_set(e, "account.not-found", "账号不存在。", "No such account.");
	return start(c, &u, tenant_id, STR(""), ret, ret_token, e);
}

/* ---- coming back ---- */

int app_session_resume(struct app_call *c, struct str token, struct app_actor *ret,
		       struct error *e)
{
	char hash[65];
	struct store_session s;
	struct store_account u;
	if (str_empty(token) || token.len >= APP_TOKEN_SIZE)
		return 0;
	app_token_hash(c->app, "session", token, hash);
	int r = store_session_find(c->db, str_c(hash), c->arena, &s, e);
	if (r <= 0)
		return r;
	if (s.expires <= c->now || s.seen + LIMIT_SESSION_IDLE_MS <= c->now)
		return 0;
	r = store_account_get(c->db, s.account_id, c->arena, &u, e);
	if (r <= 0 || !str_eq(u.state, STR("active")))
		return r < 0 ? -1 : 0;
	struct app_actor a = { .via = APP_VIA_SESSION, .session_id = s.id };
	copy_origin(c, &a);
	r = enter_somewhere(c, &u, s.tenant_id, &a, e);
	if (r <= 0)
		return r;
	if (s.seen + SEEN_EVERY_MS <= c->now && store_session_seen(c->db, s.id, c->now, e) < 0)
		return -1;
	*ret = a;
	return 1;
}

static uint64_t scope_bits(struct str scopes)
{
	struct str one;
	uint64_t bits = 0;
	while (str_split(&scopes, ' ', &one)) {
		enum app_permission p = app_permission_find(one);
		if (p != PERM_COUNT)
			bits |= app_permission_bit(p);
	}
	return bits;
}

int app_key_resume(struct app_call *c, struct str key, struct app_actor *ret, struct error *e)
{
	char hash[65];
	struct store_apikey k;
	struct store_account u;
	if (!str_starts(key, STR("zw_")) || key.len > 100)
		return 0;
	app_token_hash(c->app, "api-key", key, hash);
	int r = store_apikey_find(c->db, str_c(hash), c->arena, &k, e);
	if (r <= 0 || (k.expires && k.expires <= c->now))
		return r < 0 ? -1 : 0;
	r = store_account_get(c->db, k.account_id, c->arena, &u, e);
	if (r <= 0 || !str_eq(u.state, STR("active")))
		return r < 0 ? -1 : 0;
	struct app_actor a = { .via = APP_VIA_KEY, .key_id = k.id, .user_id = u.id, .user_name = u.name,
			       .email = u.email, .lang = u.lang };
	copy_origin(c, &a);
	struct store_member m;
	r = store_member_find(c->db, k.tenant_id, u.id, c->arena, &m, e);
	if (r <= 0 || !str_eq(m.state, STR("active")) || !str_eq(m.tenant_state, STR("active")))
		return r < 0 ? -1 : 0;
	a.tenant_id = m.tenant_id;
	a.tenant_name = m.tenant_name;
	a.role = app_role_find(m.role);
	a.permissions = app_role_permissions(a.role) & scope_bits(k.scopes);
	a.key_expires = k.expires;
	if (k.last_used + SEEN_EVERY_MS <= c->now && store_apikey_used(c->db, k.id, c->now, e) < 0)
		return -1;
	*ret = a;
	return 1;
}

/* ---- being logged in ---- */

int app_logout(struct app_call *c, struct error *e)
{
	if (store_session_delete(c->db, c->actor->user_id, c->actor->session_id, e) < 0)
		return -1;
	return app_audit(c, "session.logout", "account", c->actor->user_id, c->actor->user_name, NULL,
			 e);
}

int app_session_switch(struct app_call *c, struct str tenant_id, struct app_actor *ret,
		       char ret_token[APP_TOKEN_SIZE], struct error *e)
{
	struct store_account u;
	struct app_actor a = *c->actor;
	char hash[65];
	if (c->actor->via != APP_VIA_SESSION)
		return error_set(e, "session.forbidden", "接口密钥不能切换租户。", "An API key cannot switch tenants.");
	int r = store_account_get(c->db, c->actor->user_id, c->arena, &u, e);
	if (r > 0)
		r = enter(c, &u, tenant_id, &a, e);
	if (r < 0)
		return -1;
	if (r == 0)
		return error_field(e, "tenant_id", "tenant.not-found",
				   "您不属于这个租户，也没有有效的查看授权。",
				   "You belong to no such tenant and hold no grant for it.");
	token_make(ret_token);
	app_token_hash(c->app, "session", str_c(ret_token), hash);
	if (store_session_set_tenant(c->db, a.session_id, tenant_id, str_c(hash), e) < 0)
		return -1;
	struct app_call as = *c;
	as.actor = &a;
	if (a.granted && app_audit(&as, "grant.enter", "tenant", tenant_id, a.tenant_name, NULL, e) < 0)
		return -1;
	a.tenant_id = arena_str(c->arena, tenant_id);
	*ret = a;
	return 0;
}

static void add_tenant(void *arg, const struct store_member *m)
{
	if (str_eq(m->tenant_kind, STR("platform")))
		return;
	json_t *t = json_object();
	json_put(t, "id", json_str(m->tenant_id));
	json_put(t, "name", json_str(m->tenant_name));
	json_put(t, "role", json_str(m->role));
	json_array_append_new(arg, t);
}

static json_t *user_view(const struct store_account *u)
{
	json_t *v = json_object(), *settings = json_parse(u->settings, NULL);
	json_put(v, "id", json_str(u->id));
	json_put(v, "name", json_str(u->name));
	json_put(v, "email", json_str(u->email));
	json_put(v, "lang", json_str(u->lang));
	json_put(v, "totp_enabled", json_boolean(!str_empty(u->totp)));
	json_put(v, "settings", settings ? settings : json_object());
	return v;
}

int app_session_view(struct app_call *c, json_t **ret, struct error *e)
{
	struct store_account u;
	struct store_tenant t;
	_cleanup_json_ json_t *v = json_object();
	json_t *tenants = json_array(), *permissions = json_array(), *tenant = json_object();
	json_put(v, "tenants", tenants);
	json_put(v, "permissions", permissions);
	json_put(v, "tenant", tenant);
	int r = store_account_get(c->db, c->actor->user_id, c->arena, &u, e);
	if (r > 0)
		r = store_tenant_get(c->db, c->actor->tenant_id, c->arena, &t, e);
	if (r <= 0)
		return r < 0 ? -1 : error_set(e, "account.not-found", "账号不存在。", "No such account.");
	if (store_member_of_account(c->db, u.id, c->arena, add_tenant, tenants, e) < 0)
		return -1;
	json_put(v, "user", user_view(&u));
	json_put(tenant, "id", json_str(t.id));
	json_put(tenant, "name", json_str(t.name));
	json_put(tenant, "kind", json_str(t.kind));
	json_put(tenant, "edition", json_str(t.edition));
	json_put(tenant, "edition_name", json_c(app_edition(t.edition)->zh));
	json_put(tenant, "edition_name_en", json_c(app_edition(t.edition)->en));
	json_put(tenant, "timezone", json_str(t.timezone));
	json_put(v, "role", json_c(app_role_info(c->actor->role)->code));
	json_put(v, "platform_admin", json_boolean(c->actor->platform_admin));
	json_put(v, "granted", json_boolean(c->actor->granted));
	for (unsigned p = PERM_NONE + 1; p < PERM_COUNT; p++)
		if (app_may(c, (enum app_permission)p))
			json_array_append_new(permissions,
					      json_c(app_permission_info((enum app_permission)p)->code));
	json_put(v, "version", json_c(c->app->version));
	*ret = take_ptr(v);
	return 0;
}

struct sessions {
	struct app_call *c;
	json_t *items;
};

static void add_session(void *arg, const struct store_session *s)
{
	struct sessions *l = arg;
	json_t *v = json_object();
	json_put(v, "id", json_str(s->id));
	json_put(v, "current", json_boolean(str_eq(s->id, l->c->actor->session_id)));
	json_put(v, "ip", json_str(s->ip));
	json_put(v, "user_agent", json_str(s->user_agent));
	json_put(v, "created", json_time(s->created));
	json_put(v, "last_seen", json_time(s->seen));
	json_put(v, "expires", json_time(s->expires));
	json_array_append_new(l->items, v);
}

int app_session_list(struct app_call *c, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct sessions l = { c, items };
	if (store_session_list(c->db, c->actor->user_id, c->now, c->now - LIMIT_SESSION_IDLE_MS,
			       c->arena, add_session, &l, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

int app_session_revoke(struct app_call *c, struct str id, struct error *e)
{
	if (store_session_delete(c->db, c->actor->user_id, id, e) < 0)
		return -1;
	if (store_changed(c->db) == 0)
		return error_set(e, "session.not-found", "没有这个会话。", "No such session.");
	return app_audit(c, "session.revoke", "session", id, STR(""), NULL, e);
}

int app_session_prune(struct app_call *c, struct error *e)
{
	if (store_session_prune(c->db, c->now, c->now - LIMIT_SESSION_IDLE_MS, e) < 0 ||
	    store_throttle_prune(c->db, c->now - 24 * 3600 * 1000LL, e) < 0)
		return -1;
	return store_replay_prune(c->db, c->now - LIMIT_API_IDEMPOTENCY_MS, e);
}

/* ---- the person ---- */

static int me(struct app_call *c, struct store_account *u, struct error *e)
{
	int r = store_account_get(c->db, c->actor->user_id, c->arena, u, e);
	if (r > 0)
		return 0;
	return r < 0 ? -1 : error_set(e, "account.not-found", "账号不存在。", "No such account.");
}

int app_me_update(struct app_call *c, const json_t *in, struct error *e)
{
	struct store_account u;
	_cleanup_buf_ struct buf settings = BUF_INIT(64 * KIB);
	if (me(c, &u, e) < 0)
		return -1;
	if (json_object_get(in, "name"))
		u.name = json_get_str(in, "name");
	if (json_object_get(in, "lang"))
		u.lang = json_get_str(in, "lang");
	if (json_object_get(in, "settings")) {
		json_write(&settings, json_object_get(in, "settings"));
		u.settings = buf_view(&settings);
	}
	return store_account_update(c->db, u.id, u.name, u.lang, u.settings, c->now, e);
}

/* The own password again, before something that must not happen by a stolen session. */
static int confirm_password(struct app_call *c, const struct store_account *u, struct str password,
			    const char *field, struct error *e)
{
	struct brake b[2];
	brakes_set(c, u->email, b);
	if (brakes_look(c, b, e) < 0)
		return -1;
	int right = app_password_verify(u->password, password, e);
	if (right > 0)
		return 0;
	if (right < 0 || app_tx(c, brake_step, b, e) < 0)
		return -1;
	return error_field(e, field, "account.password-wrong", "当前密码不正确。",
			   "The current password is wrong.");
}

int app_me_password(struct app_call *c, struct str old_password, struct str new_password,
		    struct error *e)
{
	struct store_account u;
	char hash[APP_PASSWORD_HASH];
	if (me(c, &u, e) < 0 || confirm_password(c, &u, old_password, "old_password", e) < 0)
		return -1;
	if (app_password_check(new_password, u.email, e) < 0) {
		if (e)
			snprintf(e->field, sizeof(e->field), "new_password");
		return -1;
	}
	if (app_password_hash(new_password, hash, e) < 0 ||
	    store_account_set_password(c->db, u.id, str_c(hash), c->now, e) < 0 ||
	    store_session_delete_others(c->db, u.id, c->actor->session_id, e) < 0)
		return -1;
	return app_audit(c, "account.password", "account", u.id, u.name, NULL, e);
}

int app_me_totp_begin(struct app_call *c, json_t **ret, struct error *e)
{
	struct store_account u;
	unsigned char secret[TOTP_SECRET];
	_cleanup_buf_ struct buf text = BUF_INIT(64), uri = BUF_INIT(2048), sealed = BUF_INIT(256);
	_cleanup_buf_ struct buf purpose = BUF_INIT(64);
	if (me(c, &u, e) < 0)
		return -1;
	if (!str_empty(u.totp))
		return error_set(e, "totp.exists", "动态验证码已经启用，请先停用。",
				 "A second factor is in use already; switch it off first.");
	random_bytes(secret, sizeof(secret));
	encode_base32(&text, str_make(secret, sizeof(secret)));
	for (size_t i = 0; i < text.len; i++)
		if (ascii_alpha(text.ptr[i]))
			text.ptr[i] = (char)(text.ptr[i] & ~0x20);
	buf_printf(&purpose, "totp:%.*s", STR_ARG(u.id));
	app_seal(c->app, buf_view(&purpose), str_make(secret, sizeof(secret)), &sealed);
	os_wipe(secret, sizeof(secret));
	if (store_account_set_totp(c->db, u.id, STR(""), buf_view(&sealed), c->now, e) < 0)
		return -1;
	totp_uri(&uri, STR("站卫 Zhanwei"), u.email, buf_view(&text));
	*ret = json_object();
	json_put(*ret, "secret", json_str(buf_view(&text)));
	json_put(*ret, "uri", json_str(buf_view(&uri)));
	return 0;
}

int app_me_totp_confirm(struct app_call *c, struct str code, struct error *e)
{
	struct store_account u;
	if (me(c, &u, e) < 0)
		return -1;
	if (str_empty(u.totp_pending))
		return error_set(e, "totp.state", "请先获取新的密钥。", "Ask for a new secret first.");
	u.totp = u.totp_pending;
	int ok = totp_check(c, &u, code, e);
	if (ok < 0)
		return -1;
	if (!ok)
		return error_field(e, "code", "totp.code-wrong", "验证码不正确，请检查手机时间。",
				   "The code is wrong; check the clock of your phone.");
	if (store_account_set_totp(c->db, u.id, u.totp_pending, STR(""), c->now, e) < 0 ||
	    store_session_delete_others(c->db, u.id, c->actor->session_id, e) < 0)
		return -1;
	return app_audit(c, "account.totp-on", "account", u.id, u.name, NULL, e);
}

int app_me_totp_disable(struct app_call *c, struct str password, struct error *e)
{
	struct store_account u;
	if (me(c, &u, e) < 0 || confirm_password(c, &u, password, "password", e) < 0)
		return -1;
	if (store_account_set_totp(c->db, u.id, STR(""), STR(""), c->now, e) < 0)
		return -1;
	return app_audit(c, "account.totp-off", "account", u.id, u.name, NULL, e);
}
