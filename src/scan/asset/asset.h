/* What stands behind a host name: open TCP ports, services and versions, operating
 * system, TLS, DNS, sub-domain candidates, and the weaknesses that hang on them. From
 * options to facts, streamed through callbacks; no database, no global state. Every
 * connection passes the connector's policy; every request is harmless. Slices in events
 * live only during the call. */
#ifndef SCAN_ASSET_ASSET_H
#define SCAN_ASSET_ASSET_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "os/spawn.h"
#include "scan/scan.h"

struct net_connector;
struct net_policy;

struct asset_range {
	uint16_t from, to;
};
struct asset_options {
	struct str host;    /* name or address, as a person gave it */
	struct str address; /* numeric: where to connect; "" : host, through the connector */
	uint16_t site_port; /* of the site's own address; 0: none. Its TLS is the scan's business */
	const struct asset_range *ports; /* none: the default list of 1,000 */
	size_t ports_len;
	const struct asset_range *more; /* besides the default list */
	size_t more_len;
	unsigned rate;	      /* connections per second; 0: LIMIT_ASSET_RATE */
	unsigned concurrency; /* connections at once; 0: LIMIT_ASSET_PARALLEL */
	unsigned max_seconds; /* 0: LIMIT_ASSET_SECONDS */
	bool no_services;     /* only which ports are open */
	bool udp;	      /* also one packet to each of the common UDP services (udp.c) */
	/* the host's own name servers, numeric: asked for the whole zone (expected: refused) */
	const struct str *servers;
	size_t servers_len;
	int64_t now_ms; /* wall time, for certificates */
	struct str resume; /* what the latest checkpoint of a run that was cut off said; "": from the start */
};
/* "80,443,8000-8100"; "" or "top": none (the default list); "all": 1-65535.
 * "asset.bad-ports". Ranges in the arena. */
int asset_ports_parse(struct str text, struct arena *a, const struct asset_range **ret, size_t *n,
		      struct error *e);

/* kind, key and the rest: see struct app_asset_fact. detail is a JSON object. */
struct asset_fact {
	struct str kind, key, title, host;
	uint16_t port;
	struct str product, version, cpe;
	unsigned confidence;
	struct str detail;
};
struct asset_progress {
	unsigned basis; /* 0..10000 */
	const char *doing_zh, *doing_en;
	uint32_t ports, probed, open;
};
/* Every member may be NULL. */
struct asset_events {
	void *ctx;
	void (*fact)(void *ctx, const struct asset_fact *f);
	void (*finding)(void *ctx, const struct scan_finding *f);
	void (*progress)(void *ctx, const struct asset_progress *p);
	void (*log)(void *ctx, struct str zh, struct str en);
	enum scan_verdict (*should_stop)(void *ctx);
	/* How far the look at the ports has come, as printable text for asset_options.resume. */
	void (*checkpoint)(void *ctx, struct str text);
};
struct asset_summary {
	bool complete;
	uint32_t probed, open, closed, filtered, facts, findings;
	int64_t elapsed_ms;
};

/* 0 when at least the ports were looked at; "asset.unreachable" when the policy or the
 * name service refuses the host. Stopped: complete is false. */
int asset_run(const struct asset_options *o, struct net_connector *connector,
	      const struct asset_events *events, struct asset_summary *ret, struct error *e);
/* The same in a jailed child of kind asset_jail_kind. */
int asset_run_jailed(struct os_spawner *spawner, const struct net_policy *policy,
		     const struct asset_options *o, const struct asset_events *events,
		     struct asset_summary *ret, struct error *e);
/* With other bounds than usual. A child that hangs is ended: "asset.engine-hung"; one that was asked
 * to stop, or has used up its time, ends with what it had said so far. */
int asset_run_jailed_within(const struct scan_jail_limits *limits, struct os_spawner *spawner,
			    const struct net_policy *policy, const struct asset_options *o,
			    const struct asset_events *events, struct asset_summary *ret, struct error *e);
extern const struct os_jail_kind asset_jail_kind;

/* Whole discovery, as programs do it: resolves the host by the policy (first allowed
 * address), asks DNS (facts and sub-domain candidates, unless no_dns), and runs the engine,
 * jailed when spawner is not NULL. dns: as net_resolver_new(). */
struct asset_job {
	struct asset_options o; /* address and servers are filled in here */
	struct os_spawner *spawner;
	struct net_policy *policy; /* its scope is opened for the address */
	struct str dns;
	bool no_dns, own_port_only;
	const struct str *names; /* further sub-domain candidates (links seen) */
	size_t names_len;
};
int asset_discover(const struct asset_job *j, const struct asset_events *events,
		   struct asset_summary *ret, struct error *e);

/* Ids of findings that this engine makes: all begin with "asset-". */
static inline bool asset_check(struct str id)
{
	return str_starts(id, STR("asset-"));
}
#endif
