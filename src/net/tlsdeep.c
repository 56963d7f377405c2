/* TLS by our own hellos: see tlsdeep.h. RFC 5246, 8446, 5746 (renegotiation), 7507 (SCSV),
 * 6520 (heartbeat), 7627 (extended master secret), 6066 (stapling). */
#include "net/tlsdeep.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "net/tls_connection_private.h"
#include "net/tls_hello_private.h"

#define PROBE_MS 4000
#define FLIGHT_MAX (64 * KIB)
#define WIRE_13 0x0304

const char *const tls_deep_names[TLS_DEEP_VERSIONS] = { "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3" };
static const uint16_t wire[TLS_DEEP_VERSIONS] = { 0x0300, 0x0301, 0x0302, 0x0303, WIRE_13 };

/* Up to TLS 1.2; those that need TLS 1.2 come first. */
static const struct tls_suite suites12[] = {
	{ 0xc02c, "ECDHE-ECDSA-AES256-GCM-SHA384" }, { 0xc030, "ECDHE-RSA-AES256-GCM-SHA384" },
	{ 0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256" }, { 0xc02f, "ECDHE-RSA-AES128-GCM-SHA256" },
	{ 0xcca9, "ECDHE-ECDSA-CHACHA20-POLY1305" }, { 0xcca8, "ECDHE-RSA-CHACHA20-POLY1305" },
	{ 0xccaa, "DHE-RSA-CHACHA20-POLY1305" },     { 0x009f, "DHE-RSA-AES256-GCM-SHA384" },
	{ 0x009e, "DHE-RSA-AES128-GCM-SHA256" },     { 0xc024, "ECDHE-ECDSA-AES256-SHA384" },
	{ 0xc028, "ECDHE-RSA-AES256-SHA384" },	     { 0xc023, "ECDHE-ECDSA-AES128-SHA256" },
	{ 0xc027, "ECDHE-RSA-AES128-SHA256" },	     { 0x006b, "DHE-RSA-AES256-SHA256" },
	{ 0x0067, "DHE-RSA-AES128-SHA256" },	     { 0xc0ad, "ECDHE-ECDSA-AES256-CCM" },
	{ 0xc0ac, "ECDHE-ECDSA-AES128-CCM" },	     { 0x009d, "AES256-GCM-SHA384" },
	{ 0x009c, "AES128-GCM-SHA256" },	     { 0x003d, "AES256-SHA256" },
	{ 0x003c, "AES128-SHA256" },		     { 0xe013, "ECC-SM4-SM3" },
	{ 0xe011, "ECDHE-SM4-SM3" },		     { 0xe053, "ECC-SM4-GCM-SM3" },
	{ 0xe051, "ECDHE-SM4-GCM-SM3" },	     { 0x00a3, "DHE-DSS-AES256-GCM-SHA384" },
	{ 0x00a2, "DHE-DSS-AES128-GCM-SHA256" },     { 0xc061, "ECDHE-ARIA256-GCM-SHA384" },
	{ 0xc060, "ECDHE-ARIA128-GCM-SHA256" },	     { 0xc00a, "ECDHE-ECDSA-AES256-SHA" },
	{ 0xc014, "ECDHE-RSA-AES256-SHA" },	     { 0xc009, "ECDHE-ECDSA-AES128-SHA" },
	{ 0xc013, "ECDHE-RSA-AES128-SHA" },	     { 0x0039, "DHE-RSA-AES256-SHA" },
	{ 0x0033, "DHE-RSA-AES128-SHA" },	     { 0x0038, "DHE-DSS-AES256-SHA" },
	{ 0x0032, "DHE-DSS-AES128-SHA" },	     { 0x0035, "AES256-SHA" },
	{ 0x002f, "AES128-SHA" },		     { 0x0088, "DHE-RSA-CAMELLIA256-SHA" },
	{ 0x0045, "DHE-RSA-CAMELLIA128-SHA" },	     { 0x0084, "CAMELLIA256-SHA" },
	{ 0x0041, "CAMELLIA128-SHA" },		     { 0x0096, "SEED-SHA" },
	{ 0x009a, "DHE-RSA-SEED-SHA" },		     { 0x0007, "IDEA-CBC-SHA" },
	{ 0xc008, "ECDHE-ECDSA-DES-CBC3-SHA" },	     { 0xc012, "ECDHE-RSA-DES-CBC3-SHA" },
	{ 0x0016, "EDH-RSA-DES-CBC3-SHA" },	     { 0x000a, "DES-CBC3-SHA" },
	{ 0xc007, "ECDHE-ECDSA-RC4-SHA" },	     { 0xc011, "ECDHE-RSA-RC4-SHA" },
	{ 0x0005, "RC4-SHA" },			     { 0x0004, "RC4-MD5" },
	{ 0x0015, "EDH-RSA-DES-CBC-SHA" },	     { 0x0009, "DES-CBC-SHA" },
	{ 0x00a7, "ADH-AES256-GCM-SHA384" },	     { 0x00a6, "ADH-AES128-GCM-SHA256" },
	{ 0x003a, "ADH-AES256-SHA" },		     { 0x0034, "ADH-AES128-SHA" },
	{ 0xc019, "AECDH-AES256-SHA" },		     { 0xc018, "AECDH-AES128-SHA" },
	{ 0x001b, "ADH-DES-CBC3-SHA" },		     { 0x0018, "ADH-RC4-MD5" },
	{ 0x0014, "EXP-EDH-RSA-DES-CBC-SHA" },	     { 0x0008, "EXP-DES-CBC-SHA" },
	{ 0x0006, "EXP-RC2-CBC-MD5" },		     { 0x0003, "EXP-RC4-MD5" },
	{ 0xc006, "ECDHE-ECDSA-NULL-SHA" },	     { 0xc010, "ECDHE-RSA-NULL-SHA" },
	{ 0x003b, "NULL-SHA256" },		     { 0x0002, "NULL-SHA" },
	{ 0x0001, "NULL-MD5" },
};
static const struct tls_suite suites13[] = {
	{ 0x1302, "TLS_AES_256_GCM_SHA384" }, { 0x1303, "TLS_CHACHA20_POLY1305_SHA256" },
	{ 0x1301, "TLS_AES_128_GCM_SHA256" }, { 0x1304, "TLS_AES_128_CCM_SHA256" },
	{ 0x1305, "TLS_AES_128_CCM_8_SHA256" }, { 0x00c6, "TLS_SM4_GCM_SM3" }, { 0x00c7, "TLS_SM4_CCM_SM3" },
};
static const struct {
	uint16_t id;
	const char *name;
} group_names[] = { { 0x001d, "x25519" }, { 0x0017, "secp256r1" }, { 0x0018, "secp384r1" }, { 0x0019, "secp521r1" },
		    { 0x001e, "x448" }, { 0x0029, "curveSM2" }, { 0x0015, "secp224r1" }, { 0x0013, "secp192r1" } };

unsigned tls_suite_flags(const struct tls_suite *s)
{
	struct str n = str_c(s->name);
	unsigned f = 0;

	f |= str_has(n, STR("NULL")) ? TLS_SUITE_NULL : 0;
	f |= str_starts(n, STR("ADH")) || str_starts(n, STR("AECDH")) ? TLS_SUITE_ANON : 0;
	f |= str_starts(n, STR("EXP-")) ? TLS_SUITE_EXPORT : 0;
	f |= str_has(n, STR("RC4")) ? TLS_SUITE_RC4 : 0;
	f |= str_has(n, STR("DES-CBC3")) ? TLS_SUITE_3DES : 0;
	f |= str_has(n, STR("DES-CBC-")) ? TLS_SUITE_DES : 0;
	f |= str_has(n, STR("IDEA")) || str_has(n, STR("SEED")) || str_has(n, STR("RC2")) ? TLS_SUITE_OLD : 0;
	if (!str_starts(n, STR("ECDHE")) && !str_starts(n, STR("DHE")) && !str_starts(n, STR("EDH")) &&
	    !str_starts(n, STR("TLS_")))
		f |= TLS_SUITE_NO_FS;
	return f;
}

/* ---- reading ---- */

struct cursor {
	const unsigned char *p;
	size_t len, at;
};

static unsigned get(struct cursor *c, unsigned bytes, bool *ok)
{
	unsigned v = 0;

	if (c->len - c->at < bytes) {
		*ok = false;
		c->at = c->len;
		return 0;
	}
	while (bytes--)
		v = v << 8 | c->p[c->at++];
	return v;
}

static bool skip(struct cursor *c, size_t n)
{
	bool fits = c->len - c->at >= n;

	c->at = fits ? c->at + n : c->len;
	return fits;
}

static bool read_extensions(struct cursor *c, struct tls_flight *f)
{
	bool ok = true;

	while (ok && c->at < c->len) {
		unsigned type = get(c, 2, &ok), n = get(c, 2, &ok);
		struct cursor x = { c->p + c->at, n, 0 };

		if (!ok || !skip(c, n))
			return false;
		if (type == 0xff01)
			f->renegotiation = true;
		else if (type == 0x000f)
			f->heartbeat = true;
		else if (type == 0x0017)
			f->master_secret = true;
		else if (type == 0x002b && n == 2)
			f->version = (uint16_t)get(&x, 2, &ok);
		else if (type == 0x0033 && n >= 2)
			f->group = (uint16_t)get(&x, 2, &ok);
	}
	return ok;
}

static bool read_hello(struct cursor *c, struct tls_flight *f)
{
	static const unsigned char retry[4] = { 0xcf, 0x21, 0xad, 0x74 }; /* RFC 8446 §4.1.3 */
	bool ok = true;

	f->version = (uint16_t)get(c, 2, &ok);
	f->retry = c->len - c->at >= 4 && memcmp(c->p + c->at, retry, 4) == 0;
	if (!skip(c, 32))
		return false;
	unsigned id = get(c, 1, &ok);

	if (!ok || id > 32 || !skip(c, id))
		return false;
	f->suite = (uint16_t)get(c, 2, &ok);
	f->compression = (uint8_t)get(c, 1, &ok);
	if (!ok)
		return false;
	f->hello = true;
	if (c->at == c->len)
		return true;
	unsigned n = get(c, 2, &ok);

	if (!ok || c->len - c->at < n)
		return false;
	struct cursor x = { c->p + c->at, n, 0 };

	return read_extensions(&x, f);
}

/* ServerKeyExchange: a named curve, or a prime's length; other forms say nothing. */
static void read_key(struct cursor *c, struct tls_flight *f)
{
	bool ok = true;
	size_t n;

	if (c->len >= 4 && c->p[0] == 3) {
		c->at = 1;
		f->group = (uint16_t)get(c, 2, &ok);
		return;
	}
	n = get(c, 2, &ok);
	if (ok && n >= 32 && n <= 2048 && c->len - c->at > n)
		f->dh_bits = (unsigned)n * 8;
}

/* Handshake messages, joined over records. 1 all is there, 0 more, -1. */
static int read_messages(struct str joined, struct tls_flight *f)
{
	struct cursor c = { (const unsigned char *)joined.ptr, joined.len, 0 };

	while (c.len - c.at >= 4) {
		bool ok = true;
		unsigned type = get(&c, 1, &ok), n = get(&c, 3, &ok);

		if (n > FLIGHT_MAX)
			return -1;
		if (c.len - c.at < n)
			return 0;
		struct cursor m = { c.p + c.at, n, 0 };

		if (type == 2 && !read_hello(&m, f))
			return -1;
		if (type == 2 && f->version == WIRE_13)
			return 1; /* the rest is encrypted */
		if (type == 12)
			read_key(&m, f);
		if (type == 22)
			f->stapled = true;
		if (type == 14) {
			f->done = true;
			return 1;
		}
		skip(&c, n);
	}
	return 0;
}

int tls_flight_read(struct str bytes, struct tls_flight *ret)
{
	_cleanup_buf_ struct buf joined = BUF_INIT(FLIGHT_MAX);
	const unsigned char *p = (const unsigned char *)bytes.ptr;
	struct tls_flight f = { 0 };
	size_t at = 0;
	int r;

	while (bytes.len - at >= 5) {
		size_t n = (size_t)(p[at + 3] << 8 | p[at + 4]);

		if (at && (p[at] == 0x14 || p[at] == 0x17))
			break; /* what follows a TLS 1.3 hello is encrypted */
		if ((p[at] != 0x15 && p[at] != 0x16) || p[at + 1] != 3 || n == 0 || n > 16384 + 2048)
			return -1;
		if (bytes.len - at - 5 < n)
			break;
		if (p[at] == 0x15) {
			f.alert = true;
			f.alert_code = n >= 2 ? p[at + 6] : 0;
			/* Warnings (unrecognised name) come before the hello. */
			if (n != 2 || p[at + 5] == 2) {
				*ret = f;
				return 1;
			}
		} else {
			buf_add(&joined, p + at + 5, n);
		}
		at += 5 + n;
	}
	r = read_messages(buf_view(&joined), &f);
	if (r >= 0)
		*ret = f;
	return r;
}

/* ---- asking ---- */

struct asker {
	struct net_connector *connector;
	struct str host, sni;
	uint16_t port;
	unsigned asked;
};

struct wish {
	uint16_t version; /* offered */
	const uint16_t *suites;
	size_t nsuites;
	uint16_t group; /* only this one; 0: the usual */
	bool compression, scsv, extras, heartbleed;
};

static void put16(struct buf *b, unsigned v)
{
	buf_char(b, (char)(v >> 8));
	buf_char(b, (char)v);
}

static void put_ext(struct buf *b, unsigned type, const void *p, size_t n)
{
	put16(b, type);
	put16(b, (unsigned)n);
	buf_add(b, p, n);
}

static void put_groups(struct buf *b, uint16_t only)
{
	_cleanup_buf_ struct buf g = BUF_INIT(64);

	put16(&g, only ? 2 : 12);
	if (only) {
		put16(&g, only);
	} else {
		static const uint16_t usual[] = { 0x1d, 0x17, 0x18, 0x19, 0x1e, 0x29 };

		for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
			put16(&g, usual[i]);
	}
	put_ext(b, 0x000a, g.ptr, g.len);
}

/* x25519 takes any 32 bytes as a public key; for other groups an empty share makes the
 * server say with a HelloRetryRequest what it would take. */
static void put_13(struct buf *b, uint16_t only)
{
	_cleanup_buf_ struct buf k = BUF_INIT(64);
	unsigned char share[32];

	put_ext(b, 0x002b, "\x02\x03\x04", 3);
	put_ext(b, 0x002d, "\x01\x01", 2);
	if (only && only != 0x1d) {
		put_ext(b, 0x0033, "\0\0", 2);
		return;
	}
	random_bytes(share, sizeof(share));
	put16(&k, 36);
	put16(&k, 0x1d);
	put16(&k, 32);
	buf_add(&k, share, sizeof(share));
	put_ext(b, 0x0033, k.ptr, k.len);
}

static void put_extensions(struct buf *b, const struct asker *q, const struct wish *w)
{
	static const unsigned char algorithms[] = { 0, 24, 4, 3, 5, 3, 6, 3, 8, 7, 8, 4, 8, 5, 8, 6, 4, 1,
						    5, 1,  6, 1, 2, 3, 2, 1 };

	if (q->sni.len) {
		_cleanup_buf_ struct buf n = BUF_INIT(300);

		put16(&n, (unsigned)q->sni.len + 3);
		buf_char(&n, 0);
		put16(&n, (unsigned)q->sni.len);
		buf_str(&n, q->sni);
		put_ext(b, 0, n.ptr, n.len);
	}
	put_groups(b, w->group);
	put_ext(b, 0x000b, "\x01\0", 2);
	put_ext(b, 0x000d, algorithms, sizeof(algorithms));
	if (w->version == WIRE_13)
		put_13(b, w->group);
	if (w->extras) {
		put_ext(b, 0xff01, "\0", 1);
		put_ext(b, 0x0017, "", 0);
		put_ext(b, 0x0005, "\1\0\0\0\0", 5);
	}
	if (w->heartbleed)
		put_ext(b, 0x000f, "\1", 1);
}

static void write_hello(struct buf *b, const struct asker *q, const struct wish *w)
{
	_cleanup_buf_ struct buf body = BUF_INIT(4 * KIB), ext = BUF_INIT(2 * KIB);
	unsigned char random[64];

	random_bytes(random, sizeof(random));
	put16(&body, w->version == WIRE_13 ? 0x0303 : w->version);
	buf_add(&body, random, 32);
	buf_char(&body, w->version == WIRE_13 ? 32 : 0);
	if (w->version == WIRE_13)
		buf_add(&body, random + 32, 32);
	put16(&body, (unsigned)(2 * (w->nsuites + w->scsv)));
	for (size_t i = 0; i < w->nsuites; i++)
		put16(&body, w->suites[i]);
	if (w->scsv)
		put16(&body, 0x5600);
	buf_add(&body, w->compression ? "\2\1\0" : "\1\0", w->compression ? 3 : 2);
	if (w->version > 0x0300) {
		put_extensions(&ext, q, w);
		put16(&body, (unsigned)ext.len);
		buf_str(&body, buf_view(&ext));
	}
	buf_char(b, 0x16);
	put16(b, w->version > 0x0301 ? 0x0301 : w->version);
	put16(b, (unsigned)body.len + 4);
	buf_add(b, "\1\0", 2);
	put16(b, (unsigned)body.len);
	buf_str(b, buf_view(&body));
}

/* A heartbeat that claims 16 bytes and carries none: answered only where the length is
 * not checked (CVE-2014-0160). What comes back is not looked at. */
static bool bleeds(struct net_stream *s, uint16_t version)
{
	const unsigned char beat[] = { 0x18, 3, (unsigned char)version, 0, 3, 1, 0, 16 };
	unsigned char head[5];
	size_t have = 0;

	s->until_ms = clock_mono_ms(&clock_system) + 1500;
	if (net_stream_write(s, str_make(beat, sizeof(beat))) < 0)
		return false;
	while (have < sizeof(head)) {
		ssize_t n = net_stream_read(s, head + have, sizeof(head) - have);

		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return head[0] == 0x18 && head[1] == 3 && (head[3] << 8 | head[4]) > 3;
}

/* 1 a ServerHello, 0 refused, -1 silence or no TLS. */
static int ask(struct asker *q, const struct wish *w, struct tls_flight *ret, bool *ret_bleeds)
{
	struct net_stream s = { .fd = -1, .until_ms = clock_mono_ms(&clock_system) + PROBE_MS };
	_cleanup_buf_ struct buf hello = BUF_INIT(8 * KIB), in = BUF_INIT(FLIGHT_MAX);
	struct tls_flight f = { 0 };
	char piece[4096];
	int r = -1, state = 0;

	q->asked++;
	write_hello(&hello, q, w);
	if (net_connector_open(q->connector, q->host, q->port, &s.fd, NULL) == 0 &&
	    net_connect_wait(s.fd, PROBE_MS, NULL) == 0 && net_stream_write(&s, buf_view(&hello)) == 0) {
		while (state == 0 && !in.overflow) {
			ssize_t n = net_stream_read(&s, piece, sizeof(piece));

			if (n == 0 || n == -1)
				r = f.hello ? 1 : 0; /* hung up: a refusal too */
			if (n <= 0)
				break;
			buf_add(&in, piece, (size_t)n);
			state = tls_flight_read(buf_view(&in), &f);
			if (f.hello && !w->extras && !w->heartbleed && !w->group)
				state = state < 0 ? state : 1; /* the choice is known */
		}
	}
	if (state == 1)
		r = f.hello ? 1 : 0;
	if (ret_bleeds)
		*ret_bleeds = r == 1 && f.done && f.heartbeat && bleeds(&s, f.version);
	net_stream_close(&s);
	if (r == 1)
		*ret = f;
	return r;
}

static const struct tls_suite *suite_named(const struct tls_suite *table, size_t n, uint16_t id)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].id == id)
			return &table[i];
	return NULL;
}

