/* Texts over the wire, on both databases: checks and what is kept of them, keys on the short way,
 * lexicons with versions, policies, the review queue with two people, trends, tasks by a worker. */
#include <unistd.h>

#include "api/test_world.h"
#include "app/apikey.h"
#include "app/jobs.h"
#include "app/textserve.h"
#include "base/encode.h"
#include "base/limits.h"

static struct world w;
static char tenant[ID_LEN + 1];
static struct who admin;

/* One server for all tests of a run; each has a tenant of its own. */
static int setup(void **state)
{
	if (test_db_setup(state) != 0)
		return -1;
	world_open(&w, *state);
	return 0;
}

static int teardown(void **state)
{
	world_close(&w);
	return test_db_teardown(state);
}

static void new_tenant(void)
{
	world_tenant(&w, "云梦", tenant);
	world_person(&w, tenant, "tenant_admin", false, &admin);
}

static void good(const struct who *who, const char *method, const char *path, const char *body, int status,
		 struct answer *a)
{
	answer_free(a);
	ask(&w, who, method, path, body, a);
	if (a->status != status)
		fail_msg("%s %s: %d %.*s", method, path, a->status, STR_ARG(buf_view(&a->body)));
}

static void bad(const struct who *who, const char *method, const char *path, const char *body, int status,
		const char *code)
{
	_cleanup_answer_ struct answer a = { 0 };

	ask(&w, who, method, path, body, &a);
	expect_problem(&a, status, code);
}

static const char *path_of(const char *fmt, const char *id)
{
	static char path[200];
	_cleanup_buf_ struct buf b = BUF_INIT(200);
	struct str f = str_c(fmt);
	ssize_t at = str_chr(f, '%');

	buf_str(&b, at < 0 ? f : str_sub(f, 0, (size_t)at));
	if (at >= 0) {
		buf_c(&b, id);
		buf_str(&b, str_from(f, (size_t)at + 2));
	}
	snprintf(path, sizeof(path), "%s", b.ptr);
	return path;
}

static void id_of(const struct answer *a, const char *key, char out[ID_LEN + 1])
{
	snprintf(out, ID_LEN + 1, "%.*s", STR_ARG(answer_str(a, key)));
	assert_int_equal(strlen(out), ID_LEN);
}

static void make_key(struct who *ret, char id[ID_LEN + 1])
{
	_cleanup_answer_ struct answer a = { 0 };

	good(&admin, "POST", "/api-keys", "{\"name\":\"k\",\"scopes\":[\"text:check\"]}", 201, &a);
	*ret = (struct who){ 0 };
	snprintf(ret->bearer, sizeof(ret->bearer), "%.*s", STR_ARG(answer_str(&a, "key")));
	id_of(&a, "id", id);
}

static size_t hits(const struct answer *a)
{
	return json_array_size(json_object_get(a->json, "hits"));
}

static bool has_term(const struct answer *a, const char *text)
{
	size_t i;
	json_t *h;

	json_array_foreach(json_object_get(a->json, "hits"), i, h)
		if (str_eq(json_get_str(h, "text"), str_c(text)))
			return true;
	return false;
}

#define CHECK(who, text, a) good(who, "POST", "/text/check", "{\"text\":\"" text "\"}", 200, a)

/* ---- checks ---- */

