/* JSON Web Tokens that prove nothing (CWE-347): the signature is not checked or may be missing,
 * "none" or an unknown word is taken for an algorithm, an HMAC key can be guessed (offline, from a
 * short list of what examples and people use), a public key is taken for an HMAC key, the token's
 * own header says which key or which key file counts. A changed token is believed to be
 * accepted only when the page with it is the page with the good one, and another than with
 * a token that cannot be good. */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/encode.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/map.h"
#include "net/url.h"
#include "scan/checks/active_private.h"
#include "scan/checks/jwt_sign.h"

struct token {
	struct str text, head, claims, sig; /* base64url parts */
	struct str place;		    /* cookie's name; empty: Authorization */
	struct str header;		    /* the whole Cookie or Authorization header */
	size_t at;			    /* where the token stands in it */
};

static bool url_safe(char c)
{
	return ascii_alnum(c) || c == '-' || c == '_';
}

/* A token at s: three parts, of which the first two are JSON objects by their first letters. */
static bool token_at(struct str s, struct token *ret)
{
	size_t n = 0, dots = 0, dot[2] = { 0, 0 };
	if (!str_starts(s, STR("eyJ")))
		return false;
	while (n < s.len && (url_safe(s.ptr[n]) || (s.ptr[n] == '.' && dots < 2))) {
		if (s.ptr[n] == '.')
			dot[dots++] = n;
		n++;
	}
	if (dots != 2 || !str_starts(str_from(s, dot[0] + 1), STR("ey")))
		return false;
	ret->text = str_sub(s, 0, n);
	ret->head = str_sub(s, 0, dot[0]);
	ret->claims = str_sub(s, dot[0] + 1, dot[1]);
	ret->sig = str_sub(s, dot[1] + 1, n);
	return true;
}

static json_t *part_json(struct str part)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	json_t *v = decode_base64(&b, part) == 0 ? json_parse(buf_view(&b), NULL) : NULL;
	buf_free(&b);
	return v;
}

/* The token that this request is sent with. */
static bool token_of(const struct scan_exchange *x, struct token *t)
{
	static const char *const names[] = { "authorization", "cookie" };
	for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
		struct str h = scan_header_get(&x->request_headers, names[k]);
		for (size_t i = 0; i + 20 < h.len; i++) {
			if ((i && url_safe(h.ptr[i - 1])) || !token_at(str_from(h, i), t))
				continue;
			t->header = h;
			t->at = i;
			t->place = STR("");
			if (k == 1 && i > 0) {
				size_t from = i - 1;
				while (from > 0 && h.ptr[from - 1] != ';' && h.ptr[from - 1] != ' ')
					from--;
				t->place = str_sub(h, from, i - 1);
			}
			return true;
		}
	}
	return false;
}

/* ---- keys ---- */

