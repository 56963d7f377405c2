/* The neural model: all ways to multiply give the exact sums; what is damaged is refused. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/test.h"
#include "comply/net_private.h"

enum { IN = 32, OUT = 128 };

static int8_t any(void)
{
	return (int8_t)(rand() % 255 - 127);
}

static void sums_are_exact(void **state)
{
	int8_t weights[OUT * TAPS * IN], x[DENSE_ROWS * TAPS][IN];
	const int8_t *row[DENSE_ROWS][TAPS];
	int32_t sum[DENSE_ROWS] = { 0 }, out[DENSE_ROWS * OUT];
	srand(1);
	for (size_t i = 0; i < sizeof(weights); i++)
		weights[i] = any();
	for (size_t i = 0; i < DENSE_ROWS * TAPS; i++) {
		row[i / TAPS][i % TAPS] = x[i];
		for (size_t k = 0; k < IN; k++)
			sum[i / TAPS] += x[i][k] = any();
	}
	for (int kind = DENSE_PLAIN; kind <= (int)dense_best(); kind++) {
		struct dense d = { .kind = (enum dense_kind)kind, .in = IN, .out = OUT, .taps = TAPS };
		dense_pack(&d, weights);
		dense_dots(&d, row, sum, out);
		for (size_t i = 0; i < DENSE_ROWS; i++)
			for (size_t o = 0; o < OUT; o++) {
				int32_t want = 0;
				for (size_t k = 0; k < TAPS * IN; k++)
					want += weights[o * TAPS * IN + k] * row[i][k / IN][k % IN];
				assert_int_equal(out[i * OUT + o], want);
			}
		free(d.packed);
	}
}

static void damage_is_refused(void **state)
{
	const char *why;
	struct net_header h = { .magic = NET_MAGIC, .format = NET_FORMAT, .chars = 1, .sounds = 1, .dim = 16, .hidden = 64, .layers = 1,
		.classes = 9, .dilation = { 1 } };
	assert_null(net_open(str_make((const char *)&h, 8), &why));
	assert_non_null(why);
	assert_null(net_open(str_make((const char *)&h, sizeof(h)), &why));
	assert_string_equal(why, "net length");
	h.hidden = 60;
	assert_null(net_open(str_make((const char *)&h, sizeof(h)), &why));
	assert_string_equal(why, "net size");
	h.hidden = 64;
	h.dilation[0] = 0;
	assert_null(net_open(str_make((const char *)&h, sizeof(h)), &why));
	assert_string_equal(why, "net size");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_exact),
		cmocka_unit_test(damage_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
