/* Hashes, HMAC, ciphers and JSON web tokens through OpenSSL; MurmurHash3 (32 bit, by Austin
 * Appleby, public domain algorithm) for favicon hashes. */
#include "scan/template/expr_private.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include "base/encode.h"
#include "base/json.h"

static int hash_hex(struct expr_env *env, struct str s, const EVP_MD *md, struct value *ret)
{
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	struct buf b = EXPR_BUF;

	if (EVP_Digest(s.ptr, s.len, out, &len, md, NULL) != 1)
		return expr_fail(env, "hashing failed");
	encode_hex(&b, str_make(out, len));
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_md5)
{
	return hash_hex(env, arg_str(env, &args[0]), EVP_md5(), ret);
}
EXPR_FN(fn_sha1)
{
	return hash_hex(env, arg_str(env, &args[0]), EVP_sha1(), ret);
}
EXPR_FN(fn_sha256)
{
	return hash_hex(env, arg_str(env, &args[0]), EVP_sha256(), ret);
}
EXPR_FN(fn_sha512)
{
	return hash_hex(env, arg_str(env, &args[0]), EVP_sha512(), ret);
}

static uint32_t rotl(uint32_t x, int r)
{
	return x << r | x >> (32 - r);
}

static uint32_t murmur3(struct str s)
{
	uint32_t h = 0, k;
	size_t i = 0;
	const unsigned char *p = (const unsigned char *)s.ptr;

	for (; i + 4 <= s.len; i += 4) {
		k = p[i] | (uint32_t)p[i + 1] << 8 | (uint32_t)p[i + 2] << 16 |
		    (uint32_t)p[i + 3] << 24;
		h ^= rotl(k * 0xcc9e2d51u, 15) * 0x1b873593u;
		h = rotl(h, 13) * 5 + 0xe6546b64u;
	}
	k = 0;
	for (size_t j = s.len; j > i; j--)
		k = k << 8 | p[j - 1];
	if (s.len & 3)
		h ^= rotl(k * 0xcc9e2d51u, 15) * 0x1b873593u;
	h ^= (uint32_t)s.len;
	h = (h ^ h >> 16) * 0x85ebca6bu;
	h = (h ^ h >> 13) * 0xc2b2ae35u;
	return h ^ h >> 16;
}

EXPR_FN(fn_mmh3)
{
	*ret = value_of_str(
		arena_printf(env->arena, "%d", (int32_t)murmur3(arg_str(env, &args[0]))));
	return 0;
}

/* The hash that search engines give a site's icon: over its base64 in lines of 76. */
EXPR_FN(fn_favicon_hash)
{
	struct value lines;

	if (fn_base64_py(env, args, n, &lines) < 0)
		return -1;
	*ret = value_of_int((int32_t)murmur3(lines.str));
	return 0;
}

static const EVP_MD *md_by_name(struct str name)
{
	static const struct {
		struct str name;
		const EVP_MD *(*md)(void);
	} list[] = { { STR_INIT("md5"), EVP_md5 },	  { STR_INIT("sha1"), EVP_sha1 },
		     { STR_INIT("sha-1"), EVP_sha1 },	  { STR_INIT("sha256"), EVP_sha256 },
		     { STR_INIT("sha-256"), EVP_sha256 }, { STR_INIT("sha384"), EVP_sha384 },
		     { STR_INIT("sha512"), EVP_sha512 },  { STR_INIT("sha-512"), EVP_sha512 } };

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		if (str_ieq(list[i].name, name))
			return list[i].md();
	return NULL;
}

static struct str sign(const EVP_MD *md, struct str key, struct str data,
		       unsigned char out[EVP_MAX_MD_SIZE])
{
	unsigned len = 0;
	const char *k = key.len ? key.ptr : "";

	if (!HMAC(md, k, (int)key.len, (const unsigned char *)data.ptr, data.len, out, &len))
		return STR_NULL;
	return str_make(out, len);
}

EXPR_FN(fn_hmac)
{
	const EVP_MD *md = md_by_name(arg_str(env, &args[0]));
	unsigned char out[EVP_MAX_MD_SIZE];
	struct buf b = EXPR_BUF;

	if (!md)
		return expr_fail(env, "unknown hash algorithm");
	struct str mac = sign(md, arg_str(env, &args[2]), arg_str(env, &args[1]), out);
	if (!mac.ptr)
		return expr_fail(env, "hashing failed");
	encode_hex(&b, mac);
	return expr_ret_buf(env, &b, ret);
}