static const char *const keys[] = {
	"", "secret", "123456", "password", "admin", "key", "jwt", "jwt_secret", "jwtsecret", "secretkey", "secret_key", "your-256-bit-secret",
	"your-384-bit-secret", "your-512-bit-secret", "your_jwt_secret", "mysecret", "mysecretkey", "my_secret_key", "test", "changeme",
	"secret123", "12345678", "123456789", "1234567890", "qwerty", "abc123", "token", "supersecret", "default", "root", "example",
	"abcdefghijklmnopqrstuvwxyz", "hello", "s3cr3t", "private", "111111", "888888", "000000", "admin123", "jwt-secret", "JWT_SECRET",
	"JwtSecret", "app-secret", "spring", "ruoyi", "jeecg", "xxl-job", "gin-vue-admin", "qmPlus", "nacos", "SecretKey", "auth", "authkey",
	"somethingsecret", "shhhhh", "keyboard cat", "random", "something", "anything", "nothing", "secretsecret", "mysecrettoken", "thisisasecret", "this is a secret", "qwertyuiop", "magic", "sunshine", "football", "princess", "shadow", "master", "superman", "batman", "login", "system", "manager", "service", "internal", "backend", "frontend", "website", "school", "china", "hello world", "helloworld", "security", "encryption", "crypto", "base64", "value", "data", "mobile", "wechat", "cloud", "platform", "the-key", "access_token", "signingkey", "oauth", "demo", "dev", "development",
	"SecretKey012345678901234567890123456789012345678901234567890123456789", "MySecret", "mySecretKey", "secret-key", "top-secret",
	"a-valid-string-secret-that-is-at-least-256-bits-long", "1234", "12345", "1234567", "password1", "password123", "passw0rd", "P@ssw0rd",
	"letmein", "welcome", "iloveyou", "monkey", "dragon", "666666", "123123", "654321", "a123456", "123qwe", "qwe123", "1q2w3e4r", "qwerty123",
	"admin888", "root123", "test123", "user", "guest", "server", "client", "app", "api", "web", "django", "flask", "laravel", "express",
	"node", "nodejs", "java", "python", "golang", "go", "spring-boot", "springboot", "my-secret", "my-secret-key", "mykey", "mypassword",
	"hmac", "hs256", "HS256", "signature", "sign", "verysecret", "very_secret", "notsecret", "topsecret", "supersecretkey", "super-secret",
	"super_secret", "secret1", "secrets", "SECRET", "Secret", "SECRET_KEY", "JWT", "JWTSecret", "jwtSecret", "jwt_key", "jwtkey", "jwt-key",
	"tokenSecret", "token_secret", "auth_secret", "session", "company", "production", "prod", "staging", "local", "localhost", "change-me",
	"change_me", "changeit", "replace-me", "todo", "foo", "bar", "foobar", "abc", "abcd1234", "xxx", "key123", "mall-admin-secret",
	"mall-portal-secret", "my_jwt_secret", "jwtsecretkey", "bladex", "bladexisapowerfulmicroservicearchitectureupgradedandoptimizedfromacommercialproject"
};

static const EVP_MD *hash_of(struct str alg)
{
	return str_eq(alg, STR("HS256")) ? EVP_sha256() : str_eq(alg, STR("HS384")) ? EVP_sha384() :
	       str_eq(alg, STR("HS512"))  ? EVP_sha512() : NULL;
}

static bool signs(const struct token *t, const EVP_MD *md, const char *key)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	struct buf b;
	struct str signed_part = str_make(t->text.ptr, t->head.len + 1 + t->claims.len);
	if (!HMAC(md, key, (int)strlen(key), (const unsigned char *)signed_part.ptr, signed_part.len, mac, &len))
		return false;
	buf_init(&b, 256);
	encode_base64url(&b, str_make(mac, len));
	bool ok = str_eq(buf_view(&b), t->sig);
	buf_free(&b);
	return ok;
}

/* Does the word sign it, as it is or in the ways people make a key of a word? */
static bool word_signs(const struct token *t, const EVP_MD *md, const char *word, char *ret, size_t max)
{
	static const char *const ends[] = { "", "_key", "-key", "key", "Key", "_secret", "-secret", "secret", "Secret", "123", "@123", "!", "2024", "2025" };
	for (size_t shape = 0; shape < 3; shape++) {
		for (size_t k = 0; k < ARRAY_SIZE(ends); k++) {
			snprintf(ret, max, "%s%s", word, ends[k]);
			for (size_t i = 0; shape && ret[i] && (shape == 2 || i == 0); i++)
				ret[i] = ret[i] >= 'a' && ret[i] <= 'z' ? (char)(ret[i] - 32) : ret[i];
			if (signs(t, md, ret))
				return true;
			if (!word[0])
				return false;
		}
	}
	return false;
}

static bool guess_key(const struct token *t, char *ret, size_t max)
{
	json_t *head = part_json(t->head);
	const EVP_MD *md = head ? hash_of(json_get_str(head, "alg")) : NULL;
	bool found = false;
	for (size_t i = 0; md && i < ARRAY_SIZE(keys) && !found; i++)
		found = word_signs(t, md, keys[i], ret, max);
	json_decref(head);
	return found;
}

