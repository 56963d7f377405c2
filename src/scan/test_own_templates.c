/* The project's own templates against answers of the products they know: each hits its own,
 * and all of them are silent on pages of others (tests/fixtures/templates). Run by the real
 * engine over a real socket.
 *     test_own_templates lint|own|neutral|cross */
#include <dirent.h>
#include <stdio.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/test.h"
#include "base/vec.h"
#include "net/connector.h"
#include "net/http.h"
#include "net/test_server.h"
#include "os/file.h"
#include "scan/scan.h"
#include "scan/template/run.h"
#include "scan/template/template.h"

static struct error e;

/* ---- fixtures ---- */

struct fixture {
	char id[256]; /* of the template, or the neutral page's name */
	char *text;
	size_t len;
	struct map *answers; /* "GET /x" -> struct str *; NULL: one answer for every target */
	struct str any;
};
static VEC(struct fixture) products, neutrals;
static const struct fixture *current;
static struct arena *memory;

static struct str without_comments(struct str s)
{
	struct str line;

	while (s.len && s.ptr[0] == '#')
		str_split(&s, '\n', &line);
	return s;
}

static void index_answers(struct fixture *f)
{
	struct str rest = without_comments(str_make(f->text, f->len));

	f->answers = map_new();
	while (str_starts(rest, STR(">>> "))) {
		struct str *answer = arena_new_of(memory, struct str), line;
		ssize_t next;

		str_split(&rest, '\n', &line);
		next = str_find(rest, STR("\n>>> "));
		*answer = str_sub(rest, 0, next < 0 ? rest.len : (size_t)next + 1);
		map_put(f->answers, str_from(line, 4), answer);
		rest = str_from(rest, next < 0 ? rest.len : (size_t)next + 1);
	}
	if (!map_len(f->answers))
		fail_msg("%s: no answer in the fixture", f->id);
}

static void read_fixture(const char *dir, const char *name, bool product)
{
	char path[1400];
	struct fixture *f = product ? vec_push(&products) : vec_push(&neutrals);
	struct buf b = BUF_INIT(MIB);

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_ok(os_file_read(path, &b, &e));
	*f = (struct fixture){ .text = b.ptr, .len = b.len };
	if (product) {
		const char *slash = strrchr(dir, '/');

		snprintf(f->id, sizeof(f->id), "%s", slash + 1);
		index_answers(f);
	} else {
		snprintf(f->id, sizeof(f->id), "%s", name);
		f->any = without_comments(str_make(f->text, f->len));
	}
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void read_folder(const char *root, const char *name)
{
	char dir[1024];
	struct dirent **list;
	int n;

	snprintf(dir, sizeof(dir), "%s/%s", root, name);
	n = scandir(dir, &list, visible, alphasort);
	for (int i = 0; i < n; i++) {
		read_fixture(dir, list[i]->d_name, strcmp(name, "_neutral") != 0);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

static void read_fixtures(void)
{
	char root[512];
	struct dirent **list;
	int n;

	snprintf(root, sizeof(root), "%s/tests/fixtures/templates", getenv("ZHANWEI_SOURCE") ? getenv("ZHANWEI_SOURCE") : ".");
	n = scandir(root, &list, visible, alphasort);
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		read_folder(root, list[i]->d_name);
		free(list[i]);
	}
	free(list);
}

/* ---- the server ---- */

static void put_escaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '<')
			buf_c(b, "&lt;");
		else if (s.ptr[i] == '>')
			buf_c(b, "&gt;");
		else if (s.ptr[i] == '"')
			buf_c(b, "&quot;");
		else if (s.ptr[i] == '&')
			buf_c(b, "&amp;");
		else
			buf_char(b, s.ptr[i]);
	}
}

