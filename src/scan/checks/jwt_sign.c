/* Keys and signatures of JSON Web Tokens (RFC 7515, 7517, 7518), as far as jwt.c forges them:
 * HMAC, a public key's usual text forms, RS256 with a key made for the occasion. Foreign bytes
 * (key files) go through json_parse() and OpenSSL's PEM reader, bounded by 64 KiB. */
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/limits.h"
#include "scan/checks/jwt_sign.h"

struct str jwt_base64url(struct arena *a, struct str s)
{
	_cleanup_buf_ struct buf b = BUF_INIT(128 * KIB);
	encode_base64url(&b, s);
	return arena_str(a, buf_view(&b));
}

struct str jwt_mac(struct arena *a, struct str key, struct str text)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	if (!HMAC(EVP_sha256(), key.len ? key.ptr : "", (int)key.len, (const unsigned char *)text.ptr, text.len, mac, &len))
		return STR("");
	return jwt_base64url(a, str_make((const char *)mac, len));
}

static void add(struct arena *a, struct str *list, size_t *n, struct str s)
{
	if (*n < JWT_KEYS && s.len)
		list[(*n)++] = arena_str(a, s);
}

/* With and without the line end: programs read files either way. */
static void add_lines(struct arena *a, struct str *list, size_t *n, struct str s)
{
	add(a, list, n, s);
	if (str_trim(s).len != s.len)
		add(a, list, n, str_trim(s));
}

static void add_forms(struct arena *a, struct str *list, size_t *n, EVP_PKEY *key)
{
	static const char *const forms[] = { "SubjectPublicKeyInfo", "type-specific" };
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		OSSL_ENCODER_CTX *c = OSSL_ENCODER_CTX_new_for_pkey(key, EVP_PKEY_PUBLIC_KEY, "PEM", forms[i], NULL);
		unsigned char *out = NULL;
		size_t len = 0;
		if (c && OSSL_ENCODER_to_data(c, &out, &len))
			add_lines(a, list, n, str_make((const char *)out, len));
		OPENSSL_free(out);
		OSSL_ENCODER_CTX_free(c);
	}
}

static bool bytes_of(struct buf *b, const json_t *v, const char *name)
{
	struct str s = json_get_str(v, name);
	buf_clear(b);
	return s.len > 0 && s.len < 4 * KIB && decode_base64(b, s) == 0;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (!params || !c || EVP_PKEY_fromdata_init(c) <= 0 || EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(c);
	OSSL_PARAM_free(params);
	return key;
}

/* RSA and P-256 keys of RFC 7518, section 6. */
static EVP_PKEY *from_jwk(const json_t *v)
{
	_cleanup_buf_ struct buf first = BUF_INIT(8 * KIB), second = BUF_INIT(8 * KIB);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = NULL, *e = NULL;
	EVP_PKEY *key = NULL;
	if (str_eq(json_get_str(v, "kty"), STR("RSA")) && bytes_of(&first, v, "n") && bytes_of(&second, v, "e")) {
		n = BN_bin2bn((const unsigned char *)first.ptr, (int)first.len, NULL);
		e = BN_bin2bn((const unsigned char *)second.ptr, (int)second.len, NULL);
		if (n && e && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
			key = from_params("RSA", build);
	} else if (str_eq(json_get_str(v, "crv"), STR("P-256")) && bytes_of(&first, v, "x") && bytes_of(&second, v, "y") && first.len == 32 &&
		   second.len == 32) {
		unsigned char point[65] = { 4 };
		memcpy(point + 1, first.ptr, 32);
		memcpy(point + 33, second.ptr, 32);
		if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
		    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)))
			key = from_params("EC", build);
	}
	BN_free(n);
	BN_free(e);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static void forms_of_set(struct arena *a, const json_t *set, struct str *list, size_t *n)
{
	const json_t *keys = json_object_get(set, "keys");
	for (size_t i = 0; i < (keys ? json_array_size(keys) : 1) && i < 2; i++) {
		EVP_PKEY *key = from_jwk(keys ? json_array_get(keys, i) : set);
		if (key)
			add_forms(a, list, n, key);
		EVP_PKEY_free(key);
	}
}

size_t jwt_public_forms(struct arena *a, struct str file, struct str *list)
{
	size_t n = 0;
	if (file.len > 64 * KIB)
		return 0;
	json_t *set = str_starts(str_trim(file), STR("{")) ? json_parse(file, NULL) : NULL;
	if (set) {
		forms_of_set(a, set, list, &n);
		json_decref(set);
	} else if (str_has(str_sub(file, 0, 200), STR("-----BEGIN ")) && !str_has(file, STR("PRIVATE KEY"))) {
		BIO *in = BIO_new_mem_buf(file.ptr, (int)file.len);
		EVP_PKEY *key = in ? PEM_read_bio_PUBKEY(in, NULL, NULL, NULL) : NULL;
		add_lines(a, list, &n, file); /* as it is served: as it lies there */
		if (key && !str_has(file, STR("BEGIN PUBLIC KEY")))
			add_forms(a, list, &n, key);
		EVP_PKEY_free(key);
		BIO_free(in);
	}
	ERR_clear_error();
	return n;
}

static struct str number_of(struct arena *a, const EVP_PKEY *key, const char *name)
{
	unsigned char bytes[512];
	BIGNUM *n = NULL;
	struct str s = STR("");
	if (EVP_PKEY_get_bn_param(key, name, &n) && BN_num_bytes(n) <= (int)sizeof(bytes))
		s = jwt_base64url(a, str_make((const char *)bytes, (size_t)BN_bn2bin(n, bytes)));
	BN_free(n);
	return s;
}

struct str jwt_with_own_key(struct arena *a, struct str claims)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	unsigned char sig[512];
	size_t len = sizeof(sig);
	struct str r = STR_NULL;
	if (key && c) {
		struct str n = number_of(a, key, OSSL_PKEY_PARAM_RSA_N), e = number_of(a, key, OSSL_PKEY_PARAM_RSA_E);
		struct str head = arena_printf(a, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"zw\",\"jwk\":{\"kty\":\"RSA\",\"use\":\"sig\",\"kid\":\"zw\","
						  "\"n\":\"%.*s\",\"e\":\"%.*s\"}}", STR_ARG(n), STR_ARG(e));
		struct str text = arena_printf(a, "%.*s.%.*s", STR_ARG(jwt_base64url(a, head)), STR_ARG(claims));
		if (EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key) > 0 &&
		    EVP_DigestSign(c, sig, &len, (const unsigned char *)text.ptr, text.len) > 0)
			r = arena_printf(a, "%.*s.%.*s", STR_ARG(text), STR_ARG(jwt_base64url(a, str_make((const char *)sig, len))));
	}
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return r;
}
