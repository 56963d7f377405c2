/* Assets: what sites stand on, its history, and the runs that look. */
#include "api/api_private.h"
#include "app/asset.h"
#include "base/limits.h"

#define KINDS "port|service|system|software|certificate|tls|dns|subdomain"

static const struct api_field hang_fields[] = {
	API_INT("count", API_REQUIRED, 0, 0, "挂在它上面的未修复漏洞数", "Open findings that hang on it"),
	API_STR("worst", API_NULL, 0, 0, "其中最高等级", "Worst of them"),
	API_END,
};
static const struct api_schema hang_schema = { "AssetFindings", hang_fields, true };
#define FACT                                                                                       \
	API_ID("id", API_REQUIRED, "标识", "Id"), API_ID("site_id", API_REQUIRED, "网站", "Site"),  \
		API_STR("site_name", API_REQUIRED, 0, 0, "网站名称", "Name of the site"),           \
		API_ENUM("kind", API_REQUIRED, KINDS, "种类", "Kind"),                              \
		API_STR("key", API_REQUIRED, 0, 0, "同一资产的稳定标记", "What makes it the same thing"), \
		API_STR("title", API_REQUIRED, 0, 0, "名称", "Name"),                               \
		API_STR("host", API_REQUIRED, 0, 0, "主机", "Host"),                                \
		API_INT("port", API_NULL, 0, 0, "端口", "Port"),                                    \
		API_STR("product", API_REQUIRED, 0, 0, "产品", "Product"),                          \
		API_STR("version", API_REQUIRED, 0, 0, "版本", "Version"),                          \
		API_STR("cpe", API_REQUIRED, 0, 0, "CPE 2.3 名称", "CPE 2.3 name"),                 \
		API_INT("confidence", API_REQUIRED, 0, 0, "可信度，0 到 100", "Confidence, 0 to 100"), \
		API_ANY("detail", API_NULL, 0, "随种类而不同的细节", "Details, by kind"),            \
		API_STR("source", API_REQUIRED, 0, 0, "来源：asset 资产发现，tech 扫描中的指纹", "asset run or tech (a scan)"), \
		API_ENUM("state", API_REQUIRED, "present|gone", "状态", "State"),                   \
		API_TIME("first_seen", API_REQUIRED, "首次发现", "First seen"),                     \
		API_TIME("last_seen", API_REQUIRED, "最近发现", "Last seen"),                       \
		API_TIME("changed_at", API_NULL, "最近变化", "Last changed"),                       \
		API_TIME("gone_at", API_NULL, "消失时间", "Gone since")
static const struct api_field fact_fields[] = {
	FACT, API_OBJECT("findings", API_REQUIRED, &hang_schema, "漏洞", "Findings"), API_END,
};
static const struct api_schema fact_schema = { "Asset", fact_fields, true };
static const struct api_field one_fields[] = {
	FACT, API_ANY("findings", API_REQUIRED, 0, "挂在它上面的漏洞", "Findings that hang on it"),
	API_ANY("history", API_REQUIRED, 0, "变化历史", "Its history"), API_END,
};
static const struct api_schema one_schema = { "AssetDetail", one_fields, true };
#define FILTERS                                                                                    \
	API_ID("site_id", 0, "网站", "Site"), API_LINE("kind", 0, 0, 100, "种类，逗号分隔", "Kinds, separated by commas"), \
		API_LINE("state", 0, 0, 30, "present 或 gone", "present or gone"),                  \
		API_LINE("product", 0, 0, 100, "产品", "Product"), API_INT("port", 0, 1, 65535, "端口", "Port"), \
		API_LINE("source", 0, 0, 30, "来源", "Source"),                                     \
		API_LINE("q", 0, 0, 100, "名称、主机、版本、CPE 或网站名包含", "Name, host, version, CPE or site contains")
