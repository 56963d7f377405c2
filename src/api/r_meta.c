/* What everybody may ask: is it up, which version, what can be called; and what helps a
 * person around: search and the first-steps checklist. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/guide.h"
#include "app/search.h"
#include "app/setup.h"

static const struct api_field person_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("name", API_REQUIRED, 0, 0, "姓名", "Name"),
	API_END,
};
const struct api_schema api_schema_person = { "Person", person_fields, true };

static const struct api_field reason_fields[] = {
	API_STR("reason", 0, 0, 500, "理由", "Reason"),
	API_END,
};
const struct api_schema api_schema_reason = { "Reason", reason_fields, false };

static const struct api_field state_query_fields[] = {
	API_ENUM("state", 0, "pending|approved|rejected|expired", "状态", "State"),
	API_END,
};
const struct api_schema api_schema_state_query = { "StateQuery", state_query_fields, false };

static const struct api_field health_fields[] = {
	API_STR("status", API_REQUIRED, 0, 0, "ok 表示可用", "\"ok\" when usable"),
	API_STR("version", API_REQUIRED, 0, 0, "版本", "Version"),
	API_STR("database", API_REQUIRED, 0, 0, "数据库种类", "Kind of database"),
	API_TIME("time", API_REQUIRED, "服务器时间", "Time of the server"),
	API_BOOL("setup_needed", API_REQUIRED, "是否尚未初始设置", "Whether set-up is still to be done"),
	API_END,
};
static const struct api_schema health_schema = { "Health", health_fields, true };

static int health(struct api_request *r, struct error *e)
{
	int needed = app_setup_needed(&r->call, e);
	if (needed < 0)
		return -1;
	json_t *v = json_object();
	json_put(v, "status", json_c("ok"));
	json_put(v, "version", json_c(r->call.app->version));
	json_put(v, "database",
		 json_c(store_dialect(r->call.app->store) == STORE_SQLITE ? "sqlite" : "postgresql"));
	json_put(v, "time", json_time(r->call.now));
	json_put(v, "setup_needed", json_boolean(needed));
	api_reply(r, v);
	return 0;
}

static const struct api_field version_fields[] = {
	API_STR("version", API_REQUIRED, 0, 0, "版本", "Version"),
	API_STR("name", API_REQUIRED, 0, 0, "名称", "Name"),
	API_END,
};
static const struct api_schema version_schema = { "Version", version_fields, true };

static int version(struct api_request *r, struct error *e)
{
	json_t *v = json_object();
	json_put(v, "name", json_c("站卫 Zhanwei"));
	json_put(v, "version", json_c(r->call.app->version));
	api_reply(r, v);
	return 0;
}

static const struct api_field openapi_fields[] = { API_STR("openapi", API_REQUIRED, 0, 0, "版本", "Version"),
						   API_END };
static const struct api_schema openapi_schema = { "OpenApiDocument", openapi_fields, true };

static int openapi(struct api_request *r, struct error *e)
{
	api_reply(r, api_openapi(r->call.app->version));
	return 0;
}

static const struct api_field search_query_fields[] = {
	API_LINE("q", API_REQUIRED, 1, 100, "要找的字", "What to look for"), API_END
};
static const struct api_schema search_query = { "SearchQuery", search_query_fields, false };
static const struct api_field hit_fields[] = {
	API_STR("type", API_REQUIRED, 0, 0, "种类：site、scan、finding、monitor、report、member、page",
		"Kind: site, scan, finding, monitor, report, member, page"),
	API_STR("id", API_REQUIRED, 0, 0, "标识", "Id"),
	API_STR("title", API_REQUIRED, 0, 0, "标题", "Title"),
	API_STR("subtitle", API_REQUIRED, 0, 0, "补充", "Second line"),
	API_STR("url", API_REQUIRED, 0, 0, "控制台中的地址", "Where it is in the console"),
	API_END,
};
static const struct api_schema hit_schema = { "SearchHit", hit_fields, true };
static const struct api_field hits_fields[] = {
	API_LIST("items", API_REQUIRED, &hit_schema, 0, 0, "结果", "What was found"), API_END
};
static const struct api_schema hits_schema = { "SearchHits", hits_fields, true };

static int search(struct api_request *r, struct error *e)
{
	json_t *items;
	if (app_search(&r->call, api_query_str(r, "q"), &items, e) < 0)
		return -1;
	json_t *v = json_object();
	json_put(v, "items", items);
	api_reply(r, v);
	return 0;
}

static const struct api_field step_fields[] = {
	API_STR("id", API_REQUIRED, 0, 0, "步骤", "Step"),
	API_STR("title", API_REQUIRED, 0, 0, "标题", "Title"),
	API_STR("title_en", API_REQUIRED, 0, 0, "英文标题", "Title in English"),
	API_BOOL("done", API_REQUIRED, "是否完成", "Whether it is done"),
	API_STR("url", API_REQUIRED, 0, 0, "去哪里做", "Where to do it"),
	API_END,
};
static const struct api_schema step_schema = { "GuideStep", step_fields, true };
static const struct api_field guide_fields[] = {
	API_LIST("items", API_REQUIRED, &step_schema, 0, 0, "步骤", "Steps"),
	API_BOOL("dismissed", API_REQUIRED, "是否已收起", "Whether it was put away"),
	API_END,
};
static const struct api_schema guide_schema = { "Guide", guide_fields, true };
static const struct api_field dismiss_fields[] = {
	API_BOOL("dismissed", API_REQUIRED, "收起或展开", "Put it away or bring it back"), API_END
};
static const struct api_schema dismiss_schema = { "GuideDismiss", dismiss_fields, false };

static int guide(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_guide(&r->call, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int guide_dismiss(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_guide_dismiss(&r->call, json_get_bool(r->body, "dismissed", false), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/health", health, PERM_NONE, API_PUBLIC, .reply = &health_schema,
	  .zh = "服务是否可用", .en = "Whether the service is up" },
	{ HTTP_GET, "/version", version, PERM_NONE, API_PUBLIC, .reply = &version_schema, .zh = "版本",
	  .en = "Version" },
	{ HTTP_GET, "/openapi.json", openapi, PERM_NONE, API_PUBLIC | API_ETAG, .reply = &openapi_schema,
	  .zh = "本文档", .en = "This very document" },
	{ HTTP_GET, "/search", search, PERM_NONE, API_OWN, .query = &search_query, .reply = &hits_schema,
	  .zh = "全局搜索", .en = "Global search" },
	{ HTTP_GET, "/guide", guide, PERM_NONE, API_OWN, .reply = &guide_schema, .zh = "入门清单",
	  .en = "First steps" },
	{ HTTP_PATCH, "/guide", guide_dismiss, PERM_NONE, API_OWN, .body = &dismiss_schema,
	  .reply = &guide_schema, .example = "{\"dismissed\":true}", .zh = "收起入门清单",
	  .en = "Put the first steps away" },
	API_ROUTES_END,
};
const struct api_resource api_r_meta = { "meta", "概况", "General", routes };
