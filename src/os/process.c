/* Programs that are not ours. Everything that may allocate happens before fork(), so
 * that starting one is safe in a process with threads; the child between fork() and
 * exec uses system calls only and reports a failed step through a close-on-exec pipe,
 * so that "not found" is an error here and not an exit code there.
 * Time is kept with a pidfd and poll(): no signal handler, no global state. */
#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/vec.h"
#include "os/fdpass.h"
#include "os/file.h"

#define PROCESS_MAGIC 0x5a773032u
#define MAX_FD 63
static const char search_path[] = "/usr/local/bin:/usr/bin:/bin";

struct stream {
	int fd; /* our end, -1 closed */
	struct buf text;
	bool cut;
};

struct os_process {
	unsigned magic;
	pid_t pid;
	int pidfd;
	bool ended;
	int wstatus;
	char *dir;
	bool own_dir;
	int in; /* write end of its stdin, -1 none */
	struct str input;
	struct stream out, err;
};

/* ---- who it runs as ------------------------------------------------------------ */

/* Ours when the account `zhanwei` does not exist: beside the range of the spawner. */
static const uid_t fixed_uids[] = { 1899999999, 65519, 65534 };

static bool uid_mapped(uid_t uid)
{
	_cleanup_buf_ struct buf text = BUF_INIT(64 * 1024);
	struct str rest, line, part;

	if (os_file_read("/proc/self/uid_map", &text, NULL) < 0)
		return true;
	rest = buf_view(&text);
	while (str_split(&rest, '\n', &line)) {
		uint64_t v[3];
		size_t n = 0;

		while (n < 3 && str_split(&line, ' ', &part)) {
			if (part.len && str_to_u64(part, &v[n]) == 0)
				n++;
		}
		if (n == 3 && uid >= v[0] && uid - v[0] < v[2])
			return true;
	}
	return false;
}

void os_process_user(uid_t *ret_uid, gid_t *ret_gid)
{
	char text[4096];
	struct passwd pw, *found = NULL;

	*ret_uid = geteuid();
	*ret_gid = getegid();
	if (geteuid() != 0)
		return;
	if (getpwnam_r("zhanwei", &pw, text, sizeof(text), &found) == 0 && found &&
	    found->pw_uid != 0 && found->pw_gid != 0) {
		*ret_uid = found->pw_uid;
		*ret_gid = found->pw_gid;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fixed_uids); i++) {
		*ret_uid = *ret_gid = fixed_uids[i];
		if (uid_mapped(fixed_uids[i]))
			return;
	}
}

int os_process_chown(const char *path, struct error *e)
{
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return 0;
	os_process_user(&uid, &gid);
	if (lchown(path, uid, gid) < 0)
		return error_os(e, errno, path);
	return 0;
}

/* ---- what the child needs, made ready before fork() ---------------------------- */

#define MAX_CANDIDATES 3

struct plan {
	const struct os_process_options *o;
	char *const *argv;
	char **envp;
	size_t nenv;
	char *candidates[MAX_CANDIDATES + 1]; /* full paths to try in turn */
	char *dir;
	bool own_dir;
	bool drop_user;
	uid_t uid;
	gid_t gid;
	int in[2], out[2], err[2], fail[2];
	pid_t parent;
};

static void plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->nenv; i++)
		free(p->envp[i]);
	free(p->envp);
	for (size_t i = 0; i < MAX_CANDIDATES; i++)
		free(p->candidates[i]);
	if (p->dir && p->own_dir)
		os_dir_remove(p->dir, LIMIT_REMOVE_ENTRIES, NULL);
	free(p->dir);
	for (int i = 0; i < 2; i++) {
		closep(&p->in[i]);
		closep(&p->out[i]);
		closep(&p->err[i]);
		closep(&p->fail[i]);
	}
}

__attribute__((format(printf, 1, 2))) static char *text_of(const char *fmt, ...)
{
	_cleanup_buf_ struct buf b = BUF_INIT(128 * KIB);
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	return buf_take(&b, NULL);
}

static void plan_environment(struct plan *p)
{
	const char *tz = getenv("TZ");
	size_t extra = 0;

	while (p->o->env && p->o->env[extra])
		extra++;
	p->envp = mem_array(extra + 6, sizeof(char *));
	p->envp[p->nenv++] = text_of("PATH=%s", search_path);
	p->envp[p->nenv++] = text_of("HOME=%s", p->dir);
	p->envp[p->nenv++] = text_of("TMPDIR=%s", p->dir);
	p->envp[p->nenv++] = text_of("LANG=C.UTF-8");
	if (tz)
		p->envp[p->nenv++] = text_of("TZ=%s", tz);
	for (size_t i = 0; i < extra; i++)
		p->envp[p->nenv++] = text_of("%s", p->o->env[i]);
}

