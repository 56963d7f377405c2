/* Programs run as promised: who they are, what they see, what stops them, what is left. */
#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/test.h"
#include "os/fdpass.h"
#include "os/file.h"

static struct os_process_result ran(const char *script, const struct os_process_options *more)
{
	struct os_process_options o = more ? *more : (struct os_process_options){ 0 };
	const char *argv[] = { "sh", "-c", script, NULL };
	struct os_process_result r;
	struct error e = { 0 };

	o.argv = argv;
	if (o.time_limit_ms == 0)
		o.time_limit_ms = 10000;
	if (os_process_run(&o, &r, &e) < 0)
		fail_msg("%s", e.en);
	return r;
}

#define _cleanup_result_ _cleanup_(os_process_result_free)

static void output_and_exit_code_come_back(void **state)
{
	_cleanup_result_ struct os_process_result r = ran("echo out; echo err >&2; exit 3", NULL);

	assert_int_equal(r.exit.code, 3);
	assert_int_equal(r.exit.signal, 0);
	assert_false(r.exit.timed_out);
	assert_str(buf_view(&r.out), STR("out\n"));
	assert_str(buf_view(&r.err), STR("err\n"));
}

static void input_is_fed_while_output_is_read(void **state)
{
	_cleanup_free_ char *big = mem_alloc(MIB);

	memset(big, 'i', MIB);
	struct os_process_options o = { .input = str_make(big, MIB), .max_output = 2 * MIB };
	_cleanup_result_ struct os_process_result r = ran("cat", &o);

	assert_int_equal(r.exit.code, 0);
	assert_true(str_eq(buf_view(&r.out), o.input));
	/* One that does not read its input does not hold us up or kill us. */
	_cleanup_result_ struct os_process_result q = ran("exec 0<&-; echo done", &o);

	assert_str(buf_view(&q.out), STR("done\n"));
}

static void output_beyond_the_limit_is_dropped(void **state)
{
	struct os_process_options o = { .max_output = 1000 };
	_cleanup_result_ struct os_process_result r = ran(
		"head -c 300000 /dev/zero | tr '\\0' x; exit 0", &o);

	assert_int_equal(r.exit.code, 0);
	assert_int_equal(r.out.len, 1000);
	assert_true(r.out_cut);
	assert_false(r.err_cut);
}

static void time_limit_ends_the_whole_group(void **state)
{
	int alive[2];
	int64_t t0 = clock_mono_ms(&clock_system);

	assert_ok(pipe2(alive, O_CLOEXEC));
	struct os_process_fd pass = { alive[1], 5 };
	struct os_process_options o = { .time_limit_ms = 300, .fds = &pass, .nfds = 1 };
	_cleanup_result_ struct os_process_result r = ran("echo begun; sleep 60 & sleep 60", &o);

	close(alive[1]);
	assert_true(r.exit.timed_out);
	assert_int_equal(r.exit.signal, SIGKILL);
	assert_str(buf_view(&r.out), STR("begun\n"));
	assert_in_range(clock_mono_ms(&clock_system) - t0, 250, 5000);
	/* The sleeping helpers held the pipe. */
	assert_int_equal(os_poll_one(alive[0], POLLIN, 3000), 1);
	close(alive[0]);
}

static void helpers_left_behind_are_ended(void **state)
{
	int alive[2];

	assert_ok(pipe2(alive, O_CLOEXEC));
	struct os_process_fd pass = { alive[1], 7 };
	struct os_process_options o = { .fds = &pass, .nfds = 1 };
	_cleanup_result_ struct os_process_result r = ran("sleep 60 >/dev/null 2>&1 &", &o);

	close(alive[1]);
	assert_int_equal(r.exit.code, 0);
	assert_int_equal(os_poll_one(alive[0], POLLIN, 3000), 1);
	close(alive[0]);
}

static void environment_is_ours_alone(void **state)
{
	static const char *const env[] = { "EXTRA=yes", NULL };
	struct os_process_options o = { .env = env };

	setenv("ZHANWEI_SECRET", "do not tell", 1);
	_cleanup_result_ struct os_process_result r = ran("env; pwd", &o);
	struct str out = buf_view(&r.out);

	assert_false(str_has(out, STR("ZHANWEI_SECRET")));
	assert_true(str_has(out, STR("EXTRA=yes\n")));
	assert_true(str_has(out, STR("LANG=C.UTF-8\n")));
	assert_true(str_has(out, STR("PATH=/usr/local/bin:/usr/bin:/bin\n")));
}

static void works_in_a_private_folder_that_goes_away(void **state)
{
	_cleanup_result_ struct os_process_result r = ran(
		"stat -c %a . ; echo x > here && mkdir -p a/b && touch a/b/c && pwd", NULL);
	struct str rest = buf_view(&r.out), line;

	assert_int_equal(r.exit.code, 0);
	assert_true(str_split(&rest, '\n', &line));
	assert_str(line, STR("700"));
	assert_true(str_split(&rest, '\n', &line));
	_cleanup_free_ char *path = str_dup(line);

	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(errno, ENOENT);
}

