/* DNS facts and sub-domain candidates, asked of the operator's own name server outside
 * the jail (its answers are parsed strictly, and fuzzed). A domain whose every name
 * exists is noticed first; candidates that only say the same are left out. */
#include "base/id.h"
#include "base/map.h"
#include "net/resolver.h"
#include "net/url.h"
#include "scan/asset/asset_private.h"
#include "scan/asset/names_private.h"

#define NAMES_MAX 400

static int by_text(const void *x, const void *y)
{
	return str_cmp(((const struct net_record *)x)->text, ((const struct net_record *)y)->text);
}

void names_fact(struct names *n, const char *kind, struct str key, struct str title, struct str host, json_t *detail)
{
	_cleanup_json_ json_t *own = detail;
	_cleanup_buf_ struct buf text = BUF_INIT(LIMIT_ASSET_DETAIL);
	struct asset_fact f = { .kind = str_c(kind), .key = key, .title = title, .host = host, .confidence = 100 };

	json_write(&text, own);
	f.detail = text.overflow ? STR("{}") : buf_view(&text);
	n->facts++;
	if (n->events->fact)
		n->events->fact(n->events->ctx, &f);
}

/* One fact per type; values in order, so that only a real change is one. */
static size_t ask(struct names *n, const char *key, struct str name, uint16_t type, struct net_records *ret)
{
	_cleanup_buf_ struct buf title = BUF_INIT(LIMIT_ASSET_TITLE);
	json_t *d = json_object(), *values = json_array();
	size_t own = 0;

	*ret = (struct net_records){ 0 };
	if (net_resolver_query(n->resolver, n->arena, name, type, ret, NULL) == 0 && ret->len) {
		qsort(ret->ptr, ret->len, sizeof(*ret->ptr), by_text);
		for (size_t i = 0; i < ret->len; i++) {
			struct str text = ret->ptr[i].text;

			if (ret->ptr[i].type != type)
				continue;
			own++;
			json_array_append_new(values, json_str(text));
			if (type == NET_DNS_SOA) /* without the serial, which always changes */
				text = str_sub(text, 0, (size_t)(str_rchr(text, ' ') > 0 ? str_rchr(text, ' ') : 0));
			buf_printf(&title, "%s%.*s", title.len ? ", " : "", STR_ARG(str_sub(text, 0, 100)));
		}
	}
	json_put(d, "name", json_str(name));
	json_put(d, "values", values);
	if (own)
		names_fact(n, "dns", arena_printf(n->arena, "%s %.*s", key, STR_ARG(name)),
			   arena_printf(n->arena, "%s %.*s", key, STR_ARG(buf_view(&title))), name, d);
	else
		json_decref(d);
	return own;
}

static bool has_text(const struct net_records *r, const char *start, struct str *ret)
{
	for (size_t i = 0; i < r->len; i++)
		if (str_istarts(r->ptr[i].text, str_c(start))) {
			*ret = r->ptr[i].text;
			return true;
		}
	return false;
}

static void policy_fact(struct names *n, const char *key, struct str value)
{
	json_t *d = json_object();

	json_put(d, "name", json_str(n->domain));
	json_put(d, "values", json_pack("[o]", json_str(value)));
	names_fact(n, "dns", arena_printf(n->arena, "%s %.*s", key, STR_ARG(n->domain)),
		   arena_printf(n->arena, "%s %.*s", key, STR_ARG(str_sub(value, 0, 120))), n->domain, d);
}

/* Who may send mail in this name, and who checks. */
static void mail_facts(struct names *n, bool mx)
{
	struct net_records r = { 0 };
	struct str value;
	struct str dmarc = arena_printf(n->arena, "_dmarc.%.*s", STR_ARG(n->domain));

	n->spf = n->dmarc = false;
	if (net_resolver_query(n->resolver, n->arena, n->domain, NET_DNS_TXT, &r, NULL) == 0 &&
	    has_text(&r, "v=spf1", &value)) {
		policy_fact(n, "SPF", value);
		n->spf = true;
	}
	if (net_resolver_query(n->resolver, n->arena, dmarc, NET_DNS_TXT, &r, NULL) == 0 &&
	    has_text(&r, "v=DMARC1", &value)) {
		policy_fact(n, "DMARC", value);
		n->dmarc = true;
	}
	n->mx = mx;
}

/* Name servers within the domain are the owner's own: they are asked for the zone later. */
static void own_servers(struct names *n, const struct net_records *ns)
{
	for (size_t i = 0; i < ns->len && n->nservers < NAMES_SERVERS; i++) {
		struct str server = ns->ptr[i].text, rest;
		struct net_addrs addrs;

		if (ns->ptr[i].type != NET_DNS_NS || !str_iends(server, n->domain))
			continue;
		rest = str_sub(server, 0, server.len - n->domain.len);
		if (rest.len && rest.ptr[rest.len - 1] != '.')
			continue;
		if (net_resolver_addrs(n->resolver, server, &addrs, NULL) == 0 && addrs.len)
			n->servers[n->nservers++] = addrs.ptr[0];
	}
}

