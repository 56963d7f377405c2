/* Rule packs. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/pack.h"
#include "base/limits.h"

/* The smallest archive there is; the tests make packs of it. */
#define EMPTY_ZIP "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="
#define UPLOAD_MAX (LIMIT_PACK_UPLOAD / 3 * 4 + 8)

static const struct api_field upload_fields[] = {
	API_LINE("name", 0, 0, 64, "规则包名称，不填用文件名", "Name; the file's when absent"),
	API_LINE("label", 0, 0, 20, "版本说明", "What this version is called"),
	API_LINE("file_name", API_REQUIRED, 1, 200, "文件名", "File name"),
	API_STR("file_base64", API_REQUIRED, 1, UPLOAD_MAX, "ZIP 文件，Base64", "ZIP archive, base64"),
	API_END,
};
static const struct api_schema upload_schema = { "RulePackUpload", upload_fields, false };
static const struct api_field change_fields[] = {
	API_LINE("name", 0, 1, 64, "规则包名称", "Name"),
	API_BOOL("enabled", 0, "扫描时使用", "Scans run it"),
	API_END,
};
static const struct api_schema change_schema = { "RulePackUpdate", change_fields, false };
static const struct api_field use_fields[] = {
	API_ID("version_id", API_REQUIRED, "版本", "Version"),
	API_END,
};
static const struct api_schema use_schema = { "RulePackUse", use_fields, false };
static const struct api_field filter_fields[] = {
	API_LINE("q", 0, 0, 100, "编号、名称、标签、产品、路径包含", "Id, name, tags, product or path contain"),
	API_LINE("severity", 0, 0, 60, "级别，逗号分隔", "Levels, by commas"),
	API_ENUM("state", 0, "good|bad|on|off", "状态", "State"),
	API_END,
};
static const struct api_schema filter_schema = { "RuleTemplateFilter", filter_fields, false };
static const struct api_field switch_fields[] = {
	API_BOOL("enabled", API_REQUIRED, "开或关", "On or off"),
	API_ARRAY("ids", 0, API_T_LINE, 1, LIMIT_PACK_SWITCHES, "规则编号", "Ids of templates"),
	API_OBJECT("filter", 0, &filter_schema, "或筛选出的全部规则", "Or all that the filter finds"),
	API_END,
};
static const struct api_schema switch_schema = { "RuleTemplateSwitch", switch_fields, false };
static const struct api_field switched_fields[] = {
	API_INT("changed", API_REQUIRED, 0, 0, "规则数", "Templates"),
	API_END,
};
static const struct api_schema switched_schema = { "RuleTemplateSwitched", switched_fields, true };
static const struct api_field pack_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_ENUM("kind", API_REQUIRED, "builtin|imported", "内置或导入", "Built in or imported"),
	API_STR("name", API_REQUIRED, 0, 0, "名称", "Name"),
	API_STR("name_en", API_REQUIRED, 0, 0, "英文名称", "English name"),
	API_BOOL("enabled", API_REQUIRED, "扫描时使用", "Scans run it"),
	API_ANY("version", API_NULL, 0, "正在使用的版本", "The version that runs"),
	API_INT("versions", API_REQUIRED, 0, 0, "版本数", "Versions kept"),
	API_INT("templates", API_REQUIRED, 0, 0, "规则文件数", "Templates"),
	API_INT("good", API_REQUIRED, 0, 0, "可用", "That run"),
	API_INT("bad", API_REQUIRED, 0, 0, "不可用", "That do not"),
	API_INT("off", API_REQUIRED, 0, 0, "已关闭", "Switched off"),
	API_ENUM("newest_state", API_REQUIRED, "checking|ready|failed", "最近一次导入", "The last import"),
	API_ANY("error", API_NULL, 0, "最近一次导入失败的原因", "Why the last import failed"),
	API_TIME("created", API_REQUIRED, "创建时间", "Made"),
	API_END,
};
static const struct api_schema pack_schema = { "RulePack", pack_fields, true };
static const struct api_field version_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_INT("number", API_REQUIRED, 0, 0, "第几版", "Number"),
	API_STR("label", API_REQUIRED, 0, 0, "版本说明", "Label"),
	API_STR("source", API_REQUIRED, 0, 0, "文件名", "File"),
	API_ENUM("state", API_REQUIRED, "checking|ready|failed", "状态", "State"),
	API_BOOL("current", API_REQUIRED, "正在使用", "It runs"),
	API_INT("good", API_REQUIRED, 0, 0, "可用", "That run"),
	API_INT("bad", API_REQUIRED, 0, 0, "不可用", "That do not"),
	API_INT("ignored", API_REQUIRED, 0, 0, "忽略的文件", "Files left out"),
	API_ANY("error", API_NULL, 0, "失败原因", "Why it failed"),
	API_STR("created_by", API_REQUIRED, 0, 0, "导入人", "Who imported it"),
	API_TIME("created", API_REQUIRED, "导入时间", "When"),
	API_END,
};
static const struct api_schema version_schema = { "RulePackVersion", version_fields, true };
static const struct api_field template_fields[] = {
	API_STR("path", API_REQUIRED, 0, 0, "包内路径", "Path within the pack"),
	API_STR("id", API_REQUIRED, 0, 0, "编号", "Id"),
	API_STR("name", API_REQUIRED, 0, 0, "名称", "Name"),
	API_STR("name_en", API_REQUIRED, 0, 0, "英文名称", "English name"),
	API_STR("severity", API_REQUIRED, 0, 0, "级别", "Severity"),
	API_STR("tags", API_REQUIRED, 0, 0, "标签", "Tags"),
	API_STR("product", API_REQUIRED, 0, 0, "产品", "Product"),
	API_STR("protocol", API_REQUIRED, 0, 0, "协议", "Protocols"),
	API_BOOL("intrusive", API_REQUIRED, "有侵入性，默认不运行", "Intrusive: not run unless asked for"),
	API_BOOL("ok", API_REQUIRED, "可用", "It runs"),
	API_BOOL("enabled", API_REQUIRED, "已开启", "Switched on"),
	API_STR("code", API_REQUIRED, 0, 0, "不可用的原因代码", "Code of why not"),
	API_STR("reason", API_REQUIRED, 0, 0, "不可用的原因", "Why it does not run"),
	API_STR("reason_en", API_REQUIRED, 0, 0, "不可用的原因（英文）", "The same in English"),
	API_END,
};
static const struct api_schema template_schema = { "RuleTemplate", template_fields, true };
static const struct api_field query_fields[] = {
	API_LINE("q", 0, 0, 100, "编号、名称、标签、产品、路径包含", "Id, name, tags, product or path contain"),
	API_LINE("severity", 0, 0, 60, "级别，逗号分隔", "Levels, by commas"),
	API_ENUM("state", 0, "good|bad|on|off", "状态", "State"),
	API_ID("version_id", 0, "版本，默认正在使用的", "Version; the one that runs when absent"),
	API_ENUM("sort", 0, "path|-path|name|-name|severity|-severity|id|-id", "排序", "Order"),
	API_END,
};
static const struct api_schema query_schema = { "RuleTemplateQuery", query_fields, false };
static const struct api_field source_query_fields[] = {
	API_LINE("path", API_REQUIRED, 1, LIMIT_PACK_PATH, "包内路径", "Path within the pack"),
	API_ID("version_id", 0, "版本，默认正在使用的", "Version; the one that runs when absent"),
	API_END,
};
static const struct api_schema source_query_schema = { "RuleSourceQuery", source_query_fields, false };
static const struct api_field source_fields[] = {
	API_STR("path", API_REQUIRED, 0, 0, "包内路径", "Path within the pack"),
	API_STR("text", API_REQUIRED, 0, 0, "原文", "Its text"),
	API_BOOL("truncated", API_REQUIRED, "只给出了开头", "Only the beginning"),
	API_END,
};
static const struct api_schema source_schema = { "RuleSource", source_fields, true };