static void plan_program(struct plan *p)
{
	const char *name = p->o->argv[0];
	struct str rest = str_c(search_path), dir;
	size_t n = 0;

	if (str_chr(str_c(name), '/') >= 0) {
		p->candidates[n++] = str_dup(str_c(name));
		return;
	}
	while (n < MAX_CANDIDATES && str_split(&rest, ':', &dir))
		p->candidates[n++] = text_of("%.*s/%s", STR_ARG(dir), name);
}

static int plan_folder(struct plan *p, struct error *e)
{
	if (p->o->work_dir) {
		p->dir = str_dup(str_c(p->o->work_dir));
		return 0;
	}
	if (os_temp_dir(NULL, "zhanwei-run-", &p->dir, e) < 0)
		return -1;
	p->own_dir = true;
	return os_process_chown(p->dir, e);
}

static int plan_pipes(struct plan *p, struct error *e)
{
	if (pipe2(p->out, O_CLOEXEC) < 0 || pipe2(p->err, O_CLOEXEC) < 0 ||
	    pipe2(p->fail, O_CLOEXEC) < 0 || (p->o->input.len && pipe2(p->in, O_CLOEXEC) < 0))
		return error_os(e, errno, "pipe");
	if (p->o->input.len == 0) {
		p->in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (p->in[0] < 0)
			return error_os(e, errno, "/dev/null");
	}
	return 0;
}

static int plan_make(struct plan *p, const struct os_process_options *o, struct error *e)
{
	check(o->argv && o->argv[0] && o->nfds <= MAX_FD - 2);
	p->o = o;
	for (size_t i = 0; i < o->nfds; i++)
		check(o->fds[i].as >= 3 && o->fds[i].as <= MAX_FD);
	memcpy(&p->argv, &o->argv, sizeof(p->argv)); /* exec's type lacks a const */
	p->parent = getpid();
	if (geteuid() == 0) {
		p->drop_user = true;
		os_process_user(&p->uid, &p->gid);
	}
	if (plan_folder(p, e) < 0 || plan_pipes(p, e) < 0)
		return -1;
	plan_environment(p);
	plan_program(p);
	return 0;
}

/* ---- in the child: system calls only ------------------------------------------- */

static int cap_limit(int what, rlim_t value)
{
	struct rlimit l;

	if (getrlimit((__rlimit_resource_t)what, &l) < 0)
		return -1;
	if (l.rlim_max == RLIM_INFINITY || value < l.rlim_max)
		l.rlim_max = value;
	l.rlim_cur = l.rlim_max;
	return setrlimit((__rlimit_resource_t)what, &l);
}

static int child_limits(const struct os_process_options *o)
{
	if (o->max_memory && cap_limit(RLIMIT_AS, o->max_memory) < 0)
		return -1;
	if (o->max_cpu_s && cap_limit(RLIMIT_CPU, o->max_cpu_s) < 0)
		return -1;
	if (cap_limit(RLIMIT_NOFILE, o->max_files ? o->max_files : LIMIT_PROCESS_FILES) < 0)
		return -1;
	if (cap_limit(RLIMIT_FSIZE, o->max_file_size ? o->max_file_size : LIMIT_PROCESS_FILE_SIZE) <
	    0)
		return -1;
	return cap_limit(RLIMIT_CORE, 0);
}

/* Descriptors go up out of the way, then down to their numbers; all others close. */
static int child_fds(const struct plan *p, int *ret_fail)
{
	int high[MAX_FD + 1], n = (int)p->o->nfds;
	int in = fcntl(p->in[0], F_DUPFD_CLOEXEC, 128),
	    out = fcntl(p->out[1], F_DUPFD_CLOEXEC, 128);
	int err = fcntl(p->err[1], F_DUPFD_CLOEXEC, 128),
	    fail = fcntl(p->fail[1], F_DUPFD_CLOEXEC, 128);

	if (in < 0 || out < 0 || err < 0 || fail < 0)
		return -1;
	*ret_fail = fail;
	for (int i = 0; i < n; i++) {
		high[i] = fcntl(p->o->fds[i].from, F_DUPFD_CLOEXEC, 128);
		if (high[i] < 0)
			return -1;
	}
	/* Close-on-exec for all from 3 on; the asked numbers lose it again by dup2(). */
	if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return -1;
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		if (dup2(high[i], p->o->fds[i].as) < 0)
			return -1;
	}
	return 0;
}

