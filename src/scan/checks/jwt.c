/* JSON Web Tokens that prove nothing (CWE-347): the signature is not checked, "none" is taken
 * for an algorithm, an HMAC key can be guessed (offline, from a short list of what examples
 * and people use), a public key is taken for an HMAC key. A changed token is believed to be
 * accepted only when the page with it is the page with the good one, and another than with
 * a token that cannot be good. */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/encode.h"
#include "base/json.h"
#include "base/limits.h"
#include "scan/checks/active_private.h"

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
	"somethingsecret", "shhhhh", "keyboard cat", "the-key", "access_token", "signingkey", "oauth", "demo", "dev", "development",
	"SecretKey012345678901234567890123456789012345678901234567890123456789", "MySecret", "mySecretKey", "secret-key", "top-secret",
	"a-valid-string-secret-that-is-at-least-256-bits-long"
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

static const char *guess_key(const struct token *t)
{
	json_t *head = part_json(t->head);
	const EVP_MD *md = head ? hash_of(json_get_str(head, "alg")) : NULL;
	const char *found = NULL;
	for (size_t i = 0; md && i < ARRAY_SIZE(keys) && !found; i++)
		if (signs(t, md, keys[i]))
			found = keys[i];
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
	struct buf b;
	buf_init(&b, 64 * KIB);
	encode_base64url(&b, s);
	struct str r = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return r;
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

static void probe_jwt(struct probe *p, const struct scan_exchange *x)
{
	struct token t;
	const struct scan_exchange *good, *bad, *r;
	if (x->missing || !token_of(x, &t))
		return;
	const char *key = guess_key(&t);
	if (key)
		report_key(p, x, &t, key);
	struct str rubbish = probe_printf(p, "%.*s.%.*s.%.*s", STR_ARG(t.head), STR_ARG(encoded(p, STR("not json"))), STR_ARG(t.sig));
	if (send_with(p, x, &t, t.text, &good) < 0 || good->status >= 400 || send_with(p, x, &t, rubbish, &bad) < 0 ||
	    probe_same(p, good, STR(""), bad, STR("")))
		return; /* the page does not depend on it */
	if (t.sig.len && accepted(p, x, &t, other_signature(p, &t), good, &r)) {
		report_forged(p, r, &t, "签名被改动的令牌仍被接受。", "A token with an altered signature is still accepted.", "signature");
		return;
	}
	static const char *const none[] = { "none", "None", "NONE", "nOnE" };
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		struct str head = encoded(p, probe_printf(p, "{\"alg\":\"%s\",\"typ\":\"JWT\"}", none[i]));
		if (!accepted(p, x, &t, probe_printf(p, "%.*s.%.*s.", STR_ARG(head), STR_ARG(t.claims)), good, &r))
			continue;
		report_forged(p, r, &t, "算法写成 none、没有签名的令牌被接受。", "A token without signature, algorithm \"none\", is accepted.", "none");
		return;
	}
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
