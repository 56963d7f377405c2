/* One packet for each service, none of which changes or loads anything: DNS version.bind
 * (RFC 4892), NTP client query (RFC 5905), SNMP sysDescr.0 with the community "public"
 * (RFC 3416), SSDP search, mDNS service list (RFC 6762, answer by unicast), NetBIOS node
 * status (RFC 1002), memcached "version". */
#include "scan/asset/udp.h"

#include "base/buf.h"
#include "base/limits.h"
#include "scan/asset/asset_private.h"

#define BYTES(s) { s, sizeof(s) - 1 }
#define SHOWN 200

static unsigned be16(const char *p)
{
	return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

static struct str text_of(struct arena *a, struct str s)
{
	return str_trim(asset_printable(a, s, SHOWN));
}

/* ---- DNS and mDNS ---- */

/* Behind a name, compressed or not; 0 when it is malformed. */
static size_t skip_name(struct str m, size_t at)
{
	while (at < m.len) {
		unsigned char n = (unsigned char)m.ptr[at];

		if (n == 0)
			return at + 1;
		if ((n & 0xc0) == 0xc0)
			return at + 2;
		if (n & 0xc0)
			return 0;
		at += n + 1u;
	}
	return 0;
}

static size_t skip_questions(struct str m)
{
	size_t at = 12;

	for (unsigned i = be16(m.ptr + 4); i && at; i--) {
		at = skip_name(m, at);
		at = at ? at + 4 : 0;
	}
	return at <= m.len ? at : 0;
}

/* The data of the first record; type into *ret. */
static struct str first_record(struct str m, unsigned *ret)
{
	size_t at = m.len >= 12 && be16(m.ptr + 6) ? skip_questions(m) : 0;

	at = at ? skip_name(m, at) : 0;
	if (!at || at + 10 > m.len || at + 10 + be16(m.ptr + at + 8) > m.len)
		return STR_NULL;
	*ret = be16(m.ptr + at);
	return str_sub(m, at + 10, at + 10 + be16(m.ptr + at + 8));
}

static bool read_dns(struct str b, struct arena *a, struct udp_answer *ret)
{
	unsigned type = 0;

	if (b.len < 12 || b.ptr[0] != 'z' || b.ptr[1] != 'w' || !(b.ptr[2] & 0x80))
		return false;
	struct str data = first_record(b, &type), text;

	if (type == 16 && data.len > 1 && (unsigned char)data.ptr[0] < data.len) {
		static const char *const known[] = { "dnsmasq-", "unbound ", "PowerDNS Authoritative Server ", "PowerDNS Recursor ",
						     "Knot DNS ", "NSD " };
		static const char *const names[] = { "Dnsmasq", "Unbound", "PowerDNS", "PowerDNS Recursor", "Knot DNS", "NSD" };

		text = text_of(a, str_sub(data, 1, 1u + (unsigned char)data.ptr[0]));
		ret->info = text;
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (str_istarts(text, str_c(known[i]))) {
				ret->product = str_c(names[i]);
				ret->version = str_from(text, strlen(known[i]));
			}
		/* BIND gives its bare number, and what the distribution adds */
		if (!ret->product.len && text.len > 3 && text.ptr[0] == '9' && text.ptr[1] == '.' && ascii_digit(text.ptr[2])) {
			ret->product = STR("BIND");
			ret->version = text;
		}
	}
	if (b.ptr[3] & 0x80)
		ret->info = ret->info.len ? arena_printf(a, "%.*s; recursion available", STR_ARG(ret->info)) : STR("recursion available");
	return true;
}

static bool read_mdns(struct str b, struct arena *a, struct udp_answer *ret)
{
	unsigned type = 0;

	if (b.len < 12 || !(b.ptr[2] & 0x80))
		return false;
	struct str data = first_record(b, &type), name = STR("");
	_cleanup_buf_ struct buf out = BUF_INIT(KIB);

	for (size_t at = 0; type == 12 && at < data.len;) {
		unsigned char n = (unsigned char)data.ptr[at];

		if (n == 0 || n & 0xc0 || at + 1 + n > data.len)
			break;
		buf_printf(&out, "%s%.*s", out.len ? "." : "", (int)n, data.ptr + at + 1);
		at += n + 1u;
	}
	if (out.len)
		name = text_of(a, buf_view(&out));
	ret->info = name;
	return true;
}

/* ---- NTP ---- */

static bool read_ntp(struct str b, struct arena *a, struct udp_answer *ret)
{
	if (b.len < 48 || (b.ptr[0] & 0x07) != 4) /* mode: server */
		return false;
	ret->info = arena_printf(a, "stratum %u", (unsigned)(unsigned char)b.ptr[1]);
	return true;
}

/* ---- SNMP ---- */

/* One BER element at the front: its content; *rest is what follows. */
static bool element(struct str *rest, unsigned char tag, struct str *ret)
{
	struct str s = *rest;
	size_t at = 2, len;

	if (s.len < 2 || (unsigned char)s.ptr[0] != tag)
		return false;
	len = (unsigned char)s.ptr[1];
	if (len & 0x80) {
		size_t n = len & 0x7f;

		if (n == 0 || n > 3 || s.len < 2 + n)
			return false;
		for (len = 0; at < 2 + n; at++)
			len = len << 8 | (unsigned char)s.ptr[at];
	}
	if (len > s.len - at)
		return false;
	*ret = str_sub(s, at, at + len);
	*rest = str_from(s, at + len);
	return true;
}

/* SEQUENCE { version, community, Response { id, error, index, { { oid, value } } } } */
static bool read_snmp(struct str b, struct arena *a, struct udp_answer *ret)
{
	struct str m, x, pdu, list, bind, value;

	if (!element(&b, 0x30, &m) || !element(&m, 0x02, &x) || !element(&m, 0x04, &x) || !str_eq(x, STR("public")) ||
	    !element(&m, 0xa2, &pdu) || !element(&pdu, 0x02, &x) || !element(&pdu, 0x02, &x) || !element(&pdu, 0x02, &list) ||
	    !element(&pdu, 0x30, &list) || !element(&list, 0x30, &bind) || !element(&bind, 0x06, &x))
		return false;
	if (element(&bind, 0x04, &value)) {
		ret->info = text_of(a, value);
		ret->open = true;
	}
	return true;
}

/* ---- the others ---- */

static bool read_ssdp(struct str b, struct arena *a, struct udp_answer *ret)
{
	struct str rest = b, line;

	if (!str_istarts(b, STR("HTTP/1.1 200")))
		return false;
	while (str_split(&rest, '\n', &line))
		if (str_istarts(line, STR("server:")))
			ret->info = text_of(a, str_from(line, 7));
	return true;
}

/* Header, the name asked for, type, class, life, length; then how many names. */
static bool read_netbios(struct str b, struct arena *a, struct udp_answer *ret)
{
	size_t at = 12 + 34 + 10;

	if (b.len < at + 1 || b.ptr[0] != 'z' || b.ptr[1] != 'w' || !(b.ptr[2] & 0x80) || be16(b.ptr + 46) != 0x21)
		return false;
	if (b.ptr[at] > 0 && b.len >= at + 1 + 18)
		ret->info = text_of(a, str_sub(b, at + 1, at + 16));
	return true;
}

static bool read_memcached(struct str b, struct arena *a, struct udp_answer *ret)
{
	struct str line = str_from(b, b.len < 8 ? b.len : 8);

	if (!str_starts(b, STR("zw")) || !str_starts(line, STR("VERSION ")))
		return false;
	ret->product = STR("memcached");
	ret->version = text_of(a, str_from(line, 8));
	ret->open = true;
	return true;
}

#define NETBIOS_ANY " CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0" /* "*" in half bytes */

const struct udp_probe udp_probes[] = {
	{ 53, "dns", BYTES("zw\x01\0\0\x01\0\0\0\0\0\0\x07version\x04" "bind\0\0\x10\0\x03"), read_dns, NULL, 0 },
	{ 123, "ntp", BYTES("\x1b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), read_ntp,
	  NULL, 0 },
	{ 137, "netbios-ns", BYTES("zw\0\0\0\x01\0\0\0\0\0\0" NETBIOS_ANY "\0\x21\0\x01"), read_netbios, NULL, 0 },
	{ 161, "snmp",
	  BYTES("\x30\x29\x02\x01\x01\x04\x06public\xa0\x1c\x02\x04\x00zwx\x02\x01\0\x02\x01\0\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x01\0"
		"\x05\0"),
	  read_snmp, "asset-snmp-public", 1392 },
	{ 1900, "ssdp", BYTES("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n"),
	  read_ssdp, NULL, 0 },
	{ 5353, "mdns", BYTES("\0\0\0\0\0\x01\0\0\0\0\0\0\x09_services\x07_dns-sd\x04_udp\x05local\0\0\x0c\x80\x01"), read_mdns, NULL, 0 },
	{ 11211, "memcached", BYTES("zw\0\0\0\x01\0\0version\r\n"), read_memcached, "asset-memcached-unauth", 306 },
};
const size_t udp_probes_len = sizeof(udp_probes) / sizeof(udp_probes[0]);
