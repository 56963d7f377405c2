/* Hits of a listener in this process, as the engine wants them. */
#include "scan/oob_local.h"

struct sink {
	void (*each)(void *arg, const struct scan_oob_hit *hit);
	void *arg;
};

static void pass(void *arg, const struct oob_hit *h)
{
	struct sink *s = arg;
	struct scan_oob_hit out = { (enum scan_oob_kind)h->kind, h->token, h->from, h->what, h->at_ms };
	s->each(s->arg, &out);
}

static int poll_local(void *ctx, struct str prefix, uint64_t *after,
		      void (*each)(void *arg, const struct scan_oob_hit *hit), void *arg)
{
	struct sink s = { each, arg };
	return oob_server_poll(ctx, prefix, after, pass, &s);
}

struct scan_oob scan_oob_local(struct oob_server *s, struct str domain, struct str url)
{
	return (struct scan_oob){ s, domain, url, poll_local };
}
