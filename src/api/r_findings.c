/* Findings and the decisions on them. Evidence is foreign bytes: it leaves as text
 * inside JSON only. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/finding.h"
#include "base/limits.h"

#define DECISIONS "false_positive|ignored|fixed|reopen"
#define FILTERS                                                                                    \
	API_ID("site_id", 0, "网站", "Site"), API_ID("scan_id", 0, "扫描", "Scan"),                    \
		API_LINE("severity", 0, 0, 100, "等级，逗号分隔", "Levels, separated by commas"),       \
		API_LINE("state", 0, 0, 100, "状态，逗号分隔", "States, separated by commas"),          \
		API_LINE("check", 0, 0, 500, "检测项目，逗号分隔", "Checks, separated by commas"),      \
		API_LINE("confidence", 0, 0, 100, "可信度，逗号分隔", "Confidences, separated by commas"), \
		API_BOOL("reappeared", 0, "只看复现的", "Only those that came back"),               \
		API_LINE("q", 0, 0, 100, "名称、地址或参数包含", "Title, address or parameter contains")

static const struct api_field filter_fields[] = { FILTERS, API_END };
static const struct api_schema filter_schema = { "FindingFilter", filter_fields, false };
static const struct api_field query_fields[] = {
	FILTERS,
	API_ENUM("sort", 0, "severity|-severity|last_seen|-last_seen|first_seen|-first_seen|title|-title|url|-url|check|-check|state|-state|confidence|-confidence|site_name|-site_name",
		 "排序", "Order"),
	API_END,
};
static const struct api_schema query_schema = { "FindingQuery", query_fields, false };
static const struct api_field export_fields[] = {
	FILTERS, API_ENUM("format", 0, "csv", "格式", "Format"), API_END,
};
static const struct api_schema export_schema = { "FindingExport", export_fields, false };
static const struct api_field finding_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("fingerprint", API_REQUIRED, 0, 0, "指纹", "Fingerprint"),
	API_ID("site_id", API_REQUIRED, "网站", "Site"),
	API_STR("site_name", API_REQUIRED, 0, 0, "网站名称", "Name of the site"),
	API_ID("scan_id", API_NULL, "最近看到它的扫描；资产发现得到的没有", "Scan that saw it last; none for those of asset runs"),
	API_STR("check", API_REQUIRED, 0, 0, "检测项目", "Check"),
	API_STR("title", API_REQUIRED, 0, 0, "漏洞名称", "Title"),
	API_STR("title_en", API_REQUIRED, 0, 0, "英文名称", "Title in English"),
	API_ENUM("severity", API_REQUIRED, "critical|high|medium|low|info", "等级", "Level"),
	API_STR("level", API_REQUIRED, 0, 0, "显示的四级", "One of the four levels shown"),
	API_STR("badge", API_NULL, 0, 0, "紧急标记", "Badge of critical ones"),
	API_ENUM("confidence", API_REQUIRED, "certain|firm|tentative", "可信度", "Confidence"),
	API_STR("url", API_REQUIRED, 0, 0, "URL", "Address"),
	API_STR("method", API_REQUIRED, 0, 0, "方法", "Method"),
	API_STR("parameter", API_REQUIRED, 0, 0, "参数", "Parameter"),
	API_INT("cwe", API_REQUIRED, 0, 0, "CWE 编号", "CWE number"),
	API_STR("owasp", API_REQUIRED, 0, 0, "OWASP 类别", "OWASP category"),
	API_ENUM("state", API_REQUIRED, "open|false_positive|ignored|fixed", "状态", "State"),
	API_BOOL("reappeared", API_REQUIRED, "是否复现", "Whether it came back"),
	API_ANY("proposal", API_NULL, 0, "待批的意见", "Proposal that waits"),
	API_TIME("first_seen", API_REQUIRED, "首次发现", "First seen"),
	API_TIME("last_seen", API_REQUIRED, "最近发现", "Last seen"),
	API_INT("instances", API_REQUIRED, 0, 0, "出现处数", "Places"),
	API_END,
};
static const struct api_schema finding_schema = { "Finding", finding_fields, true };
static const struct api_field stats_fields[] = {
	API_OBJECT("by_severity", API_REQUIRED, &api_schema_counts, "按等级", "By level"),
	API_ANY("by_check", API_REQUIRED, 0, "按检测项目", "By check"),
	API_ANY("by_state", API_REQUIRED, 0, "按状态", "By state"),
	API_END,
};
static const struct api_schema stats_schema = { "FindingStats", stats_fields, true };
static const struct api_field decision_fields[] = {
	API_ENUM("decision", API_REQUIRED, DECISIONS, "处理方式", "Decision"),
	API_STR("reason", 0, 0, 2000, "理由", "Reason"),
	API_TIME("expires", API_NULL, "到期后重新打开，不填为一年", "Open again after; a year when absent"),
	API_END,
};
static const struct api_schema decision_schema = { "FindingDecision", decision_fields, false };
static const struct api_field batch_fields[] = {
	API_ARRAY("ids", API_REQUIRED, API_T_ID, 1, LIMIT_BATCH, "漏洞", "Findings"),
	API_ENUM("decision", API_REQUIRED, DECISIONS, "处理方式", "Decision"),
	API_STR("reason", 0, 0, 2000, "理由", "Reason"),
	API_TIME("expires", API_NULL, "到期后重新打开", "Open again after"),
	API_END,
};
static const struct api_schema batch_schema = { "FindingBatchDecision", batch_fields, false };
static const struct api_field done_fields[] = {
	API_INT("done", API_REQUIRED, 0, 0, "成功数", "Done"),
	API_ANY("failed", API_REQUIRED, 0, "失败的项及原因", "Those that failed, and why"),
	API_END,
};
static const struct api_schema done_schema = { "BatchResult", done_fields, true };
static const struct api_field history_fields[] = {
	API_TIME("time", API_REQUIRED, "时间", "Time"),
	API_STR("type", API_REQUIRED, 0, 0, "事件", "Event"),
	API_STR("actor", API_REQUIRED, 0, 0, "操作人", "Who"),
	API_ID("scan_id", API_NULL, "扫描", "Scan"),
	API_STR("detail", API_REQUIRED, 0, 0, "说明", "Detail"),
	API_END,
};
static const struct api_schema history_schema = { "FindingEvent", history_fields, true };

static struct store_finding_filter filter(const struct api_request *r)
{
	return (struct store_finding_filter){
		.site = api_query_str(r, "site_id"), .scan = api_query_str(r, "scan_id"),
		.severity = api_query_str(r, "severity"), .state = api_query_str(r, "state"),
		.check = api_query_str(r, "check"), .confidence = api_query_str(r, "confidence"),
		.q = api_query_str(r, "q"), .reappeared = api_query_bool(r, "reappeared"),
	};
}

static int list(struct api_request *r, struct error *e)
{
	struct store_finding_filter f = filter(r);
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 || app_finding_list(&r->call, &f, &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int export(struct api_request *r, struct error *e)
{
	struct store_finding_filter f = filter(r);
	struct buf b = BUF_INIT(LIMIT_EXPORT);

	if (app_finding_csv(&r->call, &f, &b, e) < 0) {
		buf_free(&b);
		return -1;
	}
	api_reply_file(r, STR("findings.csv"), "text/csv; charset=utf-8", &b);
	return 0;
}

static int stats(struct api_request *r, struct error *e)
{
	struct store_finding_filter f = filter(r);
	json_t *v;

	if (app_finding_stats(&r->call, &f, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_finding_get(&r->call, api_param(r, "finding"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int history(struct api_request *r, struct error *e)
{
	json_t *items;

	if (app_finding_history(&r->call, api_param(r, "finding"), &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int decide(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_finding_decide(&r->call, api_param(r, "finding"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int decide_many(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_finding_decide_many(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int judge(struct api_request *r, bool approve, struct error *e)
{
	json_t *v;

	if (app_finding_judge(&r->call, api_param(r, "finding"), api_param(r, "decision"), approve,
			      json_get_str(r->body, "reason"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int approve(struct api_request *r, struct error *e)
{
	return judge(r, true, e);
}

static int reject(struct api_request *r, struct error *e)
{
	return judge(r, false, e);
}

static int retest(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_finding_retest(&r->call, api_param(r, "finding"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	api_reply_location(r, str_eq(json_get_str(v, "kind"), STR("assets")) ? "/asset-runs/%s" : "/scans/%s",
			   json_string_value(json_object_get(v, "id")));
	return 0;
}

static const struct api_field retest_fields[] = {
	API_ID("id", API_REQUIRED, "扫描或资产发现的标识", "Id of the scan or asset run"),
	API_ENUM("kind", API_REQUIRED, "scan|assets", "由扫描还是资产发现来复测；其余成员与它们相同",
		 "What looks again: a scan or an asset run; the other members are theirs"),
	API_ENUM("state", API_REQUIRED, "queued|running|pausing|paused|done|failed|cancelled", "状态", "State"),
	API_ID("site_id", API_REQUIRED, "网站", "Site"),
	API_END,
};
static const struct api_schema retest_schema = { "Retest", retest_fields, true };
static const struct api_route routes[] = {
	{ HTTP_GET, "/findings", list, PERM_FINDING_READ, API_LISTS, .query = &query_schema,
	  .reply = &finding_schema, .zh = "漏洞列表", .en = "Findings" },
	{ HTTP_GET, "/findings/export", export, PERM_FINDING_READ, API_FILE, .query = &export_schema,
	  .zh = "导出漏洞（CSV）", .en = "Findings as CSV, safe for spreadsheets" },
	{ HTTP_GET, "/findings/stats", stats, PERM_FINDING_READ, 0, .query = &filter_schema,
	  .reply = &stats_schema, .zh = "漏洞统计", .en = "Findings counted" },
	{ HTTP_POST, "/findings/batch-decide", decide_many, PERM_FINDING_PROPOSE, 0,
	  .body = &batch_schema, .reply = &done_schema, .zh = "批量处理", .en = "Decide on many" },
	{ HTTP_GET, "/findings/{finding}", get, PERM_FINDING_READ, API_ETAG, .reply = &finding_schema,
	  .zh = "漏洞详情：证据、修复建议、处理意见", .en = "One finding with evidence, advice and decision" },
	{ HTTP_GET, "/findings/{finding}/history", history, PERM_FINDING_READ, API_LISTS,
	  .reply = &history_schema, .zh = "漏洞历史", .en = "What happened to it" },
	{ HTTP_POST, "/findings/{finding}/decisions", decide, PERM_FINDING_PROPOSE, 0,
	  .body = &decision_schema, .reply = &finding_schema,
	  .example = "{\"decision\":\"false_positive\",\"reason\":\"测试环境误报\"}",
	  .zh = "误报、忽略、已修复或重新打开", .en = "Decide, or propose where only that is allowed" },
	{ HTTP_POST, "/findings/{finding}/decisions/{decision}/approve", approve, PERM_FINDING_DECIDE,
	  API_BODY_OPTIONAL, .body = &api_schema_reason, .reply = &finding_schema, .zh = "批准意见",
	  .en = "Approve a proposal" },
	{ HTTP_POST, "/findings/{finding}/decisions/{decision}/reject", reject, PERM_FINDING_DECIDE,
	  API_BODY_OPTIONAL, .body = &api_schema_reason, .reply = &finding_schema, .zh = "驳回意见",
	  .en = "Reject a proposal" },
	{ HTTP_POST, "/findings/{finding}/retest", retest, PERM_SCAN_RUN, API_BODY_OPTIONAL, 202,
	  .reply = &retest_schema, .zh = "复测一个漏洞", .en = "Look at this one again" },
	API_ROUTES_END,
};
const struct api_resource api_r_findings = { "findings", "漏洞", "Findings", routes };
