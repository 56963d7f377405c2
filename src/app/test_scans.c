/* Scans, findings, templates of rule packs, monitoring and reports as their users meet them: use
 * cases called with an actor, jobs run by hand, the engine in its real jail. */
#include "app/finding.h"
#include "app/monitor.h"
#include "app/pack.h"
#include "app/reports.h"
#include "app/scans.h"
#include "app/settings.h"
#include "app/site.h"
#include "app/verify.h"
#include "app/view.h"
#include "job/job.h"
#include "job/schedule.h"
#include "app/test_website.h"

/* ---- scans and findings ---- */

/* The finding on /a, whatever its state. */
static json_t *leak(struct world *w)
{
	struct store_finding_filter f = { .check = STR("idcard-exposed") };
	struct store_page p = { .limit = 10 };
	_cleanup_json_ json_t *items = NULL;
	json_t *v;

	ok(app_finding_list(&w->c, &f, &p, &items, &e));
	assert_int_equal(json_array_size(items), 1);
	ok(app_finding_get(&w->c, json_get_str(json_array_get(items, 0), "id"), &v, &e));
	return v;
}

static int64_t site_score(struct world *w, struct str site)
{
	struct store_site s;

	ok(app_site_load(&w->c, site, &s, &e));
	return s.score;
}

static void test_scan_and_decisions(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);
	_cleanup_json_ json_t *one = finished_scan(w, site);
	_cleanup_json_ json_t *f = leak(w);
	struct str id = id_of(w, f);
	int64_t score = site_score(w, site);
	json_t *v;

	assert_true(json_get_bool(one, "complete", false));
	assert_true(json_number_value(json_object_get(one, "progress")) == 100.0);
	assert_int_equal(json_get_int(one, "score", -1), score);
	assert_true(score >= 0 && score < 100);
	assert_str_c(json_get_str(f, "state"), "open");
	const json_t *ev = json_object_get(f, "evidence");
	struct str response = json_get_str(ev, "response");
	int64_t at = json_get_int(ev, "proof_start", -1), len = json_get_int(ev, "proof_len", 0);
	assert_true(at > 0 && len > 0);
	assert_str(str_sub(response, (size_t)at, (size_t)(at + len)), json_get_str(ev, "proof"));
	assert_false(str_has(response, STR("11010519740817304X"))); /* masked */

	/* 误报 outlives a re-scan and the score follows. */
	_cleanup_json_ json_t *fp = in("{\"decision\":\"false_positive\",\"reason\":\"测试数据\"}");
	ok(app_finding_decide(&w->c, id, fp, &v, &e));
	json_decref(v);
	int64_t better = site_score(w, site);
	assert_true(better > score);
	_cleanup_json_ json_t *two = finished_scan(w, site);
	_cleanup_json_ json_t *still = leak(w);
	assert_str_c(json_get_str(still, "state"), "false_positive");
	assert_int_equal(json_get_int(two, "score", -1), better);

	/* When the decision runs out the finding is open again. */
	w->c.now = w->clock.now_ms += 400LL * 24 * 3600 * 1000;
	assert_int_equal(app_finding_expire(&w->c, &e), 1);
	_cleanup_json_ json_t *open = leak(w);
	assert_str_c(json_get_str(open, "state"), "open");
	assert_int_equal(site_score(w, site), score);

	/* Retest: fixed, without being a scan of the site. */
	w->web->leak = false;
	ok(app_finding_retest(&w->c, id, &v, &e));
	json_decref(v);
	run_jobs(w);
	_cleanup_json_ json_t *fixed = leak(w);
	assert_str_c(json_get_str(fixed, "state"), "fixed");
	assert_int_equal(site_score(w, site), score);

	/* And back again. */
	w->web->leak = true;
	json_decref(finished_scan(w, site));
	_cleanup_json_ json_t *back = leak(w);
	assert_str_c(json_get_str(back, "state"), "open");
	assert_true(json_get_bool(back, "reappeared", false));
	w->web->leak = false;
	_cleanup_json_ json_t *four = finished_scan(w, site);
	_cleanup_json_ json_t *gone = leak(w);
	assert_str_c(json_get_str(gone, "state"), "fixed");
	ok(app_scan_compare(&w->c, json_get_str(four, "id"), STR_NULL, &v, &e));
	assert_int_equal(json_array_size(json_object_get(v, "fixed")), 1);
	assert_int_equal(json_array_size(json_object_get(v, "new")), 0);
	json_decref(v);
}

