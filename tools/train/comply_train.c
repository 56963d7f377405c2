/* Trains the text model (src/comply/model.h): multinomial logistic regression by AdaGrad on hashed
 * n-grams, pruned to the table's size, refined, calibrated on held-out groups, written as signed
 * bytes. Deterministic: one thread, own generator, input order.
 *
 *   comply_train train DATA.tsv OUT.bin VERSION [KEY=VALUE ...]   DATA: class, weight, group, text
 *   comply_train score MODEL.bin < LINES                          class probabilities, a line each
 *   comply_train speed MODEL.bin < FILE                           how fast it scores lines
 *   comply_train tokens < LINES                                   what the neural model reads, as 32-bit words
 *   comply_train held DATA.tsv                                    1 for each line that is held out, else 0
 *   comply_train join MODEL.bin NET DATA.tsv OUT.bin              both models in one file, calibrated together
 *
 * Groups (the source line that a text was made of) are held out whole, so that copies of one line
 * never stand on both sides. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "comply_train.h"
#include "lang/fold.h"
#include "os/file.h"

#define COUNT_BITS 26

static const struct {
	const char *name, *leaf;
} classes[MODEL_ROW] = {
	{ "porn", "porn.spreading" },
	{ "gambling", "contraband.gambling" },
	{ "abuse", "abuse.swearing" },
	{ "hate", "abuse.discrimination" },
	{ "fraud", "adlaw.fraud" },
	{ "blackad", "contraband.services" },
	{ "ad", "ad" },
	{ "violence", "violence.speech" },
};
double prior_clean = 0.6;
static double epochs = 4, rate = 1, decay = 4e-4, buckets = 60000, min_df = 3, refine = 1,
	      hold = 1, hold_seeds = 0, threshold = 0.5, drop = 0, sound_only = 0.1;
static const struct {
	const char *name;
	double *to;
} settings[] = { { "epochs", &epochs }, { "rate", &rate }, { "decay", &decay }, { "buckets", &buckets },
	{ "min_df", &min_df }, { "prior_clean", &prior_clean }, { "refine", &refine }, { "hold", &hold },
	{ "hold_seeds", &hold_seeds }, { "threshold", &threshold }, { "drop", &drop }, { "sound_only", &sound_only } };

struct doc {
	size_t from, sounds, to; /* features: of syllables, then of characters */
	float weight, norm;
	uint32_t group;
	uint8_t label;
	bool held;
	char source; /* the group's first letter: seeds, fragments, lexicon, corpora */
};

struct trainer {
	struct lang *lang;
	struct model_keys keys;
	VEC(struct doc) docs;
	VEC(uint64_t) hash; /* of all documents */
	uint32_t *id;	    /* the same as dense ids; UINT32_MAX: too rare */
	uint64_t *hash_of;  /* by id */
	uint32_t *df;
	size_t ids;
	float *w, *g; /* [ids][MODEL_ROW] */
	float scale[MODEL_ROW], bias[MODEL_ROW];
	double heat, shift[MODEL_ROW];
};

void die(const char *what, const struct error *e)
{
	fprintf(stderr, "comply_train: %s%s%s\n", what, e ? ": " : "", e ? e->en : "");
	exit(1);
}

int class_of(struct str s)
{
	for (int i = 0; i < MODEL_ROW; i++)
		if (str_eq(s, str_c(classes[i].name)))
			return i;
	if (str_eq(s, STR("bad")))
		return BAD;
	return str_eq(s, STR("clean")) || str_eq(s, STR("hard")) ? CLEAN : -1;
}

/* ---- reading ---- */
static void features_of(const struct trainer *t, struct str text, struct arena *a, uint64_t *out, size_t *ret,
			size_t *ret_sounds)
{
	struct fold_text f;
	fold_text(t->lang, text, a, &f);
	*ret = model_features(&t->keys, &f, 0, f.len, out, ret_sounds);
}

