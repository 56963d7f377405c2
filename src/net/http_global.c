/* Process-wide set-up of libcurl and OpenSSL, done before the jail closes: what they load
 * from files (configuration, error strings, CA certificates) is in memory afterwards. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <signal.h>

#include "net/http_private.h"

/* Written once by net_http_global_init(), read-only afterwards. */
static X509_STORE *ca_store;

X509_STORE *http_ca_store(void)
{
	return ca_store;
}

void http_tls_lenient(SSL_CTX *ctx)
{
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
}

/* Providers, algorithms and the random generator load lazily; make them load now. */
static void warm_openssl(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	unsigned char r[8];
	char name[] = "localhost"; /* the macro below drops a const */

	if (ctx) {
		SSL *ssl = SSL_new(ctx);

		http_tls_lenient(ctx);
		if (ssl) {
			BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

			SSL_set_bio(ssl, in, out);
			SSL_set_tlsext_host_name(ssl, name);
			SSL_connect(ssl); /* writes a ClientHello into memory */
			SSL_free(ssl);
		}
		SSL_CTX_free(ctx);
	}
	RAND_bytes(r, sizeof(r));
	EVP_MD_free(EVP_MD_fetch(NULL, "SHA256", NULL));
	EVP_CIPHER_free(EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL));
	ERR_clear_error();
}

int net_http_global_init(struct error *e)
{
	if (ca_store)
		return 0;
	/* OpenSSL writes without MSG_NOSIGNAL; a closed peer is an error code, not a signal. */
	signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(e, "net.init", "无法初始化网络库",
				 "The network library did not start");
	ca_store = X509_STORE_new();
	if (!ca_store)
		return error_set(e, "net.init", "无法初始化 TLS 库",
				 "The TLS library did not start");
	/* Without CA certificates everything works but verification, which then says so. */
	X509_STORE_set_default_paths(ca_store);
	warm_openssl();
	return 0;
}
