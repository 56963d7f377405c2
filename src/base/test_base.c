/* The ground floor: slices, buffers, arenas, maps, UTF-8, encodings, time. */
#include "base/test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/map.h"
#include "base/utf8.h"
#include "base/vec.h"

static void slices(void **state)
{
	(void)state;
	struct str rest = STR("a,,b"), part;
	int64_t i;

	assert_true(str_split(&rest, ',', &part));
	assert_str_c(part, "a");
	assert_true(str_split(&rest, ',', &part));
	assert_str_c(part, "");
	assert_true(str_split(&rest, ',', &part));
	assert_str_c(part, "b");
	assert_false(str_split(&rest, ',', &part));
	assert_int_equal(str_ifind(STR("xxHeLLo"), STR("hello")), 2);
	assert_int_equal(str_find(STR("abc"), STR("abcd")), -1);
	assert_str_c(str_trim(STR(" \t x \n")), "x");
	assert_ok(str_to_i64(STR("-9223372036854775808"), &i));
	assert_true(i == INT64_MIN);
	assert_int_equal(str_to_i64(STR("9223372036854775808"), &i), -1);
	assert_int_equal(str_to_i64(STR("1x"), &i), -1);
}

static void buffers_keep_their_maximum(void **state)
{
	(void)state;
	_cleanup_buf_ struct buf b = BUF_INIT(8);

	buf_printf(&b, "%s", "1234567890");
	assert_true(b.overflow);
	assert_str_c(buf_view(&b), "12345678");
	buf_clear(&b);
	buf_c(&b, "ab");
	buf_consume(&b, 1);
	assert_str_c(buf_view(&b), "b");
}

static void wire_forms_come_back(void **state)
{
	(void)state;
	_cleanup_buf_ struct buf b = BUF_INIT(1024);
	uint64_t v;
	struct str s;

	buf_u64(&b, 0x1122334455667788ull);
	buf_blob(&b, STR("hello"));
	struct reader r = reader_of(buf_view(&b));

	assert_ok(reader_u64(&r, &v));
	assert_true(v == 0x1122334455667788ull);
	assert_ok(reader_blob(&r, &s));
	assert_str_c(s, "hello");
	assert_int_equal(reader_blob(&r, &s), -1);
}

static void arenas_zero_and_reset(void **state)
{
	(void)state;
	_cleanup_arena_ struct arena *a = arena_new(1 << 20);

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 1000; i++) {
			unsigned char *p = arena_alloc(a, 100);

			assert_int_equal(p[0] | p[99], 0);
			memset(p, 0xff, 100);
		}
		arena_reset(a);
	}
	assert_str_c(arena_printf(a, "%d-%s", 7, "x"), "7-x");
}

static void maps_keep_order(void **state)
{
	(void)state;
	_cleanup_map_ struct map *m = map_new();
	char key[16];

	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_true(map_add(m, str_c(key)));
		assert_false(map_add(m, str_c(key)));
	}
	for (int i = 0; i < 5000; i += 2) {
		snprintf(key, sizeof(key), "k%d", i);
		map_remove(m, str_c(key));
	}
	assert_int_equal(map_len(m), 2500);
	struct map_iter it = { 0 };
	struct str k;

	assert_true(map_next(m, &it, &k, NULL));
	assert_str_c(k, "k1");
	assert_false(map_has(m, STR("k0")));
	assert_true(map_has(m, STR("k4999")));
}

static void utf8_counts_both_ways(void **state)
{
	(void)state;
	struct str s = STR("a中😀");

	assert_int_equal(utf8_count(s), 3);
	assert_int_equal(utf8_count_utf16(s), 4);
	assert_int_equal(utf8_invalid_at(s), -1);
	assert_int_equal(utf8_invalid_at(STR("a\xed\xa0\x80")), 1);
	assert_int_equal(utf8_invalid_at(STR("\xc0\x80")), 0);
	assert_str_c(utf8_truncate(STR("ab中"), 4), "ab");
	_cleanup_buf_ struct buf b = BUF_INIT(100);

	utf8_sanitize(&b, STR("a\xff" "b"));
	assert_str_c(buf_view(&b), "a\xef\xbf\xbd" "b");
}

