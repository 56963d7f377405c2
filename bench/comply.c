/* Speed of the whole engine: bench_comply PACKS TEXT. Processor time of one thread, best of five: the
 * text line by line and in pieces of a megabyte, without the model and with it; opening; memory. */
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "base/check.h"
#include "base/limits.h"
#include "comply/comply.h"
#include "os/file.h"

static double cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct count {
	size_t texts, flagged, hits;
};

static struct count run(const struct comply *c, struct str text, size_t piece, bool model, struct arena *a)
{
	struct comply_options o = { .no_model = !model };
	struct count n = { 0 };
	struct str rest = text;
	while (rest.len) {
		struct comply_result r;
		size_t end = piece < rest.len ? piece : rest.len;
		const char *nl = memchr(rest.ptr + (piece ? end - 1 : 0), '\n', rest.len - (piece ? end - 1 : 0));
		end = nl ? (size_t)(nl - rest.ptr) : rest.len;
		arena_reset(a);
		check(comply_check(c, str_sub(rest, 0, end), &o, a, &r, NULL) == 0);
		n.texts++;
		n.flagged += r.suggestion != COMPLY_PASS;
		n.hits += r.hits_len;
		rest = str_from(rest, end + (nl != NULL));
	}
	return n;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		size_t piece;
		bool model;
	} ways[] = { { "逐句，不用模型 by sentence, no model", 0, false }, { "逐句，用模型 by sentence, with model", 0, true },
		     { "整段 1 MB，不用模型 1 MB at once, no model", 1000000, false }, { "整段 1 MB，用模型 1 MB at once, with model", 1000000, true } };
	struct comply *c = NULL;
	struct error e = { 0 };
	struct buf b;
	struct rusage u;
	buf_init(&b, 256 * MIB);
	if (argc != 3 || os_file_read(argv[2], &b, &e) < 0) {
		fprintf(stderr, "%s\n", e.en);
		return 1;
	}
	struct str text = buf_view(&b);
	double best_open = 1e9;
	for (int i = 0; i < 5; i++) {
		double begun = cpu();
		comply_close(c);
		c = NULL;
		if (comply_open(str_c(argv[1]), &c, &e) < 0) {
			fprintf(stderr, "%s\n", e.en);
			return 1;
		}
		best_open = cpu() - begun < best_open ? cpu() - begun : best_open;
	}
	struct arena *a = arena_new(512 * MIB);
	puts("| | MB/s | 文本/秒 texts/s | 需处理 flagged |\n| --- | ---: | ---: | ---: |");
	for (size_t w = 0; w < sizeof(ways) / sizeof(*ways); w++) {
		double best = 1e9;
		struct count n = { 0 };
		for (int i = 0; i < (ways[w].model ? 2 : 5); i++) {
			double begun = cpu();
			n = run(c, text, ways[w].piece, ways[w].model, a);
			best = cpu() - begun < best ? cpu() - begun : best;
		}
		printf("| %s | %.0f | %.0f | %zu / %zu |\n", ways[w].name, (double)text.len / 1e6 / best, (double)n.texts / best, n.flagged, n.texts);
	}
	getrusage(RUSAGE_SELF, &u);
	printf("| 打开（启动）open | %.1f ms | | |\n| 常驻内存 resident（含 20 MB 原文 with the text）| %.0f MB | | |\n", best_open * 1000,
	       (double)u.ru_maxrss / 1024);
	comply_close(c);
	arena_free(a);
	buf_free(&b);
	return 0;
}