static void report_key(struct probe *p, const struct scan_exchange *x, const struct token *t, const char *key)
{
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = str_sub(t->text, 0, t->head.len),
				.parameter = t->place.len ? t->place : STR("Authorization"),
				.place_key = STR("key"),
				.title_zh = STR("JWT 签名密钥过弱"),
				.title_en = STR("JWT signed with a weak key"),
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "令牌的签名密钥在常见密钥清单中（%s），任何人都能签发令牌。",
							  *key ? arena_printf(probe_arena(p), "%c***", *key).ptr : "空"),
				.detail_en = STR("The token's key is in a short list of usual keys, so anybody can issue tokens.") });
}

/* ---- changed tokens ---- */

static int send_with(struct probe *p, const struct scan_exchange *x, const struct token *t, struct str text,
		     const struct scan_exchange **ret)
{
	struct scan_header h = { t->place.len ? STR("Cookie") : STR("Authorization"),
				 probe_printf(p, "%.*s%.*s%.*s", (int)t->at, t->header.ptr, STR_ARG(text),
					      STR_ARG(str_from(t->header, t->at + t->text.len))) };
	return probe_send(p, &(struct scan_mutation){ .url = x->url, .headers = &h, .headers_len = 1, .fresh = true }, ret);
}

static struct str encoded(struct probe *p, struct str s)
{
	return jwt_base64url(probe_arena(p), s);
}

static struct str other_signature(struct probe *p, const struct token *t)
{
	char *sig = arena_cstr(probe_arena(p), t->sig);
	for (size_t i = 0; i < t->sig.len; i += 3)
		sig[i] = sig[i] == 'A' ? 'B' : 'A';
	return probe_printf(p, "%.*s.%.*s.%.*s", STR_ARG(t->head), STR_ARG(t->claims), (int)t->sig.len, sig);
}

/* Twice the page of the good token. */
static bool accepted(struct probe *p, const struct scan_exchange *x, const struct token *t, struct str text,
		     const struct scan_exchange *good, const struct scan_exchange **ret)
{
	for (int i = 0; i < 2; i++)
		if (send_with(p, x, t, text, ret) < 0 || !probe_same(p, good, STR(""), *ret, STR("")))
			return false;
	return true;
}

static void report_forged(struct probe *p, const struct scan_exchange *x, const struct token *t, const char *zh, const char *en,
			  const char *kind)
{
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = probe_printf(p, "%s %s", zh, en),
				.parameter = t->place.len ? t->place : STR("Authorization"),
				.place_key = str_c(kind),
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = str_c(zh),
				.detail_en = str_c(en) });
}

/* What is tried of one token on one page. */
struct forging {
	const struct scan_exchange *x, *good;
	const struct token *t;
};

/* Is it taken? Then that is reported. */
static bool forged(struct probe *p, const struct forging *f, struct str text, const char *kind, const char *zh, const char *en)
{
	const struct scan_exchange *r;
	if (!text.ptr || !accepted(p, f->x, f->t, text, f->good, &r))
		return false;
	report_forged(p, r, f->t, zh, en, kind);
	return true;
}

static bool unsigned_taken(struct probe *p, const struct forging *f)
{
	const struct token *t = f->t;
	static const char *const none[] = { "none", "None", "NONE", "nOnE" };
	if (t->sig.len && forged(p, f, other_signature(p, t), "signature", "签名被改动的令牌仍被接受。", "A token with an altered signature is still accepted."))
		return true;
	if (t->sig.len && forged(p, f, probe_printf(p, "%.*s.%.*s.", STR_ARG(t->head), STR_ARG(t->claims)), "empty",
				 "去掉签名的令牌仍被接受。", "A token whose signature was taken away is still accepted."))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		struct str head = encoded(p, probe_printf(p, "{\"alg\":\"%s\",\"typ\":\"JWT\"}", none[i]));
		if (forged(p, f, probe_printf(p, "%.*s.%.*s.", STR_ARG(head), STR_ARG(t->claims)), "none", "算法写成 none、没有签名的令牌被接受。",
			   "A token without signature, algorithm \"none\", is accepted."))
			return true;
	}
	struct str head = encoded(p, probe_printf(p, "{\"alg\":\"%.*s\",\"typ\":\"JWT\"}", STR_ARG(probe_word(p, 5))));
	return forged(p, f, probe_printf(p, "%.*s.%.*s.%.*s", STR_ARG(head), STR_ARG(t->claims), STR_ARG(encoded(p, probe_word(p, 32)))), "unknown",
		      "算法写成不存在的名称时不再检查签名。", "With an algorithm that does not exist the signature is not checked.");
}

