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
		found += filter_passes(f, sym[i], b, c) || filter_single(f, sym[i]);
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

/* What passed the first stage: where it stands, the hash of its first two symbols, the third one. Bits
 * of the place say that the second stage is not needed, and that the two may be a whole term. */
#define SOME 512 /* positions between the stages */
#define SURE 0x80000000u
#define WHOLE 0x40000000u
struct passed {
	uint32_t at[SOME + 16], hash[SOME + 16], third[SOME + 16];
};

AVX512 static size_t first_avx512(const struct matcher_filter *f, const uint16_t *sym, size_t n,
				  size_t have, size_t base, struct passed *ret)
{
	const __m512i one = _mm512_set1_epi32(1), both = _mm512_set1_epi32(0x10001);
	const __m128i to_index = _mm_cvtsi32_si128((int)(32 - f->bits));
	const __m128i to_pair = _mm_cvtsi32_si128((int)(28 - f->bits));
	__m512i place = _mm512_add_epi32(
		_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
		_mm512_set1_epi32((int)base));
	size_t found = 0;

	for (size_t i = 0; i < n; i += 16) {
		size_t left = have - i;
		__m512i a = widen(sym + i, left), b = widen(sym + i + 1, left - 1);
		__m512i c = widen(sym + i + 2, left > 2 ? left - 2 : 0);
		__m512i h = _mm512_mullo_epi32(_mm512_or_si512(a, _mm512_slli_epi32(b, 16)),
					       _mm512_set1_epi32((int)0x9e3779b1u));
		__m512i w = _mm512_i32gather_epi32(_mm512_srl_epi32(h, to_index), f->word, 4);
		__m512i pair = _mm512_and_si512(_mm512_srl_epi32(h, to_pair),
						_mm512_set1_epi32(15));
		__mmask16 pass = _mm512_test_epi32_mask(w, _mm512_sllv_epi32(both, pair));
		__mmask16 whole = _mm512_test_epi32_mask(w, _mm512_sllv_epi32(one, pair));
		__m512i at = _mm512_mask_or_epi32(place, whole, place,
						  _mm512_set1_epi32((int)WHOLE));

		if (_mm512_cmplt_epu32_mask(a, _mm512_set1_epi32((int)f->single_end))) {
			__m512i s = _mm512_i32gather_epi32(_mm512_srli_epi32(a, 5), f->single, 4);
			__mmask16 sure = _mm512_test_epi32_mask(
				s,
				_mm512_sllv_epi32(one, _mm512_and_si512(a, _mm512_set1_epi32(31))));

			at = _mm512_mask_or_epi32(at, sure, at, _mm512_set1_epi32((int)SURE));
			pass |= sure;
		}
		pass = n - i < 16 ? pass & (__mmask16)((1u << (n - i)) - 1) : pass;
		_mm512_storeu_si512(ret->at + found, _mm512_maskz_compress_epi32(pass, at));
		_mm512_storeu_si512(ret->hash + found, _mm512_maskz_compress_epi32(pass, h));
		_mm512_storeu_si512(ret->third + found, _mm512_maskz_compress_epi32(pass, c));
		found += (size_t)__builtin_popcount(pass);
		place = _mm512_add_epi32(place, _mm512_set1_epi32(16));
	}
	return found;
}

/* Of which of these lanes both bits of the second stage are set. */
AVX512 static inline __mmask16 second_bits(const struct matcher_filter *f, __mmask16 some, __m512i h)
{
	const __m512i one = _mm512_set1_epi32(1), low = _mm512_set1_epi32(31);
	__m512i t = _mm512_mullo_epi32(h, _mm512_set1_epi32((int)0x85ebca6bu));
	__m512i bit = _mm512_and_si512(_mm512_srl_epi32(t, _mm_cvtsi32_si128((int)(32 - f->triple_bits))), low);
	__m512i other = _mm512_and_si512(_mm512_srl_epi32(t, _mm_cvtsi32_si128((int)(27 - f->triple_bits))), low);
	__m512i both = _mm512_or_si512(_mm512_sllv_epi32(one, bit), _mm512_sllv_epi32(one, other));
	__m512i at = _mm512_srl_epi32(t, _mm_cvtsi32_si128((int)(37 - f->triple_bits)));
	__m512i w = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), some, at, f->triple, 4);

	return _mm512_cmpeq_epi32_mask(_mm512_and_si512(w, both), both);
}

