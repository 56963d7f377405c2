/* Pausing, resuming and cancelling a scan that no worker has taken yet: the scan and
 * its site follow the job at once, on both databases. */
#include "app/scans.h"
#include "app/site.h"
#include "app/test_world.h"

/* Starts a scan; its id lives in the arena. */
static struct str start(struct world *w)
{
	_cleanup_json_ json_t *scan = NULL;

	ok(app_scan_start(&w->c, WORLD_SITE, NULL, &scan, &e));
	return id_of(w, scan);
}

static void control(struct world *w, struct str id, enum app_scan_wanted what, const char *want)
{
	_cleanup_json_ json_t *scan = NULL;

	ok(app_scan_control(&w->c, id, what, &scan, &e));
	assert_str_c(json_get_str(scan, "state"), want);
}

static void test_waiting_scan(void **state)
{
	struct world *w = *state;
	struct store_site site;
	_cleanup_json_ json_t *none = NULL;
	struct str id;

	world_add_site(w);
	id = start(w);
	assert_code(app_scan_start(&w->c, WORLD_SITE, NULL, &none, &e), "scan.running");
	control(w, id, APP_SCAN_PAUSE, "paused");
	control(w, id, APP_SCAN_RESUME, "queued");
	control(w, id, APP_SCAN_PAUSE, "paused");
	control(w, id, APP_SCAN_CANCEL, "cancelled");
	assert_code(app_scan_control(&w->c, id, APP_SCAN_RESUME, &none, &e), "scan.state");
	/* The site is free for the next one. */
	assert_ok(app_site_load(&w->c, WORLD_SITE, &site, &e));
	assert_int_equal(site.active_scan.len, 0);
	control(w, start(w), APP_SCAN_CANCEL, "cancelled");
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST_WORLD(test_waiting_scan) };

	return world_run("scan control", NULL, tests);
}
