/* Runs every fixture under tests/fixtures/passive, and insists that each passive check has
 * at least three that must report and three that must not. */
#include <dirent.h>
#include <stdio.h>

#include "base/check.h"
#include "base/test.h"
#include "scan/fixture.h"

static unsigned run_folder(const struct scan_check *c, const char *folder, unsigned *pos, unsigned *neg)
{
	unsigned failed = 0;
	DIR *d = opendir(folder);
	struct dirent *f;
	while (d && (f = readdir(d))) {
		char path[2048];
		struct error e = { 0 };
		if (f->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, f->d_name);
		*pos += strncmp(f->d_name, "pos", 3) == 0;
		*neg += strncmp(f->d_name, "neg", 3) == 0;
		if (fixture_file(c, path, &e) < 0) {
			print_error("%s\n", e.en);
			failed++;
		}
	}
	if (d)
		closedir(d);
	return failed;
}

static void every_fixture_behaves(void **state)
{
	const char *root = getenv("ZHANWEI_SOURCE");
	unsigned failed = 0, checks = 0;
	for (size_t i = 0; scan_checks[i]; i++) {
		const struct scan_check *c = scan_checks[i];
		char folder[900];
		unsigned pos = 0, neg = 0;
		if (!c->on_exchange && !c->on_page && !c->on_host && !c->on_literal)
			continue;
		snprintf(folder, sizeof(folder), "%s/tests/fixtures/passive/%s", root ? root : ".", c->id);
		failed += run_folder(c, folder, &pos, &neg);
		if (pos < 3 || neg < 3) {
			print_error("%s: %u positive and %u negative fixtures, wanted 3 of each\n", c->id, pos, neg);
			failed++;
		}
		checks++;
	}
	assert_true(checks >= 35);
	assert_int_equal(failed, 0);
}

static void ids_are_unique_and_whole(void **state)
{
	for (size_t i = 0; scan_checks[i]; i++) {
		const struct scan_check *c = scan_checks[i];
		assert_true(c->id && c->title_zh && c->title_en && c->owasp && c->cwe > 0);
		assert_ptr_equal(scan_check_find(str_c(c->id)), c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fixture_behaves),
		cmocka_unit_test(ids_are_unique_and_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
