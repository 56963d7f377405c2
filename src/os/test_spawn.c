/* The jail, tried from inside: every kind of escape is attempted in a real child, in a
 * matrix of what the system offers (all of it, no namespaces, the oldest Landlock, no
 * Landlock at all), as root and, by running this program again, as nobody. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/test.h"
#include "os/fdpass.h"
#include "os/file.h"
#include "os/frame.h"
#include "os/jail_private.h"
#include "os/spawn.h"

static char *read_dir;  /* may be read by "reader" */
static char *other_dir; /* may not */
static pid_t test_pid;
static int prepared;

/* ---- in the children ----------------------------------------------------------- */

/* 0 or errno of the last call. */
static int tried(long r)
{
	return r < 0 ? errno : 0;
}

static int try_open(const char *path, int flags)
{
	int fd = open(path, flags, 0600);
	int result = tried(fd);

	if (fd >= 0)
		close(fd);
	return result;
}

static int try_below(const char *dir, const char *name, int flags)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return try_open(path, flags);
}

static int do_passwd(const int *fds)
{
	return try_open("/etc/passwd", O_RDONLY);
}
static int do_own_read(const int *fds)
{
	return try_below(read_dir, "sub/open.txt", O_RDONLY);
}
static int do_own_write(const int *fds)
{
	return try_below(read_dir, "sub/open.txt", O_WRONLY);
}
static int do_own_truncate(const int *fds)
{
	return try_below(read_dir, "sub/open.txt", O_RDONLY | O_TRUNC);
}
static int do_own_create(const int *fds)
{
	return try_below(read_dir, "new.txt", O_WRONLY | O_CREAT);
}
static int do_link_out(const int *fds)
{
	return try_below(read_dir, "link-out", O_RDONLY);
}
static int do_dotdot(const int *fds)
{
	return try_below(read_dir, "../../../../../../etc/passwd", O_RDONLY);
}
static int do_other(const int *fds)
{
	return try_below(other_dir, "secret.txt", O_RDONLY);
}
static int do_dev_null(const int *fds)
{
	return try_open("/dev/null", O_RDWR);
}
static int do_parent_mem(const int *fds)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/mem", (long)test_pid);
	return try_open(path, O_RDONLY);
}
static int do_own_mem(const int *fds)
{
	return try_open("/proc/self/mem", O_RDWR);
}
static int do_socket_inet(const int *fds)
{
	return tried(socket(AF_INET, SOCK_STREAM, 0));
}
static int do_socket_unix(const int *fds)
{
	return tried(socket(AF_UNIX, SOCK_STREAM, 0));
}
static int do_socket_netlink(const int *fds)
{
	return tried(socket(AF_NETLINK, SOCK_RAW, 0));
}
/* fds[0] is a TCP socket that was made outside and not connected. */
static int do_connect(const int *fds)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(9),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	struct tcp_info info;
	socklen_t len = sizeof(info);

	/* It is told "done", but nothing leaves the socket. */
	if (connect(fds[0], (struct sockaddr *)&a, sizeof(a)) < 0)
		return errno;
	if (getsockopt(fds[0], IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
	    info.tcpi_state != TCP_CLOSE)
		return 0;
	return ENOTCONN;
}
static int do_bind(const int *fds)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	return tried(bind(fds[0], (struct sockaddr *)&a, sizeof(a)));
}
static int do_sendto(const int *fds)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(9),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	/* TCP Fast Open would be a connect() by another name. */
	return tried(sendto(fds[0], "x", 1, MSG_FASTOPEN, (struct sockaddr *)&a, sizeof(a)));
}
static int do_kill_parent(const int *fds)
{
	return tried(kill(test_pid, SIGTERM));
}
static int do_kill_spawner(const int *fds)
{
	return tried(kill(getppid(), SIGKILL));
}
static int do_kill_all(const int *fds)
{
	return tried(kill(-1, SIGKILL));
}
static int do_tgkill_parent(const int *fds)
{
	return tried(syscall(SYS_tgkill, test_pid, test_pid, SIGTERM));
}
static int do_setown(const int *fds)
{
	return tried(fcntl(fds[0], F_SETOWN, getppid()));
}
static int do_exec_map(const int *fds)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	return p == MAP_FAILED ? errno : 0;
}
static int do_exec_protect(const int *fds)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return tried(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}
static int do_many_files(const int *fds)
{
	int r = 0;

	while (r == 0)
		r = tried(dup(0));
	return r;
}
static int do_raise_limit(const int *fds)
{
	struct rlimit more = { RLIM_INFINITY, RLIM_INFINITY };

	return tried(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &more, NULL));
}
static int do_dumpable(const int *fds)
{
	return tried(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}
/* What a parser lives on must work. */
static int do_normal_life(const int *fds)
{
	int ep = epoll_create1(EPOLL_CLOEXEC), t = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC),
	    sv[2];
	char *big;
	unsigned char random[16];
	struct timespec now;

	if (ep < 0 || t < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0 ||
	    clock_gettime(CLOCK_REALTIME, &now) < 0)
		return errno;
	big = mem_resize(mem_alloc(MIB), 2 * MIB, 1);
	free(big);
	random_bytes(random, sizeof(random));
	if (write(sv[0], "x", 1) != 1 || read(sv[1], random, 1) != 1)
		return errno;
	return os_jailed() && getppid() > 0 && usleep(1000) == 0 ? 0 : EIO;
}

