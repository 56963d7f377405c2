/* Build step: data/lexicon to comply.pack. make_pack PACKS LEXICON OUT */
#include <stdio.h>

#include "base/limits.h"
#include "comply/comply.h"
#include "os/file.h"

static void problem(void *ctx, struct str path, size_t line, const struct error *e)
{
	fprintf(stderr, "%.*s:%zu: error: %s %s\n", STR_ARG(path), line, e->zh, e->en);
}

int main(int argc, char **argv)
{
	struct error e = { 0 };
	struct buf b;
	if (argc != 4)
		return 2;
	buf_init(&b, LIMIT_LEXICON_PACK);
	int r = comply_build(str_c(argv[1]), str_c(argv[2]), problem, NULL, &b, NULL, &e);
	if (r == 0)
		r = os_file_write(argv[3], buf_view(&b), 0644, &e);
	if (r < 0)
		fprintf(stderr, "%s: error: %s\n", argv[2], e.en);
	buf_free(&b);
	return r == 0 ? 0 : 1;
}
