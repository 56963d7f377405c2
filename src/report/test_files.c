/* Writes one file of every format for test_files.py: test_files DIR N [poison]. */
#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "report/report.h"
#include "report/test_model.h"

static int write_one(const char *dir, const struct report_format *f, const json_t *m)
{
	_cleanup_buf_ struct buf out = BUF_INIT(LIMIT_REPORT_FILE);
	struct error e = { 0 };
	char path[512];
	int64_t start = clock_mono_ms(&clock_system);

	if (report_render(f, m, LANG_ZH, &out, &e) < 0) {
		if (error_is(&e, "report.no-browser")) {
			printf("%s skipped: no Chromium\n", f->name);
			return 0;
		}
		fprintf(stderr, "%s: %s: %s\n", f->name, e.code, e.en);
		return -1;
	}
	printf("%s %zu bytes %lld ms\n", f->name, out.len,
	       (long long)(clock_mono_ms(&clock_system) - start));
	snprintf(path, sizeof(path), "%s/report.%s", dir, f->extension);
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(out.ptr, 1, out.len, file) != out.len || fclose(file) != 0)
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	int64_t n;

	if (argc < 3 || str_to_i64(str_c(argv[2]), &n) < 0)
		return 2;
	_cleanup_json_ json_t *m = test_model((size_t)n), *bad = argc > 3 ? test_poison(m) : NULL;

	for (size_t i = 0; report_formats[i]; i++) {
		if (write_one(argv[1], report_formats[i], bad ? bad : m) < 0)
			return 1;
	}
	return 0;
}
