/* The world of API tests: server, people, and a blocking HTTP/1.1 client that shows
 * exactly what came over the wire. */
#include "api/test_world.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/session.h"
#include "base/limits.h"
#include "store/account.h"
#include "store/tenant.h"

static void must(int r, const struct error *e)
{
	if (r < 0)
		fail_msg("%s: %s", e->code, e->en);
}

void world_open(struct world *w, struct test_db *db)
{
	struct error e = { 0 };
	*w = (struct world){ .db = db };
	must(app_init(&w->app, db->store, &clock_system, str_c(db->dir), STR("test"), &e), &e);
	const struct api_options o = { .app = &w->app, .address = STR("127.0.0.1") };
	must(api_start(&o, &w->api, &e), &e);
	w->port = api_port(w->api);
}

void world_close(struct world *w)
{
	api_stop(w->api, 5000);
	app_free(&w->app);
}

struct app_call world_call(struct world *w, struct app_actor *actor, const char *tenant,
			   struct arena *a)
{
	app_actor_system(actor, APP_VIA_CLI, str_c(tenant));
	return (struct app_call){ .app = &w->app, .actor = actor, .db = w->db->conn, .arena = a,
				  .now = clock_wall_ms(&clock_system) };
}

void world_tenant(struct world *w, const char *name, char ret_id[ID_LEN + 1])
{
	struct error e = { 0 };
	int64_t now = clock_wall_ms(&clock_system);
	struct id id = id_new(now);
	const struct store_tenant t = { .id = id_str(&id), .name = str_c(name), .kind = STR("company"),
					.edition = STR("standalone-basic"), .timezone = STR("Asia/Shanghai"),
					.state = STR("active"), .created = now, .updated = now };
	must(store_tenant_add(w->db->conn, &t, &e), &e);
	memcpy(ret_id, id.text, sizeof(id.text));
}

static void add_member(struct world *w, struct str tenant, const char *account, const char *role,
		       char ret[ID_LEN + 1])
{
	struct error e = { 0 };
	int64_t now = clock_wall_ms(&clock_system);
	struct id id = id_new(now);
	const struct store_member m = { .id = id_str(&id), .tenant_id = tenant,
					.account_id = str_c(account), .role = str_c(role),
					.state = STR("active"), .created = now };
	must(store_member_add(w->db->conn, &m, &e), &e);
	if (ret)
		memcpy(ret, id.text, sizeof(id.text));
}

void world_login(struct world *w, const struct who *as, struct who *ret)
{
	struct error e = { 0 };
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	struct app_actor system, actor;
	struct app_call c = world_call(w, &system, as->tenant, a);
	char token[APP_TOKEN_SIZE], csrf[APP_CSRF_SIZE];
	must(app_session_start(&c, str_c(as->account), str_c(as->tenant), &actor, token, &e), &e);
	app_csrf_token(&w->app, str_c(token), csrf);
	struct who who = *as;
	who.bearer[0] = '\0';
	snprintf(who.cookie, sizeof(who.cookie), "%s", token);
	snprintf(who.csrf, sizeof(who.csrf), "%s", csrf);
	*ret = who;
}

void world_person(struct world *w, const char *tenant, const char *role, bool platform,
		  struct who *ret)
{
	struct error e = { 0 };
	int64_t now = clock_wall_ms(&clock_system);
	struct id id = id_new(now);
	struct who who = { 0 };
	char email[64];
	snprintf(email, sizeof(email), "p%u@example.com", ++w->people);
	const struct store_account u = { .id = id_str(&id), .name = str_c(role), .email = str_c(email),
					 .password = STR("-"), .lang = STR("zh-CN"), .settings = STR("{}"),
					 .state = STR("active"), .created = now, .updated = now };
	must(store_account_add(w->db->conn, &u, &e), &e);
	memcpy(who.account, id.text, sizeof(id.text));
	snprintf(who.tenant, sizeof(who.tenant), "%s", tenant);
	add_member(w, str_c(tenant), who.account, role, who.member);
	if (platform)
		add_member(w, APP_PLATFORM, who.account, "platform_admin", NULL);
	world_login(w, &who, ret);
}

/* ---- the client ---- */

