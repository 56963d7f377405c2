/* The HTTP client, the redirect follower and the HTML tokenizer against every hostile
 * case: each request ends inside its limits with an answer or a word for what is wrong. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/test.h"
#include "cases.h"
#include "net/html.h"
#include "net/http.h"

#define TIMEOUT_MS 4000
#define MAX_BODY (1 * MIB)

static unsigned port;
static pid_t server;
static int server_in = -1;

static int start_server(void **state)
{
	_cleanup_free_ char *path = NULL;
	const char *build = getenv("ZHANWEI_BUILD");
	int in[2], out[2];
	char text[64] = "";

	if (!build || pipe(in) < 0 || pipe(out) < 0)
		return -1;
	check(asprintf(&path, "%s/tests/hostile/hostile_server", build) > 0);
	server = fork();
	if (server == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		for (int fd = 3; fd < 16; fd++)
			close(fd);
		execl(path, path, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	server_in = in[1];
	if (read(out[0], text, sizeof(text) - 1) <= 0)
		return -1;
	close(out[0]);
	port = (unsigned)strtoul(text, NULL, 10);
	return port > 0 && net_http_global_init(NULL) == 0 ? 0 : -1;
}

static int stop_server(void **state)
{
	int status = 0;

	close(server_in);
	waitpid(server, &status, 0);
	return status;
}

struct world {
	struct net_policy *policy;
	struct net_connector *connector;
	struct http_client *client;
	struct arena *arena;
};

static struct world open_world(void)
{
	struct world w = { .policy = net_policy_new(), .arena = arena_new(64 * MIB) };
	struct net_direct_options d = { 0 };
	struct http_client_options o = { .max_parallel = 48,
					 .timeout_ms = TIMEOUT_MS,
					 .max_body = MAX_BODY };

	net_policy_allow_own(w.policy);
	d.policy = w.policy;
	assert_ok(net_connector_direct(&d, &w.connector, NULL));
	o.connector = w.connector;
	assert_ok(http_client_new(&o, &w.client, NULL));
	return w;
}

static void close_world(struct world *w)
{
	http_client_free(w->client);
	net_connector_free(w->connector);
	net_policy_free(w->policy);
	arena_free(w->arena);
}

static struct url url_of(struct world *w, size_t i, const char *path)
{
	struct url u;

	assert_ok(url_parse(w->arena,
			    arena_printf(w->arena, "http://127.1.%zu.%zu:%u%s", i / 250,
					 i % 250 + 1, port, path),
			    NULL, 0, &u, NULL));
	return u;
}

struct answer {
	size_t index;
	const char *path;
	struct http_response *r;
};

static void keep(void *ctx, struct http_response *r)
{
	struct answer *a = ctx;

	assert_null(a->r);
	a->r = r;
}

static int count_token(void *ctx, const struct html_token *t)
{
	++*(uint64_t *)ctx;
	return 0;
}

static void inspect(const struct answer *a)
{
	const struct http_response *r = a->r;
	const char *name = hostile_cases[a->index].name;
	struct html_options o = { 0 };
	uint64_t tokens = 0;
	int64_t t0;

	if (!r)
		fail_msg("%s %s: no answer", name, a->path);
	if (r->status == 0 && r->error.code[0] == '\0')
		fail_msg("%s %s: neither a status nor an error", name, a->path);
	if (r->error.code[0] && (!strchr(r->error.code, '.') || !r->error.zh[0] || !r->error.en[0]))
		fail_msg("%s %s: unclear error \"%s\"", name, a->path, r->error.code);
	if (r->body.len > MAX_BODY || r->head.len > LIMIT_HTTP_HEAD ||
	    r->nheaders > LIMIT_HTTP_HEADERS)
		fail_msg("%s %s: limits passed: head %zu, %zu headers, body %zu", name, a->path,
			 r->head.len, r->nheaders, r->body.len);
	if (r->total_us > (TIMEOUT_MS + 1500) * (int64_t)1000)
		fail_msg("%s %s: took %lld ms", name, a->path, (long long)r->total_us / 1000);
	t0 = clock_mono_ms(&clock_system);
	html_tokenize(r->body, &o, count_token, &tokens);
	if (clock_mono_ms(&clock_system) - t0 > 3000)
		fail_msg("%s: tokenizing %zu bytes took too long", name, r->body.len);
}

static void every_answer_ends_inside_its_limits(void **state)
{
	static const char *const paths[] = { "/", "/robots.txt", "/sitemap.xml" };
	size_t n = hostile_cases_len * ARRAY_SIZE(paths), ended = 0, errors = 0;
	struct world w = open_world();
	struct answer *all = mem_array(n, sizeof(*all));
	int64_t t0 = clock_mono_ms(&clock_system);

	for (size_t i = 0; i < n; i++) {
		all[i] = (struct answer){ .index = i / ARRAY_SIZE(paths),
					  .path = paths[i % ARRAY_SIZE(paths)] };
		struct url u = url_of(&w, all[i].index, all[i].path);
		struct http_request q = { .url = &u };

		assert_ok(http_submit(w.client, &q, keep, &all[i], NULL));
	}
	while (http_client_run(w.client, 1000) > 0)
		;
	for (size_t i = 0; i < n; i++) {
		inspect(&all[i]);
		ended++;
		errors += all[i].r->error.code[0] != '\0';
		http_response_free(all[i].r);
	}
	free(all);
	close_world(&w);
	print_message("%zu answers, %zu of them errors, %lld ms\n", ended, errors,
		      (long long)(clock_mono_ms(&clock_system) - t0));
}

static size_t find_case(const char *name)
{
	for (size_t i = 0; i < hostile_cases_len; i++) {
		if (strcmp(hostile_cases[i].name, name) == 0)
			return i;
	}
	fail_msg("there is no case %s", name);
	return 0;
}

/* What the client says in cases whose right answer is beyond doubt. */
static void verdicts_are_right(void **state)
{
	static const struct {
		const char *name, *error; /* prefix of the code; "" none */
		int status;
		const char *body; /* or NULL */
	} want[] = {
		{ "chunk-fine", "", 200, "hello" },
		{ "status-http-1.0", "", 200, NULL },
		{ "status-no-reason", "", 200, NULL },
		{ "status-100-storm-1000", "", 200, NULL },
		{ "length-twice", "", 200, "hello" },
		{ "length-too-great", "http.", 200, "short" },
		{ "chunk-overflow", "http.", 200, NULL },
		{ "chunk-negative", "http.", 200, NULL },
		{ "head-endless", "http.", 200, NULL },
		{ "head-1000000", "http.", 200, NULL },
		{ "gzip-is-plain", "http.", 200, NULL },
		{ "time-silence", "net.timeout", 0, NULL },
		{ "time-reset", "net.", 0, NULL },
		{ "nothing-at-all", "net.empty-answer", 0, NULL },
		{ "other-ssh", "http.", 0, NULL },
		{ "time-bytes", "", 200, NULL },
	};
	struct world w = open_world();

	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct url u = url_of(&w, find_case(want[i].name), "/");
		struct http_request q = { .url = &u };
		_cleanup_response_ struct http_response *r = NULL;

		assert_ok(http_fetch(w.client, &q, &r, NULL));
		if (want[i].error[0] ? !str_starts(str_c(r->error.code), str_c(want[i].error))
				     : r->error.code[0] != '\0')
			fail_msg("%s: error \"%s\", want \"%s\"", want[i].name, r->error.code,
				 want[i].error);
		if (want[i].status && r->status && r->status != want[i].status)
			fail_msg("%s: status %d", want[i].name, r->status);
		if (want[i].body)
			assert_str_c(r->body, want[i].body);
	}
	close_world(&w);
}