void names_facts(struct names *n, struct str host)
{
	struct net_records r;
	bool mx;

	ask(n, "A", host, NET_DNS_A, &r);
	ask(n, "AAAA", host, NET_DNS_AAAA, &r);
	ask(n, "CNAME", host, NET_DNS_CNAME, &r);
	if (!n->domain.len)
		return;
	ask(n, "NS", n->domain, NET_DNS_NS, &r);
	own_servers(n, &r);
	mx = ask(n, "MX", n->domain, NET_DNS_MX, &r) > 0;
	ask(n, "TXT", n->domain, NET_DNS_TXT, &r);
	ask(n, "SOA", n->domain, NET_DNS_SOA, &r);
	ask(n, "CAA", n->domain, NET_DNS_CAA, &r);
	mail_facts(n, mx);
	if (net_resolver_query(n->resolver, n->arena, n->domain, NET_DNS_DNSKEY, &r, NULL) == 0 && r.len)
		policy_fact(n, "DNSSEC", STR("signed"));
}

/* ---- sub-domains ---- */

/* *ret: what the name is an alias of, and whether that exists. */
static struct str addrs_text(struct names *n, struct str name, struct names_alias *ret)
{
	_cleanup_buf_ struct buf b = BUF_INIT(KIB);
	struct net_records r;

	for (int i = 0; i < 2; i++) {
		if (net_resolver_query(n->resolver, n->arena, name, i ? NET_DNS_AAAA : NET_DNS_A, &r, NULL) < 0)
			return STR_NULL;
		if (!i)
			*ret = names_alias(&r);
		qsort(r.ptr, r.len, sizeof(*r.ptr), by_text);
		for (size_t k = 0; k < r.len; k++)
			if (r.ptr[k].type == (i ? NET_DNS_AAAA : NET_DNS_A))
				buf_printf(&b, "%s%.*s", b.len ? ", " : "", STR_ARG(r.ptr[k].text));
	}
	return arena_str(n->arena, buf_view(&b));
}

static struct str random_name(struct names *n)
{
	unsigned char bytes[6];

	random_bytes(bytes, sizeof(bytes));
	return arena_printf(n->arena, "zw%02x%02x%02x%02x%02x%02x.%.*s", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
			    bytes[5], STR_ARG(n->domain));
}

static void try_name(struct names *n, struct map *seen, struct str name, const char *from, struct str wild,
		     const struct names_alias *wild_alias)
{
	json_t *d;
	struct str addrs;
	struct names_alias alias = { 0 };

	while (name.len > 2 && name.ptr[0] == '*' && name.ptr[1] == '.')
		name = str_from(name, 2);
	if (map_len(seen) >= NAMES_MAX || name.len > 253 || !str_iends(name, n->domain) || name.len <= n->domain.len ||
	    name.ptr[name.len - n->domain.len - 1] != '.' || !map_add(seen, name))
		return;
	addrs = addrs_text(n, name, &alias);
	if (!addrs.len && !alias.to.len && strcmp(from, "words") == 0)
		return;
	if (strcmp(from, "words") == 0 && str_eq(addrs, wild) && (wild.len || wild_alias->to.len) && str_ieq(alias.to, wild_alias->to))
		return; /* what every name resolves to */
	names_dangling(n, name, &alias);
	d = json_object();
	json_put(d, "from", json_c(from));
	json_put(d, "addresses", json_str(addrs));
	if (alias.to.len)
		json_put(d, "alias", json_str(alias.to));
	names_fact(n, "subdomain", name, addrs.len ? arena_printf(n->arena, "%.*s → %.*s", STR_ARG(name), STR_ARG(addrs)) : name,
		   name, d);
}

void names_subdomains(struct names *n, const struct names_list *certificates, const struct str *links, size_t nlinks)
{
	_cleanup_map_ struct map *seen = map_new();
	struct str wild;
	struct names_alias alias = { 0 };

	if (!n->domain.len)
		return;
	wild = addrs_text(n, random_name(n), &alias);
	names_dangling(n, arena_printf(n->arena, "*.%.*s", STR_ARG(n->domain)), &alias);
	for (size_t i = 0; i < certificates->len; i++)
		try_name(n, seen, certificates->ptr[i], "certificate", wild, &alias);
	for (size_t i = 0; i < nlinks; i++)
		try_name(n, seen, links[i], "links", wild, &alias);
	for (size_t i = 0; i < service_names_len; i++) {
		if (n->events->should_stop && n->events->should_stop(n->events->ctx) != SCAN_GO)
			return;
		try_name(n, seen, arena_printf(n->arena, "%s.%.*s", service_names[i], STR_ARG(n->domain)), "words", wild, &alias);
	}
}
