/* The table is sorted, every entry inflates to its stated size, and lookups answer. */
#include "base/test.h"
#include "api/assets.h"

static void test_table(void **state)
{
	for (size_t i = 0; i < assets_count; i++) {
		_cleanup_buf_ struct buf b = BUF_INIT(assets[i].plain_len);
		struct error e;

		if (i > 0)
			assert_true(strcmp(assets[i - 1].path, assets[i].path) < 0);
		assert_ptr_equal(assets_find(str_c(assets[i].path)), &assets[i]);
		assert_ok(assets_plain(&assets[i], &b, &e));
		assert_int_equal(b.len, assets[i].plain_len);
		assert_true(assets[i].etag[0] == '"' && strlen(assets[i].etag) == 26);
	}
}

static void test_index(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1 << 20), small = BUF_INIT(4);

	assert_ptr_equal(assets_find(STR("/")), assets_index());
	assert_string_equal(assets_index()->path, "/index.html");
	assert_ok(assets_plain(assets_index(), &b, NULL));
	assert_true(str_has(buf_view(&b), STR("站卫")));
	assert_int_equal(assets_plain(assets_index(), &small, NULL), -1);
	assert_null(assets_find(STR("/nowhere.js")));
	assert_null(assets_find(STR("")));
}

static void test_routes(void **state)
{
	assert_true(assets_is_route(STR("/")));
	assert_true(assets_is_route(STR("/scan/sites/01JD")));
	assert_false(assets_is_route(STR("/assets/index-1a.js")));
	assert_false(assets_is_route(STR("/api/v1/none")));
	assert_false(assets_is_route(STR("/api")));
	assert_true(assets_is_route(STR("/apiary")));
	assert_false(assets_is_route(STR("none")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table), cmocka_unit_test(test_index), cmocka_unit_test(test_routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
