/* Sealing with libsodium's secretbox under a key derived per purpose. */
#include "app/secret.h"

#include <sodium.h>

#include "base/check.h"
#include "base/encode.h"

#define PREFIX STR("s1.")

static void derive(const struct app *app, const char *use, struct str purpose,
		   unsigned char key[32])
{
	crypto_generichash_state st;
	crypto_generichash_init(&st, app->key, sizeof(app->key), 32);
	crypto_generichash_update(&st, (const unsigned char *)use, strlen(use) + 1);
	crypto_generichash_update(&st, (const unsigned char *)purpose.ptr, purpose.len);
	crypto_generichash_final(&st, key, 32);
}

void app_seal(const struct app *app, struct str purpose, struct str plain, struct buf *out)
{
	unsigned char key[32];
	_cleanup_buf_ struct buf box = BUF_INIT(plain.len + 128);
	derive(app, "seal", purpose, key);
	size_t need = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.len;
	unsigned char *p = (unsigned char *)buf_reserve(&box, need);
	check(p);
	randombytes_buf(p, crypto_secretbox_NONCEBYTES);
	crypto_secretbox_easy(p + crypto_secretbox_NONCEBYTES, (const unsigned char *)plain.ptr,
			      plain.len, p, key);
	box.len += need;
	sodium_memzero(key, sizeof(key));
	buf_str(out, PREFIX);
	encode_base64url(out, buf_view(&box));
}

int app_unseal(const struct app *app, struct str purpose, struct str sealed, struct buf *out,
	       struct error *e)
{
	unsigned char key[32];
	_cleanup_buf_ struct buf box = BUF_INIT(sealed.len + 1);
	size_t head = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
	int r = -1;
	if (str_starts(sealed, PREFIX) && decode_base64(&box, str_from(sealed, PREFIX.len)) == 0 &&
	    box.len >= head) {
		derive(app, "seal", purpose, key);
		unsigned char *p = (unsigned char *)buf_reserve(out, box.len - head + 1);
		const unsigned char *in = (const unsigned char *)box.ptr;
		if (p)
			r = crypto_secretbox_open_easy(p, in + crypto_secretbox_NONCEBYTES,
						       box.len - crypto_secretbox_NONCEBYTES, in, key);
		if (r == 0) {
			out->len += box.len - head;
			out->ptr[out->len] = '\0';
		}
		sodium_memzero(key, sizeof(key));
	}
	if (r == 0)
		return 0;
	return error_set(e, "secret.bad", "保存的机密无法解开：密钥文件已更换，或数据被改动。",
			 "A stored secret cannot be opened: the key file is another, or the data was changed.");
}

void app_token_hash(const struct app *app, const char *purpose, struct str token,
		    char ret_hex[65])
{
	unsigned char key[32], hash[32];
	derive(app, "token", str_c(purpose), key);
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)token.ptr, token.len, key,
			   sizeof(key));
	sodium_bin2hex(ret_hex, 65, hash, sizeof(hash));
	sodium_memzero(key, sizeof(key));
}