/* Offers all, notes the choice, offers the rest, until it refuses. */
static void enumerate(struct asker *q, enum tls_deep_version v, struct tls_deep *d)
{
	const struct tls_suite *table = v == TLS_DEEP_13 ? suites13 : suites12;
	size_t total = v == TLS_DEEP_13 ? ARRAY_SIZE(suites13) : ARRAY_SIZE(suites12), n = 0;
	struct tls_deep_protocol *p = &d->v[v];
	uint16_t left[ARRAY_SIZE(suites12)];
	int r = 0;

	for (size_t i = 0; i < total; i++)
		left[n++] = table[i].id;
	while (n && p->nsuites < TLS_DEEP_SUITES) {
		struct wish w = { .version = wire[v], .suites = left, .nsuites = n, .extras = p->nsuites == 0 };
		struct tls_flight f = { 0 };
		const struct tls_suite *s;
		size_t at = 0;

		r = ask(q, &w, &f, NULL);
		if (r != 1 || f.version != wire[v])
			break;
		s = suite_named(table, total, f.suite);
		while (at < n && left[at] != f.suite)
			at++;
		if (!s || at == n)
			break; /* it chose what was not offered */
		p->support = TLS_YES;
		p->suites[p->nsuites++] = s;
		d->flags |= tls_suite_flags(s);
		d->forward_secrecy |= !(tls_suite_flags(s) & TLS_SUITE_NO_FS);
		if (f.dh_bits && (!d->dh_bits || f.dh_bits < d->dh_bits))
			d->dh_bits = f.dh_bits;
		if (w.extras && v <= TLS_DEEP_12) {
			d->secure_renegotiation = f.renegotiation ? TLS_YES : TLS_NO;
			d->master_secret = f.master_secret ? TLS_YES : TLS_NO;
			d->stapling = f.stapled ? TLS_YES : TLS_NO;
		}
		left[at] = left[--n];
	}
	if (p->support == TLS_UNKNOWN && r >= 0)
		p->support = TLS_NO;
}