static void test_proposals(void **state)
{
	struct world *w = *state;
	verified_site(w);
	struct app_actor operator = w->actor;
	json_t *v;

	{
		struct store_site s;
		ok(store_site_by_origin(w->c.db, w->actor.tenant_id,
					arena_printf(w->c.arena, "%.*s", (int)strlen(w->web->url) - 1, w->web->url),
					w->c.arena, &s, &e));
		json_decref(finished_scan(w, s.id));
	}
	_cleanup_json_ json_t *f = leak(w);
	_cleanup_json_ json_t *body = in("{\"decision\":\"ignored\",\"reason\":\"内部页面\"}");
	operator.permissions = app_role_permissions(ROLE_OPERATOR);
	w->c.actor = &operator;
	ok(app_finding_decide(&w->c, id_of(w, f), body, &v, &e));
	assert_str_c(json_get_str(v, "state"), "open"); /* only proposed */
	struct str proposal = id_of(w, json_object_get(v, "proposal"));
	json_decref(v);
	assert_code(app_finding_judge(&w->c, id_of(w, f), proposal, true, STR(""), &v, &e),
		    "auth.forbidden");
	w->c.actor = &w->actor;
	ok(app_finding_judge(&w->c, id_of(w, f), proposal, true, STR("同意"), &v, &e));
	assert_str_c(json_get_str(v, "state"), "ignored");
	assert_true(json_is_null(json_object_get(v, "proposal")));
	json_decref(v);
	assert_code(app_finding_judge(&w->c, id_of(w, f), proposal, true, STR(""), &v, &e),
		    "decision.state");
}

/* The person presses 暂停 while the engine is at work. */
static void pause_at_third(struct website *site, unsigned n)
{
	struct world *w = site->user;
	struct store_conn *db;
	struct error none;
	struct app_call c = w->c;
	json_t *v = NULL;

	if (n != 3)
		return;
	assert_ok(store_acquire(w->db->store, &db, &none));
	c.db = db;
	c.arena = arena_new(MIB);
	struct store_scan_filter f = { .tenant = w->actor.tenant_id, .state = STR("running") };
	struct store_page p = { .limit = 1 };
	if (app_scan_list(&c, &f, &p, &v, &none) == 0 && json_array_size(v)) {
		json_t *paused = NULL;
		app_scan_control(&c, json_get_str(json_array_get(v, 0), "id"), APP_SCAN_PAUSE, &paused,
				 &none);
		json_decref(paused);
	}
	json_decref(v);
	arena_free(c.arena);
	store_release(db);
}

static void test_pause_resume_cancel(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);
	struct str id = start_scan(w, site);
	json_t *v;

	_cleanup_json_ json_t *body = in("{}");
	assert_code(app_scan_start(&w->c, site, body, &v, &e), "scan.running");
	ok(app_scan_control(&w->c, id, APP_SCAN_PAUSE, &v, &e));
	assert_str_c(json_get_str(v, "state"), "paused");
	json_decref(v);
	run_jobs(w);
	assert_int_equal(site_score(w, site), -1);
	ok(app_scan_control(&w->c, id, APP_SCAN_RESUME, &v, &e));
	json_decref(v);

	w->web->user = w;
	atomic_store(&w->web->requests, 0);
	w->web->on_request = pause_at_third;
	run_jobs(w);
	w->web->on_request = NULL;
	_cleanup_json_ json_t *mid = scan(w, id);
	if (!str_eq(json_get_str(mid, "state"), STR("done"))) { /* small sites may be through */
		assert_str_c(json_get_str(mid, "state"), "paused");
		assert_int_equal(site_score(w, site), -1); /* a part is no score */
		ok(app_scan_control(&w->c, id, APP_SCAN_RESUME, &v, &e));
		json_decref(v);
		run_jobs(w);
	}
	_cleanup_json_ json_t *end = scan(w, id);
	assert_str_c(json_get_str(end, "state"), "done");
	assert_true(site_score(w, site) >= 0);
	int64_t score = site_score(w, site);

	/* Cancelled: ended, nothing changed, the site is free again. */
	id = start_scan(w, site);
	ok(app_scan_control(&w->c, id, APP_SCAN_CANCEL, &v, &e));
	json_decref(v);
	run_jobs(w); /* a worker ends what was cancelled before it began */
	_cleanup_json_ json_t *gone = scan(w, id);
	assert_str_c(json_get_str(gone, "state"), "cancelled");
	assert_int_equal(site_score(w, site), score);
	assert_code(app_scan_control(&w->c, id, APP_SCAN_RESUME, &v, &e), "scan.state");
	json_decref(finished_scan(w, site));
}

