/* API keys of the own tenant. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/apikey.h"

static const struct api_field key_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("name", API_REQUIRED, 0, 0, "名称", "Name"),
	API_STR("prefix", API_REQUIRED, 0, 0, "开头几位，便于辨认", "First characters, to tell it by"),
	API_ARRAY("scopes", API_REQUIRED, API_T_STR, 0, 0, "权限范围", "Scopes"),
	API_TIME("expires", API_REQUIRED | API_NULL, "到期", "Ends"),
	API_TIME("last_used", API_REQUIRED | API_NULL, "最近使用", "Last used"),
	API_TIME("created", API_REQUIRED, "建立时间", "Created"),
	API_OBJECT("created_by", API_REQUIRED, &api_schema_person, "建立者", "Made by"),
	API_STR("key", 0, 0, 0, "密钥，仅建立时给出一次", "The key, given once"),
	API_END,
};
static const struct api_schema key_schema = { "ApiKey", key_fields, true };
static const struct api_field new_fields[] = {
	API_LINE("name", API_REQUIRED, 1, 64, "名称", "Name"),
	API_ARRAY("scopes", API_REQUIRED, API_T_LINE, 1, 64, "权限范围，例如 site:read", "Scopes, for example site:read"),
	API_TIME("expires", API_NULL, "到期，空为不过期", "Ends; null: never"),
	API_END,
};
static const struct api_schema new_schema = { "ApiKeyNew", new_fields, false };

static int list(struct api_request *r, struct error *e)
{
	json_t *items;
	if (app_apikey_list(&r->call, &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int add(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_apikey_add(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int remove_key(struct api_request *r, struct error *e)
{
	if (app_apikey_remove(&r->call, api_param(r, "key"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/api-keys", list, PERM_KEY_READ, API_LISTS, .reply = &key_schema, .zh = "接口密钥列表",
	  .en = "API keys" },
	{ HTTP_POST, "/api-keys", add, PERM_KEY_WRITE, 0, 201, .body = &new_schema, .reply = &key_schema,
	  .makes = "key", .example = "{\"name\":\"构建机\",\"scopes\":[\"site:read\"]}",
	  .zh = "新建接口密钥", .en = "Make an API key" },
	{ HTTP_DELETE, "/api-keys/{key}", remove_key, PERM_KEY_WRITE, 0, .zh = "删除接口密钥",
	  .en = "Delete an API key" },
	API_ROUTES_END,
};
const struct api_resource api_r_keys = { "api-keys", "接口密钥", "API keys", routes };
