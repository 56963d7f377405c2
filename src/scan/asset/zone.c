/* The host's own name servers, asked for the whole zone: they should refuse. */
#include "net/url.h"
#include "net/zone.h"
#include "scan/asset/asset_private.h"

#define SHOWN 20

void asset_zone(struct asset_run *r)
{
	struct str domain = url_registrable_domain(r->o->host);

	for (size_t i = 0; i < r->o->servers_len && domain.len && asset_turn(r); i++) {
		_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
		_cleanup_buf_ struct buf list = BUF_INIT(16 * KIB);
		struct net_zone z;

		if (net_zone_transfer(r->connector, r->o->servers[i], 53, domain, a, &z, NULL) <= 0)
			continue;
		for (size_t n = 0; n < z.nnames && n < SHOWN; n++)
			buf_printf(&list, "%.*s\n", STR_ARG(z.names[n]));
		asset_report(r, &(struct asset_flaw){
					.check = "asset-zone-transfer", .severity = SEVERITY_MEDIUM,
					.confidence = CONFIDENCE_CERTAIN, .cwe = 200, .port = 53,
					.parameter = r->o->servers[i],
					.detail_zh = arena_printf(r->arena, "域名服务器 %.*s 把 %.*s 的 %zu 条记录交给了任何询问者。",
								  STR_ARG(r->o->servers[i]), STR_ARG(domain), z.records),
					.detail_en = arena_printf(r->arena, "Name server %.*s gave all %zu records of %.*s to anyone who asks.",
								  STR_ARG(r->o->servers[i]), z.records, STR_ARG(domain)),
					.sent = STR("AXFR"), .got = buf_view(&list) });
		for (size_t n = 0; n < z.nnames && n < 200; n++) {
			json_t *d = json_object();

			json_put(d, "from", json_c("zone"));
			asset_emit(r, &(struct asset_fact){ .kind = STR("subdomain"), .key = z.names[n], .title = z.names[n],
							    .host = z.names[n], .confidence = 100 },
				   d);
		}
		return;
	}
}