static void add_doc(struct trainer *t, struct str line, struct arena *a)
{
	struct str label, weight, group, text = line;
	double w;
	if (!str_split(&text, '\t', &label) || !str_split(&text, '\t', &weight) || !str_split(&text, '\t', &group) ||
	    class_of(label) < 0 || str_to_double(weight, &w) < 0 || utf8_invalid_at(text) >= 0) {
		fprintf(stderr, "skipped: %.*s\n", (int)(line.len < 80 ? line.len : 80), line.ptr);
		return;
	}
	uint64_t f[MODEL_FEATURES];
	size_t n, sounds;
	features_of(t, text, a, f, &n, &sounds);
	if (n == 0)
		return;
	struct doc *d = vec_push(&t->docs);
	*d = (struct doc){ .from = t->hash.len, .sounds = t->hash.len + sounds, .weight = (float)w, .norm = 1 / model_norm(n),
		.label = (uint8_t)class_of(label), .held = str_hash(group) % HELD_SHARE == 0, .group = (uint32_t)str_hash(group) | 1,
		.source = group.len ? group.ptr[0] : ' ' };
	d->held = d->label != BAD && (d->held || (hold_seeds > 0 && d->source == 's'));
	for (size_t i = 0; i < n; i++)
		*vec_push(&t->hash) = f[i];
	d->to = t->hash.len;
}

static void read_data(struct trainer *t, const char *path)
{
	struct buf b = BUF_INIT((size_t)1 << 30);
	struct error e = { 0 };
	if (os_file_read(path, &b, &e) < 0)
		die(path, &e);
	_cleanup_arena_ struct arena *a = arena_new((size_t)64 << 20);
	struct str rest = buf_view(&b), line;
	while (str_split(&rest, '\n', &line)) {
		add_doc(t, line, a);
		arena_reset(a);
	}
	buf_free(&b);
	fprintf(stderr, "%zu texts, %zu features\n", t->docs.len, t->hash.len);
}

/* Dense ids for features that at least min_df groups of trained texts have, one after another: what only the copies of one
 * line share says nothing of other writers. */
static void number(struct trainer *t)
{
	uint8_t *count = mem_array((size_t)1 << COUNT_BITS, 1);
	uint32_t *seen = mem_array((size_t)1 << COUNT_BITS, sizeof(*seen));
	for (size_t d = 0; d < t->docs.len; d++)
		for (size_t i = t->docs.ptr[d].from; !(hold > 0 && t->docs.ptr[d].held) && i < t->docs.ptr[d].to; i++) {
			size_t at = t->hash.ptr[i] >> (64 - COUNT_BITS);
			count[at] = (uint8_t)(count[at] + (count[at] < 255 && seen[at] != t->docs.ptr[d].group));
			seen[at] = t->docs.ptr[d].group;
		}
	free(seen);
	size_t slots = 1024, rare = 0;
	while (slots < t->hash.len / 4)
		slots *= 2;
	uint64_t *key = mem_array(slots, sizeof(*key));
	uint32_t *at = mem_array(slots, sizeof(*at));
	t->id = mem_array(t->hash.len, sizeof(*t->id));
	t->hash_of = mem_array(slots, sizeof(*t->hash_of));
	for (size_t i = 0; i < t->hash.len; i++) {
		uint64_t h = t->hash.ptr[i];
		if (count[h >> (64 - COUNT_BITS)] < min_df) {
			t->id[i] = UINT32_MAX;
			rare++;
			continue;
		}
		size_t s = h & (slots - 1);
		while (key[s] && key[s] != h)
			s = (s + 1) & (slots - 1);
		if (!key[s]) {
			key[s] = h;
			at[s] = (uint32_t)t->ids;
			t->hash_of[t->ids++] = h;
			if (t->ids > slots / 2)
				die("too many features: raise min_df", NULL);
		}
		t->id[i] = at[s];
	}
	t->df = mem_array(t->ids, sizeof(*t->df));
	for (size_t i = 0; i < t->hash.len; i++)
		if (t->id[i] != UINT32_MAX)
			t->df[t->id[i]]++;
	free(count);
	free(key);
	free(at);
	vec_free(&t->hash);
	fprintf(stderr, "%zu features kept, %zu occurrences too rare\n", t->ids, rare);
}

