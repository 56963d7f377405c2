/* Services that begin in plain text and change to TLS on request: SMTP (RFC 3207), IMAP
 * and POP3 (RFC 2595), FTP (RFC 4217), LDAP (RFC 4511, 4.14), PostgreSQL and MySQL. What
 * is said is a greeting, one question for TLS, nothing else; after it the connection is
 * ready for a ClientHello. Each step is a function of the bytes heard so far. */
#include "scan/asset/starttls.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/limits.h"

#define LDAP_ASK "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" "1.3.6.1.4.1.1466.20037"
#define POSTGRES_ASK "\x00\x00\x00\x08\x04\xd2\x16\x2f"
/* capabilities LONG_PASSWORD, PROTOCOL_41, SSL, SECURE_CONNECTION; 16 MiB; utf8 */
#define MYSQL_ASK "\x20\x00\x00\x01\x01\x8a\x00\x00\x00\x00\x00\x01\x21"

enum asset_start asset_start_of(struct str service)
{
	static const struct {
		const char *service;
		enum asset_start start;
	} list[] = { { "smtp", START_SMTP },	 { "imap", START_IMAP },   { "pop3", START_POP3 },
		     { "ftp", START_FTP },	 { "ldap", START_LDAP },   { "postgresql", START_POSTGRES },
		     { "mysql", START_MYSQL } };

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (str_eq(service, str_c(list[i].service)))
			return list[i].start;
	return START_NONE;
}

const char *asset_start_name(enum asset_start s)
{
	static const char *const names[] = { "", "smtp", "imap", "pop3", "ftp", "ldap", "postgresql", "mysql" };

	return names[s];
}

/* The last line of a reply in lines ("250-x", then "250 y"); false: more must come. */
static bool reply_whole(struct str heard, struct str *ret_last)
{
	struct str rest = heard, line;

	if (!str_ends(heard, STR("\n")))
		return false;
	while (str_split(&rest, '\n', &line))
		if (line.len >= 3)
			*ret_last = line;
	return ret_last->len >= 3 && (ret_last->len == 3 || ret_last->ptr[3] != '-');
}

static int code_step(enum asset_start s, unsigned stage, struct str heard, struct buf *say)
{
	struct str last = STR("");
	bool smtp = s == START_SMTP;

	if (!reply_whole(heard, &last))
		return 0;
	if (stage == 0) {
		buf_c(say, smtp ? "EHLO zhanwei.invalid\r\n" : "AUTH TLS\r\n");
		return str_starts(last, STR("220")) ? 0 : -1;
	}
	if (smtp && stage == 1) {
		buf_c(say, "STARTTLS\r\n");
		return str_starts(last, STR("250")) && str_ihas(heard, STR("STARTTLS")) ? 0 : -1;
	}
	return str_starts(last, smtp ? STR("220") : STR("234")) ? 1 : -1;
}

static int line_step(enum asset_start s, unsigned stage, struct str heard, struct buf *say)
{
	bool imap = s == START_IMAP;
	struct str last = STR(""), rest = heard, line;

	if (!str_ends(heard, STR("\n")))
		return 0;
	while (str_split(&rest, '\n', &line))
		if (line.len)
			last = line;
	if (stage == 0) {
		buf_c(say, imap ? "a1 STARTTLS\r\n" : "STLS\r\n");
		return str_istarts(last, imap ? STR("* OK") : STR("+OK")) ? 0 : -1;
	}
	if (imap && !str_starts(last, STR("a1 ")))
		return 0; /* untagged */
	return str_istarts(last, imap ? STR("a1 OK") : STR("+OK")) ? 1 : -1;
}

/* LDAPMessage { 1, ExtendedResponse { resultCode success, … } } */
static int ldap_step(unsigned stage, struct str heard, struct buf *say)
{
	const unsigned char *p = (const unsigned char *)heard.ptr;
	size_t at = 2, len;

	if (stage == 0) {
		buf_str(say, STR(LDAP_ASK));
		return 0;
	}
	if (heard.len < 2)
		return 0;
	len = p[1];
	if (len & 0x80) {
		at += len & 0x7f;
		if ((len & 0x7f) > 4 || heard.len < at)
			return (len & 0x7f) > 4 ? -1 : 0;
		len = 0;
		for (size_t i = 2; i < at; i++)
			len = len << 8 | p[i];
	}
	if (p[0] != 0x30 || len > 4 * KIB)
		return -1;
	if (heard.len < at + len)
		return 0;
	struct str body = str_sub(heard, at, at + len);

	return str_starts(body, STR("\x02\x01\x01\x78")) && str_has(str_sub(body, 4, 16), str_make("\x0a\x01\x00", 3)) ? 1 : -1;
}

