/* DNS answers of the out-of-band listener: authoritative for one zone, every name in it has
 * the same address. What is not a plain query of one question is refused or ignored;
 * compression pointers are not followed in questions, where nobody needs them. */
#include <arpa/inet.h>

#include "base/check.h"
#include "net/oob_server.h"

enum { TYPE_A = 1, TYPE_NS = 2, TYPE_SOA = 6, TYPE_AAAA = 28, TYPE_ANY = 255 };
#define OOB_TTL 1

int oob_zone_set(struct oob_zone *z, struct str domain, struct str address, struct error *e)
{
	char text[64];
	memset(z, 0, sizeof(*z));
	z->domain = domain;
	if (domain.len > 200)
		return error_set(e, "oob.bad-domain", "带外域名过长。", "The out-of-band domain is too long.");
	if (str_empty(address))
		return 0;
	snprintf(text, sizeof(text), "%.*s", (int)(address.len < 63 ? address.len : 63), address.ptr);
	if (inet_pton(AF_INET, text, z->address) == 1)
		z->address_len = 4;
	else if (inet_pton(AF_INET6, text, z->address) == 1)
		z->address_len = 16;
	else
		return error_set(e, "oob.bad-address", "带外监听的地址“%s”不是 IP 地址。", "The out-of-band address \"%s\" is no IP address.",
				 text);
	return 0;
}

/* Length of the name's wire form, 0 when malformed. */
static size_t read_name(struct str q, size_t at, char name[256])
{
	size_t from = at, n = 0;
	for (;;) {
		if (at >= q.len)
			return 0;
		size_t len = (unsigned char)q.ptr[at++];
		if (len == 0)
			break;
		if (len > 63 || at + len > q.len || n + len + 1 > 254)
			return 0;
		if (n)
			name[n++] = '.';
		for (size_t i = 0; i < len; i++) {
			char c = ascii_lower(q.ptr[at + i]);
			name[n++] = c > ' ' && c < 127 && c != '.' ? c : '?';
		}
		at += len;
	}
	name[n] = 0;
	return at - from;
}

static void put16(unsigned char *p, unsigned v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

/* A record whose name is the question's. */
static size_t put_record(unsigned char *out, size_t at, unsigned type, const unsigned char *data, size_t len)
{
	put16(out + at, 0xc00c);
	put16(out + at + 2, type);
	put16(out + at + 4, 1);
	put16(out + at + 6, 0);
	put16(out + at + 8, OOB_TTL);
	put16(out + at + 10, (unsigned)len);
	memcpy(out + at + 12, data, len);
	return at + 12 + len;
}

static bool in_zone(struct str name, struct str domain)
{
	if (str_empty(domain) || !str_iends(name, domain))
		return false;
	return name.len == domain.len || name.ptr[name.len - domain.len - 1] == '.';
}

size_t oob_dns_answer(const struct oob_zone *z, struct str q, unsigned char out[LIMIT_OOB_DNS_ANSWER], char name[256],
		      unsigned *type)
{
	const unsigned char *p = (const unsigned char *)q.ptr;
	name[0] = 0;
	*type = 0;
	if (q.len < 12 || (p[2] & 0x80))
		return 0; /* an answer, or noise */
	size_t wire = (p[4] << 8 | p[5]) == 1 ? read_name(q, 12, name) : 0;
	if (!wire || 12 + wire + 4 > q.len || 12 + wire + 4 > LIMIT_OOB_DNS_ANSWER - 64) {
		name[0] = 0;
		return 0;
	}
	*type = (unsigned)(p[12 + wire] << 8 | p[12 + wire + 1]);
	bool query = (p[2] & 0x78) == 0, ours = in_zone(str_c(name), z->domain);
	size_t at = 12 + wire + 4;
	memcpy(out, p, at);
	memset(out + 6, 0, 6);
	out[2] = (unsigned char)(0x80 | (p[2] & 0x01) | (ours ? 0x04 : 0)); /* answer, authoritative */
	out[3] = !query ? 4 : ours ? 0 : 5;
	if (!query || !ours)
		return at;
	unsigned answers = 0;
	if (z->address_len == 4 && (*type == TYPE_A || *type == TYPE_ANY)) {
		at = put_record(out, at, TYPE_A, z->address, 4);
		answers++;
	}
	if (z->address_len == 16 && (*type == TYPE_AAAA || *type == TYPE_ANY)) {
		at = put_record(out, at, TYPE_AAAA, z->address, 16);
		answers++;
	}
	put16(out + 6, answers);
	return at;
}
