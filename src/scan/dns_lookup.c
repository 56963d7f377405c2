/* One question to the system's name servers, blocking for a few seconds at most. */
#include "scan/dns_lookup.h"

#include "base/check.h"
#include "base/limits.h"
#include "net/resolver.h"
#include "net/url.h"

static const struct {
	const char *name;
	uint16_t type;
} types[] = { { "A", NET_DNS_A },     { "AAAA", NET_DNS_AAAA }, { "CNAME", NET_DNS_CNAME }, { "MX", NET_DNS_MX },
	      { "NS", NET_DNS_NS },   { "TXT", NET_DNS_TXT },   { "SOA", NET_DNS_SOA },	    { "PTR", NET_DNS_PTR },
	      { "CAA", NET_DNS_CAA }, { "DS", NET_DNS_DS } };

static const char *type_name(uint16_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return types[i].name;
	return "TYPE";
}

bool scan_dns_allowed(struct str name, struct str host)
{
	struct str own = url_registrable_domain(host);
	own = own.len ? own : host;
	if (name.len > 253 || !str_iends(name, own))
		return false;
	return name.len == own.len || name.ptr[name.len - own.len - 1] == '.';
}

static void put_answer(struct buf *b, struct str name, const struct net_records *list)
{
	for (size_t i = 0; i < list->len; i++) {
		const struct net_record *r = &list->ptr[i];
		bool text = r->type == NET_DNS_TXT;
		buf_printf(b, "%.*s.\t%u\tIN\t%s\t%s%.*s%s\n", STR_ARG(name), r->ttl_s, type_name(r->type), text ? "\"" : "",
			   STR_ARG(r->text), text ? "\"" : "");
	}
}

int scan_dns_lookup(struct str name, struct str type, struct buf *ret)
{
	struct net_resolver *r = NULL;
	struct net_records list = { 0 };
	uint16_t number = 0;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_ieq(type, str_c(types[i].name)))
			number = types[i].type;
	if (!number || net_resolver_new(STR(""), &r, NULL) < 0)
		return -1;
	struct arena *a = arena_new(2 * MIB);
	struct buf answer;
	buf_init(&answer, 128 * KIB);
	int result = net_resolver_query(r, a, name, number, &list, NULL);
	if (result == 0) {
		put_answer(&answer, name, &list);
		buf_blob(ret, list.rcode == 3 ? STR("NXDOMAIN") : STR("NOERROR"));
		buf_blob(ret, arena_printf(a, "%.*s.\tIN\t%s", STR_ARG(name), type_name(number)));
		buf_blob(ret, buf_view(&answer));
		buf_blob(ret, STR(""));
		buf_blob(ret, STR(""));
	}
	buf_free(&answer);
	arena_free(a);
	net_resolver_free(r);
	return result;
}
