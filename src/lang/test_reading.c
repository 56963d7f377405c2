/* Other readings: what proposes them, and that ordinary text has none. */
#include "lang/test_lang.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "lang/reading.h"
#include "lang/words_private.h"

static void reads(const char *in, enum reading_kind kind, const char *want)
{
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	struct reading r[READING_KINDS];
	struct fold_text t;
	fold_text(lang, str_c(in), a, &t);
	size_t n = reading_make(lang, &t, a, r, NULL);
	for (size_t i = 0; i < n; i++)
		if (r[i].kind == kind) {
			assert_str(fold_render(lang, &r[i].text, a, NULL), str_c(want));
			return;
		}
	if (*want)
		print_error("%s: no %s reading\n", in, reading_name(kind));
	assert_string_equal(want, "");
}

static void test_kinds(void **state)
{
	reads("品产种各售出店本，系联迎欢", READING_REVERSED, "本店出售各种产品\n欢迎联系");
	reads("加加微微信信领领", READING_COLLAPSED, "加微信领");
	reads("快来加加加微信", READING_COLLAPSED, "快来加微信");
	reads("快来赌赌博博博平台台注册", READING_COLLAPSED, "快来赌博平台注册");
	reads("赌 博 平 台 注 册", READING_SPACED, "赌博平台注册");
	reads("网上赌*博平-台注_册", READING_SPACED, "网上赌博平台注册");
	reads("加\n微\n信\n号", READING_COLUMN, "加 微 信 号");
	reads("加 w e i x i n 吧", READING_LETTERS, "加 weixin 吧");
	reads("加 q q 群 w x 号 v-x-1，a b c", READING_LETTERS, "加 q q 群 w x 号 vx1 abc");
	reads("v-x-1-2-3", READING_LETTERS, "vx123");
	reads("傻❤逼", READING_PLAIN, "傻 逼");
}

static void test_range(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	struct reading r[READING_KINDS];
	struct fold_text t;
	size_t from, to;
	fold_text(lang, STR("品产种各售出店本"), a, &t);
	assert_int_equal(reading_make(lang, &t, a, r, NULL), 1);
	reading_range(&r[0], 6, 8, &from, &to);
	assert_int_equal(from, 0);
	assert_int_equal(to, 2);
	fold_text(lang, STR("来加加加微信"), a, &t);
	assert_int_equal(reading_make(lang, &t, a, r, NULL), 1);
	reading_range(&r[0], 1, 3, &from, &to);
	assert_int_equal(from, 1);
	assert_int_equal(to, 5);
}

static void restores(const char *in, const char *want)
{
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	struct reading r;
	struct fold_text t;
	fold_text(lang, str_c(in), a, &t);
	if (!reading_restore(lang, &t, 0, t.len, a, &r)) {
		assert_string_equal(want, "");
		return;
	}
	assert_str(fold_render(lang, &r.text, a, NULL), str_c(want));
	for (size_t i = 0; i < r.text.len; i++) {
		size_t from, to;
		reading_range(&r, i, i + 1, &from, &to);
		bool next = i == 0 || r.first[i] == r.last[i - 1] + 1 || r.kind == READING_REVERSED;
		assert_true(from < to && to <= t.len && next);
		assert_int_equal(reading_differs(&r, &t, i, i + 1), to > from + 1 || t.sym[from] != r.text.sym[i]);
	}
}

static void test_restored(void **state)
{
	restores("禄色通道办卡，帜分兑里程，歌迎申请", "绿色通道办卡 积分兑里程 欢迎申请");
	restores("代kai发票，特jia机票", "代开发票 特价机票");
	restores("e心的nu人", "恶心的女人");
	restores("里予兔里予口未", "野兔野味");
	restores("本店出售各种产品，欢迎申请。", "");
	restores("王晓明今天和张建国去了呼和浩特的蒙牛公司，见到特朗普", "");
	restores("", "");
	restores("不是什么郝东西", "不是什么好东西");
	restores("的费付给只，蓝独区后球色双", "双色球后区独蓝 只给付费的");
	/* of a long text only what changes */
	_cleanup_buf_ struct buf b = BUF_INIT(4096);
	for (int i = 0; i < 20; i++)
		buf_c(&b, "今天天气很好，我们去公园。");
	buf_c(&b, "歌迎申请。");
	buf_char(&b, '\0');
	restores(b.ptr, "欢迎申请");
}

