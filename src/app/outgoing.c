/* The outgoing-connection policy of this installation: see outgoing.h. */
#include "app/outgoing.h"

#include "app/settings.h"

int app_outgoing_open(struct app_call *c, struct app_outgoing *ret, struct error *e)
{
	struct app_settings settings;
	_cleanup_policy_ struct net_policy *policy = net_policy_new();

	if (app_settings_load(c->app, c->db, c->arena, &settings, e) < 0)
		return -1;
	for (size_t i = 0; i < settings.private_ranges.len; i++)
		if (net_policy_allow_cidr(policy, settings.private_ranges.ptr[i], e) < 0)
			return -1;
	*ret = (struct app_outgoing){ take_ptr(policy), settings.dns_resolver, settings.proxy };
	return 0;
}

void app_outgoing_close(struct app_outgoing *o)
{
	net_policy_free(o->policy);
	o->policy = NULL;
}

int app_outgoing_connector(const struct app_outgoing *o, struct net_connector **ret,
			   struct error *e)
{
	struct net_direct_options d = { .policy = o->policy, .dns_servers = o->dns,
					.proxy = o->proxy };

	return net_connector_direct(&d, ret, e);
}
