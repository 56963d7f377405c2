/* TLS facts: one full handshake by OpenSSL for the certificates and what was negotiated,
 * then short hellos of our own that end at the server's answer, one per old version and
 * one per weak cipher suite it accepts (at most WEAK_ROUNDS). */
#include "net/tlsfacts.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "net/http_private.h"
#include "net/tls_connection_private.h"
#include "net/tls_hello_private.h"

#define PROBE_MS 5000
#define WEAK_ROUNDS 6
#define CERTS_MAX 10
#define NAMES_MAX 100
#define ARENA_NEED (512 * KIB) /* ten such certificates */

struct target {
	struct net_connector *connector;
	struct str host, sni;
	uint16_t port;
	const struct net_waiter *waiter;
};

/* Certificates. */

static struct str name_text(struct arena *a, const X509_NAME *name)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *p = NULL;

	if (!out)
		return STR("");
	X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	long n = BIO_get_mem_data(out, &p);
	struct str s = arena_str(a, str_make(p, n > 0 ? (size_t)(n > 2000 ? 2000 : n) : 0));

	BIO_free(out);
	return s;
}

static struct str common_name(struct arena *a, const X509_NAME *name)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;

	if (at < 0)
		return STR("");
	int n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	struct str s = n > 0 ? arena_str(a, str_make(utf8, n > 500 ? 500 : (size_t)n)) : STR("");

	OPENSSL_free(utf8);
	return s;
}

static struct str alt_name(struct arena *a, const GENERAL_NAME *g)
{
	int type;
	const ASN1_STRING *v = GENERAL_NAME_get0_value(g, &type);
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	char text[NET_ADDR_TEXT];

	if (type == GEN_DNS) {
		int n = ASN1_STRING_length(v);

		return arena_str(a, str_make(ASN1_STRING_get0_data(v), n > 255 ? 255 : (size_t)n));
	}
	if (type == GEN_IPADD && ASN1_STRING_length(v) == 4) {
		memcpy(&v4.sin_addr, ASN1_STRING_get0_data(v), 4);
		net_addr_text((struct sockaddr *)&v4, text);
		return arena_str(a, str_c(text));
	}
	if (type == GEN_IPADD && ASN1_STRING_length(v) == 16) {
		memcpy(&v6.sin6_addr, ASN1_STRING_get0_data(v), 16);
		net_addr_text((struct sockaddr *)&v6, text);
		return arena_str(a, str_c(text));
	}
	return STR("");
}

static void alt_names(struct arena *a, X509 *x, struct tls_cert *ret)
{
	GENERAL_NAMES *list = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int n = list ? sk_GENERAL_NAME_num(list) : 0;

	if (n > NAMES_MAX)
		n = NAMES_MAX;
	ret->names = arena_array(a, (size_t)n + 1, sizeof(*ret->names));
	for (int i = 0; i < n; i++) {
		struct str s = alt_name(a, sk_GENERAL_NAME_value(list, i));

		if (s.len)
			ret->names[ret->nnames++] = s;
	}
	GENERAL_NAMES_free(list);
}

static int64_t time_ms(const ASN1_TIME *t)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return 0;
	return ((clock_days_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * 24 +
		 tm.tm_hour) *
			60 +
		tm.tm_min) *
		       60000 +
	       tm.tm_sec * 1000;
}

static struct str hex(struct arena *a, const unsigned char *p, size_t n)
{
	char *out = arena_alloc(a, 2 * n + 1);

	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
	return str_make(out, 2 * n);
}