/* These end the child. */
static int do_ptrace(const int *fds)
{
	return tried(ptrace(PTRACE_ATTACH, test_pid, NULL, NULL));
}
static int do_vm_read(const int *fds)
{
	char b[8];
	struct iovec l = { b, sizeof(b) }, r = { &test_pid, sizeof(b) };

	return tried(process_vm_readv(test_pid, &l, 1, &r, 1, 0));
}
static int do_exec(const int *fds)
{
	char *argv[] = { strdup("/bin/true"), NULL };

	return tried(execve("/bin/true", argv, NULL));
}
static int do_fork(const int *fds)
{
	return tried(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
}
static int do_thread(const int *fds)
{
	return tried(syscall(SYS_clone3, NULL, 0));
}
static int do_chroot(const int *fds)
{
	return tried(chroot("/"));
}
static int do_unshare(const int *fds)
{
	return tried(syscall(SYS_unshare, 0));
}
static int do_setuid(const int *fds)
{
	return tried(syscall(SYS_setresuid, 0, 0, 0));
}
static int do_bpf(const int *fds)
{
	return tried(syscall(SYS_bpf, 0, NULL, 0));
}
static int do_io_uring(const int *fds)
{
	return tried(syscall(SYS_io_uring_setup, 1, NULL));
}
static int do_pidfd(const int *fds)
{
	return tried(syscall(SYS_pidfd_open, test_pid, 0));
}
static int do_seccomp(const int *fds)
{
	return tried(syscall(SYS_seccomp, 2, 0, NULL));
}
static int do_x32(const int *fds)
{
#ifdef __x86_64__
	return tried(syscall(0x40000000 + SYS_getpid));
#else
	return tried(syscall(SYS_bpf, 0, NULL, 0));
#endif
}

/* result: what the attempt must give; -1 the child must die of a forbidden call. */
#define ENDS (-1)
static const struct attempt {
	const char *name;
	int (*act)(const int *fds);
	int result, or_result;
	bool needs_landlock;
	const char *kind;
} attempts[] = {
	{ "life", do_normal_life, 0, 0 },
	{ "passwd", do_passwd, EACCES, ENOENT },
	{ "passwd", do_passwd, EACCES, ENOENT, .kind = "reader" },
	{ "own-read", do_own_read, 0, 0, .needs_landlock = true, .kind = "reader" },
	{ "own-read", do_own_read, EACCES, ENOENT },
	{ "own-write", do_own_write, EPERM, EACCES, .kind = "reader" },
	{ "own-truncate", do_own_truncate, EPERM, EACCES, .kind = "reader" },
	{ "own-create", do_own_create, EPERM, EACCES, .kind = "reader" },
	{ "link-out", do_link_out, EACCES, ENOENT, .kind = "reader" },
	{ "dotdot", do_dotdot, EACCES, ENOENT, .kind = "reader" },
	{ "other", do_other, EACCES, ENOENT, .kind = "reader" },
	{ "dev-null", do_dev_null, EACCES, EPERM, .kind = "reader" },
	{ "parent-mem", do_parent_mem, EACCES, ENOENT },
	{ "parent-mem", do_parent_mem, EACCES, ENOENT, .kind = "reader" },
	{ "own-mem", do_own_mem, EACCES, EPERM, .kind = "reader" },
	{ "inet", do_socket_inet, EACCES, EACCES },
	{ "unix", do_socket_unix, EACCES, EACCES },
	{ "netlink", do_socket_netlink, EACCES, EACCES },
	{ "connect", do_connect, ENOTCONN, ENOTCONN },
	{ "bind", do_bind, EACCES, EACCES },
	{ "kill-parent", do_kill_parent, EPERM, EPERM },
	{ "kill-spawner", do_kill_spawner, EPERM, EPERM },
	{ "kill-all", do_kill_all, EPERM, EPERM },
	{ "tgkill", do_tgkill_parent, EPERM, EPERM },
	{ "setown", do_setown, EPERM, EPERM },
	{ "exec-map", do_exec_map, EPERM, EPERM },
	{ "exec-protect", do_exec_protect, EPERM, EPERM },
	{ "exec-map", do_exec_map, 0, 0, .kind = "jit" },
	{ "files", do_many_files, EMFILE, EMFILE },
	{ "raise-limit", do_raise_limit, EPERM, EPERM },
	{ "dumpable", do_dumpable, EPERM, EPERM },
	{ "ptrace", do_ptrace, ENDS, ENDS },
	{ "vm-read", do_vm_read, ENDS, ENDS },
	{ "exec", do_exec, ENDS, ENDS },
	{ "fork", do_fork, ENDS, ENDS },
	{ "thread", do_thread, ENDS, ENDS },
	{ "chroot", do_chroot, ENDS, ENDS },
	{ "unshare", do_unshare, ENDS, ENDS },
	{ "setuid", do_setuid, ENDS, ENDS },
	{ "bpf", do_bpf, ENDS, ENDS },
	{ "io-uring", do_io_uring, ENDS, ENDS },
	{ "pidfd", do_pidfd, ENDS, ENDS },
	{ "seccomp", do_seccomp, ENDS, ENDS },
	{ "x32", do_x32, ENDS, ENDS },
	{ "fastopen", do_sendto, EPERM, EPERM },
};

/* "probe", "reader", "jit": the argument is the index of an attempt; the answer is the
 * errno it met, as one frame. */
static int probe_main(int chan, const int *fds, size_t nfds, struct str arg)
{
	uint64_t i;

	if (str_to_u64(arg, &i) < 0 || i >= ARRAY_SIZE(attempts))
		return 2;
	int r = attempts[i].act(fds);

	return os_frame_send(chan, (uint32_t)r, STR("errno"), 1000, NULL) < 0;
}

/* Answers with what it was given: argument, open descriptors, user, prepared data. */
static int report_main(int chan, const int *fds, size_t nfds, struct str arg)
{
	_cleanup_buf_ struct buf b = BUF_INIT(1024);
	int open_fds = 0;

	for (int fd = 0; fd < 1024; fd++)
		open_fds += fcntl(fd, F_GETFD) >= 0;
	buf_printf(&b, "fds=%d/%zu uid=%u gid=%u prepared=%d ppid=%d", open_fds, nfds, getuid(),
		   getgid(), prepared, (int)getppid());
	for (size_t i = 0; i < nfds; i++) {
		if (write(fds[i], "passed", 6) != 6)
			return 3;
	}
	if (os_frame_send(chan, 1, buf_view(&b), 1000, NULL) < 0)
		return 4;
	return os_frame_send(chan, 2, arg, 1000, NULL) < 0 ? 5 : 0;
}

static int report_prepare(struct error *e)
{
	prepared = 4711;
	return 0;
}

/* The argument says how to end. */
static int die_main(int chan, const int *fds, size_t nfds, struct str arg)
{
	if (str_eq(arg, STR("memory"))) {
		for (;;)
			memset(mem_alloc(MIB), 1, MIB);
	}
	if (str_eq(arg, STR("shared-memory"))) {
		for (;;) {
			if (mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				 -1, 0) == MAP_FAILED)
				return 9;
		}
	}
	if (str_eq(arg, STR("cpu"))) {
		for (volatile unsigned i = 0;; i++)
			;
	}
	if (str_eq(arg, STR("stubborn-cpu"))) {
		signal(SIGXCPU, SIG_IGN);
		for (volatile unsigned i = 0;; i++)
			;
	}
	if (str_eq(arg, STR("abort")))
		abort();
	if (str_eq(arg, STR("check")))
		check(arg.len == 0);
	if (str_eq(arg, STR("seven")))
		return 7;
	if (str_eq(arg, STR("sleep"))) {
		for (;;)
			pause();
	}
	if (str_eq(arg, STR("chatter"))) {
		for (int i = 0; i < 1000; i++)
			fprintf(stderr, "%01000d\n", i);
	}
	return 0;
}

