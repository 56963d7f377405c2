/* Reports and the overview. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/overview.h"
#include "app/reports.h"
#include "base/limits.h"

#define FORMATS "html|pdf|docx|json|sarif"

static const struct api_field new_fields[] = {
	API_ID("scan_id", API_REQUIRED, "扫描", "Scan"),
	API_ENUMS("formats", API_REQUIRED, FORMATS, 1, 5, "格式", "Formats"),
	API_ENUM("lang", 0, "zh|en", "语言", "Language"),
	API_LINE("title", 0, 0, 100, "标题", "Title"),
	API_END,
};
static const struct api_schema new_schema = { "ReportNew", new_fields, false };
static const struct api_field report_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("title", API_REQUIRED, 0, 0, "标题", "Title"),
	API_ID("scan_id", API_REQUIRED, "扫描", "Scan"),
	API_ID("site_id", API_REQUIRED, "网站", "Site"),
	API_STR("site_name", API_REQUIRED, 0, 0, "网站名称", "Name of the site"),
	API_STR("lang", API_REQUIRED, 0, 0, "语言", "Language"),
	API_ENUM("state", API_REQUIRED, "queued|running|done|failed", "状态", "State"),
	API_ENUMS("formats", API_REQUIRED, FORMATS, 0, 0, "格式", "Formats"),
	API_ANY("files", API_REQUIRED, 0, "文件：格式、大小、摘要", "Files: format, size, SHA-256"),
	API_TIME("created", API_REQUIRED, "创建时间", "Created"),
	API_OBJECT("error", API_NULL, &api_schema_error, "失败原因", "Why it failed"),
	API_END,
};
static const struct api_schema report_schema = { "Report", report_fields, true };
static const struct api_field query_fields[] = {
	API_ID("site_id", 0, "网站", "Site"),
	API_ID("scan_id", 0, "扫描", "Scan"),
	API_LINE("q", 0, 0, 100, "标题或网站包含", "Title or site contains"),
	API_ENUM("sort", 0, "created|-created|title|-title|site_name|-site_name", "排序", "Order"),
	API_END,
};
static const struct api_schema query_schema = { "ReportQuery", query_fields, false };
static const struct api_field file_fields[] = {
	API_ENUM("format", API_REQUIRED, FORMATS, "格式", "Format"),
	API_END,
};
static const struct api_schema file_schema = { "ReportFileQuery", file_fields, false };
static const struct api_field overview_fields[] = {
	API_ANY("sites", API_REQUIRED, 0, "网站数量与最危险的网站", "As /sites/summary"),
	API_ANY("findings", API_REQUIRED, 0, "未处理漏洞、近七天新增与修复", "Open ones, new and fixed in seven days"),
	API_ANY("scans", API_REQUIRED, 0, "进行中与最近的扫描", "Running and recent scans"),
	API_ANY("score_trend", API_REQUIRED, 0, "平均分趋势", "Average score by day"),
	API_ANY("severity_trend", API_REQUIRED, 0, "各级数量趋势", "Findings by level and day"),
	API_ANY("top_checks", API_REQUIRED, 0, "最多的漏洞类型", "Most frequent kinds"),
	API_ANY("next_runs", API_REQUIRED, 0, "即将运行的监测任务", "Monitoring tasks to run next"),
	API_ANY("events", API_REQUIRED, 0, "最近事件", "Recent events"),
	API_END,
};
static const struct api_schema overview_schema = { "Overview", overview_fields, true };

static int list(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 ||
	    app_report_list(&r->call, api_query_str(r, "site_id"), api_query_str(r, "scan_id"),
			    api_query_str(r, "q"), &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_report_get(&r->call, api_param(r, "report"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int add(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_report_add(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	api_reply_location(r, "/reports/%s", json_string_value(json_object_get(v, "id")));
	return 0;
}

static int delete(struct api_request *r, struct error *e)
{
	if (app_report_delete(&r->call, api_param(r, "report"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static int file(struct api_request *r, struct error *e)
{
	struct str name;
	const char *type;
	struct buf b = BUF_INIT(LIMIT_BLOB);

	if (app_report_file(&r->call, api_param(r, "report"), api_query_str(r, "format"), &name, &type,
			    &b, e) < 0) {
		buf_free(&b);
		return -1;
	}
	api_reply_file(r, name, type, &b);
	return 0;
}

static int overview(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_overview(&r->call, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/reports", list, PERM_REPORT_READ, API_LISTS, .query = &query_schema,
	  .reply = &report_schema, .zh = "报告列表", .en = "Reports" },
	{ HTTP_POST, "/reports", add, PERM_REPORT_WRITE, API_IDEMPOTENCY_REQUIRED, 202,
	  .body = &new_schema, .reply = &report_schema, .zh = "生成报告", .en = "Make a report" },
	{ HTTP_GET, "/reports/{report}", get, PERM_REPORT_READ, API_ETAG, .reply = &report_schema,
	  .zh = "报告详情", .en = "One report" },
	{ HTTP_GET, "/reports/{report}/file", file, PERM_REPORT_READ, API_FILE, .query = &file_schema,
	  .zh = "下载报告", .en = "A report's file" },
	{ HTTP_DELETE, "/reports/{report}", delete, PERM_REPORT_WRITE, API_ETAG, 204,
	  .zh = "删除报告", .en = "Delete a report" },
	{ HTTP_GET, "/overview", overview, PERM_SITE_READ, 0, .reply = &overview_schema, .zh = "总览",
	  .en = "Overview" },
	API_ROUTES_END,
};
const struct api_resource api_r_reports = { "reports", "报告与总览", "Reports and overview", routes };
