/* The world of the tests of use cases. */
#include "app/jobs.h"
#include "base/mem.h"
#include "job/job.h"
#include "net/http.h"
#include "store/setting.h"
#include "store/site.h"
#include "store/tenant.h"
#include "app/test_world.h"

struct error e;
static struct os_spawner *spawner;

int world_setup(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));
	void *db = NULL;

	if (test_db_setup(&db) != 0) {
		free(w);
		return -1;
	}
	w->db = db;
	clock_fake_init(&w->clock, w->db->now);
	assert_ok(app_init(&w->app, w->db->store, &w->clock.base, str_c(w->db->dir), STR("test"), &e));
	w->app.spawner = spawner;
	const struct store_tenant t = { .id = WORLD_TENANT, .name = STR("云梦科技"), .kind = STR("company"),
					.edition = STR("standard"), .timezone = STR("Asia/Shanghai"),
					.state = STR("active"), .created = w->db->now, .updated = w->db->now };
	assert_ok(store_tenant_add(w->db->conn, &t, &e));
	app_actor_system(&w->actor, APP_VIA_SESSION, WORLD_TENANT);
	w->actor.user_id = STR("01testuser00000000000000aa");
	w->actor.user_name = STR("管理员");
	w->c = (struct app_call){ .app = &w->app, .actor = &w->actor, .db = w->db->conn,
				  .arena = arena_new(1024 * MIB), .now = w->db->now };
	*state = w;
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;
	void *db = w->db;

	arena_free(w->c.arena);
	app_free(&w->app);
	test_db_teardown(&db);
	free(w);
	return 0;
}

int world_run_tests(const char *name, const struct os_jail_kind *const kinds[], const struct CMUnitTest *tests, size_t n,
		    CMFixtureFunction open, CMFixtureFunction close)
{
	if ((kinds && os_spawner_start(kinds, &spawner, &e) < 0) || net_http_global_init(&e) < 0) {
		print_error("%s\n", e.en);
		return 1;
	}
	int failed = test_db_run_shared(name, tests, n, open, close);

	if (kinds)
		os_spawner_stop(spawner);
	return failed;
}

void world_add_site(struct world *w)
{
	const struct store_site s = { .id = WORLD_SITE, .tenant = WORLD_TENANT, .name = STR("官网"),
				      .url = STR("https://site.example/"), .origin = STR("https://site.example"),
				      .host = STR("site.example"), .host_display = STR("site.example"), .port = 443,
				      .settings = STR("{}"), .verify_state = STR("exempt"), .score = -1 };

	assert_ok(store_site_insert(w->db->conn, &s, &e));
	assert_true(store_site_save_verify(w->db->conn, &s, &e) >= 0);
	w->site = WORLD_SITE;
}

void set_settings(struct world *w, const char *json)
{
	assert_ok(store_setting_put(w->db->conn, STR("platform"), str_c(json), w->db->now, &e));
}

/* Whether there was one. */
static bool run_next(struct world *w)
{
	struct job_worker_config config = { .store = w->db->store, .clock = &w->clock.base,
					    .kinds = app_job_kinds, .app = &w->app };
	int r = job_run_one(&config, &e);

	ok(r);
	if (r > 0)
		w->c.now = w->clock.now_ms += 10;
	return r > 0;
}

void run_jobs(struct world *w)
{
	int n = 0;

	while (run_next(w))
		assert_true(++n < 50);
}

void run_one_job(struct world *w)
{
	assert_true(run_next(w));
}

json_t *in(const char *fmt, ...)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	json_t *v = json_parse(buf_view(&b), &e);
	if (!v)
		print_error("%s\n", e.en);
	assert_non_null(v);
	return v;
}

struct str id_of(struct world *w, const json_t *v)
{
	return arena_str(w->c.arena, json_get_str(v, "id"));
}

void assert_code(int r, const char *code)
{
	if (r >= 0 || strcmp(e.code, code) != 0)
		print_error("r %d code %s (%s)\n", r, e.code, e.en);
	assert_true(r < 0);
	assert_string_equal(e.code, code);
	error_clear(&e);
}

void ok(int r)
{
	if (r < 0)
		print_error("%s: %s\n", e.code, e.en);
	assert_true(r >= 0);
}
