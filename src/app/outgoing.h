/* Where this installation's own connections may go: the policy, name server and
 * proxy that the platform administrator set. Used by verification, scans and
 * notification alike. */
#ifndef APP_OUTGOING_H
#define APP_OUTGOING_H
#include "app/context.h"
#include "net/connector.h"
#include "net/policy.h"

struct app_outgoing {
	struct net_policy *policy;
	struct str dns; /* as net_resolver_new() */
	struct str proxy;
};
/* Policy with the private ranges of the platform; texts in the arena. */
int app_outgoing_open(struct app_call *c, struct app_outgoing *ret, struct error *e);
void app_outgoing_close(struct app_outgoing *o);
/* Connects here, in this process, by the policy. Borrows *o. */
int app_outgoing_connector(const struct app_outgoing *o, struct net_connector **ret,
			   struct error *e);
#define _cleanup_outgoing_ _cleanup_(app_outgoing_close)
#endif
