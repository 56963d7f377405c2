/* RFC 6238 over RFC 4226; tested with the vectors of RFC 6238 appendix B. */
#include "app/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"
#include "base/encode.h"

unsigned totp_code(const unsigned char *secret, size_t len, int64_t step)
{
	unsigned char counter[8], mac[EVP_MAX_MD_SIZE];
	unsigned mac_len = 0;
	for (int i = 7; i >= 0; i--, step >>= 8)
		counter[i] = (unsigned char)(step & 0xff);
	check(HMAC(EVP_sha1(), secret, (int)len, counter, sizeof(counter), mac, &mac_len));
	unsigned at = mac[mac_len - 1] & 0xf;
	uint32_t v = ((uint32_t)(mac[at] & 0x7f) << 24) | ((uint32_t)mac[at + 1] << 16) |
		     ((uint32_t)mac[at + 2] << 8) | mac[at + 3];
	return v % 1000000;
}

int64_t totp_match(const unsigned char *secret, size_t len, struct str code, int64_t now_ms)
{
	int64_t n, now = now_ms / 30000, found = -1;
	if (code.len != 6 || str_to_i64(code, &n) < 0 || n < 0)
		return -1;
	for (int64_t step = now - 1; step <= now + 1; step++)
		if (totp_code(secret, len, step) == (unsigned)n)
			found = step;
	return found;
}

void totp_uri(struct buf *out, struct str issuer, struct str account, struct str secret_base32)
{
	buf_c(out, "otpauth://totp/");
	encode_percent(out, issuer);
	buf_c(out, ":");
	encode_percent(out, account);
	buf_c(out, "?secret=");
	buf_str(out, secret_base32);
	buf_c(out, "&issuer=");
	encode_percent(out, issuer);
	buf_c(out, "&algorithm=SHA1&digits=6&period=30");
}