static const char *reader_paths[] = { NULL, "/nonexistent/zhanwei", NULL };
static const struct os_jail_kind probe_kind = {
	.name = "probe",
	.main = probe_main,
	.max_memory = 64 * MIB,
	.max_cpu_s = 5,
	.max_files = 16,
};
static const struct os_jail_kind reader_kind = {
	.name = "reader",
	.main = probe_main,
	.max_memory = 64 * MIB,
	.max_cpu_s = 5,
	.max_files = 16,
	.read_paths = reader_paths,
};
static const struct os_jail_kind jit_kind = {
	.name = "jit",
	.main = probe_main,
	.max_memory = 64 * MIB,
	.max_cpu_s = 5,
	.max_files = 16,
	.allow_jit = true,
};
static const struct os_jail_kind report_kind = {
	.name = "report",
	.main = report_main,
	.prepare = report_prepare,
	.max_memory = 64 * MIB,
	.max_cpu_s = 5,
	.max_files = 20,
};
static const struct os_jail_kind die_kind = {
	.name = "die",
	.main = die_main,
	.max_memory = 32 * MIB,
	.max_cpu_s = 1,
	.max_files = 16,
};
static const struct os_jail_kind *const kinds[] = { &probe_kind,  &reader_kind, &jit_kind,
						    &report_kind, &die_kind,    NULL };

