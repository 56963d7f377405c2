/* Any bytes as a file of terms: it is read, told of and compiled, or refused, and nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "comply/comply.h"
#include "lang/fold.h"
#include "os/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void problem(void *ctx, struct str path, size_t line, const struct error *e)
{
	*(size_t *)ctx += line > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct comply *c;
	static char path[64];
	size_t told = 0, n = 0, problems = 0;
	const struct comply_entry *entries;
	struct comply_lexicon *x = NULL;
	struct arena *a = arena_new(16 * MIB);
	if (!c) {
		snprintf(path, sizeof(path), "/tmp/fuzz_terms.%d", (int)getpid());
		if (comply_open(lang_pack_dir(a), &c, NULL) < 0)
			abort();
	}
	if (size > 8192 || os_file_write(path, str_make((const char *)data, size), 0600, NULL) < 0) {
		arena_free(a);
		return 0;
	}
	comply_lint(c, str_c(path), problem, &told, &n, &problems, NULL);
	if (comply_entries_read(a, str_c(path), STR("x"), problem, &told, &entries, &n, NULL) == 0 &&
	    comply_lexicon_build(c, entries, n, STR("f"), &x, NULL) == 0)
		comply_lexicon_free(x);
	unlink(path);
	arena_free(a);
	return 0;
}
