/* Every case under tests/templates: a template, the server it meets, and what must come of it.
 * Cases are independent; several run at once, each with an engine and a server of its own. */
#include "base/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/connector.h"
#include "net/http.h"
#include "net/policy.h"
#include "os/file.h"
#include "scan/oob.h"
#include "scan/scan.h"
#include "scan/template/template.h"
#include "scan/template/test_cases.h"

#define WORKERS 12

struct outcome {
	unsigned findings;
	struct buf extracted;
	char confidence[32];
	struct case_server *server;
};

static void on_finding(void *ctx, const struct scan_finding *f)
{
	struct outcome *o = ctx;

	o->findings++;
	buf_str(&o->extracted, f->texts.extracted);
	snprintf(o->confidence, sizeof(o->confidence), "%d", (int)f->confidence);
}

static int poll_oob(void *ctx, struct str prefix, uint64_t *after,
		    void (*each)(void *arg, const struct scan_oob_hit *hit), void *arg)
{
	struct case_server *s = ctx;
	uint64_t number = 0;

	pthread_mutex_lock(&s->lock);
	struct reader r = reader_of(buf_view(&s->oob));
	struct str kind, token;
	while (reader_blob(&r, &kind) == 0 && reader_blob(&r, &token) == 0) {
		if (++number <= *after || !str_starts(token, prefix))
			continue;
		struct scan_oob_hit h = { .kind = str_eq(kind, STR("http")) ? SCAN_OOB_HTTP : SCAN_OOB_DNS,
					  .token = token, .from = STR("127.0.0.1"),
					  .what = STR("GET /proof HTTP/1.1"), .at_ms = 1 };
		each(arg, &h);
	}
	*after = number > *after ? number : *after;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

static bool has_line(struct str text, struct str want)
{
	struct str rest = text, line;

	while (str_split(&rest, '\n', &line))
		if (str_eq(line, want))
			return true;
	return false;
}

static bool wants(const struct test_case *c, const char *word)
{
	return has_line(c->expect, str_c(word));
}

static void unescaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == '\\' && i + 1 < s.len && strchr("rn", s.ptr[i + 1]))
			buf_char(b, s.ptr[++i] == 'r' ? '\r' : '\n');
		else
			buf_char(b, s.ptr[i]);
}

/* One line of [expect]; NULL: holds. */
static const char *broken(struct outcome *o, struct str line)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1 * MIB);
	ssize_t space = str_chr(line, ' ');
	struct str verb = space < 0 ? line : str_sub(line, 0, (size_t)space), log;
	uint64_t n;

	unescaped(&b, space < 0 ? STR("") : str_from(line, (size_t)space + 1));
	struct str rest = buf_view(&b);
	log = buf_view(&o->server->log);
	if (str_eq(verb, STR("hit")))
		return o->findings ? NULL : "no hit";
	if (str_eq(verb, STR("none")))
		return o->findings ? "a hit" : NULL;
	if (str_eq(verb, STR("extracted")))
		return has_line(buf_view(&o->extracted), rest) ? NULL : "not extracted";
	if (str_eq(verb, STR("unextracted")))
		return str_has(buf_view(&o->extracted), rest) ? "extracted" : NULL;
	if (str_eq(verb, STR("sent")))
		return str_has(log, rest) ? NULL : "not sent";
	if (str_eq(verb, STR("unsent")))
		return str_has(log, rest) ? "sent" : NULL;
	if (str_eq(verb, STR("requests")))
		return str_to_u64(rest, &n) == 0 && n == o->server->requests ? NULL : "other number of requests";
	return NULL; /* how it is run */
}

static void bundle_of(const struct test_case *c, struct buf *b)
{
	_cleanup_buf_ struct buf text = BUF_INIT(8 * MIB);
	bool whole = str_has(c->template, STR("info:")) || str_has(c->template, STR("transport:"));

	for (size_t i = 0; i < c->extra_names.len; i++) {
		buf_blob(b, c->extra_names.ptr[i]);
		buf_blob(b, c->extra_texts.ptr[i]);
	}
	buf_blob(b, STR("dir/case.yaml"));
	if (!whole)
		buf_c(&text, "id: case\ninfo:\n  name: Case\n  author: us\n  severity: high\n");
	buf_str(&text, c->template);
	buf_blob(b, buf_view(&text));
}

/* The loader's word on it: `bad CODE`. */
static const char *loads(const struct test_case *c, struct str bundle)
{
	_cleanup_(template_pack_freep) struct template_pack *p = template_pack_new();
	struct str rest = c->expect, line, want = STR("");

	while (str_split(&rest, '\n', &line))
		if (str_starts(line, STR("bad ")))
			want = str_from(line, 4);
	template_pack_load(p, bundle);
	template_pack_seal(p, true);
	const struct template *t = p->len ? &p->list[0] : NULL;
	if (!t)
		return "nothing loaded";
	if (want.len)
		return !t->ok && str_eq(str_c(t->reason_code), want) ? NULL : "not refused, or otherwise";
	static __thread char why[400];
	snprintf(why, sizeof(why), "does not load: %.*s", STR_ARG(t->reason_en));
	return t->ok ? NULL : why;
}

