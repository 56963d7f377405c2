/* Asset facts over runs: they appear, change, go and come back, and every change is an
 * event; a fact of one source does not end with a run of another. */
#include <sys/socket.h>

#include "app/asset.h"
#include "app/finding.h"
#include "app/jobs.h"
#include "app/monitor.h"
#include "base/limits.h"
#include "net/http.h"
#include "net/test_server.h"
#include "os/spawn.h"
#include "store/finding.h"
#include "store/setting.h"
#include "store/site.h"
#include "store/tenant.h"
#include "store/test_db.h"

static struct error e;

struct room {
	struct app app;
	struct app_actor actor;
	struct app_call c;
	struct id tenant;
};

static void enter(struct room *r, struct test_db *db)
{
	struct store_tenant t = { .name = STR("云梦县"), .kind = STR("company"),
				  .edition = STR("standard"), .timezone = STR("Asia/Shanghai"),
				  .state = STR("active") };
	struct store_site s = { .id = STR("site"), .name = STR("官网"),
				.url = STR("https://site.example/"),
				.origin = STR("https://site.example"), .host = STR("site.example"),
				.host_display = STR("site.example"), .port = 443,
				.settings = STR("{}"), .verify_state = STR("exempt"), .score = -1 };

	*r = (struct room){ .tenant = id_new(db->now) };
	t.id = s.tenant = id_str(&r->tenant);
	if (app_init(&r->app, db->store, &clock_system, str_c(db->dir), STR("test"), &e) < 0)
		fail_msg("%s %s", e.code, e.en);
	assert_ok(store_tenant_add(db->conn, &t, &e));
	assert_ok(store_site_insert(db->conn, &s, &e));
	assert_true(store_site_save_verify(db->conn, &s, &e) >= 0);
	app_actor_system(&r->actor, APP_VIA_CLI, id_str(&r->tenant));
	r->c = (struct app_call){ .app = &r->app, .actor = &r->actor, .db = db->conn,
				  .arena = arena_new(64 * MIB), .now = db->now };
}

static void leave(struct room *r)
{
	arena_free(r->c.arena);
	app_free(&r->app);
}

static int put(struct room *r, const char *product, const char *version, int port,
	       const char *source, const char *run)
{
	struct app_asset_fact f = { .kind = "software", .product = str_c(product), .port = port,
				    .version = str_c(version), .source = source,
				    .run = str_c(run), .confidence = 90 };

	f.key = app_asset_software_key(r->c.arena, f.product, port);
	f.title = version[0] ? arena_printf(r->c.arena, "%s %s", product, version) : f.product;
	r->c.now += 1000;
	return app_asset_fact_put(&r->c, STR("site"), &f, &e);
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
	struct room r;
	struct store_page page = { .limit = 50 };
	struct store_asset_fact f;
	_cleanup_buf_ struct buf got = BUF_INIT(4 * KIB);

	enter(&r, *state);
	assert_int_equal(put(&r, "nginx", "1.18.0", 443, "asset", "r1"), 1);
	assert_int_equal(put(&r, "Redis", "6.0.9", 6379, "asset", "r1"), 1);
	assert_int_equal(put(&r, "WordPress", "6.4", 443, "tech", "s1"), 1);
	assert_int_equal(put(&r, "nginx", "1.18.0", 443, "asset", "r2"), 0);
	/* A source that knows less takes nothing away. */
	assert_int_equal(put(&r, "NGINX", "", 443, "tech", "s1"), 1); /* other spelling of the name */
	assert_int_equal(put(&r, "nginx", "1.20.1", 443, "asset", "r2"), 1);
	assert_int_equal(put(&r, "nginx", "", 443, "asset", "r2"), 0);
	assert_int_equal(app_asset_facts_gone(&r.c, STR("site"), "asset", STR("r2"), only_443, NULL, &e), 0);
	assert_int_equal(app_asset_facts_gone(&r.c, STR("site"), "asset", STR("r2"), NULL, NULL, &e), 1);
	assert_int_equal(store_asset_fact_find(r.c.db, id_str(&r.tenant), STR("site"), STR("software"),
					       STR("redis@6379"), r.c.arena, &f, &e), 1);
	assert_str_c(f.state, "gone");
	assert_int_equal(put(&r, "Redis", "7.0.1", 6379, "asset", "r3"), 1);
	assert_ok(store_asset_event_list(r.c.db, id_str(&r.tenant), STR("site"), f.id, &page, r.c.arena,
					 list_event, &got, &e));
	assert_str_c(buf_view(&got), "returned:Redis 7.0.1:Redis 6.0.9;gone:Redis 6.0.9:;appeared:Redis 6.0.9:;");
	/* Another tenant sees nothing. */
	assert_int_equal(store_asset_fact_get(r.c.db, STR("t2"), f.id, r.c.arena, &f, &e), 0);
	leave(&r);
}

