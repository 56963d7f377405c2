/* Runs the passive hooks over every answer that passes by. */
#include "base/limits.h"
#include "scan/jslib.h"
#include "scan/literals.h"
#include "scan/scan_private.h"

static bool sees(const struct scan_check *c, const struct scan_exchange *x)
{
	if (x->probe && !(c->flags & SCAN_PROBES_TOO))
		return false;
	return !x->missing || (c->flags & SCAN_MISSING_TOO);
}

static void count(struct run *r, const struct scan_check *c)
{
	run_check_stat(r, c)->tasks++;
}

struct literal_walk {
	struct run *r;
	const struct scan_exchange *x;
};

static void on_literal(void *arg, const struct scan_check *c, size_t which, size_t at)
{
	struct literal_walk *w = arg;
	if (c == technologies_check(w->r)) {
		technologies_hit(w->r, which, at);
		return;
	}
	if (!sees(c, w->x) || !attack_check_wanted(w->r, c))
		return;
	w->r->ctx->check = c;
	c->on_literal(w->r->ctx, w->x, which, at);
}

void passive_run(struct run *r, const struct scan_exchange *x)
{
	struct scan_ctx *ctx = r->ctx;
	struct literal_walk walk = { r, x };
	technologies_begin(r, x);
	literals_scan(r->literals, x->text.len ? x->text : x->body, on_literal, &walk);
	technologies_end(r);
	for (size_t i = 0; scan_checks[i]; i++) {
		const struct scan_check *c = scan_checks[i];
		if (c->on_literal && sees(c, x) && attack_check_wanted(r, c))
			count(r, c);
		if ((!c->on_exchange && !c->on_page) || !sees(c, x) || !attack_check_wanted(r, c))
			continue;
		ctx->check = c;
		if (c->on_exchange)
			c->on_exchange(ctx, x);
		if (c->on_page && x->page)
			c->on_page(ctx, x);
		count(r, c);
		if (arena_used(ctx->arena) > 0)
			arena_reset(ctx->arena);
	}
}

void passive_host(struct run *r, const struct scan_exchange *x)
{
	for (size_t i = 0; scan_checks[i]; i++) {
		const struct scan_check *c = scan_checks[i];
		if (!c->on_host || !attack_check_wanted(r, c))
			continue;
		r->ctx->check = c;
		c->on_host(r->ctx, x);
		count(r, c);
		arena_reset(r->ctx->arena);
	}
}

void scan_report(struct scan_ctx *c, const struct scan_report *rep)
{
	if (c->sink)
		c->sink(c->sink_arg, rep);
	else
		finding_report(c->run, c->check, rep, NULL);
}

struct arena *scan_ctx_arena(struct scan_ctx *c)
{
	return c->arena;
}

struct jslib *scan_ctx_jslib(struct scan_ctx *c)
{
	struct error e = { 0 };
	if (!c->jslib && c->run) {
		c->jslib = jslib_new(c->run->o.js_libraries, &e);
		if (!c->jslib)
			run_log(c->run, e.zh, e.en);
	}
	if (!c->jslib)
		c->jslib = jslib_new(STR(""), NULL);
	return c->jslib;
}

bool scan_ctx_has_session(const struct scan_ctx *c, const struct scan_exchange *x)
{
	if (c->run)
		return people_has_session(c->run, AS_FIRST);
	return scan_header_get(&x->request_headers, "cookie").ptr ||
	       scan_header_get(&x->request_headers, "authorization").ptr;
}

struct str scan_ctx_origin(const struct scan_ctx *c)
{
	return c->origin;
}

enum scan_mode scan_ctx_mode(const struct scan_ctx *c)
{
	return c->mode;
}
