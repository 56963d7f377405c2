/* A way out for a program that is not ours (Chromium): SOCKS 5 on a loopback port, whose
 * every connection is resolved and opened here, under the outgoing policy of the scan. What
 * the policy refuses is refused, and so is whoever does not belong to the user
 * that our processes run as. One thread; bounded connections and buffers. It carries bytes
 * and looks at none of them. */
#ifndef NET_RELAY_H
#define NET_RELAY_H
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

struct net_policy;
struct net_relay;

/* The policy is borrowed and must not change while the relay runs. "net.relay" */
int net_relay_start(const struct net_policy *policy, struct net_relay **ret, struct error *e);
uint16_t net_relay_port(const struct net_relay *r);
/* Connections opened and refused so far. */
uint64_t net_relay_opened(const struct net_relay *r);
uint64_t net_relay_refused(const struct net_relay *r);
void net_relay_stop(struct net_relay *r);
DEFINE_CLEANUP(struct net_relay *, net_relay_stop);
#endif