/* ---- outside ------------------------------------------------------------------- */

static struct os_spawner *started(int abi, unsigned off)
{
	const struct os_spawner_options o = { .landlock_abi = abi, .off = off };
	struct os_spawner *s = NULL;
	struct error e = { 0 };

	if (os_spawner_start_with(kinds, &o, &s, &e) < 0)
		fail_msg("%s", e.en);
	return s;
}

static struct os_child spawned(struct os_spawner *s, const char *kind, struct str arg,
			       const int *fds, size_t nfds)
{
	struct os_child c = OS_CHILD_NONE;
	struct error e = { 0 };

	if (os_spawner_spawn(s, str_c(kind), fds, nfds, arg, &c, &e) < 0)
		fail_msg("%s: %s", kind, e.en);
	return c;
}

static struct os_child_exit ended(struct os_child *c)
{
	struct os_child_exit x = { 0 };

	assert_int_equal(os_child_wait(c, 20000, &x), 1);
	return x;
}

static void attempt(struct os_spawner *s, size_t i, int tcp)
{
	const struct attempt *a = &attempts[i];
	_cleanup_buf_ struct buf body = BUF_INIT(64);
	char arg[16];
	uint32_t got = 0;

	snprintf(arg, sizeof(arg), "%zu", i);
	_cleanup_child_ struct os_child c = spawned(s, a->kind ? a->kind : "probe", str_c(arg),
						    &tcp, 1);
	int r = os_frame_recv(c.chan, 64, 10000, &got, &body, NULL);
	struct os_child_exit x = ended(&c);

	if (a->result == ENDS) {
		if (r == 1)
			fail_msg("%s: answered %s", a->name, strerrorname_np((int)got));
		if (x.reason != OS_CHILD_SYSCALL || x.signal != SIGSYS)
			fail_msg("%s: ended as %s (signal %d)", a->name, x.en, x.signal);
		return;
	}
	if (x.reason != OS_CHILD_DONE || r != 1)
		fail_msg("%s (%s): ended as %s (signal %d, code %d)", a->name,
			 a->kind ? a->kind : "probe", x.en, x.signal, x.code);
	if ((int)got != a->result && (int)got != a->or_result)
		fail_msg("%s (%s): gave %s", a->name, a->kind ? a->kind : "probe",
			 got ? strerrorname_np((int)got) : "success");
}

