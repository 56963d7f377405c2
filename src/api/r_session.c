/* Set-up, log-in, and the person who is logged in. The only resource that sets cookies. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/session.h"
#include "app/setup.h"
#include "base/limits.h"

/* ---- schemas ---- */

static const struct api_field setup_state_fields[] = {
	API_BOOL("needed", API_REQUIRED, "是否需要初始设置", "Whether set-up is needed"), API_END
};
static const struct api_schema setup_state_schema = { "SetupState", setup_state_fields, true };

#define PASSWORD(name, zh, en) API_STR(name, API_REQUIRED | API_WRITE_ONLY, 1, LIMIT_PASSWORD_MAX, zh, en)

static const struct api_field setup_fields[] = {
	API_LINE("token", API_REQUIRED | API_WRITE_ONLY, 1, 100, "设置链接中的一次性令牌",
		 "The one-time token of the set-up link"),
	API_LINE("tenant_name", API_REQUIRED, 1, 64, "公司或个人名称", "Name of the company or person"),
	API_ENUM("tenant_kind", API_REQUIRED, "company|person", "公司或个人", "Company or person"),
	API_LINE("name", API_REQUIRED, 1, 64, "管理员姓名", "Name of the administrator"),
	API_EMAIL("email", API_REQUIRED, "管理员邮箱", "E-mail address of the administrator"),
	PASSWORD("password", "密码，至少 10 个字符", "Password, at least 10 characters"),
	API_END,
};
static const struct api_schema setup_schema = { "Setup", setup_fields, false };

static const struct api_field login_fields[] = {
	API_LINE("email", API_REQUIRED, 1, 254, "邮箱", "E-mail address"),
	PASSWORD("password", "密码", "Password"),
	API_LINE("totp", API_NULL, 0, 16, "动态验证码（启用时）", "Code of the second factor, when in use"),
	API_END,
};
static const struct api_schema login_schema = { "Login", login_fields, false };

static const struct api_field user_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("name", API_REQUIRED, 0, 0, "姓名", "Name"),
	API_STR("email", API_REQUIRED, 0, 0, "邮箱", "E-mail address"),
	API_ENUM("lang", API_REQUIRED, "zh-CN|en", "界面语言", "Language"),
	API_BOOL("totp_enabled", API_REQUIRED, "是否启用动态验证码", "Whether the second factor is in use"),
	API_ANY("settings", API_REQUIRED, 32768, "界面偏好", "Preferences of the console"),
	API_END,
};
static const struct api_schema user_schema = { "User", user_fields, true };
static const struct api_field own_tenant_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("name", API_REQUIRED, 0, 0, "名称", "Name"),
	API_STR("kind", API_REQUIRED, 0, 0, "种类", "Kind"),
	API_STR("edition", API_REQUIRED, 0, 0, "版本", "Edition"),
	API_STR("edition_name", API_REQUIRED, 0, 0, "版本名称", "Name of the edition"),
	API_STR("edition_name_en", API_REQUIRED, 0, 0, "版本英文名称", "The same in English"),
	API_STR("timezone", API_REQUIRED, 0, 0, "时区", "Time zone"),
	API_END,
};
static const struct api_schema own_tenant_schema = { "SessionTenant", own_tenant_fields, true };
static const struct api_field tenant_of_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("name", API_REQUIRED, 0, 0, "名称", "Name"),
	API_STR("role", API_REQUIRED, 0, 0, "在其中的角色", "The person's role in it"),
	API_END,
};
static const struct api_schema tenant_of_schema = { "TenantOf", tenant_of_fields, true };
static const struct api_field session_fields[] = {
	API_OBJECT("user", API_REQUIRED, &user_schema, "登录者", "The person"),
	API_OBJECT("tenant", API_REQUIRED, &own_tenant_schema, "当前租户", "The tenant at present"),
	API_LIST("tenants", API_REQUIRED, &tenant_of_schema, 0, 0, "所属租户", "Tenants of the person"),
	API_STR("role", API_REQUIRED, 0, 0, "角色", "Role"),
	API_BOOL("platform_admin", API_REQUIRED, "也是平台管理员", "A platform administrator too"),
	API_BOOL("granted", API_REQUIRED, "凭限时授权查看", "Looks in under a time-limited grant"),
	API_ARRAY("permissions", API_REQUIRED, API_T_STR, 0, 0, "权限", "Permissions"),
	API_STR("csrf_token", API_REQUIRED, 0, 0, "写操作放入 X-CSRF-Token 头", "For the header X-CSRF-Token"),
	API_STR("version", API_REQUIRED, 0, 0, "程序版本", "Version of the program"),
	API_END,
};
static const struct api_schema session_schema = { "Session", session_fields, true };
static const struct api_field switch_fields[] = {
	API_ID("tenant_id", API_REQUIRED, "要进入的租户", "The tenant to enter"), API_END
};
static const struct api_schema switch_schema = { "SessionSwitch", switch_fields, false };
static const struct api_field me_fields[] = {
	API_LINE("name", 0, 1, 64, "姓名", "Name"),
	API_ENUM("lang", 0, "zh-CN|en", "界面语言", "Language"),
	API_ANY("settings", 0, 32768, "界面偏好（整体替换）", "Preferences of the console, replaced as a whole"),
	API_END,
};
static const struct api_schema me_schema = { "MeUpdate", me_fields, false };
static const struct api_field password_fields[] = {
	PASSWORD("old_password", "当前密码", "Present password"),
	PASSWORD("new_password", "新密码", "New password"),
	API_END,
};
static const struct api_schema password_schema = { "PasswordChange", password_fields, false };
static const struct api_field totp_fields[] = {
	API_STR("secret", API_REQUIRED, 0, 0, "密钥（base32）", "Secret (base32)"),
	API_STR("uri", API_REQUIRED, 0, 0, "二维码内容", "What the QR code says"),
	API_END,
};
static const struct api_schema totp_schema = { "TotpSecret", totp_fields, true };
static const struct api_field code_fields[] = {
	API_LINE("code", API_REQUIRED, 6, 6, "6 位验证码", "The six digits"), API_END
};
static const struct api_schema code_schema = { "TotpCode", code_fields, false };
static const struct api_field confirm_fields[] = { PASSWORD("password", "当前密码", "Present password"),
						   API_END };
