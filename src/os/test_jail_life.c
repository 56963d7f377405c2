/* What the jailed engine lives on works inside: libcurl and OpenSSL on a socket that was
 * connected outside, PCRE2's compiler where it is allowed, iconv when it was prepared. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <arpa/inet.h>
#include <curl/curl.h>
#include <iconv.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pcre2.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/test.h"
#include "os/frame.h"
#include "os/jail_private.h"
#include "os/spawn.h"

/* ---- a TLS server of one answer ------------------------------------------------ */

static SSL_CTX *server_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"jail.test", -1,
				   -1, 0);
	X509_set_issuer_name(cert, name);
	X509_sign(cert, key, EVP_sha256());
	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, key);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ctx;
}

static _Noreturn void serve_once(int fd)
{
	static const char answer[] =
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
	SSL *ssl = SSL_new(server_context());
	char text[4096];

	alarm(20);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1 && SSL_read(ssl, text, sizeof(text)) > 0)
		SSL_write(ssl, answer, sizeof(answer) - 1);
	SSL_shutdown(ssl);
	_exit(0);
}

/* ---- in the jail --------------------------------------------------------------- */

static struct buf body = BUF_INIT(1024);

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	buf_add(&body, p, size * n);
	return size * n;
}

static curl_socket_t give_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	return *(const int *)arg;
}

static int already_connected(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static int fetch_main(int chan, const int *fds, size_t nfds, struct str arg)
{
	struct curl_slist *hosts = curl_slist_append(NULL, "jail.test:443:192.0.2.1");
	CURL *c = curl_easy_init();
	CURLM *m = curl_multi_init();
	int still = 1, left;
	int fd = fds[0];

	curl_easy_setopt(c, CURLOPT_URL, "https://jail.test/");
	curl_easy_setopt(c, CURLOPT_RESOLVE, hosts);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, give_socket);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, &fd);
	curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, already_connected);
	curl_multi_add_handle(m, c);
	while (still) {
		if (curl_multi_perform(m, &still) != CURLM_OK ||
		    curl_multi_poll(m, NULL, 0, 1000, NULL) != CURLM_OK)
			return 2;
	}
	CURLMsg *msg = curl_multi_info_read(m, &left);

	if (!msg || msg->data.result != CURLE_OK) {
		buf_clear(&body);
		buf_c(&body, msg ? curl_easy_strerror(msg->data.result) : "no result");
	}
	return os_frame_send(chan, 0, buf_view(&body), 1000, NULL) < 0;
}

static int curl_prepare(struct error *e)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK && OPENSSL_init_ssl(0, NULL) == 1
		       ? 0
		       : error_set(e, "test.curl", "libcurl", "libcurl");
}

static iconv_t gbk = (iconv_t)-1;

static int gbk_prepare(struct error *e)
{
	gbk = iconv_open("UTF-8", "GB18030");
	return gbk == (iconv_t)-1 ? error_set(e, "test.iconv", "iconv", "iconv") : 0;
}

static int text_main(int chan, const int *fds, size_t nfds, struct str arg)
{
	char in[] = "\xd6\xd0", out[8] = "", *ip = in, *op = out;
	size_t il = 2, ol = sizeof(out);
	int err;
	size_t at;
	pcre2_code *re = pcre2_compile((PCRE2_SPTR) "(a+)+b", PCRE2_ZERO_TERMINATED, 0, &err, &at,
				       NULL);
	pcre2_match_data *m = pcre2_match_data_create_from_pattern(re, NULL);

	if (iconv(gbk, &ip, &il, &op, &ol) != 0)
		return 2;
	if (pcre2_jit_compile(re, PCRE2_JIT_COMPLETE) != 0)
		return 3;
	if (pcre2_jit_match(re, (PCRE2_SPTR) "xaab", 4, 0, 0, m, NULL) != 2)
		return 4;
	return os_frame_send(chan, 0, str_c(out), 1000, NULL) < 0;
}

static const struct os_jail_kind fetch_kind = { .name = "fetch",
						.main = fetch_main,
						.prepare = curl_prepare,
						.max_memory = 128 * MIB,
						.max_cpu_s = 10,
						.max_files = 32 };
static const struct os_jail_kind text_kind = { .name = "text",
					       .main = text_main,
					       .prepare = gbk_prepare,
					       .max_memory = 64 * MIB,
					       .max_cpu_s = 5,
					       .allow_jit = true };
static const struct os_jail_kind *const kinds[] = { &fetch_kind, &text_kind, NULL };

/* ---- outside ------------------------------------------------------------------- */

static void answers(const char *kind, const int *fds, size_t nfds, unsigned off, int abi,
		    const char *want)
{
	const struct os_spawner_options o = { .landlock_abi = abi, .off = off };
	_cleanup_(os_spawner_stopp) struct os_spawner *s = NULL;
	_cleanup_child_ struct os_child c = OS_CHILD_NONE;
	_cleanup_buf_ struct buf got = BUF_INIT(1024);
	struct os_child_exit x = { 0 };
	struct error e = { 0 };
	uint32_t type;

	assert_ok(os_spawner_start_with(kinds, &o, &s, &e));
	assert_ok(os_spawner_spawn(s, str_c(kind), fds, nfds, STR(""), &c, &e));
	int r = os_frame_recv(c.chan, 1024, 20000, &type, &got, NULL);

	assert_int_equal(os_child_wait(&c, 5000, &x), 1);
	if (r != 1 || x.reason != OS_CHILD_DONE)
		fail_msg("%s: %s (code %d, signal %d)", kind, x.en, x.code, x.signal);
	assert_str_c(buf_view(&got), want);
}

static void tcp_pair(int ret[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_ok(bind(listener, (struct sockaddr *)&a, sizeof(a)));
	assert_ok(listen(listener, 1));
	assert_ok(getsockname(listener, (struct sockaddr *)&a, &len));
	ret[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_ok(connect(ret[1], (struct sockaddr *)&a, sizeof(a)));
	ret[0] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(ret[0] >= 0);
	close(listener);
}

static void curl_fetches_over_a_handed_socket(void **state)
{
	for (int abi = -1; abi <= 1; abi += 2) {
		int sv[2];

		tcp_pair(sv);
		pid_t server = fork();

		if (server == 0) {
			close(sv[1]);
			serve_once(sv[0]);
		}
		close(sv[0]);
		answers("fetch", &sv[1], 1, abi == 1 ? OS_JAIL_NO_NAMESPACES : 0, abi, "hello");
		close(sv[1]);
		waitpid(server, NULL, 0);
	}
}

static void patterns_compile_and_charsets_convert(void **state)
{
	answers("text", NULL, 0, 0, -1, "\xe4\xb8\xad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(curl_fetches_over_a_handed_socket),
		cmocka_unit_test(patterns_compile_and_charsets_convert),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