int world_connect(const struct world *w)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(w->port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

static void send_all(int fd, struct str bytes)
{
	while (bytes.len > 0) {
		ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
		if (n <= 0)
			return; /* the server may answer and close before it has read all */
		bytes = str_from(bytes, (size_t)n);
	}
}

static bool whole(const struct buf *in)
{
	struct str all = buf_view(in);
	ssize_t end = str_find(all, STR("\r\n\r\n"));
	int64_t length;
	if (end < 0)
		return false;
	struct str head = str_sub(all, 0, (size_t)end);
	if (str_starts(head, STR("HTTP/1.1 304")) || str_starts(head, STR("HTTP/1.1 204")))
		return true;
	ssize_t at = str_ifind(head, STR("\r\nContent-Length:"));
	if (at < 0)
		return false;
	struct str line = str_from(head, (size_t)at + 17);
	ssize_t cr = str_chr(line, '\r');
	if (str_to_i64(str_trim(cr < 0 ? line : str_sub(line, 0, (size_t)cr)), &length) < 0)
		return false;
	return all.len >= (size_t)end + 4 + (size_t)length;
}

static void receive(int fd, int ms, struct buf *in)
{
	char chunk[16384];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	while (!whole(in) && poll(&p, 1, ms) > 0) {
		ssize_t n = recv(fd, chunk, sizeof(chunk), 0);
		if (n <= 0)
			return;
		buf_add(in, chunk, (size_t)n);
	}
}

static void take_apart(struct str all, struct answer *ret)
{
	int64_t status = 0;
	ssize_t end = str_find(all, STR("\r\n\r\n"));
	buf_init(&ret->head, 1 * MIB);
	buf_init(&ret->body, 64 * MIB);
	if (end < 0)
		return;
	buf_str(&ret->head, str_sub(all, 0, (size_t)end + 2));
	buf_str(&ret->body, str_from(all, (size_t)end + 4));
	if (all.len > 12)
		str_to_i64(str_sub(all, 9, 12), &status);
	ret->status = (int)status;
	ret->json = ret->body.len ? json_parse(buf_view(&ret->body), NULL) : NULL;
}

void ask_raw(struct world *w, struct str bytes, int ms, struct answer *ret)
{
	_cleanup_close_ int fd = world_connect(w);
	_cleanup_buf_ struct buf in = BUF_INIT(64 * MIB);
	*ret = (struct answer){ 0 };
	send_all(fd, bytes);
	receive(fd, ms, &in);
	take_apart(buf_view(&in), ret);
}

void ask_with(struct world *w, const struct who *as, const char *method, const char *path,
	      const char *body, const char *headers, struct answer *ret)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * MIB);
	bool raw = strncmp(path, "/:", 2) == 0;
	buf_printf(&b, "%s %s%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n", method, raw ? "" : "/api/v1",
		   raw ? path + 2 : path, w->port);
	if (as && as->bearer[0])
		buf_printf(&b, "Authorization: Bearer %s\r\n", as->bearer);
	else if (as && as->cookie[0])
		buf_printf(&b, "Cookie: zw_session=%s\r\nX-CSRF-Token: %s\r\n", as->cookie, as->csrf);
	if (body)
		buf_printf(&b, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(body));
	if (headers)
		buf_c(&b, headers);
	buf_c(&b, "\r\n");
	if (body)
		buf_c(&b, body);
	ask_raw(w, buf_view(&b), 30000, ret);
}

void answer_free(struct answer *a)
{
	buf_free(&a->head);
	buf_free(&a->body);
	json_decref(a->json);
	*a = (struct answer){ 0 };
}

const char *answer_header(const struct answer *a, const char *name, char out[512])
{
	struct str rest = buf_view(&a->head), line;
	out[0] = '\0';
	while (str_split(&rest, '\n', &line)) {
		ssize_t colon = str_chr(line, ':');
		if (colon > 0 && str_ieq(str_sub(line, 0, (size_t)colon), str_c(name))) {
			struct str v = str_trim(str_from(line, (size_t)colon + 1));
			snprintf(out, 512, "%.*s", STR_ARG(v));
		}
	}
	return out;
}

struct str answer_str(const struct answer *a, const char *key)
{
	return json_get_str(a->json, key);
}

void expect_(const struct answer *a, int status, const char *code, const char *file, int line)
{
	char type[512];
	bool ok = a->status == status;
	if (ok && code)
		ok = str_eq(json_get_str(a->json, "code"), str_c(code));
	if (ok && status >= 400)
		ok = strncmp(answer_header(a, "Content-Type", type), "application/problem+json", 24) == 0;
	if (ok)
		return;
	print_error("want %d %s, got %d:\n%.*s%.2000s\n", status, code ? code : "", a->status,
		    STR_ARG(buf_view(&a->head)), a->body.ptr ? a->body.ptr : "");
	_fail(file, line);
}
