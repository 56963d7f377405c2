/* Makers of things for the generated tests, where no route makes them. */
#include "api/test_generated.h"
#include "base/limits.h"
#include "job/job.h"
#include "store/account.h"
#include "store/approval.h"
#include "store/blob.h"
#include "store/asset.h"
#include "store/finding.h"
#include "store/monitor.h"
#include "store/notify.h"
#include "store/report.h"
#include "store/review.h"
#include "store/shot.h"
#include "store/rulepack.h"
#include "store/scan.h"

static void count_session(void *arg, const struct store_session *s)
{
	snprintf(arg, ID_LEN + 1, "%.*s", STR_ARG(s->id));
}

void sample_session(struct samples *s, char id[ID_LEN + 1])
{
	struct world *w = s->w;
	const struct who *who = s->who;
	struct error e = { 0 };
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	struct who other;
	int64_t now = clock_wall_ms(&clock_system);
	world_login(w, who, &other);
	assert_ok(store_session_list(w->db->conn, str_c(who->account), now, now - LIMIT_SESSION_IDLE_MS, a,
				     count_session, id, &e));
}

void sample_approval(struct samples *s, char id[ID_LEN + 1])
{
	struct world *w = s->w;
	const struct who *who = s->who;
	struct error e = { 0 };
	int64_t now = clock_wall_ms(&clock_system);
	struct id made = id_new(now);
	const struct store_approval p = {
		.id = id_str(&made), .tenant_id = str_c(who->tenant), .kind = STR("site.delete"),
		.object_type = STR("site"), .object_id = STR("x"), .object_name = STR("x"),
		.detail = STR("{}"), .reason = STR("测试"), .state = STR("pending"),
		.account_id = STR("nobody"), .account_name = STR("x"), .expires = now + 3600000,
		.created = now };
	assert_ok(store_approval_add(w->db->conn, &p, &e));
	memcpy(id, made.text, ID_LEN + 1);
}

static void fresh(char id[ID_LEN + 1])
{
	struct id made = id_new(clock_wall_ms(&clock_system));
	memcpy(id, made.text, ID_LEN + 1);
}

static void check_ok(int r, const struct error *e)
{
	if (r < 0)
		fail_msg("%s: %s", e->code, e->en);
}

void sample_scan(struct samples *s, char id[ID_LEN + 1])
{
	struct error e = { 0 };
	char site[ID_LEN + 1];
	sample(s, STR("site"), site);
	fresh(id);
	const struct store_scan v = {
		.id = str_c(id), .tenant = str_c(s->who->tenant), .site = str_c(site),
		.site_name = STR("官网"), .url = STR("https://www.example.com/"),
		.origin = STR("https://www.example.com"), .mode = STR("quick"), .state = STR("done"),
		.cause = STR("manual"), .settings = STR("{}"), .rule_version = STR("1"),
		.formula_version = STR("1"), .created = s->w->db->now };
	check_ok(store_scan_insert(s->w->db->conn, &v, &e), &e);
}

void sample_login_test(struct samples *s, char id[ID_LEN + 1])
{
	struct error e = { 0 };
	char site[ID_LEN + 1], payload[200];
	struct id made;
	sample(s, STR("site"), site);
	snprintf(payload, sizeof(payload), "{\"site_id\":\"%s\",\"account\":\"first\"}", site);
	const struct job_request r = { .tenant = str_c(s->who->tenant), .kind = STR("login-test"), .payload = str_c(payload) };
	check_ok(job_enqueue(s->w->db->conn, &r, s->w->db->now, &made, NULL, &e), &e);
	memcpy(id, made.text, ID_LEN + 1);
}

void sample_asset(struct samples *s, char id[ID_LEN + 1])
{
	struct error e = { 0 };
	char site[ID_LEN + 1];
	sample(s, STR("site"), site);
	fresh(id);
	const struct store_asset_fact v = {
		.id = str_c(id), .tenant = str_c(s->who->tenant), .site = str_c(site), .kind = STR("software"),
		.key = STR("nginx@443"), .title = STR("nginx 1.18.0"), .port = 443, .product = STR("nginx"),
		.version = STR("1.18.0"), .confidence = 90, .detail = STR("{}"), .source = STR("asset"),
		.state = STR("present"), .first_seen = s->w->db->now, .last_seen = s->w->db->now };
	check_ok(store_asset_fact_insert(s->w->db->conn, &v, &e), &e);
}

