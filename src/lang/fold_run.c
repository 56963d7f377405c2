/* Folding of plain characters in vectors. AVX-512 (VBMI2): the first 16 characters of 64 bytes,
 * whatever their mixture of lengths, are brought one to a lane (lead bytes found by a comparison,
 * their places compressed, their bytes permuted; after Lemire & Keiser, "Validating UTF-8 in less
 * than one instruction per byte", and Lemire & Mula, "Transcoding billions of Unicode characters
 * per second with SIMD", 2022), looked up by a gather, and symbols separated from gaps by a
 * compression. AVX2: eight characters of three bytes. All variants write the same. */
#include "lang/fold_run_private.h"
#include "lang/lanes_private.h"

/* Whether a first part and what stands at `next` may make a split character. */
static inline bool may_split(const struct lang *l, uint32_t left, const uint8_t *text, size_t len,
			     size_t next)
{
	if (next >= len)
		return false;
	uint32_t c = fold_decode(text, &next);

	if (c >= 0x10000)
		return true;
	uint32_t h = FOLD_PAIR_HASH(left & 0xffff, l->run[c] & 0xffff);

	/* Values of fold.slow are no symbols: the slow way finds out. */
	return l->run[c] & FOLD_RUN_RIGHT &&
	       ((l->run[c] & 0xffff) >= FOLD_SLOW_BASE || (l->pairs[h >> 5] >> (h & 31) & 1));
}

/* At most `chars` characters; false at one that is not plain. */
static inline bool run_some(const struct lang *l, const uint8_t *text, size_t len, size_t *at,
			    struct fold_out *o, size_t chars)
{
	for (; chars && *at < len; chars--) {
		size_t next = *at;
		uint32_t c = fold_decode(text, &next), e = c < 0x10000 ? l->run[c] : FOLD_SKIP;
		uint32_t v = e & 0xffff;

		if ((v >= FOLD_SLOW_BASE && v <= FOLD_SKIP) ||
		    (e & FOLD_RUN_LEFT && may_split(l, e, text, len, next)))
			return false;
		fold_put(o, v, *at, next);
		*at = next;
	}
	return true;
}

static void run_portable(const struct lang *l, const uint8_t *text, size_t len, size_t *at,
			 struct fold_out *ret)
{
	struct fold_out o = *ret; /* in registers: bytes written may not be taken for its fields */
	size_t i = *at;

	while (i < len && o.len + FOLD_RUN_ROOM <= o.cap)
		if (!run_some(l, text, len, &i, &o, 16))
			break;
	*at = i;
	*ret = o;
}

