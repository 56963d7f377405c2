/* The neural model: reading, checking and running it, in whole numbers of eight bits (Jacob et al.
 * 2018): what goes into a layer is rounded with one step for the whole text, sums are exact, so that
 * every machine gives the same answer. net_dot.c multiplies. */
#include <math.h>

#include "base/check.h"
#include "base/mem.h"
#include "comply/net_private.h"

#define KEY_SLOTS 16384u
#define FIRST_KEY 3 /* 0 padding, 1 unknown, 2 end */

struct table { /* int8 rows */
	const float *scale;
	const int8_t *row;
};

struct layer {
	struct dense dense;
	const float *gain, *shift;
};

struct net {
	struct net_header head;
	uint32_t *key[2]; /* open-addressed: key, number */
	struct table chars, sounds, out;
	struct dense in;
	const float *out_bias;
	struct layer layer[NET_LAYERS];
};

/* ---- reading ---- */
struct reader {
	struct str rest;
	bool short_of;
};

static const void *take(struct reader *r, size_t n)
{
	n = (n + 3) / 4 * 4;
	if (n > r->rest.len) {
		r->short_of = true;
		return NULL;
	}
	const void *p = r->rest.ptr;
	r->rest = str_from(r->rest, n);
	return p;
}

static const float *floats(struct reader *r, size_t n)
{
	const float *f = take(r, n * sizeof(*f));
	for (size_t i = 0; f && i < n; i++)
		if (!isfinite(f[i]) || fabsf(f[i]) > 1e6f)
			r->short_of = true;
	return f;
}

static struct table matrix(struct reader *r, size_t rows, size_t columns)
{
	struct table t = { .scale = floats(r, rows) };
	t.row = take(r, rows * columns);
	return t;
}

/* A layer of `taps` times `in` numbers to `out`, and its bias. */
static struct dense dense(struct reader *r, size_t taps, size_t in, size_t out)
{
	struct table t = matrix(r, out, taps * in);
	struct dense d = { .kind = dense_best(), .in = in, .out = out, .taps = taps, .scale = t.scale, .bias = floats(r, out) };
	if (!r->short_of)
		dense_pack(&d, t.row);
	return d;
}

static uint32_t *keys(struct reader *r, size_t n)
{
	const uint32_t *from = take(r, n * sizeof(*from));
	if (!from)
		return NULL;
	uint32_t *to = mem_array(2 * (size_t)KEY_SLOTS, sizeof(*to));
	for (size_t i = 0; i < n; i++) {
		uint32_t s = from[i] * 2654435761u % KEY_SLOTS;
		while (to[2 * s])
			s = (s + 1) % KEY_SLOTS;
		to[2 * s] = from[i];
		to[2 * s + 1] = (uint32_t)i + FIRST_KEY;
	}
	return to;
}

static uint32_t number_of(const uint32_t *keys, uint32_t key)
{
	for (uint32_t s = key * 2654435761u % KEY_SLOTS; keys[2 * s]; s = (s + 1) % KEY_SLOTS)
		if (keys[2 * s] == key)
			return keys[2 * s + 1];
	return 1;
}

static const char *head_fault(const struct net_header *h)
{
	if (memcmp(h->magic, NET_MAGIC, sizeof(NET_MAGIC)) != 0 || h->format != NET_FORMAT)
		return "net format";
	if (h->chars >= KEY_SLOTS / 2 || h->sounds >= KEY_SLOTS / 2 || h->dim == 0 || h->dim > NET_DIM || h->dim % DENSE_STEP || h->hidden == 0 ||
	    h->hidden > NET_WIDTH || h->hidden % DENSE_BLOCK || h->layers > NET_LAYERS || h->classes == 0 || h->classes > MODEL_ROW + 1)
		return "net size";
	for (size_t i = 0; i < h->layers; i++)
		if (h->dilation[i] == 0 || h->dilation[i] > NET_TOKENS)
			return "net size";
	for (size_t i = 0; i < MODEL_ROW; i++)
		if (!isfinite(h->bias[i]))
			return "net numbers";
	return isfinite(h->gate) && isfinite(h->piece_gate) && isfinite(h->linear) && isfinite(h->piece) && isfinite(h->net) ? NULL : "net numbers";
}

void net_close(struct net *n)
{
	if (!n)
		return;
	free(n->key[0]);
	free(n->key[1]);
	free(n->in.packed);
	for (size_t i = 0; i < NET_LAYERS; i++)
		free(n->layer[i].dense.packed);
	free(n);
}

