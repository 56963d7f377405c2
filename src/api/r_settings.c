/* Settings of the platform; secrets go in and never come out. */
#include "api/api_private.h"
#include "app/jslibs.h"
#include "app/settings.h"
#include "base/limits.h"

static const struct api_field smtp_fields[] = {
	API_LINE("host", API_REQUIRED, 1, 253, "服务器", "Server"),
	API_INT("port", API_REQUIRED, 1, 65535, "端口", "Port"),
	API_ENUM("security", API_REQUIRED, "none|starttls|tls", "加密方式", "Encryption"),
	API_LINE("username", API_NULL, 0, 254, "用户名", "User name"),
	API_STR("password", API_NULL | API_WRITE_ONLY, 0, 500, "密码；“***”表示不变", "Password; \"***\" keeps it"),
	API_LINE("from", API_REQUIRED, 3, 254, "发件人", "Sender"),
	API_END,
};
static const struct api_schema smtp_schema = { "SettingsSmtp", smtp_fields, false };

#define SETTINGS_FIELDS(need)                                                                    \
	API_LINE("public_url", need, 0, 200, "对外网址", "Public URL"),                              \
	API_ARRAY("allowed_hosts", need, API_T_LINE, 0, 64, "允许的主机名", "Host names accepted"),     \
	API_LINE("dns_resolver", need, 0, 100, "DNS 解析服务器", "DNS resolver"),                     \
	API_ARRAY("private_ranges", need, API_T_LINE, 0, 64, "允许扫描的内网网段", "Private ranges that may be scanned"), \
	API_OBJECT("smtp", (need) | API_NULL, &smtp_schema, "发信服务器", "Mail server"),              \
	API_LINE("proxy", need, 0, 300, "外出代理", "Proxy for outgoing requests"),                   \
	API_LINE("oob_http", need, 0, 100, "带外监听：HTTP 地址与端口", "Out-of-band listener: HTTP address and port"),             \
	API_LINE("oob_dns", need, 0, 100, "带外监听：DNS 地址与端口", "Out-of-band listener: DNS address and port"),                \
	API_LINE("oob_domain", need, 0, 200, "带外域名", "Out-of-band domain"),                          \
	API_LINE("oob_address", need, 0, 60, "带外域名的地址", "Address of names in that domain"),         \
	API_LINE("oob_url", need, 0, 200, "目标访问带外监听的网址", "How targets reach the listener"),      \
	API_INT("scan_workers", need, 1, 32, "每个进程的并行扫描数", "Parallel scans per worker process"), API_END

static const struct api_field view_fields[] = { SETTINGS_FIELDS(API_REQUIRED) };
static const struct api_field change_fields[] = { SETTINGS_FIELDS(0) };
static const struct api_schema view_schema = { "Settings", view_fields, true };
static const struct api_schema change_schema = { "SettingsUpdate", change_fields, false };

static int get(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_settings_view(&r->call, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int update(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_settings_update(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return hosts_load(r->api, r->call.db, e);
}

static const struct api_field js_fields[] = {
	API_STR("name", API_NULL, 0, 0, "文件名；没有时只用内置清单", "File name; null: only the built-in list"),
	API_INT("size", API_NULL, 0, 0, "字节数", "Bytes"),
	API_INT("libraries", API_NULL, 0, 0, "加上内置清单后的前端库数", "Libraries, the built-in ones included"),
	API_INT("dropped", API_NULL, 0, 0, "写法不支持而未用的规则数", "Patterns left out: not supported"),
	API_TIME("updated", API_NULL, "上传时间", "When"),
	API_STR("updated_by", API_NULL, 0, 0, "上传人", "By whom"),
	API_INT("builtin", API_REQUIRED, 0, 0, "内置清单的前端库数", "Libraries in the built-in list"),
	API_END,
};
static const struct api_schema js_schema = { "JsLibraries", js_fields, true };
static const struct api_field js_new_fields[] = {
	API_LINE("name", 0, 0, 200, "文件名", "File name"),
	API_STR("file_base64", API_REQUIRED, 4, 2 * 1024 * 1024, "retire.js 仓库格式的 JSON，最大 1 MiB", "JSON in the repository format of retire.js, 1 MiB at most"),
	API_END,
};
static const struct api_schema js_new_schema = { "JsLibrariesNew", js_new_fields, false };

static int js_get(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_jslibs_view(&r->call, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int js_put(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_jslibs_put(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int js_delete(struct api_request *r, struct error *e)
{
	if (app_jslibs_delete(&r->call, e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/settings", get, PERM_SETTINGS_READ, API_PLATFORM | API_ETAG, .reply = &view_schema,
	  .zh = "平台设置", .en = "Platform settings" },
	{ HTTP_PATCH, "/settings", update, PERM_SETTINGS_WRITE, API_PLATFORM | API_ETAG,
	  .body = &change_schema, .reply = &view_schema, .example = "{\"public_url\":\"https://zw.example.com\"}",
	  .zh = "修改平台设置", .en = "Change platform settings" },
	{ HTTP_GET, "/settings/js-libraries", js_get, PERM_SETTINGS_READ, API_PLATFORM, .reply = &js_schema,
	  .zh = "前端库漏洞清单", .en = "List of vulnerable JavaScript libraries" },
	{ HTTP_POST, "/settings/js-libraries", js_put, PERM_SETTINGS_WRITE, API_PLATFORM, .body = &js_new_schema,
	  .body_max = 4 * MIB, .reply = &js_schema,
	  .example = "{\"name\":\"jsrepository.json\",\"file_base64\":\"eyJqcXVlcnkiOnsidnVsbmVyYWJpbGl0aWVzIjpbXSwiZXh0cmFjdG9ycyI6eyJ1cmkiOlsianF1ZXJ5LSjCp8KndmVyc2lvbsKnwqcpLmpzIl19fX0=\"}",
	  .zh = "更新前端库漏洞清单", .en = "Replace the list of vulnerable JavaScript libraries",
	  .note_zh = "所有扫描都会使用，同名的库以此为准，其余用内置清单。", .note_en = "Every scan uses it; its libraries replace built-in ones of the same name." },
	{ HTTP_DELETE, "/settings/js-libraries", js_delete, PERM_SETTINGS_WRITE, API_PLATFORM, 204,
	  .zh = "只用内置清单", .en = "Back to the built-in list alone" },
	API_ROUTES_END,
};
const struct api_resource api_r_settings = { "settings", "平台设置", "Platform settings", routes };
