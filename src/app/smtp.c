/* SMTP by libcurl over a connection that our connector opened, so that the policy
 * sees the address; libcurl resolves and connects nothing by itself. */
#include <curl/curl.h>

#include "app/send.h"
#include "base/limits.h"

struct transfer {
	struct str left;
	int fd; /* handed to libcurl once */
	char answer[160]; /* last line the server said */
};

static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *addr)
{
	struct transfer *t = user;
	int fd = t->fd;

	t->fd = -1;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static int on_sockopt(void *user, curl_socket_t fd, curlsocktype purpose)
{
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static size_t on_read(char *to, size_t size, size_t n, void *user)
{
	struct transfer *t = user;
	size_t take = size * n < t->left.len ? size * n : t->left.len;

	memcpy(to, t->left.ptr, take);
	t->left = str_from(t->left, take);
	return take;
}

static size_t on_header(char *line, size_t size, size_t n, void *user)
{
	struct transfer *t = user;
	struct str s = str_trim(str_make(line, size * n));

	snprintf(t->answer, sizeof(t->answer), "%.*s", STR_ARG(s));
	return size * n;
}

static int explain(CURLcode code, const struct transfer *t, struct error *e)
{
	const char *said = t->answer[0] ? t->answer : curl_easy_strerror(code);

	if (code == CURLE_LOGIN_DENIED)
		return error_set(e, "mail.login", "邮件服务器拒绝登录：%s", "the mail server refused the login: %s",
				 said);
	if (code == CURLE_USE_SSL_FAILED || code == CURLE_SSL_CONNECT_ERROR ||
	    code == CURLE_PEER_FAILED_VERIFICATION)
		return error_set(e, "mail.tls", "与邮件服务器的加密连接失败：%s",
				 "no secure connection to the mail server: %s", curl_easy_strerror(code));
	if (code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY ||
	    code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING)
		return error_set(e, "mail.refused", "邮件服务器拒绝了邮件：%s", "the mail server refused: %s", said);
	return error_set(e, "mail.failed", "邮件发送失败：%s", "sending mail failed: %s", said);
}

static void set_up(CURL *easy, const struct app_smtp *s, struct transfer *t, const char *url,
		   const char *from)
{
	bool tls = str_eq(s->security, STR("tls")), starttls = str_eq(s->security, STR("starttls"));

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)LIMIT_SEND_MS);
	curl_easy_setopt(easy, CURLOPT_USE_SSL, tls || starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_sockopt);
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(easy, CURLOPT_READDATA, t);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
}

static int transfer(const struct app_smtp *s, struct transfer *t, struct arena *a,
		    struct error *e)
{
	bool tls = str_eq(s->security, STR("tls"));
	bool v6 = str_has(s->host, STR(":"));
	struct curl_slist *to = NULL, *resolve = NULL;
	CURL *easy = curl_easy_init();
	CURLcode code;

	if (!easy)
		return error_set(e, "mail.failed", "邮件组件无法初始化", "the mail client could not start");
	set_up(easy, s, t,
	       arena_printf(a, v6 ? "%s://[%.*s]:%d/zhanwei" : "%s://%.*s:%d/zhanwei",
			    tls ? "smtps" : "smtp", STR_ARG(s->host), (int)s->port).ptr,
	       arena_printf(a, "<%.*s>", STR_ARG(s->from)).ptr);
	for (size_t i = 0; i < s->to_len; i++)
		to = curl_slist_append(to, arena_printf(a, "<%.*s>", STR_ARG(s->to[i])).ptr);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, to);
	if (!v6) {
		/* The address is made up: the socket is connected already. */
		resolve = curl_slist_append(NULL, arena_printf(a, "%.*s:%d:192.0.2.1",
							       STR_ARG(s->host), (int)s->port).ptr);
		curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve);
	}
	if (s->username.len) {
		curl_easy_setopt(easy, CURLOPT_USERNAME, arena_cstr(a, s->username));
		curl_easy_setopt(easy, CURLOPT_PASSWORD, arena_cstr(a, s->password));
	}
	code = curl_easy_perform(easy);
	curl_easy_cleanup(easy);
	curl_slist_free_all(to);
	curl_slist_free_all(resolve);
	return code == CURLE_OK ? 0 : explain(code, t, e);
}

int app_smtp_send(struct net_connector *connector, const struct app_smtp *s, struct str message,
		  struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	struct transfer t = { .left = message, .fd = -1 };
	int fd, r;

	if (net_connector_open(connector, s->host, (uint16_t)s->port, &fd, e) < 0)
		return -1;
	if (net_connect_wait(fd, LIMIT_NET_CONNECT_MS, e) < 0) {
		close(fd);
		return -1;
	}
	t.fd = fd;
	r = transfer(s, &t, a, e);
	if (t.fd >= 0)
		close(t.fd); /* libcurl never asked for it */
	return r;
}
