/* Monitoring tasks. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/monitor.h"
#include "base/limits.h"

static const struct api_field hours_fields[] = {
	API_LINE("from", API_REQUIRED, 5, 5, "开始 HH:MM", "From HH:MM"),
	API_LINE("to", API_REQUIRED, 5, 5, "结束 HH:MM", "To HH:MM"),
	API_END,
};
static const struct api_schema hours_schema = { "Hours", hours_fields, true };
static const struct api_field schedule_fields[] = {
	API_ENUM("kind", API_REQUIRED, "daily|weekly|monthly|cron", "周期", "Kind"),
	API_LINE("time", API_NULL, 0, 5, "时间 HH:MM", "Time HH:MM"),
	API_INT("weekday", API_NULL, 0, 6, "星期，0 为周日", "Day of the week, 0 is Sunday"),
	API_INT("day", API_NULL, 1, 31, "日；当月没有则在最后一天", "Day of the month; its last day when it has none"),
	API_LINE("cron", API_NULL, 0, 120, "cron 表达式（五段）", "Cron expression of five fields"),
	API_LINE("timezone", API_NULL, 0, 64, "时区，不填用租户的", "Time zone; the tenant's when absent"),
	API_OBJECT("window", API_NULL, &hours_schema, "允许的时间段", "Hours when it may run"),
	API_ANY("windows", API_NULL, 4096, "多个时间段", "Several of them"),
	API_INT("jitter_minutes", API_NULL, 0, 720, "随机错开的分钟数", "Minutes it may be moved by"),
	API_ENUM("missed", API_NULL, "run|skip", "错过后补做或跳过", "After a missed run: run or skip"),
	API_END,
};
static const struct api_schema schedule_schema = { "Schedule", schedule_fields, false };
static const struct api_field new_fields[] = {
	API_LINE("name", API_REQUIRED, 1, LIMIT_SITE_NAME, "任务名称", "Name"),
	API_ARRAY("site_ids", API_REQUIRED, API_T_ID, 1, LIMIT_MONITOR_SITES, "网站，须已认证或免认证", "Sites, verified or exempt"),
	API_ENUM("mode", 0, "quick|standard|deep|assets", "扫描模式；assets 为资产发现", "Mode; assets looks for assets"),
	API_OBJECT("schedule", API_REQUIRED, &schedule_schema, "监测周期", "When"),
	API_END,
};
static const struct api_schema new_schema = { "MonitorNew", new_fields, false };
static const struct api_field change_fields[] = {
	API_LINE("name", 0, 1, LIMIT_SITE_NAME, "任务名称", "Name"),
	API_ARRAY("site_ids", 0, API_T_ID, 1, LIMIT_MONITOR_SITES, "网站", "Sites"),
	API_ENUM("mode", 0, "quick|standard|deep|assets", "扫描模式；assets 为资产发现", "Mode; assets looks for assets"),
	API_OBJECT("schedule", 0, &schedule_schema, "监测周期", "When"),
	API_END,
};
static const struct api_schema change_schema = { "MonitorUpdate", change_fields, false };
static const struct api_field monitor_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("name", API_REQUIRED, 0, 0, "任务名称", "Name"),
	API_ARRAY("site_ids", API_REQUIRED, API_T_ID, 0, 0, "网站", "Sites"),
	API_ANY("sites", API_REQUIRED, 0, "网站名称与地址", "Sites with name and address"),
	API_STR("mode", API_REQUIRED, 0, 0, "扫描模式", "Mode"),
	API_OBJECT("schedule", API_REQUIRED, &schedule_schema, "监测周期", "When"),
	API_STR("schedule_text", API_REQUIRED, 0, 0, "周期的说法，如“每周日 00:00”", "When, in Chinese"),
	API_STR("schedule_text_en", API_REQUIRED, 0, 0, "周期的英文说法", "When, in English"),
	API_ENUM("state", API_REQUIRED, "active|paused", "状态", "State"),
	API_TIME("next_run", API_NULL, "下次运行", "Next run"),
	API_OBJECT("last_scan", API_NULL, &api_schema_scan_short, "最近一次扫描", "Last scan"),
	API_END,
};
static const struct api_schema monitor_schema = { "Monitor", monitor_fields, true };
static const struct api_field query_fields[] = {
	API_LINE("q", 0, 0, 100, "任务名称包含", "Name contains"),
	API_LINE("state", 0, 0, 50, "状态", "State"),
	API_ID("site_id", 0, "网站", "Site"),
	API_ENUM("sort", 0, "created|-created|name|-name|next_run|-next_run|last_run|-last_run", "排序", "Order"),
	API_END,
};
static const struct api_schema query_schema = { "MonitorQuery", query_fields, false };

static int list(struct api_request *r, struct error *e)
{
	struct store_monitor_filter f = { .q = api_query_str(r, "q"),
					  .state = api_query_str(r, "state"),
					  .site = api_query_str(r, "site_id") };
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 || app_monitor_list(&r->call, &f, &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_monitor_get(&r->call, api_param(r, "monitor"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int add(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_monitor_add(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	api_reply_location(r, "/monitors/%s", json_string_value(json_object_get(v, "id")));
	return 0;
}

static int change(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_monitor_change(&r->call, api_param(r, "monitor"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int delete(struct api_request *r, struct error *e)
{
	if (app_monitor_delete(&r->call, api_param(r, "monitor"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static int control(struct api_request *r, enum app_monitor_wanted what, struct error *e)
{
	json_t *v;

	if (app_monitor_control(&r->call, api_param(r, "monitor"), what, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int pause_monitor(struct api_request *r, struct error *e)
{
	return control(r, APP_MONITOR_PAUSE, e);
}

static int resume_monitor(struct api_request *r, struct error *e)
{
	return control(r, APP_MONITOR_RESUME, e);
}

static int run_monitor(struct api_request *r, struct error *e)
{
	return control(r, APP_MONITOR_RUN, e);
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/monitors", list, PERM_MONITOR_READ, API_LISTS, .query = &query_schema,
	  .reply = &monitor_schema, .zh = "监测任务列表", .en = "Monitoring tasks" },
	{ HTTP_POST, "/monitors", add, PERM_MONITOR_WRITE, 0, 201, .body = &new_schema,
	  .reply = &monitor_schema, .zh = "新增监测任务", .en = "Add a monitoring task" },
	{ HTTP_GET, "/monitors/{monitor}", get, PERM_MONITOR_READ, API_ETAG, .reply = &monitor_schema,
	  .zh = "监测任务详情", .en = "One monitoring task" },
	{ HTTP_PATCH, "/monitors/{monitor}", change, PERM_MONITOR_WRITE, API_ETAG,
	  .body = &change_schema, .reply = &monitor_schema, .example = "{\"name\":\"每周快扫\"}",
	  .zh = "编辑监测任务", .en = "Change a monitoring task" },
	{ HTTP_DELETE, "/monitors/{monitor}", delete, PERM_MONITOR_WRITE, API_ETAG, 204,
	  .zh = "删除监测任务", .en = "Delete a monitoring task" },
	{ HTTP_POST, "/monitors/{monitor}/pause", pause_monitor, PERM_MONITOR_WRITE,
	  API_BODY_OPTIONAL, .reply = &monitor_schema, .zh = "暂停", .en = "Pause" },
	{ HTTP_POST, "/monitors/{monitor}/resume", resume_monitor, PERM_MONITOR_WRITE,
	  API_BODY_OPTIONAL, .reply = &monitor_schema, .zh = "继续", .en = "Resume" },
	{ HTTP_POST, "/monitors/{monitor}/run", run_monitor, PERM_MONITOR_WRITE, API_BODY_OPTIONAL,
	  .reply = &monitor_schema, .zh = "立即运行一次", .en = "Run once now" },
	API_ROUTES_END,
};
const struct api_resource api_r_monitors = { "monitors", "监测任务", "Monitoring", routes };