/* The highest version up to 1.2 that it speaks, or -1. */
static int classic(const struct tls_deep *d)
{
	for (int v = TLS_DEEP_12; v >= TLS_DEEP_10; v--)
		if (d->v[v].support == TLS_YES)
			return v;
	return -1;
}

static void groups(struct asker *q, struct arena *a, struct tls_deep *d)
{
	_cleanup_buf_ struct buf b = BUF_INIT(KIB);
	bool v13 = d->v[TLS_DEEP_13].support == TLS_YES;
	int v = v13 ? TLS_DEEP_13 : classic(d);
	uint16_t ids[ARRAY_SIZE(suites12)];
	size_t n = 0;

	if (v < 0)
		return;
	for (size_t i = 0; i < d->v[v].nsuites; i++)
		if (v13 || str_starts(str_c(d->v[v].suites[i]->name), STR("ECDHE")))
			ids[n++] = d->v[v].suites[i]->id;
	for (size_t i = 0; n && i < ARRAY_SIZE(group_names); i++) {
		struct wish w = { .version = wire[v], .suites = ids, .nsuites = n, .group = group_names[i].id };
		struct tls_flight f = { 0 };

		if (ask(q, &w, &f, NULL) == 1 && f.version == wire[v] && f.group == group_names[i].id)
			buf_printf(&b, "%s%s", b.len ? "," : "", group_names[i].name);
	}
	d->groups = arena_str(a, buf_view(&b));
}

