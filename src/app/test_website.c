/* The website of test_sites.c and test_scans.c, and what they do with it. */
#include "app/jobs.h"
#include "app/scans.h"
#include "app/site.h"
#include "app/verify.h"
#include "scan/jail.h"
#include "app/test_website.h"

void page(struct test_conn *c, int status, const char *type, const char *body)
{
	test_writef(c,
		    "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
		    "X-Content-Type-Options: nosniff\r\n\r\n%s",
		    status, type, strlen(body), body);
}

static void members(struct test_conn *c, const char *path)
{
	struct str q = buf_view(&c->request);

	if (strcmp(path, "/login") == 0 && str_starts(q, STR("POST")) && str_has(q, STR("pw=Right%2B1")))
		test_writef(c, "HTTP/1.1 302 X\r\nLocation: /member\r\nSet-Cookie: sid=good; Path=/\r\n"
			       "Content-Length: 0\r\n\r\n");
	else if (strcmp(path, "/login") == 0)
		page(c, 200, "text/html; charset=utf-8",
		     str_starts(q, STR("POST")) ?
			     "<title>登录</title><p>密码错误</p><form action=/login method=post><input name=u><input type=password name=pw></form>" :
			     "<title>登录</title><form action=/login method=post><input name=u><input type=password name=pw></form>");
	else if (str_has(q, STR("sid=good")))
		page(c, 200, "text/html; charset=utf-8", "<title>会员中心</title><a href=/logout>退出登录</a>");
	else
		test_writef(c, "HTTP/1.1 302 X\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n");
}

static void answer(struct test_conn *c, struct website *w, const char *path)
{
	char body[4096];

	if (strcmp(path, "/login") == 0 || strcmp(path, "/member") == 0) {
		members(c, path);
		return;
	}
	if (w->redirect && strstr(path, "zhanwei-verify")) {
		test_writef(c, "HTTP/1.1 302 X\r\nLocation: http://localhost.example/\r\n"
			       "Content-Length: 0\r\n\r\n");
	} else if (w->token[0] && (strcmp(path, w->token_path) == 0 ||
				   (w->catch_all && strstr(path, "zhanwei-verify")))) {
		snprintf(body, sizeof(body), "%s\n", w->token);
		if (w->huge)
			snprintf(body, sizeof(body), "%s%*s", w->token, 2000, "x");
		page(c, 200, "text/plain", body);
	} else if (strcmp(path, "/") == 0) {
		char tag[200] = "";

		if (w->tag || w->comment)
			snprintf(tag, sizeof(tag), "%s<meta name=\"zhanwei-site-verification\" content=\"%s\">%s",
				 w->comment ? "<!--" : "", w->token, w->comment ? "-->" : "");
		snprintf(body, sizeof(body),
			 "<!doctype html><html><head><meta charset=utf-8><title>云梦</title>%s</head>"
			 "<body><a href=\"/a\">a</a><a href=\"/b\">b</a></body></html>",
			 tag);
		page(c, 200, "text/html; charset=utf-8", body);
	} else if (w->nacos && strcmp(path, "/nacos/v1/auth/users?pageNo=1&pageSize=1") == 0) {
		page(c, 200, "application/json;charset=UTF-8",
		     "{\"totalCount\":1,\"pageNumber\":1,\"pageItems\":[{\"username\":\"nacos\","
		     "\"password\":\"$2a$10$abcdefghijklmnopqrstuv\"}]}");
	} else if (strcmp(path, "/a") == 0 || strcmp(path, "/b") == 0) {
		page(c, 200, "text/html; charset=utf-8",
		     w->leak && path[1] == 'a' ? "<title>a</title><p>身份证 11010519740817304X</p>" :
						 "<title>b</title><p>没有什么</p>");
	} else {
		page(c, 404, "text/html; charset=utf-8", "<title>404</title>没有");
	}
}

static void handle(struct test_conn *c)
{
	struct website *w = c->ctx;

	while (test_read_request(c)) {
		char path[400] = "";

		sscanf(c->request.ptr, "%*s %399s", path);
		unsigned n = atomic_fetch_add(&w->requests, 1) + 1;

		if (w->on_request)
			w->on_request(w, n);
		answer(c, w, path);
	}
}

int website_setup(void **state)
{
	if (world_setup(state) != 0)
		return -1;
	struct world *w = *state;

	w->web = mem_alloc(sizeof(*w->web));
	w->web->leak = true;
	w->web->server = test_server_start(handle, w->web, NULL);
	snprintf(w->web->url, sizeof(w->web->url), "http://127.0.0.1:%u/", test_server_port(w->web->server));
	set_settings(w, "{\"private_ranges\":[\"127.0.0.0/8\"]}");
	return 0;
}

int website_teardown(void **state)
{
	struct world *w = *state;

	test_server_stop(w->web->server);
	free(w->web);
	return world_teardown(state);
}

struct str add_site(struct world *w)
{
	_cleanup_json_ json_t *body = in("{\"url\":\"%s\",\"name\":\"云梦官网\"}", w->web->url);
	_cleanup_json_ json_t *v = NULL;

	ok(app_site_add(&w->c, body, &v, &e));
	return id_of(w, v);
}

json_t *start_proof(struct world *w, struct str site, const char *method)
{
	json_t *v;

	ok(app_verify_start(&w->c, site, str_c(method), &v, &e));
	snprintf(w->web->token, sizeof(w->web->token), "%s",
		 json_string_value(json_object_get(v, "token")));
	snprintf(w->web->token_path, sizeof(w->web->token_path), "%s",
		 json_string_value(json_object_get(json_object_get(v, "instructions"), "file_path")));
	return v;
}

struct str check_proof(struct world *w, struct str site, const json_t *proof)
{
	_cleanup_json_ json_t *v = NULL;
	const json_t *first;

	ok(app_verify_check(&w->c, site, json_get_str(proof, "id"), &v, &e));
	first = json_array_get(json_object_get(v, "attempts"), 0);
	return arena_str(w->c.arena, json_get_str(first, "code"));
}

struct str verified_site(struct world *w)
{
	struct str site = add_site(w);
	_cleanup_json_ json_t *proof = start_proof(w, site, "file");

	assert_str_c(check_proof(w, site, proof), "ok");
	return site;
}

struct str start_scan(struct world *w, struct str site)
{
	_cleanup_json_ json_t *body = in("{\"mode\":\"standard\"}");
	json_t *v;

	ok(app_scan_start(&w->c, site, body, &v, &e));
	struct str id = id_of(w, v);
	json_decref(v);
	return id;
}

json_t *scan(struct world *w, struct str id)
{
	json_t *v;

	ok(app_scan_get(&w->c, id, &v, &e));
	return v;
}

json_t *finished_scan(struct world *w, struct str site)
{
	struct str id = start_scan(w, site);
	json_t *v;

	run_jobs(w);
	v = scan(w, id);
	if (!str_eq(json_get_str(v, "state"), STR("done"))) {
		char *text = json_dumps(v, 0);
		print_error("%s\n", text);
		free(text);
	}
	assert_str_c(json_get_str(v, "state"), "done");
	return v;
}

int website_run_tests(const char *name, const struct CMUnitTest *tests, size_t n)
{
	static const struct os_jail_kind *kinds[8];
	size_t k = 0;

	for (; app_jail_kinds[k]; k++)
		kinds[k] = app_jail_kinds[k];
	assert_true(k + 1 < ARRAY_SIZE(kinds));
	kinds[k] = &scan_jail_kind;
	return world_run_tests(name, kinds, tests, n, NULL, NULL);
}
