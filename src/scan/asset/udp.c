/* Asks the common UDP services, each with one packet and once more when it stays silent:
 * datagrams get lost. A silent port says nothing, so only answers become facts. */
#include "scan/asset/udp.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "scan/asset/asset_private.h"

#define ANSWER_MS 1200
#define TRIES 2

static void tell(struct asset_run *r, const struct udp_probe *p, const struct udp_answer *x, struct str got)
{
	struct str key = arena_printf(r->arena, "udp/%u", p->port), name = str_c(p->service), shown = name;
	json_t *d = json_object();

	json_put(d, "protocol", json_c("udp"));
	json_put(d, "service", json_c(p->service));
	if (x->info.len)
		json_put(d, "info", json_str(x->info));
	if (x->product.len)
		shown = arena_printf(r->arena, "%s · %.*s%s%.*s", p->service, STR_ARG(x->product), x->version.len ? " " : "",
				     STR_ARG(x->version));
	asset_emit(r, &(struct asset_fact){ .kind = STR("service"), .key = key, .title = shown, .port = p->port,
					    .product = x->product, .version = x->version, .confidence = 95 },
		   d);
	if (!x->open || !p->check)
		return;
	asset_report(r, &(struct asset_flaw){
				.check = p->check, .severity = SEVERITY_MEDIUM, .confidence = CONFIDENCE_CERTAIN, .cwe = p->cwe,
				.port = p->port, .udp = true, .parameter = name,
				.detail_zh = arena_printf(r->arena, "UDP 端口 %u 不登录即回答了下面的请求。", p->port),
				.detail_en = arena_printf(r->arena, "UDP port %u answered the request below without a log-in.", p->port),
				.sent = p->packet, .got = got });
}

/* One answer that is none of this service ends it: something else lives there. */
static void ask(struct asset_run *r, const struct udp_probe *p)
{
	_cleanup_close_ int fd = -1;
	char piece[4096];

	if (net_connector_open_udp(r->connector, r->target, p->port, &fd, NULL) < 0)
		return;
	for (int i = 0; i < TRIES && !asset_stopped(r); i++) {
		struct pollfd w = { .fd = fd, .events = POLLIN };
		int64_t until = clock_mono_ms(&clock_system) + ANSWER_MS;
		struct udp_answer x = { .open = false };

		if (send(fd, p->packet.ptr, p->packet.len, MSG_NOSIGNAL) < 0)
			return; /* ECONNREFUSED: nothing there */
		int n = poll(&w, 1, ANSWER_MS);

		while (n < 0 && errno == EINTR && clock_mono_ms(&clock_system) < until)
			n = poll(&w, 1, ANSWER_MS);
		if (n <= 0)
			continue;
		ssize_t got = recv(fd, piece, sizeof(piece), 0);

		if (got < 0)
			return;
		if (p->read(str_make(piece, (size_t)got), r->arena, &x))
			tell(r, p, &x, str_make(piece, (size_t)got));
		return;
	}
}

void asset_udp(struct asset_run *r)
{
	for (size_t i = 0; i < udp_probes_len && !asset_stopped(r); i++)
		ask(r, &udp_probes[i]);
}
