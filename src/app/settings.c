/* The settings document. What a value means is checked here, shapes by the API's
 * schema. */
#include "app/settings.h"

#include <arpa/inet.h>

#include "app/secret.h"
#include "base/check.h"
#include "base/limits.h"
#include "store/setting.h"

#define DOCUMENT STR("platform")
#define SMTP_PURPOSE STR("settings.smtp.password")

static const char *const oob_keys[] = { "oob_http", "oob_dns", "oob_domain", "oob_address", "oob_url" };

static int load(struct store_conn *db, struct arena *a, json_t **ret, struct error *e)
{
	struct str text;
	int r = store_setting_get(db, DOCUMENT, a, &text, e);
	if (r < 0)
		return -1;
	*ret = r ? json_parse(text, e) : json_object();
	return *ret ? 0 : -1;
}

static struct app_strs strings(const json_t *doc, const char *key, struct arena *a)
{
	const json_t *list = json_object_get(doc, key);
	size_t n = json_array_size(list);
	struct str *out = arena_array(a, n ? n : 1, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		out[i] = arena_str(a, str_c(json_string_value(json_array_get(list, i))));
	return (struct app_strs){ out, n };
}

int app_settings_load(struct app *app, struct store_conn *db, struct arena *a,
		      struct app_settings *ret, struct error *e)
{
	_cleanup_json_ json_t *doc = NULL;
	_cleanup_buf_ struct buf password = BUF_INIT(4096);
	if (load(db, a, &doc, e) < 0)
		return -1;
	struct app_settings s = {
		.public_url = arena_str(a, json_get_str(doc, "public_url")),
		.allowed_hosts = strings(doc, "allowed_hosts", a),
		.dns_resolver = arena_str(a, json_get_str(doc, "dns_resolver")),
		.private_ranges = strings(doc, "private_ranges", a),
		.proxy = arena_str(a, json_get_str(doc, "proxy")),
		.oob = { arena_str(a, json_get_str(doc, "oob_http")), arena_str(a, json_get_str(doc, "oob_dns")),
			 arena_str(a, json_get_str(doc, "oob_domain")), arena_str(a, json_get_str(doc, "oob_address")),
			 arena_str(a, json_get_str(doc, "oob_url")) },
		.scan_workers = json_get_int(doc, "scan_workers", 2),
	};
	const json_t *smtp = json_object_get(doc, "smtp");
	if (json_is_object(smtp)) {
		struct str sealed = json_get_str(smtp, "password");
		if (!str_empty(sealed) && app_unseal(app, SMTP_PURPOSE, sealed, &password, e) < 0)
			return -1;
		s.has_smtp = true;
		s.smtp.host = arena_str(a, json_get_str(smtp, "host"));
		s.smtp.port = json_get_int(smtp, "port", 25);
		s.smtp.security = arena_str(a, json_get_str(smtp, "security"));
		s.smtp.username = arena_str(a, json_get_str(smtp, "username"));
		s.smtp.password = arena_str(a, buf_view(&password));
		s.smtp.from = arena_str(a, json_get_str(smtp, "from"));
	}
	*ret = s;
	return 0;
}

static json_t *copy_or(const json_t *doc, const char *key, json_t *otherwise)
{
	json_t *v = json_object_get(doc, key);
	if (!v)
		return otherwise;
	json_decref(otherwise);
	return json_deep_copy(v);
}

static json_t *view(const json_t *doc)
{
	json_t *v = json_object();
	json_put(v, "public_url", copy_or(doc, "public_url", json_c("")));
	json_put(v, "allowed_hosts", copy_or(doc, "allowed_hosts", json_array()));
	json_put(v, "dns_resolver", copy_or(doc, "dns_resolver", json_c("")));
	json_put(v, "private_ranges", copy_or(doc, "private_ranges", json_array()));
	json_put(v, "smtp", copy_or(doc, "smtp", json_null()));
	json_put(v, "proxy", copy_or(doc, "proxy", json_c("")));
	for (size_t i = 0; i < ARRAY_SIZE(oob_keys); i++)
		json_put(v, oob_keys[i], copy_or(doc, oob_keys[i], json_c("")));
	json_put(v, "scan_workers", copy_or(doc, "scan_workers", json_integer(2)));
	json_t *smtp = json_object_get(v, "smtp");
	if (json_is_object(smtp))
		json_put(smtp, "password",
			 str_empty(json_get_str(smtp, "password")) ? json_null() : json_c("***"));
	return v;
}

int app_settings_view(struct app_call *c, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *doc = NULL;
	if (app_require(c, PERM_SETTINGS_READ, e) < 0 || load(c->db, c->arena, &doc, e) < 0)
		return -1;
	*ret = view(doc);
	return 0;
}

static bool cidr_ok(struct str text)
{
	char host[INET6_ADDRSTRLEN + 1];
	unsigned char addr[16];
	ssize_t slash = str_chr(text, '/');
	int64_t bits;
	if (slash <= 0 || (size_t)slash >= sizeof(host) ||
	    str_to_i64(str_from(text, (size_t)slash + 1), &bits) < 0)
		return false;
	memcpy(host, text.ptr, (size_t)slash);
	host[slash] = '\0';
	bool v6 = strchr(host, ':') != NULL;
	return bits >= 0 && bits <= (v6 ? 128 : 32) &&
	       inet_pton(v6 ? AF_INET6 : AF_INET, host, addr) == 1;
}

static bool host_ok(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!ascii_alnum(text.ptr[i]) && !strchr("-._:[]", text.ptr[i]))
			return false;
	return text.len > 0 && text.len <= 255;
}