/* The server's greeting: protocol 10, version, thread, salt, then its capabilities. */
static int mysql_step(unsigned stage, struct str heard, struct buf *say)
{
	const unsigned char *p = (const unsigned char *)heard.ptr;

	if (heard.len < 5)
		return 0;
	size_t len = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16, at;

	if (len > 4 * KIB || p[4] != 10)
		return -1;
	if (heard.len < 4 + len)
		return 0;
	ssize_t end = str_chr(str_from(heard, 5), '\0');

	at = 5 + (size_t)end + 1 + 4 + 8 + 1;
	if (end < 0 || at + 2 > heard.len || !(p[at + 1] & 0x08)) /* CLIENT_SSL */
		return -1;
	buf_str(say, STR(MYSQL_ASK));
	for (int i = 0; i < 23; i++)
		buf_char(say, 0);
	return 1;
}

int asset_start_step(enum asset_start s, unsigned stage, struct str heard, struct buf *say)
{
	switch (s) {
	case START_SMTP:
	case START_FTP:
		return code_step(s, stage, heard, say);
	case START_IMAP:
	case START_POP3:
		return line_step(s, stage, heard, say);
	case START_LDAP:
		return ldap_step(stage, heard, say);
	case START_POSTGRES:
		if (stage == 0)
			buf_str(say, STR(POSTGRES_ASK));
		return stage == 0 || heard.len == 0 ? 0 : heard.ptr[0] == 'S' ? 1 : -1;
	case START_MYSQL:
		return mysql_step(stage, heard, say);
	default:
		return -1;
	}
}

bool asset_start_speaks_first(enum asset_start s)
{
	return s == START_LDAP || s == START_POSTGRES;
}

/* ---- on a connection ---- */

static bool wait_for(int fd, short events, int64_t until_ms)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int64_t left = until_ms - clock_mono_ms(&clock_system);
		int n = poll(&p, 1, left > 0 ? (int)left : 0);

		if (n > 0 || (n == 0 && left <= 0) || (n < 0 && errno != EINTR))
			return n > 0;
	}
}

static int say_all(int fd, struct str bytes, int64_t until_ms)
{
	while (bytes.len) {
		ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n < 0 && !wait_for(fd, POLLOUT, until_ms))
			return -1;
		bytes = str_from(bytes, n > 0 ? (size_t)n : 0);
	}
	return 0;
}

/* PostgreSQL's answer is one byte, and what follows belongs to TLS: never more than asked. */
static int hear(int fd, enum asset_start s, struct buf *heard, int64_t until_ms)
{
	char piece[1024];

	for (;;) {
		ssize_t n = recv(fd, piece, s == START_POSTGRES ? 1 : sizeof(piece), 0);

		if (n > 0)
			buf_str(heard, str_make(piece, (size_t)n));
		if (n >= 0)
			return n > 0 && !heard->overflow ? 0 : -1;
		if ((errno != EAGAIN && errno != EINTR) || !wait_for(fd, POLLIN, until_ms))
			return -1;
	}
}

int asset_start_tls(int fd, enum asset_start s)
{
	int64_t until = clock_mono_ms(&clock_system) + LIMIT_ASSET_OPEN_MS;
	_cleanup_buf_ struct buf heard = BUF_INIT(16 * KIB), say = BUF_INIT(KIB);
	bool first = asset_start_speaks_first(s);

	for (unsigned stage = 0;;) {
		if (!first && hear(fd, s, &heard, until) < 0)
			return -1;
		first = false;
		int r = asset_start_step(s, stage, buf_view(&heard), &say);

		if (r < 0 || say_all(fd, buf_view(&say), until) < 0)
			return -1;
		if (r > 0)
			return 0;
		if (say.len) {
			stage++;
			buf_clear(&heard);
			buf_clear(&say);
		}
	}
}