/* Head and body of a fixture as a response; line ends and length are made right. */
static void send_answer(struct test_conn *c, struct str answer, struct str target)
{
	struct buf body = BUF_INIT(MIB), out = BUF_INIT(2 * MIB);
	ssize_t gap = str_find(answer, STR("\n\n"));
	struct str head = str_sub(answer, 0, gap < 0 ? answer.len : (size_t)gap), line;
	struct str rest = gap < 0 ? STR("") : str_from(answer, (size_t)gap + 2);

	while (rest.len && rest.ptr[rest.len - 1] == '\n')
		rest.len--;
	for (;;) {
		ssize_t at = str_find(rest, STR("{path}"));

		buf_str(&body, str_sub(rest, 0, at < 0 ? rest.len : (size_t)at));
		if (at < 0)
			break;
		put_escaped(&body, target);
		rest = str_from(rest, (size_t)at + 6);
	}
	while (str_split(&head, '\n', &line)) {
		ssize_t at = str_find(line, STR("{path}"));

		buf_str(&out, str_sub(line, 0, at < 0 ? line.len : (size_t)at));
		buf_c(&out, "\r\n");
	}
	buf_printf(&out, "Content-Length: %zu\r\n\r\n", body.len);
	buf_str(&out, buf_view(&body));
	test_write(c, buf_view(&out));
	buf_free(&body);
	buf_free(&out);
}

static void handle(struct test_conn *c)
{
	static const char missing[] =
		"HTTP/1.1 404 Not Found\nContent-Type: text/html\n\n<html><head><title>404 Not Found</title></head><body>not found</body></html>";

	while (test_read_request(c)) {
		char line[4096], method[16] = "", target[4000] = "", key[4100];
		const struct str *answer;

		snprintf(line, sizeof(line), "%.*s", (int)(c->request.len < 4000 ? c->request.len : 4000), c->request.ptr);
		sscanf(line, "%15s %3999s", method, target);
		snprintf(key, sizeof(key), "%s %s", method, target);
		if (!current->answers) {
			send_answer(c, current->any, str_c(target));
			continue;
		}
		answer = map_get(current->answers, str_c(key));
		send_answer(c, answer ? *answer : str_c(missing), str_c(target));
	}
}

/* ---- scans ---- */

struct seen {
	VEC(char *) ids;
};

static void on_finding(void *ctx, const struct scan_finding *f)
{
	struct seen *s = ctx;

	if (!str_starts(f->check, STR("template:")))
		return;
	for (size_t i = 0; i < s->ids.len; i++)
		if (str_eq(str_c(s->ids.ptr[i]), str_from(f->check, 9)))
			return;
	*vec_push(&s->ids) = str_dup(str_from(f->check, 9));
}

/* A server of its own each time: it counts its connections. */
static void run_on(const struct fixture *f, const char *only, struct seen *s)
{
	struct test_server *server = test_server_start(handle, NULL, NULL);
	char url[64], check[300];
	struct net_policy *policy = net_policy_new();
	struct net_connector *connector = NULL;
	struct scan_options o = { .mode = SCAN_DEEP, .templates_only = true, .rate = LIMIT_SITE_RATE,
				  .concurrency = 32, .max_seconds = 60 };
	struct str one;
	struct scan_events events = { .ctx = s, .finding = on_finding };
	struct scan_summary sum;

	current = f;
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", test_server_port(server));
	snprintf(check, sizeof(check), "template:%s", only ? only : "");
	one = str_c(check);
	o.target = str_c(url);
	if (only) {
		o.only_checks = &one;
		o.only_checks_len = 1;
	}
	assert_ok(net_policy_allow_cidr(policy, STR("127.0.0.0/8"), &e));
	assert_ok(net_connector_direct(&(struct net_direct_options){ .policy = policy }, &connector, &e));
	assert_ok(scan_options_complete(&o, &e));
	if (scan_run(&o, connector, NULL, &events, &sum, &e) < 0)
		fail_msg("%s: %s %s", f->id, e.code, e.en);
	scan_summary_free(&sum);
	test_server_stop(server);
	net_connector_free(connector);
	net_policy_free(policy);
}

