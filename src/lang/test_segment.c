/* Words, word boundaries, sentences, numbers. */
#include "lang/test_lang.h"

#include "base/buf.h"
#include "lang/segment.h"

static void cuts(const char *in, const char *want)
{
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);
	struct fold_text t;
	struct segment_words w;
	struct segment_cache c = { 0 };
	size_t next = 0;
	fold_text(lang, str_c(in), a, &t);
	segment_text(lang, &t, 0, t.len, a, &w);
	for (size_t i = 0; i < w.len; i++) {
		if (i)
			buf_char(&b, '/');
		buf_str(&b, str_sub(t.source, t.from[w.at[i]], t.to[w.at[i + 1] - 1]));
	}
	assert_str(buf_view(&b), str_c(want));
	for (size_t i = 0; i < t.len; i++) {
		bool start = w.at[next] == i;
		assert_int_equal(segment_boundary(lang, &t, i, &c), start);
		next += start;
	}
}

static void test_words(void **state)
{
	cuts("我来到北京清华大学", "我/来到/北京/清华大学");
	cuts("这是个大麻烦", "这/是/个/大/麻烦");
	cuts("路口交通管理", "路口/交通管理");
	cuts("长春市长春药店", "长春市/长春/药店");
	cuts("加微信abc123吧", "加/微信/abc/123/吧");
	cuts("好，坏", "好/坏");
	cuts("機器學習", "機器學習");
	cuts("", "");
}

/* A boundary asked for anywhere in a long stretch is that of the whole. */
static void test_long(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	_cleanup_buf_ struct buf b = BUF_INIT(1 * MIB);
	struct fold_text t;
	struct segment_words w;
	size_t wrong = 0, next = 0;
	for (size_t i = 0; i < 400; i++)
		buf_c(&b, i % 3 ? "全国人民代表大会常务委员会" : "研究生命起源的科学家们在路口交通安全宣传");
	fold_text(lang, buf_view(&b), a, &t);
	segment_text(lang, &t, 0, t.len, a, &w);
	for (size_t i = 0; i < t.len; i++) {
		struct segment_cache c = { 0 };
		bool start = w.at[next] == i;
		wrong += segment_boundary(lang, &t, i, &c) != start;
		next += start;
	}
	assert_int_equal(next, w.len);
	assert_true(wrong * 1000 <= t.len);
}

static void test_surprise(void **state)
{
	uint16_t s[64], r[64];
	ssize_t n = fold_symbols(lang, STR("本店出售各种商品欢迎联系购买"), s, 64);
	for (ssize_t i = 0; i < n; i++)
		r[i] = s[n - 1 - i];
	assert_true(segment_surprise(lang, s, (size_t)n) + 1 < segment_surprise(lang, r, (size_t)n));
	assert_true(segment_is_word(lang, s + 2, 2));
	assert_false(segment_is_word(lang, s + 1, 2));
}

static void test_sentence(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
	struct fold_text t;
	size_t from, to;
	fold_text(lang, STR("一句，话。又一句！\n末"), a, &t);
	segment_sentence(&t, 1, &from, &to);
	assert_int_equal(from, 0);
	assert_int_equal(to, 3);
	segment_sentence(&t, 3, &from, &to);
	assert_int_equal(from, 3);
	assert_int_equal(to, 6);
	segment_sentence(&t, 6, &from, &to);
	assert_int_equal(from, 6);
	assert_int_equal(to, 7);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *in;
		double value;
		size_t end;
	} vectors[] = {
		{ "3500元", 3500, 4 },	{ "3.5万", 35000, 3 },	  { "12,345.5", 12345.5, 6 }, { "三千五百", 3500, 4 },
		{ "两百人", 200, 2 },	{ "十五", 15, 2 },	  { "二〇二六年", 2026, 4 }, { "一万零三十", 10030, 5 },
		{ "廿五", 25, 2 },	{ "壹佰贰拾", 120, 4 },	  { "1亿2", 1e8, 2 },	      { "一万亿", 1e12, 3 },
		{ "好", -1, 0 },	{ "１２ 万", 120000, 3 }, { "1、2", 1, 1 },
	};
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
		struct fold_text t;
		double v = -1;
		fold_text(lang, str_c(vectors[i].in), a, &t);
		size_t end = segment_number(lang, &t, 0, &v);
		if (end != vectors[i].end || v != vectors[i].value)
			print_error("%s: %g to %zu\n", vectors[i].in, v, end);
		assert_int_equal(end, vectors[i].end);
		assert_true(v == vectors[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),	 cmocka_unit_test(test_long),	 cmocka_unit_test(test_surprise),
		cmocka_unit_test(test_sentence), cmocka_unit_test(test_numbers),
	};
	return cmocka_run_group_tests(tests, open_language, close_language);
}