static bool everywhere(void)
{
	return true;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512                                                                                     \
	__attribute__((                                                                            \
		target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2,bmi,bmi2")))
#define AVX2 __attribute__((target("avx2,popcnt")))

static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi") &&
	       __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("bmi2");
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}

/* Gaps of one block of lanes into the arrays of a whole text. */
AVX512 static inline void put_gaps(struct fold_out *o, uint32_t syms, uint32_t gaps, __m512i value)
{
	uint8_t kind[16];

	_mm_storeu_si128((void *)kind, _mm512_cvtepi32_epi8(value));
	for (; gaps; gaps &= gaps - 1) {
		unsigned lane = (unsigned)_tzcnt_u32(gaps);
		size_t n = o->len + (size_t)_mm_popcnt_u32(_bzhi_u32(syms, lane));

		fold_put_gap(o, n, kind[lane] & 3u);
	}
}

/* 16 code points, one to a lane, from the 16 lead bytes at `pos`; *ret_long gets the lanes of
 * four bytes, whose value means nothing. */
AVX512 static inline __m512i decode(__m512i bytes, __m128i pos, __mmask16 *two, __mmask16 *three,
				    __mmask16 *ret_long)
{
	const __m512i spread = _mm512_set_epi32(0x0f0f0f0f, 0x0e0e0e0e, 0x0d0d0d0d, 0x0c0c0c0c,
						0x0b0b0b0b, 0x0a0a0a0a, 0x09090909, 0x08080808,
						0x07070707, 0x06060606, 0x05050505, 0x04040404,
						0x03030303, 0x02020202, 0x01010101, 0);
	__m512i at = _mm512_shuffle_epi8(_mm512_broadcast_i32x4(pos), spread);
	__m512i b = _mm512_permutexvar_epi8(_mm512_add_epi8(at, _mm512_set1_epi32(0x03020100)),
					    bytes);
	__m512i low6 = _mm512_set1_epi32(0x3f);
	__m512i c3 = _mm512_or_si512(
		_mm512_or_si512(
			_mm512_slli_epi32(_mm512_and_si512(b, _mm512_set1_epi32(15)), 12),
			_mm512_and_si512(_mm512_srli_epi32(b, 2), _mm512_set1_epi32(0xfc0))),
		_mm512_and_si512(_mm512_srli_epi32(b, 16), low6));
	__m512i c2 = _mm512_or_si512(
		_mm512_slli_epi32(_mm512_and_si512(b, _mm512_set1_epi32(31)), 6),
		_mm512_and_si512(_mm512_srli_epi32(b, 8), low6));
	__m512i lead = _mm512_and_si512(b, _mm512_set1_epi32(0xff));

	*three = _mm512_cmpge_epu32_mask(lead, _mm512_set1_epi32(0xe0));
	*two = _mm512_cmpge_epu32_mask(lead, _mm512_set1_epi32(0xc0)) & (__mmask16) ~*three;
	*ret_long = _mm512_cmpge_epu32_mask(lead, _mm512_set1_epi32(0xf0));
	return _mm512_mask_mov_epi32(_mm512_mask_mov_epi32(lead, *two, c2), *three, c3);
}

/* Bits of symbols that come directly after a gap, one for each symbol. */
AVX512 static inline uint32_t after_gaps(struct fold_out *o, uint32_t syms, uint32_t gaps,
					 uint32_t lanes)
{
	uint32_t after = (gaps << 1 | o->after_gap) & syms;

	if (lanes)
		o->after_gap = gaps >> (lanes - 1) & 1;
	return _pext_u32(after, syms);
}

/* The first of these lanes that may begin a split character with what follows it; 16: none. */
AVX512 static inline uint32_t first_split(const struct lang *l, const uint8_t *text, size_t len,
					  __m128i pos, __m512i values, uint32_t lanes)
{
	uint8_t at[16];
	uint32_t value[16];

	_mm_storeu_si128((void *)at, pos);
	_mm512_storeu_si512(value, values);
	for (; lanes; lanes &= lanes - 1) {
		uint32_t i = _tzcnt_u32(lanes);
		size_t next = at[i];

		fold_decode(text, &next);
		if (may_split(l, value[i], text, len, next))
			return i;
	}
	return 16;
}

/* One block: at most 16 characters of the `rest` bytes (64 or fewer at the end) at `at`. Returns
 * the bytes taken; *ret_stop at a character that is not plain. */
AVX512 __attribute__((always_inline)) static inline size_t
step_avx512(const struct lang *l, const uint8_t *text, size_t at, size_t len, size_t rest,
	    struct fold_out *o, bool *ret_stop)
{
	const __m512i places = _mm512_set_epi8(
		63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43,
		42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22,
		21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	const __m512i one = _mm512_set1_epi32(1);
	__mmask64 seen = ~UINT64_C(0) >> (64 - rest);
	__m512i bytes = rest == 64 ? _mm512_loadu_si512(text + at)
				   : _mm512_maskz_loadu_epi8(seen, text + at);
	__mmask64 leads = seen & ~_mm512_cmplt_epi8_mask(bytes, _mm512_set1_epi8(-64));
	__m128i pos = _mm512_castsi512_si128(_mm512_maskz_compress_epi8(leads, places));
	/* Does not wait for the look-up: where the 17th character begins. */
	size_t step = (size_t)_tzcnt_u64(_pdep_u64(UINT64_C(1) << 16, leads));
	uint32_t lanes = 16;
	__mmask16 two, three, four;
	__m512i c = decode(bytes, pos, &two, &three, &four);
	__m512i e = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), (__mmask16)~four, c, l->run,
						4);
	__m512i v = _mm512_and_si512(e, _mm512_set1_epi32(0xffff));
	uint32_t syms = _mm512_cmplt_epu32_mask(v, _mm512_set1_epi32(FOLD_SLOW_BASE));
	uint32_t gaps = _mm512_cmpgt_epu32_mask(v, _mm512_set1_epi32(FOLD_SKIP));
	uint32_t left = _mm512_test_epi32_mask(e, _mm512_set1_epi32(FOLD_RUN_LEFT));
	uint32_t right = _mm512_test_epi32_mask(e, _mm512_set1_epi32(FOLD_RUN_RIGHT)) | four |
			 0x10000;
	uint32_t stop = (~(syms | gaps) | four) & 0xffff;

	if (rest < 64) {
		uint32_t n = (uint32_t)_mm_popcnt_u64(leads);

		lanes = n < 16 ? n : 16;
		stop = _bzhi_u32(stop, lanes);
		step = step < rest ? step : rest;
	}
	uint32_t split = _bzhi_u32(left & right >> 1, lanes);

	if (__builtin_expect((stop | split) != 0, 0)) {
		uint32_t i = first_split(l, text + at, len - at, pos, v, split);

		lanes = _bzhi_u32(stop, i) ? (uint32_t)_tzcnt_u32(stop) : i < lanes ? i : lanes;
		if (lanes < 16 && (stop | 1u << i) >> lanes & 1) {
			step = (size_t)_tzcnt_u64(_pdep_u64(UINT64_C(1) << lanes, leads));
			*ret_stop = true;
		}
	}
	syms = _bzhi_u32(syms, lanes);
	gaps = _bzhi_u32(gaps, lanes);
	__m512i from = _mm512_add_epi32(_mm512_cvtepu8_epi32(pos), _mm512_set1_epi32((int)at));

	_mm256_storeu_si256((void *)(o->sym + o->len),
			    _mm256_maskz_compress_epi16((__mmask16)syms, _mm512_cvtepi32_epi16(v)));
	_mm512_storeu_si512(o->from + o->len, _mm512_maskz_compress_epi32((__mmask16)syms, from));
	if (o->to) {
		__m512i to = _mm512_add_epi32(from, one);

		to = _mm512_mask_add_epi32(to, two | three, to, one);
		to = _mm512_mask_add_epi32(to, three, to, one);
		_mm512_storeu_si512(o->to + o->len,
				    _mm512_maskz_compress_epi32((__mmask16)syms, to));
		_mm_storeu_si128((void *)(o->gap + o->len + 1), _mm_setzero_si128());
		_mm_storeu_si128((void *)(o->skipped + o->len + 1), _mm_setzero_si128());
		put_gaps(o, syms, gaps, v);
	} else {
		_mm_storeu_si128((void *)(o->gap + o->len),
				 _mm_movm_epi8((__mmask16)after_gaps(o, syms, gaps, lanes)));
	}
	o->len += (size_t)_mm_popcnt_u32(syms);
	o->chars += lanes;
	return step;
}

AVX512 static void run_avx512(const struct lang *l, const uint8_t *text, size_t len, size_t *at,
			      struct fold_out *ret)
{
	struct fold_out o = *ret; /* in registers: bytes written may not be taken for its fields */
	size_t i = *at;
	bool stop = false;

	while (!stop && i + 64 <= len && o.len + FOLD_RUN_ROOM <= o.cap)
		i += step_avx512(l, text, i, len, 64, &o, &stop);
	while (!stop && i < len && i + 64 > len && o.len + FOLD_RUN_ROOM <= o.cap)
		i += step_avx512(l, text, i, len, len - i, &o, &stop);
	*at = i;
	*ret = o;
}

AVX2 static inline __m256i decode8(const uint8_t *p)
{
	const __m256i order = _mm256_setr_epi8(2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1,
					       2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9,
					       -1);
	__m256i b = _mm256_inserti128_si256(
		_mm256_castsi128_si256(_mm_loadu_si128((const void *)p)),
		_mm_loadu_si128((const void *)(p + 12)), 1);

	b = _mm256_shuffle_epi8(b, order); /* b2 | b1 << 8 | b0 << 16 */
	__m256i c = _mm256_and_si256(b, _mm256_set1_epi32(0x3f));

	c = _mm256_or_si256(c, _mm256_and_si256(_mm256_srli_epi32(b, 2), _mm256_set1_epi32(0xfc0)));
	return _mm256_or_si256(
		c, _mm256_and_si256(_mm256_srli_epi32(b, 4), _mm256_set1_epi32(0xf000)));
}

/* Eight values, symbols and gaps, of characters of three bytes from `at` on. */
AVX2 static inline void put8(struct fold_out *o, __m256i v, unsigned syms, size_t at)
{
	const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
	__m256i lanes = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)&lanes_set[syms]));
	__m256i from = _mm256_add_epi32(_mm256_set1_epi32((int)at),
					_mm256_add_epi32(lanes, _mm256_add_epi32(lanes, lanes)));
	__m256i sym = _mm256_permutevar8x32_epi32(v, lanes);
	unsigned gaps = ~syms & 0xff;

	_mm_storeu_si128(
		(void *)(o->sym + o->len),
		_mm_packus_epi32(_mm256_castsi256_si128(sym), _mm256_extracti128_si256(sym, 1)));
	_mm256_storeu_si256((void *)(o->from + o->len), from);
	if (o->to) {
		uint32_t value[8];

		_mm256_storeu_si256((void *)(o->to + o->len),
				    _mm256_add_epi32(from, _mm256_set1_epi32(3)));
		memset(o->gap + o->len + 1, 0, 8);
		memset(o->skipped + o->len + 1, 0, 8);
		_mm256_storeu_si256((void *)value, v);
		for (; gaps; gaps &= gaps - 1) {
			unsigned lane = (unsigned)__builtin_ctz(gaps);

			fold_put_gap(o,
				     o->len + (size_t)__builtin_popcount(syms & ((1u << lane) - 1)),
				     value[lane] - FOLD_SKIP);
		}
	} else {
		__m256i after = _mm256_set1_epi32((int)(gaps << 1 | o->after_gap));
		__m256i set = _mm256_permutevar8x32_epi32(
			_mm256_cmpeq_epi32(_mm256_and_si256(after, bit), bit), lanes);
		__m128i half = _mm_packs_epi32(_mm256_castsi256_si128(set),
					       _mm256_extracti128_si256(set, 1));

		_mm_storel_epi64((void *)(o->gap + o->len), _mm_packs_epi16(half, half));
		o->after_gap = gaps >> 7;
	}
	o->len += (size_t)__builtin_popcount(syms);
	o->chars += 8;
}

