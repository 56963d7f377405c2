/* Tests made from the route table, so that a new route is covered without a new line:
 * every role on every route, every route with another tenant's ids, the OpenAPI
 * document against the table, docs/api.md against the program. */
#include <stdio.h>

#include "api/test_generated.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"

/* ---- filling in paths and bodies ---- */

/* Replaces {kind} by an id of that kind; `fixed` by itself when it is given. */
static void fill(struct samples *s, const char *text, const char *fixed, struct buf *out)
{
	struct str rest = str_c(text);
	while (rest.len > 0) {
		ssize_t open = str_chr(rest, '{'), close;
		struct str kind = STR("");
		if (open >= 0) {
			close = str_chr(str_from(rest, (size_t)open), '}');
			if (close > 1)
				kind = str_sub(rest, (size_t)open + 1, (size_t)(open + close));
		}
		bool name = kind.len > 0;
		for (size_t i = 0; i < kind.len; i++)
			name &= ascii_alnum(kind.ptr[i]) || kind.ptr[i] == '_';
		if (open < 0) {
			buf_str(out, rest);
			return;
		}
		buf_str(out, str_sub(rest, 0, (size_t)open));
		if (!name) {
			buf_char(out, '{');
			rest = str_from(rest, (size_t)open + 1);
			continue;
		}
		char id[ID_LEN + 1];
		if (fixed)
			buf_c(out, fixed);
		else {
			sample(s, kind, id);
			buf_c(out, id);
		}
		rest = str_from(rest, (size_t)open + kind.len + 2);
	}
}

static const struct api_route *maker_of(struct str kind)
{
	for (size_t i = 0; api_resources[i]; i++)
		for (const struct api_route *r = api_resources[i]->routes; r->path; r++)
			if (r->makes && str_eq(str_c(r->makes), kind))
				return r;
	return NULL;
}

