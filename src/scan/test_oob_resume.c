/* A scan is killed after it sent names to be called back under; the target calls while nobody
 * runs, or later. The next process knows what those calls prove. */
#include <pthread.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/test.h"
#include "base/vec.h"
#include "net/connector.h"
#include "net/oob_token.h"
#include "scan/oob.h"
#include "scan/test_site.h"

static struct {
	pthread_mutex_t lock;
	char tokens[200][OOB_TOKEN_LEN + 1];
	size_t len;
} called = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Runs what its parameter says somewhere else, and shows nothing. */
static void application(struct web *w)
{
	char v[600], token[OOB_TOKEN_LEN + 1];
	if (web_is(w, "/fetch")) {
		web_param(w, "url", v, sizeof(v));
		pthread_mutex_lock(&called.lock);
		if (called.len < 200 && oob_token_find(str_c(v), token))
			memcpy(called.tokens[called.len++], token, sizeof(token));
		pthread_mutex_unlock(&called.lock);
		web_html(w, "<title>F</title><p>queued</p>");
	} else if (web_is(w, "/")) {
		web_html(w, "<title>Home</title><a href='/fetch?url=http://127.0.0.1/x'>f</a>");
	} else {
		web_text(w, "404 Not Found", "text/html", "<title>404</title><p>nothing here</p>");
	}
}

struct world {
	VEC(struct str) records; /* kind, key, bytes, … */
	size_t known;		 /* tokens of the first life */
	bool first;
	unsigned found;
};

static int append(void *ctx, struct str kind, struct str key, struct str bytes, struct error *e)
{
	struct world *w = ctx;
	struct str list[] = { kind, key, bytes };
	for (size_t i = 0; i < 3; i++) {
		char *copy = str_dup(list[i]);
		memcpy(copy, list[i].ptr ? list[i].ptr : "", list[i].len); /* bytes with NUL */
		*vec_push(&w->records) = str_make(copy, list[i].len);
	}
	return 0;
}

static int flush(void *ctx, struct error *e)
{
	return 0;
}

static int replay(void *ctx, int (*each)(void *arg, struct str kind, struct str key, struct str bytes), void *arg, struct error *e)
{
	struct world *w = ctx;
	int r = 0;
	for (size_t i = 0, n = w->records.len; i < n && r == 0; i += 3)
		r = each(arg, w->records.ptr[i], w->records.ptr[i + 1], w->records.ptr[i + 2]);
	return r;
}

/* In the second life the calls come that the first one's names brought. */
static int door(void *ctx, struct str prefix, uint64_t *after, void (*each)(void *arg, const struct scan_oob_hit *hit), void *arg)
{
	struct world *w = ctx;
	while (!w->first && *after < w->known) {
		struct scan_oob_hit h = { .kind = SCAN_OOB_HTTP, .token = str_c(called.tokens[*after]), .from = STR("192.0.2.9"), .what = STR("GET /x") };
		++*after;
		if (str_starts(h.token, prefix))
			each(arg, &h);
	}
	return 0;
}

static void on_finding(void *ctx, const struct scan_finding *f)
{
	struct world *w = ctx;
	w->found += str_eq(f->check, STR("ssrf")) && f->confidence == CONFIDENCE_CERTAIN && str_has(f->detail_en, STR("192.0.2.9"));
}

static enum scan_verdict on_stop(void *ctx)
{
	struct world *w = ctx;
	pthread_mutex_lock(&called.lock);
	bool enough = called.len >= 3;
	pthread_mutex_unlock(&called.lock);
	return w->first && enough ? SCAN_CANCEL : SCAN_GO;
}

static void run(struct world *w, const char *url)
{
	struct error e = { 0 };
	_cleanup_policy_ struct net_policy *policy = net_policy_new();
	_cleanup_connector_ struct net_connector *c = NULL;
	const struct str only[] = { STR("ssrf") };
	struct scan_oob oob = { w, STR(""), STR("http://192.0.2.7:8088"), door };
	struct scan_state state = { .ctx = w, .append = append, .flush = flush, .replay = replay };
	struct scan_events ev = { .ctx = w, .finding = on_finding, .should_stop = on_stop, .oob = &oob };
	struct scan_options o = { .target = str_c(url), .mode = SCAN_DEEP, .browser = SCAN_BROWSER_OFF, .only_checks = only, .only_checks_len = 1 };
	struct scan_summary s = { 0 };
	net_policy_allow_own(policy);
	assert_ok(net_connector_direct(&(struct net_direct_options){ .policy = policy }, &c, &e));
	if (scan_run(&o, c, &state, &ev, &s, &e) < 0)
		fail_msg("%s", e.en);
	scan_summary_free(&s);
}

static void late_calls_are_understood(void **state)
{
	struct site site;
	struct world w = { .first = true };
	site_start(&site, application);
	run(&w, site.url);
	assert_true(called.len >= 3);
	assert_int_equal(w.found, 0);
	w.first = false;
	w.known = called.len;
	run(&w, site.url);
	assert_true(w.found >= 1);
	for (size_t i = w.known; i < called.len; i++) /* no name twice */
		for (size_t k = 0; k < w.known; k++)
			assert_string_not_equal(called.tokens[i], called.tokens[k]);
	for (size_t i = 0; i < w.records.len; i++)
		free((void *)(uintptr_t)w.records.ptr[i].ptr);
	vec_free(&w.records);
	site_stop(&site);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(late_calls_are_understood) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
