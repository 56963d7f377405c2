/* The browser does what it is asked, reaches nothing else, and leaves nothing
 * behind. Skips with a loud line where there is no Chromium. */
#include "base/test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/browser.h"

static char temp[64];

static struct net_browser *open_browser(const struct net_browser_options *more)
{
	struct net_browser_options o = { 0 };
	struct net_browser *b = NULL;
	struct error e = { 0 };

	if (more)
		o = *more;
	o.temp_dir = temp;
	if (!net_browser_program(&o)) {
		print_message("SKIPPED: no Chromium on this machine\n");
		skip();
	}
	if (net_browser_open(&o, &b, &e) < 0)
		fail_msg("%s: %s", e.code, e.en);
	return b;
}

static size_t files_in_temp(void)
{
	DIR *d = opendir(temp);
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void test_prints_chinese(void **state)
{
	_cleanup_browser_ struct net_browser *b = open_browser(NULL);
	_cleanup_buf_ struct buf pdf = BUF_INIT(16 * MIB);
	struct error e = { 0 };
	struct net_browser_paper paper = { .margin_mm = 10, .outline = true };

	assert_int_equal(net_browser_sandboxed(b), net_browser_can_sandbox());
	assert_ok(net_browser_set_html(b, STR("<!doctype html><h1>站卫 报告</h1><p>第一段"), &e));
	assert_ok(net_browser_print(b, &paper, &pdf, &e));
	assert_true(str_starts(buf_view(&pdf), STR("%PDF-1.")));
	assert_true(str_has(buf_view(&pdf), STR("%%EOF")));
	assert_int_equal(files_in_temp(), 1);
	net_browser_close(take_ptr(b));
	assert_int_equal(files_in_temp(), 0);
}

static void test_too_large_is_an_error(void **state)
{
	_cleanup_browser_ struct net_browser *b = open_browser(NULL);
	_cleanup_buf_ struct buf pdf = BUF_INIT(2 * KIB);
	struct error e = { 0 };
	struct net_browser_paper paper = { 0 };

	assert_ok(net_browser_set_html(b, STR("<p>x"), &e));
	assert_int_equal(net_browser_print(b, &paper, &pdf, &e), -1);
	assert_true(error_is(&e, "net.browser-too-large"));
}

static int listen_loopback(uint16_t *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_ok(bind(fd, (struct sockaddr *)&a, sizeof(a)));
	assert_ok(listen(fd, 8));
	assert_ok(getsockname(fd, (struct sockaddr *)&a, &n));
	*ret_port = ntohs(a.sin_port);
	return fd;
}

/* The picture's only dark thing is what a script or a foreign picture would draw. */
static void test_no_network_no_script(void **state)
{
	_cleanup_browser_ struct net_browser *b = open_browser(NULL);
	_cleanup_buf_ struct buf png = BUF_INIT(4 * MIB), clean = BUF_INIT(4 * MIB);
	struct net_browser_shot shot = { .width = 300, .height = 200 };
	struct error e = { 0 };
	uint16_t port;
	_cleanup_close_ int fd = listen_loopback(&port);
	char html[1024];

	snprintf(html, sizeof(html),
		 "<!doctype html><link rel=stylesheet href='http://127.0.0.1:%u/a.css'>"
		 "<img alt='' src='http://localhost:%u/a.png' width=1 height=1>"
		 "<iframe src='http://[::ffff:127.0.0.1]:%u/' style='border:0' width=1 "
		 "height=1></iframe>"
		 "<iframe src='file:///etc/passwd' style='border:0' width=200 height=90></iframe>"
		 "<script>document.body.style.background='#000'</script>"
		 "<meta http-equiv=refresh content='0;url=http://127.0.0.1:%u/r'>",
		 port, port, port, port);
	assert_ok(net_browser_set_html(b, str_c(html), &e));
	usleep(300000);
	assert_ok(net_browser_screenshot(b, &shot, &png, &e));
	assert_true(str_starts(buf_view(&png), STR("\x89PNG")));
	assert_int_equal(accept(fd, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	/* no script: the background of a page that has the same boxes and no script */
	assert_ok(net_browser_set_html(b, STR("<!doctype html><p>"), &e));
	assert_ok(net_browser_screenshot(b, &shot, &clean, &e));
	assert_true(png.len < 3 * clean.len + 4096);
}

static void test_full_page_shot(void **state)
{
	_cleanup_browser_ struct net_browser *b = open_browser(NULL);
	_cleanup_buf_ struct buf png = BUF_INIT(16 * MIB);
	struct net_browser_shot shot = { .width = 320, .height = 200, .full_page = true };
	struct error e = { 0 };
	const unsigned char *p;

	assert_ok(net_browser_set_html(
		b, STR("<!doctype html><body style='margin:0'><div style='height:3000px'>"), &e));
	assert_ok(net_browser_screenshot(b, &shot, &png, &e));
	p = (const unsigned char *)png.ptr;
	assert_int_equal(p[18] << 8 | p[19], 320);
	assert_in_range(p[22] << 8 | p[23], 3000, 3001);
}

static void test_deadline(void **state)
{
	struct net_browser_options o = { .timeout_ms = 8000, .allow_script = true };
	_cleanup_browser_ struct net_browser *b = open_browser(&o);
	struct error e = { 0 };
	int64_t start = clock_mono_ms(&clock_system);

	assert_int_equal(net_browser_call(b, "Runtime.evaluate",
					  json_pack("{s:s}", "expression", "for(;;);"), NULL, &e),
			 -1);
	assert_true(error_is(&e, "net.browser-timeout"));
	assert_true(clock_mono_ms(&clock_system) - start < 9000);
	net_browser_close(take_ptr(b));
	assert_int_equal(files_in_temp(), 0);
}

static void test_refusals(void **state)
{
	_cleanup_browser_ struct net_browser *b = open_browser(NULL);
	struct net_browser_options o = { .program = "/nonexistent/chromium" };
	struct net_browser *none = NULL;
	struct error e = { 0 };

	assert_int_equal(net_browser_call(b, "No.suchThing", NULL, NULL, &e), -1);
	assert_true(error_is(&e, "net.browser-protocol"));
	assert_int_equal(net_browser_open(&o, &none, &e), -1);
	assert_true(error_is(&e, "net.browser-missing"));
	/* a program that is no browser ends at once, and we say so */
	o = (struct net_browser_options){ .program = "/bin/true", .temp_dir = temp };
	assert_int_equal(net_browser_open(&o, &none, &e), -1);
	assert_true(error_is(&e, "net.browser-died"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prints_chinese),
		cmocka_unit_test(test_too_large_is_an_error),
		cmocka_unit_test(test_no_network_no_script),
		cmocka_unit_test(test_full_page_shot),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_refusals),
	};
	int failed;

	snprintf(temp, sizeof(temp), "/tmp/test-browser-XXXXXX");
	if (!mkdtemp(temp) || chmod(temp, 0711) != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(temp);
	return failed;
}