static void behaviour(struct asker *q, struct tls_deep *d)
{
	int v = classic(d), lower = -1;
	uint16_t ids[ARRAY_SIZE(suites12)];
	size_t n = 0;
	struct tls_flight f = { 0 };
	bool bleeding = false;

	if (v < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(suites12); i++)
		ids[n++] = suites12[i].id;
	struct wish w = { .version = wire[v], .suites = ids, .nsuites = n, .compression = true };
	int r = ask(q, &w, &f, NULL);

	d->compression = r == 1 ? (f.compression ? TLS_YES : TLS_NO) : TLS_UNKNOWN;
	w = (struct wish){ .version = wire[v], .suites = ids, .nsuites = n, .heartbleed = true };
	r = ask(q, &w, &f, &bleeding);
	d->heartbleed = r == 1 ? (bleeding ? TLS_YES : TLS_NO) : TLS_UNKNOWN;
	for (int i = v - 1; i >= TLS_DEEP_10 && lower < 0; i--)
		lower = d->v[i].support == TLS_YES ? i : -1;
	if (d->v[TLS_DEEP_13].support == TLS_YES && lower < 0)
		lower = v;
	if (lower < 0)
		return;
	w = (struct wish){ .version = wire[lower], .suites = ids, .nsuites = n, .scsv = true };
	r = ask(q, &w, &f, NULL);
	d->fallback_scsv = r == 0 ? TLS_YES : r == 1 ? TLS_NO : TLS_UNKNOWN;
}

