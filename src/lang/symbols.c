/* Look-ups of many symbols at once by gathering; every variant gives the same. A gather loads four
 * bytes where two are asked for: tables have room for that behind their last entry. */
#include "lang/symbols.h"

static int everywhere(void)
{
	return 1;
}

static void map_portable(const uint16_t *table, const uint16_t *sym, size_t n, uint16_t *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = table[sym[i]];
}

static uint64_t in_portable(const uint32_t *set, const uint16_t *sym, size_t n)
{
	uint64_t found = 0;

	for (size_t i = 0; i < n; i++)
		found |= (uint64_t)(set[sym[i] >> 5] >> (sym[i] & 31) & 1) << i;
	return found;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))
#define AVX2 __attribute__((target("avx2")))

static int has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

static int has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

AVX512 static void map_avx512(const uint16_t *table, const uint16_t *sym, size_t n, uint16_t *out)
{
	for (size_t i = 0; i < n; i += 16) {
		__mmask16 some = n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : (__mmask16)0xFFFF;
		__m512i at = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(some, sym + i));
		__m512i v = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), some, at, table, 2);

		_mm256_mask_storeu_epi16(out + i, some, _mm512_cvtepi32_epi16(v));
	}
}

AVX512 static uint64_t in_avx512(const uint32_t *set, const uint16_t *sym, size_t n)
{
	const __m512i one = _mm512_set1_epi32(1), low = _mm512_set1_epi32(31);
	uint64_t found = 0;

	for (size_t i = 0; i < n; i += 16) {
		__mmask16 some = n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : (__mmask16)0xFFFF;
		__m512i at = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(some, sym + i));
		__m512i v = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), some, _mm512_srli_epi32(at, 5), set, 4);
		__mmask16 hit = _mm512_test_epi32_mask(v, _mm512_sllv_epi32(one, _mm512_and_si512(at, low)));

		found |= (uint64_t)hit << i;
	}
	return found;
}

AVX2 static void map_avx2(const uint16_t *table, const uint16_t *sym, size_t n, uint16_t *out)
{
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		__m256i at = _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)(sym + i)));
		__m256i v = _mm256_and_si256(_mm256_i32gather_epi32((const int *)(const void *)table, at, 2), _mm256_set1_epi32(0xFFFF));

		_mm_storeu_si128((void *)(out + i), _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)));
	}
	map_portable(table, sym + i, n - i, out + i);
}

AVX2 static uint64_t in_avx2(const uint32_t *set, const uint16_t *sym, size_t n)
{
	uint64_t found = 0;
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		__m256i at = _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)(sym + i)));
		__m256i v = _mm256_i32gather_epi32((const int *)set, _mm256_srli_epi32(at, 5), 4);
		__m256i bit = _mm256_slli_epi32(_mm256_srlv_epi32(v, _mm256_and_si256(at, _mm256_set1_epi32(31))), 31);

		found |= (uint64_t)(unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(bit)) << i;
	}
	return i < n ? found | in_portable(set, sym + i, n - i) << i : found;
}
#endif

const struct symbols_kernel symbols_kernels[] = {
#if defined(__x86_64__)
	{ "avx512", has_avx512, map_avx512, in_avx512 },
	{ "avx2", has_avx2, map_avx2, in_avx2 },
#endif
	{ "portable", everywhere, map_portable, in_portable },
	{ 0 },
};

static inline const struct symbols_kernel *best(void)
{
	const struct symbols_kernel *k = symbols_kernels;

	while (!k->supported())
		k++;
	return k;
}

void symbols_map(const uint16_t *table, const uint16_t *sym, size_t n, uint16_t *out)
{
	best()->map(table, sym, n, out);
}

uint64_t symbols_in(const uint32_t *set, const uint16_t *sym, size_t n)
{
	return best()->in(set, sym, n);
}