void sample_asset_run(struct samples *s, char id[ID_LEN + 1])
{
	struct error e = { 0 };
	char site[ID_LEN + 1];
	sample(s, STR("site"), site);
	fresh(id);
	const struct store_asset_run v = {
		.id = str_c(id), .tenant = str_c(s->who->tenant), .site = str_c(site), .site_name = STR("官网"),
		.host = STR("www.example.com"), .state = STR("done"), .cause = STR("manual"), .options = STR("{}"),
		.created = s->w->db->now };
	check_ok(store_asset_run_insert(s->w->db->conn, &v, &e), &e);
}

void sample_finding(struct samples *s, char id[ID_LEN + 1])
{
	struct error e = { 0 };
	char site[ID_LEN + 1], scan[ID_LEN + 1];
	sample(s, STR("site"), site);
	sample(s, STR("scan"), scan);
	fresh(id);
	const struct store_finding v = {
		.id = str_c(id), .tenant = str_c(s->who->tenant), .site = str_c(site),
		.origin = STR("https://www.example.com"), .fingerprint = STR("f1"),
		.check = STR("header-csp"), .title = STR("缺少 CSP"), .title_en = STR("No CSP"),
		.severity = SEVERITY_LOW, .url = STR("https://www.example.com/"), .method = STR("GET"),
		.state = STR("open"), .instances = 1,
		.evidence = STR("{\"request\":\"GET / HTTP/1.1\",\"response\":\"\",\"proof\":\"\"}"),
		.first_seen = s->w->db->now, .last_seen = s->w->db->now, .scan = str_c(scan) };
	check_ok(store_finding_insert(s->w->db->conn, &v, &e), &e);
	check_ok(store_scan_finding_put(s->w->db->conn, v.tenant, v.scan, v.id, "new", SEVERITY_LOW, 1, &e),
		 &e);
}

void sample_decision(struct samples *s, char id[ID_LEN + 1])
{
	struct error e = { 0 };
	char finding[ID_LEN + 1];
	sample(s, STR("finding"), finding);
	fresh(id);
	const struct store_decision v = {
		.id = str_c(id), .tenant = str_c(s->who->tenant), .finding = str_c(finding),
		.decision = STR("ignored"), .reason = STR("测试"), .state = STR("proposed"),
		.owner_id = str_c(s->who->account), .owner_name = STR("x"), .created = s->w->db->now };
	check_ok(store_decision_insert(s->w->db->conn, &v, &e), &e);
}

void sample_monitor(struct samples *s, char id[ID_LEN + 1])
{
	struct error e = { 0 };
	char site[ID_LEN + 1];
	struct str sites[1];
	sample(s, STR("site"), site);
	fresh(id);
	const struct store_monitor v = {
		.id = str_c(id), .tenant = str_c(s->who->tenant), .name = STR("每周"), .mode = STR("quick"),
		.schedule = STR("{\"kind\":\"daily\",\"time\":\"00:00\",\"timezone\":\"Asia/Shanghai\"}"),
		.state = STR("paused"), .created = s->w->db->now, .updated = s->w->db->now };
	check_ok(store_monitor_insert(s->w->db->conn, &v, &e), &e);
	sites[0] = str_c(site);
	check_ok(store_monitor_set_sites(s->w->db->conn, v.id, sites, 1, &e), &e);
}

void sample_delivery(struct samples *s, char id[ID_LEN + 1])
{
	struct error e = { 0 };
	char channel[ID_LEN + 1], notice[ID_LEN + 1];
	sample(s, STR("channel"), channel);
	fresh(notice);
	fresh(id);
	const struct store_delivery v = {
		.id = str_c(id), .tenant = str_c(s->who->tenant), .channel = str_c(channel),
		.channel_name = STR("群"), .notice = str_c(notice), .event = STR("scan.done"),
		.state = STR("failed"), .created = s->w->db->now };
	check_ok(store_delivery_insert(s->w->db->conn, &v, &e), &e);
}

