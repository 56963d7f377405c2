/* Rows of sites, scans, findings, monitors and notices on both databases: what is
 * written comes back, lists page without loss, and rules that live in SQL hold. */
#include "base/limits.h"
#include "store/finding.h"
#include "store/monitor.h"
#include "store/notify.h"
#include "store/report.h"
#include "store/scan.h"
#include "store/site.h"
#include "store/test_db.h"

static struct error e;
#define TENANT STR("t1")

static struct store_site add_site(struct test_db *db, const char *id, const char *name,
				  int64_t created)
{
	struct store_site s = { .id = str_c(id), .tenant = TENANT, .name = str_c(name),
				.url = str_c(id), .origin = str_c(id), .host = str_c(id),
				.host_display = str_c(id), .port = 443, .group = STR("官网"),
				.settings = STR("{}"), .verify_state = STR("unverified"),
				.secrets = str_make("\0x", 2), .created = created,
				.updated = created };

	assert_ok(store_site_insert(db->conn, &s, &e));
	return s;
}

static void score(struct test_db *db, const char *id, int64_t value, int64_t critical, int64_t at)
{
	struct store_site s = { .id = str_c(id), .tenant = TENANT, .score = value,
				.score_scan = STR("x"), .score_at = at };

	s.counts[SEVERITY_CRITICAL] = critical;
	assert_ok(store_site_save_score(db->conn, &s, &e));
}

static void count_site(const struct store_site *s, void *user)
{
	struct buf *b = user;

	buf_printf(b, "%.*s ", STR_ARG(s->id));
}

static void test_site(void **state)
{
	struct test_db *db = *state;
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	struct store_site s, back;

	add_site(db, "a", "云梦官网", 1);
	assert_int_equal(store_site_get(db->conn, TENANT, STR("a"), a, &s, &e), 1);
	assert_str_c(s.name, "云梦官网");
	assert_str(s.secrets, str_make("\0x", 2));
	assert_int_equal(s.score, -1);
	assert_int_equal(s.revision, 1);
	assert_int_equal(store_site_get(db->conn, STR("t2"), STR("a"), a, &back, &e), 0);

	s.name = STR("新名");
	assert_int_equal(store_site_save(db->conn, &s, &e), 1);
	assert_int_equal(store_site_save(db->conn, &s, &e), 0); /* stale revision */
	assert_int_equal(store_site_claim(db->conn, TENANT, STR("a"), STR("s1"), &e), 1);
	assert_int_equal(store_site_claim(db->conn, TENANT, STR("a"), STR("s2"), &e), 0);
	assert_ok(store_site_unclaim(db->conn, TENANT, STR("a"), STR("s1"), true, 5, &e));
	assert_int_equal(store_site_claim(db->conn, TENANT, STR("a"), STR("s2"), &e), 1);
	assert_int_equal(store_site_get(db->conn, TENANT, STR("a"), a, &s, &e), 1);
	assert_str_c(s.last_scan, "s1");
	assert_str_c(s.active_scan, "s2");

	back = s;
	back.id = STR("b");
	assert_int_equal(store_site_insert(db->conn, &back, &e), -1);
	assert_string_equal(e.code, "store.unique");
	assert_ok(store_site_delete(db->conn, TENANT, STR("a"), &e));
	assert_int_equal(store_site_get(db->conn, TENANT, STR("a"), a, &s, &e), 0);
}

