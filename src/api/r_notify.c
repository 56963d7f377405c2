/* Notification: channels, rules, deliveries. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/notify.h"
#include "base/limits.h"

#define KINDS "email|webhook|wecom|dingtalk|feishu"

static const struct api_field smtp_fields[] = {
	API_LINE("host", API_REQUIRED, 1, 255, "邮件服务器", "Mail server"),
	API_INT("port", API_REQUIRED, 1, 65535, "端口", "Port"),
	API_ENUM("security", API_REQUIRED, "none|starttls|tls", "加密方式", "Security"),
	API_LINE("username", API_NULL, 0, 254, "用户名", "User name"),
	API_STR("password", API_NULL | API_WRITE_ONLY, 0, 512, "密码；*** 表示保持不变", "Password; *** keeps it"),
	API_EMAIL("from", API_REQUIRED, "发件人", "Sender"),
	API_END,
};
static const struct api_schema smtp_schema = { "ChannelSmtp", smtp_fields, false };
static const struct api_field config_fields[] = {
	API_ARRAY("to", 0, API_T_EMAIL, 1, LIMIT_MAIL_TO, "收件人（邮件）", "Recipients (email)"),
	API_OBJECT("smtp", API_NULL, &smtp_schema, "邮件服务器，不填用平台的", "Mail server; the platform's when absent"),
	API_LINE("url", 0, 1, 4096, "地址（Webhook 与机器人）", "Address (webhook and robots)"),
	API_STR("secret", API_NULL | API_WRITE_ONLY, 0, 512, "签名密钥；*** 表示保持不变", "Signing secret; *** keeps it"),
	API_END,
};
static const struct api_schema config_schema = { "ChannelConfig", config_fields, false };
static const struct api_field channel_new_fields[] = {
	API_LINE("name", API_REQUIRED, 1, LIMIT_SITE_NAME, "名称", "Name"),
	API_ENUM("kind", API_REQUIRED, KINDS, "类型", "Kind"),
	API_OBJECT("config", API_REQUIRED, &config_schema, "配置", "Configuration"),
	API_BOOL("enabled", 0, "启用", "Enabled"),
	API_END,
};
static const struct api_schema channel_new_schema = { "ChannelNew", channel_new_fields, false };
static const struct api_field channel_change_fields[] = {
	API_LINE("name", 0, 1, LIMIT_SITE_NAME, "名称", "Name"),
	API_OBJECT("config", 0, &config_schema, "配置", "Configuration"),
	API_BOOL("enabled", 0, "启用", "Enabled"),
	API_END,
};
static const struct api_schema channel_change_schema = { "ChannelUpdate", channel_change_fields, false };
static const struct api_field channel_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("name", API_REQUIRED, 0, 0, "名称", "Name"),
	API_ENUM("kind", API_REQUIRED, KINDS, "类型", "Kind"),
	API_OBJECT("config", API_REQUIRED, &config_schema, "配置，密钥显示为 ***", "Configuration; secrets are ***"),
	API_BOOL("enabled", API_REQUIRED, "启用", "Enabled"),
	API_ANY("last_result", API_NULL, 0, "最近一次投递结果", "Result of the last delivery"),
	API_END,
};
static const struct api_schema channel_schema = { "Channel", channel_fields, true };

static const struct api_field quiet_fields[] = {
	API_LINE("from", API_REQUIRED, 5, 5, "开始 HH:MM", "From HH:MM"),
	API_LINE("to", API_REQUIRED, 5, 5, "结束 HH:MM，可跨零点", "To HH:MM, may be the next day"),
	API_LINE("timezone", API_NULL, 0, 64, "时区", "Time zone"),
	API_END,
};
static const struct api_schema quiet_schema = { "QuietHours", quiet_fields, false };
#define EVENTS "scan.done|scan.failed|finding.new|finding.reappeared|site.verify-expired|monitor.missed"
#define RULE(required)                                                                             \
	API_LINE("name", required, 1, LIMIT_SITE_NAME, "名称", "Name"),                              \
		API_ENUMS("events", required, EVENTS, 1, 10, "事件", "Events"),                      \
		API_ENUM("min_severity", 0, "critical|high|medium|low|info", "最低等级（漏洞事件）",    \
			 "Least level (events of findings)"),                                      \
		API_ARRAY("site_ids", 0, API_T_ID, 0, 200, "网站，空为全部", "Sites; all when empty"),  \
		API_ARRAY("channel_ids", required, API_T_ID, 1, 50, "通知渠道", "Channels"),            \
		API_OBJECT("quiet", API_NULL, &quiet_schema, "免打扰时段：推迟发送，不丢弃",            \
			   "Quiet hours: put off, never dropped"),                                 \
		API_BOOL("enabled", 0, "启用", "Enabled")
static const struct api_field rule_new_fields[] = { RULE(API_REQUIRED), API_END };
static const struct api_schema rule_new_schema = { "RuleNew", rule_new_fields, false };
static const struct api_field rule_change_fields[] = { RULE(0), API_END };
static const struct api_schema rule_change_schema = { "RuleUpdate", rule_change_fields, false };
static const struct api_field rule_fields[] = { API_ID("id", API_REQUIRED, "标识", "Id"),
						RULE(API_REQUIRED), API_END };
static const struct api_schema rule_schema = { "Rule", rule_fields, true };

static const struct api_field delivery_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_ID("channel_id", API_REQUIRED, "渠道", "Channel"),
	API_STR("channel_name", API_REQUIRED, 0, 0, "渠道名称", "Name of the channel"),
	API_STR("event", API_REQUIRED, 0, 0, "事件", "Event"),
	API_ENUM("state", API_REQUIRED, "queued|sent|failed", "状态", "State"),
	API_INT("attempts", API_REQUIRED, 0, 0, "尝试次数", "Attempts"),
	API_OBJECT("last_error", API_NULL, &api_schema_error, "最近的错误", "Last error"),
	API_TIME("created", API_REQUIRED, "创建时间", "Created"),
	API_TIME("sent", API_NULL, "送达时间", "Sent"),
	API_ID("stable_id", API_REQUIRED, "对接收方不变的编号", "Id that stays the same for the receiver"),
	API_END,
};
static const struct api_schema delivery_schema = { "Delivery", delivery_fields, true };
static const struct api_field delivery_query_fields[] = {
	API_ID("channel_id", 0, "渠道", "Channel"),
	API_LINE("state", 0, 0, 50, "状态", "State"),
	API_END,
};
static const struct api_schema delivery_query_schema = { "DeliveryQuery", delivery_query_fields, false };

/* ---- channels ---- */

