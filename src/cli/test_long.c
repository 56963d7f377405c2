/* What the command line adds for long scans: hours, and the file of incremental scans. */
#include <unistd.h>

#include "base/limits.h"
#include "base/test.h"
#include "cli/known.h"
#include "cli/windows.h"

static void hours_are_read(void **state)
{
	struct str items[] = { STR("22:00-06:00"), STR("1-5 20:30-24:00"), STR("0,6 00:00-24:00") };
	struct str bad[] = { STR("22:00"), STR("8 22:00-23:00"), STR("x 22:00-23:00"), STR("25:00-26:00") };
	struct cli_list list = { items, 3 };
	struct cli_windows w;
	struct error e = { 0 };
	assert_int_equal(cli_windows_parse(&list, STR("Europe/Berlin"), &w, &e), 0);
	assert_int_equal(w.w.n, 3);
	assert_string_equal(w.w.timezone, "Europe/Berlin");
	assert_int_equal(w.w.w[0].from, 22 * 60);
	assert_int_equal(w.w.w[1].days, 0x3e);
	assert_int_equal(w.w.w[2].days, 0x41);
	for (size_t i = 0; i < 4; i++) {
		list = (struct cli_list){ &bad[i], 1 };
		assert_int_equal(cli_windows_parse(&list, STR(""), &w, &e), -1);
	}
	list = (struct cli_list){ items, 1 };
	assert_int_equal(cli_windows_parse(&list, STR("No/Where"), &w, &e), -1);
	list.len = 0;
	assert_int_equal(cli_windows_parse(&list, STR(""), &w, &e), 0);
	assert_true(cli_windows_open(&w)); /* none: always */
}

static void note(json_t *finding, void *user)
{
	*(unsigned *)user += 1;
}

static void pages_are_kept_between_scans(void **state)
{
	char path[] = "/tmp/zhanwei-test-XXXXXX";
	int fd = mkstemp(path);
	struct scan_options o = { .target = STR("http://site.test/"), .mode = SCAN_STANDARD };
	struct error e = { 0 };
	struct cli_known k = { 0 };
	_cleanup_json_ json_t *findings =
		json_loads("[{\"fingerprint\":\"1\",\"check\":\"xss-reflected\",\"url\":\"http://site.test/a?q=1\"},"
			   "{\"fingerprint\":\"2\",\"check\":\"xss-reflected\",\"url\":\"http://site.test/b\"}]", 0, NULL);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "hello", 5), 5);
	assert_int_equal(cli_known_read(path, &o, 3, &k, &e), -1); /* not ours: left alone */
	cli_known_free(&k);
	unlink(path);
	for (unsigned round = 0; round < 4; round++) {
		unsigned carried = 0;
		k = (struct cli_known){ 0 };
		assert_int_equal(cli_known_read(path, &o, 3, &k, &e), 0);
		assert_int_equal(k.runs, round % 3); /* full, incremental, incremental, full */
		assert_int_equal(k.pieces.len, k.runs ? 1 : 0);
		cli_known_page(&k, &(struct scan_page_info){ .url = STR("http://site.test/a"), .method = STR("GET"),
							      .digest = 5, .status = 200, .unchanged = k.runs > 0 });
		cli_known_carry(&k, note, &carried);
		assert_int_equal(carried, k.runs ? 1 : 0);
		assert_int_equal(cli_known_write(path, &o, &k, findings, &e), 0);
		cli_known_free(&k);
	}
	o.mode = SCAN_DEEP; /* another kind of scan knows nothing */
	k = (struct cli_known){ 0 };
	assert_int_equal(cli_known_read(path, &o, 3, &k, &e), 0);
	assert_int_equal(k.runs, 0);
	cli_known_free(&k);
	unlink(path);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hours_are_read),
		cmocka_unit_test(pages_are_kept_between_scans),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
