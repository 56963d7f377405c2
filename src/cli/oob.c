/* Where to listen for what a target sends by itself: where the operator says. A target on
 * this machine's loopback needs no operator: a port on 127.0.0.1 opens by itself. */
#include "cli/oob.h"

#include <stdio.h>

#include "base/limits.h"
#include "net/url.h"

static bool on_loopback(struct str target)
{
	struct arena *a = arena_new(1 * MIB);
	struct url u;
	bool yes = url_parse(a, target, NULL, 0, &u, NULL) == 0 &&
		   (str_starts(u.host, STR("127.")) || str_eq(u.host, STR("localhost")));
	arena_free(a);
	return yes;
}

int cli_oob_start(const struct cli_oob_args *a, struct str target, struct cli_oob *ret, struct error *e)
{
	struct oob_options o = { .http = a->listen, .dns = a->dns, .domain = a->domain, .address = a->address };
	struct cli_oob mine = { 0 };
	if (a->off)
		return 0;
	if (str_empty(a->listen) && str_empty(a->dns)) {
		if (a->domain.len || a->url.len)
			return error_field(e, "oob-listen", "cli.oob-no-listen", "请用 --oob-listen 或 --oob-dns 说明在哪里监听。",
					   "Say where to listen with --oob-listen or --oob-dns.");
		if (!on_loopback(target))
			return 0;
		o.http = STR("127.0.0.1:0");
	}
	if (a->dns.len && (str_empty(a->domain) || str_empty(a->address)))
		return error_field(e, "oob-domain", "cli.oob-no-domain", "DNS 监听需要 --oob-domain 和 --oob-address。",
				   "Listening for DNS needs --oob-domain and --oob-address.");
	if (oob_server_start(&o, &mine.server, e) < 0)
		return -1;
	struct str url = a->url;
	if (str_empty(url) && o.http.len) {
		ssize_t colon = str_rchr(o.http, ':');
		struct str host = str_sub(o.http, 0, colon < 0 ? 0 : (size_t)colon);
		if (a->dns.len)
			host = a->domain;
		snprintf(mine.url, sizeof(mine.url), "http://%.*s:%u", (int)(host.len < 90 ? host.len : 90), host.ptr,
			 oob_server_http_port(mine.server));
		*ret = mine;
		url = str_c(ret->url);
	} else {
		*ret = mine;
	}
	ret->door = scan_oob_local(ret->server, a->dns.len ? a->domain : STR(""), url);
	return 0;
}

void cli_oob_stop(struct cli_oob *o)
{
	oob_server_stop(o->server);
	o->server = NULL;
}