static void runs_without_privileges(void **state)
{
	_cleanup_result_ struct os_process_result r = ran(
		"id -u; id -G; grep -E '^(NoNewPrivs|CapEff|CapBnd)' /proc/self/status; cat "
		"/etc/shadow",
		NULL);
	struct str out = buf_view(&r.out), rest = out, line;
	char want[64];
	uid_t uid;
	gid_t gid;

	os_process_user(&uid, &gid);
	assert_true(uid != 0);
	snprintf(want, sizeof(want), "%u", uid);
	assert_true(str_split(&rest, '\n', &line));
	assert_str_c(line, want);
	assert_true(str_has(out, STR("NoNewPrivs:\t1")));
	assert_true(str_has(out, STR("CapEff:\t0000000000000000")));
	assert_true(r.exit.code != 0); /* the shadow file stays shut */
}

static void passes_only_the_descriptors_asked_for(void **state)
{
	int in[2], out[2];
	char text[16] = "";
	int stray = open("/etc/passwd", O_RDONLY); /* inheritable, but not asked for */

	assert_ok(pipe2(in, O_CLOEXEC));
	assert_ok(pipe2(out, O_CLOEXEC));
	/* The numbers cross over on purpose when the test's own are 3 and 4. */
	struct os_process_fd pass[] = { { in[0], 3 }, { out[1], 4 } };
	struct os_process_options o = { .fds = pass, .nfds = 2 };

	assert_int_equal(write(in[1], "hello\n", 6), 6);
	_cleanup_result_ struct os_process_result r = ran("read x <&3; echo $x >&4; ls /proc/$$/fd",
							  &o);

	assert_int_equal(read(out[0], text, sizeof(text)), 6);
	assert_memory_equal(text, "hello\n", 6);
	assert_str(str_trim(buf_view(&r.out)), STR("0\n1\n2\n3\n4"));
	close(stray);
	for (int i = 0; i < 2; i++) {
		close(in[i]);
		close(out[i]);
	}
}

static void limits_hold(void **state)
{
	struct os_process_options files = { .max_file_size = 1000 };
	struct os_process_options cpu = { .max_cpu_s = 1 };
	struct os_process_options memory = { .max_memory = 64 * MIB };
	_cleanup_result_ struct os_process_result f = ran(
		"trap '' XFSZ; head -c 5000 /dev/zero > big; stat -c %s big", &files);

	assert_str(str_trim(buf_view(&f.out)), STR("1000"));
	_cleanup_result_ struct os_process_result c = ran("while :; do :; done", &cpu);

	assert_false(c.exit.timed_out);
	assert_true(c.exit.signal == SIGXCPU || c.exit.signal == SIGKILL);
	_cleanup_result_ struct os_process_result m = ran(
		"head -c 200000000 /dev/zero | tail -c 200000000 | wc -c", &memory);

	assert_str(str_trim(buf_view(&m.out)), STR("0"));
}

static void says_what_is_missing(void **state)
{
	const char *argv[] = { "zhanwei-no-such-program", NULL };
	struct os_process_options o = { .argv = argv, .time_limit_ms = 1000 };
	struct os_process_result r;
	struct error e = { 0 };

	assert_int_equal(os_process_run(&o, &r, &e), -1);
	assert_string_equal(e.code, "process.not-found");
	assert_non_null(strstr(e.zh, "zhanwei-no-such-program"));
	argv[0] = "/etc/passwd";
	assert_int_equal(os_process_run(&o, &r, &e), -1);
	assert_string_equal(e.code, "os.eacces");
}

static void can_be_kept_and_ended(void **state)
{
	const char *argv[] = { "sh", "-c",
			       "echo ready >&2; trap 'exit 5' TERM; while :; do sleep 0.05; done",
			       NULL };
	struct os_process_options o = { .argv = argv };
	struct os_process *p = NULL;
	struct os_process_exit x;

	assert_ok(os_process_start(&o, &p, NULL));
	for (int i = 0; i < 100 && os_process_stderr(p).len == 0; i++)
		assert_int_equal(os_process_wait(p, 50, &x), 0);
	assert_str(os_process_stderr(p), STR("ready\n"));
	assert_true(os_process_pid(p) > 0);
	assert_ok(access(os_process_dir(p), F_OK));
	os_process_signal(p, SIGTERM);
	assert_int_equal(os_process_wait(p, 5000, &x), 1);
	assert_int_equal(x.code, 5);
	assert_int_equal(os_process_wait(p, 0, &x), 1);
	os_process_free(p);

	/* Freeing ends it. */
	assert_ok(os_process_start(&o, &p, NULL));
	pid_t pid = os_process_pid(p);
	_cleanup_free_ char *dir = str_dup(str_c(os_process_dir(p)));

	os_process_free(p);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(access(dir, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_and_exit_code_come_back),
		cmocka_unit_test(input_is_fed_while_output_is_read),
		cmocka_unit_test(output_beyond_the_limit_is_dropped),
		cmocka_unit_test(time_limit_ends_the_whole_group),
		cmocka_unit_test(helpers_left_behind_are_ended),
		cmocka_unit_test(environment_is_ours_alone),
		cmocka_unit_test(works_in_a_private_folder_that_goes_away),
		cmocka_unit_test(runs_without_privileges),
		cmocka_unit_test(passes_only_the_descriptors_asked_for),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(says_what_is_missing),
		cmocka_unit_test(can_be_kept_and_ended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
