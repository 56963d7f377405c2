/* Sites, the proofs of ownership and the letters of authorisation. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/logintest.h"
#include "app/site.h"
#include "app/verify.h"
#include "base/limits.h"

#define MODES "quick|standard|deep"
#define VERIFY_STATES "unverified|verified|expired|exempt"

/* ---- shapes ---- */

static const struct api_field window_fields[] = {
	API_ARRAY("days", 0, API_T_INT, 0, 7, "星期，0 为周日；不填为每天", "Days, 0 is Sunday; every day when absent"),
	API_LINE("from", API_REQUIRED, 5, 5, "开始 HH:MM", "From HH:MM"),
	API_LINE("to", API_REQUIRED, 5, 5, "结束 HH:MM，可跨零点", "To HH:MM, may be the next day"),
	API_END,
};
static const struct api_schema window_schema = { "SiteWindow", window_fields, false };
static const struct api_field header_fields[] = {
	API_LINE("name", API_REQUIRED, 1, 128, "名称", "Name"),
	API_STR("value", API_REQUIRED, 0, 4096, "值；*** 表示保持不变", "Value; *** keeps it"),
	API_END,
};
static const struct api_schema header_schema = { "SiteHeader", header_fields, false };
static const struct api_field login_fields[] = {
	API_ENUM("kind", API_REQUIRED, "none|form|script", "登录方式", "How to log in"),
	API_STR("url", API_NULL, 0, 2048, "登录页，不填自动寻找", "The log-in page; looked for when absent"),
	API_STR("user", API_NULL, 0, 200, "用户名", "User name"),
	API_STR("password", API_NULL, 0, 1000, "密码；*** 表示保持不变", "Password; *** keeps it"),
	API_STR("script", API_NULL, 0, 65536, "登录脚本；*** 表示保持不变", "Log-in script; *** keeps it"),
	API_STR("check_url", API_NULL, 0, 2048, "登录后才能看到的页面", "A page that only a logged-in user sees"),
	API_STR("check_text", API_NULL, 0, 200, "登录成功后出现的文字", "Words on the page after logging in"),
	API_END,
};
static const struct api_schema login_schema = { "SiteLogin", login_fields, false };
static const struct api_field settings_fields[] = {
	API_ENUM("mode", 0, MODES, "默认扫描模式", "Usual mode"),
	API_INT("rate", API_NULL, 1, LIMIT_SITE_RATE, "每秒请求数上限", "Requests per second at most"),
	API_ARRAY("excludes", 0, API_T_LINE, 0, LIMIT_SITE_EXCLUDES, "排除的地址（正则）", "Addresses to leave out (PCRE)"),
	API_LIST("headers", 0, &header_schema, 0, LIMIT_SITE_HEADERS, "附加请求头", "Headers to send along"),
	API_STR("cookie", API_NULL, 0, 8192, "整个 Cookie 头；*** 表示保持不变", "A whole Cookie header; *** keeps it"),
	API_INT("max_pages", API_NULL, 1, LIMIT_SITE_PAGES, "页面数上限", "Pages at most"),
	API_INT("max_minutes", API_NULL, 1, LIMIT_SITE_MINUTES, "时长上限（分钟）", "Minutes at most"),
	API_LIST("windows", API_NULL, &window_schema, 0, LIMIT_SITE_WINDOWS, "允许扫描的时间段", "Hours when scanning is allowed"),
	API_ENUM("browser", 0, "auto|on|off", "用浏览器爬取；auto 只在深度模式", "Crawl with a browser; auto: in deep mode"),
	API_OBJECT("login", API_NULL, &login_schema, "自动登录；密码与脚本只写不读", "Log-in; password and script are write-only"),
	API_OBJECT("second_login", API_NULL, &login_schema, "第二个账号的登录，用于越权检查", "Log-in of a second account, for access checks"),
	API_LIST("second_headers", 0, &header_schema, 0, LIMIT_SITE_HEADERS, "第二个账号的请求头", "Headers of that account"),
	API_STR("second_cookie", API_NULL, 0, 8192, "第二个账号的 Cookie；*** 表示保持不变", "Its Cookie header; *** keeps it"),
	API_INT("concurrency", API_NULL, 1, LIMIT_SITE_CONCURRENCY, "同时进行的请求数上限", "Requests in flight at most"),
	API_INT("max_depth", API_NULL, 1, LIMIT_SITE_DEPTH, "链接深度上限", "Links away from the start at most"),
	API_STR("user_agent", API_NULL, 0, 300, "User-Agent 请求头，不填用默认", "User-Agent header; the usual one when absent"),
	API_ARRAY("skip_checks", 0, API_T_LINE, 0, LIMIT_SITE_SKIPS, "不运行的检测项", "Checks left out"),
	API_BOOL("intrusive", 0, "也运行可能改动数据的检测；开启需要 scan:intrusive 权限", "Also checks that may change data; switching on needs scan:intrusive"),
	API_BOOL("try_logins", 0, "用一小份常见口令尝试登录；开启需要 scan:intrusive 权限", "Try a short list of usual passwords; switching on needs scan:intrusive"),
	API_BOOL("oob", 0, "使用平台的带外监听；默认是", "Use the platform's out-of-band listener; on by default"),
	API_INT("incremental", API_NULL, 1, LIMIT_SITE_INCREMENTAL, "增量扫描：每 N 次中有一次完整扫描；1 或不填为每次完整", "Incremental: one scan in N is full; 1 or none: all are"),
	API_END,
};
const struct api_schema api_schema_site_settings = { "SiteSettings", settings_fields, false };

