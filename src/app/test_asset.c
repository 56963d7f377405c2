/* Asset facts over runs: they appear, change, go and come back, and every change is an
 * event; a fact of one source does not end with a run of another. */
#include <sys/socket.h>

#include "app/asset.h"
#include "app/finding.h"
#include "app/jobs.h"
#include "app/monitor.h"
#include "net/test_server.h"
#include "store/finding.h"
#include "app/test_world.h"

static int put(struct world *w, const char *product, const char *version, int port,
	       const char *source, const char *run)
{
	struct app_asset_fact f = { .kind = "software", .product = str_c(product), .port = port,
				    .version = str_c(version), .source = source,
				    .run = str_c(run), .confidence = 90 };

	f.key = app_asset_software_key(w->c.arena, f.product, port);
	f.title = version[0] ? arena_printf(w->c.arena, "%s %s", product, version) : f.product;
	w->c.now += 1000;
	return app_asset_fact_put(&w->c, WORLD_SITE, &f, &e);
}

static void list_event(const struct store_asset_event *v, void *user)
{
	buf_printf(user, "%.*s:%.*s:%.*s;", STR_ARG(v->type), STR_ARG(v->title), STR_ARG(v->was));
}

static bool only_443(const struct store_asset_fact *f, void *user)
{
	return f->port == 443;
}

static void test_history(void **state)
{
	struct world *w = *state;
	struct store_page page = { .limit = 50 };
	struct store_asset_fact f;
	_cleanup_buf_ struct buf got = BUF_INIT(4 * KIB);

	world_add_site(w);
	assert_int_equal(put(w, "nginx", "1.18.0", 443, "asset", "r1"), 1);
	assert_int_equal(put(w, "Redis", "6.0.9", 6379, "asset", "r1"), 1);
	assert_int_equal(put(w, "WordPress", "6.4", 443, "tech", "s1"), 1);
	assert_int_equal(put(w, "nginx", "1.18.0", 443, "asset", "r2"), 0);
	/* A source that knows less takes nothing away. */
	assert_int_equal(put(w, "NGINX", "", 443, "tech", "s1"), 1); /* other spelling of the name */
	assert_int_equal(put(w, "nginx", "1.20.1", 443, "asset", "r2"), 1);
	assert_int_equal(put(w, "nginx", "", 443, "asset", "r2"), 0);
	assert_int_equal(app_asset_facts_gone(&w->c, WORLD_SITE, "asset", STR("r2"), only_443, NULL, &e), 0);
	assert_int_equal(app_asset_facts_gone(&w->c, WORLD_SITE, "asset", STR("r2"), NULL, NULL, &e), 1);
	assert_int_equal(store_asset_fact_find(w->c.db, WORLD_TENANT, WORLD_SITE, STR("software"),
					       STR("redis@6379"), w->c.arena, &f, &e), 1);
	assert_str_c(f.state, "gone");
	assert_int_equal(put(w, "Redis", "7.0.1", 6379, "asset", "r3"), 1);
	assert_ok(store_asset_event_list(w->c.db, WORLD_TENANT, WORLD_SITE, f.id, &page, w->c.arena,
					 list_event, &got, &e));
	assert_str_c(buf_view(&got), "returned:Redis 7.0.1:Redis 6.0.9;gone:Redis 6.0.9:;appeared:Redis 6.0.9:;");
	/* Another tenant sees nothing. */
	assert_int_equal(store_asset_fact_get(w->c.db, STR("t2"), f.id, w->c.arena, &f, &e), 0);
}

/* ---- a whole run, jailed, against a service on loopback ---- */

static void redis(struct test_conn *c)
{
	char in[512];
	ssize_t n;

	while ((n = recv(c->fd, in, sizeof(in) - 1, 0)) > 0) {
		in[n] = '\0';
		if (strncmp(in, "PING", 4) == 0)
			test_write(c, STR("+PONG\r\n"));
		else if (strncmp(in, "INFO", 4) == 0)
			test_write(c, STR("$60\r\n# Server\r\nredis_version:6.0.9\r\nos:Linux 5.10.0 x86_64\r\n"));
		else
			test_write(c, STR("-ERR unknown command\r\n"));
	}
}

static void count_finding(const struct store_finding *f, void *user)
{
	buf_printf(user, "%.*s:%.*s;", STR_ARG(f->check), STR_ARG(f->state));
}

static struct str start(struct world *w, const char *ports, const char *want)
{
	_cleanup_json_ json_t *body = json_pack("{s:s}", "ports", ports);
	_cleanup_json_ json_t *run = NULL;

	if (app_asset_start(&w->c, WORLD_SITE, body, &run, &e) < 0) {
		if (!want)
			fail_msg("%s %s", e.code, e.en);
		assert_string_equal(e.code, want);
		return STR_NULL;
	}
	assert_null(want);
	return arena_str(w->c.arena, json_get_str(run, "id"));
}

