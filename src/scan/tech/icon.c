/* Hashes of favicons as the field writes them: MurmurHash3 (x86, 32 bits, seed 0; Austin
 * Appleby, public domain) of the base64 text with a line break after every 76 characters,
 * as a signed number; and MD5 of the bytes. */
#include <openssl/evp.h>
#include <stdio.h>

#include "base/encode.h"
#include "base/limits.h"
#include "scan/tech/tech_private.h"

static uint32_t rotl(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

static uint32_t mix(uint32_t k)
{
	return rotl(k * 0xcc9e2d51u, 15) * 0x1b873593u;
}

int32_t tech_mmh3(struct str s, uint32_t seed)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t blocks = s.len / 4;
	uint32_t h = seed, k = 0;
	for (size_t i = 0; i < blocks; i++, p += 4) {
		h ^= mix((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
		h = rotl(h, 13) * 5 + 0xe6546b64u;
	}
	for (size_t i = s.len % 4; i > 0; i--)
		k = k << 8 | p[i - 1];
	h ^= s.len % 4 ? mix(k) : 0;
	h ^= (uint32_t)s.len;
	h = (h ^ h >> 16) * 0x85ebca6bu;
	h = (h ^ h >> 13) * 0xc2b2ae35u;
	return (int32_t)(h ^ h >> 16);
}

void tech_icon_hashes(struct str body, char mmh3[12], char md5[33])
{
	struct buf flat, lines;
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	buf_init(&flat, 8 * MIB);
	buf_init(&lines, 8 * MIB);
	encode_base64(&flat, body);
	for (size_t i = 0; i < flat.len; i += 76) {
		buf_str(&lines, str_sub(buf_view(&flat), i, i + 76));
		buf_char(&lines, '\n');
	}
	snprintf(mmh3, 12, "%d", (int)tech_mmh3(buf_view(&lines), 0));
	md5[0] = 0;
	if (EVP_Digest(body.ptr, body.len, sum, &len, EVP_md5(), NULL) == 1)
		for (unsigned i = 0; i < 16; i++)
			snprintf(md5 + 2 * i, 3, "%02x", sum[i]);
	buf_free(&flat);
	buf_free(&lines);
}
