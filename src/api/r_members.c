/* Members of the own tenant, and what the roles mean. */
#include "api/api_private.h"
#include "app/tenant.h"
#include "base/limits.h"

#define ROLES "platform_admin|tenant_admin|operator|auditor|engineer"

static const struct api_field member_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_ID("user_id", API_REQUIRED, "账号", "Account"),
	API_STR("name", API_REQUIRED, 0, 0, "姓名", "Name"),
	API_STR("email", API_REQUIRED, 0, 0, "邮箱", "E-mail address"),
	API_ENUM("role", API_REQUIRED, ROLES, "角色", "Role"),
	API_ENUM("state", API_REQUIRED, "active|disabled", "状态", "State"),
	API_TIME("last_login", API_REQUIRED | API_NULL, "最近登录", "Last log-in"),
	API_TIME("created", API_REQUIRED, "加入时间", "Joined"),
	API_STR("initial_password", 0, 0, 0, "初始密码，仅此一次", "First password, shown once"),
	API_END,
};
static const struct api_schema member_schema = { "Member", member_fields, true };
static const struct api_field new_fields[] = {
	API_LINE("name", API_REQUIRED, 1, 64, "姓名", "Name"),
	API_EMAIL("email", API_REQUIRED, "邮箱；已有账号则直接加入", "E-mail address; an existing account joins"),
	API_ENUM("role", API_REQUIRED, ROLES, "角色", "Role"),
	API_STR("password", API_WRITE_ONLY, 0, LIMIT_PASSWORD_MAX, "密码，不填则生成", "Password; made when absent"),
	API_END,
};
static const struct api_schema new_schema = { "MemberNew", new_fields, false };
static const struct api_field change_fields[] = {
	API_ENUM("role", 0, ROLES, "角色", "Role"),
	API_ENUM("state", 0, "active|disabled", "停用或启用", "Active or disabled"),
	API_END,
};
static const struct api_schema change_schema = { "MemberUpdate", change_fields, false };
static const struct api_field query_fields[] = {
	API_LINE("q", 0, 0, 100, "姓名或邮箱包含", "Name or e-mail address contains"),
	API_ENUM("role", 0, ROLES, "角色", "Role"),
	API_END,
};
static const struct api_schema query_schema = { "MemberQuery", query_fields, false };
static const struct api_field role_fields[] = {
	API_STR("id", API_REQUIRED, 0, 0, "角色", "Role"),
	API_STR("name", API_REQUIRED, 0, 0, "名称", "Name"),
	API_STR("name_en", API_REQUIRED, 0, 0, "英文名称", "Name in English"),
	API_ARRAY("permissions", API_REQUIRED, API_T_STR, 0, 0, "权限", "Permissions"),
	API_END,
};
static const struct api_schema role_schema = { "Role", role_fields, true };

static int list(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;
	if (api_page(r, &page, e) < 0 ||
	    app_member_list(&r->call, api_query_str(r, "q"), api_query_str(r, "role"), &page, &items,
			    e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int get(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_member_get(&r->call, api_param(r, "member"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int add(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_member_add(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	api_reply_location(r, "/members/%s", json_string_value(json_object_get(v, "id")));
	return 0;
}

static int update(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_member_update(&r->call, api_param(r, "member"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int remove_member(struct api_request *r, struct error *e)
{
	if (app_member_remove(&r->call, api_param(r, "member"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static int roles(struct api_request *r, struct error *e)
{
	api_reply_items(r, app_roles_view());
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/members", list, PERM_MEMBER_READ, API_LISTS, .query = &query_schema,
	  .reply = &member_schema, .zh = "成员列表", .en = "Members" },
	{ HTTP_POST, "/members", add, PERM_MEMBER_WRITE, 0, 201, .body = &new_schema,
	  .reply = &member_schema, .makes = "member",
	  .example = "{\"name\":\"李四\",\"email\":\"li@example.com\",\"role\":\"operator\"}",
	  .zh = "添加成员", .en = "Add a member" },
	{ HTTP_GET, "/members/{member}", get, PERM_MEMBER_READ, API_ETAG, .reply = &member_schema,
	  .zh = "成员详情", .en = "One member" },
	{ HTTP_PATCH, "/members/{member}", update, PERM_MEMBER_WRITE, API_ETAG, .body = &change_schema,
	  .reply = &member_schema, .example = "{\"role\":\"auditor\"}", .zh = "修改角色或停用",
	  .en = "Change role or state; ends the member's sessions here" },
	{ HTTP_DELETE, "/members/{member}", remove_member, PERM_MEMBER_WRITE, API_ETAG, .zh = "移除成员",
	  .en = "Remove a member" },
	{ HTTP_GET, "/roles", roles, PERM_NONE, API_OWN | API_LISTS, .reply = &role_schema,
	  .zh = "角色与权限", .en = "Roles and their permissions" },
	API_ROUTES_END,
};
const struct api_resource api_r_members = { "members", "成员与角色", "Members and roles", routes };