static int check_values(const json_t *in, struct error *e)
{
	size_t i;
	json_t *v;
	struct str url = json_get_str(in, "public_url"), dns = json_get_str(in, "dns_resolver");
	json_array_foreach(json_object_get(in, "private_ranges"), i, v)
		if (!cidr_ok(str_c(json_string_value(v))))
			return error_field(e, "private_ranges", "input.cidr",
					   "“%s”不是网段，例如 10.0.0.0/8。", "\"%s\" is no range such as 10.0.0.0/8.",
					   json_string_value(v));
	json_array_foreach(json_object_get(in, "allowed_hosts"), i, v)
		if (!host_ok(str_c(json_string_value(v))))
			return error_field(e, "allowed_hosts", "input.host", "“%s”不是主机名。",
					   "\"%s\" is no host name.", json_string_value(v));
	if (!str_empty(url) && !str_starts(url, STR("http://")) && !str_starts(url, STR("https://")))
		return error_field(e, "public_url", "input.url", "请以 http:// 或 https:// 开头。",
				   "Start with http:// or https://.");
	for (size_t k = 0; k < 2; k++) {
		struct str at = json_get_str(in, oob_keys[k]);
		if (!str_empty(at) && (!host_ok(at) || str_rchr(at, ':') <= 0))
			return error_field(e, oob_keys[k], "input.address", "请写成“地址:端口”，例如 0.0.0.0:8053。",
					   "Write \"ADDRESS:PORT\", for example 0.0.0.0:8053.");
	}
	struct str domain = json_get_str(in, "oob_domain"), address = json_get_str(in, "oob_address");
	if (!str_empty(domain) && (!host_ok(domain) || domain.len > 200))
		return error_field(e, "oob_domain", "input.host", "请填写域名，例如 oob.example.cn。", "Give a domain such as oob.example.cn.");
	char ip[INET6_ADDRSTRLEN + 1];
	unsigned char raw[16];
	snprintf(ip, sizeof(ip), "%.*s", (int)(address.len < INET6_ADDRSTRLEN ? address.len : INET6_ADDRSTRLEN), address.ptr ? address.ptr : "");
	if (!str_empty(address) && inet_pton(AF_INET, ip, raw) != 1 && inet_pton(AF_INET6, ip, raw) != 1)
		return error_field(e, "oob_address", "input.address", "请填写 IP 地址。", "Give an IP address.");
	struct str oob_url = json_get_str(in, "oob_url");
	if (!str_empty(oob_url) && !str_starts(oob_url, STR("http://")))
		return error_field(e, "oob_url", "input.url", "请以 http:// 开头。", "Start with http://.");
	if (!str_empty(dns) && !host_ok(dns))
		return error_field(e, "dns_resolver", "input.address", "请填写解析服务器的 IP 地址。",
				   "Give the IP address of a resolver.");
	return 0;
}

static void merge_smtp(struct app_call *c, json_t *doc, const json_t *in)
{
	json_t *old = json_object_get(doc, "smtp");
	json_t *merged = json_is_object(old) ? json_deep_copy(old) : json_object();
	const char *key;
	json_t *v;
	json_object_foreach(json_object_get(in, "smtp"), key, v)
	{
		struct str text = str_c(json_is_string(v) ? json_string_value(v) : "");
		if (strcmp(key, "password") != 0) {
			json_object_set(merged, key, v);
		} else if (!str_eq(text, STR("***"))) {
			_cleanup_buf_ struct buf sealed = BUF_INIT(8192);
			if (!str_empty(text))
				app_seal(c->app, SMTP_PURPOSE, text, &sealed);
			json_put(merged, key, json_str(buf_view(&sealed)));
		}
	}
	json_put(doc, "smtp", merged);
}

struct change {
	const json_t *in;
	json_t *out;
};

static int change(struct app_call *c, void *arg, struct error *e)
{
	struct change *k = arg;
	_cleanup_json_ json_t *doc = NULL;
	_cleanup_buf_ struct buf text = BUF_INIT(64 * KIB);
	_cleanup_json_ json_t *names = json_array(), *detail = json_object();
	const char *key;
	json_t *v;
	if (load(c->db, c->arena, &doc, e) < 0)
		return -1;
	json_object_foreach((json_t *)(uintptr_t)k->in, key, v)
	{
		json_array_append_new(names, json_c(key));
		if (json_is_null(v))
			json_object_del(doc, key);
		else if (strcmp(key, "smtp") == 0)
			merge_smtp(c, doc, k->in);
		else
			json_object_set(doc, key, v);
	}
	json_write(&text, doc);
	json_object_set(detail, "changed", names);
	if (store_setting_put(c->db, DOCUMENT, buf_view(&text), c->now, e) < 0 ||
	    app_audit_in(c, APP_PLATFORM, "settings.update", "settings", STR(""), STR(""), detail, e) < 0)
		return -1;
	json_decref(k->out);
	k->out = view(doc);
	return 0;
}

int app_settings_update(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	struct change k = { in, NULL };
	if (app_require(c, PERM_SETTINGS_WRITE, e) < 0 || check_values(in, e) < 0 ||
	    app_tx(c, change, &k, e) < 0) {
		json_decref(k.out);
		return -1;
	}
	*ret = k.out;
	return 0;
}
