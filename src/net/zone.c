/* Zone transfer: one question, messages until the second SOA record, bounded in number,
 * bytes and time. */
#include "net/zone.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "net/dns_private.h"
#include "net/tls_connection_private.h"

#define ZONE_MS 10000
#define ZONE_BYTES (2 * MIB)
#define TYPE_AXFR 252

static int read_all(struct net_stream *s, char *out, size_t n)
{
	while (n) {
		ssize_t got = net_stream_read(s, out, n);

		if (got <= 0)
			return -1;
		out += got;
		n -= (size_t)got;
	}
	return 0;
}

static int converse(struct net_stream *s, struct str question, uint16_t id, struct arena *a, struct net_zone *ret)
{
	_cleanup_buf_ struct buf in = BUF_INIT(UINT16_MAX);
	unsigned char size[2];
	size_t total = 0;
	int soa = 0, rcode;

	if (net_stream_write(s, question) < 0)
		return 0;
	while (soa < 2 && total < ZONE_BYTES) {
		if (read_all(s, (char *)size, 2) < 0)
			break;
		size_t n = (size_t)(size[0] << 8 | size[1]);

		buf_clear(&in);
		if (n == 0 || read_all(s, buf_reserve(&in, n), n) < 0)
			break;
		in.len = n;
		total += n;
		if (dns_read_zone(a, buf_view(&in), id, ret->names, NET_ZONE_NAMES, &ret->nnames, &soa, &rcode,
				  &ret->records) < 0)
			return ret->records > 1 ? 1 : rcode ? 0 : -1;
	}
	return soa && ret->records > 1;
}

int net_zone_transfer(struct net_connector *c, struct str server, uint16_t port, struct str zone,
		      struct arena *a, struct net_zone *ret, struct error *e)
{
	struct net_stream s = { .fd = -1, .until_ms = clock_mono_ms(&clock_system) + ZONE_MS };
	_cleanup_buf_ struct buf q = BUF_INIT(600), framed = BUF_INIT(600);
	struct net_zone out = { 0 };
	struct dns_name name;
	uint16_t id;
	int r;

	if (dns_name_from_text(zone, &name) < 0)
		return error_field(e, "host", "dns.bad-name", "域名“%.*s”无效", "Invalid domain name \"%.*s\"",
				   STR_ARG(str_sub(zone, 0, 80)));
	random_bytes(&id, sizeof(id));
	dns_write_question(&q, id, &name, TYPE_AXFR);
	buf_char(&framed, (char)(q.len >> 8));
	buf_char(&framed, (char)q.len);
	buf_str(&framed, buf_view(&q));
	if (net_connector_open(c, server, port, &s.fd, e) < 0 || net_connect_wait(s.fd, ZONE_MS, e) < 0) {
		net_stream_close(&s);
		return -1;
	}
	out.names = arena_array(a, NET_ZONE_NAMES, sizeof(*out.names));
	r = converse(&s, buf_view(&framed), id, a, &out);
	net_stream_close(&s);
	if (r < 0)
		return error_field(e, "host", "dns.bad-answer", "域名服务器对 %.*s 的应答无法解析",
				   "The name server's answer for %.*s is malformed", STR_ARG(zone));
	*ret = out;
	return r;
}