static void test_check(void **state)
{
	_cleanup_answer_ struct answer a = { 0 };
	_cleanup_buf_ struct buf long_text = BUF_INIT(MIB);
	char id[ID_LEN + 1];

	new_tenant();
	good(&admin, "POST", "/text/check", "{\"text\":\"全网首家，效果最好\",\"scene\":\"ad\",\"mask\":\"□\"}", 200, &a);
	assert_true(hits(&a) > 0);
	assert_true(str_has(answer_str(&a, "versions"), STR("lexicon")));
	assert_true(str_has(answer_str(&a, "masked"), STR("□□")));
	id_of(&a, "id", id);
	good(&admin, "GET", path_of("/text/checks/%s", id), NULL, 200, &a);
	assert_str_c(answer_str(&a, "text"), "全网首家，效果最好");
	assert_true(json_is_object(json_object_get(a.json, "result")));
	good(&admin, "GET", "/text/checks?q=首家&suggestion=review,block", NULL, 200, &a);
	assert_int_equal(json_array_size(json_object_get(a.json, "items")), 1);
	good(&admin, "GET", "/text/checks/export?format=tsv&suggestion=review,block", NULL, 200, &a);
	assert_true(str_starts(buf_view(&a.body), STR("created\t")) && str_has(buf_view(&a.body), STR("\t全网首家，效果最好\n")));
	good(&admin, "GET", "/text/checks/export?format=xlsx&q=没有这样的", NULL, 200, &a);
	assert_true(str_starts(buf_view(&a.body), STR("PK")));
	/* control characters are a part of what is judged */
	good(&admin, "POST", "/text/check", "{\"text\":\"今天\\u000b天气\\u007f不错\",\"keep\":false}", 200, &a);
	assert_null(json_object_get(a.json, "id"));
	assert_int_equal(json_get_int(a.json, "chars", 0), 8);
	bad(&admin, "POST", "/text/check", "{\"text\":\"x\",\"scene\":\"nowhere\"}", 422, "text.scene");
	buf_c(&long_text, "{\"text\":\"");
	for (int i = 0; i < 10001; i++)
		buf_c(&long_text, "字");
	buf_c(&long_text, "\"}");
	bad(&admin, "POST", "/text/check", long_text.ptr, 413, "text.too-large");
	good(&admin, "POST", "/text/checks/batch",
	     "{\"texts\":[{\"ref\":\"a\",\"text\":\"今天天气不错\"},{\"text\":\"全网首家\"}],\"scene\":\"ad\"}", 200, &a);
	assert_int_equal(json_array_size(json_object_get(a.json, "items")), 2);
	good(&admin, "GET", "/text/labels", NULL, 200, &a);
	assert_true(json_array_size(json_object_get(a.json, "items")) > 70);
	good(&admin, "DELETE", path_of("/text/checks/%s", id), NULL, 204, &a);
	bad(&admin, "GET", path_of("/text/checks/%s", id), NULL, 404, "text.not-found");
}

/* ---- keys, the short way, rates ---- */

static int ask_until(const struct who *key, int status, int tenths)
{
	_cleanup_answer_ struct answer a = { 0 };

	for (int i = 0; i < tenths; i++) {
		answer_free(&a);
		ask(&w, key, "POST", "/text/check", "{\"text\":\"今天天气不错\"}", &a);
		if (a.status == status)
			return i;
		usleep(100000);
	}
	fail_msg("never %d", status);
	return -1;
}

static void test_key(void **state)
{
	_cleanup_answer_ struct answer a = { 0 };
	char id[ID_LEN + 1], header[512];
	struct who key;

	new_tenant();
	make_key(&key, id);
	for (int i = 0; i < 20; i++) /* the first finds its way to the database, the others do not */
		CHECK(&key, "今天天气不错", &a);
	assert_null(json_object_get(a.json, "id"));
	assert_true(answer_header(&a, "X-Request-Id", header)[0] != 0);
	good(&key, "POST", "/text/check", "{\"text\":\"全网首家，效果最好\",\"scene\":\"ad\"}", 200, &a);
	assert_str_c(json_get_str(json_array_get(json_object_get(a.json, "labels"), 0), "label_en"), "Advertising law");
	assert_str_c(json_get_str(json_array_get(json_object_get(a.json, "labels"), 0), "label_zh"), "广告法");
	assert_true(json_get_str(json_array_get(json_object_get(a.json, "hits"), 0), "sub_label_en").len > 0);
	assert_int_equal(answer_str(&a, "id").len, ID_LEN); /* flagged: kept */
	bad(&key, "GET", "/text/checks", NULL, 403, "auth.forbidden");
	bad(&key, "POST", "/text/check", "{\"txt\":1}", 422, "input.invalid");
	/* settings are obeyed within two seconds, rates at once */
	good(&admin, "PATCH", "/text/settings", "{\"rate_per_second\":1,\"keep_key\":\"all\"}", 200, &a);
	ask_until(&key, 429, 25);
	answer_free(&a);
	ask(&w, &key, "POST", "/text/check", "{\"text\":\"x\"}", &a);
	if (a.status == 429)
		assert_string_equal(answer_header(&a, "Retry-After", header), "1");
	/* a task counts as many texts as it has */
	bad(&key, "POST", "/text/tasks", "{\"texts\":[{\"text\":\"一\"},{\"text\":\"二\"}]}", 429, "text.too-many");
	good(&admin, "PATCH", "/text/settings", "{\"rate_per_second\":0}", 200, &a);
	CHECK(&key, "今天天气很好", &a);
	assert_int_equal(answer_str(&a, "id").len, ID_LEN);
	/* a key that is gone is gone */
	good(&admin, "DELETE", path_of("/api-keys/%s", id), NULL, 204, &a);
	ask_until(&key, 401, 21);
}

