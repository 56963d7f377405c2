/* Forward proxies, for the direct connector only. */
#ifndef NET_CONNECTOR_PRIVATE_H
#define NET_CONNECTOR_PRIVATE_H
#include "net/connector.h"

struct net_proxy {
	bool socks;
	struct str host; /* all slices on the heap with a NUL behind */
	uint16_t port;
	struct str user, password; /* decoded */
};
int net_proxy_new(struct str url, struct net_proxy **ret, struct error *e);
void net_proxy_free(struct net_proxy *p);
/* Asks for a tunnel to host:port over fd (non-blocking, connecting). */
int net_proxy_handshake(const struct net_proxy *p, int fd, struct str host, uint16_t port,
			int timeout_ms, struct error *e);
#endif