static struct str hs256(struct probe *p, const struct token *t, struct str head, struct str key)
{
	struct str text = probe_printf(p, "%.*s.%.*s", STR_ARG(encoded(p, head)), STR_ARG(t->claims));
	return probe_printf(p, "%.*s.%.*s", STR_ARG(text), STR_ARG(jwt_mac(probe_arena(p), key, text)));
}

/* The key's file is named by the token: a file of nothing makes a key that everybody knows. */
static bool key_file_taken(struct probe *p, const struct forging *f, const json_t *head)
{
	static const char *const files[] = { "../../../../../../../../dev/null", "/dev/null" };
	struct str alg = json_get_str(head, "alg");
	if (!json_get_str(head, "kid").len || !str_starts(alg, STR("HS")))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (forged(p, f, hs256(p, f->t, probe_printf(p, "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", files[i]), STR("")), "kid",
			   "kid 指向空文件后，用空密钥签名的令牌被接受：密钥文件由令牌自己指定。",
			   "With a kid that leads to an empty file, a token signed with an empty key is accepted: the token says which file holds the key."))
			return true;
	return false;
}

/* Usual places of public keys: beside the page, a folder up, at the top. */
static bool confusion_in(struct probe *p, const struct forging *f, struct str folder, struct map *tried)
{
	static const char *const names[] = { "jwks.json", ".well-known/jwks.json", "public.pem", "public.key", "jwt.pub", "public_key.pem", "pubkey.pem" };
	const struct scan_exchange *x;
	struct str forms[JWT_KEYS];
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (probe_get(p, probe_printf(p, "%.*s%.*s%s", STR_ARG(f->x->origin), STR_ARG(folder), names[i]), &x) < 0 || x->status != 200 ||
		    x->media == MEDIA_HTML)
			continue;
		size_t n = jwt_public_forms(probe_arena(p), active_content(x), forms);
		for (size_t k = 0; k < n; k++)
			if (map_add(tried, forms[k]) && forged(p, f, hs256(p, f->t, STR("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"), forms[k]), "confusion",
			    "用公开的公钥当作 HMAC 密钥签名的令牌被接受（算法混淆 RS256→HS256），任何人都能签发令牌。",
			    "A token signed by HMAC with the published public key is accepted (algorithm confusion RS256 to HS256): anybody can issue tokens."))
				return true;
	}
	return false;
}

static bool public_key_taken(struct probe *p, const struct forging *f, const json_t *head)
{
	struct str alg = json_get_str(head, "alg");
	struct url u;
	if (!str_starts(alg, STR("RS")) && !str_starts(alg, STR("PS")) && !str_starts(alg, STR("ES")))
		return false;
	if (forged(p, f, jwt_with_own_key(probe_arena(p), f->t->claims), "jwk", "令牌头里自带的公钥被采信：用自己的密钥签名的令牌被接受。",
		   "The key that stands in the token's own header is believed: a token signed with any key is accepted."))
		return true;
	if (url_parse(probe_arena(p), f->x->url, NULL, 0, &u, NULL) < 0)
		return false;
	struct str folder = arena_str(probe_arena(p), url_directory(&u));
	struct map *tried = map_new();
	bool found = false;
	for (int i = 0; i < 3 && !found; i++) {
		found = confusion_in(p, f, folder, tried);
		if (folder.len <= 1)
			break;
		folder = str_sub(folder, 0, folder.len - 1);
		folder = i == 1 ? STR("/") : str_sub(folder, 0, (size_t)str_rchr(folder, '/') + 1);
	}
	map_free(tried);
	return found;
}

