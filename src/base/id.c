/* ULIDs and random bytes. */
#include "base/id.h"

#include <errno.h>
#include <sys/random.h>

#include "base/check.h"

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void random_bytes(void *out, size_t n)
{
	unsigned char *p = out;

	while (n) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		check(got > 0);
		p += got;
		n -= (size_t)got;
	}
}

struct id id_new(int64_t wall_ms)
{
	struct id id = { { 0 } };
	unsigned char r[16];
	uint64_t t = (uint64_t)wall_ms;

	random_bytes(r, sizeof(r));
	for (int i = 9; i >= 0; i--, t >>= 5)
		id.text[i] = alphabet[t & 31];
	for (int i = 0; i < 16; i++)
		id.text[10 + i] = alphabet[r[i] & 31];
	return id;
}

bool id_valid(struct str s)
{
	if (s.len != ID_LEN)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!memchr(alphabet, s.ptr[i], 32))
			return false;
	return true;
}