static void test_list(void **state)
{
	struct test_db *db = *state;
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	_cleanup_buf_ struct buf got = BUF_INIT(KIB);
	struct store_site_filter all = { .tenant = TENANT }, one = { .tenant = TENANT };
	struct store_page page = { .limit = 2, .want_total = true };
	int pages = 0;

	add_site(db, "d", "100%_x", 4);
	add_site(db, "a", "alpha", 1);
	add_site(db, "c", "Beta", 3);
	add_site(db, "b", "beta", 3);
	add_site(db, "e", "zeta", 5);
	do {
		assert_ok(store_site_list(db->conn, &all, &page, a, count_site, &got, &e));
		assert_int_equal(page.total, 5);
		page.after = page.next;
	} while (page.after.len && ++pages < 9);
	assert_str_c(buf_view(&got), "e d c b a ");
	assert_int_equal(pages, 2);

	buf_clear(&got);
	page = (struct store_page){ .limit = 3, .sort = STR("name") };
	assert_ok(store_site_list(db->conn, &all, &page, a, count_site, &got, &e));
	page.after = page.next;
	assert_ok(store_site_list(db->conn, &all, &page, a, count_site, &got, &e));
	assert_str_c(buf_view(&got), "d a b c e ");
	assert_int_equal(page.next.len, 0);

	buf_clear(&got);
	page = (struct store_page){ .limit = 9 };
	one.q = STR("0%_X");
	assert_ok(store_site_list(db->conn, &one, &page, a, count_site, &got, &e));
	assert_str_c(buf_view(&got), "d ");
	page.sort = STR("nonsense");
	assert_int_equal(store_site_list(db->conn, &one, &page, a, count_site, &got, &e), -1);
	assert_string_equal(e.code, "sort.bad");
	page = (struct store_page){ .limit = 9, .after = STR("x'); DROP") };
	assert_int_equal(store_site_list(db->conn, &one, &page, a, count_site, &got, &e), -1);
	assert_string_equal(e.code, "cursor.bad");
}

static void test_most_dangerous(void **state)
{
	struct test_db *db = *state;
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	struct store_site s;

	add_site(db, "a", "甲", 1);
	add_site(db, "b", "乙", 1);
	add_site(db, "c", "丙", 1);
	assert_int_equal(store_site_most_dangerous(db->conn, TENANT, a, &s, &e), 0);
	score(db, "a", 100, 0, 10);
	assert_int_equal(store_site_most_dangerous(db->conn, TENANT, a, &s, &e), 0);
	score(db, "a", 59, 1, 20);
	score(db, "b", 59, 2, 30);
	score(db, "c", 59, 2, 25);
	assert_int_equal(store_site_most_dangerous(db->conn, TENANT, a, &s, &e), 1);
	assert_str_c(s.id, "c"); /* as many critical, older scan */
	score(db, "a", 42, 0, 40);
	assert_int_equal(store_site_most_dangerous(db->conn, TENANT, a, &s, &e), 1);
	assert_str_c(s.id, "a");
}

static struct store_scan add_scan(struct test_db *db, const char *id, const char *site)
{
	struct store_scan s = { .id = str_c(id), .tenant = TENANT, .site = str_c(site),
				.site_name = STR("站"), .url = str_c(site), .origin = str_c(site),
				.mode = STR("quick"), .state = STR("running"),
				.cause = STR("manual"), .settings = STR("{}"), .created = 7 };

	assert_ok(store_scan_insert(db->conn, &s, &e));
	return s;
}

static int sum_record(const struct store_journal_record *r, void *user)
{
	buf_printf(user, "%d%.*s%zu ", (int)r->seq, STR_ARG(r->kind), r->bytes.len);
	return 0;
}

static void test_scan(void **state)
{
	struct test_db *db = *state;
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	_cleanup_buf_ struct buf got = BUF_INIT(KIB);
	struct store_scan s, back;
	struct store_journal_record rec[] = { { 1, STR("p"), STR("k"), str_make("\0\1\2", 3) },
					      { 2, STR("f"), STR_NULL, STR_NULL } };
	struct store_scan_page p = { STR("http://a/1"), STR("GET"), STR("text/html"), STR("题"),
				     200, 1, 99 };

	add_site(db, "a", "a", 1);
	s = add_scan(db, "s1", "a");
	s.progress = 500;
	assert_ok(store_scan_save_progress(db->conn, &s, &e));
	s.progress = 400;
	assert_ok(store_scan_save_progress(db->conn, &s, &e));
	assert_int_equal(store_scan_get(db->conn, TENANT, STR("s1"), a, &back, &e), 1);
	assert_int_equal(back.progress, 500); /* never back */

	assert_ok(store_journal_append(db->conn, s.id, rec, 2, &e));
	assert_int_equal(store_journal_read(db->conn, s.id, 0, 10, sum_record, &got, &e), 2);
	assert_str_c(buf_view(&got), "1p3 2f0 ");
	assert_ok(store_scan_page_put(db->conn, TENANT, s.id, &p, &e));
	assert_ok(store_scan_page_put(db->conn, TENANT, s.id, &p, &e));

	s.state = STR("done");
	s.complete = true;
	s.score = 97;
	s.finished = 9;
	s.progress = 10000;
	assert_int_equal(store_scan_finish(db->conn, &s, &e), 1);
	assert_int_equal(store_scan_finish(db->conn, &s, &e), 0); /* ended is ended */
	s.state = STR("running");
	assert_int_equal(store_scan_set_state(db->conn, &s, &e), 0);
	assert_int_equal(store_scan_previous(db->conn, TENANT, STR("a"), STR("a"), 8, a, &back, &e), 1);
	assert_int_equal(back.score, 97);
	assert_int_equal(store_scan_previous(db->conn, TENANT, STR("a"), STR("a"), 7, a, &back, &e), 0);
}

