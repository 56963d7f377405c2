/* First run. The token file is the proof that the person may read the data folder; it is
 * removed when set-up is done, and set-up is done when one account exists. */
#include "app/setup.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/edition.h"
#include "app/password.h"
#include "base/encode.h"
#include "os/file.h"
#include "store/account.h"
#include "store/tenant.h"

static void token_path(const struct app *app, char *path, size_t n)
{
	snprintf(path, n, "%.*s/setup-token", STR_ARG(app->data_dir));
}

int app_setup_needed(struct app_call *c, struct error *e)
{
	int64_t n;
	if (store_account_count(c->db, &n, e) < 0)
		return -1;
	return n == 0;
}

int app_setup_token(struct app *app, struct buf *out, struct error *e)
{
	char path[4200];
	unsigned char raw[32];
	_cleanup_buf_ struct buf have = BUF_INIT(256), fresh = BUF_INIT(64);
	token_path(app, path, sizeof(path));
	if (os_file_read(path, &have, NULL) == 0 && str_trim(buf_view(&have)).len >= 40) {
		buf_str(out, str_trim(buf_view(&have)));
		return 0;
	}
	random_bytes(raw, sizeof(raw));
	encode_base64url(&fresh, str_make(raw, sizeof(raw)));
	if (os_file_write(path, buf_view(&fresh), 0600, e) < 0)
		return -1;
	buf_str(out, buf_view(&fresh));
	return 0;
}

static int token_check(const struct app *app, struct str given, struct error *e)
{
	char path[4200];
	_cleanup_buf_ struct buf have = BUF_INIT(256);
	token_path(app, path, sizeof(path));
	if (os_file_read(path, &have, NULL) == 0) {
		struct str want = str_trim(buf_view(&have));
		if (want.len >= 40 && want.len == given.len &&
		    sodium_memcmp(want.ptr, given.ptr, want.len) == 0)
			return 0;
	}
	return error_field(e, "token", "setup.token-wrong",
			   "设置链接不正确或已使用过，请使用 zhanwei serve 打印的链接。",
			   "The set-up link is wrong or used: take the one that zhanwei serve printed.");
}

struct people {
	const struct app_user_new *u;
	struct str kind;
	char hash[APP_PASSWORD_HASH];
	struct id account, tenant;
	bool first; /* only as the very first account, and platform administrator too */
};

static int add_member(struct app_call *c, struct str tenant, const struct id *account,
		      const char *role, struct error *e)
{
	struct id id = id_new(c->now);
	struct store_member m = { .id = id_str(&id), .tenant_id = tenant, .account_id = id_str(account),
				  .role = str_c(role), .state = STR("active"), .created = c->now };
	return store_member_add(c->db, &m, e);
}

static int add_tenant(struct app_call *c, struct people *p, struct error *e)
{
	p->tenant = id_new(c->now);
	struct store_tenant t = { .id = id_str(&p->tenant), .name = p->u->tenant_name, .kind = p->kind,
				  .edition = STR(APP_EDITION_DEFAULT), .timezone = STR("Asia/Shanghai"),
				  .state = STR("active"), .created = c->now, .updated = c->now };
	return store_tenant_add(c->db, &t, e);
}

static int add_account(struct app_call *c, struct people *p, struct error *e)
{
	p->account = id_new(c->now);
	struct store_account a = { .id = id_str(&p->account), .name = p->u->name, .email = p->u->email,
				   .password = str_c(p->hash), .lang = STR("zh-CN"), .settings = STR("{}"),
				   .state = STR("active"), .created = c->now, .updated = c->now };
	struct error why = { 0 };
	if (store_account_add(c->db, &a, &why) == 0)
		return 0;
	if (error_is(&why, "store.unique"))
		return error_field(e, "email", "account.exists", "这个邮箱已有账号。",
				   "There is an account with this e-mail address already.");
	if (e)
		*e = why;
	return -1;
}

