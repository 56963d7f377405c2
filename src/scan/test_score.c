/* The score: every vector of the product's table, and one more finding never helps. */
#include "base/test.h"

#include "scan/score.h"

static int score5(unsigned critical, unsigned high, unsigned medium, unsigned low, unsigned info)
{
	const unsigned n[SEVERITY_COUNT] = { info, low, medium, high, critical };

	return score_compute(n).score;
}

static void test_vectors(void **state)
{
	assert_int_equal(score5(0, 0, 0, 0, 0), 100);
	assert_int_equal(score5(0, 0, 1, 0, 0), 97);
	assert_int_equal(score5(0, 0, 0, 1, 0), 99);
	assert_int_equal(score5(0, 0, 0, 0, 9), 100);
	assert_int_equal(score5(0, 1, 0, 0, 0), 84);
	assert_int_equal(score5(1, 0, 0, 0, 0), 59);
	assert_int_equal(score5(0, 0, 5, 0, 0), 89);
	assert_int_equal(score5(0, 3, 8, 20, 0), 53);
	assert_int_equal(score5(9, 9, 99, 99, 0), 0);
	/* half points round down, and huge counts stop at the caps */
	assert_int_equal(score5(0, 0, 0, 2, 0), 98);
	assert_int_equal(score5(0, 0, 0, 4000000000u, 0), 90);
	assert_int_equal(score5(0, 0, 4000000000u, 0, 0), 70);
}

static void test_monotone(void **state)
{
	static const unsigned steps[] = { 0, 1, 2, 3, 7, 40 };
	unsigned n[SEVERITY_COUNT];
	size_t combos = 0;

	for (size_t i = 0; i < 6 * 6 * 6 * 6; i++) {
		n[SEVERITY_CRITICAL] = steps[i % 6];
		n[SEVERITY_HIGH] = steps[i / 6 % 6];
		n[SEVERITY_MEDIUM] = steps[i / 36 % 6];
		n[SEVERITY_LOW] = steps[i / 216 % 6];
		n[SEVERITY_INFO] = 0;
		int before = score_compute(n).score;

		assert_in_range(before, 0, 100);
		for (int s = 0; s < SEVERITY_COUNT; s++) {
			n[s]++;
			assert_true(score_compute(n).score <= before);
			n[s]--;
		}
		combos++;
	}
	assert_int_equal(combos, 1296);
}

static void test_breakdown(void **state)
{
	const unsigned n[SEVERITY_COUNT] = { [SEVERITY_HIGH] = 3, [SEVERITY_LOW] = 2, [SEVERITY_INFO] = 4 };
	struct score s = score_compute(n);
	_cleanup_json_ json_t *o = score_json(&s);
	const json_t *lines = json_object_get(o, "lines"), *low;

	assert_int_equal(json_get_int(o, "score", -1), 78);
	assert_str_c(json_get_str(o, "formula_version"), "1");
	assert_int_equal(json_array_size(lines), 5);
	assert_str_c(json_get_str(json_array_get(lines, 0), "severity"), "critical");
	assert_int_equal(json_get_int(json_array_get(lines, 1), "deduction", -1), 20);
	low = json_array_get(lines, 3);
	assert_true(json_number_value(json_object_get(low, "deduction")) == 1.5);
	assert_true(json_number_value(json_object_get(low, "step")) == 0.5);
	assert_int_equal(json_get_int(o, "ceiling", -1), 84);
	assert_str_c(json_get_str(o, "explain"),
		     "100 − 高危 3 个 20 分 − 低危 2 个 1.5 分 = 78.5，向下取整得 78");
	assert_str_c(json_get_str(o, "explain_en"),
		     "100 − 20 (3 High) − 1.5 (2 Low) = 78.5, rounded down: 78");
}

static void test_ceiling_explained(void **state)
{
	_cleanup_json_ json_t *counts = json_pack("{s:i}", "critical", 1);
	struct score s = score_of_json(counts);
	_cleanup_json_ json_t *o = score_json(&s);

	assert_int_equal(s.score, 59);
	assert_str_c(json_get_str(o, "explain"),
		     "100 − 紧急 1 个 30 分 = 70；存在紧急问题，最高 59 分");
	_cleanup_json_ json_t *none = score_json(&(struct score){ .score = 100, .ceiling = -1 });

	assert_true(json_is_null(json_object_get(none, "ceiling")));
}

static void test_severity_words(void **state)
{
	enum severity s;

	assert_ok(severity_parse(STR("critical"), &s));
	assert_int_equal(s, SEVERITY_CRITICAL);
	assert_string_equal(gbt_zh(GBT_BY_SEVERITY, s), "超危");
	assert_string_equal(severity_shape(s), "◆");
	assert_int_equal(severity_parse(STR("Critical"), &s), -1);
	assert_int_equal(severity_parse(STR(""), &s), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_monotone),
		cmocka_unit_test(test_breakdown),
		cmocka_unit_test(test_ceiling_explained),
		cmocka_unit_test(test_severity_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