static struct store_finding add_finding(struct test_db *db, const char *id, enum severity severity,
					const char *state)
{
	struct store_finding f = { .id = str_c(id), .tenant = TENANT, .site = STR("a"),
				   .origin = STR("a"), .fingerprint = str_c(id),
				   .check = STR("sqli-error"), .title = STR("SQL 注入"),
				   .title_en = STR("SQL injection"), .severity = severity,
				   .confidence = CONFIDENCE_FIRM, .url = STR("http://a/x"),
				   .method = STR("GET"), .state = str_c(state), .instances = 1,
				   .evidence = STR("{}"), .first_seen = 3, .last_seen = 3,
				   .scan = STR("s1") };

	assert_ok(store_finding_insert(db->conn, &f, &e));
	assert_ok(store_scan_finding_put(db->conn, TENANT, STR("s1"), f.id, "new", severity, 1, &e));
	return f;
}

static void count_finding(const struct store_finding *f, void *user)
{
	buf_printf(user, "%.*s ", STR_ARG(f->id));
}

static void stat_finding(struct str value, struct str extra, int64_t n, void *user)
{
	buf_printf(user, "%.*s=%d ", STR_ARG(value), (int)n);
}

static void test_finding(void **state)
{
	struct test_db *db = *state;
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	_cleanup_buf_ struct buf got = BUF_INIT(KIB);
	struct store_page page = { .limit = 2 };
	struct store_finding_filter f = { .tenant = TENANT, .scan = STR("s1") };
	int64_t counts[SEVERITY_COUNT];

	add_site(db, "a", "a", 1);
	add_scan(db, "s1", "a");
	add_finding(db, "f1", SEVERITY_LOW, "open");
	add_finding(db, "f2", SEVERITY_CRITICAL, "open");
	add_finding(db, "f3", SEVERITY_HIGH, "ignored");
	assert_ok(store_finding_list(db->conn, &f, &page, a, count_finding, &got, &e));
	page.after = page.next;
	assert_ok(store_finding_list(db->conn, &f, &page, a, count_finding, &got, &e));
	assert_str_c(buf_view(&got), "f2 f3 f1 ");
	buf_clear(&got);
	f.severity = STR("low,high");
	f.state = STR("open");
	page = (struct store_page){ .limit = 9 };
	assert_ok(store_finding_list(db->conn, &f, &page, a, count_finding, &got, &e));
	assert_str_c(buf_view(&got), "f1 ");
	buf_clear(&got);
	f.severity = f.state = STR_NULL;
	assert_ok(store_finding_stats(db->conn, &f, STORE_BY_STATE, 9, a, stat_finding, &got, &e));
	assert_str_c(buf_view(&got), "open=2 ignored=1 ");
	assert_ok(store_finding_counts(db->conn, TENANT, STR("a"), STR("a"), 3, counts, &e));
	assert_int_equal(counts[SEVERITY_LOW], 1);
	assert_int_equal(counts[SEVERITY_HIGH], 0); /* ignored ones do not count */
	assert_int_equal(counts[SEVERITY_CRITICAL], 1);
	assert_ok(store_finding_counts(db->conn, TENANT, STR("a"), STR("a"), 2, counts, &e));
	assert_int_equal(counts[SEVERITY_CRITICAL], 0);
}

