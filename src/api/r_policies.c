/* Text policies. */
#include "api/api_private.h"
#include "app/policy.h"
#include "base/limits.h"

static const struct api_field rule_fields[] = {
	API_LINE("label", API_REQUIRED, 1, 40, "标签：大类、子类、自定义标签或 *", "Label: column, leaf, custom label or *"),
	API_ENUM("action", 0, "pass|review|block", "命中意味着什么", "What a certain hit means"),
	API_NUM("review_at", 0, 0, 1, "模型分数达到多少复核，0 为场景默认", "Model score for review; 0: as the scene has it"),
	API_NUM("block_at", 0, 0, 1, "模型分数达到多少拦截，0 为场景默认", "Model score for blocking; 0: as the scene has it"),
	API_BOOL("off", 0, "不检测也不列出", "Not looked at, not listed"),
	API_END,
};
static const struct api_schema rule_schema = { "PolicyRule", rule_fields, false };
#define POLICY_FIELDS(required)                                                                                   \
	API_LINE("name", required, 1, LIMIT_SITE_NAME, "名称", "Name"),                                            \
	API_LINE("scene", 0, 0, 40, "场景名：检测时给出；* 为所有场景", "Scene that callers name; * for all"),        \
	API_ENUM("base", 0, "news|ad|comment|site|game|", "以哪个内置场景为基础", "Built-in scene it builds on"),    \
	API_LIST("rules", 0, &rule_schema, 0, LIMIT_POLICY_RULES, "规则，后者优先", "Rules; the last one wins"),      \
	API_BOOL("enabled", 0, "启用", "Enabled"),                                                                  \
	API_TIME("from", API_NULL, "从何时起有效（敏感时期）", "In force from"),                                     \
	API_TIME("until", API_NULL, "到何时为止", "In force until"), API_STR("note", 0, 0, 500, "备注", "Note")
static const struct api_field new_fields[] = { POLICY_FIELDS(API_REQUIRED), API_END };
static const struct api_schema new_schema = { "PolicyNew", new_fields, false };
static const struct api_field change_fields[] = { POLICY_FIELDS(0), API_END };
static const struct api_schema change_schema = { "PolicyUpdate", change_fields, false };
static const struct api_field fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	POLICY_FIELDS(API_REQUIRED),
	API_BOOL("in_force", API_REQUIRED, "此刻有效", "In force now"),
	API_STR("created_by", API_REQUIRED, 0, 0, "创建人", "Who made it"),
	API_TIME("created", API_REQUIRED, "创建时间", "When"),
	API_TIME("updated", API_REQUIRED, "修改时间", "Last change"),
	API_END,
};
static const struct api_schema schema = { "Policy", fields, true };

static int list(struct api_request *r, struct error *e)
{
	json_t *items;

	if (app_policy_list(&r->call, &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_policy_get(&r->call, api_param(r, "policy"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int add(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_policy_add(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	api_reply_location(r, "/policies/%s", json_string_value(json_object_get(v, "id")));
	return 0;
}

static int change(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_policy_change(&r->call, api_param(r, "policy"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int delete(struct api_request *r, struct error *e)
{
	if (app_policy_delete(&r->call, api_param(r, "policy"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/policies", list, PERM_POLICY_READ, API_LISTS, .reply = &schema, .zh = "检测策略列表",
	  .en = "Text policies" },
	{ HTTP_POST, "/policies", add, PERM_POLICY_WRITE, 0, 201, .body = &new_schema, .reply = &schema,
	  .makes = "policy",
	  .example = "{\"name\":\"评论从严\",\"scene\":\"comment\",\"rules\":[{\"label\":\"abuse\",\"action\":\"block\"}]}",
	  .zh = "新增检测策略", .en = "Add a text policy",
	  .note_zh = "检测时以 scene 选用：同名场景的策略叠加在内置场景之上，后者优先，限时的优先于长期的。",
	  .note_en = "Chosen by scene: policies of that scene lie over the built-in one, later over earlier, time-limited over permanent." },
	{ HTTP_GET, "/policies/{policy}", get, PERM_POLICY_READ, API_ETAG, .reply = &schema, .zh = "检测策略详情",
	  .en = "One text policy" },
	{ HTTP_PATCH, "/policies/{policy}", change, PERM_POLICY_WRITE, API_ETAG, .body = &change_schema,
	  .reply = &schema, .example = "{\"enabled\":false}", .zh = "编辑检测策略", .en = "Change a text policy" },
	{ HTTP_DELETE, "/policies/{policy}", delete, PERM_POLICY_WRITE, API_ETAG, 204, .zh = "删除检测策略",
	  .en = "Delete a text policy" },
	API_ROUTES_END,
};
const struct api_resource api_r_policies = { "policies", "检测策略", "Text policies", routes };