AVX2 static void run_avx2(const struct lang *l, const uint8_t *text, size_t len, size_t *at,
			  struct fold_out *ret)
{
	struct fold_out o = *ret; /* in registers, as above */
	size_t i = *at;
	bool plain = true;

	while (plain && i + 32 <= len && o.len + FOLD_RUN_ROOM <= o.cap) {
		__m256i b = _mm256_and_si256(_mm256_loadu_si256((const void *)(text + i)),
					     _mm256_set1_epi8((char)0xf0));
		unsigned leads = (unsigned)_mm256_movemask_epi8(
			_mm256_cmpeq_epi8(b, _mm256_set1_epi8((char)0xe0)));

		if ((leads & 0xffffff) != 0x249249) {
			plain = run_some(l, text, len, &i, &o, 8);
			continue;
		}
		__m256i c = decode8(text + i);
		__m256i e = _mm256_i32gather_epi32((const void *)l->run, c, 4);
		__m256i v = _mm256_and_si256(e, _mm256_set1_epi32(0xffff));
		unsigned syms = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(
			_mm256_cmpgt_epi32(_mm256_set1_epi32(FOLD_SLOW_BASE), v)));
		unsigned gaps = (unsigned)_mm256_movemask_ps(
			_mm256_castsi256_ps(_mm256_cmpgt_epi32(v, _mm256_set1_epi32(FOLD_SKIP))));
		/* FOLD_RUN_LEFT and FOLD_RUN_RIGHT, each brought to the sign. */
		unsigned left = (unsigned)_mm256_movemask_ps(
			_mm256_castsi256_ps(_mm256_slli_epi32(e, 15)));
		unsigned right = (unsigned)_mm256_movemask_ps(
					 _mm256_castsi256_ps(_mm256_slli_epi32(e, 14))) |
				 0x100;