static bool has(const struct seen *s, const char *id)
{
	for (size_t i = 0; i < s->ids.len; i++)
		if (strcmp(s->ids.ptr[i], id) == 0)
			return true;
	return false;
}

static void seen_free(struct seen *s)
{
	for (size_t i = 0; i < s->ids.len; i++)
		free(s->ids.ptr[i]);
	vec_free(&s->ids);
}

/* Every template compiles and has a fixture. */
static void test_lint(void **state)
{
	struct template_pack *p = template_pack_new();
	size_t bad = 0;

	template_pack_load(p, template_builtin());
	template_pack_seal(p, true);
	assert_true(p->len >= 150);
	for (size_t i = 0; i < p->len; i++) {
		bool found = false;

		if (!p->list[i].ok) {
			print_error("%.*s: %.*s\n", STR_ARG(p->list[i].path), STR_ARG(p->list[i].reason_en));
			bad++;
		}
		for (size_t k = 0; k < products.len; k++)
			found |= str_eq(str_c(products.ptr[k].id), p->list[i].id);
		if (!found) {
			print_error("%.*s: no fixture\n", STR_ARG(p->list[i].id));
			bad++;
		}
	}
	template_pack_free(p);
	assert_int_equal(bad, 0);
}

/* Each hits its product. */
static void test_own(void **state)
{
	size_t bad = 0;

	for (size_t k = 0; k < products.len; k++) {
		struct seen s = { 0 };

		run_on(&products.ptr[k], products.ptr[k].id, &s);
		if (!has(&s, products.ptr[k].id)) {
			print_error("%s: does not hit its own product\n", products.ptr[k].id);
			bad++;
		}
		seen_free(&s);
	}
	assert_int_equal(bad, 0);
}

/* No template hits a page of somebody else. */
static void test_neutral(void **state)
{
	size_t bad = 0;

	assert_true(neutrals.len >= 50);
	for (size_t k = 0; k < neutrals.len; k++) {
		struct seen s = { 0 };

		run_on(&neutrals.ptr[k], NULL, &s);
		for (size_t i = 0; i < s.ids.len; i++) {
			print_error("%s hits the neutral page %s\n", s.ids.ptr[i], neutrals.ptr[k].id);
			bad++;
		}
		seen_free(&s);
	}
	assert_int_equal(bad, 0);
}

/* And none hits another product's answers. */
static void test_cross(void **state)
{
	size_t bad = 0;

	for (size_t k = 0; k < products.len; k++) {
		struct seen s = { 0 };

		run_on(&products.ptr[k], NULL, &s);
		for (size_t i = 0; i < s.ids.len; i++)
			if (strcmp(s.ids.ptr[i], products.ptr[k].id) != 0) {
				print_error("%s hits the answers of %s\n", s.ids.ptr[i], products.ptr[k].id);
				bad++;
			}
		if (!has(&s, products.ptr[k].id)) {
			print_error("%s: not found beside the others\n", products.ptr[k].id);
			bad++;
		}
		seen_free(&s);
	}
	assert_int_equal(bad, 0);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "own";
	const struct CMUnitTest lint[] = { cmocka_unit_test(test_lint) };
	const struct CMUnitTest own[] = { cmocka_unit_test(test_own) };
	const struct CMUnitTest neutral[] = { cmocka_unit_test(test_neutral) };
	const struct CMUnitTest cross[] = { cmocka_unit_test(test_cross) };

	memory = arena_new(256 * MIB);
	if (net_http_global_init(&e) < 0)
		return 1;
	read_fixtures();
	if (strcmp(what, "neutral") == 0)
		return cmocka_run_group_tests_name("templates: neutral pages", neutral, NULL, NULL);
	if (strcmp(what, "cross") == 0)
		return cmocka_run_group_tests_name("templates: other products", cross, NULL, NULL);
	if (strcmp(what, "lint") == 0)
		return cmocka_run_group_tests_name("templates: lint", lint, NULL, NULL);
	return cmocka_run_group_tests_name("templates: own products", own, NULL, NULL);
}
