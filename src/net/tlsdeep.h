/* What a TLS server accepts, found with ClientHellos of our own: cipher suites of every
 * protocol version in its order of preference, groups, and behaviour that is known to be
 * dangerous. Harmless: handshakes are left before they end; the heartbeat probe asks for
 * 16 bytes that a repaired server never sends. */
#ifndef NET_TLSDEEP_H
#define NET_TLSDEEP_H
#include "net/tlsfacts.h"

enum tls_deep_version { TLS_DEEP_SSL3, TLS_DEEP_10, TLS_DEEP_11, TLS_DEEP_12, TLS_DEEP_13, TLS_DEEP_VERSIONS };
extern const char *const tls_deep_names[TLS_DEEP_VERSIONS]; /* "SSLv3" … "TLSv1.3" */

enum { /* what is wrong with a suite */
	TLS_SUITE_NULL = 1,
	TLS_SUITE_ANON = 2,
	TLS_SUITE_EXPORT = 4,
	TLS_SUITE_RC4 = 8,
	TLS_SUITE_DES = 16,
	TLS_SUITE_3DES = 32,
	TLS_SUITE_OLD = 64,   /* IDEA, SEED, RC2 */
	TLS_SUITE_NO_FS = 128, /* no forward secrecy */
};
struct tls_suite {
	uint16_t id;
	const char *name; /* OpenSSL's */
};
unsigned tls_suite_flags(const struct tls_suite *s);

#define TLS_DEEP_SUITES 40
struct tls_deep {
	struct tls_deep_protocol {
		enum tls_support support;
		const struct tls_suite *suites[TLS_DEEP_SUITES]; /* the server's choice first */
		size_t nsuites;
	} v[TLS_DEEP_VERSIONS];
	enum tls_support ssl2;
	unsigned flags; /* of all suites together */
	bool forward_secrecy; /* at least one suite gives it */
	struct str groups;    /* "x25519,secp256r1" */
	unsigned dh_bits;     /* smallest DHE prime seen; 0: none */
	enum tls_support compression, secure_renegotiation, fallback_scsv, heartbleed, stapling, master_secret;
	unsigned connections;
};
/* host: where to connect; sni: the name asked for ("" for addresses). 0, or -1 when not even
 * one version answered. */
int tls_deep_get(struct net_connector *c, struct str host, uint16_t port, struct str sni, struct arena *a,
		 struct tls_deep *ret, struct error *e);

/* The first flight of a server, parsed strictly (fuzzed). */
struct tls_flight {
	bool hello, done, alert; /* ServerHello, ServerHelloDone seen; an alert came */
	unsigned alert_code;
	uint16_t version, suite, group; /* version: 1.3's from its extension */
	uint8_t compression;
	bool renegotiation, heartbeat, master_secret, stapled, retry; /* extensions; HelloRetryRequest */
	unsigned dh_bits;
};
/* 1 complete, 0 more bytes needed, -1 no TLS. */
int tls_flight_read(struct str bytes, struct tls_flight *ret);
#endif
