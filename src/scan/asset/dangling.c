/* A name that is an alias (CNAME) of a name that does not exist: whoever gets that name speaks in
 * ours. Told from the answer "no such name" with the alias in it, asked a second time for the
 * alias' end. How bad depends on who can get it: anybody when its domain is not registered or when
 * a cloud service gives such names to the first who asks. */
#include "net/resolver.h"
#include "net/url.h"
#include "scan/asset/asset_private.h"
#include "scan/asset/names_private.h"
#include "scan/scan_private.h"

/* Services where a customer chooses the name below, and where a name without customer does not resolve. */
static const char *const services[] = {
	"azurewebsites.net", "cloudapp.net", "cloudapp.azure.com", "trafficmanager.net", "azureedge.net", "azurefd.net", "azure-api.net",
	"azurecontainer.io", "azurestaticapps.net", "core.windows.net", "elasticbeanstalk.com", "herokudns.com", "netlify.app", "fly.dev",
	"onrender.com", "pages.dev", "web.app", "firebaseapp.com", "surge.sh", "readthedocs.io", "myshopify.com", "aliyuncs.com",
	"myqcloud.com", "myhuaweicloud.com", "bcebos.com", "qiniucdn.com", "clouddn.com", "upcdn.net", "jdcloud-oss.com", "ksyuncs.com",
};

static bool below(struct str name, struct str domain)
{
	return name.len > domain.len && str_iends(name, domain) && name.ptr[name.len - domain.len - 1] == '.';
}

static bool missing(struct names *n, struct str name, uint16_t type)
{
	struct net_records r;
	return net_resolver_query(n->resolver, n->arena, name, type, &r, NULL) == 0 && r.rcode == 3;
}

struct risk {
	enum severity severity;
	enum confidence confidence;
	struct str zh, en;
};

static struct risk judge(struct names *n, struct str to)
{
	struct str domain = url_registrable_domain(to);
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (below(to, str_c(services[i])))
			return (struct risk){ SEVERITY_HIGH, CONFIDENCE_FIRM,
					      arena_printf(n->arena, "这个名字由 %s 分配给第一个申请的人", services[i]),
					      arena_printf(n->arena, "%s gives that name to the first who asks", services[i]) };
	if (domain.len && !str_ieq(domain, n->domain) && missing(n, domain, NET_DNS_NS))
		return (struct risk){ SEVERITY_HIGH, CONFIDENCE_CERTAIN, arena_printf(n->arena, "域名 %.*s 没有注册，任何人都可以注册", STR_ARG(domain)),
				      arena_printf(n->arena, "the domain %.*s is not registered: anybody can", STR_ARG(domain)) };
	return (struct risk){ SEVERITY_LOW, CONFIDENCE_FIRM, STR("得到该名字的人即可使用本域名"), STR("whoever gets that name speaks in this one") };
}

static void report(struct names *n, struct str name, struct str to)
{
	struct risk k = judge(n, to);
	struct str asked = arena_printf(n->arena, "%.*s A", STR_ARG(name));
	struct str got = arena_printf(n->arena, "NXDOMAIN\n%.*s CNAME %.*s\n", STR_ARG(name), STR_ARG(to));
	struct str url = arena_printf(n->arena, "dns://%.*s/", STR_ARG(name));
	char fp[33];
	ssize_t at = str_find(got, to);
	kit_hash(arena_printf(n->arena, "asset-dangling-cname|%.*s|%.*s", STR_ARG(name), STR_ARG(to)), fp);
	struct scan_finding f = {
		.check = STR("asset-dangling-cname"), .fingerprint = str_c(fp), .severity = k.severity, .confidence = k.confidence, .cwe = 350,
		.owasp = STR("A05:2021"), .url = url, .method = STR(""), .parameter = to, .where = STR(""), .count = 1,
		.detail_zh = arena_printf(n->arena, "%.*s 是 %.*s 的别名，而后者不存在：%.*s。", STR_ARG(name), STR_ARG(to), STR_ARG(k.zh)),
		.detail_en = arena_printf(n->arena, "%.*s is an alias of %.*s, which does not exist: %.*s.", STR_ARG(name), STR_ARG(to), STR_ARG(k.en)),
		.instances = &url, .instances_len = 1,
		.evidence = { .request = asked, .response = got, .proof = to, .proof_at = (size_t)at, .proof_len = to.len },
	};
	n->findings++;
	if (n->events->finding)
		n->events->finding(n->events->ctx, &f);
}

struct names_alias names_alias(const struct net_records *r)
{
	struct names_alias a = { STR(""), r->rcode == 3 };
	for (size_t i = 0; i < r->len; i++)
		if (r->ptr[i].type == NET_DNS_CNAME)
			a.to = r->ptr[i].text;
	return a;
}

void names_dangling(struct names *n, struct str name, const struct names_alias *alias)
{
	if (alias->gone && alias->to.len && !str_ieq(alias->to, name) && missing(n, alias->to, NET_DNS_A))
		report(n, name, alias->to);
}
