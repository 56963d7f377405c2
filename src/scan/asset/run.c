/* One run of the engine: ports, then what speaks there, then TLS, then the whole. */
#include "base/check.h"
#include "base/clock.h"
#include "net/http.h"
#include "scan/asset/asset_private.h"
#include "scan/asset/starttls.h"

#define ARENA (256 * MIB)

bool asset_stopped(struct asset_run *r)
{
	if (r->verdict == SCAN_GO && r->events->should_stop)
		r->verdict = r->events->should_stop(r->events->ctx);
	if (r->verdict == SCAN_GO && clock_mono_ms(&clock_system) >= r->until_ms)
		r->verdict = SCAN_CANCEL;
	return r->verdict != SCAN_GO;
}

bool asset_turn(struct asset_run *r)
{
	unsigned rate = r->o->rate ? r->o->rate : LIMIT_ASSET_RATE;
	int64_t now = clock_mono_us(&clock_system);

	if (r->next_turn_us > now)
		clock_system.sleep_ms(&clock_system, (int)((r->next_turn_us - now) / 1000) + 1);
	r->next_turn_us = clock_mono_us(&clock_system) + 1000000 / rate;
	return !asset_stopped(r);
}

void asset_tell(struct asset_run *r, unsigned basis, const char *zh, const char *en)
{
	struct asset_progress p = { .basis = basis > 10000 ? 10000 : basis, .doing_zh = zh, .doing_en = en,
				    .ports = r->todo, .probed = r->sum.probed, .open = r->sum.open };

	if (r->events->progress)
		r->events->progress(r->events->ctx, &p);
}

void asset_log(struct asset_run *r, const char *zh, const char *en)
{
	if (r->events->log)
		r->events->log(r->events->ctx, str_c(zh), str_c(en));
}

/* Old protocols and weak ciphers too: whatever speaks is to be understood. */
static SSL_CTX *tls_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	check(ctx);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, 0);
	SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT);
	SSL_CTX_set_mode(ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
	return ctx;
}

static void look_at_tls(struct asset_run *r)
{
	size_t done = 0;

	for (size_t i = 0; i < r->ports.len && done < LIMIT_ASSET_TLS && !asset_stopped(r); i++) {
		if (!r->ports.ptr[i].tls && !asset_start_of(r->ports.ptr[i].match.service))
			continue;
		asset_tell(r, (unsigned)(8500 + 1000 * done / LIMIT_ASSET_TLS), "正在检查 TLS", "Looking at TLS");
		asset_tls(r, &r->ports.ptr[i]);
		done++;
	}
}

static void look_at_pages(struct asset_run *r)
{
	size_t done = 0;

	for (size_t i = 0; i < r->ports.len && done < LIMIT_ASSET_PAGES && !asset_stopped(r); i++) {
		if (!r->ports.ptr[i].http)
			continue;
		asset_http(r, &r->ports.ptr[i]);
		done++;
	}
}

static int work(struct asset_run *r, struct error *e)
{
	if (asset_ports(r, e) < 0)
		return -1;
	if (!r->o->no_services && r->ports.len) {
		asset_tell(r, 5000, "正在识别服务", "Recognising services");
		asset_services(r);
		asset_tell(r, 8400, "正在识别技术", "Recognising technologies");
		look_at_pages(r);
		look_at_tls(r);
	} else {
		for (size_t i = 0; i < r->ports.len; i++)
			asset_port_facts(r, &r->ports.ptr[i]);
	}
	if (r->o->udp && !asset_stopped(r)) {
		asset_tell(r, 9500, "正在询问 UDP 服务", "Asking UDP services");
		asset_udp(r);
	}
	if (!asset_stopped(r)) {
		asset_tell(r, 9600, "正在询问域名服务器", "Asking the name servers");
		asset_zone(r);
	}
	asset_system_fact(r);
	return 0;
}

int asset_run(const struct asset_options *o, struct net_connector *connector,
	      const struct asset_events *events, struct asset_summary *ret, struct error *e)
{
	static const struct asset_events nobody;
	int64_t began = clock_mono_ms(&clock_system);
	struct asset_run r = { .o = o, .connector = connector, .events = events ? events : &nobody,
			       .target = o->address.len ? o->address : o->host };

	if (net_http_global_init(e) < 0 || service_set_new(&r.set, e) < 0)
		return -1;
	r.until_ms = began + 1000ll * (o->max_seconds ? o->max_seconds : LIMIT_ASSET_SECONDS);
	r.arena = arena_new(ARENA);
	r.pool = fiber_pool_new();
	r.tls = tls_context();
	int result = work(&r, e);

	r.sum.complete = r.verdict == SCAN_GO;
	r.sum.elapsed_ms = clock_mono_ms(&clock_system) - began;
	if (result == 0) {
		asset_tell(&r, 10000, "完成", "Done");
		*ret = r.sum;
	}
	SSL_CTX_free(r.tls);
	fiber_pool_free(r.pool);
	service_set_free(r.set);
	vec_free(&r.ports);
	vec_free(&r.systems);
	arena_free(r.arena);
	return result;
}
