/* The outgoing-connection policy: classes of addresses as one table of ranges, an
 * administrator's allow list and an optional scope. Decisions are made on the address that
 * is connected to, so a name that is re-pointed between check and use gains nothing. */
#include "net/policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"
#include "net/url.h"

#define POLICY_MAGIC 0x706f6c79u

struct cidr {
	unsigned char bytes[16]; /* IPv4 in the first four */
	int family, bits;
};

struct net_policy {
	unsigned magic;
	VEC(struct cidr) allowed;
	bool own;
	struct map *scope; /* "host:port"; NULL: everywhere */
};

struct range {
	unsigned char bytes[16];
	int bits;
	enum net_addr_class class;
};

/* The first match decides, so the narrow ones stand first. IANA special-purpose registries
 * and the addresses at which clouds serve their metadata. */
static const struct range ranges4[] = {
	{ { 169, 254, 169, 254 }, 32, NET_ADDR_METADATA }, /* AWS, GCP, Azure, most others */
	{ { 169, 254, 170, 2 }, 32, NET_ADDR_METADATA },   /* ECS task credentials */
	{ { 100, 100, 100, 200 }, 32, NET_ADDR_METADATA }, /* Alibaba Cloud */
	{ { 192, 0, 0, 192 }, 32, NET_ADDR_METADATA },     /* Oracle Cloud classic */
	{ { 168, 63, 129, 16 }, 32, NET_ADDR_METADATA },   /* Azure wire server */
	{ { 0 }, 8, NET_ADDR_UNSPECIFIED },
	{ { 127 }, 8, NET_ADDR_LOOPBACK },
	{ { 10 }, 8, NET_ADDR_PRIVATE },
	{ { 172, 16 }, 12, NET_ADDR_PRIVATE },
	{ { 192, 168 }, 16, NET_ADDR_PRIVATE },
	{ { 100, 64 }, 10, NET_ADDR_PRIVATE },
	{ { 169, 254 }, 16, NET_ADDR_LINK_LOCAL },
	{ { 192, 0, 0 }, 24, NET_ADDR_SPECIAL },
	{ { 192, 0, 2 }, 24, NET_ADDR_SPECIAL },
	{ { 192, 88, 99 }, 24, NET_ADDR_SPECIAL },
	{ { 198, 18 }, 15, NET_ADDR_SPECIAL },
	{ { 198, 51, 100 }, 24, NET_ADDR_SPECIAL },
	{ { 203, 0, 113 }, 24, NET_ADDR_SPECIAL },
	{ { 224 }, 4, NET_ADDR_MULTICAST },
	{ { 255, 255, 255, 255 }, 32, NET_ADDR_MULTICAST },
	{ { 240 }, 4, NET_ADDR_UNSPECIFIED },
};

static const struct range ranges6[] = {
	{ { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 }, 128, NET_ADDR_METADATA },
	{ { 0xfd, 0x20, 0x00, 0xce, [14] = 0x02, [15] = 0x54 }, 128, NET_ADDR_METADATA }, /* GCP */
	{ { 0 }, 128, NET_ADDR_UNSPECIFIED },
	{ { [15] = 1 }, 128, NET_ADDR_LOOPBACK },
	{ { 0xfe, 0x80 }, 10, NET_ADDR_LINK_LOCAL },
	{ { 0xfe, 0xc0 }, 10, NET_ADDR_PRIVATE }, /* old site-local */
	{ { 0xfc }, 7, NET_ADDR_PRIVATE },
	{ { 0xff }, 8, NET_ADDR_MULTICAST },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, NET_ADDR_SPECIAL },
	{ { 0x3f, 0xff, 0x00 }, 20, NET_ADDR_SPECIAL },
	{ { 0x01, 0x00 }, 64, NET_ADDR_SPECIAL },
	{ { 0x20, 0x01, 0x00 }, 23, NET_ADDR_SPECIAL },
	{ { 0x5f, 0x00 }, 16, NET_ADDR_SPECIAL },
	{ { 0x20 }, 3, NET_ADDR_PUBLIC },
};

