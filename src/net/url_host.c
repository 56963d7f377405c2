/* Hosts of URLs: the WHATWG host parser (percent-decoding, IDN by libidn2, numbers that
 * are IPv4 addresses in disguise, IPv6) and registrable domains by libpsl's built-in
 * list. Everything here ends as ASCII lower case, so that hosts compare byte for byte. */
#include <arpa/inet.h>
#include <idn2.h>
#include <libpsl.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "net/url.h"

static int bad_host(struct error *e, struct str text)
{
	return error_field(e, "host", "url.host", "主机名“%.*s”无效", "Invalid host name \"%.*s\"",
			   (int)(text.len > 80 ? 80 : text.len), text.ptr ? text.ptr : "");
}

static bool forbidden_in_domain(unsigned char c)
{
	return c <= 0x20 || c == 0x7f || c == '%' || memchr("#/:<>?@[\\]^|", c, 12);
}

/* Longest run of two or more zero groups; -1 when there is none. */
static int longest_zero_run(const uint16_t g[8], int *ret_len)
{
	int best = -1, best_len = 1;

	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && g[i + n] == 0)
			n++;
		if (n > best_len) {
			best = i;
			best_len = n;
		}
		if (n > 0)
			i += n - 1;
	}
	*ret_len = best_len;
	return best;
}

static int parse_ipv6(struct arena *a, struct str text, struct str *ret)
{
	char in[INET6_ADDRSTRLEN + 1];
	struct in6_addr addr;
	uint16_t g[8];
	int run_len = 0;

	if (text.len >= sizeof(in) || memchr(text.ptr, '\0', text.len))
		return -1;
	memcpy(in, text.ptr, text.len);
	in[text.len] = '\0';
	if (inet_pton(AF_INET6, in, &addr) != 1)
		return -1;
	for (int i = 0; i < 8; i++)
		g[i] = (uint16_t)(addr.s6_addr[2 * i] << 8 | addr.s6_addr[2 * i + 1]);
	int run = longest_zero_run(g, &run_len);
	_cleanup_buf_ struct buf b = BUF_INIT(64);

	for (int i = 0; i < 8; i++) {
		if (i == run) {
			buf_c(&b, i == 0 ? "::" : ":");
			i += run_len - 1;
			continue;
		}
		buf_printf(&b, i < 7 ? "%x:" : "%x", g[i]);
	}
	*ret = arena_str(a, buf_view(&b));
	return 0;
}

/* One part of an IPv4 number: decimal, 0octal, 0xhex. */
static int parse_ipv4_number(struct str s, uint64_t *ret)
{
	unsigned base = 10;
	uint64_t v = 0;

	if (s.len == 0)
		return -1;
	if (s.len >= 2 && s.ptr[0] == '0' && (s.ptr[1] | 0x20) == 'x') {
		s = str_from(s, 2);
		base = 16;
	} else if (s.len >= 2 && s.ptr[0] == '0') {
		s = str_from(s, 1);
		base = 8;
	}
	for (size_t i = 0; i < s.len; i++) {
		char c = ascii_lower(s.ptr[i]);
		unsigned d = ascii_digit(c)           ? (unsigned)(c - '0')
			     : (c >= 'a' && c <= 'f') ? (unsigned)(c - 'a' + 10)
						      : 99;

		if (d >= base)
			return -1;
		if (v <= UINT32_MAX)
			v = v * base + d;
	}
	*ret = v;
	return 0;
}

static bool ends_in_number(struct str host)
{
	if (host.len && host.ptr[host.len - 1] == '.')
		host.len--;
	struct str last = str_from(host, (size_t)(str_rchr(host, '.') + 1));
	bool digits = last.len > 0;
	uint64_t v;

	for (size_t i = 0; i < last.len; i++)
		digits = digits && ascii_digit(last.ptr[i]);
	return digits || (str_istarts(last, STR("0x")) && parse_ipv4_number(last, &v) == 0);
}

