/* All strings of all checks are found in one pass, with and without case. */
#include "base/test.h"

#include "base/limits.h"
#include "base/mem.h"
#include "scan/literals.h"

static const struct scan_literal first[] = { { STR_INIT("Warning: "), false },
					     { STR_INIT("sql syntax"), true } };
static const struct scan_literal second[] = { { STR_INIT("Warning: mysql"), false } };
static const struct scan_check a = { .id = "a", .literals = first, .literals_len = 2 };
static const struct scan_check b = { .id = "b", .literals = second, .literals_len = 1 };

struct log {
	char text[4096];
};

static void note(void *arg, const struct scan_check *c, size_t which, size_t at)
{
	struct log *l = arg;
	size_t n = strlen(l->text);

	snprintf(l->text + n, sizeof(l->text) - n, "%s%zu@%zu ", c->id, which, at);
}

static void finds_all(void **state)
{
	(void)state;
	const struct scan_check *const checks[] = { &a, &b, NULL };
	_cleanup_(literals_freep) struct literals *l = literals_new(checks);
	struct log log = { { 0 } };

	literals_scan(l, STR("xx Warning: mysql SQL Syntax warning: "), note, &log);
	assert_string_equal(log.text, "b0@3 a0@3 a1@18 ");
}

static void counts_are_bounded(void **state)
{
	(void)state;
	const struct scan_check *const checks[] = { &a, NULL };
	_cleanup_(literals_freep) struct literals *l = literals_new(checks);
	struct log log = { { 0 } };
	size_t n = 0;
	char text[9 * 1000 + 1];

	for (int i = 0; i < 1000; i++)
		memcpy(text + i * 9, "Warning: ", 10);
	literals_scan(l, str_c(text), note, &log);
	for (char *p = log.text; *p; p++)
		n += *p == '@';
	assert_int_equal(n, LIMIT_LITERAL_HITS);
	literals_scan(l, STR("Wa"), note, &log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_all),
		cmocka_unit_test(counts_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