static int cipher(struct expr_env *env, const EVP_CIPHER *c, struct str key, struct str iv,
		  struct str text, bool pad, struct value *ret)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	char *out = expr_room(env, text.len + 32);
	int n = 0, last = 0, ok;

	ok = ctx && out && c &&
	     EVP_EncryptInit_ex(ctx, c, NULL, (const unsigned char *)key.ptr,
				iv.len ? (const unsigned char *)iv.ptr : NULL) == 1 &&
	     EVP_CIPHER_CTX_set_padding(ctx, pad) == 1 &&
	     EVP_EncryptUpdate(ctx, (unsigned char *)out, &n, (const unsigned char *)text.ptr,
			       (int)text.len) == 1 &&
	     EVP_EncryptFinal_ex(ctx, (unsigned char *)out + n, &last) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!ok)
		return expr_fail(env, "encryption failed");
	*ret = value_of_str(str_make(out, (size_t)n + (size_t)last));
	return 0;
}

static const EVP_CIPHER *aes(size_t key_len, bool cbc)
{
	return key_len == 16 ? (cbc ? EVP_aes_128_cbc() : EVP_aes_128_ecb()) :
	       key_len == 24 ? (cbc ? EVP_aes_192_cbc() : EVP_aes_192_ecb()) :
	       key_len == 32 ? (cbc ? EVP_aes_256_cbc() : EVP_aes_256_ecb()) :
			       NULL;
}

EXPR_FN(fn_aes_cbc)
{
	struct str key = arg_str(env, &args[1]), iv = arg_str(env, &args[2]);

	if (iv.len != 16 || !aes(key.len, true))
		return expr_fail(env, "a key of 16, 24 or 32 bytes and an IV of 16 are needed");
	return cipher(env, aes(key.len, true), key, iv, arg_str(env, &args[0]), true, ret);
}

static int ecb(struct expr_env *env, const struct value *args, bool pad, struct value *ret)
{
	struct str key = arg_str(env, &args[1]);

	if (!aes(key.len, false))
		return expr_fail(env, "a key of 16, 24 or 32 bytes is needed");
	return cipher(env, aes(key.len, false), key, STR(""), arg_str(env, &args[0]), pad, ret);
}

EXPR_FN(fn_aes_ecb)
{
	return ecb(env, args, true, ret);
}
EXPR_FN(fn_aes_ecb_nopad)
{
	return ecb(env, args, false, ret);
}

/* Nonce, cipher text, tag. */
EXPR_FN(fn_aes_gcm)
{
	struct str key = arg_str(env, &args[0]), text = arg_str(env, &args[1]);
	const EVP_CIPHER *c = key.len == 16 ? EVP_aes_128_gcm() :
			      key.len == 24 ? EVP_aes_192_gcm() :
			      key.len == 32 ? EVP_aes_256_gcm() :
					      NULL;
	unsigned char nonce[12], tag[16];
	struct value inner;
	int n1 = 0, n2 = 0;

	if (!c)
		return expr_fail(env, "a key of 16, 24 or 32 bytes is needed");
	for (size_t i = 0; i < sizeof(nonce); i++)
		nonce[i] = (unsigned char)expr_random(env, 256);
	char *out = expr_room(env, text.len + sizeof(nonce) + sizeof(tag));
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char *body = (unsigned char *)out + sizeof(nonce);
	bool ok = out && ctx &&
		  EVP_EncryptInit_ex(ctx, c, NULL, (const unsigned char *)key.ptr, nonce) == 1 &&
		  EVP_EncryptUpdate(ctx, body, &n1, (const unsigned char *)text.ptr,
				    (int)text.len) == 1 &&
		  EVP_EncryptFinal_ex(ctx, body + n1, &n2) == 1 &&
		  EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, sizeof(tag), tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!ok)
		return expr_fail(env, "encryption failed");
	memcpy(out, nonce, sizeof(nonce));
	memcpy(body + n1 + n2, tag, sizeof(tag));
	inner = value_of_str(str_make(out, sizeof(nonce) + (size_t)(n1 + n2) + sizeof(tag)));
	*ret = inner;
	return 0;
}