/* ---- learning ---- */
static void margins(const struct trainer *t, const struct doc *d, float z[CLASSES])
{
	memset(z, 0, CLASSES * sizeof(*z));
	for (size_t i = d->from; i < d->to; i++) {
		if (t->id[i] == UINT32_MAX)
			continue;
		if (i + 8 < d->to && t->id[i + 8] != UINT32_MAX)
			__builtin_prefetch(t->w + (size_t)t->id[i + 8] * MODEL_ROW);
		const float *w = t->w + (size_t)t->id[i] * MODEL_ROW;
		for (size_t c = 0; c < MODEL_ROW; c++)
			z[c] += w[c];
	}
	for (size_t c = 0; c < MODEL_ROW; c++)
		z[c] = z[c] * d->norm + t->bias[c];
}

void softmax(float z[CLASSES])
{
	float top = z[0], all = 0;
	for (size_t c = 1; c < CLASSES; c++)
		top = z[c] > top ? z[c] : top;
	for (size_t c = 0; c < CLASSES; c++)
		all += z[c] = expf(z[c] - top);
	for (size_t c = 0; c < CLASSES; c++)
		z[c] /= all;
}

static uint64_t draw(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* With features left out at random, the others learn to stand alone: what carries over to other writers. */
static size_t left_in(struct trainer *t, const struct doc *d, uint64_t *seed, uint32_t *in)
{
	size_t n = 0, to = d->to;
	uint32_t limit = (uint32_t)(drop * 4294967295.0);
	if ((double)(draw(seed) >> 40) < sound_only * 16777216.0)
		to = d->sounds; /* sounds must do alone now and then: homophones and pinyin leave nothing else */
	for (size_t i = d->from; i < to; i++)
		if (t->id[i] != UINT32_MAX && (drop == 0 || (uint32_t)draw(seed) >= limit))
			in[n++] = t->id[i];
	return n;
}

static double step(struct trainer *t, const struct doc *d, uint64_t *seed)
{
	float z[CLASSES] = { 0 }, grad[MODEL_ROW], norm = d->norm / (float)(1 - drop);
	uint32_t in[MODEL_FEATURES];
	size_t n = left_in(t, d, seed, in);
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < MODEL_ROW; c++)
			z[c] += t->w[(size_t)in[i] * MODEL_ROW + c];
	for (size_t c = 0; c < MODEL_ROW; c++)
		z[c] = z[c] * norm + t->bias[c];
	softmax(z);
	double right = d->label == BAD ? 1 - (double)z[CLEAN] : (double)z[d->label];
	double loss = -log(fmax(right, 1e-9)) * (double)d->weight;
	for (size_t c = 0; c < MODEL_ROW; c++) {
		/* the class that the source does not tell is the one the model believes in */
		float want = d->label == BAD ? z[c] / fmaxf(1 - z[CLEAN], 1e-6f) : (float)(c == d->label);
		grad[c] = (z[c] - want) * d->weight;
		t->bias[c] -= 0.01f * grad[c];
		grad[c] *= norm;
	}
	for (size_t i = 0; i < n; i++) {
		float *w = t->w + (size_t)in[i] * MODEL_ROW, *g = t->g + (size_t)in[i] * MODEL_ROW;
		for (size_t c = 0; c < MODEL_ROW; c++) {
			float x = grad[c] + (float)decay * w[c];
			g[c] += x * x;
			w[c] -= (float)rate * x / sqrtf(g[c] + 1e-6f);
		}
	}
	return loss;
}

static void learn(struct trainer *t, int rounds, uint64_t seed)
{
	uint32_t *order = mem_array(t->docs.len, sizeof(*order));
	size_t n = 0;
	for (size_t i = 0; i < t->docs.len; i++)
		if (!(hold > 0 && t->docs.ptr[i].held))
			order[n++] = (uint32_t)i;
	for (int r = 0; r < rounds; r++) {
		for (size_t i = n; i > 1; i--) {
			size_t j = draw(&seed) % i;
			uint32_t x = order[i - 1];
			order[i - 1] = order[j];
			order[j] = x;
		}
		double loss = 0, all = 0;
		for (size_t i = 0; i < n; i++) {
			loss += step(t, &t->docs.ptr[order[i]], &seed);
			all += (double)t->docs.ptr[order[i]].weight;
		}
		fprintf(stderr, "round %d: loss %.4f\n", r + 1, loss / all);
	}
	free(order);
}