/* ---- a whole run, jailed, against a service on loopback ---- */

static struct os_spawner *spawner;

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

static void work(struct room *r, struct test_db *db, int jobs)
{
	struct job_worker_config config = { .store = db->store, .kinds = app_job_kinds, .app = &r->app,
					    .lease_ms = 60000 };

	for (int i = 0; i < jobs && job_run_one(&config, &e) > 0; i++)
		;
}

static void count_finding(const struct store_finding *f, void *user)
{
	buf_printf(user, "%.*s:%.*s;", STR_ARG(f->check), STR_ARG(f->state));
}

static struct str start(struct room *r, const char *ports, const char *want)
{
	_cleanup_json_ json_t *in = json_pack("{s:s}", "ports", ports);
	_cleanup_json_ json_t *run = NULL;

	r->c.now = clock_wall_ms(&clock_system);
	if (app_asset_start(&r->c, STR("site"), in, &run, &e) < 0) {
		if (!want)
			fail_msg("%s %s", e.code, e.en);
		assert_string_equal(e.code, want);
		return STR_NULL;
	}
	assert_null(want);
	return arena_str(r->c.arena, json_get_str(run, "id"));
}

static void see(struct room *r, struct str id, const char *state, const char *finding)
{
	_cleanup_json_ json_t *run = NULL;
	_cleanup_buf_ struct buf got = BUF_INIT(4 * KIB);
	struct store_finding_filter f = { .tenant = id_str(&r->tenant) };
	struct store_page page = { .limit = 50 };

	assert_ok(app_asset_run_get(&r->c, id, &run, &e));
	if (!str_eq(json_get_str(run, "state"), str_c(state)))
		fail_msg("%s", json_dumps(run, 0));
	assert_ok(store_finding_list(r->c.db, &f, &page, r->c.arena, count_finding, &got, &e));
	assert_str_c(buf_view(&got), finding);
}

static void first_id(const struct store_finding *f, void *user)
{
	snprintf(user, 64, "%.*s", STR_ARG(f->id));
}

/* Pressing "retest" on the weakness that a run found: another run of its port. */
static struct str retest(struct room *r, const char *port)
{
	struct store_finding_filter f = { .tenant = id_str(&r->tenant) };
	struct store_page page = { .limit = 1 };
	_cleanup_json_ json_t *run = NULL;
	char id[64];

	r->c.now = clock_wall_ms(&clock_system);
	assert_ok(store_finding_list(r->c.db, &f, &page, r->c.arena, first_id, id, &e));
	if (app_finding_retest(&r->c, str_c(id), &run, &e) < 0)
		fail_msg("%s %s", e.code, e.en);
	assert_str_c(json_get_str(run, "kind"), "assets");
	assert_str_c(json_get_str(run, "ports"), port);
	return arena_str(r->c.arena, json_get_str(run, "id"));
}