static const struct api_field new_fields[] = {
	API_LINE("url", API_REQUIRED, 1, 2048, "网址", "Address"),
	API_LINE("name", 0, 0, LIMIT_SITE_NAME, "名称，不填用域名", "Name; the host when absent"),
	API_LINE("group", 0, 0, LIMIT_SITE_NAME, "分组", "Group"),
	API_OBJECT("settings", 0, &api_schema_site_settings, "扫描设置", "Scan settings"),
	API_END,
};
static const struct api_schema new_schema = { "SiteNew", new_fields, false };
static const struct api_field change_fields[] = {
	API_LINE("url", 0, 1, 2048, "新网址：域名变更后需重新认证", "New address: a replaced domain must be verified again"),
	API_LINE("name", 0, 1, LIMIT_SITE_NAME, "名称", "Name"),
	API_LINE("group", 0, 0, LIMIT_SITE_NAME, "分组", "Group"),
	API_OBJECT("settings", 0, &api_schema_site_settings, "扫描设置，只改给出的项", "Only the members given change"),
	API_END,
};
static const struct api_schema change_schema = { "SiteUpdate", change_fields, false };
static const struct api_field counts_fields[] = {
	API_INT("critical", API_REQUIRED, 0, 0, "紧急", "Critical"),
	API_INT("high", API_REQUIRED, 0, 0, "高危", "High"),
	API_INT("medium", API_REQUIRED, 0, 0, "中危", "Medium"),
	API_INT("low", API_REQUIRED, 0, 0, "低危", "Low"),
	API_INT("info", API_REQUIRED, 0, 0, "提示", "Info"),
	API_END,
};
const struct api_schema api_schema_counts = { "Counts", counts_fields, true };
static const struct api_field error_fields[] = {
	API_STR("code", API_REQUIRED, 0, 0, "代码", "Code"),
	API_STR("detail", API_REQUIRED, 0, 0, "说明", "What happened"),
	API_STR("detail_en", API_REQUIRED, 0, 0, "英文说明", "What happened, in English"),
	API_END,
};
const struct api_schema api_schema_error = { "ErrorDetail", error_fields, true };
static const struct api_field short_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("state", API_REQUIRED, 0, 0, "状态", "State"),
	API_STR("mode", API_REQUIRED, 0, 0, "模式", "Mode"),
	API_NUM("progress", API_REQUIRED, 0, 100, "进度 0.00–100.00", "Progress"),
	API_INT("score", API_NULL, 0, 100, "分数", "Score"),
	API_OBJECT("counts", 0, &api_schema_counts, "各级数量", "By level"),
	API_TIME("finished", API_NULL, "结束时间", "Finished"),
	API_END,
};
const struct api_schema api_schema_scan_short = { "ScanShort", short_fields, true };
static const struct api_field site_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("name", API_REQUIRED, 0, 0, "名称", "Name"),
	API_STR("url", API_REQUIRED, 0, 0, "网址", "Address"),
	API_STR("origin", API_REQUIRED, 0, 0, "协议、主机和端口", "Scheme, host and port"),
	API_STR("host", API_REQUIRED, 0, 0, "主机（ASCII）", "Host in ASCII"),
	API_STR("host_display", API_REQUIRED, 0, 0, "主机（显示用）", "Host as a person reads it"),
	API_INT("port", API_REQUIRED, 0, 0, "端口", "Port"),
	API_STR("group", API_REQUIRED, 0, 0, "分组", "Group"),
	API_ENUM("verify_state", API_REQUIRED, VERIFY_STATES, "认证状态", "State of the proof"),
	API_STR("verify_method", API_NULL, 0, 0, "认证方式", "Method of the proof"),
	API_TIME("verified_at", API_NULL, "认证时间", "Proved"),
	API_TIME("verify_checked_at", API_NULL, "最近复查时间", "Looked at again"),
	API_OBJECT("verify_error", API_NULL, &api_schema_error, "复查失败原因", "Why it failed then"),
	API_INT("score", API_NULL, 0, 100, "健康分，未扫描为空", "Health score; null: never scanned"),
	API_OBJECT("counts", API_NULL, &api_schema_counts, "未处理漏洞数", "Open findings"),
	API_OBJECT("last_scan", API_NULL, &api_schema_scan_short, "最近一次扫描", "Last scan"),
	API_OBJECT("active_scan", API_NULL, &api_schema_scan_short, "进行中的扫描", "Scan in progress"),
	API_OBJECT("settings", API_REQUIRED, &api_schema_site_settings, "扫描设置", "Scan settings"),
	API_TIME("created", API_REQUIRED, "添加时间", "Added"),
	API_TIME("updated", API_REQUIRED, "修改时间", "Changed"),
	API_END,
};
static const struct api_schema site_schema = { "Site", site_fields, true };
static const struct api_field query_fields[] = {
	API_LINE("q", 0, 0, 100, "名称或网址包含", "Name or address contains"),
	API_LINE("verify_state", 0, 0, 100, "认证状态，逗号分隔", "States, separated by commas"),
	API_LINE("group", 0, 0, LIMIT_SITE_NAME, "分组", "Group"),
	API_ENUM("sort", 0, "created|-created|name|-name|url|-url|score|-score|last_scan|-last_scan|verify_state|-verify_state",
		 "排序", "Order"),
	API_END,
};
static const struct api_schema query_schema = { "SiteQuery", query_fields, false };
static const struct api_field summary_fields[] = {
	API_INT("total", API_REQUIRED, 0, 0, "网站数量", "Sites"),
	API_INT("verified", API_REQUIRED, 0, 0, "已认证", "Verified"),
	API_INT("unverified", API_REQUIRED, 0, 0, "未认证", "Not verified"),
	API_INT("expired", API_REQUIRED, 0, 0, "已失效", "Expired"),
	API_INT("exempt", API_REQUIRED, 0, 0, "免认证", "Exempt"),
	API_ANY("most_dangerous", API_NULL, 0, "最危险的网站，没有则为空", "Site with the lowest score, null when none is below 100"),
	API_END,
};
static const struct api_schema summary_schema = { "SiteSummary", summary_fields, true };

