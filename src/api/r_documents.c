/* Interface documents of sites, and what checks there are. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/document.h"
#include "app/scans.h"
#include "base/limits.h"

static const struct api_field new_fields[] = {
	API_LINE("name", API_REQUIRED, 1, 200, "文件名", "File name"),
	API_STR("file_base64", API_REQUIRED, 4, 4 * 1024 * 1024, "OpenAPI、Postman、GraphQL、WSDL 或 HAR 文件，全部合计最大 2 MiB", "An OpenAPI, Postman, GraphQL, WSDL or HAR file; 2 MiB at most for all of a site"),
	API_END,
};
static const struct api_schema new_schema = { "DocumentNew", new_fields, false };
static const struct api_field fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_ID("site_id", API_REQUIRED, "网站", "Site"),
	API_STR("name", API_REQUIRED, 0, 0, "文件名", "File name"),
	API_STR("kind", API_NULL, 0, 0, "种类：openapi、postman、graphql、har；检查完成前为空", "openapi, postman, graphql or har; null until it was read"),
	API_ENUM("state", API_REQUIRED, "checking|ready|failed", "状态", "State"),
	API_INT("requests", API_REQUIRED, 0, 0, "其中的请求数", "Requests it describes"),
	API_INT("size", API_REQUIRED, 0, 0, "字节数", "Bytes"),
	API_OBJECT("error", API_NULL, &api_schema_error, "不可用的原因", "Why it cannot be used"),
	API_STR("created_by", API_REQUIRED, 0, 0, "上传人", "Who uploaded it"),
	API_TIME("created", API_REQUIRED, "上传时间", "When"),
	API_END,
};
static const struct api_schema schema = { "SiteDocument", fields, true };
static const struct api_field catalogue_fields[] = {
	API_STR("check", API_REQUIRED, 0, 0, "检测项", "Check"),
	API_STR("title", API_REQUIRED, 0, 0, "名称", "Title"),
	API_STR("title_en", API_REQUIRED, 0, 0, "英文名称", "Title in English"),
	API_STR("severity", API_REQUIRED, 0, 0, "级别", "Level"),
	API_ARRAY("modes", API_REQUIRED, API_T_STR, 0, 0, "在哪些模式中运行", "Modes it runs in"),
	API_BOOL("intrusive", API_REQUIRED, "有侵入性，只在允许时运行", "Intrusive: runs only where that is allowed"),
	API_END,
};
static const struct api_schema catalogue_schema = { "Check", catalogue_fields, true };

static int list(struct api_request *r, struct error *e)
{
	json_t *items;

	if (app_document_list(&r->call, api_param(r, "site"), &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int add(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_document_add(&r->call, api_param(r, "site"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	api_reply_location(r, "/sites/%s/documents/%s", json_string_value(json_object_get(v, "site_id")),
			   json_string_value(json_object_get(v, "id")));
	return 0;
}

static int get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_document_get(&r->call, api_param(r, "site"), api_param(r, "document"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int delete(struct api_request *r, struct error *e)
{
	if (app_document_delete(&r->call, api_param(r, "site"), api_param(r, "document"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static int catalogue(struct api_request *r, struct error *e)
{
	json_t *items;

	if (app_check_catalogue(&r->call, &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/sites/{site}/documents", list, PERM_SITE_READ, API_LISTS, .reply = &schema,
	  .zh = "网站的接口文档", .en = "Interface documents of a site" },
	{ HTTP_POST, "/sites/{site}/documents", add, PERM_SITE_WRITE, 0, 202, .body = &new_schema,
	  .body_max = 4 * MIB, .reply = &schema, .makes = "document",
	  .example = "{\"name\":\"api.json\",\"file_base64\":\"eyJvcGVuYXBpIjoiMy4wLjAiLCJwYXRocyI6eyIvYSI6eyJnZXQiOnt9fX19\"}",
	  .zh = "上传接口文档", .en = "Upload an interface document",
	  .note_zh = "在隔离的进程里检查，查看 state；不可用时 error 说明原因。可用的文档由以后的扫描使用。",
	  .note_en = "Read in a jail: watch state; error says why it cannot be used. Later scans use what is ready." },
	{ HTTP_GET, "/sites/{site}/documents/{document}", get, PERM_SITE_READ, 0, .reply = &schema,
	  .zh = "一份接口文档", .en = "One interface document" },
	{ HTTP_DELETE, "/sites/{site}/documents/{document}", delete, PERM_SITE_WRITE, 0, 204,
	  .zh = "删除接口文档", .en = "Delete an interface document" },
	{ HTTP_GET, "/checks", catalogue, PERM_SCAN_READ, API_LISTS, .reply = &catalogue_schema,
	  .zh = "全部检测项", .en = "All checks there are" },
	API_ROUTES_END,
};
const struct api_resource api_r_documents = { "documents", "接口文档与检测项", "Interface documents and checks", routes };
