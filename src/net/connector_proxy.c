/* Tunnels through a forward proxy: HTTP CONNECT (RFC 9110 §9.3.6) and SOCKS 5 with the
 * name resolved by the proxy (RFC 1928, RFC 1929). Every read and write is bounded by one
 * deadline; nothing beyond the handshake is read from the socket. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/connector_private.h"
#include "net/wait_private.h"
#include "net/url.h"

#define REPLY_MAX (8 * KIB)

static int bad_url(struct error *e)
{
	return error_field(e, "proxy", "proxy.bad-url",
			   "代理地址应为 http://主机:端口 或 socks5h://主机:端口",
			   "The proxy must be http://host:port or socks5h://host:port");
}

static struct str dup_decoded(struct str s)
{
	_cleanup_buf_ struct buf b = BUF_INIT(s.len);

	decode_percent(&b, s, false);
	size_t n = b.len;

	return str_make(str_dup(buf_view(&b)), n);
}

int net_proxy_new(struct str url, struct net_proxy **ret, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(256 * KIB);
	bool socks = str_istarts(url, STR("socks5h://")) || str_istarts(url, STR("socks5://"));
	struct str text = url;
	struct url u;

	if (socks)
		text = arena_printf(a, "http%.*s",
				    STR_ARG(str_from(url, (size_t)str_chr(url, ':'))));
	if (url.len > 2 * KIB || url_parse(a, text, NULL, 0, &u, NULL) < 0 || url_is_https(&u))
		return bad_url(e);
	struct net_proxy *p = mem_alloc(sizeof(*p));

	p->socks = socks;
	p->host = dup_decoded(u.host);
	p->port = u.port;
	if (socks && u.port == 80 && !str_has(url, STR(":80")))
		p->port = 1080;
	p->user = dup_decoded(u.username);
	p->password = dup_decoded(u.password);
	*ret = p;
	return 0;
}

void net_proxy_free(struct net_proxy *p)
{
	if (!p)
		return;
	free((void *)(uintptr_t)p->host.ptr);
	free((void *)(uintptr_t)p->user.ptr);
	free((void *)(uintptr_t)p->password.ptr);
	free(p);
}

static int proxy_gone(struct error *e)
{
	return error_set(e, "proxy.failed", "代理服务器中断了连接或没有应答",
			 "The proxy broke the connection or did not answer");
}

static int send_all(int fd, struct str s, int64_t until)
{
	while (s.len) {
		ssize_t n = send(fd, s.ptr, s.len, MSG_NOSIGNAL);

		if (n >= 0) {
			s = str_from(s, (size_t)n);
		} else if (errno == EAGAIN) {
			if (net_wait(fd, POLLOUT, until) < 0)
				return -1;
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

static int recv_exact(int fd, void *out, size_t n, int64_t until)
{
	char *p = out;

	while (n) {
		ssize_t got = recv(fd, p, n, 0);

		if (got > 0) {
			p += got;
			n -= (size_t)got;
		} else if (got < 0 && errno == EAGAIN) {
			if (net_wait(fd, POLLIN, until) < 0)
				return -1;
		} else if (got == 0 || errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

static int connect_http(const struct net_proxy *p, int fd, struct str host, uint16_t port,
			int64_t until, struct error *e)
{
	_cleanup_buf_ struct buf b = BUF_INIT(REPLY_MAX);
	bool v6 = str_chr(host, ':') >= 0;
	char target[LIMIT_NET_HOST + 16];

	snprintf(target, sizeof(target), "%s%.*s%s:%u", v6 ? "[" : "", STR_ARG(host), v6 ? "]" : "",
		 port);
	buf_printf(&b, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", target, target);
	if (p->user.len || p->password.len) {
		_cleanup_buf_ struct buf secret = BUF_INIT(4 * KIB);

		buf_printf(&secret, "%.*s:%.*s", STR_ARG(p->user), STR_ARG(p->password));
		buf_c(&b, "Proxy-Authorization: Basic ");
		encode_base64(&b, buf_view(&secret));
		buf_c(&b, "\r\n");
	}
	buf_c(&b, "\r\n");
	if (send_all(fd, buf_view(&b), until) < 0)
		return proxy_gone(e);
	buf_clear(&b);
	while (!str_ends(buf_view(&b), STR("\r\n\r\n"))) {
		char c;

		/* Byte by byte: what follows belongs to the tunnel. */
		if (b.overflow || recv_exact(fd, &c, 1, until) < 0)
			return proxy_gone(e);
		buf_char(&b, c);
	}
	struct str line = buf_view(&b);

	if (!str_starts(line, STR("HTTP/1.")) || line.len < 12)
		return proxy_gone(e);
	if (line.ptr[9] != '2')
		return error_set(e, "proxy.refused", "代理拒绝连接 %s（状态 %.3s）",
				 "The proxy refused to connect to %s (status %.3s)", target,
				 line.ptr + 9);
	return 0;
}