static const struct api_field query_fields[] = {
	FILTERS,
	API_ENUM("sort", 0,
		 "last_seen|-last_seen|first_seen|-first_seen|title|-title|port|-port|product|-product|site|-site", "排序",
		 "Order"),
	API_END,
};
static const struct api_schema query_schema = { "AssetQuery", query_fields, false };
static const struct api_field export_fields[] = { FILTERS, API_END };
static const struct api_schema export_schema = { "AssetExport", export_fields, false };
static const struct api_field site_fields[] = { API_ID("site_id", 0, "网站", "Site"), API_END };
static const struct api_schema site_schema = { "AssetOfSite", site_fields, false };
static const struct api_field summary_fields[] = {
	API_INT("port", API_REQUIRED, 0, 0, "端口", "Ports"), API_INT("service", API_REQUIRED, 0, 0, "服务", "Services"),
	API_INT("system", API_REQUIRED, 0, 0, "系统", "Systems"),
	API_INT("software", API_REQUIRED, 0, 0, "软件", "Software"),
	API_INT("certificate", API_REQUIRED, 0, 0, "证书", "Certificates"),
	API_INT("tls", API_REQUIRED, 0, 0, "TLS", "TLS"), API_INT("dns", API_REQUIRED, 0, 0, "DNS", "DNS"),
	API_INT("subdomain", API_REQUIRED, 0, 0, "子域名", "Sub-domains"), API_END,
};
static const struct api_schema summary_schema = { "AssetSummary", summary_fields, true };
static const struct api_field event_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"), API_ID("site_id", API_REQUIRED, "网站", "Site"),
	API_STR("site_name", API_REQUIRED, 0, 0, "网站名称", "Name of the site"),
	API_ID("asset_id", API_REQUIRED, "资产", "Asset"), API_TIME("time", API_REQUIRED, "时间", "Time"),
	API_ENUM("type", API_REQUIRED, "appeared|changed|gone|returned", "发生了什么", "What happened"),
	API_ENUM("kind", API_REQUIRED, KINDS, "种类", "Kind"), API_STR("title", API_REQUIRED, 0, 0, "名称", "Name"),
	API_INT("port", API_NULL, 0, 65535, "端口", "Port"),
	API_STR("was", API_NULL, 0, 0, "变化前", "Before"), API_END,
};
static const struct api_schema event_schema = { "AssetEvent", event_fields, true };
static const struct api_field new_fields[] = {
	API_LINE("ports", 0, 0, 1000, "80,443,8000-8100、top（默认，1,000 个）、all，或 own 只看网站自己的端口",
		 "80,443,8000-8100, top (default: 1,000), all, or own for the site's port only"),
	API_INT("rate", 0, 1, 500, "每秒连接数上限，默认 300", "Connections per second at most; 300"),
	API_BOOL("udp", 0, "也向 DNS、NTP、SNMP、SSDP、mDNS、NetBIOS、memcached 各发一个无害的 UDP 包，默认否",
		 "Also one harmless UDP packet each to DNS, NTP, SNMP, SSDP, mDNS, NetBIOS and memcached; false"),
	API_END,
};
static const struct api_schema new_schema = { "AssetRunNew", new_fields, false };
static const struct api_field run_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"), API_ID("site_id", API_REQUIRED, "网站", "Site"),
	API_STR("site_name", API_REQUIRED, 0, 0, "网站名称", "Name of the site"),
	API_STR("host", API_REQUIRED, 0, 0, "主机", "Host"),
	API_ENUM("state", API_REQUIRED, "queued|running|done|failed|cancelled", "状态", "State"),
	API_STR("trigger", API_REQUIRED, 0, 0, "由谁启动", "What started it"),
	API_STR("ports", API_REQUIRED, 0, 0, "端口", "Ports"),
	API_NUM("progress", API_REQUIRED, 0, 0, "进度（%）", "Progress in percent"),
	API_STR("doing", API_REQUIRED, 0, 0, "正在做", "Doing"),
	API_STR("doing_en", API_REQUIRED, 0, 0, "正在做（英文）", "Doing, in English"),
	API_BOOL("complete", API_REQUIRED, "是否完整", "Complete"),
	API_INT("probed", API_REQUIRED, 0, 0, "已探测端口", "Ports probed"),
	API_INT("open", API_REQUIRED, 0, 0, "开放端口", "Open ports"),
	API_INT("facts", API_REQUIRED, 0, 0, "资产条数", "Facts"),
	API_INT("changes", API_REQUIRED, 0, 0, "变化条数", "Changes"),
	API_ANY("error", API_NULL, 0, "失败原因", "Why it failed"),
	API_TIME("created", API_REQUIRED, "创建", "Created"), API_TIME("started", API_NULL, "开始", "Started"),
	API_TIME("finished", API_NULL, "结束", "Finished"), API_END,
};
static const struct api_schema run_schema = { "AssetRun", run_fields, true };
static const struct api_field runs_fields[] = {
	API_ID("site_id", 0, "网站", "Site"), API_LINE("state", 0, 0, 60, "状态，逗号分隔", "States"), API_END,
};
static const struct api_schema runs_schema = { "AssetRunQuery", runs_fields, false };

