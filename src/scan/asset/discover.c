/* Whole discovery: resolves the host once and pins the address that the policy allows,
 * opens the policy's scope for exactly what will be visited, asks DNS, runs the engine,
 * then tries sub-domain candidates. */
#include <netdb.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/http.h"
#include "net/policy.h"
#include "net/resolver.h"
#include "net/url.h"
#include "scan/asset/asset_private.h"
#include "scan/asset/names_private.h"

struct discovery {
	const struct asset_job *j;
	const struct asset_events *events; /* the caller's */
	struct arena *arena;
	struct names_list certificates; /* names in certificates seen */
};

/* ---- events pass through; names of certificates are kept ---- */

static void note_names(struct discovery *d, struct str detail)
{
	_cleanup_json_ json_t *o = json_parse(detail, NULL);
	const json_t *names = o ? json_object_get(o, "names") : NULL;
	const json_t *v;
	size_t i;

	json_array_foreach(names, i, v)
		if (json_is_string(v) && json_string_length(v) <= LIMIT_NET_HOST && d->certificates.len < 200)
			*vec_push(&d->certificates) =
				arena_str(d->arena, str_make(json_string_value(v), json_string_length(v)));
}

static void pass_fact(void *ctx, const struct asset_fact *f)
{
	struct discovery *d = ctx;

	if (str_eq(f->kind, STR("certificate")))
		note_names(d, f->detail);
	if (d->events->fact)
		d->events->fact(d->events->ctx, f);
}

static void pass_finding(void *ctx, const struct scan_finding *f)
{
	struct discovery *d = ctx;

	if (d->events->finding)
		d->events->finding(d->events->ctx, f);
}

/* The engine's share of the whole is 5 … 90 %. */
static void pass_progress(void *ctx, const struct asset_progress *p)
{
	struct discovery *d = ctx;
	struct asset_progress copy = *p;

	copy.basis = 500 + p->basis * 85 / 100;
	if (d->events->progress)
		d->events->progress(d->events->ctx, &copy);
}

static void pass_log(void *ctx, struct str zh, struct str en)
{
	struct discovery *d = ctx;

	if (d->events->log)
		d->events->log(d->events->ctx, zh, en);
}

static void pass_checkpoint(void *ctx, struct str text)
{
	struct discovery *d = ctx;

	if (d->events->checkpoint)
		d->events->checkpoint(d->events->ctx, text);
}

static enum scan_verdict pass_stop(void *ctx)
{
	struct discovery *d = ctx;

	return d->events->should_stop ? d->events->should_stop(d->events->ctx) : SCAN_GO;
}

static void tell(struct discovery *d, unsigned basis, const char *zh, const char *en)
{
	struct asset_progress p = { .basis = basis, .doing_zh = zh, .doing_en = en };

	if (d->events->progress)
		d->events->progress(d->events->ctx, &p);
}

/* ---- where ---- */

static int lookup(const struct asset_job *j, struct net_addrs *ret, struct error *e)
{
	_cleanup_resolver_ struct net_resolver *r = NULL;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	char name[LIMIT_NET_HOST + 1];

	if (j->dns.len)
		return net_resolver_new(j->dns, &r, e) < 0 ? -1 : net_resolver_addrs(r, j->o.host, ret, e);
	snprintf(name, sizeof(name), "%.*s", STR_ARG(j->o.host));
	if (getaddrinfo(name, NULL, &hints, &list) != 0)
		return error_field(e, "host", "dns.no-name", "域名 %.*s 没有可用的地址", "The name %.*s has no address",
				   STR_ARG(j->o.host));
	ret->len = 0;
	for (struct addrinfo *i = list; i && ret->len < sizeof(ret->ptr) / sizeof(ret->ptr[0]); i = i->ai_next)
		if (i->ai_addrlen <= sizeof(ret->ptr[0]))
			memcpy(&ret->ptr[ret->len++], i->ai_addr, i->ai_addrlen);
	freeaddrinfo(list);
	return 0;
}

