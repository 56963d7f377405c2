/* Any bytes as the block of an automaton: refused, or it scans without leading outside. The first
 * byte says how much is text; the sum is made right, or nothing would come past it. */
#include <stdlib.h>

#include "lang/matcher_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool count(void *ctx, uint32_t id, size_t from, size_t to)
{
	size_t *left = ctx;

	check(from < to && to - from <= MATCHER_TERM_MAX);
	return (*left)-- > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct matcher *m;

	if (size < 1 + sizeof(struct matcher_head))
		return 0;
	size_t text = data[0], block = size - 1;
	char *copy = aligned_alloc(64, (block + 63) / 64 * 64);
	struct matcher_head *h = (void *)copy;

	check(copy);
	memcpy(copy, data + 1, block);
	h->size = block;
	h->sum = matcher_sum(h);
	if (matcher_open(str_make(copy, block), &m, NULL) == 0) {
		/* Symbols that lead somewhere are more likely in the block itself. */
		uint16_t sym[512];
		size_t left = 10000, n = text * 2;

		for (size_t i = 0; i < n; i++)
			memcpy(&sym[i], data + 1 + (i * 2) % (block - 1), 2);
		matcher_scan(m, MATCHER_ALL, sym, n, count, &left);
		left = 10000;
		matcher_scan(m, MATCHER_LEFT_LONGEST, sym, n, count, &left);
		matcher_free(m);
	}
	free(copy);
	return 0;
}
