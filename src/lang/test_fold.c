/* Folding: what each kind of disguise becomes, gaps, positions. */
#include "lang/test_lang.h"

#include "base/utf8.h"

static void folds(const char *in, const char *want)
{
	_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
	struct fold_text t;
	fold_text(lang, str_c(in), a, &t);
	assert_str(fold_render(lang, &t, a, NULL), str_c(want));
}

static void test_kinds(void **state)
{
	static const char *const vectors[][2] = {
		{ "微信", "微信" },
		{ "ＶＸ１２３", "vx123" },
		{ "ＡbＣ", "abc" },
		{ "馬雲說話", "马云说话" },
		{ "法 氵去 氵去", "法 法 法" },
		{ "氵\u200b去", "氵去" },
		{ "①②③⑩", "12310" },
		{ "㍿", "株式会社" },
		{ "𝐕𝓍", "vx" },
		{ "🇻🅰", "va" },
		{ "1️⃣3️⃣", "13" },
		{ "你\u200b好\u0301吗", "你好吗" },
		{ "傻-*-逼", "傻 逼" },
		{ "好，坏。新\n行", "好 坏\n新\n行" },
		{ "a😀b", "a b" },
		{ "ㄅㅤ", "ㄅ" },
		{ "木目 女马 米青 讠身寸 艹化", "相 妈 精 谢 花" },
		{ "女馬", "妈" },
		{ "女子 日月 木林", "女子 日月 木林" },
		{ "ѴΧ ᴠx ⓥ", "vx vx v" },
		{ "妳好，峯会", "你好 峰会" },
		{ "💰❤️➕", "钱心加" },
		{ "🈲止", "禁止" },
		{ "¹²³₄٣５❼", "1234357" },
		{ "壹贰叁〇", "壹贰叁〇" },
		{ "収⻉⼥", "收贝女" },
		{ "\U000E0061a\u3164b", "ab" },
	};
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++)
		folds(vectors[i][0], vectors[i][1]);
}

/* Nothing is done to ordinary text but width, case and punctuation. */
static void test_ordinary(void **state)
{
	static const char *const texts[] = {
		"著名作家的著作，乾隆年间的瞭望塔。",
		"女子篮球队日月兼程，木材与石料已运到，心中有数。",
		"口号、门口、人口普查、火车、王子、马上、金属、食品、目的、走路。",
		"公司于３月５日发布 iPhone 手机，售价￥5,999，涨幅 3.5%。",
		"他说：“这里的山水、树木、鸟鸣都很美！”",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
		struct fold_text t;
		fold_text(lang, str_c(texts[i]), a, &t);
		assert_false(t.disguised);
		for (size_t k = 0; k < t.len; k++) {
			size_t at = 0;
			uint32_t c = utf8_next(str_sub(t.source, t.from[k], t.to[k]), &at);
			assert_true(c < 0x4E00 || c > 0x9FFF || c == fold_char(lang, t.sym[k]));
		}
	}
}

static void test_maps(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(1 * MIB);
	struct fold_text t;
	struct str in = STR("😀 氵去，ｖ-*\u200bX。");
	fold_text(lang, in, a, &t);
	assert_int_equal(t.len, 3);
	assert_true(t.disguised);
	assert_str_c(str_sub(in, t.from[0], t.to[0]), "氵去");
	assert_str_c(str_sub(in, t.from[1], t.to[1]), "ｖ");
	assert_str_c(str_sub(in, t.from[2], t.to[2]), "X");
	assert_int_equal(t.gap[0], FOLD_GAP_STOP);
	assert_int_equal(t.gap[1], FOLD_GAP_CLAUSE);
	assert_int_equal(t.gap[2], FOLD_GAP_SOFT);
	assert_int_equal(t.skipped[2], 2);
	assert_int_equal(t.from[3], in.len);
	fold_text(lang, STR("普通的文字，ABC 与 123。"), a, &t);
	assert_false(t.disguised);
	fold_text(lang, STR(""), a, &t);
	assert_int_equal(t.len, 0);
	assert_int_equal(t.from[0], 0);
}

static void test_symbols(void **state)
{
	uint16_t s[4], u[4];
	assert_int_equal(fold_symbols(lang, STR("微信"), s, 4), 2);
	assert_int_equal(fold_symbols(lang, STR("微 信"), u, 4), 2);
	assert_memory_equal(s, u, 4);
	assert_int_equal(fold_symbols(lang, STR("0z"), s, 4), 2);
	assert_int_equal(s[0], LANG_SYM_DIGIT);
	assert_int_equal(s[1], LANG_SYM_LETTER + 25);
	assert_int_equal(fold_symbols(lang, STR("的"), s, 4), 1);
	assert_int_equal(s[0], LANG_SYM_HAN);
	assert_int_equal(fold_char(lang, s[0]), 0x7684);
	assert_int_equal(fold_symbols(lang, STR("。"), s, 4), -1);
	assert_int_equal(fold_symbols(lang, STR("一二三四五"), s, 4), -1);
	assert_int_equal(fold_char(lang, LANG_SYM_OTHER), 0);
	assert_int_equal(fold_char(lang, 65535), 0);
}

static void test_positions(void **state)
{
	struct str in = STR("a😀中\r\ne\u0301");
	struct text_pos p = { 0 };
	text_pos_advance(in, &p, 5);
	assert_int_equal(p.cp, 2);
	assert_int_equal(p.utf16, 3);
	text_pos_advance(in, &p, in.len);
	assert_int_equal(p.cp, utf8_count(in));
	assert_int_equal(p.utf16, utf8_count_utf16(in));
}

static void test_growth(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	_cleanup_buf_ struct buf b = BUF_INIT(1 * MIB);
	struct fold_text t;
	for (size_t i = 0; i < 3000; i++)
		buf_c(&b, "㍿");
	fold_text(lang, buf_view(&b), a, &t);
	assert_int_equal(t.len, 12000);
	assert_int_equal(t.from[11999], 2999 * 3);
	assert_int_equal(t.to[11999], 9000);
	const uint32_t *map;
	struct str r = fold_render(lang, &t, a, &map);
	assert_int_equal(r.len, 36000);
	assert_int_equal(map[35999], 11999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),	  cmocka_unit_test(test_ordinary), cmocka_unit_test(test_maps),	 cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_positions), cmocka_unit_test(test_growth),
	};
	return cmocka_run_group_tests(tests, open_language, close_language);
}
