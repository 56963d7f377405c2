/* The own tenant; and for platform administrators all tenants and grants to look in. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/tenant.h"
#include "base/limits.h"

static const struct api_field tenant_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("name", API_REQUIRED, 0, 0, "名称", "Name"),
	API_ENUM("kind", API_REQUIRED, "company|person|platform", "公司或个人", "Company or person"),
	API_STR("edition", API_REQUIRED, 0, 0, "版本", "Edition"),
	API_STR("edition_name", API_REQUIRED, 0, 0, "版本名称", "Name of the edition"),
	API_STR("edition_name_en", API_REQUIRED, 0, 0, "版本英文名称", "The same in English"),
	API_STR("timezone", API_REQUIRED, 0, 0, "时区", "Time zone"),
	API_ENUM("state", API_REQUIRED, "active|suspended", "状态", "State"),
	API_TIME("created", API_REQUIRED, "建立时间", "Created"),
	API_STR("initial_password", 0, 0, 0, "管理员的初始密码，仅此一次", "First password of its administrator, shown once"),
	API_END,
};
static const struct api_schema tenant_schema = { "Tenant", tenant_fields, true };
static const struct api_field own_fields[] = {
	API_LINE("name", 0, 1, 64, "名称", "Name"),
	API_ENUM("kind", 0, "company|person", "公司或个人", "Company or person"),
	API_LINE("timezone", 0, 1, 63, "时区，例如 Asia/Shanghai", "Time zone, for example Asia/Shanghai"),
	API_END,
};
static const struct api_schema own_schema = { "TenantUpdate", own_fields, false };
static const struct api_field admin_fields[] = {
	API_LINE("name", API_REQUIRED, 1, 64, "姓名", "Name"),
	API_EMAIL("email", API_REQUIRED, "邮箱", "E-mail address"),
	API_STR("password", API_WRITE_ONLY, 0, LIMIT_PASSWORD_MAX, "密码，不填则生成", "Password; made when absent"),
	API_END,
};
static const struct api_schema admin_schema = { "TenantAdmin", admin_fields, false };
static const struct api_field new_fields[] = {
	API_LINE("name", API_REQUIRED, 1, 64, "名称", "Name"),
	API_ENUM("kind", API_REQUIRED, "company|person", "公司或个人", "Company or person"),
	API_LINE("edition", 0, 1, 40, "版本", "Edition"),
	API_LINE("timezone", 0, 1, 63, "时区", "Time zone"),
	API_OBJECT("admin", API_REQUIRED, &admin_schema, "第一位管理员", "Its first administrator"),
	API_END,
};
static const struct api_schema new_schema = { "TenantNew", new_fields, false };
static const struct api_field change_fields[] = {
	API_LINE("name", 0, 1, 64, "名称", "Name"),
	API_ENUM("kind", 0, "company|person", "公司或个人", "Company or person"),
	API_LINE("timezone", 0, 1, 63, "时区", "Time zone"),
	API_LINE("edition", 0, 1, 40, "版本", "Edition"),
	API_ENUM("state", 0, "active|suspended", "停用或启用", "Active or suspended"),
	API_END,
};
static const struct api_schema change_schema = { "TenantChange", change_fields, false };
static const struct api_field grant_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_ID("tenant_id", API_REQUIRED, "租户", "Tenant"),
	API_OBJECT("user", API_REQUIRED, &api_schema_person, "谁", "Who"),
	API_STR("reason", API_REQUIRED, 0, 0, "理由", "Reason"),
	API_TIME("expires", API_REQUIRED, "到期", "Ends"),
	API_BOOL("active", API_REQUIRED, "是否有效", "Whether it is still good"),
	API_TIME("created", API_REQUIRED, "建立时间", "Created"),
	API_END,
};
static const struct api_schema grant_schema = { "Grant", grant_fields, true };
static const struct api_field grant_new_fields[] = {
	API_STR("reason", API_REQUIRED, LIMIT_REASON_MIN, 500, "理由", "Reason"),
	API_INT("hours", API_REQUIRED, 1, LIMIT_GRANT_HOURS, "小时数", "Hours"),
	API_END,
};
static const struct api_schema grant_new_schema = { "GrantNew", grant_new_fields, false };
static const struct api_field list_query_fields[] = {
	API_LINE("q", 0, 0, 100, "名称包含", "Name contains"), API_END
};
static const struct api_schema list_query = { "TenantQuery", list_query_fields, false };

static int own(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_tenant_own(&r->call, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int own_update(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_tenant_own_update(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int list(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;
	if (api_page(r, &page, e) < 0 ||
	    app_tenant_list(&r->call, api_query_str(r, "q"), &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int get(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_tenant_get(&r->call, api_param(r, "tenant"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int create(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_tenant_create(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	api_reply_location(r, "/tenants/%s", json_string_value(json_object_get(v, "id")));
	return 0;
}

static int update(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_tenant_update(&r->call, api_param(r, "tenant"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int grants(struct api_request *r, struct error *e)
{
	json_t *items;
	if (app_grant_list(&r->call, api_param(r, "tenant"), &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int grant_create(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_grant_create(&r->call, api_param(r, "tenant"), json_get_str(r->body, "reason"),
			     (int)json_get_int(r->body, "hours", 1), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int grant_end(struct api_request *r, struct error *e)
{
	if (app_grant_end(&r->call, api_param(r, "tenant"), api_param(r, "grant"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

#define TENANT_EXAMPLE                                                             \
	"{\"name\":\"示例公司\",\"kind\":\"company\",\"admin\":{\"name\":\"张三\"," \
	"\"email\":\"zhang@example.com\"}}"

static const struct api_route routes[] = {
	{ HTTP_GET, "/tenant", own, PERM_NONE, API_OWN | API_ETAG, .reply = &tenant_schema,
	  .zh = "本租户", .en = "The own tenant" },
	{ HTTP_PATCH, "/tenant", own_update, PERM_TENANT_WRITE, API_ETAG, .body = &own_schema,
	  .reply = &tenant_schema, .example = "{\"name\":\"示例公司\"}", .zh = "修改本租户",
	  .en = "Change the own tenant" },
	{ HTTP_GET, "/tenants", list, PERM_TENANT_MANAGE, API_LISTS | API_PLATFORM, .query = &list_query,
	  .reply = &tenant_schema, .zh = "租户列表", .en = "All tenants" },
	{ HTTP_POST, "/tenants", create, PERM_TENANT_MANAGE, API_PLATFORM, 201, .body = &new_schema,
	  .reply = &tenant_schema, .makes = "tenant", .example = TENANT_EXAMPLE, .zh = "新建租户",
	  .en = "Make a tenant" },
	{ HTTP_GET, "/tenants/{tenant}", get, PERM_TENANT_MANAGE, API_PLATFORM | API_ETAG,
	  .reply = &tenant_schema, .zh = "租户详情", .en = "One tenant" },
	{ HTTP_PATCH, "/tenants/{tenant}", update, PERM_TENANT_MANAGE, API_PLATFORM | API_ETAG,
	  .body = &change_schema, .reply = &tenant_schema, .example = "{\"name\":\"示例公司\"}",
	  .zh = "修改租户", .en = "Change a tenant" },
	{ HTTP_GET, "/tenants/{tenant}/grants", grants, PERM_TENANT_MANAGE, API_PLATFORM | API_LISTS,
	  .reply = &grant_schema, .zh = "查看授权列表", .en = "Grants to look into a tenant" },
	{ HTTP_POST, "/tenants/{tenant}/grants", grant_create, PERM_TENANT_MANAGE, API_PLATFORM, 201,
	  .body = &grant_new_schema, .reply = &grant_schema, .makes = "grant",
	  .example = "{\"reason\":\"客户报障\",\"hours\":2}", .zh = "申请限时查看租户（留痕）",
	  .en = "Grant oneself a time-limited look into a tenant (audited)",
	  .note_zh = "之后用 PATCH /session 进入该租户，只读。", .note_en = "PATCH /session then enters the tenant, read-only." },
	{ HTTP_DELETE, "/tenants/{tenant}/grants/{grant}", grant_end, PERM_TENANT_MANAGE, API_PLATFORM,
	  .zh = "提前结束授权", .en = "End a grant early" },
	API_ROUTES_END,
};
const struct api_resource api_r_tenants = { "tenants", "租户", "Tenants", routes };