/* Its time is over by more than an hour, by the server's own clock. */
static void look_expired(struct probe *p, const struct forging *f, const json_t *claims)
{
	int64_t end = json_get_int(claims, "exp", 0), now = clock_wall_ms(&clock_system) / 1000;
	if (end > 1000000000 && end < now - 3600)
		report_forged(p, f->good, f->t, "过期的令牌仍被接受：有效期（exp）没有检查。",
			      "A token whose time is over is still accepted: its end (exp) is not looked at.", "expired");
}

/* A site sends its token everywhere: a few pages in a folder that depend on it are enough. */
static bool enough(struct probe *p, const struct token *t, const char *what, unsigned most)
{
	struct str path = probe_base(p)->path, first;
	str_split(&path, '/', &first);
	str_split(&path, '/', &first);
	for (unsigned i = 0; i < most; i++)
		if (probe_first(p, probe_printf(p, "%s%u %.*s %.*s %.*s", what, i, STR_ARG(t->place), STR_ARG(probe_base(p)->origin), STR_ARG(first))))
			return false;
	return true;
}

static void probe_jwt(struct probe *p, const struct scan_exchange *x)
{
	struct token t;
	struct forging f = { .x = x, .t = &t };
	const struct scan_exchange *bad;
	if (x->missing || !token_of(x, &t))
		return;
	char key[128];
	if (!enough(p, &t, "guessed", 1) && guess_key(&t, key, sizeof(key)))
		report_key(p, x, &t, key);
	struct str rubbish = probe_printf(p, "%.*s.%.*s.%.*s", STR_ARG(t.head), STR_ARG(encoded(p, STR("not json"))), STR_ARG(t.sig));
	if (enough(p, &t, "asked", 60) || send_with(p, x, &t, t.text, &f.good) < 0 || f.good->status >= 400 ||
	    send_with(p, x, &t, rubbish, &bad) < 0 || probe_same(p, f.good, STR(""), bad, STR("")) || enough(p, &t, "tried", 3))
		return; /* the page does not depend on it */
	json_t *head = part_json(t.head), *claims = part_json(t.claims);
	look_expired(p, &f, claims);
	if (!unsigned_taken(p, &f) && !key_file_taken(p, &f, head))
		public_key_taken(p, &f, head);
	json_decref(head);
	json_decref(claims);
}

const struct scan_check check_jwt_forgeable = {
	.id = "jwt-forgeable",
	.title_zh = "JWT 令牌可被伪造",
	.title_en = "JSON Web Tokens can be forged",
	.severity = SEVERITY_HIGH,
	.cwe = 347,
	.owasp = "A02:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_SITE,
	.on_route = probe_jwt,
};

/* ---- passive: tokens that never end ---- */

static void look_token(struct scan_ctx *c, const struct scan_exchange *x, struct str text, size_t at, struct str parameter)
{
	struct token t;
	if (!token_at(str_from(text, at), &t) || str_empty(t.sig))
		return;
	json_t *claims = part_json(t.claims);
	bool endless = json_is_object(claims) && !json_object_get(claims, "exp");
	json_decref(claims);
	if (endless)
		scan_report(c, &(struct scan_report){ .exchange = x, .proof = str_make(t.text.ptr, t.head.len), .parameter = parameter });
}

static void look_endless(struct scan_ctx *c, const struct scan_exchange *x)
{
	size_t at = 0;
	struct str v;
	while (scan_header_next(&x->headers, "set-cookie", &at, &v)) {
		ssize_t eq = str_chr(v, '=');
		if (eq > 0)
			look_token(c, x, v, (size_t)eq + 1, str_sub(v, 0, (size_t)eq));
	}
	if (x->media != MEDIA_JSON)
		return;
	ssize_t hit = str_find(x->text, STR("\"eyJ"));
	if (hit >= 0)
		look_token(c, x, x->text, (size_t)hit + 1, STR_NULL);
}

const struct scan_check check_jwt_endless = {
	.id = "jwt-endless",
	.title_zh = "JWT 令牌没有有效期",
	.title_en = "JSON Web Token without an end",
	.severity = SEVERITY_INFO,
	.cwe = 613,
	.owasp = "A07:2021",
	.place = PLACE_SITE,
	.on_exchange = look_endless,
};