/* The allowed hours end while the engine is at work. */
static void hours_end_at_third(struct website *site, unsigned n)
{
	struct world *w = site->user;

	if (n == 3)
		w->clock.now_ms += 2 * 3600 * 1000LL;
	if (n >= 3 && n < 40)
		usleep(100000); /* not through before anybody looks at the clock */
}

static void test_hours_end_and_come_again(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);
	int64_t begun = w->clock.now_ms, minute = (begun / 60000 + 8 * 60) % (24 * 60); /* Asia/Shanghai */
	_cleanup_json_ json_t *change = in("{\"settings\":{\"windows\":[{\"from\":\"%02d:%02d\",\"to\":\"%02d:%02d\"}]}}",
					   (int)(minute / 60), (int)(minute % 60), (int)((minute / 60 + 1) % 24),
					   (int)(minute % 60));
	_cleanup_json_ json_t *changed = NULL;

	ok(app_site_change(&w->c, site, change, &changed, &e));
	struct str id = start_scan(w, site);

	w->web->user = w;
	atomic_store(&w->web->requests, 0);
	w->web->on_request = hours_end_at_third;
	run_jobs(w);
	w->web->on_request = NULL;
	_cleanup_json_ json_t *held = scan(w, id);
	assert_str_c(json_get_str(held, "state"), "queued");
	assert_str_c(json_get_str(held, "waiting"), "window");
	unsigned before = atomic_load(&w->web->requests);

	w->c.now = w->clock.now_ms += 3600 * 1000LL;
	run_jobs(w); /* still outside */
	assert_int_equal(atomic_load(&w->web->requests), before);

	w->c.now = w->clock.now_ms = begun + (24 * 60 + 5) * 60000LL;
	run_jobs(w);
	_cleanup_json_ json_t *end = scan(w, id);
	assert_str_c(json_get_str(end, "state"), "done");
	assert_true(json_get_bool(end, "complete", false));
	assert_true(atomic_load(&w->web->requests) > before);
}

static void test_proof_lost_before_scan(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);

	w->c.now = w->clock.now_ms += 3600 * 1000;
	w->web->token[0] = 0;
	struct str id = start_scan(w, site);
	atomic_store(&w->web->requests, 0);
	run_jobs(w);
	_cleanup_json_ json_t *v = scan(w, id);
	assert_str_c(json_get_str(v, "state"), "failed");
	assert_str_c(json_get_str(json_object_get(v, "error"), "code"), "verify.status");
	assert_true(atomic_load(&w->web->requests) <= 4); /* looked for the proof, scanned nothing */
}

/* ---- templates of rule packs ---- */

static struct str nacos_state(struct world *w)
{
	struct store_finding_filter filter = { .check = STR("template:nacos-users-unauth") };
	struct store_page page = { .limit = 10 };
	_cleanup_json_ json_t *items = NULL;

	ok(app_finding_list(&w->c, &filter, &page, &items, &e));
	if (!json_array_size(items))
		return STR("none");
	return arena_str(w->c.arena, json_get_str(json_array_get(items, 0), "state"));
}

static void scan_again(struct world *w, struct str site)
{
	json_decref(finished_scan(w, site));
}

/* Found, kept while its template is off, fixed when it runs and finds nothing. */
static void test_templates(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);
	_cleanup_json_ json_t *packs = NULL, *off = in("{\"enabled\":false,\"ids\":[\"nacos-users-unauth\"]}"),
			      *on = in("{\"enabled\":true,\"ids\":[\"nacos-users-unauth\"]}"), *v = NULL, *v2 = NULL;
	struct str pack;

	w->web->nacos = true;
	scan_again(w, site);
	assert_str_c(nacos_state(w), "open");
	ok(app_pack_list(&w->c, &packs, &e));
	pack = id_of(w, json_array_get(packs, 0));
	ok(app_pack_switch(&w->c, pack, off, &v, &e));
	w->web->nacos = false;
	scan_again(w, site);
	assert_str_c(nacos_state(w), "open");
	ok(app_pack_switch(&w->c, pack, on, &v2, &e));
	scan_again(w, site);
	assert_str_c(nacos_state(w), "fixed");
	w->web->nacos = true;
	scan_again(w, site);
	assert_str_c(nacos_state(w), "open");
}

