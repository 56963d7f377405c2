/* Services over UDP: what one harmless packet asks them, and what the answer says. */
#ifndef SCAN_ASSET_UDP_H
#define SCAN_ASSET_UDP_H
#include "base/arena.h"
#include "base/str.h"

struct udp_answer {
	struct str product, version, info; /* printable, bounded; may be empty */
	bool open; /* the answer proves access without a log-in */
};
struct udp_probe {
	uint16_t port;
	const char *service;
	struct str packet;
	/* Is this an answer to the packet? Any bytes. */
	bool (*read)(struct str bytes, struct arena *a, struct udp_answer *ret);
	const char *check; /* reported when open; NULL: none */
	uint16_t cwe;
};
extern const struct udp_probe udp_probes[];
extern const size_t udp_probes_len;
#endif
