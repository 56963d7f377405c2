/* What the neural model does between the products: rounding rows, widening sums, adding what is
 * positive and normalizing. The same numbers with any width of vectors (compiled without contraction
 * of products and sums). */
#include <math.h>

#include "comply/net_private.h"

typedef float lanes __attribute__((vector_size(64), aligned(4)));
typedef int32_t whole __attribute__((vector_size(64), aligned(4)));
typedef int8_t bytes __attribute__((vector_size(16), aligned(1)));
enum { LANES = 16 };

/* By address: wide vectors are not passed alike by all compilers. */
static inline __attribute__((always_inline)) float sum_of(const lanes *v)
{
	float s = 0;
	for (size_t i = 0; i < LANES; i++)
		s += (*v)[i];
	return s;
}

/* The larger of both, number by number. */
static inline __attribute__((always_inline)) void raise(lanes *to, const lanes *v)
{
	whole more = *v > *to;
	*to = (lanes)(((whole)*v & more) | ((whole)*to & ~more));
}

static inline __attribute__((always_inline)) float largest(const float *x, size_t n)
{
	lanes top = { 0 };
	float best = 0;
	for (size_t i = 0; i < n; i += LANES) {
		lanes v = (lanes)((whole)*(const lanes *)(x + i) & 0x7fffffff);
		raise(&top, &v);
	}
	for (size_t i = 0; i < LANES; i++)
		best = top[i] > best ? top[i] : best;
	return best;
}

static inline __attribute__((always_inline)) void round_body(const float *x, size_t rows, size_t width, struct rounded *to)
{
	const float even = 12582912; /* 1.5 * 2^23: adding it leaves no room behind the point */
	float top = largest(x, rows * width);
	to->step = top > 0 ? top / 127 : 1;
	float k = 1 / to->step;
	for (size_t t = 0; t < rows; t++) {
		whole sum = { 0 };
		for (size_t i = t * width; i < (t + 1) * width; i += LANES) {
			whole q = __builtin_convertvector(*(const lanes *)(x + i) * k + even - even, whole);
			*(bytes *)(to->q + i) = __builtin_convertvector(q, bytes);
			sum += q;
		}
		to->sum[t] = 0;
		for (size_t i = 0; i < LANES; i++)
			to->sum[t] += sum[i];
	}
	memset(to->q + rows * width, 0, width);
	to->sum[rows] = 0;
}

static inline __attribute__((always_inline)) void normalize(float *h, size_t width, const float *gain, const float *shift)
{
	lanes sum = { 0 }, var = { 0 };
	for (size_t i = 0; i < width; i += LANES)
		sum += *(lanes *)(h + i);
	float mean = sum_of(&sum) / (float)width;
	for (size_t i = 0; i < width; i += LANES)
		var += (*(lanes *)(h + i) - mean) * (*(lanes *)(h + i) - mean);
	float k = 1 / sqrtf(sum_of(&var) / (float)width + 1e-5f);
	for (size_t i = 0; i < width; i += LANES)
		*(lanes *)(h + i) = (*(lanes *)(h + i) - mean) * k * *(const lanes *)(gain + i) + *(const lanes *)(shift + i);
}

static inline __attribute__((always_inline)) void finish_body(float *h, const float *z, size_t rows, size_t width, const float *gain,
							       const float *shift)
{
	for (size_t t = 0; t < rows; t++) {
		for (size_t i = t * width; i < (t + 1) * width; i += LANES) {
			lanes v = { 0 };
			raise(&v, (const lanes *)(z + i));
			*(lanes *)(h + i) += v;
		}
		normalize(h + t * width, width, gain, shift);
	}
}

#ifdef __x86_64__
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))

AVX512 static void round_avx512(const float *x, size_t rows, size_t width, struct rounded *to)
{
	round_body(x, rows, width, to);
}

AVX512 static void finish_avx512(float *h, const float *z, size_t rows, size_t width, const float *gain, const float *shift)
{
	finish_body(h, z, rows, width, gain, shift);
}
#endif

void rows_round(const float *x, size_t rows, size_t width, struct rounded *to)
{
#ifdef __x86_64__
	if (dense_best() == DENSE_VNNI) {
		round_avx512(x, rows, width, to);
		return;
	}
#endif
	round_body(x, rows, width, to);
}

void rows_finish(float *h, const float *z, size_t rows, size_t width, const float *gain, const float *shift)
{
#ifdef __x86_64__
	if (dense_best() == DENSE_VNNI) {
		finish_avx512(h, z, rows, width, gain, shift);
		return;
	}
#endif
	finish_body(h, z, rows, width, gain, shift);
}

void rows_widen(const struct dense *d, float step, const int32_t *dots, float *z)
{
	for (size_t o = 0; o < d->out; o += LANES) {
		lanes v = __builtin_convertvector(*(const whole *)(dots + o), lanes);
		*(lanes *)(z + o) = v * (step * *(const lanes *)(d->scale + o)) + *(const lanes *)(d->bias + o);
	}
}
