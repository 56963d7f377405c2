/* The text model: the shipped weights tell plain cases apart, disguised ones too, and damage is
 * refused. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/test.h"
#include "comply/model_private.h"
#include "os/file.h"

static struct lang *lang;
static struct comply_model *model;

static int setup(void **state)
{
	struct error e = { 0 };
	_cleanup_arena_ struct arena *a = arena_new(1 << 20);
	if (lang_open(arena_printf(a, "%s/packs", getenv("ZHANWEI_BUILD")), &lang, &e) < 0)
		return -1;
	return comply_model_open(lang, arena_printf(a, "%s/data/models/comply.bin", getenv("ZHANWEI_SOURCE")), &model, &e);
}

static int teardown(void **state)
{
	comply_model_close(model);
	lang_close(lang);
	return 0;
}

static size_t class(const char *name)
{
	for (size_t i = 0; i < comply_model_classes(model); i++)
		if (str_eq(comply_model_class(model, i), str_c(name)))
			return i;
	fail_msg("no class %s", name);
	return 0;
}

static void score(const char *text, float *p)
{
	struct fold_text f;
	_cleanup_arena_ struct arena *a = arena_new(1 << 20);
	fold_text(lang, str_c(text), a, &f);
	comply_model_score(model, &f, 0, f.len, p);
}

static void assert_same(const float *p, const float *q)
{
	for (size_t c = 0; c < comply_model_classes(model); c++)
		assert_true(p[c] - q[c] < 0.001f && q[c] - p[c] < 0.001f);
}

static void names_and_leaves(void **state)
{
	size_t n = comply_model_classes(model);
	assert_true(n >= 9 && n <= MODEL_ROW + 1);
	assert_true(str_eq(comply_model_class(model, n - 1), STR("clean")));
	assert_true(str_empty(comply_model_leaf(model, n - 1)));
	assert_true(str_eq(comply_model_leaf(model, class("gambling")), STR("contraband.gambling")));
	assert_true(comply_model_version(model).len > 0);
}

static void plain_cases(void **state)
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		{ "porn", "同城约炮上门服务，全套大保健，加我微信看照片" },
		{ "gambling", "真人荷官在线发牌，百家乐首存送彩金，提款秒到账" },
		{ "abuse", "你这个没教养的狗东西，给我滚远点，傻逼" },
		{ "fraud", "刷单兼职日结三百，先垫付后返佣金，稳赚不赔" },
		{ "blackad", "代开发票办证刻章，收银行卡四件套，出微信老号" },
		{ "ad", "新店开业全场五折起，满三百减五十，退订回T" },
		{ "violence", "敢报警我就弄死你，砍死你全家" },
		{ "clean", "今天天气不错，下午我们一起去公园散步吧" },
		{ "clean", "会议强调，要深入学习贯彻精神，扎实推进乡村振兴各项工作" },
		{ "clean", "警方提醒市民，谨防网络诈骗，不要向陌生人转账" },
	};
	float p[MODEL_ROW + 1];
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		score(cases[i].text, p);
		size_t right = class(cases[i].name);
		for (size_t c = 0; c < comply_model_classes(model); c++)
			if (c != right && p[c] >= p[right])
				fail_msg("%s: %s %.3f, not %s %.3f", cases[i].text, comply_model_class(model, c).ptr, (double)p[c],
					 cases[i].name, (double)p[right]);
	}
}

static void sums_to_one(void **state)
{
	static const char *const texts[] = { "", "。", "a", "1234567890", "约约约约约约", "操" };
	float p[MODEL_ROW + 1];
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		float all = 0;
		score(texts[i], p);
		for (size_t c = 0; c < comply_model_classes(model); c++)
			all += p[c];
		assert_true(all > 0.999f && all < 1.001f);
	}
	score("", p);
	assert_true(p[comply_model_classes(model) - 1] > 0.99f);
}

static void backwards_is_known(void **state)
{
	float p[MODEL_ROW + 1], q[MODEL_ROW + 1];
	score("百家乐真人荷官首存送彩金", p);
	score("金彩送存首官荷人真乐家百", q);
	assert_true(p[class("gambling")] > 0.8f && q[class("gambling")] > 0.8f);
}

static void repeats_and_gaps_are_the_same(void **state)
{
	float p[MODEL_ROW + 1], q[MODEL_ROW + 1];
	score("百家乐真人荷官首存送彩金", p);
	score("百百家家家乐 真*人·荷官首存存送彩 金金", q);
	assert_same(p, q);
}

static void placeholders_are_what_they_stand_for(void **state)
{
	float p[MODEL_ROW + 1], q[MODEL_ROW + 1];
	score("代开发票，请联系PHONE，网址URL，NAME经理", p);
	score("代开发票，请联系11812345678，网址abc888，某经理", q);
	assert_same(p, q);
	score("代开发票，请联系phone", p);
	score("代开发票，请联系11812345678", q);
	assert_true(p[class("clean")] != q[class("clean")]);
}

static void one_sentence_among_others(void **state)
{
	float p[MODEL_ROW + 1];
	size_t clean = comply_model_classes(model) - 1;
	/* not lost: a doubt remains, which the words of the lists make sure */
	score("早上去菜市场买了两斤排骨，炖汤给老人喝。同城约炮上门服务，全套大保健，加我微信看照片。下午还要去学校接孩子。", p);
	assert_true(p[class("porn")] > 0.15f);
	score("早上去菜市场买了两斤排骨，炖汤给老人喝。晚上看了一会儿电视，九点就睡了。下午还要去学校接孩子。", p);
	assert_true(p[clean] > 0.8f);
}

static void damage_is_refused(void **state)
{
	struct buf b = BUF_INIT(16 << 20);
	struct error e = { 0 };
	struct comply_model *m = NULL;
	_cleanup_arena_ struct arena *a = arena_new(1 << 20);
	const char *path = arena_printf(a, "%s/data/models/comply.bin", getenv("ZHANWEI_SOURCE")).ptr;
	assert_int_equal(os_file_read(path, &b, &e), 0);
	assert_true(b.len < (8 << 20));
	char *copy = aligned_alloc(64, (b.len + 63) / 64 * 64);
	memcpy(copy, b.ptr, b.len);
	static const size_t at[] = { 0, 9, 13, 17, 25, 40, 200, 5000, 1000000, 5000000 };
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		copy[at[i]] ^= 0x11;
		assert_int_equal(comply_model_open_bytes(lang, str_make(copy, b.len), &m, &e), -1);
		copy[at[i]] ^= 0x11;
	}
	for (size_t n = 0; n < b.len; n += b.len / 7)
		assert_int_equal(comply_model_open_bytes(lang, str_make(copy, n), &m, &e), -1);
	assert_true(error_is(&e, "model.damaged") && m == NULL);
	assert_int_equal(comply_model_open_bytes(lang, str_make(copy, b.len), &m, &e), 0);
	comply_model_close(m);
	assert_int_equal(comply_model_open(lang, STR("/no/such/file"), &m, &e), -1);
	free(copy);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_leaves), cmocka_unit_test(plain_cases), cmocka_unit_test(sums_to_one),
		cmocka_unit_test(backwards_is_known), cmocka_unit_test(repeats_and_gaps_are_the_same),
		cmocka_unit_test(placeholders_are_what_they_stand_for), cmocka_unit_test(one_sentence_among_others),
		cmocka_unit_test(damage_is_refused),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