static int pad_to(struct expr_env *env, const struct value *args, bool pkcs7, struct value *ret)
{
	struct str text = arg_str(env, &args[0]);
	struct buf b = EXPR_BUF;
	int64_t size;

	if (arg_int(env, &args[1], 1, 255, &size) < 0)
		return -1;
	size_t missing = (size_t)size - text.len % (size_t)size;
	if (!pkcs7 && missing == (size_t)size)
		missing = 0;
	buf_str(&b, text);
	for (size_t i = 0; i < missing; i++)
		buf_char(&b, pkcs7 ? (char)missing : 0);
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_pkcs7_pad)
{
	return pad_to(env, args, true, ret);
}
EXPR_FN(fn_zero_pad)
{
	return pad_to(env, args, false, ret);
}

/* A public key in PEM, or its bytes in base64 as interfaces give them. NULL: neither. */
static EVP_PKEY *public_key(struct str text)
{
	_cleanup_buf_ struct buf der = BUF_INIT(16 * KIB);
	EVP_PKEY *key = NULL;

	if (str_has(text, STR("-----BEGIN"))) {
		BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);

		key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
		BIO_free(bio);
	} else if (decode_base64(&der, str_trim(text)) == 0 && der.len) {
		const unsigned char *at = (const unsigned char *)der.ptr;

		key = d2i_PUBKEY(NULL, &at, (long)der.len);
	}
	return key;
}

/* PKCS#1 v1.5. */
EXPR_FN(fn_rsa_encrypt)
{
	struct str text = arg_str(env, &args[0]);
	EVP_PKEY *key = public_key(arg_str(env, &args[1]));
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	size_t len = 1024;
	char *out = expr_room(env, len);
	bool ok = ctx && out && EVP_PKEY_encrypt_init(ctx) == 1 &&
		  EVP_PKEY_encrypt(ctx, (unsigned char *)out, &len,
				   (const unsigned char *)text.ptr, text.len) == 1;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	if (!ok)
		return expr_fail(env, "RSA encryption failed");
	*ret = value_of_str(str_make(out, len));
	return 0;
}

static const EVP_MD *jwt_md(struct str alg)
{
	return str_ieq(alg, STR("HS256")) ? EVP_sha256() :
	       str_ieq(alg, STR("HS384")) ? EVP_sha384() :
	       str_ieq(alg, STR("HS512")) ? EVP_sha512() :
					    NULL;
}

/* Claims as compact JSON with sorted keys. */
static char *jwt_claims(struct expr_env *env, const struct value *args, size_t n)
{
	_cleanup_json_ json_t *claims = json_parse(arg_str(env, &args[0]), NULL);
	int64_t expires;

	if (!json_is_object(claims))
		return NULL;
	if (n == 4) {
		if (arg_int(env, &args[3], INT32_MIN, INT64_MAX / 2, &expires) < 0)
			return NULL;
		json_put(claims, "iat", json_integer(expr_now_ms(env) / 1000));
		json_put(claims, "exp", json_integer(expires));
	}
	return json_dumps(claims, JSON_COMPACT | JSON_SORT_KEYS);
}

EXPR_FN(fn_generate_jwt)
{
	struct str alg = str_trim(arg_str(env, &args[1]));
	const EVP_MD *md = jwt_md(alg);
	bool none = !alg.len || str_ieq(alg, STR("none"));
	unsigned char out[EVP_MAX_MD_SIZE];
	char head[64], upper[16];

	if ((!md && !none) || alg.len >= sizeof(upper))
		return expr_fail(env, "this JWT algorithm is not supported");
	_cleanup_free_ char *claims = jwt_claims(env, args, n);
	if (!claims)
		return expr_fail(env, "the claims are no JSON object");
	memcpy(upper, alg.ptr, alg.len);
	upper[alg.len] = 0;
	for (char *p = upper; *p && md; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
	snprintf(head, sizeof(head), "{\"alg\":\"%s\",\"typ\":\"JWT\"}", none && !*upper ? "NONE" : upper);
	struct buf b = EXPR_BUF;
	encode_base64url(&b, str_c(head));
	buf_char(&b, '.');
	encode_base64url(&b, str_c(claims));
	struct str mac = md ? sign(md, n > 2 ? arg_str(env, &args[2]) : STR(""), buf_view(&b), out) :
			      STR("");
	buf_char(&b, '.');
	encode_base64url(&b, mac);
	return expr_ret_buf(env, &b, ret);
}