static void see(struct world *w, struct str id, const char *state, const char *finding)
{
	_cleanup_json_ json_t *run = NULL;
	_cleanup_buf_ struct buf got = BUF_INIT(4 * KIB);
	struct store_finding_filter f = { .tenant = WORLD_TENANT };
	struct store_page page = { .limit = 50 };

	assert_ok(app_asset_run_get(&w->c, id, &run, &e));
	if (!str_eq(json_get_str(run, "state"), str_c(state)))
		fail_msg("%s", json_dumps(run, 0));
	assert_ok(store_finding_list(w->c.db, &f, &page, w->c.arena, count_finding, &got, &e));
	assert_str_c(buf_view(&got), finding);
}

static void first_id(const struct store_finding *f, void *user)
{
	snprintf(user, 64, "%.*s", STR_ARG(f->id));
}

/* Pressing "retest" on the weakness that a run found: another run of its port. */
static struct str retest(struct world *w, const char *port)
{
	struct store_finding_filter f = { .tenant = WORLD_TENANT };
	struct store_page page = { .limit = 1 };
	_cleanup_json_ json_t *run = NULL;
	char id[64];

	assert_ok(store_finding_list(w->c.db, &f, &page, w->c.arena, first_id, id, &e));
	if (app_finding_retest(&w->c, str_c(id), &run, &e) < 0)
		fail_msg("%s %s", e.code, e.en);
	assert_str_c(json_get_str(run, "kind"), "assets");
	assert_str_c(json_get_str(run, "ports"), port);
	return arena_str(w->c.arena, json_get_str(run, "id"));
}

/* A monitoring task of mode "assets" starts runs, not scans. */
static void by_schedule(struct world *w)
{
	_cleanup_json_ json_t *body = json_pack("{s:s, s:[s], s:s, s:{s:s, s:s}}", "name", "每天看资产", "site_ids", "site",
					      "mode", "assets", "schedule", "kind", "daily", "time", "03:00");
	_cleanup_json_ json_t *m = NULL, *again = NULL, *runs = NULL;
	struct store_page page = { .limit = 10 };

	w->c.now = w->clock.now_ms += 1000; /* later than what was cancelled */
	if (app_monitor_add(&w->c, body, &m, &e) < 0 ||
	    app_monitor_control(&w->c, json_get_str(m, "id"), APP_MONITOR_RUN, &again, &e) < 0)
		fail_msg("%s %s", e.code, e.en);
	run_one_job(w);
	assert_ok(app_asset_runs(&w->c, WORLD_SITE, STR_NULL, &page, &runs, &e));
	assert_int_equal(json_array_size(runs), 5);
	assert_str_c(json_get_str(json_array_get(runs, 0), "trigger"), "schedule");
}

static void test_run(void **state)
{
	struct world *w = *state;
	struct test_server *s = test_server_start(redis, NULL, NULL);
	struct store_asset_fact f;
	struct str id;
	char port[16], key[32];

	world_add_site(w);
	set_settings(w, "{\"private_ranges\":[\"127.0.0.0/8\"]}");
	snprintf(port, sizeof(port), "%u", test_server_port(s));
	snprintf(key, sizeof(key), "redis@%s", port);
	assert_ok(store_exec(w->c.db, &e, "UPDATE site SET host = '127.0.0.1' WHERE id = 'site'"));

	/* A file proves one origin: no other ports. */
	assert_ok(store_exec(w->c.db, &e, "UPDATE site SET verify_state = 'verified', verify_method = 'file' WHERE id = 'site'"));
	start(w, port, "asset.ports-need-dns");
	assert_ok(store_exec(w->c.db, &e, "UPDATE site SET verify_state = 'exempt', verify_method = 'letter' WHERE id = 'site'"));
	start(w, "0-5", "asset.bad-ports");

	id = start(w, port, NULL);
	start(w, port, "asset.running");
	run_one_job(w);
	see(w, id, "done", "asset-redis-unauth:open;");
	assert_int_equal(store_asset_fact_find(w->c.db, WORLD_TENANT, WORLD_SITE, STR("software"), str_c(key),
					       w->c.arena, &f, &e), 1);
	assert_str_c(f.version, "6.0.9");
	_cleanup_json_ json_t *one = NULL;

	assert_ok(app_asset_get(&w->c, f.id, &one, &e));
	assert_int_equal(json_array_size(json_object_get(one, "findings")), 1);
	assert_int_equal(json_array_size(json_object_get(one, "history")), 1);

	id = retest(w, port);
	run_one_job(w);
	see(w, id, "done", "asset-redis-unauth:open;");

	/* The service is gone: so is the fact, and the weakness is fixed. */
	test_server_stop(s);
	id = retest(w, port);
	run_one_job(w);
	see(w, id, "done", "asset-redis-unauth:fixed;");
	assert_int_equal(store_asset_fact_get(w->c.db, WORLD_TENANT, f.id, w->c.arena, &f, &e), 1);
	assert_str_c(f.state, "gone");

	/* Cancelled while it waits. */
	_cleanup_json_ json_t *cancelled = NULL;

	id = start(w, "own", NULL);
	assert_ok(app_asset_run_cancel(&w->c, id, &cancelled, &e));
	see(w, id, "cancelled", "asset-redis-unauth:fixed;");
	by_schedule(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST_WORLD(test_history), TEST_WORLD(test_run) };

	return world_run("asset", app_jail_kinds, tests);
}