/* A monitoring task of mode "assets" starts runs, not scans. */
static void by_schedule(struct room *r, struct test_db *db)
{
	_cleanup_json_ json_t *in = json_pack("{s:s, s:[s], s:s, s:{s:s, s:s}}", "name", "每天看资产", "site_ids", "site",
					      "mode", "assets", "schedule", "kind", "daily", "time", "03:00");
	_cleanup_json_ json_t *m = NULL, *again = NULL, *runs = NULL;
	struct store_page page = { .limit = 10 };

	if (app_monitor_add(&r->c, in, &m, &e) < 0 ||
	    app_monitor_control(&r->c, json_get_str(m, "id"), APP_MONITOR_RUN, &again, &e) < 0)
		fail_msg("%s %s", e.code, e.en);
	work(r, db, 1);
	assert_ok(app_asset_runs(&r->c, STR("site"), STR_NULL, &page, &runs, &e));
	assert_int_equal(json_array_size(runs), 5);
	assert_str_c(json_get_str(json_array_get(runs, 0), "trigger"), "schedule");
}

static void test_run(void **state)
{
	struct test_db *db = *state;
	struct test_server *s = test_server_start(redis, NULL, NULL);
	struct room r;
	struct store_asset_fact f;
	struct str id;
	char port[16], key[32];

	enter(&r, db);
	r.app.spawner = spawner;
	assert_ok(store_setting_put(db->conn, STR("platform"), STR("{\"private_ranges\":[\"127.0.0.0/8\"]}"), db->now, &e));
	snprintf(port, sizeof(port), "%u", test_server_port(s));
	snprintf(key, sizeof(key), "redis@%s", port);
	assert_ok(store_exec(db->conn, &e, "UPDATE site SET host = '127.0.0.1' WHERE id = 'site'"));

	/* A file proves one origin: no other ports. */
	assert_ok(store_exec(db->conn, &e, "UPDATE site SET verify_state = 'verified', verify_method = 'file' WHERE id = 'site'"));
	start(&r, port, "asset.ports-need-dns");
	assert_ok(store_exec(db->conn, &e, "UPDATE site SET verify_state = 'exempt', verify_method = 'letter' WHERE id = 'site'"));
	start(&r, "0-5", "asset.bad-ports");

	id = start(&r, port, NULL);
	start(&r, port, "asset.running");
	work(&r, db, 1);
	see(&r, id, "done", "asset-redis-unauth:open;");
	assert_int_equal(store_asset_fact_find(r.c.db, id_str(&r.tenant), STR("site"), STR("software"), str_c(key),
					       r.c.arena, &f, &e), 1);
	assert_str_c(f.version, "6.0.9");
	_cleanup_json_ json_t *one = NULL;

	assert_ok(app_asset_get(&r.c, f.id, &one, &e));
	assert_int_equal(json_array_size(json_object_get(one, "findings")), 1);
	assert_int_equal(json_array_size(json_object_get(one, "history")), 1);

	id = retest(&r, port);
	work(&r, db, 1);
	see(&r, id, "done", "asset-redis-unauth:open;");

	/* The service is gone: so is the fact, and the weakness is fixed. */
	test_server_stop(s);
	id = retest(&r, port);
	work(&r, db, 1);
	see(&r, id, "done", "asset-redis-unauth:fixed;");
	assert_int_equal(store_asset_fact_get(r.c.db, id_str(&r.tenant), f.id, r.c.arena, &f, &e), 1);
	assert_str_c(f.state, "gone");

	/* Cancelled while it waits. */
	_cleanup_json_ json_t *cancelled = NULL;

	id = start(&r, "own", NULL);
	assert_ok(app_asset_run_cancel(&r.c, id, &cancelled, &e));
	see(&r, id, "cancelled", "asset-redis-unauth:fixed;");
	by_schedule(&r, db);
	leave(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST_DB(test_history), TEST_DB(test_run) };

	if (os_spawner_start(app_jail_kinds, &spawner, &e) < 0 || net_http_global_init(&e) < 0) {
		print_error("%s\n", e.en);
		return 1;
	}
	int failed = test_db_run("asset", tests, ARRAY_SIZE(tests));

	os_spawner_stop(spawner);
	return failed;
}