static void read_cert(struct arena *a, X509 *x, struct tls_cert *ret)
{
	const EVP_PKEY *key = X509_get0_pubkey(x);
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int nid = X509_get_signature_nid(x);

	ret->subject = name_text(a, X509_get_subject_name(x));
	ret->issuer = name_text(a, X509_get_issuer_name(x));
	ret->common_name = common_name(a, X509_get_subject_name(x));
	alt_names(a, x, ret);
	ret->not_before_ms = time_ms(X509_get0_notBefore(x));
	ret->not_after_ms = time_ms(X509_get0_notAfter(x));
	if (key) {
		const char *type = EVP_PKEY_get0_type_name(key);

		ret->key_type = arena_str(a, str_c(type));
		ret->key_bits = EVP_PKEY_get_bits(key);
	}
	ret->signature = arena_str(a, str_c(nid == NID_undef ? "" : OBJ_nid2ln(nid)));
	if (ASN1_STRING_length(serial) > 0 && ASN1_STRING_length(serial) <= 64)
		ret->serial = hex(a, ASN1_STRING_get0_data(serial),
				  (size_t)ASN1_STRING_length(serial));
	if (X509_digest(x, EVP_sha256(), digest, &n) == 1)
		ret->sha256 = hex(a, digest, n);
	ret->self_signed = X509_self_signed(x, 1) == 1;
	ret->is_ca = X509_check_ca(x) > 0;
}

static void verify_chain(SSL *ssl, X509 *leaf, int64_t now_ms, struct arena *a,
			 struct tls_facts *ret)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	ret->chain_error = STR("");
	if (!ctx ||
	    X509_STORE_CTX_init(ctx, http_ca_store(), leaf, SSL_get_peer_cert_chain(ssl)) != 1) {
		ret->chain_error = STR("could not be checked");
		ret->chain_error_code = X509_V_ERR_UNSPECIFIED;
	} else {
		X509_STORE_CTX_set_default(ctx, "ssl_server");
		X509_STORE_CTX_set_time(ctx, 0, (time_t)(now_ms / 1000));
		ret->chain_ok = X509_verify_cert(ctx) == 1;
		ret->chain_error_code = X509_STORE_CTX_get_error(ctx);
		if (!ret->chain_ok)
			ret->chain_error = arena_str(
				a, str_c(X509_verify_cert_error_string(ret->chain_error_code)));
	}
	X509_STORE_CTX_free(ctx);
}

static bool host_matches(X509 *leaf, struct str host)
{
	char name[LIMIT_NET_HOST + 1];
	size_t len = host.len;

	while (len && host.ptr[len - 1] == '.')
		len--;
	if (len == 0 || len > LIMIT_NET_HOST)
		return false;
	memcpy(name, host.ptr, len);
	name[len] = '\0';
	return X509_check_host(leaf, name, len, 0, NULL) == 1 ||
	       X509_check_ip_asc(leaf, name, 0) == 1;
}

static void read_chain(SSL *ssl, const struct target *t, int64_t now_ms, struct arena *a,
		       struct tls_facts *ret)
{
	X509 *leaf = SSL_get1_peer_certificate(ssl);
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	int n = chain ? sk_X509_num(chain) : 0;

	if (!leaf)
		return;
	if (n > CERTS_MAX)
		n = CERTS_MAX;
	ret->certs = arena_array(a, (size_t)n + 1, sizeof(*ret->certs));
	for (int i = 0; i < n; i++)
		read_cert(a, sk_X509_value(chain, i), &ret->certs[ret->ncerts++]);
	if (ret->ncerts == 0)
		read_cert(a, leaf, &ret->certs[ret->ncerts++]);
	verify_chain(ssl, leaf, now_ms, a, ret);
	ret->host_match = host_matches(leaf, t->host);
	ret->expired = ret->certs[0].not_after_ms < now_ms;
	ret->not_yet_valid = ret->certs[0].not_before_ms > now_ms;
	X509_free(leaf);
}

/* Connections. */

static SSL_CTX *context(int only_version)
{
	static const unsigned char alpn[] = "\x02h2\x08http/1.1";
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	check(ctx);
	http_tls_lenient(ctx);
	SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_alpn_protos(ctx, alpn, sizeof(alpn) - 1);
	if (only_version) {
		SSL_CTX_set_min_proto_version(ctx, only_version);
		SSL_CTX_set_max_proto_version(ctx, only_version);
	}
	return ctx;
}