static enum tls_support probe_ssl2(struct asker *q)
{
	struct net_stream s = { .fd = -1, .until_ms = clock_mono_ms(&clock_system) + PROBE_MS };
	_cleanup_buf_ struct buf hello = BUF_INIT(256), in = BUF_INIT(4 * KIB);
	enum tls_reply r = TLS_REPLY_MORE;
	char piece[1024];

	q->asked++;
	tls_hello_write_ssl2(&hello);
	if (net_connector_open(q->connector, q->host, q->port, &s.fd, NULL) == 0 &&
	    net_connect_wait(s.fd, PROBE_MS, NULL) == 0 && net_stream_write(&s, buf_view(&hello)) == 0)
		while (r == TLS_REPLY_MORE) {
			ssize_t n = net_stream_read(&s, piece, sizeof(piece));

			if (n == 0 || n == -1)
				r = TLS_REPLY_ALERT;
			if (n <= 0)
				break;
			buf_add(&in, piece, (size_t)n);
			r = tls_hello_read_ssl2(buf_view(&in));
		}
	net_stream_close(&s);
	return r == TLS_REPLY_HELLO ? TLS_YES : r == TLS_REPLY_MORE ? TLS_UNKNOWN : TLS_NO;
}

int tls_deep_get(struct net_connector *c, struct str host, uint16_t port, struct str sni, struct arena *a,
		 struct tls_deep *ret, struct error *e)
{
	struct asker q = { .connector = c, .host = host, .port = port,
			   .sni = sni.len <= LIMIT_NET_HOST ? sni : STR("") };
	struct tls_deep d = { .groups = STR("") };
	bool any = false;

	for (int v = TLS_DEEP_13; v >= TLS_DEEP_SSL3; v--) {
		enumerate(&q, (enum tls_deep_version)v, &d);
		any |= d.v[v].support == TLS_YES;
	}
	if (!any)
		return error_set(e, "tls.handshake", "没有一个 TLS 版本得到应答", "No version of TLS was answered");
	d.ssl2 = probe_ssl2(&q);
	groups(&q, a, &d);
	behaviour(&q, &d);
	d.connections = q.asked;
	*ret = d;
	return 0;
}
