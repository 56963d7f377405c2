/* The linear model of text classes, read from one mapped file. A feature is looked up by comparing
 * the eight 16-bit fingerprints of its bucket; only known features touch their row, one cache line
 * a bucket. Damaged files are refused at opening (sizes, numbers, checksum), so scoring needs no
 * checks. Immutable after opening; scoring allocates nothing. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "comply/net.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define MAGIC 0x4d4f444cu
#define NET_MAX ((size_t)64 << 20)
#define FILE_MAX ((size_t)MODEL_BUCKETS_MAX * MODEL_SLOTS * (2 + MODEL_ROW) + NET_MAX)

typedef int8_t v8qi __attribute__((vector_size(8)));
typedef int16_t v8hi __attribute__((vector_size(16)));

struct comply_model {
	uint32_t magic;
	const struct model_header *head;
	const uint16_t *prints;
	const int8_t *rows;
	void *map; /* NULL when the bytes are the caller's */
	size_t size;
	struct model_keys keys;
	struct net *net; /* NULL: none */
};

uint64_t model_checksum(struct str bytes)
{
	uint64_t h = 0xcbf29ce484222325u, w;
	size_t i = 0;
	for (; i + 8 <= bytes.len; i += 8) {
		memcpy(&w, bytes.ptr + i, 8);
		h = (h ^ w) * 0x100000001b3u;
		h ^= h >> 32;
	}
	for (; i < bytes.len; i++)
		h = (h ^ (unsigned char)bytes.ptr[i]) * 0x100000001b3u;
	return h;
}

static bool ended(const char *s, size_t n)
{
	return memchr(s, 0, n) != NULL;
}

/* NULL when the header is sound, else what is wrong. */
static const char *fault(struct str file)
{
	const struct model_header *h = (const void *)file.ptr;
	if (file.len < sizeof(*h) || memcmp(h->magic, MODEL_MAGIC, sizeof(h->magic)) != 0)
		return "magic";
	if (h->format != MODEL_FORMAT)
		return "format";
	if (h->classes == 0 || h->classes > MODEL_ROW || h->buckets == 0 || h->buckets % 4 || h->buckets > MODEL_BUCKETS_MAX)
		return "size";
	if (file.len != sizeof(*h) + (size_t)h->buckets * MODEL_SLOTS * (2 + MODEL_ROW) + h->net)
		return "length";
	size_t behind = offsetof(struct model_header, checksum) + sizeof(h->checksum);
	if (h->checksum != model_checksum(str_from(file, behind)))
		return "checksum";
	if (!ended(h->version, sizeof(h->version)))
		return "version";
	for (size_t i = 0; i < MODEL_ROW; i++) {
		if (!isfinite(h->scale[i]) || !isfinite(h->bias[i]))
			return "numbers";
		if (!ended(h->name[i], MODEL_NAME) || !ended(h->leaf[i], MODEL_LEAF))
			return "names";
	}
	return NULL;
}

static int map_file(struct str path, struct str *ret, struct error *e)
{
	_cleanup_free_ char *name = str_dup(path);
	_cleanup_close_ int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_os(e, errno, name);
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || (size_t)st.st_size > FILE_MAX)
		return error_set(e, "model.damaged", "模型文件 %s 大小不对。请重新安装。",
				 "The model file %s has a wrong size. Install it again.", name);
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return error_os(e, errno, name);
	*ret = str_make(p, (size_t)st.st_size);
	return 0;
}

static int damaged(const char *why, struct error *e)
{
	return error_set(e, "model.damaged", "文本模型已损坏（%s）。请重新安装。", "The text model is damaged (%s). Install it again.", why);
}

