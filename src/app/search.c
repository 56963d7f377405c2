/* Global search: dispatcher, and the providers for members and for the console's pages. */
#include "app/search.h"

#include "app/search_list.h"
#include "base/limits.h"
#include "base/check.h"
#include "store/tenant.h"

#define PER_PROVIDER 8

#define X(name) extern const struct app_search_provider app_search_##name;
APP_SEARCHES(X)
#undef X

static const struct app_search_provider *const providers[] = {
#define X(name) &app_search_##name,
	APP_SEARCHES(X)
#undef X
};

void app_search_add(json_t *items, const char *type, struct str id, struct str title,
		    struct str subtitle, struct str url)
{
	json_t *v = json_object();
	json_put(v, "type", json_c(type));
	json_put(v, "id", json_str(id));
	json_put(v, "title", json_str(title));
	json_put(v, "subtitle", json_str(subtitle));
	json_put(v, "url", json_str(url));
	json_array_append_new(items, v);
}

int app_search(struct app_call *c, struct str q, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	q = str_trim(q);
	for (size_t i = 0; !str_empty(q) && i < ARRAY_SIZE(providers); i++)
		if (app_may(c, providers[i]->need) &&
		    providers[i]->find(c, q, PER_PROVIDER, items, e) < 0)
			return -1;
	*ret = take_ptr(items);
	return 0;
}

static void member_found(void *arg, const struct store_member *m)
{
	app_search_add(arg, "member", m->id, m->name, m->email, STR("/admin/members"));
}

static int find_members(struct app_call *c, struct str q, int limit, json_t *items,
			struct error *e)
{
	struct store_page page = { .limit = (unsigned)limit };
	return store_member_list(c->db, c->actor->tenant_id, &page, q, STR(""), c->arena, member_found,
				 items, e);
}

const struct app_search_provider app_search_members = { "member", PERM_MEMBER_READ, find_members };

static const struct page {
	const char *zh, *en, *url;
	enum app_permission need;
} pages[] = {
	{ "总览", "Overview", "/overview", PERM_SITE_READ },
	{ "扫描主页", "Scan home", "/scan/home", PERM_SITE_READ },
	{ "资产列表 网站", "Sites", "/scan/sites", PERM_SITE_READ },
	{ "添加网站", "Add a site", "/scan/sites/new", PERM_SITE_WRITE },
	{ "漏洞管理", "Findings", "/scan/vulns", PERM_FINDING_READ },
	{ "安全监测 监测任务", "Monitoring tasks", "/scan/monitors", PERM_MONITOR_READ },
	{ "报告中心", "Reports", "/scan/reports", PERM_REPORT_READ },
	{ "通知设置", "Notifications", "/scan/notify", PERM_NOTIFY_READ },
	{ "成员与角色", "Members and roles", "/admin/members", PERM_MEMBER_READ },
	{ "接口密钥", "API keys", "/admin/keys", PERM_KEY_READ },
	{ "配额", "Quotas", "/admin/quotas", PERM_QUOTA_READ },
	{ "审计日志", "Audit log", "/admin/audit", PERM_AUDIT_READ },
	{ "租户", "Tenants", "/admin/tenants", PERM_TENANT_MANAGE },
	{ "平台设置", "Platform settings", "/admin/settings", PERM_SETTINGS_READ },
};

static int find_pages(struct app_call *c, struct str q, int limit, json_t *items, struct error *e)
{
	bool english = str_eq(c->actor->lang, STR("en"));
	for (size_t i = 0; i < ARRAY_SIZE(pages) && limit > 0; i++) {
		const struct page *p = &pages[i];
		if (!app_may(c, p->need) || (!str_has(str_c(p->zh), q) && !str_ihas(str_c(p->en), q)))
			continue;
		app_search_add(items, "page", str_c(p->url), str_c(english ? p->en : p->zh),
			       str_c(english ? p->zh : p->en), str_c(p->url));
		limit--;
	}
	return 0;
}

const struct app_search_provider app_search_pages = { "page", PERM_NONE, find_pages };
