/* Puts the neural model behind the linear one and weighs them against each other on held-out texts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "comply/net.h"
#include "comply_train.h"
#include "os/file.h"

static void odds(const struct fit *f, const struct sample *s, size_t models, float p[CLASSES])
{
	for (size_t c = 0; c < MODEL_ROW; c++) {
		double z = f->shift[c];
		for (size_t m = 0; m < models; m++)
			z += f->heat[m] * (double)s->z[m][c];
		p[c] = (float)z;
	}
	p[CLEAN] = 0;
}

void calibrate(struct fit *f, size_t models)
{
	double all = 0, clean = 0;
	for (size_t i = 0; i < f->samples.len; i++) {
		all += (double)f->samples.ptr[i].weight;
		clean += f->samples.ptr[i].label == CLEAN ? (double)f->samples.ptr[i].weight : 0;
	}
	if (all == 0)
		return;
	double up = prior_clean * all / fmax(clean, 1), down = (1 - prior_clean) * all / fmax(all - clean, 1), k = 1 / all;
	for (int it = 0; it < 400; it++) {
		double gh[MODELS] = { 0 }, gs[MODEL_ROW] = { 0 }, loss = 0;
		for (size_t i = 0; i < f->samples.len; i++) {
			const struct sample *s = &f->samples.ptr[i];
			float p[CLASSES];
			odds(f, s, models, p);
			softmax(p);
			double w = (double)s->weight * (s->label == CLEAN ? up : down);
			loss -= w * log(fmax((double)p[s->label], 1e-9));
			for (size_t c = 0; c < MODEL_ROW; c++) {
				double g = w * ((double)p[c] - (c == s->label));
				for (size_t m = 0; m < models; m++)
					gh[m] += g * (double)s->z[m][c];
				gs[c] += g;
			}
		}
		for (size_t m = 0; m < models; m++)
			f->heat[m] -= 0.15 * gh[m] * k;
		for (size_t c = 0; c < MODEL_ROW; c++)
			f->shift[c] -= 2.0 * gs[c] * k;
		if (it % 100 == 99)
			fprintf(stderr, "calibration: loss %.4f heat %.3f %.3f %.3f\n", loss * k, f->heat[LINEAR], f->heat[NEURAL], f->heat[PIECE]);
	}
}

static char *joined(const char *linear, const char *net, size_t *ret_size)
{
	struct buf a = BUF_INIT((size_t)1 << 28), b = BUF_INIT((size_t)1 << 28);
	struct error e = { 0 };
	if (os_file_read(linear, &a, &e) < 0 || os_file_read(net, &b, &e) < 0 || a.len < sizeof(struct model_header) ||
	    b.len < sizeof(struct net_header))
		die("join", &e);
	char *file = aligned_alloc(64, (a.len + b.len + 63) / 64 * 64);
	if (!file)
		die("join", NULL);
	memcpy(file, a.ptr, a.len);
	memcpy(file + a.len, b.ptr, b.len);
	struct model_header *h = (void *)file;
	h->net = (uint32_t)b.len;
	*ret_size = a.len + b.len;
	buf_free(&a);
	buf_free(&b);
	return file;
}

static struct comply_model *sealed(const struct lang *l, char *file, size_t size)
{
	struct comply_model *m;
	struct error e = { 0 };
	size_t behind = offsetof(struct model_header, checksum) + sizeof(uint64_t);
	((struct model_header *)(void *)file)->checksum = model_checksum(str_make(file + behind, size - behind));
	if (comply_model_open_bytes(l, str_make(file, size), &m, &e) < 0)
		die("join", &e);
	return m;
}

static bool held_line(struct str line, struct str *ret_text, int *ret_label, double *ret_weight)
{
	struct str label, weight, group;
	*ret_text = line;
	if (!str_split(ret_text, '\t', &label) || !str_split(ret_text, '\t', &weight) || !str_split(ret_text, '\t', &group) ||
	    str_to_double(weight, ret_weight) < 0)
		return false;
	*ret_label = class_of(label);
	return *ret_label >= 0 && *ret_label != BAD && str_hash(group) % HELD_SHARE == 0;
}

static void read_held(const struct lang *l, const struct comply_model *m, const char *path, struct fit *fit)
{
	struct buf b = BUF_INIT((size_t)1 << 30);
	struct error e = { 0 };
	if (os_file_read(path, &b, &e) < 0)
		die(path, &e);
	_cleanup_arena_ struct arena *a = arena_new((size_t)64 << 20);
	struct str rest = buf_view(&b), line, text;
	int label;
	double weight;
	while (str_split(&rest, '\n', &line)) {
		struct fold_text f;
		struct sample s = { 0 };
		if (!held_line(line, &text, &label, &weight) || utf8_invalid_at(text) >= 0)
			continue;
		fold_text(l, text, a, &f);
		s.weight = (float)weight;
		s.label = (uint8_t)label;
		if (f.len && model_neural(m, &f, 0, f.len, s.z[NEURAL])) {
			struct linear_scores linear;
			model_linear(m, &f, 0, f.len, &linear);
			memcpy(s.z[LINEAR], linear.whole, sizeof(linear.whole));
			memcpy(s.z[PIECE], linear.piece, sizeof(linear.piece));
			*vec_push(&fit->samples) = s;
		}
		arena_reset(a);
	}
	buf_free(&b);
}

void join(const struct lang *l, char **argv)
{
	size_t size;
	char *file = joined(argv[2], argv[3], &size);
	struct model_header *h = (void *)file;
	struct net_header *net = (void *)(file + size - h->net);
	struct comply_model *m = sealed(l, file, size);
	struct fit fit = { .heat = { 0.4, 0.5, 0.1 } };
	struct error e = { 0 };
	read_held(l, m, argv[4], &fit);
	comply_model_close(m);
	calibrate(&fit, MODELS);
	net->linear = (float)fit.heat[LINEAR];
	net->net = (float)fit.heat[NEURAL];
	net->piece = (float)fit.heat[PIECE];
	for (size_t c = 0; c < MODEL_ROW; c++)
		net->bias[c] = (float)fit.shift[c];
	comply_model_close(sealed(l, file, size));
	if (os_file_write(argv[5], str_make(file, size), 0644, &e) < 0)
		die(argv[5], &e);
	fprintf(stderr, "%s: %zu bytes, %zu held-out texts\n", argv[5], size, fit.samples.len);
	vec_free(&fit.samples);
	free(file);
}

/* Which lines of the data are held out: 1 or 0 a line. */
void held(const char *path)
{
	struct buf b = BUF_INIT((size_t)1 << 30);
	struct error e = { 0 };
	if (os_file_read(path, &b, &e) < 0)
		die(path, &e);
	struct str rest = buf_view(&b), line, text;
	int label;
	double weight;
	while (str_split(&rest, '\n', &line))
		puts(held_line(line, &text, &label, &weight) ? "1" : "0");
	buf_free(&b);
}