		if ((syms | gaps) != 0xff || (left & right >> 1)) {
			plain = run_some(l, text, len, &i, &o, 8);
			continue;
		}
		put8(&o, v, syms, i);
		i += 24;
	}
	if (plain && i + 32 > len && o.len + FOLD_RUN_ROOM <= o.cap)
		run_some(l, text, len, &i, &o, 32);
	*at = i;
	*ret = o;
}
#endif

const struct fold_kernel fold_kernels[] = {
#if defined(__x86_64__)
	{ "avx512", has_avx512, run_avx512 },
	{ "avx2", has_avx2, run_avx2 },
#endif
	{ "portable", everywhere, run_portable },
	{ NULL, NULL, NULL },
};

const struct fold_kernel *fold_kernel(void)
{
	const struct fold_kernel *k = fold_kernels;

	while (!k->supported())
		k++;
	return k;
}

static void put_slow(const struct lang *l, struct str text, size_t *at, struct fold_out *o)
{
	size_t from = *at, n;
	uint32_t v = fold_value(l, fold_decode((const uint8_t *)text.ptr, at));
	uint16_t syms[FOLD_SLOW_SYMS];
	bool disguised;

	if (v < FOLD_SLOW_BASE) {
		fold_put(o, v, from, *at);
		return;
	}
	if (v < FOLD_SKIP || v > FOLD_STOP) {
		const struct fold_slow *s = l->slow + (v - (v >= FOLD_SUP_BASE ? FOLD_SUP_BASE
									       : FOLD_SLOW_BASE));

		n = fold_slow(l, s, text, at, syms, &disguised);
		for (size_t i = 0; i < n; i++)
			fold_put(o, syms[i], from, *at);
		if (n)
			return;
		v = syms[0];
	}
	if (v != FOLD_SKIP)
		fold_put(o, v, from, *at);
}

void fold_stream(const struct fold_kernel *k, const struct lang *l, struct str text, size_t *at,
		 struct fold_out *o)
{
	while (*at < text.len && o->len + FOLD_RUN_ROOM <= o->cap) {
		k->run(l, (const uint8_t *)text.ptr, text.len, at, o);
		if (*at < text.len && o->len + FOLD_RUN_ROOM <= o->cap)
			put_slow(l, text, at, o);
	}
}