static bool may_open(const struct target *t)
{
	return !t->waiter || !t->waiter->turn || t->waiter->turn(t->waiter->ctx);
}

static void finish(const struct target *t, struct net_stream *s)
{
	bool opened = s->until_ms > 0;

	net_stream_close(s);
	if (opened && t->waiter && t->waiter->done)
		t->waiter->done(t->waiter->ctx);
}

static int handshake(const struct target *t, SSL_CTX *ctx, struct net_stream *s, struct error *e)
{
	*s = (struct net_stream){ .fd = -1, .waiter = t->waiter };
	if (!may_open(t))
		return error_set(e, "net.cancelled", "已停止", "Stopped");
	s->until_ms = clock_mono_ms(&clock_system) + LIMIT_NET_CONNECT_MS;
	if (net_connector_open(t->connector, t->host, t->port, &s->fd, e) < 0)
		return -1;
	return net_stream_tls(s, ctx, t->sni, e);
}

static void read_negotiated(SSL *ssl, struct arena *a, struct tls_facts *ret)
{
	const SSL_CIPHER *c = SSL_get_current_cipher(ssl);
	const unsigned char *alpn = NULL;
	unsigned alpn_len = 0;

	ret->protocol = arena_str(a, str_c(SSL_get_version(ssl)));
	ret->cipher = arena_str(a, str_c(c ? SSL_CIPHER_get_name(c) : ""));
	ret->suite = arena_str(a, str_c(c ? SSL_CIPHER_standard_name(c) : ""));
	ret->cipher_bits = c ? SSL_CIPHER_get_bits(c, NULL) : 0;
	SSL_get0_alpn_selected(ssl, &alpn, &alpn_len);
	ret->alpn = arena_str(a, str_make(alpn, alpn_len));
}

/* Sends a hello and reads until its answer can be told; MORE stands for silence. */
static enum tls_reply ask(const struct target *t, struct str hello, bool ssl2,
			  uint16_t *ret_version, uint16_t *ret_suite)
{
	struct net_stream s = { .fd = -1, .waiter = t->waiter };
	_cleanup_buf_ struct buf in = BUF_INIT(16 * KIB);
	enum tls_reply r = TLS_REPLY_MORE;
	char piece[2048];

	if (!may_open(t))
		return r;
	s.until_ms = clock_mono_ms(&clock_system) + PROBE_MS;
	if (net_connector_open(t->connector, t->host, t->port, &s.fd, NULL) == 0 &&
	    net_stream_connected(&s, NULL) == 0 && net_stream_write(&s, hello) == 0) {
		while (r == TLS_REPLY_MORE && !in.overflow) {
			ssize_t n = net_stream_read(&s, piece, sizeof(piece));

			if (n == 0 || n == -1)
				r = TLS_REPLY_ALERT; /* hung up: a refusal too */
			if (n <= 0)
				break;
			buf_add(&in, piece, (size_t)n);
			r = ssl2 ? tls_hello_read_ssl2(buf_view(&in))
				 : tls_hello_read(buf_view(&in), ret_version, ret_suite);
		}
	}
	finish(t, &s);
	return r;
}

