/* Matching speed beside Hyperscan, for bench/match.sh: the same list and text, one core, processor
 * time, best of several rounds taken in turns. Ours goes from UTF-8 to byte ranges with all
 * folding; Hyperscan gets the terms as exact literals and the text as one block. Hits are compared
 * first: those of ours whose text is the term as it stands must be Hyperscan's, one for one. Prints
 * the rows of a Markdown table, Chinese and English.
 *     bench_match PACKS TEXT LIST... */
#include <hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/vec.h"
#include "lang/fold_run_private.h"
#include "lang/matcher_private.h"

#define ROUNDS 5

struct list {
	VEC(struct str) word;
	VEC(struct matcher_term) term;
};

/* Hits by where they end and which term it is, in a sum that does not care for order. */
struct tally {
	struct str text;
	const struct list *list;
	size_t hits;
	uint64_t sum;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct str read_all(const char *path)
{
	struct buf b = BUF_INIT(1 << 30);
	FILE *f = fopen(path, "rb");
	size_t n, len;
	char part[65536];

	if (!f) {
		perror(path);
		exit(1);
	}
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&b, part, n);
	fclose(f);
	char *p = buf_take(&b, &len);

	return str_make(p, len);
}

static void read_list(const struct lang *l, const char *path, struct list *ret)
{
	struct str rest = read_all(path), line;

	while (str_split(&rest, '\n', &line)) {
		uint16_t sym[MATCHER_TERM_MAX];
		ssize_t n = fold_symbols(l, line, sym, MATCHER_TERM_MAX);

		if (n <= 0)
			continue;
		uint16_t *own = mem_array((size_t)n, sizeof(*own));

		memcpy(own, sym, (size_t)n * sizeof(*own));
		*vec_push(&ret->term) = (struct matcher_term){ own, (uint16_t)n,
							       (uint32_t)ret->word.len };
		*vec_push(&ret->word) = line;
	}
}

static void add(struct tally *t, uint64_t to, uint32_t id)
{
	uint64_t x = to * 0x9e3779b97f4a7c15u ^ id * 0xff51afd7ed558ccdu;

	t->hits++;
	t->sum += (x ^ x >> 31) * 0xc4ceb9fe1a85ec53u;
}

static bool literal_span(void *ctx, const struct matcher_span *s)
{
	struct tally *t = ctx;

	if (str_eq(str_sub(t->text, s->from, s->to), t->list->word.ptr[s->id]))
		add(t, s->to, s->id);
	return true;
}

static int literal_match(unsigned id, unsigned long long from, unsigned long long to,
			 unsigned flags, void *ctx)
{
	add(ctx, to, id);
	return 0;
}

static bool count_span(void *ctx, const struct matcher_span *s)
{
	++*(size_t *)ctx;
	return true;
}

static int count_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		       void *ctx)
{
	++*(size_t *)ctx;
	return 0;
}

struct peer {
	hs_database_t *db;
	hs_scratch_t *scratch;
	double build;
};

static void build_peer(const struct list *list, struct peer *ret)
{
	size_t n = list->word.len;
	const char **word = mem_array(n, sizeof(*word));
	unsigned *flags = mem_array(n, sizeof(*flags)), *id = mem_array(n, sizeof(*id));
	size_t *len = mem_array(n, sizeof(*len));
	hs_compile_error_t *e;

	for (size_t i = 0; i < n; i++) {
		word[i] = list->word.ptr[i].ptr;
		len[i] = list->word.ptr[i].len;
		id[i] = (unsigned)i;
	}
	double begun = now();

	if (hs_compile_lit_multi(word, flags, id, len, (unsigned)n, HS_MODE_BLOCK, NULL, &ret->db,
				 &e) != HS_SUCCESS) {
		fprintf(stderr, "hyperscan: %s\n", e->message);
		exit(1);
	}
	ret->build = now() - begun;
	ret->scratch = NULL;
	check(hs_alloc_scratch(ret->db, &ret->scratch) == HS_SUCCESS);
	free(word), free(flags), free(id), free(len);
}

static void same_hits(const struct matcher *m, const struct lang *l, const struct peer *p,
		      const struct list *list, struct str text)
{
	struct tally ours = { text, list, 0, 0 }, theirs = ours;

	matcher_scan_text(m, l, MATCHER_ALL, text, literal_span, &ours);
	hs_scan(p->db, text.ptr, (unsigned)text.len, 0, p->scratch, literal_match, &theirs);
	if (ours.hits != theirs.hits || ours.sum != theirs.sum) {
		fprintf(stderr, "the hits differ: %zu of ours as they stand, %zu of Hyperscan\n",
			ours.hits, theirs.hits);
		exit(1);
	}
}

static void least(double *best, double begun)
{
	double took = now() - begun;

	if (!*best || took < *best)
		*best = took;
}

static void bench_list(const struct lang *l, struct str text, const char *path)
{
	struct list list = { 0 };
	struct matcher *m;
	struct peer peer;
	struct error e;
	double build = 0, best[3] = { 0 }, theirs = 0, mb = (double)text.len / 1e6;
	size_t hits = 0, matches = 0;

	read_list(l, path, &list);
	double begun = now();

	check(matcher_build(list.term.ptr, list.term.len, &m, &e) == 0);
	least(&build, begun);
	build_peer(&list, &peer);
	same_hits(m, l, &peer, &list, text);
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t k = 0; k < 3 && matcher_kernels[k].name; k++) {
			if (!matcher_kernels[k].supported() || !fold_kernels[k].supported())
				continue;
			hits = 0, begun = now();
			matcher_scan_text_with(&fold_kernels[k], &matcher_kernels[k], m, l,
					       MATCHER_ALL, text, count_span, &hits);
			least(&best[k], begun);
		}
		matches = 0, begun = now();
		hs_scan(peer.db, text.ptr, (unsigned)text.len, 0, peer.scratch, count_match,
			&matches);
		least(&theirs, begun);
	}
	printf("| %zu | %.1f | %zu / %zu | ", list.word.len, (double)matches / mb / 1e3, hits,
	       matches);
	for (size_t k = 0; k < 3; k++)
		best[k] > 0 ? printf("%.0f | ", mb / best[k]) : printf("– | ");
	double ours = best[0] > 0 ? best[0] : best[1] > 0 ? best[1] : best[2];

	printf("%.0f | **%.2f** | %.2f / %.2f | %.1f |\n", mb / theirs, theirs / ours, build,
	       peer.build, (double)matcher_bytes(m).len / 1e6);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct lang *l;
	struct error e;

	if (argc < 4) {
		fprintf(stderr, "usage: bench_match PACKS TEXT LIST...\n");
		return 2;
	}
	if (lang_open(str_c(argv[1]), &l, &e) < 0) {
		fprintf(stderr, "%s\n", e.en);
		return 1;
	}
	struct str text = read_all(argv[2]);

	printf("| 词条 / terms | 每 kB 命中 / hits per kB | 命中 ours / Hyperscan | AVX-512 MB/s | "
	       "AVX2 MB/s "
	       "| portable MB/s | Hyperscan MB/s | 倍 / times | 建表秒 build s | MB |\n"
	       "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
	for (int i = 3; i < argc; i++)
		bench_list(l, text, argv[i]);
	return 0;
}