static const struct api_schema confirm_schema = { "PasswordConfirm", confirm_fields, false };
static const struct api_field device_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_BOOL("current", API_REQUIRED, "就是这一个", "This very one"),
	API_STR("ip", API_REQUIRED, 0, 0, "IP 地址", "IP address"),
	API_STR("user_agent", API_REQUIRED, 0, 0, "浏览器", "Browser"),
	API_TIME("created", API_REQUIRED, "登录时间", "Logged in"),
	API_TIME("last_seen", API_REQUIRED, "最近使用", "Last used"),
	API_TIME("expires", API_REQUIRED, "最晚到期", "Ends at the latest"),
	API_END,
};
static const struct api_schema device_schema = { "LoginSession", device_fields, true };

/* ---- handlers ---- */

static int setup_state(struct api_request *r, struct error *e)
{
	int needed = app_setup_needed(&r->call, e);
	if (needed < 0)
		return -1;
	json_t *v = json_object();
	json_put(v, "needed", json_boolean(needed));
	api_reply(r, v);
	return 0;
}

/* GET /session as `who`, whose session has this token. */
static int reply_session(struct api_request *r, const struct app_actor *who, struct str token,
			 struct error *e)
{
	struct app_call as = r->call;
	char csrf[APP_CSRF_SIZE];
	json_t *v;
	as.actor = who;
	if (app_session_view(&as, &v, e) < 0)
		return -1;
	app_csrf_token(r->call.app, token, csrf);
	json_put(v, "csrf_token", json_c(csrf));
	api_reply(r, v);
	return 0;
}

static int reply_new(struct api_request *r, const struct app_actor *who, const char *token,
		     struct error *e)
{
	r->session_token = arena_str(r->call.arena, str_c(token));
	return reply_session(r, who, r->session_token, e);
}

static int setup(struct api_request *r, struct error *e)
{
	struct app_actor who;
	char token[APP_TOKEN_SIZE];
	if (app_setup(&r->call, r->body, &who, token, e) < 0)
		return -1;
	return reply_new(r, &who, token, e);
}

static int login(struct api_request *r, struct error *e)
{
	struct app_actor who;
	char token[APP_TOKEN_SIZE];
	if (app_login(&r->call, json_get_str(r->body, "email"), json_get_str(r->body, "password"),
		      json_get_str(r->body, "totp"), r->cookie, &who, token, e) < 0)
		return -1;
	return reply_new(r, &who, token, e);
}

static int session_get(struct api_request *r, struct error *e)
{
	return reply_session(r, r->call.actor, r->cookie, e);
}

static int session_switch(struct api_request *r, struct error *e)
{
	struct app_actor who;
	char token[APP_TOKEN_SIZE];
	if (app_session_switch(&r->call, json_get_str(r->body, "tenant_id"), &who, token, e) < 0)
		return -1;
	return reply_new(r, &who, token, e);
}