static void matrix(int abi, unsigned off)
{
	_cleanup_(os_spawner_stopp) struct os_spawner *s = started(abi, off);
	_cleanup_close_ int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct os_jail_facts f = os_spawner_facts(s);

	print_message("landlock %d, namespaces %d, own user %d\n", f.landlock_abi, f.namespaces,
		      f.own_user);
	if (off & OS_JAIL_NO_NAMESPACES)
		assert_false(f.namespaces);
	assert_int_equal(f.own_user, geteuid() == 0);
	assert_false(os_jailed());
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		if (!attempts[i].needs_landlock || f.landlock_abi > 0)
			attempt(s, i, tcp);
	}
}

static void escapes_with_all_help(void **state)
{
	matrix(-1, 0);
}
static void escapes_without_namespaces(void **state)
{
	matrix(-1, OS_JAIL_NO_NAMESPACES);
}
static void escapes_on_oldest_landlock(void **state)
{
	matrix(1, OS_JAIL_NO_NAMESPACES);
}
static void escapes_on_middle_landlock(void **state)
{
	matrix(4, 0);
}
static void escapes_without_landlock(void **state)
{
	matrix(0, OS_JAIL_NO_NAMESPACES);
}

static void child_gets_what_it_was_given_and_no_more(void **state)
{
	_cleanup_(os_spawner_stopp) struct os_spawner *s = started(-1, 0);
	_cleanup_close_ int secret = open("/etc/passwd", O_RDONLY); /* not close-on-exec */
	_cleanup_free_ char *big = mem_alloc(OS_SPAWN_MAX_ARG);
	_cleanup_buf_ struct buf body = BUF_INIT(OS_SPAWN_MAX_ARG);
	int a[2], b[2];
	uint32_t type;
	char text[16] = "", want[64];

	memset(big, 'A', OS_SPAWN_MAX_ARG);
	assert_ok(pipe(a));
	assert_ok(pipe(b));
	_cleanup_child_ struct os_child c = spawned(s, "report", str_make(big, OS_SPAWN_MAX_ARG),
						    (int[]){ a[1], b[1] }, 2);

	assert_int_equal(os_frame_recv(c.chan, 1024, 5000, &type, &body, NULL), 1);
	/* 0, 1, 2, the channel and the two. */
	assert_true(str_starts(buf_view(&body), STR("fds=6/2 ")));
	assert_true(str_has(buf_view(&body), STR(" prepared=4711 ")));
	if (geteuid() == 0) {
		assert_false(str_has(buf_view(&body), STR("uid=0")));
		assert_false(str_has(buf_view(&body), STR("gid=0")));
	} else {
		snprintf(want, sizeof(want), "uid=%u gid=%u", geteuid(), getegid());
		assert_true(str_has(buf_view(&body), str_c(want)));
	}
	assert_int_equal(os_frame_recv(c.chan, OS_SPAWN_MAX_ARG, 5000, &type, &body, NULL), 1);
	assert_true(str_eq(buf_view(&body), str_make(big, OS_SPAWN_MAX_ARG)));
	assert_int_equal(read(a[0], text, sizeof(text)), 6);
	assert_int_equal(read(b[0], text, sizeof(text)), 6);
	assert_int_equal(ended(&c).reason, OS_CHILD_DONE);
	assert_int_equal(os_frame_recv(c.chan, 64, 1000, &type, &body, NULL), 0);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
	assert_true(secret >= 0);
}