static void bombs_are_defused(void **state)
{
	static const char *const names[] = { "gzip-100",    "gzip-100-tags",    "deflate-100",
					     "br-100",      "gzip-in-gzip-200", "page-one-line-50m",
					     "page-endless" };
	struct world w = open_world();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct url u = url_of(&w, find_case(names[i]), "/");
		struct http_request q = { .url = &u };
		_cleanup_response_ struct http_response *r = NULL;

		assert_ok(http_fetch(w.client, &q, &r, NULL));
		assert_int_equal(r->status, 200);
		if (!r->truncated && r->error.code[0] == '\0')
			fail_msg("%s: %zu bytes passed for the whole", names[i], r->body.len);
	}
	close_world(&w);
}

static void redirects_end_and_never_lead_inside(void **state)
{
	struct world w = open_world();

	for (size_t i = 0; i < hostile_cases_len; i++) {
		const char *name = hostile_cases[i].name;
		struct url u = url_of(&w, i, "/"), end;
		struct http_request q = { .url = &u };
		_cleanup_response_ struct http_response *r = NULL;

		if (strncmp(name, "redirect-", 9) != 0)
			continue;
		assert_ok(http_fetch_follow(w.client, &q, 10, w.arena, &end, &r, NULL));
		if (strstr(name, "-metadata") || strstr(name, "link-local") ||
		    strstr(name, "mapped-6") || strstr(name, "decimal") ||
		    strstr(name, "broadcast")) {
			if (!str_starts(str_c(r->error.code), STR("policy.")))
				fail_msg("%s: error \"%s\"", name, r->error.code);
		}
		if (strcmp(name, "redirect-chain") == 0 || strcmp(name, "redirect-self") == 0)
			assert_string_equal(r->error.code, "http.too-many-redirects");
		if (strcmp(name, "redirect-file") == 0 || strcmp(name, "redirect-javascript") == 0)
			assert_int_equal(r->status, 302); /* stays where it was */
	}
	close_world(&w);
}

static void memory_stayed_small(void **state)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	print_message("peak memory %ld MiB\n", ru.ru_maxrss / 1024);
#ifndef __SANITIZE_ADDRESS__
	assert_true(ru.ru_maxrss < 1200 * 1024);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer_ends_inside_its_limits),
		cmocka_unit_test(verdicts_are_right),
		cmocka_unit_test(bombs_are_defused),
		cmocka_unit_test(redirects_end_and_never_lead_inside),
		cmocka_unit_test(memory_stayed_small),
	};
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
