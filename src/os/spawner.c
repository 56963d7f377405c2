/* The spawner process: one thread, one poll() loop. It forks children, closes their
 * jail, forwards a little of their stderr, reaps them and tells their owners how they
 * ended. It reads nothing that a child wrote except to pass stderr on. Each child has
 * a status socket whose other end its owner holds: a byte on it, or its end, means
 * kill; so no process id ever travels and none can be mistaken. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/vec.h"
#include "os/fdpass.h"
#include "os/jail_private.h"

struct child {
	pid_t pid;
	int status; /* -1: the owner let go */
	int err;    /* read end of its stderr, -1 closed */
	size_t err_seen;
	bool killed;
	unsigned max_cpu_s;
};

struct spawner {
	int control, signals, null;
	const struct os_jail_kind *const *kinds;
	size_t nkinds;
	char **roots;
	bool namespaces;
	int landlock_abi;
	uid_t uid_base, uid_count, uid_next;
	pid_t self;
	VEC(struct child) children;
	VEC(struct pollfd) polls;
};

/* ---- in the child -------------------------------------------------------------- */

/* 0 null, 1 null, 2 stderr pipe, 3 chan, 4.. caller's, then status. First all go high,
 * so that none is overwritten on the way down. */
static int arrange_fds(const struct spawner *s, int err, const int *fds, size_t nfds,
		       int *ret_status)
{
	int high[OS_SPAWN_MAX_FDS + 2];
	int low = 3;

	check(nfds >= 2 && nfds <= ARRAY_SIZE(high));
	for (size_t i = 0; i < nfds; i++) {
		high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 64);
		if (high[i] < 0)
			return -1;
	}
	int err_high = fcntl(err, F_DUPFD_CLOEXEC, 64),
	    null_high = fcntl(s->null, F_DUPFD_CLOEXEC, 64);

	if (err_high < 0 || null_high < 0 || dup2(null_high, 0) < 0 || dup2(null_high, 1) < 0 ||
	    dup2(err_high, 2) < 0)
		return -1;
	/* Order: chan (0), the caller's (2..), status (1) last. */
	if (dup3(high[0], low++, O_CLOEXEC) < 0)
		return -1;
	for (size_t i = 2; i < nfds; i++) {
		if (dup3(high[i], low++, O_CLOEXEC) < 0)
			return -1;
	}
	if (dup3(high[1], low, O_CLOEXEC) < 0)
		return -1;
	*ret_status = low;
	return (int)syscall(SYS_close_range, low + 1, ~0U, 0);
}

static void reset_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++) {
		/* A sanitizer reports crashes by handlers of its own. */
		if (!OS_SANITIZED || (sig != SIGSEGV && sig != SIGBUS && sig != SIGFPE &&
				      sig != SIGILL && sig != SIGABRT))
			signal(sig, SIG_DFL);
	}
	/* Ctrl-C in a terminal, or a signal to the whole group, is for the program, which
	 * decides about its children (and ends them by SIGKILL). */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void tell(int status, const struct os_spawn_status *m)
{
	(void)os_fdpass_send(status, str_make(m, sizeof(*m)), NULL, 0, 0, NULL);
}

static _Noreturn void child_main(const struct spawner *s, const struct os_jail *jail, int err,
				 const int *fds, size_t nfds, struct str arg)
{
	int numbers[OS_SPAWN_MAX_FDS];
	struct os_spawn_status m = { .what = OS_SPAWN_READY };
	const char *step = "descriptors";
	int status = fds[1];

	reset_signals();
	if (arrange_fds(s, err, fds, nfds, &status) < 0 || os_jail_enter(jail, &step) < 0) {
		m.what = OS_SPAWN_NO_JAIL;
		m.errnum = errno;
		snprintf(m.step, sizeof(m.step), "%s", step);
		tell(status, &m);
		_exit(1);
	}
	tell(status, &m);
	close(status);
	for (size_t i = 0; i + 2 < nfds; i++)
		numbers[i] = 4 + (int)i;
	_exit(jail->kind->main(3, numbers, nfds - 2, arg) & 127);
}

/* ---- in the spawner ------------------------------------------------------------ */

static void refuse(int status, const char *step, int errnum)
{
	struct os_spawn_status m = { .what = OS_SPAWN_NO_JAIL, .errnum = errnum };

	snprintf(m.step, sizeof(m.step), "%s", step);
	tell(status, &m);
}

