/* Advice: found by check, and every check of the engine has its row. */
#include "base/test.h"

#include "base/check.h"
#include "scan/advice.h"

static void test_find(void **state)
{
	const struct scan_advice *a = scan_advice_find(STR("server-version"));

	assert_non_null(a);
	assert_true(str_has(str_c(a->advice_zh), STR("server_tokens off;")));
	assert_true(str_has(str_c(a->advice_zh), STR("\n")));
	assert_string_equal(a->gbt_level, "");
	assert_null(scan_advice_find(STR("server-versio")));
	assert_null(scan_advice_find(STR_NULL));
	for (size_t i = 0; i < scan_advice_count; i++)
		assert_ptr_equal(scan_advice_find(str_c(scan_advice_table[i].check)),
				 &scan_advice_table[i]);
}

/* check_cookie_no_httponly has the id "cookie-no-httponly": the list alone says what
 * there is, so that this test needs no engine. */
static const char *const symbols[] = {
#define SCAN_CHECK(x) #x,
#include "scan/checks/list.h"
#undef SCAN_CHECK
};

static struct str id_of(const char *symbol, char *out)
{
	size_t n = strlen(symbol);

	for (size_t i = 0; i < n; i++)
		out[i] = symbol[i] == '_' ? '-' : symbol[i];
	return str_make(out, n);
}

/* The rows themselves are checked by tools/make_advice.py, which fails the build. */
static void test_every_check_has_advice(void **state)
{
	size_t missing = 0;
	char id[128];

	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		if (scan_advice_find(id_of(symbols[i], id)))
			continue;
		print_message("data/advice has no row for check_%s\n", symbols[i]);
		missing++;
	}
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_every_check_has_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