/* Forms of IPv6 addresses that carry an IPv4 one. */
static const struct embedding {
	unsigned char bytes[12];
	int bits, at;
	bool inverted;
} embeddings[] = {
	{ { [10] = 0xff, [11] = 0xff }, 96, 12, false },           /* ::ffff:a.b.c.d mapped */
	{ { [8] = 0xff, [9] = 0xff }, 96, 12, false },             /* ::ffff:0:a.b.c.d translated */
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, 12, false },             /* NAT64 64:ff9b::/96 */
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48, 12, false }, /* NAT64 local use */
	{ { 0x20, 0x02 }, 16, 2, false },                          /* 6to4 */
	{ { 0x20, 0x01, 0x00, 0x00 }, 32, 12, true },              /* Teredo */
	{ { 0 }, 96, 12, false },                                  /* ::a.b.c.d compatible */
};

static bool prefix_eq(const unsigned char *a, const unsigned char *b, int bits)
{
	int whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, (size_t)whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

static enum net_addr_class classify4(const unsigned char *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(ranges4); i++)
		if (prefix_eq(a, ranges4[i].bytes, ranges4[i].bits))
			return ranges4[i].class;
	return NET_ADDR_PUBLIC;
}

static bool embedded4(const unsigned char *a, unsigned char ret[4])
{
	for (size_t i = 0; i < ARRAY_SIZE(embeddings); i++) {
		const struct embedding *m = &embeddings[i];

		if (!prefix_eq(a, m->bytes, m->bits))
			continue;
		for (int k = 0; k < 4; k++)
			ret[k] = m->inverted ? (unsigned char)~a[m->at + k] : a[m->at + k];
		return true;
	}
	/* ISATAP: the interface identifier 0:5efe:a.b.c.d under any prefix. */
	if ((a[8] & 0xfd) == 0 && a[9] == 0 && a[10] == 0x5e && a[11] == 0xfe) {
		memcpy(ret, a + 12, 4);
		return true;
	}
	return false;
}

static enum net_addr_class classify6(const unsigned char *a)
{
	unsigned char v4[4];
	enum net_addr_class found = NET_ADDR_SPECIAL;

	for (size_t i = 0; i < ARRAY_SIZE(ranges6); i++) {
		if (!prefix_eq(a, ranges6[i].bytes, ranges6[i].bits))
			continue;
		found = ranges6[i].class;
		if (found != NET_ADDR_PUBLIC && found != NET_ADDR_SPECIAL)
			return found;
		break;
	}
	return embedded4(a, v4) ? classify4(v4) : found;
}

static const unsigned char *addr_bytes(const struct sockaddr *sa)
{
	return sa->sa_family == AF_INET
		       ? (const unsigned char *)&((const struct sockaddr_in *)sa)->sin_addr
		       : (const unsigned char *)&((const struct sockaddr_in6 *)sa)->sin6_addr;
}

enum net_addr_class net_addr_classify(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return classify4(addr_bytes(sa));
	if (sa->sa_family == AF_INET6)
		return classify6(addr_bytes(sa));
	return NET_ADDR_UNSPECIFIED;
}

static const struct {
	const char *name, *zh, *en;
} classes[] = {
	[NET_ADDR_PUBLIC] = { "public", "公网地址", "a public address" },
	[NET_ADDR_LOOPBACK] = { "loopback", "本机回环地址", "a loopback address" },
	[NET_ADDR_PRIVATE] = { "private", "内网地址", "a private address" },
	[NET_ADDR_SPECIAL] = { "special", "特殊用途地址", "a special-use address" },
	[NET_ADDR_LINK_LOCAL] = { "link-local", "链路本地地址", "a link-local address" },
	[NET_ADDR_METADATA] = { "metadata", "云主机元数据地址", "a cloud metadata address" },
	[NET_ADDR_MULTICAST] = { "multicast", "组播或广播地址",
				 "a multicast or broadcast address" },
	[NET_ADDR_UNSPECIFIED] = { "unspecified", "无效目标地址", "not a reachable address" },
};

const char *net_addr_class_name(enum net_addr_class c)
{
	return classes[c].name;
}

void net_addr_text(const struct sockaddr *sa, char out[NET_ADDR_TEXT])
{
	if ((sa->sa_family != AF_INET && sa->sa_family != AF_INET6) ||
	    !inet_ntop(sa->sa_family, addr_bytes(sa), out, NET_ADDR_TEXT))
		snprintf(out, NET_ADDR_TEXT, "?");
}