static void child_signals(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int child_user(const struct plan *p)
{
	if (p->drop_user && (syscall(SYS_setgroups, 0, NULL) < 0 ||
			     syscall(SYS_setresgid, p->gid, p->gid, p->gid) < 0 ||
			     syscall(SYS_setresuid, p->uid, p->uid, p->uid) < 0))
		return -1;
	if (!p->o->may_gain_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	/* After the change of user, which clears it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -1;
	return getppid() == p->parent ? 0 : -1;
}

static _Noreturn void child_main(const struct plan *p)
{
	int fail = p->fail[1], saved;

	child_signals();
	if (setsid() < 0 || child_fds(p, &fail) < 0 || child_limits(p->o) < 0)
		goto failed;
	umask(077);
	if (child_user(p) < 0 || chdir(p->dir) < 0)
		goto failed;
	for (size_t i = 0; p->candidates[i]; i++) {
		execve(p->candidates[i], p->argv, p->envp);
		if (errno != ENOENT && errno != ENOTDIR)
			break;
	}
failed:
	saved = errno;
	(void)!write(fail, &saved, sizeof(saved));
	_exit(127);
}

/* ---- outside ------------------------------------------------------------------- */

static void nonblocking(int fd)
{
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* Waits for exec: the pipe closes by itself when it happened. */
static int hear_failure(int fd, pid_t pid, const char *name, struct error *e)
{
	int errnum = 0;
	ssize_t n;

	do
		n = read(fd, &errnum, sizeof(errnum));
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (errnum == ENOENT)
		return error_set(e, "process.not-found", "没有找到程序 %s，请安装后再试",
				 "the program %s is not installed", name);
	return error_os(e, errnum, name);
}

static struct os_process *take_over(struct plan *p, pid_t pid, int pidfd)
{
	const struct os_process_options *o = p->o;
	struct os_process *s = mem_alloc(sizeof(*s));

	*s = (struct os_process){ .magic = PROCESS_MAGIC,
				  .pid = pid,
				  .pidfd = pidfd,
				  .dir = take_ptr(p->dir),
				  .own_dir = p->own_dir,
				  .input = o->input };
	s->in = o->input.len ? take_fd(p->in[1]) : -1;
	s->out.fd = take_fd(p->out[0]);
	s->err.fd = take_fd(p->err[0]);
	buf_init(&s->out.text, o->max_output ? o->max_output : LIMIT_PROCESS_OUTPUT);
	buf_init(&s->err.text, o->max_error ? o->max_error : LIMIT_PROCESS_STDERR);
	if (s->in >= 0)
		nonblocking(s->in);
	nonblocking(s->out.fd);
	nonblocking(s->err.fd);
	return s;
}

int os_process_start(const struct os_process_options *o, struct os_process **ret, struct error *e)
{
	_cleanup_(plan_free) struct plan p = {
		.in = { -1, -1 }, .out = { -1, -1 }, .err = { -1, -1 }, .fail = { -1, -1 }
	};

	if (plan_make(&p, o, e) < 0)
		return -1;
	pid_t pid = fork();

	if (pid == 0)
		child_main(&p);
	if (pid < 0)
		return error_os(e, errno, "fork");
	closep(&p.fail[1]);
	p.fail[1] = -1;
	if (hear_failure(p.fail[0], pid, o->argv[0], e) < 0)
		return -1;
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0) {
		int saved = errno;

		kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return error_os(e, saved, "pidfd_open");
	}
	*ret = take_over(&p, pid, pidfd);
	return 0;
}

static void collect(struct stream *s)
{
	char text[16 * 1024];
	ssize_t n;

	while ((n = read(s->fd, text, sizeof(text))) > 0)
		buf_add(&s->text, text, (size_t)n);
	s->cut = s->cut || s->text.overflow;
	if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(s->fd);
		s->fd = -1;
	}
}

static void feed(struct os_process *p)
{
	sigset_t pipe_set, old;
	struct timespec now = { 0 };

	/* A program that closed its stdin must not end us by SIGPIPE. */
	sigemptyset(&pipe_set);
	sigaddset(&pipe_set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_set, &old);
	ssize_t n = write(p->in, p->input.ptr, p->input.len);
	bool broken = n < 0 && errno == EPIPE;

	if (broken)
		sigtimedwait(&pipe_set, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (n > 0)
		p->input = str_from(p->input, (size_t)n);
	if (broken || p->input.len == 0) {
		close(p->in);
		p->in = -1;
	}
}

static void reap(struct os_process *p)
{
	siginfo_t si;

	while (waitid(P_PID, (id_t)p->pid, &si, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	/* Helpers that it left behind; before its number, and the group's, is free again. */
	kill(-p->pid, SIGKILL);
	while (waitpid(p->pid, &p->wstatus, 0) < 0 && errno == EINTR)
		;
	p->ended = true;
}

/* One turn of poll(): what is readable is read. */
static void turn(struct os_process *p, int timeout_ms)
{
	struct pollfd f[4] = {
		{ .fd = p->pidfd, .events = POLLIN },
		{ .fd = p->out.fd, .events = POLLIN },
		{ .fd = p->err.fd, .events = POLLIN },
		{ .fd = p->in, .events = POLLOUT },
	};

	if (poll(f, ARRAY_SIZE(f), timeout_ms) < 0)
		return;
	if (f[1].revents)
		collect(&p->out);
	if (f[2].revents)
		collect(&p->err);
	if (f[3].revents)
		feed(p);
	if (f[0].revents)
		reap(p);
}

int os_process_wait(struct os_process *p, int timeout_ms, struct os_process_exit *ret)
{
	int64_t end = clock_mono_ms(&clock_system) + timeout_ms;

	CHECK_OBJ(p, PROCESS_MAGIC);
	while (!p->ended) {
		int64_t left = timeout_ms < 0 ? -1 : end - clock_mono_ms(&clock_system);

		if (timeout_ms >= 0 && left < 0)
			left = 0;
		turn(p, (int)left);
		if (!p->ended && timeout_ms >= 0 && left == 0)
			return 0;
	}
	if (p->out.fd >= 0)
		collect(&p->out);
	if (p->err.fd >= 0)
		collect(&p->err);
	*ret = (struct os_process_exit){
		.code = WIFEXITED(p->wstatus) ? WEXITSTATUS(p->wstatus) : -1,
		.signal = WIFSIGNALED(p->wstatus) ? WTERMSIG(p->wstatus) : 0,
	};
	return 1;
}

void os_process_signal(struct os_process *p, int sig)
{
	CHECK_OBJ(p, PROCESS_MAGIC);
	/* Not yet reaped, so the group's number is still ours. */
	if (!p->ended)
		kill(-p->pid, sig);
}

pid_t os_process_pid(const struct os_process *p)
{
	CHECK_OBJ(p, PROCESS_MAGIC);
	return p->pid;
}

const char *os_process_dir(const struct os_process *p)
{
	CHECK_OBJ(p, PROCESS_MAGIC);
	return p->dir;
}

struct str os_process_stderr(const struct os_process *p)
{
	CHECK_OBJ(p, PROCESS_MAGIC);
	return buf_view(&p->err.text);
}

void os_process_free(struct os_process *p)
{
	if (!p)
		return;
	CHECK_OBJ(p, PROCESS_MAGIC);
	if (!p->ended) {
		kill(-p->pid, SIGKILL);
		reap(p);
	}
	closep(&p->pidfd);
	closep(&p->in);
	closep(&p->out.fd);
	closep(&p->err.fd);
	if (p->own_dir)
		os_dir_remove(p->dir, LIMIT_REMOVE_ENTRIES, NULL);
	free(p->dir);
	buf_free(&p->out.text);
	buf_free(&p->err.text);
	p->magic = 0;
	free(p);
}

int os_process_run(const struct os_process_options *o, struct os_process_result *ret,
		   struct error *e)
{
	_cleanup_(os_process_freep) struct os_process *p = NULL;
	struct os_process_result r = { 0 };

	check(o->time_limit_ms > 0);
	if (os_process_start(o, &p, e) < 0)
		return -1;
	if (os_process_wait(p, o->time_limit_ms, &r.exit) == 0) {
		os_process_signal(p, SIGKILL);
		os_process_wait(p, -1, &r.exit);
		r.exit.timed_out = true;
	}
	r.out = p->out.text;
	r.err = p->err.text;
	r.out_cut = p->out.cut;
	r.err_cut = p->err.cut;
	p->out.text = p->err.text = (struct buf){ 0 };
	*ret = r;
	return 0;
}

void os_process_result_free(struct os_process_result *r)
{
	buf_free(&r->out);
	buf_free(&r->err);
}