static const struct api_field method_fields[] = {
	API_ENUM("method", API_REQUIRED, "file|meta|dns", "认证方式", "Method"),
	API_END,
};
static const struct api_schema method_schema = { "VerificationNew", method_fields, false };
static const struct api_field verification_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_ENUM("method", API_REQUIRED, "file|meta|dns", "认证方式", "Method"),
	API_ENUM("state", API_REQUIRED, "pending|passed|failed|expired", "状态", "State"),
	API_STR("token", API_REQUIRED, 0, 0, "令牌", "Token"),
	API_TIME("expires", API_REQUIRED, "令牌到期", "Token expires"),
	API_TIME("checked_at", API_NULL, "最近检查", "Last looked"),
	API_ANY("instructions", API_REQUIRED, 0, "放置方法", "Where to put what"),
	API_ANY("attempts", API_REQUIRED, 0, "逐处检查结果", "What was found at each place"),
	API_END,
};
static const struct api_schema verification_schema = { "Verification", verification_fields, true };

static const struct api_field logintest_new_fields[] = {
	API_ENUM("account", 0, "first|second", "哪个账号，不填为第一个", "Which account; the first when absent"),
	API_END,
};
static const struct api_schema logintest_new_schema = { "LoginTestNew", logintest_new_fields, false };
static const struct api_field logintest_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_ID("site_id", API_REQUIRED, "网站", "Site"),
	API_ENUM("account", API_REQUIRED, "first|second", "账号", "Account"),
	API_ENUM("state", API_REQUIRED, "queued|running|paused|done|failed|cancelled", "状态", "State"),
	API_BOOL("ok", API_NULL, "是否登录成功，未结束为空", "Did it work; null until it has ended"),
	API_STR("code", API_REQUIRED, 0, 0, "不成功的原因代码", "Code of why not"),
	API_STR("message", API_REQUIRED, 0, 0, "看到了什么", "What was seen"),
	API_STR("message_en", API_REQUIRED, 0, 0, "英文", "The same in English"),
	API_TIME("created", API_REQUIRED, "开始时间", "Asked"),
	API_TIME("finished", API_NULL, "结束时间", "Ended"),
	API_END,
};
static const struct api_schema logintest_schema = { "LoginTest", logintest_fields, true };