static void says_why_a_child_ended(void **state)
{
	static const struct {
		const char *arg;
		enum os_child_reason reason;
		int code, signal;
		bool not_sanitized;
	} cases[] = {
		{ "fine", OS_CHILD_DONE, 0, 0 },
		{ "seven", OS_CHILD_FAILED, 7, 0 },
		{ "abort", OS_CHILD_CRASH, -1, SIGABRT },
		{ "check", OS_CHILD_CRASH, -1, SIGABRT },
		{ "memory", OS_CHILD_MEMORY, MEM_EXIT_CODE, 0, true },
		{ "shared-memory", OS_CHILD_FAILED, 9, 0, true },
		{ "cpu", OS_CHILD_CPU, -1, SIGXCPU },
		{ "stubborn-cpu", OS_CHILD_CPU, -1, SIGKILL },
	};
	_cleanup_(os_spawner_stopp) struct os_spawner *s = started(-1, 0);
	struct os_child c[ARRAY_SIZE(cases)];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!OS_SANITIZED || !cases[i].not_sanitized)
			c[i] = spawned(s, "die", str_c(cases[i].arg), NULL, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (OS_SANITIZED && cases[i].not_sanitized)
			continue;
		struct os_child_exit x = ended(&c[i]);

		if (x.reason != cases[i].reason || x.code != cases[i].code ||
		    x.signal != cases[i].signal)
			fail_msg("%s: reason %d (%s), code %d, signal %d", cases[i].arg, x.reason,
				 x.en, x.code, x.signal);
		assert_true(strlen(x.zh) > 0 && strlen(x.en) > 0);
		assert_int_equal(ended(&c[i]).reason, x.reason); /* may be asked again */
		os_child_free(&c[i]);
	}
}

static void kill_and_wait(void **state)
{
	_cleanup_(os_spawner_stopp) struct os_spawner *s = started(-1, 0);
	struct os_child c = spawned(s, "die", STR("sleep"), NULL, 0);
	struct os_child_exit x;

	assert_int_equal(os_child_wait(&c, 0, &x), 0);
	assert_int_equal(os_child_wait(&c, 50, &x), 0);
	assert_int_equal(os_poll_one(os_child_poll_fd(&c), POLLIN, 0), 0);
	os_child_kill(&c);
	assert_int_equal(ended(&c).reason, OS_CHILD_KILLED);
	assert_int_equal(os_poll_one(os_child_poll_fd(&c), POLLIN, 0), 1);
	os_child_kill(&c); /* late: harmless, the answer stays */
	assert_int_equal(ended(&c).reason, OS_CHILD_KILLED);
	os_child_free(&c);
	os_child_free(&c);

	/* Letting go of a running child ends it: its end of the channel closes. */
	c = spawned(s, "die", STR("sleep"), NULL, 0);
	_cleanup_close_ int chan = take_fd(c.chan);

	os_child_free(&c);
	assert_int_equal(os_poll_one(chan, POLLIN, 5000), 1);
}

static void refuses_what_it_cannot_do(void **state)
{
	_cleanup_(os_spawner_stopp) struct os_spawner *s = started(-1, 0);
	_cleanup_free_ char *big = mem_alloc(OS_SPAWN_MAX_ARG + 1);
	struct os_child c = OS_CHILD_NONE;
	struct error e = { 0 };

	assert_int_equal(os_spawner_spawn(s, STR("none"), NULL, 0, STR(""), &c, &e), -1);
	assert_string_equal(e.code, "spawn.unknown-kind");
	assert_int_equal(os_spawner_spawn(s, STR("die"), NULL, 0,
					  str_make(big, OS_SPAWN_MAX_ARG + 1), &c, &e),
			 -1);
	assert_string_equal(e.code, "spawn.too-big");
	assert_int_equal(c.chan, -1);
}

static int bad_prepare(struct error *e)
{
	return error_set(e, "test.no-data", "数据缺失", "the data is missing");
}

static void failed_preparation_is_reported(void **state)
{
	static const struct os_jail_kind bad = { .name = "bad",
						 .main = die_main,
						 .prepare = bad_prepare };
	static const struct os_jail_kind *const list[] = { &bad, NULL };
	struct os_spawner *s = NULL;
	struct error e = { 0 };

	assert_int_equal(os_spawner_start(list, &s, &e), -1);
	assert_string_equal(e.code, "test.no-data");
	assert_null(s);
}