struct net *net_open(struct str bytes, const char **ret_why)
{
	struct reader r = { bytes, false };
	const struct net_header *h = take(&r, sizeof(*h));
	*ret_why = h ? head_fault(h) : "net length";
	if (*ret_why)
		return NULL;
	struct net *n = mem_alloc(sizeof(*n));
	size_t hidden = h->hidden;
	n->head = *h;
	n->key[0] = keys(&r, h->chars);
	n->key[1] = keys(&r, h->sounds);
	n->chars = matrix(&r, h->chars + FIRST_KEY, h->dim);
	n->sounds = matrix(&r, h->sounds + FIRST_KEY, h->dim);
	n->in = dense(&r, 1, h->dim, hidden);
	for (size_t i = 0; i < h->layers; i++) {
		struct layer *l = &n->layer[i];
		l->dense = dense(&r, TAPS, hidden, hidden);
		l->gain = floats(&r, hidden);
		l->shift = floats(&r, hidden);
	}
	n->out = matrix(&r, h->classes, 2 * hidden);
	n->out_bias = floats(&r, h->classes);
	if (r.short_of || r.rest.len) {
		*ret_why = "net length";
		net_close(n);
		return NULL;
	}
	return n;
}

const struct net_header *net_head(const struct net *n)
{
	return &n->head;
}

/* ---- running ---- */

/* z[t] = bias + the layer over the rows t - apart, t, t + apart (or t alone). */
static void run_dense(const struct dense *d, const struct rounded *x, size_t rows, size_t apart, float *z)
{
	int32_t dots[DENSE_ROWS * NET_WIDTH] __attribute__((aligned(64)));
	for (size_t t = 0; t < rows; t += DENSE_ROWS) {
		const int8_t *row[DENSE_ROWS][TAPS];
		int32_t sum[DENSE_ROWS] = { 0 };
		size_t n = rows - t < DENSE_ROWS ? rows - t : DENSE_ROWS;
		for (size_t i = 0; i < DENSE_ROWS; i++)
			for (size_t tap = 0; tap < d->taps; tap++) {
				size_t at = t + i + tap * apart; /* `apart` too far, so that it never is below zero */
				at = t + i >= rows || (d->taps > 1 && (at < apart || at - apart >= rows)) ? rows : at - (d->taps > 1 ? apart : 0);
				row[i][tap] = x->q + at * d->in;
				sum[i] += x->sum[at];
			}
		dense_dots(d, row, sum, dots);
		for (size_t i = 0; i < n; i++)
			rows_widen(d, x->step, dots + i * d->out, z + (t + i) * d->out);
	}
}

static void embed(const struct net *n, const uint32_t *chr, const uint32_t *syl, size_t len, struct rounded *q, float *h)
{
	float e[NET_TOKENS * NET_DIM];
	size_t dim = n->head.dim;
	for (size_t t = 0; t < len; t++) {
		uint32_t c = number_of(n->key[0], chr[t]), s = number_of(n->key[1], syl[t]);
		const int8_t *a = n->chars.row + c * dim, *b = n->sounds.row + s * dim;
		for (size_t i = 0; i < dim; i++)
			e[t * dim + i] = n->chars.scale[c] * a[i] + n->sounds.scale[s] * b[i];
	}
	rows_round(e, len, dim, q);
	run_dense(&n->in, q, len, 0, h);
}

static void run_layer(const struct layer *l, size_t dilation, size_t width, struct rounded *q, float *h, size_t len)
{
	float z[NET_TOKENS * NET_WIDTH];
	rows_round(h, len, width, q);
	run_dense(&l->dense, q, len, dilation, z);
	rows_finish(h, z, len, width, l->gain, l->shift);
}

void net_score(const struct net *n, const uint32_t *chr, const uint32_t *syl, size_t len, float *out)
{
	float h[NET_TOKENS * NET_WIDTH], pool[2 * NET_WIDTH] = { 0 };
	struct rounded q;
	size_t width = n->head.hidden;
	len = len < NET_TOKENS ? len : NET_TOKENS;
	check(len > 0);
	embed(n, chr, syl, len, &q, h);
	for (size_t i = 0; i < n->head.layers; i++)
		run_layer(&n->layer[i], n->head.dilation[i], width, &q, h, len);
	memcpy(pool, h, width * sizeof(*pool));
	for (size_t t = 0; t < len; t++)
		for (size_t i = 0; i < width; i++) {
			float v = h[t * width + i];
			pool[i] = v > pool[i] ? v : pool[i];
			pool[width + i] += v / (float)len;
		}
	for (size_t c = 0; c < n->head.classes; c++) {
		float sum = 0;
		for (size_t i = 0; i < 2 * width; i++)
			sum += n->out.row[c * 2 * width + i] * pool[i];
		out[c] = sum * n->out.scale[c] + n->out_bias[c];
	}
}
