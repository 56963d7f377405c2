/* Asset facts over runs: they appear, change, go and come back, and every change is an
 * event; a fact of one source does not end with a run of another. */
#include "app/asset.h"
#include "base/limits.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = { TEST_DB(test_history) };

	return test_db_run("asset", tests, ARRAY_SIZE(tests));
}