static void stderr_is_passed_on_but_bounded(void **state)
{
	int p[2], saved = dup(2);

	assert_ok(pipe2(p, O_CLOEXEC | O_NONBLOCK));
	(void)fcntl(p[0], F_SETPIPE_SZ, (int)MIB);
	dup2(p[1], 2);
	struct os_spawner *s = started(-1, 0);

	dup2(saved, 2);
	close(saved);
	close(p[1]);
	struct os_child c = spawned(s, "die", STR("chatter"), NULL, 0);
	struct os_child_exit x = ended(&c);

	os_child_free(&c);
	os_spawner_stop(s);
	_cleanup_free_ char *text = mem_alloc(MIB);
	ssize_t n = read(p[0], text, MIB);

	close(p[0]);
	assert_int_equal(x.reason, OS_CHILD_DONE);
	assert_in_range(n, 4096, 16384);
	assert_memory_equal(text, "00000", 5);
}

struct spawn_load {
	struct os_spawner *s;
	int failed;
};

static void *spawn_many(void *arg)
{
	struct spawn_load *l = arg;

	for (int i = 0; i < 8; i++) {
		struct os_child c = OS_CHILD_NONE;
		struct os_child_exit x;

		if (os_spawner_spawn(l->s, STR("die"), NULL, 0, STR("seven"), &c, NULL) < 0 ||
		    os_child_wait(&c, 10000, &x) != 1 || x.code != 7)
			__atomic_add_fetch(&l->failed, 1, __ATOMIC_RELAXED);
		os_child_free(&c);
	}
	return NULL;
}

static void many_threads_spawn_at_once(void **state)
{
	_cleanup_(os_spawner_stopp) struct os_spawner *s = started(-1, 0);
	struct spawn_load l = { .s = s };
	int64_t t0 = clock_mono_us(&clock_system);
	pthread_t t[8];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		assert_ok(pthread_create(&t[i], NULL, spawn_many, &l));
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		assert_ok(pthread_join(t[i], NULL));
	assert_int_equal(l.failed, 0);
	print_message("%lld us a child\n", (long long)(clock_mono_us(&clock_system) - t0) / 64);
}

/* A program that starts a spawner and a child and is then killed: nothing may stay.
 * The child holds a pipe whose other end we watch. */
static void all_dies_with_the_program(unsigned off)
{
	int alive[2], ready[2];

	assert_ok(pipe2(alive, O_CLOEXEC));
	assert_ok(pipe2(ready, O_CLOEXEC));
	pid_t pid = fork();

	if (pid == 0) {
		struct os_spawner *s = started(-1, off);
		struct os_child c = spawned(s, "die", STR("sleep"), &alive[1], 1);

		if (c.chan >= 0 && write(ready[1], "r", 1) == 1)
			pause();
		_exit(1);
	}
	close(alive[1]);
	close(ready[1]);
	assert_int_equal(os_poll_one(ready[0], POLLIN, 10000), 1);
	assert_int_equal(os_poll_one(alive[0], POLLIN, 100), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(os_poll_one(alive[0], POLLIN, 5000), 1);
	close(alive[0]);
	close(ready[0]);
}

static void nothing_survives_the_program(void **state)
{
	all_dies_with_the_program(0);
	all_dies_with_the_program(OS_JAIL_NO_NAMESPACES);
}

static pid_t spawner_pid(void)
{
	char path[64], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)gettid());
	f = fopen(path, "r");
	if (!f || !fgets(text, sizeof(text), f))
		text[0] = '\0';
	if (f)
		fclose(f);
	return (pid_t)strtol(text, NULL, 10);
}

static void spawner_death_is_noticed(void **state)
{
	for (unsigned off = 0; off <= OS_JAIL_NO_NAMESPACES; off++) {
		struct os_spawner *s = started(-1, off);
		struct os_child c = spawned(s, "die", STR("sleep"), NULL, 0), d = OS_CHILD_NONE;
		struct error e = { 0 };
		pid_t pid = spawner_pid();

		assert_true(pid > 0);
		kill(pid, SIGKILL);
		assert_int_equal(ended(&c).reason, OS_CHILD_LOST);
		assert_int_equal(os_poll_one(c.chan, POLLIN, 5000), 1); /* the child is gone too */
		assert_int_equal(os_spawner_spawn(s, STR("die"), NULL, 0, STR(""), &d, &e), -1);
		assert_string_equal(e.code, "spawn.gone");
		os_child_free(&c);
		os_spawner_stop(s);
	}
}

