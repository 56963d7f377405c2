/* Tokens: base 36 of random bytes and of a mixed counter. The check is a hash, no secret:
 * it keeps noise out, not enemies; those meet the bounds of the server. */
#include "net/oob_token.h"

#include "base/id.h"

static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

static void put(char *out, size_t n, uint64_t v)
{
	for (size_t i = 0; i < n; i++, v /= 36)
		out[i] = digits[v % 36];
}

static void seal(char out[OOB_TOKEN_LEN + 1])
{
	put(out + OOB_TOKEN_LEN - 4, 4, str_hash(str_make(out, OOB_TOKEN_LEN - 4)) >> 7);
	out[OOB_TOKEN_LEN] = 0;
}

void oob_prefix_make(char out[OOB_PREFIX_LEN + 1])
{
	uint64_t v;
	random_bytes(&v, sizeof(v));
	out[0] = 'z';
	out[1] = 'w';
	put(out + 2, OOB_PREFIX_LEN - 2, v);
	out[OOB_PREFIX_LEN] = 0;
}

void oob_token_make(const char prefix[OOB_PREFIX_LEN + 1], uint64_t n, char out[OOB_TOKEN_LEN + 1])
{
	memcpy(out, prefix, OOB_PREFIX_LEN);
	/* odd factor modulo 36^10: neighbours look nothing alike, none twice */
	put(out + OOB_PREFIX_LEN, 10, (n * 2654435761u + 1013904223u) % 3656158440062976u);
	seal(out);
}

bool oob_token_find(struct str text, char out[OOB_TOKEN_LEN + 1])
{
	for (size_t i = 0; i + OOB_TOKEN_LEN <= text.len; i++) {
		if ((text.ptr[i] | 0x20) != 'z' || (text.ptr[i + 1] | 0x20) != 'w')
			continue;
		char t[OOB_TOKEN_LEN + 1], sealed[OOB_TOKEN_LEN + 1];
		bool ok = true;
		for (size_t k = 0; k < OOB_TOKEN_LEN && ok; k++) {
			t[k] = ascii_lower(text.ptr[i + k]);
			ok = ascii_alnum(t[k]);
		}
		if (!ok)
			continue;
		t[OOB_TOKEN_LEN] = 0;
		memcpy(sealed, t, sizeof(t));
		seal(sealed);
		if (memcmp(sealed, t, OOB_TOKEN_LEN) == 0) {
			memcpy(out, t, sizeof(t));
			return true;
		}
	}
	return false;
}
