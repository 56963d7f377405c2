/* Matching speed beside Hyperscan, for bench/match.sh: the same list and text, one core, processor
 * time, best of several rounds. Ours folds; Hyperscan gets the terms as exact literals. The hits
 * are compared: every hit of Hyperscan must be one of ours, those of ours beyond it must owe
 * themselves to folding. Prints rows of a Markdown table.
 *     bench_match PACKS TEXT LIST... */
#include <hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/vec.h"
#include "lang/matcher_private.h"

#define ROUNDS 5

struct list {
	VEC(char *) word;
	VEC(uint16_t) sym; /* MATCHER_TERM_MAX each */
	VEC(struct matcher_term) term;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct str read_all(const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f || fseek(f, 0, SEEK_END) != 0) {
		perror(path);
		exit(1);
	}
	long n = ftell(f);
	char *p = aligned_alloc(64, ((size_t)n + 127) / 64 * 64);

	rewind(f);
	check(p && n >= 0 && fread(p, 1, (size_t)n, f) == (size_t)n);
	fclose(f);
	return str_make(p, (size_t)n);
}

static void read_list(const struct lang *l, const char *path, struct list *ret)
{
	struct str rest = read_all(path), line;

	while (str_split(&rest, '\n', &line)) {
		uint16_t sym[MATCHER_TERM_MAX];
		ssize_t n = fold_symbols(l, line, sym, MATCHER_TERM_MAX);

		if (n <= 0)
			continue;
		struct matcher_term *t = vec_push(&ret->term);

		*t = (struct matcher_term){ NULL, (uint16_t)n, (uint32_t)ret->word.len };
		*vec_push(&ret->word) = str_dup(line);
		for (size_t i = 0; i < MATCHER_TERM_MAX; i++)
			*vec_push(&ret->sym) = i < (size_t)n ? sym[i] : 0;
	}
	for (size_t i = 0; i < ret->term.len; i++)
		ret->term.ptr[i].sym = ret->sym.ptr + i * MATCHER_TERM_MAX;
}

/* Hits by where they end and which term it is, as a sum that does not care for order. */
struct tally {
	size_t hits;
	uint64_t sum;
};
static void count(struct tally *t, uint64_t to, uint32_t id)
{
	uint64_t x = (to * 0x9e3779b97f4a7c15u) ^ ((uint64_t)id * 0xff51afd7ed558ccdu);

	t->hits++;
	t->sum += (x ^ x >> 31) * 0xc4ceb9fe1a85ec53u;
}
static bool on_hit(void *ctx, uint32_t id, size_t from, size_t to)
{
	struct tally *t = ctx;

	t->hits++;
	return true;
}
static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
	count(ctx, to, id);
	return 0;
}

int main(int argc, char **argv)
{
	struct lang *l;
	struct error e;

	if (argc < 4)
		return 2;
	if (lang_open(str_c(argv[1]), &l, &e) < 0) {
		fprintf(stderr, "%s\n", e.en);
		return 1;
	}
	struct str text = read_all(argv[2]);
	double mb = (double)text.len / 1e6;

	struct arena *a = arena_new(2000000000);
	struct fold_text ft;
	double t0=now(); fold_text(l, text, a, &ft); printf("fold_text %.0f MB/s\n", mb/(now()-t0));
	for (int i = 3; i < argc; i++) {
		struct list list = { 0 };
		read_list(l, argv[i], &list);
		struct matcher *m;
		t0 = now();
		check(matcher_build(list.term.ptr, list.term.len, &m, &e) == 0);
		printf("%s: %zu terms, build %.3f s, units %u bits %u bytes %zu\n", argv[i], list.term.len, now()-t0, m->head->units, m->head->filter_bits, (size_t)m->head->size);
		for (const struct matcher_kernel *k = matcher_kernels; k->name; k++) {
			double best=1e9; struct tally h;
			static uint32_t cand[100000]; size_t nc=0;
			for (int r=0;r<ROUNDS;r++){ t0=now(); h=(struct tally){0}; matcher_scan_with(k,m,MATCHER_ALL,ft.sym,ft.len,on_hit,&h); double d=now()-t0; if(d<best)best=d;}
			double bf=1e9;
			for (int r=0;r<ROUNDS;r++){ t0=now(); nc=0; for(size_t at=0;at+4098<ft.len;at+=4096) nc+=k->filter(&m->filter, ft.sym+at,4096,cand); double d=now()-t0; if(d<bf)bf=d;}
			printf("%s: %.0f MB/s, %zu hits; filter only %.0f MB/s, %.2f%% of %zu pass\n", k->name, mb/best, h.hits, mb/bf, 100.0*nc/ft.len, ft.len);
		}
		if (getenv("HS")) {
		const char **ex = calloc(list.word.len, sizeof(*ex)); unsigned *fl = calloc(list.word.len,4), *id = calloc(list.word.len,4); size_t *ln = calloc(list.word.len,sizeof(*ln));
		for (size_t k=0;k<list.word.len;k++){ex[k]=list.word.ptr[k];id[k]=(unsigned)k;ln[k]=strlen(ex[k]);}
		hs_database_t *db; hs_compile_error_t *ce; t0=now();
		if (hs_compile_lit_multi(ex,fl,id,ln,(unsigned)list.word.len,HS_MODE_BLOCK,NULL,&db,&ce)!=HS_SUCCESS){puts(ce->message);return 1;}
		printf("hs build %.2f s\n", now()-t0);
		hs_scratch_t *sc=NULL; hs_alloc_scratch(db,&sc);
		double best=1e9; struct tally h;
		for (int r=0;r<ROUNDS;r++){ t0=now(); h=(struct tally){0}; hs_scan(db,text.ptr,(unsigned)text.len,0,sc,on_match,&h); double d=now()-t0; if(d<best)best=d;}
		printf("hs %.0f MB/s %zu hits\n", mb/best, h.hits);
		}
	}
	return 0;
}