/* ---- lexicons ---- */

static void add_entries(const char *lexicon, const char *json, int added)
{
	_cleanup_answer_ struct answer a = { 0 };

	good(&admin, "POST", path_of("/lexicons/%s/entries", lexicon), json, 201, &a);
	assert_int_equal(json_get_int(a.json, "added", -1), added);
}

static void test_lexicon(void **state)
{
	_cleanup_answer_ struct answer a = { 0 };
	_cleanup_buf_ struct buf body = BUF_INIT(MIB);
	char lexicon[ID_LEN + 1];
	struct who other;

	new_tenant();
	world_person(&w, tenant, "operator", false, &other);
	good(&admin, "POST", "/lexicons", "{\"name\":\"竞品\"}", 201, &a);
	id_of(&a, "id", lexicon);
	add_entries(lexicon, "{\"entries\":[{\"term\":\"甲山寨\",\"label\":\"ad.diversion\",\"level\":\"block\"},"
			     "{\"term\":\"=乙方\",\"label\":\"自有标签\"}]}", 2);
	CHECK(&admin, "请看甲山寨", &a);
	assert_str_c(answer_str(&a, "suggestion"), "block");
	assert_true(str_has(answer_str(&a, "versions"), STR("@1")));
	add_entries(lexicon, "{\"entries\":[{\"term\":\"甲山寨\",\"label\":\"ad.diversion\",\"level\":\"review\"}]}", 0);
	CHECK(&admin, "请看甲山寨", &a);
	assert_str_c(answer_str(&a, "suggestion"), "review");
	good(&admin, "GET", path_of("/lexicons/%s/changes?version=2", lexicon), NULL, 200, &a);
	assert_str_c(json_get_str(json_array_get(json_object_get(a.json, "items"), 0), "change"), "changed");
	bad(&admin, "POST", path_of("/lexicons/%s/entries", lexicon), "{\"entries\":[{\"term\":\"re:(((\"}]}", 422,
	    "term.regex-loose");
	good(&admin, "GET", path_of("/lexicons/%s/export?format=tsv", lexicon), NULL, 200, &a);
	assert_true(str_has(buf_view(&a.body), STR("\n'=乙方\t")));
	good(&admin, "GET", path_of("/lexicons/%s/export?format=xlsx", lexicon), NULL, 200, &a);
	assert_true(str_starts(buf_view(&a.body), STR("PK")));
	buf_c(&body, "{\"name\":\"a.tsv\",\"mode\":\"replace\",\"file_base64\":\"");
	encode_base64(&body, STR("\xef\xbb\xbf词语\t类型\t标签\n丙货\t放行\t\nre:(((\t\t\n'=丁方\t\tad.contact\n"));
	buf_c(&body, "\"}");
	good(&admin, "POST", path_of("/lexicons/%s/import", lexicon), body.ptr, 200, &a);
	assert_int_equal(json_get_int(a.json, "added", -1), 2);
	assert_int_equal(json_get_int(a.json, "removed", -1), 2);
	assert_int_equal(json_get_int(json_array_get(json_object_get(a.json, "errors"), 0), "row", 0), 3);
	CHECK(&admin, "请看甲山寨", &a);
	assert_false(has_term(&a, "甲山寨"));
	good(&admin, "POST", path_of("/lexicons/%s/restore", lexicon), "{\"version\":1}", 200, &a);
	CHECK(&admin, "请看甲山寨", &a);
	assert_str_c(answer_str(&a, "suggestion"), "block");
	good(&admin, "GET", path_of("/lexicons/%s/versions", lexicon), NULL, 200, &a);
	assert_int_equal(json_array_size(json_object_get(a.json, "items")), 4);
	/* a personal list is its owner's alone */
	good(&admin, "POST", "/lexicons/quick", "{\"term\":\"甲山寨\",\"kind\":\"allow\"}", 200, &a);
	CHECK(&admin, "请看甲山寨", &a);
	assert_false(has_term(&a, "甲山寨"));
	CHECK(&other, "请看甲山寨", &a);
	assert_true(has_term(&a, "甲山寨"));
	good(&other, "GET", "/lexicons", NULL, 200, &a);
	assert_int_equal(json_array_size(json_object_get(a.json, "items")), 1);
	good(&other, "GET", "/text/lookup?term=甲山寨", NULL, 200, &a);
	assert_true(json_is_true(json_object_get(json_array_get(json_object_get(a.json, "items"), 0), "own")));
}