static int list(struct api_request *r, struct error *e)
{
	json_t *items;

	if (app_pack_list(&r->call, &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_pack_get(&r->call, api_param(r, "rule_pack"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int add(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_pack_add(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	api_reply_location(r, "/rule-packs/%s", json_string_value(json_object_get(v, "id")));
	return 0;
}

static int add_version(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_pack_add_version(&r->call, api_param(r, "rule_pack"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int change(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_pack_change(&r->call, api_param(r, "rule_pack"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int delete(struct api_request *r, struct error *e)
{
	if (app_pack_delete(&r->call, api_param(r, "rule_pack"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static int versions(struct api_request *r, struct error *e)
{
	json_t *items;

	if (app_pack_versions(&r->call, api_param(r, "rule_pack"), &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int use(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_pack_use(&r->call, api_param(r, "rule_pack"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int templates(struct api_request *r, struct error *e)
{
	struct store_template_filter f = { .q = api_query_str(r, "q"),
					   .severity = api_query_str(r, "severity"),
					   .state = api_query_str(r, "state"),
					   .version = api_query_str(r, "version_id") };
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 ||
	    app_pack_templates(&r->call, api_param(r, "rule_pack"), &f, &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int switch_templates(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_pack_switch(&r->call, api_param(r, "rule_pack"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int source(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_pack_source(&r->call, api_param(r, "rule_pack"), api_query_str(r, "version_id"),
			    api_query_str(r, "path"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/rule-packs", list, PERM_PACK_READ, API_LISTS, .reply = &pack_schema,
	  .zh = "规则包列表", .en = "Rule packs" },
	{ HTTP_POST, "/rule-packs", add, PERM_PACK_WRITE, 0, 202, .body = &upload_schema,
	  .body_max = LIMIT_API_BODY_FILE, .reply = &pack_schema,
	  .example = "{\"name\":\"自编规则\",\"file_name\":\"rules.zip\",\"file_base64\":\"" EMPTY_ZIP "\"}",
	  .zh = "导入规则包", .en = "Import a rule pack",
	  .note_zh = "ZIP 在隔离的进程里检查，查看 newest_state；整包被拒绝时 error 说明原因。",
	  .note_en = "The archive is checked in a jail: watch newest_state; error says why a pack was refused." },
	{ HTTP_GET, "/rule-packs/{rule_pack}", get, PERM_PACK_READ, API_ETAG, .reply = &pack_schema,
	  .zh = "规则包详情", .en = "One rule pack" },
	{ HTTP_PATCH, "/rule-packs/{rule_pack}", change, PERM_PACK_WRITE, API_ETAG, .body = &change_schema,
	  .reply = &pack_schema, .example = "{\"enabled\":false}", .zh = "改名或开关规则包",
	  .en = "Rename or switch a rule pack" },
	{ HTTP_DELETE, "/rule-packs/{rule_pack}", delete, PERM_PACK_WRITE, API_ETAG, 204,
	  .zh = "删除规则包", .en = "Delete a rule pack" },
	{ HTTP_GET, "/rule-packs/{rule_pack}/versions", versions, PERM_PACK_READ, API_LISTS,
	  .reply = &version_schema, .zh = "规则包的版本", .en = "Versions of a rule pack" },
	{ HTTP_POST, "/rule-packs/{rule_pack}/versions", add_version, PERM_PACK_WRITE, 0, 202,
	  .body = &upload_schema, .body_max = LIMIT_API_BODY_FILE, .reply = &pack_schema,
	  .example = "{\"file_name\":\"rules.zip\",\"file_base64\":\"" EMPTY_ZIP "\"}",
	  .zh = "导入新版本", .en = "Import the next version" },
	{ HTTP_POST, "/rule-packs/{rule_pack}/use", use, PERM_PACK_WRITE, 0, .body = &use_schema,
	  .reply = &pack_schema, .example = "{\"version_id\":\"{rule_version}\"}",
	  .zh = "启用某个版本（回退）", .en = "Run another version (roll back)" },
	{ HTTP_GET, "/rule-packs/{rule_pack}/templates", templates, PERM_PACK_READ, API_LISTS,
	  .query = &query_schema, .reply = &template_schema, .zh = "包内规则与检查结果",
	  .en = "Templates of a pack and what lint says" },
	{ HTTP_PATCH, "/rule-packs/{rule_pack}/templates", switch_templates, PERM_PACK_WRITE, 0,
	  .body = &switch_schema, .reply = &switched_schema,
	  .example = "{\"enabled\":false,\"ids\":[\"nacos-panel\"]}", .zh = "开关规则",
	  .en = "Switch templates on or off" },
	{ HTTP_GET, "/rule-packs/{rule_pack}/source", source, PERM_PACK_READ, 0,
	  .query = &source_query_schema, .reply = &source_schema, .zh = "规则原文", .en = "Text of a template" },
	API_ROUTES_END,
};
const struct api_resource api_r_packs = { "rule-packs", "规则包", "Rule packs", routes };
