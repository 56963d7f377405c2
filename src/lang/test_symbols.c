/* Every variant that this processor has, against the table and the set themselves, up to the ends of both. */
#include "base/test.h"

#include "base/mem.h"
#include "lang/symbols.h"

static uint64_t seed = 88172645463325252u;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
	return (uint32_t)((seed >> 16) % n);
}

static void variants_agree(void **state)
{
	uint16_t *table = mem_array(SYMBOLS_TABLE, sizeof(*table));
	uint32_t set[SYMBOLS_SET] = { 0 };

	(void)state;
	for (uint32_t i = 0; i <= UINT16_MAX; i++) {
		table[i] = (uint16_t)below(65536);
		if (below(3) == 0)
			symbols_put(set, (uint16_t)i);
	}
	for (int round = 0; round < 2000; round++) {
		uint16_t sym[200], out[201];
		size_t n = below(201);

		for (size_t i = 0; i < n; i++)
			sym[i] = below(8) ? (uint16_t)below(65536) : UINT16_MAX;
		for (const struct symbols_kernel *k = symbols_kernels; k->name; k++) {
			if (!k->supported())
				continue;
			out[n] = 0x5A5A;
			k->map(table, sym, n, out);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(out[i], table[sym[i]]);
			assert_int_equal(out[n], 0x5A5A);
			size_t some = n < 64 ? n : 64;
			uint64_t want = 0;
			for (size_t i = 0; i < some; i++)
				want |= (uint64_t)(set[sym[i] >> 5] >> (sym[i] & 31) & 1) << i;
			assert_true(k->in(set, sym, some) == want);
		}
	}
	free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(variants_agree) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
