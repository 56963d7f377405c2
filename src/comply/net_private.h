/* What the neural model is computed with: products of layers, and what lies between them. */
#ifndef COMPLY_NET_PRIVATE_H
#define COMPLY_NET_PRIVATE_H
#include "comply/net.h"

#define TAPS 3	       /* of a convolution */
#define DENSE_ROWS 4   /* computed at once */
#define DENSE_STEP 16  /* the width of what goes in is a multiple of it, */
#define DENSE_BLOCK 64 /* that of what comes out of this */

enum dense_kind { DENSE_PLAIN, DENSE_AVX2, DENSE_VNNI, DENSE_KINDS };
enum dense_kind dense_best(void); /* what this machine does fastest; it does all before that, too */

struct dense {
	enum dense_kind kind;
	size_t in, out, taps;
	const float *scale, *bias; /* [out] */
	void *packed;		   /* the weights as this machine likes them */
};

/* Rows of whole numbers and the step they are counted in; each row's sum beside it. */
struct rounded {
	int8_t q[(NET_TOKENS + 1) * NET_WIDTH]; /* the last row is zero: what lies outside the text */
	int32_t sum[NET_TOKENS + 1];
	float step;
};

/* Weights [out][taps * in]. */
void dense_pack(struct dense *d, const int8_t *rows);
/* out[row][d->out]: exact sums of the rows' taps with the weights. `sum`: each row's numbers added up. */
void dense_dots(const struct dense *d, const int8_t *const (*row)[TAPS], const int32_t *sum, int32_t *out);
void rows_round(const float *x, size_t rows, size_t width, struct rounded *to);
/* h += what is positive in z, then each row normalized. */
void rows_finish(float *h, const float *z, size_t rows, size_t width, const float *gain, const float *shift);
/* One row of sums as numbers again. */
void rows_widen(const struct dense *d, float step, const int32_t *dots, float *z);
#endif
