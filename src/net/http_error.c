/* libcurl's error codes in our words, for a person and for a program. */
#include <errno.h>

#include "net/http_private.h"

static const struct {
	CURLcode curl;
	const char *code, *zh, *en;
} table[] = {
	{ CURLE_OPERATION_TIMEDOUT, "net.timeout", "服务器在限定时间内没有答复完",
	  "The server did not finish its answer in time" },
	{ CURLE_COULDNT_CONNECT, "net.connect-failed", "无法连接服务器", "Could not connect" },
	{ CURLE_SEND_ERROR, "net.reset", "发送请求时连接中断",
	  "The connection broke while sending the request" },
	{ CURLE_RECV_ERROR, "net.reset", "接收答复时连接中断",
	  "The connection broke while receiving the answer" },
	{ CURLE_GOT_NOTHING, "net.empty-answer", "服务器关闭了连接，没有答复",
	  "The server closed the connection without an answer" },
	{ CURLE_PARTIAL_FILE, "http.partial", "答复比它声明的长度短",
	  "The answer is shorter than it announced" },
	{ CURLE_SSL_CONNECT_ERROR, "tls.handshake", "TLS 握手失败", "The TLS handshake failed" },
	{ CURLE_PEER_FAILED_VERIFICATION, "tls.untrusted", "服务器证书不可信",
	  "The server's certificate is not trusted" },
	{ CURLE_SSL_CIPHER, "tls.handshake", "没有双方都支持的加密套件",
	  "No cipher suite in common" },
	{ CURLE_SSL_INVALIDCERTSTATUS, "tls.untrusted", "证书状态无效",
	  "The certificate's status is not valid" },
	{ CURLE_BAD_CONTENT_ENCODING, "http.bad-encoding", "答复的压缩数据损坏",
	  "The compressed answer is damaged" },
	{ CURLE_WEIRD_SERVER_REPLY, "http.bad-response", "服务器的答复不是有效的 HTTP",
	  "The server's answer is not valid HTTP" },
	{ CURLE_UNSUPPORTED_PROTOCOL, "http.bad-response", "服务器的答复不是有效的 HTTP",
	  "The server's answer is not valid HTTP" },
	{ CURLE_HTTP2, "http.bad-response", "HTTP/2 连接出错", "The HTTP/2 connection failed" },
	{ CURLE_HTTP2_STREAM, "http.bad-response", "HTTP/2 流被服务器中止",
	  "The server aborted the HTTP/2 stream" },
	{ CURLE_URL_MALFORMAT, "http.bad-url", "无法请求这个网址", "This URL cannot be requested" },
	{ CURLE_COULDNT_RESOLVE_HOST, "dns.no-name", "域名没有可用的地址",
	  "The name has no address" },
	{ CURLE_OK, NULL, NULL, NULL },
};

static bool is_connect_errno(int n)
{
	return n == ECONNREFUSED || n == ETIMEDOUT || n == EHOSTUNREACH || n == ENETUNREACH;
}

static void error_text(struct error *e, size_t i, struct str host, uint16_t port)
{
	if (!e)
		return;
	error_clear(e);
	snprintf(e->code, sizeof(e->code), "%s", table[i].code);
	snprintf(e->zh, sizeof(e->zh), "%s（%.*s:%u）", table[i].zh, STR_ARG(host), port);
	snprintf(e->en, sizeof(e->en), "%s (%.*s:%u)", table[i].en, STR_ARG(host), port);
}

void http_error_of_curl(struct error *e, CURLcode code, int os_errno, struct str host,
			uint16_t port)
{
	size_t i = 0;

	/* The socket was still connecting when libcurl got it. */
	if (is_connect_errno(os_errno) &&
	    (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
	     code == CURLE_SSL_CONNECT_ERROR || code == CURLE_COULDNT_CONNECT)) {
		net_connect_error(e, os_errno, host, port);
		return;
	}
	while (table[i].curl != CURLE_OK && table[i].curl != code)
		i++;
	if (table[i].curl == CURLE_OK)
		error_set(e, "net.failed", "网络请求失败：%s", "The request failed: %s",
			  curl_easy_strerror(code));
	else
		error_text(e, i, host, port);
}