/* ---- policies ---- */

static void test_policy(void **state)
{
	_cleanup_answer_ struct answer a = { 0 };
	char id[ID_LEN + 1];

	new_tenant();
	good(&admin, "POST", "/lexicons/quick", "{\"term\":\"甲山寨\",\"label\":\"ad.diversion\",\"level\":\"review\"}", 200, &a);
	good(&admin, "POST", "/policies",
	     "{\"name\":\"从严\",\"scene\":\"comment\",\"rules\":[{\"label\":\"ad\",\"action\":\"block\"}]}", 201, &a);
	id_of(&a, "id", id);
	good(&admin, "POST", "/text/check", "{\"text\":\"请看甲山寨\",\"scene\":\"comment\"}", 200, &a);
	assert_str_c(answer_str(&a, "suggestion"), "block");
	CHECK(&admin, "请看甲山寨", &a);
	assert_str_c(answer_str(&a, "suggestion"), "review");
	good(&admin, "POST", "/text/check", "{\"text\":\"请看甲山寨\",\"policy\":\"从严\"}", 200, &a);
	assert_str_c(answer_str(&a, "suggestion"), "block");
	/* a time-limited one lies over it; one that has ended does not */
	good(&admin, "POST", "/policies",
	     "{\"name\":\"放宽\",\"scene\":\"comment\",\"from\":\"2020-01-01T00:00:00Z\",\"until\":\"2099-01-01T00:00:00Z\","
	     "\"rules\":[{\"label\":\"ad\",\"off\":true}]}", 201, &a);
	good(&admin, "POST", "/text/check", "{\"text\":\"请看甲山寨\",\"scene\":\"comment\"}", 200, &a);
	assert_str_c(answer_str(&a, "suggestion"), "pass");
	id_of(&a, "id", id);
	good(&admin, "GET", "/policies", NULL, 200, &a);
	id_of(&(struct answer){ .json = json_array_get(json_object_get(a.json, "items"), 1) }, "id", id);
	good(&admin, "PATCH", path_of("/policies/%s", id), "{\"until\":\"2021-01-01T00:00:00Z\"}", 200, &a);
	good(&admin, "POST", "/text/check", "{\"text\":\"请看甲山寨\",\"scene\":\"comment\"}", 200, &a);
	assert_str_c(answer_str(&a, "suggestion"), "block");
	bad(&admin, "PATCH", path_of("/policies/%s", id), "{\"until\":\"2019-01-01T00:00:00Z\"}", 422, "input.order");
	bad(&admin, "POST", "/policies", "{\"name\":\"x\",\"rules\":[{\"label\":\"ad\",\"review_at\":0.9,\"block_at\":0.5}]}", 422,
	    "policy.thresholds");
	good(&admin, "GET", "/text/scenes", NULL, 200, &a);
	assert_int_equal(json_array_size(json_object_get(a.json, "items")), 6);
}