/* Suites that servers of every age know. */
static const struct {
	uint16_t suite;
	const char *name;
} common_suites[] = {
	{ 0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
	{ 0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
	{ 0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
	{ 0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" },
	{ 0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA" },
	{ 0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" },
	{ 0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA" },
	{ 0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA" },
	{ 0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256" },
	{ 0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" },
	{ 0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" },
	{ 0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA" },
	{ 0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA" },
	{ 0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256" },
	{ 0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384" },
	{ 0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256" },
	{ 0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA" },
	{ 0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA" },
	{ 0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA" },
	{ 0x0005, "TLS_RSA_WITH_RC4_128_SHA" },
	{ 0x0004, "TLS_RSA_WITH_RC4_128_MD5" },
	{ 0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA" },
	{ 0x0084, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA" },
	{ 0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA" },
	{ 0x0009, "TLS_RSA_WITH_DES_CBC_SHA" },
	{ 0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA" },
	{ 0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA" },
};

static enum tls_support probe(const struct target *t, uint16_t version, const char **ret_suite)
{
	_cleanup_buf_ struct buf hello = BUF_INIT(8 * KIB);
	uint16_t suites[ARRAY_SIZE(common_suites)], got = 0, suite = 0;

	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		suites[i] = common_suites[i].suite;
	tls_hello_write(&hello, version, suites, ARRAY_SIZE(suites), t->sni);
	switch (ask(t, buf_view(&hello), false, &got, &suite)) {
	case TLS_REPLY_HELLO:
		for (size_t i = 0; got == version && i < ARRAY_SIZE(suites); i++)
			if (suites[i] == suite)
				*ret_suite = common_suites[i].name;
		return got == version ? TLS_YES : TLS_NO;
	case TLS_REPLY_ALERT:
		return TLS_NO;
	case TLS_REPLY_MORE:
	case TLS_REPLY_OTHER:
		break;
	}
	return TLS_UNKNOWN;
}

static enum tls_support probe_ssl2(const struct target *t)
{
	_cleanup_buf_ struct buf hello = BUF_INIT(256);
	uint16_t v, s;

	tls_hello_write_ssl2(&hello);
	switch (ask(t, buf_view(&hello), true, &v, &s)) {
	case TLS_REPLY_HELLO:
		return TLS_YES;
	case TLS_REPLY_ALERT:
	case TLS_REPLY_OTHER:
		return TLS_NO;
	case TLS_REPLY_MORE:
		break;
	}
	return TLS_UNKNOWN;
}

static enum tls_support probe_tls13(const struct target *t)
{
	SSL_CTX *ctx = context(TLS1_3_VERSION);
	struct net_stream s;
	int rc = handshake(t, ctx, &s, NULL);

	finish(t, &s);
	SSL_CTX_free(ctx);
	return rc == 0 ? TLS_YES : TLS_NO;
}

static const struct {
	uint16_t suite;
	const char *name;
} weak_suites[] = {
	{ 0x0001, "NULL-MD5" },
	{ 0x0002, "NULL-SHA" },
	{ 0x003b, "NULL-SHA256" },
	{ 0xc006, "ECDHE-ECDSA-NULL-SHA" },
	{ 0xc010, "ECDHE-RSA-NULL-SHA" },
	{ 0x0003, "EXP-RC4-MD5" },
	{ 0x0006, "EXP-RC2-CBC-MD5" },
	{ 0x0008, "EXP-DES-CBC-SHA" },
	{ 0x0014, "EXP-EDH-RSA-DES-CBC-SHA" },
	{ 0x0018, "ADH-RC4-MD5" },
	{ 0x001b, "ADH-DES-CBC3-SHA" },
	{ 0x0034, "ADH-AES128-SHA" },
	{ 0x003a, "ADH-AES256-SHA" },
	{ 0x00a6, "ADH-AES128-GCM-SHA256" },
	{ 0xc018, "AECDH-AES128-SHA" },
	{ 0xc019, "AECDH-AES256-SHA" },
	{ 0x0004, "RC4-MD5" },
	{ 0x0005, "RC4-SHA" },
	{ 0xc007, "ECDHE-ECDSA-RC4-SHA" },
	{ 0xc011, "ECDHE-RSA-RC4-SHA" },
	{ 0x0009, "DES-CBC-SHA" },
	{ 0x0015, "EDH-RSA-DES-CBC-SHA" },
	{ 0x000a, "DES-CBC3-SHA" },
	{ 0x0016, "EDH-RSA-DES-CBC3-SHA" },
	{ 0xc008, "ECDHE-ECDSA-DES-CBC3-SHA" },
	{ 0xc012, "ECDHE-RSA-DES-CBC3-SHA" },
	{ 0x0007, "IDEA-CBC-SHA" },
	{ 0x0096, "SEED-SHA" },
};

static uint16_t highest_probed(const struct tls_facts *f)
{
	return f->tls12 == TLS_YES   ? TLS_WIRE_12
	       : f->tls11 == TLS_YES ? TLS_WIRE_11
	       : f->tls10 == TLS_YES ? TLS_WIRE_10
	       : f->ssl3 == TLS_YES  ? TLS_WIRE_SSL3
				     : 0;
}

/* Offers all weak suites, notes the one chosen, offers the rest. */
static void probe_weak(const struct target *t, struct arena *a, struct tls_facts *ret)
{
	uint16_t left[ARRAY_SIZE(weak_suites)], version = highest_probed(ret);
	size_t n = 0;
	_cleanup_buf_ struct buf names = BUF_INIT(1 * KIB);

	for (size_t i = 0; i < ARRAY_SIZE(weak_suites); i++)
		left[n++] = weak_suites[i].suite;
	for (int round = 0; version && round < WEAK_ROUNDS && n; round++) {
		_cleanup_buf_ struct buf hello = BUF_INIT(8 * KIB);
		uint16_t got, suite = 0;
		bool known = false;

		tls_hello_write(&hello, version, left, n, t->sni);
		if (ask(t, buf_view(&hello), false, &got, &suite) != TLS_REPLY_HELLO)
			break;
		for (size_t i = 0; i < ARRAY_SIZE(weak_suites); i++)
			if (weak_suites[i].suite == suite)
				buf_printf(&names, "%s%s", names.len ? "," : "",
					   weak_suites[i].name);
		for (size_t i = 0; i < n && !known; i++) {
			if (left[i] != suite)
				continue;
			left[i] = left[--n];
			known = true;
		}
		if (!known) /* it chose what was not offered */
			break;
	}
	ret->weak_ciphers = arena_str(a, buf_view(&names));
}

static void probe_versions(const struct target *t, struct arena *a, struct tls_facts *ret)
{
	ret->ssl2 = probe_ssl2(t);
	ret->ssl3 = probe(t, TLS_WIRE_SSL3, &ret->ssl3_suite);
	ret->tls10 = probe(t, TLS_WIRE_10, &ret->tls10_suite);
	ret->tls11 = probe(t, TLS_WIRE_11, &ret->tls11_suite);
	ret->tls12 = str_eq(ret->protocol, STR("TLSv1.2")) ? TLS_YES : probe(t, TLS_WIRE_12, &ret->tls12_suite);
	ret->tls13 = str_eq(ret->protocol, STR("TLSv1.3")) ? TLS_YES : probe_tls13(t);
	probe_weak(t, a, ret);
}

int tls_facts_get(struct net_connector *c, struct str host, uint16_t port, bool with_versions,
		  int64_t now_ms, struct arena *a, struct tls_facts *ret, struct error *e)
{
	return tls_facts_get_with(NULL, c, host, port, with_versions, now_ms, a, ret, e);
}

int tls_facts_get_with(const struct net_waiter *w, struct net_connector *c, struct str host, uint16_t port,
		       bool with_versions, int64_t now_ms, struct arena *a, struct tls_facts *ret,
		       struct error *e)
{
	struct target t = { .connector = c, .host = host, .port = port, .waiter = w };
	struct tls_facts f = { .weak_ciphers = STR(""), .chain_error = STR("") };
	struct sockaddr_storage ss;
	struct net_stream s;
	socklen_t len;

	if (net_http_global_init(e) < 0)
		return -1;
	check(arena_left(a) >= ARENA_NEED);
	t.sni = net_addr_parse(host, 0, &ss, &len) == 0 ? STR("") : host;
	SSL_CTX *ctx = context(0);
	int rc = handshake(&t, ctx, &s, e);

	if (rc == 0) {
		read_negotiated(s.ssl, a, &f);
		read_chain(s.ssl, &t, now_ms, a, &f);
	}
	finish(&t, &s);
	SSL_CTX_free(ctx);
	ERR_clear_error();
	if (rc < 0)
		return -1;
	if (with_versions)
		probe_versions(&t, a, &f);
	*ret = f;
	return 0;
}
