/* Build step: data/lexicon to comply.pack. make_pack PACKS LEXICON OUT DEPFILE */
#include <glob.h>
#include <stdio.h>

#include "base/limits.h"
#include "comply/comply.h"
#include "os/file.h"

static void problem(void *ctx, struct str path, size_t line, const struct error *e)
{
	fprintf(stderr, "%.*s:%zu: warning: left out: %s %s\n", STR_ARG(path), line, e->zh, e->en);
}

/* Folders are named too, so that a new file is noticed. */
static int write_deps(const char *path, const char *out, const char *packs, const char *dir, struct error *e)
{
	static const char *const below[] = { "", "/*", "/*/*.tsv" };
	_cleanup_buf_ struct buf b;
	buf_init(&b, 16 * MIB);
	buf_printf(&b, "%s: %s/zh.pack", out, packs);
	for (size_t i = 0; i < sizeof(below) / sizeof(*below); i++) {
		_cleanup_buf_ struct buf pattern;
		glob_t g = { 0 };
		buf_init(&pattern, 4096);
		buf_printf(&pattern, "%s%s", dir, below[i]);
		if (glob(buf_view(&pattern).ptr, 0, NULL, &g) == 0)
			for (size_t k = 0; k < g.gl_pathc; k++)
				buf_printf(&b, " %s", g.gl_pathv[k]);
		globfree(&g);
	}
	buf_char(&b, '\n');
	return os_file_write(path, buf_view(&b), 0644, e);
}

int main(int argc, char **argv)
{
	struct error e = { 0 };
	struct buf b;
	if (argc != 5)
		return 2;
	buf_init(&b, LIMIT_LEXICON_PACK);
	int r = comply_build(str_c(argv[1]), str_c(argv[2]), problem, NULL, &b, NULL, &e);
	if (r == 0)
		r = os_file_write(argv[3], buf_view(&b), 0644, &e);
	if (r == 0)
		r = write_deps(argv[4], argv[3], argv[1], argv[2], &e);
	if (r < 0)
		fprintf(stderr, "%s: error: %s\n", argv[2], e.en);
	buf_free(&b);
	return r == 0 ? 0 : 1;
}