static void test_odd(void **state)
{
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	struct fold_text t;
	fold_text(lang, STR("今天天气很好，我们去公园。"), a, &t);
	assert_true(reading_odd(lang, &t, 0, t.len) < 15);
	assert_int_equal(reading_odd(lang, &t, 0, 0), 0);
	fold_text(lang, STR("拷签郝涩，懂德文"), a, &t);
	assert_true(reading_odd(lang, &t, 0, t.len) >= 30);
}

static void test_ordinary(void **state)
{
	static const char *const texts[] = {
		"",
		"好",
		"各地各部门要认真贯彻落实会议精神，切实做好安全生产工作。",
		"孩子们高高兴兴地看看花、说说话，天天都来。",
		"A B 两组样品，iOS 17 与 Android 14 均可使用。",
		"一、总则\n二、分则\n三、附则\n",
		"上海自来水来自海上",
		"第一章 总则 第二章 分则 第三章 附则",
		"张三 李四 王五 赵六",
		"北京-上海-广州-深圳",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
		struct reading r[READING_KINDS];
		struct fold_text t;
		fold_text(lang, str_c(texts[i]), a, &t);
		assert_int_equal(reading_make(lang, &t, a, r, NULL), 0);
	}
}

/* Disguise without end stays within the memory there is. */
static void test_bounds(void **state)
{
	static const char *const units[] = { "a b c 中 ", "加加微微", "看看说说", "赌*博*", "加\n微\n", "品产种各售出店本，", "傻❤逼", "啊啊啊", "禄色weixin歌迎里予" };
	for (size_t k = 0; k < sizeof(units) / sizeof(*units); k++) {
		_cleanup_buf_ struct buf b = BUF_INIT(4 * MIB);
		struct reading r[READING_KINDS];
		struct fold_text t;
		while (b.len < 3 * MIB)
			buf_c(&b, units[k]);
		_cleanup_arena_ struct arena *a = arena_new(15 * b.len);
		fold_text(lang, buf_view(&b), a, &t);
		size_t n = reading_make(lang, &t, a, r, NULL);
		n += reading_restore(lang, &t, 0, t.len < 100000 ? t.len : 100000, a, &r[n]);
		for (size_t i = 0; i < n; i++) {
			size_t from, to;
			reading_range(&r[i], 0, r[i].text.len, &from, &to);
			assert_true(from < to && to <= t.len);
		}
	}
}

/* Many pairs at once are what they are one by one, and nothing behind them is read. */
static void test_pairs(void **state)
{
	uint16_t sym[65];
	uint32_t seed = 1;
	for (size_t round = 0; round < 2000; round++) {
		size_t n = round % 65;
		_cleanup_free_ uint16_t *own = mem_array(n + 1, sizeof(*own));
		for (size_t i = 0; i <= n; i++) {
			seed = seed * 1664525u + 1013904223u;
			sym[i] = i && seed >> 28 == 0 ? sym[i - 1] : (uint16_t)(LANG_SYM_HAN + (seed >> 16) % 600);
		}
		memcpy(own, sym, (n + 1) * sizeof(*own));
		struct words_pairs p = words_pairs(&lang->words, own, n);
		for (size_t i = 0; i < 64; i++) {
			assert_int_equal(p.word >> i & 1, i < n && words_pair(&lang->words, sym[i], sym[i + 1]));
			assert_int_equal(p.same >> i & 1, i < n && sym[i] == sym[i + 1]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_restored),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_ordinary),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_pairs),
	};
	return cmocka_run_group_tests(tests, open_language, close_language);
}
