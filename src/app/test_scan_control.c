/* Pausing, resuming and cancelling a scan that no worker has taken yet: the scan and
 * its site follow the job at once, on both databases. */
#include "app/scans.h"
#include "app/site.h"
#include "base/limits.h"
#include "base/mem.h"
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

/* Starts a scan; its id lives in the arena. */
static struct str start(struct room *r)
{
	_cleanup_json_ json_t *scan = NULL;

	if (app_scan_start(&r->c, STR("site"), NULL, &scan, &e) < 0)
		fail_msg("%s %s", e.code, e.en);
	return arena_str(r->c.arena, json_get_str(scan, "id"));
}

static void control(struct room *r, struct str id, enum app_scan_wanted what, const char *want)
{
	_cleanup_json_ json_t *scan = NULL;

	if (app_scan_control(&r->c, id, what, &scan, &e) < 0)
		fail_msg("%s %s", e.code, e.en);
	assert_str_c(json_get_str(scan, "state"), want);
}

static void test_waiting_scan(void **state)
{
	struct room r;
	struct store_site site;
	_cleanup_json_ json_t *none = NULL;
	struct str id;

	enter(&r, *state);
	id = start(&r);
	assert_true(app_scan_start(&r.c, STR("site"), NULL, &none, &e) < 0);
	assert_string_equal(e.code, "scan.running");
	control(&r, id, APP_SCAN_PAUSE, "paused");
	control(&r, id, APP_SCAN_RESUME, "queued");
	control(&r, id, APP_SCAN_PAUSE, "paused");
	control(&r, id, APP_SCAN_CANCEL, "cancelled");
	assert_true(app_scan_control(&r.c, id, APP_SCAN_RESUME, &none, &e) < 0);
	assert_string_equal(e.code, "scan.state");
	/* The site is free for the next one. */
	assert_ok(app_site_load(&r.c, STR("site"), &site, &e));
	assert_int_equal(site.active_scan.len, 0);
	control(&r, start(&r), APP_SCAN_CANCEL, "cancelled");
	leave(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST_DB(test_waiting_scan) };

	return test_db_run("scan control", tests, ARRAY_SIZE(tests));
}