static bool made_here(struct samples *s, struct str kind, char id[ID_LEN + 1])
{
#define X(name, fn)                               \
	if (str_eq(kind, STR(#name))) {           \
		fn(s, id);             \
		return true;                      \
	}
	TEST_SAMPLES(X)
#undef X
	return false;
}

static void made_by_route(struct samples *s, struct str kind, char id[ID_LEN + 1])
{
	const struct api_route *r = maker_of(kind);
	_cleanup_buf_ struct buf path = BUF_INIT(4096), body = BUF_INIT(1 * MIB);
	_cleanup_answer_ struct answer a = { 0 };
	if (!r) {
		fail_msg("nothing makes a \"%.*s\": give a route .makes and .example, or add a line to "
			 "test_samples.h", STR_ARG(kind));
		return;
	}
	fill(s, r->path, NULL, &path);
	fill(s, r->example ? r->example : "{}", NULL, &body);
	ask_with(s->w, s->who, "POST", path.ptr, body.ptr,
		 r->flags & API_IDEMPOTENCY_REQUIRED ? "Idempotency-Key: sample\r\n" : NULL, &a);
	if (a.status < 200 || a.status > 299)
		fail_msg("making a \"%.*s\" by POST %s %s: %d %.*s", STR_ARG(kind), path.ptr, body.ptr,
			 a.status, STR_ARG(buf_view(&a.body)));
	snprintf(id, ID_LEN + 1, "%.*s", STR_ARG(answer_str(&a, "id")));
	assert_int_equal(strlen(id), ID_LEN);
}

void sample(struct samples *s, struct str kind, char out[ID_LEN + 1])
{
	char *have = map_get(s->ids, kind);
	if (!have) {
		have = mem_alloc(ID_LEN + 1);
		if (!made_here(s, kind, have))
			made_by_route(s, kind, have);
		map_put(s->ids, kind, have);
	}
	memcpy(out, have, ID_LEN + 1);
}

static const char *body_of(struct samples *s, const struct api_route *r, const char *fixed,
			   struct buf *out)
{
	if (!r->body)
		return NULL;
	fill(s, r->example ? r->example : "{}", fixed, out);
	return out->ptr;
}

/* A query that passes the checks: the first value of every required parameter. */
static void add_query(const struct api_route *r, struct buf *path)
{
	char sep = '?';
	for (const struct api_field *f = r->query ? r->query->fields : NULL; f && f->name; f++) {
		if (!(f->flags & API_REQUIRED))
			continue;
		struct str rest = str_c(f->values ? f->values : ""), value = STR("1");
		if (f->type == API_T_ENUM)
			str_split(&rest, '|', &value);
		else if (f->type == API_T_ID)
			value = STR("01arz3ndektsv4rrffq69g5fav");
		buf_printf(path, "%c%s=%.*s", sep, f->name, STR_ARG(value));
		sep = '&';
	}
}

static const char *key_header(const struct api_route *r)
{
	static unsigned n; /* every call is another request */
	static char line[64];
	if (!(r->flags & API_IDEMPOTENCY_REQUIRED))
		return NULL;
	snprintf(line, sizeof(line), "Idempotency-Key: g%u\r\n", ++n);
	return line;
}

/* ---- every role on every route ---- */

/* The matrix once more, by hand: P T O A E. Whoever changes a right changes it here too. */
static const struct {
	const char *permission, *roles;
} matrix[] = {
	{ "site:read", "TOAE" },      { "site:write", "TO" },	   { "site:delete", "TO" },
	{ "authorization:read", "PTOA" }, { "authorization:approve", "P" }, { "scan:read", "TOAE" },
	{ "scan:run", "TO" },	      { "finding:read", "TOAE" },  { "finding:decide", "T" },
	{ "finding:propose", "TOE" }, { "monitor:read", "TOA" },   { "monitor:write", "TO" },
	{ "notify:read", "TOA" },     { "notify:write", "TO" },	   { "report:read", "TOAE" },
	{ "report:write", "TOA" },    { "member:read", "TA" },	   { "member:write", "T" },
	{ "key:read", "TA" },	      { "key:write", "T" },	   { "audit:read", "PTA" },
	{ "audit:export", "A" },      { "quota:read", "PTOAE" },   { "quota:request", "T" },
	{ "quota:decide", "P" },      { "approval:read", "PTOA" }, { "approval:decide", "PT" },
	{ "job:read", "PT" },	      { "tenant:write", "T" },	   { "tenant:manage", "P" },
	{ "scan:intrusive", "T" },  { "pack:read", "TOA" },    { "pack:write", "T" },
	{ "text:read", "TOA" },	      { "text:check", "TO" },	   { "lexicon:read", "TOA" },
	{ "lexicon:write", "TO" },    { "policy:read", "TOA" },	   { "policy:write", "T" },
	{ "review:read", "TOA" },     { "review:decide", "TO" },
	{ "settings:read", "P" },     { "settings:write", "P" },
};

static void test_matrix(void **state)
{
	static const char letters[] = "PTOAE";
	size_t listed = 0;
	for (unsigned p = PERM_NONE + 1; p < PERM_COUNT; p++)
		for (size_t i = 0; i < ARRAY_SIZE(matrix); i++) {
			const struct app_permission_info *info = app_permission_info((enum app_permission)p);
			if (strcmp(matrix[i].permission, info->code) != 0)
				continue;
			listed++;
			for (int r = 0; r < ROLE_COUNT; r++)
				assert_int_equal(!!(info->roles & (1u << r)),
						 strchr(matrix[i].roles, letters[r]) != NULL);
		}
	assert_int_equal(listed, PERM_COUNT - 1);
}

/* Routes that speak another service's language refuse in it. */
static bool refused_as(const struct api_route *r, const struct answer *a, int status)
{
	static const char *const unknown[] = { "\"InvalidAccessKeyId.NotFound\"", "\"AuthFailure.SecretIdNotFound\"",
					       "\"error_code\":110,", "\"invalid_client\"" };
	static const char *const forbidden[] = { "\"NoPermission\"", "\"AuthFailure.UnauthorizedOperation\"",
						 "\"error_code\":6,", "\"unauthorized_client\"" };
	const char *const *said = status == 401 ? unknown : forbidden;
	if (!(r->flags & API_COMPAT))
		return a->status == status &&
		       str_eq(answer_str(a, "code"), status == 401 ? STR("auth.required-login") : STR("auth.forbidden"));
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		if (str_has(buf_view(&a->body), str_c(said[i])))
			return true;
	return false;
}

static void role_on_route(struct world *w, enum app_role role, const struct who *person,
			  const struct api_route *r)
{
	/* A fresh session each time: some routes end it. */
	struct who who;
	_cleanup_answer_ struct answer a = { 0 };
	_cleanup_buf_ struct buf path = BUF_INIT(4096), body = BUF_INIT(1 * MIB);
	world_login(w, person, &who);
	fill(NULL, r->path, "01arz3ndektsv4rrffq69g5fav", &path);
	add_query(r, &path);
	ask_with(w, &who, http_method_name(r->method), path.ptr,
		 body_of(NULL, r, "01arz3ndektsv4rrffq69g5fav", &body), key_header(r), &a);
	bool may = r->need == PERM_NONE ||
		   (app_role_permissions(role) & app_permission_bit(r->need)) != 0;
	bool refused = refused_as(r, &a, 403);
	if (may == refused || a.status == 0 || a.status >= 500)
		fail_msg("%s %s as %s: %d %.*s (want %s)", http_method_name(r->method), path.ptr,
			 app_role_info(role)->code, a.status, STR_ARG(buf_view(&a.body)),
			 may ? "allowed" : "403");
}

static void test_roles(void **state)
{
	struct world w;
	char tenant[ID_LEN + 1];
	world_open(&w, *state);
	world_tenant(&w, "甲", tenant);
	for (int role = 0; role < ROLE_COUNT; role++) {
		struct who person, second;
		const char *home = role == ROLE_PLATFORM_ADMIN ? APP_PLATFORM_TENANT : tenant;
		const char *code = app_role_info((enum app_role)role)->code;
		world_person(&w, home, code, false, &person);
		world_person(&w, home, code, false, &second);
		for (size_t i = 0; api_resources[i]; i++)
			for (const struct api_route *r = api_resources[i]->routes; r->path; r++)
				if (!(r->flags & (API_PUBLIC | API_STREAMS)))
					role_on_route(&w, (enum app_role)role, &person, r);
	}
	world_close(&w);
}

/* Nobody gets anywhere without logging in, but where it is said. */
static void test_nobody(void **state)
{
	struct world w;
	world_open(&w, *state);
	for (size_t i = 0; api_resources[i]; i++)
		for (const struct api_route *r = api_resources[i]->routes; r->path; r++) {
			_cleanup_answer_ struct answer a = { 0 };
			_cleanup_buf_ struct buf path = BUF_INIT(4096), body = BUF_INIT(1 * MIB);
			if (r->flags & API_PUBLIC)
				continue;
			fill(NULL, r->path, "01arz3ndektsv4rrffq69g5fav", &path);
			add_query(r, &path);
			ask_with(&w, NULL, http_method_name(r->method), path.ptr,
				 body_of(NULL, r, "01arz3ndektsv4rrffq69g5fav", &body), key_header(r), &a);
			if (!refused_as(r, &a, 401))
				fail_msg("%s: %d %.*s", path.ptr, a.status, STR_ARG(buf_view(&a.body)));
		}
	world_close(&w);
}

/* ---- another tenant's ids ---- */

static bool isolated(const struct api_route *r)
{
	return strchr(r->path, '{') && !(r->flags & (API_PLATFORM | API_PUBLIC));
}

/* Somebody of the other tenant who has the right in question there. */
static const struct who *with_right(const struct who *people, enum app_permission need)
{
	for (int r = 0; r < ROLE_COUNT; r++)
		if (r != ROLE_PLATFORM_ADMIN &&
		    (need == PERM_NONE || (app_role_permissions((enum app_role)r) & app_permission_bit(need))))
			return &people[r];
	return NULL;
}

static void other_on_route(struct world *w, struct samples *s, const struct who *people,
			   const struct api_route *r)
{
	const struct who *person = with_right(people, r->need);
	struct who who;
	_cleanup_answer_ struct answer a = { 0 };
	_cleanup_buf_ struct buf path = BUF_INIT(4096), body = BUF_INIT(1 * MIB);
	if (!person)
		return; /* platform rights: not within a tenant */
	fill(s, r->path, NULL, &path);
	add_query(r, &path);
	const char *json = body_of(s, r, NULL, &body);
	world_login(w, person, &who);
	ask_with(w, &who, http_method_name(r->method), path.ptr, json, key_header(r), &a);
	if (a.status != 404)
		fail_msg("%s %s with another tenant's ids: %d %.*s (want 404)", http_method_name(r->method),
			 path.ptr, a.status, STR_ARG(buf_view(&a.body)));
}

/* Lists, searches and exports of the other tenant must not mention what is ours. */
static void other_on_list(struct world *w, struct samples *s, const struct who *people,
			  const struct api_route *r)
{
	const struct who *person = with_right(people, r->need);
	struct who who;
	struct map_iter it = { 0 };
	struct str kind;
	void *id;
	_cleanup_answer_ struct answer a = { 0 };
	_cleanup_buf_ struct buf path = BUF_INIT(4096);
	if (!person)
		return;
	buf_c(&path, r->path);
	add_query(r, &path);
	world_login(w, person, &who);
	ask(w, &who, "GET", path.ptr, NULL, &a);
	while (map_next(s->ids, &it, &kind, &id))
		if (str_has(buf_view(&a.body), str_c(id)))
			fail_msg("GET %s shows another tenant's %.*s %s", path.ptr, STR_ARG(kind), (char *)id);
}

static void owner_sees(struct world *w, struct samples *s, const struct api_route *r)
{
	_cleanup_answer_ struct answer a = { 0 };
	_cleanup_buf_ struct buf path = BUF_INIT(4096);
	fill(s, r->path, NULL, &path);
	add_query(r, &path);
	ask(w, s->who, "GET", path.ptr, NULL, &a);
	if (a.status == 404 || a.status >= 500)
		fail_msg("GET %s by its owner: %d %.*s: the samples prove nothing", path.ptr, a.status,
			 STR_ARG(buf_view(&a.body)));
}

static void test_isolation(void **state)
{
	struct world w;
	struct who owner, people[ROLE_COUNT];
	char a[ID_LEN + 1], b[ID_LEN + 1];
	world_open(&w, *state);
	world_tenant(&w, "甲", a);
	world_tenant(&w, "乙", b);
	world_person(&w, a, "tenant_admin", true, &owner);
	for (int r = 0; r < ROLE_COUNT; r++)
		if (r != ROLE_PLATFORM_ADMIN)
			world_person(&w, b, app_role_info((enum app_role)r)->code, false, &people[r]);
	struct samples s = { &w, &owner, map_new() };
	size_t n = 0;
	for (size_t i = 0; api_resources[i]; i++)
		for (const struct api_route *r = api_resources[i]->routes; r->path; r++)
			if (isolated(r)) {
				other_on_route(&w, &s, people, r);
				n++;
			}
	for (size_t i = 0; api_resources[i]; i++)
		for (const struct api_route *r = api_resources[i]->routes; r->path; r++) {
			if (r->method != HTTP_GET || (r->flags & (API_STREAMS | API_PUBLIC | API_PLATFORM)))
				continue;
			if (isolated(r))
				owner_sees(&w, &s, r);
			else if (!isolated(r))
				other_on_list(&w, &s, people, r);
		}
	assert_true(n > 5);
	map_free_values(s.ids, free);
	world_close(&w);
}

/* ---- documents ---- */

static void check_refs(json_t *doc, json_t *v)
{
	const char *key;
	json_t *member;
	size_t i;
	if (json_is_array(v))
		json_array_foreach(v, i, member)
			check_refs(doc, member);
	json_object_foreach(v, key, member)
	{
		if (strcmp(key, "$ref") != 0) {
			check_refs(doc, member);
			continue;
		}
		struct str path = str_from(str_c(json_string_value(member)), 2), part;
		json_t *at = doc;
		while (str_split(&path, '/', &part)) {
			char name[128];
			snprintf(name, sizeof(name), "%.*s", STR_ARG(part));
			at = json_object_get(at, name);
		}
		if (!at)
			fail_msg("dangling %s", json_string_value(member));
	}
}

static void test_openapi(void **state)
{
	struct world w;
	world_open(&w, *state);
	{
		_cleanup_answer_ struct answer a = { 0 };
		_cleanup_json_ json_t *ids = json_object();
		ask(&w, NULL, "GET", "/openapi.json", NULL, &a);
		expect(&a, 200);
		json_t *paths = json_object_get(a.json, "paths");
		for (size_t i = 0; api_resources[i]; i++)
			for (const struct api_route *r = api_resources[i]->routes; r->path; r++) {
				char method[16] = { 0 };
				for (size_t n = 0; http_method_name(r->method)[n]; n++)
					method[n] = ascii_lower(http_method_name(r->method)[n]);
				json_t *op = json_object_get(json_object_get(paths, r->path), method);
				if (!op || !r->zh || !r->en || !json_object_get(op, "responses"))
					fail_msg("%s %s is not described", method, r->path);
				if (r->example && !json_object_get(json_object_get(op, "requestBody"), "content"))
					fail_msg("%s %s has an example but no body", method, r->path);
				const char *id = json_string_value(json_object_get(op, "operationId"));
				if (json_object_get(ids, id))
					fail_msg("operationId %s twice", id);
				json_put(ids, id, json_true());
			}
		check_refs(a.json, a.json);
	}
	world_close(&w);
}

static void test_reference(void **state)
{
	_cleanup_buf_ struct buf want = BUF_INIT(16 * MIB), have = BUF_INIT(16 * MIB);
	const char *source = getenv("ZHANWEI_SOURCE");
	char path[4096];
	if (!source) {
		print_message("SKIP docs/api.md: ZHANWEI_SOURCE is not set\n");
		return;
	}
	snprintf(path, sizeof(path), "%s/docs/api.md", source);
	api_reference(&want);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	char chunk[65536];
	for (size_t n; (n = fread(chunk, 1, sizeof(chunk), f)) > 0;)
		buf_add(&have, chunk, n);
	fclose(f);
	if (!str_eq(buf_view(&want), buf_view(&have)))
		fail_msg("docs/api.md is out of date: build/zhanwei apidoc > docs/api.md");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_DB(test_matrix),	 TEST_DB(test_roles),	TEST_DB(test_nobody),
		TEST_DB(test_isolation), TEST_DB(test_openapi), TEST_DB(test_reference),
	};
	return test_db_run("routes", tests, ARRAY_SIZE(tests));
}