static int socks_login(const struct net_proxy *p, int fd, int64_t until)
{
	_cleanup_buf_ struct buf b = BUF_INIT(600);
	bool secret = p->user.len || p->password.len;
	unsigned char reply[2];

	buf_add(&b, secret ? "\5\2\0\2" : "\5\1\0", secret ? 4 : 3);
	if (send_all(fd, buf_view(&b), until) < 0 || recv_exact(fd, reply, 2, until) < 0 ||
	    reply[0] != 5)
		return -1;
	if (reply[1] == 0)
		return 0;
	if (reply[1] != 2 || !secret || p->user.len > 255 || p->password.len > 255)
		return -1;
	buf_clear(&b);
	buf_char(&b, 1);
	buf_char(&b, (char)p->user.len);
	buf_str(&b, p->user);
	buf_char(&b, (char)p->password.len);
	buf_str(&b, p->password);
	if (send_all(fd, buf_view(&b), until) < 0 || recv_exact(fd, reply, 2, until) < 0)
		return -1;
	return reply[1] == 0 ? 0 : -1;
}

static int connect_socks(const struct net_proxy *p, int fd, struct str host, uint16_t port,
			 int64_t until, struct error *e)
{
	_cleanup_buf_ struct buf b = BUF_INIT(600);
	struct sockaddr_storage ss;
	unsigned char head[4], rest[257];
	socklen_t len;

	if (host.len > 255 || socks_login(p, fd, until) < 0)
		return proxy_gone(e);
	buf_add(&b, "\5\1\0", 3);
	if (net_addr_parse(host, 0, &ss, &len) == 0) {
		bool v4 = ss.ss_family == AF_INET;

		buf_char(&b, v4 ? 1 : 4);
		buf_add(&b, v4 ? (char *)&ss + 4 : (char *)&ss + 8, v4 ? 4 : 16);
	} else {
		buf_char(&b, 3);
		buf_char(&b, (char)host.len);
		buf_str(&b, host);
	}
	buf_char(&b, (char)(port >> 8));
	buf_char(&b, (char)port);
	if (send_all(fd, buf_view(&b), until) < 0 || recv_exact(fd, head, 4, until) < 0 ||
	    head[0] != 5)
		return proxy_gone(e);
	if (head[1] != 0)
		return error_set(e, "proxy.refused", "代理拒绝连接 %.*s:%u（代码 %u）",
				 "The proxy refused to connect to %.*s:%u (code %u)", STR_ARG(host),
				 port, head[1]);
	size_t more = head[3] == 1 ? 4 : head[3] == 4 ? 16 : 0;

	if (head[3] == 3) {
		if (recv_exact(fd, rest, 1, until) < 0)
			return proxy_gone(e);
		more = rest[0];
	}
	return recv_exact(fd, rest, more + 2, until) < 0 ? proxy_gone(e) : 0;
}

int net_proxy_handshake(const struct net_proxy *p, int fd, struct str host, uint16_t port,
			int timeout_ms, struct error *e)
{
	int64_t until = clock_mono_ms(&clock_system) + timeout_ms;

	if (host.len > LIMIT_NET_HOST || net_connect_wait(fd, timeout_ms, NULL) < 0)
		return proxy_gone(e);
	return p->socks ? connect_socks(p, fd, host, port, until, e)
			: connect_http(p, fd, host, port, until, e);
}