static int channels(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 || app_channel_list(&r->call, &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int channel_get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_channel_get(&r->call, api_param(r, "channel"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int channel_add(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_channel_add(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int channel_change(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_channel_change(&r->call, api_param(r, "channel"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int channel_delete(struct api_request *r, struct error *e)
{
	if (app_channel_delete(&r->call, api_param(r, "channel"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static int channel_test(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_channel_test(&r->call, api_param(r, "channel"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

/* ---- rules ---- */

static int rules(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 || app_rule_list(&r->call, &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int rule_get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_rule_get(&r->call, api_param(r, "rule"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int rule_add(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_rule_add(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int rule_change(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_rule_change(&r->call, api_param(r, "rule"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int rule_delete(struct api_request *r, struct error *e)
{
	if (app_rule_delete(&r->call, api_param(r, "rule"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

/* ---- deliveries ---- */

static int deliveries(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 ||
	    app_delivery_list(&r->call, api_query_str(r, "channel_id"), api_query_str(r, "state"),
			      &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int delivery_retry(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_delivery_retry(&r->call, api_param(r, "delivery"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/notification-channels", channels, PERM_NOTIFY_READ, API_LISTS,
	  .reply = &channel_schema, .zh = "通知渠道", .en = "Notification channels" },
	{ HTTP_POST, "/notification-channels", channel_add, PERM_NOTIFY_WRITE, 0, 201,
	  .body = &channel_new_schema, .reply = &channel_schema, .makes = "channel",
	  .example = "{\"name\":\"值班群\",\"kind\":\"webhook\",\"config\":{\"url\":\"https://hook.example.com/zhanwei\",\"secret\":\"change-me\"}}",
	  .zh = "添加渠道", .en = "Add a channel" },
	{ HTTP_GET, "/notification-channels/{channel}", channel_get, PERM_NOTIFY_READ, API_ETAG,
	  .reply = &channel_schema, .zh = "渠道详情", .en = "One channel" },
	{ HTTP_PATCH, "/notification-channels/{channel}", channel_change, PERM_NOTIFY_WRITE, API_ETAG,
	  .body = &channel_change_schema, .reply = &channel_schema, .example = "{\"enabled\":false}",
	  .zh = "编辑渠道", .en = "Change a channel" },
	{ HTTP_DELETE, "/notification-channels/{channel}", channel_delete, PERM_NOTIFY_WRITE, API_ETAG,
	  204, .zh = "删除渠道", .en = "Delete a channel" },
	{ HTTP_POST, "/notification-channels/{channel}/test", channel_test, PERM_NOTIFY_WRITE,
	  API_BODY_OPTIONAL, .reply = &delivery_schema, .zh = "发送测试消息", .en = "Send a test now" },
	{ HTTP_GET, "/notification-rules", rules, PERM_NOTIFY_READ, API_LISTS, .reply = &rule_schema,
	  .zh = "通知规则", .en = "Notification rules" },
	{ HTTP_POST, "/notification-rules", rule_add, PERM_NOTIFY_WRITE, 0, 201,
	  .body = &rule_new_schema, .reply = &rule_schema, .makes = "rule",
	  .example = "{\"name\":\"高危立即通知\",\"events\":[\"finding.new\"],\"min_severity\":\"high\",\"channel_ids\":[\"{channel}\"]}",
	  .zh = "添加规则", .en = "Add a rule" },
	{ HTTP_GET, "/notification-rules/{rule}", rule_get, PERM_NOTIFY_READ, API_ETAG,
	  .reply = &rule_schema, .zh = "规则详情", .en = "One rule" },
	{ HTTP_PATCH, "/notification-rules/{rule}", rule_change, PERM_NOTIFY_WRITE, API_ETAG,
	  .body = &rule_change_schema, .reply = &rule_schema, .example = "{\"enabled\":false}",
	  .zh = "编辑规则", .en = "Change a rule" },
	{ HTTP_DELETE, "/notification-rules/{rule}", rule_delete, PERM_NOTIFY_WRITE, API_ETAG, 204,
	  .zh = "删除规则", .en = "Delete a rule" },
	{ HTTP_GET, "/deliveries", deliveries, PERM_NOTIFY_READ, API_LISTS,
	  .query = &delivery_query_schema, .reply = &delivery_schema, .zh = "投递记录",
	  .en = "Deliveries" },
	{ HTTP_POST, "/deliveries/{delivery}/retry", delivery_retry, PERM_NOTIFY_WRITE,
	  API_BODY_OPTIONAL, .reply = &delivery_schema, .zh = "重新投递", .en = "Deliver again" },
	API_ROUTES_END,
};
const struct api_resource api_r_notify = { "notify", "通知", "Notification", routes };