/* ---- the review queue ---- */

static void flush(void)
{
	struct error e = { 0 };

	if (app_texts_flush(&w.app, w.db->conn, &e) < 0)
		fail_msg("%s", e.en);
}

static void test_review(void **state)
{
	_cleanup_answer_ struct answer a = { 0 };
	char id[ID_LEN + 1], text[ID_LEN + 1];
	struct who second;

	new_tenant();
	world_person(&w, tenant, "operator", false, &second);
	good(&admin, "POST", "/lexicons/quick", "{\"term\":\"甲山寨\",\"label\":\"ad.diversion\",\"level\":\"block\"}", 200, &a);
	CHECK(&admin, "请看甲山寨", &a);
	id_of(&a, "id", text);
	good(&admin, "GET", path_of("/text/checks/%s", text), NULL, 200, &a);
	id_of(&a, "review_id", id);
	good(&admin, "GET", "/reviews?state=open", NULL, 200, &a);
	assert_int_equal(json_array_size(json_object_get(a.json, "items")), 1);
	good(&admin, "POST", path_of("/reviews/%s/assign", id), "{}", 200, &a);
	assert_str_c(answer_str(&a, "state"), "assigned");
	good(&admin, "GET", "/reviews?assignee=me", NULL, 200, &a);
	assert_int_equal(json_array_size(json_object_get(a.json, "items")), 1);
	good(&admin, "GET", "/reviews/counts", NULL, 200, &a);
	assert_int_equal(json_get_int(a.json, "mine", 0), 1);
	/* letting through what would be blocked takes two */
	good(&admin, "POST", path_of("/reviews/%s/decide", id), "{\"decision\":\"false_positive\",\"reason\":\"人名\"}", 200, &a);
	assert_str_c(answer_str(&a, "state"), "second");
	bad(&admin, "POST", path_of("/reviews/%s/decide", id), "{\"decision\":\"confirm\"}", 422, "review.same-person");
	good(&second, "POST", path_of("/reviews/%s/decide", id),
	     "{\"decision\":\"false_positive\",\"allow_terms\":[\"甲山寨\"]}", 200, &a);
	assert_str_c(answer_str(&a, "state"), "decided");
	assert_int_equal(json_array_size(json_object_get(a.json, "events")), 3);
	bad(&second, "POST", path_of("/reviews/%s/decide", id), "{\"decision\":\"confirm\"}", 409, "review.state");
	good(&admin, "POST", path_of("/reviews/%s/second-look", id), "{\"reason\":\"再看看\"}", 200, &a);
	bad(&second, "POST", path_of("/reviews/%s/decide", id), "{\"decision\":\"confirm\"}", 422, "review.same-person");
	good(&admin, "POST", path_of("/reviews/%s/decide", id), "{\"decision\":\"confirm\"}", 200, &a);
	assert_str_c(answer_str(&a, "decision"), "confirm");
	/* 误报 on a hit */
	good(&admin, "POST", path_of("/text/checks/%s/marks", text), "{\"hit\":0,\"reason\":\"专名\",\"allow\":true}", 200, &a);
	assert_int_equal(json_array_size(json_object_get(a.json, "marks")), 1);
	bad(&admin, "POST", path_of("/text/checks/%s/marks", text), "{\"hit\":0}", 409, "mark.exists");
	bad(&admin, "POST", path_of("/text/checks/%s/marks", text), "{\"hit\":99}", 422, "text.hit-unknown");
	CHECK(&admin, "请看甲山寨", &a);
	assert_false(has_term(&a, "甲山寨"));
	flush();
	good(&admin, "GET", "/text/trends?unit=hour", NULL, 200, &a);
	json_t *series = json_array_get(json_object_get(a.json, "series"), 0);
	assert_int_equal(json_get_int(series, "block", 0), 1);
	assert_int_equal(json_get_int(json_object_get(a.json, "totals"), "pass", 0), 1);
	assert_str_c(json_get_str(json_array_get(json_object_get(a.json, "terms"), 0), "term"), "甲山寨");
}

