/* Hands one notice to one channel, over the outgoing-connection policy. */
#ifndef APP_SEND_H
#define APP_SEND_H
#include "app/outgoing.h"
#include "store/notify.h"

/* 0 when the receiver took it, else why not. Blocks for at most LIMIT_SEND_MS. */
int app_send(struct app_call *c, const struct store_channel *channel,
	     const struct store_notice *notice, struct error *e);

struct app_smtp {
	struct str host, security, username, password, from; /* security: none starttls tls */
	int64_t port;
	const struct str *to;
	size_t to_len;
};
/* One message (RFC 5322, CRLF). "mail.refused", "mail.login", "mail.tls", "mail.failed",
 * "policy.…", "net.…" */
int app_smtp_send(struct net_connector *connector, const struct app_smtp *s, struct str message,
		  struct error *e);
#endif