void sample_shot(struct samples *s, char id[ID_LEN + 1])
{
	struct error e = { 0 };
	char scan[ID_LEN + 1], site[ID_LEN + 1];
	struct blob_id blob;
	sample(s, STR("site"), site);
	sample(s, STR("scan"), scan);
	fresh(id);
	check_ok(store_blob_put(s->w->db->conn, str_c(s->who->tenant), STR("\x89PNG secret"), s->w->db->now, &blob, &e), &e);
	const struct store_shot v = {
		.id = str_c(id), .tenant = str_c(s->who->tenant), .scan = str_c(scan), .site = str_c(site),
		.kind = STR("page"), .url = STR("https://www.example.cn/"), .title = STR("首页"),
		.blob = blob_id_str(&blob), .width = 800, .height = 562, .size = 11, .created = s->w->db->now };
	check_ok(store_shot_put(s->w->db->conn, &v, &e), &e);
}

/* With a file, so that its bytes are asked for by the other tenant too. */
void sample_report(struct samples *s, char id[ID_LEN + 1])
{
	struct error e = { 0 };
	char scan[ID_LEN + 1], site[ID_LEN + 1];
	struct blob_id blob;
	sample(s, STR("site"), site);
	sample(s, STR("scan"), scan);
	fresh(id);
	const struct store_report v = {
		.id = str_c(id), .tenant = str_c(s->who->tenant), .scan = str_c(scan), .site = str_c(site),
		.site_name = STR("官网"), .title = STR("报告"), .lang = STR("zh"), .formats = STR("html"),
		.state = STR("done"), .created_by = str_c(s->who->account), .created = s->w->db->now };
	check_ok(store_report_insert(s->w->db->conn, &v, &e), &e);
	check_ok(store_report_save(s->w->db->conn, &v, &e), &e);
	check_ok(store_blob_put(s->w->db->conn, v.tenant, STR("<html>secret</html>"), s->w->db->now, &blob,
				&e), &e);
	const struct store_report_file f = { .format = STR("html"), .blob = blob_id_str(&blob),
					     .sha256 = blob_id_str(&blob), .size = 19 };
	check_ok(store_report_file_put(s->w->db->conn, v.tenant, v.id, &f, &e), &e);
}

/* With one version that is ready and one file in it. */
void sample_rule_pack(struct samples *s, char id[ID_LEN + 1])
{
	struct error e = { 0 };
	char version[ID_LEN + 1];
	struct blob_id blob;
	_cleanup_buf_ struct buf bundle = BUF_INIT(KIB);
	fresh(id);
	sample(s, STR("rule_version"), version);
	buf_blob(&bundle, STR("1"));
	buf_blob(&bundle, STR("id: x"));
	check_ok(store_blob_put(s->w->db->conn, str_c(s->who->tenant), buf_view(&bundle), s->w->db->now, &blob, &e),
		 &e);
	const struct store_rulepack p = {
		.id = str_c(id), .tenant = str_c(s->who->tenant), .kind = STR("imported"), .name = STR("自编规则"),
		.enabled = true, .version = str_c(version), .last_number = 1, .created = s->w->db->now,
		.updated = s->w->db->now };
	const struct store_ruleversion v = {
		.id = str_c(version), .tenant = p.tenant, .pack = p.id, .number = 1, .source = STR("rules.zip"),
		.state = STR("ready"), .blob = blob_id_str(&blob), .size = 9, .good = 1, .created = s->w->db->now };
	const struct store_template t = { .path = STR("1"), .id = STR("x"), .name = STR("甲"), .name_en = STR("A"),
					  .protocol = STR("http"), .good = true };
	check_ok(store_rulepack_insert(s->w->db->conn, &p, &e), &e);
	check_ok(store_ruleversion_insert(s->w->db->conn, &v, &e), &e);
	check_ok(store_template_insert(s->w->db->conn, v.id, &t, &e), &e);
}

/* Its row comes with the pack's. */
void sample_rule_version(struct samples *s, char id[ID_LEN + 1])
{
	fresh(id);
}

void sample_review(struct samples *s, char id[ID_LEN + 1])
{
	struct error e = { 0 };
	char check[ID_LEN + 1];
	fresh(check);
	fresh(id);
	const struct store_review v = { .id = str_c(id), .tenant = str_c(s->who->tenant), .check = str_c(check),
					.state = STR("open"), .suggestion = STR("review"), .excerpt = STR("待复核的文本"),
					.created = s->w->db->now };
	check_ok(store_review_insert(s->w->db->conn, &v, &e), &e);
}