int comply_model_open_bytes(const struct lang *l, struct str file, struct comply_model **ret, struct error *e)
{
	const char *why = (uintptr_t)file.ptr % 64 ? "alignment" : fault(file);
	if (why)
		return damaged(why, e);
	struct comply_model *m = mem_alloc(sizeof(*m));
	m->magic = MAGIC;
	m->head = (const void *)file.ptr;
	m->prints = (const void *)(file.ptr + sizeof(*m->head));
	m->rows = (const void *)(m->prints + (size_t)m->head->buckets * MODEL_SLOTS);
	if (m->head->net)
		m->net = net_open(str_from(file, file.len - m->head->net), &why);
	if (!why && m->net && net_head(m->net)->classes != m->head->classes + 1)
		why = "classes";
	if (why) {
		net_close(m->net);
		free(m);
		return damaged(why, e);
	}
	model_keys_init(&m->keys, l);
	*ret = m;
	return 0;
}

int comply_model_open(const struct lang *l, struct str path, struct comply_model **ret, struct error *e)
{
	struct str file = STR_NULL;
	struct comply_model *m = NULL;
	if (map_file(path, &file, e) < 0)
		return -1;
	if (comply_model_open_bytes(l, file, &m, e) < 0 || !m) {
		munmap((void *)(uintptr_t)file.ptr, file.len);
		return -1;
	}
	m->map = (void *)(uintptr_t)file.ptr;
	m->size = file.len;
	*ret = m;
	return 0;
}

void comply_model_close(struct comply_model *m)
{
	if (!m)
		return;
	check(m->magic == MAGIC);
	m->magic = 0;
	if (m->map)
		munmap(m->map, m->size);
	model_keys_free(&m->keys);
	net_close(m->net);
	free(m);
}

struct str comply_model_version(const struct comply_model *m)
{
	return str_c(m->head->version);
}

size_t comply_model_classes(const struct comply_model *m)
{
	return m->head->classes + 1;
}

struct str comply_model_class(const struct comply_model *m, size_t i)
{
	check(i <= m->head->classes);
	return i < m->head->classes ? str_c(m->head->name[i]) : STR("clean");
}

struct str comply_model_leaf(const struct comply_model *m, size_t i)
{
	check(i <= m->head->classes);
	return i < m->head->classes ? str_c(m->head->leaf[i]) : STR("");
}

/* Bit i: print i of the bucket is `want`. */
static inline uint32_t equal(const uint16_t *prints, uint16_t want)
{
#ifdef __SSE2__
	__m128i p = _mm_loadu_si128((const void *)prints);
	__m128i q = _mm_cmpeq_epi16(p, _mm_set1_epi16((short)want));
	return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(q, _mm_setzero_si128()));
#else
	uint32_t bits = 0;
	for (size_t i = 0; i < MODEL_SLOTS; i++)
		bits |= (uint32_t)(prints[i] == want) << i;
	return bits;
#endif
}

/* Which of the features the model knows: offsets of their rows. Turns h around in place. */
static size_t find(const struct comply_model *m, uint64_t *h, size_t n)
{
	enum { AHEAD = 16 };
	size_t found = 0;
	uint32_t buckets = m->head->buckets;
	for (size_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			__builtin_prefetch(m->prints + (size_t)model_bucket(h[i + AHEAD], buckets) * MODEL_SLOTS);
		size_t at = (size_t)model_bucket(h[i], buckets) * MODEL_SLOTS;
		uint32_t bits = equal(m->prints + at, model_print(h[i]));
		/* no branch: most are unknown, but not by any rule */
		h[found] = at + (size_t)__builtin_ctz(bits | 1u << 31) % MODEL_SLOTS;
		found += bits != 0;
	}
	return found;
}

static void add(const struct comply_model *m, const uint64_t *row, size_t n, int32_t sum[MODEL_ROW])
{
	enum { AHEAD = 12, FLUSH = 256 };
	for (size_t i = 0; i < n;) {
		v8hi part = { 0 };
		size_t end = n - i < FLUSH ? n : i + FLUSH;
		for (; i < end; i++) {
			if (i + AHEAD < n)
				__builtin_prefetch(m->rows + row[i + AHEAD] * MODEL_ROW);
			v8qi r;
			memcpy(&r, m->rows + row[i] * MODEL_ROW, sizeof(r));
			part += __builtin_convertvector(r, v8hi);
		}
		for (size_t c = 0; c < MODEL_ROW; c++)
			sum[c] += part[c];
	}
}

