/* Sums of products of signed bytes, four rows at once. Where the processor multiplies bytes (AVX-512
 * VNNI), weights lie as four successive inputs of each output, raised by 128 since one side must be
 * unsigned; elsewhere as pairs of 16-bit numbers. Same sums everywhere. */
#include "base/mem.h"
#include "comply/net_private.h"

#ifdef __x86_64__
#include <immintrin.h>
#define VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))
#define AVX2 __attribute__((target("avx2")))

enum dense_kind dense_best(void)
{
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni"))
		return DENSE_VNNI;
	return __builtin_cpu_supports("avx2") ? DENSE_AVX2 : DENSE_PLAIN;
}
#else
enum dense_kind dense_best(void)
{
	return DENSE_PLAIN;
}
#endif

static void pack_bytes(struct dense *d, const int8_t *rows)
{
	size_t in = d->taps * d->in;
	uint8_t *w = d->packed = mem_array(in * d->out, sizeof(*w));
	for (size_t o = 0; o < d->out; o++)
		for (size_t k = 0; k < in; k++)
			w[(k / 4 * d->out + o) * 4 + k % 4] = (uint8_t)(rows[o * in + k] + 128);
}

static void pack_pairs(struct dense *d, const int8_t *rows)
{
	size_t in = d->taps * d->in;
	int16_t *w = d->packed = mem_array(in * d->out, sizeof(*w));
	for (size_t o = 0; o < d->out; o++)
		for (size_t k = 0; k < in; k++)
			w[(k / 2 * d->out + o) * 2 + k % 2] = rows[o * in + k];
}

void dense_pack(struct dense *d, const int8_t *rows)
{
	if (d->kind == DENSE_VNNI)
		pack_bytes(d, rows);
	else
		pack_pairs(d, rows);
}

static inline int32_t pair_at(const int8_t *x, size_t k)
{
	return (int32_t)((uint32_t)(uint16_t)x[k] | (uint32_t)(uint16_t)x[k + 1] << 16);
}

#ifdef __x86_64__
VNNI static void dots_vnni(const struct dense *d, const int8_t *const (*row)[TAPS], const int32_t *sum, int32_t *out)
{
	for (size_t o = 0; o < d->out; o += DENSE_BLOCK) {
		__m512i s[DENSE_ROWS][4];
		for (size_t i = 0; i < DENSE_ROWS; i++)
			for (size_t j = 0; j < 4; j++)
				s[i][j] = _mm512_set1_epi32(-128 * sum[i]);
		const uint8_t *w = (const uint8_t *)d->packed + o * 4;
		for (size_t tap = 0; tap < d->taps; tap++)
			for (size_t k = 0; k < d->in; k += 4, w += d->out * 4) {
				__m512i a = _mm512_loadu_si512(w), b = _mm512_loadu_si512(w + 64), c = _mm512_loadu_si512(w + 128),
					e = _mm512_loadu_si512(w + 192);
				for (size_t i = 0; i < DENSE_ROWS; i++) {
					int32_t four;
					memcpy(&four, row[i][tap] + k, sizeof(four));
					__m512i x = _mm512_set1_epi32(four);
					s[i][0] = _mm512_dpbusd_epi32(s[i][0], a, x);
					s[i][1] = _mm512_dpbusd_epi32(s[i][1], b, x);
					s[i][2] = _mm512_dpbusd_epi32(s[i][2], c, x);
					s[i][3] = _mm512_dpbusd_epi32(s[i][3], e, x);
				}
			}
		for (size_t i = 0; i < DENSE_ROWS; i++)
			for (size_t j = 0; j < 4; j++)
				_mm512_storeu_si512(out + i * d->out + o + j * 16, s[i][j]);
	}
}

AVX2 static void dots_avx2(const struct dense *d, const int8_t *const (*row)[TAPS], int32_t *out)
{
	for (size_t o = 0; o < d->out; o += 16) {
		__m256i s[DENSE_ROWS][2];
		for (size_t i = 0; i < DENSE_ROWS; i++)
			s[i][0] = s[i][1] = _mm256_setzero_si256();
		const int16_t *w = (const int16_t *)d->packed + o * 2;
		for (size_t tap = 0; tap < d->taps; tap++)
			for (size_t k = 0; k < d->in; k += 2, w += d->out * 2) {
				__m256i a = _mm256_loadu_si256((const void *)w), b = _mm256_loadu_si256((const void *)(w + 16));
				for (size_t i = 0; i < DENSE_ROWS; i++) {
					__m256i x = _mm256_set1_epi32(pair_at(row[i][tap], k));
					s[i][0] = _mm256_add_epi32(s[i][0], _mm256_madd_epi16(a, x));
					s[i][1] = _mm256_add_epi32(s[i][1], _mm256_madd_epi16(b, x));
				}
			}
		for (size_t i = 0; i < DENSE_ROWS; i++) {
			_mm256_storeu_si256((void *)(out + i * d->out + o), s[i][0]);
			_mm256_storeu_si256((void *)(out + i * d->out + o + 8), s[i][1]);
		}
	}
}
#endif

static void dots_plain(const struct dense *d, const int8_t *const (*row)[TAPS], int32_t *out)
{
	memset(out, 0, DENSE_ROWS * d->out * sizeof(*out));
	for (size_t i = 0; i < DENSE_ROWS; i++) {
		const int16_t *w = d->packed;
		for (size_t tap = 0; tap < d->taps; tap++)
			for (size_t k = 0; k < d->in; k += 2, w += d->out * 2)
				for (size_t o = 0; o < d->out; o++)
					out[i * d->out + o] += w[2 * o] * row[i][tap][k] + w[2 * o + 1] * row[i][tap][k + 1];
	}
}

void dense_dots(const struct dense *d, const int8_t *const (*row)[TAPS], const int32_t *sum, int32_t *out)
{
#ifdef __x86_64__
	if (d->kind == DENSE_VNNI) {
		dots_vnni(d, row, sum, out);
		return;
	}
	if (d->kind == DENSE_AVX2) {
		dots_avx2(d, row, out);
		return;
	}
#endif
	dots_plain(d, row, out);
}