static int parse_ipv4(struct arena *a, struct str host, struct str *ret)
{
	uint64_t n[4], addr = 0;
	size_t parts = 0;

	if (host.len && host.ptr[host.len - 1] == '.')
		host.len--;
	for (;;) {
		ssize_t dot = str_chr(host, '.');
		struct str part = dot < 0 ? host : str_sub(host, 0, (size_t)dot);

		if (parts == 4 || parse_ipv4_number(part, &n[parts]) < 0)
			return -1;
		parts++;
		if (dot < 0)
			break;
		host = str_from(host, (size_t)dot + 1);
	}
	for (size_t i = 0; i + 1 < parts; i++) {
		if (n[i] > 255)
			return -1;
		addr |= n[i] << (8 * (3 - i));
	}
	if (n[parts - 1] >= (uint64_t)1 << (8 * (5 - parts)))
		return -1;
	addr |= n[parts - 1];
	*ret = arena_printf(a, "%u.%u.%u.%u", (unsigned)(addr >> 24 & 255),
			    (unsigned)(addr >> 16 & 255), (unsigned)(addr >> 8 & 255),
			    (unsigned)(addr & 255));
	return 0;
}

/* True when UTS #46 has nothing to do: ASCII without a punycode label. */
static bool plain_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 0x80)
			return false;
	return !str_ihas(s, STR("xn--"));
}

static int domain_to_ascii(struct arena *a, struct str s, struct str *ret)
{
	if (plain_ascii(s)) {
		char *p = arena_cstr(a, s);

		for (size_t i = 0; i < s.len; i++)
			p[i] = ascii_lower(p[i]);
		*ret = str_make(p, s.len);
		return 0;
	}
	if (utf8_invalid_at(s) >= 0 || memchr(s.ptr, '\0', s.len))
		return -1;
	_cleanup_free_ char *in = str_dup(s);
	char *out = NULL;

	if (idn2_to_ascii_8z(in, &out, IDN2_NONTRANSITIONAL) != IDN2_OK)
		return -1;
	*ret = arena_str(a, str_c(out));
	idn2_free(out);
	return 0;
}

int url_parse_host(struct arena *a, struct str text, struct str *ret, enum url_host_kind *ret_kind,
		   struct error *e)
{
	_cleanup_buf_ struct buf decoded = BUF_INIT(LIMIT_URL);
	struct str host;

	if (text.len == 0 || text.len > 4 * LIMIT_NET_HOST || arena_left(a) < 2 * KIB)
		return bad_host(e, text);
	if (text.ptr[0] == '[') {
		if (text.ptr[text.len - 1] != ']' ||
		    parse_ipv6(a, str_sub(text, 1, text.len - 1), ret) < 0)
			return bad_host(e, text);
		*ret_kind = URL_HOST_IPV6;
		return 0;
	}
	decode_percent(&decoded, text, false);
	if (domain_to_ascii(a, buf_view(&decoded), &host) < 0 || host.len == 0 ||
	    host.len > LIMIT_NET_HOST || host.ptr[0] == '.')
		return bad_host(e, text);
	for (size_t i = 0; i < host.len; i++)
		if (forbidden_in_domain((unsigned char)host.ptr[i]))
			return bad_host(e, text);
	if (ends_in_number(host)) {
		if (parse_ipv4(a, host, ret) < 0)
			return bad_host(e, text);
		*ret_kind = URL_HOST_IPV4;
		return 0;
	}
	*ret = host;
	*ret_kind = URL_HOST_NAME;
	return 0;
}

struct str url_registrable_domain(struct str host)
{
	char name[LIMIT_NET_HOST + 1];
	size_t len = host.len;

	while (len && host.ptr[len - 1] == '.')
		len--;
	if (len == 0 || len > LIMIT_NET_HOST || memchr(host.ptr, ':', len) ||
	    ends_in_number(str_make(host.ptr, len)))
		return STR("");
	memcpy(name, host.ptr, len);
	name[len] = '\0';
	const char *found = psl_registrable_domain(psl_builtin(), name);

	if (!found)
		return STR("");
	size_t n = strlen(found);

	return n <= len ? str_make(host.ptr + len - n, n) : STR("");
}

struct str url_host_unicode(struct arena *a, struct str host)
{
	_cleanup_free_ char *in = str_dup(host);
	char *out = NULL;

	if (!str_ihas(host, STR("xn--")) ||
	    idn2_to_unicode_8z8z(in, &out, IDN2_NONTRANSITIONAL) != IDN2_OK)
		return arena_str(a, host);
	struct str s = arena_str(a, str_c(out));

	idn2_free(out);
	return s;
}