static void test_notice(void **state)
{
	struct test_db *db = *state;
	struct store_notice n = { .id = STR("n1"), .tenant = TENANT, .event = STR("scan.done"),
				  .payload = STR("{}"), .created = 1 };
	struct store_delivery d = { .id = STR("d1"), .tenant = TENANT, .channel = STR("c1"),
				    .channel_name = STR("邮件"), .notice = STR("n1"),
				    .event = STR("scan.done"), .state = STR("queued"), .created = 1 };

	assert_ok(store_notice_insert(db->conn, &n, &e));
	assert_int_equal(store_notice_set_spread(db->conn, TENANT, n.id, &e), 1);
	assert_int_equal(store_notice_set_spread(db->conn, TENANT, n.id, &e), 0);
	assert_int_equal(store_delivery_insert(db->conn, &d, &e), 1);
	d.id = STR("d2");
	assert_int_equal(store_delivery_insert(db->conn, &d, &e), 0); /* once per channel */
}

static void name_site(struct str id, struct str name, struct str url, struct str verify_state,
		      void *user)
{
	buf_printf(user, "%.*s ", STR_ARG(id));
}

static void test_monitor(void **state)
{
	struct test_db *db = *state;
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	_cleanup_buf_ struct buf got = BUF_INIT(KIB);
	struct store_monitor m = { .id = STR("m1"), .tenant = TENANT, .name = STR("每周"),
				   .mode = STR("quick"), .schedule = STR("{}"),
				   .state = STR("active"), .created = 1 };
	const struct str sites[] = { STR_INIT("b"), STR_INIT("a") };

	add_site(db, "a", "a", 1);
	add_site(db, "b", "b", 1);
	assert_ok(store_monitor_insert(db->conn, &m, &e));
	assert_ok(store_monitor_set_sites(db->conn, m.id, sites, 2, &e));
	assert_ok(store_monitor_sites(db->conn, TENANT, m.id, a, name_site, &got, &e));
	assert_str_c(buf_view(&got), "b a ");
	assert_ok(store_site_delete(db->conn, TENANT, STR("b"), &e));
	buf_clear(&got);
	assert_ok(store_monitor_sites(db->conn, TENANT, m.id, a, name_site, &got, &e));
	assert_str_c(buf_view(&got), "a ");
}

static void test_letter_and_report(void **state)
{
	struct test_db *db = *state;
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	struct store_authorization l = { .id = STR("l1"), .tenant = TENANT, .site = STR("a"),
					 .origin = STR("a"), .letter_name = STR("授权书.pdf"),
					 .ranges = STR("[]"), .state = STR("pending"),
					 .expires = 99, .created = 1 },
				   back;
	struct store_report r = { .id = STR("r1"), .tenant = TENANT, .scan = STR("s1"),
				  .site = STR("a"), .title = STR("报告"), .lang = STR("zh"),
				  .formats = STR("html,pdf"), .state = STR("queued") },
			    rback;

	add_site(db, "a", "云", 1);
	assert_ok(store_authorization_insert(db->conn, &l, &e));
	assert_int_equal(store_authorization_get(db->conn, STR_NULL, l.id, a, &back, &e), 1);
	assert_str_c(back.site_name, "云");
	assert_int_equal(store_authorization_get(db->conn, STR("t2"), l.id, a, &back, &e), 0);
	l.state = STR("approved");
	assert_int_equal(store_authorization_decide(db->conn, &l, &e), 1);
	assert_int_equal(store_authorization_decide(db->conn, &l, &e), 0);
	assert_int_equal(store_authorization_approved(db->conn, TENANT, STR("a"), STR("a"), a, &back, &e), 1);

	assert_ok(store_report_insert(db->conn, &r, &e));
	assert_int_equal(store_report_get(db->conn, TENANT, r.id, a, &rback, &e), 1);
	assert_str_c(rback.formats, "html,pdf");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_DB(test_site),	TEST_DB(test_list),    TEST_DB(test_most_dangerous),
		TEST_DB(test_scan),	TEST_DB(test_finding), TEST_DB(test_notice),
		TEST_DB(test_monitor),	TEST_DB(test_letter_and_report),
	};

	return test_db_run("sites", tests, ARRAY_SIZE(tests));
}