static int first_people(struct app_call *c, void *arg, struct error *e)
{
	struct people *p = arg;
	int64_t n;
	if (store_lock(c->db, STR("setup"), e) < 0 || store_account_count(c->db, &n, e) < 0)
		return -1;
	if (n > 0)
		return error_set(e, "setup.done", "已经完成初始设置，请直接登录。",
				 "Set-up is done already: log in.");
	if (add_tenant(c, p, e) < 0 || add_account(c, p, e) < 0 ||
	    add_member(c, id_str(&p->tenant), &p->account, "tenant_admin", e) < 0 ||
	    add_member(c, APP_PLATFORM, &p->account, "platform_admin", e) < 0)
		return -1;
	struct app_actor a = { .user_id = id_str(&p->account), .user_name = p->u->name,
			       .tenant_id = id_str(&p->tenant), .ip = c->actor->ip, .via = c->actor->via };
	struct app_call as = *c;
	as.actor = &a;
	if (app_audit(&as, "tenant.create", "tenant", id_str(&p->tenant), p->u->tenant_name, NULL, e) < 0)
		return -1;
	return app_audit_in(&as, APP_PLATFORM, "platform.setup", "account", id_str(&p->account),
			    p->u->name, NULL, e);
}

int app_setup(struct app_call *c, const json_t *in, struct app_actor *ret,
	      char ret_token[APP_TOKEN_SIZE], struct error *e)
{
	struct app_user_new u = { .name = json_get_str(in, "name"), .email = json_get_str(in, "email"),
				  .password = json_get_str(in, "password"),
				  .tenant_name = json_get_str(in, "tenant_name") };
	struct people p = { .u = &u, .kind = json_get_str(in, "tenant_kind"), .first = true };
	char path[4200];
	int needed = app_setup_needed(c, e);
	if (needed < 0)
		return -1;
	if (!needed)
		return error_set(e, "setup.done", "已经完成初始设置，请直接登录。",
				 "Set-up is done already: log in.");
	if (token_check(c->app, json_get_str(in, "token"), e) < 0 ||
	    app_password_check(u.password, u.email, e) < 0 ||
	    app_password_hash(u.password, p.hash, e) < 0 || app_tx(c, first_people, &p, e) < 0)
		return -1;
	token_path(c->app, path, sizeof(path));
	unlink(path);
	return app_session_start(c, arena_str(c->arena, id_str(&p.account)),
				 arena_str(c->arena, id_str(&p.tenant)), ret, ret_token, e);
}

/* ---- from the command line ---- */

struct only {
	struct str id;
	size_t n;
};

static void count_tenant(void *arg, const struct store_tenant *t)
{
	struct only *o = arg;
	o->id = t->id;
	o->n++;
}

static int cli_people(struct app_call *c, void *arg, struct error *e)
{
	struct people *p = arg;
	struct only o = { 0 };
	struct store_page page = { .limit = 2 };
	struct store_tenant t;
	bool platform = str_eq(p->u->role, STR("platform_admin"));
	_cleanup_free_ char *role = str_dup(p->u->role);
	struct str tenant = platform ? APP_PLATFORM : p->u->tenant_id;
	if (str_empty(tenant) && str_empty(p->u->tenant_name)) {
		if (store_tenant_list(c->db, &page, STR(""), c->arena, count_tenant, &o, e) < 0)
			return -1;
		if (o.n != 1)
			return error_set(e, "tenant.which", "请用 --tenant 指明租户，或用 --new-tenant 新建一个。",
					 "Say which tenant with --tenant, or make one with --new-tenant.");
		tenant = o.id;
	}
	if (add_account(c, p, e) < 0)
		return -1;
	if (str_empty(tenant)) {
		if (add_tenant(c, p, e) < 0)
			return -1;
		tenant = id_str(&p->tenant);
	} else {
		int r = store_tenant_get(c->db, tenant, c->arena, &t, e);
		if (r <= 0)
			return r < 0 ? -1 : error_set(e, "tenant.not-found", "没有这个租户。", "No such tenant.");
	}
	if (add_member(c, tenant, &p->account, role, e) < 0)
		return -1;
	return app_audit_in(c, tenant, "member.add", "account", id_str(&p->account), p->u->name, NULL, e);
}

int app_user_add(struct app_call *c, const struct app_user_new *u, struct id *ret_id,
		 struct error *e)
{
	struct people p = { .u = u, .kind = STR("company") };
	if (app_role_find(u->role) == ROLE_NONE)
		return error_field(e, "role", "input.role", "没有角色“%.*s”。", "There is no role \"%.*s\".",
				   STR_ARG(u->role));
	if (str_chr(u->email, '@') <= 0)
		return error_field(e, "email", "input.email", "邮箱格式不正确。", "That is no e-mail address.");
	if (app_password_check(u->password, u->email, e) < 0 ||
	    app_password_hash(u->password, p.hash, e) < 0 || app_tx(c, cli_people, &p, e) < 0)
		return -1;
	*ret_id = p.account;
	return 0;
}