/* ---- tasks ---- */

static void work(void)
{
	struct job_worker_config config = { .store = w.db->store, .clock = &clock_system, .kinds = app_job_kinds, .app = &w.app };
	struct error e = { 0 };

	while (job_run_one(&config, &e) > 0)
		;
}

static void test_task(void **state)
{
	_cleanup_answer_ struct answer a = { 0 };
	_cleanup_buf_ struct buf body = BUF_INIT(MIB);
	char id[ID_LEN + 1];

	new_tenant();
	good(&admin, "POST", "/lexicons", "{\"name\":\"x\"}", 201, &a);
	id_of(&a, "id", id);
	add_entries(id, "{\"entries\":[{\"term\":\"甲山寨\",\"level\":\"block\"}]}", 1);
	good(&admin, "POST", "/text/tasks", "{\"texts\":[{\"ref\":\"a\",\"text\":\"今天天气不错\"},{\"ref\":\"b\",\"text\":\"请看甲山寨\"}]}",
	     202, &a);
	id_of(&a, "id", id);
	work();
	good(&admin, "GET", path_of("/text/tasks/%s", id), NULL, 200, &a);
	assert_str_c(answer_str(&a, "state"), "done");
	assert_int_equal(json_get_int(a.json, "pass", -1), 1);
	assert_int_equal(json_get_int(a.json, "block", -1), 1);
	good(&admin, "GET", path_of("/text/tasks/%s/items?suggestion=block", id), NULL, 200, &a);
	assert_str_c(json_get_str(json_array_get(json_object_get(a.json, "items"), 0), "ref"), "b");
	good(&admin, "GET", path_of("/text/tasks/%s/export?format=jsonl", id), NULL, 200, &a);
	assert_true(str_has(buf_view(&a.body), STR("\"ref\":\"b\"")));
	good(&admin, "GET", path_of("/text/tasks/%s/export?format=xlsx", id), NULL, 200, &a);
	assert_true(str_starts(buf_view(&a.body), STR("PK")));
	good(&admin, "GET", "/reviews", NULL, 200, &a);
	assert_int_equal(json_array_size(json_object_get(a.json, "items")), 1);
	/* a long text in pieces: positions count from its start */
	buf_c(&body, "{\"text\":\"");
	for (int i = 0; i < 1500; i++)
		buf_c(&body, "😀今天天气真不错。");
	buf_c(&body, "甲山寨\"}");
	good(&admin, "POST", "/text/tasks", body.ptr, 202, &a);
	id_of(&a, "id", id);
	assert_int_equal(json_get_int(a.json, "total", 0), 2);
	work();
	good(&admin, "GET", path_of("/text/tasks/%s/items?suggestion=block", id), NULL, 200, &a);
	json_t *result = json_object_get(json_array_get(json_object_get(a.json, "items"), 0), "result");
	json_t *hit = json_array_get(json_object_get(result, "hits"), json_array_size(json_object_get(result, "hits")) - 1);
	assert_int_equal(json_get_int(hit, "start", 0), 13500);
	assert_int_equal(json_get_int(hit, "start_utf16", 0), 15000);
	good(&admin, "POST", "/text/tasks", "{\"texts\":[{\"text\":\"x\"}]}", 202, &a);
	id_of(&a, "id", id);
	good(&admin, "POST", path_of("/text/tasks/%s/cancel", id), "{}", 200, &a);
	assert_str_c(answer_str(&a, "state"), "cancelled");
	good(&admin, "DELETE", path_of("/text/tasks/%s", id), NULL, 204, &a);
	bad(&admin, "POST", "/text/tasks", "{\"name\":\"x\"}", 422, "input.required");
}

