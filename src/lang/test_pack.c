/* Packs: written and read back; every kind of damage is an error. */
#include "base/test.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/mem.h"
#include "lang/fold.h"
#include "lang/pack.h"

static struct str build(struct buf *b)
{
	const struct pack_part parts[] = { { "one", STR_INIT("abcdefgh") }, { "empty", STR_INIT("") },
					   { "two", STR_INIT("12345678901234567890") } };
	pack_build(STR("test 1"), parts, 3, b);
	return buf_view(b);
}

static void test_round(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1 * MIB);
	struct pack *p;
	struct error e;
	const void *at;
	size_t n;
	assert_ok(pack_open_bytes(build(&b), &p, &e));
	assert_str_c(pack_version(p), "test 1");
	assert_int_equal(pack_sections(p), 3);
	assert_str_c(pack_section_name(p, 2), "two");
	assert_str_c(pack_section(p, "two"), "12345678901234567890");
	assert_non_null(pack_section(p, "empty").ptr);
	assert_null(pack_section(p, "three").ptr);
	assert_ok(pack_array(p, "one", 4, &at, &n, &e));
	assert_int_equal(n, 2);
	assert_int_equal(pack_array(p, "one", 3, &at, &n, &e), -1);
	assert_ok(pack_verify(p, &e));
	pack_close(p);
}

static void test_damage(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1 * MIB);
	struct str s = build(&b);
	struct error e;
	for (size_t i = 0; i < s.len; i++) {
		struct pack *p = NULL;
		b.ptr[i] ^= 0x10;
		if (pack_open_bytes(s, &p, &e) == 0) {
			assert_true(i >= 80 + 3 * 40);
			pack_verify(p, &e);
			pack_close(p);
		} else {
			assert_true(error_is(&e, "pack.damaged"));
		}
		b.ptr[i] ^= 0x10;
	}
	for (size_t n = 0; n < s.len; n++) {
		struct pack *p = NULL;
		assert_int_equal(pack_open_bytes(str_sub(s, 0, n), &p, &e), -1);
	}
}

/* What the build made: whole, and with sums that Python and C agree on. */
static void test_language(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(64 * KIB);
	struct str dir = lang_pack_dir(a);
	struct pack *p;
	struct error e;
	assert_ok(pack_open(arena_printf(a, "%.*s/zh.pack", STR_ARG(dir)).ptr, &p, &e));
	assert_ok(pack_verify(p, &e));
	assert_true(str_starts(pack_version(p), STR("zh ")));
	pack_close(p);
	assert_int_equal(pack_open("/nowhere/zh.pack", &p, &e), -1);
	assert_true(error_is(&e, "pack.missing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_language),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