int net_addr_parse(struct str text, uint16_t port, struct sockaddr_storage *ret, socklen_t *ret_len)
{
	char in[INET6_ADDRSTRLEN + 1];
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (text.len == 0 || text.len >= sizeof(in) || memchr(text.ptr, '\0', text.len))
		return -1;
	memcpy(in, text.ptr, text.len);
	in[text.len] = '\0';
	*ret = (struct sockaddr_storage){ 0 };
	if (inet_pton(AF_INET, in, &v4.sin_addr) == 1) {
		memcpy(ret, &v4, sizeof(v4));
		*ret_len = sizeof(v4);
		return 0;
	}
	if (inet_pton(AF_INET6, in, &v6.sin6_addr) == 1) {
		memcpy(ret, &v6, sizeof(v6));
		*ret_len = sizeof(v6);
		return 0;
	}
	return -1;
}

struct net_policy *net_policy_new(void)
{
	struct net_policy *p = mem_alloc(sizeof(*p));

	p->magic = POLICY_MAGIC;
	return p;
}

void net_policy_free(struct net_policy *p)
{
	if (!p)
		return;
	CHECK_OBJ(p, POLICY_MAGIC);
	vec_free(&p->allowed);
	map_free(p->scope);
	p->magic = 0;
	free(p);
}

static int bad_cidr(struct error *e, struct str cidr)
{
	return error_field(e, "cidr", "policy.bad-cidr",
			   "“%.*s”不是有效的地址段，或属于永不允许访问的地址",
			   "\"%.*s\" is not a valid address range, or is one that is never allowed",
			   (int)(cidr.len > 60 ? 60 : cidr.len), cidr.ptr);
}

static bool never_allowed(enum net_addr_class c)
{
	return c >= NET_ADDR_LINK_LOCAL;
}

int net_policy_allow_cidr(struct net_policy *p, struct str cidr, struct error *e)
{
	CHECK_OBJ(p, POLICY_MAGIC);
	struct sockaddr_storage ss;
	socklen_t len;
	struct str text = str_trim(cidr);
	ssize_t slash = str_chr(text, '/');
	int64_t bits = -1;

	if (net_addr_parse(slash < 0 ? text : str_sub(text, 0, (size_t)slash), 0, &ss, &len) < 0)
		return bad_cidr(e, cidr);
	struct cidr c = { .family = ss.ss_family };
	int max = ss.ss_family == AF_INET ? 32 : 128;

	if (slash < 0)
		bits = max;
	else if (str_to_i64(str_from(text, (size_t)slash + 1), &bits) < 0)
		return bad_cidr(e, cidr);
	if (bits < 0 || bits > max || never_allowed(net_addr_classify((struct sockaddr *)&ss)))
		return bad_cidr(e, cidr);
	c.bits = (int)bits;
	memcpy(c.bytes, addr_bytes((struct sockaddr *)&ss), max == 32 ? 4 : 16);
	*vec_push(&p->allowed) = c;
	return 0;
}

void net_policy_allow_own(struct net_policy *p)
{
	CHECK_OBJ(p, POLICY_MAGIC);
	p->own = true;
}

static struct str scope_key(struct arena *a, struct str host, uint16_t port)
{
	return arena_printf(a, "%.*s:%u", STR_ARG(host), port);
}

static int normalise(struct arena *a, struct str host, struct str *ret, enum url_host_kind *kind,
		     struct error *e)
{
	struct str in = host;

	if (str_chr(host, ':') >= 0 && host.ptr[0] != '[')
		in = arena_printf(a, "[%.*s]", STR_ARG(host));
	if (host.len > LIMIT_NET_HOST || url_parse_host(a, in, ret, kind, NULL) < 0)
		return error_field(e, "host", "policy.bad-host", "主机名“%.*s”无效",
				   "Invalid host name \"%.*s\"",
				   (int)(host.len > 80 ? 80 : host.len), host.ptr ? host.ptr : "");
	while (ret->len > 1 && ret->ptr[ret->len - 1] == '.')
		ret->len--;
	return 0;
}

int net_policy_scope_add(struct net_policy *p, struct str host, uint16_t port, struct error *e)
{
	CHECK_OBJ(p, POLICY_MAGIC);
	_cleanup_arena_ struct arena *a = arena_new(16 * KIB);
	enum url_host_kind kind;
	struct str name;

	if (normalise(a, host, &name, &kind, e) < 0)
		return -1;
	if (!p->scope)
		p->scope = map_new();
	map_add(p->scope, scope_key(a, name, port));
	return 0;
}

bool net_policy_has_scope(const struct net_policy *p)
{
	return p->scope != NULL;
}