AVX512 static size_t second_avx512(const struct matcher_filter *f, const struct passed *p, size_t n,
				   uint32_t *ret)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i += 16) {
		__mmask16 some = n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : (__mmask16)0xffff;
		__m512i at = _mm512_maskz_loadu_epi32(some, p->at + i);
		__m512i h = _mm512_maskz_loadu_epi32(some, p->hash + i);
		__m512i c = _mm512_maskz_loadu_epi32(some, p->third + i);
		__mmask16 whole = _mm512_test_epi32_mask(at, _mm512_set1_epi32((int)WHOLE));
		__mmask16 pass = second_bits(f, some, _mm512_add_epi32(h, c)) |
				 _mm512_movepi32_mask(at);

		pass |= second_bits(f, whole & (__mmask16)~pass, h);
		at = _mm512_andnot_si512(_mm512_set1_epi32((int)(SURE | WHOLE)), at);
		_mm512_storeu_si512(ret + found, _mm512_maskz_compress_epi32(pass, at));
		found += (size_t)__builtin_popcount(pass);
	}
	return found;
}

AVX512 static size_t filter_avx512(const struct matcher_filter *f, const uint16_t *sym, size_t n,
				   size_t have, uint32_t *ret)
{
	struct passed p;
	size_t found = 0;

	for (size_t i = 0; i < n; i += SOME) {
		size_t some = n - i < SOME ? n - i : SOME;
		size_t left = first_avx512(f, sym + i, some, have - i, i, &p);

		found += second_avx512(f, &p, left, ret + found);
	}
	return found;
}

AVX2 static inline __m256i widen8(const uint16_t *p)
{
	return _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)p));
}

/* These lanes to the front. */
AVX2 static inline __m256i front(__m256i v, __m256i lanes)
{
	return _mm256_permutevar8x32_epi32(v, lanes);
}

AVX2 static size_t first_avx2(const struct matcher_filter *f, const uint16_t *sym, size_t n,
			      size_t base, struct passed *ret)
{
	const __m128i to_index = _mm_cvtsi32_si128((int)(32 - f->bits));
	const __m128i to_pair = _mm_cvtsi32_si128((int)(28 - f->bits));
	__m256i place = _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
					 _mm256_set1_epi32((int)base));
	size_t found = 0;

	for (size_t i = 0; i < n; i += 8) {
		__m256i a = widen8(sym + i), b = widen8(sym + i + 1);
		__m256i h = _mm256_mullo_epi32(_mm256_or_si256(a, _mm256_slli_epi32(b, 16)),
					       _mm256_set1_epi32((int)0x9e3779b1u));
		__m256i w = _mm256_i32gather_epi32((const int *)f->word,
						   _mm256_srl_epi32(h, to_index), 4);
		__m256i pair = _mm256_and_si256(_mm256_srl_epi32(h, to_pair),
						_mm256_set1_epi32(15));
		/* the bits of both halves, each brought to the sign */
		w = _mm256_srlv_epi32(w, pair);
		__m256i whole = _mm256_slli_epi32(w, 31), pass = _mm256_or_si256(whole, _mm256_slli_epi32(w, 15));
		__m256i at = _mm256_or_si256(place, _mm256_srli_epi32(whole, 1));

		if (f->single) {
			__m256i s = _mm256_i32gather_epi32((const int *)f->single,
							   _mm256_srli_epi32(a, 5), 4);
			__m256i sure = _mm256_slli_epi32(
				_mm256_srlv_epi32(s, _mm256_and_si256(a, _mm256_set1_epi32(31))), 31);

			at = _mm256_or_si256(at, sure);
			pass = _mm256_or_si256(pass, sure);
		}
		unsigned bits = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(pass));
		__m256i lanes = _mm256_cvtepu8_epi32(
			_mm_loadl_epi64((const void *)&lanes_set[bits]));

		_mm256_storeu_si256((void *)(ret->at + found), front(at, lanes));
		_mm256_storeu_si256((void *)(ret->hash + found), front(h, lanes));
		_mm256_storeu_si256((void *)(ret->third + found), front(widen8(sym + i + 2), lanes));
		found += (size_t)__builtin_popcount(bits);
		place = _mm256_add_epi32(place, _mm256_set1_epi32(8));
	}
	return found;
}

AVX2 static size_t second_avx2(const struct matcher_filter *f, const struct passed *p, size_t n,
			       uint32_t *ret)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t at = p->at[i], h = p->hash[i];

		ret[found] = at & ~(SURE | WHOLE);
		found += filter_second(f, h, (uint16_t)p->third[i]) || at & SURE ||
			 (at & WHOLE && filter_second(f, h, 0));
	}
	return found;
}

AVX2 static size_t filter_avx2(const struct matcher_filter *f, const uint16_t *sym, size_t n,
			       size_t have, uint32_t *ret)
{
	struct passed p;
	size_t i = 0, found = 0;

	while (n - i >= 8 && have - i >= 10) {
		size_t some = n - i < SOME ? n - i : SOME;

		if (some > have - i - 2)
			some = have - i - 2;
		some &= ~(size_t)7;
		found += second_avx2(f, &p, first_avx2(f, sym + i, some, i, &p), ret + found);
		i += some;
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
