/* Scans: starting, steering, looking. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/scans.h"

static const struct api_field new_fields[] = {
	API_ENUM("mode", 0, "quick|standard|deep", "扫描模式，不填用网站设置", "Mode; the site's when absent"),
	API_OBJECT("settings", 0, &api_schema_site_settings, "仅用于这次的设置", "Settings for this scan only"),
	API_END,
};
static const struct api_schema new_schema = { "ScanNew", new_fields, false };
static const struct api_field stats_fields[] = {
	API_INT("requests", API_REQUIRED, 0, 0, "请求数", "Requests"),
	API_INT("pages", API_REQUIRED, 0, 0, "页面数", "Pages"),
	API_INT("bytes", API_REQUIRED, 0, 0, "字节数", "Bytes"),
	API_INT("seconds", API_REQUIRED, 0, 0, "用时（秒）", "Seconds"),
	API_INT("saved", API_REQUIRED, 0, 0, "由缓存回答、未发出的请求数", "Requests not sent: an equal one was answered before"),
	API_INT("spared", API_REQUIRED, 0, 0, "与网站所用技术无关的规则未发出的请求数（至多）", "Requests at most of rules left out: not for what the site runs"),
	API_END,
};
static const struct api_schema stats_schema = { "ScanStats", stats_fields, true };
static const struct api_field scan_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_ID("site_id", API_REQUIRED, "网站", "Site"),
	API_STR("site_name", API_REQUIRED, 0, 0, "网站名称", "Name of the site"),
	API_STR("url", API_REQUIRED, 0, 0, "网址", "Address"),
	API_ENUM("mode", API_REQUIRED, "quick|standard|deep", "模式", "Mode"),
	API_ENUM("state", API_REQUIRED, "queued|running|pausing|paused|done|failed|cancelled", "状态", "State"),
	API_NUM("progress", API_REQUIRED, 0, 100, "进度 0.00–100.00，不倒退", "Progress, never goes back"),
	API_STR("doing", API_REQUIRED, 0, 0, "正在做什么", "What is being done"),
	API_STR("doing_en", API_REQUIRED, 0, 0, "正在做什么（英文）", "The same in English"),
	API_INT("remaining", API_NULL, 0, 0, "预计剩余秒数", "Seconds left, an estimate"),
	API_STR("waiting", API_NULL, 0, 0, "等待原因：window 为不在允许时间段", "Why it waits: window, shutdown"),
	API_BOOL("complete", API_REQUIRED, "是否完整", "Whether everything was done"),
	API_INT("score", API_NULL, 0, 100, "健康分；不完整的扫描没有", "Health score; none for a partial scan"),
	API_OBJECT("counts", API_REQUIRED, &api_schema_counts, "各级数量", "By level"),
	API_OBJECT("stats", API_REQUIRED, &stats_schema, "统计", "Statistics"),
	API_ENUM("trigger", API_REQUIRED, "manual|schedule|api|retest", "来源", "Why it was started"),
	API_TIME("created", API_REQUIRED, "创建时间", "Created"),
	API_TIME("started", API_NULL, "开始时间", "Started"),
	API_TIME("finished", API_NULL, "结束时间", "Finished"),
	API_OBJECT("error", API_NULL, &api_schema_error, "未完成的原因", "Why it did not complete"),
	API_STR("rule_version", API_REQUIRED, 0, 0, "规则版本", "Version of the rules"),
	API_INT("incremental", API_REQUIRED, 0, 0, "0 为完整扫描，否则是其后的第几次增量扫描", "0: a full scan; else the how-manieth incremental one behind it"),
	API_INT("unchanged", API_REQUIRED, 0, 0, "增量扫描中未变化、未再探测的页面数", "Pages of an incremental scan that had not changed"),
	API_END,
};
const struct api_schema api_schema_scan = { "Scan", scan_fields, true };
static const struct api_field query_fields[] = {
	API_ID("site_id", 0, "网站", "Site"),
	API_ID("monitor_id", 0, "监测任务", "Monitoring task"),
	API_LINE("state", 0, 0, 100, "状态，逗号分隔", "States, separated by commas"),
	API_LINE("trigger", 0, 0, 100, "来源，逗号分隔", "Triggers, separated by commas"),
	API_LINE("q", 0, 0, 100, "网站名称或网址包含", "Site name or address contains"),
	API_ENUM("sort", 0, "created|-created|finished|-finished|score|-score|site_name|-site_name", "排序", "Order"),
	API_END,
};
static const struct api_schema query_schema = { "ScanQuery", query_fields, false };
static const struct api_field page_fields[] = {
	API_STR("url", API_REQUIRED, 0, 0, "地址", "Address"),
	API_STR("method", API_REQUIRED, 0, 0, "方法", "Method"),
	API_INT("status", API_REQUIRED, 0, 0, "状态码", "Status"),
	API_STR("type", API_REQUIRED, 0, 0, "类型", "Media type"),
	API_STR("title", API_REQUIRED, 0, 0, "标题", "Title"),
	API_INT("depth", API_REQUIRED, 0, 0, "深度", "Depth"),
	API_INT("size", API_REQUIRED, 0, 0, "大小", "Size"),
	API_END,
};
static const struct api_schema page_schema = { "ScanPage", page_fields, true };
static const struct api_field page_query_fields[] = {
	API_LINE("q", 0, 0, 100, "地址或标题包含", "Address or title contains"),
	API_LINE("status", 0, 0, 3, "状态码", "Status"),
	API_ENUM("sort", 0, "url|-url|status|-status|depth|-depth|size|-size", "排序", "Order"),
	API_END,
};
static const struct api_schema page_query_schema = { "ScanPageQuery", page_query_fields, false };
static const struct api_field score_fields[] = {
	API_INT("score", API_NULL, 0, 100, "分数", "Score"),
	API_STR("formula_version", API_REQUIRED, 0, 0, "公式版本", "Version of the formula"),
	API_ANY("lines", API_REQUIRED, 0, "逐项扣分", "Line by line"),
	API_INT("ceiling", API_NULL, 0, 0, "最高分限制", "Ceiling"),
	API_STR("explain", API_REQUIRED, 0, 0, "算式", "The sum in words"),
	API_STR("explain_en", API_REQUIRED, 0, 0, "算式（英文）", "The sum in English"),
	API_END,
};
static const struct api_schema score_schema = { "ScanScore", score_fields, true };
static const struct api_field check_fields[] = {
	API_STR("check", API_REQUIRED, 0, 0, "检测项目", "Check"),
	API_STR("title", API_REQUIRED, 0, 0, "名称", "Title"),
	API_STR("title_en", API_REQUIRED, 0, 0, "英文名称", "Title in English"),
	API_STR("state", API_REQUIRED, 0, 0, "running、pending：扫描中；ran 已执行，slow 部分执行；其余为未执行原因", "running or pending during the scan; ran, slow (in part), or why not"),
	API_INT("count", API_REQUIRED, 0, 0, "发现数", "Findings"),
	API_INT("requests", API_REQUIRED, 0, 0, "它发出的请求数；被动检测为 0", "Requests it sent; 0 for passive ones"),
	API_END,
};
static const struct api_schema check_schema = { "ScanCheck", check_fields, true };
static const struct api_field with_fields[] = {
	API_ID("with", 0, "与哪次扫描比较，不填为上一次", "Scan to compare with; the one before when absent"),
	API_END,
};
static const struct api_schema with_schema = { "ScanCompareQuery", with_fields, false };
static const struct api_field compare_fields[] = {
	API_OBJECT("with", API_NULL, &api_schema_scan_short, "比较对象", "Compared with"),
	API_ANY("new", API_REQUIRED, 0, "新增漏洞", "New findings"),
	API_ANY("fixed", API_REQUIRED, 0, "已修复漏洞", "Fixed findings"),
	API_INT("unchanged_count", API_REQUIRED, 0, 0, "未变化", "Unchanged"),
	API_END,
};
static const struct api_schema compare_schema = { "ScanComparison", compare_fields, true };
static const struct api_field tree_fields[] = {
	API_STR("name", API_REQUIRED, 0, 0, "名称", "Name"),
	API_BOOL("dir", API_REQUIRED, "是否目录", "Whether a folder"),
	API_INT("pages", API_REQUIRED, 0, 0, "页面数", "Pages below"),
	API_ANY("children", 0, 0, "下级", "Children of the same shape"),
	API_END,
};
static const struct api_schema tree_schema = { "ScanTree", tree_fields, true };

static int start(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_scan_start(&r->call, api_param(r, "site"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	api_reply_location(r, "/scans/%s", json_string_value(json_object_get(v, "id")));
	return 0;
}

static int list(struct api_request *r, struct error *e)
{
	struct store_scan_filter f = { .site = api_query_str(r, "site_id"),
				       .monitor = api_query_str(r, "monitor_id"),
				       .state = api_query_str(r, "state"),
				       .cause = api_query_str(r, "trigger"),
				       .q = api_query_str(r, "q") };
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 || app_scan_list(&r->call, &f, &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int show(struct api_request *r,
		int (*get)(struct app_call *, struct str, json_t **, struct error *),
		struct error *e)
{
	json_t *v;

	if (get(&r->call, api_param(r, "scan"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int get(struct api_request *r, struct error *e)
{
	return show(r, app_scan_get, e);
}

static int score(struct api_request *r, struct error *e)
{
	return show(r, app_scan_score, e);
}

static int tree(struct api_request *r, struct error *e)
{
	return show(r, app_scan_tree, e);
}

static int checks(struct api_request *r, struct error *e)
{
	json_t *items;

	if (app_scan_checks(&r->call, api_param(r, "scan"), &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int pages(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 ||
	    app_scan_pages(&r->call, api_param(r, "scan"), api_query_str(r, "q"),
			   api_query_str(r, "status"), &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int compare(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_scan_compare(&r->call, api_param(r, "scan"), api_query_str(r, "with"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int control(struct api_request *r, enum app_scan_wanted what, struct error *e)
{
	json_t *v;

	if (app_scan_control(&r->call, api_param(r, "scan"), what, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int pause_scan(struct api_request *r, struct error *e)
{
	return control(r, APP_SCAN_PAUSE, e);
}

static int resume_scan(struct api_request *r, struct error *e)
{
	return control(r, APP_SCAN_RESUME, e);
}

static int cancel_scan(struct api_request *r, struct error *e)
{
	return control(r, APP_SCAN_CANCEL, e);
}

static const struct api_route routes[] = {
	{ HTTP_POST, "/sites/{site}/scans", start, PERM_SCAN_RUN,
	  API_IDEMPOTENCY_REQUIRED | API_BODY_OPTIONAL, 202, .body = &new_schema,
	  .reply = &api_schema_scan, .example = "{\"mode\":\"quick\"}", .zh = "开始扫描",
	  .en = "Start a scan",
	  .note_zh = "只能扫描已认证或免认证的网站，否则 422 site.not-verified；同一网站同时只有一个扫描，否则 409 scan.running。",
	  .note_en = "Verified or exempt sites only (422 site.not-verified); one scan of a site at a time (409 scan.running)." },
	{ HTTP_GET, "/scans", list, PERM_SCAN_READ, API_LISTS, .query = &query_schema,
	  .reply = &api_schema_scan, .zh = "扫描列表", .en = "Scans" },
	{ HTTP_GET, "/scans/{scan}", get, PERM_SCAN_READ, API_ETAG, .reply = &api_schema_scan,
	  .zh = "扫描详情与进度", .en = "One scan and its progress" },
	{ HTTP_POST, "/scans/{scan}/pause", pause_scan, PERM_SCAN_RUN, API_BODY_OPTIONAL,
	  .reply = &api_schema_scan, .zh = "暂停", .en = "Pause" },
	{ HTTP_POST, "/scans/{scan}/resume", resume_scan, PERM_SCAN_RUN, API_BODY_OPTIONAL,
	  .reply = &api_schema_scan, .zh = "继续", .en = "Resume" },
	{ HTTP_POST, "/scans/{scan}/cancel", cancel_scan, PERM_SCAN_RUN, API_BODY_OPTIONAL,
	  .reply = &api_schema_scan, .zh = "取消", .en = "Cancel" },
	{ HTTP_GET, "/scans/{scan}/score", score, PERM_SCAN_READ, 0, .reply = &score_schema,
	  .zh = "分数与逐项扣分", .en = "The score, line by line" },
	{ HTTP_GET, "/scans/{scan}/pages", pages, PERM_SCAN_READ, API_LISTS,
	  .query = &page_query_schema, .reply = &page_schema, .zh = "访问过的页面", .en = "Pages visited" },
	{ HTTP_GET, "/scans/{scan}/compare", compare, PERM_SCAN_READ, 0, .query = &with_schema,
	  .reply = &compare_schema, .zh = "与另一次扫描比较", .en = "Compare with another scan" },
	{ HTTP_GET, "/scans/{scan}/tree", tree, PERM_SCAN_READ, 0, .reply = &tree_schema,
	  .zh = "目录树", .en = "Pages as a tree of folders" },
	{ HTTP_GET, "/scans/{scan}/checks", checks, PERM_SCAN_READ, API_LISTS, .reply = &check_schema,
	  .zh = "检测项目与结果", .en = "What each check came to" },
	API_ROUTES_END,
};
const struct api_resource api_r_scans = { "scans", "扫描", "Scans", routes };