/* ---- other services' clients ---- */

static void as_client(const char *path, const char *type, const char *auth, const char *body, const char *want)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);
	_cleanup_answer_ struct answer a = { 0 };

	buf_printf(&b, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", path, auth,
		   type, strlen(body), body);
	ask_raw(&w, buf_view(&b), 5000, &a);
	if (!str_has(buf_view(&a.body), str_c(want)))
		fail_msg("%s: %d %.*s", path, a.status, STR_ARG(buf_view(&a.body)));
}

static void test_compat(void **state)
{
	_cleanup_answer_ struct answer a = { 0 };
	char id[ID_LEN + 1], auth[300], path[300];
	struct who key;

	new_tenant();
	make_key(&key, id);
	good(&admin, "POST", "/lexicons", "{\"name\":\"x\"}", 201, &a);
	id_of(&a, "id", id);
	add_entries(id, "{\"entries\":[{\"term\":\"甲山寨\",\"label\":\"ad.diversion\",\"level\":\"block\"}]}", 1);
	snprintf(path, sizeof(path), "/compat/baidu/rest/2.0/solution/v1/text_censor/v2/user_defined?access_token=%s", key.bearer);
	as_client(path, "application/x-www-form-urlencoded", "", "text=%E8%AF%B7%E7%9C%8B%E7%94%B2%E5%B1%B1%E5%AF%A8",
		  "\"conclusion\":\"不合规\"");
	snprintf(path, sizeof(path), "/compat/baidu/oauth/2.0/token?grant_type=client_credentials&client_id=x&client_secret=%s", key.bearer);
	as_client(path, "application/json", "", "{}", "\"expires_in\"");
	snprintf(auth, sizeof(auth), "Authorization: TC3-HMAC-SHA256 Credential=%s/2026-11-23/tms/tc3_request, Signature=0\r\n", key.bearer);
	as_client("/compat/tencent/", "application/json", auth, "{\"Content\":\"6K+355yL55Sy5bGx5a+o\"}", "\"Suggestion\":\"Block\"");
	snprintf(auth, sizeof(auth), "Authorization: ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=host,Signature=0\r\nx-acs-action: TextModerationPlus\r\n", key.bearer);
	as_client("/compat/aliyun/?Service=comment_detection", "application/x-www-form-urlencoded", auth,
		  "ServiceParameters=%7B%22content%22%3A%22%E8%AF%B7%E7%9C%8B%E7%94%B2%E5%B1%B1%E5%AF%A8%22%7D", "\"RiskLevel\":\"high\"");
	as_client("/compat/tencent", "application/json", auth, "{\"Content\":\"!\"}", "InvalidParameterValue");
	as_client("/compat/tencent", "application/json", "x-api-key: zw_wrong\r\n", "{\"Content\":\"6K+3\"}", "\"Code\":\"AuthFailure.SecretIdNotFound\"");
	as_client("/compat/aliyun", "application/json", "", "{}", "\"Code\":\"InvalidAccessKeyId.NotFound\"");
	as_client("/compat/baidu/rest/2.0/x?access_token=zw_wrong", "application/x-www-form-urlencoded", "", "text=x", "\"error_code\":110");
	as_client("/compat/baidu/oauth/2.0/token?client_secret=zw_wrong", "application/json", "", "{}", "\"error\":\"invalid_client\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compat), cmocka_unit_test(test_check),  cmocka_unit_test(test_key),
		cmocka_unit_test(test_lexicon), cmocka_unit_test(test_policy), cmocka_unit_test(test_review),
		cmocka_unit_test(test_task),
	};
	return test_db_run_shared("texts", tests, ARRAY_SIZE(tests), setup, teardown);
}