static int scan(const struct test_case *c, struct str bundle, struct test_server *s,
		struct outcome *o)
{
	_cleanup_(net_policy_freep) struct net_policy *policy = net_policy_new();
	struct net_connector *connector = NULL;
	struct error e = { 0 };
	struct scan_summary sum = { 0 };
	char url[80];
	struct scan_oob oob = { .ctx = o->server, .domain = STR(CASE_OOB_DOMAIN), .poll = poll_oob };

	net_policy_allow_own(policy);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/%s", (unsigned)test_server_port(s),
		 wants(c, "below") ? "app/" : "");
	if (net_connector_direct(&(struct net_direct_options){ .policy = policy }, &connector, &e) < 0)
		return -1;
	struct scan_options so = { .target = str_c(url), .mode = SCAN_DEEP, .templates = &bundle,
				   .templates_len = 1, .templates_only = true, .rate = 1000,
				   .no_builtin_templates = true, .intrusive = !wants(c, "careful"),
				   .template_unverified = !wants(c, "verified") };
	struct scan_events events = { .ctx = o, .finding = on_finding,
				      .oob = wants(c, "deaf") ? NULL : &oob };
	int rc = scan_run(&so, connector, NULL, &events, &sum, &e);
	if (rc < 0)
		fprintf(stderr, "%s\n", e.en);
	scan_summary_free(&sum);
	net_connector_free(connector);
	return rc;
}

static bool run_case(const struct test_case *c)
{
	_cleanup_buf_ struct buf bundle = BUF_INIT(16 * MIB);
	struct case_server server;
	struct outcome o = { .server = &server };
	struct str rest = c->expect, line;
	const char *why;
	bool ok = true;

	bundle_of(c, &bundle);
	why = loads(c, buf_view(&bundle));
	if (why || str_starts(c->expect, STR("bad "))) {
		if (why)
			fprintf(stderr, "%.*s: %.*s: %s\n", STR_ARG(c->file), STR_ARG(c->name), why);
		return !why;
	}
	case_server_init(&server, c);
	buf_init(&o.extracted, 1 * MIB);
	struct test_server *s = test_server_start(case_handler, &server, NULL);
	if (scan(c, buf_view(&bundle), s, &o) < 0)
		ok = false;
	test_server_stop(s);
	while (str_split(&rest, '\n', &line))
		if ((why = broken(&o, line))) {
			fprintf(stderr, "%.*s: %.*s: %s: %.*s\n", STR_ARG(c->file), STR_ARG(c->name), why,
				STR_ARG(line));
			ok = false;
		}
	if (!ok && getenv("CASE"))
		fprintf(stderr, "extracted:\n%.*slog:\n%.*s\n", STR_ARG(buf_view(&o.extracted)),
			STR_ARG(str_sub(buf_view(&server.log), 0, 4000)));
	buf_free(&o.extracted);
	case_server_free(&server);
	return ok;
}

struct queue {
	struct case_list *cases;
	atomic_size_t next;
	atomic_uint run, failed;
};

static void *work(void *arg)
{
	struct queue *q = arg;
	const char *only = getenv("CASE");

	for (;;) {
		size_t i = atomic_fetch_add(&q->next, 1);
		if (i >= q->cases->list.len)
			return NULL;
		const struct test_case *c = &q->cases->list.ptr[i];
		if (c->abstract || (only && !str_eq(c->name, str_c(only))))
			continue;
		atomic_fetch_add(&q->run, 1);
		if (!run_case(c))
			atomic_fetch_add(&q->failed, 1);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_all(struct case_list *l, const char *dir)
{
	VEC(char *) names = { 0 };
	DIR *d = opendir(dir);
	char path[600];

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		if (str_ends(str_c(e->d_name), STR(".cases")))
			*vec_push(&names) = str_dup(str_c(e->d_name));
	closedir(d);
	if (names.len)
		qsort(names.ptr, names.len, sizeof(*names.ptr), by_name);
	for (size_t i = 0; i < names.len; i++) {
		struct buf b;
		struct error e;
		buf_init(&b, 4 * MIB);
		snprintf(path, sizeof(path), "%s/%s", dir, names.ptr[i]);
		assert_ok(os_file_read(path, &b, &e));
		cases_read(l, arena_str(l->arena, str_c(names.ptr[i])), arena_str(l->arena, buf_view(&b)));
		buf_free(&b);
		free(names.ptr[i]);
	}
	vec_free(&names);
	cases_resolve(l);
}

static void conformance(void **state)
{
	struct case_list cases = { .arena = arena_new(256 * MIB) };
	struct queue q = { .cases = &cases };
	pthread_t threads[WORKERS];
	char dir[512];
	const char *source = getenv("ZHANWEI_SOURCE");

	snprintf(dir, sizeof(dir), "%s/tests/templates", source ? source : ".");
	read_all(&cases, dir);
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &q), 0);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	print_message("%u cases, %u failed\n", atomic_load(&q.run), atomic_load(&q.failed));
	assert_int_equal(atomic_load(&q.failed), 0);
	if (!getenv("CASE"))
		assert_true(atomic_load(&q.run) >= 300);
	for (size_t i = 0; i < cases.list.len; i++) {
		vec_free(&cases.list.ptr[i].keys);
		vec_free(&cases.list.ptr[i].values);
		vec_free(&cases.list.ptr[i].extra_names);
		vec_free(&cases.list.ptr[i].extra_texts);
	}
	vec_free(&cases.list);
	arena_free(cases.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(conformance) };

	setenv("TZ", "UTC", 1);
	assert_int_equal(net_http_global_init(NULL), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
