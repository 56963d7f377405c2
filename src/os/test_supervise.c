/* The supervisor seen from outside: children come back, stop means stop, nothing stays. */
#include "os/supervise.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/test.h"
#include "os/fdpass.h"

/* What children and the supervisor tell us, one line of a pipe each. */
static int news[2];

static void tell(const char *what, unsigned index, long n)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%s %u %ld\n", what, index, n);

	check(write(news[1], line, (size_t)len) == len);
}

static int polite(void *arg, unsigned index)
{
	int fd = os_stop_signal_fd(NULL);

	tell("up", index, getpid());
	while (!os_stop_signal_seen(fd))
		os_poll_one(fd, POLLIN, -1);
	tell("down", index, 0);
	return 3; /* whatever a child says in the end does not matter */
}

static int stubborn(void *arg, unsigned index)
{
	signal(SIGTERM, SIG_IGN);
	tell("up", index, getpid());
	while (pause() < 0)
		;
	return 0;
}

static int broken(void *arg, unsigned index)
{
	tell("up", index, getpid());
	return 1;
}

static int port_taken(void *arg, unsigned index)
{
	return OS_SERVICE_FATAL;
}

static void on_event(void *arg, const struct os_supervise_event *ev)
{
	if (ev->what == OS_SERVICE_ENDED)
		tell(ev->name, ev->index, ev->restart_ms);
	if (ev->what == OS_SERVICE_KILLED)
		tell("killed", ev->index, ev->pid);
}

static pid_t supervised(const struct os_service *services, size_t n, int grace_ms)
{
	const struct os_supervise_options o = { .grace_ms = grace_ms,
						.backoff_min_ms = 50,
						.backoff_max_ms = 400,
						.on_event = on_event };

	assert_ok(pipe2(news, O_CLOEXEC));
	pid_t pid = fork();

	if (pid == 0) {
		close(news[0]);
		int r = os_supervise(services, n, &o, NULL);

		_exit(r < 0 ? 99 : r);
	}
	close(news[1]);
	return pid;
}

/* The next line; fails when none comes. Empty at the end. */
static struct str heard(char line[64])
{
	size_t n = 0;

	for (;;) {
		if (os_poll_one(news[0], POLLIN, 10000) != 1)
			fail_msg("nothing was heard");
		if (read(news[0], line + n, 1) != 1 || line[n] == '\n')
			return str_make(line, n);
		if (++n == 63)
			fail_msg("long line");
	}
}

static long heard_number(const char *want, unsigned index)
{
	char line[64], prefix[64];
	struct str s = heard(line);
	int64_t n = 0;

	snprintf(prefix, sizeof(prefix), "%s %u ", want, index);
	if (!str_starts(s, str_c(prefix)))
		fail_msg("got \"%.*s\", want \"%s\"", STR_ARG(s), prefix);
	assert_ok(str_to_i64(str_from(s, strlen(prefix)), &n));
	return (long)n;
}

static int result_of(pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, 0);
	close(news[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void a_killed_child_comes_back(void **state)
{
	const struct os_service web = { .name = "web", .main = polite, .count = 1 };
	pid_t pid = supervised(&web, 1, 5000);
	long first = heard_number("up", 0);
	int64_t t0 = clock_mono_ms(&clock_system);

	kill((pid_t)first, SIGKILL);
	assert_int_equal(heard_number("web", 0), 50);
	long second = heard_number("up", 0);

	assert_true(second != first);
	assert_in_range(clock_mono_ms(&clock_system) - t0, 45, 3000);
	kill(pid, SIGTERM);
	assert_int_equal(result_of(pid), 0);
}

static void stop_ends_all_with_zero(int sig)
{
	const struct os_service list[] = {
		{ .name = "web", .main = polite, .count = 1 },
		{ .name = "worker", .main = polite, .count = 3 },
	};
	pid_t pid = supervised(list, 2, 5000);
	char line[64];
	int up = 0, down = 0;

	while (up < 4)
		up += str_starts(heard(line), STR("up "));
	int64_t t0 = clock_mono_ms(&clock_system);

	kill(pid, sig);
	for (struct str s; (s = heard(line)).len > 0;)
		down += str_starts(s, STR("down "));
	assert_int_equal(down, 4); /* each was asked, and none was cut off */
	assert_int_equal(result_of(pid), 0);
	assert_true(clock_mono_ms(&clock_system) - t0 < 2000);
}

static void sigterm_and_sigint_end_all_with_zero(void **state)
{
	stop_ends_all_with_zero(SIGTERM);
	stop_ends_all_with_zero(SIGINT);
}

static void grace_ends_and_so_does_a_stubborn_child(void **state)
{
	const struct os_service s = { .name = "stubborn", .main = stubborn, .count = 1 };
	pid_t pid = supervised(&s, 1, 200);
	long child = heard_number("up", 0);

	kill(pid, SIGTERM);
	assert_int_equal(heard_number("killed", 0), child);
	assert_int_equal(result_of(pid), 0);
	assert_int_equal(kill((pid_t)child, 0), -1);
}

static void a_second_signal_ends_the_grace(void **state)
{
	const struct os_service s = { .name = "stubborn", .main = stubborn, .count = 1 };
	pid_t pid = supervised(&s, 1, 60000);
	int64_t t0 = clock_mono_ms(&clock_system);
	struct timespec pause = { 0, 50000000 };

	heard_number("up", 0);
	kill(pid, SIGINT);
	nanosleep(&pause, NULL);
	kill(pid, SIGINT);
	assert_int_equal(result_of(pid), 0);
	assert_true(clock_mono_ms(&clock_system) - t0 < 5000);
}

static void pauses_grow_to_their_limit(void **state)
{
	static const int want[] = { 50, 100, 200, 400, 400 };
	const struct os_service s = { .name = "broken", .main = broken, .count = 1 };
	pid_t pid = supervised(&s, 1, 1000);

	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		heard_number("up", 0);
		assert_int_equal(heard_number("broken", 0), want[i]);
	}
	kill(pid, SIGTERM); /* in the middle of a pause */
	assert_int_equal(result_of(pid), 0);
}

static void a_fatal_child_ends_the_program(void **state)
{
	const struct os_service list[] = {
		{ .name = "worker", .main = polite, .count = 1 },
		{ .name = "web", .main = port_taken, .count = 1 },
	};
	pid_t pid = supervised(list, 2, 5000);

	assert_int_equal(result_of(pid), OS_SERVICE_FATAL);
}

static void children_die_with_a_killed_supervisor(void **state)
{
	const struct os_service s = { .name = "stubborn", .main = stubborn, .count = 2 };
	pid_t pid = supervised(&s, 1, 5000);
	char line[64];

	heard(line);
	heard(line);
	kill(pid, SIGKILL);
	assert_int_equal(heard(line).len, 0); /* the last writer is gone */
	assert_int_equal(result_of(pid), -SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_child_comes_back),
		cmocka_unit_test(sigterm_and_sigint_end_all_with_zero),
		cmocka_unit_test(grace_ends_and_so_does_a_stubborn_child),
		cmocka_unit_test(a_second_signal_ends_the_grace),
		cmocka_unit_test(pauses_grow_to_their_limit),
		cmocka_unit_test(a_fatal_child_ends_the_program),
		cmocka_unit_test(children_die_with_a_killed_supervisor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