/* ---- pruning ---- */
struct rank {
	float worth;
	uint32_t id;
};

static int by_worth(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;
	if (x->worth != y->worth)
		return x->worth > y->worth ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Fills the buckets with the most useful features; slot_of[id] is UINT32_MAX for those left out. */
static uint32_t *prune(struct trainer *t, uint32_t n)
{
	struct rank *r = mem_array(t->ids, sizeof(*r));
	uint32_t *slot = mem_array(t->ids, sizeof(*slot));
	uint8_t *filled = mem_array(n, 1);
	uint64_t *in = mem_array((size_t)n * MODEL_SLOTS, sizeof(*in));
	size_t kept = 0, twins = 0;
	for (size_t i = 0; i < t->ids; i++) {
		float top = 0;
		for (size_t c = 0; c < MODEL_ROW; c++)
			top = fmaxf(top, fabsf(t->w[i * MODEL_ROW + c]));
		r[i] = (struct rank){ top * sqrtf((float)t->df[i]), (uint32_t)i };
	}
	qsort(r, t->ids, sizeof(*r), by_worth);
	for (size_t i = 0; i < t->ids; i++) {
		uint64_t h = t->hash_of[r[i].id];
		uint32_t b = model_bucket(h, n);
		bool twin = false;
		slot[r[i].id] = UINT32_MAX;
		for (size_t s = 0; s < filled[b]; s++)
			twin |= model_print(in[(size_t)b * MODEL_SLOTS + s]) == model_print(h);
		twins += twin;
		if (twin || filled[b] == MODEL_SLOTS || r[i].worth == 0)
			continue;
		slot[r[i].id] = b * MODEL_SLOTS + filled[b];
		in[(size_t)b * MODEL_SLOTS + filled[b]++] = h;
		kept++;
	}
	fprintf(stderr, "%zu features in %u buckets (%.0f %% full), %zu twins left out\n", kept, n,
		100.0 * (double)kept / n / MODEL_SLOTS, twins);
	free(r);
	free(filled);
	free(in);
	return slot;
}

/* Features without a slot are forgotten, the others learn on. */
static void forget(struct trainer *t, const uint32_t *slot)
{
	size_t n = t->docs.len ? t->docs.ptr[t->docs.len - 1].to : 0;
	for (size_t i = 0; i < n; i++)
		if (t->id[i] != UINT32_MAX && slot[t->id[i]] == UINT32_MAX)
			t->id[i] = UINT32_MAX;
}

/* ---- calibration ---- */
static void calibrate_linear(struct trainer *t)
{
	struct fit f = { .heat = { 1, 0 } };
	for (size_t i = 0; i < t->docs.len; i++) {
		const struct doc *d = &t->docs.ptr[i];
		float z[CLASSES];
		if (!d->held)
			continue;
		margins(t, d, z);
		struct sample *s = vec_push(&f.samples);
		*s = (struct sample){ .weight = d->weight, .label = d->label };
		memcpy(s->z[0], z, sizeof(s->z[0]));
	}
	calibrate(&f, 1);
	t->heat = f.heat[0];
	memcpy(t->shift, f.shift, sizeof(t->shift));
	vec_free(&f.samples);
}

static void report(const struct trainer *t, char source)
{
	size_t table[CLASSES][CLASSES] = { { 0 } }, right = 0, n = 0, band[10] = { 0 }, hit[10] = { 0 };
	for (size_t i = 0; i < t->docs.len; i++) {
		const struct doc *d = &t->docs.ptr[i];
		float z[CLASSES];
		if (!d->held || (source && d->source != source))
			continue;
		margins(t, d, z);
		for (size_t c = 0; c < MODEL_ROW; c++)
			z[c] = (float)(t->heat * (double)z[c] + t->shift[c]);
		softmax(z);
		size_t top = 0;
		for (size_t c = 1; c < MODEL_ROW; c++)
			top = z[c] > z[top] ? c : top;
		top = 1 - (double)z[CLEAN] < threshold ? CLEAN : top;
		table[d->label][top]++;
		right += top == d->label;
		size_t b = (size_t)fminf(9, (1 - z[CLEAN]) * 10);
		band[b]++;
		hit[b] += d->label != CLEAN;
		n++;
	}
	fprintf(stderr, "held out %c: %zu texts, accuracy %.3f\n%-9s", source ? source : '*', n, (double)right / (double)(n ? n : 1), "");
	for (size_t c = 0; c < CLASSES; c++)
		fprintf(stderr, "%9s", c == CLEAN ? "clean" : classes[c].name);
	for (size_t y = 0; y < CLASSES; y++) {
		fprintf(stderr, "\n%-9s", y == CLEAN ? "clean" : classes[y].name);
		for (size_t c = 0; c < CLASSES; c++)
			fprintf(stderr, "%9zu", table[y][c]);
	}
	fprintf(stderr, "\nscore band: share of violating");
	for (size_t b = 0; b < 10; b++)
		fprintf(stderr, " %.2f(%zu)", band[b] ? (double)hit[b] / (double)band[b] : 0, band[b]);
	fprintf(stderr, "\n");
}

static void probabilities(const struct trainer *t, const struct doc *d, float z[CLASSES])
{
	margins(t, d, z);
	for (size_t c = 0; c < MODEL_ROW; c++)
		z[c] = (float)(t->heat * (double)z[c] + t->shift[c]);
	z[CLEAN] = 0;
	softmax(z);
}

static int falling(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return x > y ? -1 : x < y;
}

/* How well held-out seeds are told apart at the threshold where 1 % of the outside clean texts are flagged: the nearest
 * we have to texts of another writer. Hatred is left out, since no seed has it. */
static void report_transfer(const struct trainer *t)
{
	float z[CLASSES], *bad = mem_array(t->docs.len, sizeof(*bad));
	size_t n = 0, tp[CLASSES] = { 0 }, gold[CLASSES] = { 0 }, ours[CLASSES] = { 0 }, hate = 0;
	for (size_t i = 0; i < t->docs.len; i++) {
		const struct doc *d = &t->docs.ptr[i];
		if (!d->held || d->source != 'c' || d->label != CLEAN)
			continue;
		probabilities(t, d, z);
		bad[n++] = 1 - z[CLEAN] - z[3];
		hate += z[3] >= 0.5f;
	}
	qsort(bad, n, sizeof(*bad), falling);
	float at = n ? bad[n / 100] : 0.5f;
	for (size_t i = 0; i < t->docs.len; i++) {
		const struct doc *d = &t->docs.ptr[i];
		if (!d->held || d->source != 's')
			continue;
		probabilities(t, d, z);
		size_t top = 0;
		for (size_t c = 1; c < MODEL_ROW; c++)
			top = c != 3 && z[c] > z[top] ? c : top;
		top = 1 - z[CLEAN] - z[3] > at ? top : CLEAN;
		gold[d->label]++;
		ours[top]++;
		tp[top] += top == d->label;
	}
	double f1 = 0, right = 0, all = 0;
	for (size_t c = 0; c < CLASSES; c++) {
		f1 += gold[c] ? 2.0 * (double)tp[c] / (double)(gold[c] + ours[c]) / MODEL_ROW : 0;
		right += (double)tp[c];
		all += (double)gold[c];
	}
	fprintf(stderr, "transfer: at %.3f accuracy %.3f macro-F1 %.3f, clean flagged %.3f, hate %.3f\n", (double)at, right / fmax(all, 1),
		f1, (double)(gold[CLEAN] - tp[CLEAN]) / fmax((double)gold[CLEAN], 1), (double)hate / fmax((double)n, 1));
	free(bad);
}

/* ---- writing ---- */
static void write_model(struct trainer *t, const uint32_t *slot, uint32_t n, const char *path, const char *version)
{
	struct model_header h = { .magic = MODEL_MAGIC, .format = MODEL_FORMAT, .buckets = n, .classes = MODEL_ROW };
	size_t slots = (size_t)n * MODEL_SLOTS, size = sizeof(h) + slots * (2 + MODEL_ROW);
	char *file = mem_alloc(size);
	uint16_t *prints = (void *)(file + sizeof(h));
	int8_t *rows = (void *)(prints + slots);
	float top[MODEL_ROW] = { 0 };
	snprintf(h.version, sizeof(h.version), "%s", version);
	for (size_t i = 0; i < t->ids; i++)
		for (size_t c = 0; slot[i] != UINT32_MAX && c < MODEL_ROW; c++)
			top[c] = fmaxf(top[c], fabsf(t->w[i * MODEL_ROW + c]));
	for (size_t c = 0; c < MODEL_ROW; c++) {
		snprintf(h.name[c], MODEL_NAME, "%s", classes[c].name);
		snprintf(h.leaf[c], MODEL_LEAF, "%s", classes[c].leaf);
		top[c] = top[c] > 0 ? top[c] / 127 : 1;
		h.scale[c] = (float)((double)top[c] * t->heat);
		h.bias[c] = (float)((double)t->bias[c] * t->heat + t->shift[c]);
	}
	for (size_t i = 0; i < t->ids; i++) {
		if (slot[i] == UINT32_MAX)
			continue;
		prints[slot[i]] = model_print(t->hash_of[i]);
		for (size_t c = 0; c < MODEL_ROW; c++)
			rows[(size_t)slot[i] * MODEL_ROW + c] = (int8_t)lrintf(t->w[i * MODEL_ROW + c] / top[c]);
	}
	memcpy(file, &h, sizeof(h));
	size_t behind = offsetof(struct model_header, checksum) + sizeof(h.checksum);
	h.checksum = model_checksum(str_make(file + behind, size - behind));
	memcpy(file, &h, sizeof(h));
	struct error e = { 0 };
	if (os_file_write(path, str_make(file, size), 0644, &e) < 0)
		die(path, &e);
	fprintf(stderr, "%s: %zu bytes\n", path, size);
	free(file);
}

static void set(const char *arg)
{
	struct str value = str_c(arg), name;
	str_split(&value, '=', &name);
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		if (str_eq(name, str_c(settings[i].name)) && str_to_double(value, settings[i].to) == 0)
			return;
	die(arg, NULL);
}

static void train(struct trainer *t, int argc, char **argv)
{
	for (int i = 5; i < argc; i++)
		set(argv[i]);
	uint32_t n = (uint32_t)buckets & ~3u;
	read_data(t, argv[2]);
	number(t);
	t->w = mem_array(t->ids * MODEL_ROW, sizeof(*t->w));
	t->g = mem_array(t->ids * MODEL_ROW, sizeof(*t->g));
	learn(t, (int)epochs, 20261123);
	uint32_t *slot = prune(t, n);
	forget(t, slot);
	learn(t, (int)refine, 20261124);
	calibrate_linear(t);
	report(t, 0);
	report(t, 's');
	report(t, 'c');
	report_transfer(t);
	write_model(t, slot, n, argv[3], argv[4]);
	free(slot);
}

static void score(struct trainer *t, const char *path)
{
	struct comply_model *m;
	struct error e = { 0 };
	if (comply_model_open(t->lang, str_c(path), &m, &e) < 0)
		die(path, &e);
	size_t n = comply_model_classes(m), cap = 0;
	float *p = mem_array(n, sizeof(*p));
	char *line = NULL;
	ssize_t len;
	_cleanup_arena_ struct arena *a = arena_new((size_t)256 << 20);
	for (size_t c = 0; c < n; c++)
		printf("%.*s%c", STR_ARG(comply_model_class(m, c)), c + 1 < n ? '\t' : '\n');
	while ((len = getline(&line, &cap, stdin)) >= 0) {
		struct fold_text f;
		struct str text = str_trim(str_make(line, (size_t)len));
		fold_text(t->lang, utf8_invalid_at(text) < 0 ? text : STR(""), a, &f);
		comply_model_score(m, &f, 0, f.len, p);
		for (size_t c = 0; c < n; c++)
			printf("%.4f%c", (double)p[c], c + 1 < n ? '\t' : '\n');
		arena_reset(a);
	}
	free(line);
	free(p);
	comply_model_close(m);
}

/* Scoring alone, folding done before: MB of source text a second. */
static void speed(struct trainer *t, const char *path)
{
	struct comply_model *m;
	struct error e = { 0 };
	struct buf b = BUF_INIT((size_t)1 << 30);
	if (comply_model_open(t->lang, str_c(path), &m, &e) < 0 || os_file_read("/dev/stdin", &b, &e) < 0)
		die(path, &e);
	_cleanup_arena_ struct arena *a = arena_new((size_t)4 << 30);
	struct str rest = buf_view(&b), line;
	VEC(struct fold_text) texts = { 0 };
	size_t bytes = 0;
	while (str_split(&rest, '\n', &line)) {
		fold_text(t->lang, utf8_invalid_at(line) < 0 ? line : STR(""), a, vec_push(&texts));
		bytes += line.len + 1;
	}
	float p[MODEL_ROW + 1], sum = 0;
	clock_t from = clock();
	for (size_t i = 0; i < texts.len; i++) {
		comply_model_score(m, &texts.ptr[i], 0, texts.ptr[i].len, p);
		sum += p[0];
	}
	double s = (double)(clock() - from) / CLOCKS_PER_SEC;
	printf("%zu texts, %.1f MB, %.3f s, %.1f MB/s (%.3f)\n", texts.len, (double)bytes / 1e6, s, (double)bytes / 1e6 / s, (double)sum);
	vec_free(&texts);
	buf_free(&b);
	comply_model_close(m);
}

/* Tokens of lines: count, then the pairs, 32-bit words. */
static void tokens(struct trainer *t)
{
	char *line = NULL;
	ssize_t len;
	size_t cap = 0;
	uint32_t out[1 + 2 * MODEL_CHUNK];
	_cleanup_arena_ struct arena *a = arena_new((size_t)256 << 20);
	while ((len = getline(&line, &cap, stdin)) >= 0) {
		struct fold_text f;
		struct str text = str_trim(str_make(line, (size_t)len));
		fold_text(t->lang, utf8_invalid_at(text) < 0 ? text : STR(""), a, &f);
		uint32_t chr[MODEL_CHUNK], syl[MODEL_CHUNK];
		out[0] = (uint32_t)model_tokens(&t->keys, &f, 0, f.len, chr, syl);
		for (size_t i = 0; i < out[0]; i++) {
			out[1 + 2 * i] = chr[i];
			out[2 + 2 * i] = syl[i];
		}
		fwrite(out, sizeof(*out), 1 + 2 * out[0], stdout);
		arena_reset(a);
	}
	free(line);
}

int main(int argc, char **argv)
{
	struct trainer t = { 0 };
	struct error e = { 0 };
	_cleanup_arena_ struct arena *a = arena_new(1 << 20);
	const char *what = argc > 1 ? argv[1] : "";
	if (lang_open(lang_pack_dir(a), &t.lang, &e) < 0)
		die("language pack", &e);
	model_keys_init(&t.keys, t.lang);
	if (strcmp(what, "train") == 0 && argc >= 5)
		train(&t, argc, argv);
	else if (strcmp(what, "score") == 0 && argc == 3)
		score(&t, argv[2]);
	else if (strcmp(what, "speed") == 0 && argc == 3)
		speed(&t, argv[2]);
	else if (strcmp(what, "tokens") == 0 && argc == 2)
		tokens(&t);
	else if (strcmp(what, "held") == 0 && argc == 3)
		held(argv[2]);
	else if (strcmp(what, "join") == 0 && argc == 6)
		join(t.lang, argv);
	else
		die("train | score | speed | tokens | held | join: see the beginning of comply_train.c", NULL);
	model_keys_free(&t.keys);
	lang_close(t.lang);
	return 0;
}