/* ---- monitoring ---- */

static void test_monitor(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);
	_cleanup_json_ json_t *other = in("{\"url\":\"https://unproven.example.com/\"}");
	json_t *v;

	ok(app_site_add(&w->c, other, &v, &e));
	struct str unproven = id_of(w, v);
	json_decref(v);
	static const char form[] = "{\"name\":\"每周快扫\",\"site_ids\":[\"%.*s\"],\"mode\":\"quick\","
			   "\"schedule\":{\"kind\":\"weekly\",\"weekday\":0,\"time\":\"00:00\"}}";
	_cleanup_json_ json_t *bad = in(form, STR_ARG(unproven));
	assert_code(app_monitor_add(&w->c, bad, &v, &e), "site.not-verified");
	_cleanup_json_ json_t *good = in(form, STR_ARG(site));
	ok(app_monitor_add(&w->c, good, &v, &e));
	struct str id = id_of(w, v);
	assert_str_c(json_get_str(v, "schedule_text"), "每周日 00:00");
	assert_str_c(json_get_str(v, "next_run"), "2026-01-10T16:00:00.000Z"); /* Sunday in Shanghai */
	assert_true(json_is_null(json_object_get(v, "last_scan")));
	json_decref(v);

	/* Sunday comes. */
	w->c.now = w->clock.now_ms = TEST_DB_NOW + 6 * 24 * 3600 * 1000LL;
	ok(job_schedule_tick(w->c.db, w->c.now, &e));
	run_jobs(w);
	ok(app_monitor_get(&w->c, id, &v, &e));
	assert_str_c(json_get_str(json_object_get(v, "last_scan"), "state"), "done");
	json_decref(v);
	ok(app_monitor_control(&w->c, id, APP_MONITOR_PAUSE, &v, &e));
	assert_str_c(json_get_str(v, "state"), "paused");
	assert_true(json_is_null(json_object_get(v, "next_run")));
	json_decref(v);
}

/* ---- reports ---- */

static void test_report(void **state)
{
	struct world *w = *state;
	struct str site = verified_site(w);
	_cleanup_json_ json_t *one = finished_scan(w, site);
	_cleanup_json_ json_t *body = in("{\"scan_id\":\"%s\",\"formats\":[\"html\",\"json\"],\"lang\":\"zh\"}",
					 json_string_value(json_object_get(one, "id")));
	json_t *v;
	_cleanup_buf_ struct buf html = BUF_INIT(LIMIT_BLOB);
	struct str name;
	const char *type;

	ok(app_report_add(&w->c, body, &v, &e));
	struct str id = id_of(w, v);
	json_decref(v);
	run_jobs(w);
	ok(app_report_get(&w->c, id, &v, &e));
	assert_str_c(json_get_str(v, "state"), "done");
	json_decref(v);
	ok(app_report_file(&w->c, id, STR("html"), &name, &type, &html, &e));
	assert_true(str_has(buf_view(&html), STR("云梦官网")));
	assert_true(str_has(buf_view(&html), STR("身份")));
	assert_code(app_report_file(&w->c, id, STR("pdf"), &name, &type, &html, &e),
		    "report-file.not-found");
	ok(app_report_delete(&w->c, id, &e));
	assert_code(app_report_get(&w->c, id, &v, &e), "report.not-found");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_WEBSITE(test_scan_and_decisions),
		TEST_WEBSITE(test_proposals),
		TEST_WEBSITE(test_pause_resume_cancel),
		TEST_WEBSITE(test_hours_end_and_come_again),
		TEST_WEBSITE(test_proof_lost_before_scan),
		TEST_WEBSITE(test_templates),
		TEST_WEBSITE(test_monitor),
		TEST_WEBSITE(test_report),
	};

	return website_run("app_scans", tests);
}