static struct store_asset_filter filter(struct api_request *r)
{
	return (struct store_asset_filter){ .site = api_query_str(r, "site_id"), .kind = api_query_str(r, "kind"),
					    .state = api_query_str(r, "state"), .product = api_query_str(r, "product"),
					    .source = api_query_str(r, "source"), .q = api_query_str(r, "q"),
					    .port = api_query_int(r, "port", 0) };
}

static int list(struct api_request *r, struct error *e)
{
	struct store_asset_filter f = filter(r);
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 || app_asset_list(&r->call, &f, &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int export(struct api_request *r, struct error *e)
{
	struct store_asset_filter f = filter(r);
	struct buf b = BUF_INIT(LIMIT_EXPORT);

	if (app_asset_csv(&r->call, &f, &b, e) < 0) {
		buf_free(&b);
		return -1;
	}
	api_reply_file(r, STR("assets.csv"), "text/csv; charset=utf-8", &b);
	return 0;
}

static int summary(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_asset_summary(&r->call, api_query_str(r, "site_id"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int history(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 || app_asset_history(&r->call, api_query_str(r, "site_id"), &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_asset_get(&r->call, api_param(r, "asset"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int start(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_asset_start(&r->call, api_param(r, "site"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	api_reply_location(r, "/asset-runs/%s", json_string_value(json_object_get(v, "id")));
	return 0;
}

static int runs(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 ||
	    app_asset_runs(&r->call, api_query_str(r, "site_id"), api_query_str(r, "state"), &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int get_run(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_asset_run_get(&r->call, api_param(r, "asset_run"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int cancel(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_asset_run_cancel(&r->call, api_param(r, "asset_run"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/assets", list, PERM_SITE_READ, API_LISTS, .query = &query_schema, .reply = &fact_schema,
	  .zh = "资产：端口、系统、服务、软件、证书、TLS、DNS、子域名",
	  .en = "Assets: ports, systems, services, software, certificates, TLS, DNS, sub-domains" },
	{ HTTP_GET, "/assets/export", export, PERM_SITE_READ, API_FILE, .query = &export_schema,
	  .zh = "导出资产（CSV）", .en = "Assets as CSV, safe for spreadsheets" },
	{ HTTP_GET, "/assets/summary", summary, PERM_SITE_READ, 0, .query = &site_schema, .reply = &summary_schema,
	  .zh = "各种资产的数量", .en = "Assets counted by kind" },
	{ HTTP_GET, "/assets/history", history, PERM_SITE_READ, API_LISTS, .query = &site_schema,
	  .reply = &event_schema, .zh = "资产变化历史", .en = "How assets changed" },
	{ HTTP_GET, "/assets/{asset}", get, PERM_SITE_READ, 0, .reply = &one_schema,
	  .zh = "资产详情：历史与挂在上面的漏洞", .en = "One asset with its history and findings" },
	{ HTTP_POST, "/sites/{site}/asset-runs", start, PERM_SCAN_RUN, API_BODY_OPTIONAL, 202, .body = &new_schema,
	  .reply = &run_schema, .example = "{\"ports\":\"own\"}", .zh = "开始资产发现", .en = "Look for assets",
	  .note_zh = "只对已认证或免认证的网站；文件或标签认证只证明网站自己的端口，探测其他端口需要 DNS TXT 认证或授权书，否则 422 asset.ports-need-dns。",
	  .note_en = "Verified or exempt sites only. A file or meta tag proves the site's own port; other ports need DNS TXT or a letter (422 asset.ports-need-dns)." },
	{ HTTP_GET, "/asset-runs", runs, PERM_SCAN_READ, API_LISTS, .query = &runs_schema, .reply = &run_schema,
	  .zh = "资产发现的记录", .en = "Runs that looked for assets" },
	{ HTTP_GET, "/asset-runs/{asset_run}", get_run, PERM_SCAN_READ, 0, .reply = &run_schema,
	  .zh = "一次资产发现的进度", .en = "One run and its progress" },
	{ HTTP_POST, "/asset-runs/{asset_run}/cancel", cancel, PERM_SCAN_RUN, API_BODY_OPTIONAL, .reply = &run_schema,
	  .zh = "取消资产发现", .en = "Cancel a run" },
	API_ROUTES_END,
};
const struct api_resource api_r_assets = { "assets", "资产", "Assets", routes };