static int refused(struct error *e, enum net_addr_class c, struct str what)
{
	char code[48];
	const char *hint_zh = never_allowed(c) ? "，永不允许访问" : "，需由平台管理员加入允许列表";
	const char *hint_en = never_allowed(c) ? " and never allowed"
					       : "; a platform administrator must allow it first";

	snprintf(code, sizeof(code), "policy.%s", classes[c].name);
	if (e)
		error_field(e, "host", code, "目标 %.*s 被拒绝", "Target %.*s was refused",
			    STR_ARG(what));
	if (!e)
		return -1;
	size_t zh = strlen(e->zh), en = strlen(e->en);

	snprintf(e->zh + zh, sizeof(e->zh) - zh, "：它是%s%s", classes[c].zh, hint_zh);
	snprintf(e->en + en, sizeof(e->en) - en, ": it is %s%s", classes[c].en, hint_en);
	return -1;
}

static bool cidr_has(const struct cidr *c, int family, const unsigned char *bytes)
{
	return c->family == family && prefix_eq(c->bytes, bytes, c->bits);
}

static bool listed(const struct net_policy *p, const struct sockaddr *sa)
{
	const unsigned char *bytes = addr_bytes(sa);
	unsigned char v4[4];
	bool has4 = sa->sa_family == AF_INET6 && embedded4(bytes, v4);

	for (size_t i = 0; i < p->allowed.len; i++) {
		if (cidr_has(&p->allowed.ptr[i], sa->sa_family, bytes))
			return true;
		if (has4 && cidr_has(&p->allowed.ptr[i], AF_INET, v4))
			return true;
	}
	return false;
}

int net_policy_check_addr(const struct net_policy *p, const struct sockaddr *sa, struct error *e)
{
	CHECK_OBJ(p, POLICY_MAGIC);
	enum net_addr_class c = net_addr_classify(sa);
	char text[NET_ADDR_TEXT];

	if (c == NET_ADDR_PUBLIC)
		return 0;
	net_addr_text(sa, text);
	if (never_allowed(c))
		return refused(e, c, str_c(text));
	if (p->own && (c == NET_ADDR_LOOPBACK || c == NET_ADDR_PRIVATE))
		return 0;
	return listed(p, sa) ? 0 : refused(e, c, str_c(text));
}

/* Names that stand for a forbidden place whatever they resolve to. */
static bool name_class(struct str host, enum net_addr_class *ret)
{
	static const char *const metadata[] = { "metadata.google.internal",   "metadata.goog",
						"metadata.tencentyun.com",    "instance-data",
						"instance-data.ec2.internal", "metadata" };

	for (size_t i = 0; i < ARRAY_SIZE(metadata); i++) {
		if (str_ieq(host, str_c(metadata[i]))) {
			*ret = NET_ADDR_METADATA;
			return true;
		}
	}
	if (str_ieq(host, STR("localhost")) || str_iends(host, STR(".localhost"))) {
		*ret = NET_ADDR_LOOPBACK;
		return true;
	}
	return false;
}

int net_policy_check_host(const struct net_policy *p, struct str host, uint16_t port,
			  struct error *e)
{
	CHECK_OBJ(p, POLICY_MAGIC);
	_cleanup_arena_ struct arena *a = arena_new(16 * KIB);
	struct sockaddr_storage ss;
	enum url_host_kind kind;
	enum net_addr_class c;
	struct str name;
	socklen_t len;

	if (port == 0)
		return error_field(e, "port", "policy.bad-host", "端口 0 无效",
				   "Port 0 is not valid");
	if (normalise(a, host, &name, &kind, e) < 0)
		return -1;
	if (p->scope && !map_has(p->scope, scope_key(a, name, port)) &&
	    !map_has(p->scope, scope_key(a, name, 0)))
		return error_field(e, "host", "policy.out-of-scope", "%.*s:%u 不在本次任务的范围内",
				   "%.*s:%u is outside the scope of this task", STR_ARG(name),
				   port);
	if (kind != URL_HOST_NAME) {
		check(net_addr_parse(name, port, &ss, &len) == 0);
		return net_policy_check_addr(p, (struct sockaddr *)&ss, e);
	}
	if (!name_class(name, &c))
		return 0;
	if (c == NET_ADDR_LOOPBACK && (p->own || p->allowed.len))
		return 0; /* the address decides */
	return refused(e, c, name);
}