static const struct api_field letter_new_fields[] = {
	API_LINE("letter_name", API_REQUIRED, 1, 200, "文件名", "File name"),
	API_STR("letter_base64", API_REQUIRED, 8, 8 * 1024 * 1024, "PDF、JPG 或 PNG，最大 5 MB", "PDF, JPG or PNG, 5 MB at most"),
	API_ARRAY("ranges", API_REQUIRED, API_T_LINE, 1, LIMIT_LETTER_RANGES, "地址段（CIDR）", "Address ranges (CIDR)"),
	API_TIME("expires", API_REQUIRED, "授权截止", "Valid until"),
	API_STR("note", 0, 0, 2000, "说明", "Note"),
	API_END,
};
static const struct api_schema letter_new_schema = { "AuthorizationNew", letter_new_fields, false };
static const struct api_field letter_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_ID("site_id", API_REQUIRED, "网站", "Site"),
	API_STR("site_name", API_REQUIRED, 0, 0, "网站名称", "Name of the site"),
	API_STR("letter_name", API_REQUIRED, 0, 0, "文件名", "File name"),
	API_STR("letter_sha256", API_REQUIRED, 0, 0, "文件摘要", "SHA-256 of the file"),
	API_ARRAY("ranges", API_REQUIRED, API_T_STR, 0, 0, "地址段", "Address ranges"),
	API_ENUM("state", API_REQUIRED, "pending|approved|rejected|expired", "状态", "State"),
	API_TIME("expires", API_REQUIRED, "授权截止", "Valid until"),
	API_OBJECT("requested_by", API_REQUIRED, &api_schema_person, "申请人", "Asked by"),
	API_OBJECT("decided_by", API_NULL, &api_schema_person, "审批人", "Decided by"),
	API_STR("reason", API_REQUIRED, 0, 0, "审批意见", "Reason"),
	API_TIME("created", API_REQUIRED, "提交时间", "Asked"),
	API_END,
};
static const struct api_schema letter_schema = { "Authorization", letter_fields, true };

/* ---- sites ---- */

