/* The prefilter over many positions at once: 16 with AVX-512, 8 with AVX2, one without. All give
 * the same candidates. The idea of asking a hashed bit table about the first characters of a
 * window before touching the automaton is that of Wu & Manber ("A fast algorithm for multi-pattern
 * searching", 1994); gathering the bits for a whole vector of positions follows Intel's
 * Hyperscan (FDR) and "DFC" (Choi et al., NSDI 2016) in spirit, over symbols instead of bytes. */
#include "lang/lanes_private.h"
#include "lang/matcher_private.h"

static size_t filter_from(const struct matcher_filter *f, const uint16_t *sym, size_t from,
			  size_t n, size_t have, uint32_t *ret, size_t found)
{
	for (size_t i = from; i < n; i++) {
		uint16_t b = i + 1 < have ? sym[i + 1] : 0, c = i + 2 < have ? sym[i + 2] : 0;

		ret[found] = (uint32_t)i;
		found += (unsigned)filter_passes(f, sym[i], b, c) | filter_single(f, sym[i]);
	}
	return found;
}

static size_t filter_portable(const struct matcher_filter *f, const uint16_t *sym, size_t n,
			      size_t have, uint32_t *ret)
{
	return filter_from(f, sym, 0, n, have, ret, 0);
}

static bool everywhere(void)
{
	return true;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define AVX2 __attribute__((target("avx2,popcnt")))

static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}

/* 16 symbols, or the `have` that there are. */
AVX512 static inline __m512i widen(const uint16_t *p, size_t have)
{
	return _mm512_cvtepu16_epi32(
		have >= 16 ? _mm256_loadu_si256((const void *)p)
			   : _mm256_maskz_loadu_epi16((__mmask16)((1u << have) - 1), p));
}

AVX512 static size_t filter_avx512(const struct matcher_filter *f, const uint16_t *sym, size_t n,
				   size_t have, uint32_t *ret)
{
	const __m512i k1 = _mm512_set1_epi32((int)0x9e3779b1u),
		      k2 = _mm512_set1_epi32((int)0x85ebca6bu);
	const __m512i one = _mm512_set1_epi32(1), low = _mm512_set1_epi32(15),
		      hi = _mm512_set1_epi32(16);
	const __m128i to_index = _mm_cvtsi32_si128((int)(32 - f->bits));
	const __m128i to_pair = _mm_cvtsi32_si128((int)(28 - f->bits));
	__m512i place = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	size_t i = 0, found = 0;

	for (; i < n; i += 16) {
		size_t left = have - i;
		__m512i a = widen(sym + i, left), b = widen(sym + i + 1, left - 1);
		__m512i c = widen(sym + i + 2, left > 2 ? left - 2 : 0);
		__m512i h = _mm512_mullo_epi32(_mm512_or_si512(a, _mm512_slli_epi32(b, 16)), k1);
		__m512i w = _mm512_i32gather_epi32(_mm512_srl_epi32(h, to_index), f->word, 4);
		__m512i pair = _mm512_and_si512(_mm512_srl_epi32(h, to_pair), low);
		__m512i longer = _mm512_srli_epi32(_mm512_mullo_epi32(_mm512_add_epi32(h, c), k2),
						   28);
		__m512i bits = _mm512_or_si512(_mm512_sllv_epi32(one, pair),
					       _mm512_sllv_epi32(one, _mm512_or_si512(longer, hi)));
		__mmask16 pass = _mm512_test_epi32_mask(w, bits);

		if (f->single) {
			__m512i s = _mm512_i32gather_epi32(_mm512_srli_epi32(a, 5), f->single, 4);

			pass |= _mm512_test_epi32_mask(
				s,
				_mm512_sllv_epi32(one, _mm512_and_si512(a, _mm512_set1_epi32(31))));
		}
		pass = n - i < 16 ? pass & (__mmask16)((1u << (n - i)) - 1) : pass;
		_mm512_storeu_si512(ret + found, _mm512_maskz_compress_epi32(pass, place));
		found += (size_t)__builtin_popcount(pass);
		place = _mm512_add_epi32(place, hi);
	}
	return found;
}

AVX2 static inline __m256i widen8(const uint16_t *p)
{
	return _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)p));
}

AVX2 static size_t filter_avx2(const struct matcher_filter *f, const uint16_t *sym, size_t n,
			       size_t have, uint32_t *ret)
{
	const __m256i k1 = _mm256_set1_epi32((int)0x9e3779b1u),
		      k2 = _mm256_set1_epi32((int)0x85ebca6bu);
	const __m256i low = _mm256_set1_epi32(15), sixteen = _mm256_set1_epi32(16);
	const __m128i to_index = _mm_cvtsi32_si128((int)(32 - f->bits));
	const __m128i to_pair = _mm_cvtsi32_si128((int)(28 - f->bits));
	size_t i = 0, found = 0;

	for (; i + 8 <= n && i + 10 <= have; i += 8) {
		__m256i a = widen8(sym + i), b = widen8(sym + i + 1), c = widen8(sym + i + 2);
		__m256i h = _mm256_mullo_epi32(_mm256_or_si256(a, _mm256_slli_epi32(b, 16)), k1);
		__m256i w = _mm256_i32gather_epi32((const int *)f->word,
						   _mm256_srl_epi32(h, to_index), 4);
		__m256i pair = _mm256_and_si256(_mm256_srl_epi32(h, to_pair), low);
		__m256i longer = _mm256_srli_epi32(_mm256_mullo_epi32(_mm256_add_epi32(h, c), k2),
						   28);
		__m256i hit = _mm256_or_si256(
			_mm256_srlv_epi32(w, pair),
			_mm256_srlv_epi32(w, _mm256_add_epi32(longer, sixteen)));

		if (f->single) {
			__m256i s = _mm256_i32gather_epi32((const int *)f->single,
							   _mm256_srli_epi32(a, 5), 4);

			hit = _mm256_or_si256(
				hit,
				_mm256_srlv_epi32(s, _mm256_and_si256(a, _mm256_set1_epi32(31))));
		}
		unsigned pass = (unsigned)_mm256_movemask_ps(
			_mm256_castsi256_ps(_mm256_slli_epi32(hit, 31)));
		__m256i lanes = _mm256_cvtepu8_epi32(
			_mm_loadl_epi64((const void *)&lanes_set[pass]));

		_mm256_storeu_si256((void *)(ret + found),
				    _mm256_add_epi32(lanes, _mm256_set1_epi32((int)i)));
		found += (size_t)__builtin_popcount(pass);
	}
	return filter_from(f, sym, i, n, have, ret, found);
}
#endif

const struct matcher_kernel matcher_kernels[] = {
#if defined(__x86_64__)
	{ "avx512", has_avx512, filter_avx512 },
	{ "avx2", has_avx2, filter_avx2 },
#endif
	{ "portable", everywhere, filter_portable },
	{ NULL, NULL, NULL },
};

const struct matcher_kernel *matcher_kernel(void)
{
	const struct matcher_kernel *k = matcher_kernels;

	while (!k->supported())
		k++;
	return k;
}