/* Many bytes at a time or one by one: the same answers, wherever the odd byte stands. */
static void utf8_blocks(void **state)
{
	static const char *const pieces[] = { "a", "0123456789", "中", "文字，和标点。", "é", "·", "“", "☀", "\xe0\xa4\x85", "\xed\x9f\xbf",
					      "\x80", "\xff", "\xe4\xb8", "\xed\xa0\x80", "\xe0\x80\x80", "\xc0\xaf", "\xf5", "😀" };
	uint32_t seed = 12345;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		_cleanup_buf_ struct buf b = BUF_INIT(4000);
		size_t n = (seed >> 8) % 60, kinds = round % 2 ? 10 : ARRAY_SIZE(pieces), leads = 0, at = 0;
		ssize_t bad = -1;
		bool pictures = false;

		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525u + 1013904223u;
			size_t kind = (seed >> 10) % 100;
			buf_str(&b, str_c(pieces[kind < kinds ? kind : kind % 4]));
		}
		struct str s = buf_view(&b);
		while (at < s.len && bad < 0) {
			size_t start = at;
			if (utf8_next(s, &at) == UTF8_BAD)
				bad = (ssize_t)start;
		}
		assert_int_equal(utf8_invalid_at(s), bad);
		for (size_t i = 0; i < s.len; i++)
			leads += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
		assert_int_equal(utf8_leads(s), leads);
		for (at = 0; bad < 0 && at < s.len;) {
			uint32_t cp = utf8_next(s, &at);
			pictures |= (cp >= 0x2600 && cp < 0x3000) || (cp >= 0x10000 && cp < 0x40000);
		}
		assert_true(bad >= 0 || utf8_has_pictures(s) == pictures);
	}
}

static void encodings_round_trip(void **state)
{
	(void)state;
	for (size_t n = 0; n < 40; n++) {
		char raw[40];
		_cleanup_buf_ struct buf t = BUF_INIT(400), back = BUF_INIT(400);

		random_bytes(raw, sizeof(raw));
		encode_base64(&t, str_make(raw, n));
		assert_ok(decode_base64(&back, buf_view(&t)));
		assert_str(buf_view(&back), str_make(raw, n));
		buf_clear(&t), buf_clear(&back);
		encode_base32(&t, str_make(raw, n));
		assert_ok(decode_base32(&back, buf_view(&t)));
		assert_str(buf_view(&back), str_make(raw, n));
		buf_clear(&t), buf_clear(&back);
		encode_percent(&t, str_make(raw, n));
		decode_percent(&back, buf_view(&t), false);
		assert_str(buf_view(&back), str_make(raw, n));
	}
	_cleanup_buf_ struct buf h = BUF_INIT(100);

	encode_html(&h, STR("<a b='c'>&"));
	assert_str_c(buf_view(&h), "&lt;a b=&#39;c&#39;&gt;&amp;");
}

static void times_round_trip(void **state)
{
	(void)state;
	char text[CLOCK_RFC3339_SIZE];
	int64_t t;

	assert_ok(clock_parse_rfc3339(STR("2026-11-22T15:00:00.250+08:00"), &t));
	clock_format_rfc3339(t, text);
	assert_string_equal(text, "2026-11-22T07:00:00.250Z");
	assert_int_equal(clock_parse_rfc3339(STR("2026-13-01T00:00:00Z"), &t), -1);
	assert_int_equal(clock_parse_rfc3339(STR("2026-01-01"), &t), -1);
}

static void ids_sort_by_time(void **state)
{
	(void)state;
	struct id a = id_new(1000), b = id_new(2000);

	assert_true(strcmp(a.text, b.text) < 0);
	assert_true(id_valid(id_str(&a)));
	assert_false(id_valid(STR("short")));
}

static void json_is_strict(void **state)
{
	(void)state;
	struct error e = { 0 };
	_cleanup_buf_ struct buf deep = BUF_INIT(10000);

	assert_null(json_parse(STR("{\"a\":1,\"a\":2}"), &e));
	assert_string_equal(e.code, "json.bad");
	for (int i = 0; i < 1000; i++)
		buf_char(&deep, '[');
	assert_null(json_parse(buf_view(&deep), &e));
	assert_string_equal(e.code, "json.too-deep");
	_cleanup_json_ json_t *s = json_str(STR("a\xff\0b"));

	assert_int_equal(utf8_count(str_make(json_string_value(s), json_string_length(s))), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices),
		cmocka_unit_test(buffers_keep_their_maximum),
		cmocka_unit_test(wire_forms_come_back),
		cmocka_unit_test(arenas_zero_and_reset),
		cmocka_unit_test(maps_keep_order),
		cmocka_unit_test(utf8_counts_both_ways),
		cmocka_unit_test(utf8_blocks),
		cmocka_unit_test(encodings_round_trip),
		cmocka_unit_test(times_round_trip),
		cmocka_unit_test(ids_sort_by_time),
		cmocka_unit_test(json_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