static void make_child(struct spawner *s, const struct os_jail_kind *k, size_t index, int *fds,
		       size_t nfds, struct str arg)
{
	struct os_jail jail = {
		.kind = k,
		.landlock_abi = s->landlock_abi,
		.drop_user = s->uid_count > 0,
		.has_caps = s->namespaces,
		.root = s->roots[index],
		.spawner = s->self,
	};
	int err[2];

	if (s->uid_count > 0)
		jail.uid = s->uid_base + s->uid_next++ % s->uid_count;
	if (pipe2(err, O_CLOEXEC) < 0) {
		refuse(fds[1], "pipe", errno);
		return;
	}
	pid_t pid = fork();

	if (pid == 0)
		child_main(s, &jail, err[1], fds, nfds, arg);
	close(err[1]);
	if (pid < 0) {
		refuse(fds[1], "fork", errno);
		close(err[0]);
		return;
	}
	(void)fcntl(err[0], F_SETFL, O_NONBLOCK);
	struct child *c = vec_push(&s->children);

	*c = (struct child){ .pid = pid, .err = err[0], .max_cpu_s = k->max_cpu_s };
	c->status = fds[1];
	fds[1] = -1;
}

/* False when the owner is gone. */
static bool take_request(struct spawner *s)
{
	_cleanup_buf_ struct buf body = BUF_INIT(sizeof(struct os_spawn_request) +
						 OS_SPAWN_MAX_ARG);
	struct os_spawn_request q;
	int fds[OS_SPAWN_MAX_FDS + 2];
	struct error e;
	size_t nfds = 0;
	int r = os_fdpass_recv(s->control, &body, fds, ARRAY_SIZE(fds), &nfds, 0, &e);

	if (r == 0)
		return false;
	if (r < 0) /* spurious wake-up, or no descriptors left: its owner sees the end */
		return true;
	if (nfds >= 2 && body.len >= sizeof(q)) {
		memcpy(&q, body.ptr, sizeof(q));
		if (q.kind < s->nkinds)
			make_child(s, s->kinds[q.kind], q.kind, fds, nfds,
				   str_from(buf_view(&body), sizeof(q)));
	}
	for (size_t i = 0; i < nfds; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return true;
}

static void forward_stderr(struct child *c)
{
	char text[4096];
	ssize_t n;

	while ((n = read(c->err, text, sizeof(text))) > 0) {
		size_t room = LIMIT_CHILD_STDERR - c->err_seen;
		size_t take = (size_t)n < room ? (size_t)n : room;

		c->err_seen += take;
		/* Rather lose text than stand still behind a full pipe. */
		if (take && os_poll_one(STDERR_FILENO, POLLOUT, 0) == 1 &&
		    write(STDERR_FILENO, text, take) < 0)
			c->err_seen = LIMIT_CHILD_STDERR;
	}
	if (n == 0) {
		close(c->err);
		c->err = -1;
	}
}

static enum os_child_reason reason_of(const struct child *c, int wstatus, int64_t cpu_us)
{
	int sig = WIFSIGNALED(wstatus) ? WTERMSIG(wstatus) : 0;

	if (sig == 0) {
		int code = WEXITSTATUS(wstatus);

		if (code == MEM_EXIT_CODE)
			return OS_CHILD_MEMORY;
		return code ? OS_CHILD_FAILED : OS_CHILD_DONE;
	}
	switch (sig) {
	case SIGSYS:
		return OS_CHILD_SYSCALL;
	case SIGXCPU:
		return OS_CHILD_CPU;
	case SIGKILL:
		if (c->killed)
			return OS_CHILD_KILLED;
		if (c->max_cpu_s && cpu_us >= (int64_t)c->max_cpu_s * 1000000)
			return OS_CHILD_CPU;
		return OS_CHILD_LOST;
	case SIGSEGV:
	case SIGABRT:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGTRAP:
		return OS_CHILD_CRASH;
	default:
		return OS_CHILD_LOST;
	}
}

static void bury(struct spawner *s, size_t i, int wstatus, const struct rusage *ru)
{
	struct child *c = &s->children.ptr[i];
	struct os_spawn_status m = { .what = OS_SPAWN_ENDED };

	m.cpu_us = (int64_t)(ru->ru_utime.tv_sec + ru->ru_stime.tv_sec) * 1000000 +
		   ru->ru_utime.tv_usec + ru->ru_stime.tv_usec;
	m.max_rss = (size_t)ru->ru_maxrss * 1024;
	m.code = WIFEXITED(wstatus) ? WEXITSTATUS(wstatus) : -1;
	m.signal = WIFSIGNALED(wstatus) ? WTERMSIG(wstatus) : 0;
	m.reason = reason_of(c, wstatus, m.cpu_us);
	if (c->err >= 0)
		forward_stderr(c);
	if (c->err >= 0)
		close(c->err);
	if (c->status >= 0) {
		tell(c->status, &m);
		close(c->status);
	}
	*c = s->children.ptr[--s->children.len];
}

static void reap(struct spawner *s)
{
	struct signalfd_siginfo si;
	struct rusage ru;
	int wstatus;
	pid_t pid;

	while (read(s->signals, &si, sizeof(si)) > 0)
		;
	while ((pid = wait4(-1, &wstatus, WNOHANG, &ru)) > 0) {
		for (size_t i = 0; i < s->children.len; i++) {
			if (s->children.ptr[i].pid == pid) {
				bury(s, i, wstatus, &ru);
				break;
			}
		}
	}
}

static void owner_spoke(struct child *c)
{
	char byte;
	ssize_t n = recv(c->status, &byte, sizeof(byte), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->killed = true;
	kill(c->pid, SIGKILL);
	if (n <= 0) { /* nobody listens any more */
		close(c->status);
		c->status = -1;
	}
}

static void add_poll(struct spawner *s, int fd)
{
	*vec_push(&s->polls) = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static void serve(struct spawner *s)
{
	for (bool alive = true; alive;) {
		vec_clear(&s->polls);
		add_poll(s, s->control);
		add_poll(s, s->signals);
		size_t n = s->children.len;

		for (size_t i = 0; i < n; i++) { /* poll() passes over -1 */
			add_poll(s, s->children.ptr[i].status);
			add_poll(s, s->children.ptr[i].err);
		}
		if (poll(s->polls.ptr, s->polls.len, -1) < 0)
			continue;
		for (size_t i = 0; i < n; i++) {
			if (s->polls.ptr[2 + 2 * i].revents)
				owner_spoke(&s->children.ptr[i]);
			if (s->polls.ptr[3 + 2 * i].revents)
				forward_stderr(&s->children.ptr[i]);
		}
		/* Last: these two move children about. */
		if (s->polls.ptr[1].revents)
			reap(s);
		if (s->polls.ptr[0].revents)
			alive = take_request(s);
	}
	for (size_t i = 0; i < s->children.len; i++)
		kill(s->children.ptr[i].pid, SIGKILL);
}

static int open_signals(void)
{
	sigset_t set;

	/* Whoever asks the program to end asks the program, not this part of it. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigfillset(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Everything but the standard descriptors and `control`, which becomes 3. */
static int close_others(int control)
{
	if (control != 3 && dup2(control, 3) < 0)
		return -1;
	if (fcntl(3, F_SETFD, FD_CLOEXEC) < 0)
		return -1;
	/* 0..2 must exist, or what we open next would become somebody's stderr. */
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return -1;
	}
	return (int)syscall(SYS_close_range, 4, ~0U, 0);
}

static int prepare_all(struct spawner *s, struct error *e)
{
	struct rlimit files;

	s->control = 3;
	s->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	s->signals = open_signals();
	if (s->null < 0 || s->signals < 0)
		return error_os(e, errno, "spawner");
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) { /* each child holds two of ours */
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	for (size_t i = 0; i < s->nkinds; i++) {
		if (s->kinds[i]->prepare && s->kinds[i]->prepare(e) < 0)
			return -1;
	}
	s->roots = mem_array(s->nkinds + 1, sizeof(char *));
	if (s->namespaces)
		os_jail_make_roots(s->kinds, s->nkinds, s->roots);
	return 0;
}

void os_spawner_main(int control, const struct os_jail_kind *const *kinds,
		     const struct os_spawner_options *opts, bool namespaces, uid_t uid_base,
		     uid_t uid_count)
{
	struct spawner s = { .kinds = kinds,
			     .namespaces = namespaces,
			     .uid_base = uid_base,
			     .uid_count = uid_count,
			     .self = getpid() };
	struct os_spawn_hello hello = { 0 };

	prctl(PR_SET_NAME, "zw-spawner", 0, 0, 0);
	if (close_others(control) < 0)
		_exit(1);
	while (kinds[s.nkinds])
		s.nkinds++;
	s.landlock_abi = os_landlock_abi();
	if (opts->landlock_abi >= 0 && opts->landlock_abi < s.landlock_abi)
		s.landlock_abi = opts->landlock_abi;
	hello.failed = prepare_all(&s, &hello.error) < 0;
	hello.facts = (struct os_jail_facts){ .landlock_abi = s.landlock_abi,
					      .namespaces = namespaces,
					      .own_user = uid_count > 0 };
	if (os_fdpass_send(3, str_make(&hello, sizeof(hello)), NULL, 0, -1, NULL) < 0 ||
	    hello.failed)
		_exit(1);
	serve(&s);
	_exit(0);
}