static int list(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 ||
	    app_site_list(&r->call, api_query_str(r, "q"), api_query_str(r, "verify_state"),
			  api_query_str(r, "group"), &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_site_get(&r->call, api_param(r, "site"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int add(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_site_add(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	api_reply_location(r, "/sites/%s", json_string_value(json_object_get(v, "id")));
	return 0;
}

static int change(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_site_change(&r->call, api_param(r, "site"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

/* 204 when it is gone, 202 when a second person has to agree first. */
static int delete(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_site_delete(&r->call, api_param(r, "site"), json_get_str(r->body, "reason"), &v, e) < 0)
		return -1;
	if (v)
		api_reply_status(r, 202, v);
	else
		api_reply(r, NULL);
	return 0;
}

static int summary(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_site_summary(&r->call, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

/* ---- proofs ---- */

static int verify_start(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_verify_start(&r->call, api_param(r, "site"), json_get_str(r->body, "method"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int verify_list(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 ||
	    app_verify_list(&r->call, api_param(r, "site"), &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int verify_check(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_verify_check(&r->call, api_param(r, "site"), api_param(r, "verification"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int verify_file(struct api_request *r, struct error *e)
{
	struct str name, content;
	struct buf b = BUF_INIT(KIB);

	if (app_verify_file(&r->call, api_param(r, "site"), api_param(r, "verification"), &name,
			    &content, e) < 0)
		return -1;
	buf_str(&b, content);
	api_reply_file(r, name, "text/plain; charset=utf-8", &b);
	return 0;
}

/* ---- trying the log-in ---- */

static int logintest_start(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_logintest_start(&r->call, api_param(r, "site"), json_get_str(r->body, "account"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int logintest_get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_logintest_get(&r->call, api_param(r, "site"), api_param(r, "login_test"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

/* ---- letters ---- */

static int letter_add(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_letter_add(&r->call, api_param(r, "site"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int letter_list(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 ||
	    app_letter_list(&r->call, STR_NULL, api_query_str(r, "state"), &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int letter_decide(struct api_request *r, bool approve, struct error *e)
{
	json_t *v;

	if (app_letter_decide(&r->call, api_param(r, "authorization"), approve,
			      json_get_str(r->body, "reason"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int letter_approve(struct api_request *r, struct error *e)
{
	return letter_decide(r, true, e);
}

static int letter_reject(struct api_request *r, struct error *e)
{
	return letter_decide(r, false, e);
}

static int letter_file(struct api_request *r, struct error *e)
{
	struct str name, type;
	struct buf b = BUF_INIT(LIMIT_LETTER);

	if (app_letter_file(&r->call, api_param(r, "authorization"), &name, &type, &b, e) < 0) {
		buf_free(&b);
		return -1;
	}
	api_reply_file(r, name, type.ptr, &b);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/sites", list, PERM_SITE_READ, API_LISTS, .query = &query_schema,
	  .reply = &site_schema, .zh = "网站列表", .en = "Sites" },
	{ HTTP_GET, "/sites/summary", summary, PERM_SITE_READ, 0, .reply = &summary_schema,
	  .zh = "主页卡片：网站数量与最危险的网站", .en = "Numbers of sites, and the most dangerous one" },
	{ HTTP_POST, "/sites", add, PERM_SITE_WRITE, 0, 201, .body = &new_schema,
	  .reply = &site_schema, .makes = "site",
	  .example = "{\"url\":\"https://www.example.com/\",\"name\":\"官网\"}", .zh = "添加网站",
	  .en = "Add a site" },
	{ HTTP_GET, "/sites/{site}", get, PERM_SITE_READ, API_ETAG, .reply = &site_schema,
	  .zh = "网站详情", .en = "One site" },
	{ HTTP_PATCH, "/sites/{site}", change, PERM_SITE_WRITE, API_ETAG, .body = &change_schema,
	  .reply = &site_schema, .example = "{\"name\":\"新官网\"}", .zh = "编辑网站、变更域名",
	  .en = "Change a site or replace its domain" },
	{ HTTP_DELETE, "/sites/{site}", delete, PERM_SITE_DELETE, API_ETAG | API_BODY_OPTIONAL, 204,
	  .body = &api_schema_reason, .zh = "删除网站", .en = "Delete a site",
	  .note_zh = "扫描进行中不能删除。有第二位管理员时返回 202 和待批操作；只有一位时须写明理由。",
	  .note_en = "Refused while a scan runs. 202 with the pending approval where a second administrator exists; a reason is needed where there is only one." },
	{ HTTP_POST, "/sites/{site}/verifications", verify_start, PERM_SITE_WRITE, 0, 201,
	  .body = &method_schema, .reply = &verification_schema, .makes = "verification",
	  .example = "{\"method\":\"file\"}", .zh = "获取认证令牌", .en = "Ask for a token" },
	{ HTTP_GET, "/sites/{site}/verifications", verify_list, PERM_SITE_WRITE, API_LISTS,
	  .reply = &verification_schema, .zh = "认证记录", .en = "Proofs asked for" },
	{ HTTP_POST, "/sites/{site}/verifications/{verification}/check", verify_check,
	  PERM_SITE_WRITE, API_BODY_OPTIONAL, .reply = &verification_schema, .zh = "检查认证",
	  .en = "Look for the proof now" },
	{ HTTP_GET, "/sites/{site}/verifications/{verification}/file", verify_file, PERM_SITE_WRITE,
	  API_FILE, .zh = "下载认证文件", .en = "The file to put on the server" },
	{ HTTP_POST, "/sites/{site}/login-tests", logintest_start, PERM_SITE_WRITE, API_BODY_OPTIONAL, 202,
	  .body = &logintest_new_schema, .reply = &logintest_schema, .zh = "测试登录", .en = "Try the saved log-in",
	  .note_zh = "网站须已认证且没有在扫描。按保存的设置真正登录一次，结果用 GET 查询。",
	  .note_en = "The site must be verified and not being scanned. Logs in once as saved; ask for the result by GET." },
	{ HTTP_GET, "/sites/{site}/login-tests/{login_test}", logintest_get, PERM_SITE_WRITE, 0,
	  .reply = &logintest_schema, .zh = "登录测试的结果", .en = "How the log-in went" },
	{ HTTP_POST, "/sites/{site}/authorizations", letter_add, PERM_SITE_WRITE, 0, 201,
	  .body = &letter_new_schema, .body_max = 8 * MIB, .reply = &letter_schema,
	  .makes = "authorization",
	  .example = "{\"letter_name\":\"授权书.pdf\",\"letter_base64\":\"JVBERi0xLjQKJSVFT0YK\",\"ranges\":[\"10.1.0.0/16\"],\"expires\":\"2027-06-30T00:00:00Z\"}",
	  .zh = "提交内网授权书", .en = "Hand in a letter of authorisation" },
	{ HTTP_GET, "/authorizations", letter_list, PERM_AUTHORIZATION_READ, API_LISTS | API_NO_TENANT,
	  .query = &api_schema_state_query, .reply = &letter_schema, .zh = "授权书列表",
	  .en = "Letters; those of every tenant for whoever approves them" },
	{ HTTP_POST, "/authorizations/{authorization}/approve", letter_approve,
	  PERM_AUTHORIZATION_APPROVE, API_PLATFORM | API_NO_TENANT | API_BODY_OPTIONAL,
	  .body = &api_schema_reason, .reply = &letter_schema, .zh = "批准授权书", .en = "Approve" },
	{ HTTP_POST, "/authorizations/{authorization}/reject", letter_reject,
	  PERM_AUTHORIZATION_APPROVE, API_PLATFORM | API_NO_TENANT | API_BODY_OPTIONAL,
	  .body = &api_schema_reason, .reply = &letter_schema, .zh = "驳回授权书", .en = "Reject" },
	{ HTTP_GET, "/authorizations/{authorization}/letter", letter_file, PERM_AUTHORIZATION_READ,
	  API_FILE | API_NO_TENANT, .zh = "下载授权书", .en = "The letter" },
	API_ROUTES_END,
};
const struct api_resource api_r_sites = { "sites", "网站与认证", "Sites and ownership", routes };