static void signals_to_the_group_leave_the_jail_alone(void **state)
{
	setpgid(0, 0);
	_cleanup_(os_spawner_stopp) struct os_spawner *s = started(-1, 0);
	_cleanup_child_ struct os_child c = spawned(s, "die", STR("sleep"), NULL, 0);
	struct os_child_exit x;

	/* All of our group: the spawner, and the child, whose number we do not even know. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGINT);
	kill(0, SIGTERM);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	assert_int_equal(os_child_wait(&c, 100, &x), 0);
	_cleanup_child_ struct os_child d = spawned(s, "die", STR("seven"), NULL, 0);

	assert_int_equal(ended(&d).code, 7);
}

/* ---- set-up -------------------------------------------------------------------- */

static int make_files(void)
{
	_cleanup_buf_ struct buf p = BUF_INIT(4096);

	if (os_temp_dir(NULL, "zw-jail-", &read_dir, NULL) < 0 ||
	    os_temp_dir(NULL, "zw-else-", &other_dir, NULL) < 0)
		return -1;
	/* Others' permissions are wide, so that only the jail refuses. */
	if (chmod(read_dir, 0777) < 0 || chmod(other_dir, 0777) < 0)
		return -1;
	buf_printf(&p, "%s/sub", read_dir);
	if (os_dir_make(p.ptr, 0777, NULL) < 0)
		return -1;
	buf_c(&p, "/open.txt");
	if (os_file_write(p.ptr, STR("open\n"), 0666, NULL) < 0)
		return -1;
	buf_clear(&p);
	buf_printf(&p, "%s/secret.txt", other_dir);
	if (os_file_write(p.ptr, STR("secret\n"), 0666, NULL) < 0)
		return -1;
	_cleanup_buf_ struct buf link = BUF_INIT(4096);

	buf_printf(&link, "%s/link-out", read_dir);
	if (symlink(p.ptr, link.ptr) < 0)
		return -1;
	reader_paths[0] = read_dir;
	test_pid = getpid();
	return 0;
}

static int setup(void **state)
{
	return make_files();
}

static int teardown(void **state)
{
	os_dir_remove(read_dir, 100, NULL);
	os_dir_remove(other_dir, 100, NULL);
	free(read_dir);
	free(other_dir);
	return 0;
}

/* The same tests as a user without any privilege. */
static int run_as_nobody(void)
{
	_cleanup_close_ int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		char name[] = "test_spawn", again[] = "--as-nobody";
		char *argv[] = { name, again, NULL };

		if (syscall(SYS_setgroups, 0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 &&
		    setresuid(65534, 65534, 65534) == 0)
			fexecve(self, argv, environ);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_with_all_help),
		cmocka_unit_test(escapes_without_namespaces),
		cmocka_unit_test(escapes_on_middle_landlock),
		cmocka_unit_test(escapes_on_oldest_landlock),
		cmocka_unit_test(escapes_without_landlock),
		cmocka_unit_test(child_gets_what_it_was_given_and_no_more),
		cmocka_unit_test(says_why_a_child_ended),
		cmocka_unit_test(kill_and_wait),
		cmocka_unit_test(refuses_what_it_cannot_do),
		cmocka_unit_test(failed_preparation_is_reported),
		cmocka_unit_test(stderr_is_passed_on_but_bounded),
		cmocka_unit_test(many_threads_spawn_at_once),
		cmocka_unit_test(nothing_survives_the_program),
		cmocka_unit_test(spawner_death_is_noticed),
		cmocka_unit_test(signals_to_the_group_leave_the_jail_alone),
	};
	int failed = cmocka_run_group_tests(tests, setup, teardown);

	if (geteuid() == 0 && argc == 1)
		failed += run_as_nobody();
	return failed;
}