/* The first address that the policy allows. IPv4 first: it is what visitors mostly use. */
static int choose(const struct asset_job *j, struct arena *a, struct str *ret, struct error *e)
{
	struct net_addrs addrs = { 0 };
	struct sockaddr_storage numeric;
	struct error why = { 0 };
	socklen_t len;
	char text[NET_ADDR_TEXT];

	if (j->o.host.len == 0 || j->o.host.len > LIMIT_NET_HOST)
		return error_field(e, "host", "policy.bad-host", "主机名无效", "Invalid host name");
	/* Names that mean a forbidden place; what is out of scope now is opened below. */
	if (net_policy_check_host(j->policy, j->o.host, 80, &why) < 0 && !error_is(&why, "policy.out-of-scope")) {
		if (e)
			*e = why;
		return -1;
	}
	if (net_addr_parse(j->o.host, 0, &numeric, &len) == 0)
		addrs = (struct net_addrs){ .ptr = { numeric }, .len = 1 };
	else if (lookup(j, &addrs, e) < 0)
		return -1;
	for (int family = 0; family < 2; family++)
		for (size_t i = 0; i < addrs.len; i++) {
			const struct sockaddr *sa = (const struct sockaddr *)&addrs.ptr[i];

			if ((sa->sa_family == AF_INET6) != (family == 1) || net_policy_check_addr(j->policy, sa, &why) < 0)
				continue;
			net_addr_text(sa, text);
			*ret = arena_str(a, str_c(text));
			return 0;
		}
	if (!why.code[0])
		return error_field(e, "host", "dns.no-name", "域名 %.*s 没有可用的地址", "The name %.*s has no address",
				   STR_ARG(j->o.host));
	if (e)
		*e = why;
	return -1;
}

static int open_scope(const struct asset_job *j, struct asset_options *o, struct names *n, struct arena *a,
		      struct error *e)
{
	uint16_t port = j->own_port_only ? o->site_port : 0;
	struct str *servers = arena_array(a, NAMES_SERVERS, sizeof(*servers));
	char text[NET_ADDR_TEXT];

	if (net_policy_scope_add(j->policy, o->address, port, e) < 0)
		return -1;
	for (size_t i = 0; i < n->nservers && !j->own_port_only; i++) {
		net_addr_text((const struct sockaddr *)&n->servers[i], text);
		servers[o->servers_len] = arena_str(a, str_c(text));
		if (net_policy_scope_add(j->policy, servers[o->servers_len], 53, NULL) == 0)
			o->servers_len++;
	}
	o->servers = servers;
	if (j->own_port_only) {
		struct asset_range *one = arena_new_of(a, struct asset_range);

		*one = (struct asset_range){ o->site_port, o->site_port };
		o->ports = one;
		o->ports_len = 1;
	}
	return 0;
}

static int engine(struct discovery *d, const struct asset_options *o, struct asset_summary *ret, struct error *e)
{
	struct asset_events through = { d, pass_fact, pass_finding, pass_progress, pass_log, pass_stop,
					pass_checkpoint };
	_cleanup_connector_ struct net_connector *c = NULL;

	if (d->j->spawner)
		return asset_run_jailed(d->j->spawner, d->j->policy, o, &through, ret, e);
	if (net_http_global_init(e) < 0 ||
	    net_connector_direct(&(struct net_direct_options){ .policy = d->j->policy }, &c, e) < 0)
		return -1;
	return asset_run(o, c, &through, ret, e);
}

int asset_discover(const struct asset_job *j, const struct asset_events *events, struct asset_summary *ret,
		   struct error *e)
{
	static const struct asset_events nobody;
	_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
	_cleanup_resolver_ struct net_resolver *resolver = NULL;
	struct asset_options o = j->o;
	struct discovery d = { .j = j, .events = events ? events : &nobody, .arena = a };
	struct names n = { .events = d.events, .arena = a, .domain = url_registrable_domain(o.host) };
	struct sockaddr_storage numeric;
	socklen_t len;
	bool dns = !j->no_dns && net_addr_parse(o.host, 0, &numeric, &len) < 0;
	int r;

	if (!o.now_ms)
		o.now_ms = clock_wall_ms(&clock_system);
	if (choose(j, a, &o.address, e) < 0)
		return -1;
	if (dns && net_resolver_new(j->dns, &resolver, NULL) == 0) {
		n.resolver = resolver;
		tell(&d, 100, "正在查询 DNS", "Asking DNS");
		names_facts(&n, o.host);
	}
	if (open_scope(j, &o, &n, a, e) < 0)
		return -1;
	r = engine(&d, &o, ret, e);
	if (r == 0 && n.resolver && ret->complete) {
		tell(&d, 9200, "正在寻找子域名", "Looking for sub-domains");
		names_subdomains(&n, &d.certificates, j->names, j->names_len);
	}
	if (r == 0) {
		ret->facts += n.facts;
		ret->findings += n.findings;
		tell(&d, 10000, "完成", "Done");
	}
	vec_free(&d.certificates);
	return r;
}
