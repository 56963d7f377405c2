/* Facts about a server's TLS: negotiated protocol and cipher, certificate chain, and which
 * protocol versions it accepts. Versions that OpenSSL no longer speaks are probed with
 * ClientHello bytes of our own. */
#ifndef NET_TLSFACTS_H
#define NET_TLSFACTS_H
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "net/connector.h"

struct tls_cert {
	struct str subject, issuer; /* RFC 2253, UTF-8 */
	struct str common_name;
	struct str *names; /* subjectAltName: DNS names and addresses as text */
	size_t nnames;
	int64_t not_before_ms, not_after_ms; /* wall time */
	struct str key_type;                 /* "RSA", "EC", "ED25519", … */
	int key_bits;
	struct str signature; /* "sha256WithRSAEncryption" */
	struct str serial;    /* hex */
	struct str sha256;    /* hex fingerprint */
	bool self_signed, is_ca;
};

enum tls_support { TLS_UNKNOWN, TLS_NO, TLS_YES };

struct tls_facts {
	struct str protocol; /* "TLSv1.3" */
	struct str cipher;   /* OpenSSL's name */
	struct str suite;    /* the same, IANA's name */
	int cipher_bits;
	struct str alpn;        /* "h2", "http/1.1" or "" */
	struct tls_cert *certs; /* leaf first, as sent */
	size_t ncerts;
	bool chain_ok;          /* against the system's CA certificates */
	struct str chain_error; /* OpenSSL's words, "" when ok */
	int chain_error_code;   /* X509_V_ERR_… */
	bool host_match;
	bool expired, not_yet_valid; /* leaf, now */
	enum tls_support ssl2, ssl3, tls10, tls11, tls12, tls13;
	/* IANA's name of what was chosen from common suites with that version; NULL: not asked or refused */
	const char *ssl3_suite, *tls10_suite, *tls11_suite, *tls12_suite;
	struct str weak_ciphers; /* accepted weak suites, comma-separated ("" none found) */
};
/* Connects once for the facts and, with probe_versions, once more for each old version.
 * 0, or -1 with "tls.handshake", "net.…", "policy.…". All slices in arena a,
 * which must have 512 KiB left. */
int tls_facts_get(struct net_connector *c, struct str host, uint16_t port, bool probe_versions,
		  int64_t now_ms, struct arena *a, struct tls_facts *ret, struct error *e);
/* The same, waiting as `w` says; each connection asks for its turn. */
struct net_waiter;
int tls_facts_get_with(const struct net_waiter *w, struct net_connector *c, struct str host, uint16_t port,
		       bool probe_versions, int64_t now_ms, struct arena *a, struct tls_facts *ret,
		       struct error *e);
#endif
