/* Sounds and shapes: readings by word, Latin letters, maps back to symbols. */
#include "lang/test_lang.h"

#include "base/buf.h"
#include "lang/pinyin.h"

static void says(const char *in, const char *want)
{
	_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);
	struct fold_text t;
	struct pinyin_text p;
	fold_text(lang, str_c(in), a, &t);
	pinyin_text(lang, &t, 0, t.len, a, &p);
	for (size_t i = 0; i < p.len; i++) {
		if (i)
			buf_char(&b, ' ');
		buf_str(&b, p.id[i] == LANG_SYM_OTHER ? STR("?") : pinyin_name(lang, p.id[i]));
	}
	assert_str(buf_view(&b), str_c(want));
	assert_int_equal(p.at[p.len], t.len);
}

static void test_readings(void **state)
{
	says("微信薇信", "wei xin wei xin");
	says("银行行长重庆重要长大生长", "yin hang hang zhang chong qing zhong yao zhang da sheng zhang");
	says("音乐快乐", "yin yue kuai le");
	says("女略", "nv lve");
	says("に", "?");
	says("1加一", "1 jia yi");
}

static void test_letters(void **state)
{
	says("weixin", "wei xin");
	says("WEI xin", "wei xin");
	says("jiav", "jia v");
	says("vx123", "v x 1 2 3");
	says("q群", "q qun");
	says("nuelue", "nve lve");
	says("zhuangxian", "zhuang xian");
	says("wēixìn", "wei xin");
}

static void test_map(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
	struct fold_text t;
	struct pinyin_text p;
	fold_text(lang, STR("加weixin呀"), a, &t);
	pinyin_text(lang, &t, 1, t.len, a, &p);
	assert_int_equal(p.len, 3);
	assert_int_equal(p.at[0], 1);
	assert_int_equal(p.at[1], 4);
	assert_int_equal(p.at[2], 7);
	assert_int_equal(p.at[3], 8);
}

static void test_names(void **state)
{
	uint16_t xin = pinyin_id(lang, STR("xin"));
	assert_true(xin >= PINYIN_SYLLABLE);
	assert_str_c(pinyin_name(lang, xin), "xin");
	assert_int_equal(pinyin_id(lang, STR("xi1")), 0);
	assert_int_equal(pinyin_initial(lang, xin), LANG_SYM_LETTER + 'x' - 'a');
	assert_int_equal(pinyin_fuzzy(lang, pinyin_id(lang, STR("shen"))), pinyin_fuzzy(lang, pinyin_id(lang, STR("seng"))));
	assert_int_equal(pinyin_fuzzy(lang, pinyin_id(lang, STR("lan"))), pinyin_fuzzy(lang, pinyin_id(lang, STR("nang"))));
	assert_int_not_equal(pinyin_fuzzy(lang, pinyin_id(lang, STR("wo"))), pinyin_fuzzy(lang, pinyin_id(lang, STR("wei"))));
}

static void test_shapes(void **state)
{
	uint16_t a[8], b[8];
	assert_int_equal(fold_symbols(lang, STR("微信赌己"), a, 8), 4);
	assert_int_equal(fold_symbols(lang, STR("徽信睹已"), b, 8), 4);
	shape_symbols(lang, a, 4, a);
	shape_symbols(lang, b, 4, b);
	assert_memory_equal(a, b, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readings), cmocka_unit_test(test_letters), cmocka_unit_test(test_map),
		cmocka_unit_test(test_names),	 cmocka_unit_test(test_shapes),
	};
	return cmocka_run_group_tests(tests, open_language, close_language);
}
