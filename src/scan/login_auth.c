/* Log-ins without a form: HTTP Basic and Digest (RFC 7617, 7616), and interfaces that take name and
 * password as JSON and answer with a token. Which header or cookie the token belongs into is tried on
 * a page that tells a session from none; without one it is sent as a bearer. Requests of a log-in are
 * few: a name and password that are refused are not tried again in another shape. */
#include <openssl/evp.h>

#include "base/check.h"
#include "base/encode.h"
#include "base/id.h"
#include "base/limits.h"
#include "net/cookie.h"
#include "scan/login_private.h"

static int fail(struct error *e, const char *code, const char *zh, const char *en)
{
	error_set(e, code, "%s", "%s", zh);
	if (e)
		snprintf(e->en, sizeof(e->en), "%s", en);
	return -1;
}

/* ---- HTTP authentication ---- */

static void hex_hash(const EVP_MD *md, struct str s, char out[65])
{
	unsigned char h[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	if (EVP_Digest(s.ptr, s.len, h, &len, md, NULL) != 1 || len > 32)
		len = 0;
	for (unsigned i = 0; i < len; i++)
		snprintf(out + (size_t)2 * i, 3, "%02x", h[i]);
	out[2 * len] = '\0';
}

int login_digest(const struct login_digest *d, char out[65])
{
	struct arena *a = arena_new(1 * MIB);
	const EVP_MD *md = str_istarts(d->algorithm, STR("SHA-256")) ? EVP_sha256() : EVP_md5();
	char ha1[65], ha2[65];
	hex_hash(md, arena_printf(a, "%.*s:%.*s:%.*s", STR_ARG(d->user), STR_ARG(d->realm), STR_ARG(d->password)), ha1);
	if (str_iends(d->algorithm, STR("-sess")))
		hex_hash(md, arena_printf(a, "%s:%.*s:%.*s", ha1, STR_ARG(d->nonce), STR_ARG(d->cnonce)), ha1);
	hex_hash(md, arena_printf(a, "%.*s:%.*s", STR_ARG(d->method), STR_ARG(d->uri)), ha2);
	hex_hash(md, d->qop ? arena_printf(a, "%s:%.*s:%08x:%.*s:auth:%s", ha1, STR_ARG(d->nonce), d->nc, STR_ARG(d->cnonce), ha2) :
			      arena_printf(a, "%s:%.*s:%s", ha1, STR_ARG(d->nonce), ha2), out);
	arena_free(a);
	return 0;
}

/* The value of one parameter of a challenge, without its quotes. */
static struct str challenge_value(struct str s, const char *name)
{
	struct str want = str_c(name);
	for (size_t i = 0; i + want.len < s.len; i++) {
		if (i && s.ptr[i - 1] != ' ' && s.ptr[i - 1] != ',')
			continue;
		struct str rest = str_from(s, i);
		if (!str_istarts(rest, want) || rest.ptr[want.len] != '=')
			continue;
		rest = str_from(rest, want.len + 1);
		bool quoted = str_starts(rest, STR("\""));
		rest = str_from(rest, quoted);
		size_t n = 0;
		while (n < rest.len && (quoted ? rest.ptr[n] != '"' : rest.ptr[n] != ',' && rest.ptr[n] != ' '))
			n++;
		return str_sub(rest, 0, n);
	}
	return STR("");
}

static void learn_header(struct run *r, enum person_id who, struct str name, struct str value)
{
	_cleanup_json_ json_t *list = json_array();
	json_t *h = json_object();
	json_put(h, "name", json_str(name));
	json_put(h, "value", json_str(value));
	json_array_append_new(list, h);
	people_learn_headers(r, who, list);
}

static bool take_digest(struct run *r, struct person *p, struct str s)
{
	struct str algorithm = challenge_value(s, "algorithm"), qop = challenge_value(s, "qop");
	struct str known[] = { STR(""), STR("MD5"), STR("MD5-sess"), STR("SHA-256"), STR("SHA-256-sess") };
	bool can = false;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		can = can || str_ieq(algorithm, known[i]);
	if (!can || (qop.len && !str_ihas(qop, STR("auth"))) || !challenge_value(s, "nonce").len)
		return false;
	p->digest = (struct person_digest){ .set = true, .qop = qop.len > 0, .algorithm = arena_str(r->arena, algorithm),
					    .realm = arena_str(r->arena, challenge_value(s, "realm")),
					    .nonce = arena_str(r->arena, challenge_value(s, "nonce")),
					    .opaque = arena_str(r->arena, challenge_value(s, "opaque")) };
	return true;
}

/* What the server asks for and we can give; the strongest. */
static bool take_challenge(struct run *r, enum person_id who, const struct answer *a)
{
	struct person *p = &r->people[who];
	struct str v, basic = STR_NULL;
	size_t at = 0;
	while (scan_header_next(&a->x.headers, "www-authenticate", &at, &v)) {
		if (str_istarts(v, STR("digest ")) && take_digest(r, p, v))
			return true;
		if (str_istarts(v, STR("basic")))
			basic = v;
	}
	if (!basic.ptr)
		return false;
	struct buf b;
	buf_init(&b, 8 * KIB);
	buf_c(&b, "Basic ");
	encode_base64(&b, arena_printf(r->arena, "%.*s:%.*s", STR_ARG(p->login->user), STR_ARG(p->login->password)));
	learn_header(r, who, STR("Authorization"), buf_view(&b));
	buf_free(&b);
	return true;
}

/* The header that answers a Digest challenge: of this method and target, so it is made when the request leaves. */
void people_sign(struct run *r, struct send *s)
{
	struct person *p = s->who < PEOPLE ? &r->people[s->who] : NULL;
	char cnonce[17], response[65];
	unsigned char random[8];
	if (!p || !p->digest.set || !run_in_scope(r, &s->url))
		return;
	random_bytes(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(cnonce + 2 * i, 3, "%02x", random[i]);
	const struct person_digest *d = &p->digest;
	struct buf b;
	buf_init(&b, 64 * KIB);
	if (s->target.len)
		buf_str(&b, s->target);
	else
		url_write_target(&b, &s->url);
	struct str target = arena_str(s->answer->arena, buf_view(&b));
	buf_free(&b);
	struct login_digest in = { d->algorithm, p->login->user, d->realm, p->login->password, d->nonce,
				   str_c(cnonce), s->q.method, target, ++p->digest.nc, d->qop };
	login_digest(&in, response);
	struct arena *a = s->answer->arena;
	struct str more = d->qop ? arena_printf(a, ", qop=auth, nc=%08x, cnonce=\"%s\"", in.nc, cnonce) : STR("");
	struct str algorithm = d->algorithm.len ? arena_printf(a, ", algorithm=%.*s", STR_ARG(d->algorithm)) : STR("");
	struct str opaque = d->opaque.len ? arena_printf(a, ", opaque=\"%.*s\"", STR_ARG(d->opaque)) : STR("");
	send_add_header(s, STR("Authorization"),
			arena_printf(a, "Digest username=\"%.*s\", realm=\"%.*s\", nonce=\"%.*s\", uri=\"%.*s\", response=\"%s\"%.*s%.*s%.*s",
				     STR_ARG(p->login->user), STR_ARG(d->realm), STR_ARG(d->nonce), STR_ARG(target), response,
				     STR_ARG(more), STR_ARG(algorithm), STR_ARG(opaque)));
}

/* ---- tokens ---- */

static bool plain_name(struct str key, const char *want)
{
	char s[48];
	size_t n = 0;
	for (size_t i = 0; i < key.len && n < sizeof(s) - 1; i++)
		if (key.ptr[i] != '_' && key.ptr[i] != '-')
			s[n++] = key.ptr[i] >= 'A' && key.ptr[i] <= 'Z' ? (char)(key.ptr[i] + 32) : key.ptr[i];
	s[n] = '\0';
	return strcmp(s, want) == 0;
}

/* How much a member looks like the token of a session; 0: not at all. */
static unsigned token_rank(struct str key, const json_t *v)
{
	static const char *const names[] = { "ticket", "sessionid", "sessiontoken", "idtoken", "jwttoken", "jwt", "authorization",
					     "xtoken", "apitoken", "tokenvalue", "authtoken", "token", "accesstoken" };
	size_t n = json_string_length(v);
	if (!json_is_string(v) || n < 8 || n > 6000 || strpbrk(json_string_value(v), "\r\n\"<>"))
		return 0;
	for (size_t i = ARRAY_SIZE(names); i-- > 0;)
		if (plain_name(key, names[i]))
			return (unsigned)i + 1;
	return 0;
}

static void find_token(const json_t *o, unsigned depth, unsigned *best, const char **ret)
{
	const char *key;
	json_t *v;
	json_object_foreach((json_t *)(uintptr_t)o, key, v) {
		unsigned rank = token_rank(str_c(key), v);
		if (rank > *best) {
			*best = rank;
			*ret = json_string_value(v);
		}
		if (json_is_object(v) && depth < 4)
			find_token(v, depth + 1, best, ret);
	}
}

/* The name of the header, where the answer itself tells it ({"tokenName": "satoken"}). */
static const char *token_name(const json_t *o, unsigned depth)
{
	const char *key, *found = NULL;
	json_t *v;
	json_object_foreach((json_t *)(uintptr_t)o, key, v) {
		if (plain_name(str_c(key), "tokenname") && json_is_string(v) && json_string_length(v) < 60)
			return json_string_value(v);
		if (json_is_object(v) && depth < 4 && !found)
			found = token_name(v, depth + 1);
	}
	return found;
}

static const struct carrier {
	const char *header, *prefix;
	bool cookie;
} carriers[] = {
	{ "Authorization", "Bearer ", false }, { "Authorization", "", false }, { "X-Access-Token", "", false },
	{ "X-Token", "", false },	       { "token", "", false },	       { "X-Auth-Token", "", false },
	{ "token", "", true },
};

static void carry(struct run *r, enum person_id who, const struct carrier *c, struct str token)
{
	struct person *p = &r->people[who];
	struct str value = str_istarts(token, STR("bearer ")) ? token :
								arena_printf(r->arena, "%s%.*s", c->prefix, STR_ARG(token));
	p->headers_len = p->given;
	if (c->cookie)
		cookie_jar_set(p->jar, &r->target, arena_printf(r->arena, "%s=%.*s; Path=/", c->header, STR_ARG(token)),
			       clock_wall_ms(r->clock));
	else
		learn_header(r, who, str_c(c->header), value);
}

/* Is the page another one than a stranger's, and no refusal? */
static bool opens(struct run *r, enum person_id who, struct str page)
{
	struct answer *in = session_fetch(r, &(struct fetch){ .who = who, .url = page });
	struct answer *out = session_fetch(r, &(struct fetch){ .who = AS_NOBODY, .url = page });
	bool ok = in && out && in->x.status < 300 && !session_leads_to_login(r, &in->x) &&
		  (out->x.status != in->x.status || !kit_same_sig(answer_sig(in), answer_sig(out)));
	answer_unref(in);
	answer_unref(out);
	return ok;
}

bool login_take_token(struct run *r, enum person_id who, const struct answer *a)
{
	const struct scan_login *l = r->people[who].login;
	struct str text = str_trim(a->x.body), page = l->check_url.len ? l->check_url : r->o.target, token;
	const char *found = NULL, *name;
	unsigned best = 0;
	if (a->x.status >= 300 || text.len == 0 || text.ptr[0] != '{' || text.len > 1 * MIB)
		return false;
	_cleanup_json_ json_t *o = json_parse(text, NULL);
	find_token(o, 0, &best, &found);
	if (!found)
		return false;
	token = arena_str(r->arena, str_c(found));
	name = token_name(o, 0);
	struct carrier own = { name, "", false };
	if (name) {
		carry(r, who, &own, token);
		if (opens(r, who, page))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(carriers) && !r->stopping; i++) {
		carry(r, who, &carriers[i], token);
		if (opens(r, who, page)) {
			run_log(r, "登录接口返回了令牌，之后的请求都带上它。", "The log-in's answer holds a token: it is sent from now on.");
			return true;
		}
	}
	carry(r, who, name ? &own : &carriers[0], token); /* no page tells: the usual way */
	return true;
}

/* ---- name and password as JSON ---- */

static struct answer *send_json(struct run *r, enum person_id who, struct str url, const char *const *names)
{
	const struct scan_login *l = r->people[who].login;
	_cleanup_json_ json_t *o = json_object();
	struct buf b;
	for (; *names; names++)
		json_put(o, *names, json_str(str_has(str_c(*names), STR("pass")) || str_has(str_c(*names), STR("pwd")) ? l->password : l->user));
	buf_init(&b, 64 * KIB);
	json_write(&b, o);
	struct answer *a = session_fetch(r, &(struct fetch){ .who = who, .url = url, .body = buf_view(&b),
							     .type = STR("application/json") });
	buf_free(&b);
	return a;
}

/* Members that say no, in answers whose status says yes. */
static bool json_refuses(const struct answer *a)
{
	static const char *const no[] = { "密码错误", "用户名或密码", "账号或密码", "帐号或密码", "登录失败", "不正确", "incorrect", "invalid",
					  "wrong", "denied", "unauthorized", NULL };
	for (size_t i = 0; no[i]; i++)
		if (str_ihas(a->x.body, str_c(no[i])))
			return true;
	return false;
}

static int by_json(struct run *r, enum person_id who, struct str *landed, struct error *e)
{
	static const char *const shapes[][3] = { { "username", "password", NULL }, { "email", "password", NULL },
						 { "account", "password", NULL }, { "userName", "passWord", NULL } };
	const struct scan_login *l = r->people[who].login;
	size_t first = str_chr(l->user, '@') >= 0;
	for (size_t i = 0; i < ARRAY_SIZE(shapes) && !r->stopping; i++) {
		size_t at = i == 0 ? first : i == first ? 0 : i;
		struct answer *a = send_json(r, who, l->url, shapes[at]);
		if (!a)
			continue;
		bool cookie = scan_header_get(&a->x.headers, "set-cookie").len > 0, json = str_has(a->x.mime, STR("json"));
		bool in = a->x.status < 300 && (login_take_token(r, who, a) || (cookie && json && !json_refuses(a)));
		bool refused = a->x.status == 401 || a->x.status == 403 || (a->x.status < 300 && json && json_refuses(a));
		bool other = a->x.status == 404 || a->x.status == 405;
		answer_unref(a);
		if (in) {
			*landed = l->check_url.len ? arena_str(r->arena, l->check_url) : r->o.target;
			return 1;
		}
		if (refused)
			return fail(e, "login.refused-words", "登录接口拒绝登录：用户名或密码不正确。",
				    "The log-in interface refused: wrong name or password.");
		if (other)
			break; /* takes no such request at all */
	}
	return 0;
}

int login_without_form(struct run *r, enum person_id who, struct str *landed, struct error *e)
{
	const struct scan_login *l = r->people[who].login;
	struct str url = l->url.len ? l->url : r->o.target;
	struct answer *a = session_fetch(r, &(struct fetch){ .who = AS_NOBODY, .url = url, .follow = true }), *b;
	int done = 0;
	if (!a)
		return 0;
	if (a->x.status == 401 && take_challenge(r, who, a)) {
		b = session_fetch(r, &(struct fetch){ .who = who, .url = url, .follow = true });
		done = b && b->x.status != 401 ? 1 : fail(e, "login.refused-words", "网站拒绝登录（HTTP 认证）：用户名或密码不正确。",
							  "The site refused the log-in (HTTP authentication): wrong name or password.");
		if (done > 0)
			*landed = arena_str(r->arena, b->x.url);
		answer_unref(b);
	} else if (l->url.len && !login_form_of(a->x.page) && (a->x.status >= 400 || !a->x.page)) {
		done = by_json(r, who, landed, e);
	}
	answer_unref(a);
	return done;
}