static int logout(struct api_request *r, struct error *e)
{
	if (app_logout(&r->call, e) < 0)
		return -1;
	r->session_end = true;
	api_reply(r, NULL);
	return 0;
}

static int me_update(struct api_request *r, struct error *e)
{
	if (app_me_update(&r->call, r->body, e) < 0)
		return -1;
	return reply_session(r, r->call.actor, r->cookie, e);
}

static int me_password(struct api_request *r, struct error *e)
{
	if (app_me_password(&r->call, json_get_str(r->body, "old_password"),
			    json_get_str(r->body, "new_password"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static int totp_begin(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_me_totp_begin(&r->call, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int totp_confirm(struct api_request *r, struct error *e)
{
	if (app_me_totp_confirm(&r->call, json_get_str(r->body, "code"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static int totp_disable(struct api_request *r, struct error *e)
{
	if (app_me_totp_disable(&r->call, json_get_str(r->body, "password"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static int sessions(struct api_request *r, struct error *e)
{
	json_t *items;
	if (app_session_list(&r->call, &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int session_revoke(struct api_request *r, struct error *e)
{
	struct str id = api_param(r, "session");
	if (app_session_revoke(&r->call, id, e) < 0)
		return -1;
	r->session_end = str_eq(id, r->call.actor->session_id);
	api_reply(r, NULL);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/setup", setup_state, PERM_NONE, API_PUBLIC, .reply = &setup_state_schema,
	  .zh = "是否需要初始设置", .en = "Whether set-up is needed" },
	{ HTTP_POST, "/setup", setup, PERM_NONE, API_PUBLIC | API_NO_CSRF, 201, .body = &setup_schema,
	  .reply = &session_schema, .zh = "初始设置：建立第一个租户和管理员",
	  .en = "Set-up: makes the first tenant and its administrator" },
	{ HTTP_POST, "/session", login, PERM_NONE, API_PUBLIC | API_NO_CSRF, .body = &login_schema,
	  .reply = &session_schema, .example = "{\"email\":\"admin@example.com\",\"password\":\"…\"}",
	  .zh = "登录", .en = "Log in",
	  .note_zh = "连续失败后须等待，见 Retry-After。", .note_en = "After several failures one has to wait: Retry-After." },
	{ HTTP_GET, "/session", session_get, PERM_NONE, API_OWN, .reply = &session_schema,
	  .zh = "当前登录", .en = "Who is logged in" },
	{ HTTP_PATCH, "/session", session_switch, PERM_NONE, API_OWN, .body = &switch_schema,
	  .reply = &session_schema, .zh = "切换租户", .en = "Switch to another tenant" },
	{ HTTP_DELETE, "/session", logout, PERM_NONE, API_OWN, .zh = "退出登录", .en = "Log out" },
	{ HTTP_PATCH, "/me", me_update, PERM_NONE, API_OWN, .body = &me_schema, .reply = &session_schema,
	  .example = "{\"lang\":\"en\"}", .zh = "修改个人资料", .en = "Change one's own name, language, preferences" },
	{ HTTP_POST, "/me/password", me_password, PERM_NONE, API_OWN, .body = &password_schema,
	  .zh = "修改密码，并退出其他会话", .en = "Change the password; ends all other sessions" },
	{ HTTP_POST, "/me/totp", totp_begin, PERM_NONE, API_OWN | API_BODY_OPTIONAL, .reply = &totp_schema,
	  .zh = "开始启用动态验证码", .en = "Begin to use a second factor" },
	{ HTTP_POST, "/me/totp/confirm", totp_confirm, PERM_NONE, API_OWN, .body = &code_schema,
	  .zh = "确认动态验证码", .en = "Confirm the second factor" },
	{ HTTP_POST, "/me/totp/disable", totp_disable, PERM_NONE, API_OWN, .body = &confirm_schema,
	  .zh = "停用动态验证码", .en = "Switch the second factor off" },
	{ HTTP_GET, "/sessions", sessions, PERM_NONE, API_OWN | API_LISTS, .reply = &device_schema,
	  .zh = "我的登录会话", .en = "One's own sessions" },
	{ HTTP_DELETE, "/sessions/{session}", session_revoke, PERM_NONE, API_OWN, .zh = "结束一个会话",
	  .en = "End a session" },
	API_ROUTES_END,
};
const struct api_resource api_r_session = { "session", "登录与账号", "Log-in and account", routes };