/* Where the piece that begins at `from` ends: with a clause where that leaves enough. */
static size_t piece_end(const struct fold_text *t, size_t from, size_t to)
{
	enum { LEAST = 16, MOST = 40, REST = 8, WHOLE = 48 };
	size_t end = from + LEAST;
	if (to - from <= WHOLE)
		return to;
	while (end - from < MOST && t->gap[end] < FOLD_GAP_CLAUSE)
		end++;
	return to - end < REST ? to : end;
}

static void scale_sums(const struct model_header *h, const int32_t sum[MODEL_ROW], size_t seen, float *out)
{
	float norm = model_norm(seen);
	for (size_t c = 0; c < h->classes; c++)
		out[c] = seen ? (float)sum[c] * h->scale[c] / norm + h->bias[c] : -20;
}

static float highest(const float *z, size_t n)
{
	float top = z[0];
	for (size_t i = 1; i < n; i++)
		top = z[i] > top ? z[i] : top;
	return top;
}

void model_linear(const struct comply_model *m, const struct fold_text *t, size_t from, size_t to, struct linear_scores *ret)
{
	int32_t all[MODEL_ROW] = { 0 };
	size_t seen = 0, classes = m->head->classes;
	float worst = -INFINITY, z[MODEL_ROW];
	uint64_t feature[MODEL_FEATURES];
	check(m->magic == MAGIC && from <= to && to <= t->len);
	scale_sums(m->head, all, 0, ret->piece);
	for (size_t end; from < to; from = end) {
		int32_t sum[MODEL_ROW] = { 0 };
		end = piece_end(t, from, to);
		size_t n = model_features(&m->keys, t, from, end, feature, NULL);
		add(m, feature, find(m, feature, n), sum);
		scale_sums(m->head, sum, n, z);
		seen += n;
		for (size_t c = 0; c < MODEL_ROW; c++)
			all[c] += sum[c];
		if (highest(z, classes) > worst) {
			worst = highest(z, classes);
			memcpy(ret->piece, z, sizeof(z));
		}
	}
	scale_sums(m->head, all, seen, ret->whole);
}

bool model_neural(const struct comply_model *m, const struct fold_text *t, size_t from, size_t to, float *out)
{
	uint32_t chr[MODEL_CHUNK], syl[MODEL_CHUNK];
	float z[MODEL_ROW + 1];
	size_t n = model_tokens(&m->keys, t, from, to, chr, syl);
	if (n == 0)
		return false;
	net_score(m->net, chr, syl, n, z);
	for (size_t c = 0; c < m->head->classes; c++)
		out[c] = z[c] - z[m->head->classes];
	return true;
}

/* Log odds against "clean", which stands last, into probabilities. */
static void normalize(float *z, size_t classes)
{
	float top = 0, all;
	for (size_t c = 0; c < classes; c++)
		top = z[c] > top ? z[c] : top;
	all = z[classes] = expf(-top);
	for (size_t c = 0; c < classes; c++)
		all += z[c] = expf(z[c] - top);
	for (size_t c = 0; c <= classes; c++)
		z[c] /= all;
}

void comply_model_score(const struct comply_model *m, const struct fold_text *t, size_t from, size_t to,
			float *out)
{
	struct linear_scores linear;
	float neural[MODEL_ROW], piece[MODEL_ROW + 1];
	size_t classes = m->head->classes;
	model_linear(m, t, from, to, &linear);
	memcpy(out, linear.whole, classes * sizeof(*out));
	memcpy(piece, linear.piece, classes * sizeof(*piece));
	normalize(out, classes);
	normalize(piece, classes);
	const struct net_header *h = m->net ? net_head(m->net) : NULL;
	if (!h || (1 - out[classes] < h->gate && 1 - piece[classes] < h->piece_gate) || !model_neural(m, t, from, to, neural))
		return;
	for (size_t c = 0; c < classes; c++)
		out[c] = h->linear * linear.whole[c] + h->piece * linear.piece[c] + h->net * neural[c] + h->bias[c];
	normalize(out, classes);
}
