/* Bytes of ClientHello messages (RFC 6101, 2246, 4346, 5246, and SSL 2.0's own form) and the
 * strict reader of the first answer. */
#include "net/tls_hello_private.h"

#include "base/id.h"

static void put16(struct buf *b, unsigned v)
{
	buf_char(b, (char)(v >> 8));
	buf_char(b, (char)v);
}

static void put_extensions(struct buf *b, struct str sni)
{
	static const unsigned char groups[] = { 0x00, 0x0a, 0,    10, 0,    8, 0,
						0x1d, 0,    0x17, 0,  0x18, 0, 0x19 };
	static const unsigned char points[] = { 0x00, 0x0b, 0, 2, 1, 0 };
	static const unsigned char algorithms[] = { 0x00, 0x0d, 0, 18, 0, 16, 4, 1, 4, 3, 5,
						    1,    5,    3, 6,  1, 6,  3, 2, 1, 2, 3 };

	if (sni.len) {
		put16(b, 0);
		put16(b, (unsigned)sni.len + 5);
		put16(b, (unsigned)sni.len + 3);
		buf_char(b, 0);
		put16(b, (unsigned)sni.len);
		buf_str(b, sni);
	}
	buf_add(b, groups, sizeof(groups));
	buf_add(b, points, sizeof(points));
	buf_add(b, algorithms, sizeof(algorithms));
}

void tls_hello_write(struct buf *b, uint16_t version, const uint16_t *suites, size_t nsuites,
		     struct str sni)
{
	_cleanup_buf_ struct buf body = BUF_INIT(4096), ext = BUF_INIT(2048);
	unsigned char random[32];

	random_bytes(random, sizeof(random));
	put16(&body, version);
	buf_add(&body, random, sizeof(random));
	buf_char(&body, 0); /* no session */
	put16(&body, (unsigned)(2 * nsuites));
	for (size_t i = 0; i < nsuites; i++)
		put16(&body, suites[i]);
	buf_add(&body, "\1\0", 2); /* no compression */
	if (version > TLS_WIRE_SSL3) {
		put_extensions(&ext, sni);
		put16(&body, (unsigned)ext.len);
		buf_str(&body, buf_view(&ext));
	}
	buf_char(b, 0x16);
	put16(b, version > TLS_WIRE_10 ? TLS_WIRE_10 : version); /* record version, as clients do */
	put16(b, (unsigned)body.len + 4);
	buf_add(b, "\1\0", 2);
	put16(b, (unsigned)body.len);
	buf_str(b, buf_view(&body));
}

void tls_hello_write_ssl2(struct buf *b)
{
	static const unsigned char specs[] = { 1,    0, 0x80, 2,    0, 0x80, 3,    0, 0x80, 4,   0,
					       0x80, 5, 0,    0x80, 6, 0,    0x40, 7, 0,    0xc0 };
	unsigned char challenge[16];

	random_bytes(challenge, sizeof(challenge));
	put16(b, 0x8000 | (9 + sizeof(specs) + sizeof(challenge)));
	buf_char(b, 1);
	put16(b, 0x0002);
	put16(b, sizeof(specs));
	put16(b, 0);
	put16(b, sizeof(challenge));
	buf_add(b, specs, sizeof(specs));
	buf_add(b, challenge, sizeof(challenge));
}

enum tls_reply tls_hello_read(struct str s, uint16_t *ret_version, uint16_t *ret_suite)
{
	const unsigned char *p = (const unsigned char *)s.ptr;

	if (s.len < 6)
		return TLS_REPLY_MORE;
	if (p[0] == 0x15 && p[1] == 3)
		return TLS_REPLY_ALERT;
	if (p[0] != 0x16 || p[1] != 3 || p[5] != 2)
		return TLS_REPLY_OTHER;
	/* record 5, handshake header 4, version 2, random 32, session id 1+n, suite 2 */
	if (s.len < 44)
		return TLS_REPLY_MORE;
	size_t at = 44 + (size_t)p[43];

	if (p[43] > 32)
		return TLS_REPLY_OTHER;
	if (s.len < at + 2)
		return TLS_REPLY_MORE;
	*ret_version = (uint16_t)(p[9] << 8 | p[10]);
	*ret_suite = (uint16_t)(p[at] << 8 | p[at + 1]);
	return TLS_REPLY_HELLO;
}

enum tls_reply tls_hello_read_ssl2(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;

	if (s.len < 7)
		return TLS_REPLY_MORE;
	if (p[0] == 0x15 && p[1] == 3)
		return TLS_REPLY_ALERT;
	/* SERVER-HELLO: two length bytes, type 4, session hit, certificate type, version. */
	return (p[0] & 0x80) && p[2] == 4 && p[5] == 0 && p[6] == 2 ? TLS_REPLY_HELLO
								    : TLS_REPLY_OTHER;
}
